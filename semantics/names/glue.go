package names

import (
	"fmt"
	"slices"

	"ptreview/parse/cpp"
)

// maxPatterns bounds the names that one macro puts together. One that has more
// may make any.
const maxPatterns = 200

// glueing passes the names that macros put together on to those that hand them
// the parts, until nothing changes.
func (b *builder) glueing(users map[word][]int) {
	pending := make(map[word]bool)
	for i := range b.defs {
		if d := &b.defs[i]; d.macro && slices.ContainsFunc(d.pastes, pattern.open) {
			pending[d.name] = true
		}
	}
	seen := make(map[int]map[string]bool)
	for len(pending) > 0 {
		next := make(map[word]bool)
		todo := make(map[int]bool)
		for w := range pending {
			for _, i := range users[w] {
				todo[i] = true
			}
		}
		for i := range todo {
			d := &b.defs[i]
			if seen[i] == nil {
				seen[i] = make(map[string]bool)
			}
			if b.glueCalls(d, seen[i]) && d.macro {
				next[d.name] = true
			}
		}
		pending = next
	}
}

// glueCalls adds the patterns that the invocations of a definition make. It
// reports whether one of them depends on its parameters.
func (b *builder) glueCalls(d *definition, seen map[string]bool) bool {
	grown := false
	calls := invocations(d.body, func(w word) bool { return len(b.macros[w]) > 0 })
	for _, inv := range calls {
		for _, i := range b.macros[inv.callee] {
			m := &b.defs[i]
			for _, p := range m.pastes {
				if !p.open() {
					continue
				}
				q := b.substitute(d, m, p, inv)
				if key := fmt.Sprint(q); !seen[key] && len(d.pastes) <= maxPatterns {
					seen[key] = true
					if len(d.pastes) == maxPatterns {
						q = pattern{{kind: unknown}}
					}
					d.pastes = append(d.pastes, q)
					grown = grown || q.open()
				}
			}
			if len(calls) == 1 && isWhole(d.body, inv) {
				for _, p := range m.values {
					q := b.substitute(d, m, p, inv)
					if !slices.ContainsFunc(d.values, func(v pattern) bool { return slices.Equal(v, q) }) {
						d.values = append(d.values, q)
						grown = true
					}
				}
			}
		}
	}
	return grown
}

// isWhole reports whether a replacement list is one invocation.
func isWhole(body []cpp.Token, inv invocation) bool {
	return len(body) > 1 && body[0].Sym == inv.callee && closing(body, 1) == len(body)-1
}

// substitute returns a pattern of m with the arguments of its invocation in d.
func (b *builder) substitute(d, m *definition, p pattern, inv invocation) pattern {
	var out pattern
	for _, x := range p {
		if x.kind != parameter {
			out = append(out, x)
			continue
		}
		switch {
		case x.param >= len(inv.args):
			// An argument that is not there is empty.
		case x.param == len(m.params)-1 && len(inv.args) > len(m.params):
			out = append(out, part{kind: unknown})
		default:
			out = append(out, b.argument(d, inv.args[x.param])...)
		}
	}
	return out
}

// argument returns what an argument is as a part of a name.
func (b *builder) argument(d *definition, toks []cpp.Token) pattern {
	if len(toks) == 0 {
		return nil
	}
	if len(toks) == 1 {
		p := b.part(d.params, toks[0])
		if p.kind == literal && b.objects[toks[0].Sym] {
			return pattern{{kind: unknown}} // what it stands for
		}
		return pattern{p}
	}
	if isName(toks[0]) && isPunct(toks[1], cpp.LParen) && closing(toks, 1) == len(toks)-1 {
		inner := invocation{toks[0].Sym, arguments(toks[1:])}
		for _, i := range b.macros[inner.callee] {
			m := &b.defs[i]
			if len(b.macros[inner.callee]) == 1 && len(m.values) == 1 {
				return b.substitute(d, m, m.values[0], inner)
			}
		}
	}
	return pattern{{kind: unknown}}
}

// gluing is a definition that puts names together.
type gluing struct {
	name word
	pattern
}

// gluings lists the names that definitions put together. exact ones become
// words that they mention; what parameters decide is decided by the callers.
func (b *builder) gluings() []gluing {
	var list []gluing
	for i := range b.defs {
		d := &b.defs[i]
		for _, p := range d.pastes {
			if p.open() {
				continue
			}
			if name, ok := p.text(); ok {
				if w := b.names.Find(name); w != 0 {
					d.words = append(d.words, w)
				}
				continue
			}
			list = append(list, gluing{d.name, p})
		}
	}
	return list
}
