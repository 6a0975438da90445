package names

import (
	"strings"

	"ptreview/parse/cpp"
)

// outline is a C file in pieces, in order.
type outline struct {
	lx     *cpp.Lexed
	pieces []piece
	funcs  map[string]int // index in pieces of each function; -1 if there are several
	odd    string         // why the file cannot be cut up reliably, "" if it can
}

type pieceKind uint8

const (
	directive pieceKind = iota
	function
	declaration
)

// piece is a directive, a function, or anything else outside functions.
type piece struct {
	kind       pieceKind
	key        string // equal pieces of two versions have the same; bodies do not count
	name       string // of functions
	plain      bool   // a function without a directive inside
	group      int    // the innermost conditional group around a function, or -1
	head, body []cpp.Token
	words      map[word]bool // of declarations and directives: what may be declared there
}

// isDeclaring reports whether a piece may declare a word or give it a meaning.
func (p *piece) isDeclaring(w word, name string) bool {
	return p.words[w] || p.kind == function && p.name == name
}

// newOutline cuts a file.
func (v *vocabulary) newOutline(b *builder, lx *cpp.Lexed) *outline {
	o := &outline{lx: lx, funcs: make(map[string]int)}
	type at struct {
		off int
		piece
	}
	var list []at
	offset := func(t cpp.Token) int { return lx.File.Offset(t.Pos) }
	b.scan(lx.Code(), atLineStart(lx), func(head, body []cpp.Token) {
		if len(head) == 0 && len(body) == 0 || len(head) == 1 && head[0].Kind == cpp.EOF {
			return
		}
		first := append(head[:len(head):len(head)], body...)[0]
		list = append(list, at{offset(first), v.piece(b, o, head, body)})
	})
	for _, d := range lx.Defines() {
		p := piece{kind: directive, key: "#define " + v.names.String(d.Name), words: map[word]bool{d.Name: true}}
		if !d.Undef {
			p.key += " " + v.text(d.Macro.Body)
			for _, x := range d.Macro.Params {
				p.key += " " + v.names.String(x)
			}
		}
		list = append(list, at{lx.File.Offset(d.Pos), p})
	}
	for _, in := range lx.Includes() {
		list = append(list, at{lx.File.Offset(in.Pos), piece{kind: directive, key: "#include " + v.text(in.Name)}})
	}
	for _, g := range lx.Conditionals() {
		p := piece{kind: directive, key: "#if " + string(rune('0'+int(g.Kind))) + v.text(g.Cond)}
		list = append(list, at{lx.File.Offset(g.Pos), p}, at{lx.File.Offset(lx.File.LineStart(g.End)), piece{kind: directive, key: "#endif"}})
	}
	sortStable(list, func(a, b at) bool { return a.off < b.off })
	for _, l := range list {
		if l.kind == function {
			if _, ok := o.funcs[l.name]; ok {
				o.funcs[l.name] = -1
			} else {
				o.funcs[l.name] = len(o.pieces)
			}
		}
		o.pieces = append(o.pieces, l.piece)
	}
	return o
}

func (v *vocabulary) text(toks []cpp.Token) string {
	var b strings.Builder
	for _, t := range toks {
		b.WriteString(v.names.String(t.Sym))
		b.WriteByte(' ')
	}
	return b.String()
}

// piece makes a piece of what stands outside braces and the braces behind it.
func (v *vocabulary) piece(b *builder, o *outline, head, body []cpp.Token) piece {
	if isStatement(head) && body != nil {
		o.odd = "conditionals leave the braces of a function unbalanced"
	}
	names := b.heads(head)
	if body == nil || len(names) == 0 || isAggregate(head) {
		return piece{kind: declaration, key: v.text(head) + v.text(body), head: head, body: body, words: v.declared(head, body)}
	}
	p := piece{kind: function, head: head, body: body, name: v.names.String(names[0])}
	p.key = "function " + p.name
	p.plain = len(names) == 1 && o.isPlain(head[0], body[len(body)-1])
	p.group = o.groupAt(head[0])
	if len(names) > 1 {
		p.words = make(map[word]bool)
		for _, t := range head {
			p.words[t.Sym] = true
		}
	}
	return p
}

// isAggregate reports whether the braces behind a head are of struct, union or
// enum, or an initializer.
func isAggregate(head []cpp.Token) bool {
	depth := 0
	for _, t := range head {
		switch {
		case isPunct(t, cpp.LParen):
			depth++
		case isPunct(t, cpp.RParen):
			depth--
		case isPunct(t, cpp.Assign) && depth == 0:
			return true
		}
	}
	return false
}

// isPlain reports whether no directive stands between two tokens.
func (o *outline) isPlain(first, last cpp.Token) bool {
	f := o.lx.File
	from, to := f.Line(f.Offset(first.Pos)), f.Line(f.Offset(last.Pos))
	inside := func(line int) bool { return from <= line && line <= to }
	for _, g := range o.lx.Conditionals() {
		if inside(g.Line) || inside(g.End) {
			return false
		}
	}
	for _, d := range o.lx.Defines() {
		if inside(f.Line(f.Offset(d.Pos))) {
			return false
		}
	}
	for _, in := range o.lx.Includes() {
		if inside(f.Line(f.Offset(in.Pos))) {
			return false
		}
	}
	return true
}

// groupAt returns the innermost conditional group around a token, or -1.
func (o *outline) groupAt(t cpp.Token) int {
	line, best := o.lx.File.Line(o.lx.File.Offset(t.Pos)), -1
	groups := o.lx.Conditionals()
	for i, g := range groups {
		if g.Line < line && line < g.End && (best < 0 || g.Line > groups[best].Line) {
			best = i
		}
	}
	return best
}

// within reports whether what stands in one conditional group is compiled only
// where the other is.
func (o *outline) within(inner, outer int) bool {
	groups := o.lx.Conditionals()
	for ; inner >= 0 && inner != outer; inner = groups[inner].Parent {
	}
	return inner == outer
}

// declared returns the words that a piece outside functions may declare: all
// but those that stand as types or in initializers.
func (v *vocabulary) declared(head, body []cpp.Token) map[word]bool {
	words := make(map[word]bool)
	all := head
	isEnum := false
	for _, t := range append(head[:len(head):len(head)], body...) {
		isEnum = isEnum || t.Kind == cpp.Ident && t.Sym == cpp.KwEnum
	}
	if isEnum {
		all = append(head[:len(head):len(head)], body...)
	}
	depth := 0
	for i, t := range all {
		switch {
		case isPunct(t, cpp.LParen):
			depth++
		case isPunct(t, cpp.RParen):
			depth--
		case isPunct(t, cpp.Assign) && depth == 0 && !isEnum:
			return words
		}
		if isName(t) && !isTypeUse(all, i) {
			words[t.Sym] = true
		}
	}
	return words
}

// isTypeUse reports whether a name outside functions can only be a type's:
// something that is declared follows it, and no type stands before it.
func isTypeUse(toks []cpp.Token, i int) bool {
	if i+1 >= len(toks) || !(toks[i+1].Kind == cpp.Ident || isPunct(toks[i+1], cpp.Star)) {
		return false
	}
	if i == 0 {
		return true
	}
	switch prev := toks[i-1]; {
	case prev.Kind == cpp.Ident:
		switch prev.Sym {
		case cpp.KwStatic, cpp.KwConst, cpp.KwExtern, cpp.KwInline, cpp.KwVolatile, cpp.KwStruct, cpp.KwUnion:
			return true
		}
		return false
	default:
		return isPunct(prev, cpp.LParen) || isPunct(prev, cpp.Comma)
	}
}
