// Package cache keeps the outcomes of reviews on disk, so that a review whose
// answer depends on nothing that changed is not made again.
//
// The cache is a folder of plain files, each with a checksum, written under
// another name and then renamed: any number of processes may use it at once, be
// killed at any time, and find it damaged or full. Whatever is wrong with an
// entry, it is as if it was not there.
//
// The package leaves out what a review is: it runs check.Review and records
// what that read.
package cache

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Store is a cache folder. Its methods may be called by several goroutines and
// processes at once.
type Store struct {
	dir   string
	limit int64
}

// DefaultLimit is how large a cache may grow, in bytes.
const DefaultLimit = 1 << 30

const (
	// layout is the folder below the cache's own that this form of entries
	// lies in. Others' are left alone, except when they are cleared.
	layout = "v1"
	// maxAge is how long an entry is kept that nobody asks for.
	maxAge = 60 * 24 * time.Hour
	// maxAbandoned is how long a file may be in the writing.
	maxAbandoned = time.Hour
	// maxEntry bounds one entry, in bytes.
	maxEntry = 64 << 20
	// magic begins every entry; its checksum follows.
	magic = "ptreview cache 1\n"
	// partial begins the names of files that are being written.
	partial = "partial-"
)

// ErrUnsafe is wrapped by the error for a folder that others may write to: they
// could plant reports in it.
var ErrUnsafe = errors.New("others may write to it")

// Open returns the store in a folder, which is made with its first entry. An
// existing folder must belong to the user alone.
func Open(dir string, limit int64) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: filepath.Join(abs, layout), limit: limit}
	for _, d := range []string{abs, s.dir} {
		info, err := os.Stat(d)
		if errors.Is(err, fs.ErrNotExist) {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			return nil, &fs.PathError{Op: "open", Path: d, Err: errors.New("not a folder")}
		}
		if !private(info) {
			return nil, &fs.PathError{Op: "open", Path: d, Err: ErrUnsafe}
		}
	}
	return s, nil
}

// Dir returns the folder of the entries.
func (s *Store) Dir() string { return s.dir }

// entry is one file of the store.
type entry struct {
	path string
	size int64
	used time.Time // when it was written or last asked for
}

// get returns what is stored in a group under a name; nil if there is nothing
// of use.
func (s *Store) get(group, name string) []byte {
	file := filepath.Join(s.dir, group, name)
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxEntry+1))
	if err != nil || len(data) > maxEntry {
		return nil
	}
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok || len(rest) < sha256.Size {
		return nil
	}
	sum := sha256.Sum256(rest[sha256.Size:])
	if !bytes.Equal(sum[:], rest[:sha256.Size]) {
		return nil
	}
	return rest[sha256.Size:]
}

// touch notes that an entry was of use. That it cannot be noted is no harm.
func (s *Store) touch(group, name string) {
	now := time.Now()
	_ = os.Chtimes(filepath.Join(s.dir, group, name), now, now)
}

// names returns the names in a group, the last used first.
func (s *Store) names(group string) []string {
	list := s.group(group)
	slices.SortFunc(list, func(a, b entry) int { return cmp.Or(b.used.Compare(a.used), strings.Compare(a.path, b.path)) })
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = filepath.Base(e.path)
	}
	return names
}

func (s *Store) group(group string) []entry {
	var list []entry
	found, err := os.ReadDir(filepath.Join(s.dir, group))
	if err != nil {
		return nil
	}
	for _, d := range found {
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() || strings.HasPrefix(d.Name(), partial) {
			continue
		}
		list = append(list, entry{filepath.Join(s.dir, group, d.Name()), info.Size(), info.ModTime()})
	}
	return list
}

// put stores data in a group under a name. A reader sees all of it or what was
// there before.
func (s *Store) put(group, name string, data []byte) error {
	if len(data)+len(magic)+sha256.Size > maxEntry {
		return nil // too large to be read again
	}
	folder := filepath.Join(s.dir, group)
	f, err := create(folder)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	_, err = f.Write(slices.Concat([]byte(magic), sum[:], data))
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(folder, name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil // cleared meanwhile, and this entry with the others
		}
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// create makes a file to write to in a folder, which is made again when another
// process that trims or clears takes it away.
func create(folder string) (*os.File, error) {
	const attempts = 3
	var err error
	for range attempts {
		if err = os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
		var f *os.File
		if f, err = os.CreateTemp(folder, partial); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return nil, err
}

// nameOf returns a file name for whatever text identifies an entry.
func nameOf(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:20])
}

// Usage is what a cache holds.
type Usage struct {
	Entries int
	Bytes   int64
	Oldest  time.Time // when the entry unused for longest was last used; zero if there is none
}

// Usage counts the entries.
func (s *Store) Usage() (Usage, error) {
	var u Usage
	list, _, err := s.walk()
	for _, e := range list {
		u.Entries++
		u.Bytes += e.size
		if u.Oldest.IsZero() || e.used.Before(u.Oldest) {
			u.Oldest = e.used
		}
	}
	return u, err
}

// walk returns all entries, and the files that are being written.
func (s *Store) walk() (entries, unfinished []entry, err error) {
	err = filepath.WalkDir(s.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // somebody else clears or trims
			}
			return err
		}
		if !d.Type().IsRegular() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		e := entry{name, info.Size(), info.ModTime()}
		if strings.HasPrefix(d.Name(), partial) {
			unfinished = append(unfinished, e)
		} else {
			entries = append(entries, e)
		}
		return nil
	})
	return entries, unfinished, err
}

// trim removes what is too old, what processes that died left behind, and then
// the entries unused for longest until the rest is within the limit.
func (s *Store) trim(now time.Time) error {
	entries, unfinished, err := s.walk()
	if err != nil {
		return err
	}
	for _, e := range unfinished {
		if now.Sub(e.used) > maxAbandoned {
			os.Remove(e.path)
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(b.used.Compare(a.used), strings.Compare(a.path, b.path)) })
	var total int64
	for _, e := range entries {
		total += e.size
		if total > s.limit || now.Sub(e.used) > maxAge {
			os.Remove(e.path)
			os.Remove(filepath.Dir(e.path)) // if it was the last one
		}
	}
	return nil
}

// Clear removes every entry and what is left of others.
func (s *Store) Clear() error { return os.RemoveAll(s.dir) }
