package cpp

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"ptreview/parse/source"
)

// Classes of bytes.
const (
	isIdent  = 1 << iota // letter, digit, _ or $
	isDigit              // 0-9
	isSpace              // white space other than newline, and NUL
	isLetter             // isIdent without the digits
)

// class holds the classes of each byte.
var class = byteClasses()

func byteClasses() (t [256]uint8) {
	for c := range t {
		switch b := byte(c); {
		case b >= '0' && b <= '9':
			t[c] = isIdent | isDigit
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b == '_', b == '$':
			t[c] = isIdent | isLetter
		case b == ' ', b == '\t', b == '\v', b == '\f', b == '\r', b == 0:
			t[c] = isSpace
		}
	}
	return t
}

// lexer turns a file into tokens. Its methods leave pos after what they read.
type lexer struct {
	names *Names
	out   *Lexed
	src   []byte
	pos   int
	flags Flags // of the next token
	dirty bool  // the token being read contains a line splice
	// headers is set where <...> is a header name, strings where a quoted
	// header name is due, in which a backslash is a character as any other.
	headers, strings bool
	pending          []pendingIf // open conditionals
}

// lexFile reads all tokens of f.
func lexFile(names *Names, f *source.File) *Lexed {
	l := &lexer{names: names, src: f.Content, out: &Lexed{File: f, names: names}}
	l.out.Tokens = make([]Token, 0, len(f.Content)/6+16)
	l.file()
	return l.out
}

// file reads the whole file.
func (l *lexer) file() {
	if bytes.HasPrefix(l.src, []byte("\xef\xbb\xbf")) {
		l.pos = 3
	}
	text := 0 // first token of the text since the last directive
	l.flags = LineStart | SpaceBefore
	for {
		l.space()
		if l.pos >= len(l.src) {
			break
		}
		if l.src[l.pos] == '\n' {
			l.pos++
			l.flags = LineStart | SpaceBefore
			continue
		}
		if l.flags&LineStart != 0 && l.atHash() {
			l.endText(text)
			l.directive()
			text = len(l.out.Tokens)
			l.flags = LineStart | SpaceBefore
			continue
		}
		l.token()
	}
	l.endText(text)
	l.closeConditionals()
	l.add(EOF, 0, len(l.src))
	l.out.Tokens = l.out.Tokens[:len(l.out.Tokens):len(l.out.Tokens)]
}

// atHash reports whether a # or %: that is not ## begins here.
func (l *lexer) atHash() bool {
	switch l.src[l.pos] {
	case '#':
		c, _ := l.peek(l.pos + 1)
		return c != '#'
	case '%':
		c, next := l.peek(l.pos + 1)
		if c != ':' {
			return false
		}
		c, next = l.peek(next)
		d, _ := l.peek(next)
		return c != '%' || d != ':'
	}
	return false
}

// space skips blanks, comments and line splices up to a newline or token.
func (l *lexer) space() {
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		switch {
		case class[c]&isSpace != 0:
			l.pos++
		case c == '/':
			d, next := l.peek(l.pos + 1)
			if d == '*' {
				l.blockComment(next)
			} else if d == '/' {
				l.lineComment(next)
			} else {
				return
			}
		case c == '\\':
			next := l.unsplice(l.pos)
			if next == l.pos {
				return
			}
			l.pos = next
			continue // a splice alone is no white space
		default:
			return
		}
		l.flags |= SpaceBefore
	}
}

// blockComment skips a comment whose text starts at i.
func (l *lexer) blockComment(i int) {
	start := l.pos
	for {
		n := bytes.IndexByte(l.src[i:], '*')
		if n < 0 {
			l.pos = len(l.src)
			l.out.problem(start, "unterminated comment")
			return
		}
		i += n + 1
		if c, next := l.peek(i); c == '/' {
			l.pos = next
			return
		}
	}
}

// lineComment skips to the newline that ends a // comment.
func (l *lexer) lineComment(i int) {
	for i < len(l.src) && l.src[i] != '\n' {
		if l.src[i] == '\\' {
			if next := l.unsplice(i); next != i {
				i = next
				continue
			}
		}
		i++
	}
	l.pos = i
}

