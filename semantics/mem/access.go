package mem

import (
	"fmt"
	"slices"
	"strings"

	"ptreview/semantics/bits"
)

// Fault says what is wrong with an access.
type Fault uint8

// The faults.
const (
	NullDeref Fault = iota
	Wild            // no object there
	OutOfBounds
	UseAfterFree
	DeadLocal // a local of a call that has returned
	NotData   // the bytes of a function
	BadFree
	DoubleFree
)

var faultNames = [...]string{"NULL dereference", "wild access", "access out of bounds",
	"use after free", "use of a dead local", "access to code", "free of what was not allocated",
	"double free"}

// String names the fault.
func (f Fault) String() string { return faultNames[f] }

// AccessError is an access that goes wrong. Object is the one concerned, nil
// if there is none.
type AccessError struct {
	Fault  Fault
	Addr   uint64
	Size   uint64
	Write  bool
	Object *Object
}

// Error reads "NULL dereference: 8 byte load at 0x10".
func (e *AccessError) Error() string {
	var s strings.Builder
	s.WriteString(e.Fault.String() + ": ")
	switch {
	case e.Fault == BadFree || e.Fault == DoubleFree:
		fmt.Fprintf(&s, "address %#x", e.Addr)
	case e.Write:
		fmt.Fprintf(&s, "%d byte store at %#x", e.Size, e.Addr)
	default:
		fmt.Fprintf(&s, "%d byte load at %#x", e.Size, e.Addr)
	}
	if e.Object != nil {
		fmt.Fprintf(&s, ", %s+%#x of %d bytes", e.Object, e.Addr-e.Object.Addr, e.Object.Size)
		if e.Object.FreedBy != "" {
			s.WriteString(", freed by " + e.Object.FreedBy)
		}
	}
	return s.String()
}

func (m *Memory) fault(f Fault, addr, size uint64, write bool, o *Object) error {
	return &AccessError{Fault: f, Addr: addr, Size: size, Write: write, Object: o}
}

// at returns the live data object that covers addr.
func (m *Memory) at(addr, size uint64, write bool) (*Object, error) {
	o, err := m.Find(addr)
	switch {
	case err != nil:
		return nil, err
	case o == nil:
		return nil, m.nothing(addr, size, write)
	case o.FreedBy != "":
		return nil, m.fault(UseAfterFree, addr, size, write, o)
	case o.Kind == Function:
		return nil, m.fault(NotData, addr, size, write, o)
	}
	return o, nil
}

// nothing explains an access where no object is.
func (m *Memory) nothing(addr, size uint64, write bool) error {
	a := &m.layout.Stack
	switch {
	case addr < m.layout.NullSize:
		return m.fault(NullDeref, addr, size, write, nil)
	case addr-a.Base < a.next:
		return m.fault(DeadLocal, addr, size, write, nil)
	}
	// Just behind an object is more likely that object overrun than a
	// pointer out of nowhere.
	if i := m.search(addr); i > 0 && addr-m.objects[i-1].End() < guard {
		return m.fault(OutOfBounds, addr, size, write, m.objects[i-1])
	}
	return m.fault(Wild, addr, size, write, nil)
}

// chunk returns the object at addr and how many of the size bytes from there
// lie in it.
func (m *Memory) chunk(addr, size uint64, write bool) (*Object, uint64, error) {
	o, err := m.at(addr, size, write)
	if err != nil {
		return nil, 0, err
	}
	n := min(size, o.Size-(addr-o.Addr))
	if n == size {
		return o, n, nil
	}
	if next, err := m.Find(addr + n); err != nil {
		return nil, 0, err
	} else if next == nil {
		return nil, 0, m.fault(OutOfBounds, addr, size, write, o)
	}
	return o, n, nil
}

// Check returns the fault an access of size bytes at addr would meet, or nil.
func (m *Memory) Check(addr, size uint64, write bool) error {
	for size > 0 {
		_, n, err := m.chunk(addr, size, write)
		if err != nil {
			return err
		}
		addr, size = addr+n, size-n
	}
	return nil
}

