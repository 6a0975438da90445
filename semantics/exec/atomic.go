package exec

import (
	"strings"

	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// With one thread an atomic builtin is its plain operation; only what it
// returns differs from one to the next.

// pointee compiles the pointer an atomic builtin works on.
func (c *compiler) pointee(e *syntax.Call) (ptr expr, t types.Type, ok bool) {
	if len(e.Args) == 0 || types.TypeOf(e.Args[0]) == nil {
		return expr{}, nil, false
	}
	p, ok := types.Unqual(types.TypeOf(e.Args[0])).(*types.Pointer)
	if !ok {
		return expr{}, nil, false
	}
	if _, ok := c.prog.numOf(p.Elem); !ok || isAggregate(p.Elem) {
		return expr{}, nil, false
	}
	return c.value(e.Args[0]), types.Unqual(p.Elem), true
}

func (c *compiler) syncBuiltin(e *syntax.Call, name string) expr {
	if name == "synchronize" {
		return constant(bits.Term{})
	}
	switch name {
	case "bool_compare_and_swap":
		return c.syncCompareSwap(e, true)
	case "val_compare_and_swap":
		return c.syncCompareSwap(e, false)
	case "lock_test_and_set":
		return c.fetch(e, replace, true)
	case "lock_release":
		return c.atomicClear(e)
	}
	if op, ok := strings.CutPrefix(name, "fetch_and_"); ok {
		return c.fetch(e, fetchOp(op), true)
	}
	if op, ok := strings.CutSuffix(name, "_and_fetch"); ok {
		return c.fetch(e, fetchOp(op), false)
	}
	return expr{}
}

func (c *compiler) atomicBuiltin(e *syntax.Call, name string) expr {
	switch name {
	case "thread_fence", "signal_fence":
		return constant(bits.Term{})
	case "load_n":
		return c.atomicLoad(e)
	case "store_n":
		x := c.fetch(e, replace, false)
		return x
	case "exchange_n":
		return c.fetch(e, replace, true)
	case "compare_exchange_n":
		return c.atomicCompareExchange(e)
	case "clear":
		return c.atomicClear(e)
	}
	if op, ok := strings.CutPrefix(name, "fetch_"); ok {
		return c.fetch(e, fetchOp(op), true)
	}
	if op, ok := strings.CutSuffix(name, "_fetch"); ok {
		return c.fetch(e, fetchOp(op), false)
	}
	return expr{}
}

// combine is the operation of a read-modify-write.
type combine func(b *bits.Builder, old, x bits.Term) bits.Term

func replace(_ *bits.Builder, _, x bits.Term) bits.Term { return x }

func fetchOp(name string) combine {
	switch name {
	case "add":
		return (*bits.Builder).Add
	case "sub":
		return (*bits.Builder).Sub
	case "and":
		return (*bits.Builder).And
	case "or":
		return (*bits.Builder).Or
	case "xor":
		return (*bits.Builder).Xor
	case "nand":
		return func(b *bits.Builder, old, x bits.Term) bits.Term { return b.Not(b.And(old, x)) }
	}
	return nil
}

// fetch compiles *ptr = f(*ptr, x) with the old or the new value.
func (c *compiler) fetch(e *syntax.Call, f combine, old bool) expr {
	ptr, t, ok := c.pointee(e)
	if !ok || f == nil || len(e.Args) < 2 {
		return expr{}
	}
	x, loc := c.converted(e.Args[1], t), e.Loc()
	return general(func(fr *frame) (bits.Term, error) {
		at, err := ptr.term(fr)
		if err != nil {
			return at, err
		}
		v, err := x.term(fr)
		if err != nil {
			return v, err
		}
		fr.m.begin()
		defer fr.m.finish()
		before, err := fr.m.loadScalar(fr, loc, at, t)
		if err != nil {
			return before, err
		}
		after := f(fr.m.Bits, before, v)
		if err := fr.m.storeScalar(fr, loc, at, after, t); err != nil {
			return after, err
		}
		if old {
			return before, nil
		}
		return after, nil
	})
}

func (c *compiler) syncCompareSwap(e *syntax.Call, wantBool bool) expr {
	ptr, t, ok := c.pointee(e)
	if !ok || len(e.Args) < 3 {
		return expr{}
	}
	want, x, loc := c.converted(e.Args[1], t), c.converted(e.Args[2], t), e.Loc()
	return general(func(fr *frame) (bits.Term, error) {
		at, err := ptr.term(fr)
		if err != nil {
			return at, err
		}
		w, err := want.term(fr)
		if err != nil {
			return w, err
		}
		v, err := x.term(fr)
		if err != nil {
			return v, err
		}
		old, same, err := fr.m.compareSwap(fr, loc, at, t, w, v)
		if wantBool {
			return bits.Bool(same), err
		}
		return old, err
	})
}

func (c *compiler) atomicLoad(e *syntax.Call) expr {
	ptr, t, ok := c.pointee(e)
	if !ok {
		return expr{}
	}
	return general(func(fr *frame) (bits.Term, error) {
		at, err := ptr.term(fr)
		if err != nil {
			return at, err
		}
		return fr.m.loadScalar(fr, e.Loc(), at, t)
	})
}

func (c *compiler) atomicClear(e *syntax.Call) expr {
	ptr, t, ok := c.pointee(e)
	if !ok {
		return expr{}
	}
	n, _ := c.prog.numOf(t)
	return general(func(fr *frame) (bits.Term, error) {
		at, err := ptr.term(fr)
		if err != nil {
			return at, err
		}
		return bits.Term{}, fr.m.storeScalar(fr, e.Loc(), at, bits.Const(n.bits, 0), t)
	})
}

// atomicCompareExchange compiles __atomic_compare_exchange_n(ptr, expected,
// desired, …), which writes back what it found.
func (c *compiler) atomicCompareExchange(e *syntax.Call) expr {
	ptr, t, ok := c.pointee(e)
	if !ok || len(e.Args) < 3 {
		return expr{}
	}
	expected, x, loc := c.value(e.Args[1]), c.converted(e.Args[2], t), e.Loc()
	return general(func(fr *frame) (bits.Term, error) {
		at, err := ptr.term(fr)
		if err != nil {
			return at, err
		}
		where, err := expected.term(fr)
		if err != nil {
			return where, err
		}
		v, err := x.term(fr)
		if err != nil {
			return v, err
		}
		w, err := fr.m.loadScalar(fr, loc, where, t)
		if err != nil {
			return w, err
		}
		old, same, err := fr.m.compareSwap(fr, loc, at, t, w, v)
		if err == nil && !same {
			err = fr.m.storeScalar(fr, loc, where, old, t)
		}
		return bits.Bool(same), err
	})
}
