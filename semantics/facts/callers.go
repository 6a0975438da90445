package facts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/unit"
)

// Caller is one call of a function, with what its caller has seen and holds
// there.
type Caller struct {
	Function string
	File     string
	Line     int
	Guards   []Guard
	Locks    []HeldLock
}

// Guard is a condition that a caller has seen, as C text over the parameters of
// the function called: what of the caller's conditions can be said with them,
// and was not changed between.
type Guard struct {
	Text string
	// Own is set if a parameter occurs in it: others are about the machine.
	Own bool
	// Loose is set if it looks at an entry of a table that was not locked then:
	// the entry may have changed since.
	Loose bool
}

// Callers is what is known of the callers of a function. Incomplete says why
// there may be others, "" if these are all, or if those found so far have
// nothing in common already.
type Callers struct {
	List []Caller
	// Dead are those that never come to their call on the machine of the graph:
	// what it depends on is constant there.
	Dead       []Caller
	Incomplete string

	seen map[string]bool // functions that were looked through, as path#name
}

// maxCallerDepth is how far it is looked for in callers of static callers what
// these have seen and hold.
const maxCallerDepth = 3

// Callers finds the calls of the function def of u in the class, in its file,
// and unless it is static in the headers and C files of the tree that name it.
// It ends early when nothing is left that all callers could have in common.
// Errors: the end of ctx, and of reading units.
func (p *TreeProgram) Callers(ctx context.Context, g *Graph, u *unit.Unit, def *syntax.FuncDef) (*Callers, error) {
	return p.callers(ctx, g, u, def, maxCallerDepth)
}

func (p *TreeProgram) callers(ctx context.Context, g *Graph, u *unit.Unit, def *syntax.FuncDef, depth int) (*Callers, error) {
	out := &Callers{seen: make(map[string]bool)}
	s := &callerSearch{p, g, def, depth, out}
	names := map[string]bool{def.Name: true}
	if err := s.unit(ctx, u); err != nil || out.apart() {
		return out, err
	}
	home := u.Cpp.Position(def.NameAt).Path
	if def.Storage&syntax.Static != 0 && strings.HasSuffix(home, ".c") {
		return out, nil
	}
	files, err := s.files(ctx, u, names)
	for _, file := range files {
		if err != nil || out.apart() {
			return out, err
		}
		in, readErr := p.Read(ctx, file)
		if readErr != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			out.Incomplete = file + " cannot be read"
			return out, nil
		}
		err = s.unit(ctx, in)
	}
	return out, err
}

// apart reports whether the callers found so far establish nothing that all of
// them do, or others cannot be found: what the rest does matters no more.
func (c *Callers) apart() bool {
	return c.Incomplete != "" || len(c.List) > 0 && len(c.common()) == 0 && len(c.commonLocks()) == 0
}

// callerSearch collects the callers of one function.
type callerSearch struct {
	*TreeProgram
	g     *Graph
	def   *syntax.FuncDef
	depth int
	out   *Callers
}

// unit adds the calls in a unit, also those in functions of its headers.
func (s *callerSearch) unit(ctx context.Context, in *unit.Unit) error {
	if taken := addressTaken(in, s.def.Name); taken != "" {
		s.out.Incomplete = taken
		return nil
	}
	for fn := range in.File.Functions() {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := in.Cpp.Names.String(fn.Name)
		key := in.Cpp.Position(in.Cpp.Tokens[fn.NameAt].Loc()).Path + "#" + name
		if s.out.seen[key] || !in.Cpp.HasWord(fn.Open, fn.Close, s.def.Name) {
			continue
		}
		s.out.seen[key] = true
		f, err := s.g.InUnit(in, name)
		if err != nil || f == nil || len(f.Errs) > 0 {
			s.out.Incomplete = name + "() cannot be read"
			return nil
		}
		if err := s.calls(ctx, in, f); err != nil {
			return err
		}
	}
	return nil
}

// calls adds the calls of one caller.
func (s *callerSearch) calls(ctx context.Context, in *unit.Unit, f *Function) error {
	outer := &Callers{}
	list := s.g.callsIn(f, s.def, nil)
	if len(list) == 0 {
		s.dead(f)
	}
	if len(list) > 0 && s.depth > 0 && f.Def.Storage&syntax.Static != 0 && f.Def.Storage&syntax.Inline == 0 {
		var err error
		if outer, err = s.callers(ctx, s.g, in, f.Def, s.depth-1); err != nil {
			return err
		}
		if outer.Never() {
			s.out.Dead = append(s.out.Dead, outer.Dead...)
			return nil
		}
		list = s.g.callsIn(f, s.def, outer.Guards())
	}
	for i := range list {
		list[i].Locks = append(list[i].Locks, outer.Locks()...)
	}
	s.out.List = append(s.out.List, list...)
	return nil
}

// dead notes a function that spells the call, and has none that can be made.
func (s *callerSearch) dead(f *Function) {
	if slices.ContainsFunc(s.g.Sites(f), func(x Site) bool { return x.Callee == s.def.Name }) {
		s.out.Incomplete = f.Name + "() calls it with other arguments"
		return
	}
	at := f.Unit.Cpp.Position(f.Def.NameAt)
	s.out.Dead = append(s.out.Dead, Caller{Function: f.Name, File: at.Path, Line: at.Line})
}

