// Package history reads commits, trees and files of a git repository.
//
// Objects are read with the formats of go-git from loose files and packs, over
// a memory-mapped index; what go-git cannot read (sha256, reftable, unknown
// extensions) is read through "git cat-file" where git is installed. Callers
// see neither. Nothing is ever written or fetched.
//
// An object that a shallow or partial clone does not have is an error that
// wraps ErrIncomplete, never a missing file and never a deletion.
//
// The package leaves out the index, the working tree, renames, and what the
// files mean.
package history

import (
	"errors"
	"fmt"
	"sync"
)

// Repo is an open repository. It may be used by several goroutines at once;
// reading objects takes turns.
type Repo struct {
	name   string // as given to Open
	layout layout

	mu      sync.Mutex // go-git and the pipe to git serve one caller at a time
	objects backend

	blobs recent[Hash, []byte]
	trees recent[Hash, []Entry]
}

// backend reads raw objects. There are two: go-git's formats, and git itself.
// Callers hold Repo.mu.
type backend interface {
	// object returns an object whole. A missing one is errMissing.
	object(h Hash) (kind, []byte, error)
	// resolve returns the object a revision names, of any kind.
	resolve(rev string) (Hash, error)
	close() error
}

// kind is the type of an object, in git's words.
type kind string

const (
	kindCommit kind = "commit"
	kindTree   kind = "tree"
	kindBlob   kind = "blob"
	kindTag    kind = "tag"
)

// maxBlobs and maxTrees bound the caches, in bytes of content and in entries.
const (
	maxBlobs = 192 << 20
	maxTrees = 1 << 20
)

// Open opens the repository that dir is in: a working tree or a folder below
// its top, a linked worktree, a bare repository, or a .git folder. What is no
// repository gives a *NotRepositoryError.
func Open(dir string) (*Repo, error) { return OpenWith(dir, Options{}) }

func newRepo(dir string, at layout, objects backend) *Repo {
	return &Repo{
		name: dir, layout: at, objects: objects,
		blobs: newRecent[Hash](maxBlobs, func(b []byte) int { return len(b) + 64 }),
		trees: newRecent[Hash](maxTrees, func(t []Entry) int { return len(t) + 1 }),
	}
}

// openBackend prefers go-git and takes git for what go-git cannot read.
func openBackend(dir string, at layout) (backend, error) {
	objects, err := openNative(at)
	var foreign *unsupportedError
	if !errors.As(err, &foreign) {
		return objects, err
	}
	git, gitErr := openGit(at)
	if gitErr != nil {
		return nil, fmt.Errorf("%s: the repository uses %s, which only git itself reads, and %w", dir, foreign.what, gitErr)
	}
	return git, nil
}

// Close releases files and processes. The repository and its trees must not be
// used afterwards.
func (r *Repo) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.objects.close()
}

// Name returns the folder as it was given to Open.
func (r *Repo) Name() string { return r.name }

// WorkTree returns the top folder of the working tree, or "" for a bare
// repository.
func (r *Repo) WorkTree() string { return r.layout.workTree }

// Resolve returns the commit that a revision names: a branch, a tag, a hash or
// its beginning, any of these followed by ^, ^2, ~3, and where git is
// installed all of gitrevisions(7). Tags are followed to their commit. The
// error is a *RevisionError when there is no such commit.
func (r *Repo) Resolve(rev string) (Hash, error) {
	r.mu.Lock()
	h, err := r.objects.resolve(rev)
	r.mu.Unlock()
	var unsupported *unsupportedError
	if errors.As(err, &unsupported) {
		h, err = r.resolveWithGit(rev, unsupported)
	}
	if err != nil {
		return "", r.revisionError(rev, err)
	}
	h, k, err := r.peel(h)
	if err != nil {
		return "", r.revisionError(rev, err)
	}
	if k != kindCommit {
		return "", &RevisionError{Repo: r.name, Rev: rev, Reason: fmt.Sprintf("names a %s, not a commit", k)}
	}
	return h, nil
}

