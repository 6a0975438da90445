package report

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"ptreview/rules/check"
)

// failing counts the lines that b4 takes for failures.
func failing(text string) int {
	n := 0
	for line := range strings.Lines(text) {
		if strings.Contains(line, "ERROR:") {
			n++
		}
	}
	return n
}

// TestPatchCheck writes an error, a note and units that were not run, with texts
// that try to be more.
func TestPatchCheck(t *testing.T) {
	r := sample()
	r.Findings[1].Message, r.Findings[1].Location.File = "a\nERROR: b", "mm/ERROR: x.c"
	r.Coverage[0].NotRun[0].Reason = "ERROR: none\nERROR: at all"
	var b strings.Builder
	if err := PatchCheck(&b, &Material{Report: r}); err != nil {
		t.Fatal(err)
	}
	if n, lines := failing(b.String()), strings.Count(b.String(), "\n"); n != 1 || lines != 3 {
		t.Errorf("got %d failures in %d lines, want 1 in 3:\n%s", n, lines, &b)
	}
	for _, want := range []string{`(?m)^mm/a\.c:3: ERROR: word `, `(?m)^mm/ERROR x\.c:3: CHECK: a.ERROR b \(until patch 2\)`, `(?m)^WARNING: 1 of 2 units not run: ERROR none.*at all \(1\)$`} {
		if !regexp.MustCompile(want).MatchString(b.String()) {
			t.Errorf("got no %s in\n%s", want, &b)
		}
	}
	b.Reset()
	r.Findings, r.Coverage[0].NotRun = nil, nil
	if err := PatchCheck(&b, &Material{Report: r}); err != nil || b.Len() > 0 {
		t.Errorf("clean: got %q, %v, want nothing", &b, err)
	}
	if err := NotReviewed(&b, "one\nERROR: two\x1b[2J"); err != nil || b.String() != "WARNING: not reviewed: one\uFFFDERROR two\uFFFD[2J\n" {
		t.Errorf("got %q, %v", &b, err)
	}
}

func TestNotRunReasons(t *testing.T) {
	r := sample()
	r.Coverage = []check.Coverage{
		{Arch: "a", Clean: 1, NotRun: []check.NotRunCount{{Reason: "r1", Units: 1}, {Reason: "r2", Units: 2}, {Reason: "r3", Units: 1}}},
		{Arch: "b", NotRun: []check.NotRunCount{{Reason: "r4", Units: 1}, {Reason: "r5", Units: 1}, {Reason: "r1", Units: 3}}},
	}
	if got, want := notRunText(r), "9 of 10 units not run: r1 (4); r2 (2); r3 (1); 2 more reasons"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCheckResult(t *testing.T) {
	tests := []struct {
		severity check.Severity // "" for no finding
		notRun   bool
		status   string
	}{
		{"", false, "pass"}, {"", true, "warn"}, {check.Note, false, "warn"}, {check.Warning, false, "warn"}, {check.Error, true, "fail"},
	}
	for _, tt := range tests {
		r := sample()
		r.Findings = r.Findings[:1]
		r.Findings[0].Severity = tt.severity
		if tt.severity == "" {
			r.Findings = nil
		}
		if !tt.notRun {
			r.Coverage[0].NotRun = nil
		}
		var b strings.Builder
		if err := CheckResult(&b, &Material{Report: r}, "tool"); err != nil {
			t.Fatal(err)
		}
		var got []map[string]string
		if err := json.Unmarshal([]byte(b.String()), &got); err != nil || len(got) != 1 {
			t.Fatalf("got %s, %v", &b, err)
		}
		if got[0]["tool"] != "tool" || got[0]["status"] != tt.status || strings.Contains(got[0]["details"], "\x1b") ||
			strings.Contains(got[0]["summary"], "not run") != tt.notRun {
			t.Errorf("%+v: got %v", tt, got[0])
		}
	}
}

func TestOfPatch(t *testing.T) {
	r := sample()
	r.Findings[1].FirstBadPatch = 2
	notes := len(r.Notes)
	for n, want := range []int{0, 1, 1, 0} {
		got := OfPatch(r, n)
		hidden := fmt.Sprintf("%s of other patches of the series not shown here", plural(2-want, "finding", "findings"))
		if len(got.Findings) != want || got.Notes[len(got.Notes)-1] != hidden {
			t.Errorf("patch %d: got %d findings, %q, want %d, %q", n, len(got.Findings), got.Notes, want, hidden)
		}
	}
	if len(r.Findings) != 2 || len(r.Notes) != notes {
		t.Error("the report itself was changed")
	}
}
