package facts

import (
	"slices"
	"strings"

	"ptreview/parse/syntax"
)

// HeldLock is a lock that is held at a call: "mmap_lock", "page table lock" or
// "RCU". File and Line are where it was taken, or asserted.
type HeldLock struct {
	Name string
	File string
	Line int

	since int // when a walk of the caller came by that
}

func (l HeldLock) same(x HeldLock) bool { return x.Name == l.Name }

// lockCalls are the functions that take and release the locks of page tables,
// or say that one is held.
// Source: include/linux/mmap_lock.h, include/linux/mm.h, v6.1 and v6.12.
var lockCalls = []struct {
	name  string
	takes string
	drops string
}{
	{"mmap_read_lock", "mmap_lock", ""}, {"mmap_write_lock", "mmap_lock", ""}, {"mmap_write_lock_nested", "mmap_lock", ""},
	{"mmap_assert_locked", "mmap_lock", ""}, {"mmap_assert_write_locked", "mmap_lock", ""},
	{"mmap_read_unlock", "", "mmap_lock"}, {"mmap_write_unlock", "", "mmap_lock"},
	{"pmd_lock", pageTableLock, ""}, {"pud_lock", pageTableLock, ""},
	{"spin_lock", pageTableLock, ""}, {"spin_lock_nested", pageTableLock, ""}, {"_raw_spin_lock_nested", pageTableLock, ""}, {"spin_unlock", "", pageTableLock},
	{"rcu_read_lock", "RCU", ""}, {"rcu_read_unlock", "", "RCU"},
}

const pageTableLock = "page table lock"

// heldAt returns the locks that calls before a site took for certain and that
// none before it may have released.
func (g *Graph) heldAt(f *Function, before []Site, at Site) []HeldLock {
	var held []HeldLock
	for _, s := range before {
		for _, l := range lockCalls {
			if l.name != s.Callee || strings.HasPrefix(l.name, "spin_") && !ofPageTable(s.Call) {
				continue
			}
			switch {
			case l.takes != "" && always(s, at):
				p := f.Unit.Cpp.Position(s.Loc)
				held = append(held, HeldLock{l.takes, p.Path, p.Line, s.at})
			case l.drops != "" && !elsewhere(s, at):
				held = slices.DeleteFunc(held, func(h HeldLock) bool { return h.Name == l.drops })
			}
		}
	}
	return held
}

// ofPageTable reports whether a lock is that of a table, by its name.
func ofPageTable(c *syntax.Call) bool {
	return len(c.Args) > 0 && strings.Contains(syntax.ExprString(c.Args[0]), "ptl")
}

// always reports whether what gets to a site came by an earlier one.
func always(s, at Site) bool {
	return len(s.Guards) <= len(at.Guards) && slices.Equal(s.Guards, at.Guards[:len(s.Guards)])
}

// elsewhere reports whether what came by an earlier site does not get to at:
// they are on two sides of a branch.
func elsewhere(s, at Site) bool {
	for i, guard := range s.Guards {
		if i >= len(at.Guards) {
			return false
		}
		if at.Guards[i] != guard {
			return at.Guards[i] == negated(guard) || guard == negated(at.Guards[i])
		}
	}
	return false
}

// Asserted returns the locks that a function itself says are held when it is
// called.
func (g *Graph) Asserted(f *Function) []HeldLock {
	var list []HeldLock
	for _, s := range g.Sites(f) {
		if len(s.Guards) > 0 {
			continue
		}
		switch {
		case s.Callee == "mmap_assert_locked", s.Callee == "mmap_assert_write_locked":
			p := f.Unit.Cpp.Position(s.Loc)
			list = append(list, HeldLock{"mmap_lock", p.Path, p.Line, 0})
		}
	}
	return list
}
