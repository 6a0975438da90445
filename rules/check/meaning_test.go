package check_test

import (
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/rules/check"
	"ptreview/rules/contract"
)

// planted is a change of one line that makes a helper mean another thing.
type planted struct{ arch, file, helper, old, young string }

const entries = "/include/asm/pgtable.h"

// plantedChanges are small mistakes: another bit, a bit more, a condition that
// asks for something else, a flush left out.
var plantedChanges = []planted{
	{"x86", entries, "pte_dirty", "return pte_flags(pte) & _PAGE_DIRTY;", "return pte_flags(pte) & (_PAGE_DIRTY | _PAGE_ACCESSED);"},
	{"x86", entries, "ptep_set_wrprotect", "clear_bit(_PAGE_BIT_RW, (unsigned long *)&ptep->pte);", "clear_bit(_PAGE_BIT_DIRTY, (unsigned long *)&ptep->pte);"},
	{"arm64", entries, "__ptep_test_and_clear_young", "pte = pte_mkold(pte);", "pte = pte_mkclean(pte);"},
	{"arm64", entries, "ptep_clear_flush_young", "flush_tlb_page_nosync(vma, address);", "(void)address;"},
	{"riscv", entries, "ptep_set_wrprotect", "~(unsigned long)_PAGE_WRITE, (atomic_long_t *)ptep);", "~(unsigned long)_PAGE_READ, (atomic_long_t *)ptep);"},
	{"riscv", entries, "ptep_test_and_clear_young", "if (!pte_young(*ptep))", "if (!pte_dirty(*ptep))"},
	{"s390", entries, "pte_mkclean", "pte = clear_pte_bit(pte, __pgprot(_PAGE_DIRTY));", "pte = clear_pte_bit(pte, __pgprot(_PAGE_DIRTY | _PAGE_YOUNG));"},
	{"s390", entries, "pte_wrprotect", "pte = clear_pte_bit(pte, __pgprot(_PAGE_WRITE));", "pte = clear_pte_bit(pte, __pgprot(_PAGE_READ));"},
	{"powerpc", "/include/asm/book3s/64/radix.h", "radix__pmd_same", "((pmd_raw(pmd_a) ^ pmd_raw(pmd_b)) == 0)", "(((pmd_raw(pmd_a) ^ pmd_raw(pmd_b)) & ~cpu_to_be64(_PAGE_WRITE)) == 0)"},
	{"powerpc", "/include/asm/book3s/64/radix.h", "radix__pte_update", "__radix_pte_update(ptep, clr, set);", "__radix_pte_update(ptep, clr, 0);"},
}

// TestPlantedChanges checks that a change of meaning is found and shown with
// values, in linux 6.1: an error where the patch says that nothing changes, a
// note where it says nothing.
func TestPlantedChanges(t *testing.T) {
	base := kernel61(t)
	for i, c := range plantedChanges {
		t.Run(c.arch+"/"+c.helper, func(t *testing.T) {
			want, message := check.Error, "No functional change intended."
			if i%2 == 1 {
				want, message = check.Note, ""
			}
			req := lawRequest([]check.Prefix{{Tree: base}, edited(t, base, "arch/"+c.arch+c.file, c.old, c.young)})
			req.Archs, req.Rules = []*arch.Arch{arch.Named(c.arch)}, []*check.Rule{contract.Meaning}
			req.Series.Patches = []check.PatchInfo{{N: 1, Subject: "mm: a patch", Message: message}}
			r := reviewed(t, req)
			found := 0
			for _, f := range r.Findings {
				if f.Helper != c.helper {
					t.Errorf("got a finding about %s: %s", f.Helper, f.Message)
					continue
				}
				found++
				if f.Severity != want || f.Evidence == nil || !strings.Contains(f.Message, " before, ") {
					t.Errorf("got %s %q, want %s and what differs", f.Severity, f.Message, want)
				}
				t.Log(f.Message)
			}
			if found == 0 {
				t.Errorf("got no finding; compared: %+v", r.Helpers)
			}
			for _, c := range r.Coverage {
				for _, n := range c.NotRun {
					t.Log("not run:", n.Units, n.Reason)
				}
			}
		})
	}
}
