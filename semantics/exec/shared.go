package exec

import (
	"ptreview/parse/cpp"
	"ptreview/semantics/bits"
)

// AccessKind says what a run is about to do with memory or a lock.
type AccessKind uint8

// The kinds of accesses.
const (
	AccessLoad AccessKind = iota
	AccessStore
	AccessLock // taking or releasing a lock, which is at Addr
)

// Access is one that a run is about to make. What a machine does in two, such
// as a load that is wider than its words, is two; what it does in one, such as
// an atomic operation, is the first of those that it is made of.
type Access struct {
	Kind  AccessKind
	Addr  uint64
	Size  int
	Value Value  // that is stored; none for other kinds
	Func  string // the function that makes it
	Step  int    // number of steps recorded so far, dropped ones included
	Loc   cpp.Loc
}

// A Watcher is told of each access before it is made and may change memory
// then, as another CPU would. It reports whether the access is to something
// that others change. An error ends the run.
type Watcher func(a *Access) (shared bool, err error)

// Watch lets w look at the accesses of the calls that follow; nil ends it.
func (m *Machine) Watch(w Watcher) { m.watcher, m.whole, m.seen = w, 0, false }

// begin starts something that a machine does in one, finish ends it.
func (m *Machine) begin() {
	if m.whole == 0 {
		m.seen = false
	}
	m.whole++
}

func (m *Machine) finish() { m.whole-- }

// touch tells the watcher of an access.
func (m *Machine) touch(fr *frame, loc cpp.Loc, kind AccessKind, addr uint64, size int, v bits.Term) error {
	if m.watcher == nil || m.whole > 0 && m.seen {
		return nil
	}
	a := &Access{Kind: kind, Addr: addr, Size: size, Value: v, Step: m.result.Recorded(), Loc: loc}
	if fr != nil {
		a.Func = fr.code.name
	}
	shared, err := m.watcher(a)
	m.seen = m.seen || shared
	return err
}

// access is the size of the largest access that the machine makes in one, in
// bytes.
func (m *Machine) access() int {
	n := m.Mem.PointerBits() / 8
	if m.opt.DoubleWord {
		return 2 * n
	}
	return n
}

// loadWatched is a load in as many accesses as the machine makes of it, lowest
// address first.
func (m *Machine) loadWatched(fr *frame, loc cpp.Loc, addr uint64, size int) (bits.Term, error) {
	piece := size
	if word := m.access(); m.whole == 0 && size > word && size%word == 0 {
		piece = word
	}
	var v bits.Term
	for off := 0; off < size; off += piece {
		at := addr + uint64(off)
		if err := m.touch(fr, loc, AccessLoad, at, piece, bits.Term{}); err != nil {
			return v, err
		}
		part, err := m.Mem.Load(at, piece)
		switch {
		case err != nil:
			return v, m.memError(fr, loc, err)
		case !v.IsValid():
			v = part
		case m.Mem.BigEndian():
			v = m.Bits.Concat(v, part)
		default:
			v = m.Bits.Concat(part, v)
		}
	}
	return v, nil
}

// maxWatchedCopy is the size in bytes up to which a copy is made word by word.
const maxWatchedCopy = 64

// copyWatched is a copy in as many accesses as the machine makes of it.
func (m *Machine) copyWatched(fr *frame, loc cpp.Loc, dst, src, size uint64) error {
	piece := uint64(m.access())
	if size > maxWatchedCopy || dst-src < size || src-dst < size {
		piece = max(size, 1)
	}
	for off := uint64(0); off < size; off += piece {
		n := min(piece, size-off)
		if err := m.touch(fr, loc, AccessLoad, src+off, int(n), bits.Term{}); err != nil {
			return err
		}
		if err := m.touch(fr, loc, AccessStore, dst+off, int(n), bits.Term{}); err != nil {
			return err
		}
		if err := m.Mem.Copy(dst+off, src+off, n); err != nil {
			return m.memError(fr, loc, err)
		}
	}
	return nil
}
