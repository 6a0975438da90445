package cpp

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// A memo keeps what stretches of files turned into, so that the next unit that
// reads one in the same circumstances need not preprocess it again: another
// class, another patch prefix, another file, another architecture.
//
// A stretch is a run of items of one file with no #include that is obeyed. What
// it turns into depends on nothing but
//
//   - the macros in force, or not in force, under the names it looks up: its
//     deps, each with the definition found before the stretch changed any;
//   - what __FILE__ and __COUNTER__ give, if it asks for them;
//   - the memo's own circumstances: which macros are opaque.
//
// The invariant: a stretch is put into a unit only if all of these agree with
// those of the unit it was recorded in, and the unit is then exactly the one
// that reading the file would have given, macro uses and their numbers
// included. Whatever else a stretch can see or do (report something, look for
// files, push macros, ask for the include level) spoils its recording.
//
// Numbers of macro uses are counted from the first one of the stretch. Of a
// macro like CONFIG_HZ, which expands to itself and to no other, only the text
// has to agree: its place, which differs between the autoconf.h of two classes,
// is put right in what was recorded.
//
// The memo is safe for concurrent use. It holds a bounded number of bytes; when
// there are more, it starts anew, which costs time and changes no result.
type memo struct {
	mu    sync.RWMutex
	files map[*Lexed]*fileMemo
	bytes int
}

// fileMemo is what is known about one file: for each item, the stretches that
// begin at it, latest first.
type fileMemo struct {
	at    []atomic.Pointer[[]*stretch]
	bytes int
}

// Bounds of a memo.
const (
	memoBytes    = 64 << 20
	memoVariants = 12 // stretches that begin at the same item
	// stretchTokens is where long runs are divided: a difference costs no more
	// than the stretch it stands in.
	stretchTokens = 1 << 10
)

// stretch is what a run of items turned into.
type stretch struct {
	deps []dep
	file string // what __FILE__ gave, "" if it did not ask

	counter, counted int // __COUNTER__ before it, and how far it advanced

	end      int // the item it ends before
	steps    int
	tokens   []Token
	uses     []Expansion
	firstUse ExpID    // number of uses[0] in tokens and uses
	pragmas  []Pragma // Before is counted from the first token
	changes  []change
	notes    *Notes
}

// dep is a macro, or nil for none, that has to be in force under a name.
type dep struct {
	sym   Sym
	macro *Macro
}

// change is the macro, nil for none, in force under a name behind a stretch
// that defined or undefined it.
type change struct {
	sym    Sym
	opaque bool
	macro  *Macro
}

// read is the first look at a name in the current stretch.
type read struct {
	sym Sym
	def uint32 // see binding
}

// recording is a stretch being read.
type recording struct {
	open, spoiled       bool
	memo                *fileMemo
	item                int // the first
	grid                uint32
	out, uses, pragmas  int // lengths at its beginning
	steps, counter      int
	asksFile, asksCount bool
	reads               []read
	writes              []Sym
}

// recorded is a stretch of the unit being read, ready to be kept.
type recorded struct {
	*stretch
	memo      *fileMemo
	item      int
	out, outs int // where its tokens begin and end in the unit
	use, used int
}

// memoFor returns the memo for units read with opt, or nil if what they depend
// on cannot be compared.
func (c *Cache) memoFor(opt *Options, limit Limits) *memo {
	if opt.Afresh {
		return nil
	}
	opaque := slices.Clone(opt.Opaque)
	slices.Sort(opaque)
	key := fmt.Sprint(limit.Nested, " ", strings.Join(opaque, " "))
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.memos[key]
	if m == nil {
		m = &memo{files: make(map[*Lexed]*fileMemo)}
		c.memos[key] = m
	}
	return m
}

// file returns what is known about lx.
func (m *memo) file(lx *Lexed) *fileMemo {
	if m == nil {
		return nil
	}
	m.mu.RLock()
	f := m.files[lx]
	m.mu.RUnlock()
	if f != nil {
		return f
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if f = m.files[lx]; f == nil {
		f = &fileMemo{at: make([]atomic.Pointer[[]*stretch], len(lx.items))}
		m.files[lx] = f
	}
	return f
}

// keep adds stretches that a unit recorded.
func (m *memo) keep(list []recorded) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range list {
		at := &s.memo.at[s.item]
		var old []*stretch
		if p := at.Load(); p != nil {
			old = *p
		}
		if slices.ContainsFunc(old, s.stretch.same) {
			continue
		}
		size := s.size()
		if len(old) == memoVariants {
			size -= old[memoVariants-1].size()
			old = old[:memoVariants-1]
		}
		list := append([]*stretch{s.stretch}, old...)
		at.Store(&list)
		m.bytes += size
		s.memo.bytes += size
	}
	if m.bytes > memoBytes {
		m.files, m.bytes = make(map[*Lexed]*fileMemo), 0
	}
}

