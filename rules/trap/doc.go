// Package trap holds the rules about traps that a series makes reachable.
//
// # trap/arch-helper
//
// A page-table helper that traps on some architecture becomes reachable from
// generic code.
//
// Architectures define helpers they believe nobody can call as BUG(). Whether
// that belief holds is not decided where the helper stands: it depends on every
// caller in generic code, on the configuration, and on the machine that boots.
// In linux 6.5-rc1 mm/pgtable-generic.c began to call pmd_same() on every page
// table it locks. With 4K pages and the hash MMU of ppc64, pmd_same() was
// hash__pmd_same() of arch/powerpc/include/asm/book3s/64/hash-4k.h: a BUG().
// CONFIG_TRANSPARENT_HUGEPAGE=y did not mean that huge pages can be had there,
// only has_transparent_hugepage() knew, at run time. The machine died in its
// first exec.
//
// The rule follows every call that the series adds, in every class of
// configurations and on every machine, through inline functions and macros,
// leaving out branches that are constant there. A trap it comes to must fire
// when the kernel's own source is executed with inputs the entry can be given;
// an assertion that is merely in the way is no finding. What every caller in the
// tree has looked at before it calls the entry, and the locks that all of them
// hold, are taken for granted: a trap that no caller lets happen is listed as
// such, with what each caller has seen, and is no finding. Where one caller does
// not look, where its address is taken, or where not all callers can be read,
// nothing is assumed; the finding then names the caller. --no-assume makes the
// review without. The other direction, a helper that begins to trap, is
// trap/new-assert.
//
// Bad:
//
//   - if (has_transparent_hugepage() && pmd_same(a, *pmd))
//   - if (pmd_same(a, *pmd))
//
// Good: define the helper for what generic code needs it for,
//
//	static inline int hash__pmd_same(pmd_t a, pmd_t b)
//	{
//		return !((pmd_raw(a) ^ pmd_raw(b)) & ~cpu_to_be64(_PAGE_HPTEFLAGS));
//	}
//
// or keep the guard. Answering a constant is no repair, see
// contract/constant.
//
// Blind spots: calls through function pointers are not followed; inputs are the
// states an entry of a live table can have, not every value; a generic function
// of another file that the series does not change is not looked into, so that a
// new call of one that was itself guarded by all its callers is missed.
//
// # trap/new-assert
//
// A page-table helper begins to trap, or to warn, for what generic code calls it
// with already.
//
// An assertion says what its author thinks that callers do. Until early in 2026
// pmdp_huge_get_and_clear_full() of arch/powerpc/mm/book3s64/pgtable.c asserted
// that the pmd is present. zap_huge_pmd() of mm/huge_memory.c (v6.1) calls it for
// migration entries too, which are not: with CONFIG_DEBUG_VM=y an munmap() during
// a migration was a kernel BUG.
//
// The rule looks at the traps and assertions that a changed helper of an
// architecture comes to, directly or through what it newly calls, in every class
// of configurations and on every machine; one with CONFIG_DEBUG_VM=y is among
// them where the assertion needs that. Generic functions that reach the helper
// are executed with every kind of entry that they can be called with, until one
// of them meets the trap: the finding names the caller and the entry. A trap
// that no caller lets happen is none, nor one that the same entry met before in
// a function which the patch changes, so that an assertion may be moved or worded
// anew. A WARN is a warning.
//
// Bad:
//
//	VM_BUG_ON(!pmd_present(*pmdp));
//
// Good: assert what holds for all callers,
//
//	VM_BUG_ON(pmd_present(*pmdp) && !pmd_trans_huge(*pmdp));
//
// Blind spots: callers are looked for in C files of mm/, four of them; those
// elsewhere are not run, nor are calls through function pointers. Entries are
// those of trap/arch-helper.
//
// # trap/build-bug
//
// Compiled code comes to a BUILD_BUG() that the compiler cannot remove in some
// class.
//
// Where an architecture or a configuration has no huge pages, HPAGE_PMD_SHIFT of
// include/linux/huge_mm.h and flush_pmd_tlb_range() of include/linux/pgtable.h
// are ({ BUILD_BUG(); 0; }) and BUILD_BUG() (v6.12): whoever names them has to do
// so behind a condition that is constant and false there. The author's machine
// has huge pages, and compiles. READ_ONCE() refuses what is wider than a word in
// the same way, as a pte of powerpc's 8xx with 16K pages is.
//
// The rule follows the calls that a patch adds through inline functions and
// macros, in every class, leaving out branches whose condition is constant there:
// what the configuration says, and inline functions that return a constant. A
// BUILD_BUG() without a condition in front, or a BUILD_BUG_ON() whose condition is
// constant and true, is reported where a function that is compiled whoever calls
// it comes to it. A changed static function or header is judged by such callers.
// Where some condition is in front that is not seen to be constant, compilers may
// know more: then the rule is not run.
//
// Bad:
//
//	flush_pmd_tlb_range(vma, start, start + HPAGE_PMD_SIZE);
//
// Good:
//
//	if (IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE))
//		flush_pmd_tlb_range(vma, start, start + HPAGE_PMD_SIZE);
//
// Blind spots: a function that asks about its parameters before it refuses, as
// xchg() does about sizes, is taken to be called with right ones; functions that
// are declared and defined nowhere, or with the attribute error, are no stubs to
// the rule; outside mm/, architectures and headers it judges functions that have
// entries of page tables in their hands.
package trap
