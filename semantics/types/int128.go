package types

import (
	"math/big"
	"math/bits"
)

// int128 is a two's complement number wide enough for every constant.
type int128 struct{ hi, lo uint64 }

// fromInt extends v with its sign.
func fromInt(v int64) int128 { return int128{uint64(v >> 63), uint64(v)} }

func (a int128) isZero() bool { return a.hi == 0 && a.lo == 0 }
func (a int128) neg() bool    { return int64(a.hi) < 0 }

func (a int128) add(b int128) int128 {
	lo, c := bits.Add64(a.lo, b.lo, 0)
	hi, _ := bits.Add64(a.hi, b.hi, c)
	return int128{hi, lo}
}

func (a int128) negate() int128 { return a.not().add(int128{0, 1}) }
func (a int128) not() int128    { return int128{^a.hi, ^a.lo} }

func (a int128) sub(b int128) int128 { return a.add(b.negate()) }

func (a int128) mul(b int128) int128 {
	hi, lo := bits.Mul64(a.lo, b.lo)
	return int128{hi + a.hi*b.lo + a.lo*b.hi, lo}
}

func (a int128) and(b int128) int128 { return int128{a.hi & b.hi, a.lo & b.lo} }
func (a int128) or(b int128) int128  { return int128{a.hi | b.hi, a.lo | b.lo} }
func (a int128) xor(b int128) int128 { return int128{a.hi ^ b.hi, a.lo ^ b.lo} }

func (a int128) shl(n uint) int128 {
	if n >= 64 {
		return int128{a.lo << (n - 64), 0}
	}
	return int128{a.hi<<n | a.lo>>(64-n), a.lo << n}
}

// shr shifts right, filling with the sign when signed.
func (a int128) shr(n uint, signed bool) int128 {
	fill := uint64(0)
	if signed {
		fill = uint64(int64(a.hi) >> 63)
	}
	switch {
	case n == 0:
		return a
	case n >= 128:
		return int128{fill, fill}
	case n > 64:
		return int128{fill, a.hi>>(n-64) | fill<<(128-n)}
	case n == 64:
		return int128{fill, a.hi}
	}
	return int128{a.hi>>n | fill<<(64-n), a.hi<<(64-n) | a.lo>>n}
}

// cmp orders a and b as signed or unsigned numbers.
func (a int128) cmp(b int128, signed bool) int {
	ah, bh := a.hi, b.hi
	if signed {
		ah, bh = ah^1<<63, bh^1<<63
	}
	switch {
	case ah < bh || ah == bh && a.lo < b.lo:
		return -1
	case a == b:
		return 0
	}
	return 1
}

// divmod divides towards zero; b is not 0.
func (a int128) divmod(b int128, signed bool) (q, r int128) {
	if a.hi == 0 && b.hi == 0 {
		return int128{0, a.lo / b.lo}, int128{0, a.lo % b.lo}
	}
	var bq, br big.Int
	bq.QuoRem(a.big(signed), b.big(signed), &br)
	return fromBig(&bq), fromBig(&br)
}

// big returns the value as a signed or unsigned number.
func (a int128) big(signed bool) *big.Int {
	minus := signed && a.neg()
	if minus {
		a = a.negate()
	}
	z := new(big.Int).SetUint64(a.hi)
	z.Lsh(z, 64).Or(z, new(big.Int).SetUint64(a.lo))
	if minus {
		z.Neg(z)
	}
	return z
}

// fromBig wraps z to 128 bits.
func fromBig(z *big.Int) int128 {
	var low, hi big.Int
	mask := new(big.Int).SetUint64(^uint64(0))
	low.And(z, mask)
	hi.Rsh(z, 64)
	hi.And(&hi, mask)
	return int128{hi.Uint64(), low.Uint64()}
}

// wrap keeps the low n bits and extends them.
func (a int128) wrap(n int, signed bool) int128 {
	if n <= 0 {
		return int128{}
	}
	if n >= 128 {
		return a
	}
	return a.shl(uint(128-n)).shr(uint(128-n), signed)
}

// bitLen is the number of bits an unsigned a needs.
func (a int128) bitLen() int {
	if a.hi != 0 {
		return 64 + bits.Len64(a.hi)
	}
	return bits.Len64(a.lo)
}

// precision is the number of bits a needs as a signed or unsigned number.
func (a int128) precision(signed bool) int {
	if !signed {
		return a.bitLen()
	}
	if a.neg() {
		return a.not().bitLen() + 1
	}
	return a.bitLen() + 1
}

func (a int128) text(signed bool) string { return a.big(signed).String() }
