package patch_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"ptreview/parse/patch"
)

// numbered is a file of lines "1" to "n".
func numbered(n int) string {
	var s strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&s, "line %d\n", i)
	}
	return s.String()
}

func lines(from, to int) []string {
	return strings.Split(strings.TrimSuffix(numbered(to), "\n"), "\n")[from-1:]
}

func context(from, to int) string {
	return " " + strings.Join(lines(from, to), "\n ") + "\n"
}

// changeLine10 replaces line 10 of a numbered file.
var changeLine10 = "--- a/f.c\n+++ b/f.c\n@@ -7,7 +7,7 @@\n" + context(7, 9) + "-line 10\n+ten\n" + context(11, 13)

var applyTests = []struct {
	name   string
	files  map[string]string
	patch  string
	want   map[string]string // "<gone>" for a deleted file
	notes  string
	misfit string // part of the error
}{
	{name: "in place", files: map[string]string{"f.c": numbered(20)}, patch: changeLine10,
		want: map[string]string{"f.c": strings.Replace(numbered(20), "line 10\n", "ten\n", 1)}},
	{name: "offset", files: map[string]string{"f.c": "a\nb\n" + numbered(20)}, patch: changeLine10,
		want:  map[string]string{"f.c": "a\nb\n" + strings.Replace(numbered(20), "line 10\n", "ten\n", 1)},
		notes: "in:3: f.c: hunk 1 applied at line 9, offset 2"},
	{name: "negative offset", files: map[string]string{"f.c": strings.Join(lines(3, 20), "\n") + "\n"}, patch: changeLine10,
		want:  map[string]string{"f.c": strings.Replace(strings.Join(lines(3, 20), "\n")+"\n", "line 10\n", "ten\n", 1)},
		notes: "in:3: f.c: hunk 1 applied at line 5, offset -2"},
	{name: "fuzz 1", files: map[string]string{"f.c": strings.Replace(numbered(20), "line 7\n", "seven\n", 1)}, patch: changeLine10,
		want:  map[string]string{"f.c": strings.NewReplacer("line 10\n", "ten\n", "line 7\n", "seven\n").Replace(numbered(20))},
		notes: "in:3: f.c: hunk 1 applied at line 7, fuzz 1"},
	{name: "fuzz 2", files: map[string]string{"f.c": strings.Replace(numbered(20), "line 12\n", "twelve\n", 1)}, patch: changeLine10,
		want:  map[string]string{"f.c": strings.NewReplacer("line 10\n", "ten\n", "line 12\n", "twelve\n").Replace(numbered(20))},
		notes: "in:3: f.c: hunk 1 applied at line 7, fuzz 2"},
	{name: "no fuzz 3", files: map[string]string{"f.c": strings.Replace(numbered(20), "line 9\n", "nine\n", 1)}, patch: changeLine10,
		misfit: `in:3: f.c: hunk 1 does not apply: expected line 9 to be "line 9", found "nine"`},
	{name: "already applied", files: map[string]string{"f.c": strings.Replace(numbered(20), "line 10\n", "ten\n", 1)}, patch: changeLine10,
		misfit: "hunk 1 does not apply: already applied: line 7 has its new text"},
	{name: "already applied, and matching elsewhere", // patch would apply it to the second copy
		files:  map[string]string{"f.c": strings.Replace(numbered(20), "line 10\n", "ten\n", 1) + numbered(20)},
		patch:  changeLine10,
		misfit: "already applied"},
	{name: "white space changed", files: map[string]string{"f.c": "int f(void)\n{\n\treturn 0;\n}\n"},
		patch:  "--- a/f.c\n+++ b/f.c\n@@ -1,4 +1,4 @@\n int f(void)\n {\n- return 0;\n+ return 1;\n }\n",
		misfit: "it matches line 1 only if white space is ignored"},
	{name: "nothing alike", files: map[string]string{"f.c": "a\n"}, patch: changeLine10, misfit: "none of its old lines is in the file"},
	{name: "file ends before", files: map[string]string{"f.c": numbered(9)}, patch: changeLine10,
		misfit: `expected line 10 to be "line 10", but the file ends before`},
	{name: "no such file", files: map[string]string{}, patch: changeLine10, misfit: "in:1: f.c does not apply: no such file in the tree"},
	{name: "two hunks, the offset carries", files: map[string]string{"f.c": "a\n" + numbered(40)},
		patch: changeLine10 + "@@ -27,7 +27,7 @@\n" + context(27, 29) + "-line 30\n+thirty\n" + context(31, 33),
		want:  map[string]string{"f.c": "a\n" + strings.NewReplacer("line 10\n", "ten\n", "line 30\n", "thirty\n").Replace(numbered(40))},
		notes: "in:3: f.c: hunk 1 applied at line 8, offset 1\nin:12: f.c: hunk 2 applied at line 28, offset 1"},
	{name: "the second hunk does not apply", files: map[string]string{"f.c": numbered(20)},
		patch:  changeLine10 + "@@ -27,7 +27,7 @@\n" + context(27, 29) + "-line 30\n+thirty\n" + context(31, 33),
		misfit: "in:12: f.c: hunk 2 does not apply"},
	{name: "hunks out of order", files: map[string]string{"f.c": numbered(40)},
		patch:  "--- a/f.c\n+++ b/f.c\n@@ -27,3 +27,3 @@\n line 27\n-line 28\n+x\n line 29\n@@ -7,3 +7,3 @@\n line 7\n-line 8\n+y\n line 9\n",
		misfit: "hunk 2 does not apply: its old lines stand at line 7, before the place of the hunk before it"},
	{name: "at the start", files: map[string]string{"f.c": numbered(5)}, patch: "--- a/f.c\n+++ b/f.c\n@@ -1,3 +1,4 @@\n+zero\n" + context(1, 3),
		want: map[string]string{"f.c": "zero\n" + numbered(5)}},
	{name: "start means start", files: map[string]string{"f.c": "a\nb\n" + numbered(5)}, patch: "--- a/f.c\n+++ b/f.c\n@@ -1,3 +1,4 @@\n+zero\n" + context(1, 3),
		misfit: "its old lines stand at line 3, but it has to begin the file"},
	{name: "at the end", files: map[string]string{"f.c": numbered(5)}, patch: "--- a/f.c\n+++ b/f.c\n@@ -3,3 +3,4 @@\n" + context(3, 5) + "+six\n",
		want: map[string]string{"f.c": numbered(5) + "six\n"}},
	{name: "no newline at the end", files: map[string]string{"f.c": "a\nb"},
		patch: "--- a/f.c\n+++ b/f.c\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n",
		want:  map[string]string{"f.c": "a\nc\n"}},
	{name: "newline expected", files: map[string]string{"f.c": "a\nb\n"},
		patch:  "--- a/f.c\n+++ b/f.c\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n",
		misfit: "does not apply"},
	{name: "new file", files: map[string]string{}, patch: "--- /dev/null\n+++ b/d/f.c\n@@ -0,0 +1,2 @@\n+a\n+b\n", want: map[string]string{"d/f.c": "a\nb\n"}},
	{name: "new file exists", files: map[string]string{"f.c": "x\n"}, patch: "--- /dev/null\n+++ b/f.c\n@@ -0,0 +1 @@\n+a\n", misfit: "the file exists in the tree with other content"},
	{name: "new file is in", files: map[string]string{"f.c": "a\n"}, patch: "--- /dev/null\n+++ b/f.c\n@@ -0,0 +1 @@\n+a\n", misfit: "already applied: the file exists with this content"},
	{name: "new empty file", files: map[string]string{}, patch: "diff --git a/f.c b/f.c\nnew file mode 100644\nindex 0000000..e69de29\n", want: map[string]string{"f.c": ""}},
	{name: "deleted", files: map[string]string{"f.c": "a\nb\n"}, patch: "--- a/f.c\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n", want: map[string]string{"f.c": "<gone>"}},
	{name: "deleted, but longer", files: map[string]string{"f.c": "a\nb\nc\n"}, patch: "--- a/f.c\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n", misfit: "its hunks leave 1 lines"},
	{name: "deleted is gone", files: map[string]string{}, patch: "--- a/f.c\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n", misfit: "already applied: no such file"},
	{name: "rename", files: map[string]string{"f.c": numbered(3)}, patch: "diff --git a/f.c b/g.c\nrename from f.c\nrename to g.c\n--- a/f.c\n+++ b/g.c\n@@ -1,3 +1,3 @@\n line 1\n-line 2\n+two\n line 3\n",
		want: map[string]string{"f.c": "<gone>", "g.c": "line 1\ntwo\nline 3\n"}},
	{name: "swap", files: map[string]string{"a.c": "a\n", "b.c": "b\n"}, patch: "diff --git a/a.c b/b.c\nrename from a.c\nrename to b.c\ndiff --git a/b.c b/a.c\nrename from b.c\nrename to a.c\n",
		want: map[string]string{"a.c": "b\n", "b.c": "a\n"}},
	{name: "rename onto a file", files: map[string]string{"f.c": "a\n", "g.c": "b\n"}, patch: "diff --git a/f.c b/g.c\nrename from f.c\nrename to g.c\n", misfit: "the new name is taken"},
	{name: "rename is in", files: map[string]string{"g.c": "b\n"}, patch: "diff --git a/f.c b/g.c\nrename from f.c\nrename to g.c\n", misfit: "already applied: the file has its new name"},
	{name: "copy and change the source", files: map[string]string{"f.c": "a\n"}, patch: "--- a/f.c\n+++ b/f.c\n@@ -1 +1 @@\n-a\n+b\ndiff --git a/f.c b/g.c\ncopy from f.c\ncopy to g.c\n",
		want: map[string]string{"f.c": "b\n", "g.c": "a\n"}},
	{name: "same file twice", files: map[string]string{"f.c": "a\n"}, patch: "--- a/f.c\n+++ b/f.c\n@@ -1 +1 @@\n-a\n+b\n--- a/f.c\n+++ b/f.c\n@@ -1 +1 @@\n-b\n+c\n",
		want: map[string]string{"f.c": "c\n"}},
	{name: "mode", files: map[string]string{"f.c": "a\n"}, patch: "diff --git a/f.c b/f.c\nold mode 100644\nnew mode 100755\n", want: map[string]string{}},
	{name: "mode of no file", files: map[string]string{}, patch: "diff --git a/f.c b/f.c\nold mode 100644\nnew mode 100755\n", misfit: "no such file"},
	{name: "binary", files: map[string]string{"l.png": "x"}, patch: "diff --git a/l.png b/l.png\nindex 1..2 100644\nBinary files a/l.png and b/l.png differ\n",
		want: map[string]string{}, notes: "in:1: l.png: binary content is skipped"},
	{name: "symbolic link", files: map[string]string{}, patch: "diff --git a/l b/l\nnew file mode 120000\nindex 0000000..1234567\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+../x\n\\ No newline at end of file\n",
		want: map[string]string{}, notes: "in:1: l: a symbolic link or submodule is skipped"},
	{name: "index line", files: map[string]string{"f.c": "a\n"}, patch: "diff --git a/f.c b/f.c\nindex 7898192..6178079 100644\n--- a/f.c\n+++ b/f.c\n@@ -1 +1 @@\n-a\n+b\n",
		want: map[string]string{"f.c": "b\n"}},
	{name: "edited after the index line", files: map[string]string{"f.c": "a\n"}, patch: "diff --git a/f.c b/f.c\nindex 7898192..6178079 100644\n--- a/f.c\n+++ b/f.c\n@@ -1 +1 @@\n-a\n+c\n",
		want: map[string]string{"f.c": "c\n"}, notes: "in:1: f.c: the result is not the blob that the index line names: the diff is cut short or was edited"},
	{name: "index line of another base", files: map[string]string{"f.c": "a\n"}, patch: "diff --git a/f.c b/f.c\nindex 7898193..6178079 100644\n--- a/f.c\n+++ b/f.c\n@@ -1 +1 @@\n-a\n+c\n",
		want: map[string]string{"f.c": "c\n"}},
	{name: "no context", files: map[string]string{"f.c": numbered(3)}, patch: "--- a/f.c\n+++ b/f.c\n@@ -2,0 +3 @@\n+x\n",
		want: map[string]string{"f.c": "line 1\nline 2\nx\nline 3\n"}, notes: "in:3: f.c: hunk 1 has no context: placed by its line number alone"},
}

