package types

import "ptreview/parse/syntax"

func (k Const) num() int128 { return int128{k.Hi, k.Lo} }

// unsignedTop reports whether the value is above the signed 128-bit range.
func (k Const) unsignedTop() bool { return int64(k.Hi) < 0 && !isSigned(k.Type) }

// makeConst wraps n to t.
func makeConst(n int128, t Type, ice bool) *Const {
	n = wrapTo(n, t)
	return &Const{Lo: n.lo, Hi: n.hi, Type: t, ICE: ice}
}

func wrapTo(n int128, t Type) int128 {
	if isBool(t) {
		return int128{0, uint64(bit(!n.isZero()))}
	}
	return n.wrap(intBits(t), isSigned(t))
}

// fits reports whether n, a signed or unsigned number, is a value of t.
func fits(n int128, signed bool, t Type) bool {
	w := wrapTo(n, t)
	if w != n {
		return false
	}
	// Equal bits still differ in meaning where the top one is a sign for
	// one side only.
	return !n.neg() || signed == isSigned(t)
}

// convertConst converts a constant to integer or pointer type t.
func convertConst(k Const, t Type) Const {
	n := wrapTo(k.num(), t)
	return Const{Lo: n.lo, Hi: n.hi, Type: t, ICE: k.ICE}
}

// foldBinary computes x op y after both were converted to t; overflow reports
// a signed overflow, ok is false where there is no value.
func foldBinary(op syntax.Op, x, y int128, t Type) (n int128, overflow, ok bool) {
	signed := isSigned(t)
	switch op {
	case syntax.Add:
		n = x.add(y)
	case syntax.Sub:
		n = x.sub(y)
	case syntax.Mul:
		n = x.mul(y)
	case syntax.And:
		n = x.and(y)
	case syntax.Or:
		n = x.or(y)
	case syntax.Xor:
		n = x.xor(y)
	case syntax.Div, syntax.Rem:
		if y.isZero() {
			return n, false, false
		}
		q, r := x.divmod(y, signed)
		n = q
		if op == syntax.Rem {
			n = r
		}
	default:
		return n, false, false
	}
	w := wrapTo(n, t)
	return w, signed && overflowed(op, x, y, w, t), true
}

// overflowed reports whether w is not the mathematical result.
func overflowed(op syntax.Op, x, y, w int128, t Type) bool {
	switch op {
	case syntax.Div:
		return w.neg() && x.neg() && y.neg()
	case syntax.Rem:
		return false
	}
	if intBits(t) < 64 {
		exact, _, _ := foldBinary(op, x, y, wide{})
		return exact != w
	}
	switch op {
	case syntax.Add:
		return x.neg() == y.neg() && w.neg() != x.neg()
	case syntax.Sub:
		return x.neg() != y.neg() && w.neg() != x.neg()
	case syntax.Mul:
		z := x.big(true)
		z.Mul(z, y.big(true))
		return z.Cmp(w.big(true)) != 0
	}
	return false
}

// wide is an integer type of 128 bits without overflow, for foldBinary.
type wide struct{}

func (wide) String() string { return "wide" }
func (wide) Size() int64    { return 16 }
func (wide) Align() int64   { return 16 }

// foldShift shifts x of type t; ok is false for a count outside the type.
func foldShift(op syntax.Op, x int128, t Type, count Const) (int128, bool) {
	if count.Hi != 0 || count.Lo >= uint64(intBits(t)) {
		return int128{}, false
	}
	if op == syntax.Shl {
		return wrapTo(x.shl(uint(count.Lo)), t), true
	}
	return x.shr(uint(count.Lo), isSigned(t)), true
}

// foldCompare compares x and y of one type.
func foldCompare(op syntax.Op, x, y int128, signed bool) bool {
	n := x.cmp(y, signed)
	switch op {
	case syntax.Eq:
		return n == 0
	case syntax.Ne:
		return n != 0
	case syntax.Lt:
		return n < 0
	case syntax.Le:
		return n <= 0
	case syntax.Gt:
		return n > 0
	}
	return n >= 0
}
