package pagetable

import (
	"slices"

	"ptreview/semantics/facts"
)

// readers are the functions that code of mm maps a page table with, and the
// files that may define them.
var (
	readers     = []string{"pte_offset_map", "__pte_offset_map", "___pte_offset_map"}
	readerFiles = []string{"mm/pgtable-generic.c", "include/linux/pgtable.h", "include/linux/mm.h"}
)

// removers are the calls that free a page table other CPUs may be reading,
// after a grace period, and the files that make them.
// Source: mm/khugepaged.c, retract_page_tables() and collapse_pte_mapped_thp(),
// v6.6; mm/pt_reclaim.c, free_pte(), v6.14.
var (
	removers     = []string{"pte_free_defer", "pte_free_tlb"}
	removerFiles = []string{"mm/khugepaged.c", "mm/pt_reclaim.c"}
)

// EraOf reads from a tree under which locks it takes page tables away. Where
// whoever maps a table is in no RCU read-side section, or nothing waits for one
// before it frees a table, mmap_lock has to keep tables where they are.
func EraOf(s *facts.Store) Era {
	if !uses(s, readerFiles, readers, "rcu_read_lock") {
		return eraMmapLock
	}
	era := eraMmapLock
	for _, file := range removerFiles {
		if !slices.ContainsFunc(removers, func(name string) bool { return uses(s, []string{file}, nil, name) }) {
			continue
		}
		if !uses(s, []string{file}, nil, "pmd_lock") && !uses(s, []string{file}, nil, "pmd_lockptr") {
			return eraPtLock
		}
		era = eraPmdLock
	}
	return era
}

// uses reports whether a function of files uses a word: one of names, or any
// where there are none.
func uses(s *facts.Store, files, names []string, word string) bool {
	for _, file := range files {
		if !s.Mentions(file, word) {
			continue
		}
		for _, d := range s.Definitions(file) {
			if d.Function && (names == nil || slices.Contains(names, d.Name)) && facts.ContainsWord(d.Text, word) {
				return true
			}
		}
	}
	return false
}
