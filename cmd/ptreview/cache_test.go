//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ptreview/rules/check"
	"ptreview/testdata/demo"
)

// demoFolder writes the kernel in miniature and its mails, and returns the
// kernel and the mails of the founding series.
func demoFolder(t testing.TB) (linux string, mails []string) {
	t.Helper()
	dir := t.TempDir()
	linux = filepath.Join(dir, "linux")
	if err := os.CopyFS(linux, demo.Tree()); err != nil {
		t.Fatal(err)
	}
	for i, m := range demo.Series() {
		name := filepath.Join(dir, fmt.Sprintf("%d.patch", i))
		if err := os.WriteFile(name, m.Data, 0o644); err != nil {
			t.Fatal(err)
		}
		mails = append(mails, name)
	}
	return linux, mails
}

// outcome is what a review printed, without what it cost.
type outcome struct {
	status      int
	out, errs   string
	cached      bool
	series, src string
}

func (o *outcome) same(p *outcome) bool { return o.status == p.status && o.out == p.out }

// reviewIn runs ptreview review in this process, as JSON with its costs taken
// off.
func reviewIn(t testing.TB, args ...string) *outcome {
	t.Helper()
	status, out, errs := inProcess(t, append([]string{"review", "--format", "json"}, args...)...)
	return outcomeOf(t, status, out, errs)
}

func outcomeOf(t testing.TB, status int, out, errs []byte) *outcome {
	t.Helper()
	var r check.Report
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("the report: %v\n%s%s", err, out, errs)
	}
	at := bytes.LastIndex(out, []byte(`"stats":`))
	return &outcome{status, string(out[:at]), string(errs), r.Stats.Cached, r.Series.Subject, r.Tree.Source}
}

// A report from the cache is the report, whatever the number of jobs on either
// side, as JSON and as text.
func TestCachedReview(t *testing.T) {
	linux, mails := demoFolder(t)
	args := append([]string{"--tree", linux}, mails...)
	want := reviewIn(t, append(args, "--no-cache", "--jobs", "1")...)
	_, wantText, _ := inProcess(t, append([]string{"review", "--no-cache"}, args...)...)
	for _, made := range []string{"1", "2", "8"} {
		folder := filepath.Join(t.TempDir(), "cache")
		first := reviewIn(t, append(args, "--cache", folder, "--jobs", made)...)
		if first.cached || !first.same(want) || first.errs != "" {
			t.Errorf("made with %s jobs: cached %v, %s%s, want\n%s", made, first.cached, first.errs, first.out, want.out)
		}
		for _, jobs := range []string{"1", "2", "8"} {
			again := reviewIn(t, append(args, "--cache", folder, "--jobs", jobs)...)
			if !again.cached || !again.same(want) || again.errs != "" {
				t.Errorf("made with %s jobs, again with %s: cached %v, %s%s, want\n%s", made, jobs, again.cached, again.errs, again.out, want.out)
			}
		}
		_, text, _ := inProcess(t, append([]string{"review", "--cache", folder}, args...)...)
		if !bytes.Equal(text, wantText) {
			t.Errorf("got\n%s\nwant\n%s", text, wantText)
		}
	}
}

