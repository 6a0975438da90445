// Package pointers tells which entries of page tables a function follows a
// pointer to, and what its pointers come from. Entries are told by their type,
// in the types of one class, where an entry is a structure of its own as it is
// in a kernel with strict types; where it is a bare number there, nothing is
// found.
//
// It looks at no order: what a variable was ever given is what it may hold.
package pointers
