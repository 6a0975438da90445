package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/unit"
)

// Opaque are the macros that units for this package must leave unexpanded
// (unit.Options, cpp.Options.Opaque), so that a use can be recognised.
func Opaque() []string {
	return []string{
		"pte_offset_map", "pte_unmap",
		"spin_lock_nested", "spin_lock_irqsave", "spin_lock_irqsave_nested",
		"lockdep_assert_held",
		EnterLazy, leaveLazy,
		"might_sleep", "cond_resched",
		"VM_BUG_ON", "VM_BUG_ON_VMA", "VM_BUG_ON_MM", "VM_BUG_ON_PAGE", "VM_BUG_ON_FOLIO",
	}
}

// Kind says what is wrong on a path.
type Kind uint8

// The kinds of events.
const (
	NullUse   Kind = iota // the pointer of a call that did not map is used
	NullUnmap             // and given back
	NotEnded              // the function is left with a map that it made
	EndedAgain
	EndedMoved // the pointer may be behind its table
	UsedAfter  // used after it was given back
	MappedOver // mapped again where the same call mapped before
	NotLocked  // a lock is released that is not held
	StillHeld  // the function is left with a lock that it took
	NullPassed // not an event: handed to a function that is not known
	LazyNested // lazy MMU mode is entered in lazy MMU mode
	LazyKept   // the function is left in the lazy MMU mode that it entered
	Sleeps     // what may sleep is called where nobody may
	LockReread // a lock is taken that a pmd tells which was read again after the map
	LockOther  // an entry is written under the lock of another table
)

// Event is what went wrong at one place. Several paths to the same place give
// one event.
type Event struct {
	Kind  Kind
	Site  *Site   // the call that mapped or locked; nil if another function did
	Loc   cpp.Loc // where it shows
	Text  string  // the expression there
	Since cpp.Loc // where the lazy MMU mode was entered that it is about
	Way   []Call  // from the call to what sleeps
	Trail *Step   // the last decision on the way
}

// Call is one call on the way to what sleeps.
type Call struct {
	Function, File string
	Line           int
}

// Sleeper returns the way from a function to what sleeps in it. home is the file
// that defines it, "" if the unit does not. flags is the parameter, from 0, whose
// allocation flags have to allow it, -1 if none has to. Not ok if it does not sleep,
// or that cannot be told.
type Sleeper func(name, home string) (way []Call, flags int, ok bool)

// Definer finds the definition of a function that a unit calls, in it or in
// another unit of its class. Errors: facts.ErrNoDefinition, those of reading.
type Definer func(ctx context.Context, from *unit.Unit, name string) (*unit.Unit, *syntax.FuncDef, error)

// Analysis runs functions of one class and keeps what it learned of those they
// call. It is not safe for concurrent use.
type Analysis struct {
	ctx     context.Context
	define  Definer
	sleeps  Sleeper
	missing error // that define returns for what has no definition

	symbols   map[string]int
	places    map[int]string // that unknown values were first read from
	functions map[functionKey]*Function
	nulls     map[string]bool                // what functions do with NULL arguments, see usesNull
	mappers   map[*unit.Unit]map[string]bool // see isMapper
	running   []*Function                    // the function that is followed, and its callers
	assuming  []*Function                    // that met one of running, and must be followed again
	near      int
}

type functionKey struct {
	unit *unit.Unit
	def  *syntax.FuncDef
}

// Function is a function with what is known of it.
type Function struct {
	Unit *unit.Unit
	Def  *syntax.FuncDef
	// Events are in the order in which they were met.
	Events []Event
	// Err says why the function could not be followed to the end.
	Err error
	// Lazy is nil if the function never enters lazy MMU mode.
	Lazy *Entering
	// Summary is nil while it is being made, and if Err is set.
	Summary *Summary

	// least is how far down in running a function stands that this one met, and of
	// which nothing was known yet.
	least  int
	done   bool
	sites  map[string]*Site
	params []string
}

// NewAnalysis returns an analysis that finds definitions by define, and what sleeps
// by sleeps. missing is the error by which define says that there is none.
func NewAnalysis(ctx context.Context, define Definer, missing error, sleeps Sleeper) *Analysis {
	return &Analysis{
		ctx: ctx, define: define, missing: missing, sleeps: sleeps,
		symbols: make(map[string]int), places: make(map[int]string), functions: make(map[functionKey]*Function),
		nulls: make(map[string]bool), mappers: make(map[*unit.Unit]map[string]bool),
	}
}

// Limits of one function. Beyond them it is not judged.
const (
	maxSteps  = 400_000
	maxStates = 400
	maxDepth  = 60
	maxNear   = 3 // functions that hand on nothing, for what they return
)

