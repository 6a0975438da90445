/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _ASM_POWERPC_BOOK3S_64_RADIX_H
#define _ASM_POWERPC_BOOK3S_64_RADIX_H

#ifdef CONFIG_PPC_64K_PAGES
#define RADIX_PTE_INDEX_SIZE	5
#else
#define RADIX_PTE_INDEX_SIZE	9
#endif
#define RADIX_PMD_INDEX_SIZE	9
#define RADIX_PUD_INDEX_SIZE	9
#define RADIX_PGD_INDEX_SIZE	13

#define RADIX_PMD_BAD_BITS	0x60000000000000e0UL

static inline int radix__pmd_bad(pmd_t pmd)
{
	return !!(pmd_val(pmd) & RADIX_PMD_BAD_BITS);
}

#ifdef CONFIG_TRANSPARENT_HUGEPAGE

static inline int radix__pmd_trans_huge(pmd_t pmd)
{
	return !!(pmd_val(pmd) & _PAGE_PTE);
}

static inline int radix__pmd_same(pmd_t pmd_a, pmd_t pmd_b)
{
	return pmd_raw(pmd_a) == pmd_raw(pmd_b);
}

#endif /* CONFIG_TRANSPARENT_HUGEPAGE */

#endif /* _ASM_POWERPC_BOOK3S_64_RADIX_H */
