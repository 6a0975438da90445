// Package mem is the memory of the executor: a flat address space of the
// target's width and endianness, with objects at addresses.
//
// Bytes are concrete, symbolic (a bits term) or undefined; reading an undefined
// byte gives an Unknown that stays the same from then on. Regions make objects
// when an address in them is first used, which is how page frames and struct
// pages exist without being allocated one by one. An access that a real
// machine would not survive, or that only survives by luck, is an AccessError.
//
// Addresses are concrete here. The package knows nothing of C types, of page
// tables, or of who may access what when.
package mem

import (
	"errors"
	"fmt"
	"slices"
	"sort"

	"ptreview/semantics/bits"
)

// Kind says what an object is.
type Kind uint8

// The kinds of objects.
const (
	Global Kind = iota
	Stack
	Heap
	PageFrame
	PageTable
	Function // has an address but no readable bytes
	String
	Rodata
	Extern // declared, defined nowhere that was read: contents unknown
)

var kindNames = [...]string{"global", "local", "heap object", "page frame", "page table",
	"function", "string", "constant", "extern"}

// String returns the word reports use.
func (k Kind) String() string { return kindNames[k] }

// Spec describes an object to be made. Undefined gives the reason why its
// contents are not known; "" means zeros.
type Spec struct {
	Name      string
	Kind      Kind
	Addr      uint64 // used by Place and Region only
	Size      uint64
	Undefined string
}

// Object is a run of bytes with one identity. Addr and Size do not change.
type Object struct {
	Name    string
	Kind    Kind
	Addr    uint64
	Size    uint64
	FreedBy string // who freed it, "" while it is alive

	undefined string
	forgotten bool // what it held at first is not what it holds
	frame     *Frame
	plain     bool   // live, and data is there to be read and written
	gone      bool   // a local of a call that has returned
	data      []byte // nil: nothing was written yet
	state     []byte // of each byte; nil: all concrete once data is there
	terms     map[uint64]bits.Term
	small     [16]byte // backs data of small objects
}

// The states of a byte.
const (
	concrete byte = iota
	symbolic
	undefined
)

// End returns the address behind the object.
func (o *Object) End() uint64 { return o.Addr + o.Size }

func (o *Object) holds(addr uint64) bool { return addr-o.Addr < o.Size }

// String names the object as reports do: "page table pmd#2".
func (o *Object) String() string { return o.Kind.String() + " " + o.Name }

// Region is a range of addresses whose objects are made on demand. Back
// returns the object that covers addr; it must lie inside the region.
type Region struct {
	Name string
	Base uint64
	Size uint64
	Back func(addr uint64) (Spec, error)
}

// Area is a range of addresses from which objects are taken one after the
// other. Addresses are not used twice.
type Area struct {
	Base uint64
	Size uint64
	next uint64
}

// Layout says where things are. Areas of a kind left empty take the default
// of DefaultLayout.
type Layout struct {
	PointerBits int
	BigEndian   bool
	Limit       uint64 // bytes of contents in all, 0 for 256 MiB
	NullSize    uint64 // accesses below are NULL dereferences, 0 for 4096
	Code        Area
	Globals     Area
	Heap        Area
	Stack       Area
}

// DefaultLayout returns addresses in the upper half, as kernels have them, and
// clear of the ranges linear maps and vmemmaps use on 64 bit.
func DefaultLayout(pointerBits int, bigEndian bool) Layout {
	l := Layout{PointerBits: pointerBits, BigEndian: bigEndian}
	if pointerBits == 32 {
		l.Code = Area{Base: 0xe0000000, Size: 0x02000000}
		l.Globals = Area{Base: 0xe2000000, Size: 0x06000000}
		l.Heap = Area{Base: 0xe8000000, Size: 0x08000000}
		l.Stack = Area{Base: 0xf0000000, Size: 0x0e000000}
		return l
	}
	l.Code = Area{Base: 0xfffffff800000000, Size: 0x10000000}
	l.Globals = Area{Base: 0xfffffff810000000, Size: 0x70000000}
	l.Heap = Area{Base: 0xfffffff900000000, Size: 0x100000000}
	l.Stack = Area{Base: 0xfffffffa00000000, Size: 0x100000000}
	return l
}

// ErrBudget is returned when the contents of all objects exceed the limit.
var ErrBudget = errors.New("memory budget exceeded")

// Memory is the address space of one run. It is not safe for concurrent use.
type Memory struct {
	Builder *bits.Builder
	// Clock counts changes; Touched is its value at the last change of
	// anything but a local. A write of what is there already is no change.
	Clock   uint64
	Touched uint64
	// Named says that undefined bytes that were never written are the same in
	// all memories of one Builder that have the same object there.
	Named bool

	layout  Layout
	objects []*Object // ascending by address, live and freed, without locals
	stack   []*Object // locals, ascending by address
	frames  []*Frame
	regions []Region
	recent  [recentSize]*Object // that were found, by bits of the address
	used    uint64
}

