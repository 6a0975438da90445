package kbuild

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"ptreview/arch"
)

// kernel is a tree in the kernel's shape: a top Makefile, an architecture with
// generic, mandatory and generated headers, and a system call table.
func kernel() fstest.MapFS {
	files := map[string]string{
		"Makefile": `
VERSION = 6
PATCHLEVEL = 3
SUBLEVEL = 300
EXTRAVERSION = -rc1
LINUXINCLUDE := -I$(srctree)/arch/$(SRCARCH)/include \
	-I$(objtree)/arch/$(SRCARCH)/include/generated -I./include \
	-I$(srctree)/include -include $(srctree)/include/linux/kconfig.h
KBUILD_CPPFLAGS := -D__KERNEL__
KBUILD_CFLAGS := -Wall -fshort-wchar
KBUILD_CFLAGS += -funsigned-char
KBUILD_CFLAGS_MODULE := -DMODULE
include $(srctree)/arch/$(SRCARCH)/Makefile
`,
		"Kbuild": "obj-y += mm/\nobj-y += arch/$(SRCARCH)/\nobj-$(CONFIG_NET) += net/\n",
		"arch/s390/Makefile": `
ifdef CONFIG_FANCY
KBUILD_CPPFLAGS += -DFANCY='"very fancy"' -UPLAIN
endif
KBUILD_CFLAGS += $(call cc-option,-march=$(CONFIG_MARCH))
`,
		"arch/s390/Kbuild":                      "obj-y += mm/\nobj-$(CONFIG_KVM) += kvm/\n",
		"arch/s390/mm/Makefile":                 "obj-y := init.o init_$(BITS).o\nobj-$(CONFIG_HUGETLB_PAGE) += huge.o\n",
		"arch/s390/include/asm/Kbuild":          "generic-y += export.h\ngenerated-y += facility-defs.h odd.h\n",
		"arch/s390/include/asm/own.h":           "",
		"include/asm-generic/Kbuild":            "mandatory-y += export.h\nmandatory-y += own.h\nmandatory-y += sections.h\n",
		"arch/s390/include/uapi/asm/Kbuild":     "generic-y += poll.h\n",
		"arch/s390/tools/gen_facilities.c":      "\t.name = \"FACILITIES_X\",\n\t0, /* a */\n#ifdef CONFIG_FANCY\n\t1,\n#endif\n#ifdef CONFIG_NO\n\t2,\n#endif\n\t65 /* b */,\n\t66,\n\t-1 /* END */\n",
		"arch/s390/tools/gen_opcode_table.c":    "\t\t.byte = 0,\n\t\t.mask = 0xff,\n\t\t\t\"RR\",\n\t\t\tNULL,\n\t\t.byte = 1,\n\t\t.mask = 0x0f,\n\t\t\t\"RI\",\n",
		"arch/s390/tools/opcodes.txt":           "a70f\tlongest\tRI_b\na701\tx\tRI\n01\tnothing\tRR\na801\ty\tRI_b\n02\tz\tRR\n",
		"arch/s390/kernel/syscalls/Makefile":    syscallsMakefile,
		"arch/s390/kernel/syscalls/syscall.tbl": "# number abi name entry compat\n0 common zero sys_zero\n1 64 one sys_one compat_one\n1 32 one32 sys_one32\n4 common four\n",
		"arch/s390/tools/Makefile": "kapi := arch/$(ARCH)/include/generated/asm\nfilechk_facility-defs.h = $(obj)/gen_facilities\n$(kapi)/facility-defs.h: $(obj)/gen_facilities FORCE\n\t$(call filechk,facility-defs.h)\n" +
			"filechk_dis-defs.h = $(obj)/gen_opcode_table < $(srctree)/arch/s390/tools/opcodes.txt\n$(kapi)/dis-defs.h: $(obj)/gen_opcode_table FORCE\n\t$(call filechk,dis-defs.h)\n",
		"mm/Makefile": `
KASAN_SANITIZE_slab.o := n
mmu-y := nommu.o
mmu-$(CONFIG_MMU) := memory.o \
	mmap.o
ccflags-y += -DMM
CFLAGS_slab.o += -DSLAB
CFLAGS_REMOVE_slab.o += -Wall
obj-y := page_alloc.o $(mmu-y)
ifdef CONFIG_SLAB
obj-y += slab.o
else
obj-$(CONFIG_SLUB) += slub.o
endif
obj-$(CONFIG_ZPOOL) += zpool.o
zpool-y := pool-a.o
zpool-$(CONFIG_DEBUG) += pool-b.o
ifeq ($(CONFIG_A)$(CONFIG_B),yy)
obj-y += ab.o
endif
ifeq ($(shell odd),1)
obj-y += odd.o
endif
obj-$(CONFIG_DEEP) += deep/
`,
		"mm/deep/Makefile": "obj-$(CONFIG_DEEPER) += well.o\n",
		"net/Makefile":     "obj-m += mod.o\n",
	}
	tree := make(fstest.MapFS)
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return tree
}

