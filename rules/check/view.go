package check

import (
	"context"
	"slices"

	"ptreview/arch"
	"ptreview/semantics/facts"
)

// view is what the rules see of one patch in one class on one machine. It is
// made once for all of them, and they do not change it.
type view struct {
	// from is the prefix before the patch, at the one that is judged: the
	// next, or a later one.
	from, at      int
	machine       *arch.Machine // nil for any
	before, after *facts.Graph
	entries       []*Entry
	users         []*Entry
	units         []UnitPair
	changes       []DefinitionChange
	notRun        []string
	// run and runBefore are nil where there is no machine.
	run, runBefore Runner
	emulators      *emulators
}

// view gathers the functions that patch from+1 changed, as prefix at has them,
// in every unit of the class that is affected.
func (j *classJob) view(ctx context.Context, m *arch.Machine, from, at int) (*view, error) {
	changes, notRun, err := j.changesOf(from + 1)
	if err != nil {
		return nil, err
	}
	v := &view{
		from: from, at: at, machine: m, changes: changes, notRun: slices.Clone(notRun),
		before: j.graph(ctx, from, m), after: j.graph(ctx, at, m),
	}
	if m != nil {
		v.run, v.runBefore = j.runner(at, m), j.runner(from, m)
		v.emulators = &emulators{before: j.programs[from], after: j.programs[at], machine: m}
	}
	g := &gatherer{
		view: v, job: j,
		seen: make(map[string]bool), tried: make(map[string]bool), included: make(map[string]bool),
	}
	g.cannot = func(reason string) { v.notRun = append(v.notRun, reason) }
	if err := g.readAll(ctx); err != nil {
		return nil, err
	}
	g.unseen()
	return v, nil
}

// readAll reads the units of the patch: of the C files it changed, of users of
// names in headers, and for headers that none of those includes.
func (g *gatherer) readAll(ctx context.Context) error {
	for _, file := range g.changedFiles() {
		if err := g.unit(ctx, file); err != nil {
			return err
		}
	}
	if err := g.readUsers(ctx, g.usedNames()); err != nil {
		return err
	}
	for _, find := range []func() string{g.user, g.includer} {
		if file := find(); file != "" {
			if err := g.unit(ctx, file); err != nil {
				return err
			}
		}
	}
	return nil
}