// recentSize is how many places of objects that were found are remembered, one
// for each of as many neighbouring blocks of 64 bytes.
const recentSize = 64

// recentAt returns where an object found at addr is remembered.
func (m *Memory) recentAt(addr uint64) **Object { return &m.recent[addr>>6%recentSize] }

// Frame is the locals of one call. Touched is the clock at the last change of
// one of them.
type Frame struct {
	Touched uint64
	first   int // index of its first object in Memory.stack
}

// New returns an empty address space.
func New(b *bits.Builder, layout Layout) *Memory {
	def := DefaultLayout(layout.PointerBits, layout.BigEndian)
	fill := func(a *Area, d Area) {
		if a.Size == 0 {
			*a = d
		}
	}
	fill(&layout.Code, def.Code)
	fill(&layout.Globals, def.Globals)
	fill(&layout.Heap, def.Heap)
	fill(&layout.Stack, def.Stack)
	if layout.Limit == 0 {
		layout.Limit = 256 << 20
	}
	if layout.NullSize == 0 {
		layout.NullSize = 4096
	}
	return &Memory{Builder: b, layout: layout}
}

// PointerBits returns the width of an address.
func (m *Memory) PointerBits() int { return m.layout.PointerBits }

// BigEndian reports the byte order.
func (m *Memory) BigEndian() bool { return m.layout.BigEndian }

// guard separates neighbours, so that running off the end of one object does
// not land in the next.
const guard = 32

// Alloc makes an object in the area of its kind, aligned to align bytes.
// Errors: ErrBudget, an exhausted area.
func (m *Memory) Alloc(s Spec, align uint64) (*Object, error) {
	a := m.area(s.Kind)
	addr, err := a.take(s.Size, align)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", s.Kind, s.Name, err)
	}
	s.Addr = addr
	return m.Place(s)
}

func (m *Memory) area(k Kind) *Area {
	switch k {
	case Function:
		return &m.layout.Code
	case Stack:
		return &m.layout.Stack
	case Heap, PageFrame, PageTable:
		return &m.layout.Heap
	}
	return &m.layout.Globals
}

func (a *Area) take(size, align uint64) (uint64, error) {
	start := a.Base + a.next
	switch {
	case align&(align-1) == 0: // or 0, which asks for nothing
		start = (start + align - min(align, 1)) &^ (align - min(align, 1))
	default:
		start = (start + align - 1) / align * align
	}
	if start < a.Base || size > a.Size || start-a.Base > a.Size-size {
		return 0, ErrBudget
	}
	a.next = start - a.Base + size + guard
	return start, nil
}

// Place makes an object at s.Addr. It must not overlap a live object; freed
// ones it overlaps are forgotten.
func (m *Memory) Place(s Spec) (*Object, error) {
	if s.Addr+s.Size < s.Addr && s.Addr+s.Size != 0 {
		return nil, fmt.Errorf("%s %s wraps around the address space", s.Kind, s.Name)
	}
	if s.Kind == Stack && len(m.frames) > 0 {
		return m.local(&s, s.Addr), nil
	}
	o := &Object{Name: s.Name, Kind: s.Kind, Addr: s.Addr, Size: s.Size, undefined: s.Undefined}
	i, j := m.overlapped(s)
	for _, old := range m.objects[i:j] {
		if old.FreedBy == "" {
			return nil, fmt.Errorf("%s %s at %#x overlaps %s", s.Kind, s.Name, s.Addr, old)
		}
	}
	m.objects = slices.Replace(m.objects, i, j, o)
	clear(m.recent[:])
	return o, nil
}

// Local makes an object of the innermost call; there must be one. Kind and Addr
// of s do not matter.
// Errors: ErrBudget.
func (m *Memory) Local(s *Spec, align uint64) (*Object, error) {
	addr, err := m.layout.Stack.take(s.Size, align)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", Stack, s.Name, err)
	}
	return m.local(s, addr), nil
}

// local makes an object of the innermost call, of one that has ended if there
// is any: most calls make some.
func (m *Memory) local(s *Spec, addr uint64) *Object {
	n := len(m.stack)
	if n == cap(m.stack) {
		m.stack = append(m.stack, nil)
	}
	m.stack = m.stack[:n+1]
	o := m.stack[n]
	if o == nil {
		o = new(Object)
		m.stack[n] = o
	}
	o.Name, o.Kind, o.Addr, o.Size, o.undefined = s.Name, Stack, addr, s.Size, s.Undefined
	o.frame, o.gone, o.forgotten = m.frames[len(m.frames)-1], false, false
	if o.data != nil {
		o.data, o.state, o.terms = nil, nil, nil
	}
	if o.FreedBy != "" {
		o.FreedBy = ""
	}
	return o
}

