package mbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ptreview/parse/mbox"
)

// text joins lines, so that trailing blanks can be seen.
func text(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

const diffText = `diff --git a/mm/table.c b/mm/table.c
--- a/mm/table.c
+++ b/mm/table.c
@@ -1,3 +1,3 @@
 int table_init(void)
-	return 0;
+	return 1;
 }
`

func header(extra ...string) string {
	return text(append([]string{
		"From: Ann Table <ann@tables.example>",
		"Subject: [PATCH] mm: count tables",
		"Message-ID: <1@tables.example>",
		"Date: Tue, 4 Jul 2023 10:00:00 +0200",
	}, extra...)...)
}

// readTests are inputs, and the bodies wanted of them with the lines in the
// file on which their first and last line stand.
var readTests = []struct {
	name  string
	input string
	want  []body
}{
	{"single", header() + "\n" + diffText, []body{{diffText, 6, 13}}},
	{"mbox of two", "From a@b Mon Sep 17 00:00:00 2001\n" + header() + "\none\n\nFrom a@b Mon Sep 17 00:00:00 2001\n" + header() + "\ntwo\n",
		[]body{{"one\n\n", 7, 8}, {"two\n", 15, 15}}},
	{"From in a sentence", "From a@b Mon Sep 17 00:00:00 2001\n" + header() + "\nFrom here on, and\nFrom about 10:30 in 2023 all is well\nend\n",
		[]body{{"From here on, and\nFrom about 10:30 in 2023 all is well\nend\n", 7, 9}}},
	{"mboxrd", "From mboxrd@z Thu Jan  1 00:00:00 1970\n" + header() + "\n>From the start\n>>From\n>>From x\n",
		[]body{{"From the start\n>>From\n>From x\n", 7, 9}}},
	{"mbox keeps >From", "From a@b Mon Sep 17 00:00:00 2001\n" + header() + "\n>From the start\n",
		[]body{{">From the start\n", 7, 7}}},
	{"bare diff", diffText, []body{{diffText, 1, 8}}},
	{"bare diff with CRLF", strings.ReplaceAll(diffText, "\n", "\r\n"), []body{{diffText, 1, 8}}},
	{"diff with one CR line", "+a\r\n b\n", []body{{"+a\r\n b\n", 1, 2}}},
	{"text that looks like a header", "Re: a thing\n\nNote: more\n", []body{{"Re: a thing\n\nNote: more\n", 1, 3}}},
	{"BOM", "\xef\xbb\xbf" + header() + "\nx\n", []body{{"x\n", 6, 6}}},
	{"CRLF mail", strings.ReplaceAll(header()+"\n"+diffText, "\n", "\r\n"), []body{{diffText, 6, 13}}},
	{"CR of a file in an LF mail", header() + "\n+a\r\n", []body{{"+a\r\n", 6, 6}}},
	{"line without colon", "From: a@b.example\nthis is no field\nSubject: x\n\nbody\n", []body{{"body\n", 5, 5}}},
	{"no blank line", "From: a@b.example\nSubject: x\nThe body starts here\n\nmore\n", []body{{"The body starts here\n\nmore\n", 3, 5}}},
	{"quoted From before the header", ">From a@b Mon Sep 17 00:00:00 2001\n" + header() + "\nx\n", []body{{"x\n", 7, 7}}},
	{"quoted-printable", header("Content-Transfer-Encoding: quoted-printable") + "\n" +
		text("a=3Db =C3=A9", "long =", "line", "=20", "stray = and =ZZ", "end"),
		[]body{{"a=b \u00e9\nlong line\n \nstray = and =ZZ\nend\n", 7, 12}}},
	{"quoted-printable, very long line", header("Content-Transfer-Encoding: Quoted-Printable") + "\n" + strings.Repeat("x", 9000) + "=3D\n",
		[]body{{strings.Repeat("x", 9000) + "=\n", 7, 7}}},
	{"base64", header("Content-Transfer-Encoding: base64") + "\n" + text("b25lCnR3", "bwp0aHJlZQo="),
		[]body{{"one\ntwo\nthree\n", 7, 8}}},
	{"base64 of CRLF, with a list footer", header("Content-Transfer-Encoding: base64") + "\n" + text("b25lDQp0d28NCg==", "____", "list mailing list"),
		[]body{{"one\ntwo\n", 7, 7}}},
	{"base64 without padding", header("Content-Transfer-Encoding: base64") + "\n" + text("b25lCg"), []body{{"one\n", 7, 7}}},
	{"latin-1 is not recoded", header("Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: 8bit") + "\n+\xe9\n",
		[]body{{"+\xe9\n", 8, 8}}},
	{"flowed", header("Content-Type: text/plain; format=flowed") + "\n" + text(" diff", "  a", "long ", "line", "-- ", "sig"),
		[]body{{"diff\n a\nlong line\n-- \nsig\n", 7, 12}}},
	{"flowed with delsp", header("Content-Type: text/plain; format=flowed; delsp=yes") + "\n" + text("lo ", "ng", "x"),
		[]body{{"long\nx\n", 7, 9}}},
	{"attached patch", header(`Content-Type: multipart/mixed; boundary="--x"`) + "\n" + text("preamble", "----x", "Content-Type: text/plain", "", "message",
		"----x", `Content-Type: text/x-patch; name="1.patch"`, "Content-Disposition: attachment", "", "diff", "----x--", "after"),
		[]body{{"message\ndiff\n", 11, 16}}},
	{"patch as octet-stream", header(`Content-Type: multipart/mixed; boundary=x`) + "\n" + text("--x", "", "message",
		"--x", `Content-Type: application/octet-stream`, `Content-Disposition: attachment; filename="fix.patch"`, "Content-Transfer-Encoding: base64", "", "ZGlmZgo=",
		"--x", "Content-Type: image/png", "", "zzz", "--x--"),
		[]body{{"message\ndiff\n", 9, 15}}},
	{"alternative", header(`Content-Type: multipart/alternative; boundary=x`) + "\n" + text("--x", "Content-Type: text/html", "", "<p>",
		"--x", "Content-Type: text/plain", "", "plain", "--x--"), []body{{"plain\n", 14, 14}}},
	{"no last boundary", header(`Content-Type: multipart/signed; boundary=x`) + "\n" + text("--x", "Content-Type: text/plain", "", "plain"),
		[]body{{"plain\n", 10, 10}}},
	{"attached mail", header(`Content-Type: multipart/mixed; boundary=x`) + "\n" + text("--x", "", "hello",
		"--x", "Content-Type: text/x-patch", "", "From 1234567 Mon Sep 17 00:00:00 2001", "From: Bob <bob@tables.example>", "Subject: [PATCH 1/1] b", "", "diff", "--x--"),
		[]body{{"hello\n", 9, 9}, {"diff\n", 17, 17}}},
}

type body struct {
	text        string
	first, last int
}

func TestParse(t *testing.T) {
	for _, tt := range readTests {
		t.Run(tt.name, func(t *testing.T) {
			mails, err := mbox.Parse(strings.NewReader(tt.input), "in.mbox")
			if err != nil {
				t.Fatal(err)
			}
			if len(mails) != len(tt.want) {
				t.Fatalf("got %d mails, want %d", len(mails), len(tt.want))
			}
			for i, m := range mails {
				want := tt.want[i]
				if string(m.Body) != want.text {
					t.Errorf("body %d: got %q, want %q", i, m.Body, want.text)
				}
				last := m.FileLine(strings.Count(want.text, "\n"))
				if m.BodyLine != want.first || m.FileLine(1) != want.first || last != want.last {
					t.Errorf("body %d: got lines %d (%d) to %d, want %d to %d", i, m.BodyLine, m.FileLine(1), last, want.first, want.last)
				}
			}
		})
	}
}

func TestIdentity(t *testing.T) {
	for _, tt := range []struct {
		name, field, value string
		got                func(m *mbox.Mail) string
		want               string
	}{
		{"folded subject", "Subject", "[PATCH v2\n 1/2] mm:\n\tcount", subject, "[PATCH v2 1/2] mm: count"},
		{"encoded subject", "Subject", "=?utf-8?q?=5BPATCH=5D_caf=C3=A9?=", subject, "[PATCH] caf\u00e9"},
		{"two encoded words", "Subject", "=?UTF-8?B?W1BBVENIXQ==?= =?utf-8?q?_x?=", subject, "[PATCH] x"},
		{"koi8", "Subject", "=?koi8-r?B?xMHB?=", subject, "\u0434\u0430\u0430"},
		{"broken encoded word", "Subject", "=?utf-8?q?a=Z?= b", subject, "=?utf-8?q?a=Z?= b"},
		{"unknown charset", "Subject", "=?nope?q?a?= b", subject, "=?nope?q?a?= b"},
		{"raw latin-1", "Subject", "caf\xe9", subject, "caf\u00e9"},
		{"address", "From", `"Table, Ann" <ann@tables.example>`, from, "Table, Ann <ann@tables.example>"},
		{"encoded name", "From", "=?iso-8859-1?q?J=F6?= <j@tables.example>", from, "J\u00f6 <j@tables.example>"},
		{"unquoted comma", "From", "Dr. A, B <ab@tables.example>", from, "Dr. A, B <ab@tables.example>"},
		{"bare address", "From", "a@tables.example", from, "a@tables.example"},
		{"no address", "From", "somebody", from, "somebody"},
		{"id", "Message-Id", "<a@b>", func(m *mbox.Mail) string { return m.MessageID }, "a@b"},
		{"id without brackets", "Message-Id", "a@b", func(m *mbox.Mail) string { return m.MessageID }, "a@b"},
		{"in reply to", "In-Reply-To", "your mail <a@b> of today", func(m *mbox.Mail) string { return m.InReplyTo }, "a@b"},
		{"references", "References", "<a@b>\n <c@d>", func(m *mbox.Mail) string { return strings.Join(m.References, " ") }, "a@b c@d"},
		{"date", "Date", "Tue, 4 Jul 2023 10:00:00 +0200 (CEST)", func(m *mbox.Mail) string { return m.Date.UTC().Format("2006-01-02 15") }, "2023-07-04 08"},
		{"no date", "Date", "yesterday", func(m *mbox.Mail) string { return fmt.Sprint(m.Date.IsZero()) }, "true"},
		{"8-bit field name", "X-\xe9", "v", func(m *mbox.Mail) string { return m.Header.Get("x-\xe9") }, "v"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mails, err := mbox.ParseBytes([]byte("To: x@y.example\n"+tt.field+": "+tt.value+"\n\nbody\n"), "in")
			if err != nil || len(mails) != 1 {
				t.Fatalf("got %d mails, %v", len(mails), err)
			}
			if got := tt.got(mails[0]); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func subject(m *mbox.Mail) string { return m.Subject }
func from(m *mbox.Mail) string    { return m.From.String() }

func TestParseErrors(t *testing.T) {
	deep := header("Content-Type: multipart/mixed; boundary=x0") + "\n"
	for i := range 40 {
		deep += fmt.Sprintf("--x%d\nContent-Type: multipart/mixed; boundary=x%d\n\n", i, i+1)
	}
	for _, tt := range []struct{ name, input, want string }{
		{"empty", " \n\n", "in: empty"},
		{"utf-16", "\xff\xfed\x00", "in: encoded in UTF-16"},
		{"gzip", "\x1f\x8b\x08", "in: compressed"},
		{"unknown encoding", header("Content-Transfer-Encoding: x-uuencode") + "\nx\n", `in:7: unknown transfer encoding "x-uuencode"`},
		{"broken base64", header("Content-Transfer-Encoding: base64") + "\nabcde\n", "in:7: broken base64 text"},
		{"too deep", deep, "nested more than 16 deep"},
		{"too many parts", header("Content-Type: multipart/mixed; boundary=x") + "\n" + strings.Repeat("--x\n\n", 2000), "more than 1000 MIME parts"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := mbox.ParseBytes([]byte(tt.input), "in")
			var typed *mbox.Error
			if !errors.As(err, &typed) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want *Error with %q", err, tt.want)
			}
		})
	}
}

func TestNotes(t *testing.T) {
	mails, err := mbox.ParseBytes([]byte(header("Content-Type: multipart/mixed; boundary=x")+"\n"+text("--x", "", "text", "--x", "Content-Type: image/png", "", "zzz")), "in")
	if err != nil {
		t.Fatal(err)
	}
	want := "in:7: the last MIME boundary is missing: the mail may be cut short\nin:13: part of type image/png is skipped"
	var got []string
	for _, n := range mails[0].Notes {
		got = append(got, n.String())
	}
	if strings.Join(got, "\n") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseSubject(t *testing.T) {
	for _, tt := range []struct{ subject, want string }{
		{"[PATCH] a: b", "patch v1 0/0 \"a: b\""},
		{"[PATCH v2 03/32] a", "patch v2 3/32 \"a\""},
		{"[PATCHv3 0/2] a", "patch v3 0/2 \"a\""},
		{"[RFC v1 03/10] a", "patch rfc v1 3/10 \"a\""},
		{"[v2 PATCH 2/2] a", "patch v2 2/2 \"a\""},
		{"[v2,3/7] a", "patch v2 3/7 \"a\""},
		{"[PATCH RESEND v4 1/1] a", "patch resend v4 1/1 \"a\""},
		{"[PATCH v2 07/23 fix] a", "patch v2 7/23 [fix] \"a\""},
		{"[linux-mm] [PATCH mm-unstable] a", "patch v1 0/0 [linux-mm mm-unstable] \"a\""},
		{"Re: [PATCH 04/31] a", "patch reply v1 4/31 \"a\""},
		{"Re: Fwd: [tip] x", "reply v1 0/0 [tip] \"x\""},
		{"[PATCH 1/0] [odd", "patch v1 0/0 [1/0] \"[odd\""},
		{"[PATCH 99999/99999] a", "patch v1 0/0 [99999/99999] \"a\""},
		{"plain talk", "v1 0/0 \"plain talk\""},
		{"", "v1 0/0 \"\""},
	} {
		if got := describeTag(mbox.ParseSubject(tt.subject)); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.subject, got, tt.want)
		}
	}
}

func describeTag(tag mbox.Tag) string {
	var parts []string
	for _, f := range []struct {
		set  bool
		name string
	}{{tag.Patch, "patch"}, {tag.Reply, "reply"}, {tag.RFC, "rfc"}, {tag.Resend, "resend"}} {
		if f.set {
			parts = append(parts, f.name)
		}
	}
	parts = append(parts, fmt.Sprintf("v%d %d/%d", tag.Version, tag.N, tag.Total))
	if len(tag.Words) > 0 {
		parts = append(parts, fmt.Sprint(tag.Words))
	}
	return strings.Join(append(parts, fmt.Sprintf("%q", tag.Title)), " ")
}

func TestReadDir(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"2.patch": header() + "\ntwo\n", "1.diff": diffText, "readme": "nothing here\n", ".hidden": header() + "\n", "sub/x": header() + "\n",
	} {
		write(t, filepath.Join(dir, name), content)
	}
	mails, notes, err := mbox.Read(dir)
	if err != nil || len(mails) != 2 || filepath.Base(mails[0].File) != "1.diff" || filepath.Base(mails[1].File) != "2.patch" {
		t.Fatalf("got %v, %v", mails, err)
	}
	if mails, _, err := mbox.Read(filepath.Join(dir, "2.patch")); err != nil || len(mails) != 1 {
		t.Errorf("one file: got %v, %v", mails, err)
	}
	if _, _, err := mbox.Read(filepath.Join(dir, "none")); err == nil {
		t.Error("no file: got no error")
	}
	if len(notes) != 2 {
		t.Errorf("got notes %v, want one for readme and one for sub", notes)
	}
}

