package hook

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Foreign says what becomes of a hook that somebody else installed.
type Foreign int

const (
	// Refuse leaves it alone: installing fails.
	Refuse Foreign = iota
	// Chain keeps it, and runs it first.
	Chain
	// Replace overwrites it.
	Replace
)

// ForeignError is the answer where somebody else's hook is in the way.
type ForeignError struct{ File string }

func (e *ForeignError) Error() string {
	return e.File + " is a hook of somebody else; --chain keeps it and runs it first, --force replaces it"
}

// Install writes the script of a hook into the folder of the hooks, whole or
// not at all, and returns its name. Installing twice is installing once.
func Install(folder string, k Kind, script []byte, f Foreign) (string, error) {
	file := filepath.Join(folder, k.Name)
	owner, err := ownerOf(file)
	if err != nil {
		return file, err
	}
	if owner == somebody && f == Refuse {
		return file, &ForeignError{File: file}
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return file, err
	}
	if owner == somebody && f == Chain {
		if err := move(file, file+kept); err != nil {
			return file, err
		}
	}
	return file, write(file, script)
}

// Uninstall removes a hook of ours, puts the one that was kept back in its
// place, and reports whether there was one of ours.
func Uninstall(folder string, k Kind) (file string, removed bool, err error) {
	file = filepath.Join(folder, k.Name)
	owner, err := ownerOf(file)
	if owner != ours || err != nil {
		return file, false, err
	}
	if err = os.Rename(file+kept, file); errors.Is(err, fs.ErrNotExist) {
		err = os.Remove(file)
	}
	return file, err == nil, err
}

// owner is whose a hook is.
type owner int

const (
	nobody owner = iota
	ours
	somebody
)

// maxMark is how much of a hook is looked at for the mark.
const maxMark = 512

func ownerOf(file string) (owner, error) {
	info, err := os.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nobody, nil
	case err != nil:
		return nobody, err
	case info.IsDir():
		return nobody, fmt.Errorf("%s is a folder; a hook is a file", file)
	case !info.Mode().IsRegular():
		return somebody, nil // a link: we write none
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nobody, err
	}
	if bytes.Contains(data[:min(len(data), maxMark)], []byte("\n"+mark+"\n")) {
		return ours, nil
	}
	return somebody, nil
}

// move renames a hook, and overwrites none.
func move(from, to string) error {
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already, from an earlier hook; remove one of the two", to)
	}
	return os.Rename(from, to)
}

func write(file string, script []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // there only after an error
	_, err = f.Write(script)
	if err == nil {
		err = f.Chmod(0o755)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
