package names

import (
	"slices"

	"ptreview/parse/cpp"
)

// users returns for each word the definitions that mention it.
func (b *builder) users() map[word][]int {
	users := make(map[word][]int)
	for i := range b.defs {
		for _, w := range b.defs[i].words {
			users[w] = append(users[w], i)
		}
	}
	return users
}

// spreads calls reached for every definition that mentions a name of set,
// through definitions that reached accepts, and adds their names to set.
func (b *builder) spread(set map[word]bool, users map[word][]int, accepts func(*definition) bool) {
	queue := make([]word, 0, len(set))
	for w := range set {
		queue = append(queue, w)
	}
	for len(queue) > 0 {
		w := queue[0]
		queue = queue[1:]
		for _, i := range users[w] {
			if d := &b.defs[i]; !set[d.name] && accepts(d) {
				set[d.name] = true
				queue = append(queue, d.name)
			}
		}
	}
}

func isMacro(d *definition) bool { return d.macro }
func anything(*definition) bool  { return true }

// trapping returns the names that can lead to a trap of a helper.
func (b *builder) trapping(users map[word][]int, glue []gluing) map[word]bool {
	byMacro := make(map[word]bool)
	for i := range b.defs {
		if d := &b.defs[i]; d.macro && d.traps {
			byMacro[d.name] = true
		}
	}
	b.spread(byMacro, users, isMacro)
	set := make(map[word]bool)
	for i := range b.defs {
		d := &b.defs[i]
		if !d.helper {
			continue
		}
		hit := d.traps
		for _, w := range d.words {
			hit = hit || byMacro[w]
		}
		if hit {
			set[d.name] = true
		}
	}
	told := make(map[word]bool)
	for {
		b.spread(set, users, anything)
		before := len(set)
		var fresh []string
		for w := range set {
			if !told[w] {
				told[w] = true
				fresh = append(fresh, b.names.String(w))
			}
		}
		for _, g := range glue {
			if !set[g.name] && g.makes(fresh) {
				set[g.name] = true
			}
		}
		if len(set) == before {
			return set
		}
	}
}

func (g *gluing) makes(names []string) bool {
	for _, n := range names {
		if g.matches(n) {
			return true
		}
	}
	return false
}

// jumping returns the macros that can end a statement early.
func (b *builder) jumping(users map[word][]int) map[word]bool {
	set := make(map[word]bool)
	for i := range b.defs {
		d := &b.defs[i]
		if d.macro && (d.jumps || slices.ContainsFunc(d.words, func(w word) bool { return b.noret[w] })) {
			set[d.name] = true
		}
	}
	b.spread(set, users, isMacro)
	return set
}

// declaring returns the macros that may declare one of their arguments, by
// themselves or by handing it on.
func (b *builder) declaring(users map[word][]int) map[word]bool {
	set := make(map[word]bool)
	var queue []word
	for i := range b.defs {
		if d := &b.defs[i]; d.declares && !set[d.name] {
			set[d.name] = true
			queue = append(queue, d.name)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, i := range users[queue[0]] {
			if d := &b.defs[i]; d.macro && !set[d.name] && d.handsOn(queue[0]) {
				set[d.name] = true
				queue = append(queue, d.name)
			}
		}
	}
	return set
}

// handsOn reports whether a macro invokes another one with a parameter of its
// own somewhere in the arguments.
func (d *definition) handsOn(callee word) bool {
	for _, inv := range invocations(d.body, func(w word) bool { return w == callee }) {
		for _, arg := range inv.args {
			if slices.ContainsFunc(arg, func(t cpp.Token) bool { return t.Kind == cpp.Ident && slices.Contains(d.params, t.Sym) }) {
				return true
			}
		}
	}
	return false
}

// shaping returns the macros that can make a function: in what they stand for
// a brace follows parentheses that no statement has.
func (b *builder) shaping(users map[word][]int) map[word]bool {
	set := make(map[word]bool)
	for i := range b.defs {
		if d := &b.defs[i]; d.macro && d.function && shapesFunction(d.body) {
			set[d.name] = true
		}
	}
	b.spread(set, users, isMacro)
	return set
}

func shapesFunction(body []cpp.Token) bool {
	var open []int
	depth, closed := 0, -1 // the name whose parentheses were closed last
	for i, t := range body {
		if t.Kind != cpp.Punct {
			continue
		}
		switch t.Sym {
		case cpp.LParen:
			open = append(open, i)
		case cpp.RParen:
			if n := len(open); n > 0 {
				closed, open = open[n-1]-1, open[:n-1]
			}
		case cpp.Semi:
			if depth == 0 {
				closed = -1
			}
		case cpp.LBrace:
			if depth == 0 && len(open) == 0 && closed >= 0 && isName(body[closed]) {
				return true
			}
			depth++
		case cpp.RBrace:
			depth, closed = depth-1, -1
		}
	}
	return false
}
