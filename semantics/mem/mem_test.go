package mem

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"ptreview/semantics/bits"
)

func newMemory(bigEndian bool) *Memory {
	return New(bits.NewBuilder(), DefaultLayout(64, bigEndian))
}

func alloc(t *testing.T, m *Memory, s Spec) *Object {
	t.Helper()
	o, err := m.Alloc(s, 8)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func load(t *testing.T, m *Memory, addr uint64, size int) bits.Term {
	t.Helper()
	v, err := m.Load(addr, size)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func store(t *testing.T, m *Memory, addr uint64, v bits.Term) {
	t.Helper()
	if err := m.Store(addr, v); err != nil {
		t.Fatal(err)
	}
}

func TestByteOrder(t *testing.T) {
	tests := []struct {
		big  bool
		want [3]uint64 // bytes 0 and 7, the half at 2
	}{
		{false, [3]uint64{0x08, 0x01, 0x0506}},
		{true, [3]uint64{0x01, 0x08, 0x0304}},
	}
	for _, tt := range tests {
		m := newMemory(tt.big)
		o := alloc(t, m, Spec{Name: "x", Kind: Global, Size: 16})
		store(t, m, o.Addr, bits.Const(64, 0x0102030405060708))
		var got [3]uint64
		got[0], _ = load(t, m, o.Addr, 1).Uint64()
		got[1], _ = load(t, m, o.Addr+7, 1).Uint64()
		got[2], _ = load(t, m, o.Addr+2, 2).Uint64()
		if got != tt.want {
			t.Errorf("big endian %v: got %x, want %x", tt.big, got, tt.want)
		}
		v := bits.Const128(128, 0x1122334455667788, 0x99aabbccddeeff00)
		store(t, m, o.Addr, v)
		if got := load(t, m, o.Addr, 16); got != v {
			t.Errorf("128 bits: got %v, want %v", got, v)
		}
	}
}

func TestSymbolicBytes(t *testing.T) {
	for _, big := range []bool{false, true} {
		m := newMemory(big)
		o := alloc(t, m, Spec{Name: "pte", Kind: Heap, Size: 8})
		x := m.Builder.Var("x", 64)
		store(t, m, o.Addr, x)
		if got := load(t, m, o.Addr, 8); got != x {
			t.Errorf("got %v, want x", got)
		}
		store(t, m, o.Addr+3, bits.Const(8, 0xff))
		v := m.Builder.Eval(load(t, m, o.Addr, 8), bits.Assignment{x: bits.Const(64, 0)})
		want := uint64(0xff000000)
		if big {
			want = 0xff00000000
		}
		if got, ok := v.Uint64(); !ok || got != want {
			t.Errorf("big endian %v: got %#x, want %#x", big, got, want)
		}
	}
}

func TestUndefined(t *testing.T) {
	m := newMemory(false)
	o := alloc(t, m, Spec{Name: "buf", Kind: Heap, Size: 16, Undefined: "kmalloc contents"})
	a := load(t, m, o.Addr, 8)
	if a.Reason() != "kmalloc contents" {
		t.Errorf("got %v because %q", a, a.Reason())
	}
	if b := load(t, m, o.Addr, 8); a != b {
		t.Errorf("read again: got %v, want %v", b, a)
	}
	store(t, m, o.Addr+8, bits.Const(32, 7))
	if v := load(t, m, o.Addr+8, 4); v != bits.Const(32, 7) {
		t.Errorf("got %v, want 7", v)
	}
	if v := load(t, m, o.Addr+8, 8); !v.Tainted() {
		t.Errorf("got %v, want an unknown upper half", v)
	}
}

func TestFaults(t *testing.T) {
	m := newMemory(false)
	live := alloc(t, m, Spec{Name: "live", Kind: Global, Size: 8})
	freed := alloc(t, m, Spec{Name: "table", Kind: PageTable, Size: 4096})
	code := alloc(t, m, Spec{Name: "do_fault", Kind: Function, Size: 16})
	if err := m.Free(freed.Addr, "pte_free"); err != nil {
		t.Fatal(err)
	}
	m.PushFrame()
	local := alloc(t, m, Spec{Name: "v", Kind: Stack, Size: 8})
	if _, err := m.Load(local.Addr, 8); err != nil {
		t.Fatal(err)
	}
	m.PopFrame()
	tests := []struct {
		name string
		addr uint64
		want Fault
		text string
	}{
		{"null", 0x10, NullDeref, "NULL dereference: 8 byte load at 0x10"},
		{"wild", 0x123456, Wild, "wild access: 8 byte load at 0x123456"},
		{"straddle", live.Addr + 4, OutOfBounds, "global live+0x4 of 8 bytes"},
		{"behind", live.Addr + 8, OutOfBounds, "global live+0x8 of 8 bytes"},
		{"freed", freed.Addr + 8, UseAfterFree, "page table table+0x8 of 4096 bytes, freed by pte_free"},
		{"code", code.Addr, NotData, "access to code"},
		{"dead", local.Addr, DeadLocal, "use of a dead local"},
	}
	for _, tt := range tests {
		_, err := m.Load(tt.addr, 8)
		var fault *AccessError
		if !errors.As(err, &fault) || fault.Fault != tt.want || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.text)
		}
	}
	var fault *AccessError
	if err := m.Free(freed.Addr, "again"); !errors.As(err, &fault) || fault.Fault != DoubleFree {
		t.Errorf("second free: got %v", err)
	}
	if err := m.Free(live.Addr+1, "x"); !errors.As(err, &fault) || fault.Fault != BadFree {
		t.Errorf("free inside: got %v", err)
	}
}

