package history

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// gitDir is a repository made for a test with the git command.
type gitDir struct {
	t   testing.TB
	dir string
}

// environ keeps the configuration of the machine out of the tests.
func environ() []string {
	return append(environment(),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_ALLOW_PROTOCOL=file",
		"GIT_AUTHOR_NAME=An Author", "GIT_AUTHOR_EMAIL=author@example.org", "GIT_AUTHOR_DATE=1700000000 +0130",
		"GIT_COMMITTER_NAME=A Committer", "GIT_COMMITTER_EMAIL=committer@example.org", "GIT_COMMITTER_DATE=1700000100 +0000")
}

// needGit skips a test where the git command is missing.
func needGit(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("skipped: repositories of every kind, because the git command is not installed")
	}
}

// newGit makes an empty repository; options go to git init.
func newGit(t testing.TB, options ...string) *gitDir {
	t.Helper()
	needGit(t)
	g := &gitDir{t, t.TempDir()}
	g.git(append([]string{"init", "-q", "-b", "main"}, options...)...)
	return g
}

// at returns the repository of another folder.
func (g *gitDir) at(dir string) *gitDir { return &gitDir{g.t, dir} }

func (g *gitDir) try(args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = g.dir, environ()
	out, err := cmd.Output()
	return strings.TrimSuffix(string(out), "\n"), err
}

func (g *gitDir) git(args ...string) string {
	g.t.Helper()
	return g.run(environ(), args...)
}

// dated runs git with the date of the committer set.
func (g *gitDir) dated(date string, args ...string) string {
	g.t.Helper()
	return g.run(append(environ(), "GIT_COMMITTER_DATE="+date), args...)
}

func (g *gitDir) run(env []string, args ...string) string {
	g.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = g.dir, env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		g.t.Fatalf("git %v: %v\n%s", args, err, stderr.String())
	}
	return strings.TrimSuffix(string(out), "\n")
}

// files maps a path to its content; "" deletes, "->x" is a symbolic link.
type files map[string]string

// commit changes files and commits them with a subject.
func (g *gitDir) commit(subject string, change files) Hash {
	g.t.Helper()
	for name, content := range change {
		g.write(name, content)
	}
	g.git("add", "-A")
	g.git("commit", "-q", "-s", "--allow-empty", "-m", subject, "-m", "A reason.")
	return Hash(g.git("rev-parse", "HEAD"))
}

func (g *gitDir) write(name, content string) {
	g.t.Helper()
	full := filepath.Join(g.dir, filepath.FromSlash(name))
	err := os.RemoveAll(full)
	if target, ok := strings.CutPrefix(content, "->"); ok && err == nil {
		err = os.Symlink(target, full)
	} else if content != "" && err == nil {
		err = os.MkdirAll(filepath.Dir(full), 0o755)
		if err == nil {
			err = os.WriteFile(full, []byte(content), 0o644)
		}
	}
	if err != nil {
		g.t.Fatal(err)
	}
}

// series makes a base tagged v1 and a branch topic of five commits: changes,
// an added folder, a rename, a deletion, a link, a mode.
func (g *gitDir) series() {
	g.t.Helper()
	g.commit("base", files{
		"Makefile": "VERSION = 6\nPATCHLEVEL = 1\n", "Kconfig": "mainmenu \"k\"\n",
		"arch/toy/include/asm/pte.h": "#define PTE 1\n", "arch/toy/only.c": strings.Repeat("int only;\n", 400),
		"include/linux/mm.h": "struct mm;\n", "mm/memory.c": "one\ntwo\nthree\n", "mm/gone.c": "gone\n",
	})
	g.git("tag", "-a", "-m", "first", "v1")
	g.git("checkout", "-q", "-b", "topic")
	g.commit("mm: change memory", files{"mm/memory.c": "one\n2\nthree\nfour\n"})
	g.commit("mm: a folder", files{"mm/sub/a.c": "a\n", "mm/sub/b.c": "b\n"})
	g.git("mv", "arch/toy/only.c", "arch/toy/other.c")
	g.commit("arch: rename", files{"arch/toy/other.c": strings.Repeat("int only;\n", 400) + "int more;\n"})
	g.commit("mm: delete, link", files{"mm/gone.c": "", "mm/link.h": "->../include/linux/mm.h", "arch/toy/inc": "->include/asm"})
	if err := os.Chmod(filepath.Join(g.dir, "mm/memory.c"), 0o755); err != nil {
		g.t.Fatal(err)
	}
	g.commit("mm: mode", nil)
}

