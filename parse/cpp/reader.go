package cpp

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ptreview/parse/source"
)

// reader preprocesses one unit.
type reader struct {
	ctx   context.Context
	cache *Cache
	names *Names
	opt   *Options
	files *Files
	limit Limits
	unit  *Unit
	out   []Token
	fatal error // ends the unit: a limit, or the context

	table  []binding // by Sym
	defs   []macroState
	opaque map[Sym]bool
	pushed map[Sym][]*Macro // by #pragma push_macro

	frames []frame
	search searchPath

	memo     *memo
	serial   uint32 // of the stretch being read; 0 without a memo
	rec      recording
	recorded []recorded
	moved    []movedMacro // by the stretch about to be replayed

	stack    []stream // token streams above the file
	pad      pad      // before the next token
	pool     [][]Token
	args     []argument // of the uses being replaced
	places   []place    // of their tokens
	at       source.Pos // where the token read last stands; see stream.at
	noExpand int        // > 0: identifiers are taken as they are
	inIf     bool       // in the expression of an #if
	inLine   bool       // in a directive
	inArg    int        // > 0: in an argument being expanded
	steps    int
	counter  int
	pragmaAt int // where a _Pragma met now stands in out

	// The outermost macro use under way, by which __LINE__ is reckoned.
	topUse  source.Pos
	topFunc bool
	// useEnd is where the last use ends whose macro is named in a file, not in
	// a replacement: its closing parenthesis or its name. See clangLineOf.
	useEnd source.Pos
}

// binding is what a name stands for at some point of the unit.
type binding struct {
	def  uint32 // index in defs of the macro in force, 0 for none
	seen uint32 // the stretch that looked at it last, see reader.serial
}

// macroState is a macro in one unit.
type macroState struct {
	macro    *Macro
	disabled bool // being expanded
	opaque   bool
	builtin  builtin
}

// frame is a file being read.
type frame struct {
	lx       *Lexed
	memo     *fileMemo
	item     int // next item
	tok, end int // rest of the current text
	include  int // in Unit.Includes, or -1
	path     string
	spelled  string
	presumed string // name given by a #line, "" for none
	found    int    // the search directory it was found in; see searchPath
	line     int    // added to line numbers since a #line
}

// Preprocess reads the unit whose main file is at name. The unit is complete
// as far as files could be read and understood; what could not be is listed
// in it. The error is about what cannot be listed: no main file, a failing
// file system, a *LimitError, or the end of ctx. In the latter two cases the
// unit so far is returned too.
func (c *Cache) Preprocess(ctx context.Context, name string, opt *Options) (*Unit, error) {
	r := &reader{
		ctx: ctx, cache: c, names: c.Names, opt: opt, files: opt.Files,
		limit: opt.Limits.withDefaults(), pad: padNone,
		unit: &Unit{Names: c.Names, Set: c.Set}, opaque: make(map[Sym]bool),
	}
	if r.files == nil {
		r.files = c.Files(opt.FS)
	}
	for _, o := range opt.Opaque {
		r.opaque[c.Names.Intern([]byte(o))] = true
	}
	r.takeScratch()
	r.takeResult()
	r.memo = c.memoFor(opt, r.limit)
	r.search = newSearchPath(r.files, opt)
	r.defineBuiltins()
	r.defineAnswers()
	if err := r.readAll(name); err != nil {
		return nil, err
	}
	r.finish()
	return r.unit, r.fatal
}

// readAll reads the predefined macros, the forced files and the main one.
func (r *reader) readAll(name string) error {
	p, ok := clean("", name)
	if !ok {
		return fmt.Errorf("%s: not a path inside the tree", name)
	}
	lx, err := r.files.Open(p)
	if err != nil {
		return err
	}
	if lx == nil {
		return fmt.Errorf("%s: no such file", name)
	}
	pre := r.cache.Lex(r.cache.Set.Add("<built-in>", r.opt.Predefined))
	r.frames = append(r.frames, frame{lx: pre, include: -1, path: pre.File.Path, spelled: pre.File.Path})
	r.run()
	for _, f := range r.opt.Forced {
		r.force(f)
		r.run()
	}
	r.push(frame{lx: lx, path: p, spelled: name, found: foundMain}, 0)
	r.run()
	return nil
}

// finish closes the token stream and keeps the macros in force.
func (r *reader) finish() {
	r.out = append(r.out, r.eof())
	r.unit.macros = r.inForce()
	r.leaveScratch()
	r.remember()
}

// inForce lists the macros in force, those that are built in left out.
func (r *reader) inForce() []*Macro {
	list := make([]*Macro, 0, len(r.defs))
	for i := range r.defs {
		d := &r.defs[i]
		if d.macro != nil && d.builtin == 0 && r.table[d.macro.Sym].def == uint32(i) {
			list = append(list, d.macro)
		}
	}
	return list
}

