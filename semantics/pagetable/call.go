package pagetable

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
	"ptreview/semantics/mem"
	"ptreview/semantics/solve"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// Call is one call of a function with chosen arguments. Names are those of
// parameters; of levels ("pmd": the entry of the tables for the address);
// "address", the user address that tables are made for; or lvalues in C over
// the parameters ("vmf->flags"). What is not chosen is as in the first scenario
// that Run would make.
type Call struct {
	State    string    // of the entry the function works on, some words of one of States; "" for the first
	Set      []Setting // in order
	Symbolic []string  // what may have any value
	Assume   []string  // conditions in C over the parameters that the values fulfil
	// Made are ways in which entries in tables come about. An entry that is
	// free has any bits first; where these lead to a trap or to what is not
	// known, it is empty, points to a table, or is Made.
	Made []Made
	// Callers are what the function's callers establish, nil for nothing: its
	// guards are assumed of free values, its locks are held.
	Callers *Preconditions
	// Without are the kinds of assumptions that are not made.
	Without []AssumptionKind

	guarded bool // Callers.Guards are assumed
	paths   int  // at most
}

// Setting gives something a value: C text, evaluated in the unit.
type Setting struct{ Name, Text string }

// Called is what calls showed.
type Called struct {
	State string   // "pmd points to a page table, …"; "" if no entry is worked on
	Paths []*Ended // one without free values, unless what is not known decides
	// Complete is false when there may be further paths, or some were run for
	// an example only.
	Complete bool
	// Kinds are what the free entries in tables were taken to be in turn, nil
	// if they had any bits.
	Kinds []Kind
	// Assumptions are what the paths rest on.
	Assumptions []Assumption
}

// Kind is one choice of what entries are, "pmd points to a table below", and
// how the calls with all such entries end: Paths in a row of Called.Paths.
type Kind struct {
	Text  string
	Paths []*Ended
}

// Ended is one way a call can end.
type Ended struct {
	*Run
	// When are the conditions on free values under which this happens, and
	// Example are such values, with which Run was made.
	When    []Condition
	Example []Value
	// Returned is the result, nil without one. Formula is the result for all
	// values that take this path, in C, "" where it is one.
	Returned *Value
	Formula  string
	// NotRun is why the run could not go on, "" if it came to its end.
	NotRun string
	// Open is why only the example is known to end like this, "" if all values
	// that fulfil When do.
	Open string
	// Proved says that all values that fulfil When do, and that nothing which is
	// not known took part.
	Proved bool
	Events []Event
	// Before and After are the entries of the tables for the address from the
	// top level on, folded ones left out; Others are all other entries that
	// changed, at most maxOthers.
	Before, After []Entry
	Others        []Change
	// HardwareBefore and HardwareAfter are what the processor makes of the
	// address, nil where that is not known.
	HardwareBefore, HardwareAfter *Translation

	Freed     []string // tables that were freed, and by whom
	holds     []bits.Term
	result    bits.Term
	vars      []bits.Term
	prefer    []preferred
	beyond    []exec.Beyond
	assumed   []Assumption // guards
	locksUsed []string     // that callers hold
}

// Condition is a branch on free values.
type Condition struct {
	Text   string // the condition that held, in C over the free values
	Source string // the line of the branch
	File   string
	Line   int
}

// Value is a number with what it stands for.
type Value struct {
	Name  string
	Text  string
	Means []string // "present", "pfn 0x1001"
}

// Entry is an entry of a table.
type Entry struct {
	Level string
	At    uint64 // address in the linear map
	Value
	term bits.Term
}

// Change is an entry before and after.
type Change struct{ Before, After Entry }

// Event is a lock taken, a translation flushed, a message.
type Event struct {
	Text string
	File string
	Line int
}

// CallError is a wrong choice of arguments.
type CallError struct{ msg string }

func (e *CallError) Error() string { return e.msg }

// States lists the states that the entry a function works on can be put into.
func (e *Emulator) States(u *unit.Unit, fn *syntax.FuncDef) ([]string, error) {
	f, err := e.function(u, fn)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, s := range statesOf(f.level) {
		if s.text != "" {
			list = append(list, s.level+" "+s.text)
		}
	}
	return list, nil
}

