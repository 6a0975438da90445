package race

import (
	"fmt"
	"slices"
	"strings"

	"ptreview/rules/check"
	"ptreview/semantics/pagetable"
)

// report tells a race.
func (j *judge) report(f *found) {
	severity := check.Warning
	if f.inOwn {
		severity = check.Error
	}
	helper := ""
	if j.cause.Name != j.Name {
		helper = j.cause.Name
	}
	at := place(f.race)
	j.Report(check.Finding{
		Severity:   severity,
		Confidence: check.Executed,
		Helper:     helper,
		Entry:      j.Name,
		Message:    j.message(f, helper),
		Location:   j.Location(j.cause, j.cause.After.Def.Loc()),
		Where:      []check.Where{j.where()},
		Path:       []check.Step{{Function: j.Name, File: at.File, Line: at.Line}},
		Trap:       &check.Trap{Kind: string(f.race.Kind), File: at.File, Line: at.Line, Text: f.race.Message},
		Evidence:   evidence(f),
	})
}

// message says what happens in which eras, and in which not.
func (j *judge) message(f *found, helper string) string {
	text := fmt.Sprintf("%s() now loses a race: %s", j.Name, f.race.Message)
	if helper != "" {
		text = fmt.Sprintf("with this %s() %s", helper, text)
	}
	own := j.Era()
	text += ", where " + f.era.Text
	var not []string
	for _, o := range j.outcomes {
		if o.Outcome == check.NoRace {
			not = append(not, "era "+o.Era)
		}
	}
	switch {
	case f.inOwn:
		text += fmt.Sprintf(" (era %s, that of this tree)", strings.Join(f.eras, ", "))
	default:
		text += fmt.Sprintf(" (era %s); this tree is of the era %s", strings.Join(f.eras, ", "), own.Name)
	}
	if len(not) > 0 {
		text += "; there is no race in the " + strings.Join(not, ", ")
	}
	return text
}

// place is the last line of the function itself.
func place(r *pagetable.Race) pagetable.Line {
	for _, m := range slices.Backward(r.Timeline) {
		if m.Line != nil && m.Line.File != "" {
			return *m.Line
		}
	}
	return pagetable.Line{}
}

// where says in which class and on which machine the race was played, with the
// symbols that put an architecture's helper in force.
func (j *judge) where() check.Where {
	if c := j.cause.Change; c != nil {
		return j.Changed(c)
	}
	w := j.ClassOnly()
	w.Machine = j.Machine.Name
	return w
}

// evidence is the schedule of a race, as far as it says when the environment
// moves and what either thread does.
func evidence(f *found) *check.Evidence {
	e := &check.Evidence{Inputs: []string{f.race.Start}, Era: f.era.Name}
	for _, m := range f.race.Timeline {
		step := check.ScheduleStep{Effect: strings.Join(m.Effects, "; ")}
		if m.Line == nil {
			step.Thread, step.Text = check.ThreadEnvironment, m.Move
			if m.Before >= 0 {
				step.Before = &m.Before
			}
		} else {
			step.Thread, step.Text = check.ThreadReview, m.Line.Text
			step.Function, step.File, step.Line = m.Line.Function, m.Line.File, m.Line.Line
		}
		e.Schedule = append(e.Schedule, step)
	}
	return e
}
