package names

import (
	"ptreview/parse/cpp"
)

// edit is how a function changed.
type edit struct {
	// whole: more than straight lines of code changed, so that everything in
	// the function may be guarded by something else now.
	whole   bool
	calls   []word        // names that may be called anew
	uses    map[int]bool  // tokens that are new
	removed map[word]bool // names that lost a use, or a declaration
}

// edit compares two versions of a function; was may be nil.
func (c *comparison) edit(was, now *piece, changed map[string]bool) edit {
	d := edit{whole: true}
	if was == nil || !sameTokens(was.head, now.head) {
		return d
	}
	gone, come, ok := diff(keysOf(was.body), keysOf(now.body))
	if !ok {
		return d
	}
	for _, t := range now.body {
		if isName(t) && changed[c.name(t.Sym)] && c.name(t.Sym) != now.name {
			return d // what it returns may be a constant now, or not any more
		}
	}
	d.uses, d.removed = make(map[int]bool), make(map[word]bool)
	for _, i := range come {
		d.uses[i] = true
	}
	for _, i := range gone {
		if isName(was.body[i]) {
			d.removed[was.body[i].Sym] = true
		}
	}
	calls := make(map[word]bool)
	if !c.isStraight(was.body, gone, calls) || !c.isStraight(now.body, come, calls) {
		return edit{whole: true}
	}
	for _, i := range come {
		if c.callable(now.body, i) {
			calls[now.body[i].Sym] = true
		}
	}
	for w := range calls {
		d.calls = append(d.calls, w)
	}
	d.whole = false
	sortStable(d.calls, func(a, b word) bool { return c.name(a) < c.name(b) })
	return d
}

func keysOf(toks []cpp.Token) []cpp.Sym {
	list := make([]cpp.Sym, len(toks))
	for i, t := range toks {
		list[i] = t.Sym
	}
	return list
}

// isStraight reports whether the tokens at the indexes in list, ascending, are
// in statements that steer nothing, and whole ones where there is a semicolon.
// Macros in whose arguments they stand are added to calls.
func (c *comparison) isStraight(toks []cpp.Token, list []int, calls map[word]bool) bool {
	for n := 0; n < len(list); {
		first := n
		for n+1 < len(list) && list[n+1] == list[n]+1 {
			n++
		}
		n++
		if !c.isStraightRun(toks, list[first], list[n-1], calls) {
			return false
		}
	}
	return true
}

func (c *comparison) isStraightRun(toks []cpp.Token, from, to int, calls map[word]bool) bool {
	whole := false
	for i := from; i <= to; i++ {
		whole = whole || isPunct(toks[i], cpp.Semi)
	}
	if whole && (from == 0 || !isBoundary(toks[from-1]) || !isPunct(toks[to], cpp.Semi)) {
		return false
	}
	start, end := from, to
	for start > 0 && !isBoundary(toks[start-1]) {
		start--
	}
	for end < len(toks) && !isBoundary(toks[end]) {
		end++
	}
	if end < len(toks) && isPunct(toks[end], cpp.LBrace) && (end == 0 || !isPunct(toks[end-1], cpp.Assign)) {
		return false // what stands before braces steers them
	}
	for i := start; i < min(end+1, len(toks)); i++ {
		if i+1 < len(toks) && isName(toks[i]) && isPunct(toks[i+1], cpp.LParen) {
			if k := closing(toks, i+1) + 1; k < len(toks) && toks[k].Kind == cpp.Ident {
				return false // a macro that steers a statement
			}
		}
		switch t := toks[i]; {
		case t.Kind == cpp.Ident && steers(t.Sym) && (t.Sym != cpp.KwReturn || i >= from && i <= to):
			return false
		case isPunct(t, cpp.Question), isPunct(t, cpp.AndAnd), isPunct(t, cpp.OrOr), isPunct(t, cpp.Colon):
			return false
		case i >= from && i <= to && (isPunct(t, cpp.LBrace) || isPunct(t, cpp.RBrace)):
			return false
		case isName(t) && c.is(t.Sym, jumps|noReturn):
			return false
		case isName(t) && c.is(t.Sym, functions|objects):
			calls[t.Sym] = true
		}
	}
	return true
}

// isBoundary reports whether a statement ends with a token, or begins behind it.
func isBoundary(t cpp.Token) bool {
	return isPunct(t, cpp.Semi) || isPunct(t, cpp.LBrace) || isPunct(t, cpp.RBrace)
}

func steers(s cpp.Sym) bool {
	switch s {
	case cpp.KwIf, cpp.KwElse, cpp.KwFor, cpp.KwWhile, cpp.KwDo, cpp.KwSwitch, cpp.KwCase, cpp.KwDefault,
		cpp.KwGoto, cpp.KwBreak, cpp.KwContinue, cpp.KwReturn:
		return true
	}
	return false
}

// maxDiff bounds the product of what is left of two lists when their equal ends
// are cut off.
const maxDiff = 4 << 20

// diff returns the indexes of a that b has not and the other way round, by a
// longest common subsequence; false if that takes too long.
func diff[T comparable](a, b []T) (gone, come []int, ok bool) {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	x, y := a[head:len(a)-tail], b[head:len(b)-tail]
	if len(x)*len(y) > maxDiff {
		return nil, nil, false
	}
	width := len(y) + 1
	best := make([]int32, (len(x)+1)*width)
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				best[i*width+j] = best[(i+1)*width+j+1] + 1
			} else {
				best[i*width+j] = max(best[(i+1)*width+j], best[i*width+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(x) || j < len(y) {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			i, j = i+1, j+1
		case j == len(y) || i < len(x) && best[(i+1)*width+j] >= best[i*width+j+1]:
			gone = append(gone, head+i)
			i++
		default:
			come = append(come, head+j)
			j++
		}
	}
	return gone, come, true
}