// Call runs a function of u. With free values it returns one Ended for each
// path that some of them take, at most limit, each run again with an example.
// Errors: *CallError, the end of ctx, what the executor does not support or
// cannot afford.
func (e *Emulator) Call(ctx context.Context, u *unit.Unit, fn *syntax.FuncDef, c Call) (*Called, error) {
	e.ctx = ctx
	defer func() { e.ctx = context.Background() }()
	f, err := e.function(u, fn)
	if err != nil {
		return nil, err
	}
	f.doubt = "" // the user passes what is passed
	states, err := f.statesNamed(c.State)
	if err != nil {
		return nil, err
	}
	for i, s := range states {
		out, err := e.callIn(ctx, f, c, s)
		if err == errNoState && i+1 < len(states) {
			continue
		}
		if err == errNoState {
			err = &CallError{fmt.Sprintf("there is no %s that %s on this machine", s.level, s.text)}
		}
		return out, err
	}
	panic("no state")
}

// statesNamed returns the states that a name can mean, best first.
func (f *function) statesNamed(name string) ([]state, error) {
	all := statesOf(f.level)
	if name == "" {
		f.hugeFirst(all)
		return all, nil
	}
	var known []string
	for _, s := range all {
		if s.text == name || s.level+" "+s.text == name {
			return []state{s}, nil
		}
		known = append(known, fmt.Sprintf("%q", strings.TrimSpace(s.level+" "+s.text)))
	}
	for _, s := range all {
		if strings.Contains(s.level+" "+s.text, name) {
			return []state{s}, nil
		}
	}
	if f.level == "" {
		return nil, &CallError{fmt.Sprintf("%s works on no entry of a table, so there are no states to choose from", f.def.Name)}
	}
	return nil, &CallError{fmt.Sprintf("no state is called %q; there are %s", name, strings.Join(known, ", "))}
}

// hugeFirst puts the huge entry first for a function that is for those, by its
// name.
func (f *function) hugeFirst(list []state) {
	if strings.Contains(f.def.Name, "huge") {
		slices.SortStableFunc(list, func(a, b state) int { return cmp.Compare(rankHuge(a), rankHuge(b)) })
	}
}

func rankHuge(s state) int {
	if s.text == "maps a huge page" {
		return 0
	}
	return 1
}

// anyBitsPaths is how many paths of an entry of any bits are worth looking at:
// with more there is one that leads nowhere.
const anyBitsPaths = 16

// callIn runs a call in a state: with free entries of any bits, and if that
// does not say all, with entries of every kind in turn.
func (e *Emulator) callIn(ctx context.Context, f *function, c Call, s state) (*Called, error) {
	var choices []choice
	if !c.without(AssumeEntry) {
		choices = f.choices(&c)
	}
	c.paths = e.opt.Paths
	if len(choices) > 0 {
		c.paths = min(c.paths, anyBitsPaths)
	}
	out, err := e.explore(ctx, f, c, s, nil, false)
	c.paths = e.opt.Paths
	guarded := len(c.Symbolic) > 0 && c.Callers != nil && len(c.Callers.Guards) > 0 && !c.without(AssumeGuard)
	if len(choices) == 0 && !guarded || ctx.Err() != nil || isUsage(err) || err == nil && out.settled() {
		return out, err
	}
	sum := &Called{Complete: true}
	if len(choices) > 0 {
		sum.Assumptions = f.entryAssumptions(&c)
	} else {
		choices = []choice{nil}
	}
	if out != nil {
		sum.addLocks(out.Assumptions)
	}
	for _, k := range choices {
		part, err := e.explore(ctx, f, c, s, k, guarded)
		if err == errNoState || errors.Is(err, errNoValue) {
			continue
		}
		if err != nil {
			return nil, err
		}
		sum.State = part.State
		sum.Complete = sum.Complete && part.Complete
		sum.Paths = append(sum.Paths, part.Paths...)
		if k != nil {
			sum.Kinds = append(sum.Kinds, Kind{strings.Join(k.texts(), ", "), part.Paths})
		}
		sum.addLocks(part.Assumptions)
		for _, p := range part.Paths {
			sum.addGuards(p.assumed)
		}
	}
	if len(sum.Paths) == 0 {
		return nil, errNoValue
	}
	return sum, nil
}

