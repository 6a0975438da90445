package exec

import (
	"strings"

	"ptreview/arch"
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// builtin compiles the call of a compiler builtin or a trap macro. What is not
// known here may be a feature test that the preprocessor left in place.
func (c *compiler) builtin(e *syntax.Call, name string) expr {
	if t, ok := c.prog.traps[name]; ok {
		return c.trapCall(e, t)
	}
	if stem, ok := strings.CutPrefix(name, "__builtin_"); ok {
		if x := c.compilerBuiltin(e, stem); !x.isNone() {
			return x
		}
	}
	if stem, ok := strings.CutPrefix(name, "__sync_"); ok {
		if x := c.syncBuiltin(e, stem); !x.isNone() {
			return x
		}
	}
	if stem, ok := strings.CutPrefix(name, "__atomic_"); ok {
		if x := c.atomicBuiltin(e, stem); !x.isNone() {
			return x
		}
	}
	return c.featureMacro(e, name)
}

func (c *compiler) featureMacro(e *syntax.Call, name string) expr {
	site := c.site(e)
	unknown := c.failing(e, "builtin %s", name)
	if site == nil {
		return unknown
	}
	return general(func(fr *frame) (bits.Term, error) {
		if v, ok := fr.m.feature(fr, site, name); ok {
			return v, nil
		}
		return unknown.term(fr)
	})
}

// compilerBuiltin compiles __builtin_NAME; nil if it is not known.
func (c *compiler) compilerBuiltin(e *syntax.Call, name string) expr {
	switch name {
	case "expect", "expect_with_probability":
		return c.converted(e.Args[0], types.TypeOf(e))
	case "constant_p":
		return c.constantP(e)
	case "unreachable", "trap", "abort":
		return c.trapCall(e, arch.Trap{Name: "__builtin_" + name, Kind: arch.TrapNoReturn})
	case "object_size", "dynamic_object_size":
		return c.objectSize(e)
	case "assume_aligned", "extract_return_addr", "frob_return_addr", "speculation_safe_value":
		return c.converted(e.Args[0], types.TypeOf(e))
	case "prefetch", "va_end", "ia32_pause", "__clear_cache", "stack_restore":
		return c.effects(e.Args)
	case "return_address", "frame_address", "thread_pointer", "stack_save":
		return c.unknownBuiltin(e, name)
	case "va_start":
		return c.vaStart(e)
	case "va_copy":
		return c.vaCopy(e)
	case "alloca", "alloca_with_align":
		return c.alloca(e)
	}
	if f := bitFunctions(name); f != nil {
		return c.bitBuiltin(e, f)
	}
	if op, ok := overflowOp(name); ok {
		return c.overflow(e, op, strings.HasSuffix(name, "_p"))
	}
	if x := c.targetBuiltin(e, name); !x.isNone() {
		return x
	}
	return c.libraryBuiltin(e, name)
}

// effects evaluates expressions in order and has no value.
func (c *compiler) effects(list []syntax.Expr) expr {
	var fs []expr
	for _, x := range list {
		fs = append(fs, c.effect(x))
	}
	return general(func(fr *frame) (bits.Term, error) {
		for _, f := range fs {
			if v, err := f.term(fr); err != nil {
				return v, err
			}
		}
		return bits.Term{}, nil
	})
}

// objectSize answers that the size is not known, as gcc does without
// optimisation.
func (c *compiler) objectSize(e *syntax.Call) expr {
	n, _ := c.numOf(e)
	if k := types.ConstOf(e.Args[1]); k != nil && k.Lo&2 != 0 {
		return constant(bits.Const(n.bits, 0))
	}
	return constant(bits.ConstInt(n.bits, -1))
}

func (c *compiler) unknownBuiltin(e *syntax.Call, name string) expr {
	n, ok := c.numOf(e)
	if !ok {
		return expr{}
	}
	return general(func(fr *frame) (bits.Term, error) {
		return fr.m.unknown("__builtin_"+name+" in "+fr.code.name, n.bits), nil
	})
}

// libraryBuiltin is __builtin_memcpy and its likes: the model of the function.
func (c *compiler) libraryBuiltin(e *syntax.Call, name string) expr {
	site := c.site(e)
	if site == nil {
		return expr{}
	}
	loc := e.Loc()
	if DefaultModels()[name] == nil {
		c.gap(loc, "__builtin_"+name, nil)
	}
	return general(func(fr *frame) (bits.Term, error) {
		model := fr.m.model(name)
		if model == nil {
			return bits.Term{}, fr.m.unsupported(fr, loc, "__builtin_"+name, nil)
		}
		listed := fr.m.listed
		args, err := site.evaluate(fr, nil)
		var v bits.Term
		if err == nil {
			v, err = fr.m.callModel(fr, site, model, name, args)
		}
		fr.m.listed = listed
		return v, err
	})
}

// alloca makes an object that lives as long as the call.
func (c *compiler) alloca(e *syntax.Call) expr {
	size, loc := c.value(e.Args[0]), e.Loc()
	return general(func(fr *frame) (bits.Term, error) {
		v, err := size.term(fr)
		if err != nil {
			return v, err
		}
		n, ok := fr.m.address(v)
		if !ok {
			return v, fr.m.unsupported(fr, loc, notKnown("alloca of a size", v), nil)
		}
		o, err := fr.m.Mem.Alloc(mem.Spec{Name: "alloca", Kind: mem.Stack, Size: n, Undefined: "contents of alloca"}, 16)
		if err != nil {
			return v, fr.m.memError(fr, loc, err)
		}
		return bits.Const(fr.m.Mem.PointerBits(), o.Addr), nil
	})
}

// bitFunction computes a builtin on bits; undefined tells an argument for
// which the result is.
type bitFunction struct {
	zeroUndefined bool
	result        func(b *bits.Builder, x bits.Term, width int) bits.Term
}

// bitFunctions finds clz, ctzll, bswap32…
func bitFunctions(name string) *bitFunction {
	stem := strings.TrimRight(name, "l")
	switch {
	case stem == "c" || name == "clz" || name == "clzl" || name == "clzll":
		return &bitFunction{true, clz}
	case name == "ctz" || name == "ctzl" || name == "ctzll":
		return &bitFunction{true, ctz}
	case name == "ffs" || name == "ffsl" || name == "ffsll":
		return &bitFunction{false, ffs}
	case strings.HasPrefix(name, "popcount"):
		return &bitFunction{false, popcount}
	case strings.HasPrefix(name, "parity"):
		return &bitFunction{false, parity}
	case strings.HasPrefix(name, "clrsb"):
		return &bitFunction{false, clrsb}
	case strings.HasPrefix(name, "bswap"):
		return &bitFunction{false, bswap}
	case name == "abs" || name == "labs" || name == "llabs":
		return &bitFunction{false, abs}
	case name == "isdigit":
		return &bitFunction{false, isdigit}
	}
	return nil
}

func (c *compiler) bitBuiltin(e *syntax.Call, f *bitFunction) expr {
	site := c.site(e)
	n, ok := c.numOf(e)
	if site == nil || !ok || len(site.args) != 1 {
		return c.failing(e, "builtin")
	}
	arg, loc := site.args[0], e.Loc()
	return general(func(fr *frame) (bits.Term, error) {
		x, err := arg.term(fr)
		if err != nil {
			return x, err
		}
		if f.zeroUndefined {
			zero, err := fr.m.decide(fr, fr.m.Bits.Eq(x, bits.Const(x.Width(), 0)), loc)
			if err != nil {
				return x, err
			}
			if zero {
				return fr.m.unknown("a builtin undefined for 0", n.bits), nil
			}
		}
		return f.result(fr.m.Bits, x, n.bits), nil
	})
}

func bit(b *bits.Builder, x bits.Term, i int) bits.Term { return b.Extract(x, i, i) }

func clz(b *bits.Builder, x bits.Term, width int) bits.Term {
	w := x.Width()
	r := bits.Const(width, uint64(w))
	for i := range w {
		r = b.Ite(bit(b, x, i), bits.Const(width, uint64(w-1-i)), r)
	}
	return r
}

func ctz(b *bits.Builder, x bits.Term, width int) bits.Term {
	w := x.Width()
	r := bits.Const(width, uint64(w))
	for i := w - 1; i >= 0; i-- {
		r = b.Ite(bit(b, x, i), bits.Const(width, uint64(i)), r)
	}
	return r
}

func ffs(b *bits.Builder, x bits.Term, width int) bits.Term {
	zero := b.Eq(x, bits.Const(x.Width(), 0))
	return b.Ite(zero, bits.Const(width, 0), b.Add(ctz(b, x, width), bits.Const(width, 1)))
}

func isdigit(b *bits.Builder, x bits.Term, width int) bits.Term {
	above := b.Sub(x, bits.Const(x.Width(), '0'))
	return b.ZExt(b.Ult(above, bits.Const(x.Width(), 10)), width)
}

func popcount(b *bits.Builder, x bits.Term, width int) bits.Term {
	r := bits.Const(width, 0)
	for i := range x.Width() {
		r = b.Add(r, b.ZExt(bit(b, x, i), width))
	}
	return r
}

func parity(b *bits.Builder, x bits.Term, width int) bits.Term {
	r := bits.Bool(false)
	for i := range x.Width() {
		r = b.Xor(r, bit(b, x, i))
	}
	return b.ZExt(r, width)
}

func clrsb(b *bits.Builder, x bits.Term, width int) bits.Term {
	w := x.Width()
	same := b.Ite(bit(b, x, w-1), b.Not(x), x)
	return b.Sub(clz(b, same, width), bits.Const(width, 1))
}

func bswap(b *bits.Builder, x bits.Term, width int) bits.Term {
	r := b.Extract(x, 7, 0)
	for i := 8; i < x.Width(); i += 8 {
		r = b.Concat(r, b.Extract(x, i+7, i))
	}
	return b.Resize(r, width, false)
}

func abs(b *bits.Builder, x bits.Term, width int) bits.Term {
	return b.Resize(b.Ite(bit(b, x, x.Width()-1), b.Neg(x), x), width, true)
}

// overflowOp recognises add_overflow, usubl_overflow, mul_overflow_p…
func overflowOp(name string) (syntax.Op, bool) {
	stem, ok := strings.CutSuffix(strings.TrimSuffix(name, "_p"), "_overflow")
	if !ok {
		return 0, false
	}
	switch {
	case strings.Contains(stem, "add"):
		return syntax.Add, true
	case strings.Contains(stem, "sub"):
		return syntax.Sub, true
	case strings.Contains(stem, "mul"):
		return syntax.Mul, true
	}
	return 0, false
}

// overflow computes with 128 bits, which hold every exact result of operands
// up to 64 bits, and compares with what fits.
func (c *compiler) overflow(e *syntax.Call, op syntax.Op, predicate bool) expr {
	x, xn, ok1 := c.wideOperand(e.Args[0])
	y, yn, ok2 := c.wideOperand(e.Args[1])
	out := types.TypeOf(e.Args[2])
	if out != nil && !predicate {
		p, ok := types.Unqual(out).(*types.Pointer)
		if !ok {
			return c.failing(e, "overflow builtin")
		}
		out = p.Elem
	}
	if !ok1 || !ok2 || out == nil || xn.bits > 64 || yn.bits > 64 {
		return c.failing(e, "overflow builtin on 128 bits")
	}
	n, ok := c.prog.numOf(out)
	if !ok {
		return c.failing(e, "overflow builtin")
	}
	to, loc := c.value(e.Args[2]), e.Loc()
	f := c.operator(e, op, num{128, true}, num{})
	return general(func(fr *frame) (bits.Term, error) {
		a, err := x.term(fr)
		if err != nil {
			return a, err
		}
		b, err := y.term(fr)
		if err != nil {
			return b, err
		}
		at, err := to.term(fr)
		if err != nil {
			return at, err
		}
		exact, err := f(fr, a, b)
		if err != nil {
			return exact, err
		}
		kept := fr.m.Bits.Resize(exact, n.bits, false)
		if !predicate {
			if err := fr.m.storeScalar(fr, loc, at, kept, out); err != nil {
				return kept, err
			}
		}
		return fr.m.Bits.Ne(fr.m.Bits.Resize(kept, 128, n.signed), exact), nil
	})
}

// wideOperand compiles e, extended to 128 bits by its own signedness.
func (c *compiler) wideOperand(e syntax.Expr) (expr, num, bool) {
	n, ok := c.numOf(e)
	if !ok {
		return expr{}, n, false
	}
	return resized(c.value(e), n, num{128, n.signed}), n, true
}