// forget lets go of the stretches of the files below a folder.
func (m *memo) forget(folder string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for lx, f := range m.files {
		if below(folder, lx.File.Path) {
			m.bytes -= f.bytes
			delete(m.files, lx)
		}
	}
}

// same reports whether two stretches that begin at the same item were read in
// the same circumstances.
func (s *stretch) same(t *stretch) bool {
	return slices.Equal(s.deps, t.deps) && s.file == t.file && s.counter == t.counter
}

// includes reports whether the item may read another file.
func (it *item) includes() bool {
	return it.kind == itemInclude || it.kind == itemIncludeNext || it.kind == itemImport
}

// remembered puts a stretch that begins at the next item of f into the unit;
// false if none is known, and then what is read from here on is recorded. It is
// called between items of f, outside all macro uses.
func (r *reader) remembered(f *frame) bool {
	r.endStretch(f, false)
	if f.memo == nil || f.presumed != "" || f.line != 0 || f.lx.items[f.item].includes() {
		return false
	}
	if p := f.memo.at[f.item].Load(); p != nil {
		for _, s := range *p {
			if r.fits(s, f) && r.replay(s) {
				f.item = s.end
				f.tok, f.end = 0, 0
				return true
			}
		}
	}
	r.beginStretch(f)
	return false
}

// fits reports whether the circumstances of s are given, and lists in r.moved
// the macros that differ in their places only.
func (r *reader) fits(s *stretch, f *frame) bool {
	if s.file != "" && s.file != f.name() || s.counted > 0 && s.counter != r.counter ||
		r.steps+s.steps > r.limit.Steps || len(r.out)+len(s.tokens) > r.limit.Tokens {
		return false
	}
	r.moved = r.moved[:0]
	for _, d := range s.deps {
		var m *Macro
		if int(d.sym) < len(r.table) {
			m = r.defs[r.table[d.sym].def].macro
		}
		if m == d.macro {
			continue
		}
		if m == nil || d.macro == nil || !movable(d.macro, m) {
			return false
		}
		r.moved = append(r.moved, movedMacro{d.macro, m})
	}
	return true
}

// movable reports whether two definitions expand to the same, to the white
// space within, and no token of either can be expanded further.
func movable(a, b *Macro) bool {
	if !a.plain || !b.plain || a.Function || b.Function || len(a.Body) != len(b.Body) {
		return false
	}
	for i := range a.Body {
		s, t := a.Body[i], b.Body[i]
		if s.Pos-a.Pos != t.Pos-b.Pos {
			return false
		}
		if s.Pos, t.Pos = 0, 0; s != t {
			return false
		}
	}
	return true
}

// replay puts s into the unit; false if that failed.
func (r *reader) replay(s *stretch) bool {
	r.spend(s.steps)
	if r.fatal != nil {
		return false
	}
	r.counter += s.counted
	first, firstUse := len(r.out), ExpID(len(r.unit.Expansions))
	r.room(len(s.tokens))
	r.out = append(r.out, s.tokens...)
	r.unit.Reused += len(s.tokens)
	r.unit.addStretch(first, len(r.out), s.notes)
	r.unit.Expansions = append(r.unit.Expansions, s.uses...)
	if len(r.moved) > 0 {
		r.moveMacros(s, r.out[first:], r.unit.Expansions[firstUse:])
	}
	if shift := firstUse - s.firstUse; shift != 0 {
		renumber(r.out[first:], r.unit.Expansions[firstUse:], shift)
	}
	for _, p := range s.pragmas {
		p.Before += first
		if p.Loc.Exp != 0 {
			p.Loc.Exp += firstUse - s.firstUse
		}
		r.unit.Pragmas = append(r.unit.Pragmas, p)
	}
	for _, c := range s.changes {
		if c.macro == nil {
			r.drop(c.sym)
		} else {
			r.define(c.sym, macroState{macro: c.macro, opaque: c.opaque})
		}
	}
	return true
}

// renumber adds shift to the numbers of macro uses.
func renumber(tokens []Token, uses []Expansion, shift ExpID) {
	for i := range tokens {
		if t := &tokens[i]; t.Exp != 0 {
			t.Exp += shift
		}
	}
	for i := range uses {
		if u := &uses[i]; u.Parent != 0 {
			u.Parent += shift
		}
	}
}

