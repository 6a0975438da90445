package mapping

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

// UncheckedNull reports pointers of calls that may not have mapped, used without
// a check.
var UncheckedNull = &check.Rule{
	Name:     "map/unchecked-null",
	Doc:      check.MustDoc(doc, "map/unchecked-null"),
	Severity: check.Error,
	Advice:   "check the pointer before its first use, and retry or leave without unmapping when it is NULL",
	Scope:    check.PerClass,
	Run:      func(p *check.Pass) error { return judge(p, unchecked) },
	Audit:    func(p *check.Pass, e *check.Entry, f *check.Followed) { judgeEntry(p, unchecked, e, f, nil) },
	Heed:     heedNull,
	Ignores:  ignores,
}

// Unbalanced reports maps that are not given back once on every path.
var Unbalanced = &check.Rule{
	Name:     "map/unbalanced",
	Doc:      check.MustDoc(doc, "map/unbalanced"),
	Severity: check.Error,
	Advice:   "unmap what was mapped exactly once on every path, by the pointer that the call returned",
	Scope:    check.PerClass,
	Run:      func(p *check.Pass) error { return judge(p, unbalanced) },
	Audit:    func(p *check.Pass, e *check.Entry, f *check.Followed) { judgeEntry(p, unbalanced, e, f, nil) },
	Heed:     heedMap,
	Ignores:  ignores,
}

// Sleeps reports calls that may sleep while a table is mapped or locked.
var Sleeps = &check.Rule{
	Name:     "map/sleeps",
	Doc:      check.MustDoc(doc, "map/sleeps"),
	Severity: check.Error,
	Advice:   "sleep before the table is mapped and locked, or after it was unmapped; allocate beforehand, or with flags that do not wait",
	Scope:    check.PerClass,
	Run:      func(p *check.Pass) error { return judge(p, sleeps) },
	Audit:    func(p *check.Pass, e *check.Entry, f *check.Followed) { judgeEntry(p, sleeps, e, f, nil) },
	Ignores:  ignores,
}

// WrongLock reports locks that are not sure to be those of the tables changed under
// them.
var WrongLock = &check.Rule{
	Name:     "map/wrong-lock",
	Doc:      check.MustDoc(doc, "map/wrong-lock"),
	Severity: check.Error,
	Advice:   "take the lock that comes with the map (pte_offset_map_lock(), or pte_offset_map_nolock() and its rw form), or compare the pmd again under the lock",
	Scope:    check.PerClass,
	Run:      func(p *check.Pass) error { return judge(p, wrongLock) },
	Audit:    func(p *check.Pass, e *check.Entry, f *check.Followed) { judgeEntry(p, wrongLock, e, f, nil) },
	Ignores:  ignores,
}

func ignores(c *names.Change) bool { return c.Entries == "" }

// claim is what a rule says of a kind of event: the sentence, with the call that
// mapped or locked, the function, and the text at the event.
type claim map[flow.Kind]func(call, function, text string) string

var unchecked = claim{
	flow.NullUse: func(call, function, text string) string {
		return fmt.Sprintf("%s() may return NULL, and %s() uses the pointer without a check: %s", call, function, text)
	},
	flow.NullUnmap: func(call, function, text string) string {
		return fmt.Sprintf("%s() may return NULL, and %s() unmaps the pointer without a check: %s", call, function, text)
	},
}

var unbalanced = claim{
	flow.NotEnded: func(call, function, _ string) string {
		return fmt.Sprintf("what %s() mapped is not unmapped on a path out of %s()", call, function)
	},
	flow.MappedOver: func(call, function, _ string) string {
		return fmt.Sprintf("%s() maps again in %s() while what it mapped before is not unmapped", call, function)
	},
	flow.EndedAgain: func(call, function, text string) string {
		return fmt.Sprintf("%s() unmaps %s a second time", function, text)
	},
	flow.EndedMoved: func(call, function, text string) string {
		return fmt.Sprintf("%s() unmaps %s, which may point behind the table that %s() mapped", function, text, call)
	},
	flow.UsedAfter: func(call, function, text string) string {
		return fmt.Sprintf("%s() uses %s after it was unmapped", function, text)
	},
	flow.NotLocked: func(call, function, text string) string {
		return fmt.Sprintf("%s() releases %s, which is not held there", function, text)
	},
	flow.StillHeld: func(call, function, _ string) string {
		return fmt.Sprintf("the lock that %s() took is held on a path out of %s()", call, function)
	},
}

var sleeps = claim{
	flow.Sleeps: func(_, function, text string) string { return fmt.Sprintf("%s() calls %s", function, text) },
}

var wrongLock = claim{
	flow.LockReread: func(call, function, text string) string {
		return fmt.Sprintf("%s() reads the pmd at %s again for the lock, after %s() mapped a table from it: if it has changed, the lock is that of another table", function, text, call)
	},
	flow.LockOther: func(_, function, text string) string { return fmt.Sprintf("%s() writes %s", function, text) },
}

// judge reports what a rule has to say of the entries.
func judge(p *check.Pass, c claim) error {
	for _, e := range p.Entries {
		if c := e.Change; c == nil || c.Name() != e.Name {
			continue // only what it uses was changed
		}
		after, err := p.Follow(e)
		if err != nil {
			return err
		}
		if after == nil || after.Err == nil && len(after.Events) == 0 {
			continue // there is nothing to compare with what was before
		}
		before, err := p.FollowBefore(e)
		if err != nil {
			return err
		}
		judgeEntry(p, c, e, after, before)
	}
	return nil
}

