package flow

import (
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
)

// walk runs one function body.
type walk struct {
	*Analysis
	fn      *Function
	scopes  *scopes
	ends    []end           // where the function is left
	jumps   map[string]*set // states that go to a label, by name
	fresh   map[string]bool // labels that have new states
	cases   []*switching    // switches around the statement, innermost last
	loops   []*leaving      // what break and continue leave, innermost last
	steps   int
	entered map[syntax.Stmt]map[string]bool // facts before loops, by their bodies
	assumed map[string]bool                 // facts that outcomes of calls told
}

// end is one way out of a function.
type end struct {
	state *state
	value value
	loc   cpp.Loc
}

// leaving collects the states that break and continue.
type leaving struct{ breaks, continues []*state }

// switching are the states that come to a switch and the value it asks for.
type switching struct {
	states   []*state
	value    func(*state) value
	fallback bool // it has a default
}

// function runs the body from the states that enter it, then from each label
// that is jumped to, until nothing new arrives.
func (w *walk) function(entry *state, body *syntax.Block) error {
	w.jumps, w.fresh = make(map[string]*set), make(map[string]bool)
	last, err := w.stmt(body, []*state{entry})
	if err != nil {
		return err
	}
	w.leave(last, value{}, body.Rbrace)
	for len(w.fresh) > 0 {
		last, err = w.stmt(body, nil)
		if err != nil {
			return err
		}
		w.leave(last, value{}, body.Rbrace)
	}
	return nil
}

func (w *walk) leave(states []*state, v value, loc cpp.Loc) {
	for _, s := range states {
		if !s.dead {
			w.ends = append(w.ends, end{s, v, loc})
		}
	}
}

// jump sends states to a label.
func (w *walk) jump(label string, states []*state) {
	t := w.jumps[label]
	if t == nil {
		t = new(set)
		w.jumps[label] = t
	}
	for _, s := range states {
		if t.add(s.clone()) {
			w.fresh[label] = true
		}
	}
}

// arrive returns the states that jumped to a label since it was last come by.
func (w *walk) arrive(label string) []*state {
	if !w.fresh[label] {
		return nil
	}
	delete(w.fresh, label)
	return clones(w.jumps[label].list)
}

// stmt runs a statement from states, and returns those that go on behind it.
// With none it looks for labels only.
func (w *walk) stmt(s syntax.Stmt, in []*state) ([]*state, error) {
	if err := w.budget(in); err != nil {
		return nil, err
	}
	switch s := s.(type) {
	case *syntax.Block:
		return w.block(s, in)
	case *syntax.DeclStmt:
		return w.decl(s.Decl, in)
	case *syntax.ExprStmt:
		if s.X == nil {
			return in, nil
		}
		return w.effects(s.X, in)
	case *syntax.If:
		return w.branch(s, in)
	case *syntax.While:
		return w.loop(loopParts{cond: s.Cond, body: s.Body}, in)
	case *syntax.DoWhile:
		return w.loop(loopParts{cond: s.Cond, body: s.Body, late: true}, in)
	case *syntax.For:
		return w.forLoop(s, in)
	case *syntax.Switch:
		return w.choose(s, in)
	case *syntax.Case:
		return w.stmt(s.Body, append(in, w.enterCase(s)...))
	case *syntax.Default:
		return w.stmt(s.Body, append(in, w.enterDefault()...))
	case *syntax.Label:
		return w.stmt(s.Body, merged(append(in, w.arrive(s.Name)...)))
	case *syntax.Goto:
		if s.X != nil {
			return nil, errComputedGoto
		}
		w.jump(s.Name, in)
	case *syntax.Break:
		if len(w.loops) > 0 {
			l := w.loops[len(w.loops)-1]
			l.breaks = append(l.breaks, in...)
		}
	case *syntax.Continue:
		for i := len(w.loops) - 1; i >= 0; i-- {
			if l := w.loops[i]; l.continues != nil {
				l.continues = append(l.continues, in...)
				break
			}
		}
	case *syntax.Return:
		return nil, w.ret(s, in)
	case *syntax.Asm:
		return w.asm(s, in)
	}
	return nil, nil
}

func (w *walk) block(b *syntax.Block, in []*state) ([]*state, error) {
	w.scopes.push()
	defer w.scopes.pop()
	var err error
	for _, item := range b.Items {
		if in, err = w.stmt(item, in); err != nil {
			return nil, err
		}
	}
	return in, nil
}

