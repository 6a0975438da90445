package facts

import (
	"slices"
	"strings"

	"ptreview/arch/class"
)

// Switched is a definition whose being in force depends on what differs between
// two configurations. Was and Is are class.Unknown where a macro that is no
// matter of Kconfig decides.
type Switched struct {
	Located
	Was, Is class.Truth
	// Within tells a definition that is in force in both and that asks for one
	// of the symbols itself.
	Within bool
}

// Switched returns the definitions, in headers and in C files of mm/ and of the
// architecture's mm/, that two configurations differing in the given symbols
// (without CONFIG_) tell apart, by path and line. before and after give the
// value of a formula's atoms.
func (h *Headers) Switched(symbols []string, before, after func(atom string) class.Truth) []Switched {
	var out []Switched
	h.asking(symbols, func(d Located, within bool) {
		was, is := d.When.Eval(before), d.When.Eval(after)
		switch {
		case within && is != class.No:
			out = append(out, Switched{d, class.Yes, class.Yes, true})
		case !within && (was != is || was == class.Unknown):
			out = append(out, Switched{d, was, is, false})
		}
	})
	return out
}

// Asking returns the definitions whose being in force, or whose text, asks for
// one of the symbols (without CONFIG_), by path and line.
func (h *Headers) Asking(symbols []string) []Located {
	var out []Located
	h.asking(symbols, func(d Located, _ bool) { out = append(out, d) })
	return out
}

// asking calls yield for every definition that asks for one of the symbols;
// within tells one whose text alone does.
func (h *Headers) asking(symbols []string, yield func(d Located, within bool)) {
	asked := make(map[string]bool)
	for _, s := range symbols {
		asked["CONFIG_"+s] = true
		asked["CONFIG_"+s+"_MODULE"] = true
	}
	for _, folder := range slices.Concat(h.headers, h.bodies) {
		for _, p := range folder.paths {
			if !h.names(p, asked) && !asksAny(h.Included(p), asked) {
				continue
			}
			for _, d := range h.store.Definitions(p) {
				when := h.At(p, d.Group, d.Name)
				switch {
				case asksAny(when, asked):
					yield(Located{p, d, when}, false)
				case d.Function && mentionsAny(d.Text, asked):
					yield(Located{p, d, when}, true)
				}
			}
		}
	}
}

// names reports whether the text of a file has one of the words.
func (h *Headers) names(p string, words map[string]bool) bool {
	f := h.store.file(p)
	for w := range words {
		if h.store.has(f, w) {
			return true
		}
	}
	return false
}

// Names reports whether any header or C file that is searched has the word.
func (h *Headers) Names(word string) bool {
	hash := h.store.hash.ofString(word)
	return slices.ContainsFunc(slices.Concat(h.headers, h.bodies), func(d *folder) bool { return d.mentions.has(hash) })
}

// Sources returns the C files of mm/ and of the architecture's mm/, sorted
// within each.
func (h *Headers) Sources() []string {
	var list []string
	for _, d := range h.bodies {
		list = append(list, d.paths...)
	}
	return list
}

// Functions returns the functions and function-like macros of a file with their
// conditions, in its order.
func (h *Headers) Functions(p string) []Located {
	var out []Located
	for _, d := range h.store.Definitions(p) {
		if d.Function {
			out = append(out, Located{p, d, h.At(p, d.Group, d.Name)})
		}
	}
	return out
}

func asksAny(f class.Formula, atoms map[string]bool) bool {
	for _, a := range f.Atoms() {
		for word := range strings.FieldsSeq(a) {
			if atoms[word] {
				return true
			}
		}
	}
	return false
}

// mentionsAny reports whether the tokens of a definition name one of the words.
func mentionsAny(text string, words map[string]bool) bool {
	for word := range strings.FieldsSeq(text) {
		if words[word] {
			return true
		}
	}
	return false
}
