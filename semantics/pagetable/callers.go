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
// conditions on its parameters in C, Locks the names of locks. Dropped is what
// some callers do and others do not; nothing is assumed of it.
type Preconditions struct {
	Guards []Assumption // Text is the condition
	Locks  []Assumption // Text is the lock
	// Never says that no caller comes to its call, nil if some may.
	Never   *Assumption
	Dropped []Dropped
}

// Dropped is what some callers establish and others do not. Why names those.
type Dropped struct {
	Guard string // the condition, "" for a lock
	Lock  string
	Why   string
}

// String says what is not assumed, and why.
func (d Dropped) String() string {
	if d.Lock != "" {
		return "the " + d.Lock + ": " + d.Why
	}
	return "that " + d.Guard + ": " + d.Why
}

// Empty reports whether callers establish nothing, as far as known.
func (p *Preconditions) Empty() bool {
	return p == nil || p.Never == nil && len(p.Guards)+len(p.Locks) == 0
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
	p.never(callers)
	return p, nil
}

// never notes that all callers there are find constants in their way.
func (p *Preconditions) never(callers *facts.Callers) {
	if !callers.Never() {
		return
	}
	first := callers.Dead[0]
	p.Never = &Assumption{AssumeGuard, "nothing calls it on this machine: the conditions of " + named(callers.Dead) + " never hold", first.File, first.Line, false}
}

// named lists callers.
func named(list []facts.Caller) string {
	var names []string
	for _, c := range list[:min(len(list), maxNamed)] {
		names = append(names, fmt.Sprintf("%s() (%s:%d)", c.Function, c.File, c.Line))
	}
	text := strings.Join(names, ", ")
	if more := len(list) - maxNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
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
	common := make(map[string]facts.Guard)
	for _, g := range callers.Guards() {
		common[g.Text] = g
	}
	seen := make(map[string]bool)
	for _, c := range callers.List {
		for _, g := range c.Guards {
			if seen[g.Text] || !isPredicate(g.Text) {
				continue
			}
			seen[g.Text] = true
			if shared, ok := common[g.Text]; ok {
				p.Guards = append(p.Guards, Assumption{AssumeGuard, g.Text, c.File, c.Line, shared.Loose})
			} else if g.Own { // what is about the machine only need not be known
				p.drop(Dropped{Guard: g.Text, Why: whyNot(callers, callers.WithoutGuard(g.Text))})
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
		if without := callers.WithoutLock(l.Name); callers.Incomplete != "" || len(callers.List) == 0 || len(without) > 0 {
			p.drop(Dropped{Lock: l.Name, Why: whyNot(callers, without)})
		} else {
			p.Locks = append(p.Locks, Assumption{AssumeLock, l.Name, l.File, l.Line, false})
		}
	}
}

func (p *Preconditions) drop(d Dropped) {
	if len(p.Dropped) < maxDropped {
		p.Dropped = append(p.Dropped, d)
	}
}

// whyNot says why something is not taken for granted: without are the callers
// that do not establish it.
func whyNot(callers *facts.Callers, without []facts.Caller) string {
	if len(without) == 0 && len(callers.List) == 0 && callers.Incomplete == "" {
		return "no caller was found"
	}
	if len(without) == 0 {
		return callers.Incomplete
	}
	return "not established by " + named(without)
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

// neverPassed says that no caller passes what a scenario has: each has seen a
// guard that does not hold for it.
type neverPassed struct{ guard Assumption }

func (e *neverPassed) Error() string { return "no caller passes this, as " + e.guard.Text }

// allowed asks what callers have seen, of the arguments as they are: *neverPassed
// if a guard does not hold. It returns what only some of them would not pass.
func (x *caller) allowed() (against []Dropped, err error) {
	for _, g := range x.c.Callers.Guards {
		is, err := x.fails(g.Text)
		if err != nil {
			return nil, err
		}
		if is {
			return nil, &neverPassed{g}
		}
	}
	for _, d := range x.c.Callers.Dropped {
		if d.Guard == "" {
			continue
		}
		is, err := x.fails(d.Guard)
		if err != nil {
			return nil, err
		}
		if is {
			against = append(against, d)
		}
	}
	return against, nil
}

// fails reports whether a condition certainly does not hold. One that cannot be
// asked here may.
func (x *caller) fails(guard string) (bool, error) {
	text := x.with("!!(" + guard + ")")
	if !x.has(text) {
		return false, nil
	}
	v, err := x.open(text)
	if err != nil {
		if isLimit(err) || errors.As(err, new(*notAsked)) {
			err = nil
		}
		return false, err
	}
	n, known := v.Uint64()
	return v.IsValid() && known && n == 0, nil
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
			return a.inWords()
		}
	}
	panic("a lock that nobody holds")
}
