package mbox

import (
	"bytes"
)

// line is one line without its newline, and its number in the file.
type line struct {
	text []byte
	n    int
}

// splitLines cuts data into lines, the first of which has number first.
func splitLines(data []byte, first int) []line {
	lines := make([]line, 0, bytes.Count(data, []byte{'\n'})+1)
	for n := first; len(data) > 0; n++ {
		text, rest, _ := bytes.Cut(data, []byte{'\n'})
		lines = append(lines, line{text, n})
		data = rest
	}
	return lines
}

// splitMails cuts a file into its mails. Only a file that begins with a From_
// line, or with no header at all, can hold more than one: in a single mail a
// From_ line is text, usually of an attached patch.
func splitMails(lines []line) [][]line {
	start := firstText(lines)
	if start == len(lines) {
		return nil
	}
	isMbox := isFromLine(lines[start].text)
	if !isMbox && isHeaderLine(lines[start].text) {
		if fields, _ := readHeader(lines[start:]); fields.isMail() {
			return [][]line{lines}
		}
	}
	var mails [][]line
	begin := 0
	for i := start + 1; i < len(lines); i++ {
		if isFromLine(lines[i].text) && startsMail(lines, i, isMbox) {
			mails = append(mails, lines[begin:i])
			begin = i
		}
	}
	mails = append(mails, lines[begin:])
	if isMbox && isMboxrd(lines) {
		for _, mail := range mails {
			unquoteFrom(mail[1:])
		}
	}
	return mails
}

// startsMail reports whether the From_ line i is a separator and not a
// sentence of the text before it.
func startsMail(lines []line, i int, isMbox bool) bool {
	if isMbox && len(trimEOL(lines[i-1].text)) == 0 {
		return true
	}
	if i+1 == len(lines) {
		return false
	}
	next := lines[i+1].text
	return isHeaderLine(next) || bytes.HasPrefix(next, []byte(">From "))
}

func firstText(lines []line) int {
	for i, l := range lines {
		if len(bytes.TrimSpace(l.text)) > 0 {
			return i
		}
	}
	return len(lines)
}

// isFromLine reports whether text separates mails: `From ` with a time of day
// and, after it, a year. "From here on" is none.
func isFromLine(text []byte) bool {
	rest, ok := bytes.CutPrefix(text, []byte("From "))
	if !ok || len(text) > 1000 {
		return false
	}
	fields := bytes.Fields(rest)
	for i, f := range fields {
		if !isClock(f) {
			continue
		}
		for _, after := range fields[i+1:] {
			if isYear(after) {
				return true
			}
		}
	}
	return false
}

// isClock matches 7:05, 17:05 and 17:05:59.
func isClock(f []byte) bool {
	colons := 0
	for i, c := range f {
		switch {
		case c == ':' && i > 0 && i+2 < len(f):
			colons++
		case c < '0' || c > '9':
			return false
		}
	}
	return colons >= 1 && colons <= 2 && len(f) <= len("00:00:00")
}

func isYear(f []byte) bool {
	if len(f) != 4 {
		return false
	}
	for _, c := range f {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// isMboxrd reports whether the quoting of "From " in these mails can be undone
// without loss. In the older format `>From ` may have been written like that.
func isMboxrd(lines []line) bool {
	if bytes.HasPrefix(lines[firstText(lines)].text, []byte("From mboxrd@")) {
		return true
	}
	for _, l := range lines {
		if bytes.HasPrefix(l.text, []byte(">>")) && isQuotedFrom(l.text) {
			return true
		}
	}
	return false
}

func isQuotedFrom(text []byte) bool {
	unquoted := bytes.TrimLeft(text, ">")
	return len(unquoted) < len(text) && bytes.HasPrefix(unquoted, []byte("From "))
}

func unquoteFrom(lines []line) {
	for i, l := range lines {
		if isQuotedFrom(l.text) {
			lines[i].text = l.text[1:]
		}
	}
}

func trimEOL(text []byte) []byte { return bytes.TrimSuffix(text, []byte{'\r'}) }

// allCR reports whether every line ends in CR, as in mail on the wire. The last
// of several may have been cut off.
func allCR(lines []line) bool {
	for i, l := range lines {
		isCut := i > 1 && i == len(lines)-1
		if !isCut && !bytes.HasSuffix(l.text, []byte{'\r'}) {
			return false
		}
	}
	return len(lines) > 0
}

func trimCR(lines []line) []line {
	out := make([]line, len(lines))
	for i, l := range lines {
		out[i] = line{trimEOL(l.text), l.n}
	}
	return out
}

// stripTransportCR removes one CR per line from a body whose header has them:
// then they belong to the mail, not to the files in it.
func stripTransportCR(header, body []line) []line {
	if len(header) > 0 && bytes.HasSuffix(header[0].text, []byte{'\r'}) {
		return trimCR(body)
	}
	return body
}
