package pagetable

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ptreview/arch"
	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
	"ptreview/semantics/mem"
	"ptreview/semantics/unit"
)

// Question is C text about values that are not given: what it evaluates to,
// for every value of its inputs for which the assumptions hold.
type Question struct {
	Inputs []Input
	// Assume are conditions in C on the inputs, evaluated in order.
	Assume []string
	// Prepare are statements before Text, such as declarations; Given are
	// conditions on what they made.
	Prepare string
	Given   []string
	Text    string
	// Results are variables that Prepare declares, of at most 16 bytes each,
	// whose bytes after Text are asked for too.
	Results []string
}

// Input is a free value. Type is a type name of C of at most 16 bytes.
type Input struct{ Name, Type string }

// Path is one of the ways through a Question that some inputs take.
type Path struct {
	Holds []bits.Term // on the inputs; all of them hold on this path only
	Value bits.Term   // of the text, of width 1: not zero. Without it, Trap is set
	Trap  *Trap
	// Results are the bytes of the question's Results, as numbers; without them
	// Trap is set.
	Results []bits.Term
	// Why is what was unknown, so that no machine need take the path.
	Why []string
}

// Answer is all that was found out about a Question.
type Answer struct {
	Vars     []bits.Term // of the inputs, in their order
	Paths    []Path
	Space    *exec.Paths // the terms, and a solver that knows them
	Complete bool        // there are no other paths
}

// maxVague is how many paths with something unknown on them are followed, where
// these have no names by which others could be compared with them: branches on
// what is not known make more of them, and nothing is known of those either.
const maxVague = 8

var errVague = errors.New("more paths with something unknown on them")

// errAsk is an error of a question's own text.
type errAsk struct{ err error }

func (e *errAsk) Error() string { return e.err.Error() }
func (e *errAsk) Unwrap() error { return e.err }

// Ask runs a question of the unit u for all inputs, on at most limit paths.
// Errors: the end of ctx, C text that makes no sense in the unit, what the
// executor does not support or cannot afford.
func (e *Emulator) Ask(ctx context.Context, u *unit.Unit, q Question, limit int) (*Answer, error) {
	return e.ask(ctx, u, q, nil, exec.NewPaths(), limit)
}

// AskWith is Ask with terms of space, so that the answers to several questions
// whose inputs have the same names and types can be compared.
func (e *Emulator) AskWith(ctx context.Context, u *unit.Unit, q Question, space *exec.Paths, limit int) (*Answer, error) {
	return e.ask(ctx, u, q, nil, space, limit)
}

// Replay runs a question for one choice of inputs, which are constants in the
// order of its Inputs.
func (e *Emulator) Replay(ctx context.Context, u *unit.Unit, q Question, inputs []bits.Term) (*Answer, error) {
	return e.ask(ctx, u, q, inputs, exec.NewPaths(), 4)
}

func (e *Emulator) ask(ctx context.Context, u *unit.Unit, q Question, given []bits.Term, space *exec.Paths, limit int) (*Answer, error) {
	e.ctx = ctx
	defer func() { e.ctx = context.Background() }()
	p := e.program(u)
	p.pulled = 0
	vague := 0
	a := &Answer{Space: space}
	space.Solver.Stop = func() bool { return ctx.Err() != nil }
	for round := 1; ; round++ {
		known := len(p.exec.Units())
		a.Paths, a.Vars, vague = nil, nil, 0
		var err error
		a.Complete, err = space.Explore(limit, func(d *exec.Decisions) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			w, err := e.boots(ctx, p, d)
			if err != nil {
				return err
			}
			path, err := w.askPath(q, given, a)
			if err != nil {
				return err
			}
			a.Paths = append(a.Paths, *path)
			if len(path.Why) > 0 && !space.Named {
				vague++
			}
			if vague > maxVague {
				return errVague
			}
			return nil
		})
		if errors.Is(err, errVague) {
			err = nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if len(p.exec.Units()) > known && round < 4 {
			continue // boot-time variables of units that were pulled in are set now
		}
		return a, err
	}
}

// Show runs a question for one choice of inputs as far as Prepare, and returns
// the bytes that a variable declared there has, as a number.
func (e *Emulator) Show(ctx context.Context, u *unit.Unit, q Question, inputs []bits.Term, name string) (bits.Term, error) {
	var v bits.Term
	e.ctx = ctx
	defer func() { e.ctx = context.Background() }()
	_, err := exec.Explore(1, func(d *exec.Decisions) error {
		w, err := e.boots(ctx, e.program(u), d)
		if err != nil {
			return err
		}
		head, err := w.inputs(q, inputs, &Answer{})
		if err != nil {
			return err
		}
		size, err := w.number(head + q.Prepare + "sizeof(" + name + "); })")
		if err != nil {
			return err
		}
		at, err := w.m.Mem.Alloc(mem.Spec{Name: name, Kind: mem.Heap, Size: size}, 16)
		if err != nil {
			return err
		}
		if _, err := w.eval(fmt.Sprintf("%s%s*(typeof(%s) *)%s = %s; })", head, q.Prepare, name, w.ulong(at.Addr), name)); err != nil {
			return err
		}
		v, err = w.m.Mem.Load(at.Addr, int(size))
		return err
	})
	return v, err
}

// ReasonOf is why something could not be run, without places, so that equal
// reasons can be counted.
func ReasonOf(err error) string { return reasonOf(err) }

