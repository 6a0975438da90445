package history

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"ptreview/parse/tree"
)

// kernelRepository makes a bare, packed repository of two commits, tagged v1
// and v2, with mm and headers of both kernels. It reads the kernels only.
func kernelRepository(t testing.TB) *gitDir {
	t.Helper()
	needGit(t)
	g := &gitDir{t, t.TempDir()}
	g.git("init", "-q", "--bare", ".")
	for tag, variable := range map[string]string{"v1": "PTREVIEW_LINUX_6_1", "v2": "PTREVIEW_LINUX_6_12"} {
		if os.Getenv(variable) == "" {
			t.Skipf("skipped: a repository of two kernels (%s), because %s is not set", tag, variable)
		}
	}
	for _, version := range []struct{ tag, variable string }{{"v1", "PTREVIEW_LINUX_6_1"}, {"v2", "PTREVIEW_LINUX_6_12"}} {
		g.git("read-tree", "--empty")
		add := exec.Command("git", "--git-dir="+g.dir, "-c", "core.bare=false", "--work-tree=.", "add", "-f", "--", "Makefile", "mm", "include", "arch/powerpc/include")
		add.Dir, add.Env = os.Getenv(version.variable), environ()
		if out, err := add.CombinedOutput(); err != nil {
			t.Fatalf("git add: %v\n%s", err, out)
		}
		args := []string{"commit-tree", g.git("write-tree"), "-m", "kernel " + version.tag}
		if version.tag == "v2" {
			args = append(args, "-p", "v1")
		}
		g.git("tag", version.tag, g.git(args...))
	}
	g.git("repack", "-q", "-a", "-d")
	return g
}

// TestLinux compares all that is in the repository with the folder it came
// from, and the changes between the kernels with git's.
func TestLinux(t *testing.T) {
	g := kernelRepository(t)
	dir, err := tree.Open(os.Getenv("PTREVIEW_LINUX_6_1"))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for backend, r := range openBoth(t, g.dir) {
		commit, err := r.Tree(r.mustResolve(t, "v1"))
		if err != nil {
			t.Fatal(err)
		}
		if got := sameFiles(t, commit, dir); got < 5000 {
			t.Errorf("%s: got %d files, want more than 5000", backend, got)
		}
		c := r.mustCommit(t, r.mustResolve(t, "v2"))
		changes, _, err := r.CommitChanges(c)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := rawChanges(changes), gitChanges(g, "v1", "v2"); got != want {
			t.Errorf("%s: %d bytes of changes differ from git's %d", backend, len(got), len(want))
		}
	}
}

// sameFiles compares every file of a commit with the folder and counts them.
func sameFiles(t *testing.T, commit, dir tree.Tree) int {
	t.Helper()
	count := 0
	err := fs.WalkDir(commit, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		count++
		got, err := commit.ReadFile(name)
		if err != nil {
			return err
		}
		want, err := dir.ReadFile(name)
		if err == nil && !bytes.Equal(got, want) {
			t.Errorf("%s differs", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return count
}

// BenchmarkLinux measures what a review of commits reads.
func BenchmarkLinux(b *testing.B) {
	g := kernelRepository(b)
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			r, err := Open(g.dir)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := r.Resolve("v2~1"); err != nil {
				b.Fatal(err)
			}
			r.Close()
		}
	})
	b.Run("read 5000 headers", func(b *testing.B) {
		for b.Loop() {
			readHeaders(b, g.dir, openNative)
		}
	})
	b.Run("read 5000 headers, git backend", func(b *testing.B) {
		for b.Loop() {
			readHeaders(b, g.dir, func(at layout) (backend, error) { return openGit(at) })
		}
	})
	b.Run("read 5000 headers, git cat-file", func(b *testing.B) {
		var names strings.Builder
		for _, name := range headerNames(b, g.dir) {
			names.WriteString("v1:" + name + "\n")
		}
		for b.Loop() {
			cmd := exec.Command("git", "--git-dir="+g.dir, "cat-file", "--batch", "--buffer")
			cmd.Stdin, cmd.Env = strings.NewReader(names.String()), environ()
			if _, err := cmd.Output(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("changes and lines between two kernels", func(b *testing.B) {
		for b.Loop() {
			diffKernels(b, g.dir)
		}
	})
}

func headerNames(b *testing.B, dir string) []string {
	b.Helper()
	r := open(b, dir)
	h, err := r.Resolve("v1")
	if err != nil {
		b.Fatal(err)
	}
	commit, err := r.Tree(h)
	if err != nil {
		b.Fatal(err)
	}
	var names []string
	err = fs.WalkDir(commit, ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && path.Ext(name) == ".h" && len(names) < 5000 {
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return names
}

func readHeaders(b *testing.B, dir string, with func(layout) (backend, error)) {
	b.StopTimer()
	names := headerNames(b, dir)
	b.StartTimer()
	at, err := locate(dir)
	if err != nil {
		b.Fatal(err)
	}
	objects, err := with(at)
	if err != nil {
		b.Fatal(err)
	}
	r := newRepo(dir, at, objects)
	defer r.Close()
	h, err := r.Resolve("v1")
	if err != nil {
		b.Fatal(err)
	}
	commit, err := r.Tree(h)
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range names {
		if _, err := commit.ReadFile(name); err != nil {
			b.Fatal(err)
		}
	}
}

func diffKernels(b *testing.B, dir string) {
	r, err := Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	h, err := r.Resolve("v2")
	if err != nil {
		b.Fatal(err)
	}
	c, err := r.Commit(h)
	if err != nil {
		b.Fatal(err)
	}
	changes, _, err := r.CommitChanges(c)
	if err != nil {
		b.Fatal(err)
	}
	for _, change := range changes {
		if _, err := r.Lines(change); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(changes)), "files")
}
