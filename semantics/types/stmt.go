package types

import (
	"sort"

	"ptreview/parse/syntax"
)

// flow is where a statement stands.
type flow struct {
	loops  int // enclosing loops
	breaks int // enclosing loops and switches
	sw     *Switch
	labels *labelSet
}

// label is a name that gotos may refer to before it is met.
type label struct {
	stmt *syntax.Label
	uses []labelUse
}

type labelUse struct {
	at  syntax.Node
	set func(*syntax.Label)
}

// labelSet is the labels of a function, or of a block with __label__.
type labelSet struct {
	outer *labelSet
	names map[string]*label
	order []string
}

func (c *checker) label(name string) *label {
	s := c.flow.labels
	for s.outer != nil && s.names[name] == nil {
		s = s.outer
	}
	l := s.names[name]
	if l == nil {
		l = &label{}
		s.names[name] = l
		s.order = append(s.order, name)
	}
	return l
}

func (c *checker) useLabel(at syntax.Node, name string, set func(*syntax.Label)) {
	l := c.label(name)
	l.uses = append(l.uses, labelUse{at, set})
}

// closeLabels binds the uses of the innermost label set.
func (c *checker) closeLabels() {
	s := c.flow.labels
	for _, name := range s.order {
		l := s.names[name]
		for _, use := range l.uses {
			if l.stmt == nil {
				c.errorf(use.at, "label %s is not defined", name)
				break
			}
			use.set(l.stmt)
		}
	}
	c.flow.labels = s.outer
}

func (c *checker) finishLabels() {
	for c.flow.labels != nil {
		c.closeLabels()
	}
}

func (c *checker) labelAddr(e *syntax.LabelAddr) {
	if c.flow.labels == nil {
		c.errorf(e, "address of label %s outside a function", e.Name)
		return
	}
	info := c.info
	c.useLabel(e, e.Name, func(l *syntax.Label) { info.LabelAddrs[e] = l })
}

func (c *checker) block(b *syntax.Block) {
	c.push()
	if len(b.Labels) > 0 {
		s := &labelSet{outer: c.flow.labels, names: make(map[string]*label)}
		for _, name := range b.Labels {
			s.names[name] = &label{}
			s.order = append(s.order, name)
		}
		c.flow.labels = s
		defer c.closeLabels()
	}
	for _, s := range b.Items {
		c.stmt(s)
	}
	c.pop()
}

func (c *checker) stmt(s syntax.Stmt) {
	switch s := s.(type) {
	case nil:
	case *syntax.Block:
		c.block(s)
	case *syntax.DeclStmt:
		c.localDecl(s.Decl)
	case *syntax.ExprStmt:
		if s.X != nil {
			c.expr(s.X)
		}
	case *syntax.If:
		c.condition(s.Cond)
		c.stmt(s.Then)
		c.stmt(s.Else)
	case *syntax.While:
		c.condition(s.Cond)
		c.loop(s.Body)
	case *syntax.DoWhile:
		c.loop(s.Body)
		c.condition(s.Cond)
	case *syntax.For:
		c.forStmt(s)
	case *syntax.Switch:
		c.switchStmt(s)
	case *syntax.Case:
		c.caseStmt(s)
	case *syntax.Default:
		c.defaultStmt(s)
	case *syntax.Label:
		c.labelStmt(s)
	case *syntax.Goto:
		c.gotoStmt(s)
	case *syntax.Break:
		if c.flow.breaks == 0 {
			c.errorf(s, "break outside a loop or switch")
		}
	case *syntax.Continue:
		if c.flow.loops == 0 {
			c.errorf(s, "continue outside a loop")
		}
	case *syntax.Return:
		c.returnStmt(s)
	case *syntax.Asm:
		c.asm(s)
	default:
		c.unsupported(s, "statement %T", s)
	}
}

func (c *checker) condition(e syntax.Expr) {
	if t := c.operand(e); t != nil && !isScalar(t) {
		c.errorf(e, "condition has type %s", t)
	}
}

func (c *checker) loop(body syntax.Stmt) {
	c.flow.loops++
	c.flow.breaks++
	c.stmt(body)
	c.flow.loops--
	c.flow.breaks--
}

func (c *checker) forStmt(s *syntax.For) {
	c.push()
	c.stmt(s.Init)
	if s.Cond != nil {
		c.condition(s.Cond)
	}
	if s.Post != nil {
		c.expr(s.Post)
	}
	c.loop(s.Body)
	c.pop()
}

func (c *checker) switchStmt(s *syntax.Switch) {
	sw := &Switch{Type: c.u.basic[Int]}
	if t := c.operand(s.X); t != nil {
		if isInteger(t) {
			sw.Type = c.u.promote(t)
		} else {
			c.errorf(s.X, "switch on a value of type %s", t)
		}
	}
	c.info.Switches[s] = sw
	old := c.flow.sw
	c.flow.sw = sw
	c.flow.breaks++
	c.stmt(s.Body)
	c.flow.breaks--
	c.flow.sw = old
	c.overlaps(sw)
}

func (c *checker) caseStmt(s *syntax.Case) {
	sw := c.flow.sw
	lo, ok := c.caseValue(s.Lo)
	hi := lo
	if s.Hi != nil {
		var okHi bool
		hi, okHi = c.caseValue(s.Hi)
		ok = ok && okHi
	}
	switch {
	case sw == nil:
		c.errorf(s, "case outside a switch")
	case ok:
		k := SwitchCase{Lo: convertConst(lo, sw.Type), Hi: convertConst(hi, sw.Type), Stmt: s}
		sw.Cases = append(sw.Cases, k)
	}
	c.stmt(s.Body)
}

