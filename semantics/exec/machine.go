package exec

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// Machine is the state of one run: memory, globals, locks. Several calls may
// follow one another; after a trap or an error it is of no more use. It is
// not safe for concurrent use.
type Machine struct {
	Mem  *mem.Memory
	Bits *bits.Builder

	prog *Program
	opt  Options
	ctx  context.Context

	globals   map[*types.Object]*mem.Object
	literals  map[syntax.Node]uint64 // string literals, compound literals of file scope
	funcs     map[*types.Object]*mem.Object
	funcAt    map[uint64]definition
	labelAt   map[*label]uint64
	labels    map[uint64]*label
	externs   map[string]*mem.Object // by name: what no unit defines
	features  map[string]bool
	gates     []gate
	constants map[textIn]*types.Const
	locks     map[uint64]*lock // that were taken, held or not by now
	heldLocks int
	tasks     uint64 // address of the current task, 0 until asked for
	facts     facts
	beyond    beyond

	watcher Watcher
	whole   int  // depth of what the machine does in one
	seen    bool // the watcher was told of it

	frame  *frame
	frames []*frame // of calls in progress and, behind them, of calls that were
	calls  int      // in progress
	aside  aside
	// primitives are the calls of models in progress, modelled of them, and
	// such that are over.
	primitives []*Primitive
	modelled   int
	room       []bits.Term // for arguments
	listed     int         // of them, that are in use
	symbols    []symbol    // by the program's number
	result     *Result
	// recentLocks are some of locks, that were looked up.
	recentLocks [recentLocks]*lock
	onEvent     func() any // see OnEvent
	steps       int
	check       int      // the step before which budgets are looked at
	terms       int      // there when the run began
	attempt     *attempt // the innermost, nil if there is none
	unknown     func(reason string, width int) bits.Term
}

// New returns a machine that has not run anything. The zero Options are
// usable.
func New(prog *Program, opt Options) *Machine {
	opt.Budget = opt.Budget.withDefaults()
	if opt.Decisions == nil {
		opt.Decisions = &Decisions{}
	}
	layout := opt.Layout
	layout.PointerBits = prog.pointer().bits
	layout.BigEndian = prog.abi.BigEndian
	if layout.Limit == 0 {
		layout.Limit = opt.Budget.Bytes
	}
	b := bits.NewBuilder()
	if paths := opt.Decisions.paths; paths != nil {
		b = paths.Bits
	}
	m := &Machine{
		Mem: mem.New(b, layout), Bits: b,
		prog: prog, opt: opt, ctx: context.Background(),
		globals:   make(map[*types.Object]*mem.Object),
		literals:  make(map[syntax.Node]uint64),
		funcs:     make(map[*types.Object]*mem.Object),
		funcAt:    make(map[uint64]definition),
		labelAt:   make(map[*label]uint64),
		labels:    make(map[uint64]*label),
		externs:   make(map[string]*mem.Object),
		constants: make(map[textIn]*types.Const),
		locks:     make(map[uint64]*lock),
		facts:     newFacts(b),
		terms:     b.Len(),
		result:    &Result{},
	}
	m.unknown = func(reason string, width int) bits.Term { return b.Unknown(reason, width) }
	m.Mem.Named = m.compared()
	m.features, m.gates = splitFeatures(opt.Features)
	return m
}

// Program returns what the machine runs.
func (m *Machine) Program() *Program { return m.prog }

// Call runs the function called fn with args, which are converted to its
// parameters' widths; a struct argument is the address of its bytes.
// Errors: *Unsupported, ErrBudget, *UndefinedError, what ctx says, and errors
// of reading further units.
func (m *Machine) Call(ctx context.Context, fn string, args ...Value) (*Result, error) {
	d, err := m.find(fn)
	if err != nil {
		return nil, err
	}
	return m.guarded(ctx, func() (bits.Term, error) { return m.enter(d, args) })
}

// UndefinedError is a function that no unit defines.
type UndefinedError struct{ Name string }

// Error says so.
func (e *UndefinedError) Error() string { return "no unit defines function " + e.Name }

