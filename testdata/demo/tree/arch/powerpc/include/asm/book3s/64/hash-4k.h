/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _ASM_POWERPC_BOOK3S_64_HASH_4K_H
#define _ASM_POWERPC_BOOK3S_64_HASH_4K_H

#define H_PTE_INDEX_SIZE	9
#define H_PMD_INDEX_SIZE	7
#define H_PUD_INDEX_SIZE	9
#define H_PGD_INDEX_SIZE	9

#ifdef CONFIG_TRANSPARENT_HUGEPAGE

/* A huge page of the hash MMU is 16M, which no pmd of 4K tables maps. */

static inline int hash__has_transparent_hugepage(void)
{
	return 0;
}

static inline int hash__pmd_trans_huge(pmd_t pmd)
{
	return 0;
}

static inline int hash__pmd_same(pmd_t pmd_a, pmd_t pmd_b)
{
	BUG();
	return 0;
}

static inline pmd_t hash__pmd_mkhuge(pmd_t pmd)
{
	BUG();
	return pmd;
}

#endif /* CONFIG_TRANSPARENT_HUGEPAGE */

#endif /* _ASM_POWERPC_BOOK3S_64_HASH_4K_H */
