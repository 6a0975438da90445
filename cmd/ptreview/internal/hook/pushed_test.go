package hook

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"ptreview/cmd/ptreview/internal/gitcmd"
	"ptreview/parse/history"
)

// pushing is a repository whose commits have names.
type pushing struct {
	t      *testing.T
	dir    string
	hashes map[string]string // by name
}

func (p *pushing) git(args ...string) string {
	p.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org")
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("git %q: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// commit makes a commit on top of others.
func (p *pushing) commit(name string, parents ...string) {
	args := []string{"commit-tree", "-m", name}
	for _, parent := range parents {
		args = append(args, "-p", p.hashes[parent])
	}
	p.hashes[name] = p.git(append(args, p.git("mktree", "--missing"))...)
	p.git("tag", name, p.hashes[name])
}

// named writes ranges with the names of their commits.
func (p *pushing) named(ranges []string) []string {
	var list []string
	for _, r := range ranges {
		for name, hash := range p.hashes {
			r = strings.ReplaceAll(r, hash, name)
		}
		list = append(list, r)
	}
	slices.Sort(list)
	return list
}

func TestRanges(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed: there is nothing to push")
	}
	p := &pushing{t: t, dir: t.TempDir(), hashes: map[string]string{"": ""}}
	p.git("init", "-q")
	p.commit("root")
	p.commit("main1", "root")
	p.commit("main2", "main1")
	p.commit("side1", "root")
	p.commit("side2", "side1")
	p.commit("merge", "main2", "side2")
	p.commit("after", "merge")
	g, err := gitcmd.Open(t.Context(), p.dir, os.Environ())
	if err != nil {
		t.Fatal(err)
	}
	repo, err := history.Open(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	tests := []struct {
		before, after string
		want          []string
		note          string
	}{
		{before: "root", after: "main2", want: []string{"root..main2"}},
		{before: "side1", after: "main2", want: []string{"root..main2"}},
		{before: "main1", after: "after", want: []string{"main1..main2", "merge..after", "root..side2"}},
		{before: "after", after: "main1", note: "refs/heads/x brings no new commit to review"},
		{after: "main2", want: []string{"root..main2"}, note: "is the first of a history"},
		{after: "root", note: "is the first of a history"},
		{before: "main1"},
	}
	for _, tt := range tests {
		u := Update{Ref: "refs/heads/x", Old: p.hashes[tt.before], New: p.hashes[tt.after]}
		ranges, notes, err := Ranges(t.Context(), g, repo, u, "--remotes")
		if got := p.named(ranges); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s to %s: got %q, %v, want %q", tt.before, tt.after, got, err, tt.want)
		}
		if got := strings.Join(notes, ""); (got != "") != (tt.note != "") || !strings.Contains(got, tt.note) {
			t.Errorf("%s to %s: got note %q, want %q", tt.before, tt.after, got, tt.note)
		}
	}
}
