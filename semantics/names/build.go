package names

import (
	"slices"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// builder gathers the definitions of many files.
type builder struct {
	*vocabulary
	defs    []definition
	macros  map[word][]int // function-like ones: indexes in defs
	objects map[word]bool  // macros without parameters
	items   []item         // whose head invokes something
	noret   map[word]bool  // names declared not to return
	seen    map[word]bool  // all words
	marks   []word         // spellings of "does not return"
}

// item is something outside functions that may be made by a macro.
type item struct {
	head, body []cpp.Token
	lx         *cpp.Lexed
	own        map[word][]int // macros that its file defines: indexes in defs
}

func newBuilder(names *cpp.Names) *builder {
	b := &builder{
		vocabulary: newVocabulary(names), macros: make(map[word][]int),
		noret: make(map[word]bool), objects: make(map[word]bool), seen: make(map[word]bool),
	}
	for _, s := range []string{"__COUNTER__", "__LINE__", "__FILE__", "__func__", "__INCLUDE_LEVEL__"} {
		b.objects[names.Intern([]byte(s))] = true
	}
	for _, s := range []string{"__noreturn", "noreturn", "__noreturn__", "_Noreturn"} {
		b.marks = append(b.marks, names.Intern([]byte(s)))
	}
	return b
}

// isHelperFile reports whether definitions in a file are helpers: those of an
// architecture, and the fallbacks that architectures inherit.
func isHelperFile(path string) bool {
	return strings.HasPrefix(path, "arch/") || strings.HasPrefix(path, "include/asm-generic/")
}

// add reads one file.
func (b *builder) add(lx *cpp.Lexed) {
	helper := isHelperFile(lx.File.Path)
	for _, t := range lx.Tokens {
		if t.Kind == cpp.Ident {
			b.seen[t.Sym] = true
		}
	}
	own := make(map[word][]int)
	for _, d := range lx.Defines() {
		if d.Undef || b.traps[d.Name] || b.others[d.Name] {
			continue
		}
		def := b.macro(d.Macro)
		def.helper, def.path, def.pos = helper, lx.File.Path, d.Pos
		if def.function {
			own[def.name] = append(own[def.name], len(b.defs))
		}
		if def.function {
			b.macros[def.name] = append(b.macros[def.name], len(b.defs))
		} else {
			b.objects[def.name] = true
		}
		b.defs = append(b.defs, def)
	}
	b.scan(lx.Code(), atLineStart(lx), func(head, body []cpp.Token) {
		if b.item(head, body, helper) {
			b.items = append(b.items, item{head, body, lx, own})
		}
	})
}

// atLineStart returns a test for tokens in the first column.
func atLineStart(lx *cpp.Lexed) func(cpp.Token) bool {
	return func(t cpp.Token) bool {
		off := lx.File.Offset(t.Pos)
		return off == 0 || lx.File.Content[off-1] == '\n'
	}
}

// scan cuts code into what stands outside braces and the braces behind it, nil
// where a semicolon ends it. What conditionals leave unbalanced ends at a
// closing brace in the first column.
func (b *builder) scan(code []cpp.Token, first func(cpp.Token) bool, found func(head, body []cpp.Token)) {
	depth, start, open := 0, 0, -1
	for i, t := range code {
		if t.Kind != cpp.Punct {
			continue
		}
		switch t.Sym {
		case cpp.LBrace:
			if depth == 0 && open < 0 {
				open = i
			}
			depth++
		case cpp.RBrace:
			if depth--; depth < 0 || first != nil && first(t) {
				depth = 0
			}
			if depth == 0 && open >= 0 {
				found(code[start:open], code[open:i+1])
				start, open = i+1, -1
			}
		case cpp.Semi:
			if depth == 0 {
				found(code[start:i], nil)
				start = i + 1
			}
		}
	}
	if start < len(code) {
		if open >= 0 {
			found(code[start:open], code[open:])
		} else {
			found(code[start:], nil)
		}
	}
}

// item records what one piece of code outside functions defines. It reports
// whether there is something like the use of a macro in it.
func (b *builder) item(head, body []cpp.Token, helper bool) bool {
	invokes := false
	for i, t := range head {
		if t.Kind != cpp.Ident {
			continue
		}
		if i+1 < len(head) && isName(t) && isPunct(head[i+1], cpp.LParen) {
			invokes = true
		}
		for _, m := range b.marks {
			if t.Sym == m {
				b.neverReturns(head)
			}
		}
	}
	if isStatement(head) && len(b.defs) > 0 && b.defs[len(b.defs)-1].body != nil && !b.defs[len(b.defs)-1].macro {
		// Conditionals left the braces of a function unbalanced.
		b.defs[len(b.defs)-1].extend(b.vocabulary, head, body)
		return false
	}
	if !invokes || body == nil {
		return invokes
	}
	for _, name := range b.heads(head) {
		d := definition{name: name, function: true, helper: helper, body: body}
		d.collect(b.vocabulary, body)
		b.defs = append(b.defs, d)
	}
	return true
}

// isStatement reports whether code outside braces belongs into some.
func isStatement(head []cpp.Token) bool {
	for _, t := range head {
		switch t.Sym {
		case cpp.KwIf, cpp.KwElse, cpp.KwFor, cpp.KwWhile, cpp.KwDo, cpp.KwSwitch, cpp.KwCase, cpp.KwReturn, cpp.KwGoto, cpp.KwBreak, cpp.KwContinue:
			return true
		}
	}
	return false
}

// heads returns the names that what stands before a body can define: those
// with parentheses that are in no others, if there are such. Annotations are
// left out.
func (b *builder) heads(head []cpp.Token) []word {
	var outer, inner []word
	depth := 0
	for i, t := range head {
		switch {
		case isPunct(t, cpp.LParen):
			if i == 0 || !isName(head[i-1]) || b.annotations[head[i-1].Sym] {
				break
			}
			if depth == 0 {
				outer = append(outer, head[i-1].Sym)
			} else {
				inner = append(inner, head[i-1].Sym)
			}
		case isPunct(t, cpp.Assign) && depth == 0:
			return nil // of a variable
		}
		if isPunct(t, cpp.LParen) {
			depth++
		} else if isPunct(t, cpp.RParen) {
			depth--
		}
	}
	if len(outer) > 0 {
		return outer
	}
	return inner
}

// neverReturns notes every name of a declaration that could be the function's.
func (b *builder) neverReturns(head []cpp.Token) {
	for i := range head {
		if i+1 < len(head) && isName(head[i]) && isPunct(head[i+1], cpp.LParen) {
			b.noret[head[i].Sym] = true
		}
	}
}

// Bounds of the expansion of one piece of code.
const (
	maxExpanded = 50000 // tokens
	maxNesting  = 24
)

// expandItems records what macros make of code outside functions. made reports
// whether a macro can make something worth looking at.
func (b *builder) expandItems(made func(word) bool) (failed []item) {
	for _, it := range b.items {
		worth := false
		for i := range it.head {
			worth = worth || i+1 < len(it.head) && isName(it.head[i]) && isPunct(it.head[i+1], cpp.LParen) && made(it.head[i].Sym)
		}
		if !worth {
			continue
		}
		x := &expander{b: b, made: made, at: &it, helper: isHelperFile(it.lx.File.Path)}
		code := x.expand(it.head, 0)
		if x.failed {
			failed = append(failed, it)
			continue
		}
		code = append(code, it.body...)
		b.scan(code, nil, func(head, body []cpp.Token) { b.item(head, body, x.helper) })
	}
	return failed
}

// expander replaces macros by all of their definitions, one behind the other.
type expander struct {
	b      *builder
	made   func(word) bool
	at     *item
	size   int
	active []word
	line   int  // of what is being expanded
	helper bool // a definition stands in a helper file
	failed bool
}

func (x *expander) expand(toks []cpp.Token, depth int) []cpp.Token {
	var out []cpp.Token
	for i := 0; i < len(toks); i++ {
		t := toks[i]
		if i+1 >= len(toks) || !isName(t) || !isPunct(toks[i+1], cpp.LParen) || len(x.b.macros[t.Sym]) == 0 || !x.made(t.Sym) || x.isActive(t.Sym) {
			out = append(out, t)
			continue
		}
		args := arguments(toks[i+1:])
		end := closing(toks, i+1)
		if depth == 0 {
			x.line = x.at.lx.File.Line(x.at.lx.File.Offset(t.Pos))
		}
		for _, n := range x.meant(t.Sym) {
			d := &x.b.defs[n]
			x.helper = x.helper || d.helper
			out = append(out, x.replace(d, args, depth)...)
		}
		i = end
		if x.size > maxExpanded || depth > maxNesting {
			x.failed = true
			return out
		}
	}
	return out
}

// meant returns the definitions that a macro can have where the item stands:
// those of its own file if one of them is in force there for certain.
func (x *expander) meant(w word) []int {
	own := x.at.own[w]
	if len(own) == 0 {
		return x.near(w)
	}
	lx := x.at.lx
	line := x.line
	groups, certain := lx.Conditionals(), false
	in := make(map[int]bool) // groups with a definition
	var force []source.Pos   // definitions that no #undef takes back
	for _, d := range lx.Defines() {
		if d.Name != w || lx.File.Line(lx.File.Offset(d.Pos)) > line {
			continue
		}
		if d.Undef {
			certain = false
			clear(in)
			force = force[:0]
			continue
		}
		in[d.Group] = true
		force = append(force, d.Pos)
		certain = certain || isAround(groups, d.Group, line) || inEveryBranch(groups, in, d.Group, line)
	}
	if certain {
		return slices.DeleteFunc(slices.Clone(own), func(i int) bool { return !slices.Contains(force, x.b.defs[i].pos) })
	}
	return x.near(w)
}

// isAround reports whether a group, or the file if it is -1, is around a line.
func isAround(groups []cpp.Group, g, line int) bool {
	return g < 0 || groups[g].Line < line && line < groups[g].End
}

// inEveryBranch reports whether all branches of the conditional that a group
// belongs to are in a set, whatever is configured, where the line is.
func inEveryBranch(groups []cpp.Group, in map[int]bool, g, line int) bool {
	if groups[g].Kind != cpp.Else || !isAround(groups, groups[g].Parent, line) {
		return false
	}
	for ; g >= 0; g = groups[g].Prev {
		if !in[g] {
			return false
		}
	}
	return true
}

// near returns the definitions of a macro that files of the item's architecture
// can include.
func (x *expander) near(w word) []int {
	var list []int
	for _, i := range x.b.macros[w] {
		if compatible(x.at.lx.File.Path, x.b.defs[i].path) {
			list = append(list, i)
		}
	}
	return list
}

// compatible reports whether headers of two files can meet in a unit: those of
// two architectures do not, unless one lends the other its own.
func compatible(a, b string) bool {
	x, y := archOf(a), archOf(b)
	return x == "" || y == "" || x == y
}

// archOf returns the architecture whose headers a path is one of, "" for none.
// um is x86 underneath, and arm64 borrows from arm.
func archOf(path string) string {
	rest, ok := strings.CutPrefix(path, "arch/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	switch name {
	case "um":
		return "x86"
	case "arm64":
		return "arm"
	}
	return name
}

func (x *expander) isActive(w word) bool {
	for _, a := range x.active {
		if a == w {
			return true
		}
	}
	return false
}

// closing returns the index of the parenthesis that closes the one at open.
func closing(toks []cpp.Token, open int) int {
	depth := 0
	for i := open; i < len(toks); i++ {
		if isPunct(toks[i], cpp.LParen) {
			depth++
		} else if isPunct(toks[i], cpp.RParen) {
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(toks) - 1
}

// replace returns the replacement of one definition, expanded again.
func (x *expander) replace(d *definition, args [][]cpp.Token, depth int) []cpp.Token {
	param := make(map[word][]cpp.Token, len(d.params))
	for i, p := range d.params {
		switch {
		case i < len(args) && i == len(d.params)-1 && p == x.b.vaArgs:
			for k, a := range args[i:] {
				if k > 0 {
					param[p] = append(param[p], cpp.Token{Kind: cpp.Punct, Sym: cpp.Comma})
				}
				param[p] = append(param[p], a...)
			}
		case i < len(args):
			param[p] = args[i]
		default:
			param[p] = nil
		}
	}
	var out []cpp.Token
	for i := 0; i < len(d.body); i++ {
		t := d.body[i]
		if isPunct(t, cpp.HashHash) && i > 0 && i+1 < len(d.body) {
			next := []cpp.Token{d.body[i+1]}
			if a, ok := param[d.body[i+1].Sym]; ok {
				next = a
			}
			out = x.join(out, next)
			i++
			continue
		}
		if a, ok := param[t.Sym]; ok && t.Kind == cpp.Ident {
			out = append(out, a...)
			continue
		}
		out = append(out, t)
	}
	x.size += len(out)
	if x.size > maxExpanded {
		x.failed = true
		return nil
	}
	x.active = append(x.active, d.name)
	out = x.expand(out, depth+1)
	x.active = x.active[:len(x.active)-1]
	return out
}

// join glues the first of next to the last of out.
func (x *expander) join(out, next []cpp.Token) []cpp.Token {
	if len(next) == 0 {
		return out
	}
	if len(out) == 0 || isPunct(out[len(out)-1], cpp.Comma) {
		return append(out, next...)
	}
	last := &out[len(out)-1]
	text := x.b.names.String(last.Sym) + x.b.names.String(next[0].Sym)
	out = append(out[:len(out)-1:len(out)-1], cpp.Token{Kind: cpp.Ident, Sym: x.b.names.Intern([]byte(text)), Pos: last.Pos})
	return append(out, next[1:]...)
}
