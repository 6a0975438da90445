package types

import (
	"math/big"
	"strings"

	"ptreview/parse/syntax"
)

// expr types e, once. It returns nil after an error, which is then recorded.
func (c *checker) expr(e syntax.Expr) Type {
	info := e.Typed()
	if t, ok := info.Type.(Type); ok {
		return t
	}
	t := c.exprType(e)
	if t != nil {
		info.Type = t
	}
	return t
}

// operand types e and returns the type of its value.
func (c *checker) operand(e syntax.Expr) Type {
	if c.expr(e) == nil {
		return nil
	}
	return c.value(e)
}

func (c *checker) exprType(e syntax.Expr) Type {
	switch e := e.(type) {
	case *syntax.Ident:
		return c.ident(e, false)
	case *syntax.IntLit:
		return c.intLit(e)
	case *syntax.FloatLit:
		return c.floatLit(e)
	case *syntax.CharLit:
		return c.charLit(e)
	case *syntax.StringLit:
		return c.stringLit(e)
	case *syntax.Unary:
		return c.unary(e)
	case *syntax.Postfix:
		return c.incDec(e, e.X)
	case *syntax.Binary:
		return c.binary(e)
	case *syntax.Assign:
		return c.assign(e)
	case *syntax.Cond:
		return c.cond(e)
	case *syntax.Comma:
		return c.comma(e)
	case *syntax.Call:
		return c.call(e)
	case *syntax.Index:
		return c.index(e)
	case *syntax.Member:
		return c.member(e)
	case *syntax.Cast:
		return c.cast(e)
	case *syntax.CompoundLit:
		return c.compoundLit(e)
	case *syntax.Sizeof:
		return c.sizeof(e)
	case *syntax.StmtExpr:
		return c.stmtExpr(e)
	case *syntax.LabelAddr:
		c.labelAddr(e)
		return c.u.pointerTo(c.u.basic[Void])
	case *syntax.Generic:
		return c.generic(e)
	case *syntax.Offsetof:
		return c.offsetof(e)
	case *syntax.TypesCompatible:
		return c.typesCompatible(e)
	case *syntax.ChooseExpr:
		return c.chooseExpr(e)
	case *syntax.VaArg:
		return c.vaArg(e)
	case *syntax.HasAttribute:
		return c.hasAttribute(e)
	case *syntax.InitList:
		c.errorf(e, "braces outside an initialiser")
		return nil
	}
	c.unsupported(e, "expression %T", e)
	return nil
}

func setConst(e syntax.Expr, k *Const) { e.Typed().Const = k }

// constant is the value e has where it is used as an operand: its Const, or
// for an array at a constant address that address.
func (c *checker) constant(e syntax.Expr) *Const {
	if k := ConstOf(e); k != nil {
		return k
	}
	t := TypeOf(e)
	if a, ok := Unqual(t).(*Array); ok {
		if addr, ok := c.address(e); ok {
			return makeConst(addr, c.u.pointerTo(a.Elem), false)
		}
	}
	return nil
}

// address is the constant address of an lvalue such as ((struct s *)0)->m.
func (c *checker) address(e syntax.Expr) (int128, bool) {
	switch e := e.(type) {
	case *syntax.Unary:
		if e.Op == syntax.Deref {
			return num(c.constant(e.X))
		}
	case *syntax.Index:
		p, i := e.X, e.I
		if isInteger(c.value(p)) {
			p, i = i, p
		}
		base, ok1 := num(c.constant(p))
		n, ok2 := num(ConstOf(i))
		return base.add(n.mul(fromInt(TypeOf(e).Size()))), ok1 && ok2
	case *syntax.Member:
		s := SelectionOf(e)
		if s == nil {
			break
		}
		var base int128
		var ok bool
		if e.Arrow {
			base, ok = num(c.constant(e.X))
		} else {
			base, ok = c.address(e.X)
		}
		return base.add(fromInt(s.Offset)), ok
	case *syntax.Generic, *syntax.ChooseExpr:
		if x := Chosen(e); x != nil {
			return c.address(x)
		}
	}
	return int128{}, false
}

func num(k *Const) (int128, bool) {
	if k == nil {
		return int128{}, false
	}
	return k.num(), true
}

// ---- primary expressions

func (c *checker) ident(e *syntax.Ident, called bool) Type {
	o := c.local(e.Name)
	if o == nil {
		o = c.global(e, called)
	}
	if o == nil {
		return nil
	}
	if o.Kind == TypeName {
		c.errorf(e, "type name %s used as an expression", e.Name)
		return nil
	}
	e.Obj = o
	if o.Kind == EnumConst {
		k := o.Value
		setConst(e, &k)
	}
	return o.Type
}

// global finds a name of file scope, a builtin or an opaque macro.
func (c *checker) global(e *syntax.Ident, called bool) *Object {
	o := c.u.objects[e.Name]
	if o != nil && (o.file == nil || o.file.order <= c.order) {
		c.resolveUse(o)
		return o
	}
	if b := c.builtin(e); b != nil {
		return b
	}
	if c.info != nil {
		if name := c.functionName(e); name != nil {
			return name
		}
	}
	if strings.HasPrefix(e.Name, "__builtin_") {
		c.unsupported(e, "builtin %s", e.Name)
		return nil
	}
	err := &UndeclaredError{Name: e.Name, Loc: e.Loc(), Position: c.u.Position(e.Loc()), Call: called, Later: o != nil}
	if c.info != nil {
		c.info.Undeclared = append(c.info.Undeclared, err)
	}
	c.fail(err)
	return nil
}