// addressTaken says where a unit uses a function other than by calling it, ""
// if nowhere: then it may be called from anywhere.
func addressTaken(in *unit.Unit, name string) string {
	sym := in.Cpp.Names.Find(name)
	toks := in.Cpp.Tokens
	for i := range toks {
		if toks[i].Sym != sym || toks[i].Kind != cpp.Ident || i+1 < len(toks) && in.Cpp.Names.String(toks[i+1].Sym) == "(" || exports(in, toks[i]) {
			continue
		}
		at := in.Cpp.Position(toks[i].Loc())
		return fmt.Sprintf("its address is taken at %s:%d", at.Path, at.Line)
	}
	return ""
}

// exports reports whether a token comes from a macro that makes a symbol known
// to modules, tracers and the like.
func exports(in *unit.Unit, t cpp.Token) bool {
	for _, use := range in.Cpp.Chain(t.Loc()) {
		for _, sign := range []string{"EXPORT_SYMBOL", "NOKPROBE_SYMBOL", "ALLOW_ERROR_INJECTION", "__ADDRESSABLE"} {
			if strings.HasPrefix(use.Macro.Name, sign) {
				return true
			}
		}
	}
	return false
}

// Never reports whether there are callers, and none of them comes to its call.
func (c *Callers) Never() bool { return c.Incomplete == "" && len(c.List) == 0 && len(c.Dead) > 0 }

// common returns the guards that every caller found has seen, as the first has,
// loose if one of them is.
func (c *Callers) common() []Guard {
	if len(c.List) == 0 {
		return nil
	}
	var list []Guard
	for _, g := range c.List[0].Guards {
		in := func(x Guard) bool { return x.Text == g.Text }
		if slices.ContainsFunc(list, in) || len(c.WithoutGuard(g.Text)) > 0 {
			continue
		}
		for _, other := range c.List[1:] {
			g.Loose = g.Loose || other.Guards[slices.IndexFunc(other.Guards, in)].Loose
		}
		list = append(list, g)
	}
	return list
}

// Guards returns what every caller has seen; nothing if there may be others.
func (c *Callers) Guards() []Guard {
	if c.Incomplete != "" {
		return nil
	}
	return c.common()
}

func (c *Callers) commonLocks() []HeldLock {
	if len(c.List) == 0 {
		return nil
	}
	var list []HeldLock
	for _, l := range c.List[0].Locks {
		if !slices.ContainsFunc(list, l.same) && len(c.WithoutLock(l.Name)) == 0 {
			list = append(list, l)
		}
	}
	return list
}

// Locks returns the locks that every caller holds, each as its first does;
// none if there may be other callers.
func (c *Callers) Locks() []HeldLock {
	if c.Incomplete != "" {
		return nil
	}
	return c.commonLocks()
}

// WithoutLock returns the callers of which nothing says that they hold a lock.
func (c *Callers) WithoutLock(name string) []Caller {
	return slices.DeleteFunc(slices.Clone(c.List), func(x Caller) bool {
		return slices.ContainsFunc(x.Locks, HeldLock{Name: name}.same)
	})
}

// WithoutGuard returns the callers that have not seen a condition.
func (c *Callers) WithoutGuard(text string) []Caller {
	return slices.DeleteFunc(slices.Clone(c.List), func(x Caller) bool {
		return slices.ContainsFunc(x.Guards, func(g Guard) bool { return g.Text == text })
	})
}

// callsIn returns the calls of def in f. given is what all callers of f have
// seen.
func (g *Graph) callsIn(f *Function, def *syntax.FuncDef, given []Guard) []Caller {
	w := &walker{g: g, in: &scope{f.Unit}, notes: &notes{}}
	w.stmt(f.Body)
	var list []Caller
	asserted := g.Asserted(f)
	for i, s := range w.sites {
		if s.Callee != def.Name || len(s.Call.Args) != len(def.Type.Params) {
			continue
		}
		at := f.Unit.Cpp.Position(s.Loc)
		c := Caller{Function: f.Name, File: at.Path, Line: at.Line, Locks: append(g.heldAt(f, w.sites[:i], s), asserted...)}
		c.see(f, def, s, given, w.notes)
		list = append(list, c)
	}
	return list
}

// see adds what a caller has seen at a site.
func (c *Caller) see(f *Function, def *syntax.FuncDef, s Site, given []Guard, n *notes) {
	words := newRenaming(f, s.Call, def)
	add := func(part string, since int, loose bool) {
		text, own, ok := words.apply(part)
		if !ok || !n.stillHolds(part, since, s.at) {
			return
		}
		c.Guards = append(c.Guards, Guard{text, own, loose || looksAtTable(def, text) && !c.locked(since)})
	}
	for _, g := range given {
		add(g.Text, 0, g.Loose)
	}
	for i, guard := range s.Guards {
		for _, part := range conjuncts(guard) {
			add(part, s.since[i], false)
		}
	}
}

// locked reports whether the caller has held the lock of the table since then.
func (c *Caller) locked(since int) bool {
	return slices.ContainsFunc(c.Locks, func(l HeldLock) bool { return l.Name == pageTableLock && l.since <= since })
}

// looksAtTable reports whether a condition looks at what a parameter points to
// that is an entry of a table.
func looksAtTable(def *syntax.FuncDef, text string) bool {
	return slices.ContainsFunc(def.Type.Params, func(p *syntax.Param) bool {
		ptr, ok := p.Type.(*syntax.Pointer)
		if !ok || !ContainsWord(text, p.Name) {
			return false
		}
		switch syntax.TypeString(ptr.Elem) {
		case "pte_t", "pmd_t", "pud_t", "p4d_t", "pgd_t":
			return true
		}
		return false
	})
}
