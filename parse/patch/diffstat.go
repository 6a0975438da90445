package patch

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// diffstat is the line below the list of changed files.
type diffstat struct {
	files, added, removed int
}

// checkDiffstat warns if the mail promises more or less than its diff holds,
// as one does that was cut between two hunks.
func (s *scanner) checkDiffstat() {
	if len(s.patch.Files) == 0 {
		return
	}
	for i := s.begin - 1; i >= 0; i-- {
		want, ok := parseDiffstat(s.lines[i])
		if !ok {
			continue
		}
		if got := s.count(); got != want {
			s.patch.Warnings = append(s.patch.Warnings, Warning{s.patch.Mail, s.lineAt(i + 1), fmt.Sprintf(
				"the diffstat counts %d files, %d added and %d removed lines, the diff has %d, %d and %d: it may be cut short or edited",
				want.files, want.added, want.removed, got.files, got.added, got.removed)})
		}
		return
	}
}

func (s *scanner) count() diffstat {
	var got diffstat
	paths := make(map[string]bool)
	for _, f := range s.patch.Files {
		paths[f.Path()] = true
		for _, h := range f.Hunks {
			for _, l := range h.Lines {
				switch l.Op {
				case '+':
					got.added++
				case '-':
					got.removed++
				}
			}
		}
	}
	got.files = len(paths)
	return got
}

// parseDiffstat reads ` 2 files changed, 3 insertions(+), 1 deletion(-)`.
func parseDiffstat(line []byte) (diffstat, bool) {
	var d diffstat
	if len(line) > 200 || !bytes.Contains(line, []byte(" changed")) || line[0] != ' ' {
		return d, false
	}
	for i, part := range strings.Split(strings.TrimSpace(string(line)), ", ") {
		words := strings.Fields(part)
		if len(words) < 2 {
			return d, false
		}
		n, err := strconv.Atoi(words[0])
		switch {
		case err != nil:
			return d, false
		case i == 0 && strings.HasPrefix(words[1], "file") && len(words) == 3:
			d.files = n
		case i > 0 && strings.HasPrefix(words[1], "insertion"):
			d.added = n
		case i > 0 && strings.HasPrefix(words[1], "deletion"):
			d.removed = n
		default:
			return d, false
		}
	}
	return d, true
}