// functionName makes the object of __func__ when it is first used.
func (c *checker) functionName(e *syntax.Ident) *Object {
	switch e.Name {
	case "__func__", "__FUNCTION__", "__PRETTY_FUNCTION__":
	default:
		return nil
	}
	if c.info.Name == nil {
		name := ""
		if c.info.Object != nil {
			name = c.info.Object.Name
		}
		char := c.u.qualify(c.u.basic[Char], syntax.Const)
		c.info.Name = &Object{Name: "__func__", Kind: Var, Local: true, Storage: syntax.Static,
			Type: &Array{Elem: char, Len: int64(len(name)) + 1}, Index: -1}
	}
	return c.info.Name
}

// intLit picks the first type of the list of C11 6.4.4.1 that holds the value.
func (c *checker) intLit(e *syntax.IntLit) Type {
	for _, k := range []BasicKind{Int, UInt, Long, ULong, LongLong, ULongLong, Int128, UInt128} {
		t := c.u.basic[k]
		switch {
		case e.Unsigned && t.Signed,
			!e.Unsigned && !t.Signed && e.Decimal,
			e.Long == 1 && k < Long, e.Long == 2 && k < LongLong,
			k >= Int128 && !c.u.abi.Int128:
			continue
		}
		if fits(int128{0, e.Value}, false, t) {
			setConst(e, makeConst(int128{0, e.Value}, t, true))
			return t
		}
	}
	c.errorf(e, "integer constant is too large")
	return nil
}

func (c *checker) floatLit(e *syntax.FloatLit) Type {
	text := strings.ToLower(e.Text)
	hex := strings.HasPrefix(text, "0x")
	switch {
	case strings.HasSuffix(text, "l"):
		return c.u.basic[LongDouble]
	case strings.HasSuffix(text, "f") && (!hex || strings.Contains(text, "p")):
		return c.u.basic[Float]
	case strings.HasSuffix(text, "q"), strings.HasSuffix(text, "f128"):
		return c.u.basic[Float128]
	}
	return c.u.basic[Double]
}

func (c *checker) charLit(e *syntax.CharLit) Type {
	t, from := c.u.basic[Int], c.u.basic[Char]
	switch e.Prefix {
	case "L":
		t = c.u.wchar()
		from = t
	case "u":
		t = c.u.basic[UShort]
		from = t
	case "U":
		t = c.u.basic[UInt]
		from = t
	case "u8":
		t = c.u.basic[UChar]
		from = t
	}
	n := fromInt(e.Value)
	if !e.Multi {
		n = wrapTo(n, from)
	}
	setConst(e, makeConst(n, t, true))
	return t
}

func (u *Unit) wchar() *Basic { return u.integer(max(u.abi.WCharSize, 2)*8, u.abi.WCharUnsigned) }

func (c *checker) stringLit(e *syntax.StringLit) Type {
	elem := c.u.basic[Char]
	n := len(e.Value)
	switch e.Prefix {
	case "L":
		elem = c.u.wchar()
	case "u":
		elem = c.u.basic[UShort]
	case "U":
		elem = c.u.basic[UInt]
	}
	if elem.Kind != Char {
		n /= 4
	}
	return &Array{Elem: elem, Len: int64(n) + 1}
}

// ---- operators

func (c *checker) unary(e *syntax.Unary) Type {
	switch e.Op {
	case syntax.AddrOf:
		return c.addrOf(e)
	case syntax.Deref:
		return c.deref(e)
	case syntax.Inc, syntax.Dec:
		return c.incDec(e, e.X)
	}
	t := c.operand(e.X)
	if t == nil {
		return nil
	}
	switch e.Op {
	case syntax.Not:
		if !isScalar(t) {
			c.errorf(e, "operand of ! has type %s", t)
			return nil
		}
		if k := c.constant(e.X); k != nil {
			setConst(e, makeConst(int128{0, uint64(bit(k.IsZero()))}, c.u.basic[Int], k.ICE && isInteger(k.Type)))
		}
		return c.u.basic[Int]
	case syntax.Plus, syntax.Minus, syntax.BitNot:
		return c.signOrNot(e, t)
	}
	c.unsupported(e, "complex numbers")
	return nil
}

func (c *checker) signOrNot(e *syntax.Unary, t Type) Type {
	if _, ok := t.(*Vector); ok {
		return t
	}
	if !isArith(t) || e.Op == syntax.BitNot && !isInteger(t) {
		c.errorf(e, "operand of unary operator has type %s", t)
		return nil
	}
	t = c.u.promote(t)
	k := ConstOf(e.X)
	if k == nil || !isInteger(t) {
		return t
	}
	n, ice := wrapTo(k.num(), t), k.ICE
	switch e.Op {
	case syntax.Minus:
		// The least signed number is its own negative.
		ice = ice && (!isSigned(t) || n.isZero() || wrapTo(n.negate(), t) != n)
		n = n.negate()
	case syntax.BitNot:
		n = n.not()
	}
	setConst(e, makeConst(n, t, ice))
	return t
}

