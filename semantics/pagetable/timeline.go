package pagetable

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"ptreview/semantics/exec"
)

// tell notes what a shared access of the code does.
func (p *play) tell(a *exec.Access) {
	if text := p.effect(a); text != "" {
		p.events = append(p.events, event{step: a.Step, before: -1, effect: text})
	}
}

// effect says what a shared access does, "" for a lock of something else.
func (p *play) effect(a *exec.Access) string {
	t := p.tableAt(a.Addr)
	switch {
	case a.Kind == exec.AccessLock:
		name := p.lockName(a.Addr)
		if name == "" {
			return ""
		}
		if p.held(a.Addr) {
			return "lets go of " + name
		}
		return "takes " + name
	case t == nil && a.Kind == exec.AccessLoad && a.Size < p.entryBytes:
		return "reads a part of the pmd: " + p.nowIs()
	case t == nil && a.Kind == exec.AccessLoad:
		return "reads the pmd: " + p.nowIs()
	case t == nil:
		return "writes the pmd"
	case a.Kind == exec.AccessLoad:
		return "reads an entry of " + t.name + t.status()
	}
	return "writes an entry of " + t.name + t.status()
}

// lockName names a lock of the tables, "" if it is another one.
func (p *play) lockName(at uint64) string {
	first, second := p.tables[0], p.tables[1]
	switch {
	case at == first.lock && at == second.lock:
		return "the lock of all tables"
	case at == first.lock:
		return "the lock of " + first.name
	case at == second.lock:
		return "the lock of " + second.name
	case at == p.pmdLock:
		return "the lock of the pmd"
	}
	return ""
}

// status says where a table is that is not in the tree, "" if it is.
func (t *raceTable) status() string {
	switch {
	case t.alien:
		return ", whose frame is another's now"
	case t.freed:
		return ", which is freed"
	case t.taken:
		return ", which is out of the tree"
	}
	return ""
}

// timeline lists what happened, in order: the lines of the function and of its
// file, those around a move, and the moves.
func (p *play) timeline(r *exec.Result, failed *raceError) []Moment {
	all := r.Trace()
	if t := r.Trap; t != nil && t.Unit != nil {
		all = append(all, exec.Step{Unit: t.Unit, Loc: t.Loc, Func: innermost(t.Stack), Depth: len(t.Stack)})
	}
	file := p.x.f.unit.Cpp.Position(p.x.f.def.Loc()).Path
	var list []Moment
	events := p.events
	for i, s := range all {
		list, events = moved(list, events, i+r.Dropped)
		at := s.Position()
		last := i == len(all)-1
		moving := slices.ContainsFunc(events, func(e event) bool { return e.text != "" && e.step == i+r.Dropped+1 })
		if at.Path == file || last && r.Trap != nil || moving {
			list = appendLine(list, Line{Function: s.Func, File: at.Path, Line: at.Line, Depth: s.Depth - 1, Text: sourceText(s, at.Line)})
		}
	}
	list, _ = moved(list, events, 1<<62)
	return list
}

// moved adds the events up to a step. What the code does belongs to its line.
func moved(list []Moment, events []event, step int) ([]Moment, []event) {
	for len(events) > 0 && events[0].step <= step {
		e := events[0]
		events = events[1:]
		var effects []string
		if e.effect != "" {
			effects = []string{e.effect}
		}
		switch n := len(list); {
		case e.line != nil:
			list = append(list, Moment{Line: e.line, Before: -1, Effects: effects})
		case e.text != "":
			list = append(list, Moment{Move: e.text, Before: e.before, Effects: effects})
		case n > 0 && list[n-1].Line != nil:
			list[n-1].Effects = append(list[n-1].Effects, effects...)
		default: // behind a move, the line goes on
			list = append(list, Moment{Line: lastLine(list), Before: -1, Effects: effects})
		}
	}
	return list, events
}

// lastLine returns the line that a timeline is at.
func lastLine(list []Moment) *Line {
	for _, m := range slices.Backward(list) {
		if m.Line != nil {
			return m.Line
		}
	}
	return &Line{}
}

// appendLine adds a line unless it is the one before.
func appendLine(list []Moment, l Line) []Moment {
	if n := len(list); n > 0 && list[n-1].Line != nil && *list[n-1].Line == l {
		return list
	}
	return append(list, Moment{Line: &l, Before: -1})
}

// moveWidth is the width of the right column of a timeline, in bytes. The left
// one has what a bar of three leaves.
const moveWidth = 30

// Text renders a race in at most 80 columns: the code on the left, what the
// environment does on the right.
func (r *Race) Text(function string) string {
	return fmt.Sprintf("%s\n%s\n%s=> %s\n", r.Message, r.Start, Columns(function+"()", r.Timeline, 80), r.Message)
}

// Columns renders a timeline in at most width columns, of which it needs 60, the
// code below its title.
func Columns(title string, timeline []Moment, width int) string {
	out := columns{code: width - moveWidth - len(" | ")}
	out.row(title, "environment")
	out.row(strings.Repeat("-", out.code), strings.Repeat("-", moveWidth))
	in := ""
	var going *Line
	for _, m := range timeline {
		if m.Line == nil {
			out.row("", m.Move)
			continue
		}
		if going != nil && *m.Line == *going {
			out.effects(m.Effects)
			continue
		}
		going = m.Line
		if m.Line.Function != in {
			in = m.Line.Function
			place := ""
			if m.Line.File != "" {
				place = ", " + path.Base(m.Line.File)
			}
			out.row(in+place+":", "")
		}
		text := "      " + m.Line.Text
		if m.Line.Line > 0 {
			text = fmt.Sprintf("%5d %s", m.Line.Line, m.Line.Text)
		}
		out.row(text, "")
		out.effects(m.Effects)
	}
	return out.text.String()
}

// columns are what is written of a timeline.
type columns struct {
	text strings.Builder
	code int // the width of the left column, in bytes
}

// effects writes what a line does to what it shares with others.
func (c *columns) effects(list []string) {
	for _, e := range list {
		c.row("      = "+e, "")
	}
}

// row writes a code and a move side by side, each broken where it is too long.
func (c *columns) row(code, move string) {
	left, right := broken(code, c.code), broken(move, moveWidth)
	for i := range max(len(left), len(right)) {
		var l, r string
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		line := fmt.Sprintf("%-*s | %s", c.code, l, r)
		c.text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// broken splits a text into lines of at most width bytes, at spaces where
// there are some. Further lines are indented like the first, and a bit more.
func broken(s string, width int) []string {
	indent := ""
	if len(s) > width {
		indent = strings.Repeat(" ", min(len(s)-len(strings.TrimLeft(s, " 0123456789"))+2, width/2))
		if !strings.HasPrefix(s, " ") {
			indent = ""
		}
	}
	var lines []string
	for len(s) > width {
		cut := strings.LastIndexByte(s[:width+1], ' ')
		if cut <= len(indent) {
			cut = width
		}
		lines = append(lines, strings.TrimRight(s[:cut], " "))
		s = indent + strings.TrimLeft(s[cut:], " ")
	}
	return append(lines, s)
}
