// Package sibling holds the rules about what one architecture can learn from
// another.
//
// # sibling/same-shape
//
// A patch takes out of one architecture's helper what another architecture's
// helper of the same name still does, in the same shape.
//
// Helpers are copied between architectures, and so are their mistakes. In v6.6
// the set_ptes() of powerpc and of sparc both entered and left lazy MMU mode
// around the same loop; its generic callers are inside that mode already, and it
// does not nest. The fix for powerpc (arch/powerpc/mm/pgtable.c, v6.7) left sparc
// as it was for two years.
//
// Reported are helpers that have every call statement which the patch removed for
// good, in that order, and at least three statements and twenty tokens of what
// the patch kept; or that were the same as the definition which the patch
// rewrites, statement by statement and not shorter than thirty tokens. Parameters
// may have other names. A patch that puts other call statements in the place is
// taken for a conversion, not for a repair.
//
// Bad:
//
//	arch/powerpc: set_ptes()        arch/sparc: set_ptes()
//	-	arch_enter_lazy_mmu_mode();   	arch_enter_lazy_mmu_mode();
//	 	for (;;) {                    	for (;;) {
//
// Good: the series changes both, or the other's helper is made otherwise.
//
// It is a note: whether the other architecture minds is for its people to say.
//
// Blind spots: helpers of other names, and ones whose local variables have other
// names.
package sibling
