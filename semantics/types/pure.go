package types

import "ptreview/parse/syntax"

// pure reports whether evaluating e changes nothing, as TREE_SIDE_EFFECTS of
// gcc would deny.
func pure(e syntax.Expr) bool {
	switch e := e.(type) {
	case nil:
		return true
	case *syntax.Ident:
		return !volatile(e)
	case *syntax.IntLit, *syntax.FloatLit, *syntax.CharLit, *syntax.StringLit, *syntax.Sizeof,
		*syntax.Offsetof, *syntax.TypesCompatible, *syntax.HasAttribute, *syntax.LabelAddr:
		return true
	case *syntax.Unary:
		switch e.Op {
		case syntax.Inc, syntax.Dec:
			return false
		case syntax.AddrOf:
			return pureAddress(e.X)
		}
		return pure(e.X) && !volatile(e)
	case *syntax.Binary:
		return pure(e.X) && pure(e.Y)
	case *syntax.Cond:
		return pure(e.C) && (e.T == nil || pure(e.T)) && pure(e.F)
	case *syntax.Comma:
		return pure(e.X) && pure(e.Y)
	case *syntax.Index:
		return pure(e.X) && pure(e.I) && !volatile(e)
	case *syntax.Member:
		return pure(e.X) && !volatile(e)
	case *syntax.Cast:
		return pure(e.X)
	case *syntax.Generic, *syntax.ChooseExpr:
		x := Chosen(e)
		return x != nil && pure(x)
	case *syntax.Call:
		return pureCall(e)
	}
	return false
}

// pureAddress reports whether forming the address of e changes nothing.
func pureAddress(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Ident:
		return true
	case *syntax.Unary:
		return e.Op == syntax.Deref && pure(e.X)
	case *syntax.Member:
		if e.Arrow {
			return pure(e.X)
		}
		return pureAddress(e.X)
	case *syntax.Index:
		return pureAddress(e.X) && pure(e.I)
	}
	return pure(e)
}

func volatile(e syntax.Expr) bool {
	q, ok := TypeOf(e).(*Qualified)
	return ok && q.Volatile
}

func pureCall(e *syntax.Call) bool {
	o := ObjectOf(e.Fun)
	if o == nil {
		return false
	}
	if !o.HasAttr("const") && !o.HasAttr("pure") && !(o.Kind == Builtin && pureBuiltin(o.Name)) {
		return false
	}
	for _, a := range e.Args {
		if !pure(a) {
			return false
		}
	}
	return true
}

// answerNow sets whether __builtin_constant_p is to be answered at once and
// returns the former setting.
func (c *checker) answerNow(at bool) bool {
	old := c.now
	c.now = at
	return old
}
