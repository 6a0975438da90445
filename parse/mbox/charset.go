package mbox

import (
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
)

// charsetReader recodes a header word. The hunks of a patch never pass here.
func charsetReader(charset string, r io.Reader) (io.Reader, error) {
	e, err := lookupCharset(charset)
	if err != nil {
		return nil, err
	}
	return e.NewDecoder().Reader(r), nil
}

func lookupCharset(name string) (encoding.Encoding, error) {
	return htmlindex.Get(strings.ToLower(strings.TrimSpace(name)))
}

// toUTF8 decodes b for people to read, from the charset if it is known.
func toUTF8(charset string, b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	e, err := lookupCharset(charset)
	if err != nil {
		e, err = lookupCharset("iso-8859-1")
	}
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	text, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(text)
}
