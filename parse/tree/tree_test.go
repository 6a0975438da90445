package tree

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// kernel is the least that is taken for a kernel.
func kernel() fstest.MapFS {
	return fstest.MapFS{
		"Makefile":                 {Data: []byte("VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 192\nEXTRAVERSION =\n"), Mode: 0o644},
		"Kconfig":                  {Data: []byte("mainmenu \"k\"\n"), Mode: 0o644},
		"arch/toy/include/pte.h":   {Data: []byte("#define PTE 1\n"), Mode: 0o644},
		"arch/toy/only.c":          {Data: []byte("int only;\n"), Mode: 0o644},
		"include/linux/mm.h":       {Data: []byte("struct mm;\n"), Mode: 0o644},
		"include/linux/pgtable.h":  {Data: []byte("struct pgd;\n"), Mode: 0o644},
		"mm/memory.c":              {Data: []byte("int memory;\n"), Mode: 0o644},
		"scripts/prefixes/toy":     {Data: []byte("../../arch/toy/include"), Mode: fs.ModeSymlink | 0o777},
		"include/linux/linked.h":   {Data: []byte("../../mm/memory.c"), Mode: fs.ModeSymlink | 0o777},
		"include/linux/chain.h":    {Data: []byte("linked.h"), Mode: fs.ModeSymlink | 0o777},
		"include/linux/dangling.h": {Data: []byte("none.h"), Mode: fs.ModeSymlink | 0o777},
	}
}

