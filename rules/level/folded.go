package level

import (
	"embed"
	"fmt"

	"ptreview/parse/cpp"
	"ptreview/rules/check"
	"ptreview/semantics/names"
	"ptreview/semantics/pointers"
)

//go:embed doc.go
var doc embed.FS

// Folded reports pointers into a copy of an entry that are used as ones into a
// table.
var Folded = &check.Rule{
	Name:     "level/folded",
	Doc:      check.MustDoc(doc, "level/folded"),
	Severity: check.Error,
	Advice:   "take the offset from the table's own entry, or by the _offset_lockless() helper of the level if it is only read",
	Scope:    check.PerClass,
	Run:      runFolded,
	Audit:    func(p *check.Pass, e *check.Entry, _ *check.Followed) { judge(p, e) },
	Ignores:  func(c *names.Change) bool { return c.Tables == "" },
}

func runFolded(p *check.Pass) error {
	for _, e := range p.Entries {
		if e.Change != nil && e.Change.Name() == e.Name {
			judge(p, e)
		}
	}
	return nil
}

// judge reports what a function does with pointers into copies that it did not do
// before.
func judge(p *check.Pass, e *check.Entry) {
	misuses := pointers.MisusedCopies(e.After)
	if len(misuses) == 0 {
		return
	}
	had := make(map[string]int)
	if e.Before != nil {
		for _, m := range pointers.MisusedCopies(e.Before) {
			had[m.Text]++
		}
	}
	for _, m := range misuses {
		if had[m.Text]--; had[m.Text] >= 0 {
			continue
		}
		report(p, e, m)
	}
}

// consequence says what comes of a misuse.
func consequence(m pointers.Misuse) string {
	switch m.Kind {
	case pointers.Returned:
		return "returns it, and the variable is gone then"
	case pointers.Kept:
		return "keeps it where others find it after the variable is gone"
	case pointers.Written:
		return "writes through it, and the table never sees that"
	}
	return "moves it on, to what lies behind the variable"
}

func report(p *check.Pass, e *check.Entry, m pointers.Misuse) {
	made, used := e.After.Unit.Cpp.Position(m.Made), e.After.Unit.Cpp.Position(m.Loc)
	at := m.Loc
	if !p.Adds(used) {
		at = m.Made
	}
	p.Report(check.Finding{
		Confidence: check.Reachable,
		Helper:     m.Helper,
		Entry:      e.Name,
		Arch:       check.ArchOf(e.Path),
		Message: fmt.Sprintf("%s() makes a pointer of &%s, a copy of an entry, by %s(), which gives back its argument where the level is folded; it %s: %s",
			e.Name, m.Copy, m.Helper, consequence(m), m.Text),
		Where:    p.Everywhere(),
		Location: location(p, e, at),
		Path: []check.Step{
			{Function: e.Name, File: made.Path, Line: made.Line},
			{Function: e.Name, File: used.Path, Line: used.Line},
		},
	})
}

// location returns the place of a token, the changed line that put it there.
func location(p *check.Pass, e *check.Entry, at cpp.Loc) check.Location {
	place := e.After.Unit.Cpp.Position(at)
	if p.Adds(place) {
		return p.SpelledAt(e, place)
	}
	return p.Location(e, at)
}
