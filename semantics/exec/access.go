package exec

import (
	"strings"

	"ptreview/parse/cpp"
	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// address makes an address concrete; ok is false if it is not known.
func (m *Machine) address(t bits.Term) (uint64, bool) {
	if a, ok := t.Uint64(); ok {
		return a, true
	}
	return m.facts.simplify(t).Uint64()
}

// unknownLoad is what is said of a value read through an unknown address.
const unknownLoad = "a load at an address"

// notKnown explains why a term is not constant, by at most three reasons. A
// reason that is about a load stands for what that address depends on, so that
// following a list of unknown length does not make reasons of any length.
func notKnown(what string, t bits.Term) string {
	const most = 3
	var causes []string
	for _, r := range bits.Reasons(t) {
		r, _, _ = strings.Cut(strings.TrimPrefix(r, unknownLoad+" that depends on "), "; ")
		if causes = note(causes, r); len(causes) == most {
			break
		}
	}
	if len(causes) == 0 {
		return what + " that depends on an input"
	}
	return what + " that depends on " + strings.Join(causes, "; ")
}

// storable widens a value to whole bytes: _Bool has one bit, and odd
// bit-field types more.
func (m *Machine) storable(v bits.Term, t types.Type) bits.Term {
	if size := int(t.Size()) * 8; v.Width() < size {
		n, _ := m.prog.numOf(t)
		return m.Bits.Resize(v, size, n.signed)
	}
	return v
}

// loadScalar reads a value of type t. Reading through an address that is not
// known gives an unknown value; that it may be a bad address is noted.
func (m *Machine) loadScalar(fr *frame, loc cpp.Loc, at bits.Term, t types.Type) (bits.Term, error) {
	n, _ := m.prog.numOf(t)
	v, err := m.loadBytes(fr, loc, at, int(t.Size()))
	if err != nil || v.Width() == n.bits {
		return v, err
	}
	if n.bits == 1 {
		return nonzero(m.Bits, v), nil
	}
	return m.Bits.Resize(v, n.bits, false), nil
}

func (m *Machine) loadBytes(fr *frame, loc cpp.Loc, at bits.Term, size int) (bits.Term, error) {
	addr, ok := m.address(at)
	if !ok {
		v, ok, err := m.loadSomewhere(fr, loc, at, size)
		if ok || err != nil {
			return v, err
		}
		return m.readBeyond(at, size), nil
	}
	if m.watcher != nil {
		return m.loadWatched(fr, loc, addr, size)
	}
	v, err := m.Mem.Load(addr, size)
	if err != nil {
		return v, m.memError(fr, loc, err)
	}
	return v, nil
}

// storeBytes writes v, which has whole bytes.
func (m *Machine) storeBytes(fr *frame, loc cpp.Loc, at, v bits.Term) error {
	addr, ok := m.address(at)
	if !ok {
		ok, err := m.storeSomewhere(fr, loc, at, v)
		if !ok && err == nil {
			ok, err = m.storeBeyond(at, v)
		}
		if ok || err != nil {
			return err
		}
		return m.unsupported(fr, loc, notKnown("a store to an address", at), nil)
	}
	if !m.attempt.mayWrite(m, addr) {
		return errEffect
	}
	if err := m.touch(fr, loc, AccessStore, addr, v.Width()/8, v); err != nil {
		return err
	}
	if err := m.Mem.Store(addr, v); err != nil {
		return m.memError(fr, loc, err)
	}
	return nil
}

func (m *Machine) storeScalar(fr *frame, loc cpp.Loc, at, v bits.Term, t types.Type) error {
	return m.storeBytes(fr, loc, at, m.storable(v, t))
}

// copyBytes moves an aggregate.
func (m *Machine) copyBytes(fr *frame, loc cpp.Loc, to, from bits.Term, size uint64) error {
	dst, ok1 := m.address(to)
	src, ok2 := m.address(from)
	if !ok1 {
		return m.unsupported(fr, loc, notKnown("a copy to an address", to), nil)
	}
	if !m.attempt.mayWrite(m, dst) {
		return errEffect
	}
	if !ok2 {
		return m.fillUnknown(fr, loc, dst, from, size)
	}
	if m.copyWord(dst, src, size) {
		return nil
	}
	if m.watcher != nil {
		return m.copyWatched(fr, loc, dst, src, size)
	}
	if err := m.Mem.Copy(dst, src, size); err != nil {
		return m.memError(fr, loc, err)
	}
	return nil
}

// copyWord copies what is one word, if that takes no more than looking at it.
func (m *Machine) copyWord(dst, src, size uint64) bool {
	if size > 8 || size == 0 || m.watcher != nil || m.attempt != nil {
		return false
	}
	v, ok := m.Mem.Word(src, int(size))
	return ok && m.Mem.SetWord(dst, int(size), v)
}

// fillUnknown is a copy from an address that is not known.
func (m *Machine) fillUnknown(fr *frame, loc cpp.Loc, dst uint64, from bits.Term, size uint64) error {
	why := notKnown(unknownLoad, from)
	m.result.Unknowns = note(m.result.Unknowns, why)
	for size > 0 {
		n := min(size, 16)
		if err := m.Mem.Store(dst, m.unknown(why, int(8*n))); err != nil {
			return m.memError(fr, loc, err)
		}
		dst, size = dst+n, size-n
	}
	return nil
}

// loadField reads a bit-field whose storage unit is at `at`, as a value of
// width n.
func (m *Machine) loadField(fr *frame, loc cpp.Loc, at bits.Term, f *types.Field, n num) (bits.Term, error) {
	unit, err := m.loadBytes(fr, loc, at, int(f.Unit))
	if err != nil {
		return unit, err
	}
	v := m.Bits.Extract(unit, f.BitOffset+f.BitWidth-1, f.BitOffset)
	return m.fieldValue(v, f, n), nil
}

// fieldValue widens the bits of a bit-field to a value of width n.
func (m *Machine) fieldValue(v bits.Term, f *types.Field, n num) bits.Term {
	own, _ := m.prog.numOf(f.Type)
	return m.Bits.Resize(v, n.bits, own.signed)
}

// storeField writes the low bits of v into a bit-field.
func (m *Machine) storeField(fr *frame, loc cpp.Loc, at, v bits.Term, f *types.Field) error {
	unit, err := m.loadBytes(fr, loc, at, int(f.Unit))
	if err != nil {
		return err
	}
	own, _ := m.prog.numOf(f.Type)
	v = m.Bits.Resize(v, f.BitWidth, own.signed)
	return m.storeBytes(fr, loc, at, m.insert(unit, v, f.BitOffset))
}

// insert replaces the bits of unit from low on by v.
func (m *Machine) insert(unit, v bits.Term, low int) bits.Term {
	b, w, high := m.Bits, unit.Width(), low+v.Width()
	if low > 0 {
		v = b.Concat(v, b.Extract(unit, low-1, 0))
	}
	if high < w {
		v = b.Concat(b.Extract(unit, w-1, high), v)
	}
	return v
}
