package report

import (
	"bytes"
	"errors"
	"io"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ptreview/parse/mbox"
	"ptreview/parse/patch"
	"ptreview/parse/series"
	"ptreview/rules/check"
)

// hostileMail changes mm/a.c in line 3. Its header tries to get more fields into
// an answer, its diff to be taken for a trailer.
var hostileMail = "From: =?utf-8?q?J=C3=B6rg=0D=0ABcc:_evil@x.example?= <joerg@x.example>\n" +
	"To: linux-mm@x.example, \"Doe, Jane\" <jane@x.example>, BOT@ptreview.example\n" +
	"Cc: JOERG@x.example, <jane@x.example>, broken@, =?utf-8?q?A=0AX-Evil:_1?= <a@x.example>\n" +
	"Cc: second@x.example\n" +
	"Date: Thu, 8 Jun 2023 12:00:00 +0200\n" +
	"Subject: =?utf-8?q?re:_=5BPATCH_1/2=5D_=C3=A4=0D=0ABcc:_evil@x.example=1B[2J?=\n" +
	"Message-ID: <two@x.example>\n" +
	"In-Reply-To: <one@x.example>\n" +
	"References: <zero@x.example> <one@x.example>\n" +
	"Content-Type: text/plain; charset=utf-8\n\n" +
	"Text.\n---\n" +
	"diff --git a/mm/a.c b/mm/a.c\n--- a/mm/a.c\n+++ b/mm/a.c\n@@ -1,4 +1,5 @@ Reviewed-by: x@y.z\n" +
	" one\x1b[31m\n two\n" + longAdded + "\n Reviewed-by: Evil <evil@x.example>\n  \xff\n"

// longAdded is a line that no mail can wrap.
var longAdded = "+\tthree(" + strings.Repeat("argument, ", 30) + ");"

// hostileSeries is the series of hostileMail. A subject with re: and an unquoted
// diff is a patch where there is no other.
func hostileSeries(t *testing.T) *series.Series {
	t.Helper()
	mails, err := mbox.ParseBytes([]byte(hostileMail), "1.mbox")
	if err != nil {
		t.Fatal(err)
	}
	s, err := series.FromInputs([]series.Input{{Name: "1.mbox", Mails: mails}}, series.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var botOptions = Options{Mail: MailOptions{
	From: mbox.Address{Name: "ptreview", Addr: "bot@ptreview.example"},
	Date: time.Date(2024, 2, 3, 4, 5, 6, 0, time.UTC),
}}

// hostileReply is the one reply to hostileSeries.
func hostileReply(t *testing.T) []byte {
	t.Helper()
	r := sample()
	r.Findings[0].Evidence.Inputs = []string{"Reviewed-by: Evil <evil@x.example>", "diff --git a/a b/a"}
	files, err := MailFiles(&Material{Report: r, Series: hostileSeries(t)}, botOptions)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || !regexp.MustCompile(`^0001-[A-Za-z0-9_.-]+\.eml$`).MatchString(files[0].Name) {
		t.Fatalf("got %d files, the first named %q", len(files), files[0].Name)
	}
	return files[0].Data
}

func TestMailHeader(t *testing.T) {
	data := hostileReply(t)
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	for name, want := range map[string]string{
		"In-Reply-To": "<two@x.example>", "References": "<zero@x.example> <one@x.example> <two@x.example>",
		"Date": "Sat, 03 Feb 2024 04:05:06 +0000", "Content-Type": "text/plain; charset=UTF-8",
		"Content-Transfer-Encoding": "8bit", "X-Patchwork-Hint": "ignore", "Auto-Submitted": "auto-generated",
		"Mime-Version": "1.0", "Bcc": "", "X-Evil": "",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if len(m.Header) != 13 {
		t.Errorf("got %d fields, want 13: %v", len(m.Header), m.Header)
	}
	for name, want := range map[string][]string{
		"From": {"bot@ptreview.example"}, "To": {"joerg@x.example"},
		"Cc": {"linux-mm@x.example", "jane@x.example", "a@x.example", "second@x.example"},
	} {
		list, err := m.Header.AddressList(name)
		var got []string
		for _, a := range list {
			got = append(got, a.Address)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
	if !regexp.MustCompile(`^<[0-9a-f]{24}\.ptreview@ptreview\.example>$`).MatchString(m.Header.Get("Message-ID")) {
		t.Errorf("got Message-ID %q", m.Header.Get("Message-ID"))
	}
	ours, err := mbox.ParseBytes(data, "reply")
	if err != nil || len(ours) != 1 {
		t.Fatalf("got %d mails, %v", len(ours), err)
	}
	if want := "Re: [PATCH 1/2] ä Bcc: evil@x.example\uFFFD[2J"; ours[0].Subject != want {
		t.Errorf("got subject %q, want %q", ours[0].Subject, want)
	}
	p, err := patch.FromMail(ours[0])
	if err != nil || p.Kind != patch.Reply || len(p.Files) > 0 {
		t.Errorf("got %v, %v, want a reply without a diff", p, err)
	}
	body, err := io.ReadAll(m.Body)
	if err != nil || !bytes.HasSuffix(data, body) || !bytes.Equal(ours[0].Body, body) {
		t.Errorf("the text is not read as it was written: %v", err)
	}
}

// trailer matches what b4 and patchwork take for a trailer.
var trailer = regexp.MustCompile(`(?mi)^\s*[a-z-]+-by:`)

func TestMailBody(t *testing.T) {
	_, body, _ := strings.Cut(string(hostileReply(t)), "\n\n")
	if !utf8.ValidString(body) || strings.ContainsAny(body, "\x1b\r") {
		t.Error("got control characters or no UTF-8")
	}
	for line := range strings.Lines(body) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "> ") && !strings.Contains(line, "https://") && utf8.RuneCountInString(line) > 72 {
			t.Errorf("got %d columns: %s", utf8.RuneCountInString(line), line)
		}
	}
	if s := trailer.FindString(body); s != "" {
		t.Errorf("got a trailer %q", s)
	}
	for _, want := range []string{
		"\n> --- a/mm/a.c\n> +++ b/mm/a.c\n> @@ -1,4 +1,5 @@ Reviewed-by: x@y.z\n",
		"\n>  two\n> " + longAdded + "\n\nword word",
		"\n>  Reviewed-by: Evil <evil@x.example>\n",
		"\n|     Reviewed-by: Evil", "powerpc    1 clean, 0 with findings, 1 not run\n    1 not run: word",
		"\n| Closes: https://lore.kernel.org/r/", "ptreview explain trap/x\n",
		"\n-- \nptreview ", "bot@ptreview.example",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("got no %q in\n%s", want, body)
		}
	}
}

// TestMailinfo lets git read the reply: it must see a message and no patch.
func TestMailinfo(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	dir := t.TempDir()
	cmd := exec.Command("git", "mailinfo", "msg", "patch")
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(hostileReply(t))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out), "Author: ptreview\nEmail: bot@ptreview.example\nSubject: ") {
		t.Errorf("got %s", out)
	}
	diff, err := os.ReadFile(filepath.Join(dir, "patch"))
	if err != nil || bytes.Contains(diff, []byte("diff ")) || bytes.Contains(diff, []byte("@@")) {
		t.Errorf("git takes this for a patch: %s, %v", diff, err)
	}
	msg, err := os.ReadFile(filepath.Join(dir, "msg"))
	if err != nil || !bytes.Contains(msg, []byte("\n-- \n")) {
		t.Errorf("git reads only this as the message: %s, %v", msg, err)
	}
}

