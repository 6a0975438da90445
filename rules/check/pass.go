package check

import (
	"fmt"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
)

// Position spells out where a position stands.
func (p *Pass) Position(pos source.Pos) source.Position { return p.Set.Position(pos) }

// Site returns the place of a call of an entry: the changed line that makes
// the difference.
func (p *Pass) Site(e *Entry, s facts.Site) Location { return p.Location(e, s.Loc) }

// Location returns the changed line that a token of an entry is there for: its
// own, or that of a macro it comes from. A token on lines that the patch did
// not add is there for another reason, a guard that is gone for one: then it is
// the first changed line of the entry.
func (p *Pass) Location(e *Entry, loc cpp.Loc) Location {
	return p.locationIn(e.After.Unit.Cpp, e, loc)
}

// locationIn is Location for a token of a unit that the entry is in.
func (p *Pass) locationIn(u *cpp.Unit, e *Entry, loc cpp.Loc) Location {
	places := []source.Pos{loc.Pos}
	for _, use := range u.Chain(loc) {
		places = append(places, use.Pos)
	}
	for i := len(places) - 1; i >= 0; i-- {
		if at := u.Set.Position(places[i]); p.AddedBy(at.Path, at.Line) == p.Patch {
			return p.after(e, at)
		}
	}
	if c := e.Change; c != nil {
		return c.Location(p.Patch)
	}
	return p.after(e, u.Position(loc))
}

// SpelledAt returns a place that is spelled in the text of an entry.
func (p *Pass) SpelledAt(e *Entry, at source.Position) Location {
	if p.audit {
		return Location{File: at.Path, Line: at.Line, Side: "after", Text: p.lineText(e, at)}
	}
	return p.after(e, at)
}

func (p *Pass) after(e *Entry, at source.Position) Location {
	return Location{Patch: p.Patch, File: at.Path, Line: at.Line, Side: "after", Text: p.lineText(e, at)}
}

func (p *Pass) lineText(e *Entry, at source.Position) string { return lineOf(e.After.Unit, at) }

// lineOf returns the text of a line of a file that a unit includes.
func lineOf(u *unit.Unit, at source.Position) string {
	for _, in := range u.Cpp.Includes {
		if f := in.File(); f.Path == at.Path {
			return strings.TrimSpace(string(f.LineText(at.Line)))
		}
	}
	return ""
}

// Steps turns the path of a reach into that of a finding.
func (p *Pass) Steps(r *facts.Reach) []Step {
	steps := make([]Step, len(r.Path))
	for i, s := range r.Path {
		at := p.Set.Position(s.Pos)
		steps[i] = Step{Function: s.Name, File: at.Path, Line: at.Line, Macro: s.Macro}
	}
	return steps
}

// Where says in which class and on which machine a reach was seen, with the
// symbols that make its definitions the ones in force.
func (p *Pass) Where(e *Entry, r *facts.Reach) Where {
	var places []stepPlace
	for _, s := range r.Path {
		at := p.Set.Position(s.Pos)
		if strings.HasSuffix(at.Path, ".h") {
			places = append(places, stepPlace{s.Name, at.Path, at.Line})
		}
	}
	when := p.conds.inForce(p.review, p.Class.Arch, p.Patch, places)
	w := Where{Class: p.Class.ID, Fragment: nonNil(p.Class.Fragment(when)), Machine: p.Machine.Name, Needs: p.Class.Needs}
	in, function := compiledInto(e, r)
	if obj, ok := strings.CutSuffix(in, ".c"); ok {
		w.Object = obj + ".o"
		_, at := p.Used(r)
		w.BugTable = fmt.Sprintf("%s:%d inside %s", at.Path, at.Line, function)
	}
	return w
}

// compiledInto returns the C file that the trap of a reach is compiled with, and
// the function of it that the path comes in by.
func compiledInto(e *Entry, r *facts.Reach) (file, function string) {
	file, function = e.Unit, e.Name
	for _, s := range r.Path {
		if !s.Macro && s.Unit.Path != file {
			file, function = s.Unit.Path, s.Name
		}
	}
	return file, function
}

// Used returns the function that has the trap of a reach, and where: of a trap
// in a macro that is where the outermost one is used.
func (p *Pass) Used(r *facts.Reach) (function string, at source.Position) {
	last := r.Path[0]
	for _, s := range r.Path {
		if !s.Macro {
			last = s
		}
	}
	return last.Name, p.Set.Position(last.Pos)
}

// ClassOnly says in which class something was seen, on every machine.
func (p *Pass) ClassOnly() Where {
	return Where{Class: p.Class.ID, Fragment: nonNil(p.Class.Extra), Needs: p.Class.Needs}
}

// Everywhere is ClassOnly for a finding of every rule, also without a patch.
func (p *Pass) Everywhere() []Where {
	if p.audit {
		return nil // the audit knows
	}
	return []Where{p.ClassOnly()}
}

// Adds reports whether the patch added a line; without a patch every line counts.
func (p *Pass) Adds(at source.Position) bool {
	return p.audit || p.AddedBy(at.Path, at.Line) == p.Patch
}
