package check

import (
	"context"
	"fmt"

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
	Known bool     // nothing unknown took part but whether some caller passes the inputs
	Trace []TraceLine
	// Against says what some callers have seen to be otherwise, and which do not
	// look.
	Against []string
	// Tables returns the entries of the tables on the way to the address of the
	// run; nil if that has none. It takes a machine of its own to read them.
	Tables func(context.Context) []TableRow
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
		o := outcome(emu, out)
		kept[e.After] = o
		return o, nil
	}
}

func outcome(emu *pagetable.Emulator, out *pagetable.Outcome) *Outcome {
	o := &Outcome{Incomplete: out.Incomplete, Assumptions: assumptions(out.Assumptions)}
	for i := range out.Runs {
		r := &out.Runs[i]
		run := Run{Inputs: r.Inputs, Exact: r.Exact, Why: r.Why, Known: r.Known, Tables: tables(emu, r.Rows)}
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

// tables returns what reads the tables of a run.
func tables(emu *pagetable.Emulator, rows *pagetable.Rows) func(context.Context) []TableRow {
	return func(ctx context.Context) []TableRow {
		before, after := emu.Decode(ctx, rows)
		var list []TableRow
		for i, b := range before {
			list = append(list, TableRow{b.Level, fmt.Sprintf("%#x", b.At), tableValue(b), tableValue(after[i])})
		}
		return list
	}
}

func tableValue(e pagetable.Entry) TableValue { return TableValue{e.Text, e.Means} }
