package flow

import (
	"strings"

	"ptreview/parse/syntax"
)

// checkReread looks for a lock that was found by reading a pmd again, after a table
// was mapped from it: the lock is that of another table if the pmd has changed
// since. What holds the pmd's own lock, takes mmap_lock for writing, or compares the
// pmd under the lock, is sure of it.
// Source: mm/pgtable-generic.c, v6.12, at pte_offset_map_nolock().
func (w *walk) checkReread(s *state, v value, c *syntax.Call) error {
	l, ok := s.locks[v.sym]
	if v.kind != lock || !ok || !l.reread || w.spells("pmd_same") || w.spells("mmap_write_lock") || s.holdsPmd() {
		return nil
	}
	for _, sym := range sorted(s.maps) {
		m := s.maps[sym]
		if !m.live || m.table != l.table {
			continue
		}
		fails, err := w.mayFail("pte_offset_map")
		if err != nil || !fails || !w.locksPerTable() {
			return err
		}
		w.event(Event{Kind: LockReread, Site: m.site, Loc: c.Loc(), Text: l.table, Trail: s.trail})
	}
	return nil
}

// found is a lock that a call finds, of the table at a pmd.
func (w *walk) found(c *syntax.Call, name string, s *state, table string) holding {
	l := holding{site: w.site(c, name), table: table}
	if name == "pte_lockptr" {
		l.table = argument(c, len(c.Args)-1)
		l.reread = s.mapsFrom(l.table)
	}
	return l
}

// mapsFrom reports whether a table is mapped that was found by way of a pmd that
// others can change.
func (s *state) mapsFrom(table string) bool {
	if table == "" || strings.HasPrefix(table, "&") {
		return false
	}
	for _, m := range s.maps {
		if m.live && m.table == table {
			return true
		}
	}
	return false
}

// holdsPmd reports whether a lock is held that pmds are changed under.
func (s *state) holdsPmd() bool {
	for _, l := range s.locks {
		if l.held && (l.site == nil || strings.Contains(l.site.Callee, "pmd_")) {
			return true
		}
	}
	return false
}

// spells reports whether the function's text has a word.
func (w *walk) spells(word string) bool {
	return w.fn.Unit.Cpp.HasWord(w.fn.Def.First, w.fn.Def.Close, word)
}

// locksPerTable reports whether tables have locks of their own in the class, and not
// that of their mm.
// Source: include/linux/mm.h, USE_SPLIT_PTE_PTLOCKS, v6.1 and v6.12.
func (w *walk) locksPerTable() bool {
	o := w.fn.Unit.Types.Lookup("pte_lockptr")
	if o == nil || o.Def == nil {
		return false
	}
	return !w.fn.Unit.Cpp.HasWord(o.Def.First, o.Def.Close, "page_table_lock")
}

// checkTable looks for an entry that is written while locks of other tables are held
// and that of its own table is not.
func (w *walk) checkTable(c *syntax.Call, name string, a arguments) {
	if !writesEntry(name) {
		return
	}
	for i, v := range a.values {
		m, ok := a.state.maps[v.sym]
		if v.kind != mapped || !ok || !m.live || m.param != "" || m.table == "" {
			continue
		}
		other := w.otherLock(a.state, m.table)
		if other == "" || !w.locksPerTable() {
			continue
		}
		w.event(Event{
			Kind: LockOther, Site: m.site, Loc: c.Loc(), Trail: a.state.trail,
			Text: syntax.ExprString(c.Args[i]) + ", an entry of the table at " + m.table + ", with the lock of the table at " + other,
		})
	}
}

// writesEntry reports whether a function is one of those that change an entry.
// Source: include/linux/pgtable.h, v6.1 and v6.12.
func writesEntry(name string) bool {
	if name == "ptep_get" || name == "ptep_get_lockless" {
		return false
	}
	return strings.HasPrefix(name, "set_pte") || strings.HasPrefix(name, "ptep_") || strings.HasPrefix(name, "pte_clear")
}

// otherLock returns the pmd of the table whose lock is held while that of a table is
// not, "" if no lock is held, or one may be that of the table.
func (w *walk) otherLock(s *state, table string) string {
	other := ""
	for _, sym := range sorted(s.locks) {
		l := s.locks[sym]
		if !l.held {
			continue
		}
		if l.table == "" || l.table == table || w.sameTable(s, l.table, table) {
			return ""
		}
		other = l.table
	}
	return other
}

// sameTable reports whether two expressions may name the same pmd: they are not two
// variables with values of their own.
func (w *walk) sameTable(s *state, a, b string) bool {
	if !isName(a) || !isName(b) {
		return true
	}
	p, _ := w.scopes.of(a)
	q, _ := w.scopes.of(b)
	if s.facts[min(p, q)+" == "+max(p, q)] {
		return true
	}
	v, w1 := s.vars[p], s.vars[q]
	return v == w1 && v != (value{})
}

// isName reports whether text is the name of a variable.
func isName(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return !isWordRune(r) })
}
