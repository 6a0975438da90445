package tree

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"
)

// readSome asks a tree questions of every kind, as a review would.
func readSome(t *testing.T, tr Tree) {
	t.Helper()
	content(tr, "mm/memory.c")
	content(tr, "include/linux/none.h")
	content(tr, "include/linux/chain.h")
	content(tr, "mm/memory.c/below")
	content(tr, "arch")
	names(t, tr, "arch/toy")
	if f, err := tr.Open("include/linux/mm.h"); err == nil {
		f.Close()
	}
	if _, err := tr.Stat("arch/other"); err == nil {
		t.Error("arch/other is there")
	}
	if target, err := fs.ReadLink(tr, "scripts/prefixes/toy"); err != nil || target != "../../arch/toy/include" {
		t.Errorf("got %q, %v", target, err)
	}
	info, err := tr.Stat("Kconfig")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() != 13 {
		t.Errorf("got %d bytes", info.Size())
	}
}

func recordedReads(t *testing.T, trees ...Tree) *ReadSet {
	t.Helper()
	rec := NewRecording()
	for i, tr := range trees {
		readSome(t, rec.Tree(i, tr))
	}
	if err := rec.Err(); err != nil {
		t.Fatal(err)
	}
	data, err := rec.Reads().MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	again := new(ReadSet)
	if err := again.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	if second, _ := again.MarshalBinary(); !bytes.Equal(data, second) {
		t.Error("a read set that was written and read is written otherwise")
	}
	return again
}

// Every change of something that was read or looked for is seen, and no other.
func TestReadSetCheck(t *testing.T) {
	link := func(target string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink | 0o777}
	}
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text), Mode: 0o644} }
	for _, test := range []struct {
		name    string
		path    string
		becomes *fstest.MapFile // nil: removed
		changed string          // the path the error names; "" for no change
	}{
		{"nothing", "Kconfig", file("mainmenu \"k\"\n"), ""},
		{"a file that was read", "mm/memory.c", file("int other;\n"), "include/linux/chain.h"},
		{"a file that was read is gone", "mm/memory.c", nil, "include/linux/chain.h"},
		{"a file that was opened", "include/linux/mm.h", file("struct mm2;\n"), "include/linux/mm.h"},
		{"a file that was not read", "include/linux/pgtable.h", file("struct pud;\n"), ""},
		{"a new file nobody looked for", "include/linux/more.h", file(""), ""},
		{"a file that was looked for", "include/linux/none.h", file(""), "include/linux/none.h"},
		{"a folder that was looked for", "arch/other/Kconfig", file(""), "arch/other"},
		{"a new entry of a listed folder", "arch/toy/more.c", file(""), "arch/toy"},
		{"an entry less", "arch/toy/only.c", nil, "arch/toy"},
		{"a file of a listed folder that was not read", "arch/toy/only.c", file("int two;\n"), ""},
		{"an entry of another kind", "arch/toy/only.c", link("include"), "arch/toy"},
		{"a link that was read", "scripts/prefixes/toy", link("../../arch/toy"), "scripts/prefixes/toy"},
		{"a link on the way", "include/linux/linked.h", link("mm.h"), "include/linux/chain.h"},
		{"the length", "Kconfig", file("mainmenu \"kk\"\n"), "Kconfig"},
		{"a file not read but for its length", "Kconfig", file("mainmenu \"j\"\n"), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			reads := recordedReads(t, Cached(open(t, kernel())))
			files := kernel()
			files["mm/rest.c"] = file("") // keeps the folder when the other goes
			files[test.path] = test.becomes
			if test.becomes == nil {
				delete(files, test.path)
			}
			dir := open(t, files)
			for name, tr := range map[string]Tree{"cached": Cached(dir), "overlay": NewOverlay(dir, nil)} {
				err := reads.Check(context.Background(), []Tree{tr}, 1)
				got := ""
				var changed *ChangedError
				if errors.As(err, &changed) {
					got = changed.Path
				} else if err != nil {
					t.Errorf("%s: got %v", name, err)
				}
				if got != test.changed {
					t.Errorf("%s: got a change of %q, want %q (%v)", name, got, test.changed, err)
				}
			}
		})
	}
}

