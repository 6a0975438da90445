package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Dir is a kernel tree in a folder. It reads the disk at every call; wrap it
// with Cached for work that asks often.
type Dir struct {
	root *os.Root
	fsys linkFS
	name string

	abs   string // the folder's absolute path; "" if it is not known
	index *Index // nil if identities are not remembered
}

// linkFS is what the file system of an os.Root can do.
type linkFS interface {
	Tree
	fs.ReadLinkFS
}

// Open opens the kernel tree in the folder dir. What is no kernel gives a
// *NotKernelError. Close releases the folder.
func Open(dir string) (*Dir, error) {
	d, err := openDir(dir)
	if err != nil {
		return nil, err
	}
	if err := Check(d, dir); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

func openDir(dir string) (*Dir, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &NotKernelError{Name: dir, Reason: "there is no such folder"}
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, &NotKernelError{Name: dir, Reason: "it is not a folder"}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	fsys, ok := root.FS().(linkFS)
	if !ok {
		root.Close()
		return nil, fmt.Errorf("%s: this system cannot read folders without following links out of them", dir)
	}
	d := &Dir{root: root, fsys: fsys, name: dir}
	if abs, err := filepath.Abs(dir); err == nil {
		d.abs = abs
	}
	return d, nil
}

// Name returns the folder as it was given to Open.
func (d *Dir) Name() string { return d.name }

// Close releases the folder. The tree must not be used afterwards.
func (d *Dir) Close() error { return d.root.Close() }

// Open implements fs.FS. Pipes, sockets and devices are refused, because
// opening one may wait forever.
func (d *Dir) Open(name string) (fs.File, error) {
	info, err := d.fsys.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: ErrNotRegular}
	}
	return d.fsys.Open(name)
}

// ReadFile implements fs.ReadFileFS.
func (d *Dir) ReadFile(name string) ([]byte, error) {
	info, err := d.fsys.Stat(name)
	if err != nil {
		return nil, err
	}
	if err := readable(info); err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return d.fsys.ReadFile(name)
}

// readable tells why the file with this info is not read, if so.
func readable(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return ErrIsDir
	case !info.Mode().IsRegular():
		return ErrNotRegular
	case info.Size() > MaxFileSize:
		return ErrTooLarge
	}
	return nil
}

// ReadDir implements fs.ReadDirFS.
func (d *Dir) ReadDir(name string) ([]fs.DirEntry, error) { return d.fsys.ReadDir(name) }

// Stat implements fs.StatFS.
func (d *Dir) Stat(name string) (fs.FileInfo, error) { return d.fsys.Stat(name) }

// Lstat implements fs.ReadLinkFS.
func (d *Dir) Lstat(name string) (fs.FileInfo, error) { return d.fsys.Lstat(name) }

// ReadLink implements fs.ReadLinkFS.
func (d *Dir) ReadLink(name string) (string, error) { return d.fsys.ReadLink(name) }