// moveMacros puts the macros in force here in the place of those that s was
// recorded with; tokens and uses are still numbered as in s.
func (r *reader) moveMacros(s *stretch, tokens []Token, uses []Expansion) {
	any := false
	for i := range uses {
		if u := &uses[i]; u.Macro.plain {
			if m := r.movedTo(u.Macro); m != nil {
				u.Macro, any = m, true
			}
		}
	}
	if !any {
		return
	}
	for i := range tokens {
		t := &tokens[i]
		if t.Exp == 0 {
			continue
		}
		if was, is := s.uses[t.Exp-s.firstUse].Macro, uses[t.Exp-s.firstUse].Macro; was != is {
			t.Pos += is.Pos - was.Pos
		}
	}
}

func (r *reader) movedTo(m *Macro) *Macro {
	for _, p := range r.moved {
		if p[0] == m {
			return p[1]
		}
	}
	return nil
}

// beginStretch starts recording at the next item of f.
func (r *reader) beginStretch(f *frame) {
	c := &r.rec
	r.serial++
	*c = recording{
		open: true, memo: f.memo, item: f.item, grid: gridOf(f),
		out: len(r.out), uses: len(r.unit.Expansions), pragmas: len(r.unit.Pragmas),
		steps: r.steps, counter: r.counter, reads: c.reads[:0], writes: c.writes[:0],
	}
}

// gridOf returns in which part of its file the next item of f stands.
func gridOf(f *frame) uint32 { return f.lx.items[f.item].hash / stretchTokens }

// due reports whether the stretch being recorded has to end before the next
// item of f, if there is a stretch at all.
func (r *reader) due(f *frame) bool {
	return !r.rec.open || f.lx.items[f.item].includes() || gridOf(f) != r.rec.grid
}

// spoil gives up the stretch being recorded, if any: it does what a replay
// could not do.
func (r *reader) spoil() { r.rec.spoiled = true }

// endStretch ends the stretch being recorded, before the next item of f or at
// the end of the file.
func (r *reader) endStretch(f *frame, atEnd bool) {
	c := &r.rec
	if !c.open {
		return
	}
	c.open = false
	end := f.item
	if atEnd {
		end = len(f.lx.items)
	}
	if c.spoiled || r.fatal != nil || c.memo != f.memo {
		return
	}
	s := &stretch{end: end, steps: r.steps - c.steps, firstUse: ExpID(c.uses), notes: new(Notes)}
	if c.asksFile {
		s.file = f.name()
	}
	if c.asksCount {
		s.counter, s.counted = c.counter, r.counter-c.counter
	}
	s.deps = make([]dep, len(c.reads))
	for i, d := range c.reads {
		s.deps[i] = dep{d.sym, r.defs[d.def].macro}
	}
	for _, p := range r.unit.Pragmas[c.pragmas:] {
		p.Before -= c.out
		s.pragmas = append(s.pragmas, p)
	}
	s.changes = r.changesOf(c)
	r.unit.addStretch(c.out, len(r.out), s.notes)
	r.recorded = append(r.recorded, recorded{
		stretch: s, memo: c.memo, item: c.item,
		out: c.out, outs: len(r.out), use: c.uses, used: len(r.unit.Expansions),
	})
}

// changesOf lists what is now in force under the names written.
func (r *reader) changesOf(c *recording) []change {
	if len(c.writes) == 0 {
		return nil
	}
	list := make([]change, len(c.writes))
	for i, sym := range c.writes {
		d := &r.defs[r.table[sym].def]
		list[i] = change{sym: sym, macro: d.macro, opaque: d.opaque}
	}
	return list
}

// remember keeps copies of the stretches recorded in the finished unit.
func (r *reader) remember() {
	if r.memo == nil || r.fatal != nil || len(r.recorded) == 0 {
		return
	}
	for _, s := range r.recorded {
		s.tokens = slices.Clone(r.unit.Tokens[s.out:s.outs])
		s.uses = slices.Clone(r.unit.Expansions[s.use:s.used])
	}
	r.memo.keep(r.recorded)
}

// size is how many bytes a stretch takes.
func (s *stretch) size() int {
	return len(s.tokens)*tokenBytes + len(s.uses)*expansionBytes +
		len(s.deps)*depBytes + len(s.changes)*changeBytes + stretchBytes
}

// Sizes for the accounting of memory.
const (
	tokenBytes     = 16
	expansionBytes = 16
	depBytes       = 16
	changeBytes    = 16
	stretchBytes   = 1 << 10 // with what is kept in its notes
)

// see notes the first look at s in the stretch being read.
func (r *reader) see(s Sym, b *binding) {
	b.seen = r.serial
	r.rec.reads = append(r.rec.reads, read{s, b.def})
}

// askFile and askCounter note that the stretch depends on __FILE__ and
// __COUNTER__.
func (r *reader) askFile()    { r.rec.asksFile = true }
func (r *reader) askCounter() { r.rec.asksCount = true }

// movedMacro is a pair of definitions: as recorded, and as in force.
type movedMacro = [2]*Macro
