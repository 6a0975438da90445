package flow

import (
	"fmt"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
)

// primitive runs a call of what is known by name; not done if it is none of
// these.
// Source: include/linux/pgtable.h, include/linux/spinlock.h and
// include/linux/rcupdate.h, v6.1 and v6.12.
func (w *walk) primitive(c *syntax.Call, name string, a arguments) (out []result, done bool, err error) {
	switch name {
	case "rcu_read_lock":
		a.state.rcu++
		return one(a.state, value{}), true, nil
	case "rcu_read_unlock":
		a.state.rcu--
		return one(a.state, value{}), true, nil
	case EnterLazy:
		w.enterLazy(c, name, a.state, nil)
		a.state.lazy++
		return one(a.state, value{}), true, nil
	case leaveLazy:
		a.state.lazy--
		return one(a.state, value{}), true, nil
	case "might_sleep", "cond_resched":
		return one(a.state, value{}), true, nil
	}
	if len(c.Args) == 0 {
		return nil, false, nil
	}
	switch name {
	case "pte_offset_map":
		out, err = w.mapTable(c, name, a)
	case "pte_unmap":
		out = w.unmapTable(c, a)
	case "spin_lock", "spin_lock_nested", "spin_lock_bh", "spin_lock_irq",
		"spin_lock_irqsave", "spin_lock_irqsave_nested":
		err = w.checkReread(a.state, a.values[0], c)
		out = w.take(c, a)
	case "spin_trylock":
		out = w.tryTake(c, a)
	case "spin_unlock", "spin_unlock_bh", "spin_unlock_irq", "spin_unlock_irqrestore":
		out = w.release(c, a)
	case "lockdep_assert_held":
		w.holdFound(a.state, a.values[0])
		out = one(a.state, value{})
	default:
		return nil, false, nil
	}
	return out, true, err
}

// mapTable is pte_offset_map(pmd, address).
func (w *walk) mapTable(c *syntax.Call, name string, a arguments) ([]result, error) {
	fails, err := w.mayFail(name)
	if err != nil {
		return nil, err
	}
	in, err := w.sectionOf(name)
	if err != nil {
		return nil, err
	}
	var out []result
	if fails {
		out = append(out, w.failed(c, name, a.state.clone()))
	}
	return append(out, result{a.state, w.newMap(c, name, a.state, origin{argument(c, 0), in}, 0)}), nil
}

// failed is a call that did not map.
func (w *walk) failed(c *syntax.Call, name string, s *state) result {
	site := w.site(c, name)
	s.trail = &Step{s.trail, c.Loc(), syntax.ExprString(c) + " is NULL"}
	return result{s, value{kind: constant, null: site}}
}

// newMap makes the nth map of a call.
func (w *walk) newMap(c *syntax.Call, name string, s *state, from origin, n int) value {
	sym := w.at(c, "map"+string(rune('0'+n)))
	site := w.site(c, name)
	if m, ok := s.maps[sym]; ok && m.live {
		w.event(Event{Kind: MappedOver, Site: site, Loc: c.Loc(), Text: syntax.ExprString(c), Trail: s.trail})
	}
	s.drop(sym)
	s.maps[sym] = mapping{site: site, live: true, origin: from}
	return value{kind: mapped, sym: sym}
}

// mayFail reports whether pte_offset_map() can return NULL in the unit's tree:
// by its definition, or as a macro by what its text names.
func (w *walk) mayFail(name string) (bool, error) {
	if m := w.fn.Unit.Cpp.Macro(name); m != nil {
		return w.macroMayFail(m, 0)
	}
	f, err := w.callee(name)
	if err != nil || f == nil {
		return false, err
	}
	return f.Summary.mayBeNull(), f.failure(name)
}

// failure is why a function that is called could not be followed, nil if it was.
func (f *Function) failure(name string) error {
	if f.Err == nil {
		return nil
	}
	return fmt.Errorf("%s() cannot be followed: %w", name, f.Err)
}

