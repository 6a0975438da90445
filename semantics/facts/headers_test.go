package facts

import (
	"fmt"
	"io/fs"
	"sort"
	"strings"
	"testing"
	"testing/fstest"

	"ptreview/arch/class"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// headersOf returns the headers of an architecture of a tree.
func headersOf(t *testing.T, fsys fs.FS, architecture string) *Headers {
	t.Helper()
	h, err := NewHeaders(NewStore(fsys, cpp.NewCache(source.NewSet())), architecture)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// conditionsOf returns "file: condition" of the definitions of a name, markers
// left out. Conditions are those of the shortest form.
func conditionsOf(h *Headers, name string) []string {
	var list []string
	for _, d := range append(h.Definitions(name), h.SourceDefinitions(name)...) {
		if !d.IsMarker() {
			list = append(list, fmt.Sprintf("%s: %s", d.Path, d.When.Minimal()))
		}
	}
	return list
}

func expect(t *testing.T, h *Headers, name string, want ...string) {
	t.Helper()
	got := conditionsOf(h, name)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s of %s: got\n\t%s\nwant\n\t%s", name, h.arch, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	if err := h.Err(); err != nil {
		t.Error(err)
	}
}

func TestConditionsDemo(t *testing.T) {
	const (
		generic = "include/linux/pgtable.h: "
		thp     = "CONFIG_TRANSPARENT_HUGEPAGE"
		book3s  = "arch/powerpc/include/asm/book3s/64/"
	)
	for _, a := range []string{"arm64", "riscv", "x86"} {
		h := headersOf(t, demoTree(nil), a)
		own := "arch/" + a + "/include/asm/"
		expect(t, h, "pmd_same", generic+thp, generic+"!"+thp)
		expect(t, h, "hash__pmd_same")
		expect(t, h, "pmd_trans_huge", own+"pgtable.h: "+thp, generic+"!"+thp)
		expect(t, h, "has_transparent_hugepage", generic+thp, generic+"!"+thp)
		expect(t, h, "BUG", own+"bug.h: always")
		expect(t, h, "VM_BUG_ON", "include/asm-generic/bug.h: CONFIG_DEBUG_VM", "include/asm-generic/bug.h: !CONFIG_DEBUG_VM")
		expect(t, h, "p4d_offset", "include/asm-generic/pgtable-nop4d.h: always")
		expect(t, h, "pmd_clear_bad", "mm/pgtable-generic.c: always")
		expect(t, h, "no_such_name")
	}
	h := headersOf(t, demoTree(nil), "powerpc")
	expect(t, h, "pmd_same",
		book3s+"pgtable.h: CONFIG_PPC_BOOK3S_64 && "+thp, generic+"!CONFIG_PPC_BOOK3S_64 && "+thp, generic+"!"+thp)
	expect(t, h, "hash__pmd_same",
		book3s+"hash-4k.h: !CONFIG_PPC_64K_PAGES && CONFIG_PPC_BOOK3S_64 && "+thp,
		book3s+"hash-64k.h: CONFIG_PPC_64K_PAGES && CONFIG_PPC_BOOK3S_64 && "+thp)
	expect(t, h, "pmd_trans_huge", book3s+"pgtable.h: CONFIG_PPC_BOOK3S_64 && "+thp, generic+"!"+thp)
	expect(t, h, "has_transparent_hugepage",
		book3s+"pgtable.h: CONFIG_PPC_BOOK3S_64 && "+thp, generic+"!CONFIG_PPC_BOOK3S_64 && "+thp, generic+"!"+thp)
	expect(t, h, "radix_enabled", "arch/powerpc/include/asm/mmu.h: !CONFIG_PPC_RADIX_MMU")
	expect(t, h, "set_pte", book3s+"pgtable.h: CONFIG_PPC_BOOK3S_64", "arch/powerpc/include/asm/nohash/64/pgtable.h: !CONFIG_PPC_BOOK3S_64")
}

// TestConditions compares conditions in headers that are made for it.
func TestConditions(t *testing.T) {
	tests := []struct{ name, files, want string }{
		{"plain", "include/linux/a.h|int f(void) { }", "include/linux/a.h: always"},
		{"guard", "include/linux/a.h|#ifndef _A_H\n#define _A_H\nint f(void) { }\n#endif", "include/linux/a.h: always"},
		{"assembly", "include/linux/a.h|#ifndef __ASSEMBLY__\nint f(void) { }\n#endif", "include/linux/a.h: always"},
		{"only assembly", "include/linux/a.h|#ifdef __ASSEMBLY__\nint f(void) { }\n#endif", ""},
		{"ifdef", "include/linux/a.h|#ifdef CONFIG_A\nint f(void) { }\n#endif", "include/linux/a.h: CONFIG_A"},
		{"else", "include/linux/a.h|#ifdef CONFIG_A\n#else\nint f(void) { }\n#endif", "include/linux/a.h: !CONFIG_A"},
		{"elif", "include/linux/a.h|#if defined(CONFIG_A)\n#elif defined(CONFIG_B)\nint f(void) { }\n#endif", "include/linux/a.h: !CONFIG_A && CONFIG_B"},
		{"else of elif", "include/linux/a.h|#if defined(CONFIG_A)\n#elif defined(CONFIG_B)\n#else\nint f(void) { }\n#endif", "include/linux/a.h: !CONFIG_A && !CONFIG_B"},
		{"nested", "include/linux/a.h|#ifdef CONFIG_A\n#ifndef CONFIG_B\nint f(void) { }\n#endif\n#endif", "include/linux/a.h: CONFIG_A && !CONFIG_B"},
		{"logic", "include/linux/a.h|#if defined(CONFIG_A) && (defined CONFIG_B || !defined(CONFIG_C))\nint f(void) { }\n#endif", "include/linux/a.h: (CONFIG_A && CONFIG_B) || (CONFIG_A && !CONFIG_C)"},
		{"IS_ENABLED", "include/linux/a.h|#if IS_ENABLED(CONFIG_A)\nint f(void) { }\n#endif", "include/linux/a.h: CONFIG_A || CONFIG_A_MODULE"},
		{"IS_BUILTIN", "include/linux/a.h|#if !IS_BUILTIN(CONFIG_A)\nint f(void) { }\n#endif", "include/linux/a.h: !CONFIG_A"},
		{"number", "include/linux/a.h|#if CONFIG_PGTABLE_LEVELS > 3 && defined(CONFIG_A)\nint f(void) { }\n#endif", "include/linux/a.h: CONFIG_A && CONFIG_PGTABLE_LEVELS > 3"},
		{"not a number", "include/linux/a.h|#if !(CONFIG_LEVELS > 3)\nint f(void) { }\n#endif", "include/linux/a.h: !(CONFIG_LEVELS > 3)"},
		{"constant", "include/linux/a.h|#if 0\nint f(void) { }\n#endif\n#if 1\nint f(void) { }\n#endif", "include/linux/a.h: always"},
		{"macro", "include/linux/a.h|#ifdef CONFIG_A\n#define HAVE_F\n#endif\n#ifndef HAVE_F\nint f(void) { }\n#endif", "include/linux/a.h: !CONFIG_A"},
		{"macro of another header", "include/linux/a.h|#ifdef HAVE_F\nint f(void) { }\n#endif\narch/x86/include/asm/f.h|#ifdef CONFIG_A\n#define HAVE_F 1\n#endif\ninclude/linux/b.h|#include <asm/f.h>", "include/linux/a.h: CONFIG_A"},
		{"macro of another architecture", "include/linux/a.h|#ifdef HAVE_F\nint f(void) { }\n#endif\narch/riscv/include/asm/f.h|#define HAVE_F", ""},
		{"fallback", "include/linux/a.h|#ifndef f\nstatic inline int f(void) { }\n#define f f\n#endif\narch/x86/include/asm/f.h|#ifdef CONFIG_A\n#define f f\nstatic inline int f(void) { }\n#endif\ninclude/linux/b.h|#include <asm/f.h>",
			"arch/x86/include/asm/f.h: CONFIG_A; include/linux/a.h: !CONFIG_A"},
		{"includes", "include/linux/a.h|#ifdef CONFIG_A\n#include <asm/f.h>\n#endif\narch/x86/include/asm/f.h|#ifdef CONFIG_B\nint f(void) { }\n#endif", "arch/x86/include/asm/f.h: CONFIG_A && CONFIG_B"},
		{"two includes", "include/linux/a.h|#ifdef CONFIG_A\n#include <asm/f.h>\n#endif\ninclude/linux/b.h|#ifdef CONFIG_B\n#include <asm/f.h>\n#endif\narch/x86/include/asm/f.h|int f(void) { }", "arch/x86/include/asm/f.h: CONFIG_A || CONFIG_B"},
		{"include chain", "include/linux/a.h|#include <asm/f.h>\narch/x86/include/asm/f.h|#ifdef CONFIG_A\n#include \"g.h\"\n#else\n#include <asm/h.h>\n#endif\narch/x86/include/asm/g.h|int f(void) { }\narch/x86/include/asm/h.h|int f(void) { }", "arch/x86/include/asm/g.h: CONFIG_A; arch/x86/include/asm/h.h: !CONFIG_A"},
		{"include circle", "include/linux/a.h|#ifdef CONFIG_A\n#include <asm/f.h>\n#endif\narch/x86/include/asm/f.h|#include <asm/g.h>\nint f(void) { }\narch/x86/include/asm/g.h|#include <asm/f.h>\nint f(void) { }", "arch/x86/include/asm/f.h: CONFIG_A; arch/x86/include/asm/g.h: CONFIG_A"},
		{"macro circle", "include/linux/a.h|#ifdef HAVE_B\n#define HAVE_A\n#endif\n#ifdef HAVE_A\n#define HAVE_B\n#endif\n#ifndef HAVE_A\nint f(void) { }\n#endif", "include/linux/a.h: !defined(HAVE_A)"},
		{"nobody includes it", "include/asm-generic/f.h|int f(void) { }", ""},
		{"a C file includes it", "include/asm-generic/f.h|int f(void) { }\nmm/f.c|#include <asm-generic/f.h>", "include/asm-generic/f.h: always"},
		{"generic in place of asm", "include/asm-generic/f.h|int f(void) { }\ninclude/linux/a.h|#include <asm/f.h>", "include/asm-generic/f.h: always"},
		{"asm in place of generic", "include/asm-generic/f.h|int f(void) { }\narch/x86/include/asm/f.h|int f(void) { }\ninclude/linux/a.h|#include <asm/f.h>", "arch/x86/include/asm/f.h: always"},
		{"C file", "mm/f.c|#ifdef CONFIG_A\nint f(void) { }\n#endif\narch/x86/mm/f.c|int f(void) { }\narch/riscv/mm/f.c|int f(void) { }", "arch/x86/mm/f.c: always; mm/f.c: CONFIG_A"},
	}
	for _, tt := range tests {
		h := headersOf(t, treeOf(tt.files), "x86")
		if got := strings.Join(conditionsOf(h, "f"), "; "); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// treeOf makes a tree of "path|text" pieces, each beginning a line.
func treeOf(text string) fs.FS {
	files := make(map[string]string)
	path := ""
	for _, line := range strings.Split(text, "\n") {
		if p, rest, ok := strings.Cut(line, "|"); ok && (strings.HasSuffix(p, ".h") || strings.HasSuffix(p, ".c")) {
			path, line = p, rest
		}
		files[path] += line + "\n"
	}
	return demoFree(files)
}

// TestConditionsKernel compares real headers with what a person reads in them.
func TestConditionsKernel(t *testing.T) {
	const (
		pgtable = "arch/%s/include/asm/pgtable.h: "
		linux   = "include/linux/pgtable.h: "
		nopmd   = "include/asm-generic/pgtable-nopmd.h: "
		thp     = "CONFIG_TRANSPARENT_HUGEPAGE"
	)
	both := []struct{ arch, name, want string }{
		{"x86", "pmd_same", linux + "CONFIG_MMU"},
		{"arm64", "pmd_same", linux + "CONFIG_MMU"},
		{"riscv", "pmd_same", linux + "CONFIG_MMU"},
		{"s390", "pmd_same", linux + "CONFIG_MMU"},
		{"x86", "pmd_mkhuge", pgtable + "always"},
		{"arm64", "pmd_mkhuge", pgtable + "always"},
		{"riscv", "pmd_mkhuge", pgtable + "CONFIG_MMU"},
		{"s390", "pmd_mkhuge", pgtable + thp},
		{"x86", "pte_offset_kernel", linux + "CONFIG_MMU"},
		{"arm64", "pte_offset_kernel", linux + "CONFIG_MMU"},
		{"riscv", "pte_offset_kernel", linux + "CONFIG_MMU"},
		{"s390", "pte_offset_kernel", linux + "CONFIG_MMU"},
		{"powerpc", "pte_offset_kernel", linux + "CONFIG_MMU"},
	}
	old := []struct{ arch, name, want string }{
		{"x86", "pud_leaf", pgtable + "CONFIG_PGTABLE_LEVELS > 2; " + pgtable + "!(CONFIG_PGTABLE_LEVELS > 2); " + nopmd + "!(CONFIG_PGTABLE_LEVELS > 2)"},
		{"arm64", "pud_leaf", pgtable + "CONFIG_PGTABLE_LEVELS > 2; " + nopmd + "CONFIG_PGTABLE_LEVELS == 2; " + linux + "!(CONFIG_PGTABLE_LEVELS > 2)"},
		{"riscv", "pud_leaf", "arch/riscv/include/asm/pgtable-64.h: CONFIG_64BIT; " + nopmd + "!CONFIG_64BIT; " + linux + "!CONFIG_64BIT"},
		{"s390", "pud_leaf", pgtable + "always"},
		{"x86", "set_ptes", ""}, {"arm64", "set_ptes", ""}, {"riscv", "set_ptes", ""}, {"s390", "set_ptes", ""}, {"powerpc", "set_ptes", ""},
	}
	recent := []struct{ arch, name, want string }{
		{"x86", "pud_leaf", pgtable + "CONFIG_PGTABLE_LEVELS > 2; " + nopmd + "!(CONFIG_PGTABLE_LEVELS > 2); " + linux + "!(CONFIG_PGTABLE_LEVELS > 2)"},
		{"arm64", "pud_leaf", pgtable + "!(CONFIG_PGTABLE_LEVELS == 2) && CONFIG_PGTABLE_LEVELS > 2; " + pgtable + "CONFIG_PGTABLE_LEVELS == 2 && CONFIG_PGTABLE_LEVELS > 2; " + nopmd + "CONFIG_PGTABLE_LEVELS == 2; " + linux + "!(CONFIG_PGTABLE_LEVELS > 2)"},
		{"riscv", "pud_leaf", "arch/riscv/include/asm/pgtable-64.h: CONFIG_64BIT; " + nopmd + "!CONFIG_64BIT; " + linux + "!CONFIG_64BIT"},
		{"s390", "pud_leaf", pgtable + "always"},
		{"x86", "set_ptes", linux + "CONFIG_MMU"},
		{"arm64", "set_ptes", pgtable + "CONFIG_ARM64_CONTPTE; " + pgtable + "!CONFIG_ARM64_CONTPTE"},
		{"riscv", "set_ptes", pgtable + "CONFIG_MMU"},
		{"s390", "set_ptes", pgtable + "always"},
		{"powerpc", "set_ptes", "arch/powerpc/mm/pgtable.c: always"},
	}
	for variable, own := range map[string][]struct{ arch, name, want string }{"PTREVIEW_LINUX_6_1": old, "PTREVIEW_LINUX_6_12": recent} {
		t.Run(variable, func(t *testing.T) {
			tr := kernel(t, variable)
			store := NewStore(tr, cpp.NewCache(source.NewSet()))
			headers := make(map[string]*Headers)
			for _, tt := range append(own, both...) {
				h := headers[tt.arch]
				if h == nil {
					var err error
					if h, err = NewHeaders(store, tt.arch); err != nil {
						t.Fatal(err)
					}
					headers[tt.arch] = h
				}
				want := strings.ReplaceAll(tt.want, "%s", tt.arch)
				if got := strings.Join(conditionsOf(h, tt.name), "; "); got != want {
					t.Errorf("%s of %s:\n\tgot  %q\n\twant %q", tt.name, tt.arch, got, want)
				}
			}
			checkBook3s(t, headers["powerpc"], variable == "PTREVIEW_LINUX_6_12")
		})
	}
}

// checkBook3s evaluates powerpc's conditions in the kinds of kernels that there
// are: they are too long to be compared as text.
func checkBook3s(t *testing.T, h *Headers, recent bool) {
	t.Helper()
	kinds := map[string][]string{
		"64K":    {"MMU", "PPC", "PPC64", "PPC_BOOK3S", "PPC_BOOK3S_64", "TRANSPARENT_HUGEPAGE", "PPC_64K_PAGES"},
		"4K":     {"MMU", "PPC", "PPC64", "PPC_BOOK3S", "PPC_BOOK3S_64", "TRANSPARENT_HUGEPAGE", "PPC_4K_PAGES"},
		"no THP": {"MMU", "PPC", "PPC64", "PPC_BOOK3S", "PPC_BOOK3S_64", "PPC_4K_PAGES"},
		"e500":   {"MMU", "PPC", "PPC64", "PPC_BOOK3E_64", "PPC_E500", "PPC_4K_PAGES"},
		"32":     {"MMU", "PPC", "PPC32", "PPC_BOOK3S", "PPC_BOOK3S_32", "PPC_4K_PAGES"},
	}
	linux := []string{"include/linux/pgtable.h"}
	of64 := func(name string) []string { return []string{"book3s/64/" + name} }
	same64, same4, sameNone, e500Leaf := of64("hash-64k.h"), of64("hash-4k.h"), []string(nil), linux
	if recent {
		same64, same4, sameNone, e500Leaf = of64("hash.h"), of64("hash.h"), of64("hash.h"), []string{"nohash/pte-e500.h"}
	}
	tests := []struct {
		kind, name string
		want       []string
	}{
		{"64K", "pmd_same", of64("pgtable.h")}, {"4K", "pmd_same", of64("pgtable.h")}, {"no THP", "pmd_same", linux},
		{"e500", "pmd_same", linux}, {"32", "pmd_same", linux},
		{"64K", "hash__pmd_same", same64}, {"4K", "hash__pmd_same", same4}, {"no THP", "hash__pmd_same", sameNone},
		{"e500", "hash__pmd_same", nil}, {"32", "hash__pmd_same", nil},
		{"64K", "pud_leaf", of64("pgtable.h")}, {"no THP", "pud_leaf", of64("pgtable.h")},
		{"e500", "pud_leaf", e500Leaf},
		{"64K", "pmd_mkhuge", of64("pgtable.h")}, {"no THP", "pmd_mkhuge", nil}, {"32", "pmd_mkhuge", nil},
	}
	for _, tt := range tests {
		set := make(map[string]bool)
		for _, s := range kinds[tt.kind] {
			set["CONFIG_"+s] = true
		}
		var got []string
		for _, d := range h.Definitions(tt.name) {
			if d.When.Eval(func(atom string) class.Truth { return class.TruthOf(set[atom]) }) == class.Yes && !d.IsMarker() {
				got = append(got, strings.TrimPrefix(d.Path, "arch/powerpc/include/asm/"))
			}
		}
		sort.Strings(got)
		if strings.Join(got, " ") != strings.Join(tt.want, " ") {
			t.Errorf("%s on a powerpc with %s: got %q, want %q", tt.name, tt.kind, got, tt.want)
		}
	}
}

// TestConditionsOfMakefiles asks for definitions under macros that Makefiles
// define, under a condition that is understood and one that is not.
func TestConditionsOfMakefiles(t *testing.T) {
	h := headersOf(t, fstest.MapFS{
		"Makefile": {Data: []byte("KBUILD_CPPFLAGS := -D__KERNEL__\n")},
		"arch/m68k/Makefile": {Data: []byte("ifndef CONFIG_MMU\nKBUILD_CPPFLAGS += -D__uClinux__\nendif\n" +
			"ifeq ($(shell odd),1)\nKBUILD_CFLAGS += -DODD\nendif\n")},
		"arch/m68k/include/asm/pgtable.h": {Data: []byte("#ifdef __uClinux__\n#define pte_none(x) 0\n#else\n#define pte_none(x) !(x)\n#endif\n" +
			"#ifdef ODD\n#define pte_odd(x) 1\n#endif\n#ifdef NEVER\n#define pte_never(x) 1\n#endif\n")},
	}, "m68k")
	const file = "arch/m68k/include/asm/pgtable.h: "
	const mmu = "CONFIG_MMU || CONFIG_MMU_MODULE"
	expect(t, h, "pte_none", file+"!CONFIG_MMU && !CONFIG_MMU_MODULE", file+mmu)
	expect(t, h, "pte_odd", file+"defined(ODD)")
	expect(t, h, "pte_never")
}
