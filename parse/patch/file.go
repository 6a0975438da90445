package patch

import (
	"bytes"
	"strings"
)

// fileHeader gathers what the header lines of one file say.
type fileHeader struct {
	place            Place
	git              bool   // it began with diff --git
	gitOld, gitNew   string // names of the diff --git line, with their prefix
	from, to         string // of rename and copy lines, without prefix
	old, new         string // of the --- and +++ lines, with their prefix
	oldEpoch         bool   // the --- line has the date of a file that was not there
	newEpoch         bool
	create, remove   bool
	rename, copies   bool
	oldMode, newMode string
	oldIdx, newIdx   string
	binary           bool
}

const devNull = "/dev/null"

// gitFile reads a file that begins with diff --git.
func (s *scanner) gitFile() (*File, error) {
	h := fileHeader{place: s.place("", 0), git: true}
	names := s.line(0)[len("diff --git "):]
	old, new, ok := splitGitNames(names)
	if !ok {
		if s.atExtended(1) {
			return nil, s.errorf("", 0, "cannot read the file names of %q", s.line(0))
		}
		s.pos++
		return nil, nil
	}
	h.gitOld, h.gitNew = old, new
	s.pos++
	if s.done() {
		return nil, &SyntaxError{h.place, "the mail ends after the header of a file"}
	}
	for !s.done() && s.extended(&h) {
		s.pos++
	}
	if err := s.skipBinary(&h); err != nil {
		return nil, err
	}
	return s.finishFile(&h)
}

// extended reads one extended header line and reports whether it was one.
func (s *scanner) extended(h *fileHeader) bool {
	line := string(trimCR(s.line(0)))
	for _, e := range []struct {
		prefix string
		set    func(value string)
	}{
		{"old mode ", func(v string) { h.oldMode = strings.TrimSpace(v) }},
		{"new mode ", func(v string) { h.newMode = strings.TrimSpace(v) }},
		{"deleted file mode ", func(v string) { h.remove, h.oldMode = true, strings.TrimSpace(v) }},
		{"new file mode ", func(v string) { h.create, h.newMode = true, strings.TrimSpace(v) }},
		{"rename from ", func(v string) { h.rename, h.from = true, unquoteName(v) }},
		{"rename to ", func(v string) { h.rename, h.to = true, unquoteName(v) }},
		{"rename old ", func(v string) { h.rename, h.from = true, unquoteName(v) }},
		{"rename new ", func(v string) { h.rename, h.to = true, unquoteName(v) }},
		{"copy from ", func(v string) { h.copies, h.from = true, unquoteName(v) }},
		{"copy to ", func(v string) { h.copies, h.to = true, unquoteName(v) }},
		{"similarity index ", func(string) {}},
		{"dissimilarity index ", func(string) {}},
		{"index ", h.readIndex},
	} {
		if value, ok := strings.CutPrefix(line, e.prefix); ok {
			e.set(value)
			return true
		}
	}
	return false
}

// readIndex reads `old..new mode`.
func (h *fileHeader) readIndex(value string) {
	ids, mode, _ := strings.Cut(value, " ")
	old, new, ok := strings.Cut(ids, "..")
	if !ok || !isHexName(old) || !isHexName(new) {
		return
	}
	h.oldIdx, h.newIdx = old, new
	if mode = strings.TrimSpace(mode); mode != "" && h.oldMode == "" && h.newMode == "" {
		h.oldMode, h.newMode = mode, mode
	}
}

func isHexName(s string) bool {
	for _, c := range []byte(s) {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f') {
			return false
		}
	}
	return len(s) > 0 && len(s) <= 64
}

// atExtended reports whether the i-th next line belongs to a file header.
func (s *scanner) atExtended(i int) bool {
	for _, prefix := range []string{"old mode ", "new mode ", "deleted file mode ", "new file mode ",
		"rename ", "copy ", "similarity index ", "dissimilarity index ", "index ", "--- ", "Binary files ", "GIT binary patch"} {
		if bytes.HasPrefix(s.line(i), []byte(prefix)) {
			return true
		}
	}
	return false
}

// skipBinary steps over a git binary patch or the line that stands for one.
func (s *scanner) skipBinary(h *fileHeader) error {
	line := trimCR(s.line(0))
	switch {
	case bytes.HasPrefix(line, []byte("Binary files ")) && bytes.HasSuffix(line, []byte(" differ")):
		h.binary = true
		s.pos++
	case bytes.Equal(line, []byte("GIT binary patch")):
		h.binary = true
		s.pos++
		if !s.binaryBlock() {
			return s.errorf("", 0, "git binary patch without content")
		}
		s.binaryBlock() // the reverse
	}
	return nil
}

