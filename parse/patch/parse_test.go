package patch_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"ptreview/parse/mbox"
	"ptreview/parse/patch"
)

func text(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

// goodHunk adds one line to a file of three.
const goodHunk = "@@ -1,2 +1,3 @@ int table(void)\n one\n+new\n two\n"

const goodFile = "diff --git a/mm/table.c b/mm/table.c\nindex 1234567..89abcde 100644\n--- a/mm/table.c\n+++ b/mm/table.c\n" + goodHunk

// parseTests are texts of mails and what is to be seen in them: one line for
// each file, with the added and removed lines, as describe writes it.
var parseTests = []struct {
	name string
	text string
	want string
	// libs says that git apply --numstat and go-gitdiff read it the same way.
	libs bool
}{
	{"plain git", goodFile, "modify mm/table.c +1 -0 @5", true},
	{"with signature", "subject\n\nwhy\n---\n mm/table.c | 1 +\n\n" + goodFile + "-- \n2.40.1\n\n", "modify mm/table.c +1 -0 @11", true},
	{"with base-commit", goodFile + "\nbase-commit: 0123456789abcdef\nprerequisite-patch-id: 12\n-- \n2.40.1\n", "modify mm/table.c +1 -0 @5", true},
	{"note that begins with ---", "why\n--- a note\nanother\n---\n" + goodFile, "modify mm/table.c +1 -0 @9", false},
	{"Only in, in prose", "why\nOnly in mm: table.c\n" + goodFile, "modify mm/table.c +1 -0 @7", true},
	{"two files", goodFile + strings.ReplaceAll(goodFile, "table.c", "b.c"), "modify mm/table.c +1 -0 @5\nmodify mm/b.c +1 -0 @13", true},
	{"two hunks", goodFile + "@@ -10,3 +11,2 @@\n x\n-y\n z\n", "modify mm/table.c +1 -1 @5 @9", true},
	{"counts of one", text("--- a/f.c", "+++ b/f.c", "@@ -4 +4 @@", "-a", "+b"), "modify f.c +1 -1 @3", true},
	{"removed line like a header", text("--- a/f.c", "+++ b/f.c", "@@ -1,3 +1,3 @@", " a", "--- a/x", "+++ b/x", " c"), "modify f.c +1 -1 @3", true},
	{"removed line like a signature", text("--- a/f.c", "+++ b/f.c", "@@ -1,3 +1,2 @@", " a", "-- ", " c", "-- ", "2.40"), "modify f.c +0 -1 @3", true},
	{"blank context line trimmed", text("--- a/f.c", "+++ b/f.c", "@@ -1,4 +1,3 @@", " a", "", "-b", " c"), "modify f.c +0 -1 @3", false},
	{"no newline on both sides", text("--- a/f.c", "+++ b/f.c", "@@ -1 +1 @@", "-a", `\ No newline at end of file`, "+b", `\ No newline at end of file`), "modify f.c +1 -1 @3 \\old \\new", true},
	{"no newline in another language", text("--- a/f.c", "+++ b/f.c", "@@ -1 +1 @@", "-a", "+b", `\ Kein Zeilenumbruch am Dateiende.`), "modify f.c +1 -1 @3 \\new", false},
	{"new file", text("diff --git a/f.c b/f.c", "new file mode 100644", "index 0000000..1234567", "--- /dev/null", "+++ b/f.c", "@@ -0,0 +1,2 @@", "+a", "+b"), "create f.c +2 -0 @6", true},
	{"new empty file", text("diff --git a/f.c b/f.c", "new file mode 100644", "index 0000000..e69de29", "-- ", "2.40"), "create f.c +0 -0", true},
	{"deleted file", text("diff --git a/f.c b/f.c", "deleted file mode 100644", "index 1234567..0000000", "--- a/f.c", "+++ /dev/null", "@@ -1,2 +0,0 @@", "-a", "-b"), "delete f.c +0 -2 @6", true},
	{"deleted empty file", text("diff --git a/f.c b/f.c", "deleted file mode 100644", "index e69de29..0000000", "-- ", "2.40"), "delete f.c +0 -0", true},
	{"pure rename", text("diff --git a/f.c b/g.c", "similarity index 100%", "rename from f.c", "rename to g.c", "-- ", "2.40"), "rename f.c => g.c +0 -0", true},
	{"rename with change", text("diff --git a/f.c b/g.c", "similarity index 90%", "rename from f.c", "rename to g.c", "index 1..2 100644", "--- a/f.c", "+++ b/g.c", "@@ -1,2 +1,3 @@", " one", "+new", " two"), "rename f.c => g.c +1 -0 @8", true},
	{"copy", text("diff --git a/f.c b/g.c", "similarity index 100%", "copy from f.c", "copy to g.c"), "copy f.c => g.c +0 -0", true},
	{"mode", text("diff --git a/s.sh b/s.sh", "old mode 100644", "new mode 100755", "-- ", "2.40"), "mode s.sh 100644>100755 +0 -0", true},
	{"mode and content", text("diff --git a/s.sh b/s.sh", "old mode 100644", "new mode 100755", "index 1..2", "--- a/s.sh", "+++ b/s.sh", "@@ -1 +1 @@", "-a", "+b"), "modify s.sh 100644>100755 +1 -1 @7", true},
	{"quoted name", text(`diff --git "a/t\303\244\"b.c" "b/t\303\244\"b.c"`, "index 1..2 100644", `--- "a/t\303\244\"b.c"`, `+++ "b/t\303\244\"b.c"`, "@@ -1 +1 @@", "-a", "+b"), "modify t\u00e4\"b.c +1 -1 @5", false},
	{"name with blanks", text("diff --git a/a b.c b/a b.c", "index 1..2 100644", "--- a/a b.c\t", "+++ b/a b.c\t", "@@ -1 +1 @@", "-a", "+b"), "modify a b.c +1 -1 @5", true},
	{"dates after names", text("--- a/f.c\t2023-07-04 10:00:00.000000000 +0200", "+++ b/f.c\t2023-07-04 10:00:01.000000000 +0200", "@@ -1 +1 @@", "-a", "+b"), "modify f.c +1 -1 @3", true},
	{"foreign dates", text("--- a/f.c Di 4. Jul 10:00:00 CEST 2023", "+++ b/f.c Di 4. Jul 10:00:01 CEST 2023", "@@ -1 +1 @@", "-a", "+b"), "modify f.c +1 -1 @3", false},
	{"epoch is no file", text("--- a/f.c\t1970-01-01 01:00:00.000000000 +0100", "+++ b/f.c\t2023-07-04 10:00:01.000000000 +0200", "@@ -0,0 +1 @@", "+b"), "create f.c +1 -0 @3", true},
	{"quilt names", text("--- linux-6.1.orig/mm/f.c", "+++ linux-6.1/mm/f.c", "@@ -1 +1 @@", "-a", "+b"), "modify mm/f.c +1 -1 @3", true},
	{"patch name after the file name", text("--- a/mm/f.c~count-tables", "+++ a/mm/f.c", "@@ -1 +1 @@", "-a", "+b"), "modify mm/f.c +1 -1 @3", true},
	{"without prefixes", text("diff --git mm/f.c mm/f.c", "index 1..2 100644", "--- mm/f.c", "+++ mm/f.c", "@@ -1 +1 @@", "-a", "+b"), "modify mm/f.c +1 -1 @5", false},
	{"git binary patch", text("diff --git a/l.png b/l.png", "index 1..2 100644", "GIT binary patch", "literal 3", "Kcmaa", "", "literal 0", "Hcmaa", "") + goodFile, "modify l.png binary +0 -0\nmodify mm/table.c +1 -0 @14", false},
	{"binary files differ", text("diff --git a/l.png b/l.png", "index 1..2 100644", "Binary files a/l.png and b/l.png differ") + goodFile, "modify l.png binary +0 -0\nmodify mm/table.c +1 -0 @8", false},
	{"quoted diff", "> diff --git a/f.c b/f.c\n> --- a/f.c\n> +++ b/f.c\n> @@ -1 +1 @@\n> -a\n> +b\n> > +c\n", "", false},
	{"indented diff", "  --- a/f.c\n  +++ b/f.c\n  @@ -1 +1 @@\n  -a\n  +b\n", "", false},
	{"reply with a diff", "> > +quoted\n\nSo do:\n\n--- a/f.c\n+++ b/f.c\n@@ -2,4 +2,4 @@ x\n\n-a\n+b\n }\n\n\nBut I would not.\n- Ann\n", "modify f.c +1 -1 @7", false},
	{"signed mail", goodFile + "-----BEGIN PGP SIGNATURE-----\n\nabc\n", "modify mm/table.c +1 -0 @5", true},
	{"no diff", "Just talk\n\n- a point\n+ another\n--- \n", "", false},
	{"git line in prose", "diff --git a/x b/x is a command\n" + goodFile, "modify mm/table.c +1 -0 @6", false},
	{"a carriage return for a blank line", text("--- a/f.c", "+++ b/f.c", "@@ -1,2 +1,2 @@", "\r", "-a", "+b"), "modify f.c +1 -1 @3", false},
	{"carriage returns in a file", text("--- a/f.c", "+++ b/f.c", "@@ -1,2 +1,2 @@", " x\r", "-a\r", "+b"), "modify f.c +1 -1 @3", true},
	{"svn head", "Index: f.c\n===================================================================\n--- a/f.c\n+++ b/f.c\n@@ -1 +1 @@\n-a\n+b\n", "modify f.c +1 -1 @5", true},
	{"scissors", "not this\n\n-- >8 --\nSubject: x\n\nwhy\n---\n" + goodFile, "modify mm/table.c +1 -0 @12", true},
	{"footer of a list", goodFile + "\n_______________________________________________\nlist\n", "modify mm/table.c +1 -0 @5", true},
}

func describe(p *patch.Patch) string {
	var lines []string
	for _, f := range p.Files {
		lines = append(lines, describeFile(f))
	}
	return strings.Join(lines, "\n")
}

func describeFile(f *patch.File) string {
	s := f.Op.String() + " " + f.Path()
	if f.Op == patch.Rename || f.Op == patch.Copy {
		s = fmt.Sprintf("%s %s => %s", f.Op, f.OldPath, f.NewPath)
	}
	if f.OldMode != f.NewMode && f.OldMode != "" && f.NewMode != "" {
		s += " " + f.OldMode + ">" + f.NewMode
	}
	if f.Binary {
		s += " binary"
	}
	added, removed := count(f)
	s += fmt.Sprintf(" +%d -%d", added, removed)
	marks := ""
	for _, h := range f.Hunks {
		s += fmt.Sprintf(" @%d", h.MailLine)
		for _, l := range h.Lines {
			if l.NoEOL && l.Op != '+' {
				marks += ` \old`
			}
			if l.NoEOL && l.Op != '-' {
				marks += ` \new`
			}
		}
	}
	return s + marks
}

func count(f *patch.File) (added, removed int) {
	for _, h := range f.Hunks {
		for _, l := range h.Lines {
			switch l.Op {
			case '+':
				added++
			case '-':
				removed++
			}
		}
	}
	return added, removed
}

func TestParse(t *testing.T) {
	for _, tt := range parseTests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := patch.Parse("in", []byte(tt.text), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(p); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			checkPositions(t, tt.text, p)
		})
	}
}

