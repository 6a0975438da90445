package history

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"ptreview/parse/tree"
)

// TestKinds reads the same series from a repository of every kind.
func TestKinds(t *testing.T) {
	for name, make := range map[string]func(g *gitDir) *gitDir{
		"loose": func(g *gitDir) *gitDir { return g },
		"packed": func(g *gitDir) *gitDir {
			g.git("gc", "-q")
			return g
		},
		"many packs": func(g *gitDir) *gitDir {
			g.git("repack", "-q")
			g.commit("more", files{"mm/more.c": "more\n"})
			g.git("repack", "-q")
			g.git("pack-refs", "--all")
			return g
		},
		"deltas by hash": func(g *gitDir) *gitDir {
			g.git("-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-a", "-d", "-f", "--depth=50")
			return g
		},
		"large offsets": func(g *gitDir) *gitDir {
			g.git("-c", "pack.indexVersion=2", "gc", "-q")
			for _, pack := range g.glob(".git/objects/pack/*.pack") {
				os.Remove(strings.TrimSuffix(pack, ".pack") + ".idx")
				g.git("index-pack", "--index-version=2,0x40", pack)
			}
			return g
		},
		"index of version 1": func(g *gitDir) *gitDir {
			g.git("-c", "pack.indexVersion=1", "gc", "-q")
			return g
		},
		"index of many packs": func(g *gitDir) *gitDir {
			g.git("repack", "-q")
			g.commit("more", files{"mm/more.c": "more\n"})
			g.git("repack", "-q")
			g.git("multi-pack-index", "write")
			return g
		},
		"commit graph": func(g *gitDir) *gitDir {
			g.git("commit-graph", "write", "--reachable", "--changed-paths")
			return g
		},
		"sparse checkout": func(g *gitDir) *gitDir {
			g.git("sparse-checkout", "set", "--cone", "include")
			return g
		},
		"folder below the top": func(g *gitDir) *gitDir { return g.at(filepath.Join(g.dir, "mm")) },
		"git folder":           func(g *gitDir) *gitDir { return g.at(filepath.Join(g.dir, ".git")) },
		"bare": func(g *gitDir) *gitDir {
			dir := filepath.Join(g.t.TempDir(), "bare.git")
			g.git("clone", "-q", "--bare", g.dir, dir)
			return g.at(dir)
		},
		"bare inside of another": func(g *gitDir) *gitDir {
			outer := newGit(g.t)
			g.git("clone", "-q", "--bare", g.dir, filepath.Join(outer.dir, "inner"))
			return outer.at(filepath.Join(outer.dir, "inner"))
		},
		"linked worktree": func(g *gitDir) *gitDir {
			dir := filepath.Join(g.t.TempDir(), "linked")
			g.git("worktree", "add", "-q", "--detach", dir, "v1")
			return g.at(dir)
		},
		"worktree with its own configuration": func(g *gitDir) *gitDir {
			dir := filepath.Join(g.t.TempDir(), "linked")
			g.git("config", "core.repositoryformatversion", "1")
			g.git("config", "extensions.worktreeConfig", "true")
			g.git("worktree", "add", "-q", "--detach", dir, "v1")
			g.at(dir).git("config", "--worktree", "core.sparseCheckout", "false")
			return g.at(dir)
		},
		"alternates": func(g *gitDir) *gitDir {
			dir := filepath.Join(g.t.TempDir(), "borrows")
			g.git("clone", "-q", "--shared", g.dir, dir)
			again := filepath.Join(g.t.TempDir(), "again")
			g.git("clone", "-q", "--shared", "--no-checkout", dir, again)
			h := g.at(again)
			return h
		},
		"separate git folder": func(g *gitDir) *gitDir {
			dir := g.t.TempDir()
			g.git("clone", "-q", "--separate-git-dir", filepath.Join(dir, "store"), g.dir, filepath.Join(dir, "work"))
			h := g.at(filepath.Join(dir, "work"))
			h.git("branch", "-f", "main", "topic")
			return h
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGit(t)
			g.series()
			at := make(g)
			for backend, r := range openBoth(t, at.dir) {
				t.Run(backend, func(t *testing.T) { checkAgainstGit(t, r, at) })
			}
		})
	}
}

func (g *gitDir) glob(pattern string) []string {
	g.t.Helper()
	list, err := filepath.Glob(filepath.Join(g.dir, pattern))
	if err != nil || len(list) == 0 {
		g.t.Fatalf("%s: got %v, %v", pattern, list, err)
	}
	return list
}

func TestSha256(t *testing.T) {
	g := newGit(t, "--object-format=sha256")
	g.series()
	r := open(t, g.dir)
	if _, ok := r.objects.(*catFile); !ok {
		t.Errorf("got backend %T, want git", r.objects)
	}
	checkAgainstGit(t, r, g)
}

