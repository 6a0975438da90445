package pagetable

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ptreview/arch"
	"ptreview/parse/syntax"
	"ptreview/semantics/exec"
	"ptreview/semantics/facts"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// Options bound what one function may cost. The zero value is usable.
type Options struct {
	Budget exec.Budget // of one run; zero fields have small defaults
	Paths  int         // runs of one scenario through branches that are not known, 0 for 8
	Runs   int         // of all scenarios, 0 for 200
	Trace  int         // lines of a run's trace, the last ones, 0 for 400
}

func (o Options) withDefaults() Options {
	if o.Paths <= 0 {
		o.Paths = 8
	}
	if o.Trace <= 0 {
		o.Trace = 400
	}
	if o.Runs <= 0 {
		o.Runs = 200
	}
	if o.Budget.Steps <= 0 {
		o.Budget.Steps = 200_000
	}
	if o.Budget.Terms <= 0 {
		o.Budget.Terms = 100_000
	}
	if o.Budget.Bytes == 0 {
		o.Budget.Bytes = 16 << 20
	}
	if o.Budget.Trace <= 0 {
		o.Budget.Trace = 4 * o.Trace
	}
	return o
}

// Emulator runs functions of one class on one machine. It is not safe for
// concurrent use.
type Emulator struct {
	tree    *facts.TreeProgram
	machine *arch.Machine
	opt     Options
	// boot are the variables that the machine's setup assigns to. They have
	// what the setup gives them, and zeros otherwise: nobody looks for the
	// file that defines them.
	boot  map[string]bool
	units map[*unit.Unit]*program
	ctx   context.Context // of the Run in progress, for reading further units
	// initcall says that what runs makes an mm and areas itself.
	initcall bool
}

// New returns an emulator of a machine that the class of prog can boot on.
func New(prog *facts.TreeProgram, m *arch.Machine, opt Options) *Emulator {
	e := &Emulator{
		tree: prog, machine: m, opt: opt.withDefaults(),
		boot: map[string]bool{"mem_map": true}, units: make(map[*unit.Unit]*program),
		ctx: context.Background(),
	}
	for _, a := range m.Setup {
		if a.When.Holds(prog.Class.Value) {
			e.boot[baseName(a.Lval())] = true
		}
	}
	return e
}

// doubleWord reports whether two words of a table are read in one.
func (e *Emulator) doubleWord() bool {
	class := e.tree.Class
	when := class.Arch.DoubleWord
	return when != "" && when.Holds(class.Value)
}

// Outcome is what the runs of one function showed.
type Outcome struct {
	Runs []Run
	// Incomplete are the reasons why some inputs could not be run, without
	// places, so that equal ones can be counted.
	Incomplete []string
	// Assumptions are what callers establish and some run rests on, or was not
	// made for.
	Assumptions []Assumption

	callers *Preconditions
}

func (o *Outcome) assume(a Assumption) {
	if a = a.inWords(); !slices.Contains(o.Assumptions, a) {
		o.Assumptions = append(o.Assumptions, a)
	}
}

func (o *Outcome) incomplete(reason string) {
	if !slices.Contains(o.Incomplete, reason) {
		o.Incomplete = append(o.Incomplete, reason)
	}
}

// Run calls the function fn of u with every input that its callers can give
// it, as far as known. Errors: the end of ctx. What could not be run is in the
// Outcome.
func (e *Emulator) Run(ctx context.Context, u *unit.Unit, fn *syntax.FuncDef) (*Outcome, error) {
	return e.RunWith(ctx, u, fn, nil)
}

// RunWith is Run with the inputs only that what callers establish allows, and
// with the locks held that they hold.
func (e *Emulator) RunWith(ctx context.Context, u *unit.Unit, fn *syntax.FuncDef, callers *Preconditions) (*Outcome, error) {
	e.ctx = ctx
	defer func() { e.ctx = context.Background() }()
	out := &Outcome{callers: callers}
	if callers != nil && callers.Never != nil {
		out.Assumptions = append(out.Assumptions, *callers.Never)
		return out, nil
	}
	f, err := e.function(u, fn)
	if err != nil {
		out.incomplete(reasonOf(err))
		return out, ctx.Err()
	}
	f.program.pulled = 0
	for _, s := range f.scenarios() {
		if len(out.Runs) >= e.opt.Runs {
			out.incomplete(fmt.Sprintf("more than %d runs", e.opt.Runs))
			break
		}
		if err := e.runScenario(ctx, f, s, out); err != nil {
			return out, err
		}
	}
	return out, nil
}

