package cpp

import "ptreview/parse/source"

// pragmaDirective executes #pragma.
func (r *reader) pragmaDirective(f *frame, it *item) {
	hash := f.lx.Tokens[it.hash]
	toks := f.lx.Tokens[it.first:it.end]
	if len(toks) > 1 && toks[0].Sym == symMessage {
		r.spoil()
		toks = append(toks[:1:1], r.expandLine(hash, toks[1:])...)
	}
	r.pragma(toks, hash.Loc(), max(len(r.out), r.pragmaAt))
}

// pragma obeys a pragma meant for the preprocessor, and hands on any other.
func (r *reader) pragma(toks []Token, loc Loc, before int) {
	if len(toks) > 0 {
		switch toks[0].Sym {
		case symOnce:
			return
		case symPushMacro, symPopMacro:
			r.stackMacro(toks)
			return
		case symGCC:
			if r.pragmaGCC(toks, loc) {
				return
			}
		}
	}
	r.unit.Pragmas = append(r.unit.Pragmas, Pragma{Before: before, Tokens: toks, Loc: loc})
}

// pragmaGCC executes those of the pragmas of gcc's own that are the
// preprocessor's; false for the others.
func (r *reader) pragmaGCC(toks []Token, loc Loc) bool {
	if len(toks) < 2 {
		return false
	}
	message := "#pragma " + spellAll(r.names, toks)
	switch toks[1].Sym {
	case symWarning:
		r.warn(r.unit.Outermost(loc), message)
	case symError:
		r.error(r.unit.Outermost(loc), message)
	case symPoison, symSystemHeader, symDependency:
		// These only ask for warnings, for none, or for errors in other
		// places; they change no token.
	default:
		return false
	}
	return true
}

// stackMacro executes push_macro("x") and pop_macro("x").
func (r *reader) stackMacro(toks []Token) {
	if len(toks) != 4 || toks[1].Sym != LParen || toks[2].Kind != String || toks[3].Sym != RParen {
		r.warn(toks[0].Pos, "invalid #pragma push_macro or pop_macro directive")
		return
	}
	name, ok := unquote(spelling(r.names, toks[2]))
	if !ok {
		return
	}
	r.spoil()
	s := r.names.Intern([]byte(name))
	if toks[0].Sym == symPushMacro {
		r.pushMacro(s)
		return
	}
	r.popMacro(s)
}

func (r *reader) pushMacro(s Sym) {
	if r.pushed == nil {
		r.pushed = make(map[Sym][]*Macro)
	}
	var m *Macro
	if d := r.lookup(s); d != nil && d.builtin == 0 {
		m = d.macro
	}
	r.pushed[s] = append(r.pushed[s], m)
}

func (r *reader) popMacro(s Sym) {
	stack := r.pushed[s]
	if len(stack) == 0 {
		return
	}
	m := stack[len(stack)-1]
	r.pushed[s] = stack[:len(stack)-1]
	if r.lookup(s) != nil {
		r.drop(s)
	}
	if m != nil {
		r.define(s, macroState{macro: m, opaque: m.Function && r.opaque[s]})
	}
}

// pragmaOperator executes _Pragma("..."), named by t. In directives and in
// arguments being expanded it stays what it is: it may yet become a string.
func (r *reader) pragmaOperator(t Token) bool {
	if r.inLine || r.inArg > 0 {
		return false
	}
	at := r.pragmaAt
	str, ok := r.pragmaOperand()
	if !ok {
		r.error(r.use(t), "_Pragma takes a parenthesized string literal")
		return false
	}
	toks := r.lexLine(destringised(spelling(r.names, str)), r.use(t))
	r.pragma(toks, t.Loc(), at)
	r.pad = padFrom(t)
	return true
}

func (r *reader) pragmaOperand() (Token, bool) {
	if t := r.pull(); t.Sym != LParen || t.Kind != Punct {
		return t, false
	}
	str := r.pull()
	if str.Kind != String {
		return str, false
	}
	t := r.pull()
	return str, t.Sym == RParen && t.Kind == Punct
}

// destringised undoes what # does to a string.
func destringised(s string) []byte {
	i := 0
	for i < len(s) && s[i] != '"' {
		i++
	}
	s = s[i+1 : len(s)-1]
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '\\' || s[i+1] == '"') {
			i++
		}
		out = append(out, s[i])
	}
	return out
}

// lexLine returns the tokens of text, all placed at pos.
func (r *reader) lexLine(text []byte, pos source.Pos) []Token {
	lx := lexFile(r.names, &source.File{Content: text})
	toks := lx.Tokens[:len(lx.Tokens)-1]
	for i := range toks {
		toks[i].Pos = pos
	}
	return toks
}
