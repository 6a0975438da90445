package check

import (
	"io/fs"
	"slices"
	"strings"

	"ptreview/arch"
	"ptreview/semantics/facts"
)

// Siblings returns the other architectures of the tree whose headers define a
// name as something that has an effect, in their order.
func (p *Pass) Siblings(name string) ([]string, error) {
	return p.siblings(p.Patch, name, p.review.hasEffect)
}

// SiblingsBefore is Siblings in the tree before the patch.
func (p *Pass) SiblingsBefore(name string) ([]string, error) {
	return p.siblings(p.Patch-1, name, p.review.hasEffect)
}

// SiblingsThatLook returns the other architectures of the tree whose headers
// define a name, only so that it looks at what it is given.
func (p *Pass) SiblingsThatLook(name string) ([]string, error) {
	return p.siblings(p.Patch, name, p.review.looksAt)
}

// siblings returns the other architectures with a header that has a name as is
// asked for, in prefix k.
func (p *Pass) siblings(k int, name string, is func(k int, file, name string) bool) ([]string, error) {
	store := p.review.stores[k]
	var list []string
	for _, a := range arch.All() {
		if a.Name == p.Class.Arch.Name {
			continue
		}
		files, err := store.List("arch/"+a.Name+"/include", ".h")
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(files, func(file string) bool {
			return store.Mentions(file, name) && is(k, file, name)
		}) {
			list = append(list, a.Name)
		}
	}
	return list, nil
}

// hasEffect reports whether a file has a definition of a name, or a declaration
// of what stands elsewhere, that is not empty.
func (r *review) hasEffect(k int, file, name string) bool {
	f, err := r.file(k, file)
	if err != nil || f == nil {
		return false
	}
	for _, d := range r.definitions(f) {
		if d.Name != name || !d.Function {
			continue
		}
		m := facts.DefinitionMeaning(r.Reader.Cache(), f, d)
		return m.Kind != facts.Empty
	}
	data, err := fs.ReadFile(r.Prefixes[k].Tree, file)
	return err == nil && strings.Contains(string(data), "void "+name+"(") // it is declared, and defined in a C file
}

// looksAt reports whether a file has definitions of a name that all mention
// their parameters, and none that traps.
func (r *review) looksAt(k int, file, name string) bool {
	f, err := r.file(k, file)
	if err != nil || f == nil {
		return false
	}
	found := false
	for _, d := range r.definitions(f) {
		if d.Name != name || !d.Function {
			continue
		}
		m := facts.DefinitionMeaning(r.Reader.Cache(), f, d)
		if len(m.LooksAt) == 0 || m.Kind == facts.Traps {
			return false
		}
		found = true
	}
	return found
}

// genericFolders hold the code that every architecture runs and that works on
// page tables.
var genericFolders = []struct{ folder, ext string }{
	{"mm", ".c"}, {"mm", ".h"}, {"kernel", ".c"}, {"fs", ".c"}, {"lib", ".c"}, {"include/linux", ".h"},
}

// UsedBefore reports whether generic code uses a name before the patch.
func (p *Pass) UsedBefore(name string) (bool, error) { return p.review.used(p.Patch-1, name) }

// UsedByGeneric reports whether generic code uses a name as the prefix has it.
func (p *Pass) UsedByGeneric(name string) (bool, error) { return p.review.used(p.Patch, name) }

// HasTree reports whether the patch is judged in a tree, not only as it stands.
func (p *Pass) HasTree() bool { return len(p.review.Prefixes) > 0 }

func (r *review) used(k int, name string) (bool, error) {
	store := r.stores[k]
	for _, g := range genericFolders {
		files, err := store.List(g.folder, g.ext)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(files, func(file string) bool { return store.Mentions(file, name) }) {
			return true, nil
		}
	}
	return false, nil
}
