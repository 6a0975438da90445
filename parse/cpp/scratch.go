package cpp

import (
	"slices"
	"sync"
	"sync/atomic"
)

// scratch is the memory a unit needs only while it is read. The next unit
// takes it over.
type scratch struct {
	table  []binding
	defs   []macroState
	reads  []read
	writes []Sym
}

// result is the memory that a unit's tokens and macro uses stand in. It goes
// from unit to unit by Release.
type result struct {
	out  []Token
	uses []Expansion
}

// scratches keeps what is not in use.
type scratches struct {
	scratch, results sync.Pool
	usual            atomic.Int64 // tokens of the last unit that was long
}

func (s *scratches) get() *scratch {
	if one, ok := s.scratch.Get().(*scratch); ok {
		return one
	}
	return new(scratch)
}

func (s *scratches) result() *result {
	if one, ok := s.results.Get().(*result); ok {
		return one
	}
	return &result{out: make([]Token, 0, s.usual.Load())}
}

// takeScratch gives the reader memory to start with.
func (r *reader) takeScratch() {
	s := r.cache.scratches.get()
	r.unit.Expansions = []Expansion{{}}
	r.defs = append(s.defs[:0], macroState{})
	r.rec.reads, r.rec.writes = s.reads, s.writes
	if r.table = s.table; len(r.table) < r.names.Len() {
		r.table = make([]binding, r.names.Len()+1<<12)
	}
}

// takeResult gives the reader memory for a long result.
func (r *reader) takeResult() {
	s := r.cache.scratches.result()
	r.out, r.unit.Expansions = s.out[:0], append(s.uses[:0], Expansion{})
	r.unit.memory = r.cache
}

// leaveScratch hands the memory on but for the result, which becomes the
// unit's own.
func (r *reader) leaveScratch() {
	clear(r.table)
	clear(r.defs)
	r.cache.scratches.scratch.Put(&scratch{table: r.table, defs: r.defs, reads: r.rec.reads, writes: r.rec.writes})
	r.keepResult()
	r.out, r.table, r.defs = nil, nil, nil
}

// keepResult makes the result the unit's. A unit that would waste most of the
// memory gets a copy: the memory is better used for a longer one.
func (r *reader) keepResult() {
	u := r.unit
	u.Tokens = r.out
	if u.memory == nil {
		return
	}
	if len(r.out) >= cap(r.out)/2 {
		u.memory.scratches.usual.Store(int64(len(r.out) + len(r.out)/8))
		return
	}
	long := &result{out: r.out, uses: u.Expansions}
	u.Tokens, u.Expansions, u.memory = slices.Clone(u.Tokens), slices.Clone(u.Expansions), nil
	clear(long.uses)
	r.cache.scratches.results.Put(long)
}

// Release gives up the unit: the memory of its tokens is taken for another one.
// Nothing that stands for a part of the unit, such as what was parsed from its
// tokens, may be used afterwards. Units need not be released.
func (u *Unit) Release() {
	if u.memory != nil {
		s := &result{out: u.Tokens, uses: u.Expansions}
		clear(s.uses)
		u.memory.scratches.results.Put(s)
	}
	u.memory, u.Tokens, u.Expansions = nil, nil, nil
}