func TestNeedsGit(t *testing.T) {
	g := newGit(t, "--object-format=sha256")
	g.series()
	t.Setenv("PATH", t.TempDir())
	_, err := Open(g.dir)
	want := g.dir + ": the repository uses sha256 objects, which only git itself reads, and the git command is not installed"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestWorkTree(t *testing.T) {
	g := newGit(t)
	g.series()
	linked := filepath.Join(t.TempDir(), "linked")
	g.git("worktree", "add", "-q", "--detach", linked, "v1")
	bare := filepath.Join(t.TempDir(), "bare")
	g.git("clone", "-q", "--bare", g.dir, bare)
	for dir, want := range map[string]string{
		g.dir: g.dir, filepath.Join(g.dir, "mm"): g.dir, filepath.Join(g.dir, ".git"): g.dir, linked: linked, bare: "",
	} {
		if got := open(t, dir).WorkTree(); got != want {
			t.Errorf("%s: got %q, want %q", dir, got, want)
		}
	}
	head, err := open(t, linked).Resolve("HEAD")
	if want := g.git("rev-parse", "v1^{commit}"); err != nil || string(head) != want {
		t.Errorf("HEAD of the worktree: got %s, %v, want %s", head, err, want)
	}
}

func TestShallow(t *testing.T) {
	g := newGit(t)
	g.series()
	dir := filepath.Join(t.TempDir(), "shallow")
	g.git("clone", "-q", "--depth", "3", "--branch", "topic", "file://"+g.dir, dir)
	for backend, r := range openBoth(t, dir) {
		got, err := r.Range("HEAD~1..HEAD")
		if err != nil || len(got.Commits) != 1 {
			t.Errorf("%s: got %v, %v, want one commit", backend, got, err)
		}
		if _, err := r.Range("HEAD~2"); !errors.Is(err, ErrIncomplete) || !strings.Contains(err.Error(), "is not in this shallow clone; fetch it with git first") {
			t.Errorf("%s: a commit at the boundary: got %v, want ErrIncomplete", backend, err)
		}
		got, err = r.Range("HEAD~2..HEAD")
		if err != nil || len(got.Commits) != 2 {
			t.Errorf("%s: got %v, %v, want two commits", backend, got, err)
		}
		if fsys, err := r.Tree(r.mustResolve(t, "HEAD~2")); err != nil || listing(t, fsys) == "" {
			t.Errorf("%s: the tree at the boundary: %v", backend, err)
		}
	}
	if _, err := open(t, dir).Resolve("HEAD~3"); !errors.Is(err, ErrIncomplete) {
		t.Errorf("got %v, want ErrIncomplete", err)
	}
}

func (r *Repo) mustResolve(t *testing.T, rev string) Hash {
	t.Helper()
	h, err := r.Resolve(rev)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestPartial makes sure that a file which was not fetched is neither fetched
// nor taken for a file that is not there.
func TestPartial(t *testing.T) {
	g := newGit(t)
	g.series()
	g.git("config", "uploadpack.allowFilter", "true")
	for _, filter := range []string{"blob:none", "tree:0"} {
		dir := filepath.Join(t.TempDir(), "partial")
		g.git("clone", "-q", "--no-checkout", "--filter="+filter, "file://"+g.dir, dir)
		for backend, r := range openBoth(t, dir) {
			fsys, err := r.Tree(r.mustResolve(t, "origin/topic"))
			if err != nil {
				t.Fatal(err)
			}
			for _, cached := range []tree.Tree{fsys, tree.Cached(fsys), tree.NewOverlay(fsys, map[string][]byte{"mm/memory.c": []byte("x")})} {
				_, err = cached.ReadFile("include/linux/mm.h")
				if !errors.Is(err, ErrIncomplete) || errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s, %s: got %v, want ErrIncomplete", filter, backend, err)
				}
			}
			if !strings.Contains(err.Error(), "is not in this partial clone; fetch it with git first") {
				t.Errorf("got %v", err)
			}
			c, err := r.Commit(r.mustResolve(t, "origin/topic~4"))
			if err != nil {
				t.Fatal(err)
			}
			changes, _, err := r.CommitChanges(c)
			switch filter {
			case "tree:0":
				if !errors.Is(err, ErrIncomplete) {
					t.Errorf("%s, %s: got %v, %v, want ErrIncomplete", filter, backend, changes, err)
				}
			case "blob:none":
				if _, err := fsys.ReadFile("include/linux/none.h"); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s, %s: got %v, want fs.ErrNotExist", filter, backend, err)
				}
				if err != nil || len(changes) != 1 {
					t.Fatal(changes, err)
				}
				if _, err := r.Lines(changes[0]); !errors.Is(err, ErrIncomplete) {
					t.Errorf("%s, %s: got %v, want ErrIncomplete", filter, backend, err)
				}
			}
		}
		if left := g.at(dir).git("count-objects", "-v"); !strings.Contains(left, "\npacks: 1") {
			t.Errorf("objects were fetched: %s", left)
		}
	}
}

