package tree

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Index remembers the identities of files of one folder together with what
// the disk said about the files at the time, as git's index does: a file of
// which the disk still says the same has not changed and need not be read. It
// is safe for concurrent use.
type Index struct {
	mu      sync.Mutex
	files   map[string]indexed
	changed bool
}

// indexed is one file of an Index.
type indexed struct {
	stamp stamp
	id    string
}

// stamp is what tells a changed file from an unchanged one. Times are in
// nanoseconds since 1970.
type stamp struct {
	size, modified, changed int64
	inode, device           uint64
}

// settled is how old a file's last change must be for its stamp to be trusted:
// disks keep times in steps of up to two seconds, so that a younger file may
// change once more and look the same.
const settled = 3 * time.Second

// NewIndex returns an Index that knows nothing.
func NewIndex() *Index { return &Index{files: make(map[string]indexed)} }

// identify returns the identity of the file at an absolute path: the one
// remembered under name if the file still has its stamp, else the one that
// read finds.
func (x *Index) identify(name, file string, read func() ([]byte, error)) (string, error) {
	now := time.Now()
	s, known := stampOf(file)
	if known {
		x.mu.Lock()
		was, ok := x.files[name]
		x.mu.Unlock()
		if ok && was.stamp == s {
			return was.id, nil
		}
	}
	content, err := read()
	if err != nil {
		return "", err
	}
	id := ContentID(content)
	if known && max(s.modified, s.changed) < now.Add(-settled).UnixNano() {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.files[name], x.changed = indexed{s, id}, true
	}
	return id, nil
}

// Changed reports whether the Index learned something since it was made.
func (x *Index) Changed() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.changed
}

// MarshalBinary returns a form that UnmarshalBinary reads, the same for the
// same content.
func (x *Index) MarshalBinary() ([]byte, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	var e encoder
	e.number(len(x.files))
	for _, name := range slices.Sorted(maps.Keys(x.files)) {
		f := x.files[name]
		e.text(name)
		e.text(f.id)
		for _, n := range []int64{f.stamp.size, f.stamp.modified, f.stamp.changed, int64(f.stamp.inode), int64(f.stamp.device)} {
			e.signed(n)
		}
	}
	return e.bytes, nil
}

// errMalformed is the error for bytes that are no Index or ReadSet.
var errMalformed = errors.New("malformed record of files")

// UnmarshalBinary replaces what the Index knows.
func (x *Index) UnmarshalBinary(data []byte) error {
	d := decoder{rest: data}
	n := d.number()
	files := make(map[string]indexed, min(n, len(data)/8))
	for range n {
		name, id := d.text(), d.text()
		s := stamp{size: d.signed(), modified: d.signed(), changed: d.signed()}
		s.inode, s.device = uint64(d.signed()), uint64(d.signed())
		if d.bad {
			return errMalformed
		}
		files[name] = indexed{s, id}
	}
	if !d.done() {
		return errMalformed
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.files, x.changed = files, false
	return nil
}

// IdentifyFile returns the identity of one file outside any tree, at an
// absolute path.
func (x *Index) IdentifyFile(file string, read func() ([]byte, error)) (string, error) {
	return x.identify(file, file, read)
}

// UseIndex makes the identities of the folder's files come from x where it
// knows them. Call it before the tree is used.
func (d *Dir) UseIndex(x *Index) { d.index = x }

// Identify returns the identity of a file's content.
func (d *Dir) Identify(name string) (string, error) {
	read := func() ([]byte, error) { return d.ReadFile(name) }
	if d.index == nil || d.abs == "" {
		content, err := read()
		if err != nil {
			return "", err
		}
		return ContentID(content), nil
	}
	return d.index.identify(name, filepath.Join(d.abs, filepath.FromSlash(name)), read)
}
