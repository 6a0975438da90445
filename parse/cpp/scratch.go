package cpp

import "sync"

// scratch is the memory a unit needs only while it is read. The next unit
// takes it over.
type scratch struct {
	out    []Token
	uses   []Expansion
	table  []binding
	defs   []macroState
	reads  []read
	writes []Sym
}

// scratches keeps what is not in use.
type scratches struct{ pool sync.Pool }

func (s *scratches) get() *scratch {
	if one, ok := s.pool.Get().(*scratch); ok {
		return one
	}
	return new(scratch)
}

// takeScratch gives the reader memory to start with.
func (r *reader) takeScratch() {
	s := r.cache.scratches.get()
	r.out = s.out[:0]
	r.unit.Expansions = append(s.uses[:0], Expansion{})
	r.defs = append(s.defs[:0], macroState{})
	r.rec.reads, r.rec.writes = s.reads, s.writes
	if r.table = s.table; len(r.table) < r.names.Len() {
		r.table = make([]binding, r.names.Len()+1<<12)
	}
}

// leaveScratch hands the memory on; what is left of the unit is its own.
func (r *reader) leaveScratch() {
	clear(r.table)
	s := &scratch{
		out: r.out, uses: r.unit.Expansions, table: r.table, defs: r.defs,
		reads: r.rec.reads, writes: r.rec.writes,
	}
	r.unit.Tokens = append(make([]Token, 0, len(r.out)), r.out...)
	r.unit.Expansions = append(make([]Expansion, 0, len(s.uses)), s.uses...)
	r.out, r.table, r.defs = nil, nil, nil
	r.cache.scratches.pool.Put(s)
}
