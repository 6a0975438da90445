package mbox

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/emersion/go-message"
)

// decodeTransfer undoes a transfer encoding. The lines of the result are
// numbered after the lines of the file they come from.
func decodeTransfer(encoding string, lines []line) ([]line, error) {
	encoding, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(encoding)), ";")
	switch strings.TrimSpace(encoding) {
	case "quoted-printable":
		return decodeQuoted(lines)
	case "base64":
		return decodeBase64(lines)
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit", "none":
		return lines, nil
	}
	return nil, fmt.Errorf("unknown transfer encoding %q", encoding)
}

// decodeQuoted prepares the text so that no byte of it can stop the decoder:
// what is no valid escape stands for itself, as git reads it.
func decodeQuoted(lines []line) ([]line, error) {
	var text bytes.Buffer
	longest := 0
	marks := newMarks()
	for _, l := range lines {
		escaped := escapeStray(l.text)
		longest = max(longest, len(escaped))
		text.Write(escaped)
		text.WriteByte('\n')
		marks.add(l.n, decodedLines(escaped))
	}
	decoded, err := decodeEntity("quoted-printable", bufio.NewReaderSize(&text, longest+16))
	if err != nil {
		return nil, fmt.Errorf("broken quoted-printable text: %w", err)
	}
	return numberLines(decoded, marks.lineAt), nil
}

// escapeStray rewrites bytes that quoted-printable text must not hold.
func escapeStray(text []byte) []byte {
	text = bytes.TrimRight(text, " \t\r")
	var out []byte
	for i, c := range text {
		stray := c < ' ' && c != '\t' || c == 0x7f ||
			c == '=' && i+1 < len(text) && !(i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]))
		switch {
		case stray && out == nil:
			out = append(append(make([]byte, 0, len(text)+8), text[:i]...), fmt.Sprintf("=%02X", c)...)
		case stray:
			out = append(out, fmt.Sprintf("=%02X", c)...)
		case out != nil:
			out = append(out, c)
		}
	}
	if out == nil {
		return text
	}
	return out
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// decodedLines counts the newlines that a line of quoted-printable ends.
func decodedLines(text []byte) int {
	n := bytes.Count(text, []byte("=0A")) + bytes.Count(text, []byte("=0a"))
	if !bytes.HasSuffix(text, []byte{'='}) {
		n++
	}
	return n
}

// decodeBase64 reads up to the padding, or to the first line that no encoder
// wrote: list programs append their footer as plain text.
func decodeBase64(lines []line) ([]line, error) {
	var text bytes.Buffer
	marks := newMarks()
	for _, l := range lines {
		part := bytes.TrimRight(bytes.TrimSpace(l.text), "=")
		if !isBase64(part) {
			break
		}
		text.Write(part)
		marks.add(l.n, len(part))
		if len(part) < len(bytes.TrimSpace(l.text)) {
			break
		}
	}
	if pad := text.Len() % 4; pad > 0 {
		text.WriteString(strings.Repeat("=", 4-pad))
	}
	decoded, err := decodeEntity("base64", &text)
	if err != nil {
		return nil, fmt.Errorf("broken base64 text: %w", err)
	}
	offset := 0
	numbered := splitLines(decoded, 0)
	for i, l := range numbered {
		numbered[i].n = marks.lineAt(offset * 4 / 3)
		offset += len(l.text) + 1
	}
	if allCR(numbered) {
		return trimCR(numbered), nil
	}
	return numbered, nil
}

func isBase64(text []byte) bool {
	for _, c := range text {
		if !('A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/') {
			return false
		}
	}
	return true
}

// decodeEntity lets go-message undo the encoding. It is told nothing about the
// type: a charset would make it recode the text.
func decodeEntity(encoding string, text io.Reader) ([]byte, error) {
	var header message.Header
	header.Set("Content-Transfer-Encoding", encoding)
	entity, err := message.New(header, text)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(entity.Body)
}

// numberLines splits text; line i of it stands on lineAt(i).
func numberLines(text []byte, lineAt func(int) int) []line {
	lines := splitLines(text, 0)
	for i := range lines {
		lines[i].n = lineAt(i)
	}
	if allCR(lines) {
		return trimCR(lines)
	}
	return lines
}

// marks says from which line of the file the i-th unit of decoded text comes.
// Units are asked for in rising order.
type marks struct {
	ends  []int // units decoded up to and with each line
	lines []int
	next  int
}

func newMarks() *marks { return &marks{} }

func (m *marks) add(line, units int) {
	end := units
	if len(m.ends) > 0 {
		end += m.ends[len(m.ends)-1]
	}
	m.ends, m.lines = append(m.ends, end), append(m.lines, line)
}

func (m *marks) lineAt(unit int) int {
	if len(m.ends) == 0 {
		return 0
	}
	for m.next < len(m.ends)-1 && m.ends[m.next] <= unit {
		m.next++
	}
	return m.lines[m.next]
}

// unflow undoes format=flowed: stuffed blanks go away and lines broken softly
// are joined. A signature separator stays.
func unflow(lines []line, delsp bool) []line {
	var out []line
	var open *line // a line still to be continued
	finish := func() {
		if open != nil {
			out = append(out, *open)
			open = nil
		}
	}
	for _, l := range lines {
		text := trimEOL(l.text)
		if string(text) == "-- " {
			finish()
			out = append(out, line{text, l.n})
			continue
		}
		text = bytes.TrimPrefix(text, []byte{' '})
		soft := bytes.HasSuffix(text, []byte{' '})
		if soft && delsp {
			text = text[:len(text)-1]
		}
		if open == nil {
			open = &line{bytes.Clone(text), l.n}
		} else {
			open.text = append(open.text, text...)
		}
		if !soft {
			finish()
		}
	}
	finish()
	return out
}
