package class

import (
	"fmt"
	"slices"
	"strings"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/arch/sat"
)

// Unmet is a condition that holds in none of the classes returned.
type Unmet struct {
	When   Formula
	Reason string
	// Impossible means that no configuration meets the condition, which is
	// proven and no gap.
	Impossible bool
}

// The reasons of Unmet.
const (
	ReasonImpossible = "no configuration meets it"
	ReasonOpaque     = "it asks for more than Kconfig decides"
	ReasonBudget     = "it could not be decided within bounds"
)

// extraordinary are the symbols that ordinary configurations have off: their
// owners do not build what needs them.
var extraordinary = []string{"BROKEN", "COMPILE_TEST", "EXPERT"}

// maxRounds bounds how often a question is asked again with more constraints.
const maxRounds = 40

// Classes returns classes that the conditions tell apart: those of the
// defconfigs, and for every condition and every alternative of it that some
// configuration meets one in which it holds, as near to a defconfig as
// possible. Of classes that agree on all atoms only the first is kept. In
// unmet are the conditions that hold in no class, with the reason.
func (ch *Chooser) Classes(conditions []Formula) (classes []*Class, unmet []Unmet, err error) {
	q := ch.ask(conditions)
	set := ch.baseSet(conditions)
	for _, f := range conditions {
		u, err := ch.coverCondition(q, set, f)
		if err != nil {
			return nil, nil, err
		}
		if u != nil {
			unmet = append(unmet, *u)
		}
	}
	return set.classes, unmet, nil
}

func (ch *Chooser) baseSet(conditions []Formula) *classSet {
	set := &classSet{seen: make(map[string]bool), atoms: atomsOf(conditions)}
	for _, b := range ch.bases {
		if c := ch.class(b, nil, b.made); c.Variant != nil {
			set.add(c)
		}
	}
	return set
}

// coverCondition adds classes for the alternatives of f.
func (ch *Chooser) coverCondition(q *question, set *classSet, f Formula) (*Unmet, error) {
	if f.IsFalse() {
		return nil, nil
	}
	alternatives := []Formula{f}
	if terms, ok := f.Terms(); ok && len(terms) > 0 {
		alternatives = alternatives[:0]
		for _, t := range terms {
			alternatives = append(alternatives, t.formula())
		}
	}
	reason := ReasonImpossible
	for _, alt := range alternatives {
		if set.anyHolds(alt) {
			continue
		}
		c, st, err := q.find(func(e *encoding) []sat.Lit { return []sat.Lit{e.formula(alt).must} })
		switch {
		case err != nil:
			return nil, err
		case st == sat.Sat:
			set.add(c)
		case st == sat.Unknown:
			reason = ReasonBudget
		}
	}
	if set.anyHolds(f) {
		return nil, nil
	}
	if reason == ReasonImpossible && q.e.sat.Solve(q.e.formula(f).may) != sat.Unsat {
		reason = ReasonOpaque
	}
	return &Unmet{When: f, Reason: reason, Impossible: reason == ReasonImpossible}, nil
}

func (t Term) formula() Formula {
	parts := make([]Formula, len(t))
	for i, l := range t {
		parts[i] = Atom(l.Atom)
		if l.Neg {
			parts[i] = Not(parts[i])
		}
	}
	return And(parts...)
}

// question is what is asked about one encoding, which grows when an answer
// turns out to need more of Kconfig.
type question struct {
	ch     *Chooser
	m      *mentioned
	e      *encoding
	wishes [][]wish // by base
	found  []func(*encoding) []sat.Lit
}

// ask prepares questions about the atoms of conditions.
func (ch *Chooser) ask(conditions []Formula) *question {
	m := newMentioned()
	for _, f := range conditions {
		m.formula(f)
	}
	for _, v := range ch.arch.Variants {
		m.cond(v.Selects)
	}
	for _, n := range extraordinary {
		m.name(n)
	}
	for _, b := range ch.bases {
		for _, a := range b.lines {
			if s := ch.kc.Symbol(a.Name); s != nil && isText(s) {
				m.consts[a.Name] = append(m.consts[a.Name], textOf(a.Value))
			}
		}
	}
	q := &question{ch: ch, m: m}
	q.encode()
	return q
}

