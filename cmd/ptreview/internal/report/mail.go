package report

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/muesli/termenv"

	"ptreview/cmd/ptreview/internal/report/letter"
	"ptreview/parse/mbox"
	"ptreview/parse/series"
	"ptreview/rules/check"
)

// MailOptions say how a review is answered by mail.
type MailOptions struct {
	From  mbox.Address // of who sends the mails; zero leaves the field out
	Date  time.Time
	Clean bool // a series without findings is answered too
}

// errNoMails says that there is nothing to reply to.
var errNoMails = errors.New("a mail answers a mail: only a review of patch mails can be written so, not one of commits or of a report from a file")

// Mail writes the replies of MailFiles as one mbox in the form mboxrd. None of
// their lines begins with From and a blank, which would have to be quoted.
func Mail(w io.Writer, m *Material, opt Options) error {
	files, err := MailFiles(m, opt)
	if err != nil {
		return err
	}
	for _, f := range files {
		if _, err := fmt.Fprintf(w, "From mboxrd@z Thu Jan  1 00:00:00 1970\n%s\n", f.Data); err != nil {
			return err
		}
	}
	return nil
}

// mailReady says before a review that it can be answered by mail.
func mailReady(m *Material) error {
	if m.Series == nil || len(m.Series.Patches) == 0 {
		return errNoMails
	}
	return nil
}

// MailFiles writes a reply to each patch that has findings, from the first on;
// known ones are only counted, in the first. A series without any gets one, below its cover, if opt.Mail.Clean asks for it.
// Errors: the patches came by no mail, or one of them cannot be answered.
func MailFiles(m *Material, opt Options) ([]File, error) {
	if err := mailReady(m); err != nil {
		return nil, err
	}
	opt.Width, opt.Profile, opt.Links = mailWidth, termenv.Ascii, false
	var files []File
	var first *series.Patch // that is answered
	for _, p := range m.Series.Patches {
		var of []*check.Finding
		for _, f := range told(m.Report) {
			if f.FirstBadPatch == p.Position {
				of = append(of, f)
			}
		}
		if len(of) == 0 {
			continue
		}
		f, err := reply(m, p, of, first, opt)
		if err != nil {
			return nil, fmt.Errorf("no reply to %s: %w", Clean(p.Label()), err)
		}
		files = append(files, f)
		if first == nil {
			first = p
		}
	}
	if len(told(m.Report)) > 0 || !opt.Mail.Clean {
		return files, nil
	}
	f, err := cleanReply(m, opt)
	if err != nil {
		return nil, fmt.Errorf("no reply to the series: %w", err)
	}
	return []File{f}, nil
}

// reply is the mail that tells the findings of a patch. first is the patch that
// the first mail answers, nil if this is it.
func reply(m *Material, p *series.Patch, of []*check.Finding, first *series.Patch, opt Options) (File, error) {
	r := newReply(p.Mail, of, opt)
	r.Authors = []mbox.Address{p.From}
	b := newMailBody(m, p, opt)
	b.lead(of)
	b.findings(of)
	b.again()
	b.units(concerning(m, p, of, first == nil), first)
	b.tags(r)
	b.footer()
	r.Body = b.out.String()
	return mailFile(r, p.Position, p.Title)
}

// cleanReply is the mail that says that nothing was found.
func cleanReply(m *Material, opt Options) (File, error) {
	to := m.Series.Cover
	if to == nil {
		to = m.Series.Patches[0].Mail
	}
	r := newReply(to, nil, opt)
	b := newMailBody(m, nil, opt)
	nothing := "Nothing"
	if len(known(m.Report)) > 0 {
		nothing = "Nothing that was not known"
	}
	b.prose(nothing + " was found in " + plural(len(m.Series.Patches), "patch", "patches") + b.base() +
		". That is so for what was looked at, listed below; it is no review by a person, and no tag.")
	b.units(everything(m.Report), nil)
	b.footer()
	r.Body = b.out.String()
	return mailFile(r, 0, m.Series.Subject)
}

// newReply names the answer to a mail by what it tells of it, so that the same
// is not told twice under two names.
func newReply(to *mbox.Mail, of []*check.Finding, opt Options) *letter.Reply {
	names := []string{to.MessageID}
	for _, f := range of {
		names = append(names, f.Fingerprint+" "+string(f.Severity))
	}
	slices.Sort(names[1:])
	_, host, ok := strings.Cut(opt.Mail.From.Addr, "@")
	if !ok {
		host = "ptreview"
	}
	sum := sha256.Sum256([]byte(strings.Join(names, "\n")))
	return &letter.Reply{To: to, From: opt.Mail.From, Date: opt.Mail.Date, ID: fmt.Sprintf("%x.ptreview@%s", sum[:12], host)}
}

// unsafe matches what does not stand in the name of a file.
var unsafe = regexp.MustCompile(`[^A-Za-z0-9_.]+`)

// mailFile writes a reply to a file that is named like those of git format-patch.
func mailFile(r *letter.Reply, n int, title string) (File, error) {
	name := strings.Trim(unsafe.ReplaceAllString(title, "-"), ".-")
	name = strings.TrimRight(name[:min(len(name), 52)], ".-")
	if name == "" {
		name = "reply"
	}
	var b bytes.Buffer
	err := r.Write(&b)
	return File{Name: fmt.Sprintf("%04d-%s.eml", n, name), Data: b.Bytes()}, err
}