func tree(files map[string]string) fstest.MapFS {
	fsys := make(fstest.MapFS)
	for name, content := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return fsys
}

func TestApply(t *testing.T) {
	for _, tt := range applyTests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := patch.Parse("in", []byte(tt.patch), nil)
			if err != nil {
				t.Fatal(err)
			}
			r, err := patch.ApplyFS(tree(tt.files), p)
			if tt.misfit != "" {
				checkMisfit(t, err, tt.misfit)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := contents(r); fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			var notes []string
			for _, n := range r.Notes {
				notes = append(notes, n.String())
			}
			if got := strings.Join(notes, "\n"); got != tt.notes {
				t.Errorf("got notes %q, want %q", got, tt.notes)
			}
			checkLines(t, r)
		})
	}
}

func checkMisfit(t *testing.T, err error, want string) {
	t.Helper()
	var misfit *patch.ApplyError
	if !errors.As(err, &misfit) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("got %v, want *ApplyError with %q", err, want)
	}
	if misfit.Already != strings.Contains(want, "already applied") {
		t.Errorf("got Already %v", misfit.Already)
	}
	if misfit.Hunk > 0 && len(misfit.Expected) == 0 {
		t.Error("got no expected lines")
	}
}

func contents(r *patch.Result) map[string]string {
	got := make(map[string]string)
	for path, content := range r.Contents() {
		got[path] = string(content)
		if content == nil {
			got[path] = "<gone>"
		}
	}
	return got
}

