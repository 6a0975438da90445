package contract

import (
	"fmt"
	"slices"
	"strings"

	"ptreview/arch"
	"ptreview/rules/check"
	"ptreview/semantics/contract"
	"ptreview/semantics/names"
	"ptreview/semantics/unit"
)

// Law reports laws of helpers that a patch breaks.
var Law = &check.Rule{
	Name:     "contract/law",
	Doc:      check.MustDoc(doc, "contract/law"),
	Severity: check.Error,
	Advice:   "let the helper keep it for the values shown; a law that is to change is changed with its users and Documentation/mm/arch_pgtable_helpers.rst",
	Scope:    check.PerMachine,
	Run:      runLaw,
	Ignores:  func(*names.Change) bool { return true },
}

func runLaw(p *check.Pass) error {
	changed := changedHelpers(p)
	if len(changed) == 0 {
		return nil
	}
	laws := concerned(p, changed)
	if len(laws) == 0 {
		return nil
	}
	pair, err := lawUnit(p)
	if err != nil || pair.After == nil {
		return err
	}
	ownBefore, err := pair.Before()
	if err != nil {
		return err
	}
	eb, ea := p.Emulators()
	after := contract.NewProver(ea, pair.After)
	var before *contract.Prover
	if ownBefore != nil {
		before = contract.NewProver(eb, ownBefore)
	}
	broken := make(map[string][]brokenLaw) // by helper
	var helpers []string
	for _, l := range laws {
		b, err := judgeLaw(p, l, before, after)
		if err != nil {
			return err
		}
		if b == nil {
			continue
		}
		if broken[l.Helper] == nil {
			helpers = append(helpers, l.Helper)
		}
		broken[l.Helper] = append(broken[l.Helper], *b)
	}
	for _, h := range helpers {
		reportLaws(p, h, broken[h], causeOf(changed, pair.After, broken[h]))
	}
	return nil
}

// brokenLaw is a law that the patch breaks.
type brokenLaw struct {
	law contract.Law
	how *contract.Counterexample
	was string // what was found out about it before
}

// judgeLaw proves a law after the patch and, where it fails, before; nil unless
// the patch breaks it.
func judgeLaw(p *check.Pass, l contract.Law, before, after *contract.Prover) (*brokenLaw, error) {
	is, err := after.Prove(p.Ctx, l)
	if err != nil {
		return nil, err
	}
	switch is.Status {
	case contract.NotRun:
		p.NotRun(fmt.Sprintf("whether %s: %s", l.Says, is.Reason))
		return nil, nil
	case contract.Proved, contract.Absent:
		return nil, nil
	}
	b := &brokenLaw{law: l, how: is.Counterexample, was: "there was no such helper before"}
	if before == nil {
		return b, nil
	}
	was, err := before.Prove(p.Ctx, l)
	if err != nil {
		return nil, err
	}
	switch {
	case was.Status == contract.NotRun:
		p.NotRun(fmt.Sprintf("whether it held before the patch that %s: %s", l.Says, was.Reason))
		return nil, nil
	case was.Status == contract.Broken && (was.Counterexample.Trap == "" || is.Counterexample.Trap != ""):
		return nil, nil // it was broken already
	case was.Status == contract.Broken:
		b.was = was.Counterexample.Trap + " before"
	case was.Status == contract.Proved:
		b.was = "it was " + was.String() + " before"
	}
	return b, nil
}

// reportLaws reports the broken laws of one helper. cause is the changed
// definition.
func reportLaws(p *check.Pass, helper string, list []brokenLaw, cause *check.DefinitionChange) {
	first := list[0]
	var evidence []string
	for _, b := range list {
		evidence = append(evidence, fmt.Sprintf("%s: not so for %s; %s", b.law.Says, b.how, b.was))
	}
	more := ""
	if n := len(list) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	p.Report(check.Finding{
		Confidence: check.Executed,
		Helper:     helper,
		Entry:      cause.Name(),
		Message:    fmt.Sprintf("%s() no longer keeps the law that %s%s: not so for %s; %s", helper, first.law.Says, more, first.how, first.was),
		Where:      []check.Where{p.Changed(cause)},
		Location:   cause.Location(p.Patch),
		Path:       []check.Step{},
		Evidence:   &check.Evidence{Counterexample: evidence},
	})
}

// changedHelpers returns the changed definitions that helpers can depend on:
// those in headers, and those of the architecture's own mm code.
func changedHelpers(p *check.Pass) []*check.DefinitionChange {
	var list []*check.DefinitionChange
	for i := range p.Changes {
		c := &p.Changes[i]
		own := "arch/" + p.Class.Arch.Name + "/"
		switch {
		case strings.HasPrefix(c.Path, "arch/") && !strings.HasPrefix(c.Path, own), ofOtherMachine(p, c.Name()):
		case strings.HasPrefix(c.Path, own+"include/"), strings.HasPrefix(c.Path, own+"mm/"), strings.HasPrefix(c.Path, "include/"):
			list = append(list, c)
		}
	}
	return list
}

// ofOtherMachine reports whether only another machine of the architecture uses a
// helper, as its name says: hash__pmd_same on a machine with the radix MMU.
func ofOtherMachine(p *check.Pass, name string) bool {
	if own := p.Machine.Prefix; own != "" && strings.HasPrefix(name, own) {
		return false
	}
	return slices.ContainsFunc(p.Class.Arch.Machines, func(m *arch.Machine) bool {
		return m.Prefix != "" && m.Name != p.Machine.Name && strings.HasPrefix(name, m.Prefix)
	})
}

// concerned returns the laws that depend on what was changed, in their order.
func concerned(p *check.Pass, changed []*check.DefinitionChange) []contract.Law {
	var list []contract.Law
	for _, l := range contract.Laws() {
		if slices.ContainsFunc(p.Units, func(u check.UnitPair) bool { return causeIn(changed, u.After, l) != nil }) {
			list = append(list, l)
		}
	}
	return list
}

// causeIn returns the first of the changed definitions that a law depends on.
func causeIn(changed []*check.DefinitionChange, u *unit.Unit, l contract.Law) *check.DefinitionChange {
	uses := l.Uses(u)
	for _, c := range changed {
		if uses[c.Name()] {
			return c
		}
	}
	return nil
}

// causeOf returns the changed definition that broken laws depend on.
func causeOf(changed []*check.DefinitionChange, u *unit.Unit, list []brokenLaw) *check.DefinitionChange {
	for _, b := range list {
		if c := causeIn(changed, u, b.law); c != nil {
			return c
		}
	}
	return changed[0]
}

// lawUnit returns the unit that laws are asked of: one that sees most of memory
// management, or else one that was read anyway.
func lawUnit(p *check.Pass) (check.UnitPair, error) {
	pair, err := p.Read("mm/memory.c")
	if err != nil || pair.After != nil || len(p.Units) == 0 {
		return pair, err
	}
	return p.Units[0], nil
}
