package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/semantics/contract"
)

// The laws of linux 6.12: the table of all architectures, and what is known of
// those that are broken.
const (
	lawTable   = "../../testdata/laws/linux-6.12.txt"
	lawsBroken = "../../testdata/laws/linux-6.12.yaml"

	lawsStart = "<!-- laws -->\n```\n"
	lawsEnd   = "```\n<!-- end of laws -->\n"
)

// sampledLaws are the architectures that are asked again in every test: some
// small ones, most of which have something broken or not run.
var sampledLaws = []string{"hexagon", "nios2", "s390", "sparc", "um", "xtensa"}

// lawSummary is a row of README.md.
type lawSummary struct {
	Arch                                     string
	Machines, Proved, Broken, NotRun, Absent int
	Seconds                                  float64
}

func (s *lawSummary) line() string {
	return fmt.Sprintf("%-12s  %8d  %6d  %6d  %7d  %6d  %7.0f\n", s.Arch, s.Machines, s.Proved, s.Broken, s.NotRun, s.Absent, s.Seconds)
}

const lawSummaryHead = "architecture  machines  proved  broken  not run  absent  seconds\n"

// TestLawTable asks the laws of linux 6.12 anew and compares with the table in
// testdata/laws. "PTREVIEW_FULL=1 go test ./cmd/ptreview -run TestLawTable
// -update -timeout 2h" writes it and the summary in README.md; without
// PTREVIEW_FULL a sample is asked.
func TestLawTable(t *testing.T) {
	linux := os.Getenv("PTREVIEW_LINUX_6_12")
	if linux == "" {
		t.Skip("SKIPPED: PTREVIEW_LINUX_6_12 is not set: the laws of a real kernel are not asked")
	}
	full := os.Getenv("PTREVIEW_FULL") != ""
	archs := sampledLaws
	if full {
		archs = lawArchs(linux)
	}
	var made []string
	var summary []lawSummary
	for _, a := range archs {
		text, s := askLaws(t, linux, a)
		made, summary = append(made, text), append(summary, s)
	}
	if *update && full {
		writeLawTable(t, made, summary)
		return
	}
	table, err := os.ReadFile(lawTable)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range made {
		if !strings.Contains(string(table), text) {
			t.Errorf("%s does not have of %s\n%s", lawTable, archs[i], text)
		}
	}
}

// lawArchs are the architectures that a kernel has.
func lawArchs(linux string) []string {
	return slices.DeleteFunc(arch.Builtin().Names(), func(name string) bool {
		_, err := os.Stat(filepath.Join(linux, "arch", name))
		return err != nil
	})
}

// askLaws returns the part of the table for one architecture. Everything that
// is broken has to be explained, and nothing else.
func askLaws(t *testing.T, linux, name string) (string, lawSummary) {
	t.Helper()
	_, out, errs := inProcess(t, "laws", "--tree", linux, "--arch", name, "--known", lawsBroken, "--format", "json")
	var r lawsReport
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%s: %v: %s", name, err, errs)
	}
	for _, col := range r.Columns {
		for i, c := range col.Cells {
			if c.Status == contract.Broken.String() && c.Known == "" {
				t.Errorf("%s %s: %s is broken, which is not explained: %s", col.Class, col.Machine, r.Laws[i].Name, c.Counterexample)
			}
		}
	}
	for _, k := range r.Kept {
		t.Errorf("%s, line %d: %s is not broken on %s", lawsBroken, k.Line, k.Law, k.Arch)
	}
	var b strings.Builder
	r.text(&b)
	_, text, _ := strings.Cut(b.String(), "\n\n"+name+": ")
	text, _, ok := strings.Cut(text, fmt.Sprintf("\n%d laws, ", len(r.Laws)))
	if !ok {
		t.Fatalf("%s: there is no table: %s%s", name, b.String(), errs)
	}
	count := r.counts(r.Columns)
	return "\n" + name + ": " + text, lawSummary{
		name, len(r.Columns), count[contract.Proved.String()], count[contract.Broken.String()],
		count[contract.NotRun.String()], count[contract.Absent.String()], r.Seconds,
	}
}

// writeLawTable writes the table and its summary in README.md.
func writeLawTable(t *testing.T, made []string, summary []lawSummary) {
	t.Helper()
	head := fmt.Sprintf("What ptreview laws --known linux-6.12.yaml says of linux 6.12: %d laws, on each\nclass and machine of each architecture. + proved, * broken, with the reason,\n? not run, . absent, for all laws of a helper.\n", len(contract.Laws()))
	if err := os.WriteFile(lawTable, []byte(head+strings.Join(made, "")), 0o666); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(readme), lawsStart)
	_, after, ok2 := strings.Cut(rest, lawsEnd)
	if !ok1 || !ok2 {
		t.Fatal("README.md has lost the table of laws")
	}
	sum := lawSummary{Arch: "all"}
	text := lawSummaryHead
	for _, s := range summary {
		text += s.line()
		sum.Machines, sum.Proved, sum.Broken = sum.Machines+s.Machines, sum.Proved+s.Proved, sum.Broken+s.Broken
		sum.NotRun, sum.Absent, sum.Seconds = sum.NotRun+s.NotRun, sum.Absent+s.Absent, sum.Seconds+s.Seconds
	}
	text += sum.line()
	if err := os.WriteFile("../../README.md", []byte(before+lawsStart+text+lawsEnd+after), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestLawSummary compares the summary in README.md with the table.
func TestLawSummary(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, ok := strings.Cut(string(readme), lawsStart+lawSummaryHead)
	if !ok {
		t.Fatal("README.md has lost the table of laws")
	}
	shown, _, _ = strings.Cut(shown, lawsEnd)
	table, err := os.ReadFile(lawTable)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(shown) {
		f := strings.Fields(line)
		if want := fmt.Sprintf("\n%s: %s proved, %s broken, %s not run\n", f[0], f[2], f[3], f[4]); f[0] != "all" && !strings.Contains(string(table), want) {
			t.Errorf("README.md has %q, which %s does not say", strings.TrimSpace(line), lawTable)
		}
	}
}
