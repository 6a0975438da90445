package check

import (
	"context"
	"slices"
	"sort"
	"strings"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/arch/kbuild"
	"ptreview/arch/kconfig"
	"ptreview/parse/tree"
	"ptreview/semantics/facts"
)

// archConditions are the conditions under which the definitions a series is
// about are in force on one architecture, at each prefix.
type archConditions struct {
	formulas []class.Formula
	// optional are those, spelled out, that need not be met: no configuration
	// lacks what they ask to be absent.
	optional map[string]bool
	headers  map[tree.Tree]*facts.Headers
	objects  []*kbuild.Objects // by prefix
	lock     chan struct{}     // Headers are not safe for concurrent use
}

func (c *archConditions) acquire() func() {
	c.lock <- struct{}{}
	return func() { <-c.lock }
}

// conditions collects the conditions of all definitions that trap and that
// the changed code mentions, directly or through other headers' definitions;
// those under which a name that it uses is not defined; those that a patch to
// Kconfig lets hold; and those under which entries are read in parts. kcs is the Kconfig at each prefix.
func (r *review) conditions(ctx context.Context, a *arch.Arch, kcs []*kconfig.Kconfig) (*archConditions, error) {
	c := &archConditions{
		optional: make(map[string]bool),
		headers:  make(map[tree.Tree]*facts.Headers), lock: make(chan struct{}, 1),
		objects: r.objects(a),
	}
	seen := make(map[string]bool)
	for k := 1; k < len(r.Prefixes); k++ {
		if len(r.changes[k]) == 0 && kcs[k] == kcs[k-1] {
			continue
		}
		h, err := c.at(r, a, k)
		if err != nil {
			return nil, err
		}
		for _, f := range r.trapConditions(h, a, k) {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if text := f.String(); !seen[text] {
				seen[text] = true
				c.formulas = append(c.formulas, f)
			}
		}
		before, err := c.at(r, a, k-1)
		if err != nil {
			return nil, err
		}
		for _, f := range slices.Concat(
			r.compiledConditions(h, kcs[k], c.objects[k], a, k), r.absentConditions(h, a, r.changes[k]),
			r.stubConditions(h, a, r.changes[k]),
			r.movedConditions(before, h, a, k), r.configConditions(h, a, kcs[k-1], kcs[k]), r.locklessConditions(before, a, k),
		) {
			if text := f.String(); !seen[text] {
				seen[text] = true
				c.formulas = append(c.formulas, f)
				c.optional[text] = true
			}
		}
	}
	return c, nil
}

// objects returns what each prefix says of the objects of an architecture; those
// that no patch tells apart are the same value.
func (r *review) objects(a *arch.Arch) []*kbuild.Objects {
	var list []*kbuild.Objects
	for k := range r.Prefixes {
		if k > 0 && r.touches(k, a, isMakefile) == nil {
			list = append(list, list[k-1])
			continue
		}
		list = append(list, kbuild.NewObjects(r.Prefixes[k].Tree, a.Name))
	}
	return list
}

// at returns the headers of an architecture at a prefix.
func (c *archConditions) at(r *review, a *arch.Arch, k int) (*facts.Headers, error) {
	tr := r.Prefixes[k].Tree
	if h := c.headers[tr]; h != nil {
		return h, nil
	}
	h, err := facts.NewHeaders(r.stores[k], a.Name)
	if err != nil {
		return nil, err
	}
	c.headers[tr] = h
	return h, nil
}

func sortedKeys(m map[string]bool) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// addWords adds the names followed by a parenthesis in text, and lone names
// of macros, all of which a definition may expand or call.
func addWords(set map[string]bool, text string) {
	for _, w := range strings.Fields(text) {
		c := w[0]
		if c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			set[w] = true
		}
	}
}

// inForce returns the condition under which the definitions of a path's steps
// are the ones in force: those in headers of the architecture.
func (c *archConditions) inForce(r *review, a *arch.Arch, k int, steps []stepPlace) class.Formula {
	defer c.acquire()()
	h, err := c.at(r, a, k)
	if err != nil {
		return class.True()
	}
	var parts []class.Formula
	for _, s := range steps {
		for _, d := range h.Definitions(s.name) {
			if d.Path == s.path && d.First <= s.line && s.line <= d.Last {
				parts = append(parts, d.When)
			}
		}
	}
	return class.And(parts...)
}

// stepPlace is a step of a path: its name and where its definition stands.
type stepPlace struct {
	name, path string
	line       int
}

// wrappers returns name and the names of header definitions that use it,
// through up to maxWrapperDepth others.
func (c *archConditions) wrappers(tr tree.Tree, name string) ([]string, error) {
	defer c.acquire()()
	h := c.headers[tr]
	if h == nil {
		return []string{name}, nil
	}
	names := map[string]bool{name: true}
	for range maxWrapperDepth {
		for _, n := range sortedKeys(names) {
			for _, w := range h.Users(n) {
				names[w] = true
			}
		}
	}
	return sortedKeys(names), nil
}
