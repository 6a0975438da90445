package patch

import (
	"bytes"
	"strings"
)

// maxName is the longest file name read, in bytes.
const maxName = 4096

// splitGitNames splits the two names of a diff --git line. Names with blanks
// are not quoted there; the two are then equal but for their prefix.
func splitGitNames(names []byte) (old, new string, ok bool) {
	text := string(trimCR(names))
	if len(text) > 2*maxName {
		return "", "", false
	}
	if strings.HasPrefix(text, `"`) {
		end := quotedEnd(text)
		if end < 0 || end+1 >= len(text) || text[end] != ' ' {
			return "", "", false
		}
		return unquoteName(text[:end]), unquoteName(text[end+1:]), true
	}
	if i := strings.Index(text, ` "`); i > 0 && strings.HasSuffix(text, `"`) {
		return text[:i], unquoteName(text[i+1:]), true
	}
	if strings.Count(text, " ") == 1 {
		old, new, _ = strings.Cut(text, " ")
		return old, new, old != "" && new != ""
	}
	for _, i := range blanks(text) {
		if stripFirst(text[:i]) == stripFirst(text[i+1:]) && stripFirst(text[:i]) != "" {
			return text[:i], text[i+1:], true
		}
	}
	// A rename of names with blanks: the rename lines have them.
	old, new, ok = strings.Cut(text, " b/")
	return old, "b/" + new, ok
}

// blanks returns where a name could end: no more places than a name that
// anybody uses has, so that a hostile line costs no time.
func blanks(text string) []int {
	var at []int
	for i := 0; i < len(text) && len(at) < 64; i++ {
		if text[i] == ' ' {
			at = append(at, i)
		}
	}
	return at
}