func TestReadMaildir(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"cur/1:2,S": header() + "\none\n", "new/2": header() + "\ntwo\n", "tmp/3": header() + "\n"} {
		write(t, filepath.Join(dir, name), content)
	}
	mails, notes, err := mbox.ReadDir(dir)
	if err != nil || len(mails) != 2 || len(notes) != 0 || string(mails[1].Body) != "two\n" {
		t.Fatalf("got %v, %v, %v", mails, notes, err)
	}
	empty := t.TempDir()
	if _, _, err := mbox.ReadDir(empty); err == nil || !strings.Contains(err.Error(), "holds neither a mail nor a diff") {
		t.Errorf("empty folder: got %v", err)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestMailinfo compares the text of mails with what git takes out of them: the
// table above, and the corpus where there is one.
func TestMailinfo(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("skipped: git is not installed, mails are not compared with git mailinfo")
	}
	for _, tt := range readTests {
		differs := tt.name == "alternative" || // git takes the HTML too
			tt.name == "patch as octet-stream" || // and no octet-stream
			strings.Contains(tt.name, "footer") || strings.Contains(tt.name, "padding") ||
			strings.HasPrefix(tt.name, "bare") || strings.HasPrefix(tt.name, "diff with") || strings.HasPrefix(tt.name, "text that") || // wants a header
			tt.name == "line without colon" || // ends its header there
			tt.name == "mboxrd" || // unquoted by git mailsplit
			tt.name == "CR of a file in an LF mail" ||
			tt.name == "BOM" || tt.name == "no last boundary"
		if len(tt.want) == 1 && !differs {
			t.Run(tt.name, func(t *testing.T) { compareMailinfo(t, []byte(tt.input)) })
		}
	}
}