const syscallsMakefile = `
kapi := arch/$(SRCARCH)/include/generated/asm
uapi := arch/$(SRCARCH)/include/generated/uapi/asm
syscall := $(src)/syscall.tbl
syshdr := $(srctree)/scripts/syscallhdr.sh
systbl := $(srctree)/scripts/syscalltbl.sh
cmd_syshdr = $(CONFIG_SHELL) $(syshdr) --emit-nr --abis $(abis) $(if $(prefix),--prefix $(prefix)) $< $@
cmd_systbl = $(CONFIG_SHELL) $(systbl) --abis $(abis) $< $@
$(uapi)/unistd_64.h: abis := common,64
$(uapi)/unistd_64.h: $(syscall) $(syshdr) FORCE
	$(call if_changed,syshdr)
$(uapi)/unistd_32.h: abis := common,32
$(uapi)/unistd_32.h: prefix := old_
$(uapi)/unistd_32.h: $(syscall) $(syshdr) FORCE
	$(call if_changed,syshdr)
$(kapi)/table_64.h: abis := common,64
$(kapi)/table_64.h: $(syscall) $(systbl) FORCE
	$(call if_changed,systbl)
$(kapi)/strange.h: $(src)/strange.pl
	$(call if_changed,strange)
`

func newBuild(tree fs.FS, config string) *Build {
	values := make(map[string]string)
	for _, word := range strings.Fields(config) {
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			value = "y"
		}
		values[name] = value
	}
	a := arch.Named("s390")
	return &Build{
		FS: tree, Arch: a, Variant: a.Variants[0],
		Value:    func(s string) string { return values[s] },
		Autoconf: []byte("#define CONFIG_X 1\n"),
	}
}

func TestFlags(t *testing.T) {
	b := newBuild(kernel(), "FANCY MARCH=z13 KASAN NET=y")
	f, err := b.Flags("mm/memory.c")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"arch/s390/include", "arch/s390/include/generated", "include"}; !slices.Equal(f.Include, want) {
		t.Errorf("search path: got %v, want %v", f.Include, want)
	}
	if want := []string{"include/linux/kconfig.h", "include/linux/compiler_types.h"}; !slices.Equal(f.Forced, want) {
		t.Errorf("forced: got %v, want %v", f.Forced, want)
	}
	const want = "#define __KERNEL__ 1\n#define FANCY \"very fancy\"\n#undef PLAIN\n#define MM 1\n" +
		"#define KBUILD_MODFILE \"mm/memory\"\n#define KBUILD_BASENAME \"memory\"\n" +
		"#define KBUILD_MODNAME \"memory\"\n#define __KBUILD_MODNAME kmod_memory\n"
	if f.Macros != want {
		t.Errorf("macros: got\n%s\nwant\n%s", f.Macros, want)
	}
	if !f.Has("-march=z13") || !f.CharUnsigned(false) {
		t.Errorf("options: got %v", f.Options)
	}
}

func TestFlagsOfOneFile(t *testing.T) {
	b := newBuild(kernel(), "ZPOOL=m DEBUG NET")
	for _, c := range []struct{ file, has, hasNot string }{
		{"mm/slab.c", "#define SLAB 1\n", "MODULE"},
		{"mm/pool-b.c", "#define KBUILD_MODNAME \"zpool\"\n", "kmod_pool"},
		{"mm/pool-b.c", "#define KBUILD_BASENAME \"pool_b\"\n", "pool-b"},
		{"mm/pool-a.c", "#define MODULE 1\n", "SLAB"},
		{"net/mod.c", "#define MODULE 1\n", "MM"},
		{"drivers/nowhere.c", "#define KBUILD_MODFILE \"drivers/nowhere\"\n", "MM"},
	} {
		f, err := b.Flags(c.file)
		if err != nil || !strings.Contains(f.Macros, c.has) || strings.Contains(f.Macros, "#define "+c.hasNot) {
			t.Errorf("%s: got\n%s%v\nwant %q and no %q", c.file, f.Macros, err, c.has, c.hasNot)
		}
	}
	if f, _ := b.Flags("mm/slab.c"); f.Has("-Wall") {
		t.Error("CFLAGS_REMOVE_slab.o removed nothing")
	}
}

