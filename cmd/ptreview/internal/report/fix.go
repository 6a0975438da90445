package report

import (
	"fmt"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"ptreview/rules/check"
)

// repair is a fix as those who show a file can take it.
type repair struct {
	file   string
	behind int    // the line of the tree that the series leaves
	old    string // what stands there
	text   string
}

// repairOf returns what mends a finding in the tree that the series leaves, nil if
// that is not known, or if its line is gone by then or not at hand.
func repairOf(m *Material, f *check.Finding) *repair {
	if f.Fix == nil {
		return nil
	}
	now, line, gone := carried(m, f.Fix.File, f.Fix.Line, f.FirstBadPatch)
	old := m.Source(len(m.Trees)-1, now, line, line)
	if gone || treePath(now) == "" || len(old) != 1 || Clean(expandTabs(old[0])) != expandTabs(old[0]) {
		return nil
	}
	return &repair{treePath(now), line, old[0], Clean(f.Fix.Text)}
}

// fix writes the line that mends a finding.
func (t *text) fix(f *check.Finding) {
	if f.Fix == nil {
		return
	}
	t.wrap("    ", fmt.Sprintf("behind %s:%d:", f.Fix.File, f.Fix.Line))
	t.code("      ", f.Fix.Text)
}

// rdSuggestion takes the place of whole lines, in a file that the diagnostic's
// location names.
type rdSuggestion struct {
	Range rdRange `json:"range"`
	Text  string  `json:"text"`
}

// rdSuggestions offers what mends a finding, which reviewdog can only do in the
// file that the finding is in.
func rdSuggestions(m *Material, f *check.Finding, file string) []rdSuggestion {
	r := repairOf(m, f)
	if r == nil || r.file != file {
		return nil
	}
	at := rdPosition{r.behind}
	return []rdSuggestion{{rdRange{at, at}, r.old + "\n" + r.text}}
}

// sarifFix puts a line behind another one.
func sarifFix(r *repair, advice string) *sarif.Fix {
	change := sarif.NewArtifactChange().WithArtifactLocation(sarif.NewArtifactLocation().WithURI(relativeURI(r.file))).
		AddReplacement(sarif.NewReplacement().
			WithDeletedRegion(sarif.NewRegion().WithStartLine(r.behind + 1).WithStartColumn(1).WithEndColumn(1)).
			WithInsertedContent(sarif.NewArtifactContent().WithText(r.text + "\n")))
	return sarif.NewFix().WithDescription(sarif.NewTextMessage(Clean(advice))).AddArtifactChange(change)
}
