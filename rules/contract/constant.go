package contract

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"ptreview/rules/check"
	"ptreview/semantics/contract"
	"ptreview/semantics/facts"
	"ptreview/semantics/names"
)

//go:embed doc.go
var doc embed.FS

// Constant reports helpers that have to look at their arguments and no longer
// do.
var Constant = &check.Rule{
	Name:     "contract/constant",
	Doc:      check.MustDoc(doc, "contract/constant"),
	Severity: check.Warning,
	Advice:   "let it look at its arguments, and leave out only the bits that the architecture keeps for itself; if nobody may call it, keep callers away with a guard",
	Scope:    check.PerMachine,
	Alone:    runConstantAlone,
	Run:      runConstant,
	Ignores:  func(*names.Change) bool { return true },
}

// runConstantAlone judges a definition by its text: a *_same helper always,
// other helpers where there is no tree to judge them in.
func runConstantAlone(p *check.Pass) error {
	d := p.Definition
	text := ""
	switch {
	case isConstantSame(d):
		text = fmt.Sprintf("%s() is constant %s whatever its arguments are%s: %s", d.Name(), d.New.Value, was(d.Old), consequence(d.New.Value))
	case !p.HasTree() && looksNoMore(d):
		text = fmt.Sprintf("%s() no longer looks at its argument: it %s now%s", d.Name(), d.New.Text, was(d.Old))
	default:
		return nil
	}
	confidence, evidence := shown(p)
	p.Report(check.Finding{
		Confidence: confidence,
		Evidence:   evidence,
		Helper:     d.Name(),
		Arch:       d.Arch,
		Message:    text,
		Location:   d.Location(p.Patch),
		Where:      []check.Where{},
		Path:       []check.Step{},
	})
	return nil
}

// isConstantSame reports whether a change made a *_same helper of one that
// compared, or of nothing, that gives one constant.
func isConstantSame(d *check.DefinitionChange) bool {
	return d.New != nil && comparesByName(d.Name()) && len(d.New.Params) >= 2 &&
		isFixed(d.New) && (d.Old == nil || !isFixed(d.Old))
}

func isFixed(m *facts.Meaning) bool { return m.Kind == facts.Constant && len(m.LooksAt) == 0 }

// looksNoMore reports whether a helper that every architecture needs looked at
// its argument and, as its text says, does not any longer.
func looksNoMore(d *check.DefinitionChange) bool {
	if d.Old == nil || d.New == nil || len(d.Old.LooksAt) == 0 || d.Old.Kind == facts.Traps || !neededByAll(contract.PublicName(d.Name())) {
		return false
	}
	return !givesBack(d.Old) && (isFixed(d.New) || d.New.Kind == facts.Traps || givesBack(d.New))
}

// givesBack reports whether a definition returns its only argument as it is.
func givesBack(m *facts.Meaning) bool {
	return len(m.Params) == 1 && (m.Text == "returns "+m.Params[0] || m.Text == "is "+m.Params[0])
}

// neededByAll reports whether there is a law of a helper that asks for no
// feature.
func neededByAll(helper string) bool {
	return slices.ContainsFunc(contract.Laws(), func(l contract.Law) bool { return l.Helper == helper && l.Needs == "" })
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

// runConstant judges the helpers that laws are about, in one class on one
// machine.
func runConstant(p *check.Pass) error {
	for i := range p.Changes {
		d := &p.Changes[i]
		if !isHelper(p, d) || isConstantSame(d) {
			continue
		}
		if err := judgeHeed(p, d); err != nil {
			return err
		}
	}
	return nil
}

// judgeHeed reports a helper that ignores its argument in a unit that sees it.
func judgeHeed(p *check.Pass, d *check.DefinitionChange) error {
	laws := lawsOf(contract.PublicName(d.Name()))
	if len(laws) == 0 {
		return nil
	}
	for _, pair := range p.Units {
		if !inForce(p, pair.After, d) {
			continue
		}
		before, err := pair.Before()
		if err != nil {
			return err
		}
		h, err := heedOf(p, d, laws, before, pair.After)
		if err != nil || h == nil {
			return err
		}
		return reportHeed(p, d, h)
	}
	return nil
}

// lawsOf returns the laws that say something of a helper.
func lawsOf(helper string) []contract.Law {
	var list []contract.Law
	for _, l := range contract.Laws() {
		if l.Mentions(helper) {
			list = append(list, l)
		}
	}
	return list
}
