package trap

import (
	"fmt"
	"slices"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/rules/check"
	"ptreview/semantics/facts"
	"ptreview/semantics/names"
)

// BuildBug reports stubs that no compiled code may call, and that come to be
// called.
var BuildBug = &check.Rule{
	Name:     "trap/build-bug",
	Doc:      check.MustDoc(doc, "trap/build-bug"),
	Severity: check.Error,
	Advice:   "keep the call behind a condition that is constant and false where only the stub is there, IS_ENABLED() for one",
	Scope:    check.PerClass,
	Run:      runBuildBug,
	Ignores:  func(c *names.Change) bool { return c.Entries == "" },
}

func runBuildBug(p *check.Pass) error {
	told := make(map[string]bool)
	for _, e := range p.Entries {
		if !e.IsAboutTables() || len(e.After.Undeclared()) > 0 || len(e.After.Errs) > 0 {
			continue // others say so
		}
		stubs, err := reachStubs(p, e.Graph, e.After, e.NewSites)
		if err != nil {
			return err
		}
		if len(stubs) == 0 {
			continue
		}
		users := []*check.Entry{e}
		if !isEmitted(e.After) {
			if users, err = emittingCallers(p, e); err != nil {
				return err
			}
		}
		for _, user := range users {
			if err := judgeStubs(p, e, user, stubs[0].Site, told); err != nil {
				return err
			}
		}
	}
	return nil
}

// isEmitted reports whether a function is compiled whoever calls it.
func isEmitted(f *facts.Function) bool {
	return f.Def.Storage&(syntax.Static|syntax.Inline) == 0
}

// emittingCallers returns the functions that are compiled whoever calls them and
// that a changed static function is, as far as known, part of.
func emittingCallers(p *check.Pass, e *check.Entry) ([]*check.Entry, error) {
	callers, _, err := p.Callers(e)
	if err != nil {
		return nil, err
	}
	var list []*check.Entry
	for _, c := range append(callers, p.Entries...) {
		if isEmitted(c.After) && len(c.After.Errs) == 0 {
			list = append(list, c)
		}
	}
	return list, nil
}

// judgeStubs reports the stubs that a function comes to call for certain. e is
// the changed function that lets it, and the site where it does.
func judgeStubs(p *check.Pass, e, user *check.Entry, site facts.Site, told map[string]bool) error {
	stubs, err := reachStubs(p, user.Graph, user.After, user.Graph.Sites(user.After))
	if err != nil {
		return err
	}
	var old []*facts.Reach
	if user.Before != nil && len(stubs) > 0 {
		if old, err = reachStubs(p, p.GraphBefore(), user.Before, p.GraphBefore().Sites(user.Before)); err != nil {
			return err
		}
	}
	for _, r := range stubs {
		switch key := user.Name + "#" + r.Helper; {
		case !passes(r, e.Name) || told[key]:
		case isKnown(old, r):
		case !isCertain(user, r):
			told[key] = true
			p.NotRun(fmt.Sprintf("whether the compiler removes the call of %s in %s() was not found out", r.Helper, user.Name))
		default:
			told[key] = true
			reportStub(p, e, user, site, r)
		}
	}
	return nil
}

// passes reports whether a path goes through a function.
func passes(r *facts.Reach, name string) bool {
	for _, s := range r.Path {
		if s.Name == name {
			return true
		}
	}
	return false
}

// isCertain reports whether a stub is called for all that a compiler can know.
func isCertain(user *check.Entry, r *facts.Reach) bool {
	return !slices.ContainsFunc(r.Path[1:], mayBeDead) && user.Graph.Undecided(user.After, r.Site)
}

// mayBeDead reports whether a step below the function that is compiled may not go
// on: there is a condition, or a goto whose label may be dead code.
func mayBeDead(s facts.Step) bool {
	o := s.Unit.Types.Lookup(s.Name)
	if s.Macro || o == nil || o.Def == nil {
		return false
	}
	return len(s.Guards) > 0 || slices.ContainsFunc(s.Unit.Cpp.Tokens[o.Def.Open:o.Def.Close], func(t cpp.Token) bool {
		return t.Kind == cpp.Ident && t.Sym == cpp.KwGoto
	})
}

// isKnown reports whether a stub was reached before, as little guarded.
func isKnown(old []*facts.Reach, r *facts.Reach) bool {
	for _, o := range old {
		if o.Helper == r.Helper && (len(o.Guards()) == 0 || len(r.Guards()) > 0) {
			return true
		}
	}
	return false
}

// reachStubs follows sites of a function through inline functions to stubs: what
// does nothing but refuse to be compiled.
func reachStubs(p *check.Pass, g *facts.Graph, f *facts.Function, sites []facts.Site) ([]*facts.Reach, error) {
	reaches, _, err := g.Reaches(f, facts.Query{
		Sites: sites,
		SitesOf: func(callee *facts.Function) []facts.Site {
			if callee.Def.Storage&syntax.Inline == 0 {
				return nil // it is compiled by itself
			}
			return g.Sites(callee)
		},
		Follow: func(string) bool { return false },
	})
	if err != nil {
		return nil, err
	}
	var stubs []*facts.Reach
	for _, r := range reaches {
		if r.Trap.Kind == arch.TrapBuild && r.Certain && nameStub(r) {
			stubs = append(stubs, r)
		}
	}
	return stubs, nil
}

// nameStub lets a reach name its stub, the innermost function or macro that has a
// name of its own. Where a function asks something itself before it refuses, that
// is a check of what it is passed, which the compiler makes: no stub.
func nameStub(r *facts.Reach) bool {
	last := len(r.Path) - 1
	for last > 0 && r.Path[last].Macro && isRefusal(r.Path[last].Name) {
		last--
	}
	r.Helper = r.Path[last].Name
	return r.Path[last].Macro || len(r.Path[last].Guards) == 0
}

// isRefusal reports whether a name is that of a macro which refuses to be
// compiled, for all there is to it.
func isRefusal(name string) bool {
	t, ok := arch.TrapNamed(name)
	return ok && t.Kind == arch.TrapBuild
}

func reportStub(p *check.Pass, e, user *check.Entry, site facts.Site, r *facts.Reach) {
	last := r.Path[len(r.Path)-1]
	at := p.Position(last.Pos)
	what := fmt.Sprintf("%s() comes to %s, which is %s() here", user.Name, r.Helper, r.Trap.Name)
	if r.Helper == user.Name {
		what = fmt.Sprintf("%s() has a %s() that holds here", user.Name, r.Trap.Name)
	}
	p.Report(check.Finding{
		Confidence: check.Reachable,
		Helper:     r.Helper,
		Entry:      user.Name,
		Message:    what + ": " + user.Unit + " will not compile",
		Advice:     fmt.Sprintf("keep %s away from %s() where only the stub of it is there: IS_ENABLED() or a helper that is constant and false", r.Helper, user.Name),
		Where:      []check.Where{p.ClassOnly()},
		Location:   p.Site(e, site),
		Path:       p.Steps(r),
		Trap:       &check.Trap{Kind: r.Trap.Kind.String(), File: at.Path, Line: at.Line, Text: r.Text},
	})
}
