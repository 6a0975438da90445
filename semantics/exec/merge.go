package exec

import (
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// computes reports whether evaluating e leaves the locals of its own function
// alone, as far as its text tells. What the functions that it calls do is seen
// when they run.
func (c *compiler) computes(e syntax.Expr) bool {
	if e == nil || types.TypeOf(e) == nil {
		return false
	}
	if types.ConstOf(e) != nil {
		return true
	}
	ok := true
	syntax.Inspect(e, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign, *syntax.Postfix, *syntax.StmtExpr, *syntax.VaArg, *syntax.CompoundLit, *syntax.LabelAddr:
			ok = false
		case *syntax.Unary:
			ok = ok && n.Op != syntax.Inc && n.Op != syntax.Dec && n.Op != syntax.AddrOf
		}
		return ok
	})
	return ok
}

// open reports whether a condition depends on inputs, so that both sides may
// be taken.
func (m *Machine) open(cond bits.Term) bool {
	return !cond.IsConst() && m.opt.Decisions.paths != nil && !m.facts.simplify(cond).IsConst()
}
