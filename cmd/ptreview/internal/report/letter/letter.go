// Package letter writes replies to mails, as kernel lists want them: plain text
// that is neither wrapped again nor cut into parts, in the thread of what is
// answered, to all who had it.
//
// It knows headers, quotations and what programs read out of a text; it leaves
// out what the text says. All of the mail that is answered is hostile.
package letter

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"
	"time"

	gomail "github.com/emersion/go-message/mail"
	"github.com/emersion/go-message/textproto"

	"ptreview/parse/mbox"
)

// Reply is an answer to a mail.
type Reply struct {
	To *mbox.Mail
	// Authors are those of what To holds, besides its sender.
	Authors []mbox.Address
	// From is who answers; without an Addr the field is left to who sends it.
	From mbox.Address
	Date time.Time
	ID   string // without <>
	Body string // with quotations, of lines that end in \n
}

// maxID is how long a Message-ID may be, so that a field with one fits a line.
const maxID = 500

// Write writes the reply with \n at the end of lines, as git and b4 do.
// Errors: what is answered has no Message-ID, or nobody who could be written to.
func (r *Reply) Write(w io.Writer) error {
	if !validID(r.To.MessageID) {
		return errors.New("the mail has no Message-ID that could be answered")
	}
	to, cc := r.people()
	if len(to) == 0 {
		return errors.New("the mail names nobody who could be answered")
	}
	var h gomail.Header
	// Fields come out in the order opposite to this.
	h.Set("Auto-Submitted", "auto-generated") // RFC 3834: programs do not answer it
	h.Set("X-Patchwork-Hint", "ignore")
	h.Set("Content-Transfer-Encoding", "8bit")
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("MIME-Version", "1.0")
	h.SetMsgIDList("References", r.references())
	h.SetMsgIDList("In-Reply-To", []string{r.To.MessageID})
	h.SetMessageID(r.ID)
	h.SetDate(r.Date)
	h.SetSubject(Subject(r.To.Subject))
	if len(cc) > 0 {
		h.SetAddressList("Cc", cc)
	}
	h.SetAddressList("To", to)
	if r.From.Addr != "" {
		h.SetAddressList("From", []*gomail.Address{address(r.From)})
	}
	var b bytes.Buffer
	if err := textproto.WriteHeader(&b, h.Header.Header); err != nil {
		return fmt.Errorf("the header cannot be written: %w", err)
	}
	text := strings.ReplaceAll(b.String(), "\r\n", "\n") + r.Body
	_, err := io.WriteString(w, text)
	return err
}

// Subject is that of an answer: one Re: opens it, or patchwork could take what
// it quotes for a patch.
func Subject(s string) string {
	s = clean(s)
	for len(s) >= 3 && strings.EqualFold(s[:3], "re:") {
		s = strings.TrimSpace(s[3:])
	}
	return "Re: " + s
}

// references lists the mails above a reply, the oldest first.
func (r *Reply) references() []string {
	above := r.To.References
	if len(above) == 0 && r.To.InReplyTo != "" {
		above = []string{r.To.InReplyTo}
	}
	var ids []string
	for _, id := range above {
		if validID(id) && id != r.To.MessageID && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return append(ids, r.To.MessageID)
}

// validID reports whether a Message-ID can stand in a field as it is.
func validID(id string) bool {
	odd := func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '<' || c == '>' }
	return id != "" && len(id) <= maxID && !strings.ContainsFunc(id, odd)
}

// people are who a reply goes to: who wanted the answers, or sent the mail; and
// the authors and all who had it. Nobody is named twice, nor the one who answers.
func (r *Reply) people() (to, cc []*gomail.Address) {
	seen := map[string]bool{strings.ToLower(r.From.Addr): true, "": true}
	add := func(list []*gomail.Address, people ...mbox.Address) []*gomail.Address {
		for _, p := range people {
			if key := strings.ToLower(p.Addr); !seen[key] && validAddr(p.Addr) {
				seen[key] = true
				list = append(list, address(p))
			}
		}
		return list
	}
	h := r.To.Header
	to = add(to, h.Addresses("Reply-To")...)
	if len(to) == 0 {
		to = add(to, r.To.From)
	}
	if len(to) == 0 {
		to = add(to, r.Authors...)
	}
	cc = add(cc, r.To.From)
	cc = add(cc, r.Authors...)
	cc = add(cc, h.Addresses("To")...)
	cc = add(cc, h.Addresses("Cc")...)
	return to, cc
}

// validAddr reports whether an address can stand in a field, and is read there as
// what it is.
func validAddr(addr string) bool {
	odd := func(c rune) bool { return c <= ' ' || c >= 0x7f }
	if len(addr) > maxID || strings.ContainsFunc(addr, odd) {
		return false
	}
	a, err := mail.ParseAddress("<" + addr + ">")
	return err == nil && a.Address == addr
}

func address(a mbox.Address) *gomail.Address {
	return &gomail.Address{Name: clean(a.Name), Address: a.Addr}
}

// clean makes one line of a text without control characters.
func clean(s string) string {
	return strings.Join(strings.Fields(printable(s)), " ")
}
