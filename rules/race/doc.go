// Package race holds the rules about what other CPUs do to page tables meanwhile.
//
// # race/page-table
//
// A patch lets a function lose a race for a page table.
//
// Whoever holds no lock that keeps a page table where it is has to look again
// once it holds one. Since linux 6.5 __pte_offset_map_lock() of
// mm/pgtable-generic.c reads the pmd, takes the lock of the table that it names
// and compares the pmd with what it read; since 6.6 khugepaged takes tables out of
// the tree without mmap_lock, so that this comparison is all there is. A
// pmd_same() that always says "same" costs nothing as long as mmap_lock is held,
// and hands out freed memory afterwards.
//
// The rule plays functions of mm/ that a patch changed, or that use a helper it
// changed, on the emulated machine, while an environment moves between their
// accesses to the pmd, to tables and to locks: the table is collapsed into a huge
// page, zapped, split, freed and used again, hardware notes an access. An era
// says under which locks the environment may do so: with mmap_lock held against
// it; under the locks of the pmd and of the table; under that of the table only.
// The era of the tree is read from its source. What ends in the use of a freed
// table, in an update of one that is no longer in the tree, in a lock of the
// wrong table, in the unlock of another lock, in a loop without progress or in a
// torn read is a finding if it does so since the patch, in all that was known,
// and again on a machine that nothing was run on before. It is an error in the era
// of the tree, and a warning in another one, which the tree may have tomorrow.
//
// Bad: a helper that says "same" to make a crash go away,
//
//	static inline int hash__pmd_same(pmd_t pmd_a, pmd_t pmd_b)
//	{
//		return 1;
//	}
//
// Good: see contract/constant.
//
// What was played, and what could not be, stands in the report of every review; a
// function that cannot be played is no reason to call the review incomplete.
//
// Blind spots: functions are played that take a pmd and locks of tables
// themselves and that other files can call; what a static function relies on is
// its caller's matter. A trap that comes of a move, NULL dereferenced where a
// helper may fail now, is listed and no finding of this rule. Changes to generic
// code are played in one class and where a pmd is read in two, not everywhere.
// Schedules have at most two moves. Accesses happen in the order of the program
// on every CPU.
package race