// checkLines compares the line maps of a result with its contents.
func checkLines(t *testing.T, r *patch.Result) {
	t.Helper()
	for _, c := range r.Changes {
		before, after := strings.SplitAfter(string(c.Before), "\n"), strings.SplitAfter(string(c.After), "\n")
		added := make(map[int]bool)
		for _, a := range c.Added {
			added[a.Line] = true
		}
		last := 0
		for i, old := range c.NewToOld {
			switch {
			case added[i+1] != (old == 0):
				t.Errorf("%s: line %d is of old line %d, added: %v", c.Path, i+1, old, added[i+1])
			case old == 0:
			case old <= last || after[i] != before[old-1]:
				t.Errorf("%s: line %d is not old line %d", c.Path, i+1, old)
			default:
				last = old
			}
		}
		kept := len(c.NewToOld) - len(c.Added)
		if total := strings.Count(string(c.Before)+"x", "\n"); c.After != nil && c.Op != patch.Create &&
			kept+len(c.Removed) != total+b2i(len(c.Before) > 0 && !strings.HasSuffix(string(c.Before), "\n")) {
			t.Errorf("%s: %d lines kept and %d removed of %d", c.Path, kept, len(c.Removed), total)
		}
		if !slices.IsSortedFunc(c.Removed, func(a, b patch.LineRef) int { return a.Line - b.Line }) {
			t.Errorf("%s: removed lines are not sorted", c.Path)
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestApplyLikePatch places perturbed hunks and compares with GNU patch.
func TestApplyLikePatch(t *testing.T) {
	if _, err := exec.LookPath("patch"); err != nil {
		t.Skip("skipped: GNU patch is not installed, placement of hunks is not compared with it")
	}
	if _, err := exec.LookPath("diff"); err != nil {
		t.Skip("skipped: diff is not installed, placement of hunks is not compared with GNU patch")
	}
	same, stricter := 0, 0
	for seed := range uint64(150) {
		c := randomCase(t, rand.New(rand.NewPCG(1, seed)))
		p, err := patch.Parse("in", c.diff, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Files) == 0 {
			continue
		}
		want, fits := gnuPatch(t, c.diff, map[string]string{"f.c": c.target})
		r, err := patch.ApplyFS(tree(map[string]string{"f.c": c.target}), p)
		switch {
		case err == nil && fits && contents(r)["f.c"] == want["f.c"]:
			checkLines(t, r)
			same++
		case err != nil && !fits:
			same++
		case err != nil && fits: // a hunk that is in already, or has no line to compare
			stricter++
			t.Logf("seed %d: stricter than patch: %v", seed, err)
		default:
			t.Errorf("seed %d: got %v, %v; patch fits: %v\n%s\ntarget:\n%s\ngot:\n%s\nwant:\n%s", seed, r, err, fits, c.diff, c.target, contents(r)["f.c"], want["f.c"])
		}
	}
	t.Logf("%d as GNU patch, %d stricter", same, stricter)
	if stricter > 15 {
		t.Errorf("%d of %d refused that patch takes, want at most 15", stricter, same+stricter)
	}
}

type patchCase struct {
	diff   []byte
	target string
}

// randomCase makes a diff between two files and a third file near the first.
func randomCase(t *testing.T, rnd *rand.Rand) patchCase {
	t.Helper()
	var base []string
	for range 30 + rnd.IntN(30) {
		if rnd.IntN(3) == 0 { // lines that occur often, as in code
			base = append(base, []string{"}\n", "\n", "\treturn 0;\n", "{\n"}[rnd.IntN(4)])
			continue
		}
		base = append(base, fmt.Sprintf("\tcall_%d();\n", rnd.IntN(60)))
	}
	dir := t.TempDir()
	for name, content := range map[string][]string{"a/f.c": base, "b/f.c": perturb(rnd, base, 1+rnd.IntN(4))} {
		writeFile(t, filepath.Join(dir, name), strings.Join(content, ""))
	}
	cmd := exec.Command("diff", "-u", "a/f.c", "b/f.c")
	cmd.Dir = dir
	diff, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return patchCase{diff, strings.Join(perturb(rnd, base, rnd.IntN(5)), "")}
}

// perturb changes, adds or removes n lines or blocks.
func perturb(rnd *rand.Rand, lines []string, n int) []string {
	out := slices.Clone(lines)
	for range n {
		at := rnd.IntN(len(out))
		switch rnd.IntN(4) {
		case 0:
			out[at] = fmt.Sprintf("\tchanged_%d();\n", rnd.IntN(1000))
		case 1:
			out = slices.Insert(out, at, fmt.Sprintf("\tadded_%d();\n", rnd.IntN(1000)))
		case 2:
			out = slices.Delete(out, at, at+1)
		case 3:
			block := slices.Clone(out[at:min(len(out), at+4)])
			out = slices.Insert(out, rnd.IntN(len(out)), block...)
		}
	}
	return out
}

// gnuPatch applies diff with patch -p1 -F2 to a copy of files, in a folder of
// its own, and returns what it left there.
func gnuPatch(t *testing.T, diff []byte, files map[string]string) (map[string]string, bool) {
	t.Helper()
	dir := writeTree(t, files)
	cmd := exec.Command("patch", "-p1", "-F2", "--batch", "--forward", "--no-backup-if-mismatch", "-r", "-", "-s")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(string(diff))
	err := cmd.Run()
	return readTree(t, dir), err == nil
}

func writeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		writeFile(t, filepath.Join(dir, name), content)
	}
	return dir
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readTree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestApplyBudget(t *testing.T) {
	// A hunk that matches almost everywhere must not take forever.
	file := strings.Repeat("x\n", 40_000)
	context := strings.Repeat(" x\n", 10_000)
	hunk := "@@ -2,20001 +2,20001 @@\n" + context + "-y\n+z\n" + context
	p, err := patch.Parse("in", []byte("--- a/f.c\n+++ b/f.c\n"+hunk), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = patch.ApplyFS(tree(map[string]string{"f.c": file}), p)
	checkMisfit(t, err, "hunk 1 costs too much to place")
}

func FuzzApply(f *testing.F) {
	for _, tt := range applyTests {
		f.Add(tt.files["f.c"], tt.patch)
	}
	f.Fuzz(func(t *testing.T, content, diff string) {
		p, err := patch.Parse("in", []byte(diff), nil)
		if err != nil {
			return
		}
		r, err := patch.ApplyFS(tree(map[string]string{"f.c": content}), p)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("error of several lines: %q", err)
			}
			return
		}
		checkLines(t, r)
	})
}

func ExampleApplyFS() {
	fsys := fstest.MapFS{"mm/table.c": {Data: []byte("/* tables */\nint table(void)\n{ BUG(); }\n")}}
	p, err := patch.Parse("fix.patch", []byte("--- a/mm/table.c\n+++ b/mm/table.c\n@@ -1,2 +1,2 @@\n int table(void)\n-{ BUG(); }\n+{ return 1; }\n"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := patch.ApplyFS(fsys, p)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Notes[0])
	fmt.Print(string(r.Changes[0].After))
	// Output:
	// fix.patch:3: mm/table.c: hunk 1 applied at line 2, offset 1
	// /* tables */
	// int table(void)
	// { return 1; }
}
