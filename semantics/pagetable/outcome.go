package pagetable

import (
	"strings"

	"ptreview/parse/source"
	"ptreview/semantics/exec"
)

// Run is one execution.
type Run struct {
	Inputs []string // "pmd: points to a page table, whose entry maps a page"
	Result *exec.Result
	Trap   *Trap // nil if the function returned
	// Exact says that a machine would certainly have done the same; Why is
	// what was unknown otherwise.
	Exact bool
	Why   []string
	Trace []Line
	Held  int // locks and RCU sections that the function returned with
}

// Trap is where an execution ended.
type Trap struct {
	Kind     string
	Message  string
	Function string   // innermost
	Stack    []string // innermost first
	// Use is where the outermost macro use stands, Spelled where the trap
	// itself is written, in a macro or not.
	Use, Spelled source.Position
}

// Line is a source line that was executed.
type Line struct {
	Function string
	File     string
	Line     int
	Depth    int // of calls, 0 for the function that was run
	Text     string
}

// run makes the report of an execution.
func (w *world) run(f *function, a *arguments, r *exec.Result) *Run {
	run := &Run{Inputs: a.inputs, Result: r, Held: w.m.HeldLocks()}
	for _, s := range r.Unknowns {
		run.Why = appendNew(run.Why, plain(s))
	}
	for _, s := range r.Skipped {
		run.Why = appendNew(run.Why, "not run: "+plain(s))
	}
	run.Exact = r.Exact()
	if r.Trap != nil {
		run.Trap = w.trap(r.Trap)
	}
	run.Trace = w.trace(r)
	return run
}

func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// plain drops the address of a place, "inline assembly at file:line:column",
// down to the file, so that equal reasons can be counted.
func plain(s string) string {
	i := strings.Index(s, " at ")
	if i < 0 {
		return s
	}
	words := strings.SplitN(s[i+4:], " ", 2)
	path, _, _ := strings.Cut(words[0], ":")
	rest := ""
	if len(words) == 2 {
		rest = " " + words[1]
	}
	return s[:i] + " in " + path + rest
}

func (w *world) trap(t *exec.Trap) *Trap {
	trap := &Trap{Kind: t.Kind.String(), Message: t.Message, Function: innermost(t.Stack), Use: t.Position}
	if t.Macro != "" {
		trap.Kind = t.Macro
	}
	for _, f := range t.Stack {
		trap.Stack = append(trap.Stack, f.Func)
	}
	trap.Spelled = w.unit.Cpp.Set.Position(t.Loc.Pos)
	return trap
}

func innermost(stack []exec.Frame) string {
	if len(stack) == 0 {
		return ""
	}
	return stack[0].Func
}

// trace lists the source lines of a run, each once where it was executed in
// one go.
func (w *world) trace(r *exec.Result) []Line {
	var lines []Line
	var steps []exec.Step
	for _, s := range r.Trace {
		at := s.Position()
		depth := s.Depth - 1
		if n := len(lines); n > 0 && lines[n-1].Line == at.Line && lines[n-1].File == at.Path && lines[n-1].Depth == depth {
			continue
		}
		lines = append(lines, Line{Function: s.Func, File: at.Path, Line: at.Line, Depth: depth})
		steps = append(steps, s)
	}
	if n := len(lines) - w.e.opt.Trace; n > 0 {
		lines, steps = lines[n:], steps[n:]
	}
	for i := range lines {
		lines[i].Text = sourceText(steps[i], lines[i].Line)
	}
	return lines
}

// sourceText returns the line a step stands on, without its indentation.
func sourceText(s exec.Step, line int) string {
	u := s.Unit.File().Unit
	if u == nil {
		return ""
	}
	f := u.Set.File(u.Outermost(s.Loc))
	if f == nil {
		return ""
	}
	return strings.TrimSpace(string(f.LineText(line)))
}