func (q *question) encode() {
	q.e = q.ch.known.encode(q.m, q.ch.unmet)
	q.e.arch = q.ch.arch
	q.wishes = nil
	for _, b := range q.ch.bases {
		q.wishes = append(q.wishes, q.e.wishes(b))
	}
	var variants []sat.Lit
	for _, v := range q.ch.arch.Variants {
		variants = append(variants, q.e.cond(v.Selects))
	}
	q.e.sat.Add(variants...)
	for _, f := range q.found {
		q.e.block(f(q.e))
	}
}

// block adds that not all of lits hold.
func (e *encoding) block(lits []sat.Lit) {
	c := make([]sat.Lit, len(lits))
	for i, l := range lits {
		c[i] = l.Not()
	}
	e.sat.Add(c...)
}

// exclude adds that not all literals of target hold, for good.
func (q *question) exclude(target func(*encoding) []sat.Lit) {
	q.found = append(q.found, target)
	q.e.block(target(q.e))
}

// find returns a class in which the literals of target hold: Sat with the
// class, Unsat if there is none, Unknown if that was not decided in time.
// An error says that the encoding disagrees with the evaluation of Kconfig.
func (q *question) find(target func(*encoding) []sat.Lit) (*Class, sat.Status, error) {
	for range maxRounds {
		hard := target(q.e)
		if st := q.e.sat.Solve(hard...); st != sat.Sat {
			return nil, st, nil
		}
		needs := q.needs(hard)
		c, err := q.realise(target, needs)
		if err != nil {
			return nil, sat.Unknown, err
		}
		if c != nil {
			c.Needs = needs
			return c, sat.Sat, nil
		}
	}
	return nil, sat.Unknown, nil
}

// needs returns the extraordinary symbols without which hard cannot hold.
func (q *question) needs(hard []sat.Lit) []string {
	var needs []string
	for _, n := range extraordinary {
		l := q.e.setLit(n)
		if q.e.sat.Solve(append(slices.Clone(hard), l.Not())...) == sat.Unsat {
			needs = append(needs, n)
		} else {
			hard = append(slices.Clone(hard), l.Not())
		}
	}
	return needs
}

// fewLines on top of a base are few enough not to look for a nearer base.
const fewLines = 2

// realise makes the class nearest to a base. It returns nil if Kconfig would
// warn of that class; the encoding then knows better.
func (q *question) realise(target func(*encoding) []sat.Lit, needs []string) (*Class, error) {
	best, bestBase, bestAll := []string(nil), -1, []string(nil)
	for i, b := range q.ch.bases {
		if bestBase >= 0 && len(best) <= fewLines {
			break
		}
		hard := append(target(q.e), q.ordinary(b, needs)...)
		broken, ok := q.e.nearest(q.wishes[i], hard)
		if !ok {
			continue
		}
		lines := q.e.lines(broken)
		if bestBase < 0 || len(lines) < len(best) {
			best, bestBase, bestAll = lines, i, q.e.allLines()
		}
	}
	if bestBase < 0 {
		return nil, nil
	}
	b := q.ch.bases[bestBase]
	for _, lines := range [][]string{best, bestAll} {
		c, err := q.ch.put(b, lines)
		if err != nil {
			return nil, err
		}
		if q.refine(c) {
			return nil, nil
		}
		if c.Variant != nil && q.agrees(c, target) {
			return c, nil
		}
	}
	return nil, fmt.Errorf("arch %s: %s on top of %s does not give what the formulas promise", q.ch.arch.Name, strings.Join(best, ", "), b.name)
}

// ordinary returns that what is not needed and not in the base stays off.
func (q *question) ordinary(b *base, needs []string) []sat.Lit {
	var lits []sat.Lit
	for _, n := range extraordinary {
		if !slices.Contains(needs, n) && b.made.Tri(n) == kconfig.No {
			lits = append(lits, q.e.setLit(n).Not())
		}
	}
	return lits
}

