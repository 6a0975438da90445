package patch_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ptreview/parse/mbox"
	"ptreview/parse/patch"
)

// indexed is a row of the corpus' INDEX.md.
type indexed struct {
	path   string
	fits61 string // how it applies to 6.1
}

// corpus reads the index of the real mails, or skips the test.
func corpus(t *testing.T) (string, []indexed) {
	t.Helper()
	root := os.Getenv("PTREVIEW_CORPUS")
	if root == "" {
		t.Skip("skipped: PTREVIEW_CORPUS is not set, no real mail was read")
	}
	index, err := os.ReadFile(filepath.Join(root, "INDEX.md"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []indexed
	for _, l := range strings.Split(string(index), "\n") {
		cells := strings.Split(l, "|")
		if len(cells) > 8 && strings.HasSuffix(strings.TrimSpace(cells[1]), ".mbox") {
			rows = append(rows, indexed{strings.TrimSpace(cells[1]), strings.TrimSpace(cells[len(cells)-5])})
		}
	}
	if len(rows) < 60 {
		t.Fatalf("got %d mails in INDEX.md, want at least 60", len(rows))
	}
	return root, rows
}

func linux61(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PTREVIEW_LINUX_6_1")
	if dir == "" {
		t.Skip("skipped: PTREVIEW_LINUX_6_1 is not set, no real mail was applied")
	}
	return dir
}

func readMail(t *testing.T, path string) (*mbox.Mail, *patch.Patch) {
	t.Helper()
	mails, err := mbox.ReadFile(path)
	if err != nil || len(mails) != 1 {
		t.Fatalf("%d mails, %v", len(mails), err)
	}
	p, err := patch.FromMail(mails[0])
	if err != nil {
		t.Fatal(err)
	}
	return mails[0], p
}

// TestCorpusNumstat reads all real mails and compares with git.
func TestCorpusNumstat(t *testing.T) {
	root, _ := corpus(t)
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("skipped: git is not installed, real mails are not compared with git apply --numstat")
	}
	kinds := make(map[patch.Kind]int)
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".mbox" {
			return err
		}
		t.Run(d.Name(), func(t *testing.T) {
			mail, p := readMail(t, path)
			kinds[p.Kind]++
			if len(p.Warnings) > 0 {
				t.Errorf("got warnings %v", p.Warnings)
			}
			if len(p.Files) > 0 {
				compareNumstat(t, mail.Body, p)
				checkPositions(t, string(mail.Body), shifted(p, mail))
			}
		})
		return nil
	})
	if err != nil || kinds[patch.Diff] < 75 || kinds[patch.Cover] < 2 || kinds[patch.Reply] != 2 || kinds[patch.ReplyDiff] != 1 {
		t.Errorf("got %v, %v", kinds, err)
	}
	t.Logf("%v", kinds)
}

// shifted reads the mail again with the lines of its body as positions.
func shifted(p *patch.Patch, mail *mbox.Mail) *patch.Patch {
	again, err := patch.Parse(p.Mail, mail.Body, nil)
	if err != nil {
		return p
	}
	return again
}

// TestCorpusApply applies every mail that the index says fits 6.1, and
// compares with git apply and GNU patch.
func TestCorpusApply(t *testing.T) {
	root, rows := corpus(t)
	linux := linux61(t)
	for _, tool := range []string{"git", "patch"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("skipped: %s is not installed, real mails are not compared with it", tool)
		}
	}
	results := make(map[string]int)
	for _, row := range rows {
		t.Run(filepath.Base(row.path), func(t *testing.T) {
			mail, p := readMail(t, filepath.Join(root, row.path))
			r, err := patch.ApplyFS(os.DirFS(linux), p)
			results[row.fits61]++
			switch {
			case row.fits61 == "-":
				if len(p.Files) > 0 && p.Kind != patch.ReplyDiff {
					t.Errorf("got %s, want no patch", p.Kind)
				}
			case row.fits61 == "clean":
				compareApplied(t, linux, mail, p, r, err, gitApply)
				compareApplied(t, linux, mail, p, r, err, gnuPatchTree)
			case strings.HasPrefix(row.fits61, "patch"):
				compareApplied(t, linux, mail, p, r, err, gnuPatchTree)
			default:
				var misfit *patch.ApplyError
				if !errors.As(err, &misfit) {
					t.Fatalf("got %v, want *ApplyError as the index says %q", err, row.fits61)
				}
				if strings.Contains(row.fits61, "already") && !misfit.Already {
					t.Errorf("got %v, want it to be in already", err)
				}
			}
		})
	}
	t.Logf("%v", results)
}

type applyTool func(t *testing.T, dir string, diff []byte) error

func compareApplied(t *testing.T, linux string, mail *mbox.Mail, p *patch.Patch, r *patch.Result, err error, tool applyTool) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	checkLines(t, r)
	for _, n := range r.Notes {
		if strings.Contains(n.Text, "index line") {
			t.Errorf("got note %v", n)
		}
	}
	files := make(map[string]string)
	for _, f := range p.Files {
		if content, err := os.ReadFile(filepath.Join(linux, f.OldPath)); f.OldPath != "" && err == nil {
			files[f.OldPath] = string(content)
		}
	}
	dir := writeTree(t, files)
	if err := tool(t, dir, mail.Body); err != nil {
		t.Fatal(err)
	}
	want := readTree(t, dir)
	for path, content := range r.Contents() {
		got, ok := want[path]
		if ok != (content != nil) || got != string(content) {
			t.Errorf("%s differs from what the tool made of it", path)
		}
		delete(want, path)
	}
	for path, content := range want {
		if files[path] != content {
			t.Errorf("the tool changed %s, we did not", path)
		}
	}
}

func gitApply(t *testing.T, dir string, diff []byte) error {
	return run(dir, diff, "git", "apply", "-")
}

func gnuPatchTree(t *testing.T, dir string, diff []byte) error {
	return run(dir, diff, "patch", "-p1", "-F2", "--batch", "--forward", "--no-backup-if-mismatch", "-s")
}

func run(dir string, stdin []byte, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(string(stdin))
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "LC_ALL=C")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

// TestSeed reads the mail of the founding bug: its quoted code is no patch, its
// quick fix is one, and its copy on the web cannot be one.
func TestSeed(t *testing.T) {
	root, _ := corpus(t)
	_, p := readMail(t, filepath.Join(root, "seed", "reply-with-quick-fix.mbox"))
	want := "modify arch/powerpc/include/asm/book3s/64/hash-4k.h +1 -2 @79"
	if p.Kind != patch.ReplyDiff || describe(p) != want {
		t.Errorf("got %s with %q, want %s with %q", p.Kind, describe(p), patch.ReplyDiff, want)
	}
	mails, err := mbox.ReadFile(filepath.Join(root, "seed", "web-copy.txt"))
	if err != nil || len(mails) != 1 {
		t.Fatal(len(mails), err)
	}
	_, err = patch.FromMail(mails[0])
	var lost *patch.WhitespaceError
	if !errors.As(err, &lost) || lost.Path != "arch/powerpc/include/asm/book3s/64/hash-4k.h" || lost.Line != 67 {
		t.Errorf("got %v, want *WhitespaceError at line 67", err)
	}
}
