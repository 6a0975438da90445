package facts

import (
	"strings"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// Site is one call, or use of a trap macro, in the live part of a body.
type Site struct {
	Callee string
	Call   *syntax.Call
	Loc    cpp.Loc
	// Guards are the conditions under which the body gets there, outermost
	// first, as C text; a condition that must be false is written !(…).
	Guards []string
	Trap   *arch.Trap // set when Callee is a trap
	// Certain says that the trap fires whenever control gets there.
	Certain bool

	at    int           // when the walk came by it
	since []int         // when it came by each of Guards, -1 for one that is no condition
	conds []syntax.Expr // each of Guards, whether it must hold or not
}

// walker collects the sites of one body.
type walker struct {
	g       *Graph
	in      *scope
	sites   []Site
	returns []syntax.Expr
	guards  []string
	since   []int
	conds   []syntax.Expr
	notes   *notes // nil to make none
}

// walkBody returns the live sites of a body and the expressions it returns.
func (g *Graph) walkBody(in *scope, body *syntax.Block) ([]Site, []syntax.Expr) {
	w := &walker{g: g, in: in}
	w.stmt(body)
	return w.sites, w.returns
}

// guarded runs f with one more guard.
func (w *walker) guarded(cond syntax.Expr, holds bool, f func()) {
	n := len(w.guards)
	w.push(cond, holds)
	f()
	w.cut(n)
}

// cut leaves n guards.
func (w *walker) cut(n int) {
	w.guards, w.since, w.conds = w.guards[:n:n], w.since[:n:n], w.conds[:n:n]
}

func (w *walker) push(cond syntax.Expr, holds bool) { w.pushSeen(cond, holds, w.notes.next()) }

// pushSeen adds a guard that was seen before.
func (w *walker) pushSeen(cond syntax.Expr, holds bool, since int) {
	text := syntax.ExprString(stripExpect(cond))
	if !holds {
		text = negated(text)
	}
	// The slice is shared by the sites below; never write into it.
	w.guards = append(w.guards[:len(w.guards):len(w.guards)], text)
	w.since = append(w.since[:len(w.since):len(w.since)], since)
	w.conds = append(w.conds[:len(w.conds):len(w.conds)], cond)
}

func negated(text string) string {
	if len(text) > 0 && text[0] == '!' && isOperand(text[1:]) {
		return text[1:]
	}
	if isOperand(text) {
		return "!" + text
	}
	return "!(" + text + ")"
}

// isOperand reports whether text needs no parentheses behind a prefix
// operator: a name, or a name with one pair of parentheses around the rest.
func isOperand(text string) bool {
	depth := 0
	for i, c := range text {
		switch {
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
			if depth == 0 && i != len(text)-1 {
				return false
			}
		case depth > 0:
		case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '>' || c == '-' && i > 0:
		default:
			return false
		}
	}
	return text != ""
}

// stripExpect takes likely() and unlikely(), and the !! they hold, off a
// condition that is to be read by people.
func stripExpect(e syntax.Expr) syntax.Expr {
	for {
		switch x := e.(type) {
		case *syntax.Call:
			if calleeName(x) != "__builtin_expect" || len(x.Args) == 0 {
				return e
			}
			e = x.Args[0]
		case *syntax.Unary:
			inner, ok := x.X.(*syntax.Unary)
			if x.Op != syntax.Not || !ok || inner.Op != syntax.Not {
				return e
			}
			e = inner.X
		default:
			return e
		}
	}
}

// stmt walks s and reports whether control can leave it at its end.
func (w *walker) stmt(s syntax.Stmt) bool {
	switch s := s.(type) {
	case nil:
		return true
	case *syntax.Block:
		return w.block(s)
	case *syntax.DeclStmt:
		w.decl(s.Decl)
	case *syntax.ExprStmt:
		w.expr(s.X)
		return !w.neverReturns(s.X)
	case *syntax.If:
		return w.ifStmt(s)
	case *syntax.While:
		return w.loop(nil, s.Cond, nil, s.Body)
	case *syntax.For:
		return w.loop(s.Init, s.Cond, s.Post, s.Body)
	case *syntax.DoWhile:
		return w.doWhile(s)
	case *syntax.Switch:
		w.expr(s.X)
		w.guarded(s.X, true, func() {
			w.since[len(w.since)-1] = -1 // a case may be that of zero
			w.stmt(s.Body)
		})
	case *syntax.Case:
		return w.stmt(s.Body)
	case *syntax.Default:
		return w.stmt(s.Body)
	case *syntax.Label:
		w.notes.label()
		return w.stmt(s.Body)
	case *syntax.Return:
		w.expr(s.X)
		if s.X != nil {
			w.returns = append(w.returns, s.X)
		}
		return false
	case *syntax.Goto:
		w.expr(s.X)
		return false
	case *syntax.Break, *syntax.Continue:
		return false
	case *syntax.Asm:
		for _, o := range s.Outputs {
			w.expr(o.X)
		}
		for _, o := range s.Inputs {
			w.expr(o.X)
		}
	}
	return true
}

// block walks statements in order. What follows one that does not complete is
// dead, unless something can jump there; what follows "if (c) return;" is
// guarded by !c.
func (w *walker) block(b *syntax.Block) bool {
	n := len(w.guards)
	defer func() { w.cut(n) }()
	live := true
	for _, s := range b.Items {
		if !live && !hasLabel(s) {
			continue
		}
		if hasLabel(s) && isLabel(s) {
			// Whoever jumps here did not pass the guards above.
			w.cut(n)
		}
		before := w.notes.next()
		live = w.stmt(s)
		if branch, ok := s.(*syntax.If); ok && live && !w.g.fold(w.in, branch.Cond).ok {
			w.guardRest(branch, before)
		}
	}
	return live
}

// guardRest guards what follows a branch one side of which ends. before is when
// the walk came by it: the other side may have changed what was seen.
func (w *walker) guardRest(branch *syntax.If, before int) {
	thenEnds := !w.completes(branch.Then)
	elseEnds := branch.Else != nil && !w.completes(branch.Else)
	switch {
	case thenEnds && branch.Else == nil:
		w.push(branch.Cond, false)
	case thenEnds && !elseEnds:
		w.pushSeen(branch.Cond, false, before)
	case elseEnds && !thenEnds:
		w.pushSeen(branch.Cond, true, before)
	}
}

// completes answers for s what stmt does, without collecting anything.
func (w *walker) completes(s syntax.Stmt) bool {
	probe := &walker{g: w.g, in: w.in}
	return probe.stmt(s)
}

func (w *walker) ifStmt(s *syntax.If) bool {
	w.expr(s.Cond)
	c := w.g.fold(w.in, s.Cond)
	thenLive, elseLive := !c.isZero(), !c.isTrue()
	var thenEnd, elseEnd bool
	if thenLive || hasLabel(s.Then) {
		from := w.notes.next()
		w.guardedUnless(c.ok, s.Cond, true, func() { thenEnd = w.stmt(s.Then) })
		w.notes.branch(from, thenEnd)
	}
	if elseLive {
		elseEnd = true
		if s.Else != nil {
			from := w.notes.next()
			w.guardedUnless(c.ok, s.Cond, false, func() { elseEnd = w.stmt(s.Else) })
			w.notes.branch(from, elseEnd)
		}
	} else if s.Else != nil && hasLabel(s.Else) {
		elseEnd = w.stmt(s.Else)
	}
	return thenEnd || elseEnd
}

func (w *walker) guardedUnless(constant bool, cond syntax.Expr, holds bool, f func()) {
	if constant {
		f()
		return
	}
	w.guarded(cond, holds, f)
}

func (w *walker) loop(init syntax.Stmt, cond, post syntax.Expr, body syntax.Stmt) bool {
	w.stmt(init)
	defer w.notes.loop()()
	w.expr(cond)
	c := known(1)
	if cond != nil {
		c = w.g.fold(w.in, cond)
	}
	if c.isZero() && !hasLabel(body) {
		return true
	}
	w.guardedUnless(c.ok, cond, true, func() {
		w.stmt(body)
		w.expr(post)
	})
	return !c.isTrue() || hasBreak(body)
}

func (w *walker) doWhile(s *syntax.DoWhile) bool {
	defer w.notes.loop()()
	completes := w.stmt(s.Body)
	w.expr(s.Cond)
	c := w.g.fold(w.in, s.Cond)
	if c.isTrue() {
		return hasBreak(s.Body)
	}
	return completes || hasBreak(s.Body) || hasContinue(s.Body)
}

// neverReturns reports whether e is a call after which nothing runs: an
// unconditional trap, or a noreturn function.
func (w *walker) neverReturns(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Call:
		name := calleeName(e)
		if t, ok := w.g.traps[name]; ok {
			return w.g.stops(w.in, t, e)
		}
		if name == "__builtin_unreachable" || name == "__builtin_trap" {
			return true
		}
		if o := types.ObjectOf(e.Fun); o != nil {
			return o.Storage&syntax.Noreturn != 0 || o.HasAttr("noreturn")
		}
	case *syntax.StmtExpr:
		return !w.completes(e.Body)
	}
	return false
}

