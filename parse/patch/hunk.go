package patch

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"github.com/sourcegraph/go-diff/diff"
)

// hunkRange is what an @@ line says.
type hunkRange struct {
	oldStart, oldLines int
	newStart, newLines int
}

// parseHunkHeader reads `@@ -l[,n] +l[,n] @@`; what follows is free.
func parseHunkHeader(line []byte) (hunkRange, bool) {
	rest, ok := bytes.CutPrefix(line, []byte("@@ -"))
	if !ok {
		return hunkRange{}, false
	}
	old, rest, ok := bytes.Cut(rest, []byte(" +"))
	if !ok {
		return hunkRange{}, false
	}
	new, rest, ok := bytes.Cut(rest, []byte(" @@"))
	if !ok || len(rest) > 0 && rest[0] != ' ' && rest[0] != '\r' {
		return hunkRange{}, false
	}
	var r hunkRange
	r.oldStart, r.oldLines, ok = parseSpan(string(old))
	if !ok {
		return hunkRange{}, false
	}
	r.newStart, r.newLines, ok = parseSpan(string(new))
	if !ok || r.oldLines+r.newLines == 0 {
		return hunkRange{}, false
	}
	return r, true
}

// parseSpan reads `l` or `l,n`. Line 0 exists only as the place of no lines.
func parseSpan(text string) (start, lines int, ok bool) {
	lines = 1
	for i := range len(text) {
		if text[i] == ',' {
			lines, ok = parseLineNumber(text[i+1:])
			if !ok {
				return 0, 0, false
			}
			text = text[:i]
			break
		}
	}
	start, ok = parseLineNumber(text)
	return start, lines, ok && (start > 0 || lines == 0)
}

