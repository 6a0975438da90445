package report

import (
	"fmt"
	"strings"

	"ptreview/rules/check"
	"ptreview/semantics/pagetable"
)

// schedule writes a race in two columns.
func (t *text) schedule(e *check.Evidence) {
	if len(e.Schedule) == 0 {
		return
	}
	t.printf("  schedule\n")
	for line := range strings.Lines(pagetable.Columns("code", moments(e.Schedule))) {
		t.printf("%s\n", Clean(strings.TrimSuffix(line, "\n")))
	}
}

// moments makes a timeline of the steps of a schedule.
func moments(list []check.ScheduleStep) []pagetable.Moment {
	var out []pagetable.Moment
	for _, s := range list {
		m := pagetable.Moment{Before: -1}
		if s.Effect != "" {
			m.Effects = strings.Split(s.Effect, "; ")
		}
		if s.Thread == check.ThreadEnvironment {
			m.Move = s.Text
		} else {
			m.Line = &pagetable.Line{Function: s.Function, File: s.File, Line: s.Line, Text: s.Text}
		}
		out = append(out, m)
	}
	return out
}

// races says what was played, functions that came out alike together.
func (t *text) races(list []check.Played) {
	if len(list) == 0 {
		return
	}
	t.printf("%s\n", t.bold("played against moves of other CPUs"))
	var order []string
	where := make(map[string][]string)
	for _, p := range list {
		text := fmt.Sprintf("patch %d  %s(): %s", p.Patch, p.Function, outcomes(p.Eras))
		if where[text] == nil {
			order = append(order, text)
		}
		on := p.Class
		if p.Machine != "" {
			on += " with " + p.Machine
		}
		where[text] = append(where[text], on)
	}
	const shown = 2
	for _, text := range order {
		on := strings.Join(where[text][:min(shown, len(where[text]))], ", ")
		if n := len(where[text]) - shown; n > 0 {
			on += fmt.Sprintf(" and %d more", n)
		}
		t.item(text + "; on " + on)
	}
	t.printf("\n")
}

// outcomes lists what came of the eras, those that came out alike together.
func outcomes(list []check.PlayedEra) string {
	var order []string
	eras := make(map[string][]string)
	for _, e := range list {
		text := e.Outcome
		if e.Text != "" {
			text += " (" + e.Text + ")"
		}
		if eras[text] == nil {
			order = append(order, text)
		}
		name := e.Era
		if e.Own {
			name += " (that of the tree)"
		}
		eras[text] = append(eras[text], name)
	}
	var parts []string
	for _, text := range order {
		parts = append(parts, text+" in era "+strings.Join(eras[text], ", "))
	}
	return strings.Join(parts, "; ")
}
