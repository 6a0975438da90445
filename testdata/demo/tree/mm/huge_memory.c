// SPDX-License-Identifier: Apache-2.0
/*
 * Huge pmds. What stands here compares and makes huge entries only where
 * has_transparent_hugepage() said that the machine can have them.
 */
#include <linux/mm.h>

int do_huge_pmd_wp_page(struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->vm_mm;
	spinlock_t *ptl;
	int same;

	if (!has_transparent_hugepage())
		return 0;
	ptl = pmd_lock(mm, vmf->pmd);
	same = pmd_same(*vmf->pmd, vmf->orig_pmd);
	spin_unlock(ptl);
	return same;
}
