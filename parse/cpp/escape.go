package cpp

import "unicode/utf8"

// charValue returns the value of the first character of a constant's text and
// what follows it; false for an escape that gcc does not know. In a wide
// constant a character is a code point, otherwise a byte.
func charValue(text string, wide bool) (v uint64, rest string, ok bool) {
	if text[0] != '\\' {
		if wide {
			r, n := utf8.DecodeRuneInString(text)
			return uint64(r), text[n:], true
		}
		return uint64(text[0]), text[1:], true
	}
	if len(text) < 2 {
		return 0, "", false
	}
	c, rest := text[1], text[2:]
	switch c {
	case 'x':
		return hexEscape(rest)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		v, rest = octalEscape(text[1:])
		return v, rest, true
	case 'u':
		return codePoint(rest, 4)
	case 'U':
		return codePoint(rest, 8)
	}
	v, ok = simpleEscape(c)
	return v, rest, ok
}

func simpleEscape(c byte) (uint64, bool) {
	switch c {
	case '\\', '\'', '"', '?', '(', '{', '[', '%':
		return uint64(c), true
	case 'a':
		return 7, true
	case 'b':
		return 8, true
	case 'f':
		return 12, true
	case 'n':
		return 10, true
	case 'r':
		return 13, true
	case 't':
		return 9, true
	case 'v':
		return 11, true
	case 'e', 'E':
		return 27, true
	}
	return 0, false
}

func hexEscape(text string) (v uint64, rest string, ok bool) {
	n := 0
	for n < len(text) && digit(text[n]) < 16 {
		v = v<<4 | uint64(digit(text[n]))
		n++
	}
	return v, text[n:], n > 0
}

func octalEscape(text string) (v uint64, rest string) {
	n := 0
	for n < len(text) && n < 3 && digit(text[n]) < 8 {
		v = v<<3 | uint64(digit(text[n]))
		n++
	}
	return v, text[n:]
}

func codePoint(text string, digits int) (v uint64, rest string, ok bool) {
	if len(text) < digits {
		return 0, "", false
	}
	for i := range digits {
		if digit(text[i]) >= 16 {
			return 0, "", false
		}
		v = v<<4 | uint64(digit(text[i]))
	}
	return v, text[digits:], true
}
