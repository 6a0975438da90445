// Package flush holds the rules about flushes of the TLB.
//
// # flush/missing
//
// An entry is cleared or tightened and its lock dropped, and the flush that
// followed before the patch does not any more.
//
// A processor goes on using the translation that it has loaded until it is told
// otherwise. Once the page table lock is dropped the page may be freed, or written
// back as clean, while another processor still writes to it by the old entry: so
// mm clears and flushes under the lock (ptep_clear_flush(), mm/pgtable-generic.c,
// v6.1 and v6.12), or hands the flush to whoever gathers them (struct mmu_gather,
// set_tlb_ubc_flush_pending()).
//
// Reported are functions that take the lock themselves, or by a walk over the maps
// of a page, and clear an entry under it: before the patch every path from there
// flushed, by itself or in a batch, and now one drops the lock and leaves the
// function without. Where the flush is nothing on an architecture, or the helper
// that clears flushes by itself, that architecture has no finding; nor has any if
// the patch adds a flush to another function, if a caller in the file flushes, or
// if the function gathers.
//
// Bad:
//
//	ptl = pmd_lock(mm, pmd);
//	old = pmdp_huge_get_and_clear(mm, addr, pmd);
//	spin_unlock(ptl);
//
// Good:
//
//	ptl = pmd_lock(mm, pmd);
//	old = pmdp_huge_clear_flush(vma, addr, pmd);
//	spin_unlock(ptl);
//
// Blind spots: conditions that ask whether an entry was present or accessible are
// believed; a flush of too little counts as one; and callers in other files are
// taken for ones that do not flush.
package flush
