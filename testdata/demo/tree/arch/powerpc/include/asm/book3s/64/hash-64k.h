/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _ASM_POWERPC_BOOK3S_64_HASH_64K_H
#define _ASM_POWERPC_BOOK3S_64_HASH_64K_H

#define H_PTE_INDEX_SIZE	8
#define H_PMD_INDEX_SIZE	10
#define H_PUD_INDEX_SIZE	10
#define H_PGD_INDEX_SIZE	8

#define H_PAGE_THP_HUGE		0x0040000000000000UL

#ifdef CONFIG_TRANSPARENT_HUGEPAGE

static inline int hash__has_transparent_hugepage(void)
{
	return 1;
}

static inline int hash__pmd_trans_huge(pmd_t pmd)
{
	return (pmd_val(pmd) & (_PAGE_PTE | H_PAGE_THP_HUGE)) == (_PAGE_PTE | H_PAGE_THP_HUGE);
}

static inline int hash__pmd_same(pmd_t pmd_a, pmd_t pmd_b)
{
	return !((pmd_raw(pmd_a) ^ pmd_raw(pmd_b)) & ~cpu_to_be64(_PAGE_HPTEFLAGS));
}

static inline pmd_t hash__pmd_mkhuge(pmd_t pmd)
{
	return __pmd(pmd_val(pmd) | _PAGE_PTE | H_PAGE_THP_HUGE);
}

#endif /* CONFIG_TRANSPARENT_HUGEPAGE */

#endif /* _ASM_POWERPC_BOOK3S_64_HASH_64K_H */