func parseLineNumber(text string) (int, bool) {
	if len(text) == 0 || text[0] < '0' || text[0] > '9' {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n < math.MaxInt32
}

// hunks reads the hunks of a file.
func (s *scanner) hunks(f *File) error {
	for bytes.HasPrefix(s.line(0), []byte("@@")) {
		number := len(f.Hunks) + 1
		if bytes.HasPrefix(s.line(0), []byte("@@@")) {
			return s.errorf(f.Path(), number, "a combined diff of a merge cannot be applied; send the merged commits")
		}
		header, ok := parseHunkHeader(s.line(0))
		if !ok {
			return s.errorf(f.Path(), number, "cannot read the hunk header %q", abbreviate(string(s.line(0))))
		}
		reader := hunkReader{s: s, path: f.Path(), number: number, want: header, first: s.place(f.Path(), number)}
		hunk, err := reader.read()
		if err != nil {
			return err
		}
		f.Hunks = append(f.Hunks, hunk)
	}
	return nil
}

// hunkReader reads the lines of one hunk, as many as its header counts.
type hunkReader struct {
	s        *scanner
	path     string
	number   int
	want     hunkRange
	first    Place // of the @@ line
	old, new int   // lines read of either side
	lines    []Line
	oldEnds  bool // the old side ended without a newline
	newEnds  bool
}

func (r *hunkReader) full() bool { return r.old == r.want.oldLines && r.new == r.want.newLines }

func (r *hunkReader) read() (*Hunk, error) {
	header := r.s.line(0)
	r.s.pos++
	for !r.full() {
		if err := r.line(); err != nil {
			return nil, err
		}
	}
	if isNoEOL(r.s.line(0)) {
		if err := r.noEOL(); err != nil {
			return nil, err
		}
	}
	if err := r.surplus(); err != nil {
		return nil, err
	}
	return r.build(header)
}

// line reads one line of the hunk.
func (r *hunkReader) line() error {
	if r.s.done() {
		return r.errorf("the mail is cut short: the header counts %d old and %d new lines, here are %d and %d",
			r.want.oldLines, r.want.newLines, r.old, r.new)
	}
	text := r.s.line(0)
	switch {
	case isNoEOL(text):
		return r.noEOL()
	case len(trimCR(text)) == 0:
		// A blank context line whose only character was trimmed.
		return r.add(' ', text)
	case r.atSignature(), !isDiffLine(text):
		return r.misfit()
	}
	return r.add(text[0], text[1:])
}

// add appends a line if the header has room for it.
func (r *hunkReader) add(op byte, text []byte) error {
	tooMany := op != '+' && r.old == r.want.oldLines || op != '-' && r.new == r.want.newLines
	ended := op != '+' && r.oldEnds || op != '-' && r.newEnds
	switch {
	case tooMany:
		return r.errorf("wrong line count: the header counts %d old and %d new lines, this line is one more",
			r.want.oldLines, r.want.newLines)
	case ended:
		return r.errorf("a line follows the one marked as the last of the file")
	}
	if op != '+' {
		r.old++
	}
	if op != '-' {
		r.new++
	}
	r.lines = append(r.lines, Line{Op: op, Text: string(text), MailLine: r.s.lineAt(r.s.pos + 1)})
	r.s.pos++
	return nil
}

// noEOL reads `\ No newline at end of file`, in any language.
func (r *hunkReader) noEOL() error {
	if len(r.lines) == 0 {
		return r.errorf("a no-newline mark without a line before it")
	}
	last := &r.lines[len(r.lines)-1]
	last.NoEOL = true
	r.oldEnds = r.oldEnds || last.Op != '+'
	r.newEnds = r.newEnds || last.Op != '-'
	r.s.pos++
	return nil
}

func isNoEOL(line []byte) bool { return bytes.HasPrefix(line, []byte(`\ `)) && len(line) >= 12 }

func isDiffLine(line []byte) bool {
	return len(line) > 0 && (line[0] == ' ' || line[0] == '+' || line[0] == '-')
}

// atSignature reports whether `-- ` here is the mail's signature and no
// removed line: after a removed line the hunk would have to go on.
func (r *hunkReader) atSignature() bool {
	if string(r.s.line(0)) != "-- " {
		return false
	}
	next := r.s.line(1)
	return next == nil || len(next) > 0 && !isDiffLine(next) && !isNoEOL(next) &&
		!bytes.HasPrefix(next, []byte("@@ -")) && !bytes.HasPrefix(next, []byte("diff "))
}

// misfit explains a line that belongs to no hunk although the counts want more.
func (r *hunkReader) misfit() error {
	text := r.s.line(0)
	early := func() error {
		return r.errorf("wrong line count: the header counts %d old and %d new lines, here are %d and %d",
			r.want.oldLines, r.want.newLines, r.old, r.new)
	}
	switch {
	case r.atSignature(), r.s.atPlainFile():
		return early()
	case bytes.HasPrefix(text, []byte("diff ")), bytes.HasPrefix(text, []byte("@@ -")), bytes.HasPrefix(text, []byte("Index: ")):
		return early()
	case text[0] == '\t', r.addsUp(' '):
		return r.damaged("a context line without its leading blank")
	case r.addsUp(0):
		return r.damaged("a long line was broken in two")
	}
	return r.errorf("%q is no line of a diff, but the header counts %d old and %d new lines and here are %d and %d: the mail is cut short or damaged",
		abbreviate(string(text)), r.want.oldLines, r.want.newLines, r.old, r.new)
}

// addsUp reports whether the hunk would be complete if the lines without an
// operator were context (as ' ') or the rest of the line before (as 0).
func (r *hunkReader) addsUp(as byte) bool {
	old, new, i := r.old, r.new, 0
	for ; old < r.want.oldLines || new < r.want.newLines; i++ {
		text := r.s.line(i)
		op := as
		switch {
		case r.s.pos+i >= len(r.s.lines), old > r.want.oldLines, new > r.want.newLines:
			return false
		case len(trimCR(text)) == 0:
			op = ' '
		case isDiffLine(text):
			op = text[0]
		}
		if op == ' ' || op == '-' {
			old++
		}
		if op == ' ' || op == '+' {
			new++
		}
	}
	after := r.s.line(i)
	return old == r.want.oldLines && new == r.want.newLines && (!isDiffLine(after) || isSeparator(after))
}

// surplus refuses lines that go on as if the hunk did.
func (r *hunkReader) surplus() error {
	text := r.s.line(0)
	if isDiffLine(text) && !r.s.atPlainFile() && !isSeparator(text) {
		return r.errorf("wrong line count: the header counts %d old and %d new lines, this line is one more",
			r.want.oldLines, r.want.newLines)
	}
	i := 0
	for r.s.pos+i < len(r.s.lines) && len(trimCR(r.s.line(i))) == 0 {
		i++
	}
	// Nobody writes prose like this; it is code after a blank context line.
	if after := r.s.line(i); i > 0 && len(after) > 1 && isDiffLine(after) && after[1] == '\t' {
		r.s.pos += i
		return r.errorf("wrong line count: the hunk goes on after the %d old and %d new lines its header counts",
			r.want.oldLines, r.want.newLines)
	}
	return nil
}

// isSeparator knows the lines of dashes that end a diff: a signature, a note,
// the frame of a signed or forwarded mail.
func isSeparator(text []byte) bool {
	text = trimCR(text)
	return string(text) == "--" || string(text) == "-- " || string(text) == "---" ||
		bytes.HasPrefix(text, []byte("-----")) || isScissors(text)
}

func (r *hunkReader) errorf(format string, args ...any) error {
	return r.s.errorf(r.path, r.number, format, args...)
}

func (r *hunkReader) damaged(reason string) error {
	return &WhitespaceError{r.s.place(r.path, r.number), reason}
}

// build lets go-diff read the hunk, which now holds nothing but what its
// header counts, and takes its numbers and section.
func (r *hunkReader) build(header []byte) (*Hunk, error) {
	parsed, err := diff.ParseHunksOptions(r.canonical(header), diff.ParseOptions{KeepCR: true})
	if err != nil || len(parsed) != 1 {
		return nil, &SyntaxError{r.first, fmt.Sprintf("hunk cannot be read: %v", err)}
	}
	h := parsed[0]
	if n := bytes.Count(bytes.TrimSuffix(h.Body, []byte{'\n'}), []byte{'\n'}) + 1; n != len(r.lines) {
		return nil, &SyntaxError{r.first, fmt.Sprintf("hunk cannot be read: %d lines, not %d", n, len(r.lines))}
	}
	return &Hunk{
		OldStart: int(h.OrigStartLine), OldLines: int(h.OrigLines),
		NewStart: int(h.NewStartLine), NewLines: int(h.NewLines),
		Section:  h.Section,
		Lines:    r.lines,
		MailLine: r.first.Line,
	}, nil
}

// canonical writes the hunk in the one form go-diff reads without guessing.
func (r *hunkReader) canonical(header []byte) []byte {
	text := append(bytes.Clone(trimCR(header)), '\n')
	for _, l := range r.lines {
		text = append(append(append(text, l.Op), l.Text...), '\n')
		if l.NoEOL {
			text = append(text, "\\ No newline at end of file\n"...)
		}
	}
	return text
}