func (c *checker) addrOf(e *syntax.Unary) Type {
	t := c.expr(e.X)
	if t == nil {
		return nil
	}
	if bitField(e.X) != nil {
		c.errorf(e, "address of a bit-field")
		return nil
	}
	if !isFuncType(t) && !lvalue(e.X) {
		c.errorf(e, "operand of & is not an lvalue")
		return nil
	}
	p := c.u.pointerTo(t)
	if addr, ok := c.address(e.X); ok {
		setConst(e, makeConst(addr, p, false))
	}
	return p
}

// lvalue reports whether a typed expression designates an object.
func lvalue(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Ident:
		o := ObjectOf(e)
		return o != nil && o.Kind == Var
	case *syntax.Unary:
		return e.Op == syntax.Deref
	case *syntax.Index, *syntax.CompoundLit, *syntax.StringLit:
		return true
	case *syntax.Member:
		return e.Arrow || lvalue(e.X)
	case *syntax.VaArg:
		return false
	case *syntax.Generic, *syntax.ChooseExpr:
		x := Chosen(e)
		return x != nil && lvalue(x)
	}
	return false
}

func (c *checker) deref(e *syntax.Unary) Type {
	t := c.operand(e.X)
	if t == nil {
		return nil
	}
	p, ok := t.(*Pointer)
	if !ok {
		c.errorf(e, "operand of unary * has type %s", t)
		return nil
	}
	// gcc lets an incomplete type pass where only the type is wanted, and
	// any use of the value is checked there.
	c.complete(p.Elem)
	return p.Elem
}

func (c *checker) incDec(e, x syntax.Expr) Type {
	t := c.operand(x)
	if t == nil || !c.modifiable(e, x) {
		return nil
	}
	if !isScalar(t) {
		c.errorf(e, "operand of ++ or -- has type %s", t)
		return nil
	}
	if p, ok := t.(*Pointer); ok && !c.stride(e, p) {
		return nil
	}
	return t
}

// stride makes sure that a pointer can be stepped.
func (c *checker) stride(at syntax.Node, p *Pointer) bool {
	if isVoid(p.Elem) || isFuncType(p.Elem) || c.complete(p.Elem) {
		return true
	}
	c.errorf(at, "arithmetic on a pointer to incomplete type %s", p.Elem)
	return false
}

// modifiable checks the left side of an assignment.
func (c *checker) modifiable(at syntax.Node, x syntax.Expr) bool {
	t := TypeOf(x)
	if !lvalue(x) {
		c.errorf(at, "left side of an assignment is not an lvalue")
		return false
	}
	if q, ok := t.(*Qualified); ok && q.Const {
		c.errorf(at, "assignment to an object of type %s", t)
		return false
	}
	if _, ok := Unqual(t).(*Array); ok {
		c.errorf(at, "assignment to an array")
		return false
	}
	return true
}

func (c *checker) binary(e *syntax.Binary) Type {
	x, y := c.operand(e.X), c.operand(e.Y)
	if x == nil || y == nil {
		return nil
	}
	switch e.Op {
	case syntax.LogAnd, syntax.LogOr:
		return c.logical(e, x, y)
	case syntax.Eq, syntax.Ne, syntax.Lt, syntax.Le, syntax.Gt, syntax.Ge:
		return c.compare(e, x, y)
	case syntax.Shl, syntax.Shr:
		return c.shift(e, x, y)
	case syntax.Add, syntax.Sub:
		if isPointer(x) || isPointer(y) {
			return c.pointerArith(e, x, y)
		}
	}
	return c.arith(e, x, y)
}

// mismatch reports operands an operator does not take.
func (c *checker) mismatch(at syntax.Node, x, y Type) Type {
	c.errorf(at, "operands of binary operator have types %s and %s", x, y)
	return nil
}

func (c *checker) vectorOp(at syntax.Node, x, y Type) Type {
	if v, ok := x.(*Vector); ok && (isArith(y) || c.u.compatible(x, y)) {
		return v
	}
	if v, ok := y.(*Vector); ok && isArith(x) {
		return v
	}
	return c.mismatch(at, x, y)
}

func (c *checker) arith(e *syntax.Binary, x, y Type) Type {
	if !isArith(x) || !isArith(y) {
		return c.vectorOp(e, x, y)
	}
	t := c.u.Arith(x, y)
	if isFloat(t) {
		switch e.Op {
		case syntax.Add, syntax.Sub, syntax.Mul, syntax.Div:
			return t
		}
		return c.mismatch(e, x, y)
	}
	c.foldArith(e, t)
	return t
}

func (c *checker) foldArith(e *syntax.Binary, t Type) {
	a, b := ConstOf(e.X), ConstOf(e.Y)
	if a == nil || b == nil {
		// x * 0 and x & 0 are 0, though no integer constant expression.
		if e.Op != syntax.Mul && e.Op != syntax.And {
			return
		}
		if a != nil && a.IsZero() && pure(e.Y) || b != nil && b.IsZero() && pure(e.X) {
			setConst(e, makeConst(int128{}, t, false))
		}
		return
	}
	n, overflow, ok := foldBinary(e.Op, wrapTo(a.num(), t), wrapTo(b.num(), t), t)
	if ok {
		setConst(e, makeConst(n, t, a.ICE && b.ICE && !overflow))
	}
}

