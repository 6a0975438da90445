package cpp

import (
	"fmt"
	"math/bits"

	"ptreview/parse/source"
)

// number is a value in an #if: 64 bits, signed or not.
type number struct {
	v        uint64
	unsigned bool
}

func signed(v int64) number { return number{v: uint64(v)} }

func boolean(b bool) number { return signed(truth(b)) }

// exprError is why an #if cannot be evaluated.
type exprError struct {
	pos     source.Pos
	message string
}

// evaluate returns the truth of the #if or #elif at hash; one that is no
// expression is reported and false.
func (r *reader) evaluate(hash Token, toks []Token) bool {
	// No token of the unit comes from the macros used here.
	uses := len(r.unit.Expansions)
	defer func() { r.unit.Expansions = r.unit.Expansions[:uses] }()
	if r.needsExpansion(toks) {
		r.inIf = true
		toks = r.inDirective(hash, toks, r.ifTokens)
		r.inIf = false
	}
	if r.fatal != nil {
		return false
	}
	e := expr{r: r, toks: toks, pos: hash.Pos}
	v := e.whole()
	if e.err != nil {
		r.error(e.err.pos, e.err.message)
		return false
	}
	return v.v != 0
}

// needsExpansion reports whether toks hold a macro other than as the operand
// of defined.
func (r *reader) needsExpansion(toks []Token) bool {
	for i := 0; i < len(toks); i++ {
		if toks[i].Kind != Ident {
			continue
		}
		if toks[i].Sym != symDefined {
			if r.lookup(toks[i].Sym) != nil {
				return true
			}
			continue
		}
		if i++; i < len(toks) && toks[i].Sym == LParen {
			i++
		}
	}
	return false
}

// ifTokens expands the operands of an #if, except those of defined.
func (r *reader) ifTokens() []Token {
	var dst []Token
	for {
		t := r.pull()
		if t.Kind == EOF {
			return dst
		}
		dst = append(dst, t)
		if t.Sym == symDefined && t.Kind == Ident {
			dst = r.definedOperand(dst)
		}
	}
}

func (r *reader) definedOperand(dst []Token) []Token {
	r.noExpand++
	defer func() { r.noExpand-- }()
	t := r.pull()
	if t.Kind == EOF {
		return dst
	}
	dst = append(dst, t)
	if t.Sym != LParen || t.Kind != Punct {
		return dst
	}
	for range 2 {
		if t = r.pull(); t.Kind == EOF {
			break
		}
		dst = append(dst, t)
	}
	return dst
}

// expr evaluates the tokens of an #if by recursive descent.
type expr struct {
	r     *reader
	toks  []Token
	next  int
	pos   source.Pos // of the directive
	dead  int        // > 0: the value is not used
	depth int
	err   *exprError
}

const maxExprDepth = 1000

func (e *expr) fail(format string, args ...any) number {
	if e.err == nil {
		pos := e.pos
		if e.next < len(e.toks) {
			pos = e.r.use(e.toks[e.next])
		}
		e.err = &exprError{pos, fmt.Sprintf(format, args...)}
	}
	e.next = len(e.toks)
	return number{}
}

// peek returns the Sym of the next token if it is a punctuator, or 0.
func (e *expr) peek() Sym {
	if e.next < len(e.toks) && e.toks[e.next].Kind == Punct {
		return e.toks[e.next].Sym
	}
	return 0
}

func (e *expr) accept(s Sym) bool {
	if e.peek() != s {
		return false
	}
	e.next++
	return true
}

// whole evaluates all tokens.
func (e *expr) whole() number {
	if len(e.toks) == 0 {
		return e.fail("#if with no expression")
	}
	v := e.comma()
	if e.err == nil && e.next < len(e.toks) {
		t := e.toks[e.next]
		if t.Sym == RParen {
			return e.fail("missing '(' in expression")
		}
		return e.fail("missing binary operator before token %q", spelling(e.r.names, t))
	}
	return v
}

func (e *expr) comma() number {
	v := e.ternary()
	for e.accept(Comma) {
		v = e.ternary()
	}
	return v
}

func (e *expr) ternary() number {
	if e.depth++; e.depth > maxExprDepth {
		return e.fail("#if expression nested too deeply")
	}
	defer func() { e.depth-- }()
	cond := e.binary(0)
	if !e.accept(Question) {
		return cond
	}
	a := e.branch(cond.v != 0, e.comma)
	if !e.accept(Colon) {
		return e.fail("'?' without following ':'")
	}
	b := e.branch(cond.v == 0, e.ternary)
	v := b
	if cond.v != 0 {
		v = a
	}
	v.unsigned = a.unsigned || b.unsigned
	return v
}

