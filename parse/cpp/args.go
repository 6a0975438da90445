package cpp

import "ptreview/parse/source"

// argument is one argument of a macro use.
type argument struct {
	toks     []Token // as written
	expanded []Token // macros expanded, on demand
	tail     pad     // behind the last of expanded
	done     bool    // expanded is valid
	omitted  bool    // the variable arguments, left out along with their comma
	str      Sym     // as a string, on demand
	first    int     // index of toks in the buffer of its arguments
}

// arguments are those of one use. All toks share one buffer.
type arguments struct {
	list   []argument
	buffer []Token
	commas []Token
	close  Token
	// places says where the tokens of buffer stand; see stream. It begins at
	// firstPlace of reader.places.
	places     []place
	firstPlace int
}

// collect reads the arguments of m, used at t, up to the closing parenthesis.
// If they cannot be m's, an error is reported and false returned. The commas
// between them are kept if opaque is set.
func (r *reader) collect(m *Macro, t Token, opaque bool) (arguments, bool) {
	args := arguments{buffer: r.buffer(), firstPlace: len(r.places)}
	var ends [8]int
	end := ends[:0] // where each argument ends in the buffer
	depth, start := 0, 0
	r.pad = padNone
	for {
		u, ok := r.raw()
		if !ok {
			r.errorf(r.use(t), "unterminated argument list invoking macro %q", m.Name)
			return args, false
		}
		if u.Kind == Punct {
			if u.Sym == LParen {
				depth++
			} else if u.Sym == RParen {
				if depth == 0 {
					args.close = u
					break
				}
				depth--
			} else if u.Sym == Comma && depth == 0 && !(m.Variadic && len(end)+1 >= len(m.Params)) {
				if opaque {
					args.commas = append(args.commas, u)
				}
				end = append(end, len(args.buffer))
				start = len(args.buffer)
				r.pad = padNone
				continue
			}
		}
		if len(args.buffer) == start {
			r.pad = padNone // padding before an argument does not count
			u = u.unpadded()
		} else {
			u = r.padded(u)
		}
		if u.Kind == Ident && u.Flags&NoExpand == 0 && len(r.stack) > 0 {
			if d := r.lookup(u.Sym); d != nil && d.disabled {
				u.Flags |= NoExpand
			}
		}
		if n := len(r.places); n == args.firstPlace || r.places[n-1].at != r.at {
			r.places = append(r.places, place{len(args.buffer), r.at})
		}
		args.buffer = append(args.buffer, u)
	}
	args.places = r.places[args.firstPlace:len(r.places):len(r.places)]
	r.spend(len(args.buffer) + 1)
	end = append(end, len(args.buffer))
	return args, r.assign(&args, m, t, end)
}

// assign gives each parameter its part of the buffer.
func (r *reader) assign(args *arguments, m *Macro, t Token, end []int) bool {
	given := len(end)
	if given == 1 && len(m.Params) == 0 && end[0] == 0 {
		given = 0
	}
	switch {
	case given > len(m.Params):
		r.errorf(r.use(t), "macro %q passed %d arguments, but takes just %d", m.Name, given, len(m.Params))
		return false
	case given < len(m.Params) && !(m.Variadic && given+1 == len(m.Params)):
		r.errorf(r.use(t), "macro %q requires %d arguments, but only %d given", m.Name, len(m.Params), given)
		return false
	}
	first := len(r.args)
	for range m.Params {
		r.args = append(r.args, argument{})
	}
	args.list = r.args[first:len(r.args):len(r.args)]
	start := 0
	for i := range given {
		args.list[i].toks = args.buffer[start:end[i]:end[i]]
		args.list[i].first = start
		start = end[i]
	}
	// As gcc does outside its -std=c modes: without a comma before them, or
	// as the only parameter and empty, the variable arguments were left out.
	if m.Variadic && (given < len(m.Params) || given == 1 && end[0] == 0) {
		args.list[len(m.Params)-1].omitted = true
	}
	return true
}

