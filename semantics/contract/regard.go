package contract

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ptreview/semantics/bits"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/solve"
)

// Heed is what a function does with the entries that it is given.
type Heed uint8

// The ways. A function whose answer differs with its entries Looks.
const (
	Unclear Heed = iota // it was not run, or depends on what is not known
	Looks
	Fixed     // one answer, whatever the entries are
	Unchanged // it gives back the first of them
	Traps     // it does not return
)

// Regard is what was found out about a call.
type Regard struct {
	Heed   Heed
	Value  string // of Fixed, hexadecimal
	Trap   string // of Traps: "BUG in hash__pmd_same"
	Reason string // of Unclear
}

// Regards finds out what a call does with its entries, for all of a domain:
// AnyBits, or Made. Where helpers make none but empty ones, those with any bits
// count. The only error is the end of ctx.
func (p *Prover) Regards(ctx context.Context, c *Call, d Domain) (*Regard, error) {
	p.ctx = ctx
	defer func() { p.ctx = context.Background() }()
	sum := &regards{p: p, call: c, alike: true, same: true, traps: true}
	for _, kinds := range p.kindsOf(c, d) {
		if reason := sum.ask(kinds); reason != "" {
			return &Regard{Reason: reason}, ctx.Err()
		}
	}
	return sum.regard(), ctx.Err()
}

// kindsOf lists the kinds that the entries of a call may have; one nil for any
// bits.
func (p *Prover) kindsOf(c *Call, d Domain) []choice {
	level, n := c.entries()
	if d == Made && n > 0 && n <= 2 && slices.Contains(levels[:3], level) {
		list := p.recipe(level).choices(every, n)
		if slices.ContainsFunc(list, func(c choice) bool { return slices.ContainsFunc(c, func(k Kind) bool { return k != None }) }) {
			return list
		}
	}
	return []choice{nil}
}

// Answers reports whether a call has an answer and nothing else to give: it is
// passed entries, and no address of one.
func (c *Call) Answers() bool {
	entries := false
	for _, q := range c.Params {
		if q.Level != "" && q.Address {
			return false
		}
		entries = entries || q.entry()
	}
	return entries
}

// entry reports whether a parameter is an entry of a table, or of swap.
func (q Param) entry() bool { return q.Level != "" || q.Type == swapEntry }

// swapEntry is the type of what an entry of swap says.
const swapEntry = "swp_entry_t"

// regards gathers what a call does with entries of one kind after another.
type regards struct {
	p    *Prover
	call *Call

	value       bits.Term // of the first way that returns
	alike, same bool      // all ways that returned had that value; the first entry
	traps       bool      // no way returned
	trap        string    // of the first way that did not
}

// ask runs the call for entries of some kinds. The reason says why it cannot
// be told what it does with them, "" if it can.
func (r *regards) ask(kinds choice) (reason string) {
	q := r.call.question(r.p, kinds)
	if len(q.Results) != 1 {
		return "it has no value"
	}
	first := slices.IndexFunc(r.call.Params, Param.entry)
	q.Results = append(q.Results, fmt.Sprintf("arg%d", first+1))
	a, err := r.p.e.Ask(r.p.ctx, r.p.unit, q, comparePaths)
	if err != nil {
		return pagetable.ReasonOf(err)
	}
	for i := range a.Paths {
		if reason := r.way(a, &a.Paths[i]); reason != "" {
			return reason
		}
	}
	if !a.Complete && !r.looks() {
		return fmt.Sprintf("more than %d ways through it", comparePaths)
	}
	return ""
}

// looks reports whether what was seen is enough to know that it does.
func (r *regards) looks() bool { return !r.traps && !r.alike && !r.same || !r.traps && r.trap != "" }

func (r *regards) way(a *pagetable.Answer, path *pagetable.Path) (reason string) {
	if a.Space.Solver.Check(path.Holds...) == solve.Impossible {
		return ""
	}
	if len(path.Why) > 0 {
		return "depends on " + path.Why[0]
	}
	if t := path.Trap; t != nil {
		if !deliberate(t) {
			return "it needs more memory than one entry: " + t.Kind
		}
		if r.trap == "" {
			r.trap = t.Kind + " in " + t.Function
		}
		return ""
	}
	r.traps = false
	v, entry := path.Results[0], path.Results[1]
	if !r.value.IsValid() {
		r.value = a.Space.Bits.Eval(v, a.Space.Solver.Model())
		for _, free := range bits.Support(r.value) { // the solver does not care
			r.value = a.Space.Bits.Eval(r.value, bits.Assignment{free: bits.Const(free.Width(), 0)})
		}
	}
	can := func(not bits.Term) bool {
		return a.Space.Solver.Check(append(slices.Clone(path.Holds), not)...) != solve.Impossible
	}
	r.alike = r.alike && v.Width() == r.value.Width() && !can(a.Space.Bits.Ne(v, r.value))
	r.same = r.same && v.Width() == entry.Width() && !can(a.Space.Bits.Ne(v, entry))
	return ""
}

func (r *regards) regard() *Regard {
	switch {
	case r.traps && r.trap == "":
		return &Regard{Reason: "no way through it was found"}
	case r.traps:
		return &Regard{Heed: Traps, Trap: r.trap}
	case r.trap != "":
		return &Regard{Heed: Looks}
	case r.alike:
		return &Regard{Heed: Fixed, Value: r.value.String()}
	case r.same:
		return &Regard{Heed: Unchanged}
	}
	return &Regard{Heed: Looks}
}

// Applies reports whether a law is one of the class and machine: they have what
// it needs, its helpers and, as far as is known, such entries.
func (p *Prover) Applies(ctx context.Context, l Law) bool {
	p.ctx = ctx
	defer func() { p.ctx = context.Background() }()
	_, absent := p.applies(l)
	return absent == ""
}

// applies returns the ways to give a law's entries kinds, and what the class
// lacks for it to be one, "" if nothing.
func (p *Prover) applies(l Law) (choices []choice, lacks string) {
	if p.e.ClassValue("MMU") == "" {
		return nil, "without MMU"
	}
	if lacks := p.lacks(l.Needs); lacks != "" {
		return nil, "without " + lacks
	}
	if !p.has("!!("+p.resolve(l.Holds)+")") || l.Given != "" && !p.has("!!("+l.Given+")") {
		return nil, "no " + l.Helper + "()"
	}
	choices = p.recipe(l.Level).choices(l.Kinds, len(l.Entries))
	if len(choices) == 0 && p.unmade == "" {
		return nil, "no such entries"
	}
	return choices, ""
}

// Mentions reports whether a law says something of a helper, by the name that
// generic code calls it by.
func (l *Law) Mentions(helper string) bool {
	return slices.ContainsFunc(append(identifiers(l.Holds), identifiers(l.Given)...), func(word string) bool {
		if strings.HasSuffix(word, "_MKWRITE") || strings.HasSuffix(word, "_CLEAR") {
			word = strings.ToLower(word)
		}
		return word == helper
	})
}
