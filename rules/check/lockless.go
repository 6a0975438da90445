package check

import (
	"slices"
	"strings"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/semantics/facts"
)

// locklessConditions returns the conditions of the definitions, in the headers
// before patch k, of what reads an entry without a lock and is called less often by
// the patch: only where such a definition reads in parts is a plain read another
// thing.
func (r *review) locklessConditions(h *facts.Headers, a *arch.Arch, k int) []class.Formula {
	var list []class.Formula
	var seen []string
	for _, c := range r.changes[k] {
		if c.Arch != "generic" && c.Arch != a.Name || c.Change.Before == nil || c.Change.After == nil {
			continue
		}
		was, is := strings.Fields(c.Change.Before.Text), strings.Fields(c.Change.After.Text)
		for _, name := range was {
			if !strings.HasSuffix(name, "p_get_lockless") && !strings.HasSuffix(name, "_read_atomic") || slices.Contains(seen, name) || times(was, name) <= times(is, name) {
				continue
			}
			seen = append(seen, name)
			for _, d := range h.Definitions(name) {
				list = append(list, d.When)
			}
		}
	}
	return list
}

func times(words []string, name string) int {
	n := 0
	for _, w := range words {
		if w == name {
			n++
		}
	}
	return n
}
