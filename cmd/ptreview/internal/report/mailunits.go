package report

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"ptreview/parse/series"
	"ptreview/rules/check"
)

// looked is what a mail tells of what was looked at and what was not.
type looked struct {
	coverage []check.Coverage
	// reasons says for each of coverage that they are told, not only counted.
	reasons []bool
	notes   []string
	gaps    []check.Gap
	// further counts what concerns other patches and is told in no detail here.
	further int
}

// everything is for a mail that speaks of the whole series.
func everything(r *check.Report) looked {
	l := looked{coverage: r.Coverage, notes: r.Notes, gaps: r.Gaps}
	for range r.Coverage {
		l.reasons = append(l.reasons, true)
	}
	return l
}

// concerning is for the mail that tells findings of patch p: the architectures
// that they are of, and notes about p. The first mail also counts the rest, and
// has the notes that are about no patch.
func concerning(m *Material, p *series.Patch, of []*check.Finding, first bool) looked {
	var l looked
	named := func(arch string) bool {
		return slices.ContainsFunc(of, func(f *check.Finding) bool { return f.Arch == arch })
	}
	for _, c := range m.Report.Coverage {
		if named(c.Arch) || first {
			l.coverage = append(l.coverage, c)
			l.reasons = append(l.reasons, named(c.Arch))
		}
		if !named(c.Arch) {
			l.further += len(c.NotRun)
		}
	}
	for _, n := range m.Report.Notes {
		ofNone := !slices.ContainsFunc(m.Series.Patches, func(p *series.Patch) bool { return names(n, p) })
		if names(n, p) || ofNone && first {
			l.notes = append(l.notes, n)
		} else {
			l.further++
		}
	}
	for _, g := range m.Report.Gaps {
		if named(g.Arch) {
			l.gaps = append(l.gaps, g)
		} else {
			l.further++
		}
	}
	return l
}

// names reports whether a note names the file of a patch.
func names(note string, p *series.Patch) bool { return p.File != "" && strings.Contains(note, p.File) }

// units says what was looked at, and what was not and why. before is the patch
// that the first mail answers, nil if this one is it.
func (b *mailBody) units(l looked, before *series.Patch) {
	b.own(func(t *text) {
		t.wrap("", "Looked at, in the whole series, in units of one function in one class of configurations on one machine:")
		for i := range l.coverage {
			c := &l.coverage[i]
			t.printf("  %-10s %d clean, %d with findings, %d not run\n", Clean(c.Arch), c.Clean, c.Findings, notRunUnits(c))
			if !l.reasons[i] {
				continue
			}
			for _, n := range c.NotRun {
				t.paragraph("    ", "      ", fmt.Sprintf("%d not run: %s", n.Units, n.Reason), Clean)
			}
		}
		if n := len(known(b.m.Report)); n > 0 && before == nil {
			t.wrap("", fmt.Sprintf("%s of the series not told again.", plural(n, "known finding is", "known findings are")))
		}
		b.list(t, "about the input", l.notes)
		var gaps []string
		for _, g := range l.gaps {
			gaps = append(gaps, g.Arch+": "+g.What+": "+g.Reason)
		}
		b.list(t, "not read", gaps)
		switch {
		case before != nil:
			t.wrap("", fmt.Sprintf("The reply to patch %d counts the rest of the series.", before.Position))
		case l.further > 0:
			t.wrap("", fmt.Sprintf("%s about other architectures and patches in the report.", plural(l.further, "more reason or note is", "more reasons and notes are")))
		}
	})
	b.blank()
}

// list writes lines below a title, nothing if there are none.
func (b *mailBody) list(t *text, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	t.printf("  %s\n", title)
	for _, line := range lines {
		t.paragraph("    ", "      ", b.public(line), Clean)
	}
}

// public leaves out of a text where mails and the tree lie on the machine that
// reviewed them, which is nobody's business.
func (b *mailBody) public(s string) string {
	names := []string{b.m.Report.Tree.Source}
	for _, p := range b.m.Series.Patches {
		names = append(names, p.File)
	}
	for _, name := range names {
		if strings.Contains(name, "/") {
			s = strings.ReplaceAll(s, name, path.Base(name))
		}
	}
	return s
}
