package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/parse/tree"
)

// handmade is a table of definitions, read off the headers by hand: for every
// helper the files that define it, and for each of those the condition on
// every architecture that has it. A condition is "always", "never", or terms of
// CONFIG_ symbols without that prefix, joined by "|". An architecture in the
// column of a kernel is one of that kernel alone. TestHelpersByHand says what
// the rules are.
const handmade = `
pmd_same
	arch/powerpc/include/asm/book3s/64/pgtable.h
		powerpc: PPC_BOOK3S_64 & TRANSPARENT_HUGEPAGE
	include/linux/pgtable.h
		powerpc: !PPC_BOOK3S_64 | !TRANSPARENT_HUGEPAGE
		alpha arc arm64 csky hexagon loongarch microblaze mips nios2 openrisc parisc s390 sparc um x86: always
		arm m68k riscv sh xtensa: MMU
		6.1 ia64: always

pud_leaf
	arch/arm64/include/asm/pgtable.h
		arm64: PGTABLE_LEVELS > 2
		6.12 arm64: never # pud_leaf(pud) false, where the PMD is folded with three levels and more
	arch/loongarch/include/asm/pgtable.h
		loongarch: always
	arch/mips/include/asm/pgtable.h
		mips: MIPS_HUGE_TLB_SUPPORT
	arch/powerpc/include/asm/book3s/64/pgtable.h
		powerpc: PPC_BOOK3S_64
	6.12 arch/powerpc/include/asm/nohash/pte-e500.h
		powerpc: PPC64 & !PPC_BOOK3S_64
	arch/riscv/include/asm/pgtable-64.h
		riscv: 64BIT
	arch/s390/include/asm/pgtable.h
		s390: always
	arch/sparc/include/asm/pgtable_64.h
		sparc: SPARC64
	arch/x86/include/asm/pgtable.h
		x86: X86_64 | X86_PAE
		6.1 x86: !X86_64 & !X86_PAE # the other branch
	include/asm-generic/pgtable-nopmd.h # a function, behind whose name a macro is always put
		arc arm64 csky hexagon loongarch m68k microblaze mips nios2 openrisc parisc powerpc riscv sh um x86 xtensa: never
	include/linux/pgtable.h
		alpha arc arm csky hexagon m68k microblaze nios2 openrisc parisc sh um xtensa: always
		arm64: PGTABLE_LEVELS == 2
		mips: !MIPS_HUGE_TLB_SUPPORT
		riscv: !64BIT
		sparc: SPARC32
		6.1 powerpc: !PPC_BOOK3S_64
		6.1 ia64: always
		6.12 powerpc: !PPC64
		6.12 x86: !X86_64 & !X86_PAE

pmd_mkhuge
	arch/arc/include/asm/hugepage.h
		arc: TRANSPARENT_HUGEPAGE
	arch/arm/include/asm/pgtable-3level.h
		arm: ARM_LPAE
	arch/arm64/include/asm/pgtable.h
		arm64: always
	arch/loongarch/include/asm/pgtable.h
		loongarch: TRANSPARENT_HUGEPAGE
	arch/mips/include/asm/pgtable.h
		mips: TRANSPARENT_HUGEPAGE
	arch/powerpc/include/asm/book3s/64/pgtable.h
		powerpc: PPC_BOOK3S_64 & TRANSPARENT_HUGEPAGE
	arch/riscv/include/asm/pgtable.h
		riscv: MMU
	arch/s390/include/asm/pgtable.h
		s390: TRANSPARENT_HUGEPAGE
	arch/sparc/include/asm/pgtable_64.h
		sparc: SPARC64 & TRANSPARENT_HUGEPAGE
	arch/x86/include/asm/pgtable.h
		x86: always

huge_ptep_get
	arch/arm/include/asm/hugetlb-3level.h
		arm: HUGETLB_PAGE
	arch/arm64/mm/hugetlbpage.c
		arm64: HUGETLB_PAGE
	arch/s390/mm/hugetlbpage.c
		s390: HUGETLB_PAGE
	6.12 arch/powerpc/include/asm/nohash/32/hugetlb-8xx.h
		powerpc: HUGETLB_PAGE & PPC_8xx
	6.12 arch/riscv/mm/hugetlbpage.c
		riscv: HUGETLB_PAGE & RISCV_ISA_SVNAPOT
	include/asm-generic/hugetlb.h
		alpha arc csky hexagon m68k microblaze nios2 openrisc um xtensa: never # no HUGETLB_PAGE
		loongarch mips parisc sh sparc x86: HUGETLB_PAGE
		6.1 ia64 powerpc riscv: HUGETLB_PAGE
		6.12 powerpc: HUGETLB_PAGE & !PPC_8xx
		6.12 riscv: HUGETLB_PAGE & !RISCV_ISA_SVNAPOT

6.12 set_ptes
	arch/arm/mm/mmu.c
		arm: MMU
	arch/arm64/include/asm/pgtable.h
		arm64: ARM64_CONTPTE
		arm64: !ARM64_CONTPTE
	arch/mips/include/asm/pgtable.h
		mips: always
	arch/nios2/include/asm/pgtable.h
		nios2: always
	arch/parisc/include/asm/pgtable.h
		parisc: always
	arch/powerpc/mm/pgtable.c
		powerpc: always
	arch/riscv/include/asm/pgtable.h
		riscv: MMU
	arch/s390/include/asm/pgtable.h
		s390: always
	arch/sparc/include/asm/pgtable_64.h
		sparc: SPARC64
	arch/um/include/asm/pgtable.h
		um: always
	include/linux/pgtable.h
		alpha arc csky hexagon loongarch microblaze openrisc x86: always
		m68k sh xtensa: MMU
		sparc: SPARC32

pte_offset_kernel
	arch/alpha/include/asm/pgtable.h
		alpha: always
	include/linux/pgtable.h
		arc arm64 csky hexagon loongarch microblaze mips nios2 openrisc parisc powerpc s390 sparc um x86: always
		arm m68k riscv sh xtensa: MMU
		6.1 ia64: always
`