// runScenario adds the runs of one scenario to out. A run that pulled in units
// with boot-time variables of their own is repeated with these set.
func (e *Emulator) runScenario(ctx context.Context, f *function, s scenario, out *Outcome) error {
	const rounds = 4
	for round := 1; ; round++ {
		known := len(f.program.exec.Units())
		runs, err := e.paths(ctx, f, s, out)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if len(f.program.exec.Units()) > known && round < rounds {
			continue
		}
		if err != nil && !errors.Is(err, errNoState) {
			out.incomplete(reasonOf(err))
		}
		out.Runs = append(out.Runs, runs...)
		return nil
	}
}

// paths runs a scenario once for each way through branches that are not known.
func (e *Emulator) paths(ctx context.Context, f *function, s scenario, out *Outcome) ([]Run, error) {
	var runs []Run
	complete, err := exec.Explore(e.opt.Paths, func(d *exec.Decisions) error {
		run, err := e.path(ctx, f, s, d, out)
		var held *heldError
		var never *neverPassed
		if errors.As(err, &never) {
			out.assume(never.guard)
			return nil
		}
		if errors.As(err, &held) {
			out.incomplete(held.Error())
			return nil
		}
		if err == nil {
			runs = append(runs, *run)
		}
		return err
	})
	if err == nil && !complete {
		err = fmt.Errorf("more than %d ways through branches that depend on what is not known", e.opt.Paths)
	}
	return runs, err
}

// path runs a scenario on a new machine.
func (e *Emulator) path(ctx context.Context, f *function, s scenario, d *exec.Decisions, out *Outcome) (*Run, error) {
	w, err := e.boots(ctx, f.program, d)
	if err != nil {
		return nil, err
	}
	args, err := w.arguments(f, s)
	if err != nil {
		return nil, err
	}
	var against []Dropped
	if out.callers != nil {
		x := &caller{world: w, f: f, a: args, c: Call{Callers: out.callers}, out: &Ended{}}
		if against, err = x.allowed(); err != nil {
			return nil, err
		}
		w.callerHolds = func(name string) bool {
			if !x.c.held(name) {
				return false
			}
			out.assume(x.c.lockAssumption(name))
			return true
		}
	}
	before := toKeep(w.rows())
	result, err := w.m.CallIn(ctx, f.unit.Types, f.def.Name, args.values...)
	if err != nil {
		return nil, err
	}
	if err := callerHolds(result); err != nil {
		return nil, err
	}
	run := w.run(f, args, result)
	run.Against = against
	run.Rows = &Rows{f.program, before, toKeep(w.rows())}
	return run, nil
}

// heldError is a trap that only says which locks the caller did not take.
type heldError struct{ what string }

func (e *heldError) Error() string {
	return "callers hold a lock that the emulated caller does not: " + e.what
}

// callerHolds tells a lock released twice from one that the function was
// called with.
func callerHolds(r *exec.Result) error {
	if r.Trap == nil {
		return nil
	}
	var lock *exec.LockError
	if errors.As(r.Trap, &lock) && !lock.Held && !lock.Taken {
		return &heldError{lock.Func + " of a lock that was not taken in this run"}
	}
	return nil
}

// reasonOf is why something could not be run, without places.
func reasonOf(err error) string { return plain(reasonIn(err)) }

func reasonIn(err error) string {
	var unsupported *exec.Unsupported
	var typed *types.Error
	switch {
	case errors.As(err, &unsupported):
		return "not supported: " + unsupported.Construct
	case errors.As(err, &typed):
		return typed.Msg
	}
	return err.Error()
}

// baseName returns the variable that an lvalue is a part of.
func baseName(lval string) string {
	for i, c := range lval {
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return lval[:i]
		}
	}
	return lval
}