// overlapped returns the half open range of objects that s would overlap.
func (m *Memory) overlapped(s Spec) (i, j int) {
	last := s.Addr + max(s.Size, 1) - 1
	i = m.search(s.Addr)
	if i > 0 && m.objects[i-1].holds(s.Addr) {
		i--
	}
	for j = i; j < len(m.objects) && m.objects[j].Addr <= last; j++ {
	}
	return i, j
}

// search returns the index of the first object that begins behind addr.
func (m *Memory) search(addr uint64) int { return behind(m.objects, addr) }

// behind returns the index of the first of a list of objects in the order of
// their addresses that begins behind addr.
func behind(list []*Object, addr uint64) int {
	return sort.Search(len(list), func(i int) bool { return list[i].Addr > addr })
}

// AddRegion adds a range that is backed on demand. Objects placed explicitly
// take precedence.
func (m *Memory) AddRegion(r Region) { m.regions = append(m.regions, r) }

// PushFrame begins a call: objects of kind Stack belong to it from now on.
func (m *Memory) PushFrame() *Frame {
	n := len(m.frames)
	if n == cap(m.frames) {
		m.frames = append(m.frames, nil)
	}
	m.frames = m.frames[:n+1]
	f := m.frames[n]
	if f == nil {
		f = new(Frame)
		m.frames[n] = f
	}
	*f = Frame{first: len(m.stack)}
	return f
}

// PopFrame ends the innermost call and its locals. Both are made again of what
// they leave behind, so that nothing may hold on to them.
func (m *Memory) PopFrame() {
	f := m.frames[len(m.frames)-1]
	m.frames = m.frames[:len(m.frames)-1]
	for _, o := range m.stack[f.first:] {
		if o.data != nil {
			m.used -= o.Size
		}
		o.plain, o.gone = false, true
	}
	m.stack = m.stack[:f.first]
}

// LocalsEnd returns the address behind all locals made so far: those made later
// lie at or above it, as addresses are not used twice.
func (m *Memory) LocalsEnd() uint64 { return m.layout.Stack.Base + m.layout.Stack.next }

// IsLocalSince reports whether addr is where locals lie that were made since
// LocalsEnd was first.
func (m *Memory) IsLocalSince(addr, first uint64) bool {
	return addr >= first && addr-m.layout.Stack.Base < m.layout.Stack.Size
}

// Depth returns the number of calls in progress.
func (m *Memory) Depth() int { return len(m.frames) }

// ChangedSince reports whether anything outside the calls deeper than depth
// changed after the clock read then.
func (m *Memory) ChangedSince(then uint64, depth int) bool {
	if m.Touched > then {
		return true
	}
	for _, f := range m.frames[:depth] {
		if f.Touched > then {
			return true
		}
	}
	return false
}

// Tick notes a change outside memory: a lock taken, an event recorded.
func (m *Memory) Tick() {
	m.Clock++
	m.Touched = m.Clock
}

// Find returns the object that covers addr, freed ones included, making it if
// a region does; nil if there is none.
func (m *Memory) Find(addr uint64) (*Object, error) {
	recent := m.recentAt(addr)
	if o := *recent; o != nil && o.holds(addr) && !o.gone {
		return o, nil
	}
	if o := m.lookup(addr); o != nil {
		*recent = o
		return o, nil
	}
	for i := range m.regions {
		if r := &m.regions[i]; addr-r.Base < r.Size {
			return m.back(r, addr)
		}
	}
	return nil, nil
}

func (m *Memory) lookup(addr uint64) *Object {
	if a := &m.layout.Stack; addr-a.Base < a.Size {
		if i := behind(m.stack, addr); i > 0 && m.stack[i-1].holds(addr) {
			return m.stack[i-1]
		}
	}
	if i := m.search(addr); i > 0 && m.objects[i-1].holds(addr) {
		return m.objects[i-1]
	}
	return nil
}

func (m *Memory) back(r *Region, addr uint64) (*Object, error) {
	s, err := r.Back(addr)
	if err != nil {
		return nil, fmt.Errorf("%s at %#x: %w", r.Name, addr, err)
	}
	if addr-s.Addr >= s.Size {
		return nil, nil // a hole in the region
	}
	return m.Place(s)
}

// Free ends the life of the object that begins at addr. Its place is
// remembered, so that a later access is a use after free.
// Errors: *AccessError when there is no such object or it is freed already.
func (m *Memory) Free(addr uint64, by string) error {
	o, err := m.Find(addr)
	if err != nil {
		return err
	}
	if o == nil || o.Addr != addr {
		return m.fault(BadFree, addr, 0, true, o)
	}
	if o.FreedBy != "" {
		return m.fault(DoubleFree, addr, 0, true, o)
	}
	o.FreedBy, o.plain = by, false
	m.Tick()
	return nil
}
