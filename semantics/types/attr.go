package types

import "ptreview/parse/syntax"

func findAttr(attrs []syntax.Attr, name string) (syntax.Attr, bool) {
	for _, a := range attrs {
		if a.Name == name {
			return a, true
		}
	}
	return syntax.Attr{}, false
}

// attrInt is the first argument of an attribute as a constant.
func (c *checker) attrInt(a syntax.Attr) (int64, bool) {
	if c.expr(a.Args[0]) == nil {
		return 0, false
	}
	v := ConstOf(a.Args[0])
	if v == nil || v.Hi != 0 || v.Lo > 1<<28 {
		c.errorf(a.Args[0], "argument of attribute %s is not a small constant", a.Name)
		return 0, false
	}
	return int64(v.Lo), true
}

// alignedTo is the alignment in bytes of an attribute aligned, 0 for none.
func (c *checker) alignedTo(a syntax.Attr) int64 {
	if a.TypeArg != nil {
		if t := c.typ(a.TypeArg); t != nil && c.complete(t) {
			return c.fieldAlign(t)
		}
		return 0
	}
	if len(a.Args) == 0 {
		return int64(c.u.abi.MaxAlign)
	}
	n, ok := c.attrInt(a)
	if ok && n&(n-1) != 0 {
		c.errorf(a, "alignment %d is not a power of two", n)
		return 0
	}
	return n
}

// alignment is the strictest alignment that attributes ask of a declared
// thing, 0 if they ask none.
func (c *checker) alignment(attrs []syntax.Attr) int64 {
	var n int64
	for _, a := range attrs {
		if a.Name == "aligned" {
			n = max(n, c.alignedTo(a))
		}
	}
	return n
}

// typeAttrs applies the attributes that make another type of t. An alignment
// belongs to the type only where a type is defined; elsewhere to the object.
func (c *checker) typeAttrs(t Type, attrs []syntax.Attr, isType bool) Type {
	for _, a := range attrs {
		switch a.Name {
		case "mode":
			t = c.modeType(t, a)
		case "vector_size":
			t = c.vectorType(t, a)
		case "aligned":
			if isType {
				t = c.alignedType(t, c.alignedTo(a))
			}
		case "transparent_union":
			if r, ok := Unqual(t).(*Record); ok && isType {
				r.Transparent = true
			}
		}
		if t == nil {
			return nil
		}
	}
	return t
}

func (c *checker) alignedType(t Type, align int64) Type {
	if align == 0 {
		return t
	}
	n := Qualified{Elem: Unqual(t)}
	if q, ok := t.(*Qualified); ok {
		n = *q
	}
	n.Aligned = align
	return &n
}

// modeType replaces an arithmetic type by the one of a machine mode.
func (c *checker) modeType(t Type, a syntax.Attr) Type {
	id, ok := syntax.Expr(nil), false
	if len(a.Args) == 1 {
		id = a.Args[0]
		_, ok = id.(*syntax.Ident)
	}
	if !ok {
		c.errorf(a, "attribute mode without a mode")
		return nil
	}
	name := trimUnderscores(id.(*syntax.Ident).Name)
	if _, isPtr := Unqual(t).(*Pointer); isPtr {
		return t
	}
	if !isInteger(t) {
		return c.floatMode(t, a, name)
	}
	word := int64(c.u.abi.PointerSize)
	sizes := map[string]int64{"QI": 1, "byte": 1, "HI": 2, "SI": 4, "DI": 8, "TI": 16, "word": word, "pointer": word}
	size := sizes[name]
	if size == 0 {
		c.unsupported(a, "machine mode %s of %s", name, t)
		return nil
	}
	b := c.u.integer(int(size)*8, !isSigned(t))
	return c.u.qualify(b, qualsOf(t))
}

func (c *checker) floatMode(t Type, a syntax.Attr, name string) Type {
	kinds := map[string]BasicKind{"SF": Float, "DF": Double, "TF": Float128}
	if k, ok := kinds[name]; ok && isFloat(t) {
		return c.u.qualify(c.u.basic[k], qualsOf(t))
	}
	c.unsupported(a, "machine mode %s of %s", name, t)
	return nil
}

func (c *checker) vectorType(t Type, a syntax.Attr) Type {
	if len(a.Args) != 1 {
		c.errorf(a, "attribute vector_size without a size")
		return nil
	}
	n, ok := c.attrInt(a)
	b, isBasic := Unqual(t).(*Basic)
	if !ok || !isBasic || b.size == 0 || n%b.size != 0 || n&(n-1) != 0 || n == 0 {
		c.errorf(a, "vector_size does not fit %s", t)
		return nil
	}
	// The alignment is that of the whole vector, whatever its size.
	v := &Vector{Elem: b, Len: n / b.size, size: n, max: n}
	if n > int64(c.u.abi.MaxAlign) && c.u.abi.MaxAlign < 16 {
		v.max = int64(c.u.abi.MaxAlign)
	}
	return c.u.qualify(v, qualsOf(t))
}

func trimUnderscores(s string) string {
	if len(s) > 4 && s[:2] == "__" && s[len(s)-2:] == "__" {
		return s[2 : len(s)-2]
	}
	return s
}
