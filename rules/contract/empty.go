package contract

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/rules/check"
	"ptreview/semantics/facts"
	"ptreview/semantics/names"
	"ptreview/semantics/unit"
)

// Empty reports flushes that generic code newly relies on and that do nothing.
var Empty = &check.Rule{
	Name:     "contract/empty",
	Doc:      check.MustDoc(doc, "contract/empty"),
	Severity: check.Note,
	Scope:    check.PerClass,
	Run:      runEmpty,
	Ignores:  func(c *names.Change) bool { return c.Flushes == "" },
}

func runEmpty(p *check.Pass) error {
	if p.Class.Config.Value("MMU").Text != "y" {
		return nil
	}
	for i := range p.Changes {
		d := &p.Changes[i]
		if d.After == nil || d.Arch != "generic" || path.Ext(d.Path) != ".c" || !d.Function() {
			continue
		}
		for _, name := range newFlushes(d) {
			if err := judgeFlush(p, d, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// newFlushes returns the flushes that a definition calls and did not before.
func newFlushes(d *check.DefinitionChange) []string {
	var old []string
	if d.Before != nil {
		old = strings.Fields(d.Before.Text)
	}
	var list []string
	words := strings.Fields(d.After.Text)
	for i, w := range words {
		called := i+1 < len(words) && words[i+1] == "("
		if called && names.IsFlush(w) && w != d.Name() && !slices.Contains(old, w) && !slices.Contains(list, w) {
			list = append(list, w)
		}
	}
	return list
}

// judgeFlush reports a flush that does nothing in the unit that calls it, if no
// generic code relied on it before: what others rely on is empty by design.
func judgeFlush(p *check.Pass, d *check.DefinitionChange, name string) error {
	for _, pair := range p.Units {
		if pair.After.Path != d.Path || pair.After.File.Func(d.Name()) == nil {
			continue
		}
		if !doesNothing(pair.After, name) {
			return nil
		}
		if used, err := p.UsedBefore(name); err != nil || used {
			return err
		}
		others, err := p.Siblings(name)
		if err != nil || len(others) == 0 {
			return err
		}
		p.Report(check.Finding{
			Confidence: check.Reachable,
			Helper:     name,
			Entry:      d.Name(),
			Message: fmt.Sprintf("%s() is the first generic code that relies on %s(), which does nothing on %s and something on %s",
				d.Name(), name, p.Class.Arch.Name, strings.Join(others, ", ")),
			Where:    []check.Where{p.ClassOnly()},
			Location: d.Location(p.Patch),
			Path:     []check.Step{},
		})
		return nil
	}
	return nil
}

// doesNothing reports whether a name is an empty function or macro at the end of
// a unit.
func doesNothing(u *unit.Unit, name string) bool {
	if m := u.Cpp.Macro(name); m != nil && m.Function {
		return isEmptyMacro(u.Cpp, m)
	}
	def := u.File.Func(name)
	return def != nil && facts.FunctionMeaning(u.File, def).Kind == facts.Empty
}

// isEmptyMacro knows the ways to write nothing.
func isEmptyMacro(u *cpp.Unit, m *cpp.Macro) bool {
	var text strings.Builder
	for _, t := range m.Body {
		text.WriteString(u.Spelling(t))
	}
	switch text.String() {
	case "", "do{}while(0)", "((void)0)", "(void)0", "{}":
		return true
	}
	return false
}