func (c *checker) logical(e *syntax.Binary, x, y Type) Type {
	if !isScalar(x) || !isScalar(y) {
		return c.mismatch(e, x, y)
	}
	a, b := c.constant(e.X), c.constant(e.Y)
	decides := func(k *Const) bool { return k != nil && k.IsZero() == (e.Op == syntax.LogAnd) }
	ice := a != nil && b != nil && a.ICE && b.ICE && isInteger(a.Type) && isInteger(b.Type)
	result := func(v bool) { setConst(e, makeConst(int128{0, uint64(bit(v))}, c.u.basic[Int], ice)) }
	switch {
	case decides(a), decides(b) && pure(e.X):
		result(e.Op == syntax.LogOr)
	case a != nil && b != nil:
		result(e.Op == syntax.LogAnd)
	}
	return c.u.basic[Int]
}

func (c *checker) compare(e *syntax.Binary, x, y Type) Type {
	switch {
	case isArith(x) && isArith(y):
		t := c.u.Arith(x, y)
		if isInteger(t) {
			c.foldCompare(e, t)
		}
		return c.u.basic[Int]
	case isPointer(x) && isPointer(y):
		c.comparePointers(e, x.(*Pointer), y.(*Pointer))
	case isPointer(x) && isInteger(y), isInteger(x) && isPointer(y):
		if !isNull(e.X) && !isNull(e.Y) {
			c.warn(e, "comparison of %s and %s", x, y)
		}
	default:
		if _, ok := c.vectorOp(e, x, y).(*Vector); ok {
			c.unsupported(e, "comparison of vectors")
		}
		return nil
	}
	if a, b := c.constant(e.X), c.constant(e.Y); a != nil && b != nil {
		p := c.u.pointerTo(c.u.basic[Void])
		v := foldCompare(e.Op, wrapTo(a.num(), p), wrapTo(b.num(), p), false)
		setConst(e, makeConst(int128{0, uint64(bit(v))}, c.u.basic[Int], false))
	}
	return c.u.basic[Int]
}

func (c *checker) comparePointers(e *syntax.Binary, x, y *Pointer) {
	if isNull(e.X) || isNull(e.Y) || isVoid(x.Elem) || isVoid(y.Elem) {
		return
	}
	if !c.u.compatible(unqualArray(c.u, x.Elem), unqualArray(c.u, y.Elem)) {
		c.warn(e, "comparison of distinct pointer types %s and %s", x, y)
	}
}

func (c *checker) foldCompare(e *syntax.Binary, t Type) {
	a, b := ConstOf(e.X), ConstOf(e.Y)
	set := func(v, ice bool) {
		setConst(e, makeConst(int128{0, uint64(bit(v))}, c.u.basic[Int], ice))
	}
	switch {
	case a != nil && b != nil:
		v := foldCompare(e.Op, wrapTo(a.num(), t), wrapTo(b.num(), t), isSigned(t))
		set(v, a.ICE && b.ICE)
	case isSigned(t):
	case b != nil && b.IsZero() && (e.Op == syntax.Ge || e.Op == syntax.Lt) && pure(e.X):
		set(e.Op == syntax.Ge, false) // an unsigned number is never below 0
	case a != nil && a.IsZero() && (e.Op == syntax.Le || e.Op == syntax.Gt) && pure(e.Y):
		set(e.Op == syntax.Le, false)
	}
}

func (c *checker) shift(e *syntax.Binary, x, y Type) Type {
	if !isInteger(x) || !isInteger(y) {
		return c.vectorOp(e, x, y)
	}
	t := c.u.promote(x)
	a, b := ConstOf(e.X), ConstOf(e.Y)
	if a == nil || b == nil || b.Negative() {
		return t
	}
	if n, ok := foldShift(e.Op, wrapTo(a.num(), t), t, *b); ok {
		setConst(e, makeConst(n, t, a.ICE && b.ICE))
	}
	return t
}

func (c *checker) pointerArith(e *syntax.Binary, x, y Type) Type {
	p, xp := x.(*Pointer)
	q, yp := y.(*Pointer)
	switch {
	case xp && yp && e.Op == syntax.Sub:
		return c.pointerDiff(e, p, q)
	case xp && isInteger(y):
		return c.offsetPointer(e, p, e.X, e.Y)
	case yp && isInteger(x) && e.Op == syntax.Add:
		return c.offsetPointer(e, q, e.Y, e.X)
	}
	return c.mismatch(e, x, y)
}

func (c *checker) offsetPointer(e *syntax.Binary, p *Pointer, ptr, index syntax.Expr) Type {
	if !c.stride(e, p) {
		return nil
	}
	base, ok1 := num(c.constant(ptr))
	n, ok2 := num(ConstOf(index))
	if ok1 && ok2 {
		n = n.mul(fromInt(Sizeof(p.Elem)))
		if e.Op == syntax.Sub {
			n = n.negate()
		}
		setConst(e, makeConst(base.add(n), p, false))
	}
	return p
}

