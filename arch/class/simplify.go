package class

import (
	"maps"
	"slices"
	"sort"
	"strings"

	"ptreview/arch/sat"
)

// Bounds of Simplify: more atoms or alternatives than these leave a formula
// as it is.
const (
	maxSimplifyAtoms = 40
	maxSimplifyTerms = 24
	maxPairAtoms     = 20 // up to here all pairs of literals are tried
)

// Simplify returns for each of fs a short formula that holds in the same
// configurations of the architecture: a disjunction of terms, of which no
// literal and none of which can be left out without changing those, with what
// is common to all terms in front. What Kconfig implies goes that way: a
// formula that no configuration meets becomes False, one that all meet True.
// The atoms are those of the formula, with the symbols that tell the variants
// apart in place of macros that compilers predefine. Where literals could
// stand for each other, terms of one or two are found if there are any, and
// positive ones stay rather than negative ones. Atoms that are no matter of
// Kconfig count as free. A formula that cannot be simplified within bounds
// stays as it is.
func (ch *Chooser) Simplify(fs ...Formula) []Formula {
	s := ch.newSimplifier(fs)
	out := make([]Formula, len(fs))
	known := make(map[string]Formula)
	for i, f := range fs {
		key := f.String()
		if _, ok := known[key]; !ok {
			known[key] = s.simplify(f)
		}
		out[i] = known[key]
	}
	return out
}

// Equivalent reports whether f and g hold in the same configurations of the
// architecture, Unknown if that was not decided within bounds.
func (ch *Chooser) Equivalent(f, g Formula) Truth {
	s := ch.newSimplifier([]Formula{f, g})
	x, y := s.literal(f), s.literal(g)
	return s.never(s.e.or(s.e.and(x, y.Not()), s.e.and(y, x.Not())))
}

// simplifier asks one encoding about formulas.
type simplifier struct {
	e *encoding
	// free are the atoms, or what is left of them, that Kconfig does not
	// decide.
	free map[string]sat.Lit
}

func (ch *Chooser) newSimplifier(fs []Formula) *simplifier {
	return &simplifier{ch.ask(fs).e, make(map[string]sat.Lit)}
}

// literal returns where f holds, given what free atoms are.
func (s *simplifier) literal(f Formula) sat.Lit {
	switch f.n.op {
	case opConst:
		return s.e.constant(f.n.val)
	case opAtom:
		return s.atom(f.n.atom)
	case opNot:
		return s.literal(f.n.args[0]).Not()
	}
	args := make([]sat.Lit, len(f.n.args))
	for i, x := range f.n.args {
		args[i] = s.literal(x)
	}
	if f.n.op == opAnd {
		return s.e.and(args...)
	}
	return s.e.or(args...)
}

func (s *simplifier) atom(atom string) sat.Lit {
	a := s.e.atom(atom)
	if a.must == a.may {
		return a.must
	}
	if _, ok := s.free[atom]; !ok {
		s.free[atom] = s.e.sat.NewVar(false).Pos()
	}
	return s.e.or(a.must, s.e.and(a.may, s.free[atom]))
}

// never reports whether no configuration has all of lits.
func (s *simplifier) never(lits ...sat.Lit) Truth {
	switch s.e.sat.Solve(lits...) {
	case sat.Unsat:
		return Yes
	case sat.Sat:
		return No
	}
	return Unknown
}

func (s *simplifier) simplify(f Formula) Formula {
	l := s.literal(f)
	if s.never(l) == Yes {
		return False()
	}
	if s.never(l.Not()) == Yes {
		return True()
	}
	for _, atoms := range [][]string{s.ofKconfig(f), f.Atoms()} {
		if len(atoms) > maxSimplifyAtoms {
			continue
		}
		if t := s.conjunction(l, atoms); t != nil {
			return t.shown()
		}
		if terms, ok := s.terms(l, atoms); ok {
			return factored(s.needed(terms))
		}
	}
	return f
}

// ofKconfig returns the atoms of f, with those that tell variants apart in
// place of the macros that their compilers predefine.
func (s *simplifier) ofKconfig(f Formula) []string {
	atoms := make(map[string]bool)
	for _, a := range f.Atoms() {
		if t := s.e.atom(a); strings.HasPrefix(a, "defined(") && t.must == t.may && s.e.arch != nil {
			for _, v := range s.e.arch.Variants {
				m := newMentioned()
				m.cond(v.Selects)
				for _, n := range m.names {
					atoms["CONFIG_"+n] = true
				}
			}
			continue
		}
		atoms[a] = true
	}
	return slices.Sorted(maps.Keys(atoms))
}

