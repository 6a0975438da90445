/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _ASM_RISCV_PGTABLE_H
#define _ASM_RISCV_PGTABLE_H

#include <asm/page.h>
#include <asm-generic/pgtable-nop4d.h>

#define PTRS_PER_PTE	512
#define PTRS_PER_PMD	512
#define PTRS_PER_PUD	512
#define PTRS_PER_PGD	512
#define PMD_SHIFT	21
#define PUD_SHIFT	30
#define PGDIR_SHIFT	39
#define PMD_SIZE	(1UL << PMD_SHIFT)

#define vmemmap		((struct page *)0xff1c000000000000UL)

#define _PAGE_PRESENT	0x001UL
#define _PAGE_LEAF	0x00eUL
#define _PAGE_ACCESSED	0x040UL
#define _PAGE_PFN_SHIFT	10

#define entry_table(table)	((__pa(table) >> PAGE_SHIFT << _PAGE_PFN_SHIFT) | _PAGE_PRESENT)
#define entry_phys(val)		((val) >> _PAGE_PFN_SHIFT << PAGE_SHIFT)

static inline int pmd_bad(pmd_t pmd)
{
	return !(pmd_val(pmd) & _PAGE_PRESENT) || (pmd_val(pmd) & _PAGE_LEAF);
}

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
static inline int pmd_trans_huge(pmd_t pmd)
{
	return !!(pmd_val(pmd) & _PAGE_LEAF);
}
#endif

static inline int pte_present(pte_t pte)	{ return !!(pte_val(pte) & _PAGE_PRESENT); }
static inline pte_t pte_mkyoung(pte_t pte)	{ return __pte(pte_val(pte) | _PAGE_ACCESSED); }
static inline void set_pte(pte_t *ptep, pte_t pte)	{ *ptep = pte; }

static inline int pmd_none(pmd_t pmd)		{ return !pmd_val(pmd); }
static inline void pmd_clear(pmd_t *pmdp)	{ *pmdp = __pmd(0); }

static inline void pmd_populate(pmd_t *pmd, pte_t *pte)	{ *pmd = __pmd(entry_table(pte)); }
static inline void pud_populate(pud_t *pud, pmd_t *pmd)	{ *pud = __pud(entry_table(pmd)); }
static inline void p4d_populate(p4d_t *p4d, pud_t *pud)	{ *p4d = __p4d(entry_table(pud)); }

#define pmd_page_vaddr(pmd)	((unsigned long)__va(entry_phys(pmd_val(pmd))))
#define pud_pgtable(pud)	((pmd_t *)__va(entry_phys(pud_val(pud))))
#define p4d_pgtable(p4d)	((pud_t *)__va(entry_phys(p4d_val(p4d))))
#define pmd_page(pmd)		(vmemmap + (entry_phys(pmd_val(pmd)) >> PAGE_SHIFT))

#endif /* _ASM_RISCV_PGTABLE_H */
