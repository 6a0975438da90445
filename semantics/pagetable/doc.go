// Package pagetable is the emulated machine that functions of generic mm are
// run on: memory, a linear map, struct pages and an mm with real tables.
//
// It puts tables into emulated memory with what the kernel itself uses to fill
// them, or with the expressions of arch.Paging where a unit does not see those
// functions, and has every entry it made looked up again by the kernel's own
// walk. Arguments follow from the types and names of parameters; what a caller
// could not pass (a bad entry, a table freed already) is left out. Each state
// of the entry a function works on is a scenario, each scenario a run on a
// machine of its own.
//
// Races runs a function with an environment that moves between its shared
// accesses: the pmd is filled, zapped, split or collapsed, its page table taken
// out of the tree and freed, within the locks of an Era.
//
// The package does not know which locks callers hold, or what is mapped by
// files. What it has not set – members of the mm, the area, a struct page;
// objects it has no model of – is unknown, and a run that depends on it is not
// exact. What it could not set up or run is listed as incomplete, never as
// clean.
package pagetable
