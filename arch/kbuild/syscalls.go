package kbuild

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// syscall is one line of a system call table.
type syscall struct {
	nr, abi, name string
	rest          []string // native, compat, noreturn
	line          int
}

// syscallOptions are the arguments of the table scripts.
type syscallOptions struct {
	abis           []string
	emitNr         bool
	offset, prefix string
	files          []string
}

func parseSyscallOptions(args []string) syscallOptions {
	var o syscallOptions
	for i := 0; i < len(args); i++ {
		next := func() string {
			if i++; i < len(args) {
				return args[i]
			}
			return ""
		}
		switch args[i] {
		case "--abis":
			o.abis = strings.Split(next(), ",")
		case "--emit-nr":
			o.emitNr = true
		case "--offset":
			o.offset = next()
		case "--prefix":
			o.prefix = next()
		case "<", ">":
		default:
			o.files = append(o.files, args[i])
		}
	}
	return o
}

// readSyscalls returns the lines of a table whose ABI begins with one of abis;
// all of them when abis is nil. hex allows hexadecimal numbers.
func (b *Build) readSyscalls(name string, abis []string, hex bool) ([]syscall, error) {
	name = path.Clean(name)
	data, err := fs.ReadFile(b.FS, name)
	if err != nil {
		return nil, err
	}
	digits := "0123456789"
	if hex {
		digits += "ABCDEFabcdefXx"
	}
	var list []syscall
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		fields := strings.Fields(line)
		if len(fields) < 3 || line[0] == ' ' || line[0] == '\t' ||
			strings.Trim(fields[0], digits) != "" || !hasAnyPrefix(fields[1], abis) {
			continue
		}
		list = append(list, syscall{fields[0], fields[1], fields[2], fields[3:], n})
	}
	return list, nil
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return len(prefixes) == 0
}

// syscallHeader makes a header of system call numbers.
// Source: scripts/syscallhdr.sh, v6.1 and v6.12.
func (b *Build) syscallHeader(target string, args []string) ([]byte, error) {
	o := parseSyscallOptions(args)
	if len(o.files) == 0 {
		return nil, &NotMadeError{Path: target, Reason: "no table named for it"}
	}
	calls, err := b.readSyscalls(o.files[0], o.abis, true)
	if err != nil {
		return nil, err
	}
	guard := "_UAPI_ASM_" + guardName(path.Base(target))
	var out strings.Builder
	fmt.Fprintf(&out, "#ifndef %s\n#define %s\n\n", guard, guard)
	last := "0"
	for _, c := range calls {
		last = c.nr
		nr := c.nr
		if o.offset != "" {
			nr = "(" + o.offset + " + " + nr + ")"
		}
		fmt.Fprintf(&out, "#define __NR_%s%s %s\n", o.prefix, c.name, nr)
	}
	if o.emitNr {
		n, err := strconv.ParseInt(last, 0, 32)
		if err != nil {
			return nil, &NotMadeError{Path: target, Reason: "bad number in " + o.files[0], Err: err}
		}
		fmt.Fprintf(&out, "\n#ifdef __KERNEL__\n#define __NR_%ssyscalls %d\n#endif\n", o.prefix, n+1)
	}
	fmt.Fprintf(&out, "\n#endif /* %s */\n", guard)
	return []byte(out.String()), nil
}

// guardName turns a file name into an include guard.
func guardName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			return r
		}
		return '_'
	}, name)
	return strings.ReplaceAll(name, "__", "_")
}

// syscallTable makes a list of __SYSCALL() lines.
// Source: scripts/syscalltbl.sh, v6.1 and v6.12.
func (b *Build) syscallTable(args []string) ([]byte, error) {
	o := parseSyscallOptions(args)
	if len(o.files) == 0 {
		return nil, fmt.Errorf("no table named")
	}
	calls, err := b.readSyscalls(o.files[0], o.abis, false)
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	next := 0
	for _, c := range calls {
		nr, err := strconv.Atoi(c.nr)
		if err != nil || nr < next || nr > 1<<16 {
			return nil, fmt.Errorf("%s:%d: system call %s is out of order", o.files[0], c.line, c.nr)
		}
		for ; next < nr; next++ {
			fmt.Fprintf(&out, "__SYSCALL(%d, sys_ni_syscall)\n", next)
		}
		out.WriteString(syscallLine(c) + "\n")
		next++
	}
	return []byte(out.String()), nil
}

