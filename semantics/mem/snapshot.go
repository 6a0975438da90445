package mem

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"ptreview/semantics/bits"
)

// unknown is the value of undefined bytes.
func (m *Memory) unknown(o *Object, off uint64, size int) bits.Term {
	if !m.Named || o.Kind == Stack || o.forgotten {
		return m.Builder.Unknown(o.undefined, 8*size)
	}
	// Byte by byte, so that it does not depend on how it is read.
	var v bits.Term
	for i := off; i < off+uint64(size); i++ {
		b := m.Builder.NamedUnknown(fmt.Sprintf("%#x of %s", o.Addr+i, o.Name), o.undefined, 8)
		if v.IsValid() {
			b = m.join(v, b)
		}
		v = b
	}
	return v
}

// Snapshot is what objects other than locals held at one time.
type Snapshot map[*Object]contents

type contents struct {
	data, state []byte
	terms       map[uint64]bits.Term
}

// Snapshot keeps what all objects hold now but locals.
func (m *Memory) Snapshot() Snapshot {
	s := make(Snapshot)
	for _, o := range m.objects {
		if o.data != nil && o.FreedBy == "" {
			s[o] = contents{slices.Clone(o.data), slices.Clone(o.state), maps.Clone(o.terms)}
		}
	}
	return s
}

// Change is a word of an object that does not hold what it held, or as much of
// a word as the object has. Words lie at multiples of their size.
type Change struct {
	Object        *Object
	Addr          uint64
	Before, After bits.Term
}

// Word is the most bytes of a Change.
const Word = 8

// Changes returns the words that are not as they were, by address, of the
// objects that keep returns true for.
func (m *Memory) Changes(s Snapshot, keep func(*Object) bool) []Change {
	var list []Change
	for _, o := range m.objects {
		if o.data == nil || o.FreedBy != "" || !keep(o) {
			continue
		}
		was := s[o]
		if was.data != nil && bytes.Equal(was.data, o.data) && bytes.Equal(was.state, o.state) && maps.Equal(was.terms, o.terms) {
			continue
		}
		list = append(list, m.changesOf(o, was)...)
	}
	return list
}

// changesOf compares an object with what it held. Bytes that were undefined,
// and are, did not change; nor did those that were only read.
func (m *Memory) changesOf(o *Object, was contents) []Change {
	var list []Change
	now := contents{o.data, o.state, o.terms}
	for off := uint64(0); off < o.Size; {
		n := min(Word-(o.Addr+off)%Word, o.Size-off)
		if !same(was, now, off, n) {
			before := m.held(o, was, off, int(n))
			after := m.readMixedOf(o, off, int(n))
			if before != after {
				list = append(list, Change{o, o.Addr + off, before, after})
			}
		}
		off += n
	}
	return list
}

func same(was, now contents, off, n uint64) bool {
	for i := off; i < off+n; i++ {
		if was.stateAt(i) != now.stateAt(i) {
			return false
		}
		switch now.stateAt(i) {
		case concrete:
			if was.byteAt(i) != now.byteAt(i) {
				return false
			}
		case symbolic:
			if was.terms[i] != now.terms[i] {
				return false
			}
		}
	}
	return true
}

func (c contents) stateAt(i uint64) byte {
	if c.state == nil {
		return concrete
	}
	return c.state[i]
}

func (c contents) byteAt(i uint64) byte {
	if c.data == nil {
		return 0
	}
	return c.data[i]
}

// readMixedOf reads a word without making room.
func (m *Memory) readMixedOf(o *Object, off uint64, n int) bits.Term {
	return m.held(o, contents{o.data, o.state, o.terms}, off, n)
}

// held is a word of what an object held.
func (m *Memory) held(o *Object, c contents, off uint64, n int) bits.Term {
	if c.data == nil && o.undefined != "" {
		return m.unknown(o, off, n)
	}
	if c.data == nil {
		return bits.Const(8*n, 0)
	}
	if c.state != nil && bytesAre(c.state[off:off+uint64(n)], undefined) {
		return m.unknown(o, off, n)
	}
	var v bits.Term
	for i := off; i < off+uint64(n); i++ {
		b := bits.Const(8, uint64(c.data[i]))
		switch c.stateAt(i) {
		case symbolic:
			b = c.terms[i]
		case undefined:
			b = m.unknown(o, i, 1)
		}
		if v.IsValid() {
			b = m.join(v, b)
		}
		v = b
	}
	return v
}
