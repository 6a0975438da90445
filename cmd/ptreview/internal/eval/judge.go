package eval

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"ptreview/rules/check"
)

// Outcome is what came of a case.
type Outcome struct {
	Case    *Case
	Kernel  string // its version
	Met     []Met
	Missed  []*Expectation
	False   []check.Finding // errors and warnings that nothing expects
	Allowed []check.Finding
	Notes   int // of findings that nothing expects
	Units   int
	NotRun  []check.NotRunCount // of all architectures
	Gaps    []check.Gap
	// Open is how many units were not run, and gaps there are, that the case does
	// not know of.
	Open int
}

// Met is an expectation with the findings that fulfil it.
type Met struct {
	*Expectation
	Findings []check.Finding
}

// Judge compares a report with the case.
func (c *Case) Judge(r *check.Report) *Outcome {
	o := &Outcome{Case: c, Kernel: r.Tree.KernelVersion}
	expected := make(map[string]bool) // by fingerprint
	for _, e := range c.Expect {
		var found []check.Finding
		for _, f := range r.Findings {
			if e.describes(&f) {
				found = append(found, f)
				expected[f.Fingerprint] = true
			}
		}
		if len(found) == 0 {
			o.Missed = append(o.Missed, e)
		} else {
			o.Met = append(o.Met, Met{e, found})
		}
	}
	for _, f := range r.Findings {
		switch {
		case expected[f.Fingerprint]:
		case slices.ContainsFunc(c.Allow, func(e *Expectation) bool { return e.describes(&f) }):
			o.Allowed = append(o.Allowed, f)
		case f.Severity == check.Note:
			o.Notes++
		default:
			o.False = append(o.False, f)
		}
	}
	o.count(r)
	return o
}

// count adds the units of work, and what was not run.
func (o *Outcome) count(r *check.Report) {
	for _, cov := range r.Coverage {
		o.Units += cov.Units
		for _, n := range cov.NotRun {
			o.notRun(n)
		}
	}
	slices.SortFunc(o.NotRun, func(a, b check.NotRunCount) int { return strings.Compare(a.Reason, b.Reason) })
	o.Gaps = r.Gaps
	for _, g := range r.Gaps {
		if !o.Case.knows(g.Reason) {
			o.Open++
		}
	}
}

func (o *Outcome) notRun(n check.NotRunCount) {
	if !o.Case.knows(n.Reason) {
		o.Open += n.Units
	}
	i := slices.IndexFunc(o.NotRun, func(x check.NotRunCount) bool { return x.Reason == n.Reason })
	if i < 0 {
		o.NotRun = append(o.NotRun, n)
	} else {
		o.NotRun[i].Units += n.Units
	}
}

// knows reports whether units that were not run for a reason are known.
func (c *Case) knows(reason string) bool {
	return slices.ContainsFunc(c.NotRun, func(n *NotRun) bool { return n.Reason.MatchString(reason) })
}

// describes reports whether a finding is one that is meant.
func (e *Expectation) describes(f *check.Finding) bool {
	fixed := 0
	if f.FixedByPatch != nil {
		fixed = *f.FixedByPatch
	}
	return oneOf(e.Rules, f.Rule) && oneOf(e.Archs, f.Arch) && oneOf(e.Helpers, f.Helper) && oneOf(e.Entries, f.Entry) &&
		(e.Severity == "" || e.Severity == f.Severity) &&
		(len(e.Files) == 0 || slices.ContainsFunc(e.Files, func(p string) bool { ok, _ := path.Match(p, f.Location.File); return ok })) &&
		(e.LineText == nil || e.LineText.MatchString(f.Location.Text)) &&
		(e.Message == nil || e.Message.MatchString(f.Message)) &&
		(e.Patch == 0 || e.Patch == f.FirstBadPatch) && (e.FixedBy == 0 || e.FixedBy == fixed)
}

func oneOf(list []string, word string) bool { return len(list) == 0 || slices.Contains(list, word) }

// String says what is expected, in one line.
func (e *Expectation) String() string {
	words := []string{strings.Join(e.Rules, " or ")}
	if e.Severity != "" {
		words = append([]string{string(e.Severity)}, words...)
	}
	for _, list := range [][]string{e.Archs, e.Entries, e.Helpers} {
		if len(list) > 0 {
			words = append(words, strings.Join(list, " or "))
		}
	}
	if len(e.Files) > 0 {
		words = append(words, "in "+strings.Join(e.Files, " or "))
	}
	if e.LineText != nil {
		words = append(words, "at "+e.LineText.String())
	}
	if e.Message != nil {
		words = append(words, "saying "+e.Message.String())
	}
	if e.Patch > 0 {
		words = append(words, fmt.Sprintf("by patch %d", e.Patch))
	}
	if e.FixedBy > 0 {
		words = append(words, fmt.Sprintf("fixed by patch %d", e.FixedBy))
	}
	return strings.Join(words, " ")
}

// Stale are expectations that were met although the case says that they are not.
func (o *Outcome) Stale() []*Expectation {
	var list []*Expectation
	for _, m := range o.Met {
		if m.Missed != "" {
			list = append(list, m.Expectation)
		}
	}
	return list
}

// Differs reports whether it is not as the case says.
func (o *Outcome) Differs() bool {
	return len(o.False) > 0 || len(o.Stale()) > 0 ||
		slices.ContainsFunc(o.Missed, func(e *Expectation) bool { return e.Missed == "" })
}

// Word is the outcome in a word: differs, not run for what was not judged in
// whole, else clean or as expected. What was not run is never clean, known or
// not.
func (o *Outcome) Word() string {
	switch {
	case o.Differs():
		return Differs
	case len(o.NotRun)+len(o.Gaps) > 0:
		return NotAllRun
	case o.Case.Clean:
		return Clean
	}
	return AsExpected
}

// The words of outcomes.
const (
	Differs    = "differs"
	NotAllRun  = "not all run"
	Clean      = "clean"
	AsExpected = "as expected"
)
