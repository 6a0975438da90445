package lazy

import (
	"embed"
	"fmt"
	"strings"

	"ptreview/rules/check"
	"ptreview/semantics/flow"
	"ptreview/semantics/names"
)

//go:embed doc.go
var doc embed.FS

// Nested reports lazy MMU mode entered in itself.
var Nested = &check.Rule{
	Name:     "lazy/nested",
	Doc:      check.MustDoc(doc, "lazy/nested"),
	Severity: check.Error,
	Advice:   "leave lazy MMU mode to the caller, or enter it for entries only that no caller handles in the mode",
	Scope:    check.PerClass,
	Run:      run,
	Audit:    audit,
	Ignores:  func(c *names.Change) bool { return c.Entries == "" },
}

func run(p *check.Pass) error {
	for _, e := range p.Entries {
		if c := e.Change; c == nil || c.Name() != e.Name {
			continue // only what it uses was changed
		}
		after, err := p.Follow(e)
		if err != nil {
			return err
		}
		if after == nil || !concerns(p, e, after) {
			continue
		}
		before, err := p.FollowBefore(e)
		if err != nil {
			return err
		}
		if err := own(p, e, after, before, report); err != nil {
			return err
		}
		if after.Lazy != nil && (before == nil || before.Err == nil && before.Lazy == nil) {
			if err := callers(p, e, after); err != nil {
				return err
			}
		}
	}
	return nil
}

func audit(p *check.Pass, e *check.Entry, f *check.Followed) {
	if f == nil || !concerns(p, e, f) {
		return
	}
	if err := own(p, e, f, nil, reportHelper); err != nil {
		p.NotRun(fmt.Sprintf("%s() cannot be judged: %v", e.Name, err))
	}
}

// concerns reports whether a function enters lazy MMU mode, and could be followed.
func concerns(p *check.Pass, e *check.Entry, f *check.Followed) bool {
	if f.Err != nil && f.Spells(flow.EnterLazy) {
		p.NotRun(fmt.Sprintf("%s() enters lazy MMU mode and cannot be followed: %v", e.Name, f.Err))
	}
	return f.Err == nil && f.Lazy != nil
}

// reporting reports an event of a function.
type reporting func(p *check.Pass, e *check.Entry, f *check.Followed, ev *flow.Event)

// own reports what a function does in a mode that it entered itself.
func own(p *check.Pass, e *check.Entry, after, before *check.Followed, report reporting) error {
	had := make(map[string]int)
	if before != nil {
		if before.Err != nil {
			p.NotRun(fmt.Sprintf("%s() cannot be followed as it was before the patch: %v", e.Name, before.Err))
			return nil
		}
		for i := range before.Events {
			had[faultOf(&before.Events[i])]++
		}
	}
	for i := range after.Events {
		ev := &after.Events[i]
		if ev.Kind != flow.LazyNested && ev.Kind != flow.LazyKept {
			continue
		}
		if k := faultOf(ev); had[k] > 0 {
			had[k]--
			continue
		}
		breaks, err := nestingBreaks(p, after)
		if err != nil {
			return err
		}
		if breaks {
			report(p, e, after, ev)
		}
	}
	return nil
}

// faultOf spells what makes two events the same fault.
func faultOf(ev *flow.Event) string { return fmt.Sprint(ev.Kind, ev.Text) }

// nestingBreaks reports whether the mode cannot nest in the function's class; where
// that is not known it is not judged.
func nestingBreaks(p *check.Pass, f *check.Followed) (bool, error) {
	nesting, err := f.LazyNesting()
	if err == nil && nesting == flow.Unclear {
		p.NotRun("the definitions of arch_enter_lazy_mmu_mode() and arch_leave_lazy_mmu_mode() do not tell whether lazy MMU mode nests")
	}
	return nesting == flow.Breaks, err
}

func report(p *check.Pass, e *check.Entry, f *check.Followed, ev *flow.Event) {
	at, since := f.At(ev.Loc), f.At(ev.Since)
	found := check.Finding{
		Confidence: check.Reachable,
		Helper:     flow.EnterLazy,
		Entry:      e.Name,
		Where:      p.Everywhere(),
		Location:   p.LocationOf(f, ev.Loc),
		Path:       []check.Step{{Function: e.Name, File: since.Path, Line: since.Line}, {Function: e.Name, File: at.Path, Line: at.Line}},
		Guards:     f.Conditions(ev.Trail),
	}
	switch {
	case ev.Kind == flow.LazyKept:
		found.Message = fmt.Sprintf("%s() stays in the lazy MMU mode that it entered on a path out of it, and leaves it on others", e.Name)
		found.Advice = "leave lazy MMU mode on every path"
	case ev.Site.From == nil:
		found.Message = fmt.Sprintf("%s() enters lazy MMU mode in lazy MMU mode, which does not nest here: leaving the inner one ends the outer one", e.Name)
	default:
		found.Helper = ev.Site.Callee
		found.Message = fmt.Sprintf("%s() calls %s() in lazy MMU mode, which enters and leaves the mode itself; it does not nest here, so that the rest of %s() runs out of it", e.Name, ev.Site.Callee, e.Name)
		found.Path = append(found.Path, within(ev.Site.From)...)
	}
	found.Arch = check.ArchOf(found.Location.File)
	if last := entering(ev); last != nil && found.Arch == "generic" {
		found.Arch = check.ArchOf(home(last)) // others do not enter it there
	}
	p.Report(found)
}

