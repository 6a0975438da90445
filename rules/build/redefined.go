package build

import (
	"fmt"
	"slices"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/rules/check"
	"ptreview/semantics/names"
	"ptreview/semantics/unit"
)

// Redefined reports functions that come to have two definitions in a unit, or
// one that contradicts a declaration.
var Redefined = &check.Rule{
	Name:     "build/redefined",
	Doc:      check.MustDoc(doc, "build/redefined"),
	Severity: check.Error,
	Advice:   "keep one of the definitions: a #define of the helper's own name beside the architecture's, and an #ifndef of it around the generic one",
	Scope:    check.PerClass,
	Run:      runRedefined,
	Ignores:  func(c *names.Change) bool { return c.Clashes == "" },
}

func runRedefined(p *check.Pass) error {
	told := make(map[string]bool)
	for _, pair := range p.Units {
		list, err := added(pair, clashes, func(c clash) string { return c.name })
		if err != nil {
			return err
		}
		for _, c := range list {
			if told[c.name] {
				continue
			}
			told[c.name] = true
			reportClash(p, pair.After, c)
		}
	}
	return nil
}

// added returns what is wrong with a unit and was not before, told apart by key.
func added[T any](pair check.UnitPair, wrong func(*unit.Unit) []T, key func(T) string) ([]T, error) {
	list := wrong(pair.After)
	if len(list) == 0 {
		return nil, nil // the unit need not be read as it was
	}
	before, err := pair.Before()
	if err != nil || before == nil {
		return list, err
	}
	was := make(map[string]bool)
	for _, x := range wrong(before) {
		was[key(x)] = true
	}
	return slices.DeleteFunc(list, func(x T) bool { return was[key(x)] }), nil
}

// clash is a second declaration of a function that no compiler accepts beside
// the first.
type clash struct {
	name          string
	first, second cpp.Loc
	what          string
	repair        string
}

// keepOne is what to do about two bodies of one function.
func keepOne(name string) string {
	return fmt.Sprintf("keep one of them: put #define %s %s beside the architecture's own, and #ifndef %s around the generic one", name, name, name)
}

// clashes returns the functions of a unit with two bodies, and those that are
// static after a declaration that says they are not.
func clashes(u *unit.Unit) []clash {
	var list []clash
	for _, old := range u.File.Duplicates() {
		if old.Storage&(syntax.Extern|syntax.Inline) == syntax.Extern|syntax.Inline {
			continue // the inline version of a function defined elsewhere
		}
		if now := u.File.Func(old.Name); now != nil {
			list = append(list, clash{old.Name, old.NameAt, now.NameAt, "is defined twice", keepOne(old.Name)})
		}
	}
	return append(list, linkageClashes(u.File)...)
}

// linkageClashes returns the static functions declared without static before.
// C11 6.2.2p7 leaves that undefined, and compilers refuse it. What was static
// once stays so without saying it again.
func linkageClashes(f *syntax.File) []clash {
	var list []clash
	for fn := range f.Functions() {
		if fn.Storage&syntax.Static == 0 || !fn.Again {
			continue
		}
		name := f.Unit.Names.String(fn.Name)
		if first, ok := external(f.Declared(name), fn.Decl); ok {
			second := f.Unit.Tokens[fn.NameAt].Loc()
			list = append(list, clash{name, first, second, "is static but was declared not to be", "make both declarations of " + name + "() static, or neither"})
		}
	}
	return list
}

// external returns where, before the given declaration, a function was first
// declared, if that was not as a static one.
func external(list []syntax.Declared, before int) (cpp.Loc, bool) {
	for _, d := range list {
		if d.Decl >= before {
			break
		}
		if !d.Func || d.Storage&syntax.Typedef != 0 {
			continue
		}
		if d.Storage&syntax.Static != 0 {
			return cpp.Loc{}, false
		}
		if !d.Def {
			return d.At, true
		}
	}
	return cpp.Loc{}, false
}

func reportClash(p *check.Pass, u *unit.Unit, c clash) {
	first, second := u.Cpp.Position(c.first), u.Cpp.Position(c.second)
	f := check.Finding{
		Confidence: check.Reachable,
		Helper:     c.name,
		Message:    fmt.Sprintf("%s() %s: %s at %s:%d; %s will not compile", c.name, c.what, second.Path, first.Path, first.Line, u.Path),
		Advice:     c.repair,
		Fix:        override(p, u, c),
		Where:      []check.Where{p.ClassOnly()},
		Location:   cause(p, c.name, first, second),
		Path: []check.Step{
			{Function: c.name, File: first.Path, Line: first.Line},
			{Function: c.name, File: second.Path, Line: second.Line},
		},
	}
	p.Report(f)
}

// cause returns the changed line that lets two declarations meet: one of them
// if the patch has it, else what it changed of that name, else what it removed
// from their files.
func cause(p *check.Pass, name string, first, second source.Position) check.Location {
	for _, at := range []source.Position{second, first} {
		for i := range p.Changes {
			c := &p.Changes[i]
			if c.Name() == name && c.Path == at.Path && c.After != nil && c.After.First <= at.Line && at.Line <= c.After.Last {
				return c.Location(p.Patch)
			}
		}
	}
	if at, ok := changeOf(p, name); ok {
		return at
	}
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Path == first.Path || c.Path == second.Path {
			return c.Location(p.Patch)
		}
	}
	return check.Location{Patch: p.Patch, File: second.Path, Line: second.Line, Side: "after"}
}

// changeOf returns the place of the first definition of a name that the patch
// changes.
func changeOf(p *check.Pass, name string) (check.Location, bool) {
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Name() == name {
			return c.Location(p.Patch), true
		}
	}
	return check.Location{}, false
}
