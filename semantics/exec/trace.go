package exec

import "ptreview/parse/cpp"

// recorded is a step as a run keeps it, small and without pointers: there are
// many, and few are ever looked at.
type recorded struct {
	loc   cpp.Loc
	code  int32 // in the codes of the trace
	depth int32
}

// trace is the steps of a run: those in full chunks, and then the open one.
type trace struct {
	open   []recorded
	full   [][]recorded
	before int // steps in full chunks
	codes  []*code
	known  []int32 // where functions are in codes, 1 added, by their number
}

// len returns the number of steps.
func (t *trace) len() int { return t.before + len(t.open) }

// chunkSteps is how many steps a chunk has at most.
const chunkSteps = 512

// record keeps a step for the trace; the oldest go when there are too many.
func (m *Machine) record(fr *frame, loc cpp.Loc) {
	t, depth := &m.result.trace, int32(fr.depth)
	n := len(t.open)
	if n > 0 && t.open[n-1].loc == loc && t.open[n-1].depth == depth {
		return
	}
	if n == cap(t.open) {
		m.result.Dropped += t.extend(m.opt.Budget.Trace)
	}
	if fr.traced == 0 {
		fr.traced = t.enter(fr.code)
	}
	t.open = append(t.open, recorded{loc, fr.traced - 1, depth})
}

// extend begins a chunk. If there is one that is not among the most recent
// steps it is taken, and how many were in it is returned.
func (t *trace) extend(most int) (dropped int) {
	if len(t.open) > 0 {
		t.full, t.before = append(t.full, t.open), t.before+len(t.open)
	}
	if len(t.full) == 0 || t.before-len(t.full[0]) < most {
		t.open = make([]recorded, 0, min(most, chunkSteps))
		return 0
	}
	dropped = len(t.full[0])
	t.open = t.full[0][:0]
	t.full, t.before = append(t.full[:0], t.full[1:]...), t.before-dropped
	return dropped
}

// cut takes back the steps behind the first n.
func (t *trace) cut(n int) {
	for n < t.before {
		k := len(t.full) - 1
		t.open, t.full = t.full[k], t.full[:k]
		t.before -= len(t.open)
	}
	t.open = t.open[:n-t.before]
}

// enter returns where a code is in codes, counted from 1.
func (t *trace) enter(c *code) int32 {
	if c.number < len(t.known) && t.known[c.number] != 0 {
		return t.known[c.number]
	}
	t.codes = append(t.codes, c)
	n := int32(len(t.codes))
	if c.number == 0 {
		return n
	}
	if c.number >= len(t.known) {
		t.known = append(t.known, make([]int32, c.number+c.number/2+1-len(t.known))...)
	}
	t.known[c.number] = n
	return n
}

// Trace returns the source lines executed, but for the first Dropped ones.
func (r *Result) Trace() []Step {
	t := &r.trace
	list := make([]Step, 0, t.len())
	for i := range len(t.full) + 1 {
		chunk := t.open
		if i < len(t.full) {
			chunk = t.full[i]
		}
		for _, s := range chunk {
			c := t.codes[s.code]
			list = append(list, Step{Unit: c.unit, Loc: s.loc, Func: c.name, Depth: int(s.depth)})
		}
	}
	return list
}

// Recorded returns how many steps were recorded, dropped ones included.
func (r *Result) Recorded() int { return r.Dropped + r.trace.len() }
