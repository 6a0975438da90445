package class

import (
	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/arch/sat"
)

// encoding is the part of a Kconfig that some symbols depend on, as clauses.
//
// What a user can assign are free variables; every value follows from them by
// the rules that package kconfig evaluates, so each model is a .config that
// Kconfig accepts unchanged, and each such .config is a model. Left out are
// only configurations that Kconfig would warn of: a symbol selected beyond
// what it depends on.
type encoding struct {
	*gates
	cone    *cone
	arch    *arch.Arch // whose variants decide predefined macros; may be nil
	modules sat.Lit
	values  map[*kconfig.Symbol]*value
	choices map[*kconfig.Symbol]*pick // by the symbol that stands for the choice
	order   []*value                  // as computed
	picks   []*pick
	// unmet are symbols that may be selected beyond what they depend on.
	unmet map[string]bool
	// answers are those of formulas asked before, which share parts.
	answers map[*node]answer
}

// value is the value of one symbol.
type value struct {
	*info
	vis     tri
	tri     tri
	texts   []alternative // of int, hex and string
	written sat.Lit       // of int, hex and string: .config mentions it
	input   *input        // what the user says; nil without prompt
}

// input is an assignment, or none.
type input struct {
	unset sat.Lit
	tri   tri
	texts []alternative
}

// pick is what the user says of a choice: the member to be y, or none.
type pick struct {
	*info
	unset   sat.Lit
	picked  []sat.Lit // by member
	vis     []tri
	chosen  []sat.Lit
	visible sat.Lit // any member is
}

// encode returns the encoding of the symbols mentioned and all they depend on.
// Those in unmet may be selected beyond what they depend on.
func (c *catalog) encode(m *mentioned, unmet map[string]bool) *encoding {
	co := c.newCone()
	for _, n := range m.names {
		co.add(c.lookup(kconfig.Operand{Name: n}))
	}
	for _, p := range m.pairs {
		if s := c.lookup(kconfig.Operand{Name: p[0]}); s != nil {
			co.meet(s, kconfig.Operand{Name: p[1]})
		}
	}
	for _, s := range co.symbols {
		if isText(s) {
			for _, text := range m.consts[s.Name()] {
				co.groupOf(s).consts[text] = true
			}
		}
	}
	e := &encoding{
		gates: newGates(), cone: co, unmet: unmet,
		values: make(map[*kconfig.Symbol]*value), choices: make(map[*kconfig.Symbol]*pick),
		answers: make(map[*node]answer),
	}
	// While MODULES is computed, nothing is a module yet.
	e.modules = e.never()
	if m := c.kc.Modules(); m != nil && m.IsDefined() {
		e.cone.add(m)
		e.modules = e.value(m).tri.set
	}
	for _, s := range co.symbols {
		e.value(s)
	}
	return e
}

// value returns the value of a symbol, which must be in the cone.
func (e *encoding) value(s *kconfig.Symbol) *value {
	if v := e.values[s]; v != nil {
		return v
	}
	v := &value{info: e.cone.info(s)}
	e.values[s] = v
	switch {
	case s.IsChoice():
		e.choiceSymbol(v)
	case v.inChoice:
		e.member(v)
	default:
		v.vis = e.visibility(v)
		if isText(s) {
			e.text(v)
		} else {
			e.logic(v)
		}
	}
	e.order = append(e.order, v)
	return v
}

// asBool holds where s cannot be m.
func (e *encoding) asBool(s *kconfig.Symbol) sat.Lit {
	if s.Type() == kconfig.Tristate {
		return e.modules.Not()
	}
	return e.always
}

// visibility returns the most visible prompt.
func (e *encoding) visibility(v *value) tri {
	all := []tri{}
	for _, cond := range v.prompts {
		all = append(all, e.expr(cond))
	}
	return e.promote(e.max(all...), e.asBool(v.sym))
}

func (e *encoding) bound(s *kconfig.Symbol, x *kconfig.Expr, missing kconfig.Tri) tri {
	if x == nil {
		return e.gates.tri(missing)
	}
	return e.promote(e.expr(x), e.asBool(s))
}

