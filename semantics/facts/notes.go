package facts

import (
	"slices"
	"strings"

	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// notes are what a walk of a body came by that may change what a guard has seen.
// Times count what the walk comes by, in the order of the source.
type notes struct {
	now    int
	writes []write
	loops  []span
	ends   []span // branches whose end nothing follows
	labels []int  // of goto: whoever jumps there has not seen what was seen before
}

// write is a change of a variable, or of memory that is reached through it.
// One that escaped may be changed at any time from then on.
type write struct {
	name    string
	at      int
	escaped bool
}

// span is the time of a loop or branch.
type span struct{ from, to int }

func (n *notes) next() int {
	if n == nil {
		return 0
	}
	n.now++
	return n.now
}

func (n *notes) label() {
	if n != nil {
		n.labels = append(n.labels, n.next())
	}
}

// loop begins a loop and returns what ends it.
func (n *notes) loop() func() {
	if n == nil {
		return func() {}
	}
	from := n.next()
	return func() { n.loops = append(n.loops, span{from, n.next()}) }
}

// branch notes a branch that ends the function or a round of a loop.
func (n *notes) branch(from int, completes bool) {
	if n != nil && !completes {
		n.ends = append(n.ends, span{from, n.next()})
	}
}

// change notes that an lvalue is written to.
func (n *notes) change(l syntax.Expr) {
	if n != nil {
		n.writes = append(n.writes, write{name: rootOf(l), at: n.next()})
	}
}

// operator notes what a prefix operator changes, or lets others change.
func (n *notes) operator(e *syntax.Unary) {
	switch {
	case n == nil:
	case e.Op == syntax.Inc || e.Op == syntax.Dec:
		n.change(e.X)
	case e.Op == syntax.AddrOf && isObject(e.X):
		n.writes = append(n.writes, write{rootOf(e.X), n.next(), true})
	}
}

// argument walks an argument of a call. The address of a variable that is
// passed is taken to be used during the call only.
func (n *notes) argument(w *walker, e syntax.Expr) {
	if u, ok := e.(*syntax.Unary); ok && n != nil && u.Op == syntax.AddrOf {
		e = u.X
	}
	w.expr(e)
}

// passes notes what a call may change through its arguments.
func (n *notes) passes(callee string, c *syntax.Call) {
	if n == nil || isReader(callee) {
		return
	}
	for i, a := range c.Args {
		if cast, ok := a.(*syntax.Cast); ok {
			a = cast.X
		}
		u, isUnary := a.(*syntax.Unary)
		switch {
		case isUnary && u.Op == syntax.AddrOf:
			a = u.X
		case !isUnary && !keepsStill(a) && !toConst(c, i):
		default:
			continue
		}
		n.change(a)
	}
}

// keepsStill reports whether a call that is passed e leaves as it is what was
// seen through it: e is no pointer, or one to an area or an mm, whose flags
// change under mmap_lock only.
func keepsStill(e syntax.Expr) bool {
	switch t := types.Unqual(types.TypeOf(e)).(type) {
	case *types.Array:
		return false
	case *types.Pointer:
		r, ok := types.Unqual(t.Elem).(*types.Record)
		return ok && (r.Tag == "vm_area_struct" || r.Tag == "mm_struct")
	}
	return true
}

// toConst reports whether a function promises not to write through parameter i.
func toConst(c *syntax.Call, i int) bool {
	o := types.ObjectOf(c.Fun)
	if o == nil {
		return false
	}
	f, ok := types.Unqual(o.Type).(*types.Func)
	if !ok || i >= len(f.Params) {
		return false
	}
	p, ok := types.Unqual(f.Params[i].Type).(*types.Pointer)
	if !ok {
		return false
	}
	q, ok := p.Elem.(*types.Qualified)
	return ok && q.Const
}

// isReader reports whether a function of page tables leaves the entry as it is
// that it is given the address of, by its name.
func isReader(name string) bool {
	for _, sign := range []string{"clear", "set_", "alloc", "modify"} {
		if strings.Contains(name, sign) {
			return false
		}
	}
	return slices.ContainsFunc([]string{"_lock", "lockptr", "lockless", "_get", "_offset", "_none", "_present", "_leaf", "_trans_huge"},
		func(sign string) bool { return strings.Contains(name, sign) })
}

// rootOf returns the variable that an lvalue is reached through, "" if none.
func rootOf(e syntax.Expr) string {
	for {
		switch x := e.(type) {
		case *syntax.Ident:
			return x.Name
		case *syntax.Member:
			e = x.X
		case *syntax.Index:
			e = x.X
		case *syntax.Unary:
			e = x.X
		case *syntax.Cast:
			e = x.X
		default:
			return ""
		}
	}
}

// isObject reports whether an lvalue is a variable or a part of one.
func isObject(e syntax.Expr) bool {
	for {
		switch x := e.(type) {
		case *syntax.Ident:
			return true
		case *syntax.Member:
			if x.Arrow {
				return false
			}
			e = x.X
		default:
			return false
		}
	}
}

// stillHolds reports whether what a guard saw at a time is as it was when the
// walk came by a site: nothing that it names was changed meanwhile.
func (n *notes) stillHolds(guard string, since, at int) bool {
	if since < 0 || slices.ContainsFunc(n.labels, func(l int) bool { return since < l && l < at }) {
		return false
	}
	return !slices.ContainsFunc(n.writes, func(w write) bool {
		if !(w.escaped && w.at < at) && !(since < w.at && w.at < at && n.leads(w.at, at)) && !n.comesBack(w.at, since, at) {
			return false
		}
		return w.name == "" || ContainsWord(guard, w.name)
	})
}

// leads reports whether what did a write may get to a site behind it without
// another round of a loop.
func (n *notes) leads(write, at int) bool {
	return !slices.ContainsFunc(n.ends, func(b span) bool { return b.from < write && write < b.to && b.to < at })
}

// comesBack reports whether a loop that began after a guard leads from a write
// behind a site to the site.
func (n *notes) comesBack(write, since, at int) bool {
	return slices.ContainsFunc(n.loops, func(l span) bool {
		return since < l.from && l.from < at && at < l.to && l.from < write && write < l.to
	})
}
