package report

import (
	"bytes"
	"io"
	"mime"
	"net/mail"
	"regexp"
	"strings"
	"testing"
)

// What patchwork looks for in a mail.
// Source: subject_check and parse_patch of patchwork/parser.py and
// extract_tags of patchwork/models.py, v3.1.
var (
	patchworkReply = regexp.MustCompile(`(?i)^(re|fwd?)[:\s]`)
	patchworkHunk  = regexp.MustCompile(`^@@ -\d+(,\d+)? \+\d+(,\d+)? @@`)
	patchworkTag   = regexp.MustCompile(`(?mi)^(tested|reviewed|acked|signed-off|nacked|reported)-by:|^fixes:`)
)

// patchworkExtended are the lines below "diff" that alone make a patch.
var patchworkExtended = []string{"old mode ", "new mode ", "deleted file ", "new file ", "copy ", "rename ", "similarity ", "dissimilarity ", "index ", "GIT binary "}

// hasPatchworkDiff reports whether patchwork would cut a patch out of a text:
// a hunk below the names of two files, or a line that git adds below "diff".
func hasPatchworkDiff(text string) bool {
	afterDiff, names := false, 0
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case strings.HasPrefix(line, "--- "):
			names = 1
		case names == 1 && strings.HasPrefix(line, "+++ "):
			names = 2
		case names == 2 && patchworkHunk.MatchString(line):
			return true
		case strings.HasPrefix(line, "diff "), strings.HasPrefix(line, "Index: "):
			afterDiff, names = true, 0
		default:
			names = 0
			for _, prefix := range patchworkExtended {
				if afterDiff && strings.HasPrefix(line, prefix) {
					return true
				}
			}
		}
	}
	return false
}

// TestPatchwork reads replies as patchwork does. Each of the hint, the subject and
// the text keeps it from taking them for patches.
func TestPatchwork(t *testing.T) {
	if !hasPatchworkDiff(hostileMail) || !hasPatchworkDiff("diff --git a/a b/b\nnew file mode 100644\n") {
		t.Fatal("a patch is not taken for one")
	}
	m, err := mail.ReadMessage(bytes.NewReader(hostileReply(t)))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Header.Get("X-Patchwork-Hint"); got != "ignore" {
		t.Errorf("got the hint %q, want ignore", got)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || !patchworkReply.MatchString(subject) {
		t.Errorf("got the subject %q, %v, want one of a reply", subject, err)
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	if hasPatchworkDiff(string(body)) {
		t.Errorf("got a diff in\n%s", body)
	}
	if s := patchworkTag.FindString(string(body)); s != "" {
		t.Errorf("got a tag %q in\n%s", s, body)
	}
	if strings.Contains(string(body), "are available in the git repository at:") {
		t.Error("got a pull request")
	}
}
