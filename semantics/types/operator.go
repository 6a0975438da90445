package types

import "ptreview/parse/syntax"

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
	case decides(a), decides(b) && (a != nil || pure(e.X)): // what is constant does nothing
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
