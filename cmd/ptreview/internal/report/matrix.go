package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"ptreview/rules/check"
)

// The marks of the matrix, for all units of work of a class.
const (
	cleanMark   = '.'
	findingMark = '!'
	notRunMark  = '?'
)

// markOf is the worst that a class has: a finding, then what was not run.
func markOf(c *check.ClassInfo) rune {
	switch {
	case c.Findings > 0:
		return findingMark
	case c.NotRun > 0:
		return notRunMark
	}
	return cleanMark
}

// matrixName is the width of the column with the architectures.
const matrixName = 12

// matrixMarks is how many marks leave room for the counts beside them.
const matrixMarks = 16

// matrix writes a row for each architecture with a mark for each class, and
// names the classes that are not clean.
func (t *text) matrix(list []check.Coverage) {
	if len(list) == 0 {
		return
	}
	t.printf("%s  %s\n", t.bold("coverage"), t.faint("a mark for each class of configurations: . clean, ! finding, ? not run"))
	for i := range list {
		t.matrixRow(&list[i])
	}
	for _, c := range list {
		for _, n := range c.NotRun {
			t.item(fmt.Sprintf("not run on %s, %s: %s", c.Arch, plural(n.Units, "unit", "units"), n.Reason))
		}
	}
	t.printf("\n")
}

func (t *text) matrixRow(c *check.Coverage) {
	notRun := notRunUnits(c)
	counts := fmt.Sprintf("%d clean", c.Clean)
	if c.Findings > 0 {
		counts += fmt.Sprintf(", %d with findings", c.Findings)
	}
	if notRun > 0 {
		counts += fmt.Sprintf(", %d not run", notRun)
	}
	if n := len(c.Machines); n > 1 {
		counts += fmt.Sprintf(", %d machines", n)
	}
	marks := make([]rune, 0, len(c.Classes))
	for i := range c.Classes {
		marks = append(marks, markOf(&c.Classes[i]))
	}
	lines := chunks(marks, width-matrixName-4)
	if len(lines) == 0 {
		lines = [][]rune{nil}
	}
	name := c.Arch
	for _, line := range lines[:len(lines)-1] {
		t.printf("  %s  %s\n", pad(Clean(name), matrixName), t.marks(line))
		name = ""
	}
	last := lines[len(lines)-1]
	room := max(matrixMarks-len(last), 0)
	t.printf("  %s  %s%s", pad(Clean(name), matrixName), t.marks(last), strings.Repeat(" ", room))
	if len(last)+room+matrixName+6+utf8.RuneCountInString(counts) > width {
		t.printf("\n    ")
	}
	t.printf("  %s\n", t.faint(counts))
	for i := range c.Classes {
		if m := markOf(&c.Classes[i]); m != cleanMark {
			t.wrap("    ", fmt.Sprintf("%c %d %s", m, i+1, c.Classes[i].ID))
		}
	}
}

// marks colours a row of marks.
func (t *text) marks(list []rune) string {
	var b strings.Builder
	for _, run := range slices.Collect(runs(list)) {
		color := map[rune]string{findingMark: "1", notRunMark: "3", cleanMark: "2"}[run[0]]
		b.WriteString(t.style(string(run), run[0] != cleanMark, color))
	}
	return b.String()
}
