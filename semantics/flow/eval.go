package flow

import (
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
)

// result is one way in which an expression ends.
type result struct {
	state *state
	value value
}

func one(s *state, v value) []result { return []result{{s, v}} }

// then continues from every result.
func then(list []result, next func(*state, value) ([]result, error)) ([]result, error) {
	var out []result
	for _, r := range list {
		if r.state.dead {
			continue
		}
		more, err := next(r.state, r.value)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// eval runs an expression in a state, which it may change.
func (w *walk) eval(x syntax.Expr, s *state) ([]result, error) {
	w.steps++
	switch x := x.(type) {
	case nil:
		return one(s, value{}), nil
	case *syntax.IntLit:
		return one(s, number(int64(x.Value))), nil
	case *syntax.CharLit:
		return one(s, number(x.Value)), nil
	case *syntax.Ident:
		return one(s, w.variable(x, s)), nil
	case *syntax.Unary:
		return w.unary(x, s)
	case *syntax.Postfix:
		return w.step(x.X, x.Op, s)
	case *syntax.Binary:
		return w.binary(x, s)
	case *syntax.Assign:
		return w.assignment(x, s)
	case *syntax.Cond:
		return w.conditional(x, s)
	case *syntax.Comma:
		list, err := w.eval(x.X, s)
		if err != nil {
			return nil, err
		}
		return then(list, func(s *state, _ value) ([]result, error) { return w.eval(x.Y, s) })
	case *syntax.Call:
		return w.call(x, s)
	case *syntax.Index:
		return w.index(x, s)
	case *syntax.Member:
		return w.member(x, s)
	case *syntax.Cast:
		return w.eval(x.X, s)
	case *syntax.StmtExpr:
		return w.statements(x, s)
	case *syntax.ChooseExpr:
		return w.eval(x.F, s)
	case *syntax.Generic:
		return one(s, value{}), nil
	}
	return one(s, value{}), nil
}

// variable returns the value of a name.
func (w *walk) variable(x *syntax.Ident, s *state) value {
	place, local := w.scopes.of(x.Name)
	if !local {
		if n, ok := w.enumerator(x.Name); ok {
			return number(n)
		}
	}
	return w.read(place, s)
}

// read returns what a place holds; an unknown value gets a symbol, so that what
// is found out about it is known where it was copied to.
func (w *walk) read(place string, s *state) value {
	if v, ok := s.vars[place]; ok {
		return v
	}
	if s.isZeroed(place) {
		return number(0)
	}
	when := "at "
	if s.isStale(place) {
		when = "later at "
	}
	sym := w.symbol(when + place)
	s.drop(sym)
	v := value{sym: sym, entry: w.scopes.isEntry(place), spin: w.scopes.locks[place]}
	s.vars[place] = v
	return v
}

// place spells the object that an expression names; not ok if it is none that
// can be followed. It evaluates nothing.
func (w *walk) place(x syntax.Expr, s *state) (string, bool) {
	switch x := x.(type) {
	case *syntax.Ident:
		p, _ := w.scopes.of(x.Name)
		return p, true
	case *syntax.Member:
		if x.Arrow {
			return w.pointed(x.X, s, x.Name)
		}
		p, ok := w.place(x.X, s)
		return member(p, x.Name), ok
	case *syntax.Unary:
		if x.Op == syntax.Deref {
			return w.pointed(x.X, s, "")
		}
	case *syntax.Cast:
		return w.place(x.X, s)
	case *syntax.StmtExpr, *syntax.Call:
		return "", false
	}
	return "", false
}

// pointed spells what a pointer points to, or a member of it.
func (w *walk) pointed(pointer syntax.Expr, s *state, field string) (string, bool) {
	if c, ok := pointer.(*syntax.Cast); ok {
		return w.pointed(c.X, s, field)
	}
	if a, ok := pointer.(*syntax.Unary); ok && a.Op == syntax.AddrOf {
		p, ok := w.place(a.X, s)
		return withField(p, field), ok
	}
	p, ok := w.place(pointer, s)
	if !ok {
		return "", false
	}
	if v, known := s.vars[p]; known && v.kind == address {
		return withField(v.place, field), true
	}
	if field != "" {
		return p + "->" + field, true
	}
	return "*" + p, true
}

func withField(place, field string) string {
	if field == "" {
		return place
	}
	return member(place, field)
}

func (w *walk) unary(x *syntax.Unary, s *state) ([]result, error) {
	switch x.Op {
	case syntax.AddrOf:
		return w.addressOf(x.X, s)
	case syntax.Inc, syntax.Dec:
		return w.step(x.X, x.Op, s)
	case syntax.Not:
		yes, no, err := w.cond(x.X, s)
		if err != nil {
			return nil, err
		}
		return truths(no, yes), nil
	}
	list, err := w.eval(x.X, s)
	if err != nil {
		return nil, err
	}
	return then(list, func(s *state, v value) ([]result, error) {
		switch {
		case x.Op == syntax.Deref:
			w.use(s, v, x.Loc(), "*"+syntax.ExprString(x.X))
			if p, ok := w.place(x, s); ok && !s.dead {
				return one(s, w.read(p, s)), nil
			}
		case x.Op == syntax.Minus && v.kind == constant:
			return one(s, number(-v.n)), nil
		case x.Op == syntax.Plus:
			return one(s, v), nil
		}
		return one(s, value{}), nil
	})
}

// addressOf evaluates &x. That uses what pointers x goes through, but not what
// it names.
func (w *walk) addressOf(x syntax.Expr, s *state) ([]result, error) {
	if m, ok := x.(*syntax.Member); ok && m.Arrow {
		list, err := w.eval(m.X, s)
		if err != nil {
			return nil, err
		}
		return then(list, func(s *state, _ value) ([]result, error) { return w.named(x, s) })
	}
	if i, ok := x.(*syntax.Index); ok {
		list, err := w.eval(i.X, s)
		if err != nil {
			return nil, err
		}
		return then(list, func(s *state, v value) ([]result, error) {
			inner, err := w.eval(i.I, s)
			if err != nil {
				return nil, err
			}
			return then(inner, func(s *state, _ value) ([]result, error) { return one(s, v), nil })
		})
	}
	if d, ok := x.(*syntax.Unary); ok && d.Op == syntax.Deref {
		return w.eval(d.X, s)
	}
	return w.named(x, s)
}

func (w *walk) named(x syntax.Expr, s *state) ([]result, error) {
	if p, ok := w.place(x, s); ok {
		return one(s, value{kind: address, place: p}), nil
	}
	return one(s, value{}), nil
}

// step evaluates x++ and the like.
func (w *walk) step(x syntax.Expr, op syntax.Op, s *state) ([]result, error) {
	p, ok := w.place(x, s)
	if !ok {
		return w.eval(x, s)
	}
	v := w.read(p, s)
	s.assign(p, moved(v, op == syntax.Inc))
	return one(s, v), nil
}

// moved returns a pointer after it was moved on, or back, or a number that is no
// longer known.
func moved(v value, on bool) value {
	switch {
	case v.kind == mapped:
		v.moved = on
		return v
	case v.kind == constant && v.null != nil, v.kind == lock, v.entry:
		return v
	}
	return value{kind: unknown, sym: 0}
}

func (w *walk) binary(x *syntax.Binary, s *state) ([]result, error) {
	switch x.Op {
	case syntax.LogAnd, syntax.LogOr, syntax.Eq, syntax.Ne, syntax.Lt, syntax.Le, syntax.Gt, syntax.Ge:
		yes, no, err := w.cond(x, s)
		if err != nil {
			return nil, err
		}
		return truths(yes, no), nil
	}
	list, err := w.eval(x.X, s)
	if err != nil {
		return nil, err
	}
	return then(list, func(s *state, l value) ([]result, error) {
		right, err := w.eval(x.Y, s)
		if err != nil {
			return nil, err
		}
		return then(right, func(s *state, r value) ([]result, error) {
			return one(s, compute(x.Op, l, r)), nil
		})
	})
}

// compute returns what is known of an arithmetic result: pointers into a table
// stay in it.
func compute(op syntax.Op, l, r value) value {
	switch op {
	case syntax.Add, syntax.Sub:
		for _, v := range []value{l, r} {
			if v.kind == mapped || v.null != nil || v.entry {
				v.moved = false
				return v
			}
			if op == syntax.Sub && (r.kind == mapped || r.null != nil || r.entry) {
				return value{}
			}
		}
		if l.kind == constant && r.kind == constant {
			if op == syntax.Add {
				return number(l.n + r.n)
			}
			return number(l.n - r.n)
		}
	case syntax.Shl:
		if l.kind == constant && r.kind == constant && r.n >= 0 && r.n < 63 {
			return number(l.n << r.n)
		}
	case syntax.And:
		if l.kind == constant && r.kind == constant {
			return number(l.n & r.n)
		}
		if l.isZero() || r.isZero() {
			return number(0)
		}
	case syntax.Or:
		if l.kind == constant && r.kind == constant {
			return number(l.n | r.n)
		}
	}
	return value{}
}

func truths(yes, no []*state) []result {
	var out []result
	for _, s := range yes {
		out = append(out, result{s, number(1)})
	}
	for _, s := range no {
		out = append(out, result{s, number(0)})
	}
	return out
}

func (w *walk) assignment(x *syntax.Assign, s *state) ([]result, error) {
	list, err := w.eval(x.R, s)
	if err != nil {
		return nil, err
	}
	list, err = then(list, func(s *state, v value) ([]result, error) { return w.store(x, s, v) })
	if err != nil {
		return nil, err
	}
	return list, nil
}

// store gives the left side of an assignment its value.
func (w *walk) store(x *syntax.Assign, s *state, v value) ([]result, error) {
	if err := w.reach(x.L, s); err != nil || s.dead {
		return one(s, v), err
	}
	p, ok := w.place(x.L, s)
	if !ok {
		return one(s, v), nil
	}
	if x.Op != syntax.NoOp {
		old := w.read(p, s)
		if old.kind == mapped || old.null != nil || old.entry {
			v = moved(old, x.Op == syntax.Add && v == number(1))
		} else {
			v = compute(x.Op, old, v)
		}
	}
	s.assign(p, v)
	return one(s, v), nil
}

// reach uses the pointers that the left side of an assignment goes through.
func (w *walk) reach(x syntax.Expr, s *state) error {
	var pointer syntax.Expr
	switch x := x.(type) {
	case *syntax.Unary:
		if x.Op == syntax.Deref {
			pointer = x.X
		}
	case *syntax.Index:
		pointer = x.X
	case *syntax.Member:
		if !x.Arrow {
			return w.reach(x.X, s)
		}
		pointer = x.X
	case *syntax.Cast:
		return w.reach(x.X, s)
	}
	if pointer == nil {
		return nil
	}
	list, err := w.eval(pointer, s.clone())
	if err != nil || len(list) == 0 {
		return err
	}
	w.use(s, list[0].value, x.Loc(), syntax.ExprString(x))
	return nil
}

func (w *walk) conditional(x *syntax.Cond, s *state) ([]result, error) {
	if x.T == nil {
		list, err := w.eval(x.C, s)
		if err != nil {
			return nil, err
		}
		return then(list, func(s *state, v value) ([]result, error) {
			if v.kind == constant && v.n != 0 {
				return one(s, v), nil
			}
			no, err := w.eval(x.F, s.clone())
			return append(one(s, value{}), no...), err
		})
	}
	yes, no, err := w.cond(x.C, s)
	if err != nil {
		return nil, err
	}
	var out []result
	for _, b := range []struct {
		states []*state
		x      syntax.Expr
	}{{yes, x.T}, {no, x.F}} {
		for _, s := range b.states {
			list, err := w.eval(b.x, s)
			if err != nil {
				return nil, err
			}
			out = append(out, list...)
		}
	}
	return fewer(out), nil
}

// fewer merges results that agree on value and property.
func fewer(list []result) []result {
	if len(list) < 2 {
		return list
	}
	type key struct {
		v        value
		property string
	}
	index := make(map[key]int)
	var out []result
	for _, r := range list {
		if r.state.dead {
			continue
		}
		k := key{r.value, r.state.property()}
		if i, ok := index[k]; ok {
			out[i].state.join(r.state)
			continue
		}
		index[k] = len(out)
		out = append(out, r)
	}
	return out
}

func (w *walk) index(x *syntax.Index, s *state) ([]result, error) {
	list, err := w.eval(x.X, s)
	if err != nil {
		return nil, err
	}
	return then(list, func(s *state, v value) ([]result, error) {
		w.use(s, v, x.Loc(), syntax.ExprString(x))
		inner, err := w.eval(x.I, s)
		if err != nil {
			return nil, err
		}
		return then(inner, func(s *state, _ value) ([]result, error) { return one(s, value{}), nil })
	})
}

func (w *walk) member(x *syntax.Member, s *state) ([]result, error) {
	list, err := w.eval(x.X, s)
	if err != nil {
		return nil, err
	}
	return then(list, func(s *state, v value) ([]result, error) {
		if x.Arrow {
			w.use(s, v, x.NameAt, syntax.ExprString(x))
		}
		if p, ok := w.place(x, s); ok && !s.dead {
			return one(s, w.read(p, s)), nil
		}
		return one(s, value{}), nil
	})
}

// statements runs a statement expression; its value is that of the last
// statement.
func (w *walk) statements(x *syntax.StmtExpr, s *state) ([]result, error) {
	w.scopes.push()
	defer w.scopes.pop()
	in := []*state{s}
	var err error
	items := x.Body.Items
	for i, item := range items {
		last, isExpr := item.(*syntax.ExprStmt)
		if i < len(items)-1 || !isExpr || last.X == nil {
			if in, err = w.stmt(item, in); err != nil {
				return nil, err
			}
			continue
		}
		var out []result
		for _, s := range in {
			list, err := w.eval(last.X, s)
			if err != nil {
				return nil, err
			}
			out = append(out, list...)
		}
		return fewer(out), nil
	}
	var out []result
	for _, s := range in {
		out = append(out, result{s, value{}})
	}
	return out, nil
}

// use is a read or write through a pointer.
func (w *walk) use(s *state, v value, at cpp.Loc, text string) {
	switch {
	case v.isZero() && v.null != nil:
		w.event(Event{Kind: NullUse, Site: v.null, Loc: at, Text: text, Trail: s.trail})
		s.dead = true
	case v.kind == mapped:
		if m, ok := s.maps[v.sym]; ok && !m.live && m.param == "" {
			w.event(Event{Kind: UsedAfter, Site: m.site, Loc: at, Text: text, Trail: s.trail})
			s.dead = true
			return
		}
		s.touch(v.sym)
	case v.kind == unknown && v.sym != 0:
		s.nonzero[v.sym] = true
	}
}
