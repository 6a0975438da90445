package source

import "io/fs"

// sharedFS is a file system that can hand out the content of a file it keeps.
type sharedFS interface {
	// SharedFile is ReadFile, but the content must not be changed.
	SharedFile(name string) ([]byte, error)
}

// ReadShared returns the content of a file for reading only: a file system
// that keeps it in memory does not copy it.
func ReadShared(fsys fs.FS, name string) ([]byte, error) {
	if s, ok := fsys.(sharedFS); ok {
		return s.SharedFile(name)
	}
	return fs.ReadFile(fsys, name)
}
