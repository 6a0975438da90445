/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _ASM_X86_PGTABLE_H
#define _ASM_X86_PGTABLE_H

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

#define vmemmap		((struct page *)0xffffea0000000000UL)

#define _PAGE_PRESENT	0x001UL
#define _PAGE_RW	0x002UL
#define _PAGE_USER	0x004UL
#define _PAGE_ACCESSED	0x020UL
#define _PAGE_DIRTY	0x040UL
#define _PAGE_PSE	0x080UL
#define _PAGE_TABLE	(_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY)
#define PTE_PFN_MASK	0x000ffffffffff000UL

#define entry_table(table)	(__pa(table) | _PAGE_TABLE)
#define entry_phys(val)		((val) & PTE_PFN_MASK)

static inline int pmd_bad(pmd_t pmd)
{
	unsigned long ignored = _PAGE_USER | _PAGE_ACCESSED;

	return (pmd_val(pmd) & ~PTE_PFN_MASK & ~ignored) != (_PAGE_TABLE & ~ignored);
}

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
static inline int pmd_trans_huge(pmd_t pmd)
{
	return !!(pmd_val(pmd) & _PAGE_PSE);
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

#endif /* _ASM_X86_PGTABLE_H */
