package types

import "ptreview/parse/syntax"

func (c *checker) chooseExpr(e *syntax.ChooseExpr) Type {
	old := c.answerNow(true)
	c.expr(e.C)
	c.answerNow(old)
	c.expr(e.T)
	c.expr(e.F)
	if TypeOf(e.C) == nil {
		return nil
	}
	k := ConstOf(e.C)
	if k == nil {
		c.errorf(e, "first operand of __builtin_choose_expr is not constant")
		return nil
	}
	x := e.T
	if k.IsZero() {
		x = e.F
	}
	return c.choose(e, x)
}

// choose makes e stand for x.
func (c *checker) choose(e, x syntax.Expr) Type {
	t := TypeOf(x)
	if t == nil {
		return nil
	}
	e.Typed().Obj = x
	if k := ConstOf(x); k != nil {
		setConst(e, k)
	}
	return t
}

func (c *checker) generic(e *syntax.Generic) Type {
	t := c.operand(e.X)
	var chosen, fallback syntax.Expr
	for _, a := range e.Assocs {
		c.expr(a.X)
		if a.Of == nil {
			fallback = a.X
			continue
		}
		of := c.typ(a.Of)
		if t == nil || of == nil || chosen != nil {
			continue
		}
		if c.u.compatible(t, of) {
			chosen = a.X
		}
	}
	if t == nil {
		return nil
	}
	if chosen == nil {
		chosen = fallback
	}
	if chosen == nil {
		c.errorf(e, "no association of _Generic matches %s", t)
		return nil
	}
	return c.choose(e, chosen)
}

func (c *checker) vaArg(e *syntax.VaArg) Type {
	c.expr(e.X)
	t := c.typ(e.Of)
	if t == nil {
		return nil
	}
	if !c.complete(t) {
		c.errorf(e, "va_arg of incomplete type %s", t)
		return nil
	}
	return Unqual(t)
}

func (c *checker) compoundLit(e *syntax.CompoundLit) Type {
	t := c.typ(e.Of)
	if t == nil {
		return nil
	}
	return c.initializer(t, e.Init)
}