// What a review depends on makes it anew, and nothing else does. Each change is
// made, reviewed with the cache and without, and both reports are the same.
func TestCachedReviewDepends(t *testing.T) {
	long(t)
	linux, mails := demoFolder(t)
	folder := filepath.Join(t.TempDir(), "cache")
	edit := func(name, old, text string) func() {
		return func() {
			file := filepath.Join(linux, name)
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(data, []byte(old)) {
				t.Fatalf("%s has no %q", name, old)
			}
			if err := os.WriteFile(file, bytes.Replace(data, []byte(old), []byte(text), 1), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	add := func(name, text string) func() {
		return func() {
			file := filepath.Join(linux, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	nothing := func() {}
	for _, step := range []struct {
		name   string
		change func()
		cached bool
		args   []string
	}{
		{"the first time", nothing, false, nil},
		{"again", nothing, true, nil},
		{"a file nobody reads", add("Documentation/mm/x.rst", "x"), true, nil},
		{"a file of the same length", edit("arch/powerpc/include/asm/book3s/64/hash-4k.h", "BUG();", "bug();"), false, nil},
		{"and back", edit("arch/powerpc/include/asm/book3s/64/hash-4k.h", "bug();", "BUG();"), true, nil},
		{"a header before the one that is included", add("arch/powerpc/include/asm/mm.h", "#error no\n"), false, nil},
		{"a symbol in Kconfig", edit("arch/powerpc/Kconfig", "config PPC_4K_PAGES", "config PPC_4K_PAGES\n\tdepends on !SMP\n#"), false, nil},
		{"a Makefile", edit("mm/Makefile", "pgtable-generic.o", "pgtable-special.o"), false, nil},
		{"another version", edit("Makefile", "PATCHLEVEL = 1", "PATCHLEVEL = 2"), false, nil},
		{"an architecture less", nothing, false, []string{"--arch", "powerpc"}},
		{"a rule less", nothing, false, []string{"--rule", "trap/arch-helper"}},
		{"a patch less", nothing, false, []string{"drop"}},
		{"all of it", nothing, true, nil},
	} {
		step.change()
		args := append([]string{"--tree", linux}, mails...)
		if len(step.args) == 1 {
			args = args[:len(args)-1]
		} else {
			args = append(args, step.args...)
		}
		got := reviewIn(t, append(args, "--cache", folder)...)
		want := reviewIn(t, append(args, "--no-cache")...)
		if !got.same(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", step.name, got.out, want.out)
		}
		if got.cached != step.cached {
			t.Errorf("%s: cached is %v, want %v", step.name, got.cached, step.cached)
		}
	}
}

// The names of the series and of its tree are those of this review, not of the
// one that was stored.
func TestCachedReviewNames(t *testing.T) {
	linux, mails := demoFolder(t)
	folder := filepath.Join(t.TempDir(), "cache")
	reviewIn(t, append([]string{"--cache", folder, "--tree", linux}, mails...)...)
	other, again := demoFolder(t)
	data, err := os.ReadFile(again[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(again[0], bytes.Replace(data, []byte("Subject: [PATCH"), []byte("Subject: [RFC PATCH"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"--tree", other}, again...)
	got, want := reviewIn(t, append(args, "--cache", folder)...), reviewIn(t, append(args, "--no-cache")...)
	if !got.cached || !got.same(want) || got.src != other {
		t.Errorf("cached %v, source %q; got\n%s\nwant\n%s", got.cached, got.src, got.out, want.out)
	}
}

// program runs the test's own executable as ptreview in another process.
func program(t testing.TB, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = append([]string{"ptreview"}, args...)
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

func runProgram(t testing.TB, cmd *exec.Cmd) *outcome {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // the status says it
	return outcomeOf(t, cmd.ProcessState.ExitCode(), out.Bytes(), errs.Bytes())
}

// Several processes at once on one cache, some of them killed half way.
func TestCacheConcurrentAndKilled(t *testing.T) {
	linux, mails := demoFolder(t)
	folder := filepath.Join(t.TempDir(), "cache")
	// Clipped, so that goroutines that append to it do not share what is behind.
	review := slices.Clip(append([]string{"review", "--format", "json", "--tree", linux}, mails...))
	want := runProgram(t, program(t, nil, append(review, "--no-cache")...))
	started := time.Now()
	runProgram(t, program(t, nil, append(review, "--no-cache")...))
	took := time.Since(started) // only spreads the kills over a review
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for k := range 5 {
				victim := program(t, nil, append(review, "--cache", folder)...)
				if err := victim.Start(); err != nil {
					t.Error(err)
					return
				}
				time.Sleep(took * time.Duration(1+(i*5+k)%20) / 12)
				_ = victim.Process.Kill()
				_ = victim.Wait()
				got := runProgram(t, program(t, nil, append(review, "--cache", folder)...))
				if !got.same(want) || got.errs != "" {
					t.Errorf("got %s%s, want\n%s", got.errs, got.out, want.out)
				}
			}
		})
	}
	all.Wait()
	if got := runProgram(t, program(t, nil, append(review, "--cache", folder)...)); !got.cached || !got.same(want) {
		t.Errorf("cached is %v at the end", got.cached)
	}
}

// A cache that cannot be used costs at most a line on stderr.
func TestCacheUnusable(t *testing.T) {
	linux, mails := demoFolder(t)
	review := append([]string{"review", "--format", "json", "--tree", linux}, mails...)
	want := runProgram(t, program(t, nil, append(review, "--no-cache")...))
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	// No file may grow over 1 KiB, as on a disk that is all but full.
	full := program(t, nil)
	link := filepath.Join(dir, "ptreview")
	if err := os.Symlink(full.Path, link); err != nil {
		t.Fatal(err)
	}
	full = exec.Command("sh", append([]string{"-c", `ulimit -f 1; exec "$0" "$@"`, link}, append(review, "--cache", filepath.Join(dir, "full"))...)...)
	for _, test := range []struct {
		name   string
		cmd    *exec.Cmd
		warned bool
	}{
		{"a file", program(t, nil, append(review, "--cache", file)...), true},
		{"below a file", program(t, nil, append(review, "--cache", file+"/x")...), true},
		{"a full disk", full, true},
		{"no home", program(t, []string{"PTREVIEW_CACHE=", "HOME=", "XDG_CACHE_HOME="}, review...), false},
		{"off", program(t, []string{"PTREVIEW_CACHE=off"}, review...), false},
		{"a limit of nothing", program(t, nil, append(review, "--cache", filepath.Join(dir, "none"), "--cache-limit", "0")...), false},
	} {
		got := runProgram(t, test.cmd)
		if !got.same(want) || got.cached {
			t.Errorf("%s: cached %v, got\n%s\nwant\n%s", test.name, got.cached, got.out, want.out)
		}
		if lines := strings.Count(got.errs, "\n"); lines > 1 || (lines == 1) != test.warned {
			t.Errorf("%s: got %q on stderr", test.name, got.errs)
		}
	}
}

// Every entry of a cache damaged in turn: the report stays the same.
func TestCacheDamaged(t *testing.T) {
	linux, mails := demoFolder(t)
	folder := filepath.Join(t.TempDir(), "cache")
	args := append([]string{"--cache", folder, "--tree", linux}, mails...)
	want := reviewIn(t, args...)
	entries := 0
	err := filepath.WalkDir(folder, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		entries++
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		data[len(data)/2] ^= 0x10
		if err := os.WriteFile(name, data, 0o600); err != nil {
			return err
		}
		if got := reviewIn(t, args...); !got.same(want) || got.errs != "" {
			t.Errorf("%s: got %s%s, want\n%s", name, got.errs, got.out, want.out)
		}
		return nil
	})
	if err != nil || entries == 0 {
		t.Errorf("%d entries: %v", entries, err)
	}
}

func TestCacheCommand(t *testing.T) {
	linux, mails := demoFolder(t)
	folder := filepath.Join(t.TempDir(), "cache")
	reviewIn(t, append([]string{"--cache", folder, "--tree", linux}, mails...)...)
	show := func() string {
		status, out, errs := inProcess(t, "cache", "--cache", folder)
		if status != exitClean || len(errs) > 0 {
			t.Errorf("got status %d, %s", status, errs)
		}
		return string(out)
	}
	if got := show(); !strings.Contains(got, folder) || !strings.Contains(got, "oldest") || strings.Contains(got, "entries  0") {
		t.Errorf("got\n%s", got)
	}
	if status, out, errs := inProcess(t, "cache", "clear", "--cache", folder); status != exitClean || len(out)+len(errs) > 0 {
		t.Errorf("got status %d, %s%s", status, out, errs)
	}
	if got := show(); !strings.Contains(got, "entries  0") || strings.Contains(got, "oldest") {
		t.Errorf("got\n%s", got)
	}
}

// git runs git in a folder with an identity and no configuration of the user's.
func git(t testing.TB, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull,
		"GIT_AUTHOR_NAME=test", "GIT_AUTHOR_EMAIL=test@example.org",
		"GIT_COMMITTER_NAME=test", "GIT_COMMITTER_EMAIL=test@example.org")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// A topic that is rebased onto a base with other files that nobody reads is
// reviewed from the cache, under its new commits.
func TestCachedRebase(t *testing.T) {
	long(t)
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("SKIPPED: git is not installed: no series is rebased")
	}
	linux, mails := demoFolder(t)
	git(t, linux, "init", "-q", "-b", "base")
	git(t, linux, "add", ".")
	git(t, linux, "commit", "-q", "-m", "kernel")
	git(t, linux, "checkout", "-q", "-b", "topic")
	git(t, linux, append([]string{"am", "-q"}, mails...)...)
	folder := filepath.Join(t.TempDir(), "cache")
	args := []string{"--git", linux, "base..topic"}
	for _, step := range []struct {
		name, path string
		cached     bool
	}{
		{"at first", "", false},
		{"on a base with another document", "Documentation/x.rst", true},
		{"on a base with a header that was looked for", "arch/powerpc/include/asm/mm.h", false},
	} {
		if step.path != "" {
			git(t, linux, "checkout", "-q", "base")
			file := filepath.Join(linux, step.path)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte("struct other;\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			git(t, linux, "add", ".")
			git(t, linux, "commit", "-q", "-m", step.name)
			git(t, linux, "rebase", "-q", "base", "topic")
		}
		got, want := reviewIn(t, append(args, "--cache", folder)...), reviewIn(t, append(args, "--no-cache")...)
		if got.cached != step.cached || !got.same(want) {
			t.Errorf("%s: cached is %v, want %v; got\n%s\nwant\n%s", step.name, got.cached, step.cached, got.out, want.out)
		}
	}
}

// The founding series on a real kernel: the report from the cache is the one
// made without it, with any number of jobs.
func TestCachedFounding(t *testing.T) {
	linux := linux61(t)
	args := append(onFew("--tree", linux), founding(t, linux)...)
	folder := filepath.Join(t.TempDir(), "cache")
	want := reviewIn(t, append(args, "--no-cache", "--jobs", "1")...)
	if got := reviewIn(t, append(args, "--cache", folder, "--jobs", "2")...); got.cached || !got.same(want) {
		t.Errorf("made first: got\n%s\nwant\n%s", got.out, want.out)
	}
	for _, jobs := range []string{"1", "2", "8"} {
		if got := reviewIn(t, append(args, "--cache", folder, "--jobs", jobs)...); !got.cached || !got.same(want) {
			t.Errorf("%s jobs: cached is %v; got\n%s\nwant\n%s", jobs, got.cached, got.out, want.out)
		}
	}
}
