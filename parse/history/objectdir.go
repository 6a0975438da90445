package history

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/objfile"
	"ptreview/parse/tree"
)

// objectDir is one object folder: packs and loose objects.
type objectDir struct {
	path  string
	packs []*pack // the one used last comes first
}

// errTooLarge is the answer for an object no kernel has.
var errTooLarge = fmt.Errorf("object: %w", tree.ErrTooLarge)

// scan opens the packs that are new since the last time and reports whether
// there were any. Packs that are gone stay open: their content is still right.
func (d *objectDir) scan() (bool, error) {
	entries, err := os.ReadDir(filepath.Join(d.path, "pack"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	changed := false
	for _, e := range entries {
		base, ok := strings.CutSuffix(e.Name(), ".idx")
		if !ok || d.has(base) {
			continue
		}
		p, err := openPack(filepath.Join(d.path, "pack"), base)
		if errors.Is(err, fs.ErrNotExist) {
			continue // an index without pack: git is just writing or deleting it
		}
		if err != nil {
			return changed, err
		}
		d.packs = append(d.packs, p)
		changed = true
	}
	return changed, nil
}

func (d *objectDir) has(base string) bool {
	return slices.ContainsFunc(d.packs, func(p *pack) bool { return p.name == base })
}

func (d *objectDir) close() error {
	var errs []error
	for _, p := range d.packs {
		errs = append(errs, p.close())
	}
	d.packs = nil
	return errors.Join(errs...)
}

// object returns an object whole, with its hash checked, or errMissing.
func (d *objectDir) object(name plumbing.Hash) (kind, []byte, error) {
	t, data, err := d.read(name)
	if err != nil {
		return "", nil, err
	}
	k, ok := kindOf(t)
	if !ok {
		return "", nil, fmt.Errorf("%w: type %s", errMalformed, t)
	}
	if hashOf(k, data) != name {
		return "", nil, fmt.Errorf("%w: its content has another hash", errMalformed)
	}
	return k, data, nil
}

func (d *objectDir) read(name plumbing.Hash) (plumbing.ObjectType, []byte, error) {
	for i, p := range d.packs {
		offset, ok, err := p.index.find(name)
		if err != nil {
			return 0, nil, err
		}
		if !ok {
			continue
		}
		copy(d.packs[1:i+1], d.packs[:i])
		d.packs[0] = p
		return p.read(offset)
	}
	return d.loose(name)
}

func hashOf(k kind, data []byte) plumbing.Hash {
	h := sha1.New()
	fmt.Fprintf(h, "%s %d\x00", k, len(data))
	h.Write(data)
	return plumbing.Hash(h.Sum(nil))
}

// loose reads an object that has a file of its own.
func (d *objectDir) loose(name plumbing.Hash) (plumbing.ObjectType, []byte, error) {
	digits := name.String()
	f, err := os.Open(filepath.Join(d.path, digits[:2], digits[2:]))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil, errMissing
	}
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	r, err := objfile.NewReader(bufio.NewReader(f))
	if err != nil {
		return 0, nil, err
	}
	defer r.Close()
	t, size, err := r.Header()
	switch {
	case err != nil:
		return 0, nil, err
	case size > tree.MaxFileSize:
		return 0, nil, errTooLarge
	}
	var content bytes.Buffer
	n, err := content.ReadFrom(io.LimitReader(r, size+1))
	if err != nil {
		return 0, nil, err
	}
	if n != size {
		return 0, nil, fmt.Errorf("%w: %d bytes where %d are announced", errMalformed, n, size)
	}
	return t, content.Bytes(), nil
}

// withPrefix returns the hashes that begin with at least two digits.
func (d *objectDir) withPrefix(digits string) ([]Hash, error) {
	var list []Hash
	for _, p := range d.packs {
		list = append(list, p.index.withPrefix(digits)...)
	}
	entries, err := os.ReadDir(filepath.Join(d.path, digits[:2]))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		h := Hash(digits[:2] + e.Name())
		if strings.HasPrefix(string(h), digits) && h.valid() {
			list = append(list, h)
		}
	}
	return list, nil
}
