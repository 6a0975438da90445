package pagetable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
)

// Preconditions are what callers of a function establish: Guards are
// conditions on its parameters in C, Locks the names of locks. Dropped are
// those that some caller does not, with its name; nothing is assumed of them.
type Preconditions struct {
	Guards  []Assumption // Text is the condition
	Locks   []Assumption // Text is the lock
	Dropped []string
}

// The most callers that are named where one does not establish something, and
// the most of such remarks.
const (
	maxNamed   = 3
	maxDropped = 8
)

// Preconditions collects what the callers of fn establish, and checks each of
// it against all of them. Errors: the end of ctx, and of reading units.
func (e *Emulator) Preconditions(ctx context.Context, u *unit.Unit, fn *syntax.FuncDef) (*Preconditions, error) {
	g := facts.NewGraph(ctx, e.tree, u.Cpp.Set, e.machine.Inputs)
	callers, err := e.tree.Callers(ctx, g, u, fn)
	if err != nil {
		return nil, err
	}
	own, err := g.InUnit(u, fn.Name)
	if err != nil {
		return nil, err
	}
	var asserted []facts.HeldLock
	if own != nil {
		asserted = g.Asserted(own)
	}
	p := &Preconditions{}
	p.guards(callers)
	p.locks(callers, asserted)
	return p, nil
}

// NeedsCallers reports whether something ended in a way that what callers
// establish might exclude.
func (out *Called) NeedsCallers() bool {
	for _, p := range out.Paths {
		if p.Trap != nil || !p.Exact || p.NotRun != "" || p.Open != "" || len(p.Result.Warnings) > 0 {
			return true
		}
	}
	return false
}

func (p *Preconditions) guards(callers *facts.Callers) {
	seen := make(map[string]bool)
	for _, c := range callers.List {
		for _, text := range c.Guards {
			if seen[text] || !isPredicate(text) {
				continue
			}
			seen[text] = true
			if p.check("that "+text, callers, callers.WithoutGuard(text)) {
				p.Guards = append(p.Guards, Assumption{AssumeGuard, text, c.File, c.Line})
			}
		}
	}
}

// isPredicate reports whether asking a condition leaves everything as it is,
// by the names of what it calls.
func isPredicate(text string) bool {
	for _, sign := range []string{"lock", "clear", "alloc", "++", "--", "({", "populate", "test_and"} {
		if strings.Contains(text, sign) {
			return false
		}
	}
	return !hasAssignment(text)
}

func hasAssignment(text string) bool {
	for i, c := range text {
		if c != '=' || i+1 < len(text) && text[i+1] == '=' || i > 0 && strings.ContainsRune("=!<>", rune(text[i-1])) {
			continue
		}
		return true
	}
	return false
}

func (p *Preconditions) locks(callers *facts.Callers, asserted []facts.HeldLock) {
	var all []facts.HeldLock
	all = append(all, asserted...)
	for _, c := range callers.List {
		all = append(all, c.Locks...)
	}
	seen := make(map[string]bool)
	for _, l := range all {
		if seen[l.Name] {
			continue
		}
		seen[l.Name] = true
		if p.check("the "+l.Name, callers, callers.WithoutLock(l.Name)) {
			p.Locks = append(p.Locks, Assumption{AssumeLock, l.Name, l.File, l.Line})
		}
	}
}

// check reports whether all callers establish what, and remarks on it if not.
func (p *Preconditions) check(what string, callers *facts.Callers, without []facts.Caller) bool {
	if callers.Incomplete == "" && len(without) == 0 && len(callers.List) > 0 {
		return true
	}
	if len(p.Dropped) >= maxDropped {
		return false
	}
	why := callers.Incomplete
	if len(callers.List) == 0 {
		why = "no caller was found"
	}
	if len(without) > 0 {
		var names []string
		for _, c := range without[:min(len(without), maxNamed)] {
			names = append(names, fmt.Sprintf("%s() (%s:%d)", c.Function, c.File, c.Line))
		}
		why = "not established by " + strings.Join(names, ", ")
		if more := len(without) - maxNamed; more > 0 {
			why += fmt.Sprintf(" and %d more", more)
		}
	}
	p.Dropped = append(p.Dropped, what+": "+why)
	return false
}

// guardsHold leaves the path unless what callers have seen can hold. A
// condition that cannot be asked here is not assumed.
func (x *caller) guardsHold() error {
	for _, g := range x.c.Callers.Guards {
		text := x.with("!!(" + g.Text + ")")
		if !x.has(text) {
			continue
		}
		v, err := x.open(text)
		if err != nil || !v.IsValid() || len(bits.Reasons(v)) > 0 {
			if err != nil && !isLimit(err) && !errors.As(err, new(*notAsked)) {
				return err
			}
			continue
		}
		if err := x.m.Assume(v); err != nil {
			return err
		}
		x.out.assumed = append(x.out.assumed, g)
	}
	return nil
}

// notAsked is why a condition cannot be asked.
type notAsked struct{ why string }

func (e *notAsked) Error() string { return e.why }

// held reports whether callers hold a lock of a name.
func (c *Call) held(name string) bool {
	return c.Callers != nil && !c.without(AssumeLock) &&
		slices.ContainsFunc(c.Callers.Locks, func(a Assumption) bool { return a.Text == name })
}

// lockAssumption says that a lock is held.
func (c *Call) lockAssumption(name string) Assumption {
	for _, a := range c.Callers.Locks {
		if a.Text == name {
			a.Text = "every caller holds the " + name
			return a
		}
	}
	panic("a lock that nobody holds")
}