func (w *walk) macroMayFail(m *cpp.Macro, depth int) (bool, error) {
	if m == nil || depth > maxDepth {
		return false, nil
	}
	for i, t := range m.Body {
		if t.Kind != cpp.Ident {
			continue
		}
		word := w.fn.Unit.Cpp.Names.String(t.Sym)
		if word == "NULL" && i > 0 && isChoice(w.fn.Unit.Cpp.Spelling(m.Body[i-1])) {
			return true, nil
		}
		if inner := w.fn.Unit.Cpp.Macro(word); inner != nil && word != m.Name {
			if fails, err := w.macroMayFail(inner, depth+1); fails || err != nil {
				return fails, err
			}
			continue
		}
		if !w.givesEntry(word) {
			continue
		}
		f, err := w.callee(word)
		if err != nil {
			return false, err
		}
		if f != nil && (f.Err != nil || f.Summary.mayBeNull()) {
			return true, f.failure(word)
		}
	}
	return false, nil
}

// isChoice reports whether what follows a token is a result of ?:.
func isChoice(token string) bool { return token == "?" || token == ":" }

// unmapTable is pte_unmap(pte).
func (w *walk) unmapTable(c *syntax.Call, a arguments) []result {
	if !w.unmap(a.state, a.values[0], c.Args[0], c.Loc()) {
		return nil
	}
	return one(a.state, value{})
}

// unmap ends the map that a pointer is of; not ok if the path is over.
func (w *walk) unmap(s *state, v value, x syntax.Expr, at cpp.Loc) bool {
	text := syntax.ExprString(x)
	if v.isZero() && v.null != nil {
		w.event(Event{Kind: NullUnmap, Site: v.null, Loc: at, Text: text, Trail: s.trail})
		return false
	}
	if v.kind != mapped {
		w.unmapGiven(s, v)
		return true
	}
	m := s.maps[v.sym]
	if !m.live {
		w.event(Event{Kind: EndedAgain, Site: m.site, Loc: at, Text: text, Trail: s.trail})
		return false
	}
	if v.moved {
		w.event(Event{Kind: EndedMoved, Site: m.site, Loc: at, Text: text, Trail: s.trail})
	}
	m.live = false
	s.maps[v.sym] = m
	return true
}

// unmapGiven ends a map that the function was entered with.
func (w *walk) unmapGiven(s *state, v value) {
	if v.kind != unknown || v.sym == 0 {
		return
	}
	sym := w.symbol(fmt.Sprint("given map ", v.sym))
	s.drop(sym)
	s.maps[sym] = mapping{param: w.places[v.sym]}
	s.replace(v.sym, value{kind: mapped, sym: sym})
}

func (w *walk) take(c *syntax.Call, a arguments) []result {
	w.lock(a.state, a.values[0])
	return one(a.state, value{})
}

func (w *walk) lock(s *state, v value) {
	switch v.kind {
	case lock:
		l := s.locks[v.sym]
		l.held = true
		s.locks[v.sym] = l
	case unknown:
		w.lockGiven(s, v, true)
	}
}

func (w *walk) tryTake(c *syntax.Call, a arguments) []result {
	not := a.state.clone()
	w.lock(a.state, a.values[0])
	return []result{{a.state, number(1)}, {not, number(0)}}
}

func (w *walk) release(c *syntax.Call, a arguments) []result {
	if !w.unlock(a.state, a.values[0], c.Args[0], c) {
		return nil
	}
	return one(a.state, value{})
}

// unlock releases a lock; not ok if the path is over.
func (w *walk) unlock(s *state, v value, x syntax.Expr, c *syntax.Call) bool {
	switch v.kind {
	case lock:
		l := s.locks[v.sym]
		if !l.held {
			w.event(Event{Kind: NotLocked, Site: l.site, Loc: c.Loc(), Text: syntax.ExprString(x), Trail: s.trail})
			return false
		}
		l.held = false
		s.locks[v.sym] = l
	case unknown:
		w.lockGiven(s, v, false)
	}
	return true
}

// holdFound notes that the caller holds a lock which the function found by itself,
// as it asserts.
func (w *walk) holdFound(s *state, v value) {
	if v.kind != lock {
		return
	}
	l := s.locks[v.sym]
	if l.site == nil || l.held {
		return // it was given, or is taken here
	}
	l.site, l.held, l.entered = nil, true, true
	s.locks[v.sym] = l
}

// lockGiven sets a lock that the function was entered with.
func (w *walk) lockGiven(s *state, v value, held bool) {
	if v.sym == 0 {
		return
	}
	sym := w.symbol(fmt.Sprint("given lock ", v.sym))
	s.drop(sym)
	s.locks[sym] = holding{param: w.places[v.sym], held: held, entered: !held}
	s.replace(v.sym, value{kind: lock, sym: sym})
}
