package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ptreview/arch"
	"ptreview/cmd/ptreview/internal/near"
	"ptreview/parse/tree"
	"ptreview/rules/check"
)

// archFlags choose architectures.
type archFlags struct {
	Arch     []string `help:"Architectures to look at, as folders below arch/ are called (default: all that are known)." placeholder:"NAME"`
	ArchData []string `help:"Data file of a further architecture, or of a known one that it replaces." placeholder:"FILE" sep:"none"`
}

// load returns the architectures that are known, those of --arch-data among
// them.
func (f *archFlags) load() (*arch.Set, error) {
	known := arch.Builtin()
	for _, name := range f.ArchData {
		a, err := arch.LoadFile(name)
		if err != nil {
			return nil, err
		}
		known = known.With(a)
	}
	return known, nil
}

func namedArch(known *arch.Set, name string) (*arch.Arch, error) {
	if a := known.Named(name); a != nil {
		return a, nil
	}
	return nil, fmt.Errorf("architecture %q is not known%s", name, near.Instead(name, known.Names(), "known are"))
}

// archsOf returns the architectures asked for by name, else all known ones
// that a tree has, and then also the names of those that are not known.
func archsOf(base tree.Tree, known *arch.Set, names []string) (list []*arch.Arch, unknown []string, err error) {
	if len(names) == 0 {
		return allArchs(base, known)
	}
	for _, n := range names {
		a, err := namedArch(known, n)
		if err != nil {
			return nil, nil, err
		}
		if _, err := base.Stat("arch/" + n + "/Kconfig"); err != nil {
			return nil, nil, fmt.Errorf("the tree has no architecture %s: there is no arch/%s/Kconfig", n, n)
		}
		if !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list, nil, nil
}

func allArchs(base tree.Tree, known *arch.Set) (list []*arch.Arch, unknown []string, err error) {
	folders, err := base.ReadDir("arch")
	if err != nil {
		return nil, nil, err
	}
	for _, f := range folders {
		if !f.IsDir() {
			continue
		}
		if a := known.Named(f.Name()); a != nil {
			list = append(list, a)
		} else {
			unknown = append(unknown, f.Name())
		}
	}
	if len(list) == 0 {
		return nil, nil, errors.New("the tree has no architecture that is known")
	}
	return list, unknown, nil
}

// chooseArchs takes the architectures asked for, else all known ones that the
// tree has, and notes the others.
func chooseArchs(req *check.Request, known *arch.Set, names []string) error {
	var err error
	req.Archs, req.Unknown, err = archsOf(req.Prefixes[0].Tree, known, names)
	if len(req.Unknown) > 0 {
		req.Notes = append(req.Notes, unknownNote(req.Unknown))
	}
	return err
}

// unknownNote tells of folders below arch/ that no data file describes.
func unknownNote(names []string) string {
	return "architectures of the tree that were not looked at, since nothing is known of them: " + strings.Join(names, ", ") + "; --arch-data FILE describes one"
}
