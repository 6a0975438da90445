package types

import "ptreview/parse/syntax"

func isVoid(t Type) bool {
	b, ok := Unqual(t).(*Basic)
	return ok && b.Kind == Void
}

// isInteger reports whether t is an integer or enumeration type.
func isInteger(t Type) bool {
	switch t := Unqual(t).(type) {
	case *Basic:
		return t.Kind >= Bool && t.Kind <= UInt128
	case *Enum:
		return true
	}
	return false
}

func isFloat(t Type) bool {
	b, ok := Unqual(t).(*Basic)
	return ok && b.Kind >= Float
}

func isArith(t Type) bool { return isInteger(t) || isFloat(t) }

func isPointer(t Type) bool {
	_, ok := Unqual(t).(*Pointer)
	return ok
}

func isScalar(t Type) bool { return isArith(t) || isPointer(t) }

// IsInteger reports whether t is an integer type, _Bool or an enumeration.
func IsInteger(t Type) bool { return isInteger(t) }

// IsSigned reports whether t is a signed integer type; pointers are unsigned.
func IsSigned(t Type) bool { return isSigned(t) }

// IsVoid reports whether t is void, qualified or not.
func IsVoid(t Type) bool { return isVoid(t) }

// Elem returns what a pointer points to or an array is made of, else nil.
func Elem(t Type) Type {
	switch t := Unqual(t).(type) {
	case *Pointer:
		return t.Elem
	case *Array:
		return t.Elem
	case *Vector:
		return t.Elem
	}
	return nil
}

func isSigned(t Type) bool {
	switch t := Unqual(t).(type) {
	case *Basic:
		return t.Signed
	case *Enum:
		return t.Repr.Signed
	}
	return false
}

// intBits is the precision of an integer or pointer type.
func intBits(t Type) int {
	switch t := Unqual(t).(type) {
	case *Basic:
		return t.Bits
	case *Enum:
		return t.Repr.Bits
	}
	return int(t.Size()) * 8
}

// Promote applies the integer promotions to the type of a value; other types
// it returns as they are, without qualifiers. A bit-field's own width has to
// be looked at before: see Unit.ValueType.
func (u *Unit) Promote(t Type) Type { return u.promote(t) }

// promote follows perform_integral_promotions of gcc's c-typeck.c.
func (u *Unit) promote(t Type) Type {
	switch t := Unqual(t).(type) {
	case *Enum:
		if t.Repr.Bits < u.basic[Int].Bits {
			return u.basic[Int]
		}
		return u.integer(t.Repr.Bits, !t.Repr.Signed)
	case *Basic:
		if t.Kind >= Bool && t.Kind <= UInt128 && t.Bits < u.basic[Int].Bits {
			return u.basic[Int]
		}
		return t
	default:
		return t
	}
}

// Arith returns the type of an arithmetic operation on values of types a and
// b: the usual arithmetic conversions. Both must be arithmetic.
func (u *Unit) Arith(a, b Type) *Basic {
	x, _ := u.promote(a).(*Basic)
	y, _ := u.promote(b).(*Basic)
	if x == nil || y == nil {
		panic("types: Arith of types that are not arithmetic")
	}
	if x.Kind >= Float || y.Kind >= Float {
		if x.Kind < y.Kind {
			return y
		}
		return x
	}
	switch {
	case x.Bits != y.Bits:
		if x.Bits < y.Bits {
			return y
		}
		return x
	case rank(x) != rank(y):
		if rank(x) < rank(y) {
			x, y = y, x
		}
		if x.Signed && !y.Signed {
			return u.unsigned(x)
		}
		return x
	case x.Signed:
		return y
	}
	return x
}

// rank pairs the signed and unsigned kinds.
func rank(b *Basic) BasicKind { return (b.Kind + 1) / 2 }

// unsigned is the unsigned type of b's rank.
func (u *Unit) unsigned(b *Basic) *Basic {
	if b.Bits != int(b.size)*8 {
		return u.odd[0][b.Bits]
	}
	return u.basic[b.Kind+1]
}

