package history

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestResolve compares every form of a revision with git rev-parse.
func TestResolve(t *testing.T) {
	g := newGit(t)
	g.series()
	g.git("tag", "light", "topic~1")
	g.git("tag", "-a", "-m", "a tag of a tag", "outer", "v1")
	g.git("tag", "both", "v1^{commit}")
	g.git("branch", "both", "topic")
	g.git("branch", "feature/deep", "topic~2")
	g.git("checkout", "-q", "main")
	g.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
	g.git("update-ref", "refs/remotes/origin/next", "topic~3")
	g.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/next")
	g.git("pack-refs", "--all")
	g.git("branch", "-f", "feature/deep", "topic~1") // loose over packed
	head := g.git("rev-parse", "HEAD")
	g.write(".git/FETCH_HEAD", head+"\tnot-for-merge\tbranch 'x' of y\n")
	revs := []string{
		"HEAD", "@", "main", "topic", "v1", "light", "outer", "both", "feature/deep", "origin/next", "origin", "heads/topic",
		"tags/v1", "refs/tags/v1", "refs/heads/topic", "FETCH_HEAD", head, strings.ToUpper(head), head[:7], head[:12],
		"v1-3-g" + head[:8], "HEAD^", "HEAD^1", "HEAD^2", "HEAD^0", "HEAD~0", "HEAD~", "HEAD^2~2", "topic~3^", "HEAD^^2", "v1^{commit}", "v1^{}", "outer^0",
		"HEAD^{commit}^2^{commit}", "main@{0}", "HEAD@{0}", ":/arch: rename", "HEAD^{/arch: rename}", "topic^{/arch}~1",
		// none of these is a commit
		"none", "v9", "HEAD~99", "HEAD^3", "HEAD^2^2", "v1:mm", "v1^{tree}", "HEAD:Makefile", "", "~1", "config", "../.git/HEAD", "-h", "--all", "HEAD^{", "HEAD^x", "0000000", "a b",
		"deadbeefdeadbeefdeadbeefdeadbeefdeadbeef", "HEAD\n", "refs/heads/../heads/main", "HEAD~999999999999999999999",
	}
	for backend, r := range openBoth(t, g.dir) {
		for _, rev := range revs {
			want, err := g.try("rev-parse", "--verify", "--quiet", "--end-of-options", rev)
			if err == nil {
				want, _ = g.try("rev-parse", "--verify", "--quiet", want+"^{commit}")
			}
			if strings.Contains(rev, "\n") { // git cuts it off
				want = ""
			}
			got, err := r.Resolve(rev)
			if string(got) != want || (err == nil) != (want != "") {
				t.Errorf("%s: %q: got %s, %v, want %q", backend, rev, got, err, want)
			}
			var refused *RevisionError
			if err != nil && !errors.As(err, &refused) && !errors.Is(err, ErrIncomplete) {
				t.Errorf("%s: %q: got error %T %v", backend, rev, err, err)
			}
		}
	}
}

func TestResolveErrors(t *testing.T) {
	g := newGit(t)
	g.series()
	r := open(t, g.dir)
	blob := g.git("rev-parse", "topic:mm/memory.c")
	for rev, want := range map[string]string{
		"v9":      `revision "v9": there is no such branch, tag or commit`,
		blob:      `revision "` + blob + `": names a blob, not a commit`,
		"v1^2":    `revision "v1^2": commit ` + g.git("rev-parse", "v1^{commit}") + ` has 0 parents`,
		"v1...v1": `revision "v1...v1": is a symmetric difference; write two dots instead of three`,
		"v1..v9":  `revision "v9": there is no such branch, tag or commit`,
	} {
		if _, err := r.Range(rev); err == nil || err.Error() != g.dir+": "+want {
			t.Errorf("%s: got %v, want %s", rev, err, want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	_, err := r.Resolve("HEAD@{1}")
	if want := g.dir + `: revision "HEAD@{1}": the form of "HEAD@{1}" is understood only by git, and the git command is not installed`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestNotRepository(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir:                        "neither it nor a folder above it has a .git",
		file:                       "it is not a folder",
		filepath.Join(dir, "none"): "there is no such folder",
	} {
		_, err := Open(path)
		var refused *NotRepositoryError
		if !errors.As(err, &refused) || refused.Reason != want {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, ".git"), []byte("gitdir: nowhere\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "which is not a git repository") {
		t.Errorf("got %v", err)
	}
}

func TestHasCommit(t *testing.T) {
	g := newGit(t)
	g.series()
	for backend, r := range openBoth(t, g.dir) {
		for rev, want := range map[string]bool{"topic": true, "v1^{commit}": true, "v1": false, "topic:mm/memory.c": false} {
			if got := r.HasCommit(Hash(g.git("rev-parse", rev))); got != want {
				t.Errorf("%s: %s: got %v, want %v", backend, rev, got, want)
			}
		}
		for _, h := range []Hash{"", "abc", Hash(strings.Repeat("0", 40)), "../../../../../../../../../../etc/passwd", Hash(strings.Repeat("1", 64))} {
			if r.HasCommit(h) {
				t.Errorf("%s: %q: got true", backend, h)
			}
		}
	}
}