// eof is the token that closes the unit, placed at the end of its main file.
func (r *reader) eof() Token {
	for _, in := range r.unit.Includes {
		if in.Parent < 0 {
			t := in.Lexed.Tokens[len(in.Lexed.Tokens)-1]
			return Token{Kind: EOF, Pos: t.Pos, Flags: LineStart}
		}
	}
	return Token{Kind: EOF}
}

// lookup returns the macro in force under s, or nil.
func (r *reader) lookup(s Sym) *macroState {
	if !r.bound(s) {
		return nil
	}
	return &r.defs[r.table[s].def]
}

// bound reports whether a macro is in force under s.
func (r *reader) bound(s Sym) bool {
	if int(s) >= len(r.table) {
		if r.memo == nil {
			return false
		}
		r.grow(s)
	}
	b := &r.table[s]
	if b.seen != r.serial {
		r.see(s, b)
	}
	return b.def != 0
}

// grow makes room for s in the table.
func (r *reader) grow(s Sym) {
	bigger := make([]binding, max(r.names.Len(), int(s)+1)+len(r.table)/2)
	copy(bigger, r.table)
	r.table = bigger
}

// define puts m in force.
func (r *reader) define(s Sym, d macroState) {
	if int(s) >= len(r.table) {
		r.grow(s)
	}
	r.table[s].def = uint32(len(r.defs))
	r.defs = append(r.defs, d)
	if r.rec.open {
		r.rec.writes = append(r.rec.writes, s)
	}
}

// drop leaves no macro in force under s.
func (r *reader) drop(s Sym) {
	if int(s) >= len(r.table) {
		return
	}
	r.table[s].def = 0
	if r.rec.open {
		r.rec.writes = append(r.rec.writes, s)
	}
}

// push starts reading a file, which the # at pos includes.
func (r *reader) push(f frame, pos source.Pos) {
	in := Include{Lexed: f.lx, Spelled: f.spelled, Pos: pos, Parent: -1}
	if n := len(r.frames); n > 0 {
		in.Parent = r.frames[n-1].include
	}
	f.include, f.memo = len(r.unit.Includes), r.memo.file(f.lx)
	r.unit.Includes = append(r.unit.Includes, in)
	r.frames = append(r.frames, f)
}

// pop leaves the current file.
func (r *reader) pop() {
	f := &r.frames[len(r.frames)-1]
	for _, p := range f.lx.problems {
		r.error(f.lx.File.Pos(p.offset), p.message)
	}
	r.frames = r.frames[:len(r.frames)-1]
}

// run reads until all files on the stack are used up.
func (r *reader) run() {
	for len(r.frames) > 0 && r.fatal == nil {
		f := &r.frames[len(r.frames)-1]
		switch {
		case f.tok < f.end:
			r.text(f)
		case f.item < len(f.lx.items):
			if r.memo == nil || !r.due(f) || !r.remembered(f) {
				r.item(f)
			}
		default:
			r.endStretch(f, true)
			r.pop()
		}
	}
	r.frames = r.frames[:0]
}

// item starts the next text or executes the next directive of f.
func (r *reader) item(f *frame) {
	it := &f.lx.items[f.item]
	f.item++
	if it.kind == itemText {
		f.tok, f.end = int(it.first), int(it.end)
		r.spend(int(it.end - it.first))
		return
	}
	r.spend(1)
	r.directive(f, it)
}

// spareTokens is more than most macro uses become.
const spareTokens = 1 << 11

// room makes room for n more tokens, by half as many again as there are: what
// append does to a large slice costs many more copies.
func (r *reader) room(n int) {
	if cap(r.out)-len(r.out) < n {
		r.out = slices.Grow(r.out, max(n, len(r.out)/2))
	}
}

// text copies the rest of the current text of f, expanding macros. It returns
// when the text is used up, or earlier when a macro use has reached beyond it.
func (r *reader) text(f *frame) {
	toks, start := f.lx.Tokens[:f.end], f.tok
	table, serial := r.table, r.serial
	for i := start; i < len(toks); i++ {
		t := &toks[i]
		if t.Kind != Ident {
			continue
		}
		if int(t.Sym) < len(table) && table[t.Sym] == (binding{0, serial}) {
			continue // most names: looked at before, and no macro
		}
		bound := r.bound(t.Sym)
		table = r.table
		if !bound {
			continue
		}
		r.room(i - start + spareTokens)
		r.out = append(r.out, toks[start:i]...)
		f.tok = i + 1
		r.outermost(*t)
		if r.fatal != nil {
			return
		}
		// Reading arguments may have moved f, or the stack of frames itself.
		if f = &r.frames[len(r.frames)-1]; f.tok >= f.end || &f.lx.Tokens[0] != &toks[0] || f.end != len(toks) {
			return
		}
		i, start, table = f.tok-1, f.tok, r.table
	}
	r.room(len(toks) - start)
	r.out = append(r.out, toks[start:]...)
	f.tok = f.end
	if len(r.out) > r.limit.Tokens {
		r.exceeded(toks[len(toks)-1].Pos, "tokens in the unit", r.limit.Tokens)
	}
}