// addLocks adds the locks that paths rest on.
func (out *Called) addLocks(list []Assumption) {
	for _, a := range list {
		if a.Kind == AssumeLock && !slices.Contains(out.Assumptions, a) {
			out.Assumptions = append(out.Assumptions, a)
		}
	}
}

// addGuards adds what callers have seen, in words.
func (out *Called) addGuards(list []Assumption) {
	for _, a := range list {
		if a = a.inWords(); !slices.Contains(out.Assumptions, a) {
			out.Assumptions = append(out.Assumptions, a)
		}
	}
}

// errNoValue is returned where assumptions contradict one another.
var errNoValue error = &CallError{"no value fulfils what is assumed"}

func isUsage(err error) bool {
	var usage *CallError
	return err == errNoState || errors.As(err, &usage)
}

// settled reports whether nothing is left to ask: all values of any bits make
// the function return, and nothing else took part.
func (out *Called) settled() bool {
	ok := out.Complete
	for _, p := range out.Paths {
		ok = ok && p.Exact && p.Trap == nil && p.Proved && len(p.Result.Warnings) == 0
	}
	return ok
}

// explore runs a call for all values of a choice of kinds.
func (e *Emulator) explore(ctx context.Context, f *function, c Call, s state, kinds choice, guarded bool) (*Called, error) {
	out := &Called{}
	c.guarded = guarded
	if s.text != "" {
		out.State = s.level + " " + s.text
	}
	f.program.pulled = 0
	for round := 1; ; round++ {
		known := len(f.program.exec.Units())
		space := exec.NewPaths()
		space.Solver.Stop = func() bool { return ctx.Err() != nil }
		explore := exec.Explore
		if len(c.Symbolic) > 0 {
			explore = space.Explore
		}
		out.Paths = nil
		var err error
		out.Complete, err = explore(c.paths, func(d *exec.Decisions) error {
			p, err := e.callOnce(ctx, f, c, s, d, kinds, nil)
			if err == nil {
				out.Paths = append(out.Paths, p)
			}
			return err
		})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if len(f.program.exec.Units()) > known && round < 4 {
			continue // boot-time variables of units that were pulled in are set now
		}
		if err != nil {
			return nil, err
		}
		if len(out.Paths) == 0 {
			return nil, errNoValue
		}
		for _, p := range out.Paths {
			for _, name := range p.locksUsed {
				out.addLocks([]Assumption{c.lockAssumption(name)})
			}
		}
		if len(c.Symbolic) > 0 {
			err = e.examples(ctx, f, c, s, kinds, out, space)
		}
		return out, err
	}
}

// examples replaces each path by a run with values that take it.
func (e *Emulator) examples(ctx context.Context, f *function, c Call, s state, kinds choice, out *Called, space *exec.Paths) error {
	var list []*Ended
	for _, p := range out.Paths {
		answer := check(space, p)
		switch answer {
		case solve.Impossible:
			continue
		case solve.GaveUp:
			p.Why = appendNew(p.Why, "whether the path can be taken, which took too long to find out")
			p.Exact, out.Complete = false, false
			list = append(list, p)
			continue
		}
		again, err := e.again(ctx, f, c, s, kinds, p, p.model(space))
		if err != nil {
			return err
		}
		again.When, again.assumed = p.When, p.assumed
		if p.Trap == nil && p.result.IsValid() && !p.result.IsConst() {
			again.Formula = bits.CText(p.result, shownText)
		}
		again.Open = p.open(again)
		again.Proved = p.NotRun == "" && len(p.Why) == 0
		out.Complete = out.Complete && again.Open == ""
		list = append(list, again)
	}
	out.Paths = list
	return nil
}

