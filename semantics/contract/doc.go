// Package contract says what page-table helpers have to do, as laws, and finds
// out whether an architecture's definitions keep them.
//
// A law is a condition in C over entries of one level: "an entry that is made
// dirty is dirty". It is asked of the kernel's own source, for all values at
// once, on one class and machine. The entries it is asked for are, in this
// order, any bits at all; any bits that count as present; what the
// architecture's own helpers make. A law that holds for a wider set holds for
// a narrower one, so the first proof ends the search. A law is broken only by
// an entry that the architecture's helpers make: other bits may mean what they
// like. Every counterexample is run again with its values before it is shown.
//
// The laws are those of Documentation/mm/arch_pgtable_helpers.rst and
// mm/debug_vm_pgtable.c, which try them on single entries.
package contract
