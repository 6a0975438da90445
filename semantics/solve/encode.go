package solve

import (
	"ptreview/arch/sat"
	"ptreview/semantics/bits"
)

// encode returns the literals of t, the lowest bit first; ok is false if the
// circuit grew too large. Terms may be very deep, so operands are put on a
// stack instead of recursing.
func (s *Solver) encode(t bits.Term) (lits []sat.Lit, ok bool) {
	limit := s.Gates
	if limit == 0 {
		limit = DefaultGates
	}
	stack := []bits.Term{t}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		if s.terms[top] != nil {
			stack = stack[:len(stack)-1]
			continue
		}
		missing := false
		for _, a := range top.Args() {
			if s.terms[a] == nil {
				stack = append(stack, a)
				missing = true
			}
		}
		if missing {
			continue
		}
		if len(s.c.gates) > limit {
			s.full = true
			return nil, false
		}
		stack = stack[:len(stack)-1]
		s.terms[top] = s.operator(top)
	}
	return s.terms[t], true
}

// operator builds the circuit of one term over those of its operands.
func (s *Solver) operator(t bits.Term) []sat.Lit {
	c := &s.c
	var x, y, z []sat.Lit
	for i, a := range t.Args() {
		*[...]*[]sat.Lit{&x, &y, &z}[i] = s.terms[a]
	}
	switch op := t.Op(); op {
	case bits.OpConst:
		return s.constant(t)
	case bits.OpVar:
		return s.variable(t)
	case bits.OpNot:
		return invert(x)
	case bits.OpAnd, bits.OpOr, bits.OpXor:
		return c.bitwise(op, x, y)
	case bits.OpAdd:
		sum, _ := c.add(x, y, c.one.Not())
		return sum
	case bits.OpSub:
		diff, _ := c.sub(x, y)
		return diff
	case bits.OpMul:
		return c.mul(x, y)
	case bits.OpUDiv, bits.OpURem, bits.OpSDiv, bits.OpSRem:
		return c.division(op, x, y)
	case bits.OpShl:
		return c.shift(x, y, true, c.one.Not())
	case bits.OpLShr:
		return c.shift(x, y, false, c.one.Not())
	case bits.OpAShr:
		return c.shift(x, y, false, x[len(x)-1])
	case bits.OpConcat:
		return append(append([]sat.Lit(nil), y...), x...)
	case bits.OpExtract:
		return x[t.Low() : t.Low()+t.Width()]
	case bits.OpZExt:
		return extend(x, t.Width(), c.one.Not())
	case bits.OpSExt:
		return extend(x, t.Width(), x[len(x)-1])
	case bits.OpIte:
		return c.muxes(x[0], y, z)
	default:
		return []sat.Lit{c.comparison(op, x, y)}
	}
}

func (s *Solver) constant(t bits.Term) []sat.Lit {
	hi, lo, _ := t.Uint128()
	lits := make([]sat.Lit, t.Width())
	for i := range lits {
		word := lo
		if i >= 64 {
			word = hi
		}
		lits[i] = s.c.constant(word>>(i&63)&1 != 0)
	}
	return lits
}

// variable makes the literals of an input; models tend towards zeros.
func (s *Solver) variable(t bits.Term) []sat.Lit {
	s.vars = append(s.vars, t)
	lits := make([]sat.Lit, t.Width())
	for i := range lits {
		lits[i] = s.sat.NewVar(false).Pos()
	}
	return lits
}

func (c *circuit) bitwise(op bits.Op, x, y []sat.Lit) []sat.Lit {
	gate := c.xor
	switch op {
	case bits.OpAnd:
		gate = c.and
	case bits.OpOr:
		gate = c.or
	}
	out := make([]sat.Lit, len(x))
	for i := range x {
		out[i] = gate(x[i], y[i])
	}
	return out
}

// division gives signed results the signs that C gives them: a quotient is
// negative where one operand is, a rest where the dividend is. Dividing by
// zero is ±1 and x, which is what the unsigned circuit makes of it.
func (c *circuit) division(op bits.Op, x, y []sat.Lit) []sat.Lit {
	top := len(x) - 1
	xneg, yneg := x[top], y[top]
	switch op {
	case bits.OpUDiv:
		q, _ := c.divide(x, y)
		return q
	case bits.OpURem:
		_, r := c.divide(x, y)
		return r
	}
	q, r := c.divide(c.negateIf(xneg, x), c.negateIf(yneg, y))
	if op == bits.OpSDiv {
		return c.negateIf(c.xor(xneg, yneg), q)
	}
	return c.negateIf(xneg, r)
}

func (c *circuit) comparison(op bits.Op, x, y []sat.Lit) sat.Lit {
	switch op {
	case bits.OpEq:
		return c.equal(x, y)
	case bits.OpSlt, bits.OpSle:
		// Signed numbers compare like unsigned ones with the sign turned.
		x, y = turnSign(x), turnSign(y)
	}
	return c.less(x, y, op == bits.OpUle || op == bits.OpSle)
}

func turnSign(x []sat.Lit) []sat.Lit {
	out := append([]sat.Lit(nil), x...)
	out[len(out)-1] = out[len(out)-1].Not()
	return out
}

func extend(x []sat.Lit, width int, fill sat.Lit) []sat.Lit {
	out := append([]sat.Lit(nil), x...)
	for len(out) < width {
		out = append(out, fill)
	}
	return out
}
