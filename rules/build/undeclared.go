package build

import (
	"embed"
	"fmt"
	"slices"

	"ptreview/rules/check"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
)

//go:embed doc.go
var doc embed.FS

// Undeclared reports names in new code that nothing declares in a class.
var Undeclared = &check.Rule{
	Name:     "build/undeclared",
	Doc:      check.MustDoc(doc, "build/undeclared"),
	Severity: check.Error,
	Scope:    check.PerClass,
	Run:      runUndeclared,
}

func runUndeclared(p *check.Pass) error {
	first := make(map[string]bool) // one finding for each name, at its first use
	for _, e := range slices.Concat(p.Entries, p.Users) {
		was := make(map[string]bool)
		if e.Before != nil {
			for _, u := range e.Before.Undeclared() {
				was[u.Name] = true
			}
		}
		missing := e.After.Undeclared()
		for _, u := range missing {
			if was[u.Name] || first[u.Name] {
				continue
			}
			if couldDeclare(e.After.Unit, u.Name) {
				p.NotRun(fmt.Sprintf("%s is not declared, but %s was not read completely", u.Name, e.Unit))
				continue
			}
			first[u.Name] = true
			report(p, e, u)
		}
		if len(missing) == 0 && len(e.After.Errs) > 0 {
			p.NotRun(fmt.Sprintf("the body of %s() cannot be typed: %v", e.Name, e.After.Errs[0]))
		}
	}
	return nil
}

// couldDeclare reports whether a header was missing that could have declared
// name.
func couldDeclare(u *unit.Unit, name string) bool {
	return slices.ContainsFunc(u.Gaps, func(g unit.Gap) bool { return g.CouldDeclare(name) })
}

func report(p *check.Pass, e *check.Entry, u facts.Undeclared) {
	what := u.Name
	if u.Call {
		what += "()"
	}
	at := e.After.Unit.Cpp.Position(u.Loc)
	p.Report(check.Finding{
		Confidence: check.Reachable,
		Helper:     u.Name,
		Message:    fmt.Sprintf("%s is not declared where %s() uses it: %s will not compile", what, e.Name, e.Unit),
		Where:      []check.Where{p.ClassOnly()},
		Location:   p.Location(e, u.Loc),
		Path:       []check.Step{{Function: e.Name, File: at.Path, Line: at.Line}},
	})
}