// checkPositions looks up every line of every hunk in the text.
func checkPositions(t *testing.T, text string, p *patch.Patch) {
	t.Helper()
	lines := strings.Split(text, "\n")
	last := 0
	for _, f := range p.Files {
		for _, h := range f.Hunks {
			for _, l := range h.Lines {
				if l.MailLine <= last || l.MailLine > len(lines) {
					t.Fatalf("line %d of the mail comes after line %d of %d", l.MailLine, last, len(lines))
				}
				last = l.MailLine
				got, want := string(l.Op)+l.Text, lines[l.MailLine-1]
				// A blank context line may have lost its blank.
				if got != want && strings.TrimSpace(got)+strings.TrimSuffix(want, "\r") != "" {
					t.Fatalf("line %d: got %q, want %q", l.MailLine, got, want)
				}
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	hunk := func(lines ...string) string { return "--- a/f.c\n+++ b/f.c\n" + text(lines...) }
	for _, tt := range []struct{ name, text, want string }{
		{"cut short", hunk("@@ -1,3 +1,4 @@", " a", "+b"), "in:6: f.c: hunk 1: the mail is cut short: the header counts 3 old and 4 new lines, here are 1 and 2"},
		{"cut short before a signature", hunk("@@ -1,3 +1,4 @@", " a", "+b", "-- ", "2.40"), "in:6: f.c: hunk 1: wrong line count: the header counts 3 old and 4 new lines, here are 1 and 2"},
		{"cut short before a file", hunk("@@ -1,3 +1,4 @@", " a", "+b") + goodFile, "in:6: f.c: hunk 1: wrong line count"},
		{"cut short before a hunk", hunk("@@ -1,3 +1,4 @@", " a", "+b", "@@ -9 +9 @@", "-a", "+b"), "in:6: f.c: hunk 1: wrong line count"},
		{"one line more", hunk("@@ -1,1 +1,2 @@", " a", "+b", " c"), "in:6: f.c: hunk 1: wrong line count: the header counts 1 old and 2 new lines, this line is one more"},
		{"one line more after a blank one", hunk("@@ -1,1 +1,2 @@", " a", "+b", "", " \tc"), "in:7: f.c: hunk 1: wrong line count: the hunk goes on"},
		{"one removed line more", hunk("@@ -1,2 +1,3 @@", " a", "-b", "-c", "+d", "+e"), "in:6: f.c: hunk 1: wrong line count"},
		{"header cut", "diff --git a/f.c b/f.c\nindex 1234567..89abcde 100644\n", "in:1: the header of a file is not followed by its diff"},
		{"header at the end", "diff --git a/f.c b/f.c\n", "in:1: the mail ends after the header of a file"},
		{"no hunk", "diff --git a/f.c b/f.c\nindex 1234567..89abcde 100644\n--- a/f.c\n+++ b/f.c\n", "in:5: f.c: no hunk after the file's header"},
		{"bad hunk header", hunk("@@ -1,3 +1,x @@", " a"), `in:3: f.c: hunk 1: cannot read the hunk header "@@ -1,3 +1,x @@"`},
		{"huge count", hunk("@@ -1,99999999999 +1 @@", " a"), "cannot read the hunk header"},
		{"line zero", hunk("@@ -0,1 +1 @@", "-a", "+b"), "cannot read the hunk header"},
		{"combined", "diff --cc f.c\nindex 1,2..3\n--- a/f.c\n+++ b/f.c\n@@@ -1,1 -1,1 +1,1 @@@\n", "in:1: a combined diff"},
		{"context diff", "*** a/f.c\n--- b/f.c\n***************\n*** 1 ****\n", "in:1: a context diff is not supported"},
		{"hunk after prose", goodFile + "\nand then\n@@ -9 +10 @@\n-a\n+b\n", "in:11: hunk without a file"},
		{"output of git log -p", "commit 0123456789012345678901234567890123456789\nAuthor: A\n\n" + goodFile + "\ncommit 1123456789012345678901234567890123456789\nAuthor: A\n\n" + goodFile, "in:13: a second commit begins here"},
		{"line after the last", hunk("@@ -1,2 +1,2 @@", "-a", `\ No newline at end of file`, "-b", "+c", "+d"), "in:6: f.c: hunk 1: a line follows the one marked as the last"},
		{"new file with old lines", "diff --git a/f.c b/f.c\nnew file mode 100644\n--- /dev/null\n+++ b/f.c\n@@ -1 +1 @@\n-a\n+b\n", "in:1: f.c: a new file has old lines"},
		{"names differ", "diff --git a/f.c b/f.c\nindex 1..2\n--- a/g.c\n+++ b/g.c\n@@ -1 +1 @@\n-a\n+b\n", "in:1: the names after --- and +++ differ"},
		{"dot dot", "--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n", `in:1: file name "../x" leaves the tree`},
		{"dot dot inside", "diff --git a/mm/../../x b/mm/../../x\nold mode 100644\nnew mode 100755\n", `"mm/../../x" leaves the tree`},
		{"absolute", "--- /etc/passwd\n+++ /etc/passwd\n@@ -1 +1 @@\n-a\n+b\n", `"/etc/passwd" is absolute`},
		{"absolute behind the prefix", "--- a//etc/passwd\n+++ b//etc/passwd\n@@ -1 +1 @@\n-a\n+b\n", `"/etc/passwd" is absolute`},
		{"absolute rename", "diff --git a/x b/y\nrename from x\nrename to /y\n", `"/y" is absolute`},
		{".git", "--- a/.git/config\n+++ b/.git/config\n@@ -1 +1 @@\n-a\n+b\n", `".git/config" enters .git`},
		{".GIT below", "--- a/x/.GIT/hooks\n+++ b/x/.GIT/hooks\n@@ -1 +1 @@\n-a\n+b\n", "enters .git"},
		{"newline in a name", "--- \"a/x\\ny\"\n+++ \"b/x\\ny\"\n@@ -1 +1 @@\n-a\n+b\n", "control character"},
		{"leading blanks lost", hunk("@@ -1,4 +1,4 @@", "int f(void)", "{", "-\treturn 0;", "+\treturn 1;", "}"), "in:4: f.c: hunk 1: white space is lost: a context line without its leading blank"},
		{"tab where a blank was", hunk("@@ -1,4 +1,4 @@", "\tx();", "-\treturn 0;"), "in:4: f.c: hunk 1: white space is lost"},
		{"long line wrapped", hunk("@@ -1,3 +1,3 @@", " int f(void)", "-\treturn a +", "b;", "+\treturn 1;", " }"), "in:6: f.c: hunk 1: white space is lost: a long line was broken in two"},
		{"prose inside", hunk("@@ -1,9 +1,9 @@", " int f(void)", "[...]", " }"), `in:5: f.c: hunk 1: "[...]" is no line of a diff`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := patch.Parse("in", []byte(tt.text), nil)
			if err == nil {
				t.Fatalf("got %q, want an error with %q", describe(p), tt.want)
			}
			if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, want %q in it", err, tt.want)
			}
			var lost *patch.WhitespaceError
			if isLost := errors.As(err, &lost); isLost != strings.Contains(tt.want, "white space") {
				t.Errorf("got *WhitespaceError: %v", isLost)
			}
			var path *patch.PathError
			if isPath := errors.As(err, &path); isPath != (strings.Contains(tt.want, `"`) && strings.Contains(err.Error(), "file name")) && !strings.Contains(err.Error(), "file name") {
				t.Errorf("got *PathError: %v", isPath)
			}
		})
	}
}

func TestMessage(t *testing.T) {
	for _, tt := range []struct{ name, text, message, subject, from, base string }{
		{"plain", "\nwhy\n\nSigned-off-by: A <a@b>\n---\nv2: more\n" + goodFile, "why\n\nSigned-off-by: A <a@b>", "[PATCH] t", "Ann <a@b.example>", ""},
		{"in-body author", "From: Bob <b@b.example>\n\nwhy\n---\n" + goodFile, "why", "[PATCH] t", "Bob <b@b.example>", ""},
		{"in-body subject", "Subject: mm: x\n y\n\nwhy\n" + goodFile, "why", "mm: x y", "Ann <a@b.example>", ""},
		{"no in-body header", "From: here on\nall is well\n" + goodFile, "From: here on\nall is well", "[PATCH] t", "Ann <a@b.example>", ""},
		{"scissors", "hello\n---- 8< ----\nSubject: mm: x\n\nwhy\n---\n" + goodFile, "why", "mm: x", "Ann <a@b.example>", ""},
		{"base", "why\n---\n" + goodFile + "\nbase-commit: 0123456789abcdef (v6.4)\n-- \n2.40\n", "why", "[PATCH] t", "Ann <a@b.example>", "0123456789abcdef"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := mailPatch(t, "[PATCH] t", tt.text)
			if p.Message != tt.message || p.Subject != tt.subject || p.From.String() != tt.from || p.BaseCommit != tt.base {
				t.Errorf("got %q, %q, %q, %q; want %q, %q, %q, %q", p.Message, p.Subject, p.From, p.BaseCommit, tt.message, tt.subject, tt.from, tt.base)
			}
		})
	}
}

