// Package build holds the rules about code that some architecture or class
// cannot compile.
//
// # build/undeclared
//
// New code uses a name that nothing declares in some class.
//
// A helper that exists on the author's machine may be missing elsewhere: in
// another architecture's headers, under another #ifdef, or in the tree the
// series is applied to. In v5.12-rc1 vmalloc_to_page() of mm/vmalloc.c began to
// use pud_page(), which two-level arm and sparc32 did not have; both builds
// broke. A function that is merely not declared is an error of every kernel
// build, since implicit declarations are refused.
//
// The rule types the bodies that the series changes, in every class, and
// reports the names in new lines that have no declaration there. What else is
// judged about such a body would be a guess, so that other rules say "not run"
// for it.
//
// Bad: a call of pmdp_get_lockless() on a tree whose name for it is
// pmd_read_atomic().
//
// Good: a generic fallback beside the call,
//
//	#ifndef pmdp_get_lockless
//	static inline pmd_t pmdp_get_lockless(pmd_t *pmdp)
//	{
//		return READ_ONCE(*pmdp);
//	}
//	#endif
//
// Blind spots: a macro that nobody uses is not expanded and so not judged;
// symbols missing at link time are not looked for.
package build