func TestDamaged(t *testing.T) {
	g := newGit(t)
	g.series()
	h := g.git("rev-parse", "topic:mm/memory.c")
	if err := os.Remove(filepath.Join(g.dir, ".git/objects", h[:2], h[2:])); err != nil {
		t.Fatal(err)
	}
	fsys, err := open(t, g.dir).Tree(Hash(g.git("rev-parse", "topic")))
	if err != nil {
		t.Fatal(err)
	}
	_, err = fsys.ReadFile("mm/memory.c")
	if !errors.Is(err, ErrIncomplete) || !strings.Contains(err.Error(), "is missing; the repository is damaged, see git fsck") {
		t.Errorf("got %v", err)
	}
}

// TestRepackedMeanwhile reads on while git moves all objects into a new pack.
func TestRepackedMeanwhile(t *testing.T) {
	g := newGit(t)
	g.series()
	r := open(t, g.dir)
	g.git("gc", "-q", "--prune=now")
	checkAgainstGit(t, r, g)
	g.commit("later", files{"mm/later.c": "later\n"})
	g.git("gc", "-q", "--prune=now")
	g.git("checkout", "-q", "topic")
	checkAgainstGit(t, r, g)
}

func TestTree(t *testing.T) {
	g := newGit(t)
	g.series()
	for backend, r := range openBoth(t, g.dir) {
		fsys, err := r.Tree(r.mustResolve(t, "topic"))
		if err != nil {
			t.Fatal(err)
		}
		if err := fstest.TestFS(fsys, "mm/sub/a.c", "mm/link.h", "Makefile"); err != nil {
			t.Errorf("%s: %v", backend, err)
		}
		for path, want := range map[string]string{"mm/link.h": "struct mm;\n", "arch/toy/inc/pte.h": "#define PTE 1\n", "mm/memory.c": "one\n2\nthree\nfour\n"} {
			if got, err := fsys.ReadFile(path); err != nil || string(got) != want {
				t.Errorf("%s: %s: got %q, %v, want %q", backend, path, got, err, want)
			}
		}
		if info, err := fsys.Stat("mm/memory.c"); err != nil || info.Mode() != 0o755 || info.Size() != 17 {
			t.Errorf("%s: got %v, %v", backend, info, err)
		}
		if err := tree.Check(fsys, "topic"); err != nil {
			t.Error(err)
		}
		if version, err := tree.Version(fsys); err != nil || version != "6.1" {
			t.Errorf("got %q, %v", version, err)
		}
		if tree.Cached(fsys) != tree.Tree(fsys) {
			t.Error("the tree of a commit was cached twice")
		}
	}
}

func TestSubmodule(t *testing.T) {
	inner := newGit(t)
	inner.commit("inner", files{"a": "a\n"})
	g := newGit(t)
	first := g.commit("base", files{"mm/memory.c": "x\n"})
	g.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.dir, "vendor/inner")
	second := g.commit("add a submodule", nil)
	g.git("rm", "-q", "vendor/inner")
	third := g.commit("a file instead", files{"vendor/inner": "file\n"})
	r := open(t, g.dir)
	fsys, err := r.Tree(second)
	if err != nil {
		t.Fatal(err)
	}
	if got := listing(t, fsys); got != ".gitmodules\nmm/memory.c" {
		t.Errorf("got %q", got)
	}
	if got := strings.Join(fsys.Notes(), "; "); got != "vendor/inner is a submodule and was left out" {
		t.Errorf("got notes %q", got)
	}
	for _, test := range []struct {
		from, to    Hash
		path, notes string
	}{
		{first, second, ".gitmodules", "vendor/inner is a submodule and was skipped"},
		{second, third, ".gitmodules vendor/inner", "vendor/inner is a submodule and was skipped"},
	} {
		from, to := r.mustCommit(t, test.from), r.mustCommit(t, test.to)
		changes, notes, err := r.Diff(from.Tree, to.Tree)
		if err != nil {
			t.Fatal(err)
		}
		var paths []string
		for _, c := range changes {
			paths = append(paths, c.Path)
		}
		if strings.Join(paths, " ") != test.path || strings.Join(notes, "; ") != test.notes {
			t.Errorf("got %v, %v, want %s, %s", paths, notes, test.path, test.notes)
		}
	}
}

func (r *Repo) mustCommit(t *testing.T, h Hash) *Commit {
	t.Helper()
	c, err := r.Commit(h)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestConcurrent reads trees of several commits from many goroutines.
func TestConcurrent(t *testing.T) {
	g := newGit(t)
	g.series()
	g.git("gc", "-q")
	for backend, r := range openBoth(t, g.dir) {
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				h, err := r.Resolve([]string{"v1", "topic~3", "topic~1", "topic"}[i%4])
				if err != nil {
					t.Error(backend, err)
					return
				}
				fsys, err := r.Tree(h)
				if err != nil {
					t.Error(backend, err)
					return
				}
				for range 20 {
					if _, err := fsys.ReadFile("include/linux/mm.h"); err != nil {
						t.Error(backend, err)
					}
					if _, err := fsys.ReadDir("mm"); err != nil {
						t.Error(backend, err)
					}
				}
			})
		}
		group.Wait()
	}
}