// The trees of a series are told apart, and each sees its patches.
func TestReadSetOfPrefixes(t *testing.T) {
	series := func(base Tree, text string) []Tree {
		return []Tree{base, NewOverlay(base, map[string][]byte{"mm/memory.c": []byte(text)})}
	}
	reads := recordedReads(t, series(Cached(open(t, kernel())), "int patched;\n")...)
	if err := reads.Check(context.Background(), series(Cached(open(t, kernel())), "int patched;\n"), 2); err != nil {
		t.Error(err)
	}
	var changed *ChangedError
	err := reads.Check(context.Background(), series(Cached(open(t, kernel())), "int other;\n"), 1)
	if !errors.As(err, &changed) || changed.Tree != 1 {
		t.Errorf("got %v, want a change in tree 1", err)
	}
	if err := reads.Check(context.Background(), []Tree{Cached(open(t, kernel()))}, 2); err == nil {
		t.Error("a tree is missing: got no error")
	}
}

// What fails for reasons that are not in the tree leaves no read set.
func TestRecordingFailure(t *testing.T) {
	rec := NewRecording()
	tr := rec.Tree(0, NewOverlay(open(t, kernel()), map[string][]byte{"../x": nil}))
	content(tr, "mm/memory.c")
	if err := rec.Err(); err != nil {
		t.Fatal(err)
	}
	files := kernel()
	files["mm/up.c"] = &fstest.MapFile{Data: []byte("../../x"), Mode: fs.ModeSymlink}
	content(rec.Tree(1, Cached(open(t, files))), "mm/up.c")
	if err := rec.Err(); !errors.Is(err, ErrEscapes) {
		t.Errorf("got %v, want ErrEscapes", err)
	}
}

// A recorded tree is a file system like its base.
func TestRecordedFileSystem(t *testing.T) {
	files := kernel()
	delete(files, "include/linux/dangling.h")
	tr := NewRecording().Tree(0, Cached(open(t, files)))
	if err := fstest.TestFS(tr, "mm/memory.c", "include/linux/mm.h", "arch/toy/only.c"); err != nil {
		t.Error(err)
	}
}

func identify(t *testing.T, d *Dir, name string) string {
	t.Helper()
	id, err := d.Identify(name)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// An index spares the reading of files that did not change, and only that.
func TestIndex(t *testing.T) {
	files := kernel()
	dir := write(t, files)
	x := NewIndex()
	reopen := func() *Dir {
		d, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		d.UseIndex(x)
		return d
	}
	d := reopen()
	first := identify(t, d, "mm/memory.c")
	if x.Changed() {
		t.Error("a file that is as young as its clock's step was remembered")
	}
	if want := ContentID(files["mm/memory.c"].Data); first != want {
		t.Errorf("got %s, want %s", first, want)
	}

	// As if the files had not been touched for a while. The inode's own time
	// cannot be set back.
	s, ok := stampOf(filepath.Join(dir, "mm/memory.c"))
	if !ok {
		t.Skip("SKIPPED: this system has no stamps: files are always read")
	}
	x.files["mm/memory.c"] = indexed{s, "sha256:remembered"}
	data, err := x.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	x = NewIndex()
	if err := x.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	if got := identify(t, reopen(), "mm/memory.c"); got != "sha256:remembered" {
		t.Errorf("got %s: the file was read", got)
	}

	// Same length, and the same time of change put back: the inode knows.
	then := time.Unix(0, s.modified)
	time.Sleep(20 * time.Millisecond) // more than a step of the inode's clock
	if err := os.WriteFile(filepath.Join(dir, "mm/memory.c"), []byte("int Memory;\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(dir, "mm/memory.c"), then, then); err != nil {
		t.Fatal(err)
	}
	if got, want := identify(t, reopen(), "mm/memory.c"), ContentID([]byte("int Memory;\n")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMalformedRecords(t *testing.T) {
	reads, err := recordedReads(t, Cached(open(t, kernel()))).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for i := range reads {
		if err := new(ReadSet).UnmarshalBinary(reads[:i]); err == nil {
			t.Errorf("the first %d of %d bytes: got no error", i, len(reads))
		}
	}
	x := NewIndex()
	x.files["a"] = indexed{stamp{1, 2, 3, 4, 5}, "sha256:x"}
	data, err := x.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		if err := NewIndex().UnmarshalBinary(data[:i]); err == nil {
			t.Errorf("the first %d of %d bytes: got no error", i, len(data))
		}
	}
}

func FuzzReadSet(f *testing.F) {
	rec := NewRecording()
	tr := rec.Tree(0, Embedded(kernel()))
	content(tr, "mm/memory.c")
	content(tr, "mm/none.c")
	seed, _ := rec.Reads().MarshalBinary()
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		s := new(ReadSet)
		if s.UnmarshalBinary(data) != nil {
			return
		}
		_ = s.Check(context.Background(), []Tree{Embedded(kernel())}, 2)
		if _, err := s.MarshalBinary(); err != nil {
			t.Error(err)
		}
	})
}
