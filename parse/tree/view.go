package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

// ErrEscapes is wrapped by the error for a symbolic link that leads out of the
// tree. It is not fs.ErrNotExist: the file may be there, but it is not read.
var ErrEscapes = errors.New("symbolic link leads out of the tree")

// ErrLinks is wrapped by the error for a path with more than 40 symbolic
// links, which is a circle in practice.
var ErrLinks = errors.New("too many symbolic links")

// maxLinks is the limit Linux has for one path.
const maxLinks = 40

// maxAliases bounds how many names of folders a View remembers, so that a
// caller who tries names without end does not use memory without end.
const maxAliases = 1 << 16

// Source is a raw tree: no path given to it has a symbolic link or ".." in it,
// and it follows none. A View makes a Tree of it. Methods may be called by
// several goroutines at once.
type Source interface {
	// List returns the entries of a folder in any order. The top is ".".
	List(dir string) ([]fs.DirEntry, error)
	// Lstat returns the info of a listed entry, or of ".".
	Lstat(name string) (fs.FileInfo, error)
	// ReadFile returns the content of a listed regular file. The slice
	// belongs to the caller. Sources that are slow keep what they read.
	ReadFile(name string) ([]byte, error)
	// ReadLink returns the target of a listed symbolic link.
	ReadLink(name string) (string, error)
}

// View is the Tree of a Source. It lists each folder once and answers from the
// listing what is there and what is not, which is what an #include asks for
// most; and it follows symbolic links within the tree.
type View struct {
	src Source

	mu      sync.RWMutex
	listed  map[string]*folder // by path without links
	aliases map[string]alias   // by path as asked for
}

// folder is a listed folder.
type folder struct {
	path    string // without links
	entries []fs.DirEntry
	byName  map[string]fs.DirEntry
}

// alias is where a name of a folder leads.
type alias struct {
	folder *folder
	err    error // fs.ErrNotExist when there is no such folder
}

// place is an entry that was found: a folder when folder is set.
type place struct {
	path   string
	mode   fs.FileMode
	folder *folder
}

// NewView returns the Tree of src.
func NewView(src Source) *View {
	return &View{src: src, listed: make(map[string]*folder), aliases: make(map[string]alias)}
}

// keeps reports that no cache is needed around v.
func (v *View) keeps() bool { return true }

// list returns the folder at a path without links.
func (v *View) list(dir string) (*folder, error) {
	v.mu.RLock()
	f := v.listed[dir]
	v.mu.RUnlock()
	if f != nil {
		return f, nil
	}
	f, err := v.read(dir)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if other := v.listed[dir]; other != nil {
		return other, nil
	}
	v.listed[dir] = f
	return f, nil
}

// read lists a folder anew. A name that cannot stand in a path is an error and
// not left out: it would be unreachable, but somebody put it there.
func (v *View) read(dir string) (*folder, error) {
	entries, err := v.src.List(dir)
	if err != nil {
		return nil, err
	}
	f := &folder{path: dir, entries: slices.Clone(entries), byName: make(map[string]fs.DirEntry, len(entries))}
	for _, e := range entries {
		name := e.Name()
		if name == "." || strings.Contains(name, "/") || !fs.ValidPath(name) {
			return nil, fmt.Errorf("%s: entry with the name %q, which no file can have", dir, name)
		}
		if _, twice := f.byName[name]; twice {
			return nil, fmt.Errorf("%s: two entries with the name %q", dir, name)
		}
		f.byName[name] = e
	}
	slices.SortFunc(f.entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return f, nil
}

// folderAt returns the folder that name leads to, following links.
func (v *View) folderAt(name string) (*folder, error) {
	if name == "." {
		return v.list(".")
	}
	v.mu.RLock()
	known, ok := v.aliases[name]
	v.mu.RUnlock()
	if ok {
		return known.folder, known.err
	}
	at, err := v.find(name, true)
	if err == nil && at.folder == nil {
		err = fs.ErrNotExist
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		v.remember(name, alias{at.folder, err})
	}
	return at.folder, err
}

func (v *View) remember(name string, a alias) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.aliases) < maxAliases {
		v.aliases[name] = a
	}
}

// find returns the place of name; follow says whether a symbolic link at its
// end is followed. Errors are bare: callers know the operation.
func (v *View) find(name string, follow bool) (place, error) {
	if name == "." {
		f, err := v.list(".")
		return place{path: ".", mode: fs.ModeDir, folder: f}, err
	}
	dir, base := path.Split(name)
	parent, err := v.folderAt(path.Clean(dir))
	if err != nil {
		return place{}, err
	}
	links := maxLinks
	return v.step(parent, base, follow, &links)
}

// step goes from a folder to one of its entries. links counts down the
// symbolic links still allowed.
func (v *View) step(from *folder, name string, follow bool, links *int) (place, error) {
	entry, ok := from.byName[name]
	if !ok {
		return place{}, fs.ErrNotExist
	}
	at := place{path: path.Join(from.path, name), mode: entry.Type()}
	switch {
	case entry.IsDir():
		f, err := v.list(at.path)
		at.folder = f
		return at, err
	case at.mode&fs.ModeSymlink != 0 && follow:
		return v.followLink(from, at.path, links)
	}
	return at, nil
}

