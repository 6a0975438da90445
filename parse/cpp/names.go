package cpp

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

const (
	nameShards  = 64
	chunkBits   = 12
	chunkSize   = 1 << chunkBits
	maxChunks   = 1 << 12 // 16 million names
	firstSlots  = 256
	slotHashLow = 32
)

// Names interns spellings. It is safe for concurrent use: finding a known
// spelling and reading one back take no lock.
type Names struct {
	seed   maphash.Seed
	shards [nameShards]nameShard
	chunks [maxChunks]atomic.Pointer[nameChunk]
	mu     sync.Mutex // serialises handing out Syms
	next   uint32
	size   atomic.Uint32
}

type nameChunk [chunkSize]string

type nameShard struct {
	mu    sync.Mutex
	used  int
	table atomic.Pointer[nameTable]
}

// nameTable is an open-addressed hash table; a slot holds the upper half of
// the hash above the Sym, and is written once.
type nameTable struct {
	slots []atomic.Uint64
}

// NewNames returns a Names that holds the fixed spellings.
func NewNames() *Names {
	n := &Names{seed: maphash.MakeSeed(), next: 1}
	for i := range n.shards {
		n.shards[i].table.Store(&nameTable{make([]atomic.Uint64, firstSlots)})
	}
	for i, s := range fixed {
		if got := n.Intern([]byte(s)); got != Sym(i+1) {
			panic("cpp: fixed spelling listed twice: " + s)
		}
	}
	return n
}

// Intern returns the Sym of text, the same for equal text.
func (n *Names) Intern(text []byte) Sym {
	h := maphash.Bytes(n.seed, text)
	sh := &n.shards[h%nameShards]
	if s := n.find(sh.table.Load(), h, text); s != 0 {
		return s
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if s := n.find(sh.table.Load(), h, text); s != 0 {
		return s
	}
	s := n.add(string(text))
	sh.insert(n, h, s)
	return s
}

// Find returns the Sym of text, or 0 if text was never interned.
func (n *Names) Find(text string) Sym {
	b := []byte(text)
	h := maphash.Bytes(n.seed, b)
	return n.find(n.shards[h%nameShards].table.Load(), h, b)
}

// String returns the spelling of s, "" for 0.
func (n *Names) String(s Sym) string {
	if s == 0 {
		return ""
	}
	return n.chunks[s>>chunkBits].Load()[s&(chunkSize-1)]
}

// Len returns one more than the largest Sym handed out so far.
func (n *Names) Len() int { return int(n.size.Load()) }

func (n *Names) find(t *nameTable, h uint64, text []byte) Sym {
	mask := uint64(len(t.slots) - 1)
	for i := (h / nameShards) & mask; ; i = (i + 1) & mask {
		v := t.slots[i].Load()
		if v == 0 {
			return 0
		}
		if v>>slotHashLow == h>>slotHashLow {
			if s := Sym(v); n.String(s) == string(text) {
				return s
			}
		}
	}
}

// add stores text under a new Sym.
func (n *Names) add(text string) Sym {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.next
	if s>>chunkBits >= maxChunks {
		panic("cpp: more than 16 million different spellings")
	}
	c := n.chunks[s>>chunkBits].Load()
	if c == nil {
		c = new(nameChunk)
		n.chunks[s>>chunkBits].Store(c)
	}
	c[s&(chunkSize-1)] = text
	n.next++
	n.size.Store(n.next)
	return Sym(s)
}

// insert puts s into the shard, which the caller has locked.
func (sh *nameShard) insert(n *Names, h uint64, s Sym) {
	t := sh.table.Load()
	if sh.used*2 >= len(t.slots) {
		t = n.grow(t)
		sh.table.Store(t)
	}
	t.put(h, s)
	sh.used++
}

// grow copies t into a table of twice the size.
func (n *Names) grow(t *nameTable) *nameTable {
	bigger := &nameTable{make([]atomic.Uint64, 2*len(t.slots))}
	for i := range t.slots {
		if v := t.slots[i].Load(); v != 0 {
			bigger.put(maphash.String(n.seed, n.String(Sym(v))), Sym(v))
		}
	}
	return bigger
}

func (t *nameTable) put(h uint64, s Sym) {
	mask := uint64(len(t.slots) - 1)
	i := (h / nameShards) & mask
	for t.slots[i].Load() != 0 {
		i = (i + 1) & mask
	}
	t.slots[i].Store(h>>slotHashLow<<slotHashLow | uint64(s))
}
