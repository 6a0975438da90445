package bits

// fold computes an operator over constants of width w (the width of the first
// operand for comparisons, of the result otherwise).
func fold(op Op, w int, x, y u128) u128 {
	switch op {
	case OpAnd:
		return u128{x.hi & y.hi, x.lo & y.lo}
	case OpOr:
		return u128{x.hi | y.hi, x.lo | y.lo}
	case OpXor:
		return u128{x.hi ^ y.hi, x.lo ^ y.lo}
	case OpAdd:
		return x.add(y).trunc(w)
	case OpSub:
		return x.sub(y).trunc(w)
	case OpMul:
		return x.mul(y).trunc(w)
	case OpUDiv, OpURem, OpSDiv, OpSRem:
		return foldDivision(op, w, x, y)
	case OpShl, OpLShr, OpAShr:
		return foldShift(op, w, x, y)
	}
	return foldCompare(op, w, x, y)
}

func foldCompare(op Op, w int, x, y u128) u128 {
	var v bool
	switch op {
	case OpEq:
		v = x == y
	case OpUlt:
		v = x.less(y)
	case OpUle:
		v = !y.less(x)
	case OpSlt:
		v = x.sext(w).sless(y.sext(w))
	case OpSle:
		v = !y.sext(w).sless(x.sext(w))
	default:
		panic("bits: fold of " + op.String())
	}
	return Bool(v).val
}

func foldShift(op Op, w int, x, y u128) u128 {
	n := uint(128)
	if y.hi == 0 && y.lo < 128 {
		n = uint(y.lo)
	}
	switch op {
	case OpShl:
		if n >= uint(w) {
			return u128{}
		}
		return x.shl(n).trunc(w)
	case OpLShr:
		return x.shr(n)
	}
	return x.sext(w).sar(n).trunc(w)
}

// foldDivision follows SMT-LIB: x/0 is all ones (or ±1 when signed), x%0 is x.
func foldDivision(op Op, w int, x, y u128) u128 {
	signed := op == OpSDiv || op == OpSRem
	quotient := op == OpUDiv || op == OpSDiv
	xneg, yneg := signed && x.bit(w-1), signed && y.bit(w-1)
	if xneg {
		x = x.neg().trunc(w)
	}
	if yneg {
		y = y.neg().trunc(w)
	}
	q, r := ones(w), x
	if y != (u128{}) {
		q, r = x.divmod(y)
	}
	v, negative := r, xneg
	if quotient {
		v, negative = q, xneg != yneg
	}
	if negative {
		v = v.neg()
	}
	return v.trunc(w)
}
