package flow

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
)

// kind says what is known of a value.
type kind uint8

const (
	unknown  kind = iota // some value, the same wherever sym is
	constant             // n; a null pointer is constant 0
	address              // of the object at a place
	mapped               // points into the table that sym maps
	lock                 // points to the lock sym
)

// value is what a variable holds.
type value struct {
	kind  kind
	sym   int
	n     int64
	place string
	// null is the call that did not map, of a constant 0 that it returned.
	null *Site
	// moved is set when a mapped pointer was moved on since it was last used.
	moved bool
	entry bool // an unknown pointer to entries of a table: arithmetic keeps it
	spin  bool // an unknown pointer to a lock
	other bool // an unknown number that is not zero
}

func number(n int64) value { return value{kind: constant, n: n} }

func (v value) isZero() bool { return v.kind == constant && v.n == 0 }

func (v value) isOther() bool { return v.other || v.kind == constant && v.n != 0 }

// Site is a call that maps a page table, or takes a lock.
type Site struct {
	Callee string
	Loc    cpp.Loc
	// From is the definition of the callee that did it, nil for a primitive.
	From *Function
}

// key tells sites apart.
func (s *Site) key() cpp.Loc {
	if s == nil {
		return cpp.Loc{}
	}
	return s.Loc
}

// mapping is one map of a page table.
type mapping struct {
	site  *Site
	live  bool
	param string // the place that held it when the function was entered
	origin
}

// origin is where a map comes from.
type origin struct {
	table   string // the pmd it was mapped from, as C text
	section string // what its definition enters in which nobody may sleep, "" if nothing
}

// holding says whether a lock is held.
type holding struct {
	site    *Site
	held    bool
	param   string // the place that held it when the function was entered
	entered bool   // and was held then, also where the function found it by itself
	table   string
	// member is set if it was handed on in a structure, with what else there tells
	// whether it is held.
	member bool
	reread bool // it was found after a table was mapped from the same pmd
}

// state is what is known at one point of a path.
type state struct {
	vars      map[string]value
	maps      map[int]mapping
	locks     map[int]holding
	nonzero   map[int]bool    // of unknown values
	zero      map[int]bool    // values that turned out to be zero
	facts     map[string]bool // conditions that were decided, as C text
	zeroed    map[string]bool // variables whose members were initialised with zero
	stale     map[string]bool // places that were written since the function was entered
	rcu       int             // read-side sections entered less those left
	lazy      int             // lazy MMU modes, likewise
	lazily    bool            // such a mode was entered that the caller's would nest with
	lazySince cpp.Loc         // where the last one was entered
	trail     *Step
	dead      bool
}

// Step is one decision on the way to an event.
type Step struct {
	Before *Step
	Loc    cpp.Loc
	Text   string // the condition, as it held
}

func newState() *state {
	return &state{
		vars: make(map[string]value), maps: make(map[int]mapping), locks: make(map[int]holding),
		nonzero: make(map[int]bool), zero: make(map[int]bool), facts: make(map[string]bool), stale: make(map[string]bool), zeroed: make(map[string]bool),
	}
}

func (s *state) clone() *state {
	c := *s
	c.vars, c.maps, c.locks = maps.Clone(s.vars), maps.Clone(s.maps), maps.Clone(s.locks)
	c.nonzero, c.zero, c.facts = maps.Clone(s.nonzero), maps.Clone(s.zero), maps.Clone(s.facts)
	c.stale, c.zeroed = maps.Clone(s.stale), maps.Clone(s.zeroed)
	return &c
}

// property spells out what states must agree on to be merged: the maps and
// locks, and which variables hold them.
func (s *state) property() string {
	var lines []string
	for k, m := range s.maps {
		lines = append(lines, fmt.Sprint("m", k, m.live, m.param, m.table, m.section))
	}
	for k, l := range s.locks {
		lines = append(lines, fmt.Sprint("l", k, l.held, l.param, l.entered, l.table, l.reread))
	}
	for place, v := range s.vars {
		if v.kind == mapped || v.kind == lock || v.null != nil {
			lines = append(lines, fmt.Sprint("v", place, v.kind, v.sym, v.moved, v.null.key()))
		}
		if v.kind == unknown && (v.entry || v.spin) && v.sym != 0 {
			lines = append(lines, fmt.Sprint("u", place, v.sym))
		}
	}
	slices.Sort(lines)
	return fmt.Sprint(s.rcu, s.lazy, s.lazily, strings.Join(lines, ";"))
}

// join forgets what o does not know as well, and reports whether that was
// anything.
func (s *state) join(o *state) bool {
	changed := false
	for place, v := range s.vars {
		w, ok := o.vars[place]
		switch {
		case ok && w == v:
		case ok && v.isOther() && w.isOther(): // two errors that a callee can return
			if !v.other {
				s.vars[place] = value{other: true}
				changed = true
			}
		default:
			delete(s.vars, place)
			if s.stale[place] || o.stale[place] {
				s.stale[place] = true
			}
			changed = true
		}
	}
	for k, v := range s.nonzero {
		if w, ok := o.nonzero[k]; !ok || w != v {
			delete(s.nonzero, k)
			changed = true
		}
	}
	for place := range s.zeroed {
		if !o.zeroed[place] {
			delete(s.zeroed, place)
			changed = true
		}
	}
	for place := range o.stale {
		s.stale[place] = true
	}
	for k := range s.zero {
		if !o.zero[k] {
			delete(s.zero, k)
			changed = true
		}
	}
	for k, v := range s.facts {
		if w, ok := o.facts[k]; !ok || w != v {
			delete(s.facts, k)
			changed = true
		}
	}
	return changed
}