// check looks for values that take a path, those that it prefers if they do.
func check(space *exec.Paths, p *Ended) solve.Answer {
	liked := slices.Clone(p.holds)
	for _, l := range p.prefer {
		liked = append(liked, space.Bits.Eq(l.v, l.value))
	}
	if len(p.prefer) > 0 && space.Solver.Check(liked...) == solve.Possible {
		return solve.Possible
	}
	return space.Solver.Check(p.holds...)
}

// example are values that take a path: of what is free, the result then, and
// what stands in memory that the run has no objects for.
type example struct {
	given  map[string]bits.Term
	result bits.Term
	memory []exec.Beyond
}

// model reads the solver's last model.
func (p *Ended) model(space *exec.Paths) *example {
	model := space.Solver.Model()
	value := func(t bits.Term) bits.Term {
		for _, v := range bits.Support(t) {
			if !model[v].IsValid() {
				model[v] = bits.Const(v.Width(), 0)
			}
		}
		return space.Bits.Eval(t, model)
	}
	x := &example{given: make(map[string]bits.Term)}
	for _, v := range p.vars {
		x.given[v.Name()] = value(v)
	}
	if p.result.IsValid() {
		x.result = value(p.result)
	}
	for _, b := range p.beyond {
		if !b.Lock {
			x.memory = append(x.memory, exec.Beyond{At: value(b.At), Value: value(b.Value)})
		}
	}
	return x
}

// open says why a path is known for its example only.
func (p *Ended) open(again *Ended) string {
	if p.NotRun != "" && again.NotRun == "" {
		return p.NotRun
	}
	for _, why := range p.Why {
		if !slices.Contains(again.Why, why) {
			return "depends on " + why
		}
	}
	return ""
}

// again runs a path with values and compares how it ends. One that ends
// otherwise was never one.
func (e *Emulator) again(ctx context.Context, f *function, c Call, s state, kinds choice, p *Ended, x *example) (*Ended, error) {
	var found *Ended
	_, err := exec.Explore(e.opt.Paths, func(d *exec.Decisions) error {
		r, err := e.callOnce(ctx, f, c, s, d, kinds, x)
		if err == nil && found == nil && endsAs(r, p, x.result) {
			found = r
		}
		return err
	})
	if err == nil && found == nil {
		err = fmt.Errorf("a path of %s was found that no run with its values takes", f.def.Name)
	}
	return found, err
}

// endsAs reports whether a run with values ends as its path does.
func endsAs(r, p *Ended, result bits.Term) bool {
	if r.NotRun != "" || p.NotRun != "" {
		return true
	}
	if (r.Trap == nil) != (p.Trap == nil) {
		return false
	}
	if r.Trap != nil {
		return r.Trap.Use == p.Trap.Use && r.Trap.Kind == p.Trap.Kind
	}
	return !result.IsValid() || !result.IsConst() || !r.result.IsConst() || r.result == result
}

// caller sets up the arguments of one call.
type caller struct {
	*world
	f     *function
	c     Call
	a     *arguments
	kinds choice
	given map[string]bits.Term // nil to leave free what is free
	out   *Ended

	vars   []bits.Term
	prefer []preferred
}

