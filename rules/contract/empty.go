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

// Empty reports helpers that generic code newly relies on and that do nothing.
var Empty = &check.Rule{
	Name:     "contract/empty",
	Doc:      check.MustDoc(doc, "contract/empty"),
	Severity: check.Note,
	Advice:   "call a helper that generic code relies on everywhere, or give this one something to do there",
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
		for _, name := range newCalls(d) {
			if err := judgeEmpty(p, d, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// newCalls returns what may be a helper among the names that a definition calls
// and did not before: flushes, and in code of mm whatever it is.
func newCalls(d *check.DefinitionChange) []string {
	var old []string
	if d.Before != nil {
		old = strings.Fields(d.Before.Text)
	}
	var list []string
	words := strings.Fields(d.After.Text)
	for i, w := range words {
		called := i+1 < len(words) && words[i+1] == "("
		if called && (names.IsFlush(w) || inMM(d)) && w != d.Name() && !slices.Contains(old, w) && !slices.Contains(list, w) {
			list = append(list, w)
		}
	}
	return list
}

func inMM(d *check.DefinitionChange) bool { return strings.HasPrefix(d.Path, "mm/") }

// judgeEmpty reports a helper that does nothing in the unit that calls it, if no
// generic code relied on it before: what others rely on is empty by design.
func judgeEmpty(p *check.Pass, d *check.DefinitionChange, name string) error {
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
		others, err := othersWith(p, name)
		if err != nil || len(others) == 0 {
			return err
		}
		p.Report(check.Finding{
			Confidence: check.Reachable,
			Helper:     name,
			Entry:      d.Name(),
			Message: fmt.Sprintf("%s() is the first generic code that relies on %s(), which does nothing on %s and something on %s",
				d.Name(), name, p.Class.Arch.Name, strings.Join(others, ", ")),
			Advice:   fmt.Sprintf("call a helper that generic code relies on everywhere, or give %s() something to do on %s", name, p.Class.Arch.Name),
			Where:    []check.Where{p.ClassOnly()},
			Location: d.Location(p.Patch),
			Path:     []check.Step{},
		})
		return nil
	}
	return nil
}

// othersWith returns the architectures on which a helper does something. Where
// it came with the patch, only of a flush: whoever makes a new hook of generic
// code has thought of those that leave it empty.
func othersWith(p *check.Pass, name string) ([]string, error) {
	if !names.IsFlush(name) {
		if list, err := p.SiblingsBefore(name); err != nil || len(list) == 0 {
			return nil, err
		}
	}
	return p.Siblings(name)
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
