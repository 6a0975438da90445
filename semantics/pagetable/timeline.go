package pagetable

import (
	"fmt"
	"path"
	"strings"

	"ptreview/semantics/exec"
)

// timeline lists what happened, in order: the lines of the function and of its
// file, those around a move, and the moves.
func (p *play) timeline(r *exec.Result, failed *raceError) []Moment {
	all := r.Trace
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
		moving := len(events) > 0 && events[0].step == i+r.Dropped+1
		if at.Path == file || last && r.Trap != nil || moving && events[0].line == nil {
			list = appendLine(list, Line{Function: s.Func, File: at.Path, Line: at.Line, Depth: s.Depth - 1, Text: sourceText(s, at.Line)})
		}
	}
	list, _ = moved(list, events, 1<<62)
	return list
}

// moved adds the events up to a step.
func moved(list []Moment, events []event, step int) ([]Moment, []event) {
	for len(events) > 0 && events[0].step <= step {
		if events[0].line != nil {
			list = append(list, Moment{Line: events[0].line})
		} else {
			list = append(list, Moment{Move: events[0].text})
		}
		events = events[1:]
	}
	return list, events
}

// appendLine adds a line unless it is the one before, or goes on with the line
// that moves interrupted.
func appendLine(list []Moment, l Line) []Moment {
	if n := len(list); n > 0 && list[n-1].Line != nil && *list[n-1].Line == l {
		return list
	}
	return append(list, Moment{Line: &l})
}

// The widths of the columns of a timeline, in bytes.
const (
	codeWidth = 47
	moveWidth = 30
)

// Text renders a race in at most 80 columns: the code on the left, what the
// environment does on the right.
func (r *Race) Text(function string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n%s\n", r.Message, r.Start)
	row(&out, function+"()", "environment")
	row(&out, strings.Repeat("-", codeWidth), strings.Repeat("-", moveWidth))
	in := ""
	for _, m := range r.Timeline {
		if m.Line == nil {
			row(&out, "", m.Move)
			continue
		}
		if m.Line.Function != in {
			in = m.Line.Function
			place := ""
			if m.Line.File != "" {
				place = ", " + path.Base(m.Line.File)
			}
			row(&out, in+place+":", "")
		}
		text := "      " + m.Line.Text
		if m.Line.Line > 0 {
			text = fmt.Sprintf("%5d %s", m.Line.Line, m.Line.Text)
		}
		row(&out, text, "")
	}
	fmt.Fprintf(&out, "=> %s\n", r.Message)
	return out.String()
}

// row writes a code and a move side by side, each broken where it is too long.
func row(out *strings.Builder, code, move string) {
	left, right := broken(code, codeWidth), broken(move, moveWidth)
	for i := range max(len(left), len(right)) {
		var l, r string
		if i < len(left) {
			l = left[i]
		}
		if i < len(right) {
			r = right[i]
		}
		line := fmt.Sprintf("%-*s | %s", codeWidth, l, r)
		out.WriteString(strings.TrimRight(line, " ") + "\n")
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
