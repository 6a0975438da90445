package tree

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	"ptreview/parse/source"
)

// File is what an overlay puts at a path.
type File struct {
	Content []byte
	Mode    fs.FileMode // 0 means 0644; with fs.ModeSymlink Content is the target
	Deleted bool        // the path is gone; the other fields are not looked at
}

// Overlay is a tree with some files added, replaced or deleted. A folder comes
// into being with its first file and goes with its last, as in git. Symbolic
// links of the base lead to the overlaid files.
type Overlay struct {
	*View
	src *overlaid
}

// NewOverlay returns base with the content of files; nil content deletes the
// path, an empty file is an empty slice that is not nil. The contents are kept
// and must not be changed afterwards. Overlays may be put on overlays.
func NewOverlay(base fs.FS, files map[string][]byte) *Overlay {
	typed := make(map[string]File, len(files))
	for name, content := range files {
		typed[name] = File{Content: content, Deleted: content == nil}
	}
	return NewOverlayFiles(base, typed)
}

// NewOverlayFiles is NewOverlay for files with a mode.
func NewOverlayFiles(base fs.FS, files map[string]File) *Overlay {
	src := &overlaid{
		base:   Embedded(base),
		files:  maps.Clone(files),
		added:  make(map[string]map[string]bool),
		pruned: make(map[string]bool),
		broken: make(map[string]error),
	}
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		src.enterDeleted(name)
	}
	for _, name := range names {
		src.enterNew(name)
	}
	return &Overlay{View: NewView(src), src: src}
}

// Check returns an error for the first path, in order of paths, that cannot be
// there together with the rest of the tree: an invalid path, a file that is a
// folder as well, a file below a symbolic link. Such a path is unreadable in
// the overlay.
func (o *Overlay) Check() error {
	if len(o.src.broken) == 0 {
		return nil
	}
	first := slices.Min(slices.Collect(maps.Keys(o.src.broken)))
	return &fs.PathError{Op: "overlay", Path: first, Err: o.src.broken[first]}
}

// keeps reports whether the base needs no cache, as content comes from there.
func (o *Overlay) keeps() bool {
	k, ok := o.src.base.(keeper)
	return ok && k.keeps()
}

// overlaid is the Source of an Overlay.
type overlaid struct {
	base   Tree
	files  map[string]File
	added  map[string]map[string]bool // folder → names of new entries; true for a folder
	pruned map[string]bool            // folders with a deleted file in or below them
	broken map[string]error
}

var (
	errBoth      = errors.New("both a file and a folder")
	errBelowLink = errors.New("below a symbolic link")
)

// enterDeleted records a path in the maps when it is a deleted one, and drops
// one that no file can have.
func (o *overlaid) enterDeleted(name string) {
	if !fs.ValidPath(name) || name == "." {
		o.broken[name] = fs.ErrInvalid
		delete(o.files, name)
		return
	}
	if !o.files[name].Deleted {
		return
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		o.pruned[dir] = true
	}
}

// enterNew records a path with content in the maps. Deletions are recorded
// before, as they may make room.
func (o *overlaid) enterNew(name string) {
	if file, ok := o.files[name]; !ok || file.Deleted {
		return
	}
	if info, err := fs.Lstat(o.base, name); err == nil && info.IsDir() {
		o.shadow(name)
	}
	o.enterName(name, false)
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		o.checkFolder(dir)
		o.enterName(dir, true)
	}
}

func (o *overlaid) enterName(name string, dir bool) {
	parent, base := path.Split(name)
	parent = path.Clean(parent)
	if o.added[parent] == nil {
		o.added[parent] = make(map[string]bool)
	}
	o.added[parent][base] = o.added[parent][base] || dir
}

// checkFolder notes when dir, which must be a folder to hold a new file, is
// something else.
func (o *overlaid) checkFolder(dir string) {
	if file, ok := o.files[dir]; ok {
		if !file.Deleted {
			o.broken[dir] = errBoth
		}
		return
	}
	info, err := fs.Lstat(o.base, dir)
	switch {
	case err != nil || info.IsDir():
	case info.Mode()&fs.ModeSymlink != 0:
		o.broken[dir] = errBelowLink
	default:
		o.broken[dir] = errBoth
	}
}

