package build

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/rules/check"
	"ptreview/semantics/facts"
	"ptreview/semantics/names"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// Signature reports definitions and calls that do not agree with what is declared
// in a class.
var Signature = &check.Rule{
	Name:     "build/signature",
	Doc:      check.MustDoc(doc, "build/signature"),
	Severity: check.Error,
	Advice:   "change every architecture's definition, and every caller, in the patch that changes the prototype",
	Scope:    check.PerClass,
	Run:      runSignature,
	Ignores:  func(c *names.Change) bool { return c.Entries == "" },
}

// maxSignatures bounds the names whose definitions and callers are looked for in
// other files.
const maxSignatures = 16

func runSignature(p *check.Pass) error {
	s := &signatures{p: p, told: make(map[string]bool)}
	for _, e := range slices.Concat(p.Entries, p.Users) {
		if e.IsAboutTables() {
			s.compare(e)
		}
	}
	if err := s.macros(); err != nil {
		return err
	}
	list, err := changedSignatures(p)
	if err != nil {
		return err
	}
	if len(list) > maxSignatures {
		p.NotRun(fmt.Sprintf("more than %d prototypes change", maxSignatures))
		list = list[:maxSignatures]
	}
	for _, name := range list {
		if err := s.elsewhere(name); err != nil {
			return err
		}
	}
	return nil
}

// signatures is one run of the rule. Each mismatch is told once.
type signatures struct {
	p    *check.Pass
	told map[string]bool
}

// mismatch is what the types of a function do not allow.
type mismatch struct {
	name string // whose prototype it is about
	err  *types.Error
}

// mismatches returns the disagreements among the errors of a body.
func mismatches(f *facts.Function) []mismatch {
	if f == nil {
		return nil
	}
	var list []mismatch
	for _, err := range f.Errs {
		var e *types.Error
		if errors.As(err, &e) {
			if name := about(e.Msg); name != "" {
				list = append(list, mismatch{name, e})
			}
		}
	}
	return list
}

// about returns the function whose prototype an error is about, "" if it is about
// none.
func about(msg string) string {
	if rest, ok := strings.CutPrefix(msg, "conflicting types for "); ok {
		name, _, _ := strings.Cut(rest, ":")
		return name
	}
	before, rest, ok := strings.Cut(msg, "the call of ")
	if !ok || !strings.HasSuffix(before, "arguments in ") && !strings.HasSuffix(before, "an argument of ") {
		return ""
	}
	name, _, _ := strings.Cut(rest, " ")
	return name
}

// compare reports the mismatches of a function that it had not before.
func (s *signatures) compare(e *check.Entry) {
	was := make(map[string]bool)
	for _, m := range mismatches(e.Before) {
		was[m.err.Msg] = true
	}
	for _, m := range mismatches(e.After) {
		if !was[m.err.Msg] {
			s.report(e, m)
		}
	}
}

func (s *signatures) report(e *check.Entry, m mismatch) {
	key := m.name + "#" + e.Name
	if s.told[key] {
		return
	}
	s.told[key] = true
	at := m.err.Position
	s.p.Report(check.Finding{
		Confidence: check.Reachable,
		Helper:     m.name,
		Entry:      e.Name,
		Message:    fmt.Sprintf("%s, in %s(): %s will not compile", m.err.Msg, e.Name, e.Unit),
		Where:      []check.Where{s.p.ClassOnly()},
		Location:   s.location(e, m),
		Path:       []check.Step{{Function: e.Name, File: at.Path, Line: at.Line}},
	})
}

// location is the changed line that makes a mismatch: its own, else the prototype
// that it is about, or its definition.
func (s *signatures) location(e *check.Entry, m mismatch) check.Location {
	if !s.p.Adds(m.err.Position) {
		if at, ok := prototype(s.p, m.name); ok {
			return check.Location{Patch: s.p.Patch, File: at.Path, Line: at.Line, Side: "after"}
		}
		if at, ok := changeOf(s.p, m.name); ok {
			return at
		}
	}
	return s.p.Location(e, m.err.Loc)
}