// Load reads size bytes (1 to 16) at addr in the target's byte order.
// Errors: *AccessError, ErrBudget, what a Region's Back returns.
func (m *Memory) Load(addr uint64, size int) (bits.Term, error) {
	o, n, err := m.chunk(addr, uint64(size), false)
	if err != nil {
		return bits.Term{}, err
	}
	if o.data == nil && o.undefined != "" && m.used+o.Size > m.layout.Limit {
		return bits.Term{}, ErrBudget
	}
	if n == uint64(size) {
		return m.read(o, addr-o.Addr, size), nil
	}
	first, err := m.Load(addr, int(n))
	if err != nil {
		return bits.Term{}, err
	}
	rest, err := m.Load(addr+n, size-int(n))
	if err != nil {
		return bits.Term{}, err
	}
	return m.join(first, rest), nil
}

// join puts two neighbouring values together, first at the lower address.
func (m *Memory) join(first, second bits.Term) bits.Term {
	if m.layout.BigEndian {
		return m.Builder.Concat(first, second)
	}
	return m.Builder.Concat(second, first)
}

// read loads from inside one object.
func (m *Memory) read(o *Object, off uint64, size int) bits.Term {
	if o.data == nil {
		if o.undefined == "" {
			return bits.Const(8*size, 0)
		}
		return m.define(o, off, size)
	}
	if o.state == nil {
		return m.number(o.data[off : off+uint64(size)])
	}
	return m.readMixed(o, off, size)
}

// number reads concrete bytes.
func (m *Memory) number(data []byte) bits.Term {
	var hi, lo uint64
	for i := range data {
		c := data[i]
		if !m.layout.BigEndian {
			c = data[len(data)-1-i]
		}
		hi, lo = hi<<8|lo>>56, lo<<8|uint64(c)
	}
	return bits.Const128(8*len(data), hi, lo)
}

func (m *Memory) readMixed(o *Object, off uint64, size int) bits.Term {
	if bytesAre(o.state[off:off+uint64(size)], undefined) {
		return m.define(o, off, size)
	}
	var v bits.Term
	for i := off; i < off+uint64(size); i++ {
		c := m.readByte(o, i)
		if v.IsValid() {
			v = m.join(v, c)
		} else {
			v = c
		}
	}
	return v
}

func (m *Memory) readByte(o *Object, off uint64) bits.Term {
	switch o.state[off] {
	case concrete:
		return bits.Const(8, uint64(o.data[off]))
	case symbolic:
		return o.terms[off]
	}
	return m.define(o, off, 1)
}

func bytesAre(states []byte, want byte) bool {
	for _, s := range states {
		if s != want {
			return false
		}
	}
	return true
}

// define gives undefined bytes a value that is unknown but fixed.
func (m *Memory) define(o *Object, off uint64, size int) bits.Term {
	v := m.unknown(o, off, size)
	m.materialise(o)
	m.writeTerm(o, off, v)
	return v
}

// materialise gives o room for bytes. An object that was undefined stays so
// byte by byte.
func (m *Memory) materialise(o *Object) {
	if o.data == nil {
		m.makeRoom(o)
	}
	if o.undefined != "" && o.state == nil {
		o.state = make([]byte, o.Size)
		for i := range o.state {
			o.state[i] = undefined
		}
	}
}

// makeRoom gives o data of zeros.
func (m *Memory) makeRoom(o *Object) {
	o.data = o.room()
	m.used += o.Size
	o.plain = o.mayHaveData()
}

func (o *Object) room() []byte {
	if o.Size <= uint64(len(o.small)) {
		clear(o.small[:])
		return o.small[:o.Size]
	}
	return make([]byte, o.Size)
}

// Store writes v, a whole number of bytes, at addr in the target's byte order.
// Errors: *AccessError, ErrBudget, what a Region's Back returns.
func (m *Memory) Store(addr uint64, v bits.Term) error {
	size := uint64(v.Width() / 8)
	if v.Width()%8 != 0 || size == 0 {
		panic(fmt.Sprintf("mem: store of %d bits", v.Width()))
	}
	o, n, err := m.chunk(addr, size, true)
	if err != nil {
		return err
	}
	if n == size {
		return m.write(o, addr-o.Addr, v)
	}
	if err := m.Check(addr+n, size-n, true); err != nil {
		return err
	}
	first, rest := m.split(v, int(n))
	if err := m.Store(addr, first); err != nil {
		return err
	}
	return m.Store(addr+n, rest)
}