func mailPatch(t *testing.T, subject, body string) *patch.Patch {
	t.Helper()
	mails, err := mbox.ParseBytes([]byte("From: Ann <a@b.example>\nSubject: "+subject+"\n\n"+body), "in")
	if err != nil || len(mails) != 1 {
		t.Fatal(len(mails), err)
	}
	p, err := patch.FromMail(mails[0])
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestKind(t *testing.T) {
	for _, tt := range []struct {
		subject, body string
		want          patch.Kind
	}{
		{"[PATCH 1/2] x", goodFile, patch.Diff},
		{"x", goodFile, patch.Diff},
		{"[PATCH 0/2] x", "hello\n", patch.Cover},
		{"Re: [PATCH 1/2] x", "> " + strings.ReplaceAll(goodFile, "\n", "\n> "), patch.Reply},
		{"Re: [PATCH 1/2] x", "try\n\n" + goodFile, patch.ReplyDiff},
		{"hello", "hello\n", patch.Plain},
	} {
		if got := mailPatch(t, tt.subject, tt.body).Kind; got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.subject, got, tt.want)
		}
	}
}

func TestDiffstat(t *testing.T) {
	for _, tt := range []struct{ stat, want string }{
		{" 1 file changed, 1 insertion(+)", ""},
		{" 2 files changed, 3 insertions(+), 1 deletion(-)", "in:2: the diffstat counts 2 files, 3 added and 1 removed lines, the diff has 1, 1 and 0: it may be cut short or edited"},
		{" nothing has changed", ""},
		{" 1 file changed, and more", ""},
		{"2 files changed", ""},
	} {
		p, err := patch.Parse("in", []byte("---\n"+tt.stat+"\n\n"+goodFile), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, w := range p.Warnings {
			got += w.String()
		}
		if got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.stat, got, tt.want)
		}
	}
}

