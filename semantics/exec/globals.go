package exec

import (
	"errors"
	"fmt"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// addressOf returns the address of a variable of file scope, a static local or
// a function, as seen from unit u. A variable is initialised when it is first
// asked for; one that no unit defines has contents that are not known.
func (m *Machine) addressOf(fr *frame, loc cpp.Loc, u *types.Unit, o *types.Object) (uint64, error) {
	if g := m.globals[o]; g != nil {
		return g.Addr, nil
	}
	d, found, err := m.prog.resolve(u, o)
	if err != nil {
		return 0, err
	}
	if alias := aliasOf(o); alias != "" && found && d.obj == o && o.Def == nil {
		return m.aliasAddr(fr, loc, u, o, alias)
	}
	var g *mem.Object
	switch {
	case o.Kind == types.Function:
		g, err = m.funcObject(d, found, o)
	case found:
		g, err = m.variable(d)
	default:
		g, err = m.extern(o)
	}
	if err != nil {
		return 0, m.globalError(fr, loc, o, err)
	}
	m.globals[o] = g
	return g.Addr, nil
}

func (m *Machine) aliasAddr(fr *frame, loc cpp.Loc, u *types.Unit, o *types.Object, name string) (uint64, error) {
	target := u.Lookup(name)
	if target == nil || target == o || aliasOf(target) != "" {
		return 0, m.unsupported(fr, loc, o.Name+", an alias of "+name, nil)
	}
	return m.addressOf(fr, loc, u, target)
}

// globalError says which global could not be made.
func (m *Machine) globalError(fr *frame, loc cpp.Loc, o *types.Object, err error) error {
	var unsupported *Unsupported
	if errors.As(err, &unsupported) {
		return err
	}
	return m.memError(fr, loc, err)
}

// funcObject returns the object that stands for a function's code.
func (m *Machine) funcObject(d definition, found bool, o *types.Object) (*mem.Object, error) {
	key := o
	if found {
		key = d.obj
		if g := m.externs[o.Name]; g != nil && g.Kind == mem.Function && d.obj.Storage&syntax.Static == 0 {
			delete(m.externs, o.Name)
			m.funcs[key] = g
			m.funcAt[g.Addr] = d
		}
	} else if g := m.externs[o.Name]; g != nil {
		return g, nil
	}
	if g := m.funcs[key]; g != nil {
		return g, nil
	}
	g, err := m.Mem.Alloc(mem.Spec{Name: o.Name, Kind: mem.Function, Size: 16}, 16)
	if err != nil {
		return nil, err
	}
	m.funcs[key] = g
	if found {
		m.funcAt[g.Addr] = d
	} else {
		m.funcAt[g.Addr] = definition{nil, o}
		m.externs[o.Name] = g
	}
	return g, nil
}

// extern makes a variable that no unit defines. An array of unknown length
// gets room for some elements.
func (m *Machine) extern(o *types.Object) (*mem.Object, error) {
	if g := m.externs[o.Name]; g != nil {
		return g, nil
	}
	const guess = 1 << 16
	size, align := uint64(guess), uint64(64)
	if o.Type != nil && o.Type.Size() > 0 {
		size, align = uint64(o.Type.Size()), uint64(max(o.Type.Align(), o.Align))
	}
	why := o.Name + ", which no unit defines"
	if o.Storage&syntax.Register != 0 || o.Asm != "" {
		why = "register " + o.Asm
	}
	if m.opt.IsZero != nil && m.opt.IsZero(o.Name) {
		why = ""
	}
	g, err := m.Mem.Alloc(mem.Spec{Name: o.Name, Kind: mem.Extern, Size: size, Undefined: why}, align)
	if err != nil {
		return nil, err
	}
	m.externs[o.Name] = g
	if o.Asm != "" && m.compared() {
		return g, m.pointRegister(g, o, guess)
	}
	return g, nil
}

// pointRegister lets a register that the kernel keeps a pointer in, to the data
// of the processor or of the task, point to something nothing is known of.
func (m *Machine) pointRegister(g *mem.Object, o *types.Object, guess uint64) error {
	if _, ok := types.Unqual(o.Type).(*types.Pointer); !ok {
		return nil
	}
	to, err := m.Mem.Alloc(mem.Spec{Name: "*" + o.Name, Kind: mem.Heap, Size: guess, Undefined: "what register " + o.Asm + " points to"}, guess)
	if err != nil {
		return err
	}
	return m.Mem.Store(g.Addr, m.Pointer(to.Addr))
}

// variable makes a defined variable and runs its initialiser.
func (m *Machine) variable(d definition) (*mem.Object, error) {
	if g := m.globals[d.obj]; g != nil {
		return g, nil
	}
	o := d.obj
	if o.Type == nil {
		return nil, &Unsupported{Construct: "the type of " + o.Name, Position: d.unit.Position(o.At)}
	}
	init, errs := m.prog.initOf(d)
	if len(errs) > 0 {
		return nil, &Unsupported{Construct: "the initialiser of " + o.Name, Position: d.unit.Position(o.At), Err: errors.Join(errs...)}
	}
	if g := m.externs[o.Name]; g != nil && !o.Local && o.Storage&syntax.Static == 0 {
		return g, m.adopt(g, o, init)
	}
	d.unit.Complete(o.Type)
	size := uint64(o.Type.Size()) + flexible(o)
	g, err := m.Mem.Alloc(mem.Spec{Name: o.Name, Kind: mem.Global, Size: size}, uint64(max(o.Type.Align(), o.Align)))
	if err != nil {
		return nil, err
	}
	m.globals[o] = g // before its initialiser: it may point to itself
	if init == nil {
		return g, nil
	}
	return g, m.runInit(init, g.Addr)
}

// adopt makes an object that stood for an undefined variable the defined one,
// now that a unit with its definition has been read. What was written to it
// stays.
func (m *Machine) adopt(g *mem.Object, o *types.Object, init *code) error {
	m.globals[o] = g
	delete(m.externs, o.Name)
	return m.Mem.Underlay(g, func() error {
		if init == nil {
			return nil
		}
		return m.runInit(init, g.Addr)
	})
}

// flexible returns how far the initialiser of o reaches beyond its type: into
// a flexible array member.
func flexible(o *types.Object) uint64 {
	if o.Decl == nil {
		return 0
	}
	list, ok := o.Decl.Init.(*syntax.InitList)
	if !ok {
		return 0
	}
	in := types.InitializerOf(list)
	if in == nil {
		return 0
	}
	var extra int64
	for _, e := range in.Entries {
		end := e.Offset + e.Type.Size()
		for _, r := range e.Repeats {
			end += (r.Count - 1) * r.Stride
		}
		extra = max(extra, end-o.Type.Size())
	}
	return uint64(extra)
}

// initOf compiles the initialiser of a variable, nil if it has none.
func (p *Program) initOf(d definition) (*code, []error) {
	o := d.obj
	if o.Decl == nil || o.Decl.Init == nil {
		return nil, nil
	}
	var errs []error
	if !o.Local {
		errs = d.unit.Init(o)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	p.mu.Lock()
	k := p.inits[o]
	p.mu.Unlock()
	if k != nil {
		return k, nil
	}
	k = p.compileInit(d)
	p.mu.Lock()
	p.inits[o] = k
	p.mu.Unlock()
	return k, nil
}

// compileInit makes code with a single step that fills the variable whose
// address is the frame's.
func (p *Program) compileInit(d definition) *code {
	k := &code{name: "initialiser of " + d.obj.Name, unit: d.unit}
	c := &compiler{prog: p, unit: d.unit, code: k, info: &types.FuncInfo{}, inMemory: make(map[*types.Object]bool)}
	c.begin()
	fill := c.initialise(d.obj.Decl.Init, d.obj.Type)
	c.emit(step{op: opEval, x: general(func(fr *frame) (bits.Term, error) {
		return bits.Term{}, fill(fr, fr.address)
	})})
	return k
}

func (m *Machine) runInit(k *code, addr uint64) error {
	// That a variable is made only now is no effect of what asks for it, nor
	// does it touch what that has put aside.
	attempt, aside := m.attempt, m.aside
	m.attempt = nil
	fr := m.push(k, m.frame, nil)
	fr.address = addr
	defer func() {
		m.attempt, m.aside = attempt, aside
		m.pop(fr)
	}()
	if fr.depth > m.opt.Budget.Depth {
		return m.overBudget(fr, "nested initialisers")
	}
	if _, ok := fr.run(k.body); !ok {
		return m.aside.err
	}
	return nil
}

// labelAddr compiles &&name.
func (c *compiler) labelAddr(e *syntax.LabelAddr) expr {
	if c.code.def == nil {
		return c.failing(e, "address of a label in an initialiser")
	}
	l := c.label(e.Name)
	return general(func(fr *frame) (bits.Term, error) {
		m := fr.m
		a, ok := m.labelAt[l]
		if !ok {
			o, err := m.Mem.Alloc(mem.Spec{Name: fr.code.name + ":" + e.Name, Kind: mem.Function, Size: 4}, 4)
			if err != nil {
				return bits.Term{}, m.memError(fr, e.Loc(), err)
			}
			a = o.Addr
			m.labelAt[l], m.labels[a] = a, l
		}
		return bits.Const(m.Mem.PointerBits(), a), nil
	})
}

// FuncName returns the name of the function at addr, "" if there is none.
func (m *Machine) FuncName(addr uint64) string {
	if d := m.funcAt[addr]; d.obj != nil {
		return d.obj.Name
	}
	return ""
}

// NewObject allocates room for a value of type t, filled with zeros, and
// returns its address.
func (m *Machine) NewObject(t types.Type, kind mem.Kind, name string) (uint64, error) {
	if t.Size() == 0 {
		return 0, fmt.Errorf("%s: type %s has no size", name, t)
	}
	o, err := m.Mem.Alloc(mem.Spec{Name: name, Kind: kind, Size: uint64(t.Size())}, uint64(t.Align()))
	if err != nil {
		return 0, err
	}
	return o.Addr, nil
}

// Global returns the address of a variable or function by name, static ones
// included, in the order of the units.
func (m *Machine) Global(name string) (uint64, error) {
	for _, u := range m.prog.Units() {
		if o := u.Lookup(name); o != nil && (o.Kind == types.Var || o.Kind == types.Function) {
			return m.addressOf(nil, cpp.Loc{}, u, o)
		}
	}
	return 0, fmt.Errorf("no unit declares %s", name)
}

// PlaceFunction makes a function that no unit read so far defines lie at addr.
func (m *Machine) PlaceFunction(name string, addr uint64) error {
	g, err := m.Mem.Place(mem.Spec{Name: name, Kind: mem.Function, Addr: addr, Size: 16})
	if err == nil {
		m.externs[name] = g
	}
	return err
}
