package bits

import "sort"

// Assignment gives variables their values: variable terms to constants of the
// same width. It may do so for other terms, which are then looked up as they
// stand.
type Assignment map[Term]Term

// Eval computes t under a. Variables without a value stay, so the result is a
// constant if a covers every variable of t.
func (b *Builder) Eval(t Term, a Assignment) Term {
	e := evaluation{b: b, given: a, done: make(map[*node]Term)}
	return e.term(t)
}

type evaluation struct {
	b     *Builder
	given Assignment
	done  map[*node]Term
}

func (e *evaluation) term(t Term) Term {
	if t.n == nil {
		return t
	}
	if v, ok := e.done[t.n]; ok {
		return v
	}
	v, ok := e.given[t]
	if ok {
		sameWidth(t.Op(), t, v)
	} else {
		v = e.node(t)
	}
	e.done[t.n] = v
	return v
}

func (e *evaluation) node(t Term) Term {
	b, n := e.b, t.n
	switch n.op {
	case OpVar:
		return t
	case OpNot:
		return b.Not(e.term(n.a))
	case OpExtract:
		low := int(n.aux)
		return b.Extract(e.term(n.a), low+t.Width()-1, low)
	case OpZExt:
		return b.ZExt(e.term(n.a), t.Width())
	case OpSExt:
		return b.SExt(e.term(n.a), t.Width())
	case OpIte:
		switch c := e.term(n.a); {
		case c.IsTrue():
			return e.term(n.b)
		case c.IsFalse():
			return e.term(n.c)
		default:
			return b.Ite(c, e.term(n.b), e.term(n.c))
		}
	}
	return b.op2(n.op, e.term(n.a), e.term(n.b))
}

// Support returns the variables t depends on, oldest first.
func Support(t Term) []Term {
	var vars []Term
	seen := make(map[*node]bool)
	stack := []Term{t}
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if t.n == nil || seen[t.n] {
			continue
		}
		seen[t.n] = true
		if t.n.op == OpVar {
			vars = append(vars, t)
		}
		stack = append(stack, t.Args()...)
	}
	sort.Slice(vars, func(i, j int) bool { return vars[i].n.id < vars[j].n.id })
	return vars
}

// Reasons returns why t is not known: the distinct reasons of the Unknowns it
// depends on, oldest first.
func Reasons(t Term) []string {
	if !t.Tainted() {
		return nil
	}
	var reasons []string
	seen := make(map[string]bool)
	for _, v := range Support(t) {
		if r := v.Reason(); r != "" && !seen[r] {
			seen[r] = true
			reasons = append(reasons, r)
		}
	}
	return reasons
}
