package kconfig

import (
	"math"
	"strings"
)

// number is a value that a comparison treats as one.
type number struct {
	bits     uint64
	unsigned bool
}

// compareValues returns the value of x op y. Numbers compare as numbers,
// hexadecimal ones without sign; anything else compares as text.
func compareValues(op Op, xt Type, x string, yt Type, y string) Tri {
	var order int
	a, aok := asNumber(xt, x)
	b, bok := asNumber(yt, y)
	switch {
	case xt == String && yt == String, !aok, !bok:
		order = strings.Compare(x, y)
	case a.unsigned || b.unsigned:
		order = compareOrdered(a.bits, b.bits)
	default:
		order = compareOrdered(int64(a.bits), int64(b.bits))
	}
	holds := false
	switch op {
	case OpEq:
		holds = order == 0
	case OpNe:
		holds = order != 0
	case OpLt:
		holds = order < 0
	case OpLe:
		holds = order <= 0
	case OpGt:
		holds = order > 0
	case OpGe:
		holds = order >= 0
	}
	if holds {
		return Yes
	}
	return No
}

func compareOrdered[T int64 | uint64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// asNumber reads s as a value of type t; ok is false where it is text.
func asNumber(t Type, s string) (n number, ok bool) {
	switch t {
	case Bool, Tristate:
		return number{bits: uint64(int64(strings.Index("nmy", s)))}, true
	case Int:
		n.bits, ok = scanWhole(s, 10, false)
	case Hex:
		n.unsigned = true
		n.bits, ok = scanWhole(s, 16, true)
	default:
		n.bits, ok = scanWhole(s, 0, false)
	}
	return n, ok
}

// scanWhole is scanInteger for text that is nothing but the number.
func scanWhole(s string, base int, unsigned bool) (uint64, bool) {
	v, n, exact := scanInteger(s, base, unsigned)
	return v, exact && n == len(s) && n > 0 && isHexDigit(s[n-1])
}

// parseLong is C's strtoll: the number s starts with, clamped; 0 for none.
func parseLong(s string, base int) int64 {
	v, _, _ := scanInteger(s, base, false)
	return int64(v)
}

// scanInteger is C's strtoll and strtoull: blanks, a sign, a prefix that base
// 0 and 16 allow, digits. n is the length read; exact is false on overflow.
func scanInteger(s string, base int, unsigned bool) (v uint64, n int, exact bool) {
	i := len(s) - len(strings.TrimLeft(s, " \t\n\v\f\r"))
	negative := false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	i, base = scanPrefix(s, i, base)
	start, overflow := i, false
	for ; i < len(s); i++ {
		d := digitValue(s[i])
		if d >= base {
			break
		}
		if v > (math.MaxUint64-uint64(d))/uint64(base) {
			overflow = true
		}
		v = v*uint64(base) + uint64(d)
	}
	if i == start {
		return 0, 0, true
	}
	v, exact = clampInteger(v, overflow, negative, unsigned)
	return v, i, exact
}

// scanPrefix skips 0x before a hexadecimal digit and settles base 0.
func scanPrefix(s string, i, base int) (int, int) {
	hex := i+2 < len(s) && s[i] == '0' && (s[i+1] == 'x' || s[i+1] == 'X') && isHexDigit(s[i+2])
	switch {
	case hex && (base == 0 || base == 16):
		return i + 2, 16
	case base == 0 && i < len(s) && s[i] == '0':
		return i, 8
	case base == 0:
		return i, 10
	}
	return i, base
}

func clampInteger(v uint64, overflow, negative, unsigned bool) (uint64, bool) {
	switch {
	case unsigned && overflow:
		return math.MaxUint64, false
	case unsigned && negative:
		return -v, true
	case unsigned:
		return v, true
	case negative && (overflow || v > 1<<63):
		return 1 << 63, false
	case negative:
		return -v, true
	case overflow || v > math.MaxInt64:
		return math.MaxInt64, false
	}
	return v, true
}

func digitValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'Z':
		return int(c-'A') + 10
	}
	return 99
}
