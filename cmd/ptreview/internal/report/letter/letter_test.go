package letter

import (
	"bytes"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ptreview/parse/mbox"
)

// answered is a reply to a mail with the given fields.
func answered(t *testing.T, fields string, r Reply) (*mail.Message, error) {
	t.Helper()
	mails, err := mbox.ParseBytes([]byte(fields+"\nText.\n"), "mail")
	if err != nil {
		t.Fatal(err)
	}
	r.To, r.ID, r.Date = mails[0], "id@x.example", time.Unix(0, 0).UTC()
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		return nil, err
	}
	for line := range strings.Lines(b.String()) {
		if len(line) > 998 {
			t.Errorf("got a line of %d bytes", len(line))
		}
	}
	m, err := mail.ReadMessage(&b)
	if err != nil {
		t.Fatal(err)
	}
	return m, nil
}

func TestPeople(t *testing.T) {
	bot := mbox.Address{Name: "bot", Addr: "bot@x.example"}
	for _, tt := range []struct {
		name, fields string
		authors      []mbox.Address
		to, cc       string
	}{
		{"sender", "From: A <a@x.example>\nTo: l@x.example\n", nil, `"A" <a@x.example>`, "<l@x.example>"},
		{"Reply-To", "From: A <a@x.example>\nReply-To: l@x.example\nTo: L@x.example\n", nil, "<l@x.example>", `"A" <a@x.example>`},
		{"author in the text", "From: A <a@x.example>\n", []mbox.Address{{Addr: "b@x.example"}}, `"A" <a@x.example>`, "<b@x.example>"},
		{"bot among them", "From: A <a@x.example>\nCc: BOT@x.example, a@x.example\n", nil, `"A" <a@x.example>`, ""},
		{"own patch", "From: bot@x.example\nCc: l@x.example\n", []mbox.Address{{Addr: "b@x.example"}}, "<b@x.example>", "<l@x.example>"},
		{"comma in a name", "From: a@x.example\nTo: Doe, J. <j@x.example>, [x] <k@x.example>\n", nil, "<a@x.example>", `"J." <j@x.example>, "[x]" <k@x.example>`},
		{"no addresses", "From: a@x.example\nTo: undisclosed-recipients:;\nCc: \"\nCc: <>, <x y@z>, <a@b\n", nil, "<a@x.example>", ""},
	} {
		m, err := answered(t, "Message-ID: <p@x.example>\n"+tt.fields, Reply{From: bot, Authors: tt.authors})
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if to, cc := m.Header.Get("To"), m.Header.Get("Cc"); to != tt.to || cc != tt.cc {
			t.Errorf("%s: got %s and %s, want %s and %s", tt.name, to, cc, tt.to, tt.cc)
		}
	}
}

func TestUnanswerable(t *testing.T) {
	for _, fields := range []string{
		"From: a@x.example\n",
		"From: a@x.example\nMessage-ID: <a\x01b@x.example>\n",
		"From: a@x.example\nMessage-ID: <" + strings.Repeat("a", 2000) + "@x.example>\n",
		"From: nobody\nMessage-ID: <a@x.example>\n",
		"From: bot@x.example\nMessage-ID: <a@x.example>\n",
	} {
		if _, err := answered(t, fields, Reply{From: mbox.Address{Addr: "bot@x.example"}}); err == nil {
			t.Errorf("got a reply to %.80q", fields)
		}
	}
}

func TestReferences(t *testing.T) {
	for fields, want := range map[string]string{
		"":                     "<p@x.example>",
		"In-Reply-To: <c@x>\n": "<c@x> <p@x.example>",
		"In-Reply-To: <c@x>\nReferences: <b@x> <c@x> <b@x> <p@x.example>\n": "<b@x> <c@x> <p@x.example>",
		"References: <a\xffb@x> <c@x>\n":                                    "<c@x> <p@x.example>",
	} {
		m, err := answered(t, "From: a@x.example\nMessage-ID: <p@x.example>\n"+fields, Reply{})
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Header.Get("References"); got != want {
			t.Errorf("%q: got %s, want %s", fields, got, want)
		}
	}
}

