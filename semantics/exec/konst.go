package exec

import (
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// konstFn tells whether __builtin_constant_p holds for an expression in a
// frame; nil means never.
//
// The rule stands for what gcc -O2 finds after inlining: an expression made of
// constants is constant, and so is a parameter, not yet written to, of a
// function declared inline that was called with one, and a local that is
// initialised with one and never written again. What comes from memory or out
// of a call is not.
type konstFn func(fr *frame) bool

func always(*frame) bool { return true }

// both joins two of them.
func both(x, y konstFn) konstFn {
	if x == nil || y == nil {
		return nil
	}
	return func(fr *frame) bool { return x(fr) && y(fr) }
}

func (c *compiler) konst(e syntax.Expr) konstFn {
	if types.ConstOf(e) != nil {
		return always
	}
	switch e := e.(type) {
	case *syntax.Ident:
		return c.konstIdent(types.ObjectOf(e))
	case *syntax.Cast:
		return c.konst(e.X)
	case *syntax.Unary:
		switch e.Op {
		case syntax.Plus, syntax.Minus, syntax.Not, syntax.BitNot:
			return c.konst(e.X)
		}
	case *syntax.Binary:
		return both(c.konst(e.X), c.konst(e.Y))
	case *syntax.Cond:
		if e.T == nil {
			return both(c.konst(e.C), c.konst(e.F))
		}
		return both(c.konst(e.C), both(c.konst(e.T), c.konst(e.F)))
	case *syntax.Generic, *syntax.ChooseExpr:
		if x := types.Chosen(e); x != nil {
			return c.konst(x)
		}
	case *syntax.StmtExpr:
		return c.konstStmtExpr(e)
	case *syntax.Call:
		if o := types.ObjectOf(e.Fun); o != nil && o.Name == "__builtin_expect" {
			return c.konst(e.Args[0])
		}
	}
	return nil
}

func (c *compiler) konstStmtExpr(e *syntax.StmtExpr) konstFn {
	if !hasValue(e.Body.Items) {
		return nil
	}
	if x, ok := e.Body.Items[len(e.Body.Items)-1].(*syntax.ExprStmt); ok {
		return c.konst(x.X)
	}
	return nil
}

func (c *compiler) konstIdent(o *types.Object) konstFn {
	if o == nil || o.Type == nil {
		return nil
	}
	for i, p := range c.code.params {
		if p.obj == o && (c.steady[o] || !c.written[o] && len(c.loops) == 0) {
			return c.konstParam(i)
		}
	}
	if !c.steady[o] || o.Decl == nil || o.Decl.Init == nil || isAggregate(o.Type) {
		return nil
	}
	if _, list := o.Decl.Init.(*syntax.InitList); list {
		return nil
	}
	return c.konst(o.Decl.Init)
}

// konstParam asks the caller, if the function is one that gets inlined.
func (c *compiler) konstParam(i int) konstFn {
	if c.code.def == nil || c.code.def.Storage&syntax.Inline == 0 {
		return nil
	}
	return func(fr *frame) bool {
		if fr.call == nil || fr.caller == nil || i >= len(fr.call.konst) {
			return false
		}
		k := fr.call.konst[i]
		return k != nil && k(fr.caller)
	}
}

// constantP compiles __builtin_constant_p where the type checker left it open.
func (c *compiler) constantP(e *syntax.Call) expr {
	k := c.konst(e.Args[0])
	return general(func(fr *frame) (bits.Term, error) {
		if k != nil && k(fr) {
			return bits.Const(32, 1), nil
		}
		return bits.Const(32, 0), nil
	})
}

// steadyLocals returns the locals of a body that nothing writes after their
// declaration and whose address nothing takes.
func steadyLocals(info *types.FuncInfo, body *syntax.Block) map[*types.Object]bool {
	steady := make(map[*types.Object]bool)
	for _, o := range info.Params {
		steady[o] = true
	}
	for _, o := range info.Locals {
		steady[o] = true
	}
	written := func(e syntax.Expr) {
		if o := types.ObjectOf(e); o != nil {
			delete(steady, o)
		}
	}
	syntax.Inspect(body, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			written(n.L)
		case *syntax.Postfix:
			written(n.X)
		case *syntax.Unary:
			if n.Op == syntax.Inc || n.Op == syntax.Dec || n.Op == syntax.AddrOf {
				written(n.X)
			}
		case *syntax.Asm:
			for _, o := range n.Outputs {
				written(types.AsmOutput(o.X))
			}
		}
		return true
	})
	return steady
}
