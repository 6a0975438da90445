package exec

import (
	"errors"
	"fmt"

	"ptreview/parse/cpp"
	"ptreview/semantics/bits"
	"ptreview/semantics/solve"
)

// Decisions are the outcomes of a run's branches whose conditions are not
// constant, in the order the run meets them. A run that meets more appends
// false for each, or what its Paths leave possible.
type Decisions struct {
	taken []decision
	next  int
	paths *Paths      // nil if nobody asks what is possible
	holds []bits.Term // what the run in progress took and assumed so far
}

// decision is the outcome of one branch. One that is forced has no other side;
// unsure says that the solver did not know whether this one can be taken.
type decision struct{ taken, forced, unsure bool }

// take returns the next outcome of a condition.
func (d *Decisions) take(cond, negated bits.Term) (decision, error) {
	if d.next == len(d.taken) {
		next, err := d.choose(cond, negated)
		if err != nil {
			return next, err
		}
		d.taken = append(d.taken, next)
	}
	d.next++
	now := d.taken[d.next-1]
	if !now.taken {
		cond = negated
	}
	d.holds = append(d.holds, cond)
	return now, nil
}

// choose decides a branch that no run came to before.
func (d *Decisions) choose(cond, negated bits.Term) (decision, error) {
	if d.paths == nil {
		return decision{}, nil
	}
	if limit := d.paths.Limit; limit > 0 && d.paths.Questions >= limit {
		return decision{}, fmt.Errorf("%w: more than %d questions about branches", ErrBudget, limit)
	}
	no, yes := d.ask(negated), d.ask(cond)
	unsure := no == solve.GaveUp || yes == solve.GaveUp
	switch {
	case no == solve.Impossible && yes == solve.Impossible:
		return decision{}, errImpossible
	case no == solve.Impossible:
		return decision{taken: true, forced: true, unsure: unsure}, nil
	}
	return decision{forced: yes == solve.Impossible, unsure: unsure}, nil
}

// ask asks whether a condition can hold on the path so far.
func (d *Decisions) ask(cond bits.Term) solve.Answer {
	d.paths.Questions++
	return d.paths.Solver.Check(append(d.holds, cond)...)
}

// begin starts a run from the first branch.
func (d *Decisions) begin() { d.next, d.holds = 0, d.holds[:0] }

// advance turns to the next path in depth-first order; false if there is none.
func (d *Decisions) advance() bool {
	list := d.taken[:d.next]
	for i := len(list) - 1; i >= 0; i-- {
		if !list[i].taken && !list[i].forced {
			list[i].taken = true
			d.taken = list[:i+1]
			return true
		}
	}
	return false
}

// errImpossible ends a run on a path that no input takes.
var errImpossible = errors.New("no input takes this path")

// Explore calls run once for each path through branches that are not constant,
// depth first, false sides first. run makes a Machine with the Decisions it is
// given and calls it; its Options must not differ from path to path otherwise.
// After limit paths Explore stops; complete tells whether that was all of
// them. An error of run ends the exploration.
func Explore(limit int, run func(*Decisions) error) (complete bool, err error) {
	return explore(limit, &Decisions{}, run)
}

func explore(limit int, d *Decisions, run func(*Decisions) error) (complete bool, err error) {
	for n := 0; ; {
		d.begin()
		switch err := run(d); {
		case err == nil:
			n++
		case !errors.Is(err, errImpossible):
			return false, err
		}
		if !d.advance() {
			return true, nil
		}
		if n >= limit {
			return false, nil
		}
	}
}

// Paths is what the runs of one question share when their inputs are free
// variables: the terms, and a solver that keeps runs off paths no input takes.
// All values that a run returns belong to Bits, so that those of different
// runs can be compared.
type Paths struct {
	Bits      *bits.Builder
	Solver    *solve.Solver
	Questions int // that the solver was asked
	Limit     int // of them, 0 for none; more are ErrBudget
	// Named says that runs are compared: what is not known has a name, and is
	// the same in all runs that come to it with the same history. What they do
	// to the world is among their events.
	Named bool

	effects map[any]bool // computations that were found to be more
}

// NewPaths returns Paths without terms.
func NewPaths() *Paths {
	return &Paths{Bits: bits.NewBuilder(), Solver: solve.New(), effects: make(map[any]bool)}
}

// Explore is Explore over the paths that some values of the variables take.
func (p *Paths) Explore(limit int, run func(*Decisions) error) (complete bool, err error) {
	return explore(limit, &Decisions{paths: p}, run)
}

// Assume leaves the path unless cond can hold on it, and makes it hold. The
// error that it returns otherwise is for Explore.
func (m *Machine) Assume(cond bits.Term) error {
	cond = m.facts.simplify(nonzero(m.Bits, cond))
	d := m.opt.Decisions
	switch {
	case cond.IsTrue():
		return nil
	case cond.IsFalse(), d.paths != nil && d.ask(cond) == solve.Impossible:
		return errImpossible
	}
	d.holds = append(d.holds, cond)
	m.facts.learn(cond, true)
	return nil
}

// Holds returns the conditions that the path in progress took and assumed, in
// order.
func (m *Machine) Holds() []bits.Term { return m.opt.Decisions.holds }

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
	now, err := m.opt.Decisions.take(cond, m.Bits.Not(cond))
	if err != nil {
		return false, err
	}
	m.facts.learn(cond, now.taken)
	reasons := bits.Reasons(cond)
	if now.unsure {
		reasons = append(reasons, "whether a branch can be taken, which took too long to find out")
	}
	m.result.Choices = append(m.result.Choices, Choice{
		Cond: cond, Taken: now.taken, Forced: now.forced, Reasons: reasons, Position: fr.position(loc),
	})
	for _, r := range reasons {
		m.result.Unknowns = note(m.result.Unknowns, r)
	}
	return now.taken, nil
}
