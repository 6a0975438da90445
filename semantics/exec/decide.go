package exec

import (
	"fmt"

	"ptreview/parse/cpp"
	"ptreview/semantics/bits"
)

// Decisions are the outcomes of a run's branches whose conditions are not
// constant, in the order the run meets them. A run that meets more appends
// false for each.
type Decisions struct {
	taken []bool
	next  int
}

// take returns the next outcome.
func (d *Decisions) take() bool {
	if d.next == len(d.taken) {
		d.taken = append(d.taken, false)
	}
	d.next++
	return d.taken[d.next-1]
}

// advance turns to the next path in depth-first order; false if there is none.
func (d *Decisions) advance() bool {
	list := d.taken[:d.next]
	for i := len(list) - 1; i >= 0; i-- {
		if !list[i] {
			list[i] = true
			d.taken, d.next = list[:i+1], 0
			return true
		}
	}
	return false
}

// Explore calls run once for each path through branches that are not constant,
// depth first, false sides first. run makes a Machine with the Decisions it is
// given and calls it; its Options must not differ from path to path otherwise.
// After limit paths Explore stops; complete tells whether that was all of
// them. An error of run ends the exploration.
func Explore(limit int, run func(*Decisions) error) (complete bool, err error) {
	d := &Decisions{}
	for n := 1; ; n++ {
		if err := run(d); err != nil {
			return false, err
		}
		if !d.advance() {
			return true, nil
		}
		if n == limit {
			return false, nil
		}
	}
}

// facts are what the branches taken so far say about terms.
type facts struct {
	b     *bits.Builder
	equal bits.Assignment // conditions decided, variables known to have one value
}

func newFacts(b *bits.Builder) facts {
	return facts{b: b, equal: make(bits.Assignment)}
}

// simplify applies what is known to a term.
func (f *facts) simplify(t bits.Term) bits.Term {
	if t.IsConst() || !t.IsValid() {
		return t
	}
	if len(f.equal) > 0 {
		return f.b.Eval(t, f.equal)
	}
	return t
}

// learn records that cond is taken.
func (f *facts) learn(cond bits.Term, taken bool) {
	f.equal[cond] = bits.Bool(taken)
	f.equal[f.b.Not(cond)] = bits.Bool(!taken)
	if cond.Op() == bits.OpNot {
		cond, taken = cond.Args()[0], !taken
	}
	if taken && cond.Op() == bits.OpEq {
		if a := cond.Args(); a[0].Op() == bits.OpVar && a[1].IsConst() {
			f.equal[a[0]] = a[1]
		}
	}
}

// decide returns the outcome of a branch. cond has any width and counts as
// true when it is not zero.
func (m *Machine) decide(fr *frame, cond bits.Term, loc cpp.Loc) (bool, error) {
	if cond.IsConst() {
		return !cond.IsZero(), nil
	}
	cond = m.facts.simplify(nonzero(m.Bits, m.facts.simplify(cond)))
	if cond.IsConst() {
		return cond.IsTrue(), nil
	}
	if len(m.result.Choices) >= m.opt.Budget.Forks {
		return false, m.overBudget(fr, fmt.Sprintf("%d branches that are not constant", m.opt.Budget.Forks))
	}
	taken := m.opt.Decisions.take()
	m.facts.learn(cond, taken)
	reasons := bits.Reasons(cond)
	m.result.Choices = append(m.result.Choices, Choice{
		Cond: cond, Taken: taken, Reasons: reasons, Position: fr.position(loc),
	})
	for _, r := range reasons {
		m.result.Unknowns = note(m.result.Unknowns, r)
	}
	return taken, nil
}
