package contract

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/solve"
)

// Comparison is what was found out about two definitions of a function.
type Comparison struct {
	// Status is Proved if they do the same, Broken if they do not.
	Status Status
	Domain Domain
	Reason string // why it was not run
	Costly bool   // because it costs too much
	// Scenes are the entries it was called with where Domain is Tried.
	Scenes []string
	// Inputs are arguments for which they differ; Before and After what they
	// make of those: "= 0x1", "BUG in hash__pmd_same".
	Inputs        []Value
	Before, After string
	// Trapped and Traps say that before or after ended in a trap.
	Trapped, Traps bool
}

// Repairs reports whether all that differs is that what trapped before returns
// now.
func (c *Comparison) Repairs() bool { return c.Status == Broken && c.Trapped && !c.Traps }

// String is one line.
func (c *Comparison) String() string {
	switch c.Status {
	case Proved:
		if c.Domain == Tried {
			return "the same where " + strings.Join(c.Scenes, "; ")
		}
		return "proved equal for " + c.Domain.String()
	case Broken:
		return fmt.Sprintf("differs: %s %s before, %s now", c.given(), c.Before, c.After)
	case Absent:
		return "not there before and after"
	}
	return "not run: " + c.Reason
}

// given says what a difference was found for.
func (c *Comparison) given() string {
	var parts []string
	for _, s := range c.Scenes {
		parts = append(parts, "where "+s)
	}
	if len(c.Inputs) > 0 {
		parts = append(parts, "for "+describeAll(c.Inputs))
	}
	return strings.Join(parts, ", ")
}

func describeAll(values []Value) string {
	return (&Counterexample{Entries: values}).String()
}

// comparePaths bounds the ways through one of two definitions compared.
const comparePaths = 64

// Compare finds out whether a call does the same in the unit of before and in
// that of after: in its value, what it writes to entries it has the address of,
// and whether it traps. All arguments count at first; where those make a
// difference only entries that the architecture's helpers make, and any other
// arguments. The only error is the end of ctx.
func Compare(ctx context.Context, before, after *Prover, c *Call) (*Comparison, error) {
	before.ctx, after.ctx = ctx, ctx
	defer func() { before.ctx, after.ctx = context.Background(), context.Background() }()
	if !before.Understands(c) || !after.Understands(c) {
		return &Comparison{Status: Absent}, ctx.Err()
	}
	o := (&comparer{before: before, after: after, call: c}).all(AnyBits, nil)
	level, n := c.entries()
	if o.Status == Proved || n == 0 || n > 2 || !slices.Contains(levels[:3], level) || ctx.Err() != nil {
		return o, ctx.Err()
	}
	made := made(before, after, c, level, n)
	if made == nil {
		return o, ctx.Err()
	}
	return made, ctx.Err()
}

// made compares for entries that helpers make, by the helpers before; nil if
// there are none.
func made(before, after *Prover, c *Call, level string, n int) *Comparison {
	choices := before.recipe(level).choices(every, n)
	if !slices.ContainsFunc(choices, func(c choice) bool { return slices.ContainsFunc(c, func(k Kind) bool { return k != None }) }) {
		return nil
	}
	sum := &Comparison{Status: Proved, Domain: Made}
	for _, kinds := range choices {
		o := (&comparer{before: before, after: after, call: c}).all(Made, kinds)
		if o.Status == Broken && !o.Repairs() {
			return o
		}
		if sum.Status == Proved || sum.Status == Broken && o.Status == NotRun {
			if o.Status != Proved {
				sum = o
			}
		}
	}
	return sum
}

// comparer compares one call for one set of arguments.
type comparer struct {
	before, after *Prover
	call          *Call
	kinds         choice

	space      *exec.Paths
	qb, qa     pagetable.Question
	old, fresh *pagetable.Answer
}

func (k *comparer) all(d Domain, kinds choice) *Comparison {
	o := &Comparison{Domain: d}
	k.kinds, k.space = kinds, exec.NewPaths()
	// What makes entries is the same text on both sides, and may itself mean
	// another thing now: then what is compared is what callers see.
	k.qb, k.qa = k.call.question(k.before, kinds), k.call.question(k.after, kinds)
	if !slices.Equal(k.qb.Inputs, k.qa.Inputs) || len(k.qb.Results) != len(k.qa.Results) {
		o.Reason = "it has a value on one side only, or entries are made otherwise"
		return o
	}
	if len(k.qb.Results) == 0 {
		o.Reason = "it has no value and is given no entry to write to"
		return o
	}
	var err error
	if k.old, err = k.ask(k.before, k.qb); err == nil {
		k.fresh, err = k.ask(k.after, k.qa)
	}
	if err != nil {
		o.Reason = pagetable.ReasonOf(err)
		return o
	}
	k.pairs(o)
	return o
}

func (k *comparer) ask(p *Prover, q pagetable.Question) (*pagetable.Answer, error) {
	a, err := p.e.AskWith(p.ctx, p.unit, q, k.space, comparePaths)
	if err == nil && !a.Complete {
		err = fmt.Errorf("more than %d ways through it", comparePaths)
	}
	return a, err
}

