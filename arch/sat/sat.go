// Package sat decides whether propositional clauses can hold together.
//
// It is a small solver that learns from conflicts (CDCL): two watched
// literals per clause, first unique implication points, decisions by recent
// activity, restarts. Clauses and variables can be added between questions,
// questions can make assumptions, and an unsatisfiable question names the
// assumptions that are to blame. Decisions start from a preferred value per
// variable, so that models stay near a known point. The same calls give the
// same answers, models and cores included.
package sat

// Var is a variable; they are numbered from 0.
type Var int32

// Lit is a variable or its negation.
type Lit int32

// Pos returns the literal that holds where v does.
func (v Var) Pos() Lit { return Lit(v) << 1 }

// Not returns the negation of l.
func (l Lit) Not() Lit { return l ^ 1 }

// Var returns the variable of l.
func (l Lit) Var() Var { return Var(l >> 1) }

// Negated reports whether l is the negation of its variable.
func (l Lit) Negated() bool { return l&1 == 1 }

// Status is the answer to a question.
type Status uint8

// The answers. Unknown means that the budget ran out.
const (
	Unknown Status = iota
	Sat
	Unsat
)

// String returns the name of the answer.
func (s Status) String() string { return [...]string{"unknown", "sat", "unsat"}[s] }

// DefaultBudget is the number of conflicts a question may take.
const DefaultBudget = 50000

// Solver holds clauses. The zero Solver has no variables and no clauses and
// is ready for use. It is not safe for concurrent use.
type Solver struct {
	// Budget bounds the conflicts of one question; 0 is DefaultBudget.
	Budget int
	// Stop, if not nil, is asked at conflicts and restarts; once it says so a
	// question ends in Unknown.
	Stop func() bool

	clauses  int // added, for Stats
	learned  int
	watches  [][]watch // by literal: clauses to look at when it becomes false
	value    []int8    // by literal: 1 true, -1 false, 0 open
	level    []int32   // by variable
	reason   []*clause // by variable; nil for decisions
	preset   []bool    // by variable: the value a decision tries first
	phase    []bool    // the same, as it was last
	activity []float64
	bump     float64
	heap     heap
	derived  []bool // by variable: never decided on
	trail    []Lit
	limits   []int // trail length at each decision
	next     int   // first literal of trail not yet propagated
	broken   bool  // the clauses contradict each other
	model    []bool
	core     []Lit
	seen     []bool
	assumed  []Lit // of the last question, whose trail is kept
}

type clause struct{ lits []Lit }

type watch struct {
	c *clause
	// other is a literal of c that, if true, saves looking at c.
	other Lit
}

// NewVar returns a new variable, whose decisions try prefer first.
func (s *Solver) NewVar(prefer bool) Var {
	v := s.NewDerived()
	s.derived[v] = false
	s.Prefer(v.Pos())
	if !prefer {
		s.Prefer(v.Pos().Not())
	}
	s.heap.push(v, s.activity)
	return v
}

// NewDerived returns a new variable that is never decided on: the clauses have
// to give it a value, by propagation, once all others have one.
func (s *Solver) NewDerived() Var {
	v := Var(len(s.level))
	s.watches = append(s.watches, nil, nil)
	s.value = append(s.value, 0, 0)
	s.level = append(s.level, 0)
	s.reason = append(s.reason, nil)
	s.preset = append(s.preset, false)
	s.phase = append(s.phase, false)
	s.derived = append(s.derived, true)
	s.activity = append(s.activity, 0)
	s.seen = append(s.seen, false)
	s.heap.add()
	if s.bump == 0 {
		s.bump = 1
	}
	return v
}

// Prefer sets the value that decisions on the variable of l try first to the
// one that makes l true.
func (s *Solver) Prefer(l Lit) { s.preset[l.Var()] = !l.Negated() }

// Vars returns the number of variables.
func (s *Solver) Vars() int { return len(s.level) }

// Clauses returns the number of clauses added.
func (s *Solver) Clauses() int { return s.clauses }

// Add adds the clause that one of lits holds. The empty clause makes every
// question Unsat.
func (s *Solver) Add(lits ...Lit) {
	s.undo(0)
	s.clauses++
	kept := make([]Lit, 0, len(lits))
	for _, l := range lits {
		switch {
		case s.value[l] > 0 || contains(kept, l.Not()):
			return
		case s.value[l] == 0 && !contains(kept, l):
			kept = append(kept, l)
		}
	}
	switch len(kept) {
	case 0:
		s.broken = true
	case 1:
		s.assign(kept[0], nil)
		s.broken = s.broken || s.propagate() != nil
	default:
		s.attach(&clause{kept})
	}
}