var (
	errTooLong      = fmt.Errorf("following it takes more than %d steps", maxSteps)
	errTooManyEnds  = fmt.Errorf("it ends in more than %d ways", maxOutcomes)
	errTooMany      = fmt.Errorf("more than %d states meet in it", maxStates)
	errComputedGoto = errors.New("it jumps to a computed label")
	errTooDeep      = fmt.Errorf("calls nest more than %d deep", maxDepth)
)

// Run follows a function. The error is the end of the context; what else keeps
// it from being followed is in Function.Err.
func (a *Analysis) Run(u *unit.Unit, def *syntax.FuncDef) (*Function, error) {
	key := functionKey{u, def}
	if f := a.functions[key]; f != nil {
		if !f.done {
			a.meet(f)
		}
		return f, a.ctx.Err()
	}
	f := &Function{Unit: u, Def: def, sites: make(map[string]*Site), least: len(a.running)}
	a.functions[key] = f
	if len(a.running) >= maxDepth {
		delete(a.functions, key) // another caller may be nearer
		f.Err = errTooDeep
		return f, a.ctx.Err()
	}
	a.running = append(a.running, f)
	a.follow(f)
	a.running = a.running[:len(a.running)-1]
	f.done = true
	a.settle(f)
	return f, a.ctx.Err()
}

// follow runs a function and sums it up.
func (a *Analysis) follow(f *Function) {
	body, err := f.Unit.File.Body(f.Def)
	if err != nil {
		f.Err = err
		return
	}
	w, err := a.walk(f, body, nil)
	if err == nil {
		f.Summary, err = w.summarise()
	}
	if err != nil {
		f.Err, f.Events = err, nil
	}
}

// meet notes that what is followed depends on a caller of its own.
func (a *Analysis) meet(f *Function) {
	at := slices.Index(a.running, f)
	last := a.running[len(a.running)-1]
	last.least = min(last.least, at)
}

// settle keeps what was found out about a function, unless it took a caller of
// its own for one that does nothing: that is good enough for the caller, and is
// forgotten when that is done.
func (a *Analysis) settle(f *Function) {
	at := len(a.running)
	if f.least < at {
		a.assuming = append(a.assuming, f)
		last := a.running[at-1]
		last.least = min(last.least, f.least)
		return
	}
	a.assuming = slices.DeleteFunc(a.assuming, func(g *Function) bool {
		if g.least >= at {
			delete(a.functions, functionKey{g.Unit, g.Def})
			return true
		}
		return false
	})
}

// walk runs a body with what is known of its arguments, by parameter.
func (a *Analysis) walk(f *Function, body *syntax.Block, args []value) (*walk, error) {
	w := &walk{Analysis: a, fn: f, scopes: newScopes(), entered: make(map[syntax.Stmt]map[string]bool), assumed: make(map[string]bool)}
	w.scopes.push()
	s := newState()
	f.params = f.params[:0]
	for i, p := range f.Def.Type.Params {
		place := w.scopes.param(p)
		f.params = append(f.params, place)
		if i < len(args) {
			s.vars[place] = args[i]
		}
	}
	err := w.function(s, body)
	return w, err
}

// budget ends what takes too long.
func (w *walk) budget(in []*state) error {
	w.steps++
	switch {
	case w.ctx.Err() != nil:
		return w.ctx.Err()
	case w.steps > maxSteps:
		return errTooLong
	case len(in) > maxStates:
		return errTooMany
	}
	return nil
}

// symbol numbers what is named, from 1.
func (a *Analysis) symbol(name string) int {
	n, ok := a.symbols[name]
	if !ok {
		n = len(a.symbols) + 1
		a.symbols[name] = n
		if place, ok := strings.CutPrefix(name, "at "); ok {
			a.places[n] = place
		}
	}
	return n
}

// event records an event, once for each place.
func (w *walk) event(e Event) {
	for _, o := range w.fn.Events {
		if o.Kind == e.Kind && o.Loc == e.Loc && o.Site == e.Site {
			return
		}
	}
	w.fn.Events = append(w.fn.Events, e)
}

// site returns the site of a call.
func (w *walk) site(c *syntax.Call, name string) *Site {
	key := fmt.Sprint(name, c.Loc(), c.Rparen)
	s := w.fn.sites[key]
	if s == nil {
		s = &Site{Callee: name, Loc: c.Loc()}
		w.fn.sites[key] = s
	}
	return s
}

// at names a site in a symbol.
func (w *walk) at(c *syntax.Call, what string) int {
	return w.symbol(fmt.Sprintf("%s %p %v %v", what, w.fn, c.Loc(), c.Rparen))
}

// enumerator returns the value of an enumeration constant.
func (w *walk) enumerator(name string) (int64, bool) {
	o := w.fn.Unit.Types.Lookup(name)
	if o == nil || o.Kind != enumConst {
		return 0, false
	}
	return int64(o.Value.Lo), true
}

// isMissing reports that there is no definition.
func (a *Analysis) isMissing(err error) bool { return errors.Is(err, a.missing) }