// unsplice returns the offset after the line splices at i, or i. As in gcc,
// white space may stand between the backslash and the newline.
func (l *lexer) unsplice(i int) int {
	for i < len(l.src) && l.src[i] == '\\' {
		j := i + 1
		for j < len(l.src) && class[l.src[j]]&isSpace != 0 {
			j++
		}
		if j >= len(l.src) || l.src[j] != '\n' {
			break
		}
		i = j + 1
	}
	return i
}

// peek returns the byte at i, behind any line splice, and the offset after
// it; 0 at the end of the file.
func (l *lexer) peek(i int) (c byte, next int) {
	if i < len(l.src) && l.src[i] == '\\' {
		i = l.unsplice(i)
	}
	if i >= len(l.src) {
		return 0, len(l.src)
	}
	return l.src[i], i + 1
}

// add appends a token that starts at offset start.
func (l *lexer) add(k Kind, s Sym, start int) {
	l.out.Tokens = append(l.out.Tokens, Token{Kind: k, Flags: l.flags, Sym: s, Pos: l.out.File.Pos(start)})
	l.flags = 0
}

// addText appends the token spelled between start and the current offset.
func (l *lexer) addText(k Kind, start int) {
	text := l.src[start:l.pos]
	if l.dirty {
		text = l.withoutSplices(start, l.pos)
		l.dirty = false
	}
	l.add(k, l.names.Intern(text), start)
}

func (l *lexer) withoutSplices(start, end int) []byte {
	text := make([]byte, 0, end-start)
	for i := start; i < end; {
		if next := l.unsplice(i); next != i {
			i = next
			continue
		}
		text = append(text, l.src[i])
		i++
	}
	return text
}

// token reads one token, which starts at the current offset.
func (l *lexer) token() {
	c := l.src[l.pos]
	switch cl := class[c]; {
	case cl&isLetter != 0:
		l.ident()
	case cl&isDigit != 0:
		l.number()
	case c == '"':
		l.quoted(l.pos, l.pos, String)
	case c == '\'':
		l.quoted(l.pos, l.pos, Char)
	case c == '.':
		if d, _ := l.peek(l.pos + 1); class[d]&isDigit != 0 {
			l.number()
		} else {
			l.punctuator()
		}
	case c == '<' && l.headers && l.headerName():
	case c >= utf8.RuneSelf:
		l.extended()
	default:
		l.punctuator()
	}
}

// ident reads an identifier or, behind an encoding prefix, a literal.
func (l *lexer) ident() {
	start := l.pos
	i := start + 1
	for i < len(l.src) && class[l.src[i]]&isIdent != 0 {
		i++
	}
	l.pos = i
	if i < len(l.src) {
		switch c := l.src[i]; {
		case c == '\\' || c >= utf8.RuneSelf:
			l.restOfIdent()
		case (c == '"' || c == '\'') && l.prefixed(start):
			return
		}
	}
	l.addText(Ident, start)
}

// restOfIdent goes on behind a line splice or a letter outside ASCII.
func (l *lexer) restOfIdent() {
	for {
		i := l.unsplice(l.pos)
		if i >= len(l.src) {
			return
		}
		n := 0
		switch c := l.src[i]; {
		case class[c]&isIdent != 0:
			n = 1
		case c >= utf8.RuneSelf:
			n = identRune(l.src[i:], false)
		}
		if n == 0 {
			return
		}
		l.dirty = l.dirty || i != l.pos
		l.pos = i + n
	}
}

// identRune returns the length of the letter outside ASCII that begins text,
// or 0 if it cannot be part of an identifier.
func identRune(text []byte, first bool) int {
	r, n := utf8.DecodeRune(text)
	switch {
	case r == utf8.RuneError && n <= 1:
		return 0
	case unicode.IsLetter(r):
		return n
	case !first && (unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Mc, r)):
		return n
	}
	return 0
}

