package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// hooksRepo puts this repository, as it is now, into one that pre-commit can
// clone, and returns its folder and commit.
func hooksRepo(t *testing.T, d *desk) (dir, rev string) {
	t.Helper()
	root := filepath.Join("..", "..")
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		t.Skipf("SKIPPED: this is no clone, there are no hooks to be cloned: %v", err)
	}
	dir = t.TempDir()
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		data, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	hooks := &desk{t: t, dir: dir, env: d.env}
	hooks.git("init", "-q", "-b", "main")
	hooks.git("add", "--force", ".")
	hooks.git("commit", "-q", "-m", "hooks")
	return dir, hooks.git("rev-parse", "HEAD")
}

// TestPreCommit lets pre-commit install the hooks of .pre-commit-hooks.yaml, and
// run them on the founding fault.
func TestPreCommit(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: the program is built once more")
	}
	if _, err := exec.LookPath("pre-commit"); err != nil {
		t.Skip("SKIPPED: pre-commit is not installed: its hooks are not run")
	}
	d := newDesk(t, "")
	// Modules come from where they are for this test, not from the network.
	for _, name := range []string{"GOMODCACHE", "GOCACHE"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Skipf("SKIPPED: go is not installed, with which pre-commit builds the hooks: %v", err)
		}
		d.env = append(d.env, name+"="+strings.TrimSpace(string(out)))
	}
	d.env = append(d.env, "GOPROXY=off", "PRE_COMMIT_HOME="+t.TempDir())
	dir, rev := hooksRepo(t, d)
	config := "repos:\n- repo: file://" + dir + "\n  rev: " + rev + "\n  hooks:\n  - id: ptreview\n  - id: ptreview-push\n"
	if err := os.WriteFile(filepath.Join(d.dir, ".pre-commit-config.yaml"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	d.git("add", ".")
	d.git("commit", "-q", "-m", "configuration")
	d.git("branch", "-f", "base")
	run := func(args ...string) (string, error) {
		cmd := exec.Command("pre-commit", append([]string{"run", "--color=never"}, args...)...)
		cmd.Dir, cmd.Env = d.dir, append(os.Environ(), d.env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	d.am()

	out, err := run("--hook-stage", "push", "--from-ref", "base", "--to-ref", "HEAD")
	if err == nil {
		t.Error("a push: got no error, want that it is stopped")
	}
	wantLines(t, out, `^ptreview, what is pushed\.+Failed$`, `^error trap/arch-helper `)
	out, err = run("--hook-stage", "push", "--from-ref", "base", "--to-ref", "HEAD~1")
	if err != nil {
		t.Errorf("a push of the first patch: got %v: %s", err, out)
	}
	wantLines(t, out, `^ptreview, what is pushed\.+Passed$`, `0 errors, 0 warnings, 0 notes; `)
	out, err = run("--hook-stage", "push", "--all-files")
	if err != nil {
		t.Errorf("without commits: got %v: %s", err, out)
	}
	wantLines(t, out, `^ptreview: nothing reviewed: pre-commit names no commits; `)

	d.git("reset", "-q", "--soft", "HEAD~1")
	out, err = run()
	if err == nil {
		t.Error("a commit: got no error, want that it is stopped")
	}
	wantLines(t, out, `^ptreview, what is staged\.+Failed$`, `^error trap/arch-helper `)
}
