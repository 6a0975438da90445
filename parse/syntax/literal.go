package syntax

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"ptreview/parse/cpp"
)

// number parses an integer or floating constant.
func (p *parser) number() Expr {
	text, at := p.text(), p.loc()
	if isFloat(text) {
		x := &FloatLit{Text: text}
		x.At = At{at}
		if msg := checkFloat(text); msg != "" {
			p.failHere("%s", msg)
		}
		p.next()
		return x
	}
	x := &IntLit{Text: text}
	x.At = At{at}
	if msg := x.read(); msg != "" {
		p.failHere("%s", msg)
	}
	p.next()
	return x
}

func isHex(text string) bool {
	return len(text) > 1 && text[0] == '0' && text[1]|0x20 == 'x'
}

func isFloat(text string) bool {
	if isHex(text) {
		return strings.ContainsAny(text, ".pP")
	}
	return strings.ContainsAny(text, ".eE")
}

// read fills in the value and suffix from Text; a message says what is wrong.
func (x *IntLit) read() string {
	digits, base := x.Text, uint64(10)
	switch {
	case isHex(digits):
		digits, base = digits[2:], 16
	case len(digits) > 1 && digits[0] == '0' && digits[1]|0x20 == 'b':
		digits, base = digits[2:], 2
	case digits[0] == '0':
		digits, base = digits[1:], 8
	}
	x.Decimal = base == 10
	n, i := uint64(0), 0
	for ; i < len(digits); i++ {
		d := digitValue(digits[i])
		if d < 0 || d >= 16 || base <= 10 && d >= 10 {
			break
		}
		if uint64(d) >= base {
			return fmt.Sprintf("digit '%c' in a base %d constant '%s'", digits[i], base, x.Text)
		}
		if n > (math.MaxUint64-uint64(d))/base {
			return fmt.Sprintf("integer constant '%s' does not fit in 64 bits", x.Text)
		}
		n = n*base + uint64(d)
	}
	x.Value = n
	if i == 0 && base != 8 {
		return fmt.Sprintf("'%s' is not a number", x.Text)
	}
	return x.suffix(digits[i:])
}

func (x *IntLit) suffix(s string) string {
	switch strings.ToLower(s) {
	case "":
	case "u":
		x.Unsigned = true
	case "l":
		x.Long = 1
	case "ul", "lu":
		x.Unsigned, x.Long = true, 1
	case "ll":
		x.Long = 2
	case "ull", "llu":
		x.Unsigned, x.Long = true, 2
	default:
		if strings.ContainsAny(s, "ijIJ") {
			return fmt.Sprintf("imaginary constant '%s' is not supported", x.Text)
		}
		return fmt.Sprintf("invalid suffix '%s' on integer constant '%s'", s, x.Text)
	}
	if strings.Contains(s, "lL") || strings.Contains(s, "Ll") {
		return fmt.Sprintf("invalid suffix '%s' on integer constant '%s'", s, x.Text)
	}
	return ""
}

