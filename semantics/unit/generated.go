package unit

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"ptreview/arch/kbuild"
)

// generated is a file system of the headers that a build makes, each made when
// it is first read. A header that cannot be made is empty.
type generated struct {
	build *kbuild.Build
	names map[string]bool

	mu    sync.Mutex
	files map[string]*generatedFile
}

type generatedFile struct {
	once    sync.Once
	content []byte
	err     error
}

func newGenerated(build *kbuild.Build) (*generated, error) {
	list, err := build.Headers()
	if err != nil {
		return nil, err
	}
	g := &generated{build: build, names: make(map[string]bool), files: make(map[string]*generatedFile)}
	for _, name := range list {
		g.names[name] = true
	}
	return g, nil
}

// compilerHeaders are those of the compiler alone.
func compilerHeaders(build *kbuild.Build) *generated {
	g := &generated{build: build, names: make(map[string]bool), files: make(map[string]*generatedFile)}
	for _, name := range build.CompilerHeaders() {
		g.names[name] = true
	}
	return g
}

// has reports whether there is a header at name.
func (g *generated) has(name string) bool { return g.names[name] }

func (g *generated) file(name string) *generatedFile {
	g.mu.Lock()
	f := g.files[name]
	if f == nil {
		f = new(generatedFile)
		g.files[name] = f
	}
	g.mu.Unlock()
	f.once.Do(func() { f.content, f.err = g.build.Header(name) })
	return f
}

// ReadFile implements fs.ReadFileFS.
func (g *generated) ReadFile(name string) ([]byte, error) {
	if !g.names[name] {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	return g.file(name).content, nil
}

// failure says why the header at name could not be made; nil if it could, or
// was never asked for.
func (g *generated) failure(name string) error {
	if !g.names[name] {
		return nil
	}
	return g.file(name).err
}

// Open implements fs.FS.
func (g *generated) Open(name string) (fs.File, error) {
	data, err := g.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return &openHeader{Reader: bytes.NewReader(data), name: path.Base(name)}, nil
}

// openHeader is a header being read.
type openHeader struct {
	*bytes.Reader
	name string
}

func (f *openHeader) Stat() (fs.FileInfo, error) { return f, nil }
func (f *openHeader) Close() error               { return nil }
func (f *openHeader) Name() string               { return f.name }
func (f *openHeader) Mode() fs.FileMode          { return 0o444 }
func (f *openHeader) ModTime() time.Time         { return time.Time{} }
func (f *openHeader) IsDir() bool                { return false }
func (f *openHeader) Sys() any                   { return nil }

// without hides some files of a file system.
type without struct {
	fs.ReadFileFS
	hidden []string
}

// ReadFile implements fs.ReadFileFS.
func (w without) ReadFile(name string) ([]byte, error) {
	if slices.Contains(w.hidden, name) {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	return w.ReadFileFS.ReadFile(name)
}

// Open implements fs.FS.
func (w without) Open(name string) (fs.File, error) {
	if slices.Contains(w.hidden, name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return w.ReadFileFS.Open(name)
}

// built shows the generated headers of a real build's folder, and nothing else
// that may lie there, and those of the compiler.
type built struct {
	fs.FS
	compiler *generated
}

// Open implements fs.FS.
func (b built) Open(name string) (fs.File, error) {
	if !isGenerated(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if b.compiler.names[name] {
		return b.compiler.Open(name)
	}
	return b.FS.Open(name)
}

// isGenerated reports whether a build writes the header at name.
func isGenerated(name string) bool {
	if strings.HasPrefix(name, "include/generated/") {
		return true
	}
	rest, ok := strings.CutPrefix(name, "arch/")
	_, rest, _ = strings.Cut(rest, "/")
	return ok && strings.HasPrefix(rest, "include/generated/")
}
