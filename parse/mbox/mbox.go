// Package mbox reads mails as they lie on kernel lists: mbox and mboxrd
// files, single RFC 2822 files, maildirs, folders of patches, and bare diffs
// that never were mails.
//
// It knows how a file splits into mails, how headers fold and are encoded,
// and which MIME parts hold the text a patch can stand in. The text keeps its
// bytes: transfer encodings are undone, character sets are not, because a hunk
// must match its file byte for byte. Every line of the text knows its line in
// the file, so that messages can name it.
//
// It leaves out what the text means: diffs belong to parse/patch, threads and
// versions to parse/series.
package mbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
)

// MaxInput is the largest input read, in bytes.
const MaxInput = 256 << 20

// Mail is one mail, or a bare diff without any identity.
type Mail struct {
	File string // name of the input, as messages print it
	Line int    // line of File on which the mail begins
	// Plain says that there was no mail header: a diff, or a text copied from
	// a web page. Then Header is empty and Body the whole input.
	Plain  bool
	Header Header

	Subject    string    // decoded, on one line
	From       Address   // decoded
	Date       time.Time // zero when absent or unreadable
	MessageID  string    // without <>
	InReplyTo  string    // first id, without <>
	References []string  // oldest first, without <>

	Body     []byte // text of all parts that can hold a patch, not recoded
	BodyLine int    // line of File of the first line of Body
	Charset  string // as declared for the first text part, "" if it was not

	Notes []Note // what was skipped or mended while reading
	Err   error  // *Error when the text could not be read in full

	lines []int32 // line of File for every line of Body
}

// Note is something a reader of the result should know about a mail.
type Note struct {
	File string
	Line int
	Text string
}

func (n Note) String() string { return fmt.Sprintf("%s:%d: %s", n.File, n.Line, n.Text) }

// Error is a mail or file that cannot be read.
type Error struct {
	File   string
	Line   int // 0 when the whole file is meant
	Reason string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Reason)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason)
}

// FileLine returns the line of m.File on which line n of the body stands.
// n starts at 1; a line past the end answers with the last one.
func (m *Mail) FileLine(n int) int {
	switch {
	case len(m.lines) == 0:
		return m.BodyLine
	case n < 1:
		return int(m.lines[0])
	case n > len(m.lines):
		return int(m.lines[len(m.lines)-1])
	}
	return int(m.lines[n-1])
}

// Text decodes b, a piece of the body, to UTF-8 for people to read.
func (m *Mail) Text(b []byte) string { return toUTF8(m.Charset, b) }

// Parse reads all mails from r. name is used in messages. The mails that
// could be read are returned also when some could not: the error then joins
// the *Error values, which are in Mail.Err too.
func Parse(r io.Reader, name string) ([]*Mail, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxInput+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return ParseBytes(data, name)
}

// ParseBytes is Parse on bytes, which must not change afterwards.
func ParseBytes(data []byte, name string) ([]*Mail, error) {
	if err := checkInput(data, name); err != nil {
		return nil, err
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var mails []*Mail
	for _, part := range splitMails(splitLines(data, 1)) {
		mails = append(mails, readMail(part, name, 0)...)
	}
	var errs []error
	for _, m := range mails {
		if m.Err != nil {
			errs = append(errs, m.Err)
		}
	}
	return mails, errors.Join(errs...)
}

// checkInput refuses what is no text at all with the reason a user can act on.
func checkInput(data []byte, name string) error {
	reason := ""
	switch {
	case len(data) > MaxInput:
		reason = fmt.Sprintf("larger than %d MiB", MaxInput>>20)
	case len(bytes.TrimSpace(data)) == 0:
		reason = "empty: neither a mail nor a diff"
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		reason = "encoded in UTF-16: neither a mail nor a diff; write it as UTF-8"
	case bytes.HasPrefix(data, []byte("\x1f\x8b")), bytes.HasPrefix(data, []byte("\xfd7zXZ")),
		bytes.HasPrefix(data, []byte("BZh")), bytes.HasPrefix(data, []byte("\x28\xb5\x2f\xfd")):
		reason = "compressed: unpack it first"
	default:
		return nil
	}
	return &Error{File: name, Reason: reason}
}

// maxNesting bounds mails inside mails.
const maxNesting = 4

// readMail reads one mail, and after it the mails attached to it.
func readMail(lines []line, name string, nesting int) []*Mail {
	m := &Mail{File: name, Line: 1}
	if len(lines) > 0 {
		m.Line = lines[0].n
	}
	rest := skipEnvelope(lines)
	fields, bodyAt := readHeader(rest)
	if !fields.isMail() {
		m.Plain = true
		m.setBody(plainText(lines))
		return []*Mail{m}
	}
	m.Header = fields
	m.identify()
	walk := &partWalk{mail: m}
	walk.part(m.Header, stripTransportCR(rest[:bodyAt], rest[bodyAt:]), 0)
	m.setBody(walk.text)
	mails := []*Mail{m}
	for _, attached := range walk.attached {
		if nesting == maxNesting {
			m.note(attached[0].n, "mails attached to mails more than %d deep are skipped", maxNesting)
			break
		}
		for _, part := range splitMails(attached) {
			mails = append(mails, inherit(readMail(part, name, nesting+1), m)...)
		}
	}
	return mails
}

// inherit ties mails attached to parent to its thread.
func inherit(mails []*Mail, parent *Mail) []*Mail {
	for _, m := range mails {
		if m.InReplyTo == "" {
			m.InReplyTo = parent.MessageID
		}
	}
	return mails
}

// plainText is the text of an input without a mail header.
func plainText(lines []line) []line {
	if allCR(lines) {
		return trimCR(lines)
	}
	return lines
}

func (m *Mail) setBody(lines []line) {
	size := 0
	for _, l := range lines {
		size += len(l.text) + 1
	}
	m.Body = make([]byte, 0, size)
	m.lines = make([]int32, 0, len(lines))
	for _, l := range lines {
		m.Body = append(append(m.Body, l.text...), '\n')
		m.lines = append(m.lines, int32(l.n))
	}
	m.BodyLine = m.Line
	if len(lines) > 0 {
		m.BodyLine = lines[0].n
	}
}

func (m *Mail) note(n int, format string, args ...any) {
	m.Notes = append(m.Notes, Note{File: m.File, Line: n, Text: fmt.Sprintf(format, args...)})
}

// fail records the first reason why the text is not complete.
func (m *Mail) fail(n int, format string, args ...any) {
	if m.Err == nil {
		m.Err = &Error{File: m.File, Line: n, Reason: fmt.Sprintf(format, args...)}
	}
}
