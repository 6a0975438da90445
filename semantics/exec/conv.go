package exec

import (
	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// num is how a scalar is computed with: its width and signedness. _Bool has
// one bit.
type num struct {
	bits   int
	signed bool
}

// isAggregate reports whether values of t are represented by their address.
func isAggregate(t types.Type) bool {
	switch types.Unqual(t).(type) {
	case *types.Array, *types.Record, *types.Func:
		return true
	}
	return false
}

func isVoid(t types.Type) bool {
	b, ok := types.Unqual(t).(*types.Basic)
	return ok && b.Kind == types.Void
}

func isBool(t types.Type) bool {
	b, ok := types.Unqual(t).(*types.Basic)
	return ok && b.Kind == types.Bool
}

func isPointer(t types.Type) bool {
	_, ok := types.Unqual(t).(*types.Pointer)
	return ok
}

func isRecord(t types.Type) bool {
	_, ok := types.Unqual(t).(*types.Record)
	return ok
}

// isAddress reports whether a value of t is an address: a pointer, or an array
// or function about to become one.
func isAddress(t types.Type) bool {
	switch types.Unqual(t).(type) {
	case *types.Pointer, *types.Array, *types.Func:
		return true
	}
	return false
}

// numOf returns how a scalar of type t is computed with; ok is false for
// types that are no integer, enumeration or pointer. Aggregates count as the
// pointer that represents them.
func (p *Program) numOf(t types.Type) (n num, ok bool) {
	switch t := types.Unqual(t).(type) {
	case *types.Basic:
		if t.Kind == types.Void || t.Kind >= types.Float {
			return num{}, false
		}
		return num{t.Bits, t.Signed}, true
	case *types.Enum:
		return num{t.Repr.Bits, t.Repr.Signed}, true
	case *types.Pointer, *types.Array, *types.Record, *types.Func:
		return p.pointer(), true
	}
	return num{}, false
}

// pointer is how addresses are computed with.
func (p *Program) pointer() num { return num{8 * p.abi.PointerSize, false} }

// promote applies the integer promotions.
func (n num) promote() num {
	if n.bits < 32 {
		return num{32, true}
	}
	return n
}

// common applies the usual arithmetic conversions. Two types of one width need
// no ranks: if either is unsigned, so is the result.
func (n num) common(o num) num {
	n, o = n.promote(), o.promote()
	switch {
	case n.bits > o.bits:
		return n
	case o.bits > n.bits:
		return o
	}
	return num{n.bits, n.signed && o.signed}
}

// conversion changes a value of one scalar type into another.
type conversion func(b *bits.Builder, v bits.Term) bits.Term

// convert returns how a value of type from becomes one of type to, nil if it
// stays what it is. GNU C extends a pointer by its sign.
func (p *Program) convert(from, to types.Type) conversion {
	f, ok1 := p.numOf(from)
	t, ok2 := p.numOf(to)
	if !ok1 || !ok2 {
		return nil
	}
	if isPointer(from) {
		f.signed = true
	}
	if isBool(to) {
		return toBool(f)
	}
	return resize(f, t)
}

func toBool(from num) conversion {
	if from.bits == 1 {
		return nil
	}
	return func(b *bits.Builder, v bits.Term) bits.Term { return nonzero(b, v) }
}

// resize truncates or extends.
func resize(from, to num) conversion {
	if from.bits == to.bits {
		return nil
	}
	return func(b *bits.Builder, v bits.Term) bits.Term { return b.Resize(v, to.bits, from.signed) }
}

// nonzero returns v != 0, a term of width 1.
func nonzero(b *bits.Builder, v bits.Term) bits.Term {
	if v.Width() == 1 {
		return v
	}
	if v.IsConst() {
		return bits.Bool(!v.IsZero())
	}
	return b.Ne(v, bits.Const(v.Width(), 0))
}

// constTerm turns a folded constant into a term of its type's width.
func (p *Program) constTerm(c *types.Const, t types.Type) (bits.Term, bool) {
	n, ok := p.numOf(t)
	if !ok {
		return bits.Term{}, false
	}
	return bits.Const128(n.bits, c.Hi, c.Lo), true
}