// callOnce runs a call on a new machine. with are the values of what is free,
// nil to leave it free.
func (e *Emulator) callOnce(ctx context.Context, f *function, c Call, s state, d *exec.Decisions, kinds choice, with *example) (*Ended, error) {
	w, err := e.boots(ctx, f.program, d)
	if err != nil {
		return nil, err
	}
	x := &caller{world: w, f: f, c: c, a: &arguments{addr: w.userAddress(scenario{})}, kinds: kinds, out: &Ended{}}
	if with != nil {
		x.given = with.given
	}
	w.callerHolds = func(name string) bool {
		if !c.held(name) {
			return false
		}
		x.out.locksUsed = appendNew(x.out.locksUsed, name)
		return true
	}
	if err := x.setUp(scenario{state: s, null: -1, flag: -1}); err != nil {
		return nil, err
	}
	if with != nil {
		if err := x.remember(with.memory); err != nil {
			return nil, err
		}
	}
	if kinds != nil && !c.without(AssumeMemory) {
		w.vouch()
	}
	dec := &decoder{caller: x}
	before := dec.snapshot()
	result, err := w.m.CallIn(ctx, f.unit.Types, f.def.Name, x.a.values...)
	if err != nil {
		if result == nil || !isLimit(err) {
			return nil, err
		}
		x.out.NotRun = err.Error()
	}
	choices, steps, events := result.Choices, result.Trace(), result.Events()
	x.out.Run = w.run(f, x.a, result)
	if err := callerHolds(result); err != nil {
		x.out.Why, x.out.Exact = append(x.out.Why, err.Error()), false
	}
	x.out.holds, x.out.vars, x.out.result = slices.Clone(w.m.Holds()), x.vars, result.Return
	x.out.prefer, x.out.beyond = x.prefer, w.m.Beyond()
	x.conditions(choices)
	x.events(events)
	x.macros(steps)
	if x.out.NotRun != "" {
		x.out.Exact = false
	} else {
		dec.result(result)
	}
	if with == nil && len(c.Symbolic) > 0 {
		return x.out, nil // the run with an example shows the tables
	}
	dec.compare(before)
	return x.out, nil
}

// remember writes what stands in memory.
func (x *caller) remember(list []exec.Beyond) error {
	for _, b := range list {
		at, ok := b.At.Uint64()
		if !ok {
			continue
		}
		if err := x.m.Mem.Store(at, b.Value); err != nil {
			return err
		}
	}
	return nil
}

// setUp makes tables and arguments.
func (x *caller) setUp(s scenario) error {
	for _, set := range x.c.Set {
		if i := x.param(set.Name); set.Name == "address" || i >= 0 && x.f.params[i].isAddress() {
			at, err := x.number(set.Text)
			if err != nil {
				return &CallError{err.Error()}
			}
			x.a.addr = at
		}
	}
	if err := x.scene(x.f, s, x.a); err != nil {
		return err
	}
	if err := x.each(true); err != nil {
		return err
	}
	if err := x.fill(x.f, s, x.a); err != nil {
		return err
	}
	x.sayEntries()
	if err := x.each(false); err != nil {
		return err
	}
	for _, text := range x.c.Assume {
		if err := x.assumeC(text); err != nil {
			return err
		}
	}
	if x.c.guarded {
		return x.guardsHold()
	}
	return nil
}

// sayEntries tells which entries of tables are chosen.
func (x *caller) sayEntries() {
	say := func(name, text string) {
		if i := x.param(name); i >= 0 {
			x.say(i, "points to "+text)
		} else {
			x.a.inputs = append(x.a.inputs, name+": "+text)
		}
	}
	for _, s := range x.c.Set {
		if x.inTables(s.Name) {
			say(s.Name, s.Text)
		}
	}
	for _, name := range x.c.Symbolic {
		if x.inTables(name) {
			say(name, x.shownEntry(name))
		}
	}
}