// extended reads a token that begins outside ASCII.
func (l *lexer) extended() {
	start := l.pos
	if n := identRune(l.src[start:], true); n > 0 {
		l.pos += n
		l.restOfIdent()
		l.addText(Ident, start)
		return
	}
	_, n := utf8.DecodeRune(l.src[start:])
	l.pos += n
	l.addText(Other, start)
}

// prefixed reads a literal whose prefix was read from start, if it is one.
func (l *lexer) prefixed(start int) bool {
	k := String
	if l.src[l.pos] == '\'' {
		k = Char
	}
	switch string(l.src[start:l.pos]) {
	case "L", "u", "U":
	case "u8", "R", "LR", "uR", "UR", "u8R":
		if k == Char {
			return false
		}
		if l.src[l.pos-1] == 'R' {
			return l.rawString(start)
		}
	default:
		return false
	}
	l.quoted(start, l.pos, k)
	return true
}

// quoted reads a literal whose opening quote is at offset quote. One that its
// line does not end reaches to the end of the line and is of kind Other.
func (l *lexer) quoted(start, quote int, k Kind) {
	end := l.src[quote]
	i := quote + 1
	for i < len(l.src) {
		switch c := l.src[i]; {
		case c == end:
			l.pos = i + 1
			l.addText(k, start)
			return
		case c == '\n':
			l.unterminated(start, i)
			return
		case c == '\\':
			if next := l.unsplice(i); next != i {
				l.dirty = true
				i = next
				continue
			}
			i++
			if l.strings {
				continue
			}
			if next := l.unsplice(i); next != i {
				l.dirty = true
				i = next
			}
			if i < len(l.src) && l.src[i] != '\n' {
				i++
			}
		default:
			i++
		}
	}
	l.unterminated(start, i)
}

func (l *lexer) unterminated(start, end int) {
	l.pos = end
	l.addText(Other, start)
}

// rawString reads R"delimiter(...)delimiter", which knows no splices.
func (l *lexer) rawString(start int) bool {
	open := bytes.IndexByte(l.src[l.pos:], '(')
	if open < 0 || open > 17 {
		return false
	}
	delim := l.src[l.pos+1 : l.pos+open]
	if bytes.ContainsAny(delim, " )\\\t\v\f\n") {
		return false
	}
	body := l.pos + open + 1
	closing := append(append([]byte{')'}, delim...), '"')
	n := bytes.Index(l.src[body:], closing)
	if n < 0 {
		return false
	}
	l.pos = body + n + len(closing)
	l.addText(String, start)
	return true
}

// headerName reads <...> if it ends on this line.
func (l *lexer) headerName() bool {
	for i := l.pos + 1; i < len(l.src) && l.src[i] != '\n'; i++ {
		if l.src[i] == '>' {
			start := l.pos
			l.pos = i + 1
			l.dirty = bytes.IndexByte(l.src[start:l.pos], '\\') >= 0
			l.addText(Header, start)
			return true
		}
	}
	return false
}

// number reads a pp-number.
func (l *lexer) number() {
	start, i := l.pos, l.pos+1
	for i < len(l.src) {
		c := l.src[i]
		switch {
		case class[c]&isIdent != 0 || c == '.':
		case (c == '+' || c == '-') && isExponent(l.src[i-1]):
		case c == '\\' && l.unsplice(i) != i:
			l.pos = i
			l.restOfNumber(l.src[i-1])
			l.addText(Number, start)
			return
		default:
			l.pos = i
			l.addText(Number, start)
			return
		}
		i++
	}
	l.pos = i
	l.addText(Number, start)
}

func isExponent(c byte) bool { return c == 'e' || c == 'E' || c == 'p' || c == 'P' }

// restOfNumber goes on behind a line splice; last is the byte before it.
func (l *lexer) restOfNumber(last byte) {
	for {
		c, next := l.peek(l.pos)
		if class[c]&isIdent == 0 && c != '.' && !((c == '+' || c == '-') && isExponent(last)) {
			return
		}
		l.dirty = l.dirty || next != l.pos+1
		last, l.pos = c, next
	}
}

