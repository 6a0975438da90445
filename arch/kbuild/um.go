package kbuild

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"strconv"
	"strings"

	"ptreview/arch"
)

// addHostHeaders lists, for an architecture that runs as a process of another
// one's kernel, the headers that its build makes below that architecture, and
// the constants of its system.
// Source: arch/um/Makefile, archheaders and archprepare, v6.1 and v6.12.
func (b *Build) addHostHeaders() error {
	name := b.Arch.SubArch
	if name == "" || name == b.Arch.Name {
		return nil
	}
	host := &Build{
		FS: b.FS, Arch: &arch.Arch{Name: name, SubArch: name}, Variant: b.Variant,
		Value: b.Value, headers: make(map[string]*header),
	}
	for _, step := range []func() error{host.addAsmHeaders, host.addRuleHeaders} {
		if err := step(); err != nil {
			return err
		}
	}
	maps.Copy(b.headers, host.headers)
	source := "arch/" + name + "/um/user-offsets.c"
	data, err := fs.ReadFile(b.FS, source)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	b.add("include/generated/user_constants.h", func() ([]byte, error) {
		list, err := userOffsets(source, string(data), b.Value("64BIT") != "y")
		return formatOffsets(list, "__USER_CONSTANT_H__"), err
	})
	return nil
}

// userDefine is a constant of user-offsets.c: DEFINE_LONGS counts in longs.
var userDefine = regexp.MustCompile(`^\s*DEFINE(_LONGS)?\((\w+), (.*)\);`)

// userOffsets evaluates the constants of user-offsets.c, which is compiled with
// the headers of the host's C library: they are part of the system call
// interface of an x86 kernel and do not change.
func userOffsets(source, text string, is32 bool) ([]Offset, error) {
	known, long := userConstants(is32)
	var list []Offset
	var errs []error
	branch := branches{defined: map[string]bool{"__i386__": is32, "FP_XSTATE_MAGIC1": true}}
	line := 0
	for l := range strings.Lines(text) {
		line++
		if branch.directive(strings.TrimSpace(l)) || !branch.active() {
			continue
		}
		d := userDefine.FindStringSubmatch(l)
		if d == nil {
			continue
		}
		value, ok := known[d[3]]
		if !ok {
			n, err := strconv.ParseInt(d[3], 0, 64)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s:%d: %s is not known of the host", source, line, d[3]))
				continue
			}
			value = n
		}
		if d[1] != "" {
			value /= long
		}
		list = append(list, Offset{Name: d[2], Value: value, Comment: d[3]})
	}
	return list, errors.Join(errs...)
}

// branches follows #ifdef, #if 0, #else and #endif of names that are known.
type branches struct {
	defined map[string]bool
	taken   []bool
}

// directive reports whether a line was one of the directives.
func (b *branches) directive(line string) bool {
	name, ok := strings.CutPrefix(line, "#ifdef ")
	switch {
	case ok:
		b.taken = append(b.taken, b.defined[name])
	case line == "#if 0":
		b.taken = append(b.taken, false)
	case line == "#else" && len(b.taken) > 0:
		b.taken[len(b.taken)-1] = !b.taken[len(b.taken)-1]
	case line == "#endif" && len(b.taken) > 0:
		b.taken = b.taken[:len(b.taken)-1]
	default:
		return false
	}
	return true
}

func (b *branches) active() bool {
	for _, t := range b.taken {
		if !t {
			return false
		}
	}
	return true
}

// userConstants returns what the names in user-offsets.c stand for, and the
// size of a long.
// Source: arch/x86/include/uapi/asm/ptrace-abi.h, include/uapi/asm-generic/poll.h
// and mman-common.h, arch/x86/include/asm/user_32.h and user_64.h, v6.1.
func userConstants(is32 bool) (known map[string]int64, long int64) {
	known = map[string]int64{
		"POLLIN": 1, "POLLPRI": 2, "POLLOUT": 4,
		"PROT_READ": 1, "PROT_WRITE": 2, "PROT_EXEC": 4,
	}
	if is32 {
		// Numbers of registers, and bytes of records.
		for i, name := range strings.Fields("EBX ECX EDX ESI EDI EBP EAX DS ES FS GS ORIG_EAX EIP CS EFL UESP SS") {
			known[name] = int64(i)
		}
		known["sizeof(struct user_regs_struct)"] = 17 * 4
		known["sizeof(struct user_fpregs_struct)"] = 27 * 4
		known["sizeof(struct user_fpxregs_struct)"] = 512
		return known, 4
	}
	// Offsets of registers.
	for i, name := range strings.Fields("R15 R14 R13 R12 RBP RBX R11 R10 R9 R8 RAX RCX RDX RSI RDI ORIG_RAX RIP CS EFLAGS RSP SS") {
		known[name] = int64(i) * 8
	}
	known["sizeof(struct user_regs_struct)"] = 27 * 8
	return known, 8
}