func (w *walker) decl(d syntax.Decl) {
	decl, ok := d.(*syntax.Declaration)
	if !ok {
		return
	}
	for _, v := range decl.Vars {
		w.expr(v.Init)
	}
}

// expr walks what e evaluates: not the operands of sizeof, not the dead side
// of a folded condition.
func (w *walker) expr(e syntax.Expr) {
	switch e := e.(type) {
	case nil:
	case *syntax.Unary:
		w.expr(e.X)
		w.notes.operator(e)
	case *syntax.Postfix:
		w.expr(e.X)
		w.notes.change(e.X)
	case *syntax.Binary:
		w.binary(e)
	case *syntax.Assign:
		w.expr(e.L)
		w.expr(e.R)
		w.notes.change(e.L)
	case *syntax.Cond:
		w.cond(e)
	case *syntax.Comma:
		w.expr(e.X)
		w.expr(e.Y)
	case *syntax.Call:
		w.call(e)
	case *syntax.Index:
		w.expr(e.X)
		w.expr(e.I)
	case *syntax.Member:
		w.expr(e.X)
	case *syntax.Cast:
		w.expr(e.X)
	case *syntax.CompoundLit:
		w.init(e.Init)
	case *syntax.InitList:
		w.init(e)
	case *syntax.StmtExpr:
		w.stmt(e.Body)
	case *syntax.Generic, *syntax.ChooseExpr:
		w.expr(types.Chosen(e))
	case *syntax.VaArg:
		w.expr(e.X)
	}
}