// TestNumstat compares added and removed lines with git and with go-gitdiff.
func TestNumstat(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("skipped: git is not installed, diffs are not compared with git apply --numstat")
	}
	for _, tt := range parseTests {
		if !tt.libs {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			p, err := patch.Parse("in", []byte(tt.text), nil)
			if err != nil {
				t.Fatal(err)
			}
			compareNumstat(t, []byte(tt.text), p)
			files, _, err := gitdiff.Parse(strings.NewReader(tt.text))
			if err != nil || len(files) != len(p.Files) {
				t.Fatalf("go-gitdiff: %d files, %v", len(files), err)
			}
		})
	}
}

func compareNumstat(t *testing.T, text []byte, p *patch.Patch) {
	t.Helper()
	cmd := exec.Command("git", "apply", "--numstat", "--allow-empty", "-")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(cmd.Dir), "LC_ALL=C")
	cmd.Stdin = bytes.NewReader(text)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git apply --numstat: %v\n%s", err, out)
	}
	var got []string
	for _, f := range p.Files {
		added, removed := count(f)
		got = append(got, fmt.Sprintf("%d\t%d", added, removed))
	}
	var want []string
	for _, l := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if fields := strings.SplitN(l, "\t", 3); len(fields) == 3 {
			want = append(want, strings.Replace(fields[0]+"\t"+fields[1], "-\t-", "0\t0", 1))
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q as git apply --numstat", got, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range parseTests {
		f.Add([]byte(tt.text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := patch.Parse("in", data, nil)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("error of several lines: %q", err)
			}
			return
		}
		checkPositions(t, string(data), p)
		for _, file := range p.Files {
			checkFile(t, file)
		}
		// What is read and written again reads the same.
		again, err := patch.Parse("in", []byte(format(p)), nil)
		if err != nil {
			t.Fatalf("written again: %v\n%s", err, format(p))
		}
		if format(again) != format(p) {
			t.Fatalf("got %q, want %q", format(again), format(p))
		}
	})
}