func (c *checker) caseValue(e syntax.Expr) (Const, bool) {
	if c.expr(e) == nil {
		return Const{}, false
	}
	k := ConstOf(e)
	if k == nil || !isInteger(k.Type) {
		c.errorf(e, "case label is not an integer constant")
		return Const{}, false
	}
	return *k, true
}

// overlaps reports a value that two case labels claim.
func (c *checker) overlaps(sw *Switch) {
	signed := isSigned(sw.Type)
	sorted := make([]SwitchCase, 0, len(sw.Cases))
	for _, k := range sw.Cases {
		if k.Lo.num().cmp(k.Hi.num(), signed) <= 0 { // an empty range claims none
			sorted = append(sorted, k)
		}
	}
	sort.SliceStable(sorted, func(i, j int) bool {
		return sorted[i].Lo.num().cmp(sorted[j].Lo.num(), signed) < 0
	})
	for i := 1; i < len(sorted); i++ {
		if sorted[i].Lo.num().cmp(sorted[i-1].Hi.num(), signed) <= 0 {
			c.errorf(sorted[i].Stmt, "duplicate case value %s", sorted[i].Lo)
		}
	}
}

func (c *checker) defaultStmt(s *syntax.Default) {
	switch {
	case c.flow.sw == nil:
		c.errorf(s, "default outside a switch")
	case c.flow.sw.Default != nil:
		c.errorf(s, "more than one default in a switch")
	default:
		c.flow.sw.Default = s
	}
	c.stmt(s.Body)
}

func (c *checker) labelStmt(s *syntax.Label) {
	l := c.label(s.Name)
	if l.stmt != nil {
		c.errorf(s, "label %s is defined twice", s.Name)
	} else {
		l.stmt = s
	}
	c.info.Labels = append(c.info.Labels, s)
	c.stmt(s.Body)
}

func (c *checker) gotoStmt(s *syntax.Goto) {
	if s.X != nil {
		c.expr(s.X)
		return
	}
	info := c.info
	c.useLabel(s, s.Name, func(l *syntax.Label) { info.Gotos[s] = l })
}

func (c *checker) returnStmt(s *syntax.Return) {
	if s.X == nil {
		return
	}
	t := c.operand(s.X)
	if t == nil || c.info.Type == nil {
		return
	}
	if isVoid(c.info.Type.Result) {
		if !isVoid(t) {
			c.warn(s, "a function returning void returns a value")
		}
		return
	}
	c.assignable(c.info.Type.Result, s.X, "return")
}

func (c *checker) asm(s *syntax.Asm) {
	for _, o := range s.Outputs {
		if c.expr(o.X) != nil && !lvalue(AsmOutput(o.X)) {
			c.errorf(o.X, "output operand of asm is not an lvalue")
		}
	}
	for _, o := range s.Inputs {
		c.operand(o.X)
	}
	info := c.info
	labels := make([]*syntax.Label, len(s.Labels))
	for i, name := range s.Labels {
		c.useLabel(s, name, func(l *syntax.Label) { labels[i] = l })
	}
	if len(labels) > 0 {
		info.AsmLabels[s] = labels
	}
}

// AsmOutput returns what an output operand of asm writes: gcc ignores casts
// there that keep all bits.
// Source: gcc's c-typeck.cc, build_asm_expr.
func AsmOutput(x syntax.Expr) syntax.Expr {
	for {
		cast, ok := x.(*syntax.Cast)
		if !ok {
			return x
		}
		to, from := TypeOf(cast), TypeOf(cast.X)
		if to == nil || from == nil || !isScalar(to) || !isScalar(from) || isFloat(to) || isFloat(from) || to.Size() != from.Size() {
			return x
		}
		x = cast.X
	}
}

// stmtExpr types ({ … }); its value is that of a last expression statement.
func (c *checker) stmtExpr(e *syntax.StmtExpr) Type {
	if c.info == nil {
		// Outside a function gcc allows none, but text evaluated by
		// EvalString may come from macros that use them.
		c.info = newInfo()
		c.flow.labels = &labelSet{names: make(map[string]*label)}
		defer func() {
			c.finishLabels()
			c.info = nil
		}()
	}
	// break and continue inside belong to the enclosing loop, a case does
	// not belong to the enclosing switch.
	sw := c.flow.sw
	c.flow.sw = nil
	c.block(e.Body)
	c.flow.sw = sw
	last := lastExpr(e.Body)
	if last == nil {
		return c.u.basic[Void]
	}
	t := c.value(last)
	if t == nil {
		return nil
	}
	if k := c.constant(last); k != nil && len(e.Body.Items) == 1 {
		n := *k
		n.ICE = false
		setConst(e, &n)
	}
	return t
}

// lastExpr is the expression whose value a statement expression has, nil if
// it has none.
func lastExpr(b *syntax.Block) syntax.Expr {
	if len(b.Items) == 0 {
		return nil
	}
	s := b.Items[len(b.Items)-1]
	for {
		l, ok := s.(*syntax.Label)
		if !ok {
			break
		}
		s = l.Body
	}
	if x, ok := s.(*syntax.ExprStmt); ok {
		return x.X
	}
	return nil
}

// LastExpr is the expression whose value a statement expression has, nil if
// it is void.
func LastExpr(e *syntax.StmtExpr) syntax.Expr { return lastExpr(e.Body) }
