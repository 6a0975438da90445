package cpp

import (
	"fmt"
	"strings"

	"ptreview/parse/source"
)

// paste joins lhs, which was just read from s, with the tokens behind it as
// far as ## goes, and pushes the result.
func (r *reader) paste(s *stream, lhs Token) {
	at := s.placeOf(s.next - 1)
	for s.next < len(s.toks) {
		rhs := s.toks[s.next]
		joined, ok := r.join(lhs, rhs, s.exp)
		if !ok {
			r.errorf(r.use(Token{Exp: s.exp}), "pasting %q and %q does not give a valid preprocessing token",
				spelling(r.names, lhs), spelling(r.names, rhs))
			break
		}
		s.next++
		lhs = joined
		if rhs.Flags&pasteLeft == 0 {
			break
		}
	}
	lhs.Flags &^= pasteLeft
	r.spend(1)
	r.enterStream(stream{toks: append(r.buffer(), lhs), tail: padNone, pooled: true, at: at})
}

// join returns the token spelled as a followed by b, placed at the macro use
// exp; false if that is no single token.
func (r *reader) join(a, b Token, exp ExpID) (Token, bool) {
	text := append([]byte(spelling(r.names, a)), spelling(r.names, b)...)
	r.spend(len(text) / 16)
	t := Token{
		Flags: a.Flags & (SpaceBefore | spaceFlipped | spaceAfterTight),
		Pos:   r.unit.Expansions[exp].Use, Exp: exp,
	}
	if a.Kind == Ident && (b.Kind == Ident || b.Kind == Number && isWord(text)) {
		t.Kind, t.Sym = Ident, r.names.Intern(text)
		return t, true
	}
	one, ok := r.lexOne(text)
	if !ok {
		return a, false
	}
	t.Kind, t.Sym = one.Kind, one.Sym
	t.Flags |= one.Flags & Digraph
	return t, true
}

// isWord reports whether text can be an identifier, given that its first byte
// can.
func isWord(text []byte) bool {
	for _, c := range text {
		if class[c]&isIdent == 0 {
			return false
		}
	}
	return true
}

// lexOne reads text as one token.
func (r *reader) lexOne(text []byte) (Token, bool) {
	f := &source.File{Content: text}
	l := &lexer{names: r.names, src: text, out: &Lexed{File: f}}
	l.space()
	if l.pos != 0 || len(text) == 0 || text[0] == '\n' {
		return Token{}, false
	}
	l.token()
	t := l.out.Tokens[0]
	// A quote without its partner is a token only in a file.
	return t, l.pos == len(text) && (t.Kind != Other || len(text) == 1)
}

// use returns where t, or the outermost macro use it comes from, stands.
func (r *reader) use(t Token) source.Pos { return r.unit.Outermost(t.Loc()) }

// quote returns text as a string literal.
func quote(text string) []byte {
	return append(appendEscaped([]byte{'"'}, text), '"')
}

// numberToken returns a pp-number token at t's place.
func (r *reader) numberToken(t Token, n int64) Token {
	t.Kind, t.Sym = Number, r.names.Intern(fmt.Appendf(nil, "%d", n))
	return t
}

// spellAll joins the spellings of toks, with their white space.
func spellAll(n *Names, toks []Token) string {
	var s strings.Builder
	for i, t := range toks {
		if i > 0 && t.spaced(neutral) {
			s.WriteByte(' ')
		}
		s.WriteString(spelling(n, t))
	}
	return s.String()
}
