// Package tree shows kernel source at one point in time as a file system.
//
// A Tree is an io/fs file system with slash paths relative to the top of the
// kernel. It may be a directory (Open), files compiled into the program
// (Embedded), a commit (package history), or any of these with patches applied
// in memory (NewOverlay). Trees are never written to, and a symbolic link is
// followed only while it stays inside its tree.
//
// The package knows what makes a directory a kernel and which version it is.
// It leaves out what the files mean, git, and how a patch becomes new content.
package tree

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Tree is kernel source at one point. Paths are as fs.ValidPath wants them,
// relative to the top of the kernel. All trees of this package may be used by
// several goroutines at once.
type Tree interface {
	fs.FS
	fs.ReadFileFS
	fs.ReadDirFS
	fs.StatFS
}

// MaxFileSize is the largest file a tree reads, in bytes. The largest of the
// kernel (register tables of graphics drivers) have some 25 MB.
const MaxFileSize = 256 << 20

// ErrTooLarge is wrapped by the error for a file above MaxFileSize.
var ErrTooLarge = errors.New("file is larger than 256 MiB")

// ErrNotRegular is wrapped by the error for reading what is neither file nor
// directory: a socket, a device, a named pipe.
var ErrNotRegular = errors.New("not a regular file")

// ErrIsDir is wrapped by the error for reading a directory as a file.
var ErrIsDir = errors.New("is a directory")

// ErrNotDir is wrapped by the error for listing a file.
var ErrNotDir = errors.New("not a directory")

// NotKernelError says why a folder was refused as a kernel tree.
type NotKernelError struct {
	Name   string // the folder or commit, as the user gave it
	Reason string // "no Kconfig"
}

func (e *NotKernelError) Error() string {
	return fmt.Sprintf("%s is not a kernel source tree: %s; pass the top folder of a Linux source tree", e.Name, e.Reason)
}

// Check reports whether fsys has what the top of every kernel has. The error
// is a *NotKernelError that carries name, or the error met while looking.
func Check(fsys fs.FS, name string) error {
	for _, want := range []struct {
		path string
		dir  bool
	}{
		{"Makefile", false}, {"Kconfig", false}, {"arch", true}, {"include/linux", true}, {"mm", true},
	} {
		info, err := fs.Stat(fsys, want.path)
		switch {
		case errors.Is(err, fs.ErrNotExist), err == nil && info.IsDir() != want.dir:
			return &NotKernelError{Name: name, Reason: "no " + describe(want.path, want.dir)}
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	_, err := Version(fsys)
	var bad *NotKernelError
	if errors.As(err, &bad) {
		return &NotKernelError{Name: name, Reason: bad.Reason}
	}
	return err
}

func describe(path string, dir bool) string {
	if dir {
		return "folder " + path
	}
	return "Kbuild file " + path
}

// Version returns what "make kernelversion" prints in the tree: "6.1.192" or
// "6.5.0-rc3". The error is a *NotKernelError when the Makefile names none.
// Source: Makefile, KERNELVERSION, v6.1.
func Version(fsys fs.FS) (string, error) {
	makefile, err := fs.ReadFile(fsys, "Makefile")
	if err != nil {
		return "", err
	}
	vars := versionVariables(string(makefile))
	version := vars["VERSION"]
	if version == "" || vars["PATCHLEVEL"] == "" {
		return "", &NotKernelError{Name: "the folder", Reason: "its Makefile sets no VERSION and PATCHLEVEL"}
	}
	version += "." + vars["PATCHLEVEL"]
	if vars["SUBLEVEL"] != "" {
		version += "." + vars["SUBLEVEL"]
	}
	return version + vars["EXTRAVERSION"], nil
}

// versionVariables returns the first assignment of each variable that
// KERNELVERSION is made of.
func versionVariables(makefile string) map[string]string {
	vars := make(map[string]string)
	for line := range strings.Lines(makefile) {
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		name = strings.TrimSpace(name)
		switch name {
		case "VERSION", "PATCHLEVEL", "SUBLEVEL", "EXTRAVERSION":
		default:
			continue
		}
		if _, seen := vars[name]; !seen {
			vars[name] = strings.TrimSpace(value)
		}
	}
	return vars
}