func TestSubject(t *testing.T) {
	for s, want := range map[string]string{
		"[PATCH] a": "Re: [PATCH] a", "RE: re:[PATCH] a": "Re: [PATCH] a", "": "Re: ",
		"a\r\nBcc: b": "Re: a\uFFFD\uFFFDBcc: b", "\xff": "Re: \uFFFD",
	} {
		if got := Subject(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
	long, err := answered(t, "From: a@x.example\nMessage-ID: <p@x.example>\nSubject: "+strings.Repeat("ä", 900)+strings.Repeat("b", 3000)+"\n", Reply{})
	if err != nil {
		t.Fatal(err)
	}
	if h := (mbox.Header{{Name: "Subject", Value: long.Header.Get("Subject")}}); !strings.HasPrefix(h.Get("Subject"), "Re: ää") {
		t.Errorf("got %.60s", h.Get("Subject"))
	}
}

func TestOwn(t *testing.T) {
	for s, want := range map[string]string{
		"text\n": "text\n", "no end": "no end\n", "a\x00b  \n": "a\uFFFDb\n", "  pmd: empty\n": "  pmd: empty\n",
		"diff --git a b\n": "| diff --git a b\n", "---\n": "| ---\n", "From a\n": "| From a\n", "> a\n": "| > a\n",
		" \tacked-By: x\n": "|  \tacked-By: x\n", "--\n": "--\n", "@@ -1 +1 @@\n": "| @@ -1 +1 @@\n",
	} {
		if got := Own(s); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	if got, want := Quote("+\ta\r"), "> +\ta\uFFFD\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got := Quote(strings.Repeat("ä", 1000))
	if len(got) > 998 || !utf8.ValidString(got) || !strings.HasSuffix(got, "…\n") {
		t.Errorf("got %d bytes: %q", len(got), got)
	}
}

// TestCorpus answers real mails: who sent one is answered, all who had it are
// told, and every field is read back.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("PTREVIEW_CORPUS")
	if dir == "" {
		t.Skip("SKIPPED: PTREVIEW_CORPUS is not set: no real mails are answered")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*", "*.mbox"))
	if err != nil || len(names) == 0 {
		t.Fatalf("got no mails in %s, %v", dir, err)
	}
	answers := 0
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		mails, err := mbox.ParseBytes(data, name)
		if err != nil {
			continue // what cannot be read is not answered
		}
		for _, m := range mails {
			if m.Plain {
				continue
			}
			var b bytes.Buffer
			r := &Reply{To: m, ID: "id@x.example", Date: time.Unix(0, 0).UTC(), Body: "Text.\n"}
			if err := r.Write(&b); err != nil {
				t.Logf("%s: %v", name, err)
				continue
			}
			answers++
			checkAnswer(t, name, m, &b)
		}
	}
	if answers == 0 {
		t.Error("no mail of the corpus was answered")
	}
	t.Logf("%d answers", answers)
}

// checkAnswer compares what is read of an answer with the mail that is answered.
func checkAnswer(t *testing.T, name string, m *mbox.Mail, answer *bytes.Buffer) {
	t.Helper()
	read, err := mbox.ParseBytes(answer.Bytes(), name)
	if err != nil || len(read) != 1 {
		t.Errorf("%s: got %d mails, %v", name, len(read), err)
		return
	}
	got := make(map[string]int)
	for _, field := range []string{"To", "Cc"} {
		for _, a := range read[0].Header.Addresses(field) {
			got[strings.ToLower(a.Addr)]++
		}
	}
	wanted := append(m.Header.Addresses("To"), m.Header.Addresses("Cc")...)
	for _, a := range append(wanted, m.From) {
		if validAddr(a.Addr) && got[strings.ToLower(a.Addr)] != 1 {
			t.Errorf("%s: got %d times %s, want once", name, got[strings.ToLower(a.Addr)], a)
		}
	}
	if read[0].InReplyTo != m.MessageID || read[0].Subject != Subject(m.Subject) {
		t.Errorf("%s: got %q below %q, want %q below %q", name, read[0].Subject, read[0].InReplyTo, Subject(m.Subject), m.MessageID)
	}
}
