/* A machine whose upper levels are folded into the pmd. */
#define __PAGETABLE_PUD_FOLDED	1
#define __PAGETABLE_PMD_FOLDED	1
#define pmd_offset	folded_pmd_offset
static inline int p4d_none(p4d_t p4d)		{ return 0; }
static inline int p4d_bad(p4d_t p4d)		{ return 0; }
static inline int p4d_present(p4d_t p4d)	{ return 1; }
static inline int pud_none(pud_t pud)		{ return 0; }
static inline int pud_bad(pud_t pud)		{ return 0; }
static inline int pud_present(pud_t pud)	{ return 1; }
static inline pmd_t *pmd_offset(pud_t *pud, unsigned long addr) { return (pmd_t *)pud; }
