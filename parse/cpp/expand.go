package cpp

import "ptreview/parse/source"

// stream is a source of tokens above the file: a replacement list, or an
// argument that is being expanded.
type stream struct {
	toks    []Token
	next    int
	def     uint32 // the macro that is enabled again when the stream ends, or 0
	exp     ExpID  // the macro use it comes from
	stamp   bool   // toks is shared: put exp into each token
	barrier bool   // the end of this stream is the end of the input
	pooled  bool   // toks goes back to the pool
	tail    pad    // behind the last token

	// at is where, for __LINE__, the tokens stand: at the outermost use of the
	// macro they replace. 0 is where each is written. Those of an argument
	// can stand in several places.
	at     source.Pos
	places []place
	first  int // index of toks[0] as places count
}

// place is where the tokens from an index on stand; see stream.at.
type place struct {
	from int
	at   source.Pos
}

// placeOf returns where token i of s stands, 0 for where it is written.
func (s *stream) placeOf(i int) source.Pos {
	at := s.at
	for _, p := range s.places {
		if p.from > s.first+i {
			break
		}
		at = p.at
	}
	return at
}

// drain appends to dst what the streams above the first base ones expand to.
func (r *reader) drain(dst []Token, base int) []Token {
	for len(r.stack) > base && r.fatal == nil {
		s := &r.stack[len(r.stack)-1]
		dst = r.copyOrdinary(dst, s)
		if s.next == len(s.toks) {
			if s.barrier {
				break
			}
			r.leave(s)
			continue
		}
		t := s.toks[s.next]
		s.next++
		if s.stamp {
			t.Exp = s.exp
		}
		if t.Flags&pasteLeft != 0 {
			r.paste(s, t)
			continue
		}
		t = r.padded(t)
		switch d := &r.defs[r.table[t.Sym].def]; {
		case d.disabled:
			t.Flags |= NoExpand
		case d.macro.plain && !d.macro.Function && d.builtin == 0:
			dst = r.appendPlain(dst, d.macro, t)
			continue
		default:
			if r.inArg == 0 {
				r.pragmaAt = len(dst)
			}
			r.at = s.placeOf(s.next - 1)
			if r.enter(t) {
				continue
			}
		}
		dst = append(dst, t)
	}
	return dst
}

// copyOrdinary copies tokens of s to dst up to the first that is a macro or
// has ## behind it.
func (r *reader) copyOrdinary(dst []Token, s *stream) []Token {
	toks, table, serial := s.toks, r.table, r.serial
	i := s.next
	for ; i < len(toks); i++ {
		t := &toks[i]
		if t.Flags&pasteLeft != 0 {
			break
		}
		if t.Kind == Ident && t.Flags&NoExpand == 0 &&
			(int(t.Sym) >= len(table) || table[t.Sym] != binding{0, serial}) {
			bound := r.bound(t.Sym)
			if table = r.table; bound {
				break
			}
		}
		dst = append(dst, *t)
		u := &dst[len(dst)-1]
		if s.stamp {
			u.Exp = s.exp
		}
		if r.pad != padNone {
			*u = r.padded(*u)
		}
	}
	s.next = i
	return dst
}

// padded returns t behind the padding that is due.
func (r *reader) padded(t Token) Token {
	if r.pad != padNone {
		t = r.pad.apply(t)
		r.pad = padNone
	}
	return t
}

// appendPlain appends the body of m, used at t, to dst.
func (r *reader) appendPlain(dst []Token, m *Macro, t Token) []Token {
	r.pad = padFrom(t)
	if len(m.repl) == 0 {
		r.pad = r.pad.end()
		return dst
	}
	r.spend(len(m.repl))
	id := r.expansion(m, t)
	n := len(dst)
	dst = append(dst, m.repl...)
	for i := n; i < len(dst); i++ {
		dst[i].Exp = id
		dst[i].Flags &^= LineStart
	}
	dst[n].Flags &^= SpaceBefore
	dst[n] = r.pad.apply(dst[n])
	r.pad = pad{neutral, neutral}
	return dst
}

// pull returns the next token, macros expanded unless noExpand is set; EOF at
// the end of the file or of the innermost barrier.
func (r *reader) pull() Token {
	for r.fatal == nil {
		t, ok := r.raw()
		if !ok {
			break
		}
		t = r.padded(t)
		if t.Kind != Ident || t.Flags&NoExpand != 0 {
			return t
		}
		switch d := r.lookup(t.Sym); {
		case d == nil:
			return t
		case d.disabled:
			t.Flags |= NoExpand
			return t
		case r.noExpand > 0 || !r.enter(t):
			return t
		}
	}
	return Token{Kind: EOF, Pos: r.here()}
}

