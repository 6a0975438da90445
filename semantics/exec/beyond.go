package exec

import (
	"fmt"

	"ptreview/semantics/bits"
	"ptreview/semantics/solve"
)

// beyond is memory that a run has no objects for, and what it found there: what
// is read has any value, and has it until something is written.
type beyond struct {
	regions []region
	read    map[cell]bits.Term
	locks   []beyondLock
	list    []Beyond
}

// region is size bytes of addresses from first on.
type region struct{ first, size uint64 }

// Vouch says that size bytes from first on are memory: an address there that
// depends on inputs is that of other objects than those of the run, which hold
// any values and whose locks are free. Values read are free variables.
func (m *Machine) Vouch(first, size uint64) {
	m.beyond.regions = append(m.beyond.regions, region{first, size})
}

// cell is bytes at an address that depends on inputs.
type cell struct {
	at   bits.Term
	size int
}

// beyondLock is a lock there. Its number stands for it among those taken.
type beyondLock struct {
	at  bits.Term
	key uint64
}

// isBeyond reports whether all size bytes at an address that depends on inputs
// lie in one of the regions, whatever inputs take the path.
func (m *Machine) isBeyond(at bits.Term, size int) bool {
	d := m.opt.Decisions
	if d.paths == nil || at.Tainted() || len(m.beyond.regions) == 0 {
		return false
	}
	w := at.Width()
	outside := bits.Bool(true)
	for _, r := range m.beyond.regions {
		in := m.Bits.Ule(m.Bits.Sub(at, bits.Const(w, r.first)), bits.Const(w, r.size-uint64(size)))
		outside = m.Bits.And(outside, m.Bits.Not(in))
	}
	return d.ask(outside) == solve.Impossible
}

// loadBeyond reads from a region.
func (m *Machine) loadBeyond(at bits.Term, size int) (v bits.Term, ok bool) {
	at = m.facts.simplify(at)
	if v, ok := m.beyond.read[cell{at, size}]; ok {
		return v, true
	}
	if !m.isBeyond(at, size) {
		return v, false
	}
	v = m.Bits.Var(fmt.Sprintf("memory%d", len(m.beyond.list)+1), 8*size)
	m.beyond.list = append(m.beyond.list, Beyond{At: at, Value: v})
	m.setBeyond(at, v)
	return v, true
}

// Beyond is a value that a run read from memory it was vouched for. One that
// is a Lock is the address of a lock that was taken.
type Beyond struct {
	At, Value bits.Term
	Lock      bool
}

// Beyond returns the values that were read from memory of Vouch, in order.
func (m *Machine) Beyond() []Beyond { return m.beyond.list }

func (m *Machine) setBeyond(at, v bits.Term) {
	if m.beyond.read == nil {
		m.beyond.read = make(map[cell]bits.Term)
	}
	m.beyond.read[cell{at, v.Width() / 8}] = v
}

// storeBeyond writes to a region. What else was read there may be the same
// bytes, and is not known any more.
func (m *Machine) storeBeyond(at, v bits.Term) (ok bool, err error) {
	at = m.facts.simplify(at)
	if !m.isBeyond(at, v.Width()/8) {
		return false, nil
	}
	if m.attempt != nil {
		return false, errEffect
	}
	m.beyond.read = nil
	m.setBeyond(at, v)
	return true, nil
}

// lockBeyond returns the number of a lock in a region, or of one that a pointer
// there leads to. Two of which nothing says that they are one are two.
func (m *Machine) lockBeyond(at bits.Term) (key uint64, ok bool) {
	at = m.facts.simplify(at)
	for _, l := range m.beyond.locks {
		if l.at == at {
			return l.key, true
		}
	}
	if !m.isRead(at) && !m.isBeyond(at, 1) {
		return 0, false
	}
	for _, l := range m.beyond.locks {
		if m.opt.Decisions.ask(m.Bits.Ne(l.at, at)) == solve.Impossible {
			return l.key, true
		}
	}
	key = ^uint64(2 * len(m.beyond.locks)) // no object is at the end of the address space
	m.beyond.locks = append(m.beyond.locks, beyondLock{at, key})
	return key, true
}

// isRead reports whether a value was read from a region as it is, and notes
// that it is the address of a lock.
func (m *Machine) isRead(v bits.Term) bool {
	for i := range m.beyond.list {
		if m.beyond.list[i].Value == v {
			m.beyond.list[i].Lock = true
			return true
		}
	}
	return false
}

// IsInput reports whether argument i depends on inputs or is not known.
func (k *Primitive) IsInput(i int) bool {
	_, known := k.M.address(k.Args[i])
	return !known
}

// IsBeyond reports whether argument i depends on inputs and is the address of
// size bytes of memory of Vouch.
func (k *Primitive) IsBeyond(i int, size uint64) bool {
	if _, known := k.M.address(k.Args[i]); known {
		return false
	}
	return k.M.isBeyond(k.M.facts.simplify(k.Args[i]), int(size))
}

// touchBeyond tells whether a lock operation on argument i is one beyond.
func (k *Primitive) touchBeyond(i int) (key uint64, ok bool) {
	if i >= len(k.Args) {
		return 0, false
	}
	if _, known := k.M.address(k.Args[i]); known {
		return 0, false
	}
	return k.M.lockBeyond(k.Args[i])
}

// readBeyond is the last resort for a load whose address depends on inputs.
func (m *Machine) readBeyond(at bits.Term, size int) bits.Term {
	if v, ok := m.loadBeyond(at, size); ok {
		return v
	}
	m.result.Unknowns = note(m.result.Unknowns, notKnown(unknownLoad, at))
	return m.unknown(notKnown(unknownLoad, at), 8*size)
}
