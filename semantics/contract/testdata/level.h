/* Helpers of one level: LEVEL is pte, pmd or pud. */
static inline int LEVEL_present(LEVEL_t e)	{ return !!(LEVEL_val(e) & PRESENT_LEVEL); }
static inline int LEVEL_none(LEVEL_t e)		{ return !LEVEL_val(e); }
static inline int LEVEL_same(LEVEL_t a, LEVEL_t b) { return LEVEL_val(a) == LEVEL_val(b); }
static inline unsigned long LEVEL_pfn(LEVEL_t e)	{ return (LEVEL_val(e) & PTE_PFN_MASK) >> PAGE_SHIFT; }
static inline LEVEL_t pfn_LEVEL(unsigned long pfn, pgprot_t prot) { return __LEVEL((pfn << PAGE_SHIFT) | pgprot_val(prot)); }
static inline int LEVEL_dirty(LEVEL_t e)	{ return !!(LEVEL_val(e) & _PAGE_DIRTY); }
static inline int LEVEL_young(LEVEL_t e)	{ return !!(LEVEL_val(e) & _PAGE_ACCESSED); }
static inline int LEVEL_write(LEVEL_t e)	{ return !!(LEVEL_val(e) & _PAGE_RW); }
static inline int LEVEL_special(LEVEL_t e)	{ return !!(LEVEL_val(e) & SPECIAL); }
static inline int LEVEL_soft_dirty(LEVEL_t e)	{ return !!(LEVEL_val(e) & SOFT_DIRTY); }
static inline int LEVEL_uffd_wp(LEVEL_t e)	{ return !!(LEVEL_val(e) & UFFD_WP); }
static inline int LEVEL_devmap(LEVEL_t e)	{ return !!(LEVEL_val(e) & DEVMAP); }
static inline int LEVEL_protnone(LEVEL_t e)	{ return (LEVEL_val(e) & (_PAGE_PRESENT | PROTNONE)) == PROTNONE; }
static inline int LEVEL_savedwrite(LEVEL_t e)	{ return !!(LEVEL_val(e) & SAVED_WRITE); }

static inline LEVEL_t LEVEL_mkdirty(LEVEL_t e)	{ return __LEVEL(LEVEL_val(e) | _PAGE_DIRTY | SOFT_DIRTY); }
static inline LEVEL_t LEVEL_mkclean(LEVEL_t e)	{ return __LEVEL(LEVEL_val(e) & ~_PAGE_DIRTY); }
static inline LEVEL_t LEVEL_mkold(LEVEL_t e)	{ return __LEVEL(LEVEL_val(e) & ~_PAGE_ACCESSED); }
static inline LEVEL_t LEVEL_mkyoung(LEVEL_t e)	{ return __LEVEL(LEVEL_val(e) | _PAGE_ACCESSED); }
static inline LEVEL_t LEVEL_mkwrite(LEVEL_t e)	{ return __LEVEL(LEVEL_val(e) | _PAGE_RW); }
static inline LEVEL_t LEVEL_wrprotect(LEVEL_t e) { return __LEVEL(LEVEL_val(e) & ~_PAGE_RW); }
static inline LEVEL_t LEVEL_mkspecial(LEVEL_t e) { return __LEVEL(LEVEL_val(e) | SPECIAL); }
static inline LEVEL_t LEVEL_mksoft_dirty(LEVEL_t e) { return __LEVEL(LEVEL_val(e) | SOFT_DIRTY); }
static inline LEVEL_t LEVEL_clear_soft_dirty(LEVEL_t e) { return __LEVEL(LEVEL_val(e) & ~SOFT_DIRTY); }
static inline LEVEL_t LEVEL_mkuffd_wp(LEVEL_t e) { return __LEVEL(LEVEL_val(e) | UFFD_WP); }
static inline LEVEL_t LEVEL_clear_uffd_wp(LEVEL_t e) { return __LEVEL(LEVEL_val(e) & ~UFFD_WP); }
static inline LEVEL_t LEVEL_mkdevmap(LEVEL_t e)	{ return __LEVEL(LEVEL_val(e) | DEVMAP); }
static inline LEVEL_t LEVEL_mkhuge(LEVEL_t e)	{ return __LEVEL(LEVEL_val(e) | _PAGE_PSE); }
static inline LEVEL_t LEVEL_mk_savedwrite(LEVEL_t e) { return __LEVEL(LEVEL_val(e) | SAVED_WRITE); }
static inline LEVEL_t LEVEL_clear_savedwrite(LEVEL_t e) { return __LEVEL(LEVEL_val(e) & ~SAVED_WRITE); }
static inline LEVEL_t LEVEL_modify(LEVEL_t e, pgprot_t prot)
{
	unsigned long keep = PTE_PFN_MASK | _PAGE_DIRTY | _PAGE_ACCESSED | SPECIAL | SOFT_DIRTY | UFFD_WP | DEVMAP | _PAGE_PSE;

	return __LEVEL((LEVEL_val(e) & keep) | (pgprot_val(prot) & ~keep));
}

/* The type stands in bits 59 to 63, the offset from bit 9 on. */
static inline LEVEL_t swp_entry_to_LEVEL(swp_entry_t entry) { return __LEVEL(swp_type(entry) << 59 | swp_offset(entry) << 9); }
static inline swp_entry_t LEVEL_to_swp_entry(LEVEL_t e)	{ return swp_entry(LEVEL_val(e) >> 59, LEVEL_val(e) << 5 >> 14); }
static inline int is_swap_LEVEL(LEVEL_t e)	{ return !LEVEL_none(e) && !LEVEL_present(e); }
static inline int LEVEL_swp_exclusive(LEVEL_t e) { return !!(LEVEL_val(e) & EXCLUSIVE); }
static inline LEVEL_t LEVEL_swp_mkexclusive(LEVEL_t e) { return __LEVEL(LEVEL_val(e) | EXCLUSIVE); }
static inline LEVEL_t LEVEL_swp_clear_exclusive(LEVEL_t e) { return __LEVEL(LEVEL_val(e) & ~EXCLUSIVE); }
static inline int LEVEL_swp_soft_dirty(LEVEL_t e) { return !!(LEVEL_val(e) & SWP_SOFT_DIRTY); }
static inline LEVEL_t LEVEL_swp_mksoft_dirty(LEVEL_t e) { return __LEVEL(LEVEL_val(e) | SWP_SOFT_DIRTY); }
static inline LEVEL_t LEVEL_swp_clear_soft_dirty(LEVEL_t e) { return __LEVEL(LEVEL_val(e) & ~SWP_SOFT_DIRTY); }
static inline int LEVEL_swp_uffd_wp(LEVEL_t e)	{ return !!(LEVEL_val(e) & SWP_UFFD_WP); }
static inline LEVEL_t LEVEL_swp_mkuffd_wp(LEVEL_t e) { return __LEVEL(LEVEL_val(e) | SWP_UFFD_WP); }
static inline LEVEL_t LEVEL_swp_clear_uffd_wp(LEVEL_t e) { return __LEVEL(LEVEL_val(e) & ~SWP_UFFD_WP); }
