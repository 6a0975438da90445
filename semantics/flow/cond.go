package flow

import (
	"strings"

	"ptreview/arch"
	"ptreview/parse/syntax"
)

// cond decides a condition: yes are the states in which it holds.
func (w *walk) cond(x syntax.Expr, s *state) (yes, no []*state, err error) {
	switch x := x.(type) {
	case *syntax.Unary:
		if x.Op == syntax.Not {
			no, yes, err = w.cond(x.X, s)
			return yes, no, err
		}
	case *syntax.Binary:
		switch x.Op {
		case syntax.LogAnd, syntax.LogOr:
			return w.both(x, s)
		case syntax.Eq, syntax.Ne, syntax.Lt, syntax.Le, syntax.Gt, syntax.Ge:
			return w.compare(x, s)
		}
	case *syntax.Cast:
		return w.cond(x.X, s)
	case *syntax.Call:
		if inner := asked(x); inner != nil {
			return w.cond(inner, s)
		}
	}
	list, err := w.eval(x, s)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range list {
		if r.state.dead {
			continue
		}
		y, n := w.truth(x, r)
		yes, no = append(yes, y...), append(no, n...)
	}
	return yes, no, nil
}

// asked returns the condition that a builtin or trap macro hands on, nil for
// other calls.
func asked(c *syntax.Call) syntax.Expr {
	f, ok := c.Fun.(*syntax.Ident)
	if !ok || len(c.Args) == 0 {
		return nil
	}
	if f.Name == "__builtin_expect" {
		return c.Args[0]
	}
	for _, t := range arch.Traps() {
		if t.Name == f.Name && t.Kind == arch.TrapWarn && t.When == arch.OnTrue && t.Arg < len(c.Args) {
			return c.Args[t.Arg]
		}
	}
	return nil
}

// both decides && and ||. The whole is remembered besides its parts: where a && b
// is false, what is known of a differs from path to path.
func (w *walk) both(x *syntax.Binary, s *state) (yes, no []*state, err error) {
	text, _ := w.fact(x, s)
	if holds, ok := s.facts[text]; ok && text != "" {
		if holds {
			return []*state{s}, nil, nil
		}
		return nil, []*state{s}, nil
	}
	if yes, no, err = w.parts(x, s); err != nil || text == "" || len(yes) == 0 || len(no) == 0 {
		return yes, no, err
	}
	for _, s := range yes {
		s.facts[text] = true
	}
	for _, s := range no {
		s.facts[text] = false
	}
	return merged(yes), merged(no), nil
}

func (w *walk) parts(x *syntax.Binary, s *state) (yes, no []*state, err error) {
	yes, no, err = w.cond(x.X, s)
	if err != nil {
		return nil, nil, err
	}
	open := &yes
	if x.Op == syntax.LogOr {
		open = &no
	}
	again := *open
	*open = nil
	for _, s := range again {
		y, n, err := w.cond(x.Y, s)
		if err != nil {
			return nil, nil, err
		}
		yes, no = append(yes, y...), append(no, n...)
	}
	return yes, no, nil
}

// truth decides whether a value is other than zero.
func (w *walk) truth(x syntax.Expr, r result) (yes, no []*state) {
	switch v := r.value; v.kind {
	case constant:
		if v.n != 0 {
			return []*state{r.state}, nil
		}
		return nil, []*state{r.state}
	case mapped, lock, address:
		return []*state{r.state}, nil
	case unknown:
		if v.other {
			return []*state{r.state}, nil
		}
	}
	return w.decide(x, r.state, r.value.sym)
}

// decide takes both sides of a condition whose value is not known, unless it
// was decided before. sym is the value asked for, 0 if it has no name.
func (w *walk) decide(x syntax.Expr, s *state, sym int) (yes, no []*state) {
	if nz, ok := s.nonzero[sym]; ok && sym != 0 {
		if nz {
			return []*state{s}, nil
		}
		return nil, []*state{s}
	}
	text, straight := w.fact(x, s)
	if holds, ok := s.facts[text]; ok && text != "" {
		if holds == straight {
			return []*state{s}, nil
		}
		return nil, []*state{s}
	}
	n := s.clone()
	shown := syntax.ExprString(x)
	s.trail = &Step{s.trail, x.Loc(), shown}
	n.trail = &Step{n.trail, x.Loc(), "!(" + shown + ")"}
	if text != "" {
		s.facts[text], n.facts[text] = straight, !straight
	}
	if sym != 0 {
		s.nonzero[sym] = true
		n.zero[sym] = true
		n.replace(sym, number(0))
	}
	return []*state{s}, []*state{n}
}

