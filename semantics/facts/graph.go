package facts

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// Program finds the definition of a function in one class of a tree. From is
// the unit that calls it; the definition may stand in another one. A function
// that no unit built in this class defines is ErrNoDefinition.
type Program interface {
	Define(ctx context.Context, from *unit.Unit, name string) (*unit.Unit, *syntax.FuncDef, error)
}

// ErrNoDefinition says that no translation unit of the class defines a name.
var ErrNoDefinition = errors.New("no definition in this class")

// Function is one function definition as a unit of one class sees it.
type Function struct {
	Name string
	Unit *unit.Unit
	Def  *syntax.FuncDef
	Info *types.FuncInfo
	Body *syntax.Block
	// Errs are the errors of parsing and typing the body; its sites are then
	// incomplete.
	Errs []error

	sites   []Site
	result  value
	walked  bool
	folding bool // the value is being computed: recursion
	folded  bool
}

// Graph is the call graph of one class on one machine, computed on demand. It
// is not safe for concurrent use.
type Graph struct {
	ctx    context.Context
	prog   Program
	set    *source.Set
	inputs map[string]bool
	traps  map[string]*arch.Trap
	funcs  map[funcKey]*Function
}

type funcKey struct {
	unit *unit.Unit
	name string
}

// scope is where names of an expression are looked up.
type scope struct{ unit *unit.Unit }

// NewGraph returns the empty graph. inputs are the machine's feature tests.
func NewGraph(ctx context.Context, prog Program, set *source.Set, inputs map[string]bool) *Graph {
	g := &Graph{
		ctx: ctx, prog: prog, set: set, inputs: inputs,
		traps: make(map[string]*arch.Trap),
		funcs: make(map[funcKey]*Function),
	}
	for _, t := range arch.Traps() {
		g.traps[t.Name] = &t
	}
	return g
}

// inUnit returns the function that name means in the unit itself, nil if the
// unit does not define it.
func (g *Graph) inUnit(in *scope, name string) (*Function, error) {
	key := funcKey{in.unit, name}
	if f, ok := g.funcs[key]; ok {
		return f, nil
	}
	obj := in.unit.Types.Lookup(name)
	if obj == nil || obj.Def == nil {
		return nil, nil
	}
	f := load(in.unit, name, obj.Def)
	g.funcs[key] = f
	return f, nil
}

// InUnit returns the function that name means in a unit itself, nil if the unit
// does not define it.
func (g *Graph) InUnit(u *unit.Unit, name string) (*Function, error) {
	return g.inUnit(&scope{u}, name)
}

// Function returns the definition of name that a call in u reaches, in u or in
// another unit.
func (g *Graph) Function(u *unit.Unit, name string) (*Function, error) {
	if f, err := g.inUnit(&scope{u}, name); f != nil || err != nil {
		return f, err
	}
	other, def, err := g.prog.Define(g.ctx, u, name)
	if err != nil {
		return nil, err
	}
	key := funcKey{other, name}
	if f, ok := g.funcs[key]; ok {
		return f, nil
	}
	f := load(other, name, def)
	g.funcs[key] = f
	return f, nil
}

func load(u *unit.Unit, name string, def *syntax.FuncDef) *Function {
	f := &Function{Name: name, Unit: u, Def: def}
	info, errs := u.Types.Check(def)
	f.Info, f.Errs = info, errs
	body, err := u.File.Body(def)
	f.Body = body
	if err != nil && len(errs) == 0 {
		f.Errs = []error{err}
	}
	return f
}

// Sites returns the live calls and traps of f's body.
func (g *Graph) Sites(f *Function) []Site {
	g.walk(f)
	return f.sites
}

func (g *Graph) walk(f *Function) {
	if f.walked || f.Body == nil {
		return
	}
	f.walked = true
	in := &scope{f.Unit}
	var returns []syntax.Expr
	f.sites, returns = g.walkBody(in, f.Body)
	f.result = g.common(in, returns)
}

// common returns the one value that every return gives.
func (g *Graph) common(in *scope, returns []syntax.Expr) value {
	if len(returns) == 0 {
		return unknown
	}
	first := g.fold(in, returns[0])
	for _, r := range returns[1:] {
		if v := g.fold(in, r); !v.ok || v != first {
			return unknown
		}
	}
	return first
}