func TestRegion(t *testing.T) {
	m := newMemory(true)
	const base, page = 0xc000000000000000, 0x10000
	made := 0
	m.AddRegion(Region{Name: "linear map", Base: base, Size: 16 * page, Back: func(addr uint64) (Spec, error) {
		made++
		start := addr &^ (page - 1)
		return Spec{Name: fmt.Sprintf("pfn %d", (start-base)/page), Kind: PageFrame, Addr: start, Size: page}, nil
	}})
	store(t, m, base+page-4, bits.Const(64, 0x1122334455667788)) // across two frames
	if v := load(t, m, base+page, 4); v != bits.Const(32, 0x55667788) {
		t.Errorf("got %v, want 0x55667788", v)
	}
	if v := load(t, m, base+page-4, 8); v != bits.Const(64, 0x1122334455667788) {
		t.Errorf("got %v", v)
	}
	if made != 2 {
		t.Errorf("%d frames made, want 2", made)
	}
	if _, err := m.Load(base+16*page, 8); err == nil {
		t.Error("load behind the region succeeds")
	}
}

func TestPlace(t *testing.T) {
	m := newMemory(false)
	place := func(addr, size uint64) error {
		_, err := m.Place(Spec{Name: "o", Kind: Heap, Addr: addr, Size: size})
		return err
	}
	if err := place(0x10000, 0x100); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ addr, size uint64 }{{0x10000, 8}, {0x100f8, 16}, {0xfff8, 16}, {0xf000, 0x2000}} {
		if err := place(tt.addr, tt.size); err == nil {
			t.Errorf("place %#x,%#x over a live object succeeds", tt.addr, tt.size)
		}
	}
	if err := place(0x10100, 8); err != nil {
		t.Error(err)
	}
	if err := m.Free(0x10000, "test"); err != nil {
		t.Fatal(err)
	}
	if err := place(0x10080, 8); err != nil {
		t.Errorf("place over a freed object: %v", err)
	}
	if err := place(^uint64(0)-7, 8); err != nil {
		t.Errorf("place at the top: %v", err)
	}
	if _, err := m.Load(^uint64(0)-7, 8); err != nil {
		t.Errorf("load at the top: %v", err)
	}
	if err := place(^uint64(0)-3, 8); err == nil {
		t.Error("place across the top succeeds")
	}
}

