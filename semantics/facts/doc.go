// Package facts computes what rules ask about: which definitions a patch
// changed, which functions a function can reach in one class and on one
// machine, and under which Kconfig condition a definition is in force.
//
// Reachability is judged after folding: a branch whose condition is constant
// in the class (IS_ENABLED, a predicate that only returns 0) or decided by the
// machine (radix_enabled()) is followed on its live side only. Calls through
// function pointers are not followed.
package facts
