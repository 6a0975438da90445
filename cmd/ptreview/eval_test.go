package main

import (
	"encoding/json"
	"os"
	"testing"

	"ptreview/cmd/ptreview/internal/eval"
)

// TestPublicCases reviews the cases of testdata/eval on real kernels: nothing may
// be missed that is not known to be, and nothing be a false alarm. With
// PTREVIEW_FULL=1 it looks at all cases on all their architectures.
func TestPublicCases(t *testing.T) {
	long(t)
	for _, name := range []string{"PTREVIEW_LINUX_6_1", "PTREVIEW_LINUX_6_12", "PTREVIEW_CORPUS"} {
		if os.Getenv(name) == "" {
			t.Skipf("SKIPPED: %s is not set: the public cases are not reviewed", name)
		}
	}
	args := []string{"eval", "--format", "json", "../../testdata/eval"}
	if os.Getenv("PTREVIEW_FULL") == "" {
		args = append(args, "--quick")
	}
	status, out, errs := inProcess(t, args...)
	var r eval.Report
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("got status %d, %s%v", status, errs, err)
	}
	for _, c := range r.Cases {
		tellCase(t, &c)
	}
	if len(r.Cases) < 50 {
		t.Errorf("got %d cases, want all of them", len(r.Cases))
	}
	if r.Differs() != (status == exitFindings) {
		t.Errorf("got exit status %d, want that of the cases", status)
	}
}

// tellCase fails for what differs in a case.
func tellCase(t *testing.T, c *eval.CaseScore) {
	t.Helper()
	for _, e := range c.Missed {
		if e.Missed == "" {
			t.Errorf("%s: missed %s (line %d)", c.Case, e.Expected, e.Line)
		}
	}
	for _, e := range c.Stale {
		t.Errorf("%s: found %s (line %d), which is said to be missed", c.Case, e.Expected, e.Line)
	}
	for _, a := range c.False {
		t.Errorf("%s: false alarm: %s: %s", c.Case, alarmText(&a), a.Message)
	}
	for _, n := range c.NotRun {
		t.Logf("%s: %d not run: %s", c.Case, n.Units, n.Reason)
	}
}
