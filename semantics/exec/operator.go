package exec

import (
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// binary is an operator with two operands, whose widths may differ.
type binary struct {
	x, y         expr
	xbits, ybits int
	f            apply // on terms
}

// terms computes with terms.
func (o *binary) terms(fr *frame) (bits.Term, error) {
	x, err := o.x.term(fr)
	if err != nil {
		return x, err
	}
	y, err := o.y.term(fr)
	if err != nil {
		return y, err
	}
	return o.f(fr, x, y)
}

// openX goes on where x was put aside.
func (o *binary) openX(fr *frame) (uint64, bool) {
	x, err := fr.m.take()
	if err != nil {
		return 0, false
	}
	y, err := o.y.term(fr)
	if err != nil {
		return fr.m.fail(err)
	}
	return fr.m.give(o.f(fr, x, y))
}

// openY goes on where y was put aside.
func (o *binary) openY(fr *frame, x uint64) (uint64, bool) {
	y, err := fr.m.take()
	if err != nil {
		return 0, false
	}
	return fr.m.give(o.f(fr, bits.Word(o.xbits, x), y))
}

// onTerms computes with terms where words are not enough.
func (o *binary) onTerms(fr *frame, x, y uint64) (uint64, bool) {
	return fr.m.give(o.f(fr, bits.Word(o.xbits, x), bits.Word(o.ybits, y)))
}

// wordOp computes x op y for words; ok is false where that is for terms, as
// with a division by zero.
type wordOp func(x, y uint64) (v uint64, ok bool)

// words computes x op y, of numbers like n. Operators that page-table code is
// full of get code of their own.
func (o *binary) words(op syntax.Op, n num) wordFn {
	x, y, m := o.x, o.y, mask(n.bits)
	if y.is {
		if f := o.wordsFixed(op, n, y.fixed); f != nil {
			return f
		}
	}
	switch op {
	case syntax.Add:
		return func(fr *frame) (uint64, bool) {
			a, ok := x.word(fr)
			if !ok {
				return o.openX(fr)
			}
			b, ok := y.word(fr)
			if !ok {
				return o.openY(fr, a)
			}
			return (a + b) & m, true
		}
	case syntax.Sub:
		return func(fr *frame) (uint64, bool) {
			a, ok := x.word(fr)
			if !ok {
				return o.openX(fr)
			}
			b, ok := y.word(fr)
			if !ok {
				return o.openY(fr, a)
			}
			return (a - b) & m, true
		}
	case syntax.And:
		return func(fr *frame) (uint64, bool) {
			a, ok := x.word(fr)
			if !ok {
				return o.openX(fr)
			}
			b, ok := y.word(fr)
			if !ok {
				return o.openY(fr, a)
			}
			return a & b, true
		}
	case syntax.Or:
		return func(fr *frame) (uint64, bool) {
			a, ok := x.word(fr)
			if !ok {
				return o.openX(fr)
			}
			b, ok := y.word(fr)
			if !ok {
				return o.openY(fr, a)
			}
			return a | b, true
		}
	case syntax.Xor:
		return func(fr *frame) (uint64, bool) {
			a, ok := x.word(fr)
			if !ok {
				return o.openX(fr)
			}
			b, ok := y.word(fr)
			if !ok {
				return o.openY(fr, a)
			}
			return a ^ b, true
		}
	}
	return o.wordsBy(wordOperator(op, n))
}

// wordsBy computes with any operator.
func (o *binary) wordsBy(f wordOp) wordFn {
	return func(fr *frame) (uint64, bool) {
		a, ok := o.x.word(fr)
		if !ok {
			return o.openX(fr)
		}
		b, ok := o.y.word(fr)
		if !ok {
			return o.openY(fr, a)
		}
		v, ok := f(a, b)
		if !ok {
			return o.onTerms(fr, a, b)
		}
		return v, true
	}
}

// wordsFixed computes x op k; nil for operators without code of their own.
func (o *binary) wordsFixed(op syntax.Op, n num, k uint64) wordFn {
	x, m := o.x, mask(n.bits)
	switch {
	case op == syntax.Add || op == syntax.Sub:
		if op == syntax.Sub {
			k = -k
		}
		return func(fr *frame) (uint64, bool) {
			a, ok := fr.leaf(x.slot)
			if !ok {
				if a, ok = x.word(fr); !ok {
					return o.openX(fr)
				}
			}
			return (a + k) & m, true
		}
	case op == syntax.And:
		return func(fr *frame) (uint64, bool) {
			a, ok := fr.leaf(x.slot)
			if !ok {
				if a, ok = x.word(fr); !ok {
					return o.openX(fr)
				}
			}
			return a & k, true
		}
	case op == syntax.Or:
		return func(fr *frame) (uint64, bool) {
			a, ok := fr.leaf(x.slot)
			if !ok {
				if a, ok = x.word(fr); !ok {
					return o.openX(fr)
				}
			}
			return a | k, true
		}
	case op == syntax.Shl && k < uint64(n.bits):
		return func(fr *frame) (uint64, bool) {
			a, ok := fr.leaf(x.slot)
			if !ok {
				if a, ok = x.word(fr); !ok {
					return o.openX(fr)
				}
			}
			return a << (k & 63) & m, true
		}
	case op == syntax.Shr && k < uint64(n.bits) && !n.signed:
		return func(fr *frame) (uint64, bool) {
			a, ok := fr.leaf(x.slot)
			if !ok {
				if a, ok = x.word(fr); !ok {
					return o.openX(fr)
				}
			}
			return a >> (k & 63), true
		}
	}
	return nil
}

// wordOperator returns what op does to words like n, at most 64 bits wide.
func wordOperator(op syntax.Op, n num) wordOp {
	m, w := mask(n.bits), n.bits
	switch op {
	case syntax.Add:
		return func(x, y uint64) (uint64, bool) { return (x + y) & m, true }
	case syntax.Sub:
		return func(x, y uint64) (uint64, bool) { return (x - y) & m, true }
	case syntax.Mul:
		return func(x, y uint64) (uint64, bool) { return x * y & m, true }
	case syntax.And:
		return func(x, y uint64) (uint64, bool) { return x & y, true }
	case syntax.Or:
		return func(x, y uint64) (uint64, bool) { return x | y, true }
	case syntax.Xor:
		return func(x, y uint64) (uint64, bool) { return x ^ y, true }
	case syntax.Div, syntax.Rem:
		return wordDivision(op, n)
	case syntax.Shl:
		return func(x, y uint64) (uint64, bool) { return x << (y & 63) & m, y < uint64(w) }
	}
	if n.signed {
		return func(x, y uint64) (uint64, bool) { return uint64(signed(x, w)>>(y&63)) & m, y < uint64(w) }
	}
	return func(x, y uint64) (uint64, bool) { return x >> (y & 63), y < uint64(w) }
}

// wordDivision leaves alone what may trap: a divisor of 0 and, signed, of -1.
func wordDivision(op syntax.Op, n num) wordOp {
	m, w := mask(n.bits), n.bits
	switch {
	case op == syntax.Div && n.signed:
		return func(x, y uint64) (uint64, bool) {
			if y == 0 || y == m {
				return 0, false
			}
			return uint64(signed(x, w)/signed(y, w)) & m, true
		}
	case op == syntax.Div:
		return func(x, y uint64) (uint64, bool) {
			if y == 0 {
				return 0, false
			}
			return x / y, true
		}
	case n.signed:
		return func(x, y uint64) (uint64, bool) {
			if y == 0 || y == m {
				return 0, false
			}
			return uint64(signed(x, w)%signed(y, w)) & m, true
		}
	}
	return func(x, y uint64) (uint64, bool) {
		if y == 0 {
			return 0, false
		}
		return x % y, true
	}
}

// compared compares numbers like n.
func (o *binary) compared(op syntax.Op, n num) wordFn {
	x, y := o.x, o.y
	if op == syntax.Gt || op == syntax.Le { // y < x, !(y < x)
		return o.comparedBack(op == syntax.Le, n)
	}
	switch {
	case op == syntax.Eq || op == syntax.Ne:
		ne := op == syntax.Ne
		return func(fr *frame) (uint64, bool) {
			a, ok := fr.leaf(x.slot)
			if !ok {
				if a, ok = x.word(fr); !ok {
					return o.openX(fr)
				}
			}
			b, ok := y.word(fr)
			if !ok {
				return o.openY(fr, a)
			}
			return truth((a == b) != ne), true
		}
	}
	not, flip := op == syntax.Ge, n.flip()
	return func(fr *frame) (uint64, bool) {
		a, ok := fr.leaf(x.slot)
		if !ok {
			if a, ok = x.word(fr); !ok {
				return o.openX(fr)
			}
		}
		b, ok := y.word(fr)
		if !ok {
			return o.openY(fr, a)
		}
		return truth((a^flip < b^flip) != not), true
	}
}

// comparedBack compares y < x, or not.
func (o *binary) comparedBack(not bool, n num) wordFn {
	x, y, flip := o.x, o.y, n.flip()
	return func(fr *frame) (uint64, bool) {
		a, ok := fr.leaf(x.slot)
		if !ok {
			if a, ok = x.word(fr); !ok {
				return o.openX(fr)
			}
		}
		b, ok := y.word(fr)
		if !ok {
			return o.openY(fr, a)
		}
		return truth((b^flip < a^flip) != not), true
	}
}

// flip is what makes numbers like n compare as unsigned ones: the sign bit of
// signed ones turned over.
func (n num) flip() uint64 {
	if n.signed {
		return 1 << (n.bits - 1)
	}
	return 0
}

// resized compiles x, of type from, for computing with width n.
func resized(x expr, from, n num) expr {
	if from.bits == n.bits {
		return x
	}
	return converted(x, resize(from, n), wordResize(from, n), n.bits)
}

// wordResize is resize on words; nil if a word stays what it is.
func wordResize(from, to num) func(uint64) uint64 {
	m, w := mask(min(to.bits, 64)), from.bits
	switch {
	case to.bits < from.bits:
		return func(v uint64) uint64 { return v & m }
	case from.signed:
		return func(v uint64) uint64 { return uint64(signed(v, w)) & m }
	}
	return nil
}

// converted compiles x with a conversion of terms to width bits, and of words;
// nil leaves words as they are.
func converted(x expr, conv conversion, word func(uint64) uint64, width int) expr {
	if width > 64 {
		return general(func(fr *frame) (bits.Term, error) {
			v, err := x.term(fr)
			if err != nil {
				return v, err
			}
			return conv(fr.m.Bits, v), nil
		})
	}
	if x.is {
		v := x.fixed
		if word != nil {
			v = word(v)
		}
		return constant(bits.Word(width, v))
	}
	open := func(fr *frame) (uint64, bool) {
		return fr.m.then(func(t bits.Term) (bits.Term, error) { return conv(fr.m.Bits, t), nil })
	}
	if word == nil {
		return quick(width, func(fr *frame) (uint64, bool) {
			v, ok := x.word(fr)
			if ok {
				return v, true
			}
			return open(fr)
		})
	}
	return quick(width, func(fr *frame) (uint64, bool) {
		v, ok := x.word(fr)
		if ok {
			return word(v), true
		}
		return open(fr)
	})
}

// converting compiles x, of type from, as one of type to, both scalars.
func (p *Program) converting(x expr, from, to types.Type) expr {
	conv := p.convert(from, to)
	if conv == nil {
		return x
	}
	f, _ := p.numOf(from)
	t, _ := p.numOf(to)
	if isBool(to) {
		return converted(x, conv, func(v uint64) uint64 { return truth(v != 0) }, 1)
	}
	f.signed = f.signed || isPointer(from)
	return converted(x, conv, wordResize(f, t), t.bits)
}
