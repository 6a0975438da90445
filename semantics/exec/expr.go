package exec

import (
	mathbits "math/bits"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// constant is an expression whose value never changes.
func constant(v bits.Term) expr {
	x := general(func(*frame) (bits.Term, error) { return v, nil })
	if w, ok := v.Uint64(); ok && v.Width() <= 64 {
		x = quick(v.Width(), func(*frame) (uint64, bool) { return w, true })
		x.fixed, x.is = w, true
	}
	return x
}

// value compiles e for its value.
func (c *compiler) value(e syntax.Expr) expr {
	t := types.TypeOf(e)
	if t == nil {
		return c.untyped(e)
	}
	if k := types.ConstOf(e); k != nil {
		if v, ok := c.prog.constTerm(k, t); ok {
			return constant(v)
		}
	}
	switch e := e.(type) {
	case *syntax.Ident:
		return c.ident(e)
	case *syntax.StringLit:
		return c.stringLit(e)
	case *syntax.Unary:
		return c.unary(e)
	case *syntax.Postfix:
		return c.increment(e, e.X, e.Op, true)
	case *syntax.Binary:
		return c.binary(e)
	case *syntax.Assign:
		return c.assign(e)
	case *syntax.Cond:
		return c.conditional(e)
	case *syntax.Comma:
		return c.comma(e)
	case *syntax.Call:
		return c.call(e)
	case *syntax.Index, *syntax.Member:
		return c.load(c.place(e))
	case *syntax.Cast:
		return c.cast(e)
	case *syntax.CompoundLit:
		return c.compoundLit(e)
	case *syntax.StmtExpr:
		return c.stmtExpr(e)
	case *syntax.LabelAddr:
		return c.labelAddr(e)
	case *syntax.Generic, *syntax.ChooseExpr:
		return c.chosen(e)
	case *syntax.VaArg:
		return c.vaArg(e)
	case *syntax.Offsetof:
		return c.offsetof(e)
	}
	return c.failing(e, "%s", describe(e))
}

// describe names an expression that is not supported.
func describe(e syntax.Expr) string {
	switch e.(type) {
	case *syntax.FloatLit:
		return "floating point"
	case *syntax.Sizeof:
		return "sizeof of a variable length array"
	}
	return "expression " + syntax.ExprString(e)
}

// offsetof compiles an __builtin_offsetof with an index that is not constant.
func (c *compiler) offsetof(e *syntax.Offsetof) expr {
	t, err := c.unit.TypeOf(e.Of)
	n, _ := c.numOf(e)
	sum := constant(bits.Const(n.bits, 0))
	for _, d := range e.Path {
		if err != nil || t == nil {
			return c.failing(e, "%s", describe(e))
		}
		if d.Field != "" {
			f := fieldOf(t, d.Field)
			if f == nil {
				return c.failing(e, "%s", describe(e))
			}
			sum, t = c.offset(sum, f.Offset), f.Type
			continue
		}
		a, ok := types.Unqual(t).(*types.Array)
		if !ok || d.Lo == nil || d.Hi != nil {
			return c.failing(e, "%s", describe(e))
		}
		size := constant(bits.ConstInt(n.bits, a.Elem.Size()))
		sum = c.operation(e, syntax.Add, n, sum, c.operation(e, syntax.Mul, n, c.operand(d.Lo, n), size, n), n)
		t = a.Elem
	}
	return sum
}

func (c *compiler) chosen(e syntax.Expr) expr {
	x := types.Chosen(e)
	if x == nil {
		return c.failing(e, "%s", describe(e))
	}
	return c.value(x)
}

// effect compiles e for what it does.
func (c *compiler) effect(e syntax.Expr) expr {
	if types.ConstOf(e) != nil {
		return constant(bits.Term{})
	}
	if x, ok := e.(*syntax.Cast); ok && isVoid(typeOrVoid(c, e)) {
		return c.effect(x.X)
	}
	return c.value(e)
}

// converted compiles e for its value converted to t, as by assignment.
func (c *compiler) converted(e syntax.Expr, t types.Type) expr {
	from := c.operandType(e)
	if from == nil || isRecord(t) {
		return c.value(e)
	}
	return c.convert(e, from, t)
}

// operandType returns the type of the value of e, nil if it has none: that of
// a bit-field has the bit-field's width.
func (c *compiler) operandType(e syntax.Expr) types.Type {
	t := types.TypeOf(e)
	if t == nil || isAggregate(t) || isBool(t) {
		return t
	}
	return c.unit.ValueType(e)
}

func (c *compiler) convert(e syntax.Expr, from, to types.Type) expr {
	_, ok1 := c.prog.numOf(from)
	_, ok2 := c.prog.numOf(to)
	if !ok1 || !ok2 {
		return c.failing(e, "conversion of %v to %v", from, to)
	}
	return c.prog.converting(c.value(e), from, to)
}

// operand compiles e for arithmetic of width n.
func (c *compiler) operand(e syntax.Expr, n num) expr {
	from, ok := c.numOf(e)
	if !ok {
		return c.failing(e, "operand of type %v", types.TypeOf(e))
	}
	return resized(c.value(e), from, n)
}

func (c *compiler) numOf(e syntax.Expr) (num, bool) {
	t := c.operandType(e)
	if t == nil {
		return num{}, false
	}
	return c.prog.numOf(t)
}

// promoted compiles e with the integer promotions.
func (c *compiler) promoted(e syntax.Expr) (expr, num) {
	n, ok := c.numOf(e)
	if !ok {
		return c.failing(e, "operand of type %v", types.TypeOf(e)), num{32, true}
	}
	return c.operand(e, n.promote()), n.promote()
}

// cond compiles e as a condition: true if not zero, of any width.
func (c *compiler) cond(e syntax.Expr) expr {
	if types.ConstOf(e) == nil {
		switch x := e.(type) {
		case *syntax.Binary:
			if t := c.truth(x); !t.isNone() {
				return t
			}
		case *syntax.Unary:
			if x.Op == syntax.Not {
				return c.not(x)
			}
		}
	}
	if _, ok := c.numOf(e); !ok && types.TypeOf(e) != nil {
		return c.failing(e, "condition of type %v", types.TypeOf(e))
	}
	return c.value(e)
}

// widened turns a truth value, a term of width 1, into an int.
func widened(x expr) expr { return resized(x, num{1, false}, num{32, true}) }

func (c *compiler) not(e *syntax.Unary) expr {
	x := c.cond(e.X)
	return quick(1, func(fr *frame) (uint64, bool) {
		v, ok := x.word(fr)
		if ok {
			return truth(v == 0), true
		}
		b := fr.m.Bits
		return fr.m.then(func(t bits.Term) (bits.Term, error) { return b.Not(nonzero(b, t)), nil })
	})
}

func (c *compiler) unary(e *syntax.Unary) expr {
	switch e.Op {
	case syntax.Not:
		return widened(c.not(e))
	case syntax.Deref:
		return c.load(c.place(e))
	case syntax.AddrOf:
		return c.addressOf(e.X)
	case syntax.Inc, syntax.Dec:
		return c.increment(e, e.X, e.Op, false)
	case syntax.RealPart, syntax.ImagPart:
		return c.failing(e, "complex numbers")
	}
	n, ok := c.numOf(e)
	if !ok {
		return c.failing(e, "operand of type %v", types.TypeOf(e.X))
	}
	x, m := c.operand(e.X, n), mask(min(n.bits, 64))
	switch e.Op {
	case syntax.Minus:
		return quick(n.bits, func(fr *frame) (uint64, bool) {
			v, ok := x.word(fr)
			if ok {
				return -v & m, true
			}
			return fr.m.then(func(t bits.Term) (bits.Term, error) { return fr.m.Bits.Neg(t), nil })
		})
	case syntax.BitNot:
		return quick(n.bits, func(fr *frame) (uint64, bool) {
			v, ok := x.word(fr)
			if ok {
				return ^v & m, true
			}
			return fr.m.then(func(t bits.Term) (bits.Term, error) { return fr.m.Bits.Not(t), nil })
		})
	}
	return x
}

func (c *compiler) comma(e *syntax.Comma) expr {
	x, y := c.effect(e.X), c.value(e.Y)
	n, _ := c.numOf(e.Y)
	return quick(n.bits, func(fr *frame) (uint64, bool) {
		if _, ok := x.word(fr); !ok && fr.m.aside.err != nil {
			return 0, false
		}
		return y.word(fr)
	})
}

func (c *compiler) conditional(e *syntax.Cond) expr {
	t := types.TypeOf(e)
	no := c.branchValue(e.F, t)
	if e.T == nil {
		return c.elvis(e, t, no)
	}
	yes := c.branchValue(e.T, t)
	if k := types.ConstOf(e.C); k != nil {
		if k.IsZero() {
			return no
		}
		return yes
	}
	cond, loc := c.cond(e.C), e.C.Loc()
	one := func(fr *frame, v bits.Term) (bits.Term, error) {
		holds, err := fr.m.decide(fr, v, loc)
		switch {
		case err != nil:
			return v, err
		case holds:
			return yes.term(fr)
		}
		return no.term(fr)
	}
	open := one // what is done with a condition that is not constant
	if !isVoid(t) && c.computes(e.T) && c.computes(e.F) {
		x := computation{key: e, result: t, loc: loc}
		if isRecord(t) {
			x.temp = c.newTemp()
		}
		open = func(fr *frame, v bits.Term) (bits.Term, error) {
			if !fr.m.open(v) {
				return one(fr, v)
			}
			x := x
			x.run = func() (bits.Term, error) { return one(fr, v) }
			return fr.m.atOnce(fr, x)
		}
	}
	n, _ := c.prog.numOf(t)
	return quick(n.bits, func(fr *frame) (uint64, bool) {
		v, ok := cond.word(fr)
		switch {
		case !ok:
			return fr.m.then(func(v bits.Term) (bits.Term, error) { return open(fr, v) })
		case v != 0:
			return yes.word(fr)
		}
		return no.word(fr)
	})
}

// branchValue compiles one side of a conditional expression of type t.
func (c *compiler) branchValue(e syntax.Expr, t types.Type) expr {
	if isVoid(t) {
		return c.effect(e)
	}
	return c.converted(e, t)
}

// elvis compiles GNU C's x ?: y.
func (c *compiler) elvis(e *syntax.Cond, t types.Type, no expr) expr {
	x, loc := c.value(e.C), e.C.Loc()
	conv := c.prog.convert(c.operandType(e.C), t)
	return general(func(fr *frame) (bits.Term, error) {
		v, err := x.term(fr)
		if err != nil {
			return v, err
		}
		holds, err := fr.m.decide(fr, v, loc)
		switch {
		case err != nil:
			return v, err
		case !holds:
			return no.term(fr)
		case conv != nil:
			return conv(fr.m.Bits, v), nil
		}
		return v, nil
	})
}

func (c *compiler) cast(e *syntax.Cast) expr {
	to, from := types.TypeOf(e), c.operandType(e.X)
	switch {
	case isVoid(to):
		return c.effect(e.X)
	case from == nil:
		return c.untyped(e.X)
	case isRecord(to):
		if !isRecord(from) {
			return c.failing(e, "cast to a union")
		}
		return c.value(e.X)
	}
	return c.convert(e.X, from, to)
}

// binary compiles an operator for its value.
func (c *compiler) binary(e *syntax.Binary) expr {
	if t := c.truth(e); !t.isNone() {
		return widened(t)
	}
	tx, ty := types.TypeOf(e.X), types.TypeOf(e.Y)
	if tx == nil || ty == nil {
		return c.untyped(e)
	}
	switch {
	case isAddress(tx) && isAddress(ty):
		return c.pointerDifference(e)
	case isAddress(tx):
		return c.pointerAdd(e, e.X, e.Y, e.Op == syntax.Sub)
	case isAddress(ty):
		return c.pointerAdd(e, e.Y, e.X, false)
	case e.Op == syntax.Shl || e.Op == syntax.Shr:
		return c.shiftOperation(e)
	}
	n, ok := c.numOf(e)
	if !ok {
		return c.failing(e, "arithmetic of type %v", types.TypeOf(e))
	}
	return c.operation(e, e.Op, n, c.operand(e.X, n), c.operand(e.Y, n), n)
}

// shiftOperation compiles << and >>, whose operands do not convert each other.
func (c *compiler) shiftOperation(e *syntax.Binary) expr {
	n, ok := c.numOf(e)
	if !ok {
		return c.failing(e, "arithmetic of type %v", types.TypeOf(e))
	}
	y, count := c.promoted(e.Y)
	return c.operation(e, e.Op, n, c.operand(e.X, n), y, count)
}

// apply is an arithmetic operator on terms.
type apply func(fr *frame, x, y bits.Term) (bits.Term, error)

// operation compiles x op y, both of width n except that a shift's y is of m.
func (c *compiler) operation(at syntax.Node, op syntax.Op, n num, x, y expr, m num) expr {
	f := c.operator(at, op, n, m)
	if f == nil {
		return c.failing(at, "operator")
	}
	o := &binary{x: x, y: y, xbits: n.bits, ybits: m.bits, f: f}
	if n.bits > 64 || m.bits > 64 {
		return general(o.terms)
	}
	return quick(n.bits, o.words(op, n))
}

// operator returns what op does to numbers like n.
func (c *compiler) operator(at syntax.Node, op syntax.Op, n, m num) apply {
	switch op {
	case syntax.Add:
		return func(fr *frame, x, y bits.Term) (bits.Term, error) { return fr.m.Bits.Add(x, y), nil }
	case syntax.Sub:
		return func(fr *frame, x, y bits.Term) (bits.Term, error) { return fr.m.Bits.Sub(x, y), nil }
	case syntax.Mul:
		return func(fr *frame, x, y bits.Term) (bits.Term, error) { return fr.m.Bits.Mul(x, y), nil }
	case syntax.And:
		return func(fr *frame, x, y bits.Term) (bits.Term, error) { return fr.m.Bits.And(x, y), nil }
	case syntax.Or:
		return func(fr *frame, x, y bits.Term) (bits.Term, error) { return fr.m.Bits.Or(x, y), nil }
	case syntax.Xor:
		return func(fr *frame, x, y bits.Term) (bits.Term, error) { return fr.m.Bits.Xor(x, y), nil }
	case syntax.Div, syntax.Rem:
		loc := at.Loc()
		return func(fr *frame, x, y bits.Term) (bits.Term, error) { return fr.divide(loc, op, n, x, y) }
	case syntax.Shl, syntax.Shr:
		loc := at.Loc()
		return func(fr *frame, x, y bits.Term) (bits.Term, error) { return fr.shift(loc, op, n, m, x, y) }
	}
	return nil
}

func (fr *frame) divide(loc cpp.Loc, op syntax.Op, n num, x, y bits.Term) (bits.Term, error) {
	m := fr.m
	b := m.Bits
	zero, err := m.decide(fr, b.Eq(y, bits.Const(n.bits, 0)), loc)
	if err != nil {
		return y, err
	}
	if zero {
		return y, m.trap(fr, loc, &Trap{Kind: TrapDivide})
	}
	if overflows, err := fr.overflows(loc, n, x, y); overflows || err != nil {
		return m.unknown("a quotient that overflows", n.bits), err
	}
	switch {
	case op == syntax.Div && n.signed:
		return b.SDiv(x, y), nil
	case op == syntax.Div:
		return b.UDiv(x, y), nil
	case n.signed:
		return b.SRem(x, y), nil
	}
	return b.URem(x, y), nil
}

// overflows reports whether a quotient is too large for its type. Where values
// are not known it is taken to fit.
func (fr *frame) overflows(loc cpp.Loc, n num, x, y bits.Term) (bool, error) {
	if !n.signed {
		return false, nil
	}
	b := fr.m.Bits
	least := b.Shl(bits.Const(n.bits, 1), bits.Const(n.bits, uint64(n.bits-1)))
	cond := b.And(b.Eq(y, bits.ConstInt(n.bits, -1)), b.Eq(x, least))
	if !cond.IsConst() && fr.m.opt.Decisions.paths == nil {
		return false, nil
	}
	return fr.m.decide(fr, cond, loc)
}

// shift shifts by a count of its own width. What a count out of range gives
// differs from machine to machine and compiler to compiler.
func (fr *frame) shift(loc cpp.Loc, op syntax.Op, n, count num, x, y bits.Term) (bits.Term, error) {
	m := fr.m
	b := m.Bits
	inside, err := m.decide(fr, b.Ult(y, bits.Const(count.bits, uint64(n.bits))), loc)
	if err != nil {
		return y, err
	}
	if !inside {
		return m.unknown("a shift by the width or more", n.bits), nil
	}
	y = b.Resize(y, n.bits, false)
	switch {
	case op == syntax.Shl:
		return b.Shl(x, y), nil
	case n.signed:
		return b.AShr(x, y), nil
	}
	return b.LShr(x, y), nil
}

// truth compiles comparisons and logical operators to a term of width 1; nil
// for other operators.
func (c *compiler) truth(e *syntax.Binary) expr {
	switch e.Op {
	case syntax.LogAnd, syntax.LogOr:
		return c.logical(e)
	case syntax.Eq, syntax.Ne, syntax.Lt, syntax.Le, syntax.Gt, syntax.Ge:
		return c.comparison(e)
	}
	return expr{}
}

func (c *compiler) logical(e *syntax.Binary) expr {
	x, y := c.cond(e.X), c.cond(e.Y)
	short := e.Op == syntax.LogOr // the value of X that settles it
	loc, computes := e.X.Loc(), c.computes(e.Y)
	one := func(fr *frame, v bits.Term) (bits.Term, error) {
		holds, err := fr.m.decide(fr, v, loc)
		if err != nil || holds == short {
			return bits.Bool(short), err
		}
		v, err = y.term(fr)
		if err != nil {
			return v, err
		}
		return nonzero(fr.m.Bits, v), nil
	}
	whole := computation{key: e, result: types.TypeOf(e), loc: loc}
	open := func(fr *frame, v bits.Term) (bits.Term, error) {
		if !computes || !fr.m.open(v) {
			return one(fr, v)
		}
		x := whole
		x.run = func() (bits.Term, error) { return one(fr, v) }
		return fr.m.atOnce(fr, x)
	}
	return quick(1, func(fr *frame) (uint64, bool) {
		v, ok := x.word(fr)
		if !ok {
			return fr.m.then(func(v bits.Term) (bits.Term, error) { return open(fr, v) })
		}
		if (v != 0) == short {
			return truth(short), true
		}
		if v, ok = y.word(fr); !ok {
			return fr.m.then(func(v bits.Term) (bits.Term, error) { return nonzero(fr.m.Bits, v), nil })
		}
		return truth(v != 0), true
	})
}

func (c *compiler) comparison(e *syntax.Binary) expr {
	n, ok := c.comparedAs(e)
	if !ok {
		return c.failing(e, "comparison of %v with %v", types.TypeOf(e.X), types.TypeOf(e.Y))
	}
	op := e.Op
	o := &binary{x: c.operand(e.X, n), y: c.operand(e.Y, n), xbits: n.bits, ybits: n.bits,
		f: func(fr *frame, x, y bits.Term) (bits.Term, error) {
			return compare(fr.m.Bits, op, n.signed, x, y), nil
		}}
	if n.bits > 64 {
		return general(o.terms)
	}
	return quick(1, o.compared(op, n))
}

func (c *compiler) comparedAs(e *syntax.Binary) (num, bool) {
	x, ok1 := c.numOf(e.X)
	y, ok2 := c.numOf(e.Y)
	if !ok1 || !ok2 {
		return num{}, false
	}
	if isAddress(types.TypeOf(e.X)) || isAddress(types.TypeOf(e.Y)) {
		return c.prog.pointer(), true
	}
	return x.common(y), true
}

func compare(b *bits.Builder, op syntax.Op, signed bool, x, y bits.Term) bits.Term {
	switch op {
	case syntax.Eq:
		return b.Eq(x, y)
	case syntax.Ne:
		return b.Ne(x, y)
	case syntax.Gt, syntax.Le:
		x, y = y, x
	}
	less := b.Ult
	if signed {
		less = b.Slt
	}
	if op == syntax.Lt || op == syntax.Gt {
		return less(x, y)
	}
	return b.Not(less(x, y)) // x >= y; y <= x was turned round
}

// elemSize returns the size pointer arithmetic on e counts in.
func elemSize(e syntax.Expr) (int64, bool) {
	switch t := types.Unqual(types.TypeOf(e)).(type) {
	case *types.Pointer:
		if a, ok := types.Unqual(t.Elem).(*types.Array); ok && a.VLA {
			return 0, false
		}
		return types.Sizeof(t.Elem), true
	case *types.Array:
		if a, ok := types.Unqual(t.Elem).(*types.Array); ok && a.VLA {
			return 0, false
		}
		return types.Sizeof(t.Elem), true
	}
	return 1, true // a function
}

// pointerAdd compiles ptr + index, or ptr - index.
func (c *compiler) pointerAdd(at syntax.Node, ptr, index syntax.Expr, minus bool) expr {
	size, ok := elemSize(ptr)
	if !ok {
		return c.failing(at, "pointer to a variable length array")
	}
	n := c.prog.pointer()
	if minus {
		size = -size
	}
	return c.moved(c.value(ptr), c.operand(index, n), size)
}

// moved compiles an address plus index times size.
func (c *compiler) moved(ptr, index expr, size int64) expr {
	n := c.prog.pointer()
	if index.is {
		return c.offset(ptr, int64(index.fixed)*size)
	}
	scale := bits.ConstInt(n.bits, size)
	o := &binary{x: ptr, y: index, xbits: n.bits, ybits: n.bits,
		f: func(fr *frame, base, k bits.Term) (bits.Term, error) {
			b := fr.m.Bits
			return b.Add(base, b.Mul(k, scale)), nil
		}}
	m := mask(n.bits)
	return quick(n.bits, func(fr *frame) (uint64, bool) {
		base, ok := ptr.word(fr)
		if !ok {
			return o.openX(fr)
		}
		k, ok := index.word(fr)
		if !ok {
			return o.openY(fr, base)
		}
		return (base + k*uint64(size)) & m, true
	})
}

func (c *compiler) pointerDifference(e *syntax.Binary) expr {
	size, ok := elemSize(e.X)
	if !ok || e.Op != syntax.Sub || size == 0 {
		return c.failing(e, "arithmetic on two pointers")
	}
	n := c.prog.pointer()
	x, y, scale := c.value(e.X), c.value(e.Y), bits.ConstInt(n.bits, size)
	return general(func(fr *frame) (bits.Term, error) {
		a, err := x.term(fr)
		if err != nil {
			return a, err
		}
		b, err := y.term(fr)
		if err != nil {
			return b, err
		}
		return exactDivision(fr.m.Bits, fr.m.Bits.Sub(a, b), scale), nil
	})
}

// exactDivision divides what is a multiple of y, as compilers do.
func exactDivision(b *bits.Builder, x, y bits.Term) bits.Term {
	if v, _ := y.Int64(); v > 0 && v&(v-1) == 0 {
		return b.AShr(x, bits.Const(x.Width(), uint64(mathbits.TrailingZeros64(uint64(v)))))
	}
	return b.SDiv(x, y)
}
