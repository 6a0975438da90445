package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ptreview/testdata/demo"
)

// b4Version is one b4: folders of Python packages, "" for those of the system.
type b4Version struct {
	python, path string
}

// b4Versions returns those of PTREVIEW_B4, a list of folders, and the system's.
func b4Versions(t *testing.T) []b4Version {
	t.Helper()
	var list []b4Version
	for _, path := range append(filepath.SplitList(os.Getenv("PTREVIEW_B4")), "") {
		found := false
		for _, python := range []string{"/usr/bin/python3", "python3"} {
			v := b4Version{python, path}
			where, err := v.run(t.TempDir(), nil, "import b4; print(b4.__file__)")
			if found = err == nil && strings.HasPrefix(where, path); found {
				list = append(list, v)
				break
			}
		}
		if !found && path != "" {
			t.Fatalf("PTREVIEW_B4 names %s, which has no b4 that runs", path)
		}
	}
	if len(list) == 0 {
		t.Skip("SKIPPED: no b4 is installed, and PTREVIEW_B4 names none: it runs no check")
	}
	return list
}

// command runs b4 in a folder.
func (v b4Version) command(dir string, env []string, args ...string) (string, error) {
	return v.run(dir, env, "import sys; sys.argv[0] = 'b4'; from b4.command import cmd; cmd()", args...)
}

