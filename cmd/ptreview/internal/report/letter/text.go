package letter

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxLine is how long a line of a mail may be, in bytes, with some room.
// Source: RFC 5322, 2.1.1.
const maxLine = 980

// Quote quotes a line as it stands. Only what a mail cannot hold is replaced,
// and the end of what is longer than one of its lines.
func Quote(line string) string {
	text := "> " + printable(line)
	if len(text) <= maxLine {
		return text + "\n"
	}
	cut := maxLine
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…\n"
}

// taken matches lines that a program takes for something: for a patch or the
// begin of one, the end of a message, a mail, a quotation, a signature; or for
// a trailer that is given.
// Source: git mailinfo.c patchbreak() v2.39; patchwork/models.py and parser.py v3.1.
var taken = regexp.MustCompile(`^(?:diff |---|\+\+\+ |@@ |Index: |From |-- |>)|^[\t ]*(?i:[a-z-]+-by|cc|fixes|closes|link)[\t ]*:`)

// Own makes lines of one's own of a text, none of which is taken for anything
// else. Those that would be get a bar.
func Own(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimRight(printable(strings.TrimSuffix(line, "\n")), " \t")
		if taken.MatchString(line) {
			line = "| " + line
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// printable shows control characters instead of sending them; tabs stay.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}