// outermost expands the macro t, which stands in a file.
func (r *reader) outermost(t Token) {
	d := &r.defs[r.table[t.Sym].def]
	r.topUse, r.topFunc = t.Pos, d.macro.Function
	if m := d.macro; m.plain && !m.Function && d.builtin == 0 {
		r.copyPlain(m, t)
		return
	}
	r.pad = padNone
	r.pragmaAt = len(r.out)
	r.at = 0
	if !r.enter(t) {
		r.out = append(r.out, t)
	}
	r.out = r.drain(r.out, 0)
	if len(r.out) > r.limit.Tokens {
		r.exceeded(t.Pos, "tokens in the unit", r.limit.Tokens)
	}
}

// copyPlain puts the body of m, used at t, into the output.
func (r *reader) copyPlain(m *Macro, t Token) {
	if len(m.repl) == 0 {
		return
	}
	id := r.expansion(m, t)
	n := len(r.out)
	r.out = append(r.out, m.repl...)
	for i := n; i < len(r.out); i++ {
		r.out[i].Exp = id
	}
	r.out[n].Flags = r.out[n].Flags&^(SpaceBefore|LineStart) | t.Flags&(SpaceBefore|LineStart)
}

// expansion records a use of m at t.
func (r *reader) expansion(m *Macro, t Token) ExpID {
	r.unit.Expansions = append(r.unit.Expansions, Expansion{Macro: m, Use: t.Pos, Parent: t.Exp})
	return ExpID(len(r.unit.Expansions) - 1)
}

// spend counts n steps, and looks at the context now and then.
func (r *reader) spend(n int) {
	const often = 1 << 16
	before := r.steps
	r.steps += n
	if r.steps > r.limit.Steps {
		r.exceeded(r.here(), "steps", r.limit.Steps)
	}
	if r.steps/often != before/often && r.fatal == nil {
		if err := r.ctx.Err(); err != nil {
			r.fatal = err
		}
	}
}

// here is a position in the current file.
func (r *reader) here() source.Pos {
	if len(r.frames) == 0 {
		return 0
	}
	f := &r.frames[len(r.frames)-1]
	if f.tok > 0 && f.tok <= len(f.lx.Tokens) && f.tok < f.end {
		return f.lx.Tokens[f.tok].Pos
	}
	if f.item > 0 {
		return f.lx.Tokens[f.lx.items[f.item-1].hash].Pos
	}
	return f.lx.File.Pos(0)
}

// exceeded ends the unit at pos because of a limit.
func (r *reader) exceeded(pos source.Pos, what string, limit int) {
	if r.fatal == nil {
		r.fatal = &LimitError{r.problem(pos, fmt.Sprintf("more than %d %s", limit, what))}
	}
}

func (r *reader) error(pos source.Pos, message string) {
	r.spoil()
	if len(r.unit.Errors) < r.limit.Errors {
		r.unit.Errors = append(r.unit.Errors, r.problem(pos, message))
	}
}

func (r *reader) errorf(pos source.Pos, format string, args ...any) {
	r.error(pos, fmt.Sprintf(format, args...))
}

func (r *reader) warn(pos source.Pos, message string) {
	r.spoil()
	if len(r.unit.Warnings) < r.limit.Errors {
		r.unit.Warnings = append(r.unit.Warnings, r.problem(pos, message))
	}
}

// problem makes an Error with the includes that led to the current file.
func (r *reader) problem(pos source.Pos, message string) *Error {
	e := &Error{Position: r.cache.Set.Position(pos), Message: message}
	if len(r.frames) == 0 {
		return e
	}
	for i := r.frames[len(r.frames)-1].include; i >= 0; i = r.unit.Includes[i].Parent {
		if p := r.unit.Includes[i].Pos; p != 0 {
			e.Includes = append(e.Includes, r.cache.Set.Position(p))
		}
	}
	return e
}

// dirOf returns the directory part of a path, without its slash.
func dirOf(p string) string {
	return p[:max(strings.LastIndexByte(p, '/'), 0)]
}
