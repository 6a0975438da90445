package cpp

// builder makes the replacement of one use of a function-like macro.
type builder struct {
	r      *reader
	m      *Macro
	args   []argument
	places []place // of args
	dst    []Token
	pad    pad // before the next token
	exp    ExpID
	use    Token

	// tokenLast: the last thing put into dst was a token, no padding.
	tokenLast bool
	// optStart is the length of dst at the start of a __VA_OPT__, or -1:
	// nothing was put there yet.
	optStart int
}

// replace fills dst.
func (b *builder) replace() {
	b.optStart = -1
	if b.m.vaOpt {
		b.expandAll()
	}
	b.part(0, len(b.m.repl))
	b.r.spend(len(b.dst) + 1)
}

// expandAll expands the arguments in use, also those in a __VA_OPT__ that will
// be left out: gcc does, which shows in __COUNTER__ and in errors.
func (b *builder) expandAll() {
	repl := b.m.repl
	for i := range repl {
		t := &repl[i]
		if t.param != 0 && t.Flags&(stringify|pasteLeft) == 0 && (i == 0 || repl[i-1].Flags&pasteLeft == 0) {
			b.r.expandArg(&b.args[t.param-1], b.places)
		}
	}
}

// part handles tokens [i,end) of the replacement list.
func (b *builder) part(i, end int) {
	repl := b.m.repl
	for ; i < end; i++ {
		t := &repl[i]
		pasted := i > 0 && repl[i-1].Flags&pasteLeft != 0
		switch {
		case b.m.vaOpt && t.Sym == symVaOpt && t.Kind == Ident:
			i = b.vaOpt(i, pasted)
		case t.param != 0:
			b.param(t, i == 0, pasted)
		case i == 0:
			u := *t
			u.Flags &^= SpaceBefore
			b.token(u)
		default:
			b.token(*t)
		}
	}
}

// vaOpt handles the __VA_OPT__ at index i and returns the index of its
// closing parenthesis.
func (b *builder) vaOpt(i int, pasted bool) int {
	if i > 0 && !pasted {
		b.pad = b.pad.then(sourceOf(b.m.repl[i]))
		b.tokenLast = false
	}
	end := closing(b.m.repl, i+1)
	start, before := len(b.dst), b.pad
	b.optStart = start
	rest := &b.args[len(b.args)-1]
	b.r.expandArg(rest, b.places)
	if len(rest.expanded) > 0 {
		b.part(i+2, end)
	}
	b.optStart = -1
	b.closeVaOpt(b.m.repl[end], start, before)
	return end
}

// closeVaOpt ends a __VA_OPT__ whose tokens begin at start, behind the
// padding before. Padding at its end does not count.
func (b *builder) closeVaOpt(paren Token, start int, before pad) {
	b.pad = padNone
	empty := len(b.dst) == start
	if empty {
		b.pad = before
	} else {
		b.tokenLast = true
	}
	if empty && b.tokenLast && start > 0 {
		b.dst[start-1].Flags &^= pasteLeft
	}
	switch {
	case paren.Flags&pasteLeft == 0:
		b.pad = b.pad.end()
		b.tokenLast = false
	case b.tokenLast && len(b.dst) > 0:
		b.dst[len(b.dst)-1].Flags |= pasteLeft
	}
}

// token appends a token of the replacement list.
func (b *builder) token(t Token) {
	t.Exp = b.exp
	if b.pad != padNone {
		t = b.pad.apply(t)
		b.pad = padNone
	}
	b.dst = append(b.dst, t)
	b.tokenLast = true
	b.optStart = -1
}

// param appends what parameter t stands for. first: it begins the replacement
// list; pasted: ## stands before it.
func (b *builder) param(t *Token, first, pasted bool) {
	a := &b.args[t.param-1]
	atOpt := b.optStart == len(b.dst)
	if t.Flags&stringify != 0 {
		b.leftPad(t, first, pasted || atOpt)
		b.token(Token{Kind: String, Flags: t.Flags & pasteLeft, Sym: b.r.stringified(a), Pos: b.use.Pos})
		b.rightPad(t)
		return
	}
	if t.Flags&pasteLeft == 0 && !pasted {
		b.r.expandArg(a, b.places)
		b.leftPad(t, first, atOpt)
		b.copy(a.expanded)
		b.pad = b.pad.then(a.tail)
		b.rightPad(t)
		return
	}
	if pasted && t.Flags&pasteLeft == 0 {
		b.pasteRight(t, a)
	}
	b.leftPad(t, first, pasted || atOpt)
	b.copy(a.toks)
	if t.Flags&pasteLeft != 0 && len(a.toks) > 0 {
		b.dst[len(b.dst)-1].Flags |= pasteLeft
	}
	b.rightPad(t)
}

// pasteRight settles what the ## before parameter t does to the token on its
// left.
func (b *builder) pasteRight(t *Token, a *argument) {
	if len(b.dst) == 0 {
		return
	}
	last := &b.dst[len(b.dst)-1]
	if !b.tokenLast {
		return
	}
	switch {
	case last.Sym == Comma && last.Kind == Punct && b.m.Variadic && int(t.param) == len(b.m.Params):
		// GNU: , ## args drops the comma if args were left out, and is no
		// pasting otherwise.
		if a.omitted {
			b.dst = b.dst[:len(b.dst)-1]
			b.tokenLast = false
		} else {
			last.Flags &^= pasteLeft
		}
	case len(a.toks) == 0 && b.optStart != len(b.dst):
		last.Flags &^= pasteLeft
	}
}

// leftPad puts the padding before an argument.
func (b *builder) leftPad(t *Token, first, without bool) {
	if !first && !without {
		b.pad = b.pad.then(sourceOf(*t))
		b.tokenLast = false
	}
}

// rightPad puts the padding behind an argument.
func (b *builder) rightPad(t *Token) {
	if t.Flags&pasteLeft == 0 && b.optStart != len(b.dst) {
		b.pad = b.pad.end()
		b.tokenLast = false
	}
}

// sourceOf is the padding whose source is t, without those before t.
func sourceOf(t Token) pad {
	if t.Flags&SpaceBefore != 0 {
		return pad{wide, tight}
	}
	return pad{tight, tight}
}

// copy appends the tokens of an argument.
func (b *builder) copy(toks []Token) {
	if len(toks) == 0 {
		return
	}
	n := len(b.dst)
	b.dst = append(b.dst, toks...)
	b.dst[n] = b.pad.apply(b.dst[n])
	b.pad = padNone
	b.tokenLast = true
	b.optStart = -1
}