// run runs Python code that can import b4.
func (v b4Version) run(dir string, env []string, code string, args ...string) (string, error) {
	cmd := exec.Command(v.python, append([]string{"-c", code}, args...)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if v.path != "" {
		cmd.Env = append(cmd.Env, "PYTHONPATH="+v.path)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// desk is a kernel repository of somebody who uses b4.
type desk struct {
	t   *testing.T
	dir string
	env []string
}

// newDesk makes one of the miniature kernel, with a configuration of b4 and
// nothing else of the user's. What b4 asks the archives of mails goes to this
// machine and gets no answer.
func newDesk(t *testing.T, config string) *desk {
	t.Helper()
	archive := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(archive.Close)
	home := t.TempDir()
	d := &desk{t: t, dir: filepath.Join(home, "linux"), env: []string{
		"HOME=" + home, "XDG_CACHE_HOME=" + home + "/cache", "XDG_DATA_HOME=" + home + "/data", "XDG_CONFIG_HOME=" + home + "/config",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + home + "/gitconfig", "NO_COLOR=1",
	}}
	text := fmt.Sprintf("[user]\n\tname = script\n\temail = script@example.org\n[b4]\n\tsearchmask = %s/?q=%%s\n\tattestation-policy = off\n%s", archive.URL, config)
	if err := os.WriteFile(home+"/gitconfig", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(d.dir, demo.Tree()); err != nil {
		t.Fatal(err)
	}
	d.git("init", "-q", "-b", "main")
	d.git("add", ".")
	d.git("commit", "-q", "-m", "base")
	d.git("branch", "base")
	return d
}

func (d *desk) git(args ...string) string {
	d.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = d.dir, append(os.Environ(), d.env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		d.t.Fatalf("git %q: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// am commits the mails of the demo's series.
func (d *desk) am() {
	d.t.Helper()
	for _, m := range demo.Series() {
		file := filepath.Join(d.t.TempDir(), filepath.Base(m.Name))
		if err := os.WriteFile(file, m.Data, 0o644); err != nil {
			d.t.Fatal(err)
		}
		d.git("am", "-q", file)
	}
}

// edit replaces a text in a file.
func (d *desk) edit(file, before, after string) {
	d.t.Helper()
	name := filepath.Join(d.dir, file)
	data, err := os.ReadFile(name)
	if err != nil || !strings.Contains(string(data), before) {
		d.t.Fatalf("%s: %v: has no %q", file, err, before)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(data), before, after, 1)), 0o644); err != nil {
		d.t.Fatal(err)
	}
}

// thread writes the series as mails of one thread and returns the file, and the
// Message-ID of its cover letter.
func (d *desk) thread() (file, id string) {
	d.t.Helper()
	out := d.t.TempDir()
	d.git("format-patch", "-q", "--thread", "--cover-letter", "-o", out, "base..HEAD")
	names, err := filepath.Glob(filepath.Join(out, "*.patch"))
	if err != nil || len(names) != 3 {
		d.t.Fatalf("got %q, %v, want a cover letter and two patches", names, err)
	}
	var all []byte
	for _, n := range names {
		data, err := os.ReadFile(n)
		if err != nil {
			d.t.Fatal(err)
		}
		all = append(all, data...)
	}
	file = filepath.Join(out, "thread.mbox")
	if err := os.WriteFile(file, all, 0o644); err != nil {
		d.t.Fatal(err)
	}
	return file, string(regexp.MustCompile(`(?i)Message-Id: <(.*)>`).FindSubmatch(all)[1])
}

// wantLines checks that a text has lines that the patterns match, in order.
func wantLines(t *testing.T, text string, patterns ...string) {
	t.Helper()
	rest := text
	for _, p := range patterns {
		at := regexp.MustCompile("(?m)" + p).FindStringIndex(rest)
		if at == nil {
			t.Fatalf("got no %q, in this order, in\n%s", p, text)
		}
		rest = rest[at[1]:]
	}
}

// foundByCheck is the founding fault as b4 tells it.
const foundByCheck = `ptreview: mm/pgtable-generic\.c:54: ERROR: __pte_offset_map_lock\(\) now calls pmd_same\(\)`

// TestB4Prep lets b4 check a branch that is being prepared.
func TestB4Prep(t *testing.T) {
	long(t)
	ran := false
	for _, v := range b4Versions(t) {
		d := newDesk(t, "\tprep-perpatch-check-cmd = ptreview b4\n")
		help, err := v.command(d.dir, d.env, "prep", "--help")
		if err == nil {
			_, err = v.run(d.dir, d.env, "import b4.ez")
		}
		if err != nil || !strings.Contains(help, " --check ") {
			t.Logf("%+v has no prep --check that runs here", v)
			continue
		}
		ran = true
		if out, err := v.command(d.dir, d.env, "prep", "-n", "topic", "-f", "main"); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		d.am()
		out, err := v.command(d.dir, d.env, "prep", "--check")
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		wantLines(t, out, `mm: let pte_offset_map\(\) fail$`, `mm: compare the pmd again`, foundByCheck, `^Success: 1, Warning: 0, Error: 1$`)
	}
	if !ran {
		t.Skip("SKIPPED: no b4 here has prep --check (0.14 and later have)")
	}
}

// TestB4Am lets b4 check a thread that is on no branch.
func TestB4Am(t *testing.T) {
	long(t)
	ran := false
	for _, v := range b4Versions(t) {
		d := newDesk(t, "\tam-perpatch-check-cmd = ptreview b4 --cache "+t.TempDir()+"\n")
		if help, err := v.command(d.dir, d.env, "am", "--help"); err != nil || !strings.Contains(help, " --check ") {
			t.Logf("%+v has no am --check", v)
			continue
		}
		ran = true
		d.am()
		file, id := d.thread()
		d.git("checkout", "-q", "base")
		out, err := v.command(d.dir, d.env, "am", "-o", t.TempDir(), "-m", file, "--check", id)
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		wantLines(t, out, `\[PATCH 1/2\]`, `ptreview: passed all checks$`, `\[PATCH 2/2\]`, foundByCheck)
		if status := d.git("status", "--short"); status != "" {
			t.Errorf("got %q, want nothing written to the working tree", status)
		}
	}
	if !ran {
		t.Skip("SKIPPED: no b4 here has am --check (0.14 and later have)")
	}
}

// runChecks lets b4 run its check commands on the mails of an mbox; with a branch
// it takes the series for review first, whose commits are in FETCH_HEAD, and goes
// back to base.
const runChecks = `
import argparse, email, email.policy, json, mailbox, os, sys, tempfile
import b4, b4.review, b4.review.checks as checks
b4.setup_config(argparse.Namespace(config=None))
perpatch, series = checks.load_check_cmds()
mails = [email.message_from_bytes(m.as_bytes(), policy=email.policy.default) for m in mailbox.mbox(sys.argv[1])]
msgs = [(m['message-id'], m) for m in mails]
top, env = b4.git_get_toplevel(), {}
if len(sys.argv) > 2:
    box = b4.LoreMailbox()
    for m in mails:
        box.add_message(m)
    b4.review.create_review_branch(top, sys.argv[2], 'base', box.get_series(codereview_trailers=False), 'https://example.org/x', 'https://example.org/%s')
    b4.git_run_command(top, ['checkout', '-q', 'base'])
    with tempfile.NamedTemporaryFile('w', dir=os.environ['HOME'], delete=False) as f:
        json.dump(b4.review.load_tracking(top, sys.argv[2])[1], f)
    env['B4_TRACKING_FILE'] = f.name
print('patches', json.dumps(list(checks.run_perpatch_checks(msgs[1:], perpatch, top, extra_env=env).values())))
print('series', json.dumps(checks.run_series_checks(msgs[0], series, top, extra_env=env)))
`

// TestB4Review lets b4 run the check commands of a review: of a thread, where the
// cache has what was checked before, and of a series on a branch, without it.
func TestB4Review(t *testing.T) {
	long(t)
	ran := false
	for _, v := range b4Versions(t) {
		if _, err := v.run(t.TempDir(), nil, "import b4.review.checks"); err != nil {
			t.Logf("%+v has no checks of reviews", v)
			continue
		}
		ran = true
		for _, tt := range []struct {
			cache  string
			branch []string
		}{{t.TempDir(), nil}, {noCache, []string{"b4/review/20230608-demo"}}} {
			command := "ptreview b4 --json --cache " + tt.cache
			d := newDesk(t, "\treview-perpatch-check-cmd = "+command+"\n\treview-series-check-cmd = "+command+" --series\n")
			d.am()
			file, _ := d.thread()
			d.git("fetch", "-q", ".", "main")
			d.git("checkout", "-q", "base")
			out, err := v.run(d.dir, d.env, runChecks, append([]string{file}, tt.branch...)...)
			if err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			wantLines(t, out,
				`^patches \[\[\{"tool": "ptreview", "status": "pass", "summary": "0 errors, 0 warnings, 0 notes, \d+ units clean"`,
				`"tool": "ptreview", "status": "fail", "summary": "1 error, `, `"details": ".*trap/arch-helper`,
				`^series \[\{"tool": "ptreview-series", "status": "fail", "summary": "1 error, `)
		}
	}
	if !ran {
		t.Skip("SKIPPED: no b4 here has checks of reviews (0.15 and later have)")
	}
}

// TestB4Mail lets b4 read the replies to a series among its mails: they are
// neither patches, nor do they bring trailers.
func TestB4Mail(t *testing.T) {
	long(t)
	for _, v := range b4Versions(t) {
		d := newDesk(t, "")
		d.am()
		// What is quoted is no trailer either.
		d.edit("mm/pgtable-generic.c", "\t\tif (likely(pmd_same(", "/*\nReviewed-by: Eve <eve@example.org>\n*/\n\t\tif (likely(pmd_same(")
		d.git("commit", "-q", "-a", "--amend", "--no-edit")
		file, id := d.thread()
		d.git("checkout", "-q", "base")
		before := d.applied(v, file, id)
		status, reply, errs := inProcess(t, "review", "--git", d.dir, "--format", "mail", "--mail-from", "bot <bot@example.org>", file)
		if status != exitFindings || !bytes.Contains(reply, []byte("\nSubject: Re: [PATCH 2/2] ")) ||
			!bytes.Contains(reply, []byte("\n> +Reviewed-by: Eve ")) {
			t.Fatalf("got status %d, %s, %s", status, errs, reply)
		}
		f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(append([]byte("\n"), reply...)); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if after := d.applied(v, file, id); after != before {
			t.Errorf("%+v: got with the reply\n%s\nwant\n%s", v, after, before)
		}
	}
}

// TestB4Interrupted ends a check that waits for its mail, and one that has it.
func TestB4Interrupted(t *testing.T) {
	d := newDesk(t, "")
	waiting, end := io.Pipe()
	defer end.Close()
	for name, in := range map[string]io.Reader{"without a mail": waiting, "with a mail": bytes.NewReader(demo.RightFix().Data)} {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		var out, errs bytes.Buffer
		status := run(ctx, []string{"b4", "--git", d.dir}, streams{&untilInterrupted{ctx, in}, &out, &errs})
		if status != exitIncomplete || out.Len() > 0 || errs.String() != "ptreview: interrupted\n" {
			t.Errorf("%s: got status %d, %q, %q", name, status, &out, &errs)
		}
	}
}

// TestB4Unwritten checks that an answer that cannot be written is no success.
func TestB4Unwritten(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("SKIPPED: there is no full disk: %v", err)
	}
	defer full.Close()
	d := newDesk(t, "")
	for _, args := range [][]string{{"b4"}, {"b4", "--json"}} {
		var errs bytes.Buffer
		status := run(t.Context(), append(args, "--git", d.dir), streams{bytes.NewReader(demo.Series()[1].Data), full, &errs})
		if status != exitUsage || !strings.HasPrefix(errs.String(), "ptreview: writing the answer: ") {
			t.Errorf("%q: got status %d, %q", args, status, &errs)
		}
	}
}

// applied is the series as b4 makes it ready for git am, with the trailers that
// were given to it by anybody.
func (d *desk) applied(v b4Version, file, id string) string {
	d.t.Helper()
	out := d.t.TempDir()
	if said, err := v.command(d.dir, d.env, "am", "--sloppy-trailers", "-o", out, "-m", file, id); err != nil {
		d.t.Fatalf("%v: %s", err, said)
	}
	names, err := filepath.Glob(filepath.Join(out, "*.mbx"))
	if err != nil || len(names) != 1 {
		d.t.Fatalf("got %q, %v, want one file", names, err)
	}
	data, err := os.ReadFile(names[0])
	if err != nil {
		d.t.Fatal(err)
	}
	return string(data)
}