// TestFlagsWithoutMakefile reads a tree that has only sources.
func TestFlagsWithoutMakefile(t *testing.T) {
	b := newBuild(fstest.MapFS{
		"Makefile":                {Data: []byte("VERSION = 6\nPATCHLEVEL = 1\n")},
		"include/linux/kconfig.h": {},
	}, "")
	f, err := b.Flags("mm/a.c")
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Include) != 7 || f.Include[2] != "include" || !slices.Equal(f.Forced, []string{"include/linux/kconfig.h"}) {
		t.Errorf("got %v and %v", f.Include, f.Forced)
	}
	if !strings.Contains(f.Macros, "__KERNEL__") {
		t.Errorf("got macros %s", f.Macros)
	}
}

func TestHeaders(t *testing.T) {
	b := newBuild(kernel(), "FANCY HZ=250 LOCALVERSION=-mine")
	b.Offsets = func(source string) ([]Offset, error) {
		if source == "kernel/bounds.c" {
			return []Offset{{"NR", 3, "__NR"}}, nil
		}
		return []Offset{{"HALF", -1, "x"}}, errors.New("half of it")
	}
	const asm = "arch/s390/include/generated/asm/"
	const uapi = "arch/s390/include/generated/uapi/asm/"
	for _, c := range []struct{ name, want string }{
		{"include/generated/autoconf.h", "#define CONFIG_X 1\n"},
		{"include/generated/utsrelease.h", "#define UTS_RELEASE \"6.3.300-rc1-mine\"\n"},
		{"include/generated/uapi/linux/version.h", "#define LINUX_VERSION_CODE 394239\n"},
		{"include/generated/bounds.h", "#define NR 3 /* __NR */\n"},
		{"include/generated/timeconst.h", "#define HZ_TO_MSEC_MUL32 U64_C(0x80000000)\n#define HZ_TO_MSEC_ADJ32 U64_C(0x0)\n#define HZ_TO_MSEC_SHR32 29\n"},
		{"include/generated/timeconst.h", "#define USEC_TO_HZ_MUL32 U64_C(0x83126E98)\n#define USEC_TO_HZ_ADJ32 U64_C(0x7FF7CED9168)\n#define USEC_TO_HZ_SHR32 43\n"},
		{asm + "export.h", "#include <asm-generic/export.h>\n"},
		{asm + "sections.h", "#include <asm-generic/sections.h>\n"},
		{uapi + "poll.h", "#include <asm-generic/poll.h>\n"},
		{asm + "facility-defs.h", "#define FACILITIES_X _AC(0xc000000000000000,UL),_AC(0x6000000000000000,UL)\n"},
		{asm + "dis-defs.h", "enum {\n\tINSTR_RI,\n\tINSTR_RI_b,\n\tINSTR_RR,\n}; /* 3 */\n\nenum {\n\tLONG_INSN_LONGEST,\n\tLONG_INSN_NOTHING,\n}; /* 2 */\n"},
		{asm + "dis-defs.h", `
#define OPCODE_TABLE_INITIALIZER { \
	/* a7 */ \
	[   0] = { .opfrag = 0x01, .format = INSTR_RI, .name = "x" }, \
	[   1] = { .opfrag = 0x0f, .format = INSTR_RI_b, .offset = LONG_INSN_LONGEST }, \
	/* a8 */ \
	[   2] = { .opfrag = 0x01, .format = INSTR_RI_b, .name = "y" }, \
	/* 1-byte opcode instructions */ \
	[   3] = { .opfrag = 0x01, .format = INSTR_RR, .offset = LONG_INSN_NOTHING }, \
	[   4] = { .opfrag = 0x02, .format = INSTR_RR, .name = "z" }, \
}

#define OPCODE_OFFSET_INITIALIZER { \
	{ .opcode = 0xa7, .mask = 0x0f, .byte = 1, .offset = 0, .count = 2 }, \
	{ .opcode = 0xa8, .mask = 0x0f, .byte = 1, .offset = 2, .count = 1 }, \
	{ .opcode = 0x01, .mask = 0xff, .byte = 0, .offset = 3, .count = 2 }, \
}
`},
		{uapi + "unistd_64.h", "#define __NR_zero 0\n#define __NR_one 1\n#define __NR_four 4\n\n#ifdef __KERNEL__\n#define __NR_syscalls 5\n"},
		{uapi + "unistd_32.h", "#define __NR_old_zero 0\n#define __NR_old_one32 1\n"},
		{asm + "table_64.h", "__SYSCALL(0, sys_zero)\n__SYSCALL_WITH_COMPAT(1, sys_one, compat_one)\n__SYSCALL(2, sys_ni_syscall)\n__SYSCALL(3, sys_ni_syscall)\n__SYSCALL(4, sys_ni_syscall)\n"},
	} {
		got, err := b.Header(c.name)
		if err != nil || !strings.Contains(string(got), c.want) {
			t.Errorf("%s: got\n%s%v\nwant\n%s", c.name, got, err, c.want)
		}
	}
	for _, name := range []string{asm + "odd.h", asm + "strange.h", "include/generated/vdso-offsets.h", "include/generated/asm-offsets.h"} {
		_, err := b.Header(name)
		var not *NotMadeError
		if !errors.As(err, &not) || not.Path != name {
			t.Errorf("%s: got %v, want a *NotMadeError", name, err)
		}
	}
	if data, _ := b.Header("include/generated/asm-offsets.h"); !strings.Contains(string(data), "#define HALF -1") {
		t.Errorf("what could be evaluated is lost: %s", data)
	}
	if _, err := b.Header(asm + "own.h"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("own.h stands in the tree and needs no wrapper: got %v", err)
	}
	names, err := b.Headers()
	if err != nil || !slices.IsSorted(names) || !slices.Contains(names, asm+"strange.h") {
		t.Errorf("Headers: got %v, %v", names, err)
	}
}

