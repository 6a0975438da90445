package mbox

import (
	"strconv"
	"strings"
)

// Tag is what the brackets of a subject say about a patch.
type Tag struct {
	Patch   bool     // the subject is one of a patch or a cover letter
	Reply   bool     // it began with Re:, Fwd: or the like
	RFC     bool     // marked RFC
	Resend  bool     // marked RESEND
	Version int      // of the series, 1 if none is given
	N       int      // position n of n/m; 0 is the cover letter
	Total   int      // m of n/m; 0 if the subject has no n/m
	Words   []string // other words of the brackets, like fix or mm-unstable
	Title   string   // the subject without brackets and Re:
}

// IsCover reports whether the subject is one of a cover letter.
func (t Tag) IsCover() bool { return t.Patch && t.Total > 0 && t.N == 0 }

// Has reports whether the brackets hold this other word.
func (t Tag) Has(word string) bool {
	for _, w := range t.Words {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// ParseSubject reads [PATCH v2 3/7] and its variants: [PATCHv2], [RFC v1 03/10],
// [v2,3/7], [PATCH RESEND 1/2], and several brackets in a row.
func ParseSubject(subject string) Tag {
	t := Tag{Version: 1}
	rest := strings.TrimSpace(subject)
	for {
		if after, ok := cutReply(rest); ok {
			t.Reply, rest = true, after
			continue
		}
		inside, after, ok := cutBrackets(rest)
		if !ok {
			break
		}
		t.readWords(inside)
		rest = after
	}
	t.Title = rest
	if t.Total > 0 || t.RFC {
		t.Patch = true
	}
	return t
}

func cutReply(s string) (string, bool) {
	for _, prefix := range []string{"re:", "aw:", "antw:", "fwd:", "fw:", "sv:"} {
		if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
			return strings.TrimSpace(s[len(prefix):]), true
		}
	}
	return s, false
}

func cutBrackets(s string) (inside, after string, ok bool) {
	if !strings.HasPrefix(s, "[") {
		return "", s, false
	}
	end := strings.IndexByte(s, ']')
	if end < 0 || end == len(s)-1 {
		return "", s, false
	}
	return s[1:end], strings.TrimSpace(s[end+1:]), true
}

func (t *Tag) readWords(inside string) {
	for _, w := range strings.FieldsFunc(inside, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' }) {
		t.readWord(w)
	}
}

func (t *Tag) readWord(w string) {
	upper := strings.ToUpper(w)
	if n, total, ok := parseCount(w); ok {
		t.N, t.Total = n, total
		return
	}
	if v, ok := parseVersion(strings.TrimPrefix(upper, "PATCH")); ok {
		t.Patch = t.Patch || strings.HasPrefix(upper, "PATCH")
		t.Version = v
		return
	}
	switch upper {
	case "PATCH", "PATCHES":
		t.Patch = true
	case "RFC", "RFC-PATCH", "RFCPATCH", "PATCH/RFC", "RFC/PATCH":
		t.RFC = true
	case "RESEND", "REPOST":
		t.Resend = true
	default:
		t.Words = append(t.Words, w)
	}
}

// parseCount reads n/m. A total of 0 or an n above it is none.
func parseCount(w string) (n, total int, ok bool) {
	left, right, found := strings.Cut(w, "/")
	if !found || len(left) > 4 || len(right) > 4 {
		return 0, 0, false
	}
	n, err := strconv.Atoi(left)
	if err != nil || n < 0 {
		return 0, 0, false
	}
	total, err = strconv.Atoi(right)
	if err != nil || total < 1 {
		return 0, 0, false
	}
	return n, total, true
}

// parseVersion reads V2 and V2.1, of which the first number counts.
func parseVersion(w string) (int, bool) {
	digits, ok := strings.CutPrefix(w, "V")
	if !ok {
		return 0, false
	}
	digits, _, _ = strings.Cut(digits, ".")
	v, err := strconv.Atoi(digits)
	return v, err == nil && v >= 0 && len(digits) <= 4
}
