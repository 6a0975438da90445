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
		Path:       j.path(f.race, at),
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

// place is the last line of code of a race that stands in a file.
func place(r *pagetable.Race) pagetable.Line {
	for _, m := range slices.Backward(r.Timeline) {
		if m.Line != nil && m.Line.File != "" {
			return *m.Line
		}
	}
	return pagetable.Line{}
}

// path leads from the last line of the function itself to where it ends.
func (j *judge) path(r *pagetable.Race, at pagetable.Line) []check.Step {
	own := check.Step{Function: j.Name, File: j.File, Line: j.First}
	for _, m := range r.Timeline {
		if m.Line != nil && m.Line.Function == j.Name && m.Line.File == j.File {
			own.Line = m.Line.Line
		}
	}
	if at.Function == j.Name {
		return []check.Step{own}
	}
	return []check.Step{own, {Function: at.Function, File: at.File, Line: at.Line}}
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

// evidence is a race as it was played.
func evidence(f *found) *check.Evidence {
	return &check.Evidence{Inputs: []string{f.race.Start}, Era: f.era.Name, Schedule: check.Schedule(f.race)}
}