// newInput returns the variables of an assignment to a bool or tristate
// symbol.
func (e *encoding) newInput(s *kconfig.Symbol) *input {
	in := &input{unset: e.sat.NewVar(true).Pos()}
	in.tri.yes = e.sat.NewVar(false).Pos()
	in.tri.set = in.tri.yes
	if s.Type() == kconfig.Tristate {
		in.tri.set = e.sat.NewVar(false).Pos()
		e.imply(in.tri.set, in.tri.yes)
	}
	e.imply(in.tri.set.Not(), in.unset)
	return in
}

// logic computes a bool or tristate symbol that has no part in a choice.
func (e *encoding) logic(v *value) {
	dir := e.bound(v.sym, v.dir, kconfig.Yes)
	rev := e.bound(v.sym, v.rev, kconfig.No)
	implied := e.bound(v.sym, v.implied, kconfig.No)
	tri := e.defaultTri(v)
	if v.implied != nil {
		weak := e.min(e.max(tri, implied), dir)
		tri = e.either(implied.set, weak, tri)
	}
	if len(v.prompts) > 0 {
		v.input = e.newInput(v.sym)
		asked := e.and(v.vis.set, v.input.unset.Not())
		e.stable(v, tri, rev)
		tri = e.either(asked, e.min(v.input.tri, v.vis), tri)
	}
	v.tri = e.promote(e.max(tri, rev), e.asBool(v.sym))
	if v.rev != nil && !e.unmet[v.sym.Name()] {
		e.imply(dir.set, rev.set)
		e.imply(dir.yes, rev.yes)
	}
}

// stable forbids a default beyond what the user could assign: read again, the
// .config would give another value.
func (e *encoding) stable(v *value, byDefault, rev tri) {
	if v.sym.Type() == kconfig.Tristate {
		e.sat.Add(v.vis.set.Not(), v.input.unset.Not(), byDefault.yes.Not(), v.vis.yes, rev.yes)
	}
}

// either returns x where cond holds, else y.
func (e *encoding) either(cond sat.Lit, x, y tri) tri {
	return e.max(e.when(cond, x), e.when(cond.Not(), y))
}

// defaultTri returns what the first default that applies gives.
func (e *encoding) defaultTri(v *value) tri {
	out := e.gates.tri(kconfig.No)
	open := e.always
	for _, p := range v.defaults {
		cond := e.expr(p.If)
		fires := e.and(open, cond.set)
		out = e.max(out, e.when(fires, e.min(e.expr(p.Value), cond)))
		open = e.and(open, cond.set.Not())
	}
	return out
}

// expr returns the value of an expression; nil is y.
func (e *encoding) expr(x *kconfig.Expr) tri {
	if x == nil {
		return e.gates.tri(kconfig.Yes)
	}
	switch x.Op {
	case kconfig.OpSym:
		return e.operand(x.X)
	case kconfig.OpNot:
		return e.not(e.expr(x.Args[0]))
	case kconfig.OpAnd, kconfig.OpOr:
		args := make([]tri, len(x.Args))
		for i, a := range x.Args {
			args[i] = e.expr(a)
		}
		if x.Op == kconfig.OpAnd {
			return e.min(args...)
		}
		return e.max(args...)
	}
	l := e.compare(x)
	return tri{l, l}
}

func (e *encoding) operand(o kconfig.Operand) tri {
	if t, ok := triName(o.Name); ok {
		return e.gates.tri(t)
	}
	s := e.cone.lookup(o)
	if s == nil || isText(s) {
		return e.gates.tri(kconfig.No)
	}
	return e.value(s).tri
}

func triName(name string) (kconfig.Tri, bool) {
	for t := kconfig.No; t <= kconfig.Yes; t++ {
		if name == t.String() {
			return t, true
		}
	}
	return 0, false
}

func (e *encoding) compare(x *kconfig.Expr) sat.Lit {
	xt, xs := e.texts(x.X)
	yt, ys := e.texts(x.Y)
	var holds []sat.Lit
	for _, a := range xs {
		for _, b := range ys {
			if x.Op.Compare(xt, a.text, yt, b.text) == kconfig.Yes {
				holds = append(holds, e.and(a.lit, b.lit))
			}
		}
	}
	return e.or(holds...)
}

// texts returns what an operand of a comparison can be, and its type.
func (e *encoding) texts(o kconfig.Operand) (kconfig.Type, []alternative) {
	s := e.cone.lookup(o)
	switch {
	case s == nil:
		t := kconfig.Unknown
		if _, ok := triName(o.Name); ok {
			t = kconfig.Tristate
		}
		return t, []alternative{{o.Name, e.always}}
	case isText(s):
		return s.Type(), e.value(s).texts
	}
	v := e.value(s).tri
	return s.Type(), []alternative{{"n", v.set.Not()}, {"m", e.and(v.set, v.yes.Not())}, {"y", v.yes}}
}

