package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"ptreview/rules/check"
)

// JSON writes r in the form ptreview.review/v1, indented, with a last newline.
func JSON(w io.Writer, r *check.Report) error { return writeValue(w, r, "  ") }

// writeValue writes one JSON value and a newline. encoding/json leaves the
// control characters from 0x7f to 0x9f as they are; terminals obey some of them.
func writeValue(w io.Writer, v any, indent string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escapeControls(b.Bytes()))
	return err
}

// escapeControls escapes these characters in a JSON text, where only strings can
// have them.
func escapeControls(text []byte) []byte {
	if !bytes.ContainsFunc(text, isHighControl) {
		return text
	}
	var out []byte
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if isHighControl(r) {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = append(out, text[:n]...)
		}
		text = text[n:]
	}
	return out
}

func isHighControl(r rune) bool { return r >= 0x7f && r <= 0x9f }
