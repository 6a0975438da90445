package check

import (
	"path"
	"strings"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/semantics/facts"
)

// Bounds of one patch: names of architectures' helpers followed, names of
// generic headers, and definitions between a changed line and a trap.
const (
	maxHelpers     = 400
	maxGeneric     = 400
	maxHelperDepth = 4
)

// trapConditions returns the conditions of the definitions of an architecture
// that trap, and that a patch's changed definitions mention, directly or
// through other definitions.
func (r *review) trapConditions(h *facts.Headers, a *arch.Arch, k int) []class.Formula {
	w := &trapWalk{h: h, local: make(map[string][]facts.Definition), seen: make(map[string]bool)}
	level := make(map[string]bool)
	files := make(map[string]bool)
	for _, c := range r.changes[k] {
		if c.Arch != "generic" && c.Arch != a.Name {
			continue
		}
		files[c.Path] = true
		for _, d := range []*facts.Definition{c.Change.Before, c.Change.After} {
			if d != nil {
				addWords(level, d.Text)
				level[d.Name] = true
			}
		}
		w.out = append(w.out, w.asserts(&c)...)
	}
	for _, p := range sortedKeys(files) {
		w.addLocal(r, k, p)
	}
	for range maxHelperDepth {
		level = w.step(level)
	}
	return w.out
}

// trapWalk follows names from changed definitions to definitions that trap.
type trapWalk struct {
	h       *facts.Headers
	local   map[string][]facts.Definition // of the changed C files
	seen    map[string]bool
	helpers int // names seen that an architecture defines
	generic int // other names seen
	out     []class.Formula
}

// addLocal adds the functions of a changed C file.
func (w *trapWalk) addLocal(r *review, k int, p string) {
	if path.Ext(p) != ".c" {
		return
	}
	f, err := r.file(k, p)
	if err != nil || f == nil {
		return // judged where the file is read as a unit
	}
	for _, d := range r.definitions(f) {
		if d.Function {
			w.local[d.Name] = append(w.local[d.Name], d)
		}
	}
}

// step looks at the definitions of names and returns the names in those.
func (w *trapWalk) step(names map[string]bool) map[string]bool {
	next := make(map[string]bool)
	for _, name := range sortedKeys(names) {
		if w.seen[name] {
			continue
		}
		if defs := w.h.OwnDefinitions(name); len(defs) > 0 {
			w.own(name, defs, next)
		} else {
			w.other(name, next)
		}
	}
	return next
}

// own follows a name that headers of the architecture define.
func (w *trapWalk) own(name string, defs []facts.Located, next map[string]bool) {
	if w.helpers >= maxHelpers {
		return
	}
	w.seen[name] = true
	w.helpers++
	for _, d := range defs {
		w.out = append(w.out, w.traps(d)...)
		addWords(next, d.Text)
	}
}

// other follows a name that generic headers or the changed file define.
func (w *trapWalk) other(name string, next map[string]bool) {
	if w.generic >= maxGeneric {
		return
	}
	defs := w.local[name]
	for _, d := range w.h.Definitions(name) {
		if d.Function {
			defs = append(defs, d.Definition)
		}
	}
	if len(defs) == 0 {
		return
	}
	w.seen[name] = true
	w.generic++
	for _, d := range defs {
		addWords(next, d.Text)
	}
}

// asserts returns the conditions under which a function of an architecture's C
// file that changed asserts something: headers are looked at wherever they are named.
func (w *trapWalk) asserts(c *DefinitionChange) []class.Formula {
	if c.Arch == "generic" || c.After == nil || path.Ext(c.Path) != ".c" || !isReviewed(c.Path) {
		return nil
	}
	words := make(map[string]bool)
	addWords(words, c.After.Text)
	var out []class.Formula
	for _, word := range sortedKeys(words) {
		if !IsAssertion(word) {
			continue
		}
		for _, a := range w.h.Definitions(word) {
			if usesTrap(a.Text) {
				out = append(out, class.And(w.h.At(c.Path, c.After.Group, c.After.Name), a.When))
			}
		}
	}
	return out
}

// traps returns the conditions under which a definition is in force and uses a
// trap: its own, and those of assertions that are there in some configurations
// only.
func (w *trapWalk) traps(d facts.Located) []class.Formula {
	var out []class.Formula
	for _, word := range strings.Fields(d.Text) {
		if t, ok := arch.TrapNamed(word); ok && t.Kind != arch.TrapBuild {
			out = append(out, d.When)
			continue
		}
		if !IsAssertion(word) || word == d.Name {
			continue
		}
		for _, a := range w.h.Definitions(word) {
			if usesTrap(a.Text) {
				out = append(out, class.And(d.When, a.When))
			}
		}
	}
	return out
}

// IsAssertion reports whether a name is that of a trap which a debug option
// switches on.
func IsAssertion(word string) bool {
	return strings.HasPrefix(word, "VM_BUG_ON") || strings.HasPrefix(word, "VM_WARN_ON")
}

func usesTrap(text string) bool {
	for _, word := range strings.Fields(text) {
		if t, ok := arch.TrapNamed(word); ok && t.Kind != arch.TrapBuild {
			return true
		}
	}
	return false
}
