package contract

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"ptreview/semantics/bits"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/solve"
	"ptreview/semantics/unit"
)

// Prover asks laws of one unit of a class on one machine. It is not safe for
// concurrent use.
type Prover struct {
	// Paths bounds the ways through one question, 0 for 512.
	Paths int

	e       *pagetable.Emulator
	unit    *unit.Unit
	ctx     context.Context // of the Prove in progress
	recipes map[string]*recipe
	unmade  string // why no entries of pages can be made
	// declared are the numbers that laws may name, once they were asked for.
	declared string
}

// NewProver returns a prover for what a unit sees. Units that include nearly
// all headers of memory management, as mm/memory.c, see most helpers.
func NewProver(e *pagetable.Emulator, u *unit.Unit) *Prover {
	return &Prover{e: e, unit: u, recipes: make(map[string]*recipe), ctx: context.Background()}
}

// Prove finds out whether a law holds. The only error is the end of ctx.
func (p *Prover) Prove(ctx context.Context, l Law) (*Outcome, error) {
	p.ctx = ctx
	defer func() { p.ctx = context.Background() }()
	o := p.prove(l)
	return o, ctx.Err()
}

func (p *Prover) prove(l Law) *Outcome {
	choices, lacks := p.applies(l)
	if lacks != "" {
		return &Outcome{Status: Absent, Reason: lacks}
	}
	if len(choices) == 0 {
		return &Outcome{Reason: p.unmade}
	}
	holds, r := p.resolve(l.Holds), p.recipe(l.Level)
	for _, d := range l.domains() {
		o := p.over(l, holds, d, r, choices)
		if o.Status == Proved || d == Made {
			return o
		}
		if p.ctx.Err() != nil {
			return o
		}
	}
	panic("unreachable")
}

// domains are those that a law is asked of.
func (l *Law) domains() []Domain {
	switch {
	case len(l.Entries) == 0 || l.Kinds[0] == Mapped || ofMaking.MatchString(l.Holds) || strings.Contains(l.Holds, "_HW_"):
		return []Domain{Made}
	case len(l.Kinds) > 1 || l.Kinds[0] != Leaf || ofPresent.MatchString(l.Helper):
		return []Domain{AnyBits, Made}
	}
	return []Domain{AnyBits, Present, Made}
}

// ofPresent are the helpers that say which bits count as Present: their laws are
// about that, and would hold by definition.
var ofPresent = regexp.MustCompile(`^\w+_(present|trans_huge|leaf)$`)

// ofMaking are the numbers that an entry was made of. A condition on them is
// one on what helpers make only: a law that holds for all bits needs none.
var ofMaking = regexp.MustCompile(`\b[abc]_(pfn|flags|type|offset)\b`)

// free are numbers of a law that may be anything that keeps their conditions.
var free = []struct {
	name  string
	given []string
}{
	{"newflags", []string{"newflags < 16"}},
	{"type", swapLimits[:1]},
	{"offset", swapLimits[1:]},
}

// question is a law without entries, asked of a domain.
func (l *Law) question(holds string, d Domain) pagetable.Question {
	q := pagetable.Question{Text: holds}
	for _, f := range free {
		if slices.Contains(word.FindAllString(l.Holds, -1), f.name) {
			q.Inputs = append(q.Inputs, pagetable.Input{Name: f.name, Type: "unsigned long"})
			q.Assume = append(q.Assume, f.given...)
		}
	}
	if l.Given != "" && (d == Made || !ofMaking.MatchString(l.Given)) {
		q.Given = append(q.Given, l.Given)
	}
	return q
}

// lacks returns what a class lacks of a gate, "" if nothing.
func (p *Prover) lacks(gate string) string {
	if gate == "" {
		return ""
	}
	for part := range strings.SplitSeq(gate, " && ") {
		if !p.meets(part) {
			return strings.ReplaceAll(strings.TrimPrefix(part, "defined "), "|", " or ")
		}
	}
	return ""
}

