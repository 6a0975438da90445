package bits

import "fmt"

// Builder makes terms and keeps their nodes. It belongs to one run and is not
// safe for concurrent use. Operands must have the widths the operator wants;
// anything else is a fault of the caller and panics.
type Builder struct {
	nodes map[key]*node
	vars  map[string]Term
	free  []Term // every variable, in order of creation
	count uint32
}

// NewBuilder returns an empty Builder.
func NewBuilder() *Builder {
	return &Builder{nodes: make(map[key]*node), vars: make(map[string]Term)}
}

// Len returns the number of nodes made so far, for callers with a budget.
func (b *Builder) Len() int { return int(b.count) }

// Variables returns every variable and unknown in order of creation.
func (b *Builder) Variables() []Term { return b.free }

// Var returns the free variable called name, an input of the run. Asking again
// returns the same term; the width must then be the same.
func (b *Builder) Var(name string, width int) Term {
	checkWidth(width)
	if t, ok := b.vars[name]; ok {
		if t.Width() != width {
			panic(fmt.Sprintf("bits: variable %s has %d bits, not %d", name, t.width, width))
		}
		return t
	}
	t := b.variable(name, "", width)
	b.vars[name] = t
	return t
}

// Unknown returns a fresh variable that stands for a value which cannot be
// known, and why.
func (b *Builder) Unknown(reason string, width int) Term {
	checkWidth(width)
	return b.variable(fmt.Sprintf("unknown%d", len(b.free)), reason, width)
}

// NamedUnknown is Unknown, but asking again by the same name and width returns
// the same term: what is not known, but is the same wherever it is named.
func (b *Builder) NamedUnknown(name, reason string, width int) Term {
	checkWidth(width)
	name = fmt.Sprintf("unknown %s, %d bits", name, width)
	t, ok := b.vars[name]
	if !ok {
		t = b.variable(name, reason, width)
		b.vars[name] = t
	}
	return t
}

func (b *Builder) variable(name, reason string, width int) Term {
	b.count++
	n := &node{
		key:     key{op: OpVar, width: uint8(width), aux: b.count},
		id:      b.count,
		name:    name,
		reason:  reason,
		tainted: reason != "",
	}
	t := Term{n: n, width: uint8(width)}
	b.free = append(b.free, t)
	return t
}

func (b *Builder) node(k key) Term {
	n := b.nodes[k]
	if n == nil {
		b.count++
		n = &node{key: k, id: b.count, tainted: k.a.Tainted() || k.b.Tainted() || k.c.Tainted()}
		b.nodes[k] = n
	}
	return Term{n: n, width: k.width}
}

// after orders the operands of commutative operators: older nodes first,
// constants last.
func after(x, y Term) bool {
	if x.n == nil || y.n == nil {
		return x.n == nil && y.n != nil
	}
	return x.n.id > y.n.id
}

func sameWidth(op Op, x, y Term) {
	if x.width != y.width || x.width == 0 {
		panic(fmt.Sprintf("bits: %s of widths %d and %d", op, x.width, y.width))
	}
}

func constant(w int, v u128) Term { return Term{val: v, width: uint8(w)} }

func (b *Builder) binary(op Op, x, y Term) Term {
	return b.node(key{op: op, width: x.width, a: x, b: y})
}

// commutative makes a node of an associative and commutative operator,
// gathering constants: (x ∘ 3) ∘ 4 is x ∘ (3 ∘ 4), and (x ∘ 3) ∘ y is
// (x ∘ y) ∘ 3, so that sums that differ in their order only are one node.
func (b *Builder) commutative(op Op, x, y Term) Term {
	if after(x, y) {
		x, y = y, x
	}
	if y.IsConst() && x.Op() == op && x.n.b.IsConst() {
		v := fold(op, x.Width(), x.n.b.val, y.val)
		return b.op2(op, x.n.a, constant(x.Width(), v))
	}
	if !y.IsConst() {
		switch {
		case x.Op() == op && x.n.b.IsConst():
			return b.op2(op, b.op2(op, x.n.a, y), x.n.b)
		case y.Op() == op && y.n.b.IsConst():
			return b.op2(op, b.op2(op, x, y.n.a), y.n.b)
		}
	}
	return b.binary(op, x, y)
}

