package solve

import (
	"ptreview/arch/sat"
)

// circuit builds gates. A gate whose inputs decide it is not built, and equal
// gates are built once.
type circuit struct {
	sat   *sat.Solver
	one   sat.Lit // holds always
	gates map[gate]sat.Lit
}

// gate is an operator and its inputs in order.
type gate struct {
	op      byte
	a, b, c sat.Lit
}

// The operators of gates.
const (
	gateAnd byte = iota
	gateXor
	gateMux
	gateMajority
)

func (c *circuit) init(s *sat.Solver) {
	c.sat, c.gates = s, make(map[gate]sat.Lit)
	c.one = s.NewDerived().Pos()
	s.Add(c.one)
}

func (c *circuit) constant(v bool) sat.Lit {
	if v {
		return c.one
	}
	return c.one.Not()
}

// output returns the output of a gate, and whether it is new.
func (c *circuit) output(g gate) (sat.Lit, bool) {
	if l, ok := c.gates[g]; ok {
		return l, false
	}
	l := c.sat.NewVar(false).Pos()
	c.gates[g] = l
	return l, true
}

func (c *circuit) and(a, b sat.Lit) sat.Lit {
	zero := c.one.Not()
	switch {
	case a == zero || b == zero || a == b.Not():
		return zero
	case a == c.one || a == b:
		return b
	case b == c.one:
		return a
	}
	if a > b {
		a, b = b, a
	}
	o, fresh := c.output(gate{gateAnd, a, b, 0})
	if fresh {
		c.sat.Add(o.Not(), a)
		c.sat.Add(o.Not(), b)
		c.sat.Add(o, a.Not(), b.Not())
	}
	return o
}

func (c *circuit) or(a, b sat.Lit) sat.Lit { return c.and(a.Not(), b.Not()).Not() }

// xor keeps negations outside, so that a gate serves its four relatives.
func (c *circuit) xor(a, b sat.Lit) sat.Lit {
	zero := c.one.Not()
	switch {
	case a == zero:
		return b
	case b == zero:
		return a
	case a == c.one:
		return b.Not()
	case b == c.one:
		return a.Not()
	case a == b:
		return zero
	case a == b.Not():
		return c.one
	}
	flip := a.Negated() != b.Negated()
	a, b = a.Var().Pos(), b.Var().Pos()
	if a > b {
		a, b = b, a
	}
	o, fresh := c.output(gate{gateXor, a, b, 0})
	if fresh {
		c.sat.Add(o.Not(), a, b)
		c.sat.Add(o.Not(), a.Not(), b.Not())
		c.sat.Add(o, a.Not(), b)
		c.sat.Add(o, a, b.Not())
	}
	if flip {
		return o.Not()
	}
	return o
}

// mux is a if s holds, else b.
func (c *circuit) mux(s, a, b sat.Lit) sat.Lit {
	zero := c.one.Not()
	switch {
	case s == c.one || a == b:
		return a
	case s == zero:
		return b
	case a == c.one:
		return c.or(s, b)
	case a == zero:
		return c.and(s.Not(), b)
	case b == c.one:
		return c.or(s.Not(), a)
	case b == zero:
		return c.and(s, a)
	case a == b.Not():
		return c.xor(s, b)
	}
	if s.Negated() {
		s, a, b = s.Not(), b, a
	}
	o, fresh := c.output(gate{gateMux, s, a, b})
	if fresh {
		c.sat.Add(s.Not(), a.Not(), o)
		c.sat.Add(s.Not(), a, o.Not())
		c.sat.Add(s, b.Not(), o)
		c.sat.Add(s, b, o.Not())
		// Not needed, but they let o be known where s is not.
		c.sat.Add(a.Not(), b.Not(), o)
		c.sat.Add(a, b, o.Not())
	}
	return o
}

// majority holds if two of three do: the carry of an addition.
func (c *circuit) majority(x, y, z sat.Lit) sat.Lit {
	zero := c.one.Not()
	switch {
	case x == zero:
		return c.and(y, z)
	case y == zero:
		return c.and(x, z)
	case z == zero:
		return c.and(x, y)
	case x == c.one:
		return c.or(y, z)
	case y == c.one:
		return c.or(x, z)
	case z == c.one:
		return c.or(x, y)
	case x == y || x == z:
		return x
	case y == z:
		return y
	case x == y.Not():
		return z
	case x == z.Not():
		return y
	case y == z.Not():
		return x
	}
	if x > y {
		x, y = y, x
	}
	if y > z {
		y, z = z, y
	}
	if x > y {
		x, y = y, x
	}
	o, fresh := c.output(gate{gateMajority, x, y, z})
	if fresh {
		for _, p := range [...][2]sat.Lit{{x, y}, {x, z}, {y, z}} {
			c.sat.Add(p[0].Not(), p[1].Not(), o)
			c.sat.Add(p[0], p[1], o.Not())
		}
	}
	return o
}

