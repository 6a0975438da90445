package check

import (
	"context"

	"ptreview/arch"
	"ptreview/semantics/exec"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
)

// Runner executes an entry with every input that its callers can give it, as
// far as known, and reports how each run ended.
type Runner func(context.Context, *Entry) (*Outcome, error)

// Outcome is what the runs of one entry showed.
type Outcome struct {
	Runs []Run
	// Incomplete are the reasons why some inputs could not be run.
	Incomplete []string
	// Assumptions are what callers establish and the runs rest on.
	Assumptions []Assumption
}

// Run is one execution.
type Run struct {
	Inputs []string // "pmd: points to a page table"
	// Traps are the one that ended it, if any, and the WARNs on the way.
	Traps []RunTrap
	Exact bool     // nothing unknown took part
	Why   []string // what was unknown
	Trace []TraceLine
	// Against says what some callers have seen to be otherwise, and which do not
	// look.
	Against []string
}

// RunTrap is a trap that an execution met. File and Line are where the function
// has it; of a trap in a macro that is where the outermost one is used.
type RunTrap struct {
	Function string // innermost
	File     string
	Line     int
}

// emulated returns the runner that executes in the emulated machine. What it
// showed of a function is kept, since several rules ask.
func emulated(prog *facts.TreeProgram, m *arch.Machine) Runner {
	emu := pagetable.New(prog, m, pagetable.Options{})
	kept := make(map[*facts.Function]*Outcome)
	return func(ctx context.Context, e *Entry) (*Outcome, error) {
		if o := kept[e.After]; o != nil {
			return o, nil
		}
		out, err := emu.Run(ctx, e.After.Unit, e.After.Def)
		if err != nil {
			return nil, err
		}
		o := outcome(out)
		kept[e.After] = o
		return o, nil
	}
}

func outcome(out *pagetable.Outcome) *Outcome {
	o := &Outcome{Incomplete: out.Incomplete, Assumptions: assumptions(out.Assumptions)}
	for i := range out.Runs {
		r := &out.Runs[i]
		run := Run{Inputs: r.Inputs, Exact: r.Exact, Why: r.Why}
		if t := r.Trap; t != nil {
			run.Traps = append(run.Traps, RunTrap{t.Function, t.Use.Path, t.Use.Line})
		}
		for _, w := range r.Result.Warnings {
			run.Traps = append(run.Traps, warned(w))
		}
		for _, s := range r.Trace {
			run.Trace = append(run.Trace, TraceLine{Function: s.Function, File: s.File, Line: s.Line, Depth: s.Depth, Text: s.Text})
		}
		for _, d := range r.Against {
			run.Against = append(run.Against, d.String())
		}
		o.Runs = append(o.Runs, run)
	}
	return o
}

// warned is where a WARN of a run stands.
func warned(t *exec.Trap) RunTrap {
	w := RunTrap{File: t.Position.Path, Line: t.Position.Line}
	if len(t.Stack) > 0 {
		w.Function = t.Stack[0].Func
	}
	return w
}
