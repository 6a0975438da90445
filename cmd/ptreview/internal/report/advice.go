package report

import (
	"bufio"
	"io"
	"strings"

	"ptreview/rules/check"
)

// toDo stands before what to do about a finding.
const toDo = "what to do: "

// advice says what to do, if that is known: a report of an earlier version, read
// from a file, does not say it.
func (t *text) advice(f *check.Finding) {
	if f.Advice != "" {
		t.paragraph("  ", "    ", toDo+f.Advice, Clean)
	}
	t.fix(f)
}

// withAdvice is the message of a finding on one line, and behind it what to do.
func withAdvice(f *check.Finding, between string) string {
	text := oneLine(f)
	if f.Advice != "" {
		text += between + strings.Join(strings.Fields(Clean(toDo+f.Advice)), " ")
	}
	return text
}

// Advice writes what to do about the findings of a rule.
func Advice(w io.Writer, r *check.Rule) error {
	t := &text{w: bufio.NewWriter(w)}
	t.wrap("", "What to do: "+r.Advice+".")
	return t.w.Flush()
}
