package contract

import (
	"ptreview/parse/cpp"
	"ptreview/semantics/unit"
)

// maxUses bounds the definitions that are looked into for one law.
const maxUses = 1000

// Uses returns the names that a law depends on in a unit: those in its text,
// and those in the definitions of the functions and macros that it comes to.
func (l Law) Uses(u *unit.Unit) map[string]bool {
	w := &uses{u: u, seen: make(map[string]bool)}
	for _, word := range identifiers(l.Holds) {
		if word == l.Level+"_MKWRITE" {
			w.add(l.Level + "_mkwrite")
			word = l.Level + "_mkwrite_novma"
		}
		w.add(word)
	}
	for len(w.queue) > 0 && len(w.seen) < maxUses {
		name := w.queue[0]
		w.queue = w.queue[1:]
		w.follow(name)
	}
	return w.seen
}

// uses is a search through definitions.
type uses struct {
	u     *unit.Unit
	seen  map[string]bool
	queue []string
}

func (w *uses) add(name string) {
	if !w.seen[name] {
		w.seen[name] = true
		w.queue = append(w.queue, name)
	}
}

func (w *uses) follow(name string) {
	c := w.u.Cpp
	if m := c.Macro(name); m != nil {
		for _, t := range m.Body {
			if t.Kind == cpp.Ident {
				w.add(c.Names.String(t.Sym))
			}
		}
	}
	def := w.u.File.Func(name)
	if def == nil {
		return
	}
	last := cpp.ExpID(0)
	for i := def.Open; i < def.Close; i++ {
		t := &c.Tokens[i]
		if t.Kind == cpp.Ident {
			w.add(c.Names.String(t.Sym))
		}
		if t.Exp == last {
			continue
		}
		last = t.Exp
		for e := t.Exp; e != 0; e = c.Expansions[e].Parent {
			w.add(c.Expansions[e].Macro.Name)
		}
	}
}

// identifiers returns the words of C text that can be names.
func identifiers(text string) []string {
	var list []string
	start := -1
	for i := 0; i <= len(text); i++ {
		word := i < len(text) && (text[i] == '_' || text[i] >= 'a' && text[i] <= 'z' || text[i] >= 'A' && text[i] <= 'Z' || start >= 0 && text[i] >= '0' && text[i] <= '9')
		switch {
		case word && start < 0:
			start = i
		case !word && start >= 0:
			list = append(list, text[start:i])
			start = -1
		}
	}
	return list
}