// meets reports whether a class has one of the things that a gate names.
func (p *Prover) meets(part string) bool {
	if macro, ok := strings.CutPrefix(part, "defined "); ok {
		return p.unit.Cpp.Macro(macro) != nil
	}
	if name, ok := strings.CutPrefix(part, "own "); ok {
		return p.isOwn(name)
	}
	if asked, ok := strings.CutPrefix(part, "hardware "); ok {
		return p.meetsHardware(asked)
	}
	if level, ok := strings.CutPrefix(part, "unfolded "); ok {
		return p.unit.Cpp.Macro(folding[level]) == nil
	}
	for symbol := range strings.SplitSeq(part, "|") {
		if p.e.ClassValue(symbol) != "" {
			return true
		}
	}
	return false
}

// folding are the macros that say that the level below has no tables, so that
// the entries of a level say nothing.
var folding = map[string]string{
	"pgd": "__PAGETABLE_P4D_FOLDED", "p4d": "__PAGETABLE_PUD_FOLDED", "pud": "__PAGETABLE_PMD_FOLDED",
}

// isOwn reports whether a function of the unit is defined below arch/.
func (p *Prover) isOwn(name string) bool {
	o := p.unit.Types.Lookup(name)
	return o != nil && o.Def != nil && strings.HasPrefix(p.unit.Cpp.Position(o.Def.Loc()).Path, "arch/")
}

// over asks a law of one domain.
func (p *Prover) over(l Law, holds string, d Domain, r *recipe, choices []choice) *Outcome {
	if d != Made {
		q := l.question(holds, d)
		for _, e := range l.Entries {
			q.Inputs = append(q.Inputs, pagetable.Input{Name: e, Type: l.Level + "_t"})
			if d == Present {
				q.Given = append(q.Given, p.present(l.Level, e))
			}
		}
		return p.judge(q, d, l, nil, nil)
	}
	sum := &Outcome{Status: Proved, Domain: Made}
	for _, c := range choices {
		q := l.question(holds, Made)
		for i, e := range l.Entries {
			r.make(&q, e, c[i])
		}
		o := p.judge(q, Made, l, r, c)
		if o.Reason == tooLong {
			o = p.split(q, l, r, c)
		}
		sum.Paths += o.Paths
		if o.Status != Proved {
			o.Paths = sum.Paths
			return o
		}
	}
	return sum
}

// tooLong is why a law was not run that the solver gave up on.
const tooLong = "it took too long to find out"

// split asks a question for each protection that its first page can have: with
// that known, most of what helpers do to an entry is too.
func (p *Prover) split(q pagetable.Question, l Law, r *recipe, c choice) *Outcome {
	flags := l.Entries[0] + "_flags"
	if !slices.ContainsFunc(q.Inputs, func(in pagetable.Input) bool { return in.Name == flags }) {
		return &Outcome{Domain: Made, Reason: tooLong}
	}
	sum := &Outcome{Status: Proved, Domain: Made}
	for v := range 1 << len(vmFlags) {
		part := q
		part.Assume = append(slices.Clone(q.Assume), fmt.Sprintf("%s == %d", flags, v))
		o := p.judge(part, Made, l, r, c)
		sum.Paths += o.Paths
		if o.Status != Proved {
			o.Paths = sum.Paths
			return o
		}
	}
	return sum
}

// present is the condition under which any bits count as a leaf.
func (p *Prover) present(level, e string) string {
	text := fmt.Sprintf("%s_present(%s)", level, e)
	for _, leaf := range []string{"_trans_huge", "_leaf"} {
		if t := level + leaf; level != "pte" && p.has(t+"(e)") {
			return fmt.Sprintf("%s && %s(%s)", text, t, e)
		}
	}
	return text
}