// each makes the choices, those about entries of tables first, so that what is
// copied from the tables has them.
func (x *caller) each(tables bool) error {
	for _, set := range x.c.Set {
		if set.Name != "address" && x.inTables(set.Name) == tables {
			if err := x.set(set); err != nil {
				return err
			}
		}
	}
	for _, name := range x.c.Symbolic {
		if x.inTables(name) == tables {
			if err := x.free(name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *caller) param(name string) int {
	return slices.IndexFunc(x.f.params, func(p param) bool { return p.name == name })
}

// inTables reports whether a name means the entry of a level.
func (x *caller) inTables(name string) bool {
	if i := x.param(name); i >= 0 {
		p := x.f.params[i]
		return p.level != "" && p.stars == 1 && !p.second
	}
	return slices.Contains(levelNames[:], name)
}

// entryAt returns the level and address of the entry that a name means.
func (x *caller) entryAt(name string) (level string, at uint64, err error) {
	level = name
	if i := x.param(name); i >= 0 {
		level = x.f.params[i].level
	}
	at = x.levels[level]
	if at == 0 {
		return "", 0, &CallError{fmt.Sprintf("%s: there are no tables, since %s takes none", name, x.f.def.Name)}
	}
	return level, at, nil
}

// set gives what a Setting names its value.
func (x *caller) set(s Setting) error {
	if x.inTables(s.Name) {
		level, at, err := x.entryAt(s.Name)
		if err != nil {
			return err
		}
		return x.setEntry(level, at, s)
	}
	i := x.param(s.Name)
	if i < 0 {
		return x.run1("%s = %s", s)
	}
	p := x.f.params[i]
	if p.stars == 0 && (p.level != "" || isRecord(p.typ)) {
		at, err := x.home(p)
		if err != nil {
			return err
		}
		if err := x.setEntry(p.base, at, s); err != nil {
			return err
		}
		return x.pass(i, at, s.Text)
	}
	v, err := x.eval("(unsigned long long)(" + x.with(s.Text) + ")")
	if err != nil {
		return &CallError{fmt.Sprintf("%s: %v", s.Name, reasonOf(err))}
	}
	x.a.values[i] = x.m.Bits.Resize(v, int(8*p.typ.Size()), false)
	x.say(i, s.Text)
	return nil
}

func (x *caller) say(i int, text string) {
	x.a.inputs[i] = x.f.params[i].name + ": " + text
}

// home makes an object for a parameter that is no pointer.
func (x *caller) home(p param) (uint64, error) {
	o, err := x.m.Mem.Alloc(mem.Spec{Name: p.name, Kind: mem.Heap, Size: uint64(p.typ.Size())}, 16)
	if err != nil {
		return 0, err
	}
	return o.Addr, nil
}

// pass makes argument i what lies at an address.
func (x *caller) pass(i int, at uint64, text string) error {
	p := x.f.params[i]
	x.say(i, text)
	x.a.values[i] = x.m.Pointer(at)
	if isRecord(p.typ) {
		return nil
	}
	v, err := x.m.Mem.Load(at, int(p.typ.Size()))
	x.a.values[i] = v
	return err
}

// setEntry writes an entry or another object of a type: text is a value of the
// type, or the number that the kernel makes such a value of.
func (x *caller) setEntry(base string, at uint64, s Setting) error {
	if slices.Contains(levelNames[:], base) {
		base += "_t"
	}
	level, _ := strings.CutSuffix(base, "_t")
	place, text := fmt.Sprintf("*(%s *)%s", base, x.ulong(at)), x.with(s.Text)
	first, err := x.first(
		fmt.Sprintf("({ %s = (%s); })", place, text),
		fmt.Sprintf("({ %s = __%s(%s); })", place, level, text),
		fmt.Sprintf("({ *(unsigned long *)%s = (%s); })", x.ulong(at), text),
	)
	if err == nil {
		_, err = x.eval(first)
	}
	if err != nil {
		return &CallError{fmt.Sprintf("%s=%s: %s", s.Name, s.Text, reasonOf(err))}
	}
	return nil
}

// with wraps text in a statement expression that declares the parameters known
// so far.
func (x *caller) with(text string) string {
	head := x.declared()
	if head == "" {
		return text
	}
	return "({ " + head + text + "; })"
}

// declared is declarations in C of the arguments.
func (x *caller) declared() string {
	var head strings.Builder
	for i, v := range x.a.values {
		p := x.f.params[i]
		typ := p.base + " " + strings.Repeat("*", p.stars)
		text := ""
		n, known := v.Uint64()
		switch {
		case p.stars > 0 && known:
			text = fmt.Sprintf("%s%s = (%s)%s; ", typ, p.name, typ, x.ulong(n))
		case p.stars == 0 && isRecord(p.typ) && known:
			text = fmt.Sprintf("%s%s = *(%s*)%s; ", typ, p.name, typ, x.ulong(n))
		case p.stars == 0 && p.isInteger():
			at, err := x.home(p)
			if err == nil && x.m.Mem.Store(at, x.m.Bits.Resize(v, int(8*p.typ.Size()), false)) == nil {
				text = fmt.Sprintf("%s%s = *(%s*)%s; ", typ, p.name, typ, x.ulong(at))
			}
		}
		if text != "" && x.has("({ "+text+"0; })") {
			head.WriteString(text)
		}
	}
	return head.String()
}

// run1 runs a statement over the parameters that names an lvalue.
func (x *caller) run1(format string, s Setting) error {
	text := x.with(fmt.Sprintf(format, s.Name, s.Text))
	if !x.has(text) {
		return x.unnamed(s.Name)
	}
	if _, err := x.eval(text); err != nil {
		return &CallError{fmt.Sprintf("%s=%s: %s", s.Name, s.Text, reasonOf(err))}
	}
	x.a.inputs = append(x.a.inputs, s.Name+": "+s.Text)
	return nil
}

// unnamed says that a name means nothing here, and which do.
func (x *caller) unnamed(name string) error {
	var names []string
	for _, p := range x.f.params {
		names = append(names, p.name)
	}
	own := "takes no parameters"
	if len(names) > 0 {
		own = "has " + strings.Join(names, ", ")
	}
	return &CallError{fmt.Sprintf("%q is no parameter and no lvalue: %s %s; the levels are %s", name, x.f.def.Name, own, strings.Join(levelNames[:], ", "))}
}

// free lets what a name means have any value.
func (x *caller) free(name string) error {
	if x.inTables(name) {
		level, at, err := x.entryAt(name)
		if err != nil {
			return err
		}
		t := x.unit.Types.Typedef(level + "_t")
		if t == nil {
			return &CallError{fmt.Sprintf("%s: the unit has no %s_t", name, level)}
		}
		if k, ok := x.kinds.of(name); ok {
			return x.freeEntry(name, level, at, k)
		}
		return x.freeAt(name, at, uint64(t.Size()))
	}
	i := x.param(name)
	if i < 0 {
		return x.freeLvalue(name)
	}
	p := x.f.params[i]
	if p.stars > 0 || !isRecord(p.typ) && !p.isInteger() {
		return &CallError{fmt.Sprintf("%s is a pointer, which cannot be free; name what it points to, as an lvalue", name)}
	}
	at, err := x.home(p)
	if err != nil {
		return err
	}
	if err := x.freeAt(name, at, uint64(p.typ.Size())); err != nil {
		return err
	}
	return x.pass(i, at, x.shown(name))
}

func (x *caller) shown(name string) string {
	if x.given == nil {
		return "any"
	}
	return bits.CText(x.given[name], shownText)
}

// shownEntry says what stands in a free entry of a table.
func (x *caller) shownEntry(name string) string {
	k, ok := x.kinds.of(name)
	switch {
	case !ok:
		return x.shown(name)
	case x.given == nil:
		return "any that " + k.text
	}
	for _, v := range x.out.Example {
		if v.Name == name {
			return v.Text
		}
	}
	return k.text
}

func (x *caller) freeLvalue(name string) error {
	if !x.has(x.with("&(" + name + ")")) {
		return x.unnamed(name)
	}
	at, err := x.number(x.with("(unsigned long)&(" + name + ")"))
	if err != nil {
		return &CallError{name + ": " + reasonOf(err)}
	}
	size, err := x.number(x.with("sizeof(" + name + ")"))
	if err != nil {
		return &CallError{name + ": " + reasonOf(err)}
	}
	x.a.inputs = append(x.a.inputs, name+": "+x.shown(name))
	return x.freeAt(name, at, size)
}

// freeAt puts a free value, or the one given for it, into memory.
func (x *caller) freeAt(name string, at, size uint64) error {
	if size == 0 || size > bits.MaxWidth/8 {
		return &CallError{fmt.Sprintf("%s has %d bytes; at most %d can be free", name, size, bits.MaxWidth/8)}
	}
	v, ok := x.given[name]
	if !ok {
		v = x.m.Bits.Var(name, int(8*size))
		x.vars = append(x.vars, v)
	} else {
		x.out.Example = append(x.out.Example, Value{Name: name, Text: bits.CText(v, shownText)})
	}
	return x.m.Mem.Store(at, v)
}

// assumeC leaves the path unless a condition can hold.
func (x *caller) assumeC(text string) error {
	prepared, err := x.prepare(x.unit.Types, x.with("!!("+text+")"))
	if err != nil {
		return &CallError{fmt.Sprintf("the assumption %q: %s", text, reasonOf(err))}
	}
	r, err := x.m.Evaluate(x.ctx, prepared)
	switch {
	case err != nil:
		return err
	case r.Trap != nil:
		return &CallError{fmt.Sprintf("the assumption %q: %s in %s", text, r.Trap.Kind, innermost(r.Trap.Stack))}
	}
	return x.m.Assume(r.Return)
}

// shownText is how many bytes of a term are shown.
const shownText = 240

// isLimit reports whether an error says that the executor could not go on, for
// lack of knowledge or means.
func isLimit(err error) bool {
	var unsupported *exec.Unsupported
	return errors.As(err, &unsupported) || errors.Is(err, exec.ErrBudget)
}

// conditions notes the branches on free values.
func (x *caller) conditions(choices []exec.Choice) {
	for _, c := range choices {
		if len(c.Reasons) > 0 || c.Forced {
			continue
		}
		cond := c.Cond
		if !c.Taken {
			cond = x.m.Bits.Not(cond)
		}
		x.out.When = append(x.out.When, Condition{
			Text: bits.CText(cond, shownText), Source: x.line(c.Position.Path, c.Position.Line),
			File: c.Position.Path, Line: c.Position.Line,
		})
	}
}

// line returns a source line that the run went through, "" for others.
func (x *caller) line(file string, n int) string {
	for i := range x.out.Trace {
		if t := &x.out.Trace[i]; t.Line == n && t.File == file {
			return t.Text
		}
	}
	return ""
}

// events spells out what models noted.
func (x *caller) events(list []exec.Event) {
	for _, ev := range list {
		var args []string
		for _, a := range ev.Args {
			args = append(args, x.describe(a))
		}
		at := ev.Position()
		x.out.Events = append(x.out.Events, Event{ev.Name + "(" + strings.Join(args, ", ") + ")", at.Path, at.Line})
	}
}

// describe names the object that a value points into, if it does.
func (x *caller) describe(v bits.Term) string {
	n, ok := v.Uint64()
	if !ok {
		return bits.CText(v, 40)
	}
	if v.Width() == x.m.Mem.PointerBits() && n > 1<<16 {
		if o, err := x.m.Mem.Find(n); err == nil && o != nil && o.Name != "" {
			name := strings.ReplaceAll(o.Name, "\x01", `\001`) // KERN_ERR and the like
			if n == o.Addr {
				return name
			}
			return fmt.Sprintf("%s+%#x", name, n-o.Addr)
		}
	}
	return bits.CText(v, 40)
}

// macros says which macros the lines of a trace stand in.
func (x *caller) macros(steps []exec.Step) {
	type place struct {
		file  string
		line  int
		depth int
	}
	uses := make(map[place]string)
	for _, s := range steps {
		u := s.Unit.File().Unit
		if u == nil {
			continue
		}
		at := s.Position()
		key := place{at.Path, at.Line, s.Depth - 1}
		if chain := u.Chain(s.Loc); len(chain) > 0 && uses[key] == "" {
			m := chain[len(chain)-1].Macro
			def := u.Set.Position(m.Pos)
			uses[key] = fmt.Sprintf("%s of %s:%d", m.Name, def.Path, def.Line)
		}
	}
	for i := range x.out.Trace {
		t := &x.out.Trace[i]
		t.Macro = uses[place{t.File, t.Line, t.Depth}]
	}
}

// typedResult reads the type of a function's result like that of a parameter.
func typedResult(f *function) (param, bool) {
	t, ok := types.Unqual(f.unit.Types.Lookup(f.def.Name).Type).(*types.Func)
	if !ok {
		return param{}, false
	}
	return newParam(&syntax.Param{Type: f.def.Type.Result}, t.Result), true
}