// followLink returns where the link at a path leads, seen from its folder.
func (v *View) followLink(from *folder, link string, links *int) (place, error) {
	*links--
	if *links < 0 {
		return place{}, ErrLinks
	}
	target, err := v.src.ReadLink(link)
	if err != nil {
		return place{}, err
	}
	if path.IsAbs(target) {
		return place{}, fmt.Errorf("%w: %s -> %s", ErrEscapes, link, target)
	}
	at := place{path: from.path, mode: fs.ModeDir, folder: from}
	for name := range strings.SplitSeq(target, "/") {
		at, err = v.stepLink(at, name, links)
		if errors.Is(err, ErrEscapes) {
			return place{}, fmt.Errorf("%w: %s -> %s", ErrEscapes, link, target)
		}
		if err != nil {
			return place{}, err
		}
	}
	return at, nil
}

// stepLink goes one component of a link's target further.
func (v *View) stepLink(at place, name string, links *int) (place, error) {
	switch {
	case at.folder == nil:
		return place{}, fs.ErrNotExist
	case name == "" || name == ".":
		return at, nil
	case name == ".." && at.path == ".":
		return place{}, ErrEscapes
	case name == "..":
		return v.find(path.Dir(at.path), false)
	}
	return v.step(at.folder, name, true, links)
}

func (v *View) locate(op, name string, follow bool) (place, error) {
	if !fs.ValidPath(name) {
		return place{}, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	at, err := v.find(name, follow)
	if err != nil {
		return place{}, &fs.PathError{Op: op, Path: name, Err: err}
	}
	return at, nil
}

// Open implements fs.FS.
func (v *View) Open(name string) (fs.File, error) {
	at, err := v.locate("open", name, true)
	if err != nil {
		return nil, err
	}
	info, err := v.info("open", name, at)
	if err != nil {
		return nil, err
	}
	if at.folder != nil {
		return &openFolder{info: info, name: name, rest: at.folder.entries}, nil
	}
	content, err := v.content("open", name, at)
	if err != nil {
		return nil, err
	}
	return newOpenFile(info, content), nil
}

// ReadFile implements fs.ReadFileFS. The slice belongs to the caller.
func (v *View) ReadFile(name string) ([]byte, error) {
	at, err := v.locate("read", name, true)
	if err != nil {
		return nil, err
	}
	return v.content("read", name, at)
}

// SharedFile is ReadFile, but the content must not be changed: it may be kept
// by the tree.
func (v *View) SharedFile(name string) ([]byte, error) {
	src, ok := v.src.(sharing)
	if !ok {
		return v.ReadFile(name)
	}
	at, err := v.locate("read", name, true)
	if err != nil {
		return nil, err
	}
	if at.folder != nil || !at.mode.IsRegular() {
		return v.content("read", name, at) // the error
	}
	content, err := src.sharedFile(at.path)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return content, nil
}

// sharing is a Source that keeps contents.
type sharing interface {
	sharedFile(path string) ([]byte, error)
}

func (v *View) content(op, name string, at place) ([]byte, error) {
	var err error
	switch {
	case at.folder != nil:
		err = ErrIsDir
	case !at.mode.IsRegular():
		err = ErrNotRegular
	default:
		var content []byte
		if content, err = v.src.ReadFile(at.path); err == nil {
			return content, nil
		}
	}
	return nil, &fs.PathError{Op: op, Path: name, Err: err}
}

// ReadDir implements fs.ReadDirFS.
func (v *View) ReadDir(name string) ([]fs.DirEntry, error) {
	at, err := v.locate("readdir", name, true)
	if err != nil {
		return nil, err
	}
	if at.folder == nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: ErrNotDir}
	}
	return slices.Clone(at.folder.entries), nil
}

// Stat implements fs.StatFS.
func (v *View) Stat(name string) (fs.FileInfo, error) {
	at, err := v.locate("stat", name, true)
	if err != nil {
		return nil, err
	}
	return v.info("stat", name, at)
}

// Lstat implements fs.ReadLinkFS.
func (v *View) Lstat(name string) (fs.FileInfo, error) {
	at, err := v.locate("lstat", name, false)
	if err != nil {
		return nil, err
	}
	return v.info("lstat", name, at)
}

// ReadLink implements fs.ReadLinkFS.
func (v *View) ReadLink(name string) (string, error) {
	at, err := v.locate("readlink", name, false)
	if err != nil {
		return "", err
	}
	if at.mode&fs.ModeSymlink == 0 {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	target, err := v.src.ReadLink(at.path)
	if err != nil {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: err}
	}
	return target, nil
}

func (v *View) info(op, name string, at place) (fs.FileInfo, error) {
	info, err := v.src.Lstat(at.path)
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: err}
	}
	if base := path.Base(name); base != info.Name() {
		return renamed{info, base}, nil
	}
	return info, nil
}

// renamed is the info of a file reached through a link with another name.
type renamed struct {
	fs.FileInfo
	name string
}

func (r renamed) Name() string { return r.name }
