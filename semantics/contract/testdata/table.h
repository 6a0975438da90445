/* Helpers of page tables, and of levels above them. */
static inline int pte_huge(pte_t pte)	{ return !!(pte_val(pte) & _PAGE_PSE); }
static inline pte_t ptep_get(pte_t *ptep)	{ return *ptep; }
static inline void set_pte_at(struct mm_struct *mm, unsigned long addr, pte_t *ptep, pte_t pte) { *ptep = pte; }
static inline void pte_clear(struct mm_struct *mm, unsigned long addr, pte_t *ptep) { *ptep = __pte(0); }
static inline pte_t ptep_get_and_clear(struct mm_struct *mm, unsigned long addr, pte_t *ptep)
{
	pte_t pte = *ptep;

	pte_clear(mm, addr, ptep);
	return pte;
}
static inline void ptep_set_wrprotect(struct mm_struct *mm, unsigned long addr, pte_t *ptep)
{
	*ptep = pte_wrprotect(*ptep);
}

static inline int pmd_leaf(pmd_t pmd)		{ return !!(pmd_val(pmd) & _PAGE_PSE); }
static inline int pmd_trans_huge(pmd_t pmd)	{ return !!(pmd_val(pmd) & _PAGE_PSE); }
static inline int pmd_bad(pmd_t pmd)		{ return (pmd_val(pmd) & ~PTE_PFN_MASK) != _PAGE_TABLE; }
static inline void pmd_clear(pmd_t *pmdp)	{ *pmdp = __pmd(0); }
static inline pmd_t pmd_mkinvalid(pmd_t pmd)	{ return __pmd(pmd_val(pmd) & ~(_PAGE_PRESENT | PROTNONE)); }
static inline void pmd_populate_kernel(struct mm_struct *mm, pmd_t *pmd, pte_t *table) { *pmd = __pmd(entry_table(table)); }

static inline int pud_leaf(pud_t pud)		{ return !!(pud_val(pud) & _PAGE_PSE); }
static inline int pud_trans_huge(pud_t pud)	{ return !!(pud_val(pud) & _PAGE_PSE); }
static inline int pud_bad(pud_t pud)		{ return (pud_val(pud) & ~PTE_PFN_MASK) != _PAGE_TABLE; }
static inline void pud_clear(pud_t *pudp)	{ *pudp = __pud(0); }
static inline pud_t pud_mkinvalid(pud_t pud)	{ return __pud(pud_val(pud) & ~(_PAGE_PRESENT | PROTNONE)); }
static inline void pud_populate(struct mm_struct *mm, pud_t *pud, pmd_t *table) { *pud = __pud(entry_table(table)); }