// find looks a function up by name, static ones included, in the order of the
// units.
func (m *Machine) find(fn string) (definition, error) {
	for _, u := range m.prog.Units() {
		if o := u.Lookup(fn); o != nil && o.Kind == types.Function && o.Def != nil {
			return definition{u, o}, nil
		}
	}
	d, err := m.prog.external(fn)
	if err != nil {
		return d, err
	}
	if d.obj == nil || d.obj.Kind != types.Function {
		return d, &UndefinedError{fn}
	}
	return d, nil
}

func (m *Machine) enter(d definition, args []Value) (bits.Term, error) {
	c, err := m.prog.compile(d)
	if err == nil {
		err = c.err
	}
	if err != nil {
		return bits.Term{}, err
	}
	if len(args) != len(c.params) {
		return bits.Term{}, fmt.Errorf("%s takes %d arguments, %d given", c.name, len(c.params), len(args))
	}
	for i, p := range c.params {
		n, ok := m.prog.numOf(p.obj.Type)
		if !ok {
			return bits.Term{}, fmt.Errorf("%s: parameter %d is %s", c.name, i+1, p.obj.Type)
		}
		args[i] = m.Bits.Resize(args[i], n.bits, n.signed)
	}
	return m.invoke(nil, nil, c, args)
}

// guarded runs f as the whole of a Result.
func (m *Machine) guarded(ctx context.Context, f func() (bits.Term, error)) (*Result, error) {
	// A model of the run in progress may ask for one of its own.
	defer func(ctx context.Context, outer *Result) { m.ctx, m.result = ctx, outer }(m.ctx, m.result)
	m.ctx = ctx
	m.result = &Result{}
	first := m.steps
	v, err := f()
	r := m.result
	r.Return = m.facts.simplify(v)
	r.Steps = m.steps - first
	for _, v := range m.Bits.Variables() {
		if v.Reason() == "" {
			r.Inputs = append(r.Inputs, v)
		}
	}
	var trap *Trap
	if errors.As(err, &trap) {
		r.Return, r.Trap, err = bits.Term{}, trap, nil
	}
	if err != nil {
		return r, err
	}
	return r, nil
}

// symbol is what a machine has found out about a variable or function.
type symbol struct {
	addr   uint64 // 0 until the code asks for it
	callee callee
}

// symbol returns what is known of an object, by its number.
func (m *Machine) symbol(number int) *symbol {
	if number >= len(m.symbols) {
		m.symbols = append(m.symbols, make([]symbol, number+1+number/2-len(m.symbols))...)
	}
	return &m.symbols[number]
}

// invoke runs c in a new frame. A struct result is left in the object whose
// address is the call's temporary in the caller's frame, or for a call from
// outside in an object of its own.
func (m *Machine) invoke(caller *frame, site *callSite, c *code, args []bits.Term) (bits.Term, error) {
	if c.err != nil {
		return bits.Term{}, c.err
	}
	result, err := m.resultPlace(caller, site, c)
	if err != nil {
		return bits.Term{}, err
	}
	fr := m.push(c, caller, site)
	defer m.pop(fr)
	if fr.depth > m.opt.Budget.Depth {
		return bits.Term{}, m.overBudget(fr, fmt.Sprintf("%d nested calls", fr.depth))
	}
	if err := fr.takeArgs(args); err != nil {
		return bits.Term{}, err
	}
	if err := fr.runBody(); err != nil {
		return bits.Term{}, err
	}
	return fr.takeResult(result)
}

// push begins a call in a frame, which is used again once the call is over.
func (m *Machine) push(c *code, caller *frame, site *callSite) *frame {
	if m.calls == len(m.frames) {
		m.frames = append(m.frames, new(frame))
	}
	fr := m.frames[m.calls]
	m.calls++
	fr.m, fr.code, fr.caller, fr.call, fr.outer = m, c, caller, site, m.frame
	fr.mem, fr.depth = m.Mem.PushFrame(), m.Mem.Depth()
	fr.traced, fr.varargs, fr.target = 0, 0, nil
	fr.ret.state = slotEmpty
	fr.loops = fr.loops[:0]
	fr.makeLocals()
	m.frame = fr
	return fr
}