func TestMailNeedsMails(t *testing.T) {
	var b bytes.Buffer
	if err := Mail(&b, &Material{Report: sample()}, botOptions); !errors.Is(err, errNoMails) || b.Len() > 0 {
		t.Errorf("got %v and %d bytes, want %v", err, b.Len(), errNoMails)
	}
	s := hostileSeries(t)
	s.Patches[0].Mail.MessageID = ""
	err := Mail(&b, &Material{Report: sample(), Series: s}, botOptions)
	if err == nil || !strings.Contains(err.Error(), "no Message-ID") || b.Len() > 0 {
		t.Errorf("got %v and %d bytes, want that there is no Message-ID", err, b.Len())
	}
}

// TestMailClean checks that a series without findings is answered only if asked.
func TestMailClean(t *testing.T) {
	r := sample()
	r.Findings = nil
	m := &Material{Report: r, Series: hostileSeries(t)}
	opt := botOptions
	if files, err := MailFiles(m, opt); len(files) > 0 || err != nil {
		t.Errorf("got %d mails, %v, want none", len(files), err)
	}
	opt.Mail.Clean = true
	files, err := MailFiles(m, opt)
	if err != nil || len(files) != 1 {
		t.Fatalf("got %d mails, %v, want one", len(files), err)
	}
	text := string(files[0].Data)
	if !strings.Contains(text, "\n\nNothing was found in 1 patch") || !strings.Contains(text, "1 not run: word") || trailer.MatchString(text) {
		t.Errorf("got %s", text)
	}
}

// TestMailIsPublic checks that no folder of the reviewer's machine gets out.
func TestMailIsPublic(t *testing.T) {
	r, s := sample(), hostileSeries(t)
	s.Patches[0].File, r.Tree.Source = "/home/reviewer/in/1.mbox", "/home/reviewer/linux"
	r.Notes = []string{"/home/reviewer/in/1.mbox:3: hunk 1 applied at line 4", "/home/reviewer/linux is no git repository"}
	files, err := MailFiles(&Material{Report: r, Series: s}, botOptions)
	if err != nil {
		t.Fatal(err)
	}
	text := string(files[0].Data)
	if strings.Contains(text, "/home") || !strings.Contains(text, "about the input\n    1.mbox:3: hunk 1 applied") {
		t.Errorf("got %s", text)
	}
}

