package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
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
	t.columns("code under review", e.Schedule)
}

// columns writes the two columns of a schedule.
func (t *text) columns(title string, list []check.ScheduleStep) {
	for line := range strings.Lines(pagetable.Columns(title, moments(list), t.width())) {
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
	const shown = 2
	for _, p := range playedAlike(list) {
		on := strings.Join(p.on[:min(shown, len(p.on))], ", ")
		if n := len(p.on) - shown; n > 0 {
			on += fmt.Sprintf(" and %d more", n)
		}
		t.item(fmt.Sprintf("patch %d  %s(): %s; on %s", p.patch, p.function, p.outcome, on))
	}
	t.printf("\n")
}

// alike are the classes and machines on which playing a function came out alike.
type alike struct {
	patch    int
	function string
	outcome  string
	on       []string
}

func playedAlike(list []check.Played) []alike {
	var all []alike
	for _, p := range list {
		a := alike{patch: p.Patch, function: p.Function, outcome: outcomes(p.Eras)}
		at := slices.IndexFunc(all, func(x alike) bool {
			return x.patch == a.patch && x.function == a.function && x.outcome == a.outcome
		})
		if at < 0 {
			at = len(all)
			all = append(all, a)
		}
		on := p.Class
		if p.Machine != "" {
			on += " with " + p.Machine
		}
		all[at].on = append(all[at].on, on)
	}
	return all
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

// Races is what came of playing one function; its JSON form is the schema
// ptreview.race/v1.
type Races struct {
	Schema      string    `json:"schema"`
	Function    string    `json:"function"`
	File        string    `json:"file"`
	Arch        string    `json:"arch"`
	Class       string    `json:"class"`
	Machine     string    `json:"machine"`
	OwnEra      string    `json:"own_era"` // that of the tree
	Assumptions []string  `json:"assumptions"`
	Eras        []RaceEra `json:"eras"`
}

// RaceEra is what came of it in one era.
type RaceEra struct {
	Era       string   `json:"era"`
	Text      string   `json:"text"`
	Schedules int      `json:"schedules"`
	States    int      `json:"states"`
	NotRun    []string `json:"not_run"`
	Races     []Race   `json:"races"`
}

// Race is one race.
type Race struct {
	Kind     string               `json:"kind"`
	Message  string               `json:"message"`
	Start    string               `json:"start"`
	Exact    bool                 `json:"exact"`
	Why      []string             `json:"why,omitempty"` // what was not known
	Schedule []check.ScheduleStep `json:"schedule"`
}

// Add adds what came of one era.
func (r *Races) Add(o *pagetable.RaceOutcome) {
	r.Assumptions = o.Assumptions
	e := RaceEra{Era: o.Era.Name, Text: o.Era.Text, Schedules: o.Runs, States: o.States, NotRun: []string{}, Races: []Race{}}
	e.NotRun = append(e.NotRun, o.Incomplete...)
	for i := range o.Races {
		x := &o.Races[i]
		e.Races = append(e.Races, Race{string(x.Kind), x.Message, x.Start, x.Exact, x.Why, check.Schedule(x)})
	}
	r.Eras = append(r.Eras, e)
}

// RacesText writes races for a reader at a terminal.
func RacesText(w io.Writer, r *Races, opt Options) error {
	t := &text{w: bufio.NewWriter(w), opt: opt}
	t.printf("%s  %s\n", t.bold(r.Function+"()"), t.faint(r.File))
	t.wrapAs("  ", strings.TrimSpace(r.Class+" "+r.Machine), t.faint)
	for _, e := range r.Eras {
		own := ""
		if e.Era == r.OwnEra {
			own = ", that of the tree"
		}
		t.printf("\nera %s%s\n", t.bold(e.Era), own)
		t.wrap("  ", e.Text)
		found := plural(len(e.Races), "race", "races")
		if len(e.Races) == 0 {
			found = "no race"
		}
		t.printf("  %s in %s, %s\n", found, plural(e.Schedules, "schedule", "schedules"), plural(e.States, "state", "states"))
		for _, why := range e.NotRun {
			t.item("not run: " + why)
		}
		for _, x := range e.Races {
			t.race(r.Function, &x)
		}
	}
	t.printf("\nassumed\n")
	for _, a := range r.Assumptions {
		t.item(a)
	}
	return t.w.Flush()
}

func (t *text) race(function string, x *Race) {
	t.printf("\n")
	t.wrapAs("", x.Message, func(s string) string { return t.style(s, true, "1") })
	t.wrap("", "begins with "+x.Start)
	for _, why := range x.Why {
		t.item("depends on " + why)
	}
	t.columns(function+"()", x.Schedule)
}
