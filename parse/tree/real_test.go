package tree

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"testing"
)

// linux returns the kernel tree an environment variable names.
func linux(t testing.TB, variable string) *Dir {
	t.Helper()
	dir := os.Getenv(variable)
	if dir == "" {
		t.Skipf("skipped: trees of a real kernel, because %s is not set", variable)
	}
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestLinuxVersion(t *testing.T) {
	for variable, want := range map[string]string{"PTREVIEW_LINUX_6_1": "6.1.", "PTREVIEW_LINUX_6_12": "6.12."} {
		t.Run(variable, func(t *testing.T) {
			got, err := Version(linux(t, variable))
			if err != nil || !strings.HasPrefix(got, want) {
				t.Errorf("got %q, %v, want %s…", got, err, want)
			}
		})
	}
}

// TestLinuxLinks follows every symbolic link of a kernel, cached and overlaid,
// and compares with what the system finds.
func TestLinuxLinks(t *testing.T) {
	dir := linux(t, "PTREVIEW_LINUX_6_1")
	cached := Cached(dir)
	over := NewOverlay(cached, map[string][]byte{"include/linux/mm.h": []byte("changed\n")})
	links := 0
	err := fs.WalkDir(cached, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.Type()&fs.ModeSymlink == 0 {
			return err
		}
		links++
		want, wantErr := dir.ReadFile(name)
		for _, fsys := range []Tree{cached, over} {
			got, err := fsys.ReadFile(name)
			if string(got) != string(want) || (err == nil) != (wantErr == nil) {
				t.Errorf("%s: got %d bytes, %v, want %d bytes, %v", name, len(got), err, len(want), wantErr)
			}
		}
		return nil
	})
	if err != nil || links == 0 {
		t.Errorf("got %d links, %v", links, err)
	}
}

// includeDirs is the search path of a powerpc translation unit; the generated
// folders are not there.
var includeDirs = []string{
	"arch/powerpc/include", "arch/powerpc/include/generated", "include",
	"arch/powerpc/include/uapi", "arch/powerpc/include/generated/uapi", "include/uapi", "include/generated/uapi",
}

// headers returns the names below include/linux and arch/powerpc/include.
func headers(t testing.TB, fsys fs.FS) []string {
	t.Helper()
	var list []string
	for _, top := range []string{"include", "arch/powerpc/include"} {
		err := fs.WalkDir(fsys, top, func(name string, e fs.DirEntry, err error) error {
			if err == nil && path.Ext(name) == ".h" && len(list) < 5000 {
				list = append(list, strings.TrimPrefix(name, top+"/"))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return list
}

func lookAll(fsys Tree, list []string) (found int, err error) {
	for _, name := range list {
		for _, dir := range includeDirs {
			_, err := fsys.ReadFile(dir + "/" + name)
			if err == nil {
				found++
				break
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return found, err
			}
		}
	}
	return found, nil
}

func TestLinuxConcurrent(t *testing.T) {
	dir := linux(t, "PTREVIEW_LINUX_6_1")
	list := headers(t, dir)[:500]
	cached := Cached(NewOverlay(dir, map[string][]byte{"include/linux/mm.h": []byte("changed\n")}))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if found, err := lookAll(cached, list); found != len(list) || err != nil {
				t.Errorf("got %d of %d headers, %v", found, len(list), err)
			}
		})
	}
	group.Wait()
}

// BenchmarkLookup searches 5,000 headers in the include path of powerpc.
func BenchmarkLookup(b *testing.B) {
	dir := linux(b, "PTREVIEW_LINUX_6_1")
	list := headers(b, dir)
	warm := Cached(dir)
	for _, bench := range []struct {
		name string
		tree func() Tree
	}{
		{"dir", func() Tree { return dir }},
		{"cold", func() Tree { return Cached(dir) }},
		{"warm", func() Tree { return warm }},
		{"overlay", func() Tree { return NewOverlay(warm, map[string][]byte{"include/linux/mm.h": {}}) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				if found, err := lookAll(bench.tree(), list); found != len(list) || err != nil {
					b.Fatal(found, len(list), err)
				}
			}
		})
	}
}
