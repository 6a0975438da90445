package check

import (
	"path"
	"strings"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/semantics/facts"
)

// maxAbsentAtoms bounds the conditions of one missing definition.
const maxAbsentAtoms = 6

// absentConditions returns the conditions under which changed code uses a name
// anew that headers define only under other ones: classes to compile it in.
// Only conditions of Kconfig symbols are returned; names that a header declares
// without a definition are left out, since declarations are not looked for.
func (r *review) absentConditions(h *facts.Headers, a *arch.Arch, changes []DefinitionChange) []class.Formula {
	var out []class.Formula
	for _, c := range changes {
		if c.After == nil || c.Arch != "generic" && c.Arch != a.Name {
			continue
		}
		around := class.True()
		if path.Ext(c.Path) == ".h" {
			around = h.Included(c.Path)
		}
		around = class.And(around, h.At(c.Path, c.After.Group, c.After.Name))
		for _, name := range sortedKeys(newWords(c.Change)) {
			if f := class.And(around, h.Absent(name)); isKconfig(f) {
				out = append(out, f)
			}
		}
	}
	return out
}

// stubConditions returns the conditions under which changed code uses a name anew
// that refuses to be compiled there, BUILD_BUG() for all there is to it, itself or
// through short definitions, as HPAGE_PMD_SIZE. Only conditions of Kconfig symbols are
// returned.
func (r *review) stubConditions(h *facts.Headers, a *arch.Arch, changes []DefinitionChange) []class.Formula {
	var out []class.Formula
	for _, c := range changes {
		if c.After == nil || c.Arch != "generic" && c.Arch != a.Name || !isReviewed(c.Path) {
			continue
		}
		around := h.At(c.Path, c.After.Group, c.After.Name)
		words := newWords(c.Change)
		for range maxStubDepth {
			next := make(map[string]bool)
			for _, name := range sortedKeys(words) {
				for _, d := range h.Definitions(name) {
					if f := class.And(around, d.When); refuses(d.Text) && isKconfig(f) {
						out = append(out, f)
					}
					if len(strings.Fields(d.Text)) <= maxStubWords {
						addWords(next, d.Text)
					}
				}
			}
			words = next
		}
	}
	return out
}

// Bounds of what is taken for a stub: definitions that lead to it, words of those.
const (
	maxStubDepth = 3
	maxStubWords = 16
)

// refuses reports whether a definition has a BUILD_BUG() without a condition of
// its own.
func refuses(text string) bool {
	for _, word := range strings.Fields(text) {
		if t, ok := arch.TrapNamed(word); ok && t.Kind == arch.TrapBuild && t.When == arch.Always {
			return true
		}
	}
	return false
}

// movedConditions returns the conditions of the definitions, before and after
// patch k, of the names whose place in headers it changes: each may be another
// one's in one class, and nobody's in the next.
func (r *review) movedConditions(before, after *facts.Headers, a *arch.Arch, k int) []class.Formula {
	var out []class.Formula
	seen := make(map[string]bool)
	for i := range r.changes[k] {
		c := &r.changes[k][i]
		if !c.Moves() || seen[c.Name()] || path.Ext(c.Path) != ".h" || c.Arch != "generic" && c.Arch != a.Name {
			continue
		}
		seen[c.Name()] = true
		for _, h := range []*facts.Headers{before, after} {
			for _, d := range h.Definitions(c.Name()) {
				if isKconfig(d.When) {
					out = append(out, d.When)
				}
			}
		}
	}
	return out
}

// newWords returns the words of a definition that its version before has not.
func newWords(c facts.Change) map[string]bool {
	set := make(map[string]bool)
	addWords(set, c.After.Text)
	if c.Before != nil {
		old := make(map[string]bool)
		addWords(old, c.Before.Text)
		for w := range old {
			delete(set, w)
		}
	}
	delete(set, c.After.Name)
	return set
}

// isKconfig reports whether a formula is one that a configuration decides.
func isKconfig(f class.Formula) bool {
	atoms := f.Atoms()
	if len(atoms) == 0 || len(atoms) > maxAbsentAtoms {
		return false
	}
	for _, a := range atoms {
		if !strings.HasPrefix(a, "CONFIG_") || strings.Contains(a, " ") {
			return false
		}
	}
	return true
}
