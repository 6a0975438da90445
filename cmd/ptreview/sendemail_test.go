package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSendEmail lets git send-email run the hook for each mail of a series: those
// that it is given, and those that it makes of commits itself.
func TestSendEmail(t *testing.T) {
	long(t)
	if out, _ := exec.Command("git", "send-email", "-h").CombinedOutput(); !strings.Contains(string(out), "--dry-run") {
		t.Skip("SKIPPED: git send-email is not installed (git-email): no mail is about to be sent")
	}
	d := newDesk(t, "")
	d.am()
	series := t.TempDir()
	d.git("format-patch", "-q", "--cover-letter", "-o", series, "base..HEAD")
	program, err := exec.LookPath("ptreview")
	if err != nil {
		t.Fatal(err)
	}
	install := exec.Command(program, "hook", "install", "--kind", "sendemail-validate")
	install.Dir, install.Env = d.dir, append(os.Environ(), d.env...)
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	send := func(what ...string) (string, error) {
		cmd := exec.Command("git", append([]string{"send-email", "--dry-run", "--force", "--quiet", "--to", "list@example.org", "--confirm", "never"}, what...)...)
		cmd.Dir, cmd.Env = d.dir, append(os.Environ(), d.env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	first, err := filepath.Glob(filepath.Join(series, "000[01]-*.patch"))
	if err != nil || len(first) != 2 {
		t.Fatalf("got %q, %v, want the cover letter and the first patch", first, err)
	}
	for _, branch := range []string{"main", "base"} {
		d.git("checkout", "-q", branch)
		out, err := send(series)
		if err == nil {
			t.Errorf("on %s: got no error, want that the hook stops the second mail", branch)
		}
		wantLines(t, out, `0 errors, 0 warnings, 0 notes; `, `^error trap/arch-helper `, `0002-.*\.patch: rejected by sendemail-validate hook`, `no patches were sent`)
		if out, err := send(first...); err != nil {
			t.Errorf("on %s: the first patch: got %v: %s", branch, err, out)
		}
	}
	d.git("checkout", "-q", "main")
	out, err := send("base..HEAD")
	if err == nil {
		t.Error("of commits: got no error, want that the hook stops the second mail")
	}
	wantLines(t, out, `^error trap/arch-helper `, `rejected by sendemail-validate hook`)
}
