package facts

import (
	"slices"

	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// Undecided reports whether a compiler cannot know any of the conditions in front
// of a site, in a function that anybody may call: each depends on memory, on what
// the function is passed or on what one defined elsewhere returns, and could have
// both results. False says that it may know.
func (g *Graph) Undecided(f *Function, s Site) bool {
	if behindLabel(f.Body, s) {
		return false
	}
	r := &runtime{g: g, in: &scope{f.Unit}, body: f.Body, params: len(f.Def.Type.Params)}
	for i, c := range s.conds {
		if s.since[i] < 0 || slices.Contains(s.Guards[:i], negated(s.Guards[i])) || !r.truth(c) {
			return false
		}
	}
	return true
}

// behindLabel reports whether a label stands in front of a site: what is behind it
// may be dead though no condition is seen in front.
func behindLabel(body *syntax.Block, s Site) bool {
	label, here := false, false
	syntax.Inspect(body, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.Call); ok && call == s.Call {
			here = true
		}
		if l, ok := n.(*syntax.Label); ok && !here && l != nil {
			label = true
		}
		return !here
	})
	return label
}

// runtime finds out what is known only when a function runs.
type runtime struct {
	g      *Graph
	in     *scope
	body   *syntax.Block
	params int
	args   []bool          // which parameters are known only then, of a callee
	open   []*types.Object // variables that are being looked at
	depth  int             // of callees
}

// maxCallees bounds the functions looked into, one in another.
const maxCallees = 4

// truth reports whether both truths of a condition are possible for all that is
// known.
func (r *runtime) truth(e syntax.Expr) bool {
	switch e := stripExpect(e).(type) {
	case *syntax.Unary:
		if e.Op == syntax.Not {
			return r.truth(e.X)
		}
		return r.value(e)
	case *syntax.Binary:
		return r.compared(e)
	case *syntax.StmtExpr, *syntax.Cond, *syntax.Comma:
		return false
	default:
		return r.value(e)
	}
}

// compared is truth of a binary operator.
func (r *runtime) compared(e *syntax.Binary) bool {
	x, y := r.g.fold(r.in, e.X), r.g.fold(r.in, e.Y)
	switch e.Op {
	case syntax.LogAnd, syntax.LogOr:
		return (x.ok || r.truth(e.X)) && (y.ok || r.truth(e.Y))
	case syntax.And:
		return r.value(e)
	case syntax.Eq, syntax.Ne:
		_, masks := e.X.(*syntax.Binary)
		return r.value(e.X) && (y.ok && (!masks || y.isZero()) || r.value(e.Y))
	case syntax.Lt, syntax.Le, syntax.Gt, syntax.Ge:
		return r.value(e.X) && r.value(e.Y)
	}
	return r.value(e)
}

// value reports whether an expression can be zero and not zero.
func (r *runtime) value(e syntax.Expr) bool {
	if e == nil || r.g.fold(r.in, e).ok {
		return false
	}
	switch e := e.(type) {
	case *syntax.Ident:
		return r.variable(types.ObjectOf(e))
	case *syntax.Unary:
		return e.Op == syntax.Deref || (e.Op == syntax.Minus || e.Op == syntax.BitNot) && r.value(e.X)
	case *syntax.Postfix:
		return r.value(e.X)
	case *syntax.Member:
		return e.Arrow || r.value(e.X)
	case *syntax.Index:
		return true
	case *syntax.Cast:
		return r.value(e.X)
	case *syntax.Binary:
		return r.computed(e)
	case *syntax.Call:
		return r.called(e)
	}
	return false
}

// computed is value of an arithmetic operator.
func (r *runtime) computed(e *syntax.Binary) bool {
	x, y := r.g.fold(r.in, e.X), r.g.fold(r.in, e.Y)
	switch e.Op {
	case syntax.And:
		return (r.value(e.X) && (r.value(e.Y) || y.isTrue())) || r.value(e.Y) && x.isTrue()
	case syntax.Add, syntax.Sub:
		return (r.value(e.X) || x.ok) && (r.value(e.Y) || y.ok)
	}
	return false
}

// variable is value of a variable: of a parameter, and of a local one all of whose
// values are known only when the function runs.
func (r *runtime) variable(o *types.Object) bool {
	switch {
	case o == nil || o.Kind != types.Var || slices.Contains(r.open, o):
		return false
	case !o.Local:
		return o.Storage&syntax.Static == 0 && o.Storage&syntax.Extern != 0
	}
	isParam := o.Index < r.params
	if isParam && r.args != nil {
		return r.args[o.Index]
	}
	r.open = append(r.open, o)
	defer func() { r.open = r.open[:len(r.open)-1] }()
	some, all := isParam, true
	assigned := func(v syntax.Expr) {
		if v != nil {
			some, all = true, all && r.value(v)
		}
	}
	syntax.Inspect(r.body, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if types.ObjectOf(n.L) == o && n.Op == syntax.NoOp {
				assigned(n.R)
			}
		case *syntax.Declaration:
			for _, v := range n.Vars {
				if o.Decl != nil && v == o.Decl {
					assigned(v.Init)
				}
			}
		}
		return true
	})
	return some && all
}

// called is value of a call: of a function that is defined elsewhere, or of one
// here that is nothing but the return of such a value.
func (r *runtime) called(e *syntax.Call) bool {
	name := calleeName(e)
	o := types.ObjectOf(e.Fun)
	if name == "" || o == nil || o.Kind != types.Function {
		return false
	}
	f, err := r.g.inUnit(r.in, name)
	if err != nil {
		return false
	}
	if f == nil {
		return !o.HasAttr("const") && !o.HasAttr("pure")
	}
	if r.depth == maxCallees || f.Body == nil || len(f.Body.Items) != 1 || len(e.Args) != len(f.Def.Type.Params) {
		return false
	}
	ret, ok := f.Body.Items[0].(*syntax.Return)
	if !ok {
		return false
	}
	inner := &runtime{g: r.g, in: &scope{f.Unit}, body: f.Body, params: len(e.Args), args: make([]bool, len(e.Args)), depth: r.depth + 1}
	for i, a := range e.Args {
		inner.args[i] = r.value(a)
	}
	return inner.truth(ret.X)
}
