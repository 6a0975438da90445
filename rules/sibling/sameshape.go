package sibling

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ptreview/rules/check"
)

//go:embed doc.go
var doc embed.FS

// SameShape notes helpers of other architectures that have what a patch takes out
// of one.
var SameShape = &check.Rule{
	Name:     "sibling/same-shape",
	Doc:      check.MustDoc(doc, "sibling/same-shape"),
	Severity: check.Note,
	Advice:   "look whether the other architecture needs the same change, or say why not",
	Scope:    check.PerDefinition,
	Run:      runSameShape,
}

func runSameShape(p *check.Pass) error {
	d := p.Definition
	if d.Arch == "generic" || d.Before == nil || d.After == nil || !d.Function() || d.Before.Text == d.After.Text || !p.HasTree() {
		return nil
	}
	c := compare(shapeOf(d.Before.Text), shapeOf(d.After.Text))
	if len(c.gone) == 0 && !c.rewritten {
		return nil
	}
	told := make(map[string]bool)
	others, err := p.ArchDefinitionsAtEnd(d.Name())
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.Arch != d.Arch && !told[o.Arch] && c.isIn(shapeOf(o.Text)) {
			told[o.Arch] = true
			report(p, d, c, o)
		}
	}
	return nil
}

func report(p *check.Pass, d *check.DefinitionChange, c change, o check.ArchDefinition) {
	did, has := "changes", "is what it was before the patch"
	if len(c.gone) > 0 {
		did, has = "no longer does "+spelled(c.gone, d.Before.Text), "still has that around the same code"
	}
	p.Report(check.Finding{
		Confidence: check.Possible,
		Helper:     d.Name(),
		Arch:       o.Arch,
		Where:      []check.Where{},
		Location:   d.Location(p.Patch),
		Path:       []check.Step{{Function: o.Name, File: o.Path, Line: o.First}},
		Message:    fmt.Sprintf("%s() of %s %s, and %s() of %s %s (%s:%d)", d.Name(), d.Arch, did, d.Name(), o.Arch, has, o.Path, o.First),
	})
}

// spelled writes statements of a definition as C does.
func spelled(statements []string, definition string) string {
	text := strings.Join(statements, "; ")
	words := strings.Fields(definition)
	params, _ := parameters(words, slices.Index(words, "("))
	for name, n := range params {
		text = strings.ReplaceAll(text+" ", "$"+strconv.Itoa(n)+" ", name+" ")
	}
	text = strings.TrimSpace(text)
	for _, r := range [][2]string{{" ( ", "("}, {" )", ")"}, {" ,", ","}} {
		text = strings.ReplaceAll(text, r[0], r[1])
	}
	return text
}
