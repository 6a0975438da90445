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
	confidence, evidence := shown(p)
	p.Report(check.Finding{
		Confidence: confidence,
		Evidence:   evidence,
		Helper:     d.Name(),
		Arch:       d.Arch,
		Message: fmt.Sprintf("%s() is constant %s whatever its arguments are%s: %s",
			d.Name(), after.Value, was(d.Old), consequence(after.Value)),
		Location: d.Location(p.Patch),
		Where:    []check.Where{},
		Path:     []check.Step{},
	})
	return nil
}

// shown executes the definition, where it stands whole, with entries that are
// the same and with entries that are not.
func shown(p *check.Pass) (check.Confidence, *check.Evidence) {
	calls, err := p.Definition.ExecuteAfter(p.Ctx)
	if err != nil {
		return check.Reachable, nil
	}
	var list []string
	for _, c := range calls {
		list = append(list, c.String())
	}
	return check.Executed, &check.Evidence{Counterexample: list}
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

// consequence says what the constant tells callers that is not so.
func consequence(value string) string {
	if value == "0" || value == "false" {
		return "entries that are the same are called different, and a caller that waits for them to agree will not go on"
	}
	return "entries that differ are called the same, and a caller that compares to notice a change will not"
}