// add returns x + y + carry and the carry out of the highest bit. Vectors have
// their lowest bit first.
func (c *circuit) add(x, y []sat.Lit, carry sat.Lit) ([]sat.Lit, sat.Lit) {
	sum := make([]sat.Lit, len(x))
	for i := range x {
		sum[i] = c.xor(c.xor(x[i], y[i]), carry)
		carry = c.majority(x[i], y[i], carry)
	}
	return sum, carry
}

// sub returns x − y and whether x ≥ y.
func (c *circuit) sub(x, y []sat.Lit) ([]sat.Lit, sat.Lit) {
	return c.add(x, invert(y), c.one)
}

// less reports x < y unsigned, or x ≤ y if orEqual.
func (c *circuit) less(x, y []sat.Lit, orEqual bool) sat.Lit {
	carry := c.constant(orEqual)
	for i := range x {
		carry = c.majority(x[i].Not(), y[i], carry)
	}
	return carry
}

func (c *circuit) equal(x, y []sat.Lit) sat.Lit {
	all := c.one
	for i := range x {
		all = c.and(all, c.xor(x[i], y[i]).Not())
	}
	return all
}

func (c *circuit) muxes(s sat.Lit, x, y []sat.Lit) []sat.Lit {
	out := make([]sat.Lit, len(x))
	for i := range x {
		out[i] = c.mux(s, x[i], y[i])
	}
	return out
}

// negateIf returns −x if s holds.
func (c *circuit) negateIf(s sat.Lit, x []sat.Lit) []sat.Lit {
	flipped := make([]sat.Lit, len(x))
	zeros := make([]sat.Lit, len(x))
	for i := range x {
		flipped[i], zeros[i] = c.xor(x[i], s), c.one.Not()
	}
	out, _ := c.add(flipped, zeros, s)
	return out
}

// mul adds up x shifted to each bit of y that is set.
func (c *circuit) mul(x, y []sat.Lit) []sat.Lit {
	if c.constants(x) > c.constants(y) {
		x, y = y, x
	}
	zero := c.one.Not()
	sum := make([]sat.Lit, len(x))
	for i := range sum {
		sum[i] = zero
	}
	for i := range y {
		if y[i] == zero {
			continue
		}
		row := make([]sat.Lit, len(x)-i)
		for k := range row {
			row[k] = c.and(x[k], y[i])
		}
		high, _ := c.add(sum[i:], row, zero)
		copy(sum[i:], high)
	}
	return sum
}

// constants counts the bits that are known.
func (c *circuit) constants(x []sat.Lit) int {
	n := 0
	for _, l := range x {
		if l.Var() == c.one.Var() {
			n++
		}
	}
	return n
}

// divide returns x / y and x % y unsigned, by long division: all ones and x
// where y is zero, as the subtraction then always succeeds.
func (c *circuit) divide(x, y []sat.Lit) (quotient, rest []sat.Lit) {
	w := len(x)
	zero := c.one.Not()
	quotient = make([]sat.Lit, w)
	rest = make([]sat.Lit, w+1) // of one bit more, as it is shifted before it is compared
	for i := range rest {
		rest[i] = zero
	}
	wide := append(append([]sat.Lit(nil), y...), zero)
	for i := w - 1; i >= 0; i-- {
		shifted := append([]sat.Lit{x[i]}, rest[:w]...)
		less, fits := c.sub(shifted, wide)
		quotient[i] = fits
		rest = c.muxes(fits, less, shifted)
	}
	return quotient, rest[:w]
}

// shift moves x by y places, up or down, filling with fill. Shifting by the
// width or more fills everything.
func (c *circuit) shift(x, y []sat.Lit, up bool, fill sat.Lit) []sat.Lit {
	w := len(x)
	out := append([]sat.Lit(nil), x...)
	far := c.one.Not()
	for i := range y {
		if i >= 8 || 1<<i >= w {
			far = c.or(far, y[i])
			continue
		}
		n := 1 << i
		moved := make([]sat.Lit, w)
		for k := range moved {
			from := k + n
			if up {
				from = k - n
			}
			moved[k] = fill
			if from >= 0 && from < w {
				moved[k] = out[from]
			}
		}
		out = c.muxes(y[i], moved, out)
	}
	filled := make([]sat.Lit, w)
	for i := range filled {
		filled[i] = fill
	}
	return c.muxes(far, filled, out)
}

func invert(x []sat.Lit) []sat.Lit {
	out := make([]sat.Lit, len(x))
	for i := range x {
		out[i] = x[i].Not()
	}
	return out
}
