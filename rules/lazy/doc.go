// Package lazy holds the rules about lazy MMU mode, in which an architecture may
// put off what follows from changed entries until the mode is left.
//
// # lazy/nested
//
// Lazy MMU mode is entered in lazy MMU mode where the architecture cannot nest.
//
// arch_enter_lazy_mmu_mode() of powerpc with the hash MMU and of sparc64 sets a
// flag of the processor's batch and turns preemption off;
// arch_leave_lazy_mmu_mode() flushes the batch, clears the flag and turns
// preemption on. There is one flag, so that leaving an inner mode ends the outer
// one: what the outer section changes after that is flushed entry by entry, with
// preemption on. v6.7 took such a pair out of powerpc's set_ptes()
// (arch/powerpc/mm/pgtable.c), which remap_pte_range() and others call in the
// mode. Where nothing is kept, or entries are counted, nesting is harmless; which
// it is is read from the two definitions that a class compiles.
//
// The rule follows a changed function along its paths, and looks into the
// functions that it calls. When an architecture's function begins to enter the
// mode, the generic functions that call it in the mode are looked for. Reported as
// well is a function that leaves the mode on some of its paths only.
//
// Bad:
//
//	arch_enter_lazy_mmu_mode();
//	do {
//		set_ptes(mm, addr, pte, entry, 1);	/* enters and leaves it, too */
//	} while (pte++, addr += PAGE_SIZE, addr != end);
//	arch_leave_lazy_mmu_mode();
//
// Good:
//
//	void set_ptes(struct mm_struct *mm, unsigned long addr, pte_t *ptep,
//		      pte_t pte, unsigned int nr)
//	{
//		/* the caller is in lazy MMU mode if it has more to do */
//		for (;;) {
//
// Blind spots: functions called through pointers, and those of other files that
// have no pointer to entries or lock among their parameters; paravirtual
// operations (x86 with Xen) do not tell whether they nest.
package lazy
