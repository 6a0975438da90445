// Package flow follows the pointers that map page tables, and their locks,
// through the paths of a function: where one is got, checked, used, moved, given
// back. It knows two primitives by name, pte_offset_map() and pte_unmap(), and
// the locks of the kernel; what other functions do with a map or a lock is read
// from their definitions in the tree (Summary), so that a tree is judged by its
// own contract: pte_offset_map() can return NULL where its definition says so.
//
// A function is run abstractly. A state holds what is known of the variables;
// states that agree on maps and locks are merged where paths meet, and what they
// do not agree on is forgotten (property simulation: Das, Lerner, Seigle, "ESP",
// PLDI 2002). A condition that was decided stays decided until a variable in it
// is assigned.
//
// Left out: aliases by way of memory that is not spelled alike, pointers in
// arrays, functions called through pointers, and what interrupts and other
// processors do. None of these adds an event; they can hide one.
package flow