// conjunction returns l as one term, nil if it is none.
func (s *simplifier) conjunction(l sat.Lit, atoms []string) Term {
	var t Term
	for _, a := range atoms {
		switch x := s.atom(a); {
		case s.never(l, x.Not()) == Yes:
			t = append(t, Literal{a, false})
		case s.never(l, x) == Yes:
			t = append(t, Literal{a, true})
		}
	}
	if s.never(append(s.lits(t), l.Not())...) != Yes {
		return nil
	}
	return s.prime(t, l.Not())
}

// terms returns primes that cover l, and whether that was within bounds.
func (s *simplifier) terms(l sat.Lit, atoms []string) (terms []Term, ok bool) {
	open := []sat.Lit{l}
	for s.e.sat.Solve(open...) == sat.Sat {
		if len(terms) == maxSimplifyTerms {
			return nil, false
		}
		t := s.modelTerm(atoms)
		if s.never(append(s.lits(t), l.Not())...) != Yes {
			return nil, false
		}
		t = s.prime(t, l.Not())
		terms = append(terms, t)
		open = append(open, s.term(t).Not())
	}
	return terms, s.never(open...) == Yes
}

// modelTerm returns what the atoms are in the last model.
func (s *simplifier) modelTerm(atoms []string) Term {
	lits := make([]sat.Lit, len(atoms))
	for i, a := range atoms {
		lits[i] = s.atom(a)
	}
	t := make(Term, len(atoms))
	for i, a := range atoms {
		t[i] = Literal{a, !s.e.sat.True(lits[i])}
	}
	return t
}

// term returns where all literals of t hold.
func (s *simplifier) term(t Term) sat.Lit { return s.e.and(s.lits(t)...) }

func (s *simplifier) lits(t Term) []sat.Lit {
	lits := make([]sat.Lit, len(t))
	for i, l := range t {
		lits[i] = signed(s.atom(l.Atom), !l.Neg)
	}
	return lits
}

// prime returns a part of t that excludes bad as t does and of which nothing
// can be left out.
func (s *simplifier) prime(t Term, bad sat.Lit) Term {
	excludes := func(part Term) bool { return s.never(append(s.lits(part), bad)...) == Yes }
	preferred := slices.Clone(t)
	sort.SliceStable(preferred, func(i, j int) bool { return !preferred[i].Neg && preferred[j].Neg })
	if part := shortPart(preferred, excludes); part != nil {
		return sortedTerm(part)
	}
	part := preferred
	for i := len(part) - 1; i >= 0; i-- {
		if less := slices.Delete(slices.Clone(part), i, i+1); excludes(less) {
			part = less
		}
	}
	return sortedTerm(part)
}

// shortPart returns the first part of one or two literals that will do.
func shortPart(t Term, enough func(Term) bool) Term {
	for i := range t {
		if enough(t[i : i+1]) {
			return t[i : i+1]
		}
	}
	if len(t) > maxPairAtoms {
		return nil
	}
	for j := range t {
		for i := range j {
			if pair := (Term{t[i], t[j]}); enough(pair) {
				return pair
			}
		}
	}
	return nil
}

func sortedTerm(t Term) Term {
	t = slices.Clone(t)
	sort.Slice(t, func(i, j int) bool { return t[i].Atom < t[j].Atom })
	return t
}

// needed leaves out terms that the others cover, the longest first, and sorts
// the rest.
func (s *simplifier) needed(terms []Term) []Term {
	sort.SliceStable(terms, func(i, j int) bool {
		if len(terms[i]) != len(terms[j]) {
			return len(terms[i]) < len(terms[j])
		}
		return terms[i].formula().String() < terms[j].formula().String()
	})
	for i := len(terms) - 1; i >= 0; i-- {
		lits := []sat.Lit{s.term(terms[i])}
		for j, t := range terms {
			if j != i {
				lits = append(lits, s.term(t).Not())
			}
		}
		if s.never(lits...) == Yes {
			terms = slices.Delete(terms, i, i+1)
		}
	}
	return terms
}

// factored returns the disjunction of terms, with the literals common to all
// in front.
func factored(terms []Term) Formula {
	var common Term
	for _, l := range terms[0] {
		if !slices.ContainsFunc(terms, func(t Term) bool { return !slices.Contains(t, l) }) {
			common = append(common, l)
		}
	}
	alternatives := make([]Formula, len(terms))
	for i, t := range terms {
		alternatives[i] = slices.DeleteFunc(slices.Clone(t), func(l Literal) bool { return slices.Contains(common, l) }).shown()
	}
	return And(common.shown(), Or(alternatives...))
}

// shown is the formula of t, with negated comparisons turned round.
func (t Term) shown() Formula {
	turned := make(Term, len(t))
	for i, l := range t {
		turned[i] = l
		if words := strings.Fields(l.Atom); l.Neg && len(words) == 3 && opposites()[words[1]] != "" {
			turned[i] = Literal{words[0] + " " + opposites()[words[1]] + " " + words[2], false}
		}
	}
	return turned.formula()
}

func opposites() map[string]string {
	return map[string]string{"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
}