// text computes an int, hex or string symbol.
func (e *encoding) text(v *value) {
	all := e.alternatives()
	open := e.always
	v.written = v.vis.set
	if len(v.prompts) > 0 {
		v.input = e.newTextInput(v.sym)
		asked := e.and(v.vis.set, v.input.unset.Not())
		for _, a := range v.input.texts {
			all.add(a.text, e.and(v.vis.set, a.lit))
		}
		open = asked.Not()
	}
	for _, p := range v.defaults {
		fires := e.and(open, e.expr(p.If).set)
		open = e.and(open, fires.Not())
		if p.Value.Op != kconfig.OpSym {
			all.add(e.cone.kc.EmptyText(v.sym.Type()), fires)
			continue
		}
		v.written = e.or(v.written, fires)
		for _, a := range e.lent(p.Value.X) {
			all.add(a.text, e.and(fires, a.lit))
		}
	}
	all.add(e.cone.kc.EmptyText(v.sym.Type()), open)
	v.texts = all.list()
	if v.sym.Type() != kconfig.String {
		v.texts = e.clamp(v)
	}
}

func (e *encoding) newTextInput(s *kconfig.Symbol) *input {
	in := &input{unset: e.sat.NewVar(true).Pos()}
	lits := []sat.Lit{in.unset}
	for _, text := range e.cone.domain(s) {
		l := e.sat.NewVar(false).Pos()
		in.texts = append(in.texts, alternative{text, l})
		lits = append(lits, l)
	}
	e.exactlyOne(lits...)
	return in
}

// lent returns the texts that a default or the bound of a range takes over
// from the symbol it names.
func (e *encoding) lent(o kconfig.Operand) []alternative {
	s := e.cone.lookup(o)
	switch {
	case s == nil:
		return []alternative{{o.Name, e.always}}
	case isText(s):
		return e.value(s).texts
	}
	return []alternative{{"n", e.always}}
}

// clamp moves numbers into the first range that applies. A user cannot assign
// one outside.
func (e *encoding) clamp(v *value) []alternative {
	all := e.alternatives()
	open := e.always
	for _, p := range v.ranges {
		fires := e.and(open, e.expr(p.If).set)
		open = e.and(open, fires.Not())
		for _, low := range e.lent(p.Low) {
			for _, high := range e.lent(p.High) {
				e.clampTo(v, all, e.and(fires, low.lit, high.lit), e.bounds(v.sym, p, low.text, high.text))
			}
		}
	}
	for _, a := range v.texts {
		all.add(a.text, e.and(a.lit, open))
	}
	return all.list()
}

// bounds are the ends of a range as texts and as numbers.
type bounds struct {
	lowText, highText string
	low, high         int64
}

func (e *encoding) bounds(s *kconfig.Symbol, p kconfig.Property, low, high string) bounds {
	return bounds{low, high, e.number(s, p.Low, low), e.number(s, p.High, high)}
}

func (e *encoding) number(s *kconfig.Symbol, o kconfig.Operand, text string) int64 {
	if b := e.cone.lookup(o); b != nil && (b.Type() == kconfig.Int || b.Type() == kconfig.Hex) {
		return b.Type().Number(text)
	}
	return s.Type().Number(text)
}

func (e *encoding) clampTo(v *value, all *alternatives, fires sat.Lit, b bounds) {
	if fires == e.never() {
		return
	}
	for _, a := range v.texts {
		text := a.text
		switch n := v.sym.Type().Number(text); {
		case n < b.low:
			text = b.lowText
		case n > b.high:
			text = b.highText
		}
		all.add(text, e.and(fires, a.lit))
	}
	if v.input == nil {
		return
	}
	if b.low > b.high {
		// Nothing that .config says lies within.
		e.sat.Add(fires.Not(), v.vis.set.Not())
	}
	for _, a := range v.input.texts {
		if n := v.sym.Type().Number(a.text); n < b.low || n > b.high {
			e.sat.Add(fires.Not(), v.vis.set.Not(), a.lit.Not())
		}
	}
}
