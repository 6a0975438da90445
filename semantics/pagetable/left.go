package pagetable

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
	"ptreview/semantics/mem"
	"ptreview/semantics/unit"
)

// Scene is what a function is called in to see what it leaves behind: an mm
// with tables for one address, an area around it, and the entry it is given a
// pointer to in one of States, or of any bits. Entries and numbers that are
// passed by value may be anything.
type Scene struct {
	State string // "" if the entry may be anything
}

// Left is what a call of a function leaves behind, for all arguments.
type Left struct {
	Inputs   []string    // the arguments, spelled
	Vars     []bits.Term // what may be anything
	Paths    []LeftPath
	Complete bool // there are no other paths
}

// LeftPath is one way through the function that some arguments take.
type LeftPath struct {
	Holds  []bits.Term // all of them hold on this path only
	Trap   *Trap
	Result bits.Term // not valid without one
	// Deeds are what it did to the world, in order; Memory is what it wrote
	// elsewhere than to its locals.
	Deeds  []Deed
	Memory []mem.Change
	// Why is what was unknown on the way, so that no machine need take the path;
	// NotSeen what was called whose effects were not seen.
	Why     []string
	NotSeen []string
}

// Deed is something that the world notices: a flush, a lock, an instruction.
// Tables is what page tables had become by then.
type Deed struct {
	Text   string
	Args   []bits.Term
	Tables []mem.Change
}

// Scenes lists the scenes that a function can be called in, the one that says
// most first.
func (e *Emulator) Scenes(u *unit.Unit, fn *syntax.FuncDef) ([]Scene, error) {
	f, err := e.function(u, fn)
	if err != nil {
		return nil, err
	}
	var list []Scene
	if f.level == "" || f.has(param.isInTable) {
		list = append(list, Scene{})
	}
	for _, s := range statesOf(f.level) {
		if s.text != "" {
			list = append(list, Scene{s.level + " " + s.text})
		}
	}
	return list, nil
}

// isInTable reports whether a parameter points to the entry of the tables.
func (p param) isInTable() bool { return p.level != "" && p.stars == 1 && !p.second && !p.isSeen() }

// ErrNoScene says that a machine has no entries of the kind.
var ErrNoScene = errNoState

// Leaves calls a function of the unit u in a scene, with terms of space, which
// has to be Named. given, if not nil, are the values of what may be anything.
// Errors: ErrNoScene, the end of ctx, what the executor does not support or
// cannot afford.
func (e *Emulator) Leaves(ctx context.Context, u *unit.Unit, fn *syntax.FuncDef, s Scene, given map[string]bits.Term, space *exec.Paths, limit int) (*Left, error) {
	e.ctx = ctx
	defer func() { e.ctx = context.Background() }()
	f, err := e.function(u, fn)
	if err != nil {
		return nil, err
	}
	all := statesOf(f.level)
	at := max(0, slices.IndexFunc(all, func(t state) bool { return s.State == t.level+" "+t.text }))
	f.program.pulled = 0
	space.Solver.Stop = func() bool { return ctx.Err() != nil }
	left := &Left{}
	for round := 1; ; round++ {
		known := len(f.program.exec.Units())
		*left = Left{}
		left.Complete, err = space.Explore(limit, func(d *exec.Decisions) error {
			x := &leaver{f: f, free: s.State == "", given: given, left: left}
			return x.call(ctx, e, all[at], d)
		})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if len(f.program.exec.Units()) > known && round < 4 {
			continue // boot-time variables of units that were pulled in are set now
		}
		return left, err
	}
}

// leaver makes one call.
type leaver struct {
	*world
	f     *function
	free  bool // the entry of the tables may be anything
	given map[string]bits.Term
	left  *Left
	vars  []bits.Term
	start mem.Snapshot
}

// call makes the call on a new machine and adds what it leaves behind.
func (x *leaver) call(ctx context.Context, e *Emulator, s state, d *exec.Decisions) error {
	var err error
	if x.world, err = e.boots(ctx, x.f.program, d); err != nil {
		return err
	}
	if err := x.runs(); err != nil {
		return &bootError{"a running task", err}
	}
	a := &arguments{addr: x.userAddress(scenario{})}
	if err := x.scene(x.f, scenario{state: s, null: -1, flag: -1}, a); err != nil {
		return err
	}
	for i := range x.f.params {
		if err := x.argument(s, a, i); err != nil {
			return fmt.Errorf("parameter %s: %w", x.f.params[i].name, err)
		}
	}
	x.start = x.m.Mem.Snapshot()
	x.m.OnEvent(func() any { return x.m.Mem.Changes(x.start, isTable) })
	result, err := x.m.CallIn(ctx, x.f.unit.Types, x.f.def.Name, a.values...)
	if err != nil {
		return err
	}
	if err := callerHolds(result); err != nil {
		return err
	}
	p, err := x.path(result)
	if err != nil {
		return err
	}
	x.left.Vars, x.left.Inputs = x.vars, a.inputs
	x.left.Paths = append(x.left.Paths, *p)
	return nil
}