func (w *walker) init(l *syntax.InitList) {
	if l == nil {
		return
	}
	for _, item := range l.Items {
		w.expr(item.Value)
	}
}

func (w *walker) binary(e *syntax.Binary) {
	w.expr(e.X)
	if e.Op != syntax.LogAnd && e.Op != syntax.LogOr {
		w.expr(e.Y)
		return
	}
	x := w.g.fold(w.in, e.X)
	isAnd := e.Op == syntax.LogAnd
	if isAnd && x.isZero() || !isAnd && x.isTrue() {
		return
	}
	w.guardedUnless(x.ok, e.X, isAnd, func() { w.expr(e.Y) })
}

func (w *walker) cond(e *syntax.Cond) {
	w.expr(e.C)
	c := w.g.fold(w.in, e.C)
	if !c.isZero() && e.T != nil {
		w.guardedUnless(c.ok, e.C, true, func() { w.expr(e.T) })
	}
	if !c.isTrue() {
		w.guardedUnless(c.ok, e.C, false, func() { w.expr(e.F) })
	}
}

func (w *walker) call(e *syntax.Call) {
	name := calleeName(e)
	if name == "__builtin_constant_p" || name == "__builtin_object_size" || name == "__builtin_dynamic_object_size" {
		return
	}
	if name == "" {
		w.expr(e.Fun)
	}
	for _, a := range e.Args {
		w.notes.argument(w, a)
	}
	defer w.notes.passes(name, e)
	if name == "" || isLocalName(e) || strings.HasPrefix(name, "__builtin_") {
		return
	}
	site := Site{Callee: name, Call: e, Loc: e.Fun.Loc(), Guards: w.guards, at: w.notes.next(), since: w.since, conds: w.conds}
	if t, ok := w.g.traps[name]; ok {
		if !w.g.canFire(w.in, t, e) {
			return
		}
		site.Trap, site.Certain = t, w.g.fires(w.in, t, e)
	}
	w.sites = append(w.sites, site)
}

// isLocalName reports whether the call goes through a local variable.
func isLocalName(e *syntax.Call) bool {
	o := types.ObjectOf(e.Fun)
	return o != nil && o.Kind == types.Var
}

// ---- shape of statements

func isLabel(s syntax.Stmt) bool {
	switch s.(type) {
	case *syntax.Label, *syntax.Case, *syntax.Default:
		return true
	}
	return false
}

// hasLabel reports whether control can enter s other than at its beginning.
func hasLabel(s syntax.Stmt) bool { return contains(s, false, isLabel) }

// hasBreak reports whether a loop with body s can be left by break or goto.
func hasBreak(s syntax.Stmt) bool {
	isBreak := func(s syntax.Stmt) bool { _, ok := s.(*syntax.Break); return ok }
	isGoto := func(s syntax.Stmt) bool { _, ok := s.(*syntax.Goto); return ok }
	return contains(s, true, isBreak) || contains(s, false, isGoto)
}

func hasContinue(s syntax.Stmt) bool {
	return contains(s, true, func(s syntax.Stmt) bool { _, ok := s.(*syntax.Continue); return ok })
}

// contains looks for a statement in s. With sameLoop it does not look into
// inner loops and switches, whose breaks are their own.
func contains(s syntax.Stmt, sameLoop bool, is func(syntax.Stmt) bool) bool {
	if s == nil {
		return false
	}
	if is(s) {
		return true
	}
	switch s := s.(type) {
	case *syntax.Block:
		for _, item := range s.Items {
			if contains(item, sameLoop, is) {
				return true
			}
		}
	case *syntax.If:
		return contains(s.Then, sameLoop, is) || contains(s.Else, sameLoop, is)
	case *syntax.While:
		return !sameLoop && contains(s.Body, sameLoop, is)
	case *syntax.DoWhile:
		return !sameLoop && contains(s.Body, sameLoop, is)
	case *syntax.For:
		return !sameLoop && contains(s.Body, sameLoop, is)
	case *syntax.Switch:
		return !sameLoop && contains(s.Body, sameLoop, is)
	case *syntax.Case:
		return contains(s.Body, sameLoop, is)
	case *syntax.Default:
		return contains(s.Body, sameLoop, is)
	case *syntax.Label:
		return contains(s.Body, sameLoop, is)
	}
	return false
}
