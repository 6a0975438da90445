// Package contract holds the rules about what a helper must mean.
//
// # contract/constant
//
// A helper that has to look at its argument does not.
//
// Generic code asks questions of entries: are these two the same, is this one
// present, was it written to; and it makes entries of others. A helper that has
// one answer for all entries, or gives back what it was to change, silences a
// crash, or an unused warning, and lies to every caller. In July 2023 the first
// repair offered for hash__pmd_same() of
// arch/powerpc/include/asm/book3s/64/hash-4k.h, a BUG() in linux 6.1, was
// "return 1". With it __pte_offset_map_lock() of mm/pgtable-generic.c would take
// a page table that had been removed while it waited for the lock for one that
// is still there, and write into freed memory.
//
// The rule reads the new definition: a *_same() helper with two entries as
// parameters whose body is one constant, and looks at neither. That needs no
// tree. Without one, the same is said of any helper that no architecture can do
// without and that looked at its argument before.
//
// In a tree it runs the changed helpers that a law is about (see contract/law),
// in each class and on each machine that has what the law needs, before the
// patch and after, with entries of any bits. One that gives one value, gives back
// what it is given where laws say that it makes another entry, or traps, for all
// of them, is a finding if before it told entries apart that the architecture's
// own helpers make; or, where it trapped before or is new, if a law is broken by
// its answer and the helper of other architectures looks. What was so before is
// no finding. A trap is a note where generic code uses the helper: who meets it
// is what trap/arch-helper says.
//
// Constants that are right are left alone: pmd_trans_huge() without
// CONFIG_TRANSPARENT_HUGEPAGE, pte_special() without
// CONFIG_ARCH_HAS_PTE_SPECIAL, levels that are folded, and with 4K pages and the
// hash MMU whatever is about huge pages, of which that machine has none.
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
// Blind spots: a helper that looks at too few bits is for contract/law to find;
// so is one whose own text the patch left alone, made constant by a mask that
// became 0. Helpers that no law is about, pte_user(), are not judged; nor are
// those that are given the address of an entry. A helper that trapped or was not
// there and breaks no law that could be asked is let pass.
//
// # contract/law
//
// A patch makes a helper break what generic code relies on.
//
// What helpers have to do is said in Documentation/mm/arch_pgtable_helpers.rst
// and tried, for single entries, by mm/debug_vm_pgtable.c: an entry made dirty
// is dirty, write protection keeps the page, entries that differ are not the
// same. The rule asks those laws of the kernel's own source for all entries at
// once, before and after the patch, on every class and machine where a law
// depends on what was changed. A law that held, and fails now for an entry that
// the architecture's own helpers make, is a finding; its counterexample was run
// again with the values that are shown. So is one that could not be asked
// before because the helper trapped, and that now gets a wrong answer.
//
// Bad: hash__pmd_same() of linux 6.1, a BUG(), made to answer,
//
//	static inline int hash__pmd_same(pmd_t pmd_a, pmd_t pmd_b)
//	{
//		return 1;
//	}
//
// Good: see contract/constant.
//
// Blind spots: laws that were broken before are not told again; a change to how
// entries are made is judged by the laws that say what such entries are; helpers
// that no unit of the patch can see are not asked. Helpers named for one machine,
// hash__pmd_same, are judged on that one.
//
// # contract/meaning
//
// The old and the new definition of a helper do not do the same.
//
// The rule runs both and compares them, on every class and machine that has the
// definition in force. What only computes is run for all inputs, and its value
// and traps count. What is given an mm, a vma or a pointer into a table is called
// in the emulated machine, with tables for one address; then everything it
// leaves behind counts: its value, what it writes to tables or to anything else
// that outlives it, and locks, flushes and instructions that the world notices,
// in their order and with what the tables hold by then. Arguments are any bits at
// first; if those make a difference, entries that the architecture's own helpers
// make.
//
// Either they are proved equal, which the list of helpers says, or there are
// values for which they differ, which were run again. That is a note: a patch may
// well mean it. A patch that says it converts, renames, refactors or cleans up is
// held to it with a warning, one that says it makes no functional change with an
// error.
//
// Bad, in a patch that says "no functional change":
//
//   - return pmd_val(pmd) & _PAGE_PRESENT;
//   - return pmd_val(pmd) != 0;
//
// Good: nothing to be found; the report says "proved equal for all values".
//
// Blind spots: where entries of any bits make a difference, a function with
// tables is called with one entry of each kind and one address only, "the same
// where pte maps a page; …". Entries that helpers make do not include those that
// one step made and another undid. What depends on memory that nobody described,
// or on functions whose effects were not seen, is not compared, and the list of
// helpers says why: in a header, or under a promise to change nothing, that
// counts as not run. Of two definitions that both trap nothing more is asked. One
// that trapped and returns now is no finding, but the list of helpers has it.
//
// # contract/empty
//
// Generic code newly relies on a helper that does nothing on some architecture.
//
// A flush of the TLB that is an empty macro leaves the old translation to other
// CPUs. Where an architecture flushes with the change of the entry, as s390, or
// has nothing to flush, that is right and relied on by generic code all over.
// Where it was left empty because nobody called it, the caller that a patch adds
// is the first to find out. The rule looks at the calls that a patch adds to
// generic code: of flush_tlb_*(), flush_pmd_tlb_range() and the like anywhere,
// and in mm/ of whatever the headers of architectures define, as
// update_page_count() of x86 in linux 6.1, arch/x86/include/asm/pgtable_types.h,
// which is empty without CONFIG_PROC_FS. If no generic code called it before, in
// every class with an MMU where it is empty while other architectures have
// something to do in it, that is a note that names them.
//
// Bad, where the architecture's flush_tlb_pgtables() is an empty macro and no
// generic code used it:
//
//	pte_clear(mm, addr, pte);
//	flush_tlb_pgtables(mm, addr, addr + PAGE_SIZE);
//
// Good: flush_tlb_range(), which generic code uses; or define the other one.
//
// Blind spots: whether something is empty is seen as text; what comes to nothing
// through a call, or on one of several machines, is not seen. What is used
// before, update_mmu_cache() or arch_enter_lazy_mmu_mode(), is not judged again,
// right or wrong, in whatever new place: most hooks are empty somewhere by
// design, and no text says where that is wrong. A hook other than a flush that
// comes with the patch is taken to be empty on purpose.
//
// # contract/self-test
//
// The kernel's own test of page-table helpers meets a WARN or a BUG.
//
// mm/debug_vm_pgtable.c is run once at boot, if CONFIG_DEBUG_VM_PGTABLE is set,
// and calls every helper of every level with an entry of its own. In April 2020
// it came into the kernel calling pmd_same() wherever transparent huge pages are
// configured. On ppc64 with 4K pages they can be configured, and are there on
// machines with a radix MMU only: booted with the hash MMU, the first such call
// was a BUG() of hash-4k.h. has_transparent_hugepage(), asked first, is what
// keeps it from that since June 2020.
//
// When a patch changes that file, or an architecture's helpers that it uses, the
// rule boots a machine before and after the patch and runs the test as it
// stands: the kernel's own allocators of tables, walks and locks. It does so in
// each class that has the test, or can have it
// (CONFIG_ARCH_HAS_DEBUG_VM_PGTABLE), on each of its machines. What traps now
// and did not before is a finding; where the test ended in a BUG before, what
// shows behind it is a note.
//
// Bad:
//
//	static void __init pmd_basic_tests(struct pgtable_debug_args *args, int idx)
//	{
//		pmd_t pmd = pfn_pmd(args->fixed_pmd_pfn, protection_map[idx]);
//
//		WARN_ON(!pmd_same(pmd, pmd));
//
// Good:
//
//	if (!has_transparent_hugepage())
//		return;
//
// Blind spots: the test tries single entries, where contract/law asks for all;
// changes to code of generic mm that it calls are left to trap/arch-helper; an
// allocation that fails, and a machine with another amount of memory, are not
// tried.
package contract
