package contract

import (
	"strings"

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
	if l.ofMaking() {
		for _, name := range makers[l.Kinds[0]] {
			w.add(strings.ReplaceAll(name, "$", l.Level))
		}
	}
	for len(w.queue) > 0 && len(w.seen) < maxUses {
		name := w.queue[0]
		w.queue = w.queue[1:]
		w.follow(name)
	}
	return w.seen
}

// makers are what entries of a kind are made with.
var makers = map[Kind][]string{
	Leaf:  {"pfn_$", "$_mkhuge", "vm_get_page_prot", "protection_map"},
	Table: {"$_populate_kernel"},
	Swap:  {"swp_entry_to_$", "swp_entry"},
}

// ofMaking reports whether a law says what an entry is that was only made, so
// that it is a law of what makes it too.
func (l *Law) ofMaking() bool {
	if len(l.Entries) != 1 || len(l.Kinds) != 1 {
		return false
	}
	switch _, what, _ := strings.Cut(l.Helper, "_"); what {
	case "present", "none", "pfn", "protnone", "trans_huge", "leaf":
		return true
	}
	return strings.HasPrefix(l.Helper, "swp_entry_to_")
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
