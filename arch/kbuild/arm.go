package kbuild

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// machTypes makes the numbering of ARM boards: a MACH_TYPE_ of each one that
// is registered, a test machine_is_ of all, and machine_arch_type, which is a
// constant in a kernel for one board.
// Source: arch/arm/tools/gen-mach-types, v6.1 and v6.12.
func (b *Build) machTypes(words []string) ([]byte, error) {
	name, text, err := b.awkInput(words)
	if err != nil {
		return nil, err
	}
	var types, tests, others strings.Builder
	line := 0
	for entry := range strings.Lines(text) {
		line++
		fields := strings.Fields(entry)
		if len(fields) == 0 || entry[0] == '#' {
			continue
		}
		switch len(fields) {
		case 3:
			fmt.Fprintf(&others, "#define machine_is_%s()\t(0)\n", fields[0])
		case 4:
			n, err := strconv.ParseUint(fields[3], 10, 31)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: not the number of a machine: %s", name, line, fields[3])
			}
			fmt.Fprintf(&types, "#define %-30s %d\n", "MACH_TYPE_"+fields[2], n)
			writeMachTest(&tests, fields[0], "CONFIG_"+fields[1], "MACH_TYPE_"+fields[2])
		}
	}
	return guarded("__ASM_ARM_MACH_TYPE_H", "#ifndef __ASSEMBLY__\nextern unsigned int __machine_arch_type;\n#endif\n\n"+
		types.String()+"\n"+tests.String()+others.String()+
		"\n#ifndef machine_arch_type\n#define machine_arch_type\t__machine_arch_type\n#endif\n"), nil
}

func writeMachTest(out *strings.Builder, machine, symbol, number string) {
	fmt.Fprintf(out, "#ifdef %s\n# ifdef machine_arch_type\n#  undef machine_arch_type\n"+
		"#  define machine_arch_type\t__machine_arch_type\n# else\n#  define machine_arch_type\t%s\n# endif\n"+
		"# define machine_is_%s()\t(machine_arch_type == %s)\n#else\n# define machine_is_%s()\t(0)\n#endif\n\n",
		symbol, number, machine, number, machine)
}

// syscallNumber makes the header that says how many system calls there are:
// of ARM rounded up to what an instruction can hold, of MIPS by ABI.
// Source: arch/arm/tools/syscallnr.sh and arch/mips/kernel/syscalls/syscallnr.sh,
// v6.1 and v6.12.
func (b *Build) syscallNumber(args []string) ([]byte, error) {
	if len(args) < 2 {
		return nil, fmt.Errorf("syscallnr.sh without a table and a target")
	}
	calls, err := b.readSyscalls(args[0], nil, true)
	if err != nil {
		return nil, err
	}
	next := 0
	for _, c := range calls {
		n, err := strconv.ParseInt(c.nr, 0, 24)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: not the number of a system call: %s", args[0], c.line, c.nr)
		}
		next = max(next, int(n)+1)
	}
	switch b.srcarch() {
	case "arch/arm":
		return guarded("_ASM_ARM_"+guardName(path.Base(args[1])), fmt.Sprintf("#define __NR_syscalls %d\n", immediate(next))), nil
	case "arch/mips":
		if len(args) > 3 {
			return guarded("_UAPI_ASM_MIPS_"+guardName(path.Base(args[1])),
				fmt.Sprintf("#define __NR_%s_Linux_syscalls\t%d\n", args[3], next)), nil
		}
	}
	return nil, fmt.Errorf("what %s does with syscallnr.sh is not known", b.srcarch())
}

// immediate rounds n up to an ARM immediate operand: eight bits and an even
// shift.
func immediate(n int) int {
	align := 1
	for n/(256*align) > 0 {
		align *= 4
	}
	return (n + align - 1) &^ (align - 1)
}
