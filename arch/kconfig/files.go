package kconfig

import (
	"io/fs"
	"sync"
	"sync/atomic"
)

// Files are the Kconfig files of one tree, each read and cut into tokens only
// once, however many architectures are loaded. They are safe for concurrent
// use. The tree must not change.
type Files struct {
	fsys    fs.FS
	dialect dialect
	version string
	share   *Files

	mu   sync.Mutex
	read map[string]*sourceFile
}

// NewFiles returns the Kconfig files of fsys. They share the tokens of files
// that are the same in another tree; share may be nil.
func NewFiles(fsys fs.FS, share *Files) *Files {
	f := &Files{
		fsys:    fsys,
		dialect: readDialect(fsys),
		version: KernelVersion(fsys),
		read:    map[string]*sourceFile{},
	}
	if share != nil && share.dialect == f.dialect {
		f.share = share
	}
	return f
}

// sourceFile is the text of a file, and its tokens once it was parsed.
type sourceFile struct {
	text   string
	tokens atomic.Pointer[[]recordedToken]
}

// file returns the file name, which is relative to the root of the tree.
func (f *Files) file(name string) (*sourceFile, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.read[name]; s != nil {
		return s, nil
	}
	data, err := fs.ReadFile(f.fsys, name)
	if err != nil {
		return nil, err
	}
	s := f.shared(name, data)
	if s == nil {
		s = &sourceFile{text: string(data)}
	}
	f.read[name] = s
	return s, nil
}

// shared returns the file of the other tree if its text is data.
func (f *Files) shared(name string, data []byte) *sourceFile {
	if f.share == nil {
		return nil
	}
	f.share.mu.Lock()
	s := f.share.read[name]
	f.share.mu.Unlock()
	if s == nil || s.text != string(data) {
		return nil
	}
	return s
}

// recordedToken is what a parser took from a lexer: a token, or the text that
// help or assignment returned.
type recordedToken struct {
	token
	raw  bool  // from help or assignment
	off  int32 // of the lexer afterwards
	line int32
}
