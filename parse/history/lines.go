package history

import "bytes"

// LineDiff is what changed between two texts, line by line. Line numbers start
// at 1. A last line without a newline differs from the same line with one.
type LineDiff struct {
	Hunks   []Hunk
	Added   []int // lines of the new text, ascending
	Removed []int // lines of the old text, ascending
	// Binary is set when one side holds a zero byte near its start, as for
	// git; then there are no lines.
	Binary bool
}

// Hunk is a run of removed lines and the added lines in its place, without
// context. With a count of 0 the start is the line before, as in diff -U0.
type Hunk struct {
	OldStart, OldLines int
	NewStart, NewLines int
}

// DiffLines compares two texts. The result is the same on every run; it is
// short but not always the shortest when most lines differ.
func DiffLines(before, after []byte) *LineDiff {
	if isBinary(before) || isBinary(after) {
		return &LineDiff{Binary: true}
	}
	x := newScript(splitLines(before), splitLines(after))
	x.compare()
	x.settle()
	return x.result()
}

// OldLine returns the line of the old text that line n of the new text is, and
// false when it was added.
func (d *LineDiff) OldLine(n int) (int, bool) {
	return d.mapLine(n, func(h Hunk) (int, int, int) { return h.NewStart, h.NewLines, h.OldLines - h.NewLines })
}

// NewLine returns the line of the new text that line n of the old text is, and
// false when it was removed.
func (d *LineDiff) NewLine(n int) (int, bool) {
	return d.mapLine(n, func(h Hunk) (int, int, int) { return h.OldStart, h.OldLines, h.NewLines - h.OldLines })
}

// mapLine moves a line by the growth of the hunks before it; side returns a
// hunk's start and length on the line's side and its growth to the other.
func (d *LineDiff) mapLine(n int, side func(Hunk) (start, length, growth int)) (int, bool) {
	line := n
	for _, h := range d.Hunks {
		start, length, growth := side(h)
		if length == 0 {
			start++ // it stands before the line that follows
		}
		if n < start {
			break
		}
		if n < start+length {
			return 0, false
		}
		line += growth
	}
	return line, true
}

// binaryReach is how far git looks for a zero byte.
// Source: buffer_is_binary, xdiff-interface.c, git 2.39.
const binaryReach = 8000

func isBinary(text []byte) bool {
	return bytes.IndexByte(text[:min(len(text), binaryReach)], 0) >= 0
}

// splitLines cuts a text after each newline.
func splitLines(text []byte) [][]byte {
	lines := make([][]byte, 0, bytes.Count(text, []byte("\n"))+1)
	for len(text) > 0 {
		end := bytes.IndexByte(text, '\n') + 1
		if end == 0 {
			end = len(text)
		}
		lines = append(lines, text[:end])
		text = text[end:]
	}
	return lines
}

// script finds which lines change. Equal lines have equal numbers.
type script struct {
	old, new         []int
	removed, added   []bool // by line of old and new
	forward, reverse []int  // furthest x by diagonal, for middle
	zero             int    // position of diagonal 0 in them
	a, b             []int  // the lines compared: those both sides have
	fromA, fromB     []int  // their positions in old and new
	limit            int    // rounds before a shortest script is given up
}

func newScript(before, after [][]byte) *script {
	x := &script{removed: make([]bool, len(before)), added: make([]bool, len(after))}
	numbers := make(map[string]int, len(before))
	number := func(line []byte) int {
		n, ok := numbers[string(line)]
		if !ok {
			n = len(numbers)
			numbers[string(line)] = n
		}
		return n
	}
	for _, line := range before {
		x.old = append(x.old, number(line))
	}
	for _, line := range after {
		x.new = append(x.new, number(line))
	}
	return x
}

// minRounds is how many rounds the search for a shortest script always gets;
// larger texts get as many as the square root of their length.
const minRounds = 256

// compare marks the changed lines. Lines that only one side has are changed
// whatever the others are, so only the rest is searched.
func (x *script) compare() {
	start := 0
	for start < min(len(x.old), len(x.new)) && x.old[start] == x.new[start] {
		start++
	}
	oldEnd, newEnd := len(x.old), len(x.new)
	for oldEnd > start && newEnd > start && x.old[oldEnd-1] == x.new[newEnd-1] {
		oldEnd--
		newEnd--
	}
	x.a, x.fromA = shared(x.old, x.new, start, oldEnd, newEnd, x.removed)
	x.b, x.fromB = shared(x.new, x.old, start, newEnd, oldEnd, x.added)
	total := len(x.a) + len(x.b)
	x.forward, x.reverse = make([]int, total+3), make([]int, total+3)
	x.zero = len(x.b) + 1
	x.limit = minRounds
	for x.limit*x.limit < total {
		x.limit *= 2
	}
	x.split(0, len(x.a), 0, len(x.b))
}

