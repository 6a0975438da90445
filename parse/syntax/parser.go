package syntax

import (
	"fmt"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// Error is a place where the tokens are not C as this package knows it.
type Error struct {
	At  cpp.Loc
	Pos source.Position // of the outermost macro use, as compilers report it
	Msg string
}

// Error returns "file:line:col: message".
func (e *Error) Error() string { return e.Pos.String() + ": " + e.Msg }

// ErrorList is one or more errors in the order they were met.
type ErrorList []*Error

// Error returns the first error and how many more there are.
func (l ErrorList) Error() string {
	if len(l) == 0 {
		return "no errors"
	}
	if len(l) == 1 {
		return l[0].Error()
	}
	return fmt.Sprintf("%s (and %d more)", l[0].Error(), len(l)-1)
}

// Unwrap returns the errors of the list.
func (l ErrorList) Unwrap() []error {
	errs := make([]error, len(l))
	for i, e := range l {
		errs[i] = e
	}
	return errs
}

const (
	defaultMaxDepth = 3000
	// maxExtra and its factor bound what whoever walks the tree meets more
	// than once: "struct { struct { … } a, b; } a, b;" doubles with each level.
	maxExtra       = 1 << 20
	maxExtraFactor = 8
	// maxBodyErrors bounds the errors that one body collects, and thereby the
	// work of finding the statement after each.
	maxBodyErrors = 10
)

// parser reads one run of tokens. After an error it behaves as if the tokens
// had ended, so that every production unwinds by itself; whoever can go on
// takes the error with recoverAt and moves to a place behind it.
type parser struct {
	unit  *cpp.Unit
	names *cpp.Names
	toks  []cpp.Token // of the whole unit, so that indexes are those of the AST
	pos   int         // index of tok
	end   int         // index behind the last token to read
	tok   cpp.Token   // toks[pos], or the end of file

	err   *Error // the error that stopped parsing, nil while all is well
	errAt int    // index of the token it was met at
	errs  ErrorList

	scope scope
	slabs *slabs

	maxDepth int
	depth    int // nesting of productions, and links of declarators
	height   int // of the expression tree parsed last
	tallest  int // greatest height since it was last cleared

	extra int // tokens of specifiers, counted again for each declarator that shares them

	inBody bool // statements recover from errors
	guess  bool // unknown names may be types: see fragment.go
	// closing has the brace that closes each one, where they were matched
	// beforehand.
	closing map[int]int
}

func newParser(unit *cpp.Unit, start, end, maxDepth int) *parser {
	if maxDepth <= 0 {
		maxDepth = defaultMaxDepth
	}
	p := &parser{
		unit:     unit,
		names:    unit.Names,
		toks:     unit.Tokens,
		end:      end,
		slabs:    new(slabs),
		maxDepth: maxDepth,
	}
	p.seek(start)
	return p
}

// seek makes the token at index i the current one.
func (p *parser) seek(i int) {
	p.pos = i
	if i < p.end {
		p.tok = p.toks[i]
		return
	}
	p.pos = p.end
	p.tok = p.endToken()
}

// endToken stands for the end of the input, at the place of the last token.
func (p *parser) endToken() cpp.Token {
	t := cpp.Token{Kind: cpp.EOF}
	if p.end > 0 && p.end <= len(p.toks) {
		last := p.toks[p.end-1]
		t.Pos, t.Exp = last.Pos, last.Exp
	}
	return t
}

func (p *parser) next() {
	p.pos++
	if p.pos < p.end {
		p.tok = p.toks[p.pos]
		return
	}
	p.seek(p.end)
}

// peek returns the token n behind the current one.
func (p *parser) peek(n int) cpp.Token {
	if p.pos+n < p.end {
		return p.toks[p.pos+n]
	}
	return cpp.Token{Kind: cpp.EOF}
}

// peekAt returns the spelling of the token at index i, 0 behind the end.
func (p *parser) peekAt(i int) cpp.Sym {
	if i < p.end {
		return p.toks[i].Sym
	}
	return 0
}

func (p *parser) loc() cpp.Loc { return p.tok.Loc() }

// got consumes the current token if it is sym.
func (p *parser) got(sym cpp.Sym) bool {
	if p.tok.Sym != sym || p.tok.Kind == cpp.EOF {
		return false
	}
	p.next()
	return true
}

// want consumes sym or fails. It returns where the token stood.
func (p *parser) want(sym cpp.Sym) cpp.Loc {
	at := p.loc()
	if !p.got(sym) {
		p.failHere("expected '%s', found %s", p.names.String(sym), p.found())
	}
	return at
}

// found describes the current token for a message.
func (p *parser) found() string {
	if p.tok.Kind == cpp.EOF {
		return "end of input"
	}
	text := p.names.String(p.tok.Sym)
	if len(text) > 40 {
		text = text[:40] + "…"
	}
	return "'" + text + "'"
}

// fail stops parsing with an error at the given place.
func (p *parser) fail(at cpp.Loc, format string, args ...any) {
	if p.err == nil {
		p.err = &Error{At: at, Pos: p.unit.Position(at), Msg: fmt.Sprintf(format, args...)}
		p.errAt = p.pos
	}
	p.pos = p.end
	p.tok = cpp.Token{Kind: cpp.EOF, Pos: at.Pos, Exp: at.Exp}
}

func (p *parser) failHere(format string, args ...any) { p.fail(p.loc(), format, args...) }

// takeError returns the error that stopped parsing and clears it; the caller
// seeks a place to go on.
func (p *parser) takeError() *Error {
	err := p.err
	p.err = nil
	return err
}

// enter counts one more level of nesting and fails beyond the limit. Each
// enter has its leave, also after a failure.
func (p *parser) enter() {
	p.depth++
	if p.depth > p.maxDepth {
		p.failHere("nested deeper than %d levels", p.maxDepth)
	}
}

func (p *parser) leave() { p.depth-- }

// share counts that one more declarator has the specifiers s.
func (p *parser) share(s *specs) {
	p.extra += s.size
	if p.extra > p.maxShared() {
		p.failHere("too many declarators share nested declarations")
	}
}

// maxShared is what extra may become.
func (p *parser) maxShared() int { return maxExtra + maxExtraFactor*len(p.toks) }

// rise records that the expression parsed last has height h. Chains such as
// a+b+c… grow the tree without nesting of productions, and whoever walks the
// tree recurses over them.
func (p *parser) rise(h int) {
	p.height = h
	if h > p.tallest {
		p.tallest = h
	}
	if h > p.maxDepth && p.err == nil {
		p.failHere("expression nested deeper than %d levels", p.maxDepth)
	}
}

// holds runs parse, which reads types or statements inside an expression, and
// makes the expression around them taller than all they contain.
func (p *parser) holds(parse func()) {
	saved := p.tallest
	p.tallest = 0
	parse()
	h := p.tallest + 1
	p.tallest = saved
	p.rise(h)
}

// matching returns the index of the token that closes the first parenthesis
// from index open on, or -1 if it is not among the next limit tokens.
func (p *parser) matching(open, limit int) int {
	depth := 0
	for i := open; i < p.end && i < open+limit; i++ {
		switch p.toks[i].Sym {
		case cpp.LParen:
			depth++
		case cpp.RParen:
			depth--
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}

// text returns the spelling of the current token.
func (p *parser) text() string { return p.names.String(p.tok.Sym) }

// tokenCount returns the number of tokens before the one that ends the unit.
func tokenCount(unit *cpp.Unit) int {
	n := len(unit.Tokens)
	if n > 0 && unit.Tokens[n-1].Kind == cpp.EOF {
		n--
	}
	return n
}
