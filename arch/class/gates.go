package class

import (
	"encoding/binary"
	"slices"

	"ptreview/arch/kconfig"
	"ptreview/arch/sat"
)

// gates turns formulas into clauses. Equal formulas become one literal.
type gates struct {
	sat    *sat.Solver
	always sat.Lit
	made   map[string]sat.Lit
}

func newGates() *gates {
	g := &gates{sat: &sat.Solver{}, made: make(map[string]sat.Lit)}
	g.always = g.sat.NewVar(true).Pos()
	g.sat.Add(g.always)
	return g
}

func (g *gates) never() sat.Lit { return g.always.Not() }

func (g *gates) constant(b bool) sat.Lit {
	if b {
		return g.always
	}
	return g.never()
}

// and returns a literal that holds where all of lits do.
func (g *gates) and(lits ...sat.Lit) sat.Lit {
	list := make([]sat.Lit, 0, len(lits))
	for _, l := range lits {
		if l != g.always {
			list = append(list, l)
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	for i, l := range list {
		if l == g.never() || i > 0 && l == list[i-1].Not() {
			return g.never()
		}
	}
	switch len(list) {
	case 0:
		return g.always
	case 1:
		return list[0]
	}
	key := make([]byte, 0, 4*len(list))
	for _, l := range list {
		key = binary.LittleEndian.AppendUint32(key, uint32(l))
	}
	if out, ok := g.made[string(key)]; ok {
		return out
	}
	out := g.sat.NewDerived().Pos()
	g.made[string(key)] = out
	whole := []sat.Lit{out}
	for _, l := range list {
		g.sat.Add(out.Not(), l)
		whole = append(whole, l.Not())
	}
	g.sat.Add(whole...)
	return out
}

// or returns a literal that holds where one of lits does.
func (g *gates) or(lits ...sat.Lit) sat.Lit {
	negated := make([]sat.Lit, len(lits))
	for i, l := range lits {
		negated[i] = l.Not()
	}
	return g.and(negated...).Not()
}

// imply adds that b holds where all of as do.
func (g *gates) imply(b sat.Lit, as ...sat.Lit) {
	c := []sat.Lit{b}
	for _, a := range as {
		c = append(c, a.Not())
	}
	g.sat.Add(c...)
}

// exactlyOne adds that one of lits holds and no two do.
func (g *gates) exactlyOne(lits ...sat.Lit) {
	g.sat.Add(lits...)
	for i, a := range lits {
		for _, b := range lits[:i] {
			g.sat.Add(a.Not(), b.Not())
		}
	}
}

// tri is a value of Kconfig's logic: set where it is m or y, yes where it is
// y. Yes implies set.
type tri struct{ set, yes sat.Lit }

func (g *gates) tri(t kconfig.Tri) tri {
	return tri{g.constant(t >= kconfig.Mod), g.constant(t == kconfig.Yes)}
}

func (g *gates) not(t tri) tri { return tri{t.yes.Not(), t.set.Not()} }

func (g *gates) min(ts ...tri) tri {
	var set, yes []sat.Lit
	for _, t := range ts {
		set, yes = append(set, t.set), append(yes, t.yes)
	}
	return tri{g.and(set...), g.and(yes...)}
}

func (g *gates) max(ts ...tri) tri {
	var set, yes []sat.Lit
	for _, t := range ts {
		set, yes = append(set, t.set), append(yes, t.yes)
	}
	return tri{g.or(set...), g.or(yes...)}
}

// when returns t where cond holds, else n.
func (g *gates) when(cond sat.Lit, t tri) tri {
	return tri{g.and(cond, t.set), g.and(cond, t.yes)}
}

// promote turns m into y where cond holds.
func (g *gates) promote(t tri, cond sat.Lit) tri {
	return tri{t.set, g.or(t.yes, g.and(t.set, cond))}
}

// alternative is a text and the literal that says it is the one.
type alternative struct {
	text string
	lit  sat.Lit
}

// alternatives collects texts with the literals that lead to each, in the
// order of first mention.
type alternatives struct {
	g     *gates
	order []string
	lits  map[string][]sat.Lit
}

func (g *gates) alternatives() *alternatives {
	return &alternatives{g: g, lits: make(map[string][]sat.Lit)}
}

func (a *alternatives) add(text string, l sat.Lit) {
	if l == a.g.never() {
		return
	}
	if _, ok := a.lits[text]; !ok {
		a.order = append(a.order, text)
	}
	a.lits[text] = append(a.lits[text], l)
}

func (a *alternatives) list() []alternative {
	out := make([]alternative, len(a.order))
	for i, text := range a.order {
		out[i] = alternative{text, a.g.or(a.lits[text]...)}
	}
	return out
}
