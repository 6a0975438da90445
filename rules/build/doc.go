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
// reports the names in new lines that have no declaration there. It does the
// same for functions that the series left alone but that use a name which a
// header no longer defines, or defines under another condition. What else is
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
// symbols missing at link time are not looked for. Of the users of a name that a
// header lost, those in three C files of mm/ are read.
//
// # build/redefined
//
// A function gets two definitions, or one that contradicts its declaration, in
// some class.
//
// Generic headers give a helper a fallback "unless somebody has it", and what
// says so is a macro of the helper's own name, or one such as
// __HAVE_ARCH_PMD_SAME, beside the architecture's definition (v6.1,
// include/linux/pgtable.h). Where the two do not agree, both are there, and the
// build breaks; it does so on that architecture only, in the configurations
// that include both headers.
//
// The rule compares the functions of the C files that see a changed definition,
// in every class, with those before the patch. Reported are functions that
// come to have two bodies, and static ones declared without static before.
//
// Bad: an override without its macro,
//
//	static inline int pmd_same(pmd_t a, pmd_t b)
//	{
//		return pmd_val(a) == pmd_val(b);
//	}
//
// Good: the same, with a line behind it that tells the fallback to stay away,
//
//	#define pmd_same pmd_same
//
// Blind spots: a macro defined twice is a warning of the compiler and not
// reported; two definitions with external linkage in different files are found
// by the linker only.
//
// # build/signature
//
// A definition or a call does not agree with the prototype in force in some class.
//
// A helper has one prototype and up to twenty definitions. Who adds a parameter to
// it, as linux 6.6 did to the hugetlb helpers, changes the generic one and those
// of the architectures at hand; one that is missed breaks the build there only, or
// where a configuration picks another definition.
//
// The rule looks at the changed functions, at the users of what a header moves,
// and for every function whose prototype the patch changes, where it is defined
// or only declared, at the definition that is in force in each class and at
// callers in mm/. Reported are declarations that conflict, calls with too few or
// too many arguments or with ones of other types, and uses of macros with another
// number of arguments than they take, where the function did not have the same
// before.
//
// Bad: one more parameter in include/linux/pgtable.h and mm/, and a definition in
// arch/sparc/mm/ that has not got it.
//
// Good: both in one patch.
//
// Blind spots: of the callers of a function those in four C files of mm/ are read,
// of its definitions those in the architecture's mm/; a result that is narrower
// than the bits tested is not looked for; outside mm/, architectures and headers
// the rule judges functions that have entries of page tables in their hands.
//
// # build/bisect
//
// A patch in the middle of a series does not compile without a later one.
//
// Every commit has to compile by itself, or a search for the commit that broke
// something ends at one that could not be tried: patches that use a helper stand
// in front of the one that defines it easily after a series was sorted anew
// (Documentation/process/5.Posting.rst, v6.1).
//
// The rule looks at what the other build rules and trap/build-bug found, and at
// the later patch that takes it away. All that breaks with one patch and is
// repaired by one other is one warning, which names both; the findings themselves
// are notes then. With --fail-on warning it decides the exit status, they do not.
// It says nothing where those rules are not run.
//
// Bad: patch 1 calls pmdp_get_lockless(), patch 2 adds it to linux/pgtable.h.
//
// Good: the other way round.
//
// Blind spots: those of the rules whose findings it judges.
package build
