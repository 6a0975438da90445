package exec

import (
	"fmt"
	"sync/atomic"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// callSite is a call in the code of a function.
type callSite struct {
	expr   *syntax.Call
	loc    cpp.Loc
	fun    *types.Func
	result types.Type
	args   []expr
	types  []types.Type // of the arguments, after conversion
	widths []int        // theirs, 0 for those without
	bits   int          // the width of the result
	temp   int          // the object of a struct result
	konst  []konstFn    // whether an optimiser would see each as a constant

	// Of a call by name, the function and its number.
	unit   *types.Unit
	object *types.Object
	number int
	named  *eventSource
	fitted atomic.Pointer[code] // the last one that fits
}

func (c *compiler) call(e *syntax.Call) expr {
	if id, ok := e.Fun.(*syntax.Ident); ok {
		o := types.ObjectOf(id)
		if o != nil && o.Kind == types.Builtin {
			return c.builtin(e, o.Name)
		}
		if o != nil && o.Kind == types.Function {
			return c.callNamed(e, o)
		}
	}
	site := c.site(e)
	if site == nil {
		return c.failing(e, "call of %s", syntax.ExprString(e.Fun))
	}
	fun := c.value(e.Fun)
	return general(func(fr *frame) (bits.Term, error) {
		at, err := fun.term(fr)
		if err != nil {
			return at, err
		}
		listed := fr.m.listed
		args, err := site.evaluate(fr, nil)
		var v bits.Term
		if err == nil {
			v, err = fr.m.callPointer(fr, site, at, args)
		}
		fr.m.listed = listed
		return v, err
	})
}

// site compiles the arguments of a call; nil if the callee has no type.
func (c *compiler) site(e *syntax.Call) *callSite {
	t := types.TypeOf(e.Fun)
	if t == nil {
		return nil
	}
	if p, ok := types.Unqual(t).(*types.Pointer); ok {
		t = p.Elem
	}
	f, ok := types.Unqual(t).(*types.Func)
	if !ok {
		return nil
	}
	s := &callSite{expr: e, loc: e.Loc(), fun: f, result: f.Result}
	if n, ok := c.prog.numOf(f.Result); ok {
		s.bits = n.bits
	}
	for i, a := range e.Args {
		to := c.argType(f, i, a)
		s.types = append(s.types, to)
		s.args = append(s.args, c.argument(a, to))
		n, _ := c.prog.numOf(to)
		s.widths = append(s.widths, n.bits)
		s.konst = append(s.konst, c.konst(a))
	}
	if isRecord(f.Result) {
		s.temp = c.newTemp()
	}
	return s
}

// argument compiles an argument of type to. A record is passed by its address
// and copied when the callee starts: what later arguments do to it is unordered
// in C anyway.
func (c *compiler) argument(a syntax.Expr, to types.Type) expr {
	if to == nil {
		return c.untyped(a)
	}
	if r, ok := types.Unqual(to).(*types.Record); ok && r.Transparent && !isRecord(types.TypeOf(a)) {
		return c.transparent(a, r)
	}
	return c.converted(a, to)
}

// transparent compiles an argument for a transparent union: the union's bytes
// are those of its first member.
func (c *compiler) transparent(a syntax.Expr, r *types.Record) expr {
	n := c.newTemp()
	from := types.TypeOf(a)
	if len(r.Fields) == 0 || from == nil {
		return c.failing(a, "transparent union")
	}
	first := r.Fields[0].Type
	x := c.converted(a, first)
	return general(func(fr *frame) (bits.Term, error) {
		v, err := x.term(fr)
		if err != nil {
			return v, err
		}
		addr, err := fr.tempAddr(n, r, a.Loc())
		if err != nil {
			return v, err
		}
		at := bits.Const(fr.m.Mem.PointerBits(), addr)
		return at, fr.m.storeScalar(fr, a.Loc(), at, v, first)
	})
}

// argType is the type an argument is converted to: the parameter's, or after
// the default promotions its own.
func (c *compiler) argType(f *types.Func, i int, a syntax.Expr) types.Type {
	if i < len(f.Params) {
		return f.Params[i].Type
	}
	t := c.operandType(a)
	if t == nil {
		return nil
	}
	if n, ok := c.prog.numOf(t); ok && !isAggregate(t) && n.bits < 32 {
		return c.unit.Basic(types.Int)
	}
	return t
}

// callNamed compiles a call of a declared function.
func (c *compiler) callNamed(e *syntax.Call, o *types.Object) expr {
	if t, ok := c.prog.traps[o.Name]; ok && t.Function {
		return c.trapCall(e, t)
	}
	site := c.site(e)
	if site == nil {
		return c.failing(e, "call of %s", o.Name)
	}
	site.unit, site.object, site.number = c.unit, o, c.prog.number(o)
	site.named = &eventSource{o.Name, spot{c.unit, site.loc}}
	return quick(site.bits, site.call)
}

// callPointer calls through a function pointer.
func (m *Machine) callPointer(fr *frame, site *callSite, at bits.Term, args []bits.Term) (bits.Term, error) {
	addr, ok := m.address(at)
	if !ok {
		return m.unknownCall(fr, site, notKnown("a call of a function", at), args)
	}
	d := m.funcAt[addr]
	if d.obj == nil {
		if err := m.Mem.Check(addr, 1, false); err != nil {
			return bits.Term{}, m.memError(fr, site.loc, err)
		}
		return bits.Term{}, m.trap(fr, site.loc, &Trap{Kind: TrapWild, Message: fmt.Sprintf("call of %#x, which is no function", addr)})
	}
	return m.callObject(fr, site, d.unit, d.obj, args)
}

// callObject calls a function: its model, its body, or as one not known.
func (m *Machine) callObject(fr *frame, site *callSite, u *types.Unit, o *types.Object, args []bits.Term) (bits.Term, error) {
	if model := m.model(o.Name); model != nil {
		return m.callModel(fr, site, model, o.Name, args)
	}
	if u == nil {
		return m.unknownCall(fr, site, o.Name, args)
	}
	c, err := m.codeOf(u, o)
	if err != nil {
		return bits.Term{}, err
	}
	if c == nil {
		return m.unknownCall(fr, site, o.Name, args)
	}
	if len(args) < len(c.params) {
		return bits.Term{}, m.unsupported(fr, site.loc, "too few arguments for "+o.Name, nil)
	}
	return m.invoked(fr, site, c, args)
}

// aliased follows an alias attribute to the function it names.
func (p *Program) aliased(d definition) (definition, bool) {
	name := aliasOf(d.obj)
	if name == "" {
		return d, false
	}
	o := d.unit.Lookup(name)
	if o == nil || o.Def == nil {
		return d, false
	}
	return definition{d.unit, o}, true
}

// unknownCall stands for a function nothing is known of.
func (m *Machine) unknownCall(fr *frame, site *callSite, name string, args []bits.Term) (bits.Term, error) {
	if m.compared() {
		m.event(site.event(fr, name), args)
	}
	m.skip(name)
	return m.unknownResult(fr, site, "result of "+name)
}

// unknownResult makes a result that is not known.
func (m *Machine) unknownResult(fr *frame, site *callSite, why string) (bits.Term, error) {
	if isRecord(site.result) {
		addr, err := fr.tempAddr(site.temp, site.result, site.loc)
		if err != nil {
			return bits.Term{}, err
		}
		o, _ := m.Mem.Find(addr)
		m.Mem.Forget(o, why)
		return bits.Const(m.Mem.PointerBits(), addr), nil
	}
	n, ok := m.prog.numOf(site.result)
	if !ok {
		return bits.Term{}, nil
	}
	return m.named(why, why, n.bits), nil // the call is an event
}

// vaSlot is the distance of two arguments in the array va_arg reads.
const vaSlot = 16

// takeVarargs stores the further arguments of a call.
func (fr *frame) takeVarargs(args []bits.Term) error {
	m := fr.m
	size := uint64(len(args)+1) * vaSlot
	o, err := m.Mem.Alloc(mem.Spec{Name: "variable arguments", Kind: mem.Stack, Size: size, Undefined: "an argument that was not given"}, vaSlot)
	if err != nil {
		return m.memError(fr, fr.code.def.Loc(), err)
	}
	fr.varargs = o.Addr
	for i, v := range args {
		if err := m.Mem.Store(o.Addr+uint64(i)*vaSlot, wholeBytes(m.Bits, v)); err != nil {
			return m.memError(fr, fr.code.def.Loc(), err)
		}
	}
	return nil
}

func wholeBytes(b *bits.Builder, v bits.Term) bits.Term {
	return b.ZExt(v, (v.Width()+7)/8*8)
}

// vaList compiles the address of a va_list's storage. Where va_list is an
// array type it decays, so that its value is that address.
func (c *compiler) vaList(e syntax.Expr) expr {
	t := types.TypeOf(e)
	if t == nil {
		return c.untyped(e)
	}
	if isAggregate(t) {
		return c.value(e)
	}
	if p, ok := types.Unqual(t).(*types.Pointer); ok && isRecord(p.Elem) {
		return c.value(e) // a parameter of array type
	}
	return c.addressOf(e)
}

// vaArg compiles __builtin_va_arg: a va_list points to the next argument.
func (c *compiler) vaArg(e *syntax.VaArg) expr {
	list, t := c.vaList(e.X), types.TypeOf(e)
	w := c.prog.pointer().bits
	loc := e.Loc()
	return general(func(fr *frame) (bits.Term, error) {
		at, err := list.term(fr)
		if err != nil {
			return at, err
		}
		next, err := fr.m.loadBytes(fr, loc, at, w/8)
		if err != nil {
			return next, err
		}
		after := fr.m.Bits.Add(next, bits.Const(w, vaSlot))
		if err := fr.m.storeBytes(fr, loc, at, after); err != nil {
			return next, err
		}
		if isAggregate(t) { // passed by its address
			return fr.m.loadBytes(fr, loc, next, w/8)
		}
		return fr.m.loadScalar(fr, loc, next, t)
	})
}

// vaStart points a va_list to the first argument beyond the parameters.
func (c *compiler) vaStart(e *syntax.Call) expr {
	list, loc := c.vaList(e.Args[0]), e.Loc()
	w := c.prog.pointer().bits
	return general(func(fr *frame) (bits.Term, error) {
		at, err := list.term(fr)
		if err != nil {
			return at, err
		}
		return bits.Term{}, fr.m.storeBytes(fr, loc, at, bits.Const(w, fr.varargs))
	})
}

// vaCopy copies the place a va_list has reached.
func (c *compiler) vaCopy(e *syntax.Call) expr {
	to, from, loc := c.vaList(e.Args[0]), c.vaList(e.Args[1]), e.Loc()
	w := c.prog.pointer().bits
	return general(func(fr *frame) (bits.Term, error) {
		dst, err := to.term(fr)
		if err != nil {
			return dst, err
		}
		src, err := from.term(fr)
		if err != nil {
			return src, err
		}
		v, err := fr.m.loadBytes(fr, loc, src, w/8)
		if err != nil {
			return v, err
		}
		return bits.Term{}, fr.m.storeBytes(fr, loc, dst, v)
	})
}