// free returns the buffers of args, which must be the last ones assigned.
func (r *reader) free(args arguments) {
	r.args = r.args[:len(r.args)-len(args.list)]
	r.places = r.places[:args.firstPlace]
	for i := range args.list {
		if args.list[i].done {
			r.release(args.list[i].expanded)
		}
	}
	r.release(args.buffer)
}

// expandArg fills a.expanded.
func (r *reader) expandArg(a *argument, places []place) {
	if a.done {
		return
	}
	a.done = true
	a.tail = padNone
	a.expanded = r.buffer()
	if len(a.toks) == 0 {
		return
	}
	if r.inArg >= r.limit.Nested {
		r.exceeded(r.topUse, "macro uses inside arguments of macro uses", r.limit.Nested)
		return
	}
	pad := r.pad
	r.pad = padNone
	r.inArg++
	r.enterStream(stream{toks: a.toks, barrier: true, places: places, first: a.first})
	base := len(r.stack) - 1
	a.expanded = r.drain(a.expanded, base)
	r.stack = r.stack[:base]
	r.inArg--
	a.tail, r.pad = r.pad, pad
}

// stringified returns a as a string literal.
func (r *reader) stringified(a *argument) Sym {
	if a.str == 0 {
		text := stringOf(r.names, a.toks)
		r.spend(len(text)/16 + 1)
		a.str = r.names.Intern(text)
	}
	return a.str
}

// stringOf returns the string literal that # makes of toks.
func stringOf(n *Names, toks []Token) []byte {
	text := []byte{'"'}
	backslashes := 0
	for i, t := range toks {
		if i > 0 && t.spaced(neutral) {
			text = append(text, ' ')
		}
		s := spelling(n, t)
		if t.Kind == String || t.Kind == Char {
			text = appendEscaped(text, s)
		} else {
			text = append(text, s...)
		}
		if t.Kind == Other && s == `\` {
			backslashes++
		} else {
			backslashes = 0
		}
	}
	if backslashes%2 == 1 {
		text = text[:len(text)-1] // gcc drops it too
	}
	return append(text, '"')
}

// appendEscaped appends s with a backslash before each backslash and quote.
func appendEscaped(text []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' || s[i] == '"' {
			text = append(text, '\\')
		} else if s[i] == '\n' {
			text = append(text, `\n`...)
			continue
		}
		text = append(text, s[i])
	}
	return text
}

// enterCall expands a function-like macro behind its parenthesis.
func (r *reader) enterCall(m *Macro, index uint32, t Token, at source.Pos) bool {
	args, ok := r.collect(m, t, r.defs[index].opaque)
	if !ok {
		r.free(args)
		return false
	}
	if r.defs[index].opaque {
		r.enterOpaque(args, t, at)
		r.free(args)
		return true
	}
	b := builder{r: r, m: m, args: args.list, places: args.places, dst: r.buffer(), pad: padNone, exp: r.expansion(m, t), use: t}
	b.replace()
	r.free(args)
	if t.Exp == 0 {
		r.useEnd = args.close.Pos
	}
	r.pad = padFrom(t)
	r.defs[index].disabled = true
	r.enterStream(stream{toks: b.dst, def: index, exp: b.exp, tail: b.pad, pooled: true, at: at})
	return true
}

// enterOpaque pushes the use t of an opaque macro as it is written, its
// arguments expanded.
func (r *reader) enterOpaque(args arguments, t Token, at source.Pos) {
	name := t
	name.Flags |= NoExpand
	dst := append(r.buffer(), name)
	dst = append(dst, Token{Kind: Punct, Sym: LParen, Pos: t.Pos, Exp: t.Exp})
	for i := range args.list {
		a := &args.list[i]
		if i > 0 && i <= len(args.commas) {
			dst = append(dst, args.commas[i-1])
		}
		r.expandArg(a, args.places)
		dst = append(dst, a.expanded...)
	}
	dst = append(dst, Token{Kind: Punct, Sym: RParen, Pos: args.close.Pos, Exp: args.close.Exp})
	r.pad = padNone
	r.spend(len(dst))
	r.enterStream(stream{toks: dst, tail: padNone, pooled: true, at: at})
}