// op2 applies a binary operator by number.
func (b *Builder) op2(op Op, x, y Term) Term {
	switch op {
	case OpAnd:
		return b.And(x, y)
	case OpOr:
		return b.Or(x, y)
	case OpXor:
		return b.Xor(x, y)
	case OpAdd:
		return b.Add(x, y)
	case OpSub:
		return b.Sub(x, y)
	case OpMul:
		return b.Mul(x, y)
	case OpUDiv, OpSDiv, OpURem, OpSRem:
		return b.divide(op, x, y)
	case OpShl, OpLShr, OpAShr:
		return b.shift(op, x, y)
	case OpConcat:
		return b.Concat(x, y)
	}
	return b.compare(op, x, y)
}

// Not returns the complement of x.
func (b *Builder) Not(x Term) Term {
	switch {
	case x.IsConst():
		return constant(x.Width(), fold(OpXor, x.Width(), x.val, ones(x.Width())))
	case x.Op() == OpNot:
		return x.n.a
	}
	if x.width == 1 {
		switch x.n.op {
		case OpUlt:
			return b.Ule(x.n.b, x.n.a)
		case OpUle:
			return b.Ult(x.n.b, x.n.a)
		case OpSlt:
			return b.Sle(x.n.b, x.n.a)
		case OpSle:
			return b.Slt(x.n.b, x.n.a)
		}
	}
	return b.node(key{op: OpNot, width: x.width, a: x})
}

// And returns x & y.
func (b *Builder) And(x, y Term) Term {
	sameWidth(OpAnd, x, y)
	switch {
	case x.IsConst() && y.IsConst():
		return constant(x.Width(), fold(OpAnd, x.Width(), x.val, y.val))
	case x == y || y.isOnes() || x.IsZero():
		return x
	case x.isOnes() || y.IsZero():
		return y
	case x.width == 1 && b.Not(x) == y:
		return Bool(false)
	}
	return b.commutative(OpAnd, x, y)
}

// Or returns x | y.
func (b *Builder) Or(x, y Term) Term {
	sameWidth(OpOr, x, y)
	switch {
	case x.IsConst() && y.IsConst():
		return constant(x.Width(), fold(OpOr, x.Width(), x.val, y.val))
	case x == y || y.IsZero() || x.isOnes():
		return x
	case x.IsZero() || y.isOnes():
		return y
	case x.width == 1 && b.Not(x) == y:
		return Bool(true)
	}
	return b.commutative(OpOr, x, y)
}

// Xor returns x ^ y.
func (b *Builder) Xor(x, y Term) Term {
	sameWidth(OpXor, x, y)
	switch {
	case x.IsConst() && y.IsConst():
		return constant(x.Width(), fold(OpXor, x.Width(), x.val, y.val))
	case x == y:
		return Const(x.Width(), 0)
	case y.IsZero():
		return x
	case x.IsZero():
		return y
	case x.isOnes():
		return b.Not(y)
	case y.isOnes():
		return b.Not(x)
	}
	return b.commutative(OpXor, x, y)
}

// Add returns x + y modulo 2^width.
func (b *Builder) Add(x, y Term) Term {
	sameWidth(OpAdd, x, y)
	switch {
	case x.IsConst() && y.IsConst():
		return constant(x.Width(), fold(OpAdd, x.Width(), x.val, y.val))
	case x.IsZero():
		return y
	case y.IsZero():
		return x
	case x.width == 1:
		return b.Xor(x, y)
	}
	return b.commutative(OpAdd, x, y)
}