// branch evaluates an operand that counts only if alive.
func (e *expr) branch(alive bool, operand func() number) number {
	if !alive {
		e.dead++
		defer func() { e.dead-- }()
	}
	return operand()
}

// precedence of the binary operators, higher binds tighter; 0 for others.
func precedence(s Sym) int {
	switch s {
	case OrOr:
		return 1
	case AndAnd:
		return 2
	case Or:
		return 3
	case Xor:
		return 4
	case And:
		return 5
	case EqEq, NotEq:
		return 6
	case Lt, Gt, Le, Ge:
		return 7
	case Shl, Shr:
		return 8
	case Plus, Minus:
		return 9
	case Star, Slash, Percent:
		return 10
	}
	return 0
}

// binary evaluates operators that bind tighter than floor.
func (e *expr) binary(floor int) number {
	a := e.unary()
	for e.err == nil {
		op := e.peek()
		p := precedence(op)
		if p <= floor {
			break
		}
		e.next++
		operand := func() number { return e.binary(p) }
		switch op {
		case AndAnd:
			b := e.branch(a.v != 0, operand)
			a = boolean(a.v != 0 && b.v != 0)
		case OrOr:
			b := e.branch(a.v == 0, operand)
			a = boolean(a.v != 0 || b.v != 0)
		default:
			a = e.operate(op, a, operand())
		}
	}
	return a
}

// operate applies a binary operator to values.
func (e *expr) operate(op Sym, a, b number) number {
	unsigned := a.unsigned || b.unsigned
	switch op {
	case Shl:
		return shift(a, b, true)
	case Shr:
		return shift(a, b, false)
	case EqEq:
		return boolean(a.v == b.v)
	case NotEq:
		return boolean(a.v != b.v)
	case Lt:
		return boolean(less(a.v, b.v, unsigned))
	case Gt:
		return boolean(less(b.v, a.v, unsigned))
	case Le:
		return boolean(!less(b.v, a.v, unsigned))
	case Ge:
		return boolean(!less(a.v, b.v, unsigned))
	case Slash, Percent:
		return e.divide(op, a, b, unsigned)
	case Plus:
		return number{a.v + b.v, unsigned}
	case Minus:
		return number{a.v - b.v, unsigned}
	case Star:
		return number{a.v * b.v, unsigned}
	case And:
		return number{a.v & b.v, unsigned}
	case Or:
		return number{a.v | b.v, unsigned}
	case Xor:
		return number{a.v ^ b.v, unsigned}
	}
	panic("cpp: operator without a meaning")
}

func less(a, b uint64, unsigned bool) bool {
	if unsigned {
		return a < b
	}
	return int64(a) < int64(b)
}

// shift shifts a by b bits, the other way if b is negative.
func shift(a, b number, left bool) number {
	n := b.v
	if !b.unsigned && int64(n) < 0 {
		n, left = -n, !left
	}
	switch {
	case left:
		a.v <<= n
	case a.unsigned:
		a.v >>= n
	default:
		a.v = uint64(int64(a.v) >> n)
	}
	return a
}

func (e *expr) divide(op Sym, a, b number, unsigned bool) number {
	if b.v == 0 {
		if e.dead == 0 {
			return e.fail("division by zero in #if")
		}
		return number{0, unsigned}
	}
	var q, rem uint64
	if unsigned {
		q, rem = bits.Div64(0, a.v, b.v)
	} else {
		// Go defines the overflow of the smallest number by -1 as gcc does.
		q, rem = uint64(int64(a.v)/int64(b.v)), uint64(int64(a.v)%int64(b.v))
	}
	if op == Slash {
		return number{q, unsigned}
	}
	return number{rem, unsigned}
}

// unary evaluates a primary expression and the operators before it.
func (e *expr) unary() number {
	if e.depth++; e.depth > maxExprDepth {
		return e.fail("#if expression nested too deeply")
	}
	defer func() { e.depth-- }()
	if e.next >= len(e.toks) {
		return e.fail("#if expression ends where an operand is due")
	}
	t := e.toks[e.next]
	switch t.Kind {
	case Number:
		return e.number(t)
	case Char:
		return e.char(t)
	case Ident:
		e.next++
		if t.Sym == symDefined {
			return e.defined()
		}
		return number{}
	case Punct:
		return e.operator(t.Sym)
	}
	return e.fail("token %q is not valid in preprocessor expressions", spelling(e.r.names, t))
}

