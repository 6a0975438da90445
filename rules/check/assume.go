package check

import (
	"cmp"
	"context"
	"slices"

	"ptreview/arch"
	"ptreview/parse/syntax"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

// preconditions returns what the callers of an entry establish.
type preconditions func(context.Context, *Entry) (*pagetable.Preconditions, error)

// established looks for callers in the tree of a prefix. What it found of a
// function is kept, since several rules ask.
func established(prog *facts.TreeProgram, m *arch.Machine) preconditions {
	emu := pagetable.New(prog, m, pagetable.Options{})
	kept := make(map[*facts.Function]*pagetable.Preconditions)
	return func(ctx context.Context, e *Entry) (*pagetable.Preconditions, error) {
		if p := kept[e.After]; p != nil {
			return p, nil
		}
		p, err := emu.Preconditions(ctx, e.After.Unit, e.After.Def)
		if err == nil {
			kept[e.After] = p
		}
		return p, err
	}
}

// guarded returns the runner that makes those runs only that callers allow. It
// returns nil for an entry of which callers say nothing.
func guarded(prog *facts.TreeProgram, m *arch.Machine, callers preconditions) Runner {
	emu := pagetable.New(prog, m, pagetable.Options{})
	kept := make(map[*facts.Function]*Outcome)
	return func(ctx context.Context, e *Entry) (*Outcome, error) {
		if o, ok := kept[e.After]; ok {
			return o, nil
		}
		pre, err := callers(ctx, e)
		if err != nil {
			return nil, err
		}
		if pre.Empty() && len(pre.Dropped) == 0 {
			kept[e.After] = nil
			return nil, nil
		}
		out, err := emu.RunWith(ctx, e.After.Unit, e.After.Def, pre)
		if err != nil {
			return nil, err
		}
		kept[e.After] = outcome(emu, out)
		return kept[e.After], nil
	}
}

// locksOf returns what names the locks that the callers of a function hold.
func locksOf(ctx context.Context, prog *facts.TreeProgram, m *arch.Machine) func(*unit.Unit, *syntax.FuncDef) ([]string, error) {
	emu := pagetable.New(prog, m, pagetable.Options{})
	return func(u *unit.Unit, fn *syntax.FuncDef) ([]string, error) {
		pre, err := emu.Preconditions(ctx, u, fn)
		if err != nil {
			return nil, err
		}
		var names []string
		for _, l := range pre.Locks {
			names = append(names, l.Text)
		}
		return names, nil
	}
}

// Exclude records that a trap is reached with inputs only that no caller passes.
func (p *Pass) Exclude(x Excluded) {
	x.Patch, x.Arch, x.Class, x.Machine = p.Patch, p.Class.Arch.Name, p.Class.ID, p.Machine.Name
	p.excluded = append(p.excluded, x)
}

// exclusions returns what was excluded, patch by patch.
func (r *review) exclusions() []Excluded {
	slices.SortStableFunc(r.excluded, func(a, b Excluded) int { return cmp.Compare(a.Patch, b.Patch) })
	return r.excluded
}