// ValueType returns the type e has as an operand: arrays and functions are
// pointers, qualifiers are dropped, a bit-field has an integer type of its own
// width. e must have been typed.
func (u *Unit) ValueType(e syntax.Expr) Type {
	t := TypeOf(e)
	if t == nil {
		return nil
	}
	if f := bitField(e); f != nil {
		return u.odd[bit(isSigned(t))][f.BitWidth]
	}
	switch a := Unqual(t).(type) {
	case *Array:
		return u.PointerTo(a.Elem)
	case *Func:
		return u.PointerTo(a)
	default:
		return a
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// value is ValueType with the unit locked.
func (c *checker) value(e syntax.Expr) Type {
	t := TypeOf(e)
	if t == nil {
		return nil
	}
	if f := bitField(e); f != nil {
		if isBool(t) {
			return Unqual(t)
		}
		return c.u.odd[bit(isSigned(t))][f.BitWidth]
	}
	return Unqual(c.u.decay(t))
}

func isBool(t Type) bool {
	b, ok := Unqual(t).(*Basic)
	return ok && b.Kind == Bool
}

// bitField returns the bit-field that e designates, nil if it is none.
func bitField(e syntax.Expr) *Field {
	if x := Chosen(e); x != nil {
		return bitField(x)
	}
	m, ok := e.(*syntax.Member)
	if !ok {
		return nil
	}
	s := SelectionOf(m)
	if s == nil || !s.Field().IsBitField() {
		return nil
	}
	return s.Field()
}

// Identical reports whether a and b are the same type.
func Identical(a, b Type) bool {
	r := relation{exact: true}
	return r.same(a, b)
}

// Compatible reports whether a and b are compatible types in the sense of C,
// qualifiers included.
func (u *Unit) Compatible(a, b Type) bool { return u.compatible(a, b) }

func (u *Unit) compatible(a, b Type) bool {
	r := relation{u: u}
	return r.same(a, b)
}

// relation compares types. Pairs once compared are remembered, because types
// built by typedefs can share parts exponentially.
type relation struct {
	u     *Unit
	exact bool
	steps int
	seen  map[[2]Type]bool
}

func (r *relation) same(a, b Type) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || qualsOf(a) != qualsOf(b) {
		return false
	}
	a, b = Unqual(a), Unqual(b)
	if a == b {
		return true
	}
	if !r.exact {
		a, b = r.enumRepr(a, b)
	}
	if r.steps++; r.steps > 64 {
		pair := [2]Type{a, b}
		if ok, done := r.seen[pair]; done {
			return ok
		}
		if r.seen == nil {
			r.seen = make(map[[2]Type]bool)
		}
		r.seen[pair] = true
		ok := r.shape(a, b)
		r.seen[pair] = ok
		return ok
	}
	return r.shape(a, b)
}

// enumRepr replaces an enumeration compared with something else by its
// integer type.
func (r *relation) enumRepr(a, b Type) (Type, Type) {
	x, xe := a.(*Enum)
	y, ye := b.(*Enum)
	switch {
	case xe && !ye && x.Complete:
		return r.u.integer(x.Repr.Bits, !x.Repr.Signed), b
	case ye && !xe && y.Complete:
		return a, r.u.integer(y.Repr.Bits, !y.Repr.Signed)
	}
	return a, b
}

func (r *relation) shape(a, b Type) bool {
	switch a := a.(type) {
	case *Basic:
		b, ok := b.(*Basic)
		return ok && a.Kind == b.Kind && a.Bits == b.Bits
	case *Pointer:
		b, ok := b.(*Pointer)
		return ok && r.same(a.Elem, b.Elem)
	case *Array:
		b, ok := b.(*Array)
		if !ok || !r.same(a.Elem, b.Elem) {
			return false
		}
		return a.Len == b.Len || !r.exact && (a.Len < 0 || b.Len < 0)
	case *Vector:
		b, ok := b.(*Vector)
		return ok && a.Len == b.Len && r.same(a.Elem, b.Elem)
	case *Func:
		b, ok := b.(*Func)
		return ok && r.funcs(a, b)
	}
	return false // records and enumerations are equal only to themselves
}

func (r *relation) funcs(a, b *Func) bool {
	if !r.same(a.Result, b.Result) {
		return false
	}
	if !r.exact && (a.NoProto || b.NoProto) {
		if a.NoProto && b.NoProto {
			return true
		}
		if a.NoProto {
			a = b
		}
		return !a.Variadic && r.selfPromoting(a)
	}
	if a.NoProto != b.NoProto || a.Variadic != b.Variadic || len(a.Params) != len(b.Params) {
		return false
	}
	for i := range a.Params {
		if !r.same(Unqual(a.Params[i].Type), Unqual(b.Params[i].Type)) {
			return r.transparent(a.Params[i].Type, b.Params[i].Type)
		}
	}
	return true
}

// transparent reports whether one parameter is a transparent union with a
// member of the other's type.
func (r *relation) transparent(a, b Type) bool {
	for _, p := range [][2]Type{{a, b}, {b, a}} {
		u, ok := Unqual(p[0]).(*Record)
		if !ok || !u.Transparent || r.exact {
			continue
		}
		for i := range u.Fields {
			if r.same(Unqual(u.Fields[i].Type), Unqual(p[1])) {
				return true
			}
		}
	}
	return false
}

// selfPromoting reports whether default promotions leave all parameters be.
func (r *relation) selfPromoting(f *Func) bool {
	for _, p := range f.Params {
		t := Unqual(p.Type)
		if b, ok := t.(*Basic); ok && (b.Kind == Float || r.u.promote(b) != b) {
			return false
		}
	}
	return true
}

// composite is the composite of two compatible types.
func (u *Unit) composite(a, b Type) Type {
	x, y := Unqual(a), Unqual(b)
	if x == y {
		return a
	}
	switch x := x.(type) {
	case *Enum:
		return a
	case *Array:
		y, ok := y.(*Array)
		if ok && x.Len < 0 && !x.VLA && y.Len >= 0 {
			return b
		}
	case *Func:
		y, ok := y.(*Func)
		if ok && x.NoProto && !y.NoProto {
			return b
		}
	case *Basic:
		if _, ok := y.(*Enum); ok {
			return b
		}
	}
	return a
}

// condPointers is the type of a conditional whose arms are pointers.
func (c *checker) condPointers(at syntax.Expr, a, b Type) Type {
	x, y := Unqual(a).(*Pointer), Unqual(b).(*Pointer)
	quals := qualsOf(x.Elem) | qualsOf(y.Elem)
	if c.u.compatible(unqualArray(c.u, x.Elem), unqualArray(c.u, y.Elem)) {
		elem := c.u.composite(Unqual(x.Elem), Unqual(y.Elem))
		return c.u.pointerTo(c.u.qualify(elem, quals))
	}
	if !isVoid(x.Elem) && !isVoid(y.Elem) {
		c.warn(at, "the arms of the conditional point to %s and %s", x.Elem, y.Elem)
	}
	return c.u.pointerTo(c.u.qualify(c.u.basic[Void], quals))
}

// assignable checks that e may be stored in an object of type to, as by an
// assignment, an argument, a return or an initialiser; what names the use.
func (c *checker) assignable(to Type, e syntax.Expr, what string) {
	from := c.value(e)
	if from == nil || to == nil {
		return
	}
	to = Unqual(to)
	switch {
	case isArith(to) && isArith(from), isBool(to) && isPointer(from):
		return
	case isVoid(from):
		c.errorf(e, "void value used in %s", what)
	case isPointer(to) && isPointer(from):
		c.assignPointer(to.(*Pointer), from.(*Pointer), e, what)
	case isPointer(to) && isInteger(from):
		if !isNull(e) {
			c.warn(e, "integer of type %s becomes pointer %s in %s", from, to, what)
		}
	case isInteger(to) && isPointer(from):
		c.warn(e, "pointer %s becomes integer of type %s in %s", from, to, what)
	case c.u.compatible(to, from):
	default:
		if c.fitsTransparent(to, from, e) {
			return
		}
		c.errorf(e, "%s used in %s of type %s", from, what, to)
	}
}

// assignPointer knows what the kernel's own flags make an error.
func (c *checker) assignPointer(to, from *Pointer, e syntax.Expr, what string) {
	if isNull(e) {
		return
	}
	if extra := qualsOf(from.Elem) &^ qualsOf(to.Elem); extra != 0 && !isFuncType(from.Elem) {
		c.warn(e, "%s drops a qualifier of %s in %s", to, from, what)
	}
	if c.pointeesMatch(to.Elem, from.Elem) {
		return
	}
	c.errorf(e, "incompatible pointer %s used in %s of type %s", from, what, to)
}

func isFuncType(t Type) bool {
	_, ok := Unqual(t).(*Func)
	return ok
}

// pointeesMatch reports whether pointers to a and b convert silently.
func (c *checker) pointeesMatch(a, b Type) bool {
	if isVoid(a) || isVoid(b) {
		return true
	}
	x, y := unqualArray(c.u, a), unqualArray(c.u, b)
	if c.u.compatible(x, y) {
		return true
	}
	// Only the signedness differs: -Wno-pointer-sign.
	if isInteger(x) && isInteger(y) && x.Size() == y.Size() && !isBool(x) && !isBool(y) {
		return c.u.compatible(c.sameSign(x), c.sameSign(y))
	}
	px, okx := x.(*Pointer)
	py, oky := y.(*Pointer)
	return okx && oky && qualsOf(px.Elem) == qualsOf(py.Elem) && !isVoid(px.Elem) && !isVoid(py.Elem) && c.pointeesMatch(px.Elem, py.Elem)
}

// sameSign is the unsigned type of t's rank.
func (c *checker) sameSign(t Type) Type {
	b, ok := t.(*Basic)
	if !ok {
		b = t.(*Enum).Repr
	}
	switch {
	case b.Kind == Char:
		return c.u.basic[UChar]
	case b.Signed:
		return c.u.basic[b.Kind+1]
	}
	return b
}

// fitsTransparent reports whether some member of a transparent union takes e.
func (c *checker) fitsTransparent(to, from Type, e syntax.Expr) bool {
	r, ok := to.(*Record)
	if !ok || !c.complete(r) || !r.Transparent {
		return false
	}
	for i := range r.Fields {
		m := Unqual(r.Fields[i].Type)
		p, isP := m.(*Pointer)
		q, fromP := from.(*Pointer)
		if c.u.compatible(m, from) || isP && isNull(e) || isP && fromP && c.pointeesMatch(p.Elem, q.Elem) {
			return true
		}
	}
	return false
}

// isNull reports whether e is a null pointer constant, by gcc's rule: an
// integer constant expression 0, or that cast to void *.
func isNull(e syntax.Expr) bool {
	k := ConstOf(e)
	if k == nil || !k.ICE || !k.IsZero() {
		return false
	}
	if p, ok := Unqual(k.Type).(*Pointer); ok {
		b, ok := p.Elem.(*Basic)
		return ok && b.Kind == Void
	}
	return true
}
