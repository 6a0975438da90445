package check

import (
	"context"
	"slices"
	"strings"
	"sync"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/facts"
	"ptreview/semantics/flow"
	"ptreview/semantics/names"
	"ptreview/semantics/unit"
)

// Followed is a function followed along its paths.
type Followed struct {
	*flow.Function
	entry *Entry
	by    *flow.Analysis
}

// Follow follows an entry along its paths; nil where nothing in it can map a page
// table. FollowBefore follows what it was before the patch, nil if it is new.
func (p *Pass) Follow(e *Entry) (*Followed, error) { return p.follow(e, true) }

// FollowBefore is described at Follow.
func (p *Pass) FollowBefore(e *Entry) (*Followed, error) { return p.follow(e, false) }

// LazyNesting says whether lazy MMU mode can be entered in itself in the function's
// class. Errors: those of reading.
func (f *Followed) LazyNesting() (flow.Nesting, error) { return f.by.LazyNesting(f.Unit) }

// Spells reports whether the function's own text has a word.
func (f *Followed) Spells(word string) bool {
	return f.Unit.Cpp.HasWord(f.Def.First, f.Def.Close, word)
}

// At returns where a place of the function is spelled.
func (f *Followed) At(loc cpp.Loc) source.Position { return f.Unit.Cpp.Position(loc) }

// LineAt returns the text of the line that a place of the function is spelled in.
func (f *Followed) LineAt(loc cpp.Loc) string { return lineOf(f.Unit, f.At(loc)) }

// LocationOf is Location for a place of a followed function.
func (p *Pass) LocationOf(f *Followed, loc cpp.Loc) Location {
	if p.audit {
		at := f.At(loc)
		return Location{File: at.Path, Line: at.Line, Side: "after", Text: p.lineText(f.entry, at)}
	}
	return p.locationIn(f.Unit.Cpp, f.entry, loc)
}

// StandingAt returns a place of a followed function as it is, whether or not the
// patch changed it.
func (p *Pass) StandingAt(f *Followed, loc cpp.Loc) Location { return p.after(f.entry, f.At(loc)) }

// DefinedAt returns the place of a function that was followed.
func (p *Pass) DefinedAt(f *flow.Function) Location {
	at := f.Unit.Cpp.Position(f.Def.NameAt)
	return Location{Patch: p.Patch, File: at.Path, Line: at.Line, Side: "after"}
}

// follow follows one side of an entry of a view.
func (j *classJob) follow(ctx context.Context, v *view, e *Entry, after bool) (*Followed, error) {
	k, fn, path := v.at, e.After, e.Unit
	if !after {
		k, fn = v.from, e.Before
	}
	if fn == nil || !spells(fn.Unit, fn.Def.First, fn.Def.Close, names.IsEntryWord) {
		return nil, nil
	}
	if !after {
		path = fn.Unit.Path
	}
	a := j.flowOf(ctx, k)
	u, err := a.prog.Read(ctx, path)
	if err != nil {
		return nil, err
	}
	o := u.Types.Lookup(e.Name)
	if o == nil || o.Def == nil {
		return nil, nil
	}
	f, err := a.Run(u, o.Def)
	if err != nil {
		return nil, err
	}
	if after && v.at == v.from+1 && f.Summary.Duties() != 0 {
		j.handing[handed{v.at, e.Path, e.Name}] = true
	}
	return &Followed{f, e, a.Analysis}, nil
}

// flowing follows functions of one class in one prefix.
type flowing struct {
	*flow.Analysis
	prog *facts.TreeProgram
}

// newFlowing follows the functions of a program, whose reader leaves flow.Opaque()
// unexpanded.
func newFlowing(ctx context.Context, prog *facts.TreeProgram, known *facts.Sleepers) *flowing {
	return &flowing{flow.NewAnalysis(ctx, definitions(prog), facts.ErrNoDefinition, sleeper(known)), prog}
}

// sleepers are those of trees as architectures see them, shared by their classes.
type sleepers struct {
	mu   sync.Mutex
	made map[sleeperKey]*facts.Sleepers
}

type sleeperKey struct {
	store *facts.Store
	arch  string
}

// of returns those of a tree and an architecture.
func (s *sleepers) of(store *facts.Store, architecture string) *facts.Sleepers {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := sleeperKey{store, architecture}
	if s.made == nil {
		s.made = make(map[sleeperKey]*facts.Sleepers)
	}
	if s.made[key] == nil {
		s.made[key] = facts.NewSleepers(store, architecture)
	}
	return s.made[key]
}

// sleeper tells what sleeps in the words of semantics/flow.
func sleeper(known *facts.Sleepers) flow.Sleeper {
	return func(name, home string) ([]flow.Call, int, bool) {
		s := known.Sleeps(name, home)
		if s == nil {
			return nil, 0, false
		}
		way := make([]flow.Call, len(s.Path))
		for i, step := range s.Path {
			way[i] = flow.Call{Function: step.Function, File: step.File, Line: step.Line}
		}
		return way, s.Flags, true
	}
}

// flowOf returns what follows the functions of prefix k.
func (j *classJob) flowOf(ctx context.Context, k int) *flowing {
	if j.flows == nil {
		j.flows = make([]*flowing, len(j.Prefixes))
	}
	if j.flows[k] == nil {
		if j.flowReader == nil {
			j.flowReader = j.Reader.Leaving(flow.Opaque()...)
		}
		prog := facts.NewProgram(j.flowReader, j.Prefixes[k].Tree, j.at[k].class, j.conds.objects[k])
		j.flows[k] = newFlowing(ctx, prog, j.sleepers.of(j.stores[k], j.arch.Name))
	}
	return j.flows[k]
}

// definitions finds functions in the unit that calls them, else in another.
func definitions(prog *facts.TreeProgram) flow.Definer {
	return func(ctx context.Context, from *unit.Unit, name string) (*unit.Unit, *syntax.FuncDef, error) {
		if o := from.Types.Lookup(name); o != nil && o.Def != nil {
			return from, o.Def, nil
		}
		u, err := prog.Defining(ctx, name)
		if err != nil {
			return nil, nil, err
		}
		o := u.Types.Lookup(name)
		if o == nil || o.Def == nil {
			return nil, nil, facts.ErrNoDefinition
		}
		return u, o.Def, nil
	}
}

// spells reports whether a word of a kind is among tokens of a unit.
func spells(u *unit.Unit, first, end int, is func(word string) bool) bool {
	return slices.ContainsFunc(u.Cpp.Tokens[first:end], func(t cpp.Token) bool {
		return t.Kind == cpp.Ident && is(u.Cpp.Names.String(t.Sym))
	})
}

// dropFlows forgets the units that functions of a prefix were followed in.
func (j *classJob) dropFlows(k int) {
	if j.flows == nil || j.flows[k] == nil {
		return
	}
	j.flows[k] = nil
	j.flowReader.ForgetUnits(j.Prefixes[k].Tree, j.at[k].class)
}

// Conditions returns the decisions on the way to a place of a followed function,
// the last ones if there are many: as C text, or where a macro makes much of it
// as the line that it stands in.
func (f *Followed) Conditions(last *flow.Step) []string {
	var list []string
	for s := last; s != nil && len(list) < maxConditions; s = s.Before {
		text := strings.Join(strings.Fields(s.Text), " ")
		if len(text) > maxCondition {
			text = "what is decided at " + f.At(s.Loc).String()
		}
		list = append(list, text)
	}
	slices.Reverse(list)
	return list
}

const (
	maxConditions = 8
	maxCondition  = 100 // bytes of one
)
