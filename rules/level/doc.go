// Package level holds the rules about levels of page tables that some
// configurations do not have.
//
// # level/folded
//
// A pointer that leads into a local copy of an entry, where a level is folded, is
// used as one into a table.
//
// Code that walks tables without a lock reads an entry once, and looks further
// from its copy: p4d = READ_ONCE(*p4dp), pudp = pud_offset(&p4d, addr). Where
// the level below has no table of its own, pud_offset() gives back what it was
// given, which is the copy: it is good for reading the entry, and for nothing
// else. In v5.9 get_user_pages_fast() moved such a pointer on through a table on
// s390, where levels are folded for each task, and read what lay behind the
// variable (mm/gup.c, gup_pud_range()); pud_offset_lockless() and its relatives
// are there since v5.10.
//
// Reported are pointers that an offset helper makes of the address of a copy,
// and that are returned, kept in memory, or written through, in every class whose
// definition of the helper can return its argument; and those that are moved on,
// where the architecture has its own pud_offset_lockless() because it folds
// levels while it runs.
//
// Bad:
//
//	p4d_t p4d = READ_ONCE(*p4dp);
//	pud_t *pud = pud_offset(&p4d, addr);
//	set_pud(pud, __pud(0));
//
// Good:
//
//	pud_t *pud = pud_offset(p4dp, addr);
//	set_pud(pud, __pud(0));
//
// Blind spots: pointers that another function returns, moves or writes through,
// and ones that a cast makes pointers to another level.
package level