// open opens a repository with the backend that fits.
func open(t testing.TB, dir string) *Repo {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// openBoth opens a repository with either backend.
func openBoth(t testing.TB, dir string) map[string]*Repo {
	t.Helper()
	at, err := locate(dir)
	if err != nil {
		t.Fatal(err)
	}
	git, err := openGit(at)
	if err != nil {
		t.Fatal(err)
	}
	second := newRepo(dir, at, git)
	t.Cleanup(func() { second.Close() })
	return map[string]*Repo{"first": open(t, dir), "git": second}
}

// checkAgainstGit compares the range v1..topic, its trees, files and changes
// with what git says. g is where git is asked.
func checkAgainstGit(t *testing.T, r *Repo, g *gitDir) {
	t.Helper()
	got, err := r.Range("v1..topic")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(g.git("rev-list", "--reverse", "--topo-order", "--no-merges", "v1..topic"))
	if list := hashes(got.Commits); !slices.Equal(list, want) {
		t.Fatalf("got commits %v, want %v", list, want)
	}
	if base := g.git("rev-parse", "v1^{commit}"); string(got.Base) != base || !got.Linear || len(got.Notes) != 0 {
		t.Errorf("got base %s, linear %v, notes %v; want base %s", got.Base, got.Linear, got.Notes, base)
	}
	for _, c := range got.Commits {
		checkCommit(t, r, g, c)
	}
}

func hashes(commits []*Commit) []string {
	var list []string
	for _, c := range commits {
		list = append(list, string(c.Hash))
	}
	return list
}

func checkCommit(t *testing.T, r *Repo, g *gitDir, c *Commit) {
	t.Helper()
	want := g.git("show", "-s", "--format=%H%n%T%n%P%n%an%n%ae%n%ad%n%s%n%B", "--date=iso-strict", string(c.Hash))
	got := strings.Join([]string{string(c.Hash), string(c.Tree), string(c.Parent), c.Author.Name, c.Author.Email,
		c.Date.Format("2006-01-02T15:04:05-07:00"), c.Subject, c.Message}, "\n")
	if strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("commit: got\n%s\nwant\n%s", got, want)
	}
	changes, notes, err := r.CommitChanges(c)
	if err != nil || len(notes) != 0 {
		t.Fatal(notes, err)
	}
	if got, want := rawChanges(changes), gitChanges(g, string(c.Parent), string(c.Hash)); got != want {
		t.Errorf("changes of %s: got\n%swant\n%s", c.Subject, got, want)
	}
	fsys, err := r.Tree(c.Hash)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := listing(t, fsys), g.git("ls-tree", "-r", "--full-tree", "--name-only", string(c.Hash)); got != want {
		t.Errorf("files of %s: got\n%s\nwant\n%s", c.Subject, got, want)
	}
	for _, change := range changes {
		if change.IsDeleted() {
			continue
		}
		content, err := r.ReadBlob(change.NewHash)
		if want := g.git("cat-file", "blob", string(change.NewHash)); err != nil || strings.TrimSuffix(string(content), "\n") != want {
			t.Errorf("%s: got %q, %v, want %q", change.Path, content, err, want)
		}
	}
}

// rawChanges writes changes as git diff-tree --raw does, a file that became
// something else as two lines.
func rawChanges(changes []Change) string {
	var text strings.Builder
	zero := func(h, other Hash) string {
		if h == "" {
			return strings.Repeat("0", len(other))
		}
		return string(h)
	}
	for _, c := range changes {
		letter := "M"
		switch {
		case c.IsAdded():
			letter = "A"
		case c.IsDeleted():
			letter = "D"
		case c.OldMode&modeType != c.NewMode&modeType:
			letter = "T"
		}
		text.WriteString(":" + c.OldMode.String() + " " + c.NewMode.String() + " " + zero(c.OldHash, c.NewHash) + " " +
			zero(c.NewHash, c.OldHash) + " " + letter + "\t" + c.Path + "\n")
	}
	return text.String()
}

func gitChanges(g *gitDir, from, to string) string {
	lines := strings.Split(g.git("diff-tree", "-r", "--raw", "--no-renames", "--full-index", from, to), "\n")
	slices.SortFunc(lines, func(a, b string) int {
		_, a, _ = strings.Cut(a, "\t")
		_, b, _ = strings.Cut(b, "\t")
		return strings.Compare(a, b)
	})
	return strings.TrimPrefix(strings.Join(lines, "\n")+"\n", "\n")
}

func listing(t *testing.T, fsys fs.FS) string {
	t.Helper()
	var list []string
	err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			list = append(list, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}
