package coverage

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"ptreview/arch/kbuild"
	"ptreview/arch/kconfig"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
)

// singleFiles are the files looked at whatever they mention, beside all of
// mm/ and of the architecture's mm/.
func singleFiles() []string {
	return []string{"fs/proc/task_mmu.c", "kernel/events/core.c", "kernel/fork.c"}
}

// files returns the C files of a class to be measured, by path: those its
// configuration builds of mm/, arch/NAME/mm/ and singleFiles, and those of
// lib/ and fs/ that have the name of a page-table helper as a word.
func files(store *facts.Store, objects *kbuild.Objects, c *unit.Class) ([]string, error) {
	candidates := singleFiles()
	for _, root := range []string{"mm", "arch/" + c.Arch.Name + "/mm"} {
		list, err := store.List(root, ".c")
		if err != nil {
			return nil, err
		}
		candidates = append(candidates, list...)
	}
	callers, err := callers(store, c.Arch.Name)
	if err != nil {
		return nil, err
	}
	candidates = append(candidates, callers...)
	slices.Sort(candidates)
	var out []string
	for _, p := range slices.Compact(candidates) {
		is, err := isBuilt(objects, c, p)
		if err != nil {
			return nil, fmt.Errorf("whether %s is built: %w", p, err)
		}
		if is {
			out = append(out, p)
		}
	}
	return out, nil
}

func isBuilt(objects *kbuild.Objects, c *unit.Class, file string) (bool, error) {
	when, found, err := objects.Of(file)
	if err != nil || !found {
		return false, err
	}
	return when.Expr == nil || c.Config.Eval(when.Expr) != kconfig.No, nil
}

// callers returns the C files of lib/ and fs/ that mention a helper.
func callers(store *facts.Store, architecture string) ([]string, error) {
	names, err := helpers(store, architecture)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, root := range []string{"fs", "lib"} {
		list, err := store.List(root, ".c")
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if slices.ContainsFunc(names, func(name string) bool { return store.Mentions(p, name) }) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// helpers returns the page-table helpers of an architecture, sorted: the
// functions and function-like macros that its own or generic headers called
// pgtable*.h, pgalloc*.h or hugetlb*.h define, as far as their names tell of
// an entry or a table.
func helpers(store *facts.Store, architecture string) ([]string, error) {
	var names []string
	for _, root := range []string{"arch/" + architecture + "/include/asm", "include/asm-generic", "include/linux"} {
		list, err := store.List(root, ".h")
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if !isTableHeader(p) {
				continue
			}
			for _, d := range store.Definitions(p) {
				if d.Function && isHelperName(d.Name) {
					names = append(names, d.Name)
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func isTableHeader(p string) bool {
	base := path.Base(p)
	for _, prefix := range []string{"pgtable", "pgalloc", "hugetlb"} {
		if strings.HasPrefix(base, prefix) {
			return true
		}
	}
	// arch/powerpc/include/asm/book3s/64 has hash-4k.h and radix.h beside
	// pgtable.h: folders that belong to it.
	return strings.Contains(path.Dir(p), "include/asm/book3s") || strings.Contains(path.Dir(p), "include/asm/nohash")
}

// isHelperName reports whether a part of a name is a level of page tables, or
// a pointer to one of its entries.
func isHelperName(name string) bool {
	for part := range strings.SplitSeq(name, "_") {
		switch strings.TrimSuffix(strings.TrimSuffix(part, "s"), "p") {
		case "pgd", "p4d", "pud", "pmd", "pte":
			return true
		}
	}
	return false
}
