package patch

import (
	"fmt"
	"slices"
	"sort"
)

// maxFuzz is the number of context lines at either end that may differ.
const maxFuzz = 2

// placer finds where the hunks of one file go. Lines are compared as numbers:
// equal texts have equal ones.
type placer struct {
	file   []int32
	ids    map[string]int32
	budget *int
	delta  int // offset of the hunk before
	frozen int // lines of file up to the last change of the hunk before
}

func newPlacer(lines []draftLine, budget *int) *placer {
	p := &placer{file: make([]int32, len(lines)), ids: make(map[string]int32, len(lines)), budget: budget}
	for i, l := range lines {
		p.file[i] = p.id(l.text)
	}
	return p
}

func (p *placer) id(text string) int32 {
	id, ok := p.ids[text]
	if !ok {
		id = int32(len(p.ids) + 1)
		p.ids[text] = id
	}
	return id
}

// pattern is one side of a hunk: its lines, and how many at either end are
// context only.
type pattern struct {
	lines        []int32
	first        int // line it is meant for, from 1
	prefix, tail int
}

// side makes the pattern of the lines that are context or have operator op.
func (p *placer) side(h *Hunk, op byte) pattern {
	pat := pattern{first: h.OldStart}
	if op == '+' {
		pat.first = h.NewStart
	}
	for _, l := range h.Lines {
		if l.Op == ' ' || l.Op == op {
			pat.lines = append(pat.lines, p.id(lineText(l)))
		}
	}
	if len(pat.lines) == 0 { // @@ -n,0 names the line before
		pat.first++
	}
	pat.prefix, pat.tail = contextEnds(h)
	return pat
}

func contextEnds(h *Hunk) (prefix, tail int) {
	for prefix < len(h.Lines) && h.Lines[prefix].Op == ' ' {
		prefix++
	}
	for tail < len(h.Lines)-prefix && h.Lines[len(h.Lines)-1-tail].Op == ' ' {
		tail++
	}
	return prefix, tail
}

// locate returns the line the pattern's first line stands on and the context
// lines ignored for it; 0 if it stands nowhere.
func (p *placer) locate(pat pattern) (where, fuzz int) {
	context := max(pat.prefix, pat.tail)
	for fuzz := 0; fuzz <= min(maxFuzz, context); fuzz++ {
		lead, trail := fuzz+pat.prefix-context, fuzz+pat.tail-context
		if where := p.search(pat, lead, trail); where > 0 {
			return where, fuzz
		}
	}
	return 0, 0
}

// search looks for the pattern without its first lead and last trail lines,
// from the expected line outwards. A negative number is a side with less
// context than the other, because the file begins or ends there: so must the
// match.
func (p *placer) search(pat pattern, lead, trail int) int {
	expected := pat.first + p.delta
	if len(pat.lines) == 0 {
		if expected > p.frozen && expected <= len(p.file)+1 {
			return expected
		}
		return 0
	}
	low, high := max(p.frozen+1, 1), len(p.file)-(len(pat.lines)-max(trail, 0))+1
	if lead < 0 && pat.first <= 1 {
		if p.frozen > pat.prefix {
			return 0
		}
		low, high = 1, min(high, 1)
	}
	if trail < 0 {
		low = max(low, len(p.file)-len(pat.lines)+1)
	}
	lead, trail = max(lead, 0), max(trail, 0)
	return p.nearest(pat.lines[lead:len(pat.lines)-trail], expected, low, high, lead)
}

// nearest tries the lines from low to high, nearest to expected first and the
// one after it before the one before.
func (p *placer) nearest(core []int32, expected, low, high, lead int) int {
	if len(core) == 0 || low > high {
		return 0
	}
	near := min(max(expected, low), high)
	for d := abs(expected - near); expected+d <= high || expected-d >= low; d++ {
		if at := expected + d; at >= low && at <= high && p.matches(core, at+lead) {
			return at
		}
		if at := expected - d; at >= low && at <= high && p.matches(core, at+lead) {
			return at
		}
		if *p.budget <= 0 {
			return 0
		}
	}
	return 0
}