// fact spells a condition with the places of its variables; "" if it has
// effects of its own and cannot be remembered. Not straight is the opposite of
// what it spells: a != b is remembered as a == b, a >= b as a < b.
func (w *walk) fact(x syntax.Expr, s *state) (text string, straight bool) {
	pure := true
	syntax.Inspect(x, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign, *syntax.Postfix, *syntax.StmtExpr:
			pure = false
		case *syntax.Unary:
			pure = pure && n.Op != syntax.Inc && n.Op != syntax.Dec
		}
		return pure
	})
	if !pure {
		return "", true
	}
	return spelled(x, func(word string) string {
		place, local := w.scopes.of(word)
		if !local {
			return word
		}
		if from := w.origin(s, place); from != "" {
			return from // the same under whatever name
		}
		if s.stale[place] {
			return written(place)
		}
		return place
	})
}

// origin returns the place that held the value of a variable when the function
// was entered, "" if none did.
func (w *walk) origin(s *state, place string) string {
	switch v := s.vars[place]; v.kind {
	case unknown:
		return w.places[v.sym]
	case mapped:
		return s.maps[v.sym].param
	case lock:
		return s.locks[v.sym].param
	}
	return ""
}

// spelled spells a condition, or its opposite, with other names for variables.
func spelled(x syntax.Expr, name func(string) string) (text string, straight bool) {
	b, ok := x.(*syntax.Binary)
	if !ok {
		return renamed(syntax.ExprString(x), name), true
	}
	l, r := renamed(syntax.ExprString(b.X), name), renamed(syntax.ExprString(b.Y), name)
	switch b.Op {
	case syntax.Eq, syntax.Ne:
		if r < l {
			l, r = r, l
		}
		return l + " == " + r, b.Op == syntax.Eq
	case syntax.Lt, syntax.Ge:
		return l + " < " + r, b.Op == syntax.Lt
	case syntax.Gt, syntax.Le:
		return r + " < " + l, b.Op == syntax.Gt
	}
	return renamed(syntax.ExprString(x), name), true
}

// isCall reports whether a fact has a call in it.
func isCall(fact string) bool {
	for i := 1; i < len(fact); i++ {
		if fact[i] == '(' && isWordRune(rune(fact[i-1])) {
			return true
		}
	}
	return false
}

// compare decides == and the like.
func (w *walk) compare(x *syntax.Binary, s *state) (yes, no []*state, err error) {
	list, err := w.eval(x.X, s)
	if err != nil {
		return nil, nil, err
	}
	for _, l := range list {
		if l.state.dead {
			continue
		}
		right, err := w.eval(x.Y, l.state)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range right {
			if r.state.dead {
				continue
			}
			y, n := w.order(x, r.state, l.value, r.value)
			yes, no = append(yes, y...), append(no, n...)
		}
	}
	return yes, no, nil
}

// order decides a comparison of two values.
func (w *walk) order(x *syntax.Binary, s *state, l, r value) (yes, no []*state) {
	if known, holds := relation(x.Op, l, r); known {
		if holds {
			return []*state{s}, nil
		}
		return nil, []*state{s}
	}
	zero, other := r.isZero(), l
	if l.isZero() {
		zero, other = true, r
	}
	if zero && other.kind == unknown && (x.Op == syntax.Eq || x.Op == syntax.Ne) {
		yes, no = w.decide(x.X, s, other.sym)
		if l.isZero() {
			yes, no = w.decide(x.Y, s, other.sym)
		}
		if x.Op == syntax.Eq {
			yes, no = no, yes
		}
		return yes, no
	}
	yes, no = w.decide(x, s, 0)
	if x.Op == syntax.Eq && l.kind == unknown && l.sym != 0 && r.kind == constant {
		for _, y := range yes {
			y.replace(l.sym, r)
		}
	}
	if zero && (x.Op == syntax.Lt || x.Op == syntax.Gt) && l.kind == unknown && l.sym != 0 {
		for _, y := range yes {
			y.nonzero[l.sym] = true
		}
	}
	return yes, no
}

// relation compares what is known.
func relation(op syntax.Op, l, r value) (known, holds bool) {
	if l.kind == constant && r.kind == constant {
		switch op {
		case syntax.Eq:
			return true, l.n == r.n
		case syntax.Ne:
			return true, l.n != r.n
		case syntax.Lt:
			return true, l.n < r.n
		case syntax.Le:
			return true, l.n <= r.n
		case syntax.Gt:
			return true, l.n > r.n
		case syntax.Ge:
			return true, l.n >= r.n
		}
	}
	equality := op == syntax.Eq || op == syntax.Ne
	if (isPointer(l) || l.other) && r.isZero() || (isPointer(r) || r.other) && l.isZero() {
		return equality, op == syntax.Ne
	}
	if l.kind == lock && r.kind == lock {
		return equality, (l.sym == r.sym) == (op == syntax.Eq) // as Outcome.possible
	}
	return false, false
}

// trapEnds reports whether a call of a trap never returns.
func trapEnds(name string) (arch.Trap, bool) {
	for _, t := range arch.Traps() {
		if t.Name == name {
			return t, t.Kind != arch.TrapWarn
		}
	}
	return arch.Trap{}, strings.HasPrefix(name, "__builtin_trap")
}
