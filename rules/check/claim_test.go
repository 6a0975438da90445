package check

import "testing"

func TestClaim(t *testing.T) {
	for _, c := range []struct {
		subject, message string
		want             Claim
	}{
		{"mm: rename pud_page_vaddr to pud_pgtable", "", Tidies},
		{"arm64/mm: Convert READ_ONCE(*ptep) to ptep_get(ptep)", "", Tidies},
		{"powerpc: move stubs", "No functional change intended.\n", Nothing},
		{"x86/mm: clean up", "There is no intended functional change.", Nothing},
		{"x86: tidy", "NFC.", Nothing},
		{"x86/mm: Cleanup of the leaf tests", "", Tidies},
		{"riscv: code refactoring", "", Tidies},
		{"powerpc: add pmd_same callback", "It crashes.\n", NoClaim},
		{"mm: functional change of pte_same", "", NoClaim},
		{"powerpc/hugetlb: pte_alloc_huge()", "It is using pte_offset_kernel() - don't rename that, do not convert others.", NoClaim},
		{"powerpc/hugetlb: pte_alloc_huge()", "Don't rename it, but convert the callers.", Tidies},
	} {
		if got := claimOf(c.subject, c.message); got != c.want {
			t.Errorf("%q, %q: got %d, want %d", c.subject, c.message, got, c.want)
		}
	}
}
