package arch

import "strings"

// Entry is how the entries of one level of page table are written, as C of the
// classes of an architecture. It stands in where a unit does not see the
// kernel's own functions for it (pmd_populate of asm/pgalloc.h, pmd_mkhuge); a
// constant that a version does not know makes an expression of no use there.
type Entry struct {
	When  Cond
	Level string // "pgd", "p4d", "pud", "pmd" or "pte"
	// Table is the entry that points to the next table, whose address in the
	// linear map is TABLE, an unsigned long.
	Table string
	// Empty is the number in each entry of a new table; "" means 0.
	Empty string
	// Leaf is an entry that maps physical address PHYS and is present.
	Leaf string
	// Source cites where the kernel writes such entries.
	Source string
}

// EntriesOf returns the entries of one level that hold in a configuration.
func (a *Arch) EntriesOf(level string, value func(symbol string) string) []Entry {
	var list []Entry
	for _, e := range a.Entries {
		if e.Level == level && e.When.Holds(value) {
			list = append(list, e)
		}
	}
	return list
}

// tables makes the entries of several levels that point to tables alike. In
// the expression __LEVEL stands for __pgd and the like.
func tables(when Cond, source, table string, levels ...string) []Entry {
	list := make([]Entry, len(levels))
	for i, level := range levels {
		list[i] = Entry{When: when, Level: level, Table: strings.ReplaceAll(table, "__LEVEL", "__"+level), Source: source}
	}
	return list
}

func x86Entries() []Entry {
	const source = "arch/x86/include/asm/pgalloc.h, pmd_populate and its neighbours, v6.1"
	return append(
		tables("", source, "__LEVEL(_PAGE_TABLE | __pa(TABLE))", "pgd", "p4d", "pud", "pmd"),
		Entry{Level: "pmd", Leaf: "__pmd(PHYS | _PAGE_PRESENT | _PAGE_RW | _PAGE_PSE)", Source: source},
		Entry{Level: "pte", Leaf: "__pte(PHYS | _PAGE_PRESENT | _PAGE_RW)", Source: source},
	)
}

func arm64Entries() []Entry {
	const source = "arch/arm64/include/asm/pgalloc.h, pmd_populate and its neighbours, v6.1 and v6.12"
	return []Entry{
		{Level: "pgd", Table: "__pgd(__phys_to_pgd_val(__pa(TABLE)) | PGD_TYPE_TABLE)", Source: source},
		{Level: "p4d", Table: "__p4d(__phys_to_p4d_val(__pa(TABLE)) | P4D_TYPE_TABLE)", Source: source},
		{Level: "pud", Table: "__pud(__phys_to_pud_val(__pa(TABLE)) | PUD_TYPE_TABLE)", Source: source},
		{Level: "pmd", Table: "__pmd(__phys_to_pmd_val(__pa(TABLE)) | PMD_TYPE_TABLE)", Source: source},
		{Level: "pmd", Leaf: "__pmd(PHYS | _PAGE_PRESENT)", Source: source},
		{Level: "pte", Leaf: "__pte(PHYS | _PAGE_PRESENT)", Source: source},
	}
}

func riscvEntries() []Entry {
	const source = "arch/riscv/include/asm/pgalloc.h, pmd_populate and its neighbours, v6.1"
	return append(
		tables("", source, "__LEVEL((__pa(TABLE) >> PAGE_SHIFT << _PAGE_PFN_SHIFT) | _PAGE_TABLE)", "pgd", "p4d", "pud", "pmd"),
		Entry{Level: "pmd", Leaf: "__pmd((PHYS >> PAGE_SHIFT << _PAGE_PFN_SHIFT) | _PAGE_PRESENT | _PAGE_LEAF)", Source: source},
		Entry{Level: "pte", Leaf: "__pte((PHYS >> PAGE_SHIFT << _PAGE_PFN_SHIFT) | _PAGE_PRESENT | _PAGE_LEAF)", Source: source},
	)
}

func s390Entries() []Entry {
	const source = "arch/s390/include/asm/pgalloc.h, crst_table_init and pmd_populate, v6.1"
	return []Entry{
		// The top table of a new mm is one of region thirds.
		{Level: "pgd", Table: "__pgd(_REGION1_ENTRY | __pa(TABLE))", Empty: "_REGION3_ENTRY_EMPTY", Source: source},
		{Level: "p4d", Table: "__p4d(_REGION2_ENTRY | __pa(TABLE))", Empty: "_REGION2_ENTRY_EMPTY", Source: source},
		{Level: "pud", Table: "__pud(_REGION3_ENTRY | __pa(TABLE))", Empty: "_REGION3_ENTRY_EMPTY", Source: source},
		{Level: "pmd", Table: "__pmd(_SEGMENT_ENTRY | __pa(TABLE))", Empty: "_SEGMENT_ENTRY_EMPTY", Source: source},
		{Level: "pte", Empty: "_PAGE_INVALID", Source: source},
	}
}

func powerpcEntries() []Entry {
	const (
		book3s64 = "arch/powerpc/include/asm/book3s/64/pgalloc.h, pmd_populate and its neighbours, v6.1"
		nohash64 = "arch/powerpc/include/asm/nohash/64/pgalloc.h, pmd_populate and its neighbours, v6.1"
		ppc32    = "arch/powerpc/include/asm/nohash/32/pgalloc.h and book3s/32/pgalloc.h, pmd_populate, v6.1"
	)
	leaf := []Entry{
		{Level: "pmd", Leaf: "__pmd(PHYS | _PAGE_PRESENT | _PAGE_PTE | H_PAGE_THP_HUGE)", Source: book3s64},
		{Level: "pmd", Leaf: "__pmd(PHYS | _PAGE_PRESENT | _PAGE_PTE)", Source: book3s64},
		{Level: "pte", Leaf: "__pte(PHYS | _PAGE_PRESENT | _PAGE_PTE)", Source: book3s64},
		{Level: "pte", Leaf: "__pte(PHYS | _PAGE_PRESENT)", Source: nohash64},
	}
	return append([]Entry{
		{When: "PPC_BOOK3S_64", Level: "p4d", Table: "__p4d(__pgtable_ptr_val(TABLE) | PGD_VAL_BITS)", Source: book3s64},
		{When: "PPC_BOOK3S_64", Level: "pud", Table: "__pud(__pgtable_ptr_val(TABLE) | PUD_VAL_BITS)", Source: book3s64},
		{When: "PPC_BOOK3S_64", Level: "pmd", Table: "__pmd(__pgtable_ptr_val(TABLE) | PMD_VAL_BITS)", Source: book3s64},
		{When: "PPC64 && !PPC_BOOK3S_64", Level: "p4d", Table: "__p4d(TABLE)", Source: nohash64},
		{When: "PPC64 && !PPC_BOOK3S_64", Level: "pud", Table: "__pud(TABLE)", Source: nohash64},
		{When: "PPC64 && !PPC_BOOK3S_64", Level: "pmd", Table: "__pmd(TABLE)", Source: nohash64},
		// A physical address, or on booke and 40x a virtual one: only the right
		// one leads anywhere.
		{When: "PPC32", Level: "pmd", Table: "__pmd(__pa(TABLE) | _PMD_PRESENT)", Source: ppc32},
		{When: "PPC32", Level: "pmd", Table: "__pmd(TABLE | _PMD_PRESENT)", Source: ppc32},
	}, leaf...)
}
