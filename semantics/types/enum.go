package types

import "ptreview/parse/syntax"

// enumBody is the definition of an Enum.
type enumBody struct {
	node  *syntax.Enum
	order int
	busy  bool
	errs  []error
}

// evalEnum computes the enumerators and the representation of e, as
// build_enumerator and finish_enum of gcc 12's c-decl.c do.
func (c *checker) evalEnum(e *Enum) {
	body := e.lazy
	body.busy = true
	defer func() { body.busy = false }()
	values := make([]Const, 0, len(body.node.Items))
	next := Const{Type: c.u.basic[Int], ICE: true}
	ok := true
	for _, item := range body.node.Items {
		v := next
		if item.Value != nil {
			v, ok = c.enumerator(item)
			if !ok {
				v = next
			}
		}
		v = c.enumValue(v)
		values = append(values, v)
		c.declareEnumerator(body, item, v)
		next = c.successor(item, v)
	}
	c.finishEnum(e, values)
}

func (c *checker) enumerator(item *syntax.Enumerator) (Const, bool) {
	if c.expr(item.Value) == nil {
		return Const{}, false
	}
	v := ConstOf(item.Value)
	if v == nil || !isInteger(v.Type) {
		c.errorf(item.Value, "value of enumerator %s is not an integer constant", item.Name)
		return Const{}, false
	}
	return *v, true
}

// enumValue gives an enumerator the type it has inside its enumeration: int
// when that holds it.
func (c *checker) enumValue(v Const) Const {
	v.ICE = true
	n := v.num()
	signed := isSigned(v.Type)
	switch {
	case fits(n, signed, c.u.basic[Int]):
		v.Type = c.u.basic[Int]
	default:
		v.Type = c.u.promote(v.Type)
	}
	return v
}

// successor is the value of the next enumerator.
func (c *checker) successor(item *syntax.Enumerator, v Const) Const {
	n := v.num().add(int128{0, 1})
	b := c.u.promote(v.Type).(*Basic)
	for _, k := range []BasicKind{Int, UInt, Long, ULong, LongLong, ULongLong, Int128, UInt128} {
		t := c.u.basic[k]
		if t.Bits >= b.Bits && (k != UInt || !b.Signed) && fits(n, !v.unsignedTop(), t) {
			return Const{Lo: n.lo, Hi: n.hi, Type: t, ICE: true}
		}
	}
	return Const{Type: c.u.basic[Int], ICE: true}
}

// declareEnumerator makes the name known, in the block or at file scope.
func (c *checker) declareEnumerator(body *enumBody, item *syntax.Enumerator, v Const) {
	if body.order >= 0 {
		o := c.u.object(item.Name)
		if len(o.file.sites) > 1 && o.At != item.Loc() {
			c.errorf(item, "redeclaration of enumerator %s", item.Name)
		}
		o.Kind, o.Value, o.Type = EnumConst, v, v.Type
		o.file.state = resolved
		return
	}
	o := &Object{Name: item.Name, Kind: EnumConst, Type: v.Type, Value: v, At: item.Loc(), Local: true}
	if c.scope == nil {
		o.Local = false
		if c.u.object(item.Name) == nil {
			o.file = &fileObject{state: resolved}
			c.u.keep(o)
		}
		return
	}
	c.scope.declare(o)
}

func (c *checker) finishEnum(e *Enum, values []Const) {
	e.Repr = c.enumRepr(e.lazy.node, values)
	e.Complete = true
	for i, item := range e.lazy.node.Items {
		o := c.local(item.Name)
		if o == nil {
			o = c.u.object(item.Name)
		}
		if o == nil || o.Kind != EnumConst || o.At != item.Loc() {
			continue
		}
		o.Value = values[i]
		if values[i].Type.(*Basic).Kind != Int {
			o.Value = convertConst(values[i], e)
		}
		o.Type = o.Value.Type
	}
}

// enumRepr is the integer type behind an enumeration.
func (c *checker) enumRepr(node *syntax.Enum, values []Const) *Basic {
	if a, ok := findAttr(node.Attrs, "mode"); ok {
		if t, ok := c.modeType(c.u.basic[UInt], a).(*Basic); ok {
			return t
		}
	}
	signed := false
	for _, v := range values {
		signed = signed || v.Negative()
	}
	need := 0
	for _, v := range values {
		need = max(need, v.num().precision(signed))
	}
	_, packed := findAttr(node.Attrs, "packed")
	if !packed && need <= 32 {
		return c.u.integer(32, !signed)
	}
	if need > 128 || need > 64 && !c.u.abi.Int128 {
		c.errorf(node, "the values of the enumeration need more than the widest integer")
		return c.u.basic[LongLong]
	}
	return c.u.integerFor(need, !signed)
}
