package cpp

import (
	"errors"
	"io/fs"
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

	builtins   []*Macro
	attributes map[string]*Macro // see defineAttributes
}

type lexedEntry struct {
	once  sync.Once
	lexed *Lexed
}

// NewCache returns an empty Cache whose files will belong to set.
func NewCache(set *source.Set) *Cache {
	names := NewNames()
	return &Cache{
		Set: set, Names: names, lexed: make(map[*source.File]*lexedEntry),
		memos: make(map[string]*memo), builtins: builtinMacros(names),
		attributes: make(map[string]*Macro),
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

// Files is a file system as units read it, remembering what was found where.
// The file system must not change. Several units, also of different classes,
// read faster when they share one. It is safe for concurrent use.
type Files struct {
	cache *Cache
	fsys  fs.FS
	below *Files

	mu    sync.RWMutex
	found map[string]*Lexed // nil: no such file
}

// Files returns a view of fsys.
func (c *Cache) Files(fsys fs.FS) *Files {
	return &Files{cache: c, fsys: fsys, found: make(map[string]*Lexed)}
}

// Over returns a view of fsys laid over f: a file that fsys has not is looked
// for in f. Nothing can be hidden this way.
func (f *Files) Over(fsys fs.FS) *Files {
	top := f.cache.Files(fsys)
	top.below = f
	return top
}

// Open returns the tokens of the file at name, a clean slash path without
// ".."; nil if there is none. Any other failure to read it is an error.
func (f *Files) Open(name string) (*Lexed, error) {
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

// attribute returns the entry that stands for an attribute of some targets.
func (c *Cache) attribute(name string) *Macro {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.attributes[name]
	if m == nil {
		full := attributePrefix + name
		m = &Macro{Name: full, Sym: c.Names.Intern([]byte(full))}
		c.attributes[name] = m
	}
	return m
}
