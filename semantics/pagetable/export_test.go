package pagetable

import (
	"context"

	"ptreview/parse/syntax"
	"ptreview/semantics/exec"
	"ptreview/semantics/unit"
)

// FindExamples looks for examples of the paths of fn, of which there are two or
// more; if swapped, with the conditions of the first two exchanged.
func FindExamples(ctx context.Context, e *Emulator, u *unit.Unit, fn *syntax.FuncDef, c Call, swapped bool) error {
	f, err := e.function(u, fn)
	if err != nil {
		return err
	}
	e.ctx = ctx
	s := statesOf(f.level)[0]
	space := exec.NewPaths()
	out := &Called{}
	out.Complete, err = space.Explore(e.opt.Paths, func(d *exec.Decisions) error {
		p, err := e.callOnce(ctx, f, c, s, d, nil, nil)
		if err == nil {
			out.Paths = append(out.Paths, p)
		}
		return err
	})
	if err != nil {
		return err
	}
	if p := out.Paths; swapped {
		p[0].holds, p[1].holds = p[1].holds, p[0].holds
	}
	return e.examples(ctx, f, c, s, nil, out, space)
}
