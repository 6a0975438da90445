package class

import (
	"ptreview/arch/kconfig"
	"ptreview/arch/sat"
)

// choiceSymbol computes the symbol of a choice and which member is chosen.
// Since linux 6.11 the symbol has no value of its own.
func (e *encoding) choiceSymbol(v *value) {
	old := e.cone.kc.HasChoiceSymbols()
	v.tri = e.gates.tri(kconfig.No)
	if old {
		v.vis = e.visibility(v)
		v.input = e.newInput(v.sym)
		e.sat.Add(v.input.unset.Not())
		rev := e.bound(v.sym, v.rev, kconfig.No)
		asked := e.when(v.vis.set, e.min(v.input.tri, v.vis))
		v.tri = e.promote(e.max(asked, rev), e.asBool(v.sym))
	}
	p := e.pick(v)
	if old {
		// A choice that is y and has no visible member is n after all.
		v.tri = e.when(e.or(v.tri.yes.Not(), p.visible), v.tri)
	}
}

func (e *encoding) pick(v *value) *pick {
	p := &pick{info: v.info}
	e.choices[v.sym] = p
	e.picks = append(e.picks, p)
	var visible []sat.Lit
	for _, m := range v.choice.Members {
		t := e.memberVisibility(m, v.tri)
		p.vis = append(p.vis, t)
		visible = append(visible, t.set)
	}
	p.visible = e.or(visible...)
	// Decisions go by number and say no first: the first member is left last.
	p.picked = make([]sat.Lit, len(p.vis))
	for i := len(p.vis) - 1; i >= 0; i-- {
		p.picked[i] = e.sat.NewVar(false).Pos()
		e.imply(p.vis[i].set, p.picked[i], p.visible)
	}
	p.unset = e.sat.NewVar(true).Pos()
	e.exactlyOne(append([]sat.Lit{p.unset}, p.picked...)...)
	byDefault := e.choiceDefault(v, p)
	for i, t := range p.vis {
		p.chosen = append(p.chosen, e.and(t.set, e.or(p.picked[i], e.and(p.unset, byDefault[i]))))
	}
	return p
}

// memberVisibility returns the visibility of a member while its choice has
// the value group.
func (e *encoding) memberVisibility(m *kconfig.Symbol, group tri) tri {
	i := e.cone.info(m)
	var all []tri
	for _, cond := range i.prompts {
		t := e.expr(cond)
		if e.cone.kc.HasChoiceSymbols() && m.Type() == kconfig.Tristate {
			t.set = e.or(t.yes, e.and(t.set, group.yes.Not()))
		}
		all = append(all, t)
	}
	return e.promote(e.max(all...), e.asBool(m))
}

// choiceDefault returns by member whether it is the default: the first visible
// one that a default names, else the first visible one.
func (e *encoding) choiceDefault(v *value, p *pick) []sat.Lit {
	out := make([]sat.Lit, len(p.vis))
	for i := range out {
		out[i] = e.never()
	}
	open := e.always
	take := func(i int, cond sat.Lit) {
		fires := e.and(open, cond, p.vis[i].set)
		out[i] = e.or(out[i], fires)
		open = e.and(open, fires.Not())
	}
	for _, d := range v.defaults {
		for i, m := range v.choice.Members {
			if d.Value != nil && d.Value.Op == kconfig.OpSym && d.Value.X.Name == m.Name() {
				take(i, e.expr(d.If).set)
			}
		}
	}
	for i := range p.vis {
		take(i, e.always)
	}
	return out
}

// member computes a member of a choice.
func (e *encoding) member(v *value) {
	group := e.value(v.choice.Symbol)
	p := e.choices[v.choice.Symbol]
	at := -1
	for i, m := range v.choice.Members {
		if m == v.sym {
			at = i
		}
	}
	if at < 0 { // it stands in the choice, but only as the submenu of a member
		v.vis = e.visibility(v)
		e.logic(v)
		return
	}
	v.vis = p.vis[at]
	if !e.cone.kc.HasChoiceSymbols() {
		v.tri = tri{p.chosen[at], p.chosen[at]}
		return
	}
	chosen := e.and(v.vis.yes, group.tri.yes, p.chosen[at])
	rest := e.defaultTri(v)
	if v.sym.Type() == kconfig.Tristate {
		v.input = e.newInput(v.sym)
		asked := e.and(v.vis.set, v.input.unset.Not())
		e.stable(v, rest, e.gates.tri(kconfig.No))
		rest = e.either(asked, e.min(v.input.tri, v.vis), rest)
	}
	v.tri = e.promote(e.max(tri{chosen, chosen}, e.when(v.vis.yes.Not(), rest)), e.asBool(v.sym))
}
