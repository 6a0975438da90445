package syntax

import "ptreview/parse/cpp"

// symTable maps spellings to numbers. The zero value is an empty table.
type symTable struct {
	slots []symSlot // a power of two of them, at most half of them in use
	shift uint8     // what is left of a hash is an index
	used  int
}

type symSlot struct {
	key cpp.Sym // 0 for an empty slot
	val int32
}

// newSymTable returns a table with room for n spellings.
func newSymTable(n int) *symTable {
	t := new(symTable)
	t.resize(n)
	return t
}

func (t *symTable) resize(n int) {
	size := 16
	t.shift = 28
	for size < 2*n {
		size *= 2
		t.shift--
	}
	t.slots = make([]symSlot, size)
}

// slot returns the slot of key, or the empty one where it belongs.
func (t *symTable) slot(key cpp.Sym) *symSlot {
	mask := uint32(len(t.slots) - 1)
	for i := uint32(key) * 0x9e3779b1 >> t.shift; ; i++ {
		if s := &t.slots[i&mask]; s.key == key || s.key == 0 {
			return s
		}
	}
}

// get returns the number of key; false if there is none.
func (t *symTable) get(key cpp.Sym) (int32, bool) {
	if len(t.slots) == 0 || key == 0 {
		return 0, false
	}
	s := t.slot(key)
	return s.val, s.key != 0
}

// ref returns where the number of key is kept, which is 0 for a new one. The
// next call may move it. key is not 0.
func (t *symTable) ref(key cpp.Sym) *int32 {
	if 2*t.used >= len(t.slots) {
		t.grow()
	}
	s := t.slot(key)
	if s.key == 0 {
		s.key = key
		t.used++
	}
	return &s.val
}

func (t *symTable) grow() {
	old := t.slots
	t.resize(len(old))
	for _, s := range old {
		if s.key != 0 {
			*t.slot(s.key) = s
		}
	}
}