// punctuator reads a punctuator, or any other single character.
func (l *lexer) punctuator() {
	start := l.pos
	s, digraph, next := l.scanPunct(start)
	l.pos = next
	if s == 0 {
		l.addText(Other, start)
		return
	}
	if digraph {
		l.flags |= Digraph
	}
	l.add(Punct, s, start)
}

// scanPunct returns the longest punctuator at i and the offset after it; 0 if
// there is none.
func (l *lexer) scanPunct(i int) (s Sym, digraph bool, next int) {
	c, n1 := l.src[i], i+1
	switch c {
	case '(':
		return LParen, false, n1
	case ')':
		return RParen, false, n1
	case '[':
		return LBrack, false, n1
	case ']':
		return RBrack, false, n1
	case '{':
		return LBrace, false, n1
	case '}':
		return RBrace, false, n1
	case ',':
		return Comma, false, n1
	case ';':
		return Semi, false, n1
	case '?':
		return Question, false, n1
	case '~':
		return Tilde, false, n1
	}
	d, n2 := l.peek(n1)
	switch c {
	case ':':
		if d == '>' {
			return RBrack, true, n2
		}
		return Colon, false, n1
	case '.':
		if e, n3 := l.peek(n2); d == '.' && e == '.' {
			return Ellipsis, false, n3
		}
		return Dot, false, n1
	case '#':
		if d == '#' {
			return HashHash, false, n2
		}
		return Hash, false, n1
	case '%':
		return l.scanPercent(d, n1, n2)
	case '<':
		return l.scanLess(d, n1, n2)
	case '>':
		return l.scanGreater(d, n1, n2)
	case '+':
		return pick(d, n1, n2, Plus, '+', Inc, AddAssign)
	case '-':
		if d == '>' {
			return Arrow, false, n2
		}
		return pick(d, n1, n2, Minus, '-', Dec, SubAssign)
	case '&':
		return pick(d, n1, n2, And, '&', AndAnd, AndAssign)
	case '|':
		return pick(d, n1, n2, Or, '|', OrOr, OrAssign)
	case '*':
		return pick(d, n1, n2, Star, '=', MulAssign, MulAssign)
	case '/':
		return pick(d, n1, n2, Slash, '=', DivAssign, DivAssign)
	case '^':
		return pick(d, n1, n2, Xor, '=', XorAssign, XorAssign)
	case '!':
		return pick(d, n1, n2, Not, '=', NotEq, NotEq)
	case '=':
		return pick(d, n1, n2, Assign, '=', EqEq, EqEq)
	}
	return 0, false, n1
}

// pick chooses between a punctuator alone, followed by c, and followed by =.
func pick(d byte, n1, n2 int, alone Sym, c byte, with, assign Sym) (Sym, bool, int) {
	switch d {
	case c:
		return with, false, n2
	case '=':
		return assign, false, n2
	}
	return alone, false, n1
}

func (l *lexer) scanPercent(d byte, n1, n2 int) (Sym, bool, int) {
	switch d {
	case '=':
		return ModAssign, false, n2
	case '>':
		return RBrace, true, n2
	case ':':
		e, n3 := l.peek(n2)
		if f, n4 := l.peek(n3); e == '%' && f == ':' {
			return HashHash, true, n4
		}
		return Hash, true, n2
	}
	return Percent, false, n1
}

func (l *lexer) scanLess(d byte, n1, n2 int) (Sym, bool, int) {
	switch d {
	case '=':
		return Le, false, n2
	case ':':
		return LBrack, true, n2
	case '%':
		return LBrace, true, n2
	case '<':
		if e, n3 := l.peek(n2); e == '=' {
			return ShlAssign, false, n3
		}
		return Shl, false, n2
	}
	return Lt, false, n1
}

func (l *lexer) scanGreater(d byte, n1, n2 int) (Sym, bool, int) {
	switch d {
	case '=':
		return Ge, false, n2
	case '>':
		if e, n3 := l.peek(n2); e == '=' {
			return ShrAssign, false, n3
		}
		return Shr, false, n2
	}
	return Gt, false, n1
}
