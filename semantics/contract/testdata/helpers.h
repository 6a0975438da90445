/* Helpers of a machine that has everything, in the kernel's shape. */
#define SOFT_DIRTY	0x200UL
#define UFFD_WP		0x400UL
#define SPECIAL		0x800UL
#define PROTNONE	0x100UL
#define DEVMAP		(1UL << 58)
#define EXCLUSIVE	0x8UL
#define SWP_SOFT_DIRTY	0x2UL
#define SWP_UFFD_WP	0x4UL
#define MAX_PHYSMEM_BITS	46
#define MAX_SWAPFILES	32

typedef struct { unsigned long pgprot; } pgprot_t;
typedef struct { unsigned long val; } swp_entry_t;
#define __pgprot(x)	((pgprot_t) { (x) })
#define pgprot_val(x)	((x).pgprot)

static inline pgprot_t vm_get_page_prot(unsigned long flags)
{
	if (!(flags & 7))
		return __pgprot(PROTNONE | _PAGE_ACCESSED);
	return __pgprot(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED | ((flags & 10) == 10 ? _PAGE_RW : 0));
}

extern struct mm_struct init_mm;

static inline int pte_valid(pte_t pte)		{ return !!(pte_val(pte) & (_PAGE_PRESENT | PROTNONE)); }
#define pte_present pte_valid
static inline int pte_none(pte_t pte)		{ return !pte_val(pte); }
static inline int pte_same(pte_t a, pte_t b)	{ return pte_val(a) == pte_val(b); }
static inline unsigned long pte_pfn(pte_t pte)	{ return (pte_val(pte) & PTE_PFN_MASK) >> PAGE_SHIFT; }
static inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot) { return __pte((pfn << PAGE_SHIFT) | pgprot_val(prot)); }
static inline int pte_dirty(pte_t pte)		{ return !!(pte_val(pte) & _PAGE_DIRTY); }
static inline int pte_young(pte_t pte)		{ return !!(pte_val(pte) & _PAGE_ACCESSED); }
static inline int pte_write(pte_t pte)		{ return !!(pte_val(pte) & _PAGE_RW); }
static inline int pte_special(pte_t pte)	{ return !!(pte_val(pte) & SPECIAL); }
static inline int pte_soft_dirty(pte_t pte)	{ return !!(pte_val(pte) & SOFT_DIRTY); }
static inline int pte_uffd_wp(pte_t pte)	{ return !!(pte_val(pte) & UFFD_WP); }
static inline int pte_devmap(pte_t pte)		{ return !!(pte_val(pte) & DEVMAP); }
static inline int pte_huge(pte_t pte)		{ return !!(pte_val(pte) & _PAGE_PSE); }
static inline int pte_protnone(pte_t pte)	{ return (pte_val(pte) & (_PAGE_PRESENT | PROTNONE)) == PROTNONE; }

static inline pte_t pte_mkdirty(pte_t pte)	{ return __pte(pte_val(pte) | _PAGE_DIRTY | SOFT_DIRTY); }
static inline pte_t pte_mkclean(pte_t pte)	{ return __pte(pte_val(pte) & ~_PAGE_DIRTY); }
static inline pte_t pte_mkold(pte_t pte)	{ return __pte(pte_val(pte) & ~_PAGE_ACCESSED); }
static inline pte_t pte_mkyoung(pte_t pte)	{ return __pte(pte_val(pte) | _PAGE_ACCESSED); }
static inline pte_t pte_mkwrite(pte_t pte)	{ return __pte(pte_val(pte) | _PAGE_RW); }
static inline pte_t pte_wrprotect(pte_t pte)	{ return __pte(pte_val(pte) & ~_PAGE_RW); }
static inline pte_t pte_mkspecial(pte_t pte)	{ return __pte(pte_val(pte) | SPECIAL); }
static inline pte_t pte_mksoft_dirty(pte_t pte)	{ return __pte(pte_val(pte) | SOFT_DIRTY); }
static inline pte_t pte_clear_soft_dirty(pte_t pte) { return __pte(pte_val(pte) & ~SOFT_DIRTY); }
static inline pte_t pte_mkuffd_wp(pte_t pte)	{ return __pte(pte_val(pte) | UFFD_WP); }
static inline pte_t pte_clear_uffd_wp(pte_t pte) { return __pte(pte_val(pte) & ~UFFD_WP); }
static inline pte_t pte_mkdevmap(pte_t pte)	{ return __pte(pte_val(pte) | DEVMAP); }
static inline pte_t pte_mkhuge(pte_t pte)	{ return __pte(pte_val(pte) | _PAGE_PSE); }
static inline pte_t pte_modify(pte_t pte, pgprot_t prot)
{
	unsigned long keep = PTE_PFN_MASK | _PAGE_DIRTY | _PAGE_ACCESSED | SPECIAL | SOFT_DIRTY | UFFD_WP | DEVMAP | _PAGE_PSE;

	return __pte((pte_val(pte) & keep) | (pgprot_val(prot) & ~keep));
}
static inline void pte_clear(void *mm, unsigned long addr, pte_t *ptep) { *ptep = __pte(0); }

static inline swp_entry_t swp_entry(unsigned long type, unsigned long offset)
{
	return (swp_entry_t) { (type << 58) | (offset & ((1UL << 50) - 1)) };
}
static inline unsigned long swp_type(swp_entry_t entry)   { return entry.val >> 58; }
static inline unsigned long swp_offset(swp_entry_t entry) { return entry.val & ((1UL << 50) - 1); }
/* The type stands in bits 59 to 63, the offset from bit 9 on. */
static inline pte_t swp_entry_to_pte(swp_entry_t entry)   { return __pte(swp_type(entry) << 59 | swp_offset(entry) << 9); }
static inline swp_entry_t pte_to_swp_entry(pte_t pte)     { return swp_entry(pte_val(pte) >> 59, pte_val(pte) << 5 >> 14); }
static inline int is_swap_pte(pte_t pte)		  { return !pte_none(pte) && !pte_valid(pte); }
static inline int pte_swp_exclusive(pte_t pte)		  { return !!(pte_val(pte) & EXCLUSIVE); }
static inline pte_t pte_swp_mkexclusive(pte_t pte)	  { return __pte(pte_val(pte) | EXCLUSIVE); }
static inline pte_t pte_swp_clear_exclusive(pte_t pte)	  { return __pte(pte_val(pte) & ~EXCLUSIVE); }
static inline int pte_swp_soft_dirty(pte_t pte)		  { return !!(pte_val(pte) & SWP_SOFT_DIRTY); }
static inline pte_t pte_swp_mksoft_dirty(pte_t pte)	  { return __pte(pte_val(pte) | SWP_SOFT_DIRTY); }
static inline pte_t pte_swp_clear_soft_dirty(pte_t pte)	  { return __pte(pte_val(pte) & ~SWP_SOFT_DIRTY); }
static inline int pte_swp_uffd_wp(pte_t pte)		  { return !!(pte_val(pte) & SWP_UFFD_WP); }
static inline pte_t pte_swp_mkuffd_wp(pte_t pte)	  { return __pte(pte_val(pte) | SWP_UFFD_WP); }
static inline pte_t pte_swp_clear_uffd_wp(pte_t pte)	  { return __pte(pte_val(pte) & ~SWP_UFFD_WP); }