func TestCopyAndSet(t *testing.T) {
	m := newMemory(false)
	o := alloc(t, m, Spec{Name: "a", Kind: Global, Size: 32})
	for i := range uint64(32) {
		store(t, m, o.Addr+i, bits.Const(8, i))
	}
	if err := m.Copy(o.Addr+3, o.Addr, 20); err != nil {
		t.Fatal(err)
	}
	if err := m.Copy(o.Addr+1, o.Addr+5, 9); err != nil {
		t.Fatal(err)
	}
	var want [32]byte
	for i := range want {
		want[i] = byte(i)
	}
	copy(want[3:23], append([]byte(nil), want[:20]...))
	copy(want[1:10], append([]byte(nil), want[5:14]...))
	for i := range want {
		if v, _ := load(t, m, o.Addr+uint64(i), 1).Uint64(); byte(v) != want[i] {
			t.Errorf("byte %d: got %d, want %d", i, v, want[i])
		}
	}
	if err := m.Set(o.Addr+4, bits.Const(8, 0xaa), 100); err == nil {
		t.Error("memset behind the end succeeds")
	}
	if v, _ := load(t, m, o.Addr+4, 1).Uint64(); v == 0xaa {
		t.Error("a memset that fails wrote")
	}
	if err := m.Set(o.Addr, bits.Const(8, 0), 32); err != nil {
		t.Fatal(err)
	}
	store(t, m, o.Addr, bits.Const(8, 1))
	if v := load(t, m, o.Addr, 8); v != bits.Const(64, 1) {
		t.Errorf("after clearing: got %v, want 1", v)
	}
}

func TestCopyKeepsUndefined(t *testing.T) {
	m := newMemory(false)
	src := alloc(t, m, Spec{Name: "src", Kind: Stack, Size: 16, Undefined: "padding"})
	dst := alloc(t, m, Spec{Name: "dst", Kind: Heap, Size: 16})
	store(t, m, src.Addr, bits.Const(32, 5))
	if err := m.Copy(dst.Addr, src.Addr, 16); err != nil {
		t.Fatal(err)
	}
	if v := load(t, m, dst.Addr, 4); v != bits.Const(32, 5) {
		t.Errorf("got %v, want 5", v)
	}
	if n := len(m.Builder.Variables()); n != 0 {
		t.Errorf("copying made %d unknowns", n)
	}
	if v := load(t, m, dst.Addr+8, 8); !v.Tainted() {
		t.Errorf("got %v, want an unknown", v)
	}
}

func TestChanges(t *testing.T) {
	m := newMemory(false)
	g := alloc(t, m, Spec{Name: "g", Kind: Global, Size: 8})
	m.PushFrame()
	l := alloc(t, m, Spec{Name: "l", Kind: Stack, Size: 8})
	store(t, m, g.Addr, bits.Const(64, 1))
	store(t, m, l.Addr, bits.Const(64, 1))
	now := m.Clock
	store(t, m, g.Addr, bits.Const(64, 1))
	if m.ChangedSince(now, 1) {
		t.Error("writing the same value is a change")
	}
	store(t, m, l.Addr, bits.Const(64, 2))
	if !m.ChangedSince(now, 1) || m.ChangedSince(now, 0) {
		t.Error("a change of a local belongs to its frame")
	}
}

func TestBudget(t *testing.T) {
	l := DefaultLayout(64, false)
	l.Limit = 1 << 20
	m := New(bits.NewBuilder(), l)
	o := alloc(t, m, Spec{Name: "huge", Kind: Heap, Size: 1 << 30})
	if _, err := m.Load(o.Addr, 8); err != nil {
		t.Errorf("reading zeros: %v", err)
	}
	if err := m.Store(o.Addr, bits.Const(8, 1)); !errors.Is(err, ErrBudget) {
		t.Errorf("got %v, want ErrBudget", err)
	}
	if _, err := m.Alloc(Spec{Name: "more", Kind: Heap, Size: 1 << 62}, 8); !errors.Is(err, ErrBudget) {
		t.Errorf("got %v, want ErrBudget", err)
	}
}

func ExampleMemory() {
	m := New(bits.NewBuilder(), DefaultLayout(64, true))
	table, _ := m.Alloc(Spec{Name: "pmd", Kind: PageTable, Size: 4096}, 4096)
	m.Store(table.Addr+8, bits.Const(64, 0x8000000000000001))
	v, _ := m.Load(table.Addr+8, 1)
	fmt.Println(v)
	m.Free(table.Addr, "free_pgtables")
	_, err := m.Load(table.Addr+8, 8)
	fmt.Println(err.(*AccessError).Fault)
	// Output:
	// 0x80
	// use after free
}

func BenchmarkLoadStore(bm *testing.B) {
	m := New(bits.NewBuilder(), DefaultLayout(64, false))
	o, _ := m.Alloc(Spec{Name: "x", Kind: Global, Size: 64}, 8)
	for bm.Loop() {
		v, _ := m.Load(o.Addr+8, 8)
		m.Store(o.Addr+8, m.Builder.Add(v, bits.Const(64, 1)))
	}
}
