package bits

import "fmt"

// Concat puts x above y. The sum of the widths is at most MaxWidth.
func (b *Builder) Concat(x, y Term) Term {
	w := x.Width() + y.Width()
	checkWidth(w)
	switch {
	case x.IsConst() && y.IsConst():
		v := x.val.shl(uint(y.width))
		return constant(w, u128{v.hi | y.val.hi, v.lo | y.val.lo})
	case x.IsZero():
		return b.ZExt(y, w)
	case x.Op() == OpZExt:
		return b.ZExt(b.Concat(x.n.a, y), w)
	}
	if t := b.rejoin(x, y, w); t.IsValid() {
		return t
	}
	return b.node(key{op: OpConcat, width: uint8(w), a: x, b: y})
}

// rejoin undoes a split: neighbouring pieces of one term, which is how bytes
// come back from memory.
func (b *Builder) rejoin(x, y Term, w int) Term {
	if y.Op() == OpConcat {
		// (x, (a, c)) with x and a neighbours becomes ((x, a), c).
		a := y.n.a
		if t := b.rejoin(x, a, x.Width()+a.Width()); t.IsValid() {
			return b.Concat(t, y.n.b)
		}
		return Term{}
	}
	if x.Op() == OpConcat {
		a := x.n.b
		if t := b.rejoin(a, y, a.Width()+y.Width()); t.IsValid() {
			return b.Concat(x.n.a, t)
		}
		return Term{}
	}
	xs, xlow := slice(x)
	ys, ylow := slice(y)
	if xs == ys && xs.n != nil && xlow == ylow+y.Width() {
		return b.Extract(xs, ylow+w-1, ylow)
	}
	return Term{}
}

// slice returns the term t is a piece of and where the piece begins.
func slice(t Term) (Term, int) {
	if t.Op() == OpExtract {
		return t.n.a, t.Low()
	}
	return t, 0
}

// Extract returns bits high…low of x, both included.
func (b *Builder) Extract(x Term, high, low int) Term {
	if low < 0 || high < low || high >= x.Width() {
		panic(fmt.Sprintf("bits: extract %d..%d of width %d", high, low, x.width))
	}
	w := high - low + 1
	switch {
	case w == x.Width():
		return x
	case x.IsConst():
		return constant(w, x.val.shr(uint(low)).trunc(w))
	}
	switch x.n.op {
	case OpExtract:
		return b.Extract(x.n.a, high+x.Low(), low+x.Low())
	case OpConcat:
		return b.extractConcat(x, high, low)
	case OpZExt, OpSExt:
		return b.extractExtension(x, high, low)
	case OpAnd, OpOr, OpXor:
		// Masks and flags: keep what is constant in the piece constant.
		if x.n.b.IsConst() {
			return b.op2(x.n.op, b.Extract(x.n.a, high, low), b.Extract(x.n.b, high, low))
		}
	case OpIte:
		if x.n.b.IsConst() || x.n.c.IsConst() {
			return b.Ite(x.n.a, b.Extract(x.n.b, high, low), b.Extract(x.n.c, high, low))
		}
	}
	return b.node(key{op: OpExtract, width: uint8(w), aux: uint32(low), a: x})
}

func (b *Builder) extractConcat(x Term, high, low int) Term {
	top, bottom := x.n.a, x.n.b
	split := bottom.Width()
	switch {
	case high < split:
		return b.Extract(bottom, high, low)
	case low >= split:
		return b.Extract(top, high-split, low-split)
	}
	return b.Concat(b.Extract(top, high-split, 0), b.Extract(bottom, split-1, low))
}

func (b *Builder) extractExtension(x Term, high, low int) Term {
	inner := x.n.a
	n, w := inner.Width(), high-low+1
	switch {
	case high < n:
		return b.Extract(inner, high, low)
	case x.n.op == OpZExt && low >= n:
		return Const(w, 0)
	case x.n.op == OpZExt:
		return b.ZExt(b.Extract(inner, n-1, low), w)
	case low < n:
		return b.SExt(b.Extract(inner, n-1, low), w)
	}
	return b.SExt(b.Extract(inner, n-1, n-1), w)
}

// ZExt widens x to width bits with zeros; width ≥ x.Width().
func (b *Builder) ZExt(x Term, width int) Term {
	checkExtension(x, width)
	switch {
	case width == x.Width():
		return x
	case x.IsConst():
		return constant(width, x.val)
	case x.Op() == OpZExt:
		return b.ZExt(x.n.a, width)
	}
	return b.node(key{op: OpZExt, width: uint8(width), a: x})
}

// SExt widens x to width bits with its sign; width ≥ x.Width().
func (b *Builder) SExt(x Term, width int) Term {
	checkExtension(x, width)
	switch {
	case width == x.Width():
		return x
	case x.IsConst():
		return constant(width, x.val.sext(x.Width()).trunc(width))
	case x.Op() == OpZExt: // wider than its operand, so the sign is 0
		return b.ZExt(x.n.a, width)
	case x.Op() == OpSExt:
		return b.SExt(x.n.a, width)
	}
	return b.node(key{op: OpSExt, width: uint8(width), a: x})
}

func checkExtension(x Term, width int) {
	checkWidth(width)
	if width < x.Width() || x.width == 0 {
		panic(fmt.Sprintf("bits: width %d extended to %d", x.width, width))
	}
}

// Resize truncates x to width bits or extends it, by its sign if signed.
func (b *Builder) Resize(x Term, width int, signed bool) Term {
	switch {
	case width == x.Width():
		return x
	case width < x.Width():
		return b.Extract(x, width-1, 0)
	case signed:
		return b.SExt(x, width)
	}
	return b.ZExt(x, width)
}