func contains(lits []Lit, l Lit) bool {
	for _, x := range lits {
		if x == l {
			return true
		}
	}
	return false
}

func (s *Solver) attach(c *clause) {
	a, b := c.lits[0], c.lits[1]
	s.watches[a] = append(s.watches[a], watch{c, b})
	s.watches[b] = append(s.watches[b], watch{c, a})
}

// assign makes l true because of c.
func (s *Solver) assign(l Lit, c *clause) {
	s.value[l], s.value[l.Not()] = 1, -1
	v := l.Var()
	s.level[v], s.reason[v] = int32(len(s.limits)), c
	s.trail = append(s.trail, l)
}

// undo takes back all decisions after level.
func (s *Solver) undo(level int) {
	if len(s.limits) <= level {
		return
	}
	start := s.limits[level]
	for _, l := range s.trail[start:] {
		s.value[l], s.value[l.Not()] = 0, 0
		s.phase[l.Var()] = !l.Negated()
		if !s.derived[l.Var()] {
			s.heap.push(l.Var(), s.activity)
		}
	}
	s.trail, s.limits, s.next = s.trail[:start], s.limits[:level], start
}

// propagate draws all conclusions of single clauses and returns one that has
// no true or open literal left.
func (s *Solver) propagate() *clause {
	for s.next < len(s.trail) {
		l := s.trail[s.next].Not() // has just become false
		s.next++
		if c := s.visit(l); c != nil {
			return c
		}
	}
	return nil
}

// visit looks at the clauses that watch l.
func (s *Solver) visit(l Lit) *clause {
	list := s.watches[l]
	kept := list[:0]
	for i, w := range list {
		if s.value[w.other] > 0 {
			kept = append(kept, w)
			continue
		}
		lits := w.c.lits
		if lits[0] == l {
			lits[0], lits[1] = lits[1], lits[0]
		}
		if first := lits[0]; s.value[first] <= 0 && s.rewatch(w.c) {
			continue
		} else if kept = append(kept, watch{w.c, first}); s.value[first] > 0 {
			continue
		} else if s.value[first] < 0 {
			s.watches[l] = append(kept, list[i+1:]...)
			s.next = len(s.trail)
			return w.c
		} else {
			s.assign(first, w.c)
		}
	}
	s.watches[l] = kept
	return nil
}

// rewatch makes c watch a literal that is not false instead of its second.
func (s *Solver) rewatch(c *clause) bool {
	for k := 2; k < len(c.lits); k++ {
		if l := c.lits[k]; s.value[l] >= 0 {
			c.lits[1], c.lits[k] = l, c.lits[1]
			s.watches[l] = append(s.watches[l], watch{c, c.lits[0]})
			return true
		}
	}
	return false
}

// Solve asks whether all clauses and assumptions can hold together. After Sat
// the model can be read with True; after Unsat, Core names the assumptions to
// blame.
func (s *Solver) Solve(assumptions ...Lit) Status {
	s.core = nil
	if s.broken {
		return Unsat
	}
	s.undo(s.commonLevels(assumptions))
	s.assumed = append(s.assumed[:0], assumptions...)
	copy(s.phase, s.preset)
	budget := s.Budget
	if budget == 0 {
		budget = DefaultBudget
	}
	for restart := 1; budget > 0 && !s.stopped(); restart++ {
		allowed := min(budget, 100*luby(restart))
		budget -= allowed
		if st := s.search(s.assumed, allowed); st != Unknown {
			return st
		}
		s.undo(0)
	}
	return Unknown
}

func (s *Solver) stopped() bool { return s.Stop != nil && s.Stop() }

// commonLevels returns how many of the levels that stand assume what the new
// question assumes too.
func (s *Solver) commonLevels(assumptions []Lit) int {
	n := min(len(s.limits), len(s.assumed), len(assumptions))
	for i := range n {
		if s.assumed[i] != assumptions[i] {
			return i
		}
	}
	return n
}

// search runs until an answer or the number of conflicts is reached.
func (s *Solver) search(assumptions []Lit, conflicts int) Status {
	for {
		if c := s.propagate(); c != nil {
			if len(s.limits) == 0 {
				s.broken = true
				return Unsat
			}
			s.learn(c)
			if conflicts--; conflicts <= 0 || s.stopped() {
				return Unknown
			}
			continue
		}
		if level := len(s.limits); level < len(assumptions) {
			l := assumptions[level]
			if s.value[l] < 0 {
				s.blame(l, assumptions)
				return Unsat
			}
			s.limits = append(s.limits, len(s.trail))
			if s.value[l] == 0 {
				s.assign(l, nil)
			}
			continue
		}
		if !s.decide() {
			s.keepModel()
			return Sat
		}
	}
}

