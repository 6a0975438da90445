package cache

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func openStore(t *testing.T, limit int64) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "cache"), limit)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustPut(t *testing.T, s *Store, group, name, data string) {
	t.Helper()
	if err := s.put(group, name, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

func TestStore(t *testing.T) {
	s := openStore(t, DefaultLimit)
	if got := s.get("g", "a"); got != nil {
		t.Errorf("got %q from an empty store", got)
	}
	if u, err := s.Usage(); err != nil || u != (Usage{}) {
		t.Errorf("got %v, %v", u, err)
	}
	mustPut(t, s, "g", "a", "one")
	mustPut(t, s, "g", "a", "two")
	mustPut(t, s, "g", "b", "")
	if got := s.get("g", "a"); string(got) != "two" {
		t.Errorf("got %q, want two", got)
	}
	if got := s.get("g", "b"); got == nil || len(got) > 0 {
		t.Errorf("got %v, want nothing that is not nil", got)
	}
	if u, err := s.Usage(); err != nil || u.Entries != 2 || u.Oldest.IsZero() {
		t.Errorf("got %v, %v", u, err)
	}
	if runtime.GOOS != "windows" {
		for name, want := range map[string]os.FileMode{"": 0o700, "g": 0o700, "g/a": 0o600} {
			info, err := os.Stat(filepath.Join(s.Dir(), name))
			if err != nil || info.Mode().Perm() != want {
				t.Errorf("%s: got %v, %v, want %v", name, info.Mode().Perm(), err, want)
			}
		}
	}
	if err := s.Clear(); err != nil {
		t.Fatal(err)
	}
	if got := s.get("g", "a"); got != nil {
		t.Errorf("got %q after Clear", got)
	}
}

// Whatever happens to the bytes of an entry, it is gone and not wrong.
func TestStoreDamage(t *testing.T) {
	s := openStore(t, DefaultLimit)
	mustPut(t, s, "g", "a", "the content")
	file := filepath.Join(s.Dir(), "g", "a")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	damaged := make(map[string][]byte)
	for i := range whole {
		damaged[fmt.Sprintf("cut to %d", i)] = whole[:i]
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1
		damaged[fmt.Sprintf("bit of byte %d", i)] = flipped
	}
	damaged["longer"] = append(bytes.Clone(whole), 0)
	for name, data := range damaged {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := s.get("g", "a"); got != nil {
			t.Errorf("%s: got %q, want nothing", name, got)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := s.get("g", "a"); got != nil {
		t.Errorf("a folder: got %q, want nothing", got)
	}
}

func TestStoreTrim(t *testing.T) {
	s := openStore(t, 350)
	now := time.Now()
	for i, age := range []time.Duration{4 * time.Hour, time.Hour, 3 * time.Hour, 2 * time.Hour, maxAge + time.Hour} {
		name := fmt.Sprint(i)
		mustPut(t, s, "g"+name, name, strings.Repeat("x", 100-len(magic)-32))
		if err := os.Chtimes(filepath.Join(s.Dir(), "g"+name, name), now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	for name, age := range map[string]time.Duration{"young": 0, "old": 2 * maxAbandoned} {
		file := filepath.Join(s.Dir(), "g1", partial+name)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.trim(now); err != nil {
		t.Fatal(err)
	}
	var left []string
	entries, unfinished, err := s.walk()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range append(entries, unfinished...) {
		left = append(left, filepath.Base(e.path))
	}
	if got, want := strings.Join(left, " "), "1 2 3 partial-young"; got != want {
		t.Errorf("got %s left, want %s", got, want)
	}
	if _, err := os.Stat(filepath.Join(s.Dir(), "g0")); err == nil {
		t.Error("an empty folder is left")
	}
}

func TestOpenUnsafe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: this system has no permissions for others")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, DefaultLimit); !errors.Is(err, ErrUnsafe) {
		t.Errorf("got %v, want ErrUnsafe", err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file, DefaultLimit); err == nil {
		t.Error("a file as the cache: got no error")
	}
}

// Writers, readers and those who trim and clear do not disturb each other: what
// is read is whole, and writing succeeds.
func TestStoreConcurrent(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			s, err := Open(dir, 4000)
			if err != nil {
				t.Error(err)
				return
			}
			for k := range 40 {
				name := fmt.Sprint(k % 5)
				want := strings.Repeat(name, 500)
				if err := s.put("g", name, []byte(want)); err != nil {
					t.Errorf("writer %d: %v", i, err)
				}
				if got := s.get("g", name); got != nil && string(got) != want {
					t.Errorf("got %.20q, want %.20q", got, want)
				}
				if i == 0 && k%10 == 5 {
					if err := s.Clear(); err != nil && !errors.Is(err, os.ErrNotExist) && !strings.Contains(err.Error(), "not empty") {
						t.Error(err)
					}
				} else if err := s.trim(time.Now()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
