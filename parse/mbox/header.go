package mbox

import (
	"bytes"
	"mime"
	"net/mail"
	"strings"
	"time"
)

// Header is the fields of a mail in their order.
type Header []Field

// Field is one header field. Value is unfolded but neither decoded nor
// recoded.
type Field struct {
	Name  string
	Value string
	Line  int
}

// Raw returns the first value of the field, "" when it is absent.
func (h Header) Raw(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Get returns the first value of the field, decoded.
func (h Header) Get(name string) string { return decodeWords(h.Raw(name)) }

// Values returns all values of the field, decoded.
func (h Header) Values(name string) []string {
	var values []string
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			values = append(values, decodeWords(f.Value))
		}
	}
	return values
}

// isMail reports whether a mail program wrote these fields: "Re: something"
// and "Note: something" open texts too.
func (h Header) isMail() bool {
	for _, f := range h {
		switch strings.ToLower(f.Name) {
		case "from", "subject", "date", "message-id", "to", "cc", "sender", "received", "return-path",
			"delivered-to", "mime-version", "content-type", "in-reply-to", "references", "list-id":
			return true
		}
	}
	return false
}

// Address is a person. Addr is empty when the field could not be read as an
// address; Name then has its text.
type Address struct {
	Name string
	Addr string
}

func (a Address) String() string {
	switch {
	case a.Addr == "":
		return a.Name
	case a.Name == "":
		return a.Addr
	}
	return a.Name + " <" + a.Addr + ">"
}

// skipEnvelope leaves out blank lines and From_ lines, quoted or not, before
// the header.
func skipEnvelope(lines []line) []line {
	for i, l := range lines {
		text := trimEOL(l.text)
		if len(text) > 0 && !isFromLine(text) && !bytes.HasPrefix(text, []byte(">From ")) {
			return lines[i:]
		}
	}
	return nil
}

// readHeader reads fields up to the first blank line and returns the index of
// the first line of the body. A line that is no field is left out when the
// header goes on after it; otherwise the body begins there.
func readHeader(lines []line) (Header, int) {
	var fields Header
	var value []byte
	finish := func() {
		if len(fields) > 0 {
			fields[len(fields)-1].Value = string(value)
		}
	}
	defer finish()
	for i, l := range lines {
		text := trimEOL(l.text)
		switch {
		case len(text) == 0:
			return fields, i + 1
		case isFold(text) && len(fields) > 0:
			value = append(append(value, ' '), bytes.TrimSpace(text)...)
		case isHeaderLine(text):
			finish()
			name, rest, _ := bytes.Cut(text, []byte{':'})
			fields = append(fields, Field{Name: string(bytes.TrimRight(name, " \t")), Line: l.n})
			value = append([]byte(nil), bytes.TrimSpace(rest)...)
		case i+1 == len(lines) || !headerGoesOn(lines[i+1].text):
			return fields, i
		}
	}
	return fields, len(lines)
}

func isFold(text []byte) bool { return text[0] == ' ' || text[0] == '\t' }

func headerGoesOn(text []byte) bool {
	text = trimEOL(text)
	return isHeaderLine(text) || len(text) > 0 && isFold(text)
}

// isHeaderLine matches `Name: value`. Names with 8-bit bytes occur.
func isHeaderLine(text []byte) bool {
	colon := bytes.IndexByte(text, ':')
	if colon < 1 || colon > 200 {
		return false
	}
	for _, c := range bytes.TrimRight(text[:colon], " \t") {
		if c <= ' ' || c == 0x7f {
			return false
		}
	}
	return text[0] > ' '
}

// identify fills the fields of m that name it.
func (m *Mail) identify() {
	h := m.Header
	m.Subject = strings.Join(strings.Fields(h.Get("Subject")), " ")
	m.From = ParseAddress(h.Raw("From"))
	m.Date = parseDate(h.Raw("Date"))
	if ids := messageIDs(h.Raw("Message-ID")); len(ids) > 0 {
		m.MessageID = ids[0]
	}
	if ids := messageIDs(h.Raw("In-Reply-To")); len(ids) > 0 {
		m.InReplyTo = ids[0]
	}
	m.References = messageIDs(h.Raw("References"))
}

// messageIDs returns the <ids> of a field. A field with one bare word, as some
// programs write it, is an id too.
func messageIDs(value string) []string {
	var ids []string
	for rest := value; ; {
		open := strings.IndexByte(rest, '<')
		if open < 0 {
			break
		}
		end := strings.IndexByte(rest[open:], '>')
		if end < 0 {
			break
		}
		id := strings.Join(strings.Fields(rest[open+1:open+end]), "")
		if id != "" {
			ids = append(ids, id)
		}
		rest = rest[open+end+1:]
	}
	if words := strings.Fields(value); len(ids) == 0 && len(words) == 1 && strings.Contains(value, "@") {
		return words
	}
	return ids
}

// ParseAddress reads the first address of a From field and falls back to the
// text around the last <…>, then to the text itself.
func ParseAddress(value string) Address {
	parser := mail.AddressParser{WordDecoder: wordDecoder()}
	if len(value) < 1000 {
		if a, err := parser.Parse(value); err == nil {
			return Address{Name: a.Name, Addr: a.Address}
		}
	}
	text := decodeWords(value)
	open, end := strings.LastIndexByte(text, '<'), strings.LastIndexByte(text, '>')
	if open < 0 || end < open {
		return Address{Name: text}
	}
	name := strings.Trim(strings.TrimSpace(text[:open]), `"`)
	return Address{Name: name, Addr: strings.TrimSpace(text[open+1 : end])}
}

// Addresses returns the people of all fields of a name, in their order. What is
// no list of addresses is taken apart at its commas.
func (h Header) Addresses(name string) []Address {
	parser := mail.AddressParser{WordDecoder: wordDecoder()}
	var people []Address
	for _, f := range h {
		if !strings.EqualFold(f.Name, name) {
			continue
		}
		if list, err := parser.ParseList(f.Value); err == nil {
			for _, a := range list {
				people = append(people, Address{Name: a.Name, Addr: a.Address})
			}
			continue
		}
		for part := range strings.SplitSeq(f.Value, ",") {
			if a := ParseAddress(part); a.Addr != "" {
				people = append(people, a)
			}
		}
	}
	return people
}

func parseDate(value string) time.Time {
	date, err := mail.ParseDate(value)
	if err != nil {
		return time.Time{}
	}
	return date
}

func wordDecoder() *mime.WordDecoder {
	return &mime.WordDecoder{CharsetReader: charsetReader}
}

// decodeWords decodes the encoded words of a field. One broken word leaves the
// field as it is; bytes that are not UTF-8 are read as Latin-1.
func decodeWords(value string) string {
	decoded, err := wordDecoder().DecodeHeader(value)
	if err != nil {
		decoded = value
	}
	return toUTF8("", []byte(decoded))
}