func TestMailinfoCorpus(t *testing.T) {
	root := os.Getenv("PTREVIEW_CORPUS")
	if root == "" {
		t.Skip("skipped: PTREVIEW_CORPUS is not set, no real mail was read")
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("skipped: git is not installed, mails are not compared with git mailinfo")
	}
	mails := 0
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".mbox" {
			return err
		}
		mails++
		data, err := os.ReadFile(path)
		if err == nil {
			t.Run(d.Name(), func(t *testing.T) { compareMailinfo(t, unquoteMboxrd(data)) })
		}
		return err
	})
	if err != nil || mails < 80 {
		t.Errorf("got %d mails, %v; want at least 80", mails, err)
	}
}

// unquoteMboxrd does what git mailsplit --mboxrd does before git mailinfo.
func unquoteMboxrd(data []byte) []byte {
	return bytes.ReplaceAll(data, []byte("\n>From "), []byte("\nFrom "))
}

func compareMailinfo(t *testing.T, data []byte) {
	t.Helper()
	mails, err := mbox.ParseBytes(data, "in")
	if err != nil || len(mails) != 1 {
		t.Fatalf("got %d mails, %v", len(mails), err)
	}
	dir := t.TempDir()
	msg, patch := filepath.Join(dir, "msg"), filepath.Join(dir, "patch")
	cmd := exec.Command("git", "mailinfo", "--encoding=UTF-8", "--no-scissors", msg, patch)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(data)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git mailinfo: %v\n%s", err, out)
	}
	message, err := os.ReadFile(msg)
	if err != nil {
		t.Fatal(err)
	}
	rest, err := os.ReadFile(patch)
	if err != nil {
		t.Fatal(err)
	}
	want := squash(mails[0].Text(message) + string(rest))
	if got := squash(mails[0].Text(mails[0].Body)); !strings.HasSuffix(got, want) || !isInBody(strings.TrimSuffix(got, want)) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// squash undoes what git does to the blanks of a message.
