package history

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"

	"ptreview/parse/tree"
)

// CommitTree is the tree of a commit. It reads only the folders and files that
// are asked for, and shares what was read with the trees of other commits.
type CommitTree struct {
	*tree.View
	src *commitSource
}

// Tree returns the kernel tree of a commit. Submodules are left out. Whether
// it is a kernel is not looked at: see tree.Check.
func (r *Repo) Tree(commit Hash) (*CommitTree, error) {
	c, err := r.Commit(commit)
	if err != nil {
		return nil, err
	}
	top := Entry{Name: ".", Mode: ModeTree, Hash: c.Tree}
	src := &commitSource{repo: r, commit: commit, found: map[string]Entry{".": top}, notes: make(map[string]bool)}
	return &CommitTree{View: tree.NewView(src), src: src}, nil
}

// Notes returns, sorted, the submodules that were left out of the folders
// listed so far, one sentence each.
func (t *CommitTree) Notes() []string {
	t.src.mu.Lock()
	defer t.src.mu.Unlock()
	return slices.Sorted(maps.Keys(t.src.notes))
}

// commitSource is a commit as a source of a tree.View, which lists a folder
// before it asks for an entry of it.
type commitSource struct {
	repo   *Repo
	commit Hash

	mu    sync.Mutex
	found map[string]Entry // by path
	notes map[string]bool
}

// List implements tree.Source.
func (s *commitSource) List(dir string) ([]fs.DirEntry, error) {
	entries, err := s.repo.readTree(s.entry(dir).Hash, s.at(dir))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]fs.DirEntry, 0, len(entries))
	for _, e := range entries {
		name := path.Join(dir, e.Name)
		if e.Mode.isSubmodule() {
			s.notes[name+" is a submodule and was left out"] = true
			continue
		}
		s.found[name] = e
		list = append(list, dirEntry{s, name, e})
	}
	return list, nil
}

// at names a path of the commit for an error.
func (s *commitSource) at(name string) string {
	return fmt.Sprintf("%s of commit %s", name, s.commit)
}

func (s *commitSource) entry(name string) Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.found[name]
	if !ok {
		panic("history: " + name + " was asked for before its folder was listed")
	}
	return e
}

// Lstat implements tree.Source.
func (s *commitSource) Lstat(name string) (fs.FileInfo, error) {
	e := s.entry(name)
	info := tree.Info{Base: e.Name, Perm: e.Mode.fileMode()}
	if e.Mode.isTree() {
		return info, nil
	}
	content, err := s.repo.readBlob(e.Hash, s.at(name))
	info.Bytes = int64(len(content))
	return info, err
}

// ReadFile implements tree.Source.
func (s *commitSource) ReadFile(name string) ([]byte, error) {
	content, err := s.repo.readBlob(s.entry(name).Hash, s.at(name))
	if err != nil {
		return nil, err
	}
	return append([]byte{}, content...), nil
}

// Identify tells what a file holds by its object.
func (s *commitSource) Identify(name string) (string, error) {
	return "git:" + string(s.entry(name).Hash), nil
}

// FixedID is Identify: commits do not change.
func (s *commitSource) FixedID(name string) (string, bool) {
	return "git:" + string(s.entry(name).Hash), true
}

// ReadLink implements tree.Source.
func (s *commitSource) ReadLink(name string) (string, error) {
	target, err := s.repo.readBlob(s.entry(name).Hash, s.at(name))
	if err != nil {
		return "", err
	}
	if bytes.IndexByte(target, 0) >= 0 || len(target) > maxTarget {
		return "", fmt.Errorf("%s: symbolic link with a target no system takes", s.at(name))
	}
	return string(target), nil
}

// maxTarget is the longest path Linux takes.
const maxTarget = 4096

// dirEntry is an entry whose size is read when asked for.
type dirEntry struct {
	src   *commitSource
	path  string
	entry Entry
}

func (d dirEntry) Name() string               { return d.entry.Name }
func (d dirEntry) IsDir() bool                { return d.entry.Mode.isTree() }
func (d dirEntry) Type() fs.FileMode          { return d.entry.Mode.fileMode().Type() }
func (d dirEntry) Info() (fs.FileInfo, error) { return d.src.Lstat(d.path) }

var _ tree.Tree = (*CommitTree)(nil)