// Sub returns x − y modulo 2^width.
func (b *Builder) Sub(x, y Term) Term {
	sameWidth(OpSub, x, y)
	switch {
	case x.IsConst() && y.IsConst():
		return constant(x.Width(), fold(OpSub, x.Width(), x.val, y.val))
	case x == y:
		return Const(x.Width(), 0)
	case y.IsConst():
		return b.Add(x, constant(x.Width(), y.val.neg().trunc(x.Width())))
	case x.Op() == OpAdd && x.n.a == y:
		return x.n.b
	case x.Op() == OpAdd && x.n.b == y:
		return x.n.a
	}
	return b.binary(OpSub, x, y)
}

// Neg returns −x modulo 2^width.
func (b *Builder) Neg(x Term) Term { return b.Sub(Const(x.Width(), 0), x) }

// Mul returns x · y modulo 2^width.
func (b *Builder) Mul(x, y Term) Term {
	sameWidth(OpMul, x, y)
	if x.IsConst() && y.IsConst() {
		return constant(x.Width(), fold(OpMul, x.Width(), x.val, y.val))
	}
	if x.IsConst() {
		x, y = y, x
	}
	switch {
	case y.IsZero():
		return y
	case y.IsConst() && y.val == u128{0, 1}:
		return x
	}
	if n, ok := y.val.log2(); ok && y.IsConst() {
		return b.Shl(x, Const(x.Width(), uint64(n)))
	}
	return b.commutative(OpMul, x, y)
}

// UDiv returns x / y unsigned; all ones when y is zero.
func (b *Builder) UDiv(x, y Term) Term { return b.divide(OpUDiv, x, y) }

// SDiv returns x / y signed, rounded towards zero.
func (b *Builder) SDiv(x, y Term) Term { return b.divide(OpSDiv, x, y) }

// URem returns x % y unsigned; x when y is zero.
func (b *Builder) URem(x, y Term) Term { return b.divide(OpURem, x, y) }

// SRem returns x % y signed, with the sign of x.
func (b *Builder) SRem(x, y Term) Term { return b.divide(OpSRem, x, y) }

func (b *Builder) divide(op Op, x, y Term) Term {
	sameWidth(op, x, y)
	quotient := op == OpUDiv || op == OpSDiv
	switch {
	case x.IsConst() && y.IsConst():
		return constant(x.Width(), fold(op, x.Width(), x.val, y.val))
	case x.width > 1 && y.IsConst() && y.val == u128{0, 1}:
		if quotient {
			return x
		}
		return Const(x.Width(), 0)
	case y.IsConst() && (op == OpUDiv || op == OpURem):
		if n, ok := y.val.log2(); ok && n > 0 {
			return b.splitAt(op, x, n)
		}
	}
	return b.binary(op, x, y)
}

// splitAt divides x by 2ⁿ, n > 0, unsigned.
func (b *Builder) splitAt(op Op, x Term, n int) Term {
	w := x.Width()
	if op == OpUDiv {
		return b.ZExt(b.Extract(x, w-1, n), w)
	}
	return b.ZExt(b.Extract(x, n-1, 0), w)
}

// Shl returns x << y; 0 when y ≥ width.
func (b *Builder) Shl(x, y Term) Term { return b.shift(OpShl, x, y) }

// LShr returns x >> y filling with zeros; 0 when y ≥ width.
func (b *Builder) LShr(x, y Term) Term { return b.shift(OpLShr, x, y) }

// AShr returns x >> y filling with the sign, also when y ≥ width.
func (b *Builder) AShr(x, y Term) Term { return b.shift(OpAShr, x, y) }

func (b *Builder) shift(op Op, x, y Term) Term {
	sameWidth(op, x, y)
	switch {
	case x.IsConst() && y.IsConst():
		return constant(x.Width(), fold(op, x.Width(), x.val, y.val))
	case y.IsZero() || x.IsZero():
		return x
	case y.IsConst():
		return b.shiftBy(op, x, y)
	}
	return b.binary(op, x, y)
}

