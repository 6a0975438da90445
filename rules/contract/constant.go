package contract

import (
	"embed"
	"fmt"
	"strings"

	"ptreview/rules/check"
	"ptreview/semantics/facts"
)

//go:embed doc.go
var doc embed.FS

// Constant reports a *_same helper that answers a constant.
var Constant = &check.Rule{
	Name:     "contract/constant",
	Doc:      check.MustDoc(doc, "contract/constant"),
	Severity: check.Warning,
	Scope:    check.PerDefinition,
	Run:      runConstant,
}

func runConstant(p *check.Pass) error {
	d := p.Definition
	after := d.New
	if after == nil || !comparesByName(d.Name()) || len(after.Params) < 2 {
		return nil
	}
	if after.Kind != facts.Constant || len(after.LooksAt) > 0 {
		return nil
	}
	if d.Old != nil && d.Old.Kind == facts.Constant && len(d.Old.LooksAt) == 0 {
		return nil // it was so already
	}
	p.Report(check.Finding{
		Confidence: check.Reachable,
		Helper:     d.Name(),
		Arch:       d.Arch,
		Message: fmt.Sprintf("%s() is constant %s whatever its arguments are%s: entries that differ are called %s, and a caller that compares to notice a change will not",
			d.Name(), after.Value, was(d.Old), sameOrDifferent(after.Value)),
		Location: check.Location{Patch: p.Patch, File: d.Path, Line: d.Line, Side: d.Side},
		Path:     []check.Step{},
	})
	return nil
}

// comparesByName reports whether a name promises a comparison of two entries:
// pte_same, hash__pmd_same.
func comparesByName(name string) bool { return strings.HasSuffix(name, "_same") }

func was(before *facts.Meaning) string {
	if before == nil {
		return ""
	}
	return " (it " + before.Text + " before)"
}

func sameOrDifferent(value string) string {
	if value == "0" || value == "false" {
		return "different even where they are the same"
	}
	return "the same"
}
