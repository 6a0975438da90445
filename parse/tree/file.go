package tree

import (
	"bytes"
	"io"
	"io/fs"
	"slices"
	"time"
)

// openFile is a file that was read whole when it was opened.
type openFile struct {
	*bytes.Reader
	info fs.FileInfo
}

func newOpenFile(info fs.FileInfo, content []byte) *openFile {
	return &openFile{bytes.NewReader(content), info}
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

// openFolder is an opened folder.
type openFolder struct {
	info fs.FileInfo
	name string
	rest []fs.DirEntry // not yet returned by ReadDir
}

func (f *openFolder) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFolder) Close() error               { return nil }

func (f *openFolder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.name, Err: ErrIsDir}
}

// ReadDir implements fs.ReadDirFile.
func (f *openFolder) ReadDir(n int) ([]fs.DirEntry, error) {
	if n <= 0 || n > len(f.rest) {
		if n > 0 && len(f.rest) == 0 {
			return nil, io.EOF
		}
		n = len(f.rest)
	}
	list := slices.Clone(f.rest[:n])
	f.rest = f.rest[n:]
	return list, nil
}

// Info is the fs.FileInfo and fs.DirEntry of a file that has no place on a
// disk. Its time is zero: nothing may depend on when a tree was made.
type Info struct {
	Base  string      // last component of the path
	Bytes int64       // length of the content
	Perm  fs.FileMode // type and permission bits
}

// Name implements fs.FileInfo.
func (i Info) Name() string { return i.Base }

// Size implements fs.FileInfo.
func (i Info) Size() int64 { return i.Bytes }

// Mode implements fs.FileInfo.
func (i Info) Mode() fs.FileMode { return i.Perm }

// ModTime implements fs.FileInfo.
func (i Info) ModTime() time.Time { return time.Time{} }

// IsDir implements fs.FileInfo.
func (i Info) IsDir() bool { return i.Perm.IsDir() }

// Sys implements fs.FileInfo.
func (i Info) Sys() any { return nil }