// shadow notes when the base has a folder where a new file goes, unless all of
// the folder is deleted.
func (o *overlaid) shadow(name string) {
	o.pruned[name] = true
	empty, err := o.isHollow(name)
	if err != nil || !empty {
		o.broken[name] = errBoth
	}
}

// List implements Source: the base's entries without the deleted, and the new.
func (o *overlaid) List(dir string) ([]fs.DirEntry, error) {
	var entries []fs.DirEntry
	if o.inBase(dir) {
		old, err := o.base.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		if entries, err = o.remaining(dir, old); err != nil {
			return nil, err
		}
	}
	added := o.added[dir]
	for _, base := range slices.Sorted(maps.Keys(added)) {
		info := o.newInfo(path.Join(dir, base), added[base])
		at := slices.IndexFunc(entries, func(e fs.DirEntry) bool { return e.Name() == base })
		switch {
		case at < 0:
			entries = append(entries, fs.FileInfoToDirEntry(info))
		case !info.IsDir() || !entries[at].IsDir():
			entries[at] = fs.FileInfoToDirEntry(info)
		}
	}
	return entries, nil
}

// remaining returns the entries of a folder of the base that the overlay
// leaves alone.
func (o *overlaid) remaining(dir string, old []fs.DirEntry) ([]fs.DirEntry, error) {
	entries := make([]fs.DirEntry, 0, len(old)+len(o.added[dir]))
	for _, e := range old {
		name := path.Join(dir, e.Name())
		if _, changed := o.files[name]; changed {
			continue
		}
		if e.IsDir() {
			gone, err := o.isHollow(name)
			if err != nil {
				return nil, err
			}
			if gone {
				continue
			}
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// isHollow reports whether a folder of the base has lost all it held.
func (o *overlaid) isHollow(dir string) (bool, error) {
	if !o.pruned[dir] {
		return false, nil
	}
	old, err := o.base.ReadDir(dir)
	if err != nil {
		return false, err
	}
	left, err := o.remaining(dir, old)
	return len(left) == 0, err
}

// inBase reports whether dir is a folder of the base that shows through.
func (o *overlaid) inBase(dir string) bool {
	for ; dir != "."; dir = path.Dir(dir) {
		if _, replaced := o.files[dir]; replaced {
			return false
		}
		info, err := fs.Lstat(o.base, dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			continue // let ReadDir say what is wrong
		}
		if err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

func (o *overlaid) newInfo(name string, dir bool) Info {
	base := path.Base(name)
	switch {
	case o.broken[name] != nil:
		return Info{Base: base, Perm: fs.ModeIrregular}
	case dir:
		return Info{Base: base, Perm: fs.ModeDir | 0o755}
	}
	file := o.files[name]
	return Info{Base: base, Bytes: int64(len(file.Content)), Perm: cmp.Or(file.Mode, 0o644)}
}

// isNew reports whether name comes from the overlay, and whether as a folder.
func (o *overlaid) isNew(name string) (dir, ok bool) {
	dir, ok = o.added[path.Dir(name)][path.Base(name)]
	return dir, ok
}

// Lstat implements Source.
func (o *overlaid) Lstat(name string) (fs.FileInfo, error) {
	if dir, ok := o.isNew(name); ok && name != "." && !(dir && o.broken[name] == nil && o.inBase(name)) {
		return o.newInfo(name, dir), nil
	}
	return fs.Lstat(o.base, name)
}

// ReadFile implements Source.
func (o *overlaid) ReadFile(name string) ([]byte, error) {
	if _, ok := o.files[name]; ok {
		content, err := o.sharedFile(name)
		return append([]byte{}, content...), err
	}
	return o.base.ReadFile(name)
}

func (o *overlaid) sharedFile(name string) ([]byte, error) {
	if file, ok := o.files[name]; ok {
		if file.Deleted {
			panic(fmt.Sprintf("tree: deleted file %s was listed", name))
		}
		return file.Content, nil
	}
	return source.ReadShared(o.base, name)
}

// ReadLink implements Source.
func (o *overlaid) ReadLink(name string) (string, error) {
	if file, ok := o.files[name]; ok {
		return string(file.Content), nil
	}
	return fs.ReadLink(o.base, name)
}