// makeLocals makes room for locals and intermediate objects.
func (fr *frame) makeLocals() {
	c := fr.code
	locals := len(c.locals)
	if cap(fr.slots) < locals {
		fr.slots, fr.places = make([]slot, 2*locals), make([]*mem.Object, 2*locals)
	}
	fr.slots, fr.places = fr.slots[:locals], fr.places[:locals]
	for i := range fr.slots {
		fr.slots[i].state = slotEmpty
	}
	for _, i := range c.inMemory {
		fr.places[i] = nil
	}
	fr.temps = cleared(fr.temps, c.temps)
}

// pop ends the innermost call.
func (m *Machine) pop(fr *frame) {
	m.frame = fr.outer
	m.calls--
	m.Mem.PopFrame()
}

// cleared returns a list of n zeros, in the place of an old one if it fits.
func cleared[T any](old []T, n int) []T {
	if cap(old) < n {
		return make([]T, n)
	}
	old = old[:n]
	clear(old)
	return old
}

// runBody runs the function of a frame.
func (fr *frame) runBody() error {
	if _, ok := fr.run(fr.code.body); ok || fr.m.aside.err == nil {
		return nil
	}
	if fr.m.aside.err == errJump {
		return fr.m.unsupported(fr, fr.code.def.Loc(), "jump into a statement expression", nil)
	}
	return fr.m.aside.err
}

// resultPlace returns where a struct result goes, 0 for other results.
func (m *Machine) resultPlace(caller *frame, site *callSite, c *code) (uint64, error) {
	if !c.isRecord {
		return 0, nil
	}
	if caller != nil {
		return caller.tempAddr(site.temp, c.result, site.loc)
	}
	o, err := m.Mem.Alloc(mem.Spec{Name: "result of " + c.name, Kind: mem.Heap, Size: uint64(c.result.Size())}, uint64(c.result.Align()))
	if err != nil {
		return 0, err
	}
	return o.Addr, nil
}

// takeArgs gives the parameters their values. Arguments beyond them go into an
// array for va_arg, 16 bytes apart.
func (fr *frame) takeArgs(args []bits.Term) error {
	for i, p := range fr.code.params {
		if err := fr.takeArg(p, args[i]); err != nil {
			return err
		}
	}
	if !fr.code.variadic {
		return nil
	}
	return fr.takeVarargs(args[len(fr.code.params):])
}

func (fr *frame) takeArg(p *local, v bits.Term) error {
	m := fr.m
	if !p.inMemory {
		fr.slots[p.index] = slotOf(v)
		return nil
	}
	addr, err := fr.localAddr(p)
	if err != nil {
		return err
	}
	if isRecord(p.obj.Type) {
		return m.copyBytes(fr, p.obj.At, bits.Const(m.Mem.PointerBits(), addr), v, p.size)
	}
	if err := m.Mem.Store(addr, m.storable(v, p.obj.Type)); err != nil {
		return m.memError(fr, p.obj.At, err)
	}
	return nil
}

// takeResult returns the value of a finished call.
func (fr *frame) takeResult(place uint64) (bits.Term, error) {
	c, m := fr.code, fr.m
	ret := fr.ret.value(c.bits)
	switch {
	case c.result == nil || isVoid(c.result):
		return bits.Term{}, nil
	case place != 0 && ret.IsValid():
		to := bits.Const(m.Mem.PointerBits(), place)
		return to, m.copyBytes(fr, c.def.Loc(), to, ret, uint64(c.result.Size()))
	case place != 0:
		return bits.Const(m.Mem.PointerBits(), place), nil
	case !ret.IsValid(): // ran off the end; only using the value is wrong
		n, _ := m.prog.numOf(c.result)
		return m.unknown("result of "+c.name+", which returned none", n.bits), nil
	}
	return ret, nil
}