func TestArm64Headers(t *testing.T) {
	b := newBuild(fstest.MapFS{
		"caps":           {Data: []byte("# list\n\nALWAYS_SYSTEM\nHAS_X\n")},
		"bad":            {Data: []byte("ok not\n")},
		"gen-sysreg.awk": {Data: []byte(`define(reg "_UNKN", "(" unkn ")")`)},
		"regs": {Data: []byte(`# registers
SysregFields F
Res1 63:32
Unkn 31
Field 30:8 LOW
Raz 7:0
EndSysregFields
Sysreg R 3 0 1 2 4
Res0 63:4
SignedEnum 3:0 MODE
	0b0000 NONE
	0b1111 NI
EndEnum
EndSysreg
Sysreg S 3 1 1 2 4
Fields F
EndSysreg
`)},
		"gap": {Data: []byte("Sysreg R 3 0 1 2 4\nField 62:0 X\nEndSysreg\n")},
	}, "")
	got, err := b.cpucaps("x/cpucaps.h", []string{"gen-cpucaps.awk", "caps"})
	if want := "#ifndef __ASM_CPUCAPS_H\n#define __ASM_CPUCAPS_H\n\n#define ARM64_ALWAYS_SYSTEM 0\n#define ARM64_HAS_X 1\n#define ARM64_NCAPS 2\n\n#endif\n"; err != nil || string(got) != want {
		t.Errorf("cpucaps: got %s, %v", got, err)
	}
	if _, err := b.cpucaps("x", []string{"gen-cpucaps.awk", "bad"}); err == nil || !strings.HasPrefix(err.Error(), "bad:1: ") {
		t.Errorf("cpucaps: got %v", err)
	}
	got, err = b.sysreg("x/sysreg-defs.h", []string{"gen-sysreg.awk", "regs"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"#define F_LOW GENMASK(30, 8)\n#define F_LOW_MASK GENMASK(30, 8)\n#define F_LOW_SHIFT 8\n#define F_LOW_WIDTH 23\n",
		"#define F_RES0 (UL(0))\n#define F_RES1 (UL(0) | GENMASK_ULL(63, 32))\n#define F_UNKN (UL(0) | GENMASK_ULL(31, 31))\n",
		"#define SYS_R sys_reg(3, 0, 1, 2, 4)\n",
		"#define REG_R S3_0_C1_C2_4\n",
		"#define R_MODE_SIGNED true\n#define R_MODE_NONE UL(0b0000)\n#define R_MODE_NI UL(0b1111)\n",
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("sysreg: no %s in\n%s", want, got)
		}
	}
	if strings.Contains(string(got), "S_RES0") {
		t.Error("a register with the fields of another defines masks of its own")
	}
	if _, err := b.sysreg("x", []string{"gen-sysreg.awk", "gap"}); err == nil || !strings.HasPrefix(err.Error(), "gap:2: ") {
		t.Errorf("sysreg: got %v", err)
	}
}

