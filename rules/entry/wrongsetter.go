package entry

import (
	"fmt"
	"strings"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/rules/check"
	"ptreview/semantics/pointers"
)

// WrongSetter reports entries that are handled by what is there for others.
var WrongSetter = &check.Rule{
	Name:     "entry/wrong-setter",
	Doc:      check.MustDoc(doc, "entry/wrong-setter"),
	Severity: check.Error,
	Advice:   "use the helper for such an entry, which every architecture defines as it has to be there",
	Scope:    check.PerClass,
	Run:      runWrongSetter,
	Audit: func(p *check.Pass, e *check.Entry, _ *check.Followed) {
		if err := judgeSetters(p, e); err != nil {
			p.NotRun(err.Error())
		}
	},
	Ignores: ignores,
}

func runWrongSetter(p *check.Pass) error {
	for _, e := range changed(p) {
		if err := judgeSetters(p, e); err != nil {
			return err
		}
	}
	return nil
}

// mistake is a use of a helper that is not for the entry.
type mistake struct {
	helper, text string // what makes it the same before and after a patch
	loc          cpp.Loc
	// because returns the definition for which it is one, and what that does;
	// not ok if there is none in the tree.
	because func() (d check.ArchDefinition, does string, ok bool, err error)
	message string
	advice  string
}

// judgeSetters reports the mistakes of a function that it did not have before.
func judgeSetters(p *check.Pass, e *check.Entry) error {
	list := mistakes(p, e, e.After.Name, true)
	if len(list) == 0 {
		return nil
	}
	had := make(map[string]int)
	if e.Before != nil {
		for _, m := range mistakes(p, e, e.Before.Name, false) {
			had[m.helper+m.text]++
		}
	}
	for _, m := range list {
		if had[m.helper+m.text]--; had[m.helper+m.text] >= 0 {
			continue
		}
		d, does, ok, err := m.because()
		if err != nil {
			return err
		}
		if ok {
			reportMistake(p, e, m, d, does)
		}
	}
	return nil
}

// mistakes returns the mistakes of one side of an entry.
func mistakes(p *check.Pass, e *check.Entry, name string, after bool) []mistake {
	fn := e.After
	if !after {
		fn = e.Before
	}
	var list []mistake
	for _, s := range pointers.SetsPresent(fn, map[string]bool{"set_pte_at": true, "set_ptes": true}) {
		seen := fn.Unit.Cpp.Position(s.Seen)
		list = append(list, mistake{
			helper: s.Setter, text: s.Pointer, loc: s.Loc,
			because: func() (check.ArchDefinition, string, bool, error) { return asserting(p, check.ArchOf(e.Path)) },
			message: fmt.Sprintf("%s() sets the entry at %s by %s(), and found it present there at line %d", name, s.Pointer, s.Setter, seen.Line),
			advice:  "clear the entry first, as by ptep_modify_prot_start(), or use ptep_set_access_flags() where it only gets wider",
		})
	}
	if check.ArchOf(e.Path) != "generic" {
		return list // it knows what is behind its own helpers
	}
	for _, s := range pointers.SetsTables(fn) {
		list = append(list, mistake{
			helper: s.Setter, text: s.Table, loc: s.Loc,
			because: func() (check.ArchDefinition, string, bool, error) { return first(p, s.Setter, "takes it for a leaf") },
			message: fmt.Sprintf("%s() sets a pointer to the table %s by %s(), which is for leaves", name, s.Table, s.Setter),
			advice:  "use " + strings.TrimSuffix(strings.TrimPrefix(s.Setter, "set_"), "_at") + "_populate()",
		})
	}
	for _, h := range pointers.HugeUses(fn) {
		list = append(list, mistake{
			helper: h.Huge, text: h.Text, loc: h.Loc,
			because: func() (check.ArchDefinition, string, bool, error) { return first(p, h.Huge, "does more than that") },
			message: fmt.Sprintf("%s() handles an entry of hugetlb, which %s() found, by %s and not by %s()", name, h.Finder, h.Text, h.Huge),
			advice:  "use " + h.Huge + "()",
		})
	}
	return list
}

// first returns the first definition of a helper that an architecture has for
// itself and that does more than to access the entry.
func first(p *check.Pass, name, does string) (check.ArchDefinition, string, bool, error) {
	all, err := p.ArchDefinitions(name)
	if err != nil {
		return check.ArchDefinition{}, "", false, err
	}
	for _, d := range all {
		if !isPlain(d.Text, name) {
			return d, fmt.Sprintf("%s() of %s %s", name, d.Arch, does), true, nil
		}
	}
	return check.ArchDefinition{}, "", false, nil
}

// asserting returns a setter that asserts that the entry it sets was not valid: of
// any architecture for generic code, else of the code's own.
func asserting(p *check.Pass, home string) (check.ArchDefinition, string, bool, error) {
	for _, name := range []string{"set_ptes", "set_pte_at"} {
		all, err := p.ArchDefinitions(name)
		if err != nil {
			return check.ArchDefinition{}, "", false, err
		}
		for _, d := range all {
			if trap := assertion(d.Text); trap != "" && (home == "generic" || home == d.Arch) {
				return d, fmt.Sprintf("%s() of %s asserts that it is not (%s), and flushes no translation", name, d.Arch, trap), true, nil
			}
		}
	}
	return check.ArchDefinition{}, "", false, nil
}

// assertion returns the trap by which a setter asserts that an entry is not valid,
// "" if it has none: the trap's condition names what asks that of the entry.
func assertion(text string) string {
	words := strings.Fields(text)
	for i, w := range words {
		if t, ok := arch.TrapNamed(strings.TrimPrefix(w, "VM_")); !ok || t.When != arch.OnTrue {
			continue
		}
		for j := i + 1; j+3 < len(words) && words[j] != ";" && words[j] != "&&"; j++ {
			asks := strings.Contains(words[j], "valid") || strings.HasSuffix(words[j], "_present")
			if asks && words[j-1] != "!" && words[j+1] == "(" && words[j+2] == "*" {
				return w
			}
		}
	}
	return ""
}

func reportMistake(p *check.Pass, e *check.Entry, m mistake, d check.ArchDefinition, does string) {
	at := e.After.Unit.Cpp.Position(m.loc)
	loc := p.SpelledAt(e, at)
	if !p.Adds(at) {
		loc = p.Location(e, m.loc)
	}
	p.Report(check.Finding{
		Confidence: check.Reachable,
		Helper:     m.helper,
		Entry:      e.Name,
		Arch:       check.ArchOf(e.Path),
		Message:    fmt.Sprintf("%s: %s (%s:%d)", m.message, does, d.Path, d.First),
		Advice:     m.advice,
		Where:      p.Everywhere(),
		Location:   loc,
		Path:       []check.Step{{Function: e.Name, File: at.Path, Line: at.Line}, {Function: d.Name, File: d.Path, Line: d.First}},
	})
}