// shared returns the lines of mine from start to end that theirs has in the
// same part, and their positions; the others are marked as changed.
func shared(mine, theirs []int, start, end, theirEnd int, changed []bool) (lines, from []int) {
	has := make(map[int]bool, theirEnd-start)
	for _, n := range theirs[start:theirEnd] {
		has[n] = true
	}
	for i := start; i < end; i++ {
		if !has[mine[i]] {
			changed[i] = true
			continue
		}
		lines = append(lines, mine[i])
		from = append(from, i)
	}
	return lines, from
}

// split compares a[a0:a1] with b[b0:b1]: it cuts what is equal at both ends,
// and the rest in two at a point of a short script.
// Source: E. Myers, An O(ND) Difference Algorithm, 1986, section 4b.
func (x *script) split(a0, a1, b0, b1 int) {
	for a0 < a1 && b0 < b1 && x.a[a0] == x.b[b0] {
		a0++
		b0++
	}
	for a0 < a1 && b0 < b1 && x.a[a1-1] == x.b[b1-1] {
		a1--
		b1--
	}
	if a0 == a1 || b0 == b1 {
		for _, i := range x.fromA[a0:a1] {
			x.removed[i] = true
		}
		for _, i := range x.fromB[b0:b1] {
			x.added[i] = true
		}
		return
	}
	a, b := x.middle(a0, a1, b0, b1)
	x.split(a0, a, b0, b)
	x.split(a, a1, b, b1)
}

// middle returns a point on a shortest script between two boxes that differ at
// both ends, or after too many rounds the best point reached. A diagonal is
// position in a minus position in b.
func (x *script) middle(a0, a1, b0, b1 int) (int, int) {
	first, last := a0-b0, a1-b1
	lowest, highest := a0-b1, a1-b0
	odd := (first-last)&1 != 0
	x.forward[x.zero+first], x.reverse[x.zero+last] = a0, a1
	flo, fhi, rlo, rhi := first, first, last, last
	for round := 1; ; round++ {
		flo, fhi = widen(x.forward, x.zero, flo, fhi, lowest, highest, -1)
		for d := fhi; d >= flo; d -= 2 {
			a := x.advance(d, a1, b1)
			if odd && rlo <= d && d <= rhi && x.reverse[x.zero+d] <= a {
				return a, a - d
			}
		}
		rlo, rhi = widen(x.reverse, x.zero, rlo, rhi, lowest, highest, int(^uint(0)>>1))
		for d := rhi; d >= rlo; d -= 2 {
			a := x.retreat(d, a0, b0)
			if !odd && flo <= d && d <= fhi && a <= x.forward[x.zero+d] {
				return a, a - d
			}
		}
		if round >= x.limit {
			return x.best(a0, a1, b0, b1, flo, fhi, rlo, rhi)
		}
	}
}

// widen goes one diagonal further on each side, or one back at the edge of the
// box, and marks the diagonals just outside as unreached.
func widen(reach []int, zero, lo, hi, lowest, highest, unreached int) (int, int) {
	if lo > lowest {
		lo--
		reach[zero+lo-1] = unreached
	} else {
		lo++
	}
	if hi < highest {
		hi++
		reach[zero+hi+1] = unreached
	} else {
		hi--
	}
	return lo, hi
}

// advance goes forward one change to diagonal d and on over equal lines.
func (x *script) advance(d, a1, b1 int) int {
	at := x.zero + d
	a := x.forward[at+1] // by an added line
	if x.forward[at-1] >= a {
		a = x.forward[at-1] + 1 // by a removed line
	}
	for a < a1 && a-d < b1 && x.a[a] == x.b[a-d] {
		a++
	}
	x.forward[at] = a
	return a
}

// retreat is advance from the end.
func (x *script) retreat(d, a0, b0 int) int {
	at := x.zero + d
	a := x.reverse[at-1]
	if x.reverse[at+1] <= a {
		a = x.reverse[at+1] - 1
	}
	for a > a0 && a-d > b0 && x.a[a-1] == x.b[a-d-1] {
		a--
	}
	x.reverse[at] = a
	return a
}