func (c *checker) pointerDiff(e *syntax.Binary, p, q *Pointer) Type {
	if !c.stride(e, p) || !c.stride(e, q) {
		return nil
	}
	if !c.u.compatible(unqualArray(c.u, p.Elem), unqualArray(c.u, q.Elem)) {
		c.errorf(e, "difference of pointers %s and %s", p, q)
		return nil
	}
	t := c.u.PtrdiffT()
	a, ok1 := num(c.constant(e.X))
	b, ok2 := num(c.constant(e.Y))
	size := Sizeof(p.Elem)
	if ok1 && ok2 && size > 0 {
		d, _ := wrapTo(a.sub(b), t).divmod(fromInt(size), true)
		setConst(e, makeConst(d, t, false))
	}
	return t
}

func (c *checker) assign(e *syntax.Assign) Type {
	l, r := c.operand(e.L), c.operand(e.R)
	if l == nil || r == nil || !c.modifiable(e, e.L) {
		return nil
	}
	// The value of an assignment has the width of a bit-field assigned to.
	t := l
	if !c.complete(t) {
		c.errorf(e, "assignment to an object of incomplete type %s", t)
		return nil
	}
	if e.Op == syntax.NoOp {
		c.assignable(t, e.R, "assignment")
		return t
	}
	if p, ok := t.(*Pointer); ok {
		if (e.Op != syntax.Add && e.Op != syntax.Sub) || !isInteger(r) || !c.stride(e, p) {
			return c.mismatch(e, l, r)
		}
		return t
	}
	switch e.Op {
	case syntax.Add, syntax.Sub, syntax.Mul, syntax.Div:
		if isArith(l) && isArith(r) {
			return t
		}
	default:
		if isInteger(l) && isInteger(r) {
			return t
		}
	}
	if c.vectorOp(e, l, r) == nil {
		return nil
	}
	return t
}

func (c *checker) cond(e *syntax.Cond) Type {
	ct := c.operand(e.C)
	tt, then := ct, e.C
	if e.T != nil {
		tt, then = c.operand(e.T), e.T
	}
	ft := c.operand(e.F)
	if ct == nil || tt == nil || ft == nil {
		return nil
	}
	if !isScalar(ct) {
		c.errorf(e, "condition of ?: has type %s", ct)
		return nil
	}
	t := c.condType(e, then, tt, ft)
	if t != nil {
		c.foldCond(e, then, t)
	}
	return t
}

func (c *checker) condType(e *syntax.Cond, then syntax.Expr, tt, ft Type) Type {
	switch {
	case isArith(tt) && isArith(ft):
		return c.u.Arith(tt, ft)
	case isVoid(tt) || isVoid(ft):
		return c.u.basic[Void]
	case isPointer(tt) && isPointer(ft):
		return c.condNulls(e, then, tt, ft)
	case isPointer(tt) && isInteger(ft):
		if !isNull(e.F) {
			c.warn(e, "the arms of the conditional have types %s and %s", tt, ft)
		}
		return tt
	case isInteger(tt) && isPointer(ft):
		if !isNull(then) {
			c.warn(e, "the arms of the conditional have types %s and %s", tt, ft)
		}
		return ft
	case c.u.compatible(tt, ft):
		if !c.complete(tt) {
			c.errorf(e, "the arms of the conditional have incomplete type %s", tt)
			return nil
		}
		return tt
	}
	c.errorf(e, "the arms of the conditional have types %s and %s", tt, ft)
	return nil
}

// condNulls applies the rule __is_constexpr is built on: a null pointer
// constant takes the type of the other arm, any other void * makes it void *.
func (c *checker) condNulls(e *syntax.Cond, then syntax.Expr, tt, ft Type) Type {
	x, y := unqualArray(c.u, Elem(tt)), unqualArray(c.u, Elem(ft))
	switch {
	case c.u.compatible(x, y):
	case isNull(then):
		return ft
	case isNull(e.F):
		return tt
	}
	return c.condPointers(e, tt, ft)
}

func (c *checker) foldCond(e *syntax.Cond, then syntax.Expr, t Type) {
	k := c.constant(e.C)
	if k == nil {
		return
	}
	arm, other := then, e.F
	if k.IsZero() {
		arm, other = e.F, then
	}
	v := c.constant(arm)
	if v == nil || !isInteger(t) && !isPointer(t) || e.T == nil && !pure(e.C) {
		return
	}
	o := ConstOf(other)
	ice := k.ICE && v.ICE && o != nil && o.ICE && isInteger(k.Type) && isInteger(v.Type) && isInteger(o.Type)
	setConst(e, makeConst(v.num(), t, ice))
}

func (c *checker) comma(e *syntax.Comma) Type {
	x := c.expr(e.X)
	y := c.operand(e.Y)
	if x == nil || y == nil {
		return nil
	}
	if k := c.constant(e.Y); k != nil && pure(e.X) {
		n := *k
		n.ICE = false
		setConst(e, &n)
	}
	return y
}

