package flush

import (
	"embed"
	"fmt"
	"strings"

	"ptreview/rules/check"
	"ptreview/semantics/names"
	"ptreview/semantics/pointers"
)

//go:embed doc.go
var doc embed.FS

// Missing reports entries that a patch leaves in the TLB.
var Missing = &check.Rule{
	Name:     "flush/missing",
	Doc:      check.MustDoc(doc, "flush/missing"),
	Severity: check.Error,
	Advice:   "flush what was cleared before the lock is dropped, or hand it to an mmu_gather",
	Scope:    check.PerClass,
	Run:      runMissing,
	Ignores:  func(c *names.Change) bool { return c.Tables == "" },
}

func runMissing(p *check.Pass) error {
	for _, e := range p.Entries {
		if e.Change == nil || e.Change.Name() != e.Name || e.Before == nil || !pointers.Clears(e.After) {
			continue
		}
		after := pointers.FlushingOf(e.After)
		if len(after.Left) == 0 {
			continue
		}
		before := pointers.FlushingOf(e.Before)
		if before.Gathers || before.Flushes == 0 || flushedElsewhere(p, e) {
			continue
		}
		for _, u := range after.Left {
			if !wasFlushed(before, u.Pointer) {
				continue
			}
			itself, err := flushesItself(p, u.Helper)
			if err != nil {
				return err
			}
			if !itself {
				report(p, e, u)
			}
		}
	}
	return nil
}

// wasFlushed reports whether a function flushed an entry on every way.
func wasFlushed(before *pointers.Flushing, pointer string) bool {
	for _, u := range before.Left {
		if u.Pointer == pointer {
			return false
		}
	}
	return before.Cleared[pointer]
}

// flushedElsewhere reports whether another function that the patch changed flushes
// more than before, or one of the file flushes after it called this one.
func flushedElsewhere(p *check.Pass, e *check.Entry) bool {
	for _, o := range p.Entries {
		if o == e || o.After == nil {
			continue
		}
		was := &pointers.Flushing{}
		if o.Before != nil {
			was = pointers.FlushingOf(o.Before)
		}
		if f := pointers.FlushingOf(o.After); f.Gathers && !was.Gathers || f.Flushes > was.Flushes {
			return true
		}
	}
	u := e.After.Unit
	for def := range u.File.Functions() {
		name := u.Cpp.Names.String(def.Name)
		if o := u.Types.Lookup(name); name != e.Name && o != nil && o.Def != nil && pointers.FlushesAfter(u, o.Def, e.Name) {
			return true
		}
	}
	return false
}

// flushesItself reports whether a helper of the class's architecture that clears
// entries has them flushed: a word of its definition says so, or of the
// definition of what it calls.
func flushesItself(p *check.Pass, helper string) (bool, error) {
	for _, d := range []string{helper, "__" + helper} {
		list, err := ownDefinitions(p, d)
		if err != nil {
			return false, err
		}
		for _, text := range list {
			for _, w := range strings.Fields(text) {
				if strings.Contains(w, "flush") {
					return true, nil
				}
				if !strings.HasPrefix(w, "ptep_") && !strings.HasPrefix(w, "pmdp_") && !strings.HasPrefix(w, "pudp_") {
					continue
				}
				inner, err := ownDefinitions(p, w)
				if err != nil {
					return false, err
				}
				for _, t := range inner {
					if strings.Contains(t, "flush") {
						return true, nil
					}
				}
			}
		}
	}
	return false, nil
}

// ownDefinitions returns the texts of the definitions that the class's
// architecture has of a name.
func ownDefinitions(p *check.Pass, name string) ([]string, error) {
	all, err := p.ArchDefinitions(name)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, d := range all {
		if d.Arch == p.Class.Arch.Name {
			list = append(list, d.Text)
		}
	}
	return list, nil
}

func report(p *check.Pass, e *check.Entry, u pointers.Unflushed) {
	cleared, dropped := e.After.Unit.Cpp.Position(u.Loc), e.After.Unit.Cpp.Position(u.Dropped)
	loc := p.SpelledAt(e, cleared)
	if !p.Adds(cleared) {
		loc = e.Change.Location(p.Patch)
	}
	p.Report(check.Finding{
		Confidence: check.Reachable,
		Helper:     u.Helper,
		Entry:      e.Name,
		Arch:       check.ArchOf(e.Path),
		Message: fmt.Sprintf("%s() clears or tightens the entry at %s by %s() and drops the lock at line %d, and no flush of the TLB follows as it did before: other processors go on using the old entry",
			e.Name, u.Pointer, u.Helper, dropped.Line),
		Where:    p.Everywhere(),
		Location: loc,
		Path: []check.Step{
			{Function: e.Name, File: cleared.Path, Line: cleared.Line},
			{Function: e.Name, File: dropped.Path, Line: dropped.Line},
		},
	})
}
