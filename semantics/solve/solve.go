// Package solve answers questions about bits terms: whether they can hold
// together, and for which values of their variables.
//
// A term becomes a circuit of propositional clauses, one literal per bit
// (bit-blasting), and package sat looks for values. Every operator of bits is
// covered at every width, with the meaning that bits documents; an Unknown is
// a variable like any other, and it is for the caller to say what an answer
// that rests on one is worth.
//
// Circuits are kept, so that asking about terms which share parts is cheap,
// and equal gates are made once. The same calls give the same answers and
// models.
package solve

import (
	"fmt"

	"ptreview/arch/sat"
	"ptreview/semantics/bits"
)

// Answer is the answer to a question.
type Answer uint8

// The answers. GaveUp means that the budget ran out.
const (
	GaveUp Answer = iota
	Possible
	Impossible
)

// String returns the name of the answer.
func (a Answer) String() string {
	return [...]string{"gave up", "possible", "impossible"}[a]
}

// DefaultConflicts is how many conflicts a question may take. Questions about
// page-table entries take tens; one in ten thousand needs longer than a second.
const DefaultConflicts = 20_000

// Solver holds what is known to be true. The terms asked about must all be of
// one Builder. It is not safe for concurrent use.
type Solver struct {
	// Conflicts bounds one question; 0 is DefaultConflicts.
	Conflicts int
	// Gates bounds the circuit in all; 0 is DefaultGates.
	Gates int
	// Stop, if not nil, makes questions GaveUp once it says so.
	Stop func() bool

	sat   sat.Solver
	c     circuit
	terms map[bits.Term][]sat.Lit
	vars  []bits.Term // in the order they were met
	known []bits.Term // what was asserted
	full  bool        // the circuit grew too large
}

// DefaultGates is how large a circuit may grow: some hundred multiplications
// of 64 bits.
const DefaultGates = 2_000_000

// New returns a solver that knows nothing.
func New() *Solver {
	s := &Solver{terms: make(map[bits.Term][]sat.Lit)}
	s.c.init(&s.sat)
	return s
}

// Assert makes t, of width 1, hold from now on.
func (s *Solver) Assert(t bits.Term) {
	lits, ok := s.encode(truth(t))
	s.known = append(s.known, t)
	if ok {
		s.sat.Add(lits[0])
	}
}

// Check asks whether what was asserted can hold together with all of assume,
// terms of width 1.
func (s *Solver) Check(assume ...bits.Term) Answer {
	lits := make([]sat.Lit, 0, len(assume))
	for _, t := range assume {
		if truth(t).IsTrue() {
			continue
		}
		l, ok := s.encode(t)
		if !ok {
			return GaveUp
		}
		lits = append(lits, l[0])
	}
	if s.full {
		return GaveUp
	}
	s.sat.Budget = s.Conflicts
	if s.sat.Budget == 0 {
		s.sat.Budget = DefaultConflicts
	}
	s.sat.Stop = s.Stop
	switch s.sat.Solve(lits...) {
	case sat.Sat:
		return Possible
	case sat.Unsat:
		return Impossible
	}
	return GaveUp
}

// Proves reports whether t, of width 1, holds whenever what was asserted and
// assume do; known is false if the budget ran out.
func (s *Solver) Proves(b *bits.Builder, t bits.Term, assume ...bits.Term) (holds, known bool) {
	a := s.Check(append(append([]bits.Term(nil), assume...), b.Not(t))...)
	return a == Impossible, a != GaveUp
}

// Model returns the values that the last Possible gives to every variable that
// the solver has met.
func (s *Solver) Model() bits.Assignment {
	model := make(bits.Assignment, len(s.vars))
	for _, v := range s.vars {
		model[v] = s.value(v)
	}
	return model
}

// value reads a term that is encoded from the last model.
func (s *Solver) value(t bits.Term) bits.Term {
	var hi, lo uint64
	for i, l := range s.terms[t] {
		if !s.sat.True(l) {
			continue
		}
		if i < 64 {
			lo |= 1 << i
		} else {
			hi |= 1 << (i - 64)
		}
	}
	return bits.Const128(t.Width(), hi, lo)
}

// Prefer makes decisions try the bits of v, a variable, as in value first, so
// that models tend to stay near it.
func (s *Solver) Prefer(v, value bits.Term) {
	lits, ok := s.encode(v)
	if !ok {
		return
	}
	hi, lo, _ := value.Uint128()
	for i, l := range lits {
		bit := lo >> (i & 63) & 1
		if i >= 64 {
			bit = hi >> (i - 64) & 1
		}
		if bit == 0 {
			l = l.Not()
		}
		s.sat.Prefer(l)
	}
}

func truth(t bits.Term) bits.Term {
	if t.Width() != 1 {
		panic(fmt.Sprintf("solve: a condition of %d bits", t.Width()))
	}
	return t
}