// raw returns the next token as it comes from the streams or the file,
// pasting done; false at the end.
func (r *reader) raw() (Token, bool) {
	for len(r.stack) > 0 && r.fatal == nil {
		s := &r.stack[len(r.stack)-1]
		if s.next == len(s.toks) {
			if s.barrier {
				return Token{}, false
			}
			r.leave(s)
			continue
		}
		t := s.toks[s.next]
		s.next++
		if s.stamp {
			t.Exp = s.exp
		}
		if t.Flags&pasteLeft != 0 {
			r.paste(s, t)
			continue
		}
		r.at = s.placeOf(s.next - 1)
		return t, true
	}
	if r.fatal != nil {
		return Token{}, false
	}
	r.at = 0
	return r.fileToken()
}

// fileToken returns the next token of the current file, executing the
// directives before it; false at the end of the file.
func (r *reader) fileToken() (Token, bool) {
	for len(r.frames) > 0 && r.fatal == nil {
		f := &r.frames[len(r.frames)-1]
		switch {
		case f.tok < f.end:
			f.tok++
			return f.lx.Tokens[f.tok-1], true
		case f.item < len(f.lx.items):
			r.item(f)
		default:
			return Token{}, false
		}
	}
	return Token{}, false
}

// enterStream starts reading s.
func (r *reader) enterStream(s stream) {
	r.stack = append(r.stack, s)
}

// leave ends the stream s, the uppermost one.
func (r *reader) leave(s *stream) {
	if s.def != 0 {
		r.defs[s.def].disabled = false
	}
	r.pad = r.pad.then(s.tail).end()
	if s.pooled {
		r.release(s.toks)
	}
	*s = stream{}
	r.stack = r.stack[:len(r.stack)-1]
}

// buffer returns an empty token buffer, release takes one back.
func (r *reader) buffer() []Token {
	if n := len(r.pool); n > 0 {
		b := r.pool[n-1]
		r.pool = r.pool[:n-1]
		return b[:0]
	}
	return make([]Token, 0, 64)
}

func (r *reader) release(b []Token) {
	const keep = 1 << 16
	if cap(b) > 0 && cap(b) <= keep {
		r.pool = append(r.pool, b)
	}
}

// enter starts the expansion of the macro t; false if t is not a use of it.
func (r *reader) enter(t Token) bool {
	index := r.table[t.Sym].def
	d := &r.defs[index]
	at := r.at
	if at == 0 {
		at = t.Pos
	}
	switch m := d.macro; {
	case r.fatal != nil:
		return false
	case d.builtin != 0:
		return r.enterBuiltin(d.builtin, t, at)
	case !m.Function:
		r.begin(m, index, t, at)
		return true
	case !r.openParen():
		return false
	case len(m.Params) == 0 && !d.opaque:
		return r.enterEmpty(m, index, t, at)
	default:
		return r.enterCall(m, index, t, at)
	}
}

// begin pushes the replacement of macro m, which has no arguments, used at t.
func (r *reader) begin(m *Macro, index uint32, t Token, at source.Pos) {
	r.pad = padFrom(t)
	s := stream{toks: m.repl, def: index, exp: r.expansion(m, t), stamp: true, tail: padNone, at: at}
	if m.plain && len(m.repl) > 0 {
		s.toks, s.pooled = append(r.buffer(), m.repl...), true
		s.toks[0].Flags &^= SpaceBefore
	}
	r.defs[index].disabled = true
	if t.Exp == 0 {
		r.useEnd = t.Pos
	}
	r.spend(len(s.toks) + 1)
	r.enterStream(s)
}

// enterEmpty expands a function-like macro without parameters, behind its
// parenthesis.
func (r *reader) enterEmpty(m *Macro, index uint32, t Token, at source.Pos) bool {
	args, ok := r.collect(m, t, false)
	r.free(args)
	if ok {
		r.begin(m, index, t, at)
		if t.Exp == 0 {
			r.useEnd = args.close.Pos
		}
	}
	return ok
}

// openParen consumes a parenthesis if it comes next. Streams that end before
// it are left, whether it comes or not.
func (r *reader) openParen() bool {
	for len(r.stack) > 0 {
		s := &r.stack[len(r.stack)-1]
		if s.next < len(s.toks) {
			if s.toks[s.next].Sym != LParen || s.toks[s.next].Kind != Punct {
				return false
			}
			s.next++
			return true
		}
		if s.barrier {
			return false
		}
		r.leave(s)
	}
	if len(r.frames) == 0 {
		return false
	}
	// Text ends only at directives and at the end of the file, and neither
	// lets a use go on.
	f := &r.frames[len(r.frames)-1]
	if f.tok < f.end && f.lx.Tokens[f.tok].Sym == LParen && f.lx.Tokens[f.tok].Kind == Punct {
		f.tok++
		return true
	}
	return false
}