func (p *placer) matches(core []int32, at int) bool {
	for i, id := range core {
		*p.budget--
		if at-1+i >= len(p.file) || p.file[at-1+i] != id {
			return false
		}
	}
	return true
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// hunks applies the hunks of f to the draft.
func (a *applier) hunks(f *File, d *draft) error {
	p := newPlacer(d.lines, &a.budget)
	var out []draftLine
	next := 0 // lines of d already copied to out
	for i, h := range f.Hunks {
		pat := p.side(h, '-')
		where, fuzz := p.locate(pat)
		if a.budget <= 0 {
			return a.fail(f, "hunk %d costs too much to place", i+1)
		}
		if where == 0 || p.isApplied(h, where, fuzz) {
			return a.misplaced(f, i, d, p)
		}
		offset := where - pat.first - p.delta
		p.delta += offset
		a.placed(f, h, Placement{Number: i + 1, OldLine: where, Offset: p.delta, Fuzz: fuzz}, d)
		out, next = d.apply(h, where, out, next)
		p.frozen = next
	}
	d.lines = append(out, d.lines[next:]...)
	return nil
}

// apply copies the lines up to the last change of h to out, and returns out
// and how many lines of d it has used.
func (d *draft) apply(h *Hunk, where int, out []draftLine, next int) ([]draftLine, int) {
	at := where - 1
	for _, l := range h.Lines {
		if l.Op == ' ' {
			at++
			continue
		}
		out = append(out, d.lines[next:max(at, next)]...)
		next = max(at, next)
		if l.Op == '+' {
			out = append(out, draftLine{text: lineText(l), mailLine: l.MailLine})
			continue
		}
		if old := d.lines[at].old; old > 0 {
			d.removed = insertSorted(d.removed, LineRef{old, l.MailLine})
		}
		at++
		next = at
	}
	return out, next
}

func insertSorted(refs []LineRef, ref LineRef) []LineRef {
	i := sort.Search(len(refs), func(i int) bool { return refs[i].Line >= ref.Line })
	return slices.Insert(refs, i, ref)
}

// placed records where a hunk went.
func (a *applier) placed(f *File, h *Hunk, at Placement, d *draft) {
	d.hunks = append(d.hunks, at)
	if at.Offset != 0 || at.Fuzz != 0 {
		text := fmt.Sprintf("hunk %d applied at line %d", at.Number, at.OldLine)
		if at.Offset != 0 {
			text += fmt.Sprintf(", offset %d", at.Offset)
		}
		if at.Fuzz != 0 {
			text += fmt.Sprintf(", fuzz %d", at.Fuzz)
		}
		a.note(f, h.MailLine, "%s", text)
	}
	if prefix, tail := contextEnds(h); prefix == 0 && tail == 0 && h.OldLines == 0 && len(d.lines) > 0 {
		a.note(f, h.MailLine, "hunk %d has no context: placed by its line number alone", at.Number)
	}
}

// isApplied reports whether a hunk that had to be moved or fuzzed to match is
// in the file already, as patch would not notice.
func (p *placer) isApplied(h *Hunk, where, fuzz int) bool {
	done := p.side(h, '+')
	if !isTelling(h) {
		return false
	}
	if fuzz > 0 {
		return p.anywhere(done) > 0
	}
	expected := h.OldStart + p.delta
	return where != expected && h.OldLines > 0 && len(done.lines) > 0 &&
		expected > 0 && p.matches(done.lines, expected)
}

// isTelling reports whether finding the new side of a hunk in a file says
// anything: a few braces and blank lines do not.
func isTelling(h *Hunk) bool {
	words := 0
	for _, l := range sideText(h, '+') {
		if len(squeeze(l)) > 1 {
			words++
		}
	}
	return words >= 3
}

// anywhere returns the line on which all of the pattern stands, 0 if none.
func (p *placer) anywhere(pat pattern) int {
	if len(pat.lines) == 0 {
		return 0
	}
	return p.nearest(pat.lines, max(pat.first+p.delta, 1), p.frozen+1, len(p.file)-len(pat.lines)+1, 0)
}
