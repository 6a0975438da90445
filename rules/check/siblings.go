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
	store := p.review.stores[p.Patch]
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
			return store.Mentions(file, name) && p.review.hasEffect(p.Patch, file, name)
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

// genericFolders hold the code that every architecture runs and that works on
// page tables.
var genericFolders = []struct{ folder, ext string }{
	{"mm", ".c"}, {"mm", ".h"}, {"kernel", ".c"}, {"fs", ".c"}, {"lib", ".c"}, {"include/linux", ".h"},
}

// UsedBefore reports whether generic code uses a name before the patch.
func (p *Pass) UsedBefore(name string) (bool, error) {
	store := p.review.stores[p.Patch-1]
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
