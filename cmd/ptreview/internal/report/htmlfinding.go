package report

import (
	"slices"
	"strings"

	"ptreview/cmd/ptreview/internal/report/html"
	"ptreview/rules/check"
)

// How much of the source stands around a line, and how much of a trace is
// shown; less where there are many findings, or a page would be too large.
const (
	pageContext, pageTrace         = 5, 60
	pageContextMany, pageTraceMany = 2, 12
	manyFindings                   = 40
)

// htmlFinding is finding i with the source around it.
func htmlFinding(m *Material, i int, pages []html.Rule) html.Finding {
	f := &m.Report.Findings[i]
	context, trace := pageContext, pageTrace
	if len(m.Report.Findings) > manyFindings {
		context, trace = pageContextMany, pageTraceMany
	}
	out := html.Finding{
		Finding: f, N: i + 1, Open: len(m.Report.Findings) <= html.Few && f.Suppressed == nil,
		RuleN:  1 + slices.IndexFunc(pages, func(p html.Rule) bool { return p.Name == f.Rule }),
		Change: htmlChange(m, f.Location), Steps: htmlSteps(m, f, context),
		Tables: html.NewTables(i+1, f), Timeline: html.NewTimeline(i+1, f),
	}
	if f.Evidence != nil {
		out.Left = max(0, len(f.Evidence.Trace)-trace)
		out.Trace = f.Evidence.Trace[out.Left:]
	}
	return out
}

// htmlChange quotes the changed line, in its hunk where that is at hand; nil
// where no line is meant.
func htmlChange(m *Material, l check.Location) *html.Code {
	if l.File == "" {
		return nil
	}
	code := &html.Code{File: l.File, Line: l.Line}
	h := m.Hunk(l)
	if h == nil || h.At < 0 {
		op := byte('+')
		if l.Side == "before" {
			op = '-'
		}
		if l.Text != "" {
			code.Lines = []html.Line{{Number: l.Line, Op: op, Text: l.Text, Hit: true}}
		}
		return code
	}
	other := byte('-') // lines of the other side have other numbers
	if l.Side == "before" {
		other = '+'
	}
	first, last := max(0, h.At-hunkAround), min(len(h.Lines)-1, h.At+hunkAround)
	number := l.Line
	for _, x := range h.Lines[first:h.At] {
		if x.Op != other {
			number--
		}
	}
	for i, x := range h.Lines[first : last+1] {
		line := html.Line{Op: x.Op, Text: x.Text, Hit: first+i == h.At}
		if x.Op != other {
			line.Number = number
			number++
		}
		code.Lines = append(code.Lines, line)
	}
	return code
}

// hunkAround is how many lines of a hunk stand on each side of the changed line
// on a page.
const hunkAround = 6

// htmlSteps is the path with the source around each step, the trap last.
func htmlSteps(m *Material, f *check.Finding, context int) []html.Step {
	if len(f.Path) < 2 && f.Trap == nil {
		return nil
	}
	var steps []html.Step
	for _, s := range f.Path {
		step := html.Step{Step: s}
		if step.Source = sourceAround(m, f.FirstBadPatch, s.File, s.Line, context); step.Source != nil {
			step.Text = sourceLine(step.Source)
		}
		steps = append(steps, step)
	}
	if f.Trap == nil {
		return steps
	}
	text := firstNonEmpty(f.Trap.Text, f.Trap.Kind)
	if n := len(steps); n > 0 && steps[n-1].File == f.Trap.File && steps[n-1].Line == f.Trap.Line {
		if steps[n-1].Trap = text; steps[n-1].Text == text {
			steps[n-1].Text = ""
		}
		return steps
	}
	return append(steps, html.Step{
		Step: check.Step{Function: f.Trap.Kind, File: f.Trap.File, Line: f.Trap.Line}, Trap: text,
		Source: sourceAround(m, f.FirstBadPatch, f.Trap.File, f.Trap.Line, context),
	})
}

// sourceLine is the line that is meant, without its indentation.
func sourceLine(c *html.Code) string {
	i := slices.IndexFunc(c.Lines, func(l html.Line) bool { return l.Hit })
	return strings.TrimSpace(c.Lines[i].Text)
}

// sourceAround is the source around a line after patch k; nil if the tree is not
// at hand, or does not have the line.
func sourceAround(m *Material, k int, file string, line, context int) *html.Code {
	first := max(1, line-context)
	lines := m.Source(k, file, first, line+context)
	if line < first || line-first >= len(lines) {
		return nil
	}
	code := &html.Code{File: file, Line: line}
	for i, text := range lines {
		code.Lines = append(code.Lines, html.Line{Number: first + i, Text: text, Hit: first+i == line})
	}
	return code
}
