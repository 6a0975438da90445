package exec

import (
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// place is a compiled lvalue: a slot of the frame, or an address with a type,
// where field is set for a bit-field.
type place struct {
	slot  int // -1 for memory
	addr  evalFn
	typ   types.Type
	field *types.Field
	loc   cpp.Loc
}

func (c *compiler) memory(e syntax.Expr, addr evalFn) place {
	return place{slot: -1, addr: addr, typ: types.TypeOf(e), loc: e.Loc()}
}

// place compiles an lvalue, or an rvalue struct whose members are used.
func (c *compiler) place(e syntax.Expr) place {
	if types.TypeOf(e) == nil {
		return place{slot: -1, addr: c.untyped(e), typ: c.unit.Basic(types.Int), loc: e.Loc()}
	}
	switch e := e.(type) {
	case *syntax.Ident:
		return c.identPlace(e)
	case *syntax.Unary:
		if e.Op == syntax.Deref {
			return c.memory(e, c.value(e.X))
		}
	case *syntax.Index:
		return c.indexPlace(e)
	case *syntax.Member:
		return c.memberPlace(e)
	case *syntax.Generic, *syntax.ChooseExpr:
		if x := types.Chosen(e); x != nil {
			return c.place(x)
		}
	}
	if isAggregate(types.TypeOf(e)) {
		return c.memory(e, c.value(e))
	}
	return c.memory(e, c.failing(e, "lvalue"))
}

func (c *compiler) identPlace(e *syntax.Ident) place {
	o := types.ObjectOf(e)
	if l := c.local[o]; l != nil {
		if !l.inMemory {
			return place{slot: l.index, typ: types.TypeOf(e), loc: e.Loc()}
		}
		return c.memory(e, func(fr *frame) (bits.Term, error) {
			a, err := fr.localAddr(l)
			return bits.Const(fr.m.Mem.PointerBits(), a), err
		})
	}
	if o != nil && o == c.info.Name {
		return c.memory(e, c.stringLit(c.funcName()))
	}
	return c.memory(e, c.globalAddr(e, o))
}

// funcName is the array __func__ stands for.
func (c *compiler) funcName() *syntax.StringLit {
	if c.code.funcName == nil {
		c.code.funcName = &syntax.StringLit{Value: []byte(c.code.name)}
	}
	return c.code.funcName
}

// globalAddr compiles the address of a variable or function of file scope, or
// of a static local.
func (c *compiler) globalAddr(at syntax.Expr, o *types.Object) evalFn {
	if o == nil {
		return c.failing(at, "name %s", syntax.ExprString(at))
	}
	loc := at.Loc()
	unit := c.unit
	return func(fr *frame) (bits.Term, error) {
		a, err := fr.m.addressOf(fr, loc, unit, o)
		return bits.Const(fr.m.Mem.PointerBits(), a), err
	}
}

func (c *compiler) ident(e *syntax.Ident) evalFn {
	o := types.ObjectOf(e)
	if o != nil && o.Kind == types.Builtin {
		return c.failing(e, "the address of builtin %s", e.Name)
	}
	return c.load(c.identPlace(e))
}

func (c *compiler) indexPlace(e *syntax.Index) place {
	ptr, index := e.X, e.I
	if !isAddress(types.TypeOf(ptr)) {
		ptr, index = index, ptr
	}
	return c.memory(e, c.pointerAdd(e, ptr, index, false))
}

func (c *compiler) memberPlace(e *syntax.Member) place {
	sel := types.SelectionOf(e)
	if sel == nil {
		return c.memory(e, c.failing(e, "member %s", e.Name))
	}
	base := c.value(e.X) // of a struct, its address
	p := c.memory(e, base)
	p.loc = e.NameAt
	if sel.Field().IsBitField() {
		p.field = sel.Field()
		p.typ = c.operandType(e)
	}
	if sel.Offset != 0 {
		p.addr = c.offset(base, sel.Offset)
	}
	return p
}

func (c *compiler) offset(base evalFn, off int64) evalFn {
	k := bits.ConstInt(c.prog.pointer().bits, off)
	return func(fr *frame) (bits.Term, error) {
		a, err := base(fr)
		if err != nil {
			return a, err
		}
		return fr.m.Bits.Add(a, k), nil
	}
}

// addressOf compiles &e.
func (c *compiler) addressOf(e syntax.Expr) evalFn {
	p := c.place(e)
	switch {
	case p.slot >= 0:
		c.needMemory(types.ObjectOf(e))
		return c.failing(e, "address of a register")
	case p.field != nil:
		return c.failing(e, "address of a bit-field")
	}
	return p.addr
}

// needMemory moves a local out of the frame, from the next round on.
func (c *compiler) needMemory(o *types.Object) {
	c.written[o] = true
	if !c.inMemory[o] {
		c.inMemory[o] = true
		c.grew = true
	}
}

// load compiles reading a place. An aggregate's value is its address.
func (c *compiler) load(p place) evalFn {
	switch {
	case p.slot >= 0:
		i := p.slot
		return func(fr *frame) (bits.Term, error) { return fr.get(i), nil }
	case isAggregate(p.typ):
		return p.addr
	}
	n, ok := c.prog.numOf(p.typ)
	if !ok {
		return c.loadOther(p)
	}
	addr, loc, t := p.addr, p.loc, p.typ
	if f := p.field; f != nil {
		return func(fr *frame) (bits.Term, error) {
			a, err := addr(fr)
			if err != nil {
				return a, err
			}
			return fr.m.loadField(fr, loc, a, f, n)
		}
	}
	return func(fr *frame) (bits.Term, error) {
		a, err := addr(fr)
		if err != nil {
			return a, err
		}
		return fr.m.loadScalar(fr, loc, a, t)
	}
}

// loadOther is *p of a void pointer, which is evaluated for its effects only,
// or a type that is not supported.
func (c *compiler) loadOther(p place) evalFn {
	if isVoid(p.typ) {
		return p.addr
	}
	loc, what := p.loc, "value of type "+p.typ.String()
	return func(fr *frame) (bits.Term, error) {
		return bits.Term{}, fr.m.unsupported(fr, loc, what, nil)
	}
}

// target is a place whose address has been computed.
type target struct {
	*place
	at bits.Term
}

func (p *place) target(fr *frame) (target, error) {
	if p.slot >= 0 {
		return target{place: p}, nil
	}
	a, err := p.addr(fr)
	return target{p, a}, err
}

// read returns the value there.
func (t target) read(fr *frame, n num) (bits.Term, error) {
	switch {
	case t.slot >= 0:
		return fr.get(t.slot), nil
	case t.field != nil:
		return fr.m.loadField(fr, t.loc, t.at, t.field, n)
	}
	return fr.m.loadScalar(fr, t.loc, t.at, t.typ)
}

// write stores v, already of the place's type, and returns the value an
// assignment has: for a bit-field what is left of it.
func (t target) write(fr *frame, v bits.Term) (bits.Term, error) {
	switch {
	case t.slot >= 0:
		fr.set(t.slot, v)
		return v, nil
	case t.field != nil:
		if err := fr.m.storeField(fr, t.loc, t.at, v, t.field); err != nil {
			return v, err
		}
		own, _ := fr.m.prog.numOf(t.field.Type)
		kept := fr.m.Bits.Resize(v, t.field.BitWidth, own.signed)
		return fr.m.Bits.Resize(kept, v.Width(), own.signed), nil
	}
	return v, fr.m.storeScalar(fr, t.loc, t.at, v, t.typ)
}

func (c *compiler) assign(e *syntax.Assign) evalFn {
	p := c.place(e.L)
	if isRecord(p.typ) {
		return c.assignRecord(e, p)
	}
	if _, ok := c.prog.numOf(p.typ); !ok {
		return c.failing(e, "assignment of type %v", p.typ)
	}
	var x evalFn
	if e.Op == syntax.NoOp {
		x = c.store(p, c.converted(e.R, p.typ))
	} else {
		x = c.update(p, c.compound(e, p), false)
	}
	c.written[types.ObjectOf(e.L)] = true
	return x
}

// store compiles an assignment of a value that is converted already.
func (c *compiler) store(p place, x evalFn) evalFn {
	if p.slot >= 0 {
		i := p.slot
		return func(fr *frame) (bits.Term, error) {
			v, err := x(fr)
			if err == nil {
				fr.set(i, v)
			}
			return v, err
		}
	}
	return func(fr *frame) (bits.Term, error) {
		t, err := p.target(fr)
		if err != nil {
			return bits.Term{}, err
		}
		v, err := x(fr)
		if err != nil {
			return v, err
		}
		return t.write(fr, v)
	}
}

func (c *compiler) assignRecord(e *syntax.Assign, p place) evalFn {
	x, loc, size := c.value(e.R), e.Loc(), uint64(p.typ.Size())
	return func(fr *frame) (bits.Term, error) {
		to, err := p.addr(fr)
		if err != nil {
			return to, err
		}
		from, err := x(fr)
		if err != nil {
			return from, err
		}
		return to, fr.m.copyBytes(fr, loc, to, from, size)
	}
}

// updating computes the new value of a place from the old one.
type updating func(fr *frame, old bits.Term) (bits.Term, error)

// update compiles a read, a change and a write of one place. The value is the
// new one, or the old one if post.
func (c *compiler) update(p place, f updating, post bool) evalFn {
	n, _ := c.prog.numOf(p.typ)
	return func(fr *frame) (bits.Term, error) {
		t, err := p.target(fr)
		if err != nil {
			return bits.Term{}, err
		}
		old, err := t.read(fr, n)
		if err != nil {
			return old, err
		}
		v, err := f(fr, old)
		if err != nil {
			return v, err
		}
		v, err = t.write(fr, v)
		if post {
			return old, err
		}
		return v, err
	}
}

// compound compiles the operator of L op= R.
func (c *compiler) compound(e *syntax.Assign, p place) updating {
	own, _ := c.prog.numOf(p.typ)
	if isPointer(p.typ) {
		return c.movePointer(e, e.L, e.R, e.Op)
	}
	r, ok := c.numOf(e.R)
	if !ok {
		return failingUpdate(c.failing(e.R, "operand of type %v", types.TypeOf(e.R)))
	}
	n := own.common(r)
	count := n
	if e.Op == syntax.Shl || e.Op == syntax.Shr {
		n, count = own.promote(), r.promote()
	}
	return c.arithmetic(e, e.Op, p.typ, own, n, c.operand(e.R, count), count)
}

func failingUpdate(x evalFn) updating {
	return func(fr *frame, _ bits.Term) (bits.Term, error) { return x(fr) }
}

// arithmetic computes old op y with width n and converts the result back to
// type t, which is computed with as own.
func (c *compiler) arithmetic(at syntax.Node, op syntax.Op, t types.Type, own, n num, y evalFn, count num) updating {
	f := c.operator(at, op, n, count)
	if f == nil {
		return failingUpdate(c.failing(at, "assignment operator"))
	}
	truth := isBool(t)
	return func(fr *frame, old bits.Term) (bits.Term, error) {
		r, err := y(fr)
		if err != nil {
			return r, err
		}
		b := fr.m.Bits
		v, err := f(fr, b.Resize(old, n.bits, own.signed), r)
		if err != nil {
			return v, err
		}
		if truth {
			return nonzero(b, v), nil
		}
		return b.Resize(v, own.bits, n.signed), nil
	}
}

// movePointer computes ptr ± index for ptr += index.
func (c *compiler) movePointer(at syntax.Node, ptr, index syntax.Expr, op syntax.Op) updating {
	size, ok := elemSize(ptr)
	if !ok || op != syntax.Add && op != syntax.Sub {
		return failingUpdate(c.failing(at, "pointer arithmetic"))
	}
	if op == syntax.Sub {
		size = -size
	}
	n := c.prog.pointer()
	i, scale := c.operand(index, n), bits.ConstInt(n.bits, size)
	return func(fr *frame, old bits.Term) (bits.Term, error) {
		k, err := i(fr)
		if err != nil {
			return k, err
		}
		return fr.m.Bits.Add(old, fr.m.Bits.Mul(k, scale)), nil
	}
}

// increment compiles ++ and --.
func (c *compiler) increment(at syntax.Node, x syntax.Expr, op syntax.Op, post bool) evalFn {
	p := c.place(x)
	c.written[types.ObjectOf(x)] = true
	own, ok := c.prog.numOf(p.typ)
	if !ok || isRecord(p.typ) {
		return c.failing(at, "increment of type %v", p.typ)
	}
	if isPointer(p.typ) {
		size, ok := elemSize(x)
		if !ok {
			return c.failing(at, "pointer to a variable length array")
		}
		if op == syntax.Dec {
			size = -size
		}
		step := bits.ConstInt(own.bits, size)
		return c.update(p, func(fr *frame, old bits.Term) (bits.Term, error) {
			return fr.m.Bits.Add(old, step), nil
		}, post)
	}
	plain := syntax.Add
	if op == syntax.Dec {
		plain = syntax.Sub
	}
	n := own.promote()
	one := constant(bits.Const(n.bits, 1))
	return c.update(p, c.arithmetic(at, plain, p.typ, own, n, one, n), post)
}
