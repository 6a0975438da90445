package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ptreview/cmd/ptreview/internal/report"
	"ptreview/testdata/demo"
)

// The program is run as a process: what a reader that went away, a full disk and
// a signal do is a matter of the whole of it.

// ranAs is how a process ended.
type ranAs struct {
	status         int
	stdout, stderr string
}

// start begins to run the program; stdout is collected if out is nil.
func start(t *testing.T, in io.Reader, out *os.File, args ...string) (*exec.Cmd, func() ranAs) {
	t.Helper()
	cmd := exec.Command("ptreview", args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &stdout, &stderr
	if out != nil {
		cmd.Stdout = out
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, func() ranAs {
		err := cmd.Wait()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		r := ranAs{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
		if strings.Contains(r.stderr, "goroutine ") {
			t.Errorf("got a panic: %s", r.stderr)
		}
		return r
	}
}

// wantRefused checks for status 2, a sentence, and nothing on stdout.
func wantRefused(t *testing.T, r ranAs) {
	t.Helper()
	if r.status != exitUsage || r.stdout != "" {
		t.Errorf("got status %d and %q, want %d and nothing", r.status, r.stdout, exitUsage)
	}
	if !strings.HasPrefix(r.stderr, "ptreview: ") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("got %q, want one sentence", r.stderr)
	}
}

// wantFiles checks what a folder holds, hidden files too.
func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range list {
		got = append(got, f.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got files %q, want %q", got, want)
	}
}

// perFace runs a test for each face on a mail that has a finding without a tree.
func perFace(t *testing.T, test func(t *testing.T, face, mail string)) {
	t.Helper()
	mail := demoMails(t, demo.WrongFix())[0]
	for _, name := range report.FaceNames() {
		t.Run(name, func(t *testing.T) { test(t, name, mail) })
	}
}

// TestStdoutFull checks every face on a device that has no space.
func TestStdoutFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("SKIPPED: %v: nothing is written to a full device", err)
	}
	defer full.Close()
	perFace(t, func(t *testing.T, face, mail string) {
		_, wait := start(t, nil, full, "review", "--format", face, mail)
		r := wait()
		wantRefused(t, r)
		if !strings.Contains(r.stderr, "no space left") {
			t.Errorf("got %q, want the reason", r.stderr)
		}
		_, wait = start(t, nil, nil, "review", "--output", face+"=/dev/full", mail)
		wantRefused(t, wait())
	})
}

// TestReaderGone checks every face when who reads it has gone, as head(1) does.
func TestReaderGone(t *testing.T) {
	perFace(t, func(t *testing.T, face, mail string) {
		reader, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		reader.Close()
		defer writer.Close()
		_, wait := start(t, nil, writer, "review", "--format", face, mail)
		r := wait()
		wantRefused(t, r)
		if !strings.Contains(r.stderr, "broken pipe") {
			t.Errorf("got %q, want the reason", r.stderr)
		}
	})
}

// TestStdoutClosed checks that without a standard output a review ends as if it
// were /dev/null, which is what the runtime makes of it, and that files are written.
func TestStdoutClosed(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skipf("SKIPPED: %v: no program is run without a standard output", err)
	}
	mail := demoMails(t, demo.WrongFix())[0]
	file := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.Command("sh", "-c", `exec ptreview review --fail-on warning --output json="$1" "$2" >&-`, "sh", file, mail)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != exitFindings || len(out) > 0 {
		t.Errorf("got %v, %q, want status %d and nothing else", err, out, exitFindings)
	}
	if info, err := os.Stat(file); err != nil || info.Size() == 0 {
		t.Errorf("got no report: %v", err)
	}
}

