// Package contract holds the rules about what a helper must mean.
//
// # contract/constant
//
// A helper that has to look at its arguments answers a constant.
//
// Generic code asks questions of entries: are these two the same, is this one
// present. A helper named *_same that gives one answer for all entries silences
// a crash, or an unused warning, and lies to every caller. In July 2023 the
// first repair offered for hash__pmd_same() was "return 1". With it
// __pte_offset_map_lock() of mm/pgtable-generic.c would take a page table that
// had been removed while it waited for the lock for one that is still there,
// and write into freed memory.
//
// The rule reads the new definition: a *_same() helper with two entries as
// parameters whose body is one constant, and looks at neither. It needs no
// tree.
//
// Bad:
//
//	static inline int hash__pmd_same(pmd_t pmd_a, pmd_t pmd_b)
//	{
//		return 1;
//	}
//
// Good: compare what software and the MMU rely on, and leave out only the bits
// the architecture keeps for itself,
//
//	return !((pmd_raw(pmd_a) ^ pmd_raw(pmd_b)) & ~cpu_to_be64(_PAGE_HPTEFLAGS));
//
// Blind spots: a comparison that looks at too few bits is not seen here.
package contract