func (c *checker) index(e *syntax.Index) Type {
	x, i := c.operand(e.X), c.operand(e.I)
	if x == nil || i == nil {
		return nil
	}
	base := e.X
	if isInteger(x) {
		x, i, base = i, x, e.I
	}
	if v, ok := x.(*Vector); ok && isInteger(i) {
		return v.Elem
	}
	p, ok := x.(*Pointer)
	if !ok || !isInteger(i) {
		c.errorf(e, "subscript of types %s and %s", x, i)
		return nil
	}
	if !c.stride(e, p) {
		return nil
	}
	if a, ok := Unqual(TypeOf(base)).(*Array); ok {
		return a.Elem // with the qualifiers the array was declared with
	}
	return p.Elem
}

func (c *checker) member(e *syntax.Member) Type {
	t := c.expr(e.X)
	if t == nil {
		return nil
	}
	if e.Arrow {
		p, ok := c.value(e.X).(*Pointer)
		if !ok {
			c.errorf(e, "left side of -> has type %s", t)
			return nil
		}
		t = p.Elem
	}
	r, ok := Unqual(t).(*Record)
	if !ok {
		c.errorf(e, "member %s of type %s, which is no struct or union", e.Name, t)
		return nil
	}
	if !c.complete(r) {
		c.errorf(e, "member %s of incomplete type %s", e.Name, r)
		return nil
	}
	s := r.find(e.Name)
	if s == nil {
		c.fail(&MemberError{Name: e.Name, Record: r, Loc: e.Loc(), Position: c.u.Position(e.Loc())})
		return nil
	}
	e.Obj = s
	quals := qualsOf(t)
	for _, anonymous := range s.Path[:len(s.Path)-1] {
		quals |= qualsOf(anonymous.Type)
	}
	return c.u.qualify(s.Field().Type, quals&^syntax.Restrict)
}

// Find returns the member of r with a name, also inside anonymous members;
// nil if there is none. r must be complete.
func (r *Record) Find(name string) *Selection {
	for i := range r.Fields {
		f := &r.Fields[i]
		if f.Name == name && name != "" {
			return &Selection{Record: r, Path: []*Field{f}, Offset: f.Offset}
		}
		inner, ok := Unqual(f.Type).(*Record)
		if f.Name != "" || !ok {
			continue
		}
		if s := inner.Find(name); s != nil {
			return &Selection{Record: r, Path: append([]*Field{f}, s.Path...), Offset: f.Offset + s.Offset}
		}
	}
	return nil
}

// find is Find by way of an index; the unit is locked.
func (r *Record) find(name string) *Selection {
	if r.lazy == nil {
		return r.Find(name)
	}
	if r.lazy.members == nil {
		r.lazy.members = make(map[string]*Selection, len(r.Fields))
		r.lazy.index(r, r, nil, 0)
	}
	return r.lazy.members[name]
}

// index enters the members of inner, which path and offset lead to from r.
func (b *recordBody) index(r, inner *Record, path []*Field, offset int64) {
	for i := range inner.Fields {
		f := &inner.Fields[i]
		to := append(path[:len(path):len(path)], f)
		if f.Name != "" {
			if b.members[f.Name] == nil {
				b.members[f.Name] = &Selection{Record: r, Path: to, Offset: offset + f.Offset}
			}
		} else if deeper, ok := Unqual(f.Type).(*Record); ok {
			b.index(r, deeper, to, offset+f.Offset)
		}
	}
}

// Field finds a member of a completed record by name, through anonymous
// members.
func (u *Unit) Field(r *Record, name string) (*Selection, bool) {
	s := r.Find(name)
	return s, s != nil
}

// ---- types as operands

func (c *checker) cast(e *syntax.Cast) Type {
	to := c.typ(e.To)
	from := c.operand(e.X)
	if to == nil || from == nil {
		return nil
	}
	to = Unqual(to)
	switch {
	case isVoid(to):
		return to
	case isVoid(from):
		c.errorf(e, "cast of a void value to %s", to)
		return nil
	case isScalar(to) && isScalar(from):
		if isFloat(to) && isPointer(from) || isPointer(to) && isFloat(from) {
			c.errorf(e, "cast of %s to %s", from, to)
			return nil
		}
		c.foldCast(e, to, from)
		return to
	}
	if !c.castAggregate(to, from) {
		c.errorf(e, "cast of %s to %s", from, to)
		return nil
	}
	return to
}

// castAggregate allows what GNU C adds: casts to a type already had, to a
// union with a member of that type, and between vectors and integers.
func (c *checker) castAggregate(to, from Type) bool {
	if c.u.compatible(to, from) {
		return c.complete(to)
	}
	if _, ok := to.(*Vector); ok {
		return to.Size() == from.Size()
	}
	if _, ok := from.(*Vector); ok {
		return to.Size() == from.Size()
	}
	r, ok := to.(*Record)
	if !ok || !r.Union || !c.complete(r) {
		return false
	}
	for i := range r.Fields {
		if c.u.compatible(Unqual(r.Fields[i].Type), from) {
			return true
		}
	}
	return false
}

func (c *checker) foldCast(e *syntax.Cast, to, from Type) {
	if lit, ok := e.X.(*syntax.FloatLit); ok && isInteger(to) {
		c.foldFloatCast(e, lit, to)
		return
	}
	k := c.constant(e.X)
	if k == nil || isFloat(to) {
		return
	}
	// Only a direct cast of an integer keeps its rank of an integer constant
	// expression.
	setConst(e, makeConst(k.num(), to, k.ICE && isInteger(from)))
}

