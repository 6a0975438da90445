package facts

import (
	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// value is a folded integer; ok is false when e is not constant here.
type value struct {
	n  int64
	ok bool
}

var unknown = value{}

func known(n int64) value { return value{n, true} }

func truth(b bool) value {
	if b {
		return known(1)
	}
	return known(0)
}

// isZero and isTrue are false for unknown values.
func (v value) isZero() bool { return v.ok && v.n == 0 }
func (v value) isTrue() bool { return v.ok && v.n != 0 }

// fold evaluates e as far as the class and the machine decide it. It is used
// for conditions only: side effects do not matter, and a value is given only
// where every run would see it.
func (g *Graph) fold(in *scope, e syntax.Expr) value {
	if e == nil {
		return unknown
	}
	if c := types.ConstOf(e); c != nil {
		return known(c.Int64())
	}
	switch e := e.(type) {
	case *syntax.Unary:
		return foldUnary(e.Op, g.fold(in, e.X))
	case *syntax.Binary:
		return g.foldBinary(in, e)
	case *syntax.Cond:
		return g.foldCond(in, e)
	case *syntax.Comma:
		return g.fold(in, e.Y)
	case *syntax.Cast:
		return g.foldCast(in, e)
	case *syntax.StmtExpr:
		return g.foldStmtExpr(in, e)
	case *syntax.Generic, *syntax.ChooseExpr:
		return g.fold(in, types.Chosen(e))
	case *syntax.Call:
		return g.foldCall(in, e)
	}
	return unknown
}

func foldUnary(op syntax.Op, x value) value {
	if !x.ok {
		return unknown
	}
	switch op {
	case syntax.Not:
		return truth(x.n == 0)
	case syntax.Minus:
		return known(-x.n)
	case syntax.Plus:
		return x
	case syntax.BitNot:
		return known(^x.n)
	}
	return unknown
}

func (g *Graph) foldBinary(in *scope, e *syntax.Binary) value {
	x, y := g.fold(in, e.X), g.fold(in, e.Y)
	switch e.Op {
	case syntax.LogAnd:
		if x.isZero() || y.isZero() {
			return known(0)
		}
		if x.isTrue() && y.isTrue() {
			return known(1)
		}
		return unknown
	case syntax.LogOr:
		if x.isTrue() || y.isTrue() {
			return known(1)
		}
		if x.isZero() && y.isZero() {
			return known(0)
		}
		return unknown
	case syntax.And, syntax.Mul:
		if x.isZero() || y.isZero() {
			return known(0)
		}
	}
	if !x.ok || !y.ok {
		return unknown
	}
	return foldArith(e, x.n, y.n)
}

// foldArith folds what is the same for signed and unsigned operands, and
// comparisons where neither side could be read as negative.
func foldArith(e *syntax.Binary, x, y int64) value {
	switch e.Op {
	case syntax.Add:
		return known(x + y)
	case syntax.Sub:
		return known(x - y)
	case syntax.And:
		return known(x & y)
	case syntax.Or:
		return known(x | y)
	case syntax.Xor:
		return known(x ^ y)
	case syntax.Eq:
		return truth(x == y)
	case syntax.Ne:
		return truth(x != y)
	}
	if x < 0 || y < 0 {
		return unknown
	}
	switch e.Op {
	case syntax.Lt:
		return truth(x < y)
	case syntax.Le:
		return truth(x <= y)
	case syntax.Gt:
		return truth(x > y)
	case syntax.Ge:
		return truth(x >= y)
	}
	return unknown
}

func (g *Graph) foldCond(in *scope, e *syntax.Cond) value {
	c := g.fold(in, e.C)
	t := e.T
	if t == nil {
		t = e.C
	}
	if c.isTrue() {
		return g.fold(in, t)
	}
	if c.isZero() {
		return g.fold(in, e.F)
	}
	if x, y := g.fold(in, t), g.fold(in, e.F); x.ok && x == y {
		return x
	}
	return unknown
}

// foldCast keeps values that every integer type can hold, so that no
// conversion has to be looked at.
func (g *Graph) foldCast(in *scope, e *syntax.Cast) value {
	v := g.fold(in, e.X)
	if v.ok && v.n >= 0 && v.n <= 127 {
		if _, isRecord := types.Unqual(types.TypeOf(e)).(*types.Record); !isRecord {
			return v
		}
	}
	return unknown
}

func (g *Graph) foldStmtExpr(in *scope, e *syntax.StmtExpr) value {
	if n := len(e.Body.Items); n > 0 {
		if last, ok := e.Body.Items[n-1].(*syntax.ExprStmt); ok && last.X != nil {
			return g.fold(in, last.X)
		}
	}
	return unknown
}

func (g *Graph) foldCall(in *scope, e *syntax.Call) value {
	name := calleeName(e)
	switch name {
	case "":
		return unknown
	case "__builtin_expect", "__builtin_expect_with_probability":
		if len(e.Args) > 0 {
			return g.fold(in, e.Args[0])
		}
		return unknown
	}
	if result, ok := g.inputs[name]; ok {
		return truth(result)
	}
	f, err := g.inUnit(in, name)
	if err != nil || f == nil {
		return unknown
	}
	return g.constant(f)
}

// calleeName returns the name that a direct call calls, else "".
func calleeName(e *syntax.Call) string {
	if id, ok := e.Fun.(*syntax.Ident); ok {
		return id.Name
	}
	return ""
}
