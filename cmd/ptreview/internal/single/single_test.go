package single

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ptreview/cmd/ptreview/internal/gitcmd"
	"ptreview/parse/history"
	"ptreview/parse/mbox"
)

// repo is a repository of one file, with commits that have names.
type repo struct {
	t      *testing.T
	dir    string
	hashes map[string]string // by name
}

func newRepo(t *testing.T) *repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed: there is no log to find patches in")
	}
	r := &repo{t: t, dir: t.TempDir(), hashes: make(map[string]string)}
	r.git("init", "-q", "-b", "main")
	return r
}

func (r *repo) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %q: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit adds a line to the file for the subject, which names the commit.
func (r *repo) commit(subject string) {
	r.t.Helper()
	name := filepath.Join(r.dir, "f")
	data, _ := os.ReadFile(name)
	if err := os.WriteFile(name, append(data, subject+"\n"...), 0o644); err != nil {
		r.t.Fatal(err)
	}
	r.git("add", "f")
	r.git("commit", "-q", "-m", subject)
	r.hashes[subject] = r.git("rev-parse", "HEAD")
}

// mail is the mail of a commit with other brackets and another subject.
func (r *repo) mail(commit, brackets, subject string) *mbox.Mail {
	r.t.Helper()
	text := r.git("format-patch", "-1", "--stdout", "--subject-prefix=PATCH", r.hashes[commit]) + "\n"
	text = strings.Replace(text, "[PATCH] "+commit, brackets+" "+subject, 1)
	list, err := mbox.ParseBytes([]byte(text), commit)
	if err != nil || len(list) != 1 {
		r.t.Fatalf("got %d mails, %v", len(list), err)
	}
	return list[0]
}

// find describes the place of the last of some mails with the names of commits.
func (r *repo) find(mails []*mbox.Mail, k int) string {
	r.t.Helper()
	g, err := gitcmd.Open(r.t.Context(), r.dir, os.Environ())
	if err != nil {
		r.t.Fatal(err)
	}
	h, err := history.Open(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	defer h.Close()
	p, err := (&Finder{Repo: h, Git: g, Tips: []string{"HEAD"}}).Find(r.t.Context(), mails, k)
	var unplaced *UnplacedError
	if errors.As(err, &unplaced) {
		return "unplaced"
	}
	if err != nil {
		r.t.Fatal(err)
	}
	text := fmt.Sprintf("%d of %s", p.Position, p.Range)
	if p.Range == "" {
		text = fmt.Sprintf("%d of %d on %s", p.Position, len(p.Mails), p.Base)
	}
	for name, hash := range r.hashes {
		text = strings.ReplaceAll(text, hash, name)
	}
	return text
}

func TestFind(t *testing.T) {
	r := newRepo(t)
	for _, name := range []string{"root", "other", "one", "two", "three", "last"} {
		r.commit(name)
	}
	type mail struct{ commit, brackets, subject string }
	tests := []struct {
		head  string
		mails []mail
		k     int // 0 for the last
		want  string
	}{
		// The commits around one that is there.
		{"last", []mail{{"two", "[PATCH 2/3]", "two"}}, 0, "2 of other..three"},
		{"two", []mail{{"two", "[PATCH 2/3]", "two"}}, 0, "2 of other..two"},
		{"last", []mail{{"two", "[PATCH]", "two"}}, 0, "1 of one..two"},
		{"last", []mail{{"two", "[PATCH 2/3]", "reworded"}}, 0, "2 of other..three"},
		{"last", []mail{{"other", "[PATCH 3/4]", "other"}}, 0, "1 of root..one"},
		// On top of what is there.
		{"other", []mail{{"one", "[PATCH]", "one"}}, 0, "1 of 1 on HEAD"},
		{"other", []mail{{"one", "[PATCH 1/3]", "one"}}, 0, "1 of 1 on HEAD"},
		{"other", []mail{{"one", "[PATCH 1/3]", "one"}, {"two", "[PATCH 2/3]", "two"}}, 0, "2 of 2 on HEAD"},
		{"other", []mail{{"one", "[PATCH 1/3]", "one"}, {"two", "[PATCH 2/3]", "two"}}, 1, "1 of 2 on HEAD"},
		{"one", []mail{{"one", "[PATCH 1/3]", "one"}, {"two", "[PATCH 2/3]", "two"}}, 0, "1 of 1 on one"},
		// What comes behind and does not apply does not matter.
		{"other", []mail{{"one", "[PATCH 1/2]", "one"}, {"last", "[PATCH 2/2]", "last"}}, 1, "1 of 1 on HEAD"},
		// No place.
		{"other", []mail{{"two", "[PATCH 2/3]", "two"}}, 0, "unplaced"},
		{"other", []mail{{"three", "[PATCH]", "three"}}, 0, "unplaced"},
		{"one", []mail{{"two", "[PATCH 3/3]", "two"}}, 0, "unplaced"},
	}
	for _, tt := range tests {
		r.git("checkout", "-q", r.hashes[tt.head])
		var mails []*mbox.Mail
		for _, m := range tt.mails {
			mails = append(mails, r.mail(m.commit, m.brackets, m.subject))
		}
		k := tt.k
		if k == 0 {
			k = len(mails)
		}
		if got := r.find(mails, k); got != tt.want {
			t.Errorf("%v at %s: got %s, want %s", tt.mails, tt.head, got, tt.want)
		}
	}
}

// TestFindOlder puts a new version of a patch where the old one is, if it is by
// the same author.
func TestFindOlder(t *testing.T) {
	r := newRepo(t)
	for _, name := range []string{"root", "one", "two", "last"} {
		r.commit(name)
	}
	m := r.mail("two", "[PATCH v2 2/2]", "two")
	m.Body = []byte(strings.Replace(string(m.Body), "\n+two\n", "\n+more than two\n", 1))
	if got, want := r.find([]*mbox.Mail{m}, 1), "1 of 1 on one"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	m.From.Addr = "b@example.org"
	if got, want := r.find([]*mbox.Mail{m}, 1), "unplaced"; got != want {
		t.Errorf("another author: got %s, want %s", got, want)
	}
}
