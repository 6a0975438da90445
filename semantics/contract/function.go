package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
	"ptreview/semantics/mem"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/solve"
)

// CompareFunction finds out whether a function does the same in the unit of
// before and in that of after, called in the scenes of the emulated machine: in
// its value, in what it writes to memory that outlives it, in what it does to
// the world, in which order and with what in the tables by then, and whether it
// traps. The only error is the end of ctx.
func CompareFunction(ctx context.Context, before, after *Prover, name string) (*Comparison, error) {
	k := &sceneComparer{
		ctx: ctx, before: before, after: after,
		old: before.unit.File.Func(name), fresh: after.unit.File.Func(name),
	}
	if k.old == nil || k.fresh == nil || !sameParams(k.old, k.fresh) {
		return &Comparison{Status: Absent}, ctx.Err()
	}
	scenes, err := after.e.Scenes(after.unit, k.fresh)
	if err != nil {
		return &Comparison{Reason: pagetable.ReasonOf(err)}, ctx.Err()
	}
	o := k.scenes(scenes)
	return o, ctx.Err()
}

// sameParams reports whether two definitions take the same.
func sameParams(a, b *syntax.FuncDef) bool {
	return slices.EqualFunc(a.Type.Params, b.Type.Params, func(p, q *syntax.Param) bool {
		return p.Name == q.Name && syntax.TypeString(p.Type) == syntax.TypeString(q.Type)
	})
}

// What two functions compared in a scene may cost: the ways through one of them,
// and the questions about branches of both.
const (
	scenePaths     = 16
	sceneQuestions = 200
)

// sceneComparer compares a function scene by scene.
type sceneComparer struct {
	ctx           context.Context
	before, after *Prover
	old, fresh    *syntax.FuncDef

	scene   pagetable.Scene
	space   *exec.Paths
	was, is *pagetable.Left
}

// scenes compares in the scene in which the entry may be anything. If that
// shows a difference, or could not be run, what counts are those of entries
// that the architecture's helpers make.
func (k *sceneComparer) scenes(list []pagetable.Scene) *Comparison {
	if len(list) > 0 && list[0].State == "" {
		o := k.in(list[0])
		if o.Status == Proved || len(list) == 1 || k.ctx.Err() != nil {
			return o
		}
		list = list[1:]
	}
	sum := &Comparison{Status: Proved, Domain: Tried}
	var open *Comparison // the first that was not run
	for _, s := range list {
		o := k.in(s)
		switch {
		case o == nil: // the machine has no such entry
			continue
		case o.Status == Broken && !o.Repairs(), k.ctx.Err() != nil:
			return o
		case o.Status == Broken:
			sum = o
		case o.Status == Proved:
			sum.Scenes = append(sum.Scenes, s.State)
		case open == nil:
			open = o
		}
		if open != nil && open.Costly {
			break
		}
	}
	switch {
	case open != nil:
		return open.partly(sum)
	case sum.Status == Proved && len(sum.Scenes) == 0:
		return &Comparison{Reason: "the machine has no entry that it could be called with"}
	}
	return sum
}

// partly says where what was not run was not, and where the two were the same.
func (c *Comparison) partly(sum *Comparison) *Comparison {
	c.Reason = "where " + strings.Join(c.Scenes, "; ") + ": " + c.Reason
	if sum.Status == Proved && len(sum.Scenes) > 0 {
		c.Reason += "; the same where " + strings.Join(sum.Scenes, "; ")
	}
	return c
}

// in compares in one scene; nil if the machine has none such.
func (k *sceneComparer) in(s pagetable.Scene) *Comparison {
	k.scene, k.space = s, exec.NewPaths()
	k.space.Named, k.space.Limit = true, sceneQuestions
	var err error
	if k.was, err = k.leaves(k.before, k.old, nil, k.space); err == nil {
		k.is, err = k.leaves(k.after, k.fresh, nil, k.space)
	}
	if errors.Is(err, pagetable.ErrNoScene) {
		return nil
	}
	o := &Comparison{Domain: Tried, Scenes: []string{s.State}}
	if s.State == "" {
		o.Domain, o.Scenes = AnyBits, nil
	}
	if err != nil {
		o.Reason, o.Costly = pagetable.ReasonOf(err), errors.Is(err, exec.ErrBudget)
		return o
	}
	if len(k.was.Paths) == 0 || len(k.is.Paths) == 0 {
		o.Reason = "no way through it was found"
		return o
	}
	k.pairs(o)
	return o
}