// binaryBlock steps over `literal n` or `delta n`, its lines and the blank
// line after them.
func (s *scanner) binaryBlock() bool {
	line := s.line(0)
	if !bytes.HasPrefix(line, []byte("literal ")) && !bytes.HasPrefix(line, []byte("delta ")) {
		return false
	}
	for s.pos++; !s.done(); s.pos++ {
		if len(trimCR(s.line(0))) == 0 {
			s.pos++
			return true
		}
		if c := s.line(0)[0]; !('A' <= c && c <= 'Z' || 'a' <= c && c <= 'z') {
			return true
		}
	}
	return true
}

// plainFile reads a file that begins with ---.
func (s *scanner) plainFile() (*File, error) {
	h := fileHeader{place: s.place("", 0)}
	return s.finishFile(&h)
}

// plainBinary reads the line diff -r writes for a binary file.
func (s *scanner) plainBinary() (*File, error) {
	h := fileHeader{place: s.place("", 0), binary: true}
	rest := strings.TrimPrefix(string(trimCR(s.line(0))), "Binary files ")
	s.pos++
	rest, isBinary := strings.CutSuffix(rest, " differ")
	old, new, ok := strings.Cut(rest, " and ")
	if !isBinary || !ok || !strings.Contains(new, "/") {
		return nil, nil
	}
	h.old, h.new = old, new
	file, err := h.file()
	if err != nil { // a sentence of the commit message
		s.warn("binary file is not read: %v", err)
		return nil, nil
	}
	return file, nil
}

// finishFile reads the --- and +++ lines, if any, and the hunks.
func (s *scanner) finishFile(h *fileHeader) (*File, error) {
	hasText := bytes.HasPrefix(s.line(0), []byte("--- ")) && bytes.HasPrefix(s.line(1), []byte("+++ "))
	if hasText {
		h.old, h.oldEpoch = headerName(s.line(0)[4:])
		h.new, h.newEpoch = headerName(s.line(1)[4:])
		s.pos += 2
	}
	if !hasText && h.git && !h.changesAnything() {
		if s.done() || h.oldIdx != "" {
			return nil, &SyntaxError{h.place, "the header of a file is not followed by its diff: the mail is cut short"}
		}
		s.patch.Warnings = append(s.patch.Warnings, Warning{h.place.Mail, h.place.Line, "diff --git line that changes nothing"})
		return nil, nil
	}
	file, err := h.file()
	if err != nil {
		return nil, err
	}
	if err := s.hunks(file); err != nil {
		return nil, err
	}
	if hasText && len(file.Hunks) == 0 {
		return nil, s.errorf(file.Path(), 0, "no hunk after the file's header: the mail is cut short")
	}
	if !h.git {
		h.guessPlainOp(file)
	}
	return file, s.checkOp(file, h.place)
}

// changesAnything reports whether the extended header alone is a change.
func (h *fileHeader) changesAnything() bool {
	return h.create || h.remove || h.rename || h.copies || h.binary || h.oldMode != h.newMode
}

// file makes a File without hunks of the header.
func (h *fileHeader) file() (*File, error) {
	f := &File{OldMode: h.oldMode, NewMode: h.newMode, OldIndex: h.oldIdx, NewIndex: h.newIdx,
		Binary: h.binary, MailLine: h.place.Line}
	old, new, err := h.paths()
	if err != nil {
		return nil, err
	}
	f.OldPath, f.NewPath = old, new
	switch {
	case h.old == devNull && h.new == devNull:
		return nil, &SyntaxError{h.place, "both names are /dev/null"}
	case h.create, h.old == devNull:
		f.Op, f.OldPath = Create, ""
	case h.remove, h.new == devNull:
		f.Op, f.NewPath = Delete, ""
	case h.rename:
		f.Op = Rename
	case h.copies:
		f.Op = Copy
	case h.git && h.old == "" && !h.binary:
		f.Op = Mode
	}
	return f, h.checkPaths(f)
}

// guessPlainOp sees a file come or go in a diff without git's header: by the
// epoch as its date, or by a single hunk with nothing on one side.
func (h *fileHeader) guessPlainOp(f *File) {
	if f.Op != Modify || len(f.Hunks) != 1 {
		return
	}
	hunk := f.Hunks[0]
	switch {
	case hunk.OldStart == 0 && hunk.OldLines == 0 && (h.oldEpoch || hunk.NewLines > 0):
		f.Op, f.OldPath = Create, ""
	case hunk.NewStart == 0 && hunk.NewLines == 0 && h.newEpoch:
		f.Op, f.NewPath = Delete, ""
	}
}

// checkOp compares what the header says with what the hunks do.
func (s *scanner) checkOp(f *File, at Place) error {
	at.Path = f.Path()
	for _, h := range f.Hunks {
		switch {
		case f.Op == Create && (h.OldLines > 0 || len(f.Hunks) > 1):
			return &SyntaxError{at, "a new file has old lines"}
		case f.Op == Delete && (h.NewLines > 0 || len(f.Hunks) > 1):
			return &SyntaxError{at, "a deleted file keeps lines"}
		}
	}
	return nil
}