// quotedEnd returns the index after the closing quote of a name, -1 without one.
func quotedEnd(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// unquoteName undoes git's quoting of a name; a name that is not quoted, or
// badly, is taken as it is.
func unquoteName(text string) string {
	text = strings.TrimRight(text, "\r\t")
	if len(text) < 2 || text[0] != '"' || quotedEnd(text) != len(text) {
		return text
	}
	var name []byte
	for inner := text[1 : len(text)-1]; len(inner) > 0; {
		if inner[0] != '\\' || len(inner) == 1 {
			name, inner = append(name, inner[0]), inner[1:]
			continue
		}
		if c, ok := octal(inner[1:]); ok {
			name, inner = append(name, c), inner[4:]
			continue
		}
		name, inner = append(name, escaped(inner[1])), inner[2:]
	}
	return string(name)
}

func octal(s string) (byte, bool) {
	if len(s) < 3 {
		return 0, false
	}
	n := 0
	for _, c := range []byte(s[:3]) {
		if c < '0' || c > '7' {
			return 0, false
		}
		n = n*8 + int(c-'0')
	}
	return byte(n), n < 256
}

func escaped(c byte) byte {
	if i := strings.IndexByte("abtnvfr", c); i >= 0 {
		return "\a\b\t\n\v\f\r"[i]
	}
	return c
}

// headerName reads the name of a --- or +++ line and cuts the date after it,
// in whatever words it is written. epoch says that the date is 1970-01-01,
// with which diff marks a file that is not there.
func headerName(text []byte) (name string, epoch bool) {
	line := string(trimCR(text))
	if strings.HasPrefix(line, `"`) {
		if end := quotedEnd(line); end > 0 {
			return unquoteName(line[:end]), isEpoch(line[end:])
		}
	}
	if name, date, ok := strings.Cut(line, "\t"); ok {
		return name, isEpoch(date)
	}
	for _, i := range blanks(line) {
		if looksLikeDate(line[i+1:]) {
			return strings.TrimRight(line[:i], " "), isEpoch(line[i+1:])
		}
	}
	return strings.TrimRight(line, " "), false
}

func isEpoch(date string) bool {
	date = strings.TrimSpace(date)
	return strings.HasPrefix(date, "1970-01-01") || strings.HasPrefix(date, "1969-12-31") ||
		strings.HasPrefix(date, "Thu Jan  1 ") && strings.HasSuffix(date, "1970")
}

// looksLikeDate reports whether all that follows a name is a date: a time of
// day or a year stands in it and no further path.
func looksLikeDate(text string) bool {
	digits, colon := 0, false
	for i, c := range []byte(text) {
		switch {
		case c == '/':
			return false
		case '0' <= c && c <= '9':
			digits++
		case c == ':' && i > 0 && digits > 0:
			colon = true
		}
	}
	return colon && digits >= 4
}

// paths returns the two paths without prefix, "" for the missing one.
func (h *fileHeader) paths() (old, new string, err error) {
	strip := h.stripFunc()
	old, new = strip(h.old), strip(h.new)
	if h.git {
		gitOld, gitNew := strip(h.gitOld), strip(h.gitNew)
		if h.from != "" || h.to != "" {
			gitOld, gitNew = h.from, h.to
		}
		if h.old == "" {
			return gitOld, gitNew, nil
		}
		if h.old != devNull && old != gitOld || h.new != devNull && new != gitNew {
			return "", "", &SyntaxError{h.place, "the names after --- and +++ differ from those after diff --git"}
		}
		return old, new, nil
	}
	if old == "" || new == "" || old == new {
		return old, new, nil
	}
	// quilt writes file.orig or file~patch on one side.
	if strings.HasPrefix(new, old) {
		return old, old, nil
	}
	return new, new, nil
}

// stripFunc tells how to take the prefix off the names of this header. As with
// patch -p1 the first component goes; names that were written without prefixes
// show it by beginning alike.
func (h *fileHeader) stripFunc() func(string) string {
	first, second := h.old, h.new
	if h.git {
		first, second = h.gitOld, h.gitNew
	}
	keep := func(name string) string {
		if name == devNull {
			return ""
		}
		return name
	}
	strip := func(name string) string {
		if name == devNull {
			return ""
		}
		return stripFirst(name)
	}
	if h.from != "" && h.from == first || !hasPrefixComponent(first, second) {
		return keep
	}
	return strip
}

func hasPrefixComponent(old, new string) bool {
	oldTop, _, oldOK := strings.Cut(old, "/")
	newTop, _, newOK := strings.Cut(new, "/")
	switch {
	case old == devNull:
		return newOK && usualPrefix(newTop)
	case new == devNull:
		return oldOK && usualPrefix(oldTop)
	case !oldOK || !newOK:
		return false
	}
	return oldTop != newTop || usualPrefix(oldTop)
}

// usualPrefix knows what git, quilt and people put before a path. No folder at
// the top of a kernel is called so.
func usualPrefix(top string) bool {
	switch top {
	case "a", "b", "c", "i", "w", "o", "1", "2", "old", "new", "orig":
		return true
	}
	return strings.HasPrefix(top, "linux") || strings.HasSuffix(top, ".orig")
}

func stripFirst(name string) string {
	_, rest, ok := strings.Cut(name, "/")
	if !ok {
		return ""
	}
	return rest
}

// checkPaths refuses names that point out of the tree or into .git.
func (h *fileHeader) checkPaths(f *File) error {
	for _, raw := range []string{h.old, h.new, h.gitOld, h.gitNew} {
		if strings.HasPrefix(raw, "/") && raw != devNull {
			return &PathError{h.place, abbreviate(raw), "is absolute"}
		}
	}
	if f.Op != Create {
		if err := h.checkPath(f.OldPath); err != nil {
			return err
		}
	}
	if f.Op != Delete {
		return h.checkPath(f.NewPath)
	}
	return nil
}

func abbreviate(name string) string {
	if len(name) > 80 {
		return name[:80] + "…"
	}
	return name
}

func (h *fileHeader) checkPath(path string) error {
	reason := ""
	switch {
	case path == "":
		reason = "is empty"
	case len(path) > maxName:
		reason = "is too long"
	case strings.HasPrefix(path, "/"):
		reason = "is absolute"
	case strings.ContainsAny(path, "\x00\n\r"):
		reason = "has a control character in it"
	}
	for _, part := range strings.Split(path, "/") {
		if reason != "" {
			break
		}
		reason = badComponent(part)
	}
	if reason == "" {
		return nil
	}
	return &PathError{h.place, abbreviate(path), reason}
}

func badComponent(part string) string {
	switch {
	case part == "..":
		return "leaves the tree"
	case part == "" || part == ".":
		return "has an empty component"
	case strings.EqualFold(part, ".git"):
		return "enters .git"
	}
	return ""
}

func trimCR(line []byte) []byte { return bytes.TrimSuffix(line, []byte{'\r'}) }