// decide makes a decision on an open variable; false if there is none.
func (s *Solver) decide() bool {
	for !s.heap.empty() {
		v := s.heap.pop(s.activity)
		if s.value[v.Pos()] != 0 {
			continue
		}
		l := v.Pos()
		if !s.phase[v] {
			l = l.Not()
		}
		s.limits = append(s.limits, len(s.trail))
		s.assign(l, nil)
		return true
	}
	return false
}

func (s *Solver) keepModel() {
	s.model = s.model[:0]
	for v := range s.level {
		s.model = append(s.model, s.value[Var(v).Pos()] > 0)
	}
}

// True reports whether l holds in the last model.
func (s *Solver) True(l Lit) bool {
	return int(l.Var()) < len(s.model) && s.model[l.Var()] != l.Negated()
}

// Core returns the assumptions that the last Unsat needed, not all of which
// may be necessary. It is empty if the clauses alone contradict each other.
func (s *Solver) Core() []Lit { return s.core }

// learn adds the clause that the conflict c teaches and goes back to where it
// has a conclusion.
func (s *Solver) learn(c *clause) {
	lits, back := s.analyze(c)
	s.undo(back)
	s.learned++
	if len(lits) == 1 {
		s.assign(lits[0], nil)
	} else {
		made := &clause{lits}
		s.attach(made)
		s.assign(lits[0], made)
	}
	if s.bump /= 0.95; s.bump > 1e100 {
		for v := range s.activity {
			s.activity[v] *= 1e-100
		}
		s.bump *= 1e-100
	}
}

// analyze resolves backwards to the first literal through which all of the
// last decision's conclusions pass. The clause has that literal first, and
// second one of the level to go back to.
func (s *Solver) analyze(c *clause) ([]Lit, int) {
	lits := []Lit{0}
	open, at := 0, len(s.trail)-1
	current := int32(len(s.limits))
	var marked []Var
	p := Lit(-1)
	for {
		for _, q := range c.lits {
			v := q.Var()
			if q == p || s.seen[v] || s.level[v] == 0 {
				continue
			}
			s.seen[v] = true
			marked = append(marked, v)
			s.bumpVar(v)
			if s.level[v] == current {
				open++
			} else {
				lits = append(lits, q)
			}
		}
		for !s.seen[s.trail[at].Var()] {
			at--
		}
		p = s.trail[at]
		c = s.reason[p.Var()]
		at--
		if open--; open == 0 {
			break
		}
	}
	lits[0] = p.Not()
	for _, v := range marked {
		s.seen[v] = false
	}
	return lits, s.moveHighest(lits)
}

// moveHighest puts a literal of the highest level after the first, and returns
// that level.
func (s *Solver) moveHighest(lits []Lit) int {
	if len(lits) == 1 {
		return 0
	}
	best := 1
	for i := 2; i < len(lits); i++ {
		if s.level[lits[i].Var()] > s.level[lits[best].Var()] {
			best = i
		}
	}
	lits[1], lits[best] = lits[best], lits[1]
	return int(s.level[lits[1].Var()])
}

func (s *Solver) bumpVar(v Var) {
	s.activity[v] += s.bump
	s.heap.up(v, s.activity)
}

// blame finds the assumptions from which the negation of assumption l
// follows.
func (s *Solver) blame(l Lit, assumptions []Lit) {
	need := map[Var]bool{l.Var(): true}
	core := map[Lit]bool{l: true}
	for i := len(s.trail) - 1; i >= 0; i-- {
		p := s.trail[i]
		v := p.Var()
		if !need[v] || s.level[v] == 0 {
			continue
		}
		if c := s.reason[v]; c == nil {
			core[p] = true
		} else {
			for _, q := range c.lits {
				need[q.Var()] = true
			}
		}
	}
	for _, a := range assumptions {
		if core[a] {
			s.core = append(s.core, a)
			delete(core, a)
		}
	}
}

// luby returns element i of 1 1 2 1 1 2 4 1 1 2 …
func luby(i int) int {
	k := 1
	for 1<<k-1 < i {
		k++
	}
	if 1<<k-1 == i {
		return 1 << (k - 1)
	}
	return luby(i - (1<<(k-1) - 1))
}
