// Package source holds files and positions in them.
//
// A Set owns every file that was read for one process: the same path with the
// same content is one File, whichever tree, patch prefix, architecture or
// class asked for it, so that tokens can be shared. It knows nothing about C:
// macro expansion chains live with the preprocessor, which maps a use to the
// Pos values kept here.
package source

import (
	"crypto/sha1"
	"fmt"
	"sort"
	"sync"
)

// Pos is a byte in a file of a Set. It is comparable, valid only together
// with its Set, and zero means unknown. Positions of different files carry no
// meaningful order: a Set hands out ranges in the order of first use.
type Pos uint32

// IsKnown reports whether p names a place.
func (p Pos) IsKnown() bool { return p != 0 }

// Position is a Pos spelled out. Line and Column start at 1; Column counts
// bytes.
type Position struct {
	Path   string
	Line   int
	Column int
}

// IsValid reports whether p names a place.
func (p Position) IsValid() bool { return p.Line > 0 }

// String returns path:line:column, or "-" for an unknown position.
func (p Position) String() string {
	if !p.IsValid() {
		return "-"
	}
	return fmt.Sprintf("%s:%d:%d", p.Path, p.Line, p.Column)
}

// Hash identifies the content of a file.
type Hash [sha1.Size]byte

// HashOf returns the content hash of data.
func HashOf(data []byte) Hash { return sha1.Sum(data) }

// File is one content at one path. It is immutable.
type File struct {
	Path    string
	Content []byte
	Hash    Hash
	base    Pos

	once  sync.Once
	lines []uint32 // offset of the first byte of each line
}

// Pos returns the position of the byte at offset, 0 ≤ offset ≤ len(Content).
func (f *File) Pos(offset int) Pos { return f.base + Pos(offset) }

// Offset is the inverse of Pos.
func (f *File) Offset(p Pos) int { return int(p - f.base) }

// Contains reports whether p lies in f.
func (f *File) Contains(p Pos) bool {
	return p >= f.base && int(p-f.base) <= len(f.Content)
}

// Line returns the line number of offset, starting at 1.
func (f *File) Line(offset int) int {
	f.index()
	return sort.Search(len(f.lines), func(i int) bool { return int(f.lines[i]) > offset })
}

// LineText returns line n (from 1) without its line end, or nil outside.
func (f *File) LineText(n int) []byte {
	f.index()
	if n < 1 || n > len(f.lines) {
		return nil
	}
	start, end := int(f.lines[n-1]), len(f.Content)
	if n < len(f.lines) {
		end = int(f.lines[n]) - 1
	}
	if end > start && f.Content[end-1] == '\r' {
		end--
	}
	return f.Content[start:end]
}

// LineStart returns the position of the first byte of line n (from 1), or 0.
func (f *File) LineStart(n int) Pos {
	f.index()
	if n < 1 || n > len(f.lines) {
		return 0
	}
	return f.Pos(int(f.lines[n-1]))
}

// Lines returns the number of lines.
func (f *File) Lines() int {
	f.index()
	return len(f.lines)
}

func (f *File) index() {
	f.once.Do(func() {
		f.lines = append(f.lines, 0)
		for i, c := range f.Content {
			if c == '\n' && i+1 < len(f.Content) {
				f.lines = append(f.lines, uint32(i+1))
			}
		}
	})
}

type fileKey struct {
	path string
	hash Hash
}

// Set is a growing collection of files. It is safe for concurrent use.
type Set struct {
	mu    sync.RWMutex
	byKey map[fileKey]*File
	files []*File // ascending base
	next  Pos
}

// NewSet returns an empty Set.
func NewSet() *Set {
	return &Set{byKey: make(map[fileKey]*File), next: 1}
}

// Add returns the File for path with content, making it if needed. The Set
// keeps content; the caller must not change it afterwards.
func (s *Set) Add(path string, content []byte) *File {
	key := fileKey{path, HashOf(content)}
	s.mu.RLock()
	f := s.byKey[key]
	s.mu.RUnlock()
	if f != nil {
		return f
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.byKey[key]; f != nil {
		return f
	}
	f = &File{Path: path, Content: content, Hash: key.hash, base: s.next}
	s.next += Pos(len(content)) + 1
	s.byKey[key] = f
	s.files = append(s.files, f)
	return f
}

// Len returns the number of files.
func (s *Set) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.files)
}

// File returns the file that p lies in, or nil.
func (s *Set) File(p Pos) *File {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i := sort.Search(len(s.files), func(i int) bool { return s.files[i].base > p })
	if i == 0 {
		return nil
	}
	return s.files[i-1]
}

// Position spells p out; the zero Position if p is unknown.
func (s *Set) Position(p Pos) Position {
	f := s.File(p)
	if f == nil {
		return Position{}
	}
	off := f.Offset(p)
	line := f.Line(off)
	return Position{Path: f.Path, Line: line, Column: off - int(f.lines[line-1]) + 1}
}
