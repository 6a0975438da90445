package facts

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// Store holds the headers and C files of one tree as text with an index of
// their words, for questions that no preprocessor has to be run for. It is
// safe for concurrent use; what is the same in two trees is shared by Derive.
type Store struct {
	fsys  fs.FS
	cache *cpp.Cache
	words *cpp.Names // of all files, comments included
	// parent has all files but the changed ones; nil if there is none.
	parent  *Store
	changed []string

	mu      sync.Mutex
	roots   map[string][]string // folder → paths of the files below it, sorted
	indexes map[mentionsKey]*mentions
	files   map[string]*storeFile
}

// storeFile is one file. Everything in it is made on demand, once.
type storeFile struct {
	read     sync.Once
	content  []byte
	err      error
	words    []cpp.Sym // Syms of Store.words, ascending
	includes []string  // what its #include lines spell, in order

	lex   sync.Once
	lexed *cpp.Lexed
	defs  map[string][]Definition
}

// NewStore returns the store of a tree.
func NewStore(fsys fs.FS, cache *cpp.Cache) *Store {
	return &Store{
		fsys: fsys, cache: cache, words: cpp.NewNames(),
		roots: make(map[string][]string), indexes: make(map[mentionsKey]*mentions),
		files: make(map[string]*storeFile),
	}
}

// Derive returns the store of a tree that differs from s in the given paths
// only. What is the same in both is read through s, also later.
func (s *Store) Derive(fsys fs.FS, changed []string) *Store {
	d := NewStore(fsys, s.cache)
	d.words, d.parent, d.changed = s.words, s, changed
	return d
}

// touches reports whether one of the paths lies below root.
func touches(paths []string, root string) bool {
	return slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(p, root+"/") })
}

// List returns the files below a folder whose names end in ext, by path. A
// folder that is not there has none.
func (s *Store) List(root, ext string) ([]string, error) {
	if s.parent != nil && !touches(s.changed, root) {
		return s.parent.List(root, ext)
	}
	s.mu.Lock()
	list, ok := s.roots[root]
	s.mu.Unlock()
	if !ok {
		var err error
		if list, err = s.walk(root); err != nil {
			return nil, err
		}
		s.mu.Lock()
		s.roots[root] = list
		s.mu.Unlock()
	}
	var out []string
	for _, p := range list {
		if path.Ext(p) == ext {
			out = append(out, p)
		}
	}
	return out, nil
}

func (s *Store) walk(root string) ([]string, error) {
	var list []string
	err := fs.WalkDir(s.fsys, root, func(p string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && p == root {
			return fs.SkipAll
		}
		if err != nil {
			return err
		}
		if ext := path.Ext(p); !d.IsDir() && (ext == ".h" || ext == ".c") {
			list = append(list, p)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", root, err)
	}
	sort.Strings(list)
	return list, nil
}

// file returns the file at p, read and indexed.
func (s *Store) file(p string) *storeFile {
	if s.parent != nil && !slices.Contains(s.changed, p) {
		return s.parent.file(p)
	}
	s.mu.Lock()
	f := s.files[p]
	if f == nil {
		f = &storeFile{}
		s.files[p] = f
	}
	s.mu.Unlock()
	f.read.Do(func() {
		if f.content, f.err = source.ReadShared(s.fsys, p); f.err == nil {
			f.index(s.words)
		}
	})
	return f
}

// index collects the words of the content and the names of its includes.
func (f *storeFile) index(names *cpp.Names) {
	data := f.content
	seen := make(map[cpp.Sym]struct{}, len(data)/32)
	for i := 0; i < len(data); {
		if !isWordByte(data[i]) {
			if data[i] == '#' {
				f.noteInclude(data[i+1:])
			}
			i++
			continue
		}
		start := i
		for i < len(data) && isWordByte(data[i]) {
			i++
		}
		if c := data[start]; c < '0' || c > '9' {
			w := names.Intern(data[start:i])
			if _, ok := seen[w]; !ok {
				seen[w] = struct{}{}
				f.words = append(f.words, w)
			}
		}
	}
	slices.Sort(f.words)
}

// has reports whether the file has a word.
func (s *Store) has(f *storeFile, word string) bool {
	_, ok := slices.BinarySearch(f.words, s.words.Find(word))
	return ok
}

// noteInclude records the name behind "include", if a directive's rest is one.
func (f *storeFile) noteInclude(rest []byte) {
	rest, _, _ = bytes.Cut(rest[:min(len(rest), 200)], []byte("\n"))
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(rest, " \t"), []byte("include"))
	if !ok {
		return
	}
	line := strings.TrimLeft(strings.TrimPrefix(string(rest), "_next"), " \t")
	if line == "" {
		return
	}
	end := strings.IndexByte(line[1:], map[byte]byte{'<': '>', '"': '"'}[line[0]])
	if (line[0] == '<' || line[0] == '"') && end > 0 {
		f.includes = append(f.includes, line[1:1+end])
	}
}

// Mentions reports whether the file at p has a word, comments included. A file
// that cannot be read has none.
func (s *Store) Mentions(p, word string) bool { return s.has(s.file(p), word) }

// Definitions returns what the file at p defines, in its order; nothing if it
// cannot be read.
func (s *Store) Definitions(p string) []Definition {
	if lx := s.lexed(p); lx != nil {
		return Definitions(s.cache, lx)
	}
	return nil
}

// lexed returns the tokens of a file, nil if it cannot be read.
func (s *Store) lexed(p string) *cpp.Lexed {
	f := s.file(p)
	s.analyse(p, f)
	return f.lexed
}

// definitions returns what a file defines under a name.
func (s *Store) definitions(p, name string) []Definition {
	f := s.file(p)
	s.analyse(p, f)
	return f.defs[name]
}

// analyse lexes a file and finds its definitions, once.
func (s *Store) analyse(p string, f *storeFile) {
	f.lex.Do(func() {
		if f.err != nil {
			return
		}
		f.lexed = s.cache.Lex(s.cache.Set.Add(p, f.content))
		f.defs = make(map[string][]Definition)
		for _, d := range Definitions(s.cache, f.lexed) {
			f.defs[d.Name] = append(f.defs[d.Name], d)
		}
	})
}
