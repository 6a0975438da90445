package types

import (
	"math/big"
	"strings"

	"ptreview/parse/syntax"
)

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
