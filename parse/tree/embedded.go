package tree

import "io/fs"

// embedded gives any file system the methods of a Tree.
type embedded struct{ fs.FS }

// Embedded returns fsys as a Tree; fsys may be an embed.FS, the result of
// fs.Sub or an fstest.MapFS. A file system that is a Tree already is returned
// unchanged. Whether it is a kernel is not looked at: see Check.
func Embedded(fsys fs.FS) Tree {
	if t, ok := fsys.(Tree); ok {
		return t
	}
	return embedded{fsys}
}

func (e embedded) ReadFile(name string) ([]byte, error)       { return fs.ReadFile(e.FS, name) }
func (e embedded) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(e.FS, name) }
func (e embedded) Stat(name string) (fs.FileInfo, error)      { return fs.Stat(e.FS, name) }
func (e embedded) Lstat(name string) (fs.FileInfo, error)     { return fs.Lstat(e.FS, name) }
func (e embedded) ReadLink(name string) (string, error)       { return fs.ReadLink(e.FS, name) }