func (c *checker) foldFloatCast(e *syntax.Cast, lit *syntax.FloatLit, to Type) {
	text := strings.ToLower(lit.Text)
	if !strings.HasPrefix(text, "0x") {
		text = strings.TrimRight(text, "fl")
	}
	f, _, err := big.ParseFloat(text, 0, 256, big.ToZero)
	if err != nil || f.MantExp(nil) > 127 {
		return
	}
	z, _ := f.Int(nil)
	setConst(e, makeConst(fromBig(z), to, true))
}

func (c *checker) sizeof(e *syntax.Sizeof) Type {
	var t Type
	if e.Of != nil {
		t = c.typ(e.Of)
	} else {
		t = c.expr(e.X)
		if t != nil && bitField(e.X) != nil {
			c.errorf(e, "sizeof of a bit-field")
			return nil
		}
	}
	if t == nil {
		return nil
	}
	sized := t
	if a, ok := Unqual(t).(*Array); ok && e.Align {
		sized = a.Elem // the alignment of a flexible array is known
	}
	if !c.complete(sized) {
		c.errorf(e, "sizeof of incomplete type %s", t)
		return nil
	}
	n := Sizeof(t)
	if e.Align && isFuncType(t) {
		c.unsupported(e, "alignment of a function") // each target has its own
		return nil
	}
	if e.Align {
		n = c.alignof(e, t)
	} else if variable(t) {
		return c.u.SizeT()
	}
	setConst(e, makeConst(fromInt(n), c.u.SizeT(), true))
	return c.u.SizeT()
}

// variable reports whether the size of t is known at run time only.
func variable(t Type) bool {
	a, ok := Unqual(t).(*Array)
	return ok && (a.VLA || variable(a.Elem))
}

// alignof is the value of __alignof__: for an expression the alignment its
// object has.
func (c *checker) alignof(e *syntax.Sizeof, t Type) int64 {
	if isVoid(t) {
		return 1
	}
	if e.X == nil {
		return t.Align()
	}
	switch x := e.X.(type) {
	case *syntax.Ident:
		if o := ObjectOf(x); o != nil {
			return max(o.Align, t.Align())
		}
	case *syntax.Member:
		if s := SelectionOf(x); s != nil {
			return max(s.Field().align, 1)
		}
	}
	return t.Align()
}

func (c *checker) offsetof(e *syntax.Offsetof) Type {
	t := c.typ(e.Of)
	if t == nil {
		return nil
	}
	if !c.complete(t) {
		c.errorf(e, "offsetof of incomplete type %s", t)
		return nil
	}
	offset, known := int128{}, true
	for _, d := range e.Path {
		n, elem, ok := c.offsetStep(e, t, d)
		if elem == nil {
			return nil
		}
		t, known = elem, known && ok
		offset = offset.add(n)
	}
	if known {
		setConst(e, makeConst(offset, c.u.SizeT(), true))
	}
	return c.u.SizeT()
}

// offsetStep applies one designator; elem is nil after an error, ok false for
// an index that is not constant.
func (c *checker) offsetStep(e *syntax.Offsetof, t Type, d syntax.Designator) (n int128, elem Type, ok bool) {
	if d.Field == "" {
		elem := Elem(t)
		if elem == nil || c.operand(d.Lo) == nil {
			c.errorf(e, "offsetof subscripts %s", t)
			return n, nil, false
		}
		i, ok := num(ConstOf(d.Lo))
		return i.mul(fromInt(elem.Size())), elem, ok
	}
	r, isRecord := Unqual(t).(*Record)
	if !isRecord || !c.complete(r) {
		c.errorf(e, "offsetof looks for %s in %s", d.Field, t)
		return n, nil, false
	}
	s := r.find(d.Field)
	if s == nil {
		c.fail(&MemberError{Name: d.Field, Record: r, Loc: e.Loc(), Position: c.u.Position(e.Loc())})
		return n, nil, false
	}
	if s.Field().IsBitField() {
		c.errorf(e, "offsetof of a bit-field")
		return n, nil, false
	}
	return fromInt(s.Offset), s.Field().Type, true
}

func (c *checker) typesCompatible(e *syntax.TypesCompatible) Type {
	a, b := c.typ(e.A), c.typ(e.B)
	if a == nil || b == nil {
		return nil
	}
	same := c.u.compatible(unqualArray(c.u, a), unqualArray(c.u, b))
	setConst(e, makeConst(int128{0, uint64(bit(same))}, c.u.basic[Int], true))
	return c.u.basic[Int]
}

// hasAttribute answers for attributes of declarations. One that belongs to a
// type is not followed through the types gcc would look at.
func (c *checker) hasAttribute(e *syntax.HasAttribute) Type {
	var attrs []syntax.Attr
	if e.X != nil {
		if c.expr(e.X) == nil {
			return nil
		}
		attrs = attrsOf(e.X)
	} else if c.typ(e.Of) == nil {
		return nil
	}
	_, has := findAttr(attrs, e.Attr.Name)
	switch e.Attr.Name {
	case "aligned", "packed", "vector_size", "mode", "may_alias", "transparent_union", "scalar_storage_order":
		if !has || len(e.Attr.Args) > 0 {
			c.unsupported(e, "__builtin_has_attribute of %s", e.Attr.Name)
			return nil
		}
	}
	setConst(e, makeConst(int128{0, uint64(bit(has))}, c.u.basic[Int], true))
	return c.u.basic[Int]
}

