package report

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"ptreview/rules/check"
)

// treePath is a path within the tree as others may follow it; "" for one that
// leads out of it.
func treePath(file string) string {
	if file == "" || !filepath.IsLocal(file) {
		return ""
	}
	return path.Clean(file)
}

// lineAfter is the line of a location in the file as its patch leaves it. What
// a patch takes away stands for the line that follows it then: those who show a
// file have only what there is.
func lineAfter(m *Material, l check.Location) int {
	if l.Side != "before" {
		return l.Line
	}
	h := m.Hunk(l)
	if h == nil || h.At < 0 {
		return l.Line
	}
	// The hunk may stand elsewhere than its header says, but as far off on both
	// sides.
	var before, young, ignored int
	if n, _ := fmt.Sscanf(h.Header, "@@ -%d,%d +%d,%d @@", &before, &ignored, &young, &ignored); n != 4 {
		return l.Line
	}
	line := l.Line + young - before
	for _, x := range h.Lines[:h.At] {
		switch x.Op {
		case '+':
			line++
		case '-':
			line--
		}
	}
	return max(1, line)
}

// relatedPlace is a place that a finding is about, other than the changed line.
type relatedPlace struct {
	file    string // "" for one that leads out of the tree
	line    int
	message string
}

// followed are the places of a finding's path, the trap last.
func followed(f *check.Finding) []relatedPlace {
	var list []relatedPlace
	for i, s := range f.Path {
		text := s.Function + "()"
		switch {
		case i+1 < len(f.Path):
			text += " uses " + f.Path[i+1].Function + "()"
		case f.Trap != nil && f.Trap.File == s.File && f.Trap.Line == s.Line:
			text += ": " + trapText(f.Trap)
		}
		list = append(list, relatedPlace{treePath(s.File), s.Line, Clean(text)})
	}
	if t := f.Trap; t != nil && t.File != "" {
		if n := len(f.Path); n == 0 || f.Path[n-1].File != t.File || f.Path[n-1].Line != t.Line {
			list = append(list, relatedPlace{treePath(t.File), t.Line, Clean(trapText(t))})
		}
	}
	return list
}

// related are those places that are not the changed line itself, each once, and
// that are in the tree.
func related(m *Material, f *check.Finding) []relatedPlace {
	type at struct {
		file string
		line int
	}
	seen := map[at]bool{{treePath(f.Location.File), lineAfter(m, f.Location)}: true}
	var list []relatedPlace
	for _, p := range followed(f) {
		if here := (at{p.file, p.line}); p.file != "" && p.line > 0 && !seen[here] {
			seen[here] = true
			list = append(list, p)
		}
	}
	return list
}

// trapText says what a trap is, with its source line.
func trapText(t *check.Trap) string {
	return strings.TrimSuffix(t.Kind+", "+strings.TrimSpace(t.Text), ", ")
}

// notRunTexts are a sentence for each reason that kept units from being judged.
func notRunTexts(r *check.Report) []string {
	var list []string
	for _, c := range r.Coverage {
		for _, n := range c.NotRun {
			list = append(list, fmt.Sprintf("%s: %s not run: %s", c.Arch, plural(n.Units, "unit", "units"), Clean(n.Reason)))
		}
	}
	return list
}

// countsText counts what came of all units.
func countsText(r *check.Report) string {
	clean, notRun := unitCounts(r)
	return fmt.Sprintf("%s, %s clean, %d not run", plural(len(r.Findings), "finding", "findings"), plural(clean, "unit", "units"), notRun)
}
