package patch

import (
	"bytes"
	"fmt"
)

// scanner walks the lines of a mail's text. Outside hunks it looks for the
// headers of files; inside, the counts of the hunk decide.
type scanner struct {
	lines  [][]byte // without newlines
	lineAt func(int) int
	pos    int // index of the next line
	patch  *Patch
	begin  int // index of the first line of the first diff
}

func splitLines(text []byte) [][]byte {
	lines := make([][]byte, 0, bytes.Count(text, []byte{'\n'})+1)
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte{'\n'})
		lines = append(lines, line)
		text = rest
	}
	return lines
}

// line returns the i-th line from the next one, nil past the end.
func (s *scanner) line(i int) []byte {
	if s.pos+i >= len(s.lines) {
		return nil
	}
	return s.lines[s.pos+i]
}

func (s *scanner) done() bool { return s.pos >= len(s.lines) }

// place names the next line.
func (s *scanner) place(path string, hunk int) Place {
	return Place{Mail: s.patch.Mail, Line: s.lineAt(s.pos + 1), Path: path, Hunk: hunk}
}

func (s *scanner) errorf(path string, hunk int, format string, args ...any) error {
	return &SyntaxError{s.place(path, hunk), fmt.Sprintf(format, args...)}
}

func (s *scanner) warn(format string, args ...any) {
	s.patch.Warnings = append(s.patch.Warnings,
		Warning{s.patch.Mail, s.lineAt(s.pos + 1), fmt.Sprintf(format, args...)})
}

func (s *scanner) scan() error {
	s.begin = -1
	for !s.done() {
		start := s.pos
		file, err := s.next()
		if err != nil {
			return err
		}
		if file == nil {
			continue
		}
		if s.begin < 0 {
			s.begin = start
		}
		s.patch.Files = append(s.patch.Files, file)
	}
	if s.begin < 0 {
		s.begin = len(s.lines)
	}
	return nil
}

// next reads one file, or steps over one line that opens none.
func (s *scanner) next() (*File, error) {
	line := s.line(0)
	switch {
	case bytes.HasPrefix(line, []byte("diff --git ")):
		return s.gitFile()
	case s.atPlainFile():
		return s.plainFile()
	case bytes.HasPrefix(line, []byte("diff --cc ")), bytes.HasPrefix(line, []byte("diff --combined ")):
		if bytes.HasPrefix(s.line(1), []byte("index ")) {
			return nil, s.errorf("", 0, "a combined diff of a merge cannot be applied; send the merged commits")
		}
	case bytes.HasPrefix(line, []byte("*** ")) && bytes.HasPrefix(s.line(1), []byte("--- ")) &&
		bytes.HasPrefix(s.line(2), []byte("***************")):
		return nil, s.errorf("", 0, "a context diff is not supported; make it with diff -u")
	case len(s.patch.Files) > 0 && isLogEntry(line) && bytes.Contains(s.line(1), []byte(": ")):
		return nil, s.errorf("", 0, "a second commit begins here: give each commit a mail of its own, as git format-patch does")
	case bytes.HasPrefix(line, []byte("Binary files ")):
		return s.plainBinary()
	case bytes.HasPrefix(line, []byte("@@ -")):
		if _, ok := parseHunkHeader(line); ok && len(s.patch.Files) > 0 {
			return nil, s.errorf("", 0, "hunk without a file: it does not follow the hunk before it")
		} else if ok {
			s.warn("hunk without a file is not read")
		}
	}
	s.pos++
	return nil, nil
}

// atPlainFile looks for ---, +++ and @@ on three lines in a row: a note may
// begin with --- as well.
func (s *scanner) atPlainFile() bool {
	return bytes.HasPrefix(s.line(0), []byte("--- ")) &&
		bytes.HasPrefix(s.line(1), []byte("+++ ")) &&
		bytes.HasPrefix(s.line(2), []byte("@@ -"))
}

// isLogEntry matches the line with which git log and git show begin a commit.
func isLogEntry(line []byte) bool {
	id, ok := bytes.CutPrefix(trimCR(line), []byte("commit "))
	id, _, _ = bytes.Cut(id, []byte(" ("))
	return ok && len(id) >= 40 && isHexName(string(id))
}