func syscallLine(c syscall) string {
	column := func(i int) string {
		if i < len(c.rest) && c.rest[i] != "-" {
			return c.rest[i]
		}
		return ""
	}
	native, compat := column(0), column(1)
	suffix := ""
	if column(2) != "" {
		suffix = "_NORETURN"
	}
	switch {
	case compat != "" && suffix != "":
		return fmt.Sprintf("__SYSCALL_COMPAT_NORETURN(%s, %s, %s)", c.nr, native, compat)
	case compat != "":
		return fmt.Sprintf("__SYSCALL_WITH_COMPAT(%s, %s, %s)", c.nr, native, compat)
	case native != "":
		return fmt.Sprintf("__SYSCALL%s(%s, %s)", suffix, c.nr, native)
	}
	return fmt.Sprintf("__SYSCALL(%s, sys_ni_syscall)", c.nr)
}

// syscallS390 is s390's own generator.
// Source: arch/s390/kernel/syscalls/syscalltbl, v6.1 and v6.12.
func (b *Build) syscallS390(args []string, table string) ([]byte, error) {
	var abis []string
	mode, file := "", ""
	for i, a := range args {
		switch {
		case a == "-H" || a == "-N" || a == "-S":
			mode = a
		case a == "-a" && i+1 < len(args):
			abis = strings.Split(args[i+1], ",")
		case a == "-f" && i+1 < len(args):
			file = path.Base(args[i+1])
		case a == "<" && i+1 < len(args):
			table = args[i+1]
		}
	}
	calls, err := b.readSyscalls(table, abis, false)
	if err != nil {
		return nil, err
	}
	switch mode {
	case "-H":
		return s390Header(calls, guardName("__UAPI_ASM_S390_"+file)), nil
	case "-N":
		highest := 0
		for _, c := range calls {
			highest = max(highest, number(c.nr))
		}
		return fmt.Appendf(nil, "#ifndef __ASM_S390_SYSCALLS_NR\n#define __ASM_S390_SYSCALLS_NR\n\n"+
			"#define NR_syscalls %d\n\n#endif\n", highest+1), nil
	}
	return s390Table(calls)
}

func s390Header(calls []syscall, guard string) []byte {
	var out strings.Builder
	fmt.Fprintf(&out, "#ifndef %s\n#define %s\n\n", guard, guard)
	for _, c := range calls {
		fmt.Fprintf(&out, "#define __NR_%s %s\n", c.name, c.nr)
	}
	out.WriteString("\n#endif\n")
	return []byte(out.String())
}

// s390Table lists SYSCALL(64 bit entry, 31 bit entry) for every number.
func s390Table(calls []syscall) ([]byte, error) {
	const none = "sys_ni_syscall"
	entries := make(map[int][2]string)
	highest := 0
	for _, c := range calls {
		nr := number(c.nr)
		if nr > 1<<16 {
			return nil, fmt.Errorf("system call number %d is out of range", nr)
		}
		highest = max(highest, nr)
		entry, known := entries[nr]
		if !known {
			entry = [2]string{none, none}
		}
		for i, abi := range [2]string{"64", "32"} {
			if i < len(c.rest) && c.rest[i] != "-" && (c.abi == "common" || c.abi == abi) {
				entry[i] = c.rest[i]
			}
		}
		entries[nr] = entry
	}
	var out strings.Builder
	out.WriteString("#define NI_SYSCALL SYSCALL(sys_ni_syscall,sys_ni_syscall)\n\n")
	for nr := 0; nr <= highest; nr++ {
		entry := entries[nr]
		if entry == [2]string{none, none} || entry == [2]string{} {
			out.WriteString("NI_SYSCALL\n")
			continue
		}
		fmt.Fprintf(&out, "SYSCALL(%s,%s)\n", entry[0], entry[1])
	}
	return []byte(out.String()), nil
}