// pairs compares every way through the old definition with every one through
// the new that some inputs take both of.
func (k *comparer) pairs(o *Comparison) {
	var repaired *Comparison
	for i := range k.old.Paths {
		for j := range k.fresh.Paths {
			k.pair(o, &k.old.Paths[i], &k.fresh.Paths[j])
			if o.Status != Broken {
				continue
			}
			if !o.Repairs() {
				o.Reason = ""
				return
			}
			if repaired == nil {
				r := *o
				repaired = &r
			}
			*o = Comparison{Domain: o.Domain, Reason: o.Reason}
		}
	}
	switch {
	case o.Reason != "":
	case repaired != nil:
		*o = *repaired
	default:
		o.Status = Proved
	}
}

func (k *comparer) pair(o *Comparison, old, fresh *pagetable.Path) {
	if old.Trap != nil && fresh.Trap != nil {
		return // to callers one end is as good as another
	}
	wrong := append(slices.Clone(old.Holds), fresh.Holds...)
	if old.Trap == nil && fresh.Trap == nil {
		differs := bits.Bool(false)
		for i, v := range old.Results {
			w := fresh.Results[i]
			if v.Width() != w.Width() {
				o.Reason = "it gives another type"
				return
			}
			differs = k.space.Bits.Or(differs, k.space.Bits.Ne(v, w))
		}
		if differs.IsFalse() {
			return
		}
		wrong = append(wrong, differs)
	}
	switch k.space.Solver.Check(wrong...) {
	case solve.Impossible:
		return
	case solve.GaveUp:
		o.Reason = tooLong
		return
	}
	if why := append(slices.Clone(old.Why), fresh.Why...); len(why) > 0 {
		o.Reason = "depends on " + why[0]
		return
	}
	for _, t := range []*pagetable.Trap{old.Trap, fresh.Trap} {
		if t != nil && !deliberate(t) {
			o.Reason = "it needs more memory than one entry: " + t.Kind
			return
		}
	}
	if err := k.show(o); err != nil {
		o.Reason = err.Error()
		return
	}
	o.Status = Broken
}

// deliberate tells a trap that somebody wrote from an access that only goes
// wrong because no table is around the entry, or the machine lacks something.
func deliberate(t *pagetable.Trap) bool { return !strings.Contains(t.Kind, " ") && t.Kind != "locking" }

// show runs both definitions with the solver's last model.
func (k *comparer) show(o *Comparison) error {
	model := k.space.Solver.Model()
	inputs := make([]bits.Term, len(k.old.Vars))
	values := make(map[string]uint64)
	for i, v := range k.old.Vars {
		if inputs[i] = model[v]; !inputs[i].IsValid() {
			inputs[i] = bits.Const(v.Width(), 0)
		}
		values[k.qb.Inputs[i].Name], _ = inputs[i].Uint64()
	}
	was, err := k.replay(k.before, k.qb, inputs)
	if err != nil {
		return err
	}
	is, err := k.replay(k.after, k.qa, inputs)
	if err != nil {
		return err
	}
	if (was.Trap == nil) == (is.Trap == nil) && slices.Equal(was.Results, is.Results) {
		return fmt.Errorf("a counterexample was found that is none when it is run: %v", values)
	}
	if o.Inputs, err = k.inputs(inputs, values); err != nil {
		return err
	}
	o.Before, o.After = k.left(was, k.qb), k.left(is, k.qa)
	o.Trapped, o.Traps = was.Trap != nil, is.Trap != nil
	return nil
}

func (k *comparer) replay(p *Prover, q pagetable.Question, inputs []bits.Term) (*pagetable.Path, error) {
	a, err := p.e.Replay(p.ctx, p.unit, q, inputs)
	if err != nil {
		return nil, err
	}
	if len(a.Paths) != 1 {
		return nil, fmt.Errorf("%d ways for one choice of arguments", len(a.Paths))
	}
	return &a.Paths[0], nil
}

// inputs spells the arguments.
func (k *comparer) inputs(inputs []bits.Term, values map[string]uint64) ([]Value, error) {
	var list []Value
	entry := 0
	for i, p := range k.call.Params {
		name := fmt.Sprintf("arg%d", i+1)
		if p.Level == "" && p.Address {
			continue
		}
		v := Value{Name: name}
		if p.Level != "" && k.kinds != nil {
			v.Made = k.before.recipe(p.Level).describe(k.kinds[entry], name, values)
			entry++
		}
		at := slices.IndexFunc(k.qb.Inputs, func(in pagetable.Input) bool { return in.Name == name })
		if at >= 0 {
			v.Bits = inputs[at].String()
		} else {
			b, err := k.before.e.Show(k.before.ctx, k.before.unit, k.qb, inputs, name)
			if err != nil {
				return nil, err
			}
			v.Bits = b.String()
		}
		list = append(list, v)
	}
	return list, nil
}

// left spells what a call left behind.
func (k *comparer) left(path *pagetable.Path, q pagetable.Question) string {
	if t := path.Trap; t != nil {
		return t.Kind + " in " + t.Function
	}
	var parts []string
	for i, v := range path.Results {
		name := q.Results[i]
		if name == "result" {
			parts = append(parts, v.String())
			continue
		}
		parts = append(parts, name+" becomes "+v.String())
	}
	return strings.Join(parts, ", ")
}
