package main

import (
	"fmt"
	"math"
	"strings"

	"ptreview/cmd/ptreview/internal/eval"
	"ptreview/cmd/ptreview/internal/report"
	"ptreview/rules/check"
)

// evalText prints the cases, what differs, what is known to be missed, what was
// not run, and the table of the rules.
func evalText(b *strings.Builder, r *eval.Report) {
	width := 0
	for i := range r.Cases {
		width = max(width, len(r.Cases[i].Case))
	}
	for i := range r.Cases {
		c := &r.Cases[i]
		fmt.Fprintf(b, "%-*s  %s%s\n", width, c.Case, c.Outcome, behindOutcome(c))
	}
	for i := range r.Cases {
		evalCase(b, &r.Cases[i])
	}
	evalNotRun(b, r)
	evalTable(b, r)
}

// behindOutcome counts what a case has.
func behindOutcome(c *eval.CaseScore) string {
	notRun := 0
	for _, n := range c.NotRun {
		notRun += n.Units
	}
	var words []string
	for _, x := range []struct {
		n  int
		of string
	}{
		{len(c.Found), "found"}, {len(c.Missed), "missed"}, {len(c.False), "false"}, {len(c.Allowed), "allowed"},
		{c.Notes, "other notes"}, {notRun, fmt.Sprintf("of %d units not run", c.Units)}, {len(c.Gaps), "gaps"},
	} {
		if x.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", x.n, x.of))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return ": " + strings.Join(words, ", ")
}

// evalCase tells what is not simply as expected in a case.
func evalCase(b *strings.Builder, c *eval.CaseScore) {
	for _, e := range c.Missed {
		what := "missed"
		if e.Missed != "" {
			what = "missed, as is known"
		}
		evalEntry(b, what, c.Case, fmt.Sprintf("%s (line %d)", e.Expected, e.Line), e.Missed)
		if e.NoRule {
			wrapped(b, "  ", "this version of ptreview does not have the rule")
		}
	}
	for _, e := range c.Stale {
		evalEntry(b, "found, though the case says it is missed", c.Case, fmt.Sprintf("%s (line %d)", e.Expected, e.Line), e.Missed)
	}
	for _, a := range c.False {
		evalEntry(b, "false alarm", c.Case, alarmText(&a), a.Message)
	}
}

func alarmText(a *eval.Alarm) string {
	words := []string{string(a.Severity), a.Rule, a.Arch}
	for _, w := range []string{a.Entry, a.Helper} {
		if w != "" {
			words = append(words, w)
		}
	}
	return fmt.Sprintf("%s, patch %d, %s:%d", strings.Join(words, " "), a.Patch, a.File, a.Line)
}

// evalEntry prints a paragraph about a case.
func evalEntry(b *strings.Builder, what, name, text, more string) {
	fmt.Fprintf(b, "\n%s: %s\n", what, name)
	wrapped(b, "  ", text)
	if more != "" {
		wrapped(b, "  ", more)
	}
}

// evalNotRun lists why units were not run, each reason once.
func evalNotRun(b *strings.Builder, r *eval.Report) {
	var order []string
	units, cases := make(map[string]int), make(map[string]int)
	add := func(reason string, n int) {
		if units[reason] == 0 {
			order = append(order, reason)
		}
		units[reason] += n
		cases[reason]++
	}
	for i := range r.Cases {
		for _, n := range r.Cases[i].NotRun {
			add(n.Reason, n.Units)
		}
		for _, g := range r.Cases[i].Gaps {
			add(gapText(g), 1)
		}
	}
	if len(order) > 0 {
		b.WriteString("\nnot run\n")
	}
	for _, reason := range order {
		wrapped(b, "  ", fmt.Sprintf("%d in %d cases: %s", units[reason], cases[reason], reason))
	}
}

func gapText(g check.Gap) string { return g.Arch + " " + g.What + ": " + g.Reason }

// evalTable prints the table of the rules, and which have no case.
func evalTable(b *strings.Builder, r *eval.Report) {
	var rows []eval.Score
	var without []string
	width := len("total")
	for _, s := range r.Rules {
		if s.Expected+s.False == 0 {
			without = append(without, s.Rule)
			continue
		}
		rows = append(rows, s)
		width = max(width, len(s.Rule))
	}
	fmt.Fprintf(b, "\n%-*s  expected  found  missed  recall  findings  false  precision\n", width, "rule")
	for _, s := range rows {
		evalRow(b, width, &s)
	}
	evalRow(b, width, &r.Total)
	if len(without) > 0 {
		b.WriteString("\n")
		wrapped(b, "", "no case expects anything of "+strings.Join(without, ", "))
	}
	clean := 0
	for i := range r.Cases {
		if r.Cases[i].Outcome == eval.Clean {
			clean++
		}
	}
	fmt.Fprintf(b, "\n%d cases, %d of them clean; %d of the missed are known\n", len(r.Cases), clean, r.Total.Known)
}

func evalRow(b *strings.Builder, width int, s *eval.Score) {
	fmt.Fprintf(b, "%-*s  %8d  %5d  %6d  %6s  %8d  %5d  %9s\n", width, report.Clean(s.Rule), s.Expected, s.Found, s.Missed, percent(s.Recall), s.Findings, s.False, percent(s.Precision))
}

// percent is a ratio that is never rounded up to all.
func percent(ratio *float64) string {
	if ratio == nil {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", math.Floor(*ratio*1000)/10)
}