// shiftBy turns a shift by a constant into its parts, which Extract can see
// through.
func (b *Builder) shiftBy(op Op, x, y Term) Term {
	w := x.Width()
	if op == OpAShr {
		return b.binary(op, x, y)
	}
	if y.val.hi != 0 || y.val.lo >= uint64(w) {
		return Const(w, 0)
	}
	n := int(y.val.lo)
	if op == OpShl {
		return b.Concat(b.Extract(x, w-n-1, 0), Const(n, 0))
	}
	return b.ZExt(b.Extract(x, w-1, n), w)
}

// Eq returns x == y, a term of width 1.
func (b *Builder) Eq(x, y Term) Term { return b.compare(OpEq, x, y) }

// Ne returns x != y.
func (b *Builder) Ne(x, y Term) Term { return b.Not(b.Eq(x, y)) }

// Ult returns x < y unsigned.
func (b *Builder) Ult(x, y Term) Term { return b.compare(OpUlt, x, y) }

// Ule returns x ≤ y unsigned.
func (b *Builder) Ule(x, y Term) Term { return b.compare(OpUle, x, y) }

// Slt returns x < y signed.
func (b *Builder) Slt(x, y Term) Term { return b.compare(OpSlt, x, y) }

// Sle returns x ≤ y signed.
func (b *Builder) Sle(x, y Term) Term { return b.compare(OpSle, x, y) }

func (b *Builder) compare(op Op, x, y Term) Term {
	sameWidth(op, x, y)
	switch {
	case x.IsConst() && y.IsConst():
		return constant(1, foldCompare(op, x.Width(), x.val, y.val))
	case x == y:
		return Bool(op == OpEq || op == OpUle || op == OpSle)
	case op == OpEq:
		return b.equal(x, y)
	case op == OpUlt && y.IsZero():
		return Bool(false)
	case op == OpUle && x.IsZero():
		return Bool(true)
	}
	return b.node(key{op: op, width: 1, a: x, b: y})
}

func (b *Builder) equal(x, y Term) Term {
	if after(x, y) {
		x, y = y, x
	}
	if y.IsConst() {
		if t := b.equalConst(x, y); t.IsValid() {
			return t
		}
	}
	return b.node(key{op: OpEq, width: 1, a: x, b: y})
}

// equalConst simplifies x == c; the zero Term if nothing applies.
func (b *Builder) equalConst(x, c Term) Term {
	switch x.Op() {
	case OpZExt:
		n := x.n.a.Width()
		if c.val != c.val.trunc(n) {
			return Bool(false)
		}
		return b.Eq(x.n.a, constant(n, c.val))
	case OpIte:
		if x.n.b.IsConst() && x.n.c.IsConst() {
			return b.Ite(x.n.a, b.Eq(x.n.b, c), b.Eq(x.n.c, c))
		}
	case OpXor:
		if x.n.b.IsConst() {
			return b.Eq(x.n.a, constant(x.Width(), fold(OpXor, x.Width(), x.n.b.val, c.val)))
		}
	case OpAdd:
		if x.n.b.IsConst() {
			return b.Eq(x.n.a, constant(x.Width(), fold(OpSub, x.Width(), c.val, x.n.b.val)))
		}
	}
	if x.width == 1 {
		if c.IsTrue() {
			return x
		}
		return b.Not(x)
	}
	return Term{}
}

// Ite returns x if cond (width 1) holds and y otherwise.
func (b *Builder) Ite(cond, x, y Term) Term {
	sameWidth(OpIte, x, y)
	if cond.width != 1 {
		panic("bits: condition of width " + fmt.Sprint(cond.width))
	}
	switch {
	case cond.IsTrue() || x == y:
		return x
	case cond.IsFalse():
		return y
	case cond.Op() == OpNot:
		return b.Ite(cond.n.a, y, x)
	case x.IsTrue() && y.IsFalse():
		return cond
	case x.IsFalse() && y.IsTrue():
		return b.Not(cond)
	}
	return b.node(key{op: OpIte, width: x.width, a: cond, b: x, c: y})
}