// write puts the files of a MapFS in a new folder.
func write(t *testing.T, files fstest.MapFS) string {
	t.Helper()
	dir := t.TempDir()
	for name, file := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if file.Mode&fs.ModeSymlink != 0 {
			err = os.Symlink(string(file.Data), full)
		} else {
			err = os.WriteFile(full, file.Data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t *testing.T, files fstest.MapFS) *Dir {
	t.Helper()
	d, err := Open(write(t, files))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// content returns what name holds, or the error in angle brackets.
func content(fsys fs.FS, name string) string {
	data, err := fs.ReadFile(fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "<none>"
	case err != nil:
		return "<" + err.Error() + ">"
	}
	return string(data)
}

func names(t *testing.T, fsys fs.FS, dir string) string {
	t.Helper()
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() {
			name += "/"
		}
		list = append(list, name)
	}
	return strings.Join(list, " ")
}

func TestFileSystems(t *testing.T) {
	sound := kernel()
	delete(sound, "include/linux/dangling.h") // TestFS opens every entry
	plain := fstest.MapFS{}
	for name, file := range sound {
		if file.Mode&fs.ModeSymlink == 0 {
			plain[name] = file
		}
	}
	change := map[string][]byte{
		"mm/new.c": []byte("int new;\n"), "new/dir/x.h": {}, "arch/toy/only.c": nil, "mm/memory.c": []byte("changed\n"),
	}
	again := map[string][]byte{"new/dir/x.h": nil, "new/y.h": []byte("y"), "arch/toy/only.c": []byte("back\n")}
	dir := open(t, sound)
	for name, fsys := range map[string]Tree{
		"dir":              dir,
		"embedded":         Embedded(struct{ fs.FS }{plain}),
		"cached":           Cached(dir),
		"overlay":          NewOverlay(plain, change),
		"overlay on dir":   NewOverlay(dir, change),
		"nested":           NewOverlay(NewOverlay(Cached(dir), change), again),
		"cached on nested": Cached(NewOverlay(NewOverlay(dir, change), again)),
	} {
		t.Run(name, func(t *testing.T) {
			if err := fstest.TestFS(fsys, "mm/memory.c", "include/linux/pgtable.h", "Kconfig"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	without := func(path string) fstest.MapFS {
		files := kernel()
		for name := range files {
			if strings.HasPrefix(name, path) {
				delete(files, name)
			}
		}
		return files
	}
	noVersion := kernel()
	noVersion["Makefile"] = &fstest.MapFile{Data: []byte("all:\n")}
	for _, test := range []struct {
		dir, want string
	}{
		{filepath.Join(t.TempDir(), "none"), "there is no such folder"},
		{filepath.Join(write(t, kernel()), "Makefile"), "it is not a folder"},
		{t.TempDir(), "no Kbuild file Makefile"},
		{write(t, without("Kconfig")), "no Kbuild file Kconfig"},
		{write(t, without("arch/")), "no folder arch"},
		{write(t, without("include/linux/")), "no folder include/linux"},
		{write(t, without("mm/")), "no folder mm"},
		{write(t, noVersion), "its Makefile sets no VERSION and PATCHLEVEL"},
	} {
		_, err := Open(test.dir)
		want := test.dir + " is not a kernel source tree: " + test.want + "; pass the top folder of a Linux source tree"
		var refused *NotKernelError
		if !errors.As(err, &refused) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestVersion(t *testing.T) {
	for _, test := range []struct{ makefile, want string }{
		{"VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 192\nEXTRAVERSION =\n", "6.1.192"},
		{"VERSION = 6\nPATCHLEVEL = 5\nSUBLEVEL = 0\nEXTRAVERSION = -rc3\n", "6.5.0-rc3"},
		{"VERSION=3\nPATCHLEVEL=2\nEXTRAVERSION=-x\n", "3.2-x"},
		{"# a comment\nVERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 0\nVERSION = 7\n", "6.12.0"},
	} {
		got, err := Version(fstest.MapFS{"Makefile": {Data: []byte(test.makefile)}})
		if err != nil || got != test.want {
			t.Errorf("Version(%q): got %q, %v, want %q", test.makefile, got, err, test.want)
		}
	}
}

func TestLinks(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	files := kernel()
	link := func(name, target string) {
		files[name] = &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink}
	}
	link("mm/absolute.c", outside)
	link("mm/up.c", "../../"+filepath.Base(filepath.Dir(outside))+"/secret")
	link("mm/outdir", "../..")
	link("mm/loop.c", "loop.c")
	link("mm/self", ".")
	link("mm/through.c", "../scripts/prefixes/toy/../only.c")
	dir := open(t, files)
	for name, fsys := range map[string]Tree{"dir": dir, "cached": Cached(dir), "overlay": NewOverlay(dir, nil)} {
		for path, want := range map[string]string{
			"include/linux/linked.h":     "int memory;\n",
			"include/linux/chain.h":      "int memory;\n",
			"scripts/prefixes/toy/pte.h": "#define PTE 1\n",
			"mm/self/self/memory.c":      "int memory;\n",
			"mm/through.c":               "int only;\n", // ".." after a link is the parent of where it led
			"include/linux/dangling.h":   "<none>",
			"mm/memory.c/x":              "<none>",
		} {
			got := content(fsys, path)
			if path == "mm/memory.c/x" && strings.Contains(got, "not a directory") {
				continue // what the system calls it
			}
			if got != want {
				t.Errorf("%s: %s: got %q, want %q", name, path, got, want)
			}
		}
		for _, path := range []string{"mm/absolute.c", "mm/up.c", "mm/outdir/x", "mm/loop.c"} {
			if data, err := fsys.ReadFile(path); err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %s: got %q, %v, want an error that is not fs.ErrNotExist", name, path, data, err)
			}
		}
	}
	if _, err := Cached(dir).Stat("mm/outdir/x"); !errors.Is(err, ErrEscapes) {
		t.Errorf("got %v, want ErrEscapes", err)
	}
	if _, err := Cached(dir).Stat("mm/loop.c"); !errors.Is(err, ErrLinks) {
		t.Errorf("got %v, want ErrLinks", err)
	}
}

func TestOverlay(t *testing.T) {
	base := Cached(open(t, kernel()))
	over := NewOverlay(base, map[string][]byte{
		"include/linux/mm.h":     []byte("struct mm2;\n"),
		"mm/memory.c":            nil,
		"arch/toy/include/pte.h": nil,
		"arch/new/include/pte.h": []byte("#define PTE 2\n"),
		"empty.h":                {},
	})
	if err := over.Check(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"include/linux/mm.h":         "struct mm2;\n",
		"include/linux/pgtable.h":    "struct pgd;\n",
		"mm/memory.c":                "<none>",
		"include/linux/linked.h":     "<none>", // the link stands, its target is deleted
		"scripts/prefixes/toy/pte.h": "<none>",
		"arch/new/include/pte.h":     "#define PTE 2\n",
		"empty.h":                    "",
	} {
		if got := content(over, path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	for dir, want := range map[string]string{
		".":        "Kconfig Makefile arch/ empty.h include/ scripts/", // mm is gone with its last file
		"arch":     "new/ toy/",
		"arch/new": "include/",
		"arch/toy": "only.c",
	} {
		if got := names(t, over, dir); got != want {
			t.Errorf("%s: got %q, want %q", dir, got, want)
		}
	}
	next := NewOverlay(over, map[string][]byte{"mm/memory.c": []byte("again\n"), "arch/new/include/pte.h": nil})
	for path, want := range map[string]string{"include/linux/chain.h": "again\n", "arch/new": "<none>", "include/linux/mm.h": "struct mm2;\n"} {
		if got := content(next, path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	if got := content(base, "mm/memory.c"); got != "int memory;\n" {
		t.Errorf("the base changed: got %q", got)
	}
}

func TestOverlayFileBecomesFolder(t *testing.T) {
	base := open(t, kernel())
	over := NewOverlay(base, map[string][]byte{
		"mm/memory.c": nil, "mm/memory.c/part.c": []byte("part\n"),
		"arch/toy/include/pte.h": nil, "arch/toy/include": []byte("a file\n"),
	})
	if err := over.Check(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"mm/memory.c/part.c": "part\n", "arch/toy/include": "a file\n"} {
		if got := content(over, path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	if got := names(t, over, "mm"); got != "memory.c/" {
		t.Errorf("got %q", got)
	}
}

func TestOverlayLink(t *testing.T) {
	over := NewOverlayFiles(open(t, kernel()), map[string]File{
		"mm/alias.c":             {Content: []byte("memory.c"), Mode: fs.ModeSymlink | 0o777},
		"include/linux/linked.h": {Content: []byte("plain\n")},
	})
	for path, want := range map[string]string{"mm/alias.c": "int memory;\n", "include/linux/chain.h": "plain\n"} {
		if got := content(over, path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

func TestOverlayCheck(t *testing.T) {
	for _, test := range []struct {
		files map[string][]byte
		want  string
	}{
		{map[string][]byte{"../x": []byte("x")}, "overlay ../x: invalid argument"},
		{map[string][]byte{"/etc/x": []byte("x")}, "overlay /etc/x: invalid argument"},
		{map[string][]byte{"a": []byte("x"), "a/b": []byte("y")}, "overlay a: both a file and a folder"},
		{map[string][]byte{"mm/memory.c/b": []byte("y")}, "overlay mm/memory.c: both a file and a folder"},
		{map[string][]byte{"arch/toy": []byte("y")}, "overlay arch/toy: both a file and a folder"},
		{map[string][]byte{"scripts/prefixes/toy/pte.h": []byte("y")}, "overlay scripts/prefixes/toy: below a symbolic link"},
	} {
		over := NewOverlay(open(t, kernel()), test.files)
		err := over.Check()
		if err == nil || err.Error() != test.want {
			t.Errorf("got %v, want %s", err, test.want)
			continue
		}
		var bad *fs.PathError
		if errors.As(err, &bad) && fs.ValidPath(bad.Path) {
			if data, err := over.ReadFile(bad.Path); err == nil {
				t.Errorf("%s: got %q, want an error", bad.Path, data)
			}
		}
	}
}

// counting counts what reaches the base of a cache.
type counting struct {
	Tree
	lists, reads int
}

func (c *counting) ReadDir(name string) ([]fs.DirEntry, error) {
	c.lists++
	return c.Tree.ReadDir(name)
}

func (c *counting) ReadFile(name string) ([]byte, error) {
	c.reads++
	return c.Tree.ReadFile(name)
}

func TestCachedAsksOnce(t *testing.T) {
	base := &counting{Tree: open(t, kernel())}
	cached := Cached(base)
	if Cached(cached) != cached {
		t.Error("a cached tree was wrapped again")
	}
	for range 3 {
		for _, name := range []string{"include/linux/none.h", "include/none/none.h", "include/none/deep/none.h", "include/linux/mm.h"} {
			content(cached, name)
		}
	}
	if base.lists != 3 || base.reads != 1 {
		t.Errorf("got %d listings and %d reads, want 3 (top, include, include/linux) and 1", base.lists, base.reads)
	}
}
