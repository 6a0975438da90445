package tree

import (
	"bytes"
	"io/fs"
	"sync"
)

// maxCached is how many bytes of file content one cached tree keeps. All that
// a review reads of a kernel is some 60 MB; what comes above is read again
// each time it is asked for.
const maxCached = 256 << 20

// keeper is a tree that may keep what it read.
type keeper interface{ keeps() bool }

// Cached returns t with a memory: each folder is listed at most once, each
// file read at most once, and that a file is missing is answered from the
// listing of its folder. Changes on disk after the first look are not seen. A
// tree that has such a memory already is returned unchanged.
func Cached(t Tree) Tree {
	if k, ok := t.(keeper); ok && k.keeps() {
		return t
	}
	return NewView(&memory{base: t, files: make(map[string]*kept), infos: make(map[string]fs.FileInfo)})
}

// memory is a Source that reads every file of its base once.
type memory struct {
	base Tree

	mu    sync.Mutex
	files map[string]*kept
	bytes int64
	infos map[string]fs.FileInfo
}

// kept is the content of one file, read by the first who asks.
type kept struct {
	once    sync.Once
	content []byte
	err     error
}

func (m *memory) List(dir string) ([]fs.DirEntry, error) { return m.base.ReadDir(dir) }

func (m *memory) ReadLink(name string) (string, error) { return fs.ReadLink(m.base, name) }

func (m *memory) Lstat(name string) (fs.FileInfo, error) {
	m.mu.Lock()
	info := m.infos[name]
	m.mu.Unlock()
	if info != nil {
		return info, nil
	}
	info, err := fs.Lstat(m.base, name)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.infos[name] = info
	return info, nil
}

func (m *memory) ReadFile(name string) ([]byte, error) {
	content, err := m.sharedFile(name)
	return bytes.Clone(content), err
}

func (m *memory) sharedFile(name string) ([]byte, error) {
	file := m.file(name)
	file.once.Do(func() {
		file.content, file.err = m.base.ReadFile(name)
		m.account(name, len(file.content))
	})
	return file.content, file.err
}

func (m *memory) file(name string) *kept {
	m.mu.Lock()
	defer m.mu.Unlock()
	file := m.files[name]
	if file == nil {
		file = new(kept)
		m.files[name] = file
	}
	return file
}

// account adds a file to the total, or forgets it when the total is reached.
func (m *memory) account(name string, size int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bytes+int64(size) > maxCached {
		delete(m.files, name)
		return
	}
	m.bytes += int64(size)
}