// byHand is one definition of the table.
type byHand struct {
	helper, file, arch string
	when               class.Formula
}

// parseHandmade returns what the table says of one kernel.
func parseHandmade(t *testing.T, kernel string) []byHand {
	t.Helper()
	var list []byHand
	var at [2]string // helper and file; empty if of another kernel
	for line := range strings.Lines(handmade) {
		text, _, _ := strings.Cut(strings.TrimRight(line, "\n"), " #")
		depth := len(text) - len(strings.TrimLeft(text, "\t"))
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		other := strings.HasPrefix(words[0], "6.") && words[0] != kernel
		if strings.HasPrefix(words[0], "6.") {
			words = words[1:]
		}
		switch {
		case depth == 0:
			at = [2]string{words[0], ""}
			if other {
				at[0] = ""
			}
		case depth == 1:
			at[1] = words[0]
			if other {
				at[1] = ""
			}
		case !other && at[0] != "" && at[1] != "":
			archs, when, _ := strings.Cut(strings.Join(words, " "), ": ")
			for _, a := range strings.Fields(archs) {
				list = append(list, byHand{at[0], at[1], a, handFormula(when)})
			}
		}
	}
	return list
}

func handFormula(text string) class.Formula {
	switch text {
	case "always":
		return class.True()
	case "never":
		return class.False()
	}
	var terms []class.Formula
	for term := range strings.SplitSeq(text, " | ") {
		var literals []class.Formula
		for l := range strings.SplitSeq(term, " & ") {
			name, negated := strings.CutPrefix(l, "!")
			f := class.Atom("CONFIG_" + name)
			if negated {
				f = class.Not(f)
			}
			literals = append(literals, f)
		}
		terms = append(terms, class.And(literals...))
	}
	return class.Or(terms...)
}

// TestHelpersByHand compares the definitions of six helpers on all
// architectures with the table: the same files, and conditions that hold in
// the same configurations.
func TestHelpersByHand(t *testing.T) {
	for _, variable := range []string{"PTREVIEW_LINUX_6_1", "PTREVIEW_LINUX_6_12"} {
		t.Run(variable, func(t *testing.T) {
			dir := os.Getenv(variable)
			if dir == "" {
				t.Skipf("skipped: %s is not set: no definitions are compared with those read by hand", variable)
			}
			base, err := tree.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			table := parseHandmade(t, strings.ReplaceAll(strings.TrimPrefix(variable, "PTREVIEW_LINUX_"), "_", "."))
			definers := newDefiners(base)
			for _, a := range arch.All() {
				if _, err := base.Stat("arch/" + a.Name + "/Kconfig"); err != nil {
					continue
				}
				mine := slices.Clone(table)
				mine = slices.DeleteFunc(mine, func(h byHand) bool { return h.arch != a.Name })
				table = slices.DeleteFunc(table, func(h byHand) bool { return h.arch == a.Name })
				compareByHand(t, definers, a, mine)
			}
			for _, h := range table {
				t.Errorf("%s is in the table for %s, which the kernel has not", h.helper, h.arch)
			}
		})
	}
}

// compareByHand compares what is found on one architecture with its rows of
// the table.
func compareByHand(t *testing.T, definers *definers, a *arch.Arch, table []byHand) {
	t.Helper()
	d, err := definers.of(a.Name)
	if err != nil {
		t.Fatal(err)
	}
	if err := definers.ask(d, a); err != nil {
		t.Fatal(err)
	}
	for _, helper := range []string{"pmd_same", "pud_leaf", "pmd_mkhuge", "huge_ptep_get", "set_ptes", "pte_offset_kernel"} {
		for _, got := range foundHere(t, d, a.Name, helper) {
			i := slices.IndexFunc(table, func(want byHand) bool {
				return want.helper == helper && want.file == got.file && d.chooser.Equivalent(got.when, want.when) == class.Yes
			})
			if i < 0 {
				t.Errorf("%s of %s: got %s: %s, which the table has not", helper, a.Name, got.file, got.when)
				continue
			}
			table = slices.Delete(table, i, i+1)
		}
	}
	for _, want := range table {
		t.Errorf("%s of %s: got nothing like %s: %s", want.helper, a.Name, want.file, want.when)
	}
}

// foundHere returns the definitions of a helper as they are shown.
func foundHere(t *testing.T, d *definer, architecture, helper string) []byHand {
	t.Helper()
	found, err := d.definitions(helper)
	if err != nil {
		t.Fatal(err)
	}
	conditions := make([]class.Formula, len(found))
	for i, l := range found {
		conditions[i] = l.When
	}
	list := make([]byHand, len(found))
	for i, f := range d.chooser.Simplify(conditions...) {
		list[i] = byHand{helper, found[i].Path, architecture, f}
		if d.chooser.Equivalent(f, conditions[i]) != class.Yes {
			t.Errorf("%s of %s: %s is not the same as %s", helper, architecture, f, conditions[i])
		}
	}
	return list
}