// constant returns the value that f returns whatever it is given.
func (g *Graph) constant(f *Function) value {
	if f.folded {
		return f.result
	}
	if f.folding {
		return unknown
	}
	f.folding = true
	g.walk(f)
	f.folding, f.folded = false, true
	return f.result
}

// canFire reports whether the condition of a trap macro's use can hold.
func (g *Graph) canFire(in *scope, t *arch.Trap, call *syntax.Call) bool {
	if t.When == arch.Always || t.Arg >= len(call.Args) {
		return true
	}
	c := g.fold(in, call.Args[t.Arg])
	if t.When == arch.OnTrue {
		return !c.isZero()
	}
	return !c.isTrue()
}

// stops reports whether nothing runs after the use of a trap macro.
func (g *Graph) stops(in *scope, t *arch.Trap, call *syntax.Call) bool {
	return t.Kind != arch.TrapWarn && t.Kind != arch.TrapBuild && g.fires(in, t, call)
}

// fires reports whether the condition of a trap macro's use always holds.
func (g *Graph) fires(in *scope, t *arch.Trap, call *syntax.Call) bool {
	if t.When == arch.Always || t.Arg >= len(call.Args) {
		return true
	}
	c := g.fold(in, call.Args[t.Arg])
	return t.When == arch.OnTrue && c.isTrue() || t.When == arch.OnFalse && c.isZero()
}

// Step is one function or macro on a path; Loc is where the next step is
// called from, or where the trap stands.
type Step struct {
	Name   string
	Macro  bool
	Unit   *unit.Unit
	Loc    cpp.Loc    // of the call in the unit
	Pos    source.Pos // where the call is spelled
	Guards []string
}

// Reach is a trap that can be reached from an entry.
type Reach struct {
	Entry *Function
	Path  []Step // from the entry to the function or macro that traps
	Trap  *arch.Trap
	// Certain says that the trap fires whenever control gets there.
	Certain bool
	Helper  string // the last step's name
	Site    Site   // of the entry, where the path begins
	File    string // where the trap is spelled
	Line    int
	Text    string // the trap's source line, trimmed
}

// Key identifies a reach across prefixes: path, trap and guards, no lines.
func (r *Reach) Key() string {
	var b strings.Builder
	for _, s := range r.Path {
		fmt.Fprintf(&b, "%s[%s]>", s.Name, strings.Join(s.Guards, " && "))
	}
	b.WriteString(r.Trap.Kind.String())
	return b.String()
}

// Guards returns all guards of the path, outermost first.
func (r *Reach) Guards() []string {
	var all []string
	for _, s := range r.Path {
		all = append(all, s.Guards...)
	}
	return all
}

// Gap is a call that could not be followed.
type Gap struct {
	Caller, Callee string
	Err            error
}

// maxReach bounds the functions looked into from one entry. An entry of mm
// that calls the page allocator reaches thousands; helpers are close by.
const maxReach = 4000

// Query says what Reaches looks at.
type Query struct {
	// Sites are the calls of the entry to start from.
	Sites []Site
	// SitesOf, when set, replaces the sites of the functions on the way.
	SitesOf func(*Function) []Site
	// Follow says whether to look into a callee that the unit at path
	// defines; callees in the entry's own unit are always looked into.
	Follow func(path string) bool
}

// Reaches returns the traps that can be reached from entry through each of
// the sites, by the shortest path, in breadth-first order, and what could not
// be followed.
func (g *Graph) Reaches(entry *Function, q Query) ([]*Reach, []Gap, error) {
	var reaches []*Reach
	var gaps []Gap
	for _, s := range q.Sites {
		w := &wave{g: g, q: q, entry: entry, seen: map[*Function]bool{entry: true}}
		if err := w.run(s); err != nil {
			return nil, nil, err
		}
		for _, x := range w.reaches {
			x.Site = s
		}
		reaches = append(reaches, w.reaches...)
		gaps = append(gaps, w.gaps...)
	}
	return reaches, gaps, nil
}

// wave is one breadth-first search.
type wave struct {
	g       *Graph
	q       Query
	entry   *Function
	seen    map[*Function]bool
	queue   []waveItem
	reaches []*Reach
	gaps    []Gap
}

