package report

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"ptreview/parse/history"
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
// a patch takes away stands for the line that follows it then.
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

// lineNow is the line of a location in the file as the whole series leaves it,
// which is what those who show a file have. One that is gone by then stands for
// what is there instead.
func lineNow(m *Material, l check.Location) (line int, gone bool) {
	line, gone = carried(m, l.File, lineAfter(m, l), l.Patch)
	return line, gone || l.Side == "before"
}

// carried follows a line of a file after patch k through the later patches. One
// that they take away stands for what is there instead, and is gone.
func carried(m *Material, file string, line, k int) (now int, gone bool) {
	last := len(m.Trees) - 1
	if k < 0 || k >= last || treePath(file) == "" {
		return line, false
	}
	old, err := m.Trees[k].ReadFile(file)
	if err != nil {
		return line, false
	}
	young, err := m.Trees[last].ReadFile(file)
	if err != nil {
		return line, false // it has another name now, or is gone
	}
	d := history.DiffLines(old, young)
	now = line // which of the lines in both it is, from 1
	for _, n := range d.Removed {
		if n <= line {
			now--
		}
		gone = gone || n == line
	}
	for _, n := range d.Added {
		if n <= now {
			now++
		}
	}
	if gone {
		now++ // what follows the line before it
	}
	return min(now, max(1, len(textLines(young)))), gone
}

// relatedPlace is a place that a finding is about, other than the changed line.
type relatedPlace struct {
	file    string // "" for one that leads out of the tree
	line    int
	message string
}

// followed are the places of a finding's path, the trap last.
func followed(m *Material, f *check.Finding) []relatedPlace {
	var list []relatedPlace
	add := func(file string, line int, text string) {
		now, gone := carried(m, file, line, f.Location.Patch)
		if gone {
			text += " (gone at the end of the series)"
		}
		list = append(list, relatedPlace{treePath(file), now, Clean(text)})
	}
	for i, s := range f.Path {
		text := s.Function + "()"
		switch {
		case i+1 < len(f.Path):
			text += " uses " + f.Path[i+1].Function + "()"
		case f.Trap != nil && f.Trap.File == s.File && f.Trap.Line == s.Line:
			text += ": " + trapText(f.Trap)
		}
		add(s.File, s.Line, text)
	}
	if t := f.Trap; t != nil && t.File != "" {
		if n := len(f.Path); n == 0 || f.Path[n-1].File != t.File || f.Path[n-1].Line != t.Line {
			add(t.File, t.Line, trapText(t))
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
	line, _ := lineNow(m, f.Location)
	seen := map[at]bool{{treePath(f.Location.File), line}: true}
	var list []relatedPlace
	for _, p := range followed(m, f) {
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
