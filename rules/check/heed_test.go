package check_test

import (
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/rules/check"
	"ptreview/rules/contract"
)

// ignoring are changes that make helpers of linux 6.1 pay no heed to what they
// are given; want is what contract/constant says of each, "" for nothing.
var ignoring = []struct {
	planted
	want string
}{
	{planted{"x86", entries, "pte_dirty", "return pte_flags(pte) & _PAGE_DIRTY;", "return 1;"}, "warning: pte_dirty() gives 0x1, whatever it is given; before, it looked at its argument"},
	{planted{"x86", entries, "pmd_trans_huge", "return (pmd_val(pmd) & (_PAGE_PSE|_PAGE_DEVMAP)) == _PAGE_PSE;", "return 0;"}, "warning: pmd_trans_huge() gives 0x0, whatever"},
	{planted{"arm64", entries, "pte_young", "#define pte_young(pte)\t\t(!!(pte_val(pte) & PTE_AF))", "#define pte_young(pte)\t\t(1)"}, "warning: pte_young() gives 0x1, whatever"},
	{planted{"riscv", entries, "pte_mkold", "return __pte(pte_val(pte) & ~(_PAGE_ACCESSED));", "return pte;"}, "warning: pte_mkold() gives back what it is given, unchanged"},
	{planted{"s390", entries, "pte_dirty", "return (pte_val(pte) & _PAGE_DIRTY) != 0;", "return (pte_val(pte) & _PAGE_DIRTY & _PAGE_YOUNG) != 0;"}, "warning: pte_dirty() gives 0x0, whatever"},
	{planted{"riscv", entries, "__swp_type", "#define __swp_type(x)\t(((x).val >> __SWP_TYPE_SHIFT) & __SWP_TYPE_MASK)", "#define __swp_type(x)\t((void)(x), 0)"}, "warning: __swp_type() gives 0x0, whatever"},
	{planted{"powerpc", "/include/asm/book3s/64/radix.h", "radix__pmd_same", "return ((pmd_raw(pmd_a) ^ pmd_raw(pmd_b)) == 0);", "BUG();\n\treturn 0;"}, "note: radix__pmd_same() ends in a BUG, whatever"},
	// A bit more is not nothing.
	{planted{"x86", entries, "pte_young", "return pte_flags(pte) & _PAGE_ACCESSED;", "return pte_flags(pte) & (_PAGE_ACCESSED | _PAGE_DIRTY);"}, ""},
	{planted{"powerpc", "/include/asm/book3s/64/pgtable.h", "pte_special", "return !!(pte_raw(pte) & cpu_to_be64(_PAGE_SPECIAL));", "return !!(pte_raw(pte) & cpu_to_be64(_PAGE_SPECIAL | _PAGE_DEVMAP));"}, ""},
}

// TestIgnoredArguments checks that a helper which looks at nothing any more is
// found on a real kernel, and said once.
func TestIgnoredArguments(t *testing.T) {
	base := kernel61(t)
	for _, c := range ignoring {
		t.Run(c.arch+"/"+c.helper, func(t *testing.T) {
			req := lawRequest([]check.Prefix{{Tree: base}, edited(t, base, "arch/"+c.arch+c.file, c.old, c.young)})
			req.Archs, req.Rules = []*arch.Arch{arch.Named(c.arch)}, []*check.Rule{contract.Constant}
			r := reviewed(t, req)
			var got []string
			for _, f := range r.Findings {
				got = append(got, string(f.Severity)+": "+f.Message)
			}
			switch {
			case c.want == "" && len(got) > 0:
				t.Errorf("got %q, want nothing", got)
			case c.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], c.want)):
				t.Errorf("got %q, want %q", got, c.want)
			}
			t.Log(got)
			for _, row := range r.Coverage {
				for _, n := range row.NotRun {
					t.Errorf("not run: %d %s", n.Units, n.Reason)
				}
			}
		})
	}
}