// put makes a class of lines on top of a base.
func (ch *Chooser) put(b *base, lines []string) (*Class, error) {
	as, err := kconfig.ParseConfig(strings.NewReader(strings.Join(lines, "\n")+"\n"), "fragment")
	if err != nil {
		return nil, err
	}
	cfg, _, err := ch.kc.Olddefconfig(kconfig.Merge(b.lines, as))
	if err != nil {
		return nil, err
	}
	return ch.class(b, lines, cfg), nil
}

// refine looks for symbols that the class selects beyond what they depend on
// and whose dependencies the encoding does not know yet.
func (q *question) refine(c *Class) bool {
	more := false
	for _, n := range c.Config.Unmet() {
		if !q.ch.unmet[n] && !q.m.seen[n] {
			q.m.name(n)
			more = true
		}
	}
	if more {
		q.encode()
	}
	return more
}

// agrees reports whether the literals of target hold in the class, by
// comparing the values of all symbols that decide them.
func (q *question) agrees(c *Class, target func(*encoding) []sat.Lit) bool {
	return q.e.sat.Solve(append(target(q.e), q.e.fixed(c.Config)...)...) == sat.Sat
}

// fixed returns literals that give the symbols of the encoding their values
// in a configuration.
func (e *encoding) fixed(c *kconfig.Config) []sat.Lit {
	var lits []sat.Lit
	for _, v := range e.order {
		if v.sym.IsChoice() {
			continue
		}
		val := c.Value(v.sym.Name())
		if !isText(v.sym) {
			lits = append(lits, signed(v.tri.set, val.Tri != kconfig.No), signed(v.tri.yes, val.Tri == kconfig.Yes))
			continue
		}
		for _, a := range v.texts {
			lits = append(lits, signed(a.lit, a.text == val.Text))
		}
	}
	return lits
}

func signed(l sat.Lit, holds bool) sat.Lit {
	if holds {
		return l
	}
	return l.Not()
}

// Enumerate returns a class for every combination of truth values that the
// conditions can have in one variant, those of the defconfigs first, up to
// limit classes. Complete reports that there are no others, which is proven.
func (ch *Chooser) Enumerate(conditions []Formula, limit int) (classes []*Class, complete bool, err error) {
	q := ch.ask(conditions)
	for _, b := range ch.bases {
		c := ch.class(b, nil, b.made)
		target := ch.combination(conditions, c)
		if c.Variant == nil || q.e.sat.Solve(target(q.e)...) != sat.Sat {
			continue // an earlier base has the same
		}
		classes = append(classes, c)
		q.exclude(target)
	}
	for len(classes) < limit {
		switch q.e.sat.Solve() {
		case sat.Unsat:
			return classes, true, nil
		case sat.Unknown:
			return classes, false, nil
		}
		target := q.combination(conditions)
		c, st, err := q.find(target)
		if err != nil || st == sat.Unknown {
			return classes, false, err
		}
		if st == sat.Sat {
			classes = append(classes, c)
		}
		q.exclude(target)
	}
	return classes, q.e.sat.Solve() == sat.Unsat, nil
}

// combination returns literals that hold where the conditions are as in a
// class.
func (ch *Chooser) combination(conditions []Formula, c *Class) func(*encoding) []sat.Lit {
	values := make([]bool, len(conditions))
	for i, f := range conditions {
		values[i] = c.Holds(f)
	}
	return ch.literals(conditions, values, c.Variant)
}

// combination returns literals that hold where the conditions are as in the
// last model.
func (q *question) combination(conditions []Formula) func(*encoding) []sat.Lit {
	values := make([]bool, len(conditions))
	for i, f := range conditions {
		values[i] = q.e.sat.True(q.e.formula(f).must)
	}
	for _, v := range q.ch.arch.Variants {
		if q.e.sat.True(q.e.cond(v.Selects)) {
			return q.ch.literals(conditions, values, v)
		}
	}
	panic("class: a model without variant")
}

func (ch *Chooser) literals(conditions []Formula, values []bool, v *arch.Variant) func(*encoding) []sat.Lit {
	return func(e *encoding) []sat.Lit {
		var lits []sat.Lit
		for i, f := range conditions {
			lits = append(lits, signed(e.formula(f).must, values[i]))
		}
		if v != nil {
			lits = append(lits, e.cond(v.Selects))
		}
		return lits
	}
}
