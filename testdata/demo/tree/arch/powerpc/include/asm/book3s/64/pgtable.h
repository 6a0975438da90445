/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _ASM_POWERPC_BOOK3S_64_PGTABLE_H
#define _ASM_POWERPC_BOOK3S_64_PGTABLE_H

#include <asm-generic/pgtable-nop4d.h>

#define _PAGE_PRESENT	0x8000000000000000UL
#define _PAGE_PTE	0x4000000000000000UL
#define _PAGE_ACCESSED	0x0000000000000100UL

/* Bits that the hash MMU keeps in an entry for itself. */
#define _PAGE_BUSY	0x0800000000000000UL
#define _PAGE_HASHPTE	0x0400000000000000UL
#define _PAGE_HPTEFLAGS	(_PAGE_BUSY | _PAGE_HASHPTE)

/* The sizes of the tables are set at boot, by the MMU that was chosen. */
extern unsigned long __pte_index_size;
extern unsigned long __pmd_index_size;
extern unsigned long __pud_index_size;
extern unsigned long __pgd_index_size;

#define PTE_INDEX_SIZE	__pte_index_size
#define PMD_INDEX_SIZE	__pmd_index_size
#define PUD_INDEX_SIZE	__pud_index_size
#define PGD_INDEX_SIZE	__pgd_index_size

#define PTRS_PER_PTE	(1UL << PTE_INDEX_SIZE)
#define PTRS_PER_PMD	(1UL << PMD_INDEX_SIZE)
#define PTRS_PER_PUD	(1UL << PUD_INDEX_SIZE)
#define PTRS_PER_PGD	(1UL << PGD_INDEX_SIZE)
#define PMD_SHIFT	(PAGE_SHIFT + PTE_INDEX_SIZE)
#define PUD_SHIFT	(PMD_SHIFT + PMD_INDEX_SIZE)
#define PGDIR_SHIFT	(PUD_SHIFT + PUD_INDEX_SIZE)
#define PMD_SIZE	(1UL << PMD_SHIFT)

#define TABLE_MASK	0x00ffffffffffff00UL

#define vmemmap		((struct page *)0xc00c000000000000UL)

#include <asm/book3s/64/hash.h>
#include <asm/book3s/64/radix.h>

static inline int pte_present(pte_t pte)	{ return !!(pte_val(pte) & _PAGE_PRESENT); }
static inline pte_t pte_mkyoung(pte_t pte)	{ return __pte(pte_val(pte) | _PAGE_ACCESSED); }
static inline void set_pte(pte_t *ptep, pte_t pte)	{ *ptep = pte; }

static inline int pmd_none(pmd_t pmd)		{ return !pmd_raw(pmd); }
static inline void pmd_clear(pmd_t *pmdp)	{ *pmdp = __pmd(0); }

static inline int pmd_bad(pmd_t pmd)
{
	if (radix_enabled())
		return radix__pmd_bad(pmd);
	return hash__pmd_bad(pmd);
}

static inline void pmd_populate(pmd_t *pmd, pte_t *pte)
{
	*pmd = __pmd(__pa(pte) | _PAGE_PRESENT);
}

static inline void pud_populate(pud_t *pud, pmd_t *pmd)
{
	*pud = __pud(__pa(pmd) | _PAGE_PRESENT);
}

static inline void p4d_populate(p4d_t *p4d, pud_t *pud)
{
	*p4d = __p4d(__pa(pud) | _PAGE_PRESENT);
}

#define pmd_page_vaddr(pmd)	((unsigned long)__va(pmd_val(pmd) & TABLE_MASK))
#define pud_pgtable(pud)	((pmd_t *)__va(pud_val(pud) & TABLE_MASK))
#define p4d_pgtable(p4d)	((pud_t *)__va(p4d_val(p4d) & TABLE_MASK))
#define pmd_page(pmd)		(vmemmap + ((pmd_val(pmd) & TABLE_MASK) >> PAGE_SHIFT))

#ifdef CONFIG_TRANSPARENT_HUGEPAGE

static inline int pmd_trans_huge(pmd_t pmd)
{
	if (radix_enabled())
		return radix__pmd_trans_huge(pmd);
	return hash__pmd_trans_huge(pmd);
}

#define __HAVE_ARCH_PMD_SAME
static inline int pmd_same(pmd_t pmd_a, pmd_t pmd_b)
{
	if (radix_enabled())
		return radix__pmd_same(pmd_a, pmd_b);
	return hash__pmd_same(pmd_a, pmd_b);
}

#define has_transparent_hugepage has_transparent_hugepage
static inline int has_transparent_hugepage(void)
{
	if (radix_enabled())
		return 1;
	return hash__has_transparent_hugepage();
}

#endif /* CONFIG_TRANSPARENT_HUGEPAGE */

#endif /* _ASM_POWERPC_BOOK3S_64_PGTABLE_H */
