package exec

import (
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// place is a compiled lvalue: a slot of the frame, or an address with a type,
// where field is set for a bit-field. What is in a local says so, and where.
type place struct {
	slot  int // -1 for memory
	addr  expr
	typ   types.Type
	field *types.Field
	loc   cpp.Loc
	in    *local
	off   uint64

	num  num  // of a scalar
	sign bool // that of a bit-field extends
	size int  // of what is accessed as a word, 0 if it cannot be
}

func (c *compiler) memory(e syntax.Expr, addr expr) place {
	p := place{slot: -1, addr: addr, typ: types.TypeOf(e), loc: e.Loc()}
	c.measure(&p)
	return p
}

// measure works out how a place is read and written.
func (c *compiler) measure(p *place) {
	n, ok := c.prog.numOf(p.typ)
	p.num, p.size = n, 0
	switch {
	case !ok || isAggregate(p.typ) || n.bits > 64:
	case p.field != nil:
		if own, ok := c.prog.numOf(p.field.Type); ok && own.bits <= 64 && p.field.Unit <= 8 {
			p.size, p.sign = int(p.field.Unit), own.signed
		}
	default:
		if size := int(p.typ.Size()); n.bits == 8*size || n.bits == 1 {
			p.size = size
		}
	}
	if p.size&(p.size-1) != 0 {
		p.size = 0
	}
}

// place compiles an lvalue, or an rvalue struct whose members are used.
func (c *compiler) place(e syntax.Expr) place {
	if types.TypeOf(e) == nil {
		p := place{slot: -1, addr: c.untyped(e), typ: c.unit.Basic(types.Int), loc: e.Loc()}
		c.measure(&p)
		return p
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
			n, _ := c.prog.numOf(types.TypeOf(e))
			return place{slot: l.index, typ: types.TypeOf(e), loc: e.Loc(), num: n}
		}
		p := c.memory(e, quick(c.prog.pointer().bits, func(fr *frame) (uint64, bool) {
			if o := fr.places[l.index]; o != nil {
				return o.Addr, true
			}
			a, err := fr.localAddr(l)
			if err != nil {
				return fr.m.fail(err)
			}
			return a, true
		}))
		p.in = l
		return p
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
func (c *compiler) globalAddr(at syntax.Expr, o *types.Object) expr {
	if o == nil {
		return c.failing(at, "name %s", syntax.ExprString(at))
	}
	loc, unit, number := at.Loc(), c.unit, c.prog.number(o)
	return quick(c.prog.pointer().bits, func(fr *frame) (uint64, bool) {
		if s := fr.m.symbol(number); s.addr != 0 {
			return s.addr, true
		}
		a, err := fr.m.addressOf(fr, loc, unit, o)
		if err != nil {
			return fr.m.fail(err)
		}
		fr.m.symbol(number).addr = a
		return a, true
	})
}

func (c *compiler) ident(e *syntax.Ident) expr {
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
	whole := place{slot: -1}
	if e.Arrow || !isAggregate(types.TypeOf(e.X)) {
		whole.addr = c.value(e.X)
	} else {
		whole = c.place(e.X)
	}
	p := place{slot: -1, addr: whole.addr, typ: types.TypeOf(e), loc: e.NameAt, in: whole.in, off: whole.off + uint64(sel.Offset)}
	if sel.Field().IsBitField() {
		p.field = sel.Field()
		p.typ = c.operandType(e)
	}
	if sel.Offset != 0 {
		p.addr = c.offset(whole.addr, sel.Offset)
	}
	c.measure(&p)
	return p
}

func (c *compiler) offset(base expr, off int64) expr {
	n := c.prog.pointer()
	o := &binary{x: base, y: constant(bits.ConstInt(n.bits, off)), xbits: n.bits, ybits: n.bits,
		f: func(fr *frame, x, y bits.Term) (bits.Term, error) { return fr.m.Bits.Add(x, y), nil }}
	return quick(n.bits, o.words(syntax.Add, n))
}

// addressOf compiles &e.
func (c *compiler) addressOf(e syntax.Expr) expr {
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
func (c *compiler) load(p place) expr {
	switch {
	case p.slot >= 0:
		i := p.slot
		x := quick(p.num.bits, func(fr *frame) (uint64, bool) {
			if s := &fr.slots[i]; s.state == liveWord {
				return s.word, true
			}
			return fr.m.give(fr.get(i), nil)
		})
		x.slot = i
		return x
	case isAggregate(p.typ):
		return p.addr
	}
	if _, ok := c.prog.numOf(p.typ); !ok {
		return c.loadOther(p)
	}
	if p.in != nil && p.size != 0 {
		whole := p.off == 0 && uint64(p.size) == p.in.size
		return quick(p.num.bits, func(fr *frame) (uint64, bool) {
			if s := &fr.slots[p.in.index]; whole && s.state == liveWord {
				return p.scalar(s.word), true
			}
			if o := fr.places[p.in.index]; o != nil && fr.m.watcher == nil {
				if v, ok := fr.m.Mem.WordOf(o, p.off, p.size); ok {
					return p.scalar(v), true
				}
			}
			return p.readAt(fr)
		})
	}
	return quick(p.num.bits, p.readAt)
}

// readAt computes the address of a place in memory and reads it.
func (p *place) readAt(fr *frame) (uint64, bool) {
	a, ok := p.addr.word(fr)
	if !ok {
		return fr.m.then(func(at bits.Term) (bits.Term, error) { return p.loadTerm(fr, at) })
	}
	return p.readWord(fr, a)
}

// readWord reads a place in memory whose address is a.
func (p *place) readWord(fr *frame, a uint64) (uint64, bool) {
	m := fr.m
	if p.size != 0 && m.watcher == nil {
		if v, ok := m.Mem.Word(a, p.size); ok {
			return p.scalar(v), true
		}
	}
	return m.give(p.loadTerm(fr, m.Pointer(a)))
}

// loadTerm reads a place in memory whose address is a term.
func (p *place) loadTerm(fr *frame, at bits.Term) (bits.Term, error) {
	if p.field != nil {
		return fr.m.loadField(fr, p.loc, at, p.field, p.num)
	}
	return fr.m.loadScalar(fr, p.loc, at, p.typ)
}

// scalar makes the value of a place of the bytes there.
func (p *place) scalar(v uint64) uint64 {
	switch {
	case p.field != nil:
		return p.fieldOf(v)
	case p.num.bits == 1:
		return truth(v != 0)
	}
	return v
}

// fieldOf makes the value of a bit-field of its unit.
func (p *place) fieldOf(unit uint64) uint64 {
	f := p.field
	v := unit >> f.BitOffset & mask(f.BitWidth)
	if p.sign {
		return uint64(signed(v, f.BitWidth)) & mask(p.num.bits)
	}
	return v
}

// loadOther is *p of a void pointer, which is evaluated for its effects only,
// or a type that is not supported.
func (c *compiler) loadOther(p place) expr {
	if isVoid(p.typ) {
		return p.addr
	}
	loc, what := p.loc, "value of type "+p.typ.String()
	return general(func(fr *frame) (bits.Term, error) {
		return bits.Term{}, fr.m.unsupported(fr, loc, what, nil)
	})
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
	a, err := p.addr.term(fr)
	return target{p, a}, err
}

// read returns the value there.
func (t target) read(fr *frame) (bits.Term, error) {
	if t.slot >= 0 {
		return fr.get(t.slot), nil
	}
	return t.loadTerm(fr, t.at)
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

// writeWord stores a word where the address is a.
func (p *place) writeWord(fr *frame, a, v uint64) (uint64, bool) {
	m := fr.m
	if p.size != 0 && p.field == nil && m.watcher == nil && m.attempt == nil && m.Mem.SetWord(a, p.size, v) {
		return v, true
	}
	return m.give(target{p, m.Pointer(a)}.write(fr, bits.Word(p.num.bits, v)))
}

func (c *compiler) assign(e *syntax.Assign) expr {
	p := c.place(e.L)
	if isRecord(p.typ) {
		return c.assignRecord(e, p)
	}
	if _, ok := c.prog.numOf(p.typ); !ok {
		return c.failing(e, "assignment of type %v", p.typ)
	}
	var x expr
	if e.Op == syntax.NoOp {
		x = c.store(p, c.converted(e.R, p.typ))
	} else {
		x = c.update(p, c.compound(e, p), false)
	}
	c.written[types.ObjectOf(e.L)] = true
	return x
}

// store compiles an assignment of a value that is converted already.
func (c *compiler) store(p place, x expr) expr {
	if p.slot >= 0 {
		i := p.slot
		return quick(p.num.bits, func(fr *frame) (uint64, bool) {
			v, ok := x.word(fr)
			if ok {
				fr.setWord(i, v)
				return v, true
			}
			return fr.m.then(func(t bits.Term) (bits.Term, error) {
				fr.set(i, t)
				return t, nil
			})
		})
	}
	if p.num.bits > 64 {
		return general(func(fr *frame) (bits.Term, error) {
			t, err := p.target(fr)
			if err != nil {
				return bits.Term{}, err
			}
			v, err := x.term(fr)
			if err != nil {
				return v, err
			}
			return t.write(fr, v)
		})
	}
	return quick(p.num.bits, func(fr *frame) (uint64, bool) {
		if p.in != nil && fr.places[p.in.index] != nil {
			return p.storeLocal(fr, x)
		}
		a, ok := p.addr.word(fr)
		if !ok {
			return fr.m.then(func(at bits.Term) (bits.Term, error) {
				v, err := x.term(fr)
				if err != nil {
					return v, err
				}
				return target{&p, at}.write(fr, v)
			})
		}
		v, ok := x.word(fr)
		if !ok {
			return fr.m.then(func(v bits.Term) (bits.Term, error) { return target{&p, fr.m.Pointer(a)}.write(fr, v) })
		}
		return p.writeWord(fr, a, v)
	})
}

// storeLocal is the assignment to a place in a local that has an object.
func (p *place) storeLocal(fr *frame, x expr) (uint64, bool) {
	m, o := fr.m, fr.places[p.in.index]
	v, ok := x.word(fr)
	switch {
	case !ok:
		return m.then(func(v bits.Term) (bits.Term, error) { return target{p, m.Pointer(o.Addr + p.off)}.write(fr, v) })
	case p.size != 0 && p.field == nil && m.watcher == nil && m.attempt == nil && m.Mem.SetWordOf(o, p.off, p.size, v):
		return v, true
	}
	return p.writeWord(fr, o.Addr+p.off, v)
}

func (c *compiler) assignRecord(e *syntax.Assign, p place) expr {
	x, loc, size := c.value(e.R), e.Loc(), uint64(p.typ.Size())
	return c.copying(p.addr, x, loc, size)
}

// copying compiles a copy of size bytes, whose value is the address it goes to.
func (c *compiler) copying(dst, src expr, loc cpp.Loc, size uint64) expr {
	return quick(c.prog.pointer().bits, func(fr *frame) (uint64, bool) {
		m := fr.m
		to, ok := dst.word(fr)
		if !ok {
			return m.then(func(to bits.Term) (bits.Term, error) {
				from, err := src.term(fr)
				if err != nil {
					return from, err
				}
				return to, m.copyBytes(fr, loc, to, from, size)
			})
		}
		from, ok := src.word(fr)
		if !ok {
			return m.then(func(from bits.Term) (bits.Term, error) {
				return m.Pointer(to), m.copyBytes(fr, loc, m.Pointer(to), from, size)
			})
		}
		if m.copyWord(to, from, size) {
			return to, true
		}
		return m.give(m.Pointer(to), m.copyBytes(fr, loc, m.Pointer(to), m.Pointer(from), size))
	})
}

// updating computes the new value of a place from the old one, which is a term
// or a word.
type updating struct {
	term func(fr *frame, old bits.Term) (bits.Term, error)
	word func(fr *frame, old uint64) (uint64, bool)
}

// update compiles a read, a change and a write of one place. The value is the
// new one, or the old one if post.
func (c *compiler) update(p place, f updating, post bool) expr {
	n := p.num
	open := func(fr *frame, t target) (bits.Term, error) {
		old, err := t.read(fr)
		if err != nil {
			return old, err
		}
		v, err := f.term(fr, old)
		if err != nil {
			return v, err
		}
		v, err = t.write(fr, v)
		if post {
			return old, err
		}
		return v, err
	}
	if n.bits > 64 {
		return general(func(fr *frame) (bits.Term, error) {
			t, err := p.target(fr)
			if err != nil {
				return bits.Term{}, err
			}
			return open(fr, t)
		})
	}
	// finish writes a new value that was put aside.
	finish := func(fr *frame, t target, old uint64) (uint64, bool) {
		return fr.m.then(func(v bits.Term) (bits.Term, error) {
			v, err := t.write(fr, v)
			if post {
				v = bits.Word(n.bits, old)
			}
			return v, err
		})
	}
	if p.slot >= 0 {
		i := p.slot
		return quick(n.bits, func(fr *frame) (uint64, bool) {
			if fr.slots[i].state != liveWord {
				return fr.m.give(open(fr, target{place: &p}))
			}
			old := fr.slots[i].word
			v, ok := f.word(fr, old)
			if !ok {
				return finish(fr, target{place: &p}, old)
			}
			fr.setWord(i, v)
			if post {
				return old, true
			}
			return v, true
		})
	}
	return quick(n.bits, func(fr *frame) (uint64, bool) {
		a, ok := p.addr.word(fr)
		if !ok {
			return fr.m.then(func(at bits.Term) (bits.Term, error) { return open(fr, target{&p, at}) })
		}
		old, ok := p.readWord(fr, a)
		if !ok {
			return fr.m.then(func(old bits.Term) (bits.Term, error) {
				v, err := f.term(fr, old)
				if err != nil {
					return v, err
				}
				v, err = target{&p, fr.m.Pointer(a)}.write(fr, v)
				if post {
					return old, err
				}
				return v, err
			})
		}
		v, ok := f.word(fr, old)
		if !ok {
			return finish(fr, target{&p, fr.m.Pointer(a)}, old)
		}
		if v, ok = p.writeWord(fr, a, v); ok && post {
			return old, true
		}
		return v, ok
	})
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

func failingUpdate(x expr) updating {
	return updating{
		term: func(fr *frame, _ bits.Term) (bits.Term, error) { return x.term(fr) },
		word: func(fr *frame, _ uint64) (uint64, bool) { return x.word(fr) },
	}
}

// arithmetic computes old op y with width n and converts the result back to
// type t, which is computed with as own.
func (c *compiler) arithmetic(at syntax.Node, op syntax.Op, t types.Type, own, n num, y expr, count num) updating {
	f := c.operator(at, op, n, count)
	if f == nil {
		return failingUpdate(c.failing(at, "assignment operator"))
	}
	isTruth := isBool(t)
	compute := func(fr *frame, old, r bits.Term) (bits.Term, error) {
		b := fr.m.Bits
		v, err := f(fr, b.Resize(old, n.bits, own.signed), r)
		if err != nil {
			return v, err
		}
		if isTruth {
			return nonzero(b, v), nil
		}
		return b.Resize(v, own.bits, n.signed), nil
	}
	o := &binary{y: y, xbits: own.bits, ybits: count.bits, f: compute}
	if n.bits > 64 || count.bits > 64 {
		return o.updating(func(uint64, uint64) (uint64, bool) { return 0, false })
	}
	return o.updating(wordUpdate(op, own, n, isTruth))
}

// wordUpdate is an operator between numbers like n on a word of one like own.
func wordUpdate(op syntax.Op, own, n num, isTruth bool) wordOp {
	f := wordOperator(op, n)
	if own == n && !isTruth {
		return f
	}
	w, m, narrow := own.bits, mask(n.bits), mask(own.bits)
	return func(x, y uint64) (uint64, bool) {
		if own.signed {
			x = uint64(signed(x, w)) & m
		}
		v, ok := f(x, y)
		if isTruth {
			return truth(v != 0), ok
		}
		if w > n.bits && n.signed {
			v = uint64(signed(v, n.bits))
		}
		return v & narrow, ok
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
	x := c.operand(index, n)
	o := &binary{y: x, xbits: n.bits, ybits: n.bits, f: func(fr *frame, old, k bits.Term) (bits.Term, error) {
		return fr.m.Bits.Add(old, fr.m.Bits.Mul(k, bits.ConstInt(n.bits, size))), nil
	}}
	return o.updating(func(old, k uint64) (uint64, bool) { return (old + k*uint64(size)) & mask(n.bits), true })
}

// updating computes with the old value as x.
func (o *binary) updating(f wordOp) updating {
	return updating{
		term: func(fr *frame, old bits.Term) (bits.Term, error) {
			y, err := o.y.term(fr)
			if err != nil {
				return y, err
			}
			return o.f(fr, old, y)
		},
		word: func(fr *frame, old uint64) (uint64, bool) {
			y, ok := o.y.word(fr)
			if !ok {
				return o.openY(fr, old)
			}
			v, ok := f(old, y)
			if !ok {
				return o.onTerms(fr, old, y)
			}
			return v, true
		},
	}
}

// increment compiles ++ and --.
func (c *compiler) increment(at syntax.Node, x syntax.Expr, op syntax.Op, post bool) expr {
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
		o := &binary{y: constant(bits.ConstInt(own.bits, size)), xbits: own.bits, ybits: own.bits,
			f: func(fr *frame, old, step bits.Term) (bits.Term, error) { return fr.m.Bits.Add(old, step), nil }}
		return c.update(p, o.updating(wordOperator(syntax.Add, own)), post)
	}
	plain := syntax.Add
	if op == syntax.Dec {
		plain = syntax.Sub
	}
	n := own.promote()
	one := constant(bits.Const(n.bits, 1))
	return c.update(p, c.arithmetic(at, plain, p.typ, own, n, one, n), post)
}