// macros reports uses of macros with another number of arguments than they take.
func (s *signatures) macros() error {
	for _, pair := range s.p.Units {
		wrong, err := added(pair, arities, func(e *cpp.Error) string { return e.Message })
		if err != nil {
			return err
		}
		for _, e := range wrong {
			name := strings.Trim(strings.Fields(e.Message)[1], `"`)
			if !s.told[name+"#"] {
				s.told[name+"#"] = true
				s.reportMacro(pair.After, name, e.Message, e.Position)
			}
		}
	}
	return nil
}

func (s *signatures) reportMacro(u *unit.Unit, name, message string, at source.Position) {
	l := check.Location{Patch: s.p.Patch, File: at.Path, Line: at.Line, Side: "after"}
	if !s.p.Adds(at) {
		if changed, ok := changeOf(s.p, name); ok {
			l = changed
		}
	}
	s.p.Report(check.Finding{
		Confidence: check.Reachable,
		Helper:     name,
		Message:    fmt.Sprintf("%s: %s will not compile", message, u.Path),
		Where:      []check.Where{s.p.ClassOnly()},
		Location:   l,
		Path:       []check.Step{{Function: name, File: at.Path, Line: at.Line, Macro: true}},
	})
}

// elsewhere looks at the definition and the callers of a function whose prototype
// changes, in files that the patch left alone.
func (s *signatures) elsewhere(name string) error {
	e, err := s.p.Defining(name)
	if err != nil {
		return err
	}
	if e != nil {
		s.compare(e)
	}
	callers, complete, err := s.p.Callers(&check.Entry{Name: name})
	if err != nil {
		return err
	}
	for _, c := range callers {
		s.compare(c)
	}
	if !complete {
		s.p.NotRun(fmt.Sprintf("more C files call %s() than were read", name))
	}
	return nil
}

// changedSignatures returns the functions and macros that were there and whose
// prototype the patch changes, where they are defined or declared, by name.
func changedSignatures(p *check.Pass) ([]string, error) {
	found := make(map[string]bool)
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.Before != nil && c.After != nil && c.Function() && c.Before.Macro == c.After.Macro && head(c.Before) != head(c.After) {
			found[c.Name()] = true
		}
	}
	for _, pair := range p.Units {
		u := pair.After
		for d := range u.File.AllDeclared() {
			if !d.Func || d.Def || found[d.Name] || !p.Adds(u.Cpp.Position(d.At)) {
				continue
			}
			before, err := pair.Before()
			if err != nil {
				return nil, err
			}
			if before != nil && otherType(before, u, d.Name) {
				found[d.Name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// otherType reports whether a name had a type in a unit that reads otherwise now.
func otherType(before, after *unit.Unit, name string) bool {
	was, is := before.Types.Lookup(name), after.Types.Lookup(name)
	return was != nil && was.Type != nil && is != nil && is.Type != nil && was.Type.String() != is.Type.String()
}

// head is what stands in front of the body of a definition.
func head(d *facts.Definition) string {
	end := "{"
	if d.Macro {
		end = "="
	}
	text, _, _ := strings.Cut(d.Text, end)
	return text
}

// prototype returns where the patch declares a function.
func prototype(p *check.Pass, name string) (source.Position, bool) {
	for _, pair := range p.Units {
		for _, d := range pair.After.File.Declared(name) {
			if at := pair.After.Cpp.Position(d.At); p.Adds(at) {
				return at, true
			}
		}
	}
	return source.Position{}, false
}

// arities returns the errors of a unit about the number of a macro's arguments.
func arities(u *unit.Unit) []*cpp.Error {
	return slices.DeleteFunc(slices.Clone(u.Cpp.Errors), func(e *cpp.Error) bool {
		return !strings.HasPrefix(e.Message, `macro "`) || !strings.Contains(e.Message, " arguments, but ")
	})
}