func (k *sceneComparer) leaves(p *Prover, def *syntax.FuncDef, given map[string]bits.Term, space *exec.Paths) (*pagetable.Left, error) {
	l, err := p.e.Leaves(k.ctx, p.unit, def, k.scene, given, space, scenePaths)
	if err == nil && !l.Complete {
		err = fmt.Errorf("more than %d ways through it", scenePaths)
	}
	return l, err
}

// pairs compares every way through the old definition with every one through
// the new that some arguments take both of.
func (k *sceneComparer) pairs(o *Comparison) {
	var repaired *Comparison
	for i := range k.was.Paths {
		for j := range k.is.Paths {
			k.pair(o, &k.was.Paths[i], &k.is.Paths[j])
			if o.Status == Broken && !o.Repairs() || o.Reason != "" {
				return
			}
			if o.Status == Broken {
				if repaired == nil {
					r := *o
					repaired = &r
				}
				*o = Comparison{Domain: o.Domain, Scenes: o.Scenes, Reason: o.Reason}
			}
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

func (k *sceneComparer) pair(o *Comparison, was, is *pagetable.LeftPath) {
	if was.Trap != nil && is.Trap != nil {
		return // to callers one end is as good as another
	}
	wrong := append(slices.Clone(was.Holds), is.Holds...)
	if was.Trap == nil && is.Trap == nil {
		d := k.difference(was, is)
		if d.IsFalse() {
			if o.Reason == "" && (len(was.NotSeen) > 0 || len(is.NotSeen) > 0) && k.together(wrong) {
				o.Reason = "needs " + append(slices.Clone(was.NotSeen), is.NotSeen...)[0]
			}
			return
		}
		wrong = append(wrong, d)
	}
	switch k.space.Solver.Check(wrong...) {
	case solve.Impossible:
		return
	case solve.GaveUp:
		o.Reason = tooLong
		return
	}
	if why := k.unsure(was, is, wrong); why != "" {
		o.Reason = why
		return
	}
	if err := k.show(o); err != nil {
		o.Reason = pagetable.ReasonOf(err)
		return
	}
	o.Status, o.Reason = Broken, ""
}

func (k *sceneComparer) together(conds []bits.Term) bool {
	return k.space.Solver.Check(conds...) != solve.Impossible
}

// unsure is why a difference may be none, "" if it is one.
func (k *sceneComparer) unsure(was, is *pagetable.LeftPath, wrong []bits.Term) string {
	for _, p := range []*pagetable.LeftPath{was, is} {
		if len(p.Why) > 0 {
			return "depends on " + p.Why[0]
		}
		if len(p.NotSeen) > 0 {
			return "needs " + p.NotSeen[0]
		}
		if p.Trap != nil && !deliberate(p.Trap) {
			return "it needs more than is around one entry: " + p.Trap.Kind
		}
	}
	for _, t := range wrong {
		if t.Tainted() {
			return "depends on " + strings.Join(bits.Reasons(t), ", ")
		}
	}
	return ""
}

// difference is the condition under which two ways leave different things.
func (k *sceneComparer) difference(was, is *pagetable.LeftPath) bits.Term {
	d := k.differ(was.Result, is.Result)
	d = k.space.Bits.Or(d, k.memoryDiffers(was.Memory, is.Memory))
	if len(was.Deeds) != len(is.Deeds) {
		return bits.Bool(true)
	}
	for i := range was.Deeds {
		d = k.space.Bits.Or(d, k.deedDiffers(&was.Deeds[i], &is.Deeds[i]))
	}
	return d
}

func (k *sceneComparer) differ(v, w bits.Term) bits.Term {
	switch {
	case !v.IsValid() && !w.IsValid():
		return bits.Bool(false)
	case !v.IsValid() || !w.IsValid() || v.Width() != w.Width():
		return bits.Bool(true)
	}
	return k.space.Bits.Ne(v, w)
}

func (k *sceneComparer) deedDiffers(was, is *pagetable.Deed) bits.Term {
	if was.Text != is.Text || len(was.Args) != len(is.Args) {
		return bits.Bool(true)
	}
	d := k.memoryDiffers(was.Tables, is.Tables)
	for i, v := range was.Args {
		d = k.space.Bits.Or(d, k.differ(v, is.Args[i]))
	}
	return d
}

// memoryDiffers compares what was written. What one of them left alone has in
// it what the other found there.
func (k *sceneComparer) memoryDiffers(was, is []mem.Change) bits.Term {
	d := bits.Bool(false)
	for _, c := range changed2(was, is) {
		d = k.space.Bits.Or(d, k.differ(c.was, c.is))
	}
	return d
}

// bothWays is what is in a place after the one and the other.
type bothWays struct {
	at      mem.Change
	was, is bits.Term
}

// changed2 lists the places that either wrote to, by address.
func changed2(was, is []mem.Change) []bothWays {
	var list []bothWays
	for len(was) > 0 || len(is) > 0 {
		switch {
		case len(is) == 0 || len(was) > 0 && was[0].Addr < is[0].Addr:
			list = append(list, bothWays{was[0], was[0].After, was[0].Before})
			was = was[1:]
		case len(was) == 0 || is[0].Addr < was[0].Addr:
			list = append(list, bothWays{is[0], is[0].Before, is[0].After})
			is = is[1:]
		default:
			list = append(list, bothWays{was[0], was[0].After, is[0].After})
			was, is = was[1:], is[1:]
		}
	}
	return list
}

// show runs both definitions with the solver's last model.
func (k *sceneComparer) show(o *Comparison) error {
	model := k.space.Solver.Model()
	given := make(map[string]bits.Term)
	for _, list := range [][]bits.Term{k.was.Vars, k.is.Vars} {
		for _, v := range list {
			given[v.Name()] = model[v]
			if !model[v].IsValid() {
				given[v.Name()] = bits.Const(v.Width(), 0)
			}
		}
	}
	space := exec.NewPaths()
	space.Named = true
	was, err := k.leaves(k.before, k.old, given, space)
	if err != nil {
		return err
	}
	is, err := k.leaves(k.after, k.fresh, given, space)
	if err != nil {
		return err
	}
	if len(was.Paths) != 1 || len(is.Paths) != 1 {
		return errors.New("what is not known decides")
	}
	one, two := &was.Paths[0], &is.Paths[0]
	o.Trapped, o.Traps = one.Trap != nil, two.Trap != nil
	o.Before, o.After = apart(one, two)
	if o.Before == o.After {
		return errors.New("a counterexample was found that is none when it is run")
	}
	for _, v := range k.is.Vars {
		o.Inputs = append(o.Inputs, Value{Name: v.Name(), Bits: given[v.Name()].String()})
	}
	return nil
}

// apart says what two runs do that is not the same, in a few words each.
func apart(was, is *pagetable.LeftPath) (before, now string) {
	if was.Trap != nil || is.Trap != nil {
		return ended(was), ended(is)
	}
	for i := range max(len(was.Deeds), len(is.Deeds)) {
		if b, n := deedText(was.Deeds, i), deedText(is.Deeds, i); b != n {
			return b, n
		}
		if b, n := placeText(changed2(was.Deeds[i].Tables, is.Deeds[i].Tables)); b != n {
			return b + " at " + was.Deeds[i].Text, n
		}
	}
	if b, n := placeText(changed2(was.Memory, is.Memory)); b != n {
		return b, n
	}
	return ended(was), ended(is)
}

func ended(p *pagetable.LeftPath) string {
	switch {
	case p.Trap != nil:
		return p.Trap.Kind + " in " + p.Trap.Function
	case p.Result.IsValid():
		return p.Result.String()
	}
	return "it returns"
}

func deedText(list []pagetable.Deed, i int) string {
	if i >= len(list) {
		return "nothing more"
	}
	var args []string
	for _, v := range list[i].Args {
		args = append(args, v.String())
	}
	return fmt.Sprintf("%s(%s)", list[i].Text, strings.Join(args, ", "))
}

// placeText spells the first place that holds different things.
func placeText(list []bothWays) (before, now string) {
	for _, c := range list {
		if c.was != c.is {
			place := fmt.Sprintf("%#x of the %s", c.at.Addr-c.at.Object.Addr, c.at.Object)
			return place + " becomes " + c.was.String(), place + " becomes " + c.is.String()
		}
	}
	return "", ""
}
