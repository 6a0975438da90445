package report

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"ptreview/parse/history"
	"ptreview/parse/patch"
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

// There are two places of a changed line. Who reads patch by patch – a mail, the
// lines of checkpatch, a terminal – is told the line in the file as the finding's
// own patch leaves it (lineAfter). Who shows the file itself – code scanning, a
// pull request, a CI system – has the tree that the whole series leaves, and is
// told the line there (placeNow).

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

// placeNow is the file and the line of a location in the tree that the whole
// series leaves. A line that is gone by then stands for what is there instead.
// file is "" for a place that no file of the tree has.
func placeNow(m *Material, l check.Location) (file string, line int, gone bool) {
	file, line, gone = carried(m, l.File, lineAfter(m, l), l.Patch)
	return treePath(file), line, gone || l.Side == "before"
}

// nowAt writes the place of a finding in the tree that the series leaves with a
// colon and a blank, "" if it has none.
func nowAt(m *Material, f *check.Finding) string {
	file, line, _ := placeNow(m, f.Location)
	if file == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", Clean(file), line)
}

// carried follows a line of a file after patch k through the later patches, also
// where they rename the file. A line that they take away stands for what is there
// instead, and is gone.
func carried(m *Material, file string, line, k int) (now string, at int, gone bool) {
	last := len(m.Trees) - 1
	if k < 0 || k >= last || treePath(file) == "" {
		return file, line, false
	}
	old, err := m.Trees[k].ReadFile(file)
	if err != nil {
		return file, line, false
	}
	now = renamed(m, file, k)
	young, err := m.Trees[last].ReadFile(now)
	if err != nil {
		return file, line, true
	}
	d := history.DiffLines(old, young)
	at = line // which of the lines in both it is, from 1
	for _, n := range d.Removed {
		if n <= line {
			at--
		}
		gone = gone || n == line
	}
	for _, n := range d.Added {
		if n <= at {
			at++
		}
	}
	if gone {
		at++ // what follows the line before it
	}
	return now, min(at, max(1, len(textLines(young)))), gone
}

// renamed is the name in the end of a file that patch k leaves, as far as the
// patches say so.
func renamed(m *Material, file string, k int) string {
	for _, p := range m.Applied[min(k+1, len(m.Applied)):] {
		if p.Result == nil {
			continue
		}
		for _, c := range p.Result.Changes {
			if c.From == file && c.Op == patch.Rename {
				file = c.Path
				break
			}
		}
	}
	return file
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
		list = append(list, placed(m, f.Location.Patch, file, line, text))
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
	file, line, _ := placeNow(m, f.Location)
	seen := map[at]bool{{file, line}: true}
	var list []relatedPlace
	places := followed(m, f)
	for _, x := range f.Sites {
		places = append(places, placed(m, f.Location.Patch, x.File, x.Line, siteText(x)))
	}
	for _, p := range places {
		if here := (at{p.file, p.line}); p.file != "" && p.line > 0 && !seen[here] {
			seen[here] = true
			list = append(list, p)
		}
	}
	return list
}

// placed is what happens at a place of the tree after patch k.
func placed(m *Material, k int, file string, line int, text string) relatedPlace {
	now, at, gone := carried(m, file, line, k)
	if gone {
		text += " (gone at the end of the series)"
	}
	return relatedPlace{treePath(now), at, Clean(text)}
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
			list = append(list, Clean(fmt.Sprintf("%s: %s not run: %s", c.Arch, plural(n.Units, "unit", "units"), n.Reason)))
		}
	}
	return list
}

// countsText counts what came of all units.
func countsText(r *check.Report) string {
	clean, notRun := unitCounts(r)
	return fmt.Sprintf("%s%s, %s clean, %d not run", plural(len(told(r)), "finding", "findings"), besides(r), plural(clean, "unit", "units"), notRun)
}
