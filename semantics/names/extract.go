package names

import (
	"slices"
	"strings"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// word numbers a spelling within a builder.
type word = cpp.Sym

// definition is a macro or function of a header, as far as names go.
type definition struct {
	name     word
	path     string     // of macros
	pos      source.Pos // of macros
	macro    bool
	function bool // function-like, or a function
	helper   bool // stands in a file whose definitions are an architecture's helpers
	traps    bool // mentions a trap
	jumps    bool // mentions what can end a statement early
	declares bool // a parameter may become the name of a variable
	words    []word
	params   []word
	body     []cpp.Token
	pastes   []pattern
	values   []pattern // what the macro is as a whole, if that is one name put together
}

// pattern is a name put together by ##, as its parts in order.
type pattern []part

// part is literal text, a parameter of the macro that has the pattern, or
// anything at all.
type part struct {
	kind  partKind
	text  string
	param int
}

type partKind uint8

const (
	literal partKind = iota
	parameter
	unknown
)

// invocation is a name with arguments.
type invocation struct {
	callee word
	args   [][]cpp.Token
}

// vocabulary tells the words that extraction treats apart.
type vocabulary struct {
	names  *cpp.Names
	traps  map[word]bool // of the kinds that rules look for
	others map[word]bool // other traps
	jumps  map[word]bool
	// annotations have parentheses and are no functions.
	annotations map[word]bool
	vaArgs      word
}

// annotationWords stand with parentheses before the body of a function without
// being its name.
var annotationWords = [...]string{
	"__printf", "__scanf", "__section", "__aligned", "__alloc_size", "__acquires", "__releases", "__must_hold",
	"__cond_acquires", "__no_sanitize", "__nonnull", "__attribute__", "__attribute", "__alias", "__assume_aligned",
	"__releases_shared", "__acquires_shared", "__diag_ignore_all", "__diag_ignore", "__diag_push",
}

// jumpWords end a statement early, so that what follows is guarded by
// something else. Names of traps do too.
var jumpWords = [...]string{"return", "goto", "break", "continue", "__builtin_unreachable", "__builtin_trap"}

func newVocabulary(names *cpp.Names) *vocabulary {
	v := &vocabulary{
		names: names, traps: make(map[word]bool), others: make(map[word]bool), jumps: make(map[word]bool),
		annotations: make(map[word]bool),
		vaArgs:      names.Intern([]byte("__VA_ARGS__")),
	}
	for _, t := range arch.Traps() {
		s := names.Intern([]byte(t.Name))
		switch t.Kind {
		case arch.TrapBug, arch.TrapPanic, arch.TrapWarn:
			v.traps[s] = true
		default:
			v.others[s] = true
		}
		if t.Kind != arch.TrapWarn && t.Kind != arch.TrapBuild {
			v.jumps[s] = true
		}
	}
	for _, w := range annotationWords {
		v.annotations[names.Intern([]byte(w))] = true
	}
	for _, w := range jumpWords {
		v.jumps[names.Intern([]byte(w))] = true
	}
	return v
}

// isName reports whether a token is a name rather than a keyword.
func isName(t cpp.Token) bool { return t.Kind == cpp.Ident && !cpp.Keyword(t.Sym) }

func isPunct(t cpp.Token, s cpp.Sym) bool { return t.Kind == cpp.Punct && t.Sym == s }

// collect adds what a list of tokens mentions.
func (d *definition) collect(v *vocabulary, toks []cpp.Token) {
	seen := make(map[word]bool, len(toks))
	for _, p := range d.params {
		seen[p] = true
	}
	seen[d.name], seen[v.vaArgs] = true, true
	for _, t := range toks {
		if t.Kind != cpp.Ident {
			continue
		}
		if v.jumps[t.Sym] {
			d.jumps = true
		}
		switch {
		case v.traps[t.Sym]:
			d.traps = true
		case cpp.Keyword(t.Sym) || v.others[t.Sym] || seen[t.Sym]:
		default:
			seen[t.Sym] = true
			d.words = append(d.words, t.Sym)
		}
	}
}

// extend adds code to a function that seemed to end before.
func (d *definition) extend(v *vocabulary, lists ...[]cpp.Token) {
	for _, toks := range lists {
		more := definition{name: d.name}
		more.collect(v, toks)
		d.traps, d.jumps = d.traps || more.traps, d.jumps || more.jumps
		d.words = append(d.words, more.words...)
		d.body = append(d.body[:len(d.body):len(d.body)], toks...)
	}
}

// macro returns what a #define says.
func (v *vocabulary) macro(m *cpp.Macro) definition {
	d := definition{name: m.Sym, macro: true, function: m.Function, params: m.Params, body: m.Body}
	d.collect(v, m.Body)
	d.glue(v)
	for i, t := range m.Body {
		d.declares = d.declares || t.Kind == cpp.Ident && slices.Contains(m.Params, t.Sym) && mayBeDeclared(m.Body, i)
	}
	return d
}

// mayBeDeclared reports whether a declaration of the name at i may be what
// stands there: something like a type is before it.
func mayBeDeclared(toks []cpp.Token, i int) bool {
	k := i - 1
	for k >= 0 && isPunct(toks[k], cpp.Star) {
		k--
	}
	switch {
	case k < 0:
		return false
	case isPunct(toks[k], cpp.RParen):
		return k == i-1 && followsTypeof(toks, k)
	case toks[k].Kind != cpp.Ident:
		return false
	}
	switch toks[k].Sym {
	case cpp.KwReturn, cpp.KwGoto, cpp.KwCase, cpp.KwElse, cpp.KwDo, cpp.KwSizeof, cpp.KwStruct, cpp.KwUnion, cpp.KwEnum:
		return false
	}
	return true
}

// followsTypeof reports whether the parentheses closed at toks[end] have a name
// before them that can make a type of what is inside.
func followsTypeof(toks []cpp.Token, end int) bool {
	depth := 0
	for i := end; i >= 0; i-- {
		if isPunct(toks[i], cpp.RParen) {
			depth++
		} else if isPunct(toks[i], cpp.LParen) {
			if depth--; depth == 0 {
				return i > 0 && toks[i-1].Kind == cpp.Ident && toks[i-1].Sym != cpp.KwIf && toks[i-1].Sym != cpp.KwWhile &&
					toks[i-1].Sym != cpp.KwFor && toks[i-1].Sym != cpp.KwSwitch && toks[i-1].Sym != cpp.KwSizeof
			}
		}
	}
	return true
}

// glue finds what ## puts together. The comma before variable arguments is not
// glued to them.
func (d *definition) glue(v *vocabulary) {
	toks := d.body
	for i := 0; i < len(toks); i++ {
		if !isPunct(toks[i], cpp.HashHash) || i == 0 || i+1 >= len(toks) || isPunct(toks[i-1], cpp.Comma) {
			continue
		}
		end := i + 1 // of the whole chain a ## b ## c
		for end+2 < len(toks) && isPunct(toks[end+1], cpp.HashHash) {
			end += 2
		}
		var p pattern
		for j := i - 1; j <= end; j += 2 {
			p = append(p, v.part(d.params, toks[j]))
		}
		d.pastes = append(d.pastes, p)
		if i == 1 && end == len(toks)-1 {
			d.values = append(d.values, p)
		}
		i = end
	}
}

// part returns what a token is as an operand of ##.
func (v *vocabulary) part(params []word, t cpp.Token) part {
	for i, p := range params {
		if p == t.Sym && t.Kind == cpp.Ident {
			return part{kind: parameter, param: i}
		}
	}
	return part{kind: literal, text: v.names.String(t.Sym)}
}

// invocations returns every name with parentheses behind it that wanted has.
func invocations(toks []cpp.Token, wanted func(word) bool) []invocation {
	var list []invocation
	for i := 0; i+1 < len(toks); i++ {
		if isName(toks[i]) && isPunct(toks[i+1], cpp.LParen) && wanted(toks[i].Sym) {
			list = append(list, invocation{toks[i].Sym, arguments(toks[i+1:])})
		}
	}
	return list
}

// arguments splits what stands in the parentheses at toks[0].
func arguments(toks []cpp.Token) [][]cpp.Token {
	var list [][]cpp.Token
	depth, start := 0, 1
	for i, t := range toks {
		if t.Kind != cpp.Punct {
			continue
		}
		switch t.Sym {
		case cpp.LParen:
			depth++
		case cpp.RParen:
			if depth--; depth == 0 {
				return append(list, toks[start:i])
			}
		case cpp.Comma:
			if depth == 1 {
				list, start = append(list, toks[start:i]), i+1
			}
		}
	}
	return append(list, toks[min(start, len(toks)):]) // never closed: all of it
}

// open reports whether a parameter decides what the pattern is.
func (p pattern) open() bool {
	return slices.ContainsFunc(p, func(x part) bool { return x.kind == parameter })
}

// text returns the name of a pattern that is one whatever is put into it.
func (p pattern) text() (string, bool) {
	var b strings.Builder
	for _, x := range p {
		if x.kind != literal {
			return "", false
		}
		b.WriteString(x.text)
	}
	return b.String(), true
}

// matches reports whether the pattern can be a name.
func (p pattern) matches(name string) bool {
	if len(p) == 0 {
		return name == ""
	}
	if p[0].kind == literal {
		rest, ok := strings.CutPrefix(name, p[0].text)
		return ok && p[1:].matches(rest)
	}
	for i := 0; i <= len(name); i++ {
		if p[1:].matches(name[i:]) {
			return true
		}
	}
	return false
}