// askPath runs a question on one path.
func (w *world) askPath(q Question, given []bits.Term, a *Answer) (*Path, error) {
	head, err := w.inputs(q, given, a)
	if err != nil {
		return nil, err
	}
	path := &Path{}
	for _, text := range q.Assume {
		if err := w.assume(head, text, path); err != nil {
			return nil, err
		}
	}
	head += q.Prepare
	for _, text := range q.Given {
		if err := w.assume(head, text, path); err != nil {
			return nil, err
		}
	}
	places, copies, err := w.results(head, q.Results)
	if err != nil {
		return nil, err
	}
	v, err := w.ask(head+"int asked_ = !!("+q.Text+"); "+copies+"asked_; })", path)
	if err != nil {
		return nil, err
	}
	if path.Trap == nil {
		path.Value = w.m.Bits.Ne(v, bits.Const(v.Width(), 0))
		if path.Results, err = w.loadResults(places, path); err != nil {
			return nil, err
		}
	}
	path.Holds = append([]bits.Term(nil), w.m.Holds()...)
	return path, nil
}

// resultPlace is where a result is copied to.
type resultPlace struct{ addr, size uint64 }

// results makes room for the bytes of variables that head declares and returns
// the statements that copy them there.
func (w *world) results(head string, names []string) ([]resultPlace, string, error) {
	var places []resultPlace
	copies := ""
	for _, name := range names {
		size, err := w.number("sizeof(" + head + name + "; }))") // runs nothing
		if err != nil {
			return nil, "", &errAsk{err}
		}
		if size == 0 || size > bits.MaxWidth/8 {
			return nil, "", fmt.Errorf("a result has %d bytes", size)
		}
		at, err := w.m.Mem.Alloc(mem.Spec{Name: name, Kind: mem.Heap, Size: size}, 16)
		if err != nil {
			return nil, "", err
		}
		places = append(places, resultPlace{at.Addr, size})
		copies += fmt.Sprintf("*(typeof(%s) *)%s = %s; ", name, w.ulong(at.Addr), name)
	}
	return places, copies, nil
}

func (w *world) loadResults(places []resultPlace, path *Path) ([]bits.Term, error) {
	var list []bits.Term
	for _, at := range places {
		v, err := w.m.Mem.Load(at.addr, int(at.size))
		if err != nil {
			return nil, err
		}
		for _, s := range bits.Reasons(v) {
			path.Why = appendNew(path.Why, plain(s))
		}
		list = append(list, v)
	}
	return list, nil
}

// assume leaves the path unless a condition can hold on it.
func (w *world) assume(head, text string, path *Path) error {
	v, err := w.ask(head+"!!("+text+"); })", path)
	if err != nil {
		return err
	}
	if path.Trap != nil {
		return fmt.Errorf("the assumption %s: %s in %s", brief(text), path.Trap.Kind, path.Trap.Function)
	}
	return w.m.Assume(v)
}

// inputs puts the inputs into memory and returns C text that declares them.
func (w *world) inputs(q Question, given []bits.Term, a *Answer) (string, error) {
	var head strings.Builder
	head.WriteString("({ ")
	first := len(a.Vars) == 0
	for i, in := range q.Inputs {
		size, err := w.number("sizeof(" + in.Type + ")")
		if err != nil {
			return "", &errAsk{err}
		}
		if size == 0 || size > bits.MaxWidth/8 {
			return "", fmt.Errorf("an input of type %s has %d bytes", in.Type, size)
		}
		o, err := w.m.Mem.Alloc(mem.Spec{Name: in.Name, Kind: mem.Heap, Size: size}, 16)
		if err != nil {
			return "", err
		}
		v := w.m.Bits.Var(in.Name, int(8*size))
		if given != nil {
			v = given[i]
		}
		if first {
			a.Vars = append(a.Vars, v)
		}
		if err := w.m.Mem.Store(o.Addr, v); err != nil {
			return "", err
		}
		fmt.Fprintf(&head, "%s %s = *(%s *)%s; ", in.Type, in.Name, in.Type, w.ulong(o.Addr))
	}
	return head.String(), nil
}

// ask evaluates text on the path. A trap is left in the path.
func (w *world) ask(text string, path *Path) (bits.Term, error) {
	x, err := w.prepare(w.unit.Types, text)
	if err != nil {
		return bits.Term{}, &errAsk{err}
	}
	r, err := w.m.Evaluate(w.ctx, x)
	if err != nil {
		return bits.Term{}, err
	}
	for _, s := range r.Unknowns {
		path.Why = appendNew(path.Why, plain(s))
	}
	for _, s := range r.Skipped {
		path.Why = appendNew(path.Why, "not run: "+plain(s))
	}
	if r.Trap != nil {
		path.Trap = w.trap(r.Trap)
		return bits.Term{}, nil
	}
	for _, s := range bits.Reasons(r.Return) {
		path.Why = appendNew(path.Why, plain(s))
	}
	return r.Return, nil
}

// Understands reports whether C text makes sense at the end of a unit.
func (e *Emulator) Understands(u *unit.Unit, text string) bool { return e.program(u).has(text) }

// Arch returns the architecture of the class.
func (e *Emulator) Arch() *arch.Arch { return e.tree.Class.Arch }

// ClassValue returns the value of a Kconfig symbol of the class, without
// CONFIG_.
func (e *Emulator) ClassValue(symbol string) string { return e.tree.Class.Value(symbol) }

// IsUndeclared reports whether an error of Ask says that the text makes no
// sense in the unit: the class does not have what it names.
func IsUndeclared(err error) bool {
	var own *errAsk
	return errors.As(err, &own)
}