func TestObjects(t *testing.T) {
	o := NewObjects(kernel(), "s390")
	for _, c := range []struct{ file, want string }{
		{"mm/page_alloc.c", "y"},
		{"mm/memory.c", "MMU"},
		{"mm/mmap.c", "MMU"},
		{"mm/nommu.c", "!MMU"},
		{"mm/slab.c", "SLAB"},
		{"mm/slub.c", "!SLAB && SLUB"},
		{"mm/pool-a.c", "ZPOOL"},
		{"mm/pool-b.c", "ZPOOL && DEBUG"},
		{"mm/ab.c", "A=y && B=y"},
		{"mm/deep/well.c", "DEEP && DEEPER"},
		{"net/mod.c", "NET"},
		{"arch/s390/mm/init.c", "y"},
		{"arch/s390/mm/init_64.c", "64BIT"},
		{"arch/s390/mm/init_32.c", "!64BIT"},
		{"arch/s390/mm/huge.c", "HUGETLB_PAGE"},
		{"arch/x86/mm/init.c", "not built"},
		{"mm/zpool.c", "not built"}, // a composite, not a file
		{"mm/nothing.c", "not built"},
	} {
		got := "not built"
		cond, found, err := o.Of(c.file)
		if found {
			got = cond.Expr.String()
		}
		if err != nil || got != c.want {
			t.Errorf("%s: got %s, %v, want %s", c.file, got, err, c.want)
		}
	}
	if cond, _, _ := o.Of("mm/odd.c"); len(cond.Unknown) != 1 || cond.Unknown[0] != "ifeq ($(shell odd),1)" {
		t.Errorf("a condition that is no formula: got %q", cond.Unknown)
	}
}

// TestMoreHeaders makes headers whose sources are not tables: a hash of lines,
// and numbers that may stand for each other.
func TestMoreHeaders(t *testing.T) {
	a := arch.Named("x86")
	b := &Build{
		FS: fstest.MapFS{
			"Makefile": {Data: []byte("include arch/$(SRCARCH)/Makefile\n")},
			"arch/x86/Makefile": {Data: []byte("h := arch/$(SRCARCH)/include/generated/asm/orc_hash.h\n" +
				"cmd_hash = mkdir -p x; sh ./scripts/orc_hash.sh < $< > $@\n$(h): arch/x86/include/asm/orc_types.h FORCE\n\t$(call if_changed,hash)\n")},
			"arch/x86/include/asm/orc_types.h": {Data: []byte("#define OTHER 1\n#define ORC_REG_SP 1\nstruct orc_entry {\n\tint a;\n}\nint b;\n")},
			"arch/x86/entry/syscalls/Makefile": {Data: []byte("out := arch/$(SRCARCH)/include/generated/asm\n" +
				"cmd_calls = sh '$<' $@ $(filter-out $<, $(real-prereqs))\n" +
				"$(out)/xen-hypercalls.h: scripts/xen-hypercalls.sh FORCE\n\t$(call if_changed,calls)\n" +
				"$(out)/xen-hypercalls.h: $(srctree)/include/xen/x*.h\n")},
			"include/xen/x1.h": {Data: []byte("#define __HYPERVISOR_iret 23 /* x */\n# define __HYPERVISOR_arch_0 48\n#define __HYPERVISOR_UP 1\n")},
			"include/xen/x2.h": {Data: []byte("#define __HYPERVISOR_mca __HYPERVISOR_arch_0\n#define __HYPERVISOR_again 23\n")},
		},
		Arch: a, Variant: a.Variants[0], Value: func(string) string { return "" },
	}
	for name, want := range map[string]string{
		// printf '#define ORC_REG_SP 1\nstruct orc_entry {\n\tint a;\n}\n' | sha1sum
		"orc_hash.h":       "#define ORC_HASH 0x9c,0x28,0x6d,0xd3,0xdc,0x65,0x11,0xdc,0x46,0x81,0x9a,0x56,0x75,0xb2,0xa1,0x61,0x95,0xc0,0xa7,0xa3,\n",
		"xen-hypercalls.h": "HYPERCALL(again)\nHYPERCALL(mca)\n",
	} {
		got, err := b.Header("arch/x86/include/generated/asm/" + name)
		if err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
}

// TestOpcodeErrors reads lists of instructions that make no table.
func TestOpcodeErrors(t *testing.T) {
	for _, c := range []struct{ list, want string }{
		{"a70f x RX\n", "opcodes.txt:1: the generator does not know the format RX"},
		{"01 x RR\na7 y RI\n", "opcodes.txt:2: an opcode of two digits has the format RI"},
		{"01 x\n", "opcodes.txt:1: not an opcode, a name and a format"},
		{"01 x\"; RR\n", "opcodes.txt:1: not an opcode, a name and a format"},
	} {
		tree := kernel()
		tree["arch/s390/tools/opcodes.txt"] = &fstest.MapFile{Data: []byte(c.list)}
		_, err := newBuild(tree, "").Header("arch/s390/include/generated/asm/dis-defs.h")
		if err == nil || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %s", c.list, err, c.want)
		}
	}
}