// resolveWithGit asks git for a revision that the own grammar does not know.
func (r *Repo) resolveWithGit(rev string, unsupported *unsupportedError) (Hash, error) {
	git, err := openGit(r.layout)
	if err != nil {
		return "", fmt.Errorf("%s is understood only by git, and %w", unsupported.what, err)
	}
	defer git.close()
	return git.resolve(rev)
}

func (r *Repo) revisionError(rev string, err error) error {
	var absent *absentError
	switch {
	case errors.Is(err, ErrIncomplete):
		return err
	case errors.As(err, &absent):
		return r.missing(absent.hash, "")
	case errors.Is(err, errMissing):
		return &RevisionError{Repo: r.name, Rev: rev, Reason: "there is no such branch, tag or commit"}
	}
	return &RevisionError{Repo: r.name, Rev: rev, Reason: err.Error()}
}

// maxPeel bounds how many tags may point at tags.
const maxPeel = 16

// peel follows tags to what they name.
func (r *Repo) peel(h Hash) (Hash, kind, error) {
	for range maxPeel {
		k, data, err := r.object(h, "")
		if err != nil || k != kindTag {
			return h, k, err
		}
		if h, err = tagTarget(data); err != nil {
			return "", "", err
		}
	}
	return "", "", errors.New("a tag of a tag of a tag without end")
}

// object reads an object; path says for the error what it is.
func (r *Repo) object(h Hash, path string) (kind, []byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, data, err := r.objects.object(h)
	switch {
	case errors.Is(err, errMissing):
		return "", nil, r.missing(h, path)
	case err != nil:
		return "", nil, fmt.Errorf("%s: object %s: %w", r.name, h, err)
	}
	return k, data, nil
}

func (r *Repo) missing(h Hash, path string) error {
	return &MissingObjectError{Repo: r.name, Hash: h, Path: path, Clone: r.layout.clone()}
}

// typed reads an object that must be of one kind.
func (r *Repo) typed(h Hash, want kind, path string) ([]byte, error) {
	k, data, err := r.object(h, path)
	if err != nil {
		return nil, err
	}
	if k != want {
		return nil, fmt.Errorf("%s: object %s is a %s where a %s is needed", r.name, h, k, want)
	}
	return data, nil
}

// HasCommit reports whether the repository has a commit with this hash; a
// shortened hash is not looked up.
func (r *Repo) HasCommit(h Hash) bool {
	if !h.valid() {
		return false
	}
	k, _, err := r.object(h, "")
	return err == nil && k == kindCommit
}

// Commit reads one commit.
func (r *Repo) Commit(h Hash) (*Commit, error) {
	data, err := r.typed(h, kindCommit, "")
	if err != nil {
		return nil, err
	}
	c, err := parseCommit(h, data)
	if err != nil {
		return nil, fmt.Errorf("%s: commit %s: %w", r.name, h, err)
	}
	return c, nil
}

// ReadTree returns the entries of a tree object, sorted by name. The slice is
// shared and must not be changed.
func (r *Repo) ReadTree(h Hash) ([]Entry, error) { return r.readTree(h, "") }

func (r *Repo) readTree(h Hash, path string) ([]Entry, error) {
	if entries, ok := r.trees.get(h); ok {
		return entries, nil
	}
	data, err := r.typed(h, kindTree, path)
	if err != nil {
		return nil, err
	}
	entries, err := parseTree(data, len(h)/2)
	if err != nil {
		return nil, fmt.Errorf("%s: tree %s: %w", r.name, h, err)
	}
	r.trees.put(h, entries)
	return entries, nil
}

// ReadBlob returns the content of a file. The slice is shared and must not be
// changed.
func (r *Repo) ReadBlob(h Hash) ([]byte, error) { return r.readBlob(h, "") }

func (r *Repo) readBlob(h Hash, path string) ([]byte, error) {
	if data, ok := r.blobs.get(h); ok {
		return data, nil
	}
	data, err := r.typed(h, kindBlob, path)
	if err != nil {
		return nil, err
	}
	r.blobs.put(h, data)
	return data, nil
}