// set is states by property, in the order in which they came.
type set struct {
	list  []*state
	index map[string]int
}

// add merges a state into the set, and reports whether the set knows less or
// has more for it.
func (t *set) add(s *state) bool {
	if s.dead {
		return false
	}
	key := s.property()
	if i, ok := t.index[key]; ok {
		return t.list[i].join(s)
	}
	if t.index == nil {
		t.index = make(map[string]int)
	}
	t.index[key] = len(t.list)
	t.list = append(t.list, s)
	return true
}

// merged returns states with those of one property made one.
func merged(list []*state) []*state {
	if len(list) < 2 {
		return slices.DeleteFunc(list, func(s *state) bool { return s.dead })
	}
	var t set
	for _, s := range list {
		t.add(s)
	}
	return t.list
}

func clones(list []*state) []*state {
	out := make([]*state, len(list))
	for i, s := range list {
		out[i] = s.clone()
	}
	return out
}

// assign gives a variable or other place a value. What was known by way of its
// old one is forgotten.
func (s *state) assign(place string, v value) {
	s.forget(place)
	s.vars[place] = v
}

// forget drops what is known of a place, of what is reached through it, and of
// conditions on it.
func (s *state) forget(place string) {
	for p := range s.vars {
		if p == place || below(p, place) {
			delete(s.vars, p)
			s.stale[p] = true
		}
	}
	s.stale[place] = true
	delete(s.zeroed, place)
	for f := range s.facts {
		if speaksOf(f, place) {
			delete(s.facts, f)
		}
	}
}

// clear makes all members of a variable zero.
func (s *state) clear(variable string) {
	for p := range s.stale {
		if below(p, variable) {
			delete(s.stale, p)
		}
	}
	s.zeroed[variable] = true
}

// isZeroed reports whether a member was left zero by its variable's initialiser.
func (s *state) isZeroed(place string) bool {
	for v := range s.zeroed {
		if strings.HasPrefix(place, v+".") && !s.stale[place] {
			return true
		}
	}
	return false
}

// isStale reports whether a place, or a pointer it is reached through, was
// written since the function was entered.
func (s *state) isStale(place string) bool {
	if s.stale[place] {
		return true
	}
	for p := range s.stale {
		if below(place, p) {
			return true
		}
	}
	return false
}

// below reports whether a place is part of another or reached through it.
func below(p, place string) bool {
	return strings.HasPrefix(p, place+".") || strings.HasPrefix(p, place+"->") ||
		strings.HasPrefix(p, place+"[") || strings.HasPrefix(p, "*"+place) && !isWordRune(rune((p + " ")[len(place)+1]))
}

// drop removes every trace of a symbol, before it stands for something else.
func (s *state) drop(sym int) {
	for place, v := range s.vars {
		if v.sym == sym && (v.kind == unknown || v.kind == mapped || v.kind == lock) {
			delete(s.vars, place)
		}
	}
	delete(s.nonzero, sym)
	delete(s.zero, sym)
}

func isPointer(v value) bool { return v.kind == mapped || v.kind == lock || v.kind == address }

// replace puts v wherever the unknown value sym is.
func (s *state) replace(sym int, v value) {
	for place, w := range s.vars {
		if w.kind == unknown && w.sym == sym {
			s.vars[place] = v
		}
	}
}

// touch notes that a mapped pointer was used: it stands on an entry.
func (s *state) touch(sym int) {
	for place, v := range s.vars {
		if v.kind == mapped && v.sym == sym && v.moved {
			v.moved = false
			s.vars[place] = v
		}
	}
}

// unlockOf releases the locks that are held of a page table, spelled as the pmd it
// hangs from.
func (s *state) unlockOf(table string) {
	for sym, l := range s.locks {
		if l.held && l.table == table && table != "" {
			l.held = false
			s.locks[sym] = l
		}
	}
}

// holdsLockOf reports whether a call is handed a page table whose lock is held.
func (s *state) holdsLockOf(c *syntax.Call) bool {
	for _, l := range s.locks {
		if !l.held || l.table == "" {
			continue
		}
		for i := range c.Args {
			if argument(c, i) == l.table {
				return true
			}
		}
	}
	return false
}

// tidy drops maps that ended and that no variable holds any more, and locks
// likewise.
func (s *state) tidy() {
	held := make(map[int]bool)
	for _, v := range s.vars {
		if v.kind == mapped || v.kind == lock {
			held[v.sym] = true
		}
	}
	for k, m := range s.maps {
		if !m.live && !held[k] && m.param == "" {
			delete(s.maps, k)
		}
	}
	for k, l := range s.locks {
		if !l.held && !held[k] && l.param == "" {
			delete(s.locks, k)
		}
	}
}
