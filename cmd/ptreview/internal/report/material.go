package report

import (
	"slices"
	"strings"

	"ptreview/parse/patch"
	"ptreview/parse/series"
	"ptreview/parse/tree"
	"ptreview/rules/check"
)

// Material is what a face is made from: a report, and what it speaks of as far
// as that is at hand. Only Report is always there.
type Material struct {
	Report *check.Report
	// Series has the mails; nil where commits were reviewed, or a report was
	// read from a file.
	Series *series.Series
	// Applied is the series on its tree, the base first; nil without either.
	Applied []*series.Prefix
	// Trees are the trees after each patch, the base first.
	Trees []tree.Tree
}

// Hunk is the part of a patch around a line.
type Hunk struct {
	Header string // "@@ -1,3 +1,4 @@ section"
	Lines  []patch.Line
	At     int // which of Lines is meant, -1 if none is
	// Mail is the patch's mail and MailLine the line of it that is meant, ""
	// and 0 where there is none.
	Mail     string
	MailLine int
}

// Source returns the lines first to last of a file after patch k, those that
// there are, from 1; nil if the tree is not at hand.
func (m *Material) Source(k int, file string, first, last int) []string {
	if k < 0 || k >= len(m.Trees) || file == "" {
		return nil
	}
	data, err := m.Trees[k].ReadFile(file)
	if err != nil {
		return nil
	}
	lines := textLines(data)
	first, last = max(first, 1), min(last, len(lines))
	if first > last {
		return nil
	}
	return lines[first-1 : last]
}

// Patch returns the mail of patch n, from 1; nil if it came otherwise.
func (m *Material) Patch(n int) *series.Patch {
	if m.Series == nil || n < 1 || n > len(m.Series.Patches) {
		return nil
	}
	return m.Series.Patches[n-1]
}

// Hunk returns the hunk of a patch that has a location's line; nil where the
// patch is not at hand or does not touch the line.
func (m *Material) Hunk(l check.Location) *Hunk {
	if p := m.Patch(l.Patch); p != nil {
		return m.mailHunk(p, l)
	}
	return m.treeHunk(l)
}

// mailHunk finds the hunk in the mail.
func (m *Material) mailHunk(p *series.Patch, l check.Location) *Hunk {
	mailLine := m.mailLine(l)
	for _, f := range p.Diff.Files {
		if f.NewPath != l.File && f.OldPath != l.File {
			continue
		}
		for _, h := range f.Hunks {
			at := slices.IndexFunc(h.Lines, func(line patch.Line) bool { return mailLine != 0 && line.MailLine == mailLine })
			if mailLine == 0 {
				at = numbered(h, l)
			}
			if at >= 0 {
				return &Hunk{Header: h.Header(), Lines: h.Lines, At: at, Mail: p.Diff.Mail, MailLine: h.Lines[at].MailLine}
			}
		}
	}
	return nil
}

// mailLine is the line of the mail that made a line of the tree what it is, 0
// if the series was not applied.
func (m *Material) mailLine(l check.Location) int {
	if l.Patch >= len(m.Applied) || m.Applied[l.Patch].Result == nil {
		return 0
	}
	for _, c := range m.Applied[l.Patch].Result.Changes {
		refs := c.Added
		if l.Side == "before" {
			refs = c.Removed
		}
		if c.Path != l.File && c.From != l.File {
			continue
		}
		for _, r := range refs {
			if r.Line == l.Line {
				return r.MailLine
			}
		}
	}
	return 0
}

// numbered finds a line by the numbers of the hunk itself, -1 if it has none.
func numbered(h *patch.Hunk, l check.Location) int {
	before, after := h.OldStart, h.NewStart
	for i, line := range h.Lines {
		switch {
		case l.Side == "before" && line.Op != '+' && before == l.Line:
			return i
		case l.Side != "before" && line.Op != '-' && after == l.Line:
			return i
		}
		if line.Op != '+' {
			before++
		}
		if line.Op != '-' {
			after++
		}
	}
	return -1
}

// textLines are the lines of a text without their newlines.
func textLines(text []byte) []string {
	if len(text) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}
