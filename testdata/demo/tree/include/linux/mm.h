/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _LINUX_MM_H
#define _LINUX_MM_H

#include <linux/mm_types.h>
#include <linux/pgtable.h>

#if USE_SPLIT_PTE_PTLOCKS
static inline spinlock_t *pte_lockptr(struct mm_struct *mm, pmd_t *pmd)
{
	return &pmd_page(*pmd)->ptl;
}
#else
static inline spinlock_t *pte_lockptr(struct mm_struct *mm, pmd_t *pmd)
{
	return &mm->page_table_lock;
}
#endif

static inline spinlock_t *pmd_lock(struct mm_struct *mm, pmd_t *pmd)
{
	spin_lock(&mm->page_table_lock);
	return &mm->page_table_lock;
}

#define pte_offset_map_lock(mm, pmd, address, ptlp)	\
({							\
	spinlock_t *__lock = pte_lockptr(mm, pmd);	\
	pte_t *__entry = pte_offset_kernel(pmd, address); \
	*(ptlp) = __lock;				\
	spin_lock(__lock);				\
	__entry;					\
})

#define pte_unmap_unlock(pte, ptl)	do {		\
	spin_unlock(ptl);				\
	pte_unmap(pte);					\
} while (0)

struct vm_fault {
	struct vm_area_struct *vma;
	unsigned long address;
	pmd_t *pmd;
	pmd_t orig_pmd;
};

int touch_pte(struct mm_struct *mm, pmd_t *pmd, unsigned long address);
int do_huge_pmd_wp_page(struct vm_fault *vmf);

#endif /* _LINUX_MM_H */
