package exec

import (
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
)

// targetBuiltin compiles __builtin_NAME of one architecture; nil if it is not
// known. Auxiliary registers of ARC hold what nobody has set.
func (c *compiler) targetBuiltin(e *syntax.Call, name string) expr {
	switch name {
	case "alpha_rpcc", "arc_lr":
		return c.unknownBuiltin(e, name)
	case "arc_sr":
		return c.effects(e.Args)
	case "arc_fls":
		return c.bitBuiltin(e, &bitFunction{result: highestBit})
	}
	if f := alphaBytes(name); f != nil {
		return c.byteBuiltin(e, f)
	}
	return expr{}
}

// highestBit is the index of the highest bit set, 0 if there is none.
func highestBit(b *bits.Builder, x bits.Term, width int) bits.Term {
	r := bits.Const(width, 0)
	for i := range x.Width() {
		r = b.Ite(bit(b, x, i), bits.Const(width, uint64(i)), r)
	}
	return r
}

// byteFunction is an Alpha instruction on the bytes of a quadword.
type byteFunction func(b *bits.Builder, x, y bits.Term) bits.Term

// alphaBytes returns the byte instructions that the kernel uses.
// Source: Alpha Architecture Handbook, byte manipulation instructions.
func alphaBytes(name string) byteFunction {
	switch name {
	case "alpha_cmpbge":
		return compareBytes
	case "alpha_extbl":
		return extractLow(8)
	case "alpha_extwl":
		return extractLow(16)
	case "alpha_insbl":
		return insertLow(8)
	case "alpha_inswl":
		return insertLow(16)
	case "alpha_insql":
		return insertLow(64)
	case "alpha_inslh":
		return func(b *bits.Builder, x, y bits.Term) bits.Term {
			// A shift by 64 is one by 0 in the instruction, and nothing is left
			// over of a longword at the start.
			shift := b.Sub(bits.Const(64, 64), byteShift(b, y))
			high := b.LShr(lowBits(b, x, 32), shift)
			return b.Ite(b.Eq(byteShift(b, y), bits.Const(64, 0)), bits.Const(64, 0), high)
		}
	}
	return nil
}

// byteShift is eight times the byte number in the low three bits of y.
func byteShift(b *bits.Builder, y bits.Term) bits.Term {
	return b.Shl(b.And(y, bits.Const(64, 7)), bits.Const(64, 3))
}

func lowBits(b *bits.Builder, x bits.Term, n int) bits.Term {
	return b.ZExt(b.Extract(x, n-1, 0), 64)
}

func extractLow(n int) byteFunction {
	return func(b *bits.Builder, x, y bits.Term) bits.Term {
		return lowBits(b, b.LShr(x, byteShift(b, y)), n)
	}
}

func insertLow(n int) byteFunction {
	return func(b *bits.Builder, x, y bits.Term) bits.Term {
		return b.Shl(lowBits(b, x, n), byteShift(b, y))
	}
}

// compareBytes sets bit i if byte i of x is not below that of y.
func compareBytes(b *bits.Builder, x, y bits.Term) bits.Term {
	r := bits.Const(64, 0)
	for i := range 8 {
		not := b.Ult(b.Extract(x, 8*i+7, 8*i), b.Extract(y, 8*i+7, 8*i))
		r = b.Or(r, b.Ite(not, bits.Const(64, 0), bits.Const(64, 1<<i)))
	}
	return r
}

func (c *compiler) byteBuiltin(e *syntax.Call, f byteFunction) expr {
	site := c.site(e)
	if site == nil || len(site.args) != 2 {
		return c.failing(e, "builtin")
	}
	return general(func(fr *frame) (bits.Term, error) {
		x, err := site.args[0].term(fr)
		if err != nil {
			return x, err
		}
		y, err := site.args[1].term(fr)
		if err != nil {
			return y, err
		}
		b := fr.m.Bits
		return f(b, b.Resize(x, 64, false), b.Resize(y, 64, false)), nil
	})
}