func squash(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t\r")
	}
	s = strings.Join(lines, "\n")
	for strings.Contains(s, "\n\n") {
		s = strings.ReplaceAll(s, "\n\n", "\n")
	}
	return strings.TrimSpace(s)
}

// isInBody reports whether s holds only the fields at the top of a message
// that git takes into the header.
func isInBody(s string) bool {
	for _, l := range strings.Split(strings.TrimSpace(s), "\n") {
		if l != "" && !strings.HasPrefix(l, "From:") && !strings.HasPrefix(l, "Subject:") && !strings.HasPrefix(l, "Date:") {
			return false
		}
	}
	return true
}

func FuzzParse(f *testing.F) {
	for _, tt := range readTests {
		f.Add([]byte(tt.input))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		mails, _ := mbox.ParseBytes(data, "in")
		lines := bytes.Count(data, []byte{'\n'}) + 1
		for _, m := range mails {
			last := 0
			for n := 1; n <= bytes.Count(m.Body, []byte{'\n'}); n++ {
				at := m.FileLine(n)
				if at < last || at > lines || at < 1 {
					t.Fatalf("line %d of the body is on line %d of %d, after %d", n, at, lines, last)
				}
				last = at
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	data := []byte(strings.Repeat("From a@b Mon Sep 17 00:00:00 2001\n"+header()+"\n"+strings.Repeat(diffText, 20)+"\n", 200))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if mails, err := mbox.ParseBytes(data, "in"); err != nil || len(mails) != 200 {
			b.Fatal(len(mails), err)
		}
	}
}

func ExampleParse() {
	mails, err := mbox.Parse(strings.NewReader("From: Ann <ann@tables.example>\nSubject: [PATCH v2 1/3] mm: count\n tables\n\nhello\n"), "stdin")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range mails {
		fmt.Printf("%s:%d: %s by %s\n", m.File, m.BodyLine, m.Subject, m.From)
	}
	// Output: stdin:5: [PATCH v2 1/3] mm: count tables by Ann <ann@tables.example>
}