// reportHelper is report for a tree as it stands: an architecture's function that
// enters the mode is one fault, whichever generic functions call it in the mode.
func reportHelper(p *check.Pass, e *check.Entry, f *check.Followed, ev *flow.Event) {
	last := entering(ev)
	if last == nil || check.ArchOf(home(last)) == "generic" || check.ArchOf(e.Path) != "generic" {
		report(p, e, f, ev)
		return
	}
	since, at, enters := f.At(ev.Since), f.At(ev.Loc), last.Unit.Cpp.Position(last.Lazy.Loc)
	path := []check.Step{{Function: e.Name, File: since.Path, Line: since.Line}, {Function: e.Name, File: at.Path, Line: at.Line}}
	p.Report(check.Finding{
		Confidence: check.Reachable,
		Helper:     last.Def.Name,
		Entry:      last.Def.Name,
		Message:    fmt.Sprintf("%s() enters and leaves lazy MMU mode, and %s() for one calls it in that mode already; it does not nest here, so that the section ends with the first call", last.Def.Name, e.Name),
		Where:      p.Everywhere(),
		Location:   check.Location{Patch: p.Patch, File: enters.Path, Line: enters.Line, Side: "after"},
		Path:       append(path, within(ev.Site.From)...),
		Arch:       check.ArchOf(home(last)),
	})
}

// entering returns the function whose own text enters the mode in an event, nil if
// that is the one that was followed.
func entering(ev *flow.Event) *flow.Function {
	if ev.Site == nil || ev.Site.From == nil {
		return nil
	}
	f := ev.Site.From
	for f.Lazy != nil && f.Lazy.Through != nil {
		f = f.Lazy.Through
	}
	return f
}

// home returns the file that a function stands in.
func home(f *flow.Function) string { return f.Unit.Cpp.Position(f.Def.NameAt).Path }

// within is the way in a function to where it enters the mode.
func within(f *flow.Function) []check.Step {
	var path []check.Step
	for f != nil && f.Lazy != nil {
		at := f.Unit.Cpp.Position(f.Lazy.Loc)
		path = append(path, check.Step{Function: f.Def.Name, File: at.Path, Line: at.Line})
		f = f.Lazy.Through
	}
	return path
}

// callers reports a function that begins to enter the mode if generic functions
// call it in the mode.
func callers(p *check.Pass, e *check.Entry, after *check.Followed) error {
	nesting, err := after.LazyNesting()
	if err != nil || nesting == flow.Harmless {
		return err
	}
	list, complete, err := p.CallersWith(e, flow.EnterLazy)
	if err != nil {
		return err
	}
	var names []string
	var path []check.Step
	for _, c := range list {
		f, err := p.Follow(c)
		if err != nil {
			return err
		}
		if f == nil {
			continue
		}
		if f.Err != nil {
			p.NotRun(fmt.Sprintf("%s() enters lazy MMU mode and cannot be followed: %v", c.Name, f.Err))
			continue
		}
		ev := nests(f, e.Name)
		if ev == nil {
			continue
		}
		names = append(names, c.Name+"()")
		if path == nil {
			since, at := f.At(ev.Since), f.At(ev.Loc)
			path = append(path, check.Step{Function: c.Name, File: since.Path, Line: since.Line}, check.Step{Function: c.Name, File: at.Path, Line: at.Line})
			path = append(path, within(ev.Site.From)...)
		}
	}
	if names == nil {
		if !complete {
			p.NotRun(fmt.Sprintf("%s() begins to enter lazy MMU mode, and more C files call it in the mode than are read", e.Name))
		}
		return nil
	}
	if breaks, err := nestingBreaks(p, after); !breaks || err != nil {
		return err
	}
	p.Report(check.Finding{
		Confidence: check.Reachable,
		Helper:     e.Name,
		Entry:      e.Name,
		Message:    fmt.Sprintf("%s() enters and leaves lazy MMU mode, and %s in that mode already; it does not nest here, so that their sections end with the first call", e.Name, calling(names)),
		Where:      p.Everywhere(),
		Location:   p.LocationOf(after, after.Lazy.Loc),
		Path:       path,
		Arch:       check.ArchOf(e.Path),
	})
	return nil
}

// calling says that functions call another, naming the first few.
func calling(names []string) string {
	const few = 4
	switch n := len(names); {
	case n == 1:
		return names[0] + " calls it"
	case n > few:
		return fmt.Sprintf("%s and %d others call it", strings.Join(names[:few], ", "), n-few)
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1] + " call it"
	}
}

// nests returns the event in which a function calls another in the mode that enters
// it by way of the named one, nil if there is none.
func nests(f *check.Followed, name string) *flow.Event {
	for i := range f.Events {
		ev := &f.Events[i]
		if ev.Kind != flow.LazyNested || ev.Site.From == nil {
			continue
		}
		for g := ev.Site.From; g != nil && g.Lazy != nil; g = g.Lazy.Through {
			if g.Def.Name == name {
				return ev
			}
		}
	}
	return nil
}
