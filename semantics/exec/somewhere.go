package exec

import (
	"errors"
	"slices"

	"ptreview/parse/cpp"
	"ptreview/semantics/bits"
	"ptreview/semantics/mem"
	"ptreview/semantics/solve"
)

// maxPlaces is how many addresses one access may go to, depending on inputs:
// tables that are looked up by some bits of an entry.
const maxPlaces = 64

// places lists the addresses that t can be on the path so far, ascending; ok
// is false if there are more than maxPlaces, if t depends on what is not
// known, or if nobody can tell.
func (m *Machine) places(t bits.Term) (list []uint64, ok bool) {
	t = m.facts.simplify(t)
	d := m.opt.Decisions
	if d.paths == nil || t.Tainted() {
		return nil, false
	}
	others := append([]bits.Term(nil), d.holds...)
	for len(list) <= maxPlaces {
		d.paths.Questions++
		switch d.paths.Solver.Check(others...) {
		case solve.GaveUp:
			return nil, false
		case solve.Impossible:
			slices.Sort(list)
			return list, len(list) > 0
		}
		v, known := m.modelValue(t)
		if !known {
			return nil, false
		}
		list = append(list, v)
		others = append(others, m.Bits.Ne(t, bits.Const(t.Width(), v)))
	}
	return nil, false
}

// modelValue computes t under the solver's last model. Variables that the
// solver has not met may have any value.
func (m *Machine) modelValue(t bits.Term) (uint64, bool) {
	model := m.opt.Decisions.paths.Solver.Model()
	for _, v := range bits.Support(t) {
		if !model[v].IsValid() {
			model[v] = bits.Const(v.Width(), 0)
		}
	}
	return m.Bits.Eval(t, model).Uint64()
}

// accessible lists the addresses that t can be, of which size bytes can be
// read or written. A path for each of the others ends in the fault there.
func (m *Machine) accessible(fr *frame, loc cpp.Loc, t bits.Term, size int, write bool) (list []uint64, ok bool, err error) {
	all, ok := m.places(t)
	if !ok {
		return nil, false, nil
	}
	for _, a := range all {
		fault := m.Mem.Check(a, uint64(size), write)
		var access *mem.AccessError
		if fault == nil {
			list = append(list, a)
			continue
		}
		if !errors.As(fault, &access) {
			return nil, false, m.memError(fr, loc, fault)
		}
		there, err := m.decide(fr, m.Bits.Eq(t, bits.Const(t.Width(), a)), loc)
		if err != nil {
			return nil, false, err
		}
		if there {
			return nil, false, m.memError(fr, loc, fault)
		}
	}
	return list, len(list) > 0, nil
}

// loadSomewhere reads from an address that depends on inputs: what stands at
// each place where it can be.
func (m *Machine) loadSomewhere(fr *frame, loc cpp.Loc, at bits.Term, size int) (v bits.Term, ok bool, err error) {
	list, ok, err := m.accessible(fr, loc, at, size, false)
	if !ok {
		return v, false, err
	}
	for i := len(list) - 1; i >= 0; i-- {
		here, err := m.Mem.Load(list[i], size)
		if err != nil {
			return v, false, m.memError(fr, loc, err)
		}
		if !v.IsValid() {
			v = here
			continue
		}
		v = m.Bits.Ite(m.Bits.Eq(at, bits.Const(at.Width(), list[i])), here, v)
	}
	return v, true, nil
}

// storeSomewhere writes to an address that depends on inputs: each place where
// it can be keeps what it has unless it is the one.
func (m *Machine) storeSomewhere(fr *frame, loc cpp.Loc, at, v bits.Term) (ok bool, err error) {
	list, ok, err := m.accessible(fr, loc, at, v.Width()/8, true)
	if !ok {
		return false, err
	}
	for _, a := range list {
		if !m.attempt.mayWrite(m, a) {
			return false, errEffect
		}
		old, err := m.Mem.Load(a, v.Width()/8)
		if err == nil {
			here := m.Bits.Eq(at, bits.Const(at.Width(), a))
			err = m.Mem.Store(a, m.Bits.Ite(here, v, old))
		}
		if err != nil {
			return false, m.memError(fr, loc, err)
		}
	}
	return true, nil
}