// step counts and records one step.
func (m *Machine) step(fr *frame, loc cpp.Loc) error {
	m.steps++
	if m.steps >= m.check {
		if err := m.withinBudget(fr); err != nil {
			return err
		}
	}
	if loc.Pos.IsKnown() {
		m.record(fr, loc)
	}
	return nil
}

// checkSteps is after how many steps the context and the budget of terms are
// looked at.
const checkSteps = 1024

// withinBudget looks at what a run may use.
func (m *Machine) withinBudget(fr *frame) error {
	if err := m.ctx.Err(); err != nil {
		return err
	}
	if n := m.Bits.Len() - m.terms; n > m.opt.Budget.Terms {
		return m.overBudget(fr, fmt.Sprintf("%d terms", n))
	}
	if m.steps > m.opt.Budget.Steps {
		return m.overBudget(fr, fmt.Sprintf("%d steps", m.opt.Budget.Steps))
	}
	m.check = min((m.steps/checkSteps+1)*checkSteps, m.opt.Budget.Steps+1)
	return nil
}

// spot is a place in the text of a unit, to be spelled out if somebody asks.
type spot struct {
	unit *types.Unit
	loc  cpp.Loc
}

func (s spot) position() source.Position {
	if s.unit == nil {
		return source.Position{}
	}
	return s.unit.Position(s.loc)
}

// position spells out a place in the code fr runs.
func (fr *frame) position(loc cpp.Loc) source.Position {
	if fr == nil {
		return source.Position{}
	}
	return fr.code.unit.Position(loc)
}

// stack returns the calls in progress, innermost first.
func (fr *frame) stack() []Frame {
	var list []Frame
	for ; fr != nil; fr = fr.caller {
		f := Frame{Func: fr.code.name}
		if fr.caller != nil && fr.call != nil {
			f.Call = fr.caller.position(fr.call.loc)
		}
		list = append(list, f)
	}
	return list
}

// trap completes t with where it happened.
func (m *Machine) trap(fr *frame, loc cpp.Loc, t *Trap) error {
	t.Position = fr.position(loc)
	t.Loc = loc
	t.Stack = fr.stack()
	if fr != nil {
		t.Unit = fr.code.unit
	}
	return t
}

func (m *Machine) unsupported(fr *frame, loc cpp.Loc, what string, cause error) error {
	return &Unsupported{Construct: what, Position: fr.position(loc), Err: cause}
}

func (m *Machine) overBudget(fr *frame, what string) error {
	return fmt.Errorf("%w: %s in %s", ErrBudget, what, fr.code.name)
}

// memError turns what package mem says into a trap or a budget error.
func (m *Machine) memError(fr *frame, loc cpp.Loc, err error) error {
	var access *mem.AccessError
	switch {
	case errors.As(err, &access):
		return m.trap(fr, loc, &Trap{Kind: faultKinds[access.Fault], Message: access.Error(), Err: access})
	case errors.Is(err, mem.ErrBudget):
		return fmt.Errorf("%w: %w", ErrBudget, err)
	}
	return err
}

// note adds s to a list of distinct strings.
func note(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// Skip records that something was called whose effects are not known.
func (m *Machine) skip(what string) {
	m.result.Skipped = note(m.result.Skipped, what)
	m.Mem.Tick()
}

// compared reports whether the run is one of those that are compared.
func (m *Machine) compared() bool {
	paths := m.opt.Decisions.paths
	return paths != nil && paths.Named
}

// named returns what is not known. In runs that are compared it has a name: it
// is the same in those that had as many events, and came as often to that name
// since. The name has to say all that it depends on beside the events.
func (m *Machine) named(name, reason string, width int) bits.Term {
	if !m.compared() {
		return m.unknown(reason, width)
	}
	name = fmt.Sprintf("%s after %d events", name, m.result.events.len())
	n := 0
	for _, s := range m.result.named {
		if s == name {
			n++
		}
	}
	m.result.named = append(m.result.named, name)
	return m.Bits.NamedUnknown(fmt.Sprintf("%s #%d", name, n), reason, width)
}