// best returns the point that lies furthest from its end of the box, among
// all that were reached from both ends.
func (x *script) best(a0, a1, b0, b1, flo, fhi, rlo, rhi int) (int, int) {
	far, fa, fb := -1, a0, b0
	for d := fhi; d >= flo; d -= 2 {
		a := min(x.forward[x.zero+d], a1)
		b := a - d
		if b > b1 {
			a, b = b1+d, b1
		}
		if a+b > far {
			far, fa, fb = a+b, a, b
		}
	}
	near, ra, rb := int(^uint(0)>>1), a1, b1
	for d := rhi; d >= rlo; d -= 2 {
		a := max(x.reverse[x.zero+d], a0)
		b := a - d
		if b < b0 {
			a, b = b0+d, b0
		}
		if a+b < near {
			near, ra, rb = a+b, a, b
		}
	}
	if a1+b1-near < far-(a0+b0) {
		return fa, fb
	}
	return ra, rb
}

// settle moves runs of changed lines that could stand elsewhere: next to a
// change of the other side where there is one, else as far down as possible.
// The runs then are those that git shows without its indent heuristic.
func (x *script) settle() {
	slide(x.old, x.removed, x.added)
	slide(x.new, x.added, x.removed)
}

// slide moves the runs of one side; other has the marks of the other side.
func slide(lines []int, changed, other []bool) {
	gaps := changesBefore(other)
	kept := 0 // unchanged lines before start
	for start := 0; start < len(lines); {
		if !changed[start] {
			start++
			kept++
			continue
		}
		start, kept = slideRun(lines, changed, start, kept, gaps)
	}
}

// slideRun moves the run at start, which has kept unchanged lines before it,
// and returns the position behind it and the new kept. A run that meets
// another on its way takes it along. Up and down mean earlier and later lines.
func slideRun(lines []int, changed []bool, start, kept int, gaps []bool) (int, int) {
	end := runEnd(changed, start)
	for {
		size := end - start
		for start > 0 && lines[start-1] == lines[end-1] {
			start, end, kept = start-1, end-1, kept-1
			changed[start], changed[end] = true, false
			for start > 0 && changed[start-1] {
				start--
			}
		}
		aligned := -1 // the lowest kept at which both sides change
		if gaps[kept] {
			aligned = kept
		}
		for end < len(lines) && lines[start] == lines[end] {
			changed[start], changed[end] = false, true
			start, kept = start+1, kept+1
			end = runEnd(changed, end)
			if gaps[kept] {
				aligned = kept
			}
		}
		if end-start != size {
			continue
		}
		for aligned >= 0 && kept > aligned {
			start, end, kept = start-1, end-1, kept-1
			changed[start], changed[end] = true, false
		}
		return end, kept
	}
}

// runEnd returns where the changed lines from a position end.
func runEnd(changed []bool, from int) int {
	for from < len(changed) && changed[from] {
		from++
	}
	return from
}

// changesBefore reports at i whether changed lines stand before the unchanged
// line number i of a side, or at its end.
func changesBefore(changed []bool) []bool {
	gaps := make([]bool, 1, len(changed)+1)
	for _, c := range changed {
		if c {
			gaps[len(gaps)-1] = true
		} else {
			gaps = append(gaps, false)
		}
	}
	return gaps
}

// result turns the marks into hunks.
func (x *script) result() *LineDiff {
	d := new(LineDiff)
	for i, j := 0, 0; i < len(x.old) || j < len(x.new); {
		oldStart, newStart := i, j
		for i < len(x.old) && x.removed[i] {
			i++
			d.Removed = append(d.Removed, i)
		}
		for j < len(x.new) && x.added[j] {
			j++
			d.Added = append(d.Added, j)
		}
		if i == oldStart && j == newStart {
			i++
			j++
			continue
		}
		d.Hunks = append(d.Hunks, hunk(oldStart, i, newStart, j))
	}
	return d
}

func hunk(oldStart, oldEnd, newStart, newEnd int) Hunk {
	h := Hunk{OldStart: oldStart, OldLines: oldEnd - oldStart, NewStart: newStart, NewLines: newEnd - newStart}
	if h.OldLines > 0 {
		h.OldStart++
	}
	if h.NewLines > 0 {
		h.NewStart++
	}
	return h
}