// judge asks a question and turns the answer into an outcome.
func (p *Prover) judge(q pagetable.Question, d Domain, l Law, r *recipe, c choice) *Outcome {
	limit := p.Paths
	if limit == 0 {
		limit = 512
	}
	o := &Outcome{Domain: d}
	a, err := p.e.Ask(p.ctx, p.unit, q, limit)
	if err != nil {
		o.Reason = pagetable.ReasonOf(err)
		return o
	}
	o.Paths = len(a.Paths)
	for i := range a.Paths {
		path := &a.Paths[i]
		wrong := append([]bits.Term(nil), path.Holds...)
		if path.Trap == nil {
			wrong = append(wrong, a.Space.Bits.Not(path.Value))
		}
		switch a.Space.Solver.Check(wrong...) {
		case solve.Impossible:
			continue
		case solve.GaveUp:
			o.Reason = tooLong
			continue
		}
		if len(path.Why) > 0 {
			o.Reason = "depends on " + path.Why[0]
			continue
		}
		if t := path.Trap; t != nil && !deliberate(t) {
			o.Reason = fmt.Sprintf("%s in %s, where the emulated machine has nothing", t.Kind, t.Function)
			continue
		}
		o.Counterexample, err = p.counterexample(q, a, path, l, r, c)
		if err != nil {
			o.Reason = err.Error()
			return o
		}
		o.Status = Broken
		return o
	}
	switch {
	case o.Reason != "":
	case !a.Complete:
		o.Reason = fmt.Sprintf("more than %d ways through the helpers", limit)
	default:
		o.Status = Proved
	}
	return o
}

// counterexample runs the solver's last model.
func (p *Prover) counterexample(q pagetable.Question, a *pagetable.Answer, path *pagetable.Path, l Law, r *recipe, c choice) (*Counterexample, error) {
	model := a.Space.Solver.Model()
	inputs := make([]bits.Term, len(a.Vars))
	values := make(map[string]uint64)
	for i, v := range a.Vars {
		inputs[i] = model[v]
		if !inputs[i].IsValid() {
			inputs[i] = bits.Const(v.Width(), 0)
		}
		values[q.Inputs[i].Name], _ = inputs[i].Uint64()
	}
	again, err := p.e.Replay(p.ctx, p.unit, q, inputs)
	if err != nil {
		return nil, err
	}
	out := &Counterexample{}
	if len(again.Paths) != 1 || (path.Trap == nil) != (again.Paths[0].Trap == nil) || path.Trap == nil && !again.Paths[0].Value.IsFalse() {
		return nil, fmt.Errorf("a counterexample was found that is none when it is run: %v", values)
	}
	if t := again.Paths[0].Trap; t != nil {
		out.Trap = t.Kind + " in " + t.Function
	}
	for _, f := range free {
		if v, ok := values[f.name]; ok {
			out.Entries = append(out.Entries, Value{Name: f.name, Bits: fmt.Sprintf("%#x", v)})
		}
	}
	for i, e := range l.Entries {
		v := Value{Name: e}
		if c != nil {
			v.Made = r.describe(c[i], e, values)
		}
		entry, err := p.e.Show(p.ctx, p.unit, q, inputs, e)
		if err != nil {
			return nil, err
		}
		v.Bits = entry.String()
		out.Entries = append(out.Entries, v)
	}
	return out, nil
}

// describe says how an entry was made.
func (r *recipe) describe(k Kind, e string, values map[string]uint64) string {
	if k == None {
		return "empty"
	}
	if k == Swap {
		parts := []string{fmt.Sprintf("swap, type %d, offset %#x", values[e+"_type"], values[e+"_offset"])}
		return strings.Join(append(parts, taken(r.swapped, values[e+"_how"])...), ", ")
	}
	parts := []string{k.String()}
	if k != Mapped {
		parts = append(parts, fmt.Sprintf("pfn %#x", values[e+"_pfn"]))
	}
	if k == Table {
		return strings.Join(parts, ", ")
	}
	var flags []string
	for i, f := range vmFlags {
		if values[e+"_flags"]>>i&1 != 0 {
			flags = append(flags, f)
		}
	}
	if len(flags) == 0 {
		flags = []string{"VM_NONE"}
	}
	parts = append(parts, strings.Join(flags, "|"))
	parts = append(parts, taken(r.changes, values[e+"_how"])...)
	return strings.Join(parts, ", ")
}

// taken names the steps whose bits are set.
func taken(steps []step, how uint64) []string {
	var names []string
	for i, c := range steps {
		if how>>i&1 != 0 {
			names = append(names, c.name)
		}
	}
	return names
}

// huge reports whether a condition without inputs holds on the machine.
func (p *Prover) huge(text string) bool {
	a, err := p.e.Ask(p.ctx, p.unit, pagetable.Question{Text: text}, 2)
	return err == nil && len(a.Paths) == 1 && a.Paths[0].Trap == nil && a.Paths[0].Value.IsTrue()
}