// attrsOf returns the attributes of what e names.
func attrsOf(e syntax.Expr) []syntax.Attr {
	switch e := e.(type) {
	case *syntax.Ident:
		if o := ObjectOf(e); o != nil {
			return o.Attrs
		}
	case *syntax.Member:
		if s := SelectionOf(e); s != nil {
			return s.Field().Attrs
		}
	}
	return nil
}

// ---- selections

func (c *checker) chooseExpr(e *syntax.ChooseExpr) Type {
	old := c.answerNow(true)
	c.expr(e.C)
	c.answerNow(old)
	c.expr(e.T)
	c.expr(e.F)
	if TypeOf(e.C) == nil {
		return nil
	}
	k := ConstOf(e.C)
	if k == nil {
		c.errorf(e, "first operand of __builtin_choose_expr is not constant")
		return nil
	}
	x := e.T
	if k.IsZero() {
		x = e.F
	}
	return c.choose(e, x)
}

// choose makes e stand for x.
func (c *checker) choose(e, x syntax.Expr) Type {
	t := TypeOf(x)
	if t == nil {
		return nil
	}
	e.Typed().Obj = x
	if k := ConstOf(x); k != nil {
		setConst(e, k)
	}
	return t
}

func (c *checker) generic(e *syntax.Generic) Type {
	t := c.operand(e.X)
	var chosen, fallback syntax.Expr
	for _, a := range e.Assocs {
		c.expr(a.X)
		if a.Of == nil {
			fallback = a.X
			continue
		}
		of := c.typ(a.Of)
		if t == nil || of == nil || chosen != nil {
			continue
		}
		if c.u.compatible(t, of) {
			chosen = a.X
		}
	}
	if t == nil {
		return nil
	}
	if chosen == nil {
		chosen = fallback
	}
	if chosen == nil {
		c.errorf(e, "no association of _Generic matches %s", t)
		return nil
	}
	return c.choose(e, chosen)
}

func (c *checker) vaArg(e *syntax.VaArg) Type {
	c.expr(e.X)
	t := c.typ(e.Of)
	if t == nil {
		return nil
	}
	if !c.complete(t) {
		c.errorf(e, "va_arg of incomplete type %s", t)
		return nil
	}
	return Unqual(t)
}

func (c *checker) compoundLit(e *syntax.CompoundLit) Type {
	t := c.typ(e.Of)
	if t == nil {
		return nil
	}
	return c.initializer(t, e.Init)
}

// ---- purity

// pure reports whether evaluating e changes nothing, as TREE_SIDE_EFFECTS of
// gcc would deny.
func pure(e syntax.Expr) bool {
	switch e := e.(type) {
	case nil:
		return true
	case *syntax.Ident:
		return !volatile(e)
	case *syntax.IntLit, *syntax.FloatLit, *syntax.CharLit, *syntax.StringLit, *syntax.Sizeof,
		*syntax.Offsetof, *syntax.TypesCompatible, *syntax.HasAttribute, *syntax.LabelAddr:
		return true
	case *syntax.Unary:
		switch e.Op {
		case syntax.Inc, syntax.Dec:
			return false
		case syntax.AddrOf:
			return pureAddress(e.X)
		}
		return pure(e.X) && !volatile(e)
	case *syntax.Binary:
		return pure(e.X) && pure(e.Y)
	case *syntax.Cond:
		return pure(e.C) && (e.T == nil || pure(e.T)) && pure(e.F)
	case *syntax.Comma:
		return pure(e.X) && pure(e.Y)
	case *syntax.Index:
		return pure(e.X) && pure(e.I) && !volatile(e)
	case *syntax.Member:
		return pure(e.X) && !volatile(e)
	case *syntax.Cast:
		return pure(e.X)
	case *syntax.Generic, *syntax.ChooseExpr:
		x := Chosen(e)
		return x != nil && pure(x)
	case *syntax.Call:
		return pureCall(e)
	}
	return false
}

// pureAddress reports whether forming the address of e changes nothing.
func pureAddress(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Ident:
		return true
	case *syntax.Unary:
		return e.Op == syntax.Deref && pure(e.X)
	case *syntax.Member:
		if e.Arrow {
			return pure(e.X)
		}
		return pureAddress(e.X)
	case *syntax.Index:
		return pureAddress(e.X) && pure(e.I)
	}
	return pure(e)
}

func volatile(e syntax.Expr) bool {
	q, ok := TypeOf(e).(*Qualified)
	return ok && q.Volatile
}

func pureCall(e *syntax.Call) bool {
	o := ObjectOf(e.Fun)
	if o == nil {
		return false
	}
	if !o.HasAttr("const") && !o.HasAttr("pure") && !(o.Kind == Builtin && pureBuiltin(o.Name)) {
		return false
	}
	for _, a := range e.Args {
		if !pure(a) {
			return false
		}
	}
	return true
}

// answerNow sets whether __builtin_constant_p is to be answered at once and
// returns the former setting.
func (c *checker) answerNow(at bool) bool {
	old := c.now
	c.now = at
	return old
}
