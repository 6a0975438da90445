package kconfig

import (
	"io/fs"
	"sync"
	"sync/atomic"
)

// Files are the Kconfig files of one tree, each read and cut into statements
// only once, however many architectures are loaded. They are safe for
// concurrent use. The tree must not change.
type Files struct {
	words   *vocabulary
	fsys    fs.FS
	dialect dialect
	version string
	share   *Files

	mu   sync.Mutex
	read map[string]*sourceFile
}

// NewFiles returns the Kconfig files of fsys. They share the statements of
// files that are the same in another tree; share may be nil.
func NewFiles(fsys fs.FS, share *Files) *Files {
	f := &Files{
		words:   newVocabulary(),
		fsys:    fsys,
		dialect: readDialect(fsys),
		version: KernelVersion(fsys),
		read:    map[string]*sourceFile{},
	}
	if share != nil && share.dialect == f.dialect {
		f.share, f.words = share, share.words
	}
	return f
}

// sourceFile is the text of a file and, once it was parsed, its statements. One
// that mentions macros has other statements for every parser, and none here.
type sourceFile struct {
	text       string
	statements atomic.Pointer[[]statement]
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