func (w *walk) decl(d syntax.Decl, in []*state) ([]*state, error) {
	list, ok := d.(*syntax.Declaration)
	if !ok {
		return in, nil
	}
	var err error
	for _, v := range list.Vars {
		if list.Storage&(syntax.Typedef|syntax.Extern) != 0 {
			continue
		}
		braces, isList := v.Init.(*syntax.InitList)
		place := w.scopes.declare(v)
		switch {
		case isList:
			for _, s := range in {
				s.forget(place)
				s.clear(place)
			}
			in, err = w.initList(place, braces, in)
		case v.Init != nil:
			in, err = w.each(in, v.Init, func(s *state, x value) { s.assign(place, x) })
		default:
			for _, s := range in {
				s.forget(place)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	return in, nil
}

// initList runs the initialisers of the members of a variable.
func (w *walk) initList(place string, list *syntax.InitList, in []*state) ([]*state, error) {
	var err error
	for _, item := range list.Items {
		to := ""
		if len(item.Path) == 1 && item.Path[0].Field != "" {
			to = member(place, item.Path[0].Field)
		}
		if inner, ok := item.Value.(*syntax.InitList); ok {
			in, err = w.initList(to, inner, in)
		} else {
			in, err = w.each(in, item.Value, func(s *state, x value) {
				if to != "" {
					s.assign(to, x)
				}
			})
		}
		if err != nil {
			return nil, err
		}
	}
	return in, nil
}

// each evaluates an expression in each state and hands every result over.
func (w *walk) each(in []*state, x syntax.Expr, use func(*state, value)) ([]*state, error) {
	var out []*state
	for _, s := range in {
		results, err := w.eval(x, s)
		if err != nil {
			return nil, err
		}
		for _, r := range results {
			if r.state.dead {
				continue
			}
			use(r.state, r.value)
			out = append(out, r.state)
		}
	}
	return merged(out), nil
}

// effects evaluates an expression for what it does.
func (w *walk) effects(x syntax.Expr, in []*state) ([]*state, error) {
	return w.each(in, x, func(s *state, _ value) { s.tidy() })
}

func (w *walk) branch(s *syntax.If, in []*state) ([]*state, error) {
	yes, no, err := w.split(s.Cond, in)
	if err != nil {
		return nil, err
	}
	out, err := w.stmt(s.Then, yes)
	if err != nil {
		return nil, err
	}
	if s.Else != nil {
		if no, err = w.stmt(s.Else, no); err != nil {
			return nil, err
		}
	}
	return merged(append(out, no...)), nil
}

// split decides a condition in each state.
func (w *walk) split(cond syntax.Expr, in []*state) (yes, no []*state, err error) {
	for _, s := range in {
		y, n, err := w.cond(cond, s)
		if err != nil {
			return nil, nil, err
		}
		yes, no = append(yes, y...), append(no, n...)
	}
	return merged(yes), merged(no), nil
}

// loopParts are a loop: the condition is nil if there is none, and asked after
// the body if late.
type loopParts struct {
	cond, post syntax.Expr
	body       syntax.Stmt
	late       bool
}

func (w *walk) forLoop(s *syntax.For, in []*state) ([]*state, error) {
	w.scopes.push()
	defer w.scopes.pop()
	if s.Init != nil {
		var err error
		if in, err = w.stmt(s.Init, in); err != nil {
			return nil, err
		}
	}
	return w.loop(loopParts{cond: s.Cond, post: s.Post, body: s.Body}, in)
}

// loop runs a loop until no state comes to its head that was not there.
func (w *walk) loop(l loopParts, in []*state) ([]*state, error) {
	var head set
	var out []*state
	first := true
	before := w.factsBefore(l.body, in)
	for {
		var news []*state
		for _, s := range in {
			if head.add(s.clone()) {
				news = append(news, head.list[head.index[s.property()]].clone())
			}
		}
		if len(news) == 0 && !first {
			return merged(out), nil
		}
		next, left, err := w.round(l, news)
		if err != nil {
			return nil, err
		}
		out = merged(append(out, left...))
		for _, s := range next {
			w.again(s, before)
		}
		in, first = next, false
		if len(in) == 0 {
			return out, nil
		}
	}
}

// round runs a loop once: next come to its head again, left go on behind it.
func (w *walk) round(l loopParts, in []*state) (next, left []*state, err error) {
	if l.cond != nil && !l.late {
		if in, left, err = w.split(l.cond, in); err != nil {
			return nil, nil, err
		}
	}
	around := &leaving{continues: []*state{}}
	w.loops = append(w.loops, around)
	in, err = w.stmt(l.body, in)
	w.loops = w.loops[:len(w.loops)-1]
	if err != nil {
		return nil, nil, err
	}
	in = merged(append(in, around.continues...))
	left = append(left, around.breaks...)
	if l.post != nil {
		if in, err = w.effects(l.post, in); err != nil {
			return nil, nil, err
		}
	}
	if l.cond != nil && l.late {
		var no []*state
		if in, no, err = w.split(l.cond, in); err != nil {
			return nil, nil, err
		}
		left = append(left, no...)
	}
	return in, left, nil
}

// again forgets what was decided on memory and calls within a loop, before it
// asks anew. What a function that was called decided is not asked there.
func (w *walk) again(s *state, before map[string]bool) {
	for f := range s.facts {
		if !before[f] && !w.assumed[f] && (inMemory(f) || isCall(f)) {
			delete(s.facts, f)
		}
	}
}

// factsBefore returns the conditions that were decided before a loop was entered,
// on this pass or an earlier one.
func (w *walk) factsBefore(loop syntax.Stmt, in []*state) map[string]bool {
	all := w.entered[loop]
	if all == nil {
		all = make(map[string]bool)
		w.entered[loop] = all
	}
	for _, s := range in {
		for f := range s.facts {
			all[f] = true
		}
	}
	return all
}

func (w *walk) choose(s *syntax.Switch, in []*state) ([]*state, error) {
	sw := &switching{}
	var open []*state
	values := make(map[*state]value)
	for _, st := range in {
		results, err := w.eval(s.X, st)
		if err != nil {
			return nil, err
		}
		for _, r := range results {
			values[r.state] = r.value
			open = append(open, r.state)
		}
	}
	sw.states, sw.value = open, func(st *state) value { return values[st] }
	around := &leaving{}
	w.cases, w.loops = append(w.cases, sw), append(w.loops, around)
	out, err := w.stmt(s.Body, nil)
	w.cases, w.loops = w.cases[:len(w.cases)-1], w.loops[:len(w.loops)-1]
	if err != nil {
		return nil, err
	}
	out = append(out, around.breaks...)
	if !sw.fallback {
		out = append(out, clones(sw.states)...)
	}
	return merged(out), nil
}

// enterCase returns the states for which a case is the one. Those with a known
// value leave the switch; others may go to any case.
func (w *walk) enterCase(c *syntax.Case) []*state {
	if len(w.cases) == 0 {
		return nil
	}
	sw := w.cases[len(w.cases)-1]
	var in, rest []*state
	lit, isLit := c.Lo.(*syntax.IntLit)
	for _, s := range sw.states {
		v := sw.value(s)
		switch {
		case v.kind == constant && isLit && c.Hi == nil && v.n == int64(lit.Value):
			in = append(in, s.clone())
			continue
		case v.kind == constant && isLit && c.Hi == nil:
		default:
			in = append(in, s.clone())
		}
		rest = append(rest, s)
	}
	sw.states = rest
	return in
}

func (w *walk) enterDefault() []*state {
	if len(w.cases) == 0 {
		return nil
	}
	sw := w.cases[len(w.cases)-1]
	sw.fallback = true
	return clones(sw.states)
}

func (w *walk) ret(r *syntax.Return, in []*state) error {
	if r.X == nil {
		w.leave(in, value{}, r.Loc())
		return nil
	}
	for _, s := range in {
		results, err := w.eval(r.X, s)
		if err != nil {
			return err
		}
		for _, res := range results {
			if !res.state.dead {
				w.ends = append(w.ends, end{res.state, res.value, r.Loc()})
			}
		}
	}
	return nil
}

func (w *walk) asm(a *syntax.Asm, in []*state) ([]*state, error) {
	var err error
	for _, op := range a.Inputs {
		if in, err = w.effects(op.X, in); err != nil {
			return nil, err
		}
	}
	for _, s := range in {
		for _, op := range a.Outputs {
			if place, ok := w.place(op.X, s); ok {
				s.forget(place)
			}
		}
	}
	for _, label := range a.Labels {
		w.jump(label, in)
	}
	return in, nil
}