// mountTmpfs makes a small file system of its own for a test.
func mountTmpfs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("SKIPPED: mounting a tmpfs: %v: no report is written to a full or read-only disk", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// outputOf is where a face is written to in a folder.
func outputOf(face, dir string) string {
	if face == "mail" {
		return face + "=" + filepath.Join(dir, "mails") + "/"
	}
	return face + "=" + filepath.Join(dir, "report")
}

// TestDiskFull checks that a report which does not fit leaves nothing behind, and
// what was there as it was.
func TestDiskFull(t *testing.T) {
	dir := mountTmpfs(t)
	if err := os.WriteFile(filepath.Join(dir, "report"), []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "space"), make([]byte, 128<<10), 0o644); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v, want a full disk", err)
	}
	other := t.TempDir()
	perFace(t, func(t *testing.T, face, mail string) {
		_, wait := start(t, nil, nil, "review", "--output", "json="+filepath.Join(other, "whole"), "--output", outputOf(face, dir), mail)
		r := wait()
		wantRefused(t, r)
		if !strings.Contains(r.stderr, "no space left") {
			t.Errorf("got %q, want the reason", r.stderr)
		}
		wantFiles(t, dir, "report", "space")
		wantFiles(t, other)
		if old, err := os.ReadFile(filepath.Join(dir, "report")); string(old) != "old" {
			t.Errorf("got %q, %v, want the old report", old, err)
		}
	})
}

// TestDiskReadOnly checks that a folder that cannot be written to is noticed
// before the review: standard input is not read.
func TestDiskReadOnly(t *testing.T) {
	dir := mountTmpfs(t)
	if err := os.Mkdir(filepath.Join(dir, "mails"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("SKIPPED: %v: no report is written to a read-only disk", err)
	}
	perFace(t, func(t *testing.T, face, _ string) {
		in, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		defer writer.Close()
		_, wait := start(t, in, nil, "review", "--output", outputOf(face, dir), "-")
		r := wait()
		wantRefused(t, r)
		if !strings.Contains(r.stderr, "read-only file system") {
			t.Errorf("got %q, want the reason", r.stderr)
		}
	})
}

// TestHalfAMail checks that of a mail that was cut off no face says anything.
func TestHalfAMail(t *testing.T) {
	whole := demo.WrongFix()
	dir := t.TempDir()
	perFace(t, func(t *testing.T, face, _ string) {
		for _, part := range []int{1, 2, 3} {
			half := whole
			half.Data = whole.Data[:len(whole.Data)*part/4]
			name := demoMails(t, half)[0]
			_, wait := start(t, nil, nil, "review", "--format", face, "--output", outputOf(face, dir), name)
			wantRefused(t, wait())
			wantFiles(t, dir)
		}
	})
}

// TestInterrupted ends the program by a signal while it waits for mails, with its
// outputs open: nothing is left of them, and old reports stay as they were.
func TestInterrupted(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "report"), []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
		in, writer, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		args := []string{"review"}
		for _, face := range report.FaceNames() {
			args = append(args, "--output", outputOf(face, dir))
		}
		cmd, wait := start(t, in, nil, append(args, "-")...)
		awaitFile(t, filepath.Join(dir, ".report.*"))
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		r := wait()
		writer.Close()
		in.Close()
		if r.status != exitIncomplete || r.stdout != "" || r.stderr != "ptreview: interrupted\n" {
			t.Errorf("%v: got status %d, %q, %q; want %d and a word", sig, r.status, r.stdout, r.stderr, exitIncomplete)
		}
		wantFiles(t, dir, "report")
	}
}

// TestInterruptedReview ends a review of the real kernel while it runs.
func TestInterruptedReview(t *testing.T) {
	linux := linux61(t)
	dir := t.TempDir()
	args := append([]string{"review", "--no-cache", "--tree", linux, "--output", outputOf("sarif", dir), "--output", outputOf("mail", dir)}, founding(t, linux)...)
	cmd, wait := start(t, nil, nil, args...)
	awaitFile(t, filepath.Join(dir, ".report.*"))
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if r := wait(); r.status != exitIncomplete || r.stdout != "" || !strings.HasPrefix(r.stderr, "ptreview: interrupted") {
		t.Errorf("got status %d, %q, %q; want %d and a word", r.status, r.stdout, r.stderr, exitIncomplete)
	}
	wantFiles(t, dir)
}

// awaitFile waits until there is a file of the name.
func awaitFile(t *testing.T, pattern string) {
	t.Helper()
	for range 3000 {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("there is no %s", pattern)
}