// split cuts v after n bytes in memory order.
func (m *Memory) split(v bits.Term, n int) (first, rest bits.Term) {
	w := v.Width()
	if m.layout.BigEndian {
		return m.Builder.Extract(v, w-1, w-8*n), m.Builder.Extract(v, w-8*n-1, 0)
	}
	return m.Builder.Extract(v, 8*n-1, 0), m.Builder.Extract(v, w-1, 8*n)
}

// write stores inside one object.
func (m *Memory) write(o *Object, off uint64, v bits.Term) error {
	if o.data == nil {
		if m.used+o.Size > m.layout.Limit {
			return ErrBudget
		}
		m.prepare(o, off, v)
		m.touch(o)
	} else if o.state != nil || !v.IsConst() {
		m.touch(o) // comparing terms with what is there is not worth it
	}
	if !v.IsConst() {
		m.writeTerm(o, off, v)
		return nil
	}
	m.writeConst(o, off, v)
	return nil
}

// prepare makes room in an object never written. If v covers all of it,
// nothing stays undefined.
func (m *Memory) prepare(o *Object, off uint64, v bits.Term) {
	if off == 0 && uint64(v.Width()/8) == o.Size && v.IsConst() {
		m.makeRoom(o)
		return
	}
	m.materialise(o)
}

func (m *Memory) writeConst(o *Object, off uint64, v bits.Term) {
	hi, lo, _ := v.Uint128()
	size := v.Width() / 8
	changed := false
	for i := range size {
		at := off + uint64(i)
		if m.layout.BigEndian {
			at = off + uint64(size-1-i)
		}
		changed = changed || o.data[at] != byte(lo)
		o.data[at] = byte(lo)
		if o.state != nil {
			o.state[at] = concrete
		}
		hi, lo = hi>>8, lo>>8|hi<<56
	}
	if changed {
		m.touch(o)
	}
}

func (m *Memory) writeTerm(o *Object, off uint64, v bits.Term) {
	if v.IsConst() {
		m.writeConst(o, off, v)
		return
	}
	if o.state == nil {
		o.state = make([]byte, o.Size)
	}
	if o.terms == nil {
		o.terms = make(map[uint64]bits.Term)
	}
	size := v.Width() / 8
	for i := range size {
		at := off + uint64(i)
		if m.layout.BigEndian {
			at = off + uint64(size-1-i)
		}
		c := m.Builder.Extract(v, 8*i+7, 8*i)
		if b, ok := c.Uint64(); ok {
			o.data[at], o.state[at] = byte(b), concrete
			continue
		}
		o.state[at], o.terms[at] = symbolic, c
	}
}

func (m *Memory) touch(o *Object) {
	m.Clock++
	if o.frame != nil {
		o.frame.Touched = m.Clock
	} else {
		m.Touched = m.Clock
	}
}

// Forget makes the contents of o undefined for the given reason.
func (m *Memory) Forget(o *Object, reason string) {
	if o.data != nil {
		m.used -= o.Size
	}
	o.data, o.state, o.terms, o.undefined, o.plain = nil, nil, nil, reason, false
	o.forgotten = o.forgotten || reason != ""
}

// Underlay runs fill over o as if nothing had been written to it yet, and puts
// back on top what had been.
func (m *Memory) Underlay(o *Object, fill func() error) error {
	data, state, terms := o.data, o.state, o.terms
	if data != nil {
		data = slices.Clone(data) // it may lie inside the object
	}
	m.Forget(o, "")
	if err := fill(); err != nil || data == nil {
		return err
	}
	for i := range data {
		off := uint64(i)
		v := bits.Const(8, uint64(data[i]))
		if state != nil && state[i] == undefined {
			continue
		}
		if state != nil && state[i] == symbolic {
			v = terms[off]
		}
		if err := m.write(o, off, v); err != nil {
			return err
		}
	}
	return nil
}

