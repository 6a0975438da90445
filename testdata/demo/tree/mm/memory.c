// SPDX-License-Identifier: Apache-2.0
/*
 * Users of page tables: enough of a fault path to have callers.
 */
#include <linux/mm.h>

/* Marks the entry that maps address as used. Returns 1 if there was one. */
int touch_pte(struct mm_struct *mm, pmd_t *pmd, unsigned long address)
{
	spinlock_t *ptl;
	pte_t *pte;
	int found = 0;

	if (pmd_none_or_clear_bad(pmd))
		return 0;
	pte = pte_offset_map_lock(mm, pmd, address, &ptl);
	if (pte_present(*pte)) {
		set_pte(pte, pte_mkyoung(*pte));
		found = 1;
	}
	pte_unmap_unlock(pte, ptl);
	return found;
}
