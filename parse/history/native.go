package history

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// native reads a repository with go-git's formats. go-git's own storage is not
// used: it reads a whole index into memory before the first object, and each
// alternate again for every object.
type native struct {
	layout layout
	dirs   []*objectDir // the repository's own, then its alternates
}

// maxAlternates bounds how many object folders one repository may borrow from.
const maxAlternates = 64

// openNative opens the objects of a repository. The error is an
// *unsupportedError when go-git's formats do not fit.
func openNative(at layout) (backend, error) {
	if at.foreign != "" {
		return nil, &unsupportedError{at.foreign}
	}
	n := &native{layout: at}
	for _, dir := range append([]string{filepath.Join(at.commonDir, "objects")}, at.elsewhere...) {
		if err := n.addDir(dir); err != nil {
			n.close()
			return nil, err
		}
	}
	return n, nil
}

// addDir opens an object folder and, depth first as git does, those it borrows
// from. One that is not there is left out: what is needed from it will be
// reported as missing.
func (n *native) addDir(dir string) error {
	for _, known := range n.dirs {
		if known.path == dir {
			return nil
		}
	}
	if len(n.dirs) > maxAlternates {
		return errors.New("the repository borrows from more than 64 others")
	}
	d := &objectDir{path: dir}
	n.dirs = append(n.dirs, d)
	if _, err := d.scan(); err != nil {
		return err
	}
	alternates, err := readAlternates(dir)
	if err != nil {
		return err
	}
	for _, other := range alternates {
		if info, err := os.Stat(other); err != nil || !info.IsDir() {
			continue
		}
		if err := n.addDir(other); err != nil {
			return err
		}
	}
	return nil
}

// readAlternates returns the absolute object folders that one borrows from.
// Source: Documentation/gitrepository-layout.txt, objects/info/alternates.
func readAlternates(dir string) ([]string, error) {
	f, err := os.Open(filepath.Join(dir, "info", "alternates"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []string
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if plain, err := strconv.Unquote(line); err == nil {
			line = plain
		}
		if !filepath.IsAbs(line) {
			line = filepath.Join(dir, line)
		}
		list = append(list, filepath.Clean(line))
	}
	return list, lines.Err()
}

func (n *native) close() error {
	var errs []error
	for _, d := range n.dirs {
		errs = append(errs, d.close())
	}
	return errors.Join(errs...)
}

// object implements backend. When an object is not found, the folders are
// listed again once: git may have packed the repository meanwhile.
func (n *native) object(h Hash) (kind, []byte, error) {
	if len(h) != 40 {
		return "", nil, errMissing
	}
	name := plumbing.NewHash(string(h))
	k, data, err := n.search(name)
	if !errors.Is(err, errMissing) {
		return k, data, err
	}
	changed := false
	for _, d := range n.dirs {
		fresh, err := d.scan()
		if err != nil {
			return "", nil, err
		}
		changed = changed || fresh
	}
	if !changed {
		return "", nil, errMissing
	}
	return n.search(name)
}

func (n *native) search(name plumbing.Hash) (kind, []byte, error) {
	for _, d := range n.dirs {
		k, data, err := d.object(name)
		if !errors.Is(err, errMissing) {
			return k, data, err
		}
	}
	return "", nil, errMissing
}

// withPrefix returns the hashes that begin with the digits.
func (n *native) withPrefix(digits string) ([]Hash, error) {
	seen := make(map[Hash]bool)
	var list []Hash
	for _, d := range n.dirs {
		found, err := d.withPrefix(digits)
		if err != nil {
			return nil, err
		}
		for _, h := range found {
			if !seen[h] {
				seen[h] = true
				list = append(list, h)
			}
		}
	}
	return list, nil
}

// kindOf returns git's word for a type of go-git's.
func kindOf(t plumbing.ObjectType) (kind, bool) {
	switch t {
	case plumbing.CommitObject:
		return kindCommit, true
	case plumbing.TreeObject:
		return kindTree, true
	case plumbing.BlobObject:
		return kindBlob, true
	case plumbing.TagObject:
		return kindTag, true
	}
	return "", false
}
