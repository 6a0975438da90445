package types

import (
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
	o := c.u.object(e.Name)
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