// TestMailsTellTheirOwn checks that a mail has the reasons and notes that concern
// its patch, and that the first one counts the others.
func TestMailsTellTheirOwn(t *testing.T) {
	s := hostileSeries(t)
	second := *s.Patches[0]
	second.Position, second.File = 2, "2.mbox"
	s.Patches = append(s.Patches, &second)
	r := sample()
	r.Findings[1].Arch, r.Findings[1].FirstBadPatch = "x86", 2
	r.Coverage = append(r.Coverage, check.Coverage{Arch: "s390", Clean: 3, NotRun: []check.NotRunCount{{Reason: "why s390", Units: 2}}},
		check.Coverage{Arch: "x86", Clean: 4, NotRun: []check.NotRunCount{{Reason: "why x86", Units: 1}}})
	r.Notes = []string{"1.mbox:3: applied1", "2.mbox:3: applied2", "base unknown"}
	r.Gaps = []check.Gap{{Arch: "s390", What: "a.h", Reason: "gap of s390"}, {Arch: "x86", What: "a.h", Reason: "gap of x86"}}
	files, err := MailFiles(&Material{Report: r, Series: s}, botOptions)
	if err != nil || len(files) != 2 {
		t.Fatalf("got %d mails, %v, want 2", len(files), err)
	}
	for i, tt := range []struct{ has, hasNot []string }{
		{[]string{"powerpc    1 clean", "not run: word", "s390       3 clean, 0 with findings, 2 not run", "x86        4 clean", "applied1", "base unknown",
			"5 more reasons and notes are about other"}, []string{"why s390", "why x86", "applied2", "gap of", "reply to patch"}},
		{[]string{"x86        4 clean", "why x86", "applied2", "gap of x86", "The reply to patch 1 counts the rest"}, []string{"s390", "powerpc", "not run: word", "applied1", "base unknown"}},
	} {
		text := string(files[i].Data)
		_, text, _ = strings.Cut(text, "\nLooked at")
		for _, want := range tt.has {
			if !strings.Contains(text, want) {
				t.Errorf("mail %d: got no %q in\n%s", i+1, want, text)
			}
		}
		for _, bad := range tt.hasNot {
			if strings.Contains(text, bad) {
				t.Errorf("mail %d: got %q in\n%s", i+1, bad, text)
			}
		}
	}
}

// TestMailRace checks the width of a timeline, and that no line of dashes ends the
// message.
func TestMailRace(t *testing.T) {
	r := sample()
	r.Findings = r.Findings[:1]
	r.Findings[0].Evidence.Schedule = []check.ScheduleStep{
		{Thread: check.ThreadReview, Function: "e", File: "mm/a.c", Line: 3, Text: strings.Repeat("a + ", 20), Effect: "reads the pmd"},
		{Thread: check.ThreadEnvironment, Text: "page table 1 is taken out of the tree"},
	}
	files, err := MailFiles(&Material{Report: r, Series: hostileSeries(t)}, botOptions)
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(files[0].Data), "  schedule\n")
	timeline, _, _ := strings.Cut(after, "  to see it again\n")
	if !ok || !strings.Contains(timeline, "| page table 1 is taken") {
		t.Fatalf("got %s", files[0].Data)
	}
	for line := range strings.Lines(timeline) {
		if len(line) > 72+1 || !strings.HasPrefix(line, "  ") {
			t.Errorf("got %q", line)
		}
	}
}

// TestMailIDs checks that a mail has the same name as long as it tells the same.
func TestMailIDs(t *testing.T) {
	id := func(prints ...string) string {
		r := sample()
		for i, p := range prints {
			r.Findings[i].Fingerprint = p
		}
		files, err := MailFiles(&Material{Report: r, Series: hostileSeries(t)}, botOptions)
		if err != nil {
			t.Fatal(err)
		}
		return regexp.MustCompile(`(?i)\nMessage-ID: (.*)\n`).FindStringSubmatch(string(files[0].Data))[1]
	}
	if a, b := id("1", "2"), id("1", "2"); a != b {
		t.Errorf("got %s and %s for the same", a, b)
	}
	if a, b := id("1", "2"), id("1", "3"); a == b {
		t.Errorf("got %s for both", a)
	}
}

// TestMboxrd reads the stream back: no line in a mail begins another.
func TestMboxrd(t *testing.T) {
	s := hostileSeries(t)
	s.Patches[0].Mail.From.Name = "From x"
	s.Patches[0].Date = time.Time{}
	var b bytes.Buffer
	if err := Mail(&b, &Material{Report: sample(), Series: s}, botOptions); err != nil {
		t.Fatal(err)
	}
	if n := len(regexp.MustCompile(`(?m)^>*From `).FindAll(b.Bytes(), -1)); n != 1 {
		t.Errorf("got %d lines that begin a mail, want 1", n)
	}
	mails, err := mbox.ParseBytes(b.Bytes(), "out.mbox")
	if err != nil || len(mails) != 1 {
		t.Fatalf("got %d mails, %v, want 1 of\n%s", len(mails), err, &b)
	}
	if !strings.HasPrefix(mails[0].Subject, "Re: [PATCH 1/2]") {
		t.Errorf("got %q", mails[0].Subject)
	}
}
