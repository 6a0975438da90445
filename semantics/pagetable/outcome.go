package pagetable

import (
	"strings"

	"ptreview/parse/source"
	"ptreview/semantics/exec"
)

// Run is one execution.
type Run struct {
	Inputs []string     // "pmd: points to a page table, whose entry maps a page"
	Result *exec.Result // without its Trace
	Trap   *Trap        // nil if the function returned
	// Exact says that a machine would certainly have done the same; Why is
	// what was unknown otherwise.
	Exact bool
	Why   []string
	// Known says that a machine would do the same if some caller passed that.
	Known bool
	Trace []Line
	Held  int // locks and RCU sections that the function returned with
	// Against is what some callers have seen to be otherwise, and others not.
	Against []Dropped
	// Rows are the tables before and after, for Decode; nil of what Call makes.
	Rows *Rows
}

// Trap is where an execution ended.
type Trap struct {
	Kind     string
	Message  string
	Function string   // innermost
	Stack    []string // innermost first
	// Calls are where each of Stack was called.
	Calls []source.Position
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
	Macro    string // that the line stands in, "BUG of file:line"; filled by Call only
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
	if r.Trap != nil && r.Trap.Kind == exec.TrapNull && w.low {
		run.Why = append(run.Why, "what lies at low addresses")
	}
	run.Known = len(run.Why) == 0
	if f.doubt != "" {
		run.Why = append(run.Why, f.doubt)
	}
	run.Exact = len(run.Why) == 0
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

// plain drops the lines of places, "inline assembly at file:line:column", so
// that equal reasons can be counted, and what makes a reason endless.
func plain(s string) string {
	words := strings.Split(s, " ")
	for i, word := range words {
		name, rest, ok := strings.Cut(word, ":")
		if ok && name != "" && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			words[i] = name + strings.TrimLeft(rest, "0123456789:")
		}
	}
	s = strings.Join(words, " ")
	const load = "a load at an address that depends on "
	for strings.Contains(s, load+load) {
		s = strings.ReplaceAll(s, load+load, load)
	}
	return s
}

func (w *world) trap(t *exec.Trap) *Trap {
	trap := &Trap{Kind: t.Kind.String(), Message: t.Message, Function: innermost(t.Stack), Use: t.Position}
	if t.Macro != "" {
		trap.Kind = t.Macro
	}
	for _, f := range t.Stack {
		trap.Stack = append(trap.Stack, f.Func)
		trap.Calls = append(trap.Calls, f.Call)
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
// one go. The last one is that of the trap, if there is one.
func (w *world) trace(r *exec.Result) []Line {
	var lines []Line
	var steps []exec.Step
	all := r.Trace()
	if t := r.Trap; t != nil && t.Unit != nil {
		// What comes last may be in a function that the condition called.
		all = append(all, exec.Step{Unit: t.Unit, Loc: t.Loc, Func: innermost(t.Stack), Depth: len(t.Stack)})
	}
	for _, s := range all {
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