// digitValue returns the value of a hexadecimal digit, or -1.
func digitValue(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// checkFloat says what is wrong with a floating constant, or nothing.
func checkFloat(text string) string {
	rest, exp, decimal := text, "eE", true
	if isHex(text) {
		rest, exp, decimal = text[2:], "pP", false
	}
	mantissa, rest := span(rest, func(c byte) bool {
		return c == '.' || '0' <= c && c <= '9' || !decimal && digitValue(c) >= 0
	})
	if strings.Count(mantissa, ".") > 1 || strings.Trim(mantissa, ".") == "" {
		return fmt.Sprintf("'%s' is not a number", text)
	}
	hasExp := rest != "" && strings.IndexByte(exp, rest[0]) >= 0
	if hasExp {
		rest = rest[1:]
		if rest != "" && (rest[0] == '+' || rest[0] == '-') {
			rest = rest[1:]
		}
		var digits string
		digits, rest = span(rest, func(c byte) bool { return '0' <= c && c <= '9' })
		if digits == "" {
			return fmt.Sprintf("exponent of '%s' has no digits", text)
		}
	} else if !decimal {
		return fmt.Sprintf("hexadecimal floating constant '%s' has no exponent", text)
	}
	return checkFloatSuffix(text, rest)
}

func checkFloatSuffix(text, suffix string) string {
	switch strings.ToLower(suffix) {
	case "", "f", "l", "q", "w", "f16", "f32", "f64", "f128", "f32x", "f64x":
		return ""
	}
	if strings.ContainsAny(suffix, "ijIJ") {
		return fmt.Sprintf("imaginary constant '%s' is not supported", text)
	}
	return fmt.Sprintf("invalid suffix '%s' on floating constant '%s'", suffix, text)
}

// span cuts s behind the bytes that belong.
func span(s string, belongs func(byte) bool) (string, string) {
	i := 0
	for i < len(s) && belongs(s[i]) {
		i++
	}
	return s[:i], s[i:]
}

// literalParts cuts a string or character literal into prefix and contents.
func literalParts(text string) (prefix, body string) {
	i := strings.IndexAny(text, `"'`)
	if i < 0 || len(text) < i+2 {
		return "", ""
	}
	return text[:i], text[i+1 : len(text)-1]
}

// charLit parses a character constant.
func (p *parser) charLit() Expr {
	prefix, body := literalParts(p.text())
	x := &CharLit{Prefix: prefix}
	x.At = At{p.loc()}
	units, msg := unescape(body, prefix != "" && prefix != "u8")
	switch {
	case msg != "":
		p.failHere("%s", msg)
	case len(units) == 0:
		p.failHere("empty character constant")
	case len(units) > 1 && prefix != "":
		p.failHere("more than one character in %s", p.found())
	case len(units) > 4:
		p.failHere("more than four characters in %s", p.found())
	}
	x.Multi = len(units) > 1
	x.Value = charValue(units)
	p.next()
	return x
}

// charValue combines the bytes of a character constant as gcc does: a single
// one is itself, more of them make an int with the last in the low byte.
func charValue(units []uint32) int64 {
	if len(units) == 1 {
		return int64(units[0])
	}
	var n uint32
	for _, u := range units {
		n = n<<8 | u&0xff
	}
	return int64(int32(n))
}

// stringLit parses adjacent string literals as one.
func (p *parser) stringLit() Expr {
	x := &StringLit{}
	x.At = At{p.loc()}
	x.Prefix = p.stringPrefix()
	wide := x.Prefix != "" && x.Prefix != "u8"
	for p.tok.Kind == cpp.String {
		_, body := literalParts(p.text())
		units, msg := unescape(body, wide)
		if msg != "" {
			p.failHere("%s", msg)
			break
		}
		x.Value = appendUnits(x.Value, units, wide)
		p.next()
	}
	return x
}

func appendUnits(value []byte, units []uint32, wide bool) []byte {
	for _, u := range units {
		if wide {
			value = binary.LittleEndian.AppendUint32(value, u)
		} else {
			value = append(value, byte(u))
		}
	}
	return value
}

// stringPrefix returns the prefix that a run of string literals has together:
// that of those which have one.
func (p *parser) stringPrefix() string {
	prefix := ""
	for n := 0; p.peek(n).Kind == cpp.String; n++ {
		own, _ := literalParts(p.names.String(p.peek(n).Sym))
		if prefix != "" && own != "" && own != prefix {
			p.failHere("adjacent strings with prefixes %s and %s", prefix, own)
			return prefix
		}
		if own != "" {
			prefix = own
		}
	}
	return prefix
}

// stringBytes parses string literals where only a plain string makes sense,
// as in asm.
func (p *parser) stringBytes() []byte {
	if p.tok.Kind != cpp.String {
		p.failHere("expected a string, found %s", p.found())
		return nil
	}
	s := p.stringLit().(*StringLit)
	if p.err == nil && s.Prefix != "" && s.Prefix != "u8" {
		p.fail(s.Loc(), "expected a plain string, found one with prefix %s", s.Prefix)
	}
	return s.Value
}

// unescape decodes the contents of a literal into bytes, or into code points
// when wide. A message says what is wrong.
func unescape(s string, wide bool) ([]uint32, string) {
	units := make([]uint32, 0, len(s))
	for len(s) > 0 {
		if s[0] != '\\' {
			u, n := uint32(s[0]), 1
			if wide && s[0] >= utf8.RuneSelf {
				r, size := utf8.DecodeRuneInString(s)
				if r == utf8.RuneError && size == 1 {
					return nil, "a wide literal is not valid UTF-8"
				}
				u, n = uint32(r), size
			}
			units = append(units, u)
			s = s[n:]
			continue
		}
		var msg string
		if units, s, msg = escape(units, s[1:], wide); msg != "" {
			return nil, msg
		}
	}
	return units, ""
}

// escape decodes one escape sequence, s being what follows the backslash.
func escape(units []uint32, s string, wide bool) ([]uint32, string, string) {
	if s == "" {
		return units, s, "backslash at the end of a literal"
	}
	c := s[0]
	switch {
	case '0' <= c && c <= '7':
		return octalEscape(units, s, wide)
	case c == 'x':
		return hexEscape(units, s[1:], wide)
	case c == 'u':
		return codeEscape(units, s[1:], 4, wide)
	case c == 'U':
		return codeEscape(units, s[1:], 8, wide)
	}
	if u, ok := simpleEscape(c); ok {
		return append(units, u), s[1:], ""
	}
	return units, s, fmt.Sprintf("unknown escape sequence '\\%c'", c)
}

func simpleEscape(c byte) (uint32, bool) {
	switch c {
	case '\'', '"', '?', '\\':
		return uint32(c), true
	case 'a':
		return 7, true
	case 'b':
		return 8, true
	case 'e', 'E':
		return 27, true
	case 'f':
		return 12, true
	case 'n':
		return 10, true
	case 'r':
		return 13, true
	case 't':
		return 9, true
	case 'v':
		return 11, true
	case '(', '{', '[', '%': // gcc takes these for themselves
		return uint32(c), true
	}
	return 0, false
}

func octalEscape(units []uint32, s string, wide bool) ([]uint32, string, string) {
	n, i := uint32(0), 0
	for i < 3 && i < len(s) && '0' <= s[i] && s[i] <= '7' {
		n = n<<3 | uint32(s[i]-'0')
		i++
	}
	if n > 0xff && !wide {
		return units, s, "octal escape sequence out of range"
	}
	return append(units, n), s[i:], ""
}

func hexEscape(units []uint32, s string, wide bool) ([]uint32, string, string) {
	n, i := uint64(0), 0
	for i < len(s) && digitValue(s[i]) >= 0 {
		n = n<<4 | uint64(digitValue(s[i]))
		if n > math.MaxUint32 || n > 0xff && !wide {
			return units, s, "hex escape sequence out of range"
		}
		i++
	}
	if i == 0 {
		return units, s, "\\x without hex digits"
	}
	return append(units, uint32(n)), s[i:], ""
}

// codeEscape decodes \u and \U with their fixed number of digits.
func codeEscape(units []uint32, s string, digits int, wide bool) ([]uint32, string, string) {
	n := uint32(0)
	for i := 0; i < digits; i++ {
		if i >= len(s) || digitValue(s[i]) < 0 {
			return units, s, "incomplete universal character name"
		}
		n = n<<4 | uint32(digitValue(s[i]))
	}
	if n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return units, s, "universal character name is no character"
	}
	if wide {
		return append(units, n), s[digits:], ""
	}
	for _, b := range utf8.AppendRune(nil, rune(n)) {
		units = append(units, uint32(b))
	}
	return units, s[digits:], ""
}
