package exec

import (
	mathbits "math/bits"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// constant is an expression whose value never changes.
func constant(v bits.Term) evalFn {
	return func(*frame) (bits.Term, error) { return v, nil }
}

// value compiles e for its value.
func (c *compiler) value(e syntax.Expr) evalFn {
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
func (c *compiler) offsetof(e *syntax.Offsetof) evalFn {
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

func (c *compiler) chosen(e syntax.Expr) evalFn {
	x := types.Chosen(e)
	if x == nil {
		return c.failing(e, "%s", describe(e))
	}
	return c.value(x)
}

// effect compiles e for what it does.
func (c *compiler) effect(e syntax.Expr) evalFn {
	if types.ConstOf(e) != nil {
		return constant(bits.Term{})
	}
	if x, ok := e.(*syntax.Cast); ok && isVoid(typeOrVoid(c, e)) {
		return c.effect(x.X)
	}
	return c.value(e)
}

// converted compiles e for its value converted to t, as by assignment.
func (c *compiler) converted(e syntax.Expr, t types.Type) evalFn {
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

func (c *compiler) convert(e syntax.Expr, from, to types.Type) evalFn {
	_, ok1 := c.prog.numOf(from)
	_, ok2 := c.prog.numOf(to)
	if !ok1 || !ok2 {
		return c.failing(e, "conversion of %v to %v", from, to)
	}
	x := c.value(e)
	conv := c.prog.convert(from, to)
	if conv == nil {
		return x
	}
	return func(fr *frame) (bits.Term, error) {
		v, err := x(fr)
		if err != nil {
			return v, err
		}
		return conv(fr.m.Bits, v), nil
	}
}

// resized compiles x, of type from, for computing with width n.
func resized(x evalFn, from, n num) evalFn {
	conv := resize(from, n)
	if conv == nil {
		return x
	}
	return func(fr *frame) (bits.Term, error) {
		v, err := x(fr)
		if err != nil {
			return v, err
		}
		return conv(fr.m.Bits, v), nil
	}
}

// operand compiles e for arithmetic of width n.
func (c *compiler) operand(e syntax.Expr, n num) evalFn {
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
func (c *compiler) promoted(e syntax.Expr) (evalFn, num) {
	n, ok := c.numOf(e)
	if !ok {
		return c.failing(e, "operand of type %v", types.TypeOf(e)), num{32, true}
	}
	return c.operand(e, n.promote()), n.promote()
}

// cond compiles e as a condition: true if not zero, of any width.
func (c *compiler) cond(e syntax.Expr) evalFn {
	if types.ConstOf(e) == nil {
		switch x := e.(type) {
		case *syntax.Binary:
			if t := c.truth(x); t != nil {
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
func widened(x evalFn) evalFn {
	return func(fr *frame) (bits.Term, error) {
		v, err := x(fr)
		if err != nil {
			return v, err
		}
		return fr.m.Bits.ZExt(v, 32), nil
	}
}

func (c *compiler) not(e *syntax.Unary) evalFn {
	x := c.cond(e.X)
	return func(fr *frame) (bits.Term, error) {
		v, err := x(fr)
		if err != nil {
			return v, err
		}
		return fr.m.Bits.Not(nonzero(fr.m.Bits, v)), nil
	}
}

func (c *compiler) unary(e *syntax.Unary) evalFn {
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
	x := c.operand(e.X, n)
	switch e.Op {
	case syntax.Minus:
		return func(fr *frame) (bits.Term, error) {
			v, err := x(fr)
			if err != nil {
				return v, err
			}
			return fr.m.Bits.Neg(v), nil
		}
	case syntax.BitNot:
		return func(fr *frame) (bits.Term, error) {
			v, err := x(fr)
			if err != nil {
				return v, err
			}
			return fr.m.Bits.Not(v), nil
		}
	}
	return x
}

func (c *compiler) comma(e *syntax.Comma) evalFn {
	x, y := c.effect(e.X), c.value(e.Y)
	return func(fr *frame) (bits.Term, error) {
		if v, err := x(fr); err != nil {
			return v, err
		}
		return y(fr)
	}
}

func (c *compiler) conditional(e *syntax.Cond) evalFn {
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
			return yes(fr)
		}
		return no(fr)
	}
	if isVoid(t) || !c.computes(e.T) || !c.computes(e.F) {
		return func(fr *frame) (bits.Term, error) {
			v, err := cond(fr)
			if err != nil {
				return v, err
			}
			return one(fr, v)
		}
	}
	x := computation{key: e, result: t, loc: loc}
	if isRecord(t) {
		x.temp = c.newTemp()
	}
	return func(fr *frame) (bits.Term, error) {
		v, err := cond(fr)
		if err != nil || !fr.m.open(v) {
			if err != nil {
				return v, err
			}
			return one(fr, v)
		}
		x := x
		x.run = func() (bits.Term, error) { return one(fr, v) }
		return fr.m.atOnce(fr, x)
	}
}

// branchValue compiles one side of a conditional expression of type t.
func (c *compiler) branchValue(e syntax.Expr, t types.Type) evalFn {
	if isVoid(t) {
		return c.effect(e)
	}
	return c.converted(e, t)
}

// elvis compiles GNU C's x ?: y.
func (c *compiler) elvis(e *syntax.Cond, t types.Type, no evalFn) evalFn {
	x, loc := c.value(e.C), e.C.Loc()
	conv := c.prog.convert(c.operandType(e.C), t)
	return func(fr *frame) (bits.Term, error) {
		v, err := x(fr)
		if err != nil {
			return v, err
		}
		holds, err := fr.m.decide(fr, v, loc)
		switch {
		case err != nil:
			return v, err
		case !holds:
			return no(fr)
		case conv != nil:
			return conv(fr.m.Bits, v), nil
		}
		return v, nil
	}
}

func (c *compiler) cast(e *syntax.Cast) evalFn {
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
func (c *compiler) binary(e *syntax.Binary) evalFn {
	if t := c.truth(e); t != nil {
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
func (c *compiler) shiftOperation(e *syntax.Binary) evalFn {
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
func (c *compiler) operation(at syntax.Node, op syntax.Op, n num, x, y evalFn, m num) evalFn {
	f := c.operator(at, op, n, m)
	if f == nil {
		return c.failing(at, "operator")
	}
	return func(fr *frame) (bits.Term, error) {
		a, err := x(fr)
		if err != nil {
			return a, err
		}
		b, err := y(fr)
		if err != nil {
			return b, err
		}
		return f(fr, a, b)
	}
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
func (c *compiler) truth(e *syntax.Binary) evalFn {
	switch e.Op {
	case syntax.LogAnd, syntax.LogOr:
		return c.logical(e)
	case syntax.Eq, syntax.Ne, syntax.Lt, syntax.Le, syntax.Gt, syntax.Ge:
		return c.comparison(e)
	}
	return nil
}

func (c *compiler) logical(e *syntax.Binary) evalFn {
	x, y := c.cond(e.X), c.cond(e.Y)
	short := e.Op == syntax.LogOr // the value of X that settles it
	loc, computes := e.X.Loc(), c.computes(e.Y)
	one := func(fr *frame, v bits.Term) (bits.Term, error) {
		holds, err := fr.m.decide(fr, v, loc)
		if err != nil || holds == short {
			return bits.Bool(short), err
		}
		v, err = y(fr)
		if err != nil {
			return v, err
		}
		return nonzero(fr.m.Bits, v), nil
	}
	truth := computation{key: e, result: types.TypeOf(e), loc: loc}
	return func(fr *frame) (bits.Term, error) {
		v, err := x(fr)
		if err != nil {
			return v, err
		}
		if !computes || !fr.m.open(v) {
			return one(fr, v)
		}
		x := truth
		x.run = func() (bits.Term, error) { return one(fr, v) }
		return fr.m.atOnce(fr, x)
	}
}

func (c *compiler) comparison(e *syntax.Binary) evalFn {
	n, ok := c.comparedAs(e)
	if !ok {
		return c.failing(e, "comparison of %v with %v", types.TypeOf(e.X), types.TypeOf(e.Y))
	}
	x, y, op := c.operand(e.X, n), c.operand(e.Y, n), e.Op
	return func(fr *frame) (bits.Term, error) {
		a, err := x(fr)
		if err != nil {
			return a, err
		}
		b, err := y(fr)
		if err != nil {
			return b, err
		}
		return compare(fr.m.Bits, op, n.signed, a, b), nil
	}
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
func (c *compiler) pointerAdd(at syntax.Node, ptr, index syntax.Expr, minus bool) evalFn {
	size, ok := elemSize(ptr)
	if !ok {
		return c.failing(at, "pointer to a variable length array")
	}
	n := c.prog.pointer()
	if minus {
		size = -size
	}
	scale := bits.ConstInt(n.bits, size)
	p, i := c.value(ptr), c.operand(index, n)
	return func(fr *frame) (bits.Term, error) {
		base, err := p(fr)
		if err != nil {
			return base, err
		}
		k, err := i(fr)
		if err != nil {
			return k, err
		}
		b := fr.m.Bits
		return b.Add(base, b.Mul(k, scale)), nil
	}
}

func (c *compiler) pointerDifference(e *syntax.Binary) evalFn {
	size, ok := elemSize(e.X)
	if !ok || e.Op != syntax.Sub || size == 0 {
		return c.failing(e, "arithmetic on two pointers")
	}
	n := c.prog.pointer()
	x, y, scale := c.value(e.X), c.value(e.Y), bits.ConstInt(n.bits, size)
	return func(fr *frame) (bits.Term, error) {
		a, err := x(fr)
		if err != nil {
			return a, err
		}
		b, err := y(fr)
		if err != nil {
			return b, err
		}
		return exactDivision(fr.m.Bits, fr.m.Bits.Sub(a, b), scale), nil
	}
}

// exactDivision divides what is a multiple of y, as compilers do.
func exactDivision(b *bits.Builder, x, y bits.Term) bits.Term {
	if v, _ := y.Int64(); v > 0 && v&(v-1) == 0 {
		return b.AShr(x, bits.Const(x.Width(), uint64(mathbits.TrailingZeros64(uint64(v)))))
	}
	return b.SDiv(x, y)
}
