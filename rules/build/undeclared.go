package build

import (
	"embed"
	"fmt"
	"slices"

	"ptreview/parse/syntax"
	"ptreview/rules/check"
	"ptreview/semantics/facts"
	"ptreview/semantics/names"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

//go:embed doc.go
var doc embed.FS

// Undeclared reports names in new code that nothing declares in a class.
var Undeclared = &check.Rule{
	Name:     "build/undeclared",
	Doc:      check.MustDoc(doc, "build/undeclared"),
	Severity: check.Error,
	Advice:   "declare it for every configuration that uses it, or give it a generic fallback; if another tree has it, review the series on that one",
	Scope:    check.PerClass,
	Run:      runUndeclared,
	Ignores:  func(c *names.Change) bool { return c.Misses == "" },
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
			missed, err := missedBefore(p, e, u.Name)
			if err != nil {
				return err
			}
			if !missed {
				report(p, e, u)
			}
		}
		if len(missing) == 0 && len(e.After.Errs) > 0 {
			p.NotRun(fmt.Sprintf("the body of %s() cannot be typed: %v", e.Name, e.After.Errs[0]))
		}
	}
	return nil
}

// missedBefore reports whether the C file of an entry used a name before the
// patch already that nothing declared there: then it did not compile before
// either. Where a function that names it could not be typed, that is not known
// and the unit of work not run.
func missedBefore(p *check.Pass, e *check.Entry, name string) (bool, error) {
	for _, pair := range p.Units {
		if pair.After != e.After.Unit {
			continue
		}
		before, err := pair.Before()
		if err != nil || before == nil {
			return false, err
		}
		for _, d := range before.File.Decls() {
			def, ok := d.(*syntax.FuncDef)
			if !ok || before.Cpp.Position(def.NameAt).Path != before.Path || !before.Cpp.HasWord(def.Open, def.Close, name) {
				continue
			}
			info, errs := before.Types.Check(def)
			if info == nil || len(errs) > len(info.Undeclared) {
				p.NotRun(fmt.Sprintf("%s is not declared, but %s() of %s could not be typed before the patch", name, def.Name, before.Path))
				return true, nil
			}
			if slices.ContainsFunc(info.Undeclared, func(e *types.UndeclaredError) bool { return e.Name == name }) {
				return true, nil
			}
		}
	}
	return false, nil
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
		Advice:     fmt.Sprintf("declare %s for %s too, or give it a generic fallback; if another tree has it, review the series on that one", what, p.Class.Arch.Name),
		Where:      []check.Where{p.ClassOnly()},
		Location:   p.Location(e, u.Loc),
		Path:       []check.Step{{Function: e.Name, File: at.Path, Line: at.Line}},
	})
}
