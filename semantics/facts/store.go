package facts

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
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
	hash  hasher
	// parent has all files but the changed ones; nil if there is none.
	parent  *Store
	changed []string

	mu      sync.Mutex
	roots   map[string][]string // folder → paths of the files below it, sorted
	folders map[folderKey]*folder
	files   map[string]*storeFile
}

// storeFile is one file. Everything in it is made on demand, once.
type storeFile struct {
	read     sync.Once
	content  []byte
	err      error
	words    []wordHash // each once, comments included
	defines  []wordHash // those that the file may define: see scanWords
	includes []string   // what its #include lines spell, in order

	lex   sync.Once
	lexed *cpp.Lexed
	defs  []Definition // in their order
	named []int32      // indexes of defs by name, then in their order
}

// NewStore returns the store of a tree.
func NewStore(fsys fs.FS, cache *cpp.Cache) *Store {
	return &Store{
		fsys: fsys, cache: cache, hash: newHasher(),
		roots: make(map[string][]string), folders: make(map[folderKey]*folder),
		files: make(map[string]*storeFile),
	}
}

// Derive returns the store of a tree that differs from s in the given paths
// only. What is the same in both is read through s, also later.
func (s *Store) Derive(fsys fs.FS, changed []string) *Store {
	return &Store{
		fsys: fsys, cache: s.cache, hash: s.hash, parent: s, changed: changed,
		roots: make(map[string][]string), folders: make(map[folderKey]*folder),
		files: make(map[string]*storeFile),
	}
}

// Forget lets go of what is known of the files below a folder, which is read
// again if it is asked for. What s shares with others is left to them.
func (s *Store) Forget(dir string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	inside := func(p string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }
	maps.DeleteFunc(s.files, func(p string, _ *storeFile) bool { return inside(p) })
	maps.DeleteFunc(s.roots, func(root string, _ []string) bool { return inside(root) })
	maps.DeleteFunc(s.folders, func(key folderKey, _ *folder) bool { return inside(key.root) })
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
			scanWords(s.hash, f)
		}
	})
	return f
}

// has reports whether the file has a word.
func (s *Store) has(f *storeFile, word string) bool {
	return slices.Contains(f.words, s.hash.ofString(word))
}

// Mentions reports whether the file at p has a word, comments included. A file
// that cannot be read has none.
func (s *Store) Mentions(p, word string) bool { return s.has(s.file(p), word) }

// Definitions returns what the file at p defines, in its order; nothing if it
// cannot be read. The list is shared and must not be changed.
func (s *Store) Definitions(p string) []Definition {
	f := s.file(p)
	s.analyse(p, f)
	return f.defs
}

// lexed returns the tokens of a file, nil if it cannot be read.
func (s *Store) lexed(p string) *cpp.Lexed {
	f := s.file(p)
	s.analyse(p, f)
	return f.lexed
}

// analyse lexes a file and finds its definitions, once.
func (s *Store) analyse(p string, f *storeFile) {
	f.lex.Do(func() {
		if f.err != nil {
			return
		}
		f.lexed = s.cache.Lex(s.cache.Set.Add(p, f.content))
		f.defs = Definitions(s.cache, f.lexed)
		f.named = make([]int32, len(f.defs))
		for i := range f.named {
			f.named[i] = int32(i)
		}
		slices.SortStableFunc(f.named, func(a, b int32) int { return strings.Compare(f.defs[a].Name, f.defs[b].Name) })
	})
}

// defining returns the indexes in defs of the definitions of a name.
func (f *storeFile) defining(name string) []int32 {
	first, ok := slices.BinarySearchFunc(f.named, name, func(i int32, name string) int {
		return strings.Compare(f.defs[i].Name, name)
	})
	if !ok {
		return nil
	}
	end := first + 1
	for end < len(f.named) && f.defs[f.named[end]].Name == name {
		end++
	}
	return f.named[first:end]
}
