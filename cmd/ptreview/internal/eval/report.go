package eval

import (
	"slices"

	"ptreview/rules/check"
)

// SchemaName names the JSON form of a Report.
const SchemaName = "ptreview.eval/v1"

// Report is what came of all cases. Its field order is that of the output.
type Report struct {
	Schema  string      `json:"schema"` // SchemaName
	Version string      `json:"version"`
	Cases   []CaseScore `json:"cases"`
	Rules   []Score     `json:"rules"`
	Total   Score       `json:"total"`
}

// CaseScore is what came of one case.
type CaseScore struct {
	Case    string              `json:"case"`
	Tree    string              `json:"tree"`
	Kernel  string              `json:"kernel_version"`
	Outcome string              `json:"outcome"` // as of Outcome.Word
	Found   []Expected          `json:"found"`
	Missed  []Expected          `json:"missed"`
	Stale   []Expected          `json:"found_though_known_missed,omitempty"`
	False   []Alarm             `json:"false_alarms"`
	Allowed []Alarm             `json:"allowed"`
	Notes   int                 `json:"notes"`
	Units   int                 `json:"units"`
	NotRun  []check.NotRunCount `json:"not_run"`
	Gaps    []check.Gap         `json:"gaps,omitempty"`
	Open    int                 `json:"not_run_unknown"` // units and gaps that the case does not know of
}

// Expected is an expectation. Line is of the file of its case.
type Expected struct {
	Expected string `json:"expected"`
	Line     int    `json:"line"`
	Findings int    `json:"findings"`
	Why      string `json:"why,omitempty"`    // it is right
	Missed   string `json:"missed,omitempty"` // why it is known not to be found
	NoRule   bool   `json:"no_rule,omitempty"`
}

// Alarm is a finding that nothing expects.
type Alarm struct {
	Rule        string         `json:"rule"`
	Severity    check.Severity `json:"severity"`
	Arch        string         `json:"arch"`
	Entry       string         `json:"entry,omitempty"`
	Helper      string         `json:"helper,omitempty"`
	Patch       int            `json:"patch"`
	File        string         `json:"file"`
	Line        int            `json:"line"`
	Text        string         `json:"text,omitempty"`
	Message     string         `json:"message"`
	Fingerprint string         `json:"fingerprint"`
}

// Score counts a rule. Expectations are counted for recall, errors and warnings
// that were expected or not for precision; notes only where one is expected.
type Score struct {
	Rule      string   `json:"rule"`
	Expected  int      `json:"expected"`
	Found     int      `json:"found"`
	Missed    int      `json:"missed"`
	Known     int      `json:"missed_known"` // of Missed
	Recall    *float64 `json:"recall"`       // null for nothing expected
	Findings  int      `json:"findings"`     // that were expected
	False     int      `json:"false"`
	Precision *float64 `json:"precision"` // null for nothing found
}

// NewReport counts outcomes. rules are the rules that were run.
func NewReport(version string, rules []string, outcomes []*Outcome) *Report {
	r := &Report{Schema: SchemaName, Version: version, Cases: []CaseScore{}, Rules: []Score{}, Total: Score{Rule: "total"}}
	for _, name := range rules {
		r.Rules = append(r.Rules, Score{Rule: name})
	}
	for _, o := range outcomes {
		r.Cases = append(r.Cases, o.score(rules))
		r.add(o)
	}
	for i := range r.Rules {
		r.Total.sum(&r.Rules[i])
		r.Rules[i].ratios()
	}
	r.Total.ratios()
	return r
}

// of returns the row of a rule, which may be one that the program lacks.
func (r *Report) of(rule string) *Score {
	i := slices.IndexFunc(r.Rules, func(s Score) bool { return s.Rule == rule })
	if i < 0 {
		i = len(r.Rules)
		r.Rules = append(r.Rules, Score{Rule: rule})
	}
	return &r.Rules[i]
}

// add counts an outcome. What several rules might have found counts for the one
// that did, or else for the first.
func (r *Report) add(o *Outcome) {
	counted := make(map[string]bool)
	for _, m := range o.Met {
		s := r.of(m.Findings[0].Rule)
		s.Expected++
		s.Found++
		for _, f := range m.Findings {
			if !counted[f.Fingerprint] { // two expectations may describe it
				r.of(f.Rule).Findings++
			}
			counted[f.Fingerprint] = true
		}
	}
	for _, e := range o.Missed {
		s := r.of(e.Rules[0])
		s.Expected++
		s.Missed++
		if e.Missed != "" {
			s.Known++
		}
	}
	for _, f := range o.False {
		r.of(f.Rule).False++
	}
}

func (s *Score) sum(t *Score) {
	s.Expected += t.Expected
	s.Found += t.Found
	s.Missed += t.Missed
	s.Known += t.Known
	s.Findings += t.Findings
	s.False += t.False
}

func (s *Score) ratios() {
	s.Recall, s.Precision = ratio(s.Found, s.Expected), ratio(s.Findings, s.Findings+s.False)
}

func ratio(part, all int) *float64 {
	if all == 0 {
		return nil
	}
	r := float64(part) / float64(all)
	return &r
}

// score is the JSON form of an outcome.
func (o *Outcome) score(rules []string) CaseScore {
	c := CaseScore{
		Case: o.Case.Name, Tree: o.Case.Tree.Value, Kernel: o.Kernel, Outcome: o.Word(),
		Found: []Expected{}, Missed: []Expected{}, False: alarms(o.False), Allowed: alarms(o.Allowed),
		Notes: o.Notes, Units: o.Units, NotRun: append([]check.NotRunCount{}, o.NotRun...), Gaps: o.Gaps, Open: o.Open,
	}
	for _, m := range o.Met {
		c.Found = append(c.Found, m.expected(len(m.Findings), rules))
	}
	for _, e := range o.Missed {
		c.Missed = append(c.Missed, e.expected(0, rules))
	}
	for _, e := range o.Stale() {
		c.Stale = append(c.Stale, e.expected(0, rules))
	}
	return c
}

func (e *Expectation) expected(findings int, rules []string) Expected {
	there := slices.ContainsFunc(e.Rules, func(name string) bool { return slices.Contains(rules, name) })
	return Expected{Expected: e.String(), Line: e.Line, Findings: findings, Why: e.Why, Missed: e.Missed, NoRule: !there}
}

func alarms(list []check.Finding) []Alarm {
	out := []Alarm{}
	for _, f := range list {
		out = append(out, Alarm{
			Rule: f.Rule, Severity: f.Severity, Arch: f.Arch, Entry: f.Entry, Helper: f.Helper,
			Patch: f.FirstBadPatch, File: f.Location.File, Line: f.Location.Line, Text: f.Location.Text,
			Message: f.Message, Fingerprint: f.Fingerprint,
		})
	}
	return out
}

// Differs reports whether a case came out otherwise than it says.
func (r *Report) Differs() bool {
	return slices.ContainsFunc(r.Cases, func(c CaseScore) bool { return c.Outcome == Differs })
}

// Open reports whether something was not run that no case knows of.
func (r *Report) Open() bool {
	return slices.ContainsFunc(r.Cases, func(c CaseScore) bool { return c.Open > 0 })
}
