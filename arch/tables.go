package arch

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

// levels are the levels of page tables by their words, top first.
func levels() []string { return []string{"pgd", "p4d", "pud", "pmd", "pte"} }

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
