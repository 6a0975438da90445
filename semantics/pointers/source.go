package pointers

import (
	"ptreview/parse/syntax"
	"ptreview/semantics/facts"
	"ptreview/semantics/types"
)

// Sources are the expressions that the variables of a function are given, by
// variable.
type Sources map[*types.Object][]syntax.Expr

// sourcesOf collects what a function gives its variables.
func sourcesOf(info *types.FuncInfo, body *syntax.Block) Sources {
	s := make(Sources)
	syntax.Inspect(body, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if o := types.ObjectOf(n.L); o != nil && n.Op == syntax.NoOp {
				s[o] = append(s[o], n.R)
			}
		case *syntax.Declarator:
			if o := info.Declared[n]; o != nil && n.Init != nil {
				s[o] = append(s[o], n.Init)
			}
		}
		return true
	})
	return s
}

// bodyOf returns the body of a function, with what it gives its variables; nil if it
// cannot be read.
func bodyOf(fn *facts.Function) (*syntax.Block, Sources) {
	body := Body(fn)
	if body == nil {
		return nil, nil
	}
	info, _ := fn.Unit.Types.Check(fn.Def)
	return body, sourcesOf(info, body)
}

// Root returns the variable that a pointer is made from by arithmetic, nil if
// that is none.
func Root(x syntax.Expr) *types.Object {
	for {
		switch n := x.(type) {
		case *syntax.Ident:
			return types.ObjectOf(n)
		case *syntax.Unary:
			if n.Op != syntax.Inc && n.Op != syntax.Dec {
				return nil
			}
			x = n.X
		case *syntax.Postfix:
			x = n.X
		case *syntax.Binary:
			if n.Op != syntax.Add && n.Op != syntax.Sub {
				return nil
			}
			x = n.X
		case *syntax.Cast:
			x = n.X
		default:
			return nil
		}
	}
}

// ofVariable reports whether an expression is the address of a variable, or of
// what is in one.
func ofVariable(x syntax.Expr) bool {
	for {
		switch n := x.(type) {
		case *syntax.Unary:
			if n.Op != syntax.AddrOf {
				return false
			}
			return isVariable(n.X)
		case *syntax.Cast:
			x = n.X
		default:
			_, isArray := types.Unqual(types.TypeOf(x)).(*types.Array)
			return isArray
		}
	}
}

func isVariable(x syntax.Expr) bool {
	switch n := x.(type) {
	case *syntax.Ident:
		return true
	case *syntax.Member:
		return true // whoever holds it: a member is no table
	case *syntax.Index:
		_, isArray := types.Unqual(types.TypeOf(n.X)).(*types.Array)
		return isArray
	}
	return false
}