type waveItem struct {
	f    *Function
	path []Step
}

func (w *wave) run(first Site) error {
	w.visit(waveItem{f: w.entry}, first)
	for len(w.queue) > 0 {
		if err := w.g.ctx.Err(); err != nil {
			return err
		}
		it := w.queue[0]
		w.queue = w.queue[1:]
		sites := w.g.Sites(it.f)
		if w.q.SitesOf != nil {
			sites = w.q.SitesOf(it.f)
		}
		for _, s := range sites {
			w.visit(it, s)
		}
	}
	return nil
}

// visit records the trap at s, or queues what is called there.
func (w *wave) visit(it waveItem, s Site) {
	steps := append(it.path[:len(it.path):len(it.path)], w.g.steps(it.f, s)...)
	if s.Trap != nil {
		w.reaches = append(w.reaches, w.g.reach(w.entry, steps, s))
		return
	}
	callee, err := w.g.Function(it.f.Unit, s.Callee)
	if err != nil {
		if !errors.Is(err, ErrNoDefinition) {
			w.gaps = append(w.gaps, Gap{it.f.Name, s.Callee, err})
		}
		return
	}
	if callee == nil || w.seen[callee] || callee.Unit != w.entry.Unit && !w.q.Follow(callee.Unit.Path) {
		return
	}
	if len(w.seen) >= maxReach {
		w.gaps = append(w.gaps, Gap{it.f.Name, s.Callee, errTooFar})
		w.queue = nil
		return
	}
	w.seen[callee] = true
	w.queue = append(w.queue, waveItem{callee, steps})
}

var errTooFar = fmt.Errorf("more than %d functions can be reached", maxReach)

// steps returns f and the macros through whose replacement the call at s is
// written, outermost first.
func (g *Graph) steps(f *Function, s Site) []Step {
	macros := g.macrosAround(f.Unit, s.Loc)
	steps := make([]Step, 0, len(macros)+1)
	steps = append(steps, Step{Name: f.Name, Unit: f.Unit, Guards: s.Guards})
	for _, m := range macros {
		steps[len(steps)-1].Pos = m.use
		steps = append(steps, Step{Name: m.name, Macro: true, Unit: f.Unit})
	}
	steps[len(steps)-1].Pos = s.Loc.Pos
	for i := range steps {
		steps[i].Loc = s.Loc
	}
	return steps
}

type macroUse struct {
	name string
	use  source.Pos
}

// macrosAround returns the macros in whose replacement lists loc is spelled,
// outermost first: for likely(f(x)) none, since f is spelled as an argument.
func (g *Graph) macrosAround(u *unit.Unit, loc cpp.Loc) []macroUse {
	chain := u.Cpp.Chain(loc)
	uses := make([]macroUse, 0, len(chain))
	for i := len(chain) - 1; i >= 0; i-- {
		uses = append(uses, macroUse{chain[i].Macro.Name, chain[i].Pos})
	}
	return uses
}

func (g *Graph) reach(entry *Function, path []Step, s Site) *Reach {
	last := path[len(path)-1]
	p := g.set.Position(last.Pos)
	return &Reach{
		Entry: entry, Path: path, Trap: s.Trap, Certain: s.Certain, Helper: last.Name,
		File: p.Path, Line: p.Line, Text: g.lineText(last.Pos),
	}
}

func (g *Graph) lineText(pos source.Pos) string {
	f := g.set.File(pos)
	if f == nil {
		return ""
	}
	return strings.TrimSpace(string(f.LineText(f.Line(f.Offset(pos)))))
}

// Undeclared is a name that new code uses and no declaration provides.
type Undeclared struct {
	Name string
	Loc  cpp.Loc
	Call bool
}

// Undeclared returns the names that f uses and that nothing declares, sorted
// by name, each at its first use.
func (f *Function) Undeclared() []Undeclared {
	if f.Info == nil {
		return nil
	}
	first := make(map[string]Undeclared)
	for _, u := range f.Info.Undeclared {
		if _, ok := first[u.Name]; !ok {
			first[u.Name] = Undeclared{u.Name, u.Loc, u.Call}
		}
	}
	out := make([]Undeclared, 0, len(first))
	for _, u := range first {
		out = append(out, u)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}
