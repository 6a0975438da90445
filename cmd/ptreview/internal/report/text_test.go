package report

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/muesli/termenv"

	"ptreview/rules/check"
)

func TestPlaceBeside(t *testing.T) {
	const file = "arch/powerpc/include/asm/book3s/64/pgtable.h"
	for _, tt := range []struct {
		code int // its columns
		want string
		ok   bool
	}{
		{10, file + ":1250", true},
		{29, file + ":1250", true},
		{30, "…/powerpc/include/asm/book3s/64/pgtable.h:1250", true},
		{60, "pgtable.h:1250", true},
		{59, "…/64/pgtable.h:1250", true},
		{64, "pgtable.h:1250", true},
		{65, file + ":1250", false},
		{200, file + ":1250", false},
	} {
		got, ok := placeBeside(strings.Repeat("x", tt.code), file, 1250, 80)
		if got != tt.want || ok != tt.ok {
			t.Errorf("beside %d columns: got %q, %v, want %q, %v", tt.code, got, ok, tt.want, tt.ok)
		}
	}
}

// sample has long prose, long code and what a hostile mail may put anywhere.
func sample() *check.Report {
	fixed := 2
	long := strings.Repeat("word ", 40)
	f := check.Finding{
		Rule: "trap/x", Severity: check.Error, Confidence: check.Executed, Arch: "powerpc", FirstBadPatch: 1,
		Message: long, Advice: "mend it", Helper: "h", Entry: "e", See: "ptreview explain trap/x",
		Location: check.Location{Patch: 1, File: "mm/a.c", Line: 3, Side: "after", Text: "\x1b]0;title\x07a();"},
		Where:    []check.Where{{Class: "powerpc/x", Fragment: strings.Fields(long), Needs: []string{"COMPILE_TEST", "EXPERT"}, Object: "mm/a.o", BugTable: "mm/a.c:3 inside e"}},
		Path:     []check.Step{{Function: "e", File: "mm/a.c", Line: 3}, {Function: "h", File: "mm/a.h", Line: 4, Macro: true}},
		Guards:   []string{"a", "b"},
		Trap:     &check.Trap{Kind: "BUG", File: "mm/a.h", Line: 4, Text: "BUG();"},
		Evidence: &check.Evidence{Inputs: []string{"a: " + long}, Counterexample: []string{long}, Trace: []check.TraceLine{
			{Function: "e", File: "mm/a.c", Line: 3, Text: strings.Repeat("f(", 37)},
			{Function: "h", File: "mm/a.h", Line: 4, Depth: 1, Text: "BUG();"},
		}},
	}
	repaired := f
	repaired.Severity, repaired.FixedByPatch = check.Note, &fixed
	return &check.Report{
		Series:   check.SeriesInfo{Subject: "mm: \x1b[2Ja\nb", Patches: []check.PatchInfo{{N: 1, Subject: "\x1b[31mone"}, {N: 2, Subject: "two"}}},
		Findings: []check.Finding{f, repaired},
		Helpers:  []check.HelperChange{{Patch: 1, Helper: "h", Arch: "powerpc", File: "mm/a.h", Line: 4, Before: "traps (BUG)"}},
		Notes:    []string{long},
		Coverage: []check.Coverage{{Arch: "powerpc", Units: 2, Clean: 1, NotRun: []check.NotRunCount{{Reason: long, Units: 1}}}},
	}
}

func TestTextStaysWithinColumns(t *testing.T) {
	var b strings.Builder
	if err := Text(&b, &Material{Report: sample()}, Options{Profile: termenv.Ascii, Stats: true}); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(b.String(), "\n") {
		if n := utf8.RuneCountInString(line); n > width {
			t.Errorf("got a line of %d columns, want at most %d: %q", n, width, line)
		}
		if strings.TrimRight(line, " ") != line {
			t.Errorf("got blanks at the end of %q", line)
		}
	}
	if n := strings.Count(b.String(), "\n  trace\n"); n != 1 {
		t.Errorf("got %d traces, want only that of the finding that stays", n)
	}
	for _, want := range []string{"  guards: a, b\n", "      only with CONFIG_COMPILE_TEST=y and CONFIG_EXPERT=y\n", "      h (macro)  mm/a.h:4\n", "        BUG();\n", "2 of the series takes this away", "    after:  not defined here\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got no %q in\n%s", want, &b)
		}
	}
}

// TestTextIsSafe checks that no control character of the input reaches the
// terminal, with and without colours of our own.
func TestTextIsSafe(t *testing.T) {
	for _, profile := range []termenv.Profile{termenv.Ascii, termenv.ANSI256} {
		var b strings.Builder
		if err := Text(&b, &Material{Report: sample()}, Options{Profile: profile}); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		for _, bad := range []string{"\x1b]", "\x1b[2J", "\x1b[31mone", "\x07"} {
			if strings.Contains(out, bad) {
				t.Errorf("profile %v: got %q in the output", profile, bad)
			}
		}
		if got := strings.Contains(out, "\x1b["); got != (profile != termenv.Ascii) {
			t.Errorf("profile %v: got colours %v", profile, got)
		}
	}
}

func TestDefinitions(t *testing.T) {
	var b strings.Builder
	err := Definitions(&b, []Definition{
		{"arm64", "include/linux/a.h", 7, "constant 0", "CONFIG_MMU"},
		{"powerpc", "include/linux/a.h", 7, "constant 0", "CONFIG_MMU && !CONFIG_X"},
		{"powerpc", "arch/powerpc/include/asm/a.h", 9, "traps (BUG)", "CONFIG_X"},
		{"s390", "include/linux/a.h", 7, "constant 1", "CONFIG_MMU"},
		{"x86", "include/linux/a.h", 7, "constant 0", "CONFIG_MMU"},
	}, termenv.Ascii)
	if err != nil {
		t.Fatal(err)
	}
	const want = `arch/powerpc/include/asm/a.h:9  traps (BUG)
  powerpc: CONFIG_X
include/linux/a.h:7  constant 0
  arm64, x86: CONFIG_MMU
  powerpc: CONFIG_MMU && !CONFIG_X
include/linux/a.h:7  constant 1
  s390: CONFIG_MMU
`
	if b.String() != want {
		t.Errorf("got\n%s, want\n%s", &b, want)
	}
}
