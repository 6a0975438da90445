package report

import (
	"fmt"

	"ptreview/parse/history"
	"ptreview/parse/patch"
	"ptreview/rules/check"
)

// hunkContext is how many unchanged lines stand around changes, as in git.
const hunkContext = 3

// treeHunk makes the hunk of a commit from the trees before and after it.
func (m *Material) treeHunk(l check.Location) *Hunk {
	if l.Patch < 1 || l.Patch >= len(m.Trees) || l.File == "" {
		return nil
	}
	before, _ := m.Trees[l.Patch-1].ReadFile(l.File) // a file that is new has none
	after, err := m.Trees[l.Patch].ReadFile(l.File)
	if err != nil {
		return nil
	}
	lines := diffed(before, after)
	at := -1
	for i, d := range lines {
		if l.Side == "before" && d.old == l.Line && d.Op == '-' || l.Side != "before" && d.young == l.Line && d.Op != '-' {
			at = i
		}
	}
	if at < 0 {
		return nil
	}
	first, last := around(lines, at)
	h := &Hunk{At: at - first}
	var oldLines, newLines int
	for _, d := range lines[first : last+1] {
		h.Lines = append(h.Lines, d.Line)
		if d.Op != '+' {
			oldLines++
		}
		if d.Op != '-' {
			newLines++
		}
	}
	h.Header = fmt.Sprintf("@@ -%d,%d +%d,%d @@", lines[first].old, oldLines, lines[first].young, newLines)
	return h
}

// diffLine is a line of a diff with the numbers that it has, or that the next
// line has, on both sides.
type diffLine struct {
	patch.Line
	old, young int
}

// diffed is the diff of two texts as one hunk.
func diffed(before, after []byte) []diffLine {
	removed, added := make(map[int]bool), make(map[int]bool)
	d := history.DiffLines(before, after)
	for _, n := range d.Removed {
		removed[n] = true
	}
	for _, n := range d.Added {
		added[n] = true
	}
	olds, youngs := textLines(before), textLines(after)
	var list []diffLine
	for o, y := 1, 1; o <= len(olds) || y <= len(youngs); {
		line := diffLine{old: o, young: y}
		switch {
		case o <= len(olds) && removed[o]:
			line.Op, line.Text = '-', olds[o-1]
			o++
		case y <= len(youngs) && (added[y] || o > len(olds)):
			line.Op, line.Text = '+', youngs[y-1]
			y++
		case y > len(youngs):
			return list
		default:
			line.Op, line.Text = ' ', youngs[y-1]
			o, y = o+1, y+1
		}
		list = append(list, line)
	}
	return list
}

// around returns the first and last line of the hunk that has a line.
func around(lines []diffLine, at int) (first, last int) {
	first, last = at, at
	for quiet, i := 0, at-1; i >= 0 && quiet < 2*hunkContext; i-- {
		quiet++
		if lines[i].Op != ' ' {
			quiet, first = 0, i
		}
	}
	for quiet, i := 0, at+1; i < len(lines) && quiet < 2*hunkContext; i++ {
		quiet++
		if lines[i].Op != ' ' {
			quiet, last = 0, i
		}
	}
	return max(0, first-hunkContext), min(len(lines)-1, last+hunkContext)
}