func checkFile(t *testing.T, f *patch.File) {
	for _, path := range []string{f.OldPath, f.NewPath} {
		if strings.HasPrefix(path, "/") || strings.Contains("/"+path+"/", "/../") || strings.Contains("/"+strings.ToLower(path)+"/", "/.git/") {
			t.Fatalf("path %q", path)
		}
	}
	for _, h := range f.Hunks {
		old, new := 0, 0
		for _, l := range h.Lines {
			if l.Op != '+' {
				old++
			}
			if l.Op != '-' {
				new++
			}
		}
		if old != h.OldLines || new != h.NewLines {
			t.Fatalf("%s has %d old and %d new lines", h.Header(), old, new)
		}
	}
}

// format writes the text changes of p as git does.
func format(p *patch.Patch) string {
	var out strings.Builder
	for _, f := range p.Files {
		if len(f.Hunks) == 0 || f.Op == patch.Rename || f.Op == patch.Copy {
			continue
		}
		fmt.Fprintf(&out, "--- %s\n+++ %s\n", quote("a/", f.OldPath), quote("b/", f.NewPath))
		for _, h := range f.Hunks {
			fmt.Fprintf(&out, "%s\n", h.Header())
			for _, l := range h.Lines {
				fmt.Fprintf(&out, "%c%s\n", l.Op, l.Text)
				if l.NoEOL {
					out.WriteString("\\ No newline at end of file\n")
				}
			}
		}
	}
	return out.String()
}

func quote(prefix, path string) string {
	if path == "" {
		return "/dev/null"
	}
	var out strings.Builder
	for _, c := range []byte(prefix + path) {
		fmt.Fprintf(&out, "\\%03o", c)
	}
	return `"` + out.String() + `"`
}

func BenchmarkParse(b *testing.B) {
	data := []byte(strings.Repeat(goodFile, 2000))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := patch.Parse("in", data, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleParse() {
	p, err := patch.Parse("fix.patch", []byte("So do:\n\n--- a/mm/table.c\n+++ b/mm/table.c\n@@ -1,2 +1,2 @@\n int table(void)\n-{ BUG(); }\n+{ return 1; }\n"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range p.Files {
		for _, h := range f.Hunks {
			for _, l := range h.Lines {
				fmt.Printf("%s:%d: %c%s\n", p.Mail, l.MailLine, l.Op, l.Text)
			}
		}
	}
	// Output:
	// fix.patch:6:  int table(void)
	// fix.patch:7: -{ BUG(); }
	// fix.patch:8: +{ return 1; }
}