func (e *expr) operator(s Sym) number {
	switch s {
	case LParen:
		e.next++
		v := e.comma()
		if !e.accept(RParen) {
			return e.fail("missing ')' in expression")
		}
		return v
	case Plus:
		e.next++
		return e.unary()
	case Minus:
		e.next++
		v := e.unary()
		v.v = -v.v
		return v
	case Tilde:
		e.next++
		v := e.unary()
		v.v = ^v.v
		return v
	case Not:
		e.next++
		return boolean(e.unary().v == 0)
	}
	if precedence(s) > 0 {
		return e.fail("operator %q has no left operand", e.r.names.String(s))
	}
	return e.fail("token %q is not valid in preprocessor expressions", e.r.names.String(s))
}

// defined evaluates what follows the word defined.
func (e *expr) defined() number {
	paren := e.accept(LParen)
	if e.next >= len(e.toks) || e.toks[e.next].Kind != Ident {
		return e.fail("operator \"defined\" requires an identifier")
	}
	d := e.r.lookup(e.toks[e.next].Sym)
	e.next++
	if paren && !e.accept(RParen) {
		return e.fail("missing ')' after \"defined\"")
	}
	return boolean(d != nil)
}

func (e *expr) number(t Token) number {
	v, err := parseNumber(e.r.names.String(t.Sym))
	if err != "" {
		return e.fail("%s", err)
	}
	e.next++
	return v
}

// parseNumber reads an integer constant; err says what else text is.
func parseNumber(text string) (v number, err string) {
	base, digits := uint64(10), text
	if len(text) > 1 && text[0] == '0' {
		switch text[1] {
		case 'x', 'X':
			base, digits = 16, text[2:]
		case 'b', 'B':
			base, digits = 2, text[2:]
		default:
			base, digits = 8, text[1:]
		}
	}
	i, overflow := 0, false
	for i < len(digits) {
		d := uint64(digit(digits[i]))
		if d >= base {
			break
		}
		hi, lo := bits.Mul64(v.v, base)
		sum, carry := bits.Add64(lo, d, 0)
		overflow = overflow || hi != 0 || carry != 0
		v.v = sum
		i++
	}
	if i == 0 && base != 8 {
		return v, fmt.Sprintf("invalid number %q in #if", text)
	}
	unsigned, ok := integerSuffix(digits[i:])
	switch {
	case !ok && isFloat(digits[i:], base):
		return v, "floating constant in preprocessor expression"
	case !ok:
		return v, fmt.Sprintf("invalid suffix %q on integer constant", digits[i:])
	case overflow:
		// gcc warns and goes on with the lower 64 bits.
		unsigned = true
	}
	v.unsigned = unsigned || int64(v.v) < 0
	return v, ""
}

func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

func isFloat(rest string, base uint64) bool {
	if rest == "" {
		return false
	}
	switch rest[0] {
	case '.':
		return true
	case 'e', 'E':
		return base == 10 || base == 8
	case 'p', 'P':
		return base == 16
	}
	return false
}

// integerSuffix reports whether s is a suffix of integer constants, and one
// of an unsigned type.
func integerSuffix(s string) (unsigned, ok bool) {
	switch s {
	case "", "l", "L", "ll", "LL":
		return false, true
	case "u", "U", "ul", "uL", "Ul", "UL", "lu", "lU", "Lu", "LU",
		"ull", "uLL", "Ull", "ULL", "llu", "llU", "LLu", "LLU":
		return true, true
	}
	return false, false
}

// char evaluates a character constant.
func (e *expr) char(t Token) number {
	text := e.r.names.String(t.Sym)
	wide := text[0] != '\''
	utf8 := len(text) > 2 && text[:2] == "u8"
	for text[0] != '\'' {
		text = text[1:]
	}
	text = text[1 : len(text)-1]
	if text == "" {
		return e.fail("empty character constant")
	}
	var v uint64
	n := 0
	for len(text) > 0 {
		c, rest, ok := charValue(text, wide && !utf8)
		if !ok {
			return e.fail("unknown escape in character constant %s", e.r.names.String(t.Sym))
		}
		text = rest
		v = v<<8 | c
		if wide {
			v = c
		}
		n++
	}
	e.next++
	if wide {
		return number{v: v}
	}
	return e.narrow(v, n)
}

// narrow gives a character constant of n characters the value it has as int.
func (e *expr) narrow(v uint64, n int) number {
	switch {
	case n > 1:
		return signed(int64(int32(v)))
	case e.r.lookup(e.r.names.Find("__CHAR_UNSIGNED__")) != nil:
		return signed(int64(uint8(v)))
	}
	return signed(int64(int8(v)))
}