// Copy moves size bytes from src to dst, which may overlap.
// Errors: as Load and Store; nothing is written if there is one.
func (m *Memory) Copy(dst, src, size uint64) error {
	if dst == src || size == 0 {
		return m.Check(src, size, true)
	}
	if err := m.Check(src, size, false); err != nil {
		return err
	}
	if err := m.Check(dst, size, true); err != nil {
		return err
	}
	if size > m.layout.Limit {
		return ErrBudget
	}
	if dst-src < size {
		return m.copyDown(dst, src, size)
	}
	return m.copyUp(dst, src, size)
}

// copyUp copies from the lowest address.
func (m *Memory) copyUp(dst, src, size uint64) error {
	for done := uint64(0); done < size; {
		n, err := m.copyPiece(dst+done, src+done, min(size-done, 8))
		if err != nil {
			return err
		}
		done += n
	}
	return nil
}

// copyDown copies from the highest address, a byte at a time: it only serves
// overlapping moves.
func (m *Memory) copyDown(dst, src, size uint64) error {
	for i := size; i > 0; i-- {
		if _, err := m.copyPiece(dst+i-1, src+i-1, 1); err != nil {
			return err
		}
	}
	return nil
}

// copyPiece copies up to size bytes, not reading what is undefined: padding
// may be copied without becoming a value.
func (m *Memory) copyPiece(dst, src, size uint64) (uint64, error) {
	from, n, err := m.chunk(src, size, false)
	if err != nil {
		return 0, err
	}
	to, k, err := m.chunk(dst, n, true)
	if err != nil {
		return 0, err
	}
	n = min(n, k)
	off := src - from.Addr
	if !from.anyUndefined(off, n) {
		return n, m.write(to, dst-to.Addr, m.read(from, off, int(n)))
	}
	if n > 1 {
		return m.copyPiece(dst, src, 1)
	}
	return 1, m.writeUndefined(to, dst-to.Addr, from.undefined)
}

func (o *Object) anyUndefined(off, n uint64) bool {
	if o.undefined == "" {
		return false
	}
	if o.data == nil {
		return true
	}
	for i := off; o.state != nil && i < off+n; i++ {
		if o.state[i] == undefined {
			return true
		}
	}
	return false
}

// writeUndefined makes one byte undefined.
func (m *Memory) writeUndefined(o *Object, off uint64, reason string) error {
	if o.data == nil && m.used+o.Size > m.layout.Limit {
		return ErrBudget
	}
	if o.undefined == "" {
		o.undefined = reason
		if o.data == nil {
			m.makeRoom(o)
		}
		if o.state == nil {
			o.state = make([]byte, o.Size)
		}
	}
	m.materialise(o)
	if o.state[off] != undefined {
		o.state[off] = undefined
		m.touch(o)
	}
	return nil
}

// Set writes the byte v to size addresses from addr.
// Errors: as Store; nothing is written if there is one.
func (m *Memory) Set(addr uint64, v bits.Term, size uint64) error {
	if err := m.Check(addr, size, true); err != nil {
		return err
	}
	for size > 0 {
		o, n, err := m.chunk(addr, size, true)
		if err != nil {
			return err
		}
		if err := m.fill(o, addr-o.Addr, n, v); err != nil {
			return err
		}
		addr, size = addr+n, size-n
	}
	return nil
}

func (m *Memory) fill(o *Object, off, size uint64, v bits.Term) error {
	if v.IsZero() && size == o.Size {
		if !o.isZero() {
			m.touch(o)
		}
		m.Forget(o, "")
		return nil
	}
	for i := off; i < off+size; i++ {
		if err := m.write(o, i, v); err != nil {
			return err
		}
	}
	return nil
}

func (o *Object) isZero() bool {
	return o.undefined == "" && (o.data == nil || o.state == nil && bytesAre(o.data, 0))
}

// Bytes writes concrete bytes at addr, for strings and images.
func (m *Memory) Bytes(addr uint64, data []byte) error {
	for i, c := range data {
		if err := m.Store(addr+uint64(i), bits.Const(8, uint64(c))); err != nil {
			return err
		}
	}
	return nil
}