// runs sets what registers hold while a task runs.
func (x *leaver) runs() error {
	for _, a := range x.e.tree.Class.Arch.Running {
		text := replaceWord(a.C, "CURRENT", x.ulong(x.task))
		if !a.When.Holds(x.e.tree.Class.Value) || !x.has(text) {
			continue
		}
		if _, err := x.eval(text); err != nil {
			return fmt.Errorf("%s: %w", a.C, err)
		}
	}
	return nil
}

func isTable(o *mem.Object) bool { return o.Kind == mem.PageTable || o.Kind == mem.PageFrame }

// argument makes argument i: what is passed by value, and the entry that is
// pointed to, may be anything.
func (x *leaver) argument(s state, a *arguments, i int) error {
	p := x.f.params[i]
	add := func(v exec.Value, text string) {
		a.values = append(a.values, v)
		a.inputs = append(a.inputs, p.name+": "+text)
	}
	_, known := p.number()
	size := p.typ.Size()
	switch {
	case p.isInTable() && x.free:
		at := x.levels[p.level]
		t := x.unit.Types.Typedef(p.level + "_t")
		if at == 0 || t == nil {
			return fmt.Errorf("there is no %s", p.level)
		}
		if err := x.m.Mem.Store(at, x.anything(p.name, t.Size())); err != nil {
			return err
		}
		add(x.m.Pointer(at), "points to any entry of the tables for the address")
		return nil
	case p.stars == 0 && isRecord(p.typ) && size > 0 && size <= bits.MaxWidth/8:
		at, err := x.m.Mem.Alloc(mem.Spec{Name: p.name, Kind: mem.Heap, Size: uint64(size)}, 16)
		if err != nil {
			return err
		}
		add(x.m.Pointer(at.Addr), "any")
		return x.m.Mem.Store(at.Addr, x.anything(p.name, size))
	case p.stars == 0 && (p.isInteger() && !p.isAddress() && !known || p.level != "" && !isRecord(p.typ)):
		add(x.anything(p.name, size), "any")
		return nil
	}
	v, text, err := x.world.argument(x.f, scenario{state: s, null: -1, flag: -1}, a, i)
	add(v, text)
	return err
}

// anything is a free value, or the one that is given for it.
func (x *leaver) anything(name string, size int64) bits.Term {
	if v, ok := x.given[name]; ok {
		return v
	}
	v := x.m.Bits.Var(name, int(8*size))
	x.vars = append(x.vars, v)
	return v
}

// path reads what a call left behind.
func (x *leaver) path(r *exec.Result) (*LeftPath, error) {
	p := &LeftPath{Holds: slices.Clone(x.m.Holds())}
	for _, s := range r.Unknowns {
		p.Why = appendNew(p.Why, plain(s))
	}
	for _, s := range r.Skipped {
		p.NotSeen = appendNew(p.NotSeen, plain(s))
	}
	for _, ev := range r.Events() {
		if isMessage(ev.Name) {
			continue
		}
		tables, _ := ev.State.([]mem.Change)
		p.Deeds = append(p.Deeds, Deed{Text: ev.Name, Args: ev.Args, Tables: tables})
	}
	if r.Trap != nil {
		p.Trap = x.trap(r.Trap)
		return p, nil
	}
	p.Memory = x.m.Mem.Changes(x.start, isLasting)
	p.Result = r.Return
	if to, ok := typedResult(x.f); ok && isRecord(to.typ) && r.Return.IsValid() {
		at, known := r.Return.Uint64()
		if size := to.typ.Size(); !known || size <= 0 || size > bits.MaxWidth/8 {
			return nil, fmt.Errorf("it returns a struct of %d bytes", size)
		}
		v, err := x.m.Mem.Load(at, int(to.typ.Size()))
		if err != nil {
			return nil, err
		}
		p.Result = v
	}
	return p, nil
}

// isLasting reports whether an object is there for others to see.
func isLasting(o *mem.Object) bool {
	switch o.Kind {
	case mem.Stack, mem.Function, mem.String, mem.Rodata:
		return false
	}
	return true
}

// isMessage reports whether an event only tells somebody something.
func isMessage(name string) bool {
	return strings.Contains(name, "printk") || strings.HasPrefix(name, "dump_")
}
