package names

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// maxLocal bounds the headers of one C file that no index has.
const maxLocal = 400

// Locals returns the headers that a C file includes, directly or through
// others, and that are not part of an index. The error is a failure to read
// one, or a *LocalError.
func Locals(fsys fs.FS, cache *cpp.Cache, lx *cpp.Lexed) ([]*cpp.Lexed, error) {
	l := &locals{fsys: fsys, cache: cache, seen: map[string]bool{lx.File.Path: true}}
	if err := l.follow(lx); err != nil {
		return nil, err
	}
	return l.list, nil
}

// LocalError says that it is not known what an #include includes.
type LocalError struct{ Path, Include string }

func (e *LocalError) Error() string {
	return fmt.Sprintf("%s: #include %s leads to nothing that is known", e.Path, e.Include)
}

type locals struct {
	fsys  fs.FS
	cache *cpp.Cache
	seen  map[string]bool
	list  []*cpp.Lexed
}

func (l *locals) follow(lx *cpp.Lexed) error {
	for _, in := range lx.Includes() {
		if len(in.Name) != 1 {
			return &LocalError{lx.File.Path, "of a macro"}
		}
		text := l.cache.Names.String(in.Name[0].Sym)
		if len(text) < 3 || text[0] != '<' && text[0] != '"' {
			return &LocalError{lx.File.Path, text}
		}
		if err := l.include(lx.File.Path, text[1:len(text)-1], text[0] == '"'); err != nil {
			return err
		}
	}
	return nil
}

func (l *locals) include(from, name string, quoted bool) error {
	if quoted {
		p := path.Join(path.Dir(from), name)
		if l.exists(p) {
			return l.add(p)
		}
	}
	if isArchHeader(name) || l.exists("include/"+name) || l.exists("include/uapi/"+name) {
		return nil
	}
	return &LocalError{from, name}
}

// isArchHeader reports whether a header is one of the architecture's or made in
// the course of a build.
func isArchHeader(name string) bool {
	for _, prefix := range []string{"asm/", "mach/", "plat/", "generated/", "uapi/asm/"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func (l *locals) exists(p string) bool {
	_, err := fs.Stat(l.fsys, p)
	return err == nil
}

func (l *locals) add(p string) error {
	if l.seen[p] || isIndexed(p) {
		return nil
	}
	l.seen[p] = true
	if len(l.seen) > maxLocal {
		return &LocalError{p, "of too many files"}
	}
	data, err := fs.ReadFile(l.fsys, p)
	if err != nil {
		return err
	}
	lx := l.cache.Lex(l.cache.Set.Add(p, data))
	l.list = append(l.list, lx)
	return l.follow(lx)
}

// isIndexed reports whether an index has a file.
func isIndexed(p string) bool {
	return path.Ext(p) == ".h" && (strings.HasPrefix(p, "include/") || strings.HasPrefix(p, "arch/"))
}

// IsNotKnown reports whether an error of Locals says that the file cannot be
// judged, and not that the tree cannot be read.
func IsNotKnown(err error) bool {
	var e *LocalError
	return errors.As(err, &e)
}

// Version lexes a file of a tree with its local headers.
func Version(fsys fs.FS, cache *cpp.Cache, f *source.File) (File, error) {
	lx := cache.Lex(f)
	list, err := Locals(fsys, cache, lx)
	return File{lx, list}, err
}
