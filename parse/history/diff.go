package history

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Change is a file that differs between two trees. A file whose kind changes
// (file, symbolic link) is one Change; a file that becomes a folder is
// deleted, and those in the folder are added.
type Change struct {
	Path             string
	OldHash, NewHash Hash // "" where the file is not there
	OldMode, NewMode Mode // 0 where the file is not there
}

// IsAdded reports whether the file is new.
func (c Change) IsAdded() bool { return c.OldMode == 0 }

// IsDeleted reports whether the file is gone.
func (c Change) IsDeleted() bool { return c.NewMode == 0 }

// errDiffTooLarge is the answer for trees that differ in more than a kernel
// has; objects made to blow up are among them.
var errDiffTooLarge = errors.New("more than a million files and folders differ")

const (
	maxDiff  = 1 << 20
	maxDepth = 256
)

// Diff returns the files that differ between two tree objects, sorted by path,
// reading only the folders that differ; "" is the empty tree. Renames are a
// deletion and an addition. Submodules are not looked into: those that differ
// are named in the notes.
func (r *Repo) Diff(oldTree, newTree Hash) (changes []Change, notes []string, err error) {
	d := differ{repo: r}
	if err := d.trees(oldTree, newTree, "", 0); err != nil {
		return nil, nil, err
	}
	slices.SortFunc(d.changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	slices.Sort(d.notes)
	return d.changes, d.notes, nil
}

// CommitChanges is Diff between a commit and its first parent.
func (r *Repo) CommitChanges(c *Commit) (changes []Change, notes []string, err error) {
	if c.Parent == "" {
		return r.Diff("", c.Tree)
	}
	parent, err := r.Commit(c.Parent)
	if err != nil {
		return nil, nil, err
	}
	return r.Diff(parent.Tree, c.Tree)
}

// differ compares two trees.
type differ struct {
	repo    *Repo
	changes []Change
	notes   []string
	visited int
}

func (d *differ) trees(a, b Hash, dir string, depth int) error {
	if a == b {
		return nil
	}
	if depth > maxDepth {
		return fmt.Errorf("%s: folders deeper than %d levels", dir, maxDepth)
	}
	olds, err := d.entries(a, dir)
	if err != nil {
		return err
	}
	news, err := d.entries(b, dir)
	if err != nil {
		return err
	}
	for len(olds) > 0 || len(news) > 0 {
		var before, after Entry
		switch order := compareFirst(olds, news); {
		case order < 0:
			before, olds = olds[0], olds[1:]
		case order > 0:
			after, news = news[0], news[1:]
		default:
			before, olds, after, news = olds[0], olds[1:], news[0], news[1:]
		}
		if err := d.pair(before, after, dir, depth); err != nil {
			return err
		}
	}
	return nil
}

func (d *differ) entries(h Hash, dir string) ([]Entry, error) {
	if h == "" {
		return nil, nil
	}
	return d.repo.readTree(h, dir)
}

// compareFirst compares the first names of two sorted lists, not both empty.
func compareFirst(olds, news []Entry) int {
	switch {
	case len(olds) == 0:
		return 1
	case len(news) == 0:
		return -1
	}
	return strings.Compare(olds[0].Name, news[0].Name)
}

// pair compares the entries with one name; one of them may be zero.
func (d *differ) pair(before, after Entry, dir string, depth int) error {
	if before.Hash == after.Hash && before.Mode == after.Mode {
		return nil
	}
	if d.visited++; d.visited > maxDiff {
		return errDiffTooLarge
	}
	name := before.Name
	if name == "" {
		name = after.Name
	}
	full := path.Join(dir, name)
	before, oldTree := d.leaf(before)
	after, newTree := d.leaf(after)
	if oldTree != "" || newTree != "" {
		if err := d.trees(oldTree, newTree, full, depth+1); err != nil {
			return err
		}
	}
	if before.Mode.isSubmodule() || after.Mode.isSubmodule() {
		d.notes = append(d.notes, full+" is a submodule and was skipped")
		before, after = withoutSubmodule(before), withoutSubmodule(after)
	}
	if before != after {
		d.changes = append(d.changes, Change{
			Path: full, OldHash: before.Hash, NewHash: after.Hash, OldMode: before.Mode, NewMode: after.Mode,
		})
	}
	return nil
}

// leaf splits an entry into a file or a tree; the other is zero.
func (d *differ) leaf(e Entry) (Entry, Hash) {
	if e.Mode.isTree() {
		return Entry{}, e.Hash
	}
	return e, ""
}

func withoutSubmodule(e Entry) Entry {
	if e.Mode.isSubmodule() {
		return Entry{}
	}
	return e
}

// Lines compares the two contents of a changed file line by line. A symbolic
// link counts as a file that holds its target.
func (r *Repo) Lines(c Change) (*LineDiff, error) {
	before, err := r.side(c.OldHash, c.Path)
	if err != nil {
		return nil, err
	}
	after, err := r.side(c.NewHash, c.Path)
	if err != nil {
		return nil, err
	}
	return DiffLines(before, after), nil
}

func (r *Repo) side(h Hash, path string) ([]byte, error) {
	if h == "" {
		return nil, nil
	}
	return r.readBlob(h, path)
}
