package exec

import (
	"context"

	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// Eval evaluates C text as an expression at the end of a unit: "init_mm.pgd",
// "__pmd_index_size = H_PMD_INDEX_SIZE", "pte_val(*(pte_t *)0xc000000000010000)".
// It is how machines set boot-time variables and how results are looked at.
// Errors: those of Call, and what is wrong with the text.
func (m *Machine) Eval(ctx context.Context, u *types.Unit, text string) (*Result, error) {
	e, err := m.prog.Prepare(u, text)
	if err != nil {
		return nil, err
	}
	return m.Evaluate(ctx, e)
}

// compileExpr makes code whose value is that of e.
func (p *Program) compileExpr(u *types.Unit, e syntax.Expr, text string) *code {
	c := &compiler{prog: p, unit: u, info: localsOf(e), inMemory: make(map[*types.Object]bool)}
	for c.grew = true; c.grew; {
		c.grew = false
		c.code = &code{name: text, unit: u}
		c.begin()
		x := c.value(e)
		if isVoid(typeOrVoid(c, e)) {
			x = c.effect(e)
		}
		if n, ok := c.numOf(e); ok {
			c.code.bits = n.bits
		}
		c.emit(step{op: opValue, x: x, loc: e.Loc()})
	}
	return c.code
}

// localsOf finds the variables of statement expressions in e, which belong to
// no function that Check would tell about.
func localsOf(e syntax.Expr) *types.FuncInfo {
	info := &types.FuncInfo{Declared: make(map[*syntax.Declarator]*types.Object)}
	syntax.Inspect(e, func(n syntax.Node) bool {
		if id, ok := n.(*syntax.Ident); ok {
			o := types.ObjectOf(id)
			if o != nil && o.Local && o.Decl != nil && info.Declared[o.Decl] == nil {
				info.Declared[o.Decl] = o
				info.Locals = append(info.Locals, o)
			}
		}
		return true
	})
	return info
}
