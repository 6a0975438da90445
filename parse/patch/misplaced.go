package patch

import (
	"fmt"
	"strings"
)

// ApplyError is a patch that does not fit its tree.
type ApplyError struct {
	Place             // in the mail; Hunk is 0 when the file as a whole does not fit
	Subject  string   // of the patch
	Hunks    int      // how many hunks the file has
	Header   string   // @@ line of the hunk
	Reason   string   // one phrase
	Already  bool     // the tree has the change already
	FileLine int      // line of the file at which the hunk fits best, 0 if unknown
	Expected []string // the hunk's old lines, without newlines
	Found    []string // the lines of the file at FileLine, as many
}

func (e *ApplyError) Error() string {
	s := fmt.Sprintf("%s does not apply: %s", strings.TrimSuffix(e.Place.String(), ":"), e.Reason)
	if e.Subject != "" {
		s += fmt.Sprintf(" (patch %q)", e.Subject)
	}
	return s
}

// fail is an error about a file as a whole.
func (a *applier) fail(f *File, format string, args ...any) *ApplyError {
	return &ApplyError{
		Place:   Place{Mail: a.patch.Mail, Line: f.MailLine, Path: f.Path()},
		Subject: a.patch.Subject,
		Hunks:   len(f.Hunks),
		Reason:  fmt.Sprintf(format, args...),
	}
}

// misplaced explains why hunk i of f does not apply.
func (a *applier) misplaced(f *File, i int, d *draft, p *placer) error {
	h := f.Hunks[i]
	e := a.fail(f, "")
	e.Line, e.Hunk, e.Header = h.MailLine, i+1, h.Header()
	e.Expected = sideText(h, '-')
	if at := p.anywhere(p.side(h, '+')); at > 0 && isTelling(h) {
		e.Already, e.FileLine = true, at
		e.Reason = fmt.Sprintf("already applied: line %d has its new text", at)
		e.Found = textAt(d.lines, at, len(sideText(h, '+')))
		return e
	}
	if at := whitespaceMatch(e.Expected, d.lines); at > 0 {
		e.FileLine, e.Found = at, textAt(d.lines, at, len(e.Expected))
		if firstDifference(e.Expected, e.Found, at) != "" {
			e.Reason = fmt.Sprintf("it matches line %d only if white space is ignored: tabs or blanks were changed on the way", at)
			return e
		}
	}
	at := p.bestLine(p.side(h, '-'))
	if at == 0 {
		e.Reason = "none of its old lines is in the file"
		return e
	}
	e.FileLine, e.Found = at, textAt(d.lines, at, len(e.Expected))
	e.Reason = firstDifference(e.Expected, e.Found, at)
	if e.Reason == "" {
		e.Reason = p.wrongPlace(h, at)
	}
	return e
}

// wrongPlace says why a hunk whose old lines stand at line at cannot go there.
func (p *placer) wrongPlace(h *Hunk, at int) string {
	prefix, tail := contextEnds(h)
	switch {
	case at <= p.frozen:
		return fmt.Sprintf("its old lines stand at line %d, before the place of the hunk before it", at)
	case prefix < tail:
		return fmt.Sprintf("its old lines stand at line %d, but it has to begin the file", at)
	}
	return fmt.Sprintf("its old lines stand at line %d, but it has to end the file", at)
}

// firstDifference puts the first line that differs in words, "" if none does.
func firstDifference(expected, found []string, at int) string {
	for i, want := range expected {
		if i >= len(found) {
			return fmt.Sprintf("expected line %d to be %q, but the file ends before", at+i, clip(want))
		}
		if found[i] != want {
			return fmt.Sprintf("expected line %d to be %q, found %q", at+i, clip(want), clip(found[i]))
		}
	}
	return ""
}

func clip(line string) string {
	line = strings.TrimSpace(line)
	if len(line) > 100 {
		return line[:100] + "…"
	}
	return line
}

func sideText(h *Hunk, op byte) []string {
	var lines []string
	for _, l := range h.Lines {
		if l.Op == ' ' || l.Op == op {
			lines = append(lines, l.Text)
		}
	}
	return lines
}

// textAt returns up to n lines from line at.
func textAt(lines []draftLine, at, n int) []string {
	var text []string
	for i := at - 1; i < len(lines) && len(text) < n; i++ {
		text = append(text, strings.TrimSuffix(lines[i].text, "\n"))
	}
	return text
}

// maxVotes bounds the places one line may speak for: } stands everywhere.
const maxVotes = 32

// bestLine returns the line at which most lines of the pattern stand in their
// place, nearest to the expected one among equals; 0 if none does.
func (p *placer) bestLine(pat pattern) int {
	votes := make(map[int]int)
	positions := p.positions(pat)
	for i, id := range pat.lines {
		if at := positions[id]; len(at) <= maxVotes {
			for _, line := range at {
				votes[line-i]++
			}
		}
	}
	best, expected := 0, pat.first+p.delta
	for line, n := range votes {
		if line < 1 {
			continue
		}
		closer := abs(line-expected) < abs(best-expected) || abs(line-expected) == abs(best-expected) && line < best
		if best == 0 || n > votes[best] || n == votes[best] && closer {
			best = line
		}
	}
	return best
}

// positions lists the lines of the file that hold a line of the pattern.
func (p *placer) positions(pat pattern) map[int32][]int {
	positions := make(map[int32][]int, len(pat.lines))
	for _, id := range pat.lines {
		positions[id] = nil
	}
	for i, id := range p.file {
		if at, ok := positions[id]; ok && len(at) <= maxVotes {
			positions[id] = append(at, i+1)
		}
	}
	return positions
}

// whitespaceMatch returns the line from which the file has these lines but for
// their white space, 0 if there is none.
func whitespaceMatch(want []string, lines []draftLine) int {
	squeezed := make([]string, len(want))
	letters := 0
	for i, w := range want {
		squeezed[i] = squeeze(w)
		letters += len(squeezed[i])
	}
	if letters < 8 || len(want) > len(lines) {
		return 0
	}
	file := make([]string, len(lines))
	for i, l := range lines {
		file[i] = squeeze(l.text)
	}
	compared := 0
	for at := 0; at+len(want) <= len(file) && compared < maxCompared>>6; at++ {
		i := 0
		for i < len(want) && file[at+i] == squeezed[i] {
			i++
		}
		compared += i + 1
		if i == len(want) {
			return at + 1
		}
	}
	return 0
}

func squeeze(line string) string { return strings.Join(strings.Fields(line), "") }
