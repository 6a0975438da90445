package report

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"ptreview/rules/check"
)

// finding writes one finding.
func (t *text) finding(f *check.Finding) {
	where := Clean(f.Arch)
	switch {
	case isOld(f):
		where += ", was there before"
	case f.FirstBadPatch > 0: // of an audit there is none
		where += fmt.Sprintf(", patch %d", f.FirstBadPatch)
	}
	t.printf("%s %s  %s, %s\n", t.severity(f.Severity), t.bold(f.Rule), where, f.Confidence)
	t.location(f.Location)
	if f.FixedByPatch != nil {
		t.wrap("  ", fmt.Sprintf("Patch %d of the series takes this away; it is broken from patch %d on until then.", *f.FixedByPatch, f.FirstBadPatch))
	}
	t.wrap("  ", f.Message+".")
	t.path(f)
	t.sites(f)
	t.where(f.Where)
	if f.FixedByPatch == nil { // who reads about the past needs no proof of it
		t.evidence(f.Evidence)
	}
	t.advice(f)
	t.printf("  %s\n\n", t.faint(f.See))
}

// hunkLines is how many lines of a hunk stand before and behind the one that
// is meant.
const hunkLines = 2

// location quotes the changed line, with its hunk where that is at hand.
func (t *text) location(l check.Location) {
	if l.File == "" {
		return
	}
	t.printf("  %s\n", t.place(l.File, l.Line, t.bold))
	h := t.m.Hunk(l)
	if h == nil || h.At < 0 {
		if l.Text != "" {
			mark := "+ "
			switch {
			case l.Patch == 0:
				mark = "" // nobody changed it
			case l.Side == "before":
				mark = "- "
			}
			t.code("    ", mark+l.Text)
		}
		return
	}
	first, last := max(0, h.At-hunkLines), min(len(h.Lines)-1, h.At+hunkLines)
	for i := first; i <= last; i++ {
		line := h.Lines[i]
		mark := "    "
		if i == h.At {
			mark = "  > "
		}
		t.code(mark, strings.TrimRight(string(line.Op)+line.Text, " \t"))
	}
}

// code writes a line of source as it stands, cut where the screen ends. Lines of
// a patch have the colours that git gives them.
func (t *text) code(indent, line string) {
	line = indent + Clean(expandTabs(line))
	if utf8.RuneCountInString(line) > t.width() {
		line = string([]rune(line)[:t.width()-1]) + "…"
	}
	line = strings.TrimRight(line, " ")
	color := ""
	switch op := strings.TrimPrefix(line, indent); {
	case strings.HasPrefix(op, "+"):
		color = "2"
	case strings.HasPrefix(op, "-"):
		color = "1"
	}
	t.printf("%s\n", t.style(line, strings.HasPrefix(indent, "  >"), color))
}

// tabWidth is how far a tab goes in kernel source.
const tabWidth = 8

// expandTabs replaces tabs of a line, whose first column is an operator of the
// diff.
func expandTabs(line string) string {
	var b strings.Builder
	column := -1
	for _, r := range line {
		if r != '\t' {
			b.WriteRune(r)
			column++
			continue
		}
		n := tabWidth - max(column, 0)%tabWidth
		b.WriteString(strings.Repeat(" ", n))
		column += n
	}
	return b.String()
}

// path writes the way to the trap, each step with the line that takes it.
func (t *text) path(f *check.Finding) {
	if len(f.Path) < 2 && f.Trap == nil {
		return
	}
	t.printf("  path\n")
	for i, s := range f.Path {
		name := s.Function
		if s.Macro {
			name += " (macro)"
		}
		indent := "    " + strings.Repeat("  ", i)
		t.printf("%s%s  %s\n", indent, t.bold(name), t.place(s.File, s.Line, t.faint))
		last := i == len(f.Path)-1 && f.Trap != nil && f.Trap.Line == s.Line && f.Trap.File == s.File
		if source := t.m.Source(f.FirstBadPatch, s.File, s.Line, s.Line); source != nil && !last {
			t.code(indent+"    ", strings.TrimSpace(source[0]))
		}
	}
	if f.Trap != nil {
		t.printf("    %s%s\n", strings.Repeat("  ", len(f.Path)), t.style(firstNonEmpty(f.Trap.Text, f.Trap.Kind), true, "1"))
	}
	if len(f.Guards) > 0 {
		t.wrap("  ", "guards: "+strings.Join(f.Guards, ", "))
	}
}

// where lists the configurations and machines that have a finding.
func (t *text) where(list []check.Where) {
	if len(list) == 0 {
		return
	}
	t.printf("  where\n")
	for _, w := range list {
		parts := append([]string(nil), w.Fragment...)
		if w.Machine != "" {
			parts = append(parts, w.Machine)
		}
		if len(parts) == 0 {
			parts = []string{"every configuration of the class"}
		}
		t.wrap("    ", strings.Join(parts, " "))
		t.wrapAs("      ", w.Class, t.faint)
		if len(w.Needs) > 0 {
			t.wrap("      ", onlyWith(w.Needs))
		}
		if w.BugTable != "" {
			t.wrapAs("      ", "A compiler shows it: __bug_table of "+w.Object+" has "+w.BugTable+".", t.faint)
		}
	}
}

// onlyWith says which unusual symbols all configurations of a class have.
func onlyWith(needs []string) string {
	lines := make([]string, len(needs))
	for i, n := range needs {
		lines[i] = "CONFIG_" + n + "=y"
	}
	return "only with " + strings.Join(lines, " and ")
}
