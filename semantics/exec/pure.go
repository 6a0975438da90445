package exec

import (
	"errors"
	"maps"
	"slices"

	"ptreview/parse/cpp"
	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// A helper that only computes is run on all of its paths at once where its
// arguments are inputs, and the results are put together: what calls ten of
// them in turn then has one path and not a thousand. Whether a function only
// computes is seen while it runs: anything else it is about to do ends the
// attempt, and it is called like any other.

// maxMerged is how many paths through one call are put together.
const maxMerged = 32

// errEffect ends an attempt at what is more than a computation.
var errEffect = errors.New("more than a computation")

// attempt is a call that is run on all of its paths at once. Until it has
// ended only its own locals, and the result in place, may change.
type attempt struct {
	outer *attempt
	first uint64 // locals of the call and of what it calls begin here
	place uint64 // of a struct result, 0 if there is none
	size  uint64
}

// mayWrite reports whether an address is what the attempt may change.
func (a *attempt) mayWrite(m *Machine, addr uint64) bool {
	return a == nil || m.Mem.IsLocalSince(addr, a.first) || addr-a.place < a.size
}

// effect is an error while only computations may be run.
func (m *Machine) effect() error {
	if m.attempt != nil {
		return errEffect
	}
	return nil
}

// invoked runs c, on all paths at once if it can.
func (m *Machine) invoked(caller *frame, site *callSite, c *code, args []bits.Term) (bits.Term, error) {
	if m.opt.Decisions.paths == nil || caller == nil || c.result == nil || isVoid(c.result) || len(args) == 0 {
		return m.invoke(caller, site, c, args)
	}
	return m.atOnce(caller, computation{
		key: c, result: c.result, temp: site.temp, loc: site.loc,
		run: func() (bits.Term, error) { return m.invoke(caller, site, c, slices.Clone(args)) },
	})
}

// computation is what may be run on all of its paths at once. A struct result
// is left in temp of the caller's frame, whatever run says.
type computation struct {
	key    any // what it is known by if it does more than compute
	result types.Type
	temp   int
	loc    cpp.Loc
	run    func() (bits.Term, error)
}

// atOnce runs a computation on all paths at once if it can, or else on one.
func (m *Machine) atOnce(fr *frame, x computation) (bits.Term, error) {
	paths := m.opt.Decisions.paths
	if paths.effects[x.key] {
		return x.run()
	}
	a := &attempt{outer: m.attempt}
	if isRecord(x.result) {
		a.size = uint64(x.result.Size())
		if a.size == 0 || a.size > bits.MaxWidth/8 {
			return x.run()
		}
		place, err := fr.tempAddr(x.temp, x.result, x.loc)
		if err != nil {
			return bits.Term{}, err
		}
		a.place = place
	}
	a.first = m.Mem.LocalsEnd()
	v, err := m.merged(a, fr, x)
	if errors.Is(err, errEffect) {
		return x.run()
	}
	return v, err
}

// merged runs an attempt. Its errors are errEffect where it failed, after
// which everything is as before, and what else ends a run.
func (m *Machine) merged(a *attempt, fr *frame, x computation) (bits.Term, error) {
	outer, known, before := m.opt.Decisions, m.facts.equal, m.result.mark()
	restore := func() {
		m.attempt, m.opt.Decisions, m.facts.equal = a.outer, outer, known
		m.result.reset(before)
	}
	defer restore()
	d := &Decisions{paths: outer.paths}
	var results []outcomeOf
	complete, err := explore(maxMerged, d, func(*Decisions) error {
		d.holds = append(d.holds[:0], outer.holds...)
		m.attempt, m.opt.Decisions, m.facts.equal = a, d, maps.Clone(known)
		m.result.reset(before)
		v, err := x.run()
		if err == nil && a.size != 0 {
			at, _ := v.Uint64()
			v, err = m.Mem.Load(at, int(a.size))
		}
		if err != nil {
			return err
		}
		if !v.IsValid() || v.Tainted() || !m.result.only(before) {
			return errEffect
		}
		results = append(results, outcomeOf{m.conjunction(d.holds[len(outer.holds):]), m.facts.simplify(v)})
		return nil
	})
	var trap *Trap
	switch {
	case errors.As(err, &trap):
		return bits.Term{}, errEffect // which of its paths are taken is for the caller to see
	case errors.Is(err, errEffect):
		outer.paths.effects[x.key] = true
		return bits.Term{}, err
	case err != nil:
		return bits.Term{}, err
	case !complete:
		return bits.Term{}, errEffect
	case len(results) == 0:
		return bits.Term{}, errImpossible
	}
	restore()
	return m.putTogether(a, x.loc, fr, results)
}

// outcomeOf is the result of one path through an attempt.
type outcomeOf struct{ when, value bits.Term }

// putTogether makes one result of those of all paths, of which each input
// takes exactly one.
func (m *Machine) putTogether(a *attempt, loc cpp.Loc, caller *frame, results []outcomeOf) (bits.Term, error) {
	v := results[len(results)-1].value
	for i := len(results) - 2; i >= 0; i-- {
		v = m.Bits.Ite(results[i].when, results[i].value, v)
	}
	if a.place == 0 {
		return v, nil
	}
	if err := m.Mem.Store(a.place, v); err != nil {
		return v, m.memError(caller, loc, err)
	}
	return bits.Const(m.Mem.PointerBits(), a.place), nil
}

func (m *Machine) conjunction(conds []bits.Term) bits.Term {
	all := bits.Bool(true)
	for _, c := range conds {
		all = m.Bits.And(all, c)
	}
	return all
}

// resultMark is how far the lists of a result had come.
type resultMark struct {
	trace, dropped, choices                         int
	warnings, unknowns, skipped, assumptions, event int
	named                                           int
}

func (r *Result) mark() resultMark {
	return resultMark{
		trace: r.trace.len(), dropped: r.Dropped, choices: len(r.Choices), warnings: len(r.Warnings),
		unknowns: len(r.Unknowns), skipped: len(r.Skipped), assumptions: len(r.Assumptions), event: r.events.len(),
		named: len(r.named),
	}
}

// only reports whether nothing was noted since but steps and choices.
func (r *Result) only(m resultMark) bool {
	now := r.mark()
	now.trace, now.dropped, now.choices = m.trace, m.dropped, m.choices
	return now == m
}

// reset takes back what was noted since.
func (r *Result) reset(m resultMark) {
	if r.Dropped == m.dropped {
		r.trace.cut(m.trace)
	}
	r.Choices = r.Choices[:m.choices]
	r.Warnings = r.Warnings[:m.warnings]
	r.Unknowns = r.Unknowns[:m.unknowns]
	r.Skipped = r.Skipped[:m.skipped]
	r.Assumptions = r.Assumptions[:m.assumptions]
	r.events.cut(m.event)
	r.named = r.named[:m.named]
}
