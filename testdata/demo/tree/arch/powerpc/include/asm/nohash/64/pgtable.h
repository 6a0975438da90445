/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _ASM_POWERPC_NOHASH_64_PGTABLE_H
#define _ASM_POWERPC_NOHASH_64_PGTABLE_H

#include <asm-generic/pgtable-nop4d.h>

#define PTE_INDEX_SIZE	9
#define PMD_INDEX_SIZE	9
#define PUD_INDEX_SIZE	9
#define PGD_INDEX_SIZE	9
#define PTRS_PER_PTE	(1 << PTE_INDEX_SIZE)
#define PTRS_PER_PMD	(1 << PMD_INDEX_SIZE)
#define PTRS_PER_PUD	(1 << PUD_INDEX_SIZE)
#define PTRS_PER_PGD	(1 << PGD_INDEX_SIZE)
#define PMD_SHIFT	(PAGE_SHIFT + PTE_INDEX_SIZE)
#define PUD_SHIFT	(PMD_SHIFT + PMD_INDEX_SIZE)
#define PGDIR_SHIFT	(PUD_SHIFT + PUD_INDEX_SIZE)
#define PMD_SIZE	(1UL << PMD_SHIFT)

#define _PAGE_PRESENT	0x001UL
#define _PAGE_ACCESSED	0x008UL
#define TABLE_MASK	(~0xfffUL)

#define vmemmap		((struct page *)0xc00c000000000000UL)

static inline int pte_present(pte_t pte)	{ return !!(pte_val(pte) & _PAGE_PRESENT); }
static inline pte_t pte_mkyoung(pte_t pte)	{ return __pte(pte_val(pte) | _PAGE_ACCESSED); }
static inline void set_pte(pte_t *ptep, pte_t pte)	{ *ptep = pte; }

static inline int pmd_none(pmd_t pmd)		{ return !pmd_val(pmd); }
static inline int pmd_bad(pmd_t pmd)		{ return !(pmd_val(pmd) & PAGE_OFFSET); }
static inline void pmd_clear(pmd_t *pmdp)	{ *pmdp = __pmd(0); }
static inline void pmd_populate(pmd_t *pmd, pte_t *pte)	{ *pmd = __pmd((unsigned long)pte); }
static inline void pud_populate(pud_t *pud, pmd_t *pmd)	{ *pud = __pud((unsigned long)pmd); }
static inline void p4d_populate(p4d_t *p4d, pud_t *pud)	{ *p4d = __p4d((unsigned long)pud); }

#define pmd_page_vaddr(pmd)	(pmd_val(pmd) & TABLE_MASK)
#define pud_pgtable(pud)	((pmd_t *)(pud_val(pud) & TABLE_MASK))
#define p4d_pgtable(p4d)	((pud_t *)(p4d_val(p4d) & TABLE_MASK))
#define pmd_page(pmd)		(vmemmap + (__pa(pmd_page_vaddr(pmd)) >> PAGE_SHIFT))

#endif /* _ASM_POWERPC_NOHASH_64_PGTABLE_H */
