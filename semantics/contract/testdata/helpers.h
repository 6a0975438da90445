/* Helpers of a machine that has everything, in the kernel's shape: what its levels
   share. level.h has those of one level. */
#define SOFT_DIRTY	0x200UL
#define UFFD_WP		0x400UL
#define SPECIAL		0x800UL
#define PROTNONE	0x100UL
#define SAVED_WRITE	(1UL << 57)
#define DEVMAP		(1UL << 58)
#define EXCLUSIVE	0x8UL
#define SWP_SOFT_DIRTY	0x2UL
#define SWP_UFFD_WP	0x4UL
#define MAX_PHYSMEM_BITS	46
#define MAX_SWAPFILES	32
#define SWP_MIGRATION_READ	30
#define SWP_MIGRATION_WRITE	31
#define PUD_SIZE	(1UL << PUD_SHIFT)
#define GFP_KERNEL	0xcc0

/* A huge page is there while it is split, too. */
#define PRESENT_pte	(_PAGE_PRESENT | PROTNONE)
#define PRESENT_pmd	(PRESENT_pte | _PAGE_PSE)
#define PRESENT_pud	PRESENT_pmd

typedef struct { unsigned long pgprot; } pgprot_t;
typedef struct { unsigned long val; } swp_entry_t;
#define __pgprot(x)	((pgprot_t) { (x) })
#define pgprot_val(x)	((x).pgprot)
#define virt_to_page(x)	(vmemmap + (__pa(x) >> PAGE_SHIFT))
#define page_to_pfn(p)	((unsigned long)((p) - vmemmap))

static inline pgprot_t vm_get_page_prot(unsigned long flags)
{
	if (!(flags & 7))
		return __pgprot(PROTNONE | _PAGE_ACCESSED);
	return __pgprot(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED | ((flags & 10) == 10 ? _PAGE_RW : 0));
}

extern struct mm_struct init_mm;
unsigned long get_zeroed_page(unsigned int gfp);
void *memset(void *at, int byte, unsigned long size);

static inline swp_entry_t swp_entry(unsigned long type, unsigned long offset)
{
	return (swp_entry_t) { (type << 58) | (offset & ((1UL << 50) - 1)) };
}
static inline unsigned long swp_type(swp_entry_t entry)   { return entry.val >> 58; }
static inline unsigned long swp_offset(swp_entry_t entry) { return entry.val & ((1UL << 50) - 1); }

/* The levels that the machine in miniature has helpers for already. */
#define pmd_none	own_pmd_none
#define pmd_same	own_pmd_same
#define pmd_bad		own_pmd_bad
#define pmd_clear	own_pmd_clear
#define pmd_trans_huge	own_pmd_trans_huge
#define pud_populate	own_pud_populate
#define pte_present	own_pte_present
#define pte_mkyoung	own_pte_mkyoung
