package cpp

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"sync"
	"syscall"

	"ptreview/parse/source"
)

// Cache holds what reading many units has in common: the files, their names
// and their tokens. A file is lexed once per path and content, whichever
// unit, class, architecture or patch prefix reads it. It is safe for
// concurrent use.
type Cache struct {
	Set   *source.Set
	Names *Names

	mu        sync.RWMutex
	lexed     map[*source.File]*lexedEntry
	memos     map[string]*memo
	scratches scratches

	builtins []*Macro
	clang    [2]*Macro         // __has_feature and __has_extension
	answers  map[string]*Macro // see defineAnswers
}

type lexedEntry struct {
	once  sync.Once
	lexed *Lexed
}

// NewCache returns an empty Cache whose files will belong to set.
func NewCache(set *source.Set) *Cache {
	names := NewNames()
	return &Cache{
		clang: [2]*Macro{{Name: "__has_feature", Sym: symHasFeature}, {Name: "__has_extension", Sym: symHasExtension}},
		Set:   set, Names: names, lexed: make(map[*source.File]*lexedEntry),
		memos: make(map[string]*memo), builtins: builtinMacros(names),
		answers: make(map[string]*Macro),
	}
}

// Lex returns the tokens of f, which must belong to c.Set.
func (c *Cache) Lex(f *source.File) *Lexed {
	c.mu.RLock()
	e := c.lexed[f]
	c.mu.RUnlock()
	if e == nil {
		e = c.entry(f)
	}
	e.once.Do(func() { e.lexed = lexFile(c.Names, f) })
	return e.lexed
}

func (c *Cache) entry(f *source.File) *lexedEntry {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.lexed[f]
	if e == nil {
		e = new(lexedEntry)
		c.lexed[f] = e
	}
	return e
}

// Forget lets go of the tokens of the files below a folder, and of what units
// made of them. A file that is read again is lexed again.
func (c *Cache) Forget(folder string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.lexed, func(f *source.File, _ *lexedEntry) bool { return below(folder, f.Path) })
	for _, m := range c.memos {
		m.forget(folder)
	}
}

// below reports whether a path leads into a folder.
func below(folder, path string) bool {
	return len(path) > len(folder) && path[len(folder)] == '/' && path[:len(folder)] == folder
}

// Files is a file system as units read it, remembering what was found where.
// The file system must not change. Several units, also of different classes,
// read faster when they share one. It is safe for concurrent use.
type Files struct {
	cache *Cache
	fsys  fs.FS
	below *Files
	has   func(name string) bool // false: fsys need not be asked; may be nil

	mu       sync.RWMutex
	found    map[string]*Lexed // nil: no such file
	searches map[string]*searches
}

// Files returns a view of fsys.
func (c *Cache) Files(fsys fs.FS) *Files {
	return &Files{cache: c, fsys: fsys, found: make(map[string]*Lexed), searches: make(map[string]*searches)}
}

// Over returns a view of fsys laid over f: a file that fsys has not is looked
// for in f. Nothing can be hidden this way.
func (f *Files) Over(fsys fs.FS) *Files { return f.OverSome(fsys, nil) }

// OverSome is Over for a file system that has no file but those for whose names
// has is true.
func (f *Files) OverSome(fsys fs.FS, has func(name string) bool) *Files {
	top := f.cache.Files(fsys)
	top.below, top.has = f, has
	return top
}

// Same reports whether all that was opened in old, which no OverSome made, is
// the same in f: what was read from old alone would be the same too.
func (f *Files) Same(old *Files) bool {
	old.mu.RLock()
	defer old.mu.RUnlock()
	for name, lx := range old.found {
		if now, err := f.Open(name); err != nil || now != lx {
			return false
		}
	}
	return old.has == nil
}

// Open returns the tokens of the file at name, a clean slash path without
// ".."; nil if there is none. Any other failure to read it is an error.
func (f *Files) Open(name string) (*Lexed, error) {
	if f.has != nil && !f.has(name) {
		return f.below.Open(name)
	}
	f.mu.RLock()
	lx, ok := f.found[name]
	f.mu.RUnlock()
	if ok {
		return lx, nil
	}
	lx, err := f.read(name)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.found[name] = lx
	return lx, nil
}

// Forget lets go of what was found below a folder.
func (f *Files) Forget(folder string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.DeleteFunc(f.found, func(path string, _ *Lexed) bool { return below(folder, path) })
	clear(f.searches)
}

func (f *Files) read(name string) (*Lexed, error) {
	content, err := source.ReadShared(f.fsys, name)
	switch {
	case err == nil:
		return f.cache.Lex(f.cache.Set.Add(name, content)), nil
	case !absent(err) && !isDir(f.fsys, name):
		return nil, err
	case f.below != nil:
		return f.below.Open(name)
	}
	return nil, nil
}

// absent reports whether err says that there is no such file, also because a
// file stands where the path has a directory.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// isDir reports whether name is a directory, which an #include passes by.
func isDir(fsys fs.FS, name string) bool {
	info, err := fs.Stat(fsys, name)
	return err == nil && info.IsDir()
}

// clean returns the path of name inside a search directory, and whether it
// stays inside the tree.
func clean(dir, name string) (string, bool) {
	p := path.Join(dir, name)
	return p, fs.ValidPath(p) && p != "."
}

// answer returns the entry that stands for a question some targets answer in
// their own way.
func (c *Cache) answer(question string) *Macro {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.answers[question]
	if m == nil {
		m = &Macro{Name: question, Sym: c.Names.Intern([]byte(question))}
		c.answers[question] = m
	}
	return m
}
