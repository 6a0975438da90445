package bits

import (
	"fmt"
	mbits "math/bits"
)

// u128 is an unsigned 128 bit number.
type u128 struct{ hi, lo uint64 }

// ones returns 2^width − 1.
func ones(width int) u128 {
	if width > 64 {
		return u128{^uint64(0) >> (128 - width), ^uint64(0)}
	}
	return u128{0, ^uint64(0) >> (64 - width)}
}

func (x u128) trunc(width int) u128 {
	if width <= 64 {
		return u128{0, x.lo & (^uint64(0) >> (64 - width))}
	}
	return u128{x.hi & (^uint64(0) >> (128 - width)), x.lo}
}

func (x u128) bit(i int) bool {
	if i >= 64 {
		return x.hi>>(i-64)&1 != 0
	}
	return x.lo>>i&1 != 0
}

// sext widens x from width to 128 bits by its sign.
func (x u128) sext(width int) u128 {
	if width == 0 || !x.bit(width-1) {
		return x
	}
	m := ones(width)
	return u128{x.hi | ^m.hi, x.lo | ^m.lo}
}

func (x u128) add(y u128) u128 {
	lo, c := mbits.Add64(x.lo, y.lo, 0)
	hi, _ := mbits.Add64(x.hi, y.hi, c)
	return u128{hi, lo}
}

func (x u128) sub(y u128) u128 {
	lo, b := mbits.Sub64(x.lo, y.lo, 0)
	hi, _ := mbits.Sub64(x.hi, y.hi, b)
	return u128{hi, lo}
}

func (x u128) neg() u128 { return u128{}.sub(x) }

func (x u128) mul(y u128) u128 {
	hi, lo := mbits.Mul64(x.lo, y.lo)
	return u128{hi + x.hi*y.lo + x.lo*y.hi, lo}
}

func (x u128) less(y u128) bool { return x.hi < y.hi || x.hi == y.hi && x.lo < y.lo }

// sless compares two's complement numbers of 128 bits.
func (x u128) sless(y u128) bool {
	if x.hi != y.hi {
		return int64(x.hi) < int64(y.hi)
	}
	return x.lo < y.lo
}

func (x u128) shl(n uint) u128 {
	switch {
	case n >= 128:
		return u128{}
	case n >= 64:
		return u128{x.lo << (n - 64), 0}
	}
	return u128{x.hi<<n | x.lo>>(64-n), x.lo << n}
}

func (x u128) shr(n uint) u128 {
	switch {
	case n >= 128:
		return u128{}
	case n >= 64:
		return u128{0, x.hi >> (n - 64)}
	}
	return u128{x.hi >> n, x.lo>>n | x.hi<<(64-n)}
}

// sar shifts a two's complement number of 128 bits.
func (x u128) sar(n uint) u128 {
	sign := uint64(int64(x.hi) >> 63)
	switch {
	case n >= 128:
		return u128{sign, sign}
	case n >= 64:
		return u128{sign, uint64(int64(x.hi) >> (n - 64))}
	}
	return u128{uint64(int64(x.hi) >> n), x.lo>>n | x.hi<<(64-n)}
}

// log2 returns n if x is 2ⁿ.
func (x u128) log2() (n int, ok bool) {
	switch {
	case x.hi == 0 && mbits.OnesCount64(x.lo) == 1:
		return mbits.TrailingZeros64(x.lo), true
	case x.lo == 0 && mbits.OnesCount64(x.hi) == 1:
		return 64 + mbits.TrailingZeros64(x.hi), true
	}
	return 0, false
}

// divmod divides by y, which must not be zero.
func (x u128) divmod(y u128) (q, r u128) {
	if y.hi == 0 {
		q.hi, r.lo = x.hi/y.lo, x.hi%y.lo
		q.lo, r.lo = mbits.Div64(r.lo, x.lo, y.lo)
		return q, r
	}
	// The quotient fits in 64 bits; one bit at a time is enough for how
	// rarely code divides by such numbers.
	n := mbits.LeadingZeros64(y.hi) - mbits.LeadingZeros64(x.hi|1)
	for ; n >= 0; n-- {
		if d := y.shl(uint(n)); !x.less(d) {
			x = x.sub(d)
			q.lo |= 1 << n
		}
	}
	return q, x
}

func (x u128) hex() string {
	if x.hi != 0 {
		return fmt.Sprintf("0x%x%016x", x.hi, x.lo)
	}
	return fmt.Sprintf("0x%x", x.lo)
}
