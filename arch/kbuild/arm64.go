package kbuild

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// awkInput returns the data file of "awk -f script data".
func (b *Build) awkInput(words []string) (name, text string, err error) {
	if len(words) < 2 {
		return "", "", fmt.Errorf("generator without input")
	}
	name = path.Clean(words[1])
	data, err := fs.ReadFile(b.FS, name)
	return name, string(data), err
}

// cpucaps makes the numbering of arm64 CPU capabilities, one per line of its
// list.
// Source: arch/arm64/tools/gen-cpucaps.awk, v6.1 and v6.12.
func (b *Build) cpucaps(target string, words []string) ([]byte, error) {
	name, text, err := b.awkInput(words)
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	n, line := 0, 0
	for cap := range strings.Lines(text) {
		line++
		cap = strings.TrimRight(cap, "\n")
		switch {
		case cap == "" || cap[0] == '#':
			continue
		case strings.Trim(cap, "vABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "":
			return nil, fmt.Errorf("%s:%d: not the name of a capability: %s", name, line, cap)
		}
		fmt.Fprintf(&out, "#define ARM64_%s %d\n", cap, n)
		n++
	}
	fmt.Fprintf(&out, "#define ARM64_NCAPS %d\n", n)
	return guarded("__ASM_"+guardName(path.Base(target)), out.String()), nil
}

func guarded(guard, body string) []byte {
	return []byte("#ifndef " + guard + "\n#define " + guard + "\n\n" + body + "\n#endif\n")
}

// sysregReader goes through the description of arm64 system registers.
type sysregReader struct {
	name string
	line int
	out  strings.Builder

	block string // "", "Sysreg", "SysregFields"; the enum is inField
	enum  bool
	reg   string
	field string
	// reserved collects the masks of Res0, Res1 and Unkn; empty after
	// Fields, whose own block defines them.
	reserved map[string]string
	nextBit  int
}

// sysreg makes the encodings and fields of arm64 system registers.
// Source: arch/arm64/tools/gen-sysreg.awk, v6.1 and v6.12.
func (b *Build) sysreg(target string, words []string) ([]byte, error) {
	name, text, err := b.awkInput(words)
	if err != nil {
		return nil, err
	}
	// Unknown bits were introduced after 6.1; before, no mask is defined.
	script, err := fs.ReadFile(b.FS, path.Clean(words[0]))
	if err != nil {
		return nil, err
	}
	kinds := []string{"RES0", "RES1"}
	if strings.Contains(string(script), `"_UNKN"`) {
		kinds = append(kinds, "UNKN")
	}
	r := &sysregReader{name: name}
	for line := range strings.Lines(text) {
		r.line++
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if err := r.statement(fields, kinds); err != nil {
			return nil, err
		}
	}
	if r.block != "" {
		return nil, r.fail("missing End%s", r.block)
	}
	return guarded("__ASM_"+guardName(path.Base(target)), r.out.String()), nil
}

func (r *sysregReader) fail(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", r.name, r.line, fmt.Sprintf(format, args...))
}

func (r *sysregReader) define(name, value string) {
	fmt.Fprintf(&r.out, "#define %s %s\n", name, value)
}

// want checks the number of fields of a line.
func (r *sysregReader) want(f []string, n int) error {
	if len(f) != n {
		return r.fail("%s has %d fields, want %d", f[0], len(f), n)
	}
	return nil
}

func (r *sysregReader) statement(f []string, kinds []string) error {
	switch f[0] {
	case "SysregFields", "Sysreg":
		return r.open(f, kinds)
	case "EndSysregFields", "EndSysreg":
		return r.close(f[0], kinds)
	case "EndEnum":
		if !r.enum {
			return r.fail("EndEnum without Enum")
		}
		r.enum = false
		return nil
	}
	if r.block == "" {
		return r.fail("%s outside a register", f[0])
	}
	if r.enum {
		if !strings.HasPrefix(f[0], "0b") {
			return r.fail("%s in an enumeration", f[0])
		}
		if err := r.want(f, 2); err != nil {
			return err
		}
		r.define(r.reg+"_"+r.field+"_"+f[1], "UL("+f[0]+")")
		return nil
	}
	return r.bits(f)
}

func (r *sysregReader) open(f, kinds []string) error {
	n := 2
	if f[0] == "Sysreg" {
		n = 7
	}
	if err := r.want(f, n); err != nil {
		return err
	}
	if r.block != "" {
		return r.fail("%s inside %s", f[0], r.block)
	}
	r.block, r.reg, r.nextBit = f[0], f[1], 63
	r.reserved = make(map[string]string)
	for _, k := range kinds {
		r.reserved[k] = "UL(0)"
	}
	if f[0] == "SysregFields" {
		return nil
	}
	reg, op0, op1, crn, crm, op2 := f[1], f[2], f[3], f[4], f[5], f[6]
	r.define("REG_"+reg, "S"+op0+"_"+op1+"_C"+crn+"_C"+crm+"_"+op2)
	r.define("SYS_"+reg, "sys_reg("+strings.Join(f[2:], ", ")+")")
	r.define("SYS_"+reg+"_Op0", op0)
	r.define("SYS_"+reg+"_Op1", op1)
	r.define("SYS_"+reg+"_CRn", crn)
	r.define("SYS_"+reg+"_CRm", crm)
	r.define("SYS_"+reg+"_Op2", op2)
	return nil
}

func (r *sysregReader) close(word string, kinds []string) error {
	if word != "End"+r.block || r.enum {
		return r.fail("unexpected %s", word)
	}
	if r.nextBit > 0 {
		return r.fail("bits of %s are not described", r.reg)
	}
	for _, k := range kinds {
		if mask := r.reserved[k]; mask != "" {
			r.define(r.reg+"_"+k, "("+mask+")")
		}
	}
	r.block, r.reg, r.reserved = "", "", nil
	return nil
}

// bits reads one line that describes bits of the open register.
func (r *sysregReader) bits(f []string) error {
	reserved := map[string]string{"Res0": "RES0", "Res1": "RES1", "Unkn": "UNKN"}
	switch f[0] {
	case "Fields":
		if err := r.want(f, 2); err != nil {
			return err
		}
		r.nextBit, r.reserved = 0, nil
		return nil
	case "Res0", "Res1", "Unkn", "Raz":
		if err := r.want(f, 2); err != nil {
			return err
		}
		msb, lsb, err := r.position(f[1])
		if kind := reserved[f[0]]; err == nil && r.reserved[kind] != "" {
			r.reserved[kind] += fmt.Sprintf(" | GENMASK_ULL(%d, %d)", msb, lsb)
		}
		return err
	case "Field", "Enum", "SignedEnum", "UnsignedEnum":
		return r.oneField(f)
	}
	return r.fail("unknown statement %s", f[0])
}

func (r *sysregReader) oneField(f []string) error {
	if err := r.want(f, 3); err != nil {
		return err
	}
	msb, lsb, err := r.position(f[1])
	if err != nil {
		return err
	}
	r.field = f[2]
	name := r.reg + "_" + r.field
	mask := fmt.Sprintf("GENMASK(%d, %d)", msb, lsb)
	r.define(name, mask)
	r.define(name+"_MASK", mask)
	r.define(name+"_SHIFT", strconv.Itoa(lsb))
	r.define(name+"_WIDTH", strconv.Itoa(msb-lsb+1))
	switch f[0] {
	case "SignedEnum":
		r.define(name+"_SIGNED", "true")
	case "UnsignedEnum":
		r.define(name+"_SIGNED", "false")
	}
	r.enum = f[0] != "Field"
	return nil
}

// position reads "msb" or "msb:lsb", which must follow the bits before.
func (r *sysregReader) position(s string) (msb, lsb int, err error) {
	high, low, ranged := strings.Cut(s, ":")
	if !ranged {
		low = high
	}
	msb, err1 := strconv.Atoi(high)
	lsb, err2 := strconv.Atoi(low)
	if err1 != nil || err2 != nil || msb != r.nextBit || lsb < 0 || lsb > msb {
		return 0, 0, r.fail("%s: bit range %s does not continue at %d", r.reg, s, r.nextBit)
	}
	r.nextBit = lsb - 1
	return msb, lsb, nil
}