// fault is what makes two events the same fault: an event shows at its first
// place, and a patch can move it.
type fault struct {
	kind flow.Kind
	call string
	text string
}

func faultOf(ev *flow.Event) fault {
	f := fault{kind: ev.Kind, text: ev.Text}
	if ev.Site != nil {
		f.call = ev.Site.Callee
	}
	return f
}

// judgeEntry reports the faults of an entry that it has more often than before.
func judgeEntry(p *check.Pass, c claim, e *check.Entry, after, before *check.Followed) {
	if after == nil {
		return
	}
	if after.Err != nil {
		p.NotRun(fmt.Sprintf("%s() cannot be followed: %v", e.Name, after.Err))
		return
	}
	had := make(map[fault]int)
	stood := make(map[string]bool) // lines with faults before
	if before != nil {
		if before.Err != nil {
			p.NotRun(fmt.Sprintf("%s() cannot be followed as it was before the patch: %v", e.Name, before.Err))
			return
		}
		for i := range before.Events {
			had[faultOf(&before.Events[i])]++
			stood[before.LineAt(before.Events[i].Loc)] = true
		}
	}
	failed := failures(after)
	told, toldBefore := make(map[*flow.Site]bool), make(map[*flow.Site]bool)
	for i := range after.Events {
		ev := &after.Events[i]
		say := c[ev.Kind]
		if failed[ev.Site] && ev.Kind == flow.NotLocked {
			say = nil // of a NULL that was not checked
		}
		if k := faultOf(ev); had[k] > 0 {
			had[k]--
			// A patch that works at a fault may have repaired what cannot be followed.
			if say != nil && !toldBefore[ev.Site] && (ev.Text != "" || stood[after.LineAt(ev.Loc)]) {
				toldBefore[ev.Site] = ev.Site != nil
				p.Had(standing(p, e, after, ev, say))
			}
			continue
		}
		if ev.Kind == flow.NullPassed && c[flow.Sleeps] == nil {
			p.NotRun(fmt.Sprintf("%s() hands a pointer that may be NULL to %s(), whose definition was not found", e.Name, ev.Text))
			continue
		}
		if say == nil || told[ev.Site] {
			continue
		}
		told[ev.Site] = ev.Site != nil
		p.Report(found(p, e, after, ev, say))
	}
}

// standing is the finding of an event that was there before, where it is.
func standing(p *check.Pass, e *check.Entry, f *check.Followed, ev *flow.Event, say func(call, function, text string) string) check.Finding {
	out := found(p, e, f, ev, say)
	if out.Entry == e.Name {
		out.Location = p.StandingAt(f, ev.Loc)
	}
	return out
}

// failures returns the calls whose NULL is not checked.
func failures(f *check.Followed) map[*flow.Site]bool {
	sites := make(map[*flow.Site]bool)
	for _, ev := range f.Events {
		if ev.Kind == flow.NullUse || ev.Kind == flow.NullUnmap {
			sites[ev.Site] = true
		}
	}
	return sites
}

// found is the finding of an event.
func found(p *check.Pass, e *check.Entry, f *check.Followed, ev *flow.Event, say func(call, function, text string) string) check.Finding {
	call, path := "pte_offset_map", []check.Step{}
	at := f.At(ev.Loc)
	loc := p.LocationOf(f, ev.Loc)
	if ev.Site != nil && ev.Site.Callee != "" {
		call = ev.Site.Callee
		begin := f.At(ev.Site.Loc)
		path = append(path, check.Step{Function: e.Name, File: begin.Path, Line: begin.Line})
		if !p.Adds(at) {
			loc = p.LocationOf(f, ev.Site.Loc)
		}
	}
	path = append(path, check.Step{Function: e.Name, File: at.Path, Line: at.Line})
	for _, step := range ev.Way {
		path = append(path, check.Step{Function: step.Function, File: step.File, Line: step.Line})
	}
	out := check.Finding{
		Confidence: check.Reachable,
		Helper:     call,
		Entry:      e.Name,
		Message:    say(call, e.Name, ev.Text),
		Where:      p.Everywhere(),
		Location:   loc,
		Path:       path,
		Guards:     f.Conditions(ev.Trail),
	}
	if from := handedOn(e, ev); from != nil {
		out.Entry, out.Helper = call, "pte_offset_map"
		out.Message = fmt.Sprintf("%s() returns what it mapped, and %s() that calls it does not unmap it", call, e.Name)
		out.Location = p.DefinedAt(from)
	}
	out.Arch = check.ArchOf(out.Location.File) // one fault, whoever compiles it
	return out
}

// handedOn returns the architecture's function that handed a map to a generic
// caller which leaves it be: where other architectures map nothing there is
// nothing to unmap. Nil if it is the caller's fault.
func handedOn(e *check.Entry, ev *flow.Event) *flow.Function {
	if ev.Kind != flow.NotEnded && ev.Kind != flow.MappedOver || ev.Site == nil || ev.Site.From == nil {
		return nil
	}
	from := ev.Site.From
	home := from.Unit.Cpp.Position(from.Def.NameAt).Path
	if !strings.HasPrefix(home, "arch/") || strings.HasPrefix(e.Path, "arch/") {
		return nil
	}
	return from
}
