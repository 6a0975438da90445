package exec

import (
	"errors"
	"fmt"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// compiler turns one function into code.
type compiler struct {
	prog  *Program
	unit  *types.Unit
	code  *code
	local map[*types.Object]*local

	// inMemory are the locals that cannot live in the frame. It grows while
	// compiling; grew asks for another round.
	inMemory map[*types.Object]bool
	grew     bool

	info   *types.FuncInfo // nil for an initialiser
	seg    *segment
	scope  *cleanup            // variables to clean up, innermost first
	labels []map[string]*label // scopes: the function's, then __label__ ones
	loops  []loopTarget
	table  *switchTable           // of the innermost switch
	num    num                    // how its controlling expression is computed with
	steady map[*types.Object]bool // locals never written but at their birth
	// written are the locals that what was compiled so far writes to.
	written map[*types.Object]bool
	errs    []error // what the type checker said of the function
}

// loopTarget is where break and continue lead.
type loopTarget struct{ brk, cont *label }

// compile returns the code of a function.
func (p *Program) compile(d definition) (*code, error) {
	p.mu.Lock()
	c := p.codes[d.obj.Def]
	p.mu.Unlock()
	if c != nil {
		return c, nil
	}
	c = p.compileFunc(d)
	p.mu.Lock()
	defer p.mu.Unlock()
	if old := p.codes[d.obj.Def]; old != nil {
		return old, nil
	}
	p.codes[d.obj.Def] = c
	c.number = len(p.codes)
	return c, nil
}

// Gaps returns what a run of a function of u would fail at if it came by, each
// an *Unsupported, in no particular order. Calls are not followed, and inline
// assembly without a model is no gap.
func (p *Program) Gaps(u *types.Unit, fn string) ([]error, error) {
	o := u.Lookup(fn)
	if o == nil || o.Kind != types.Function || o.Def == nil {
		return nil, &UndefinedError{fn}
	}
	c, err := p.compile(definition{u, o})
	if err != nil {
		return nil, err
	}
	if c.err != nil {
		return []error{c.err}, nil
	}
	return c.gaps, nil
}

// compileFunc compiles a function as often as it takes to know which locals
// have their address taken: usually once or twice.
func (p *Program) compileFunc(d definition) *code {
	info, errs := d.unit.Check(d.obj.Def)
	c := &code{name: d.obj.Name, unit: d.unit, def: d.obj.Def}
	fail := func(why string, cause error) *code {
		c.err = &Unsupported{Construct: why, Position: d.unit.Position(d.obj.Def.NameAt), Err: cause}
		return c
	}
	body, err := d.unit.File().Body(d.obj.Def)
	if err != nil {
		return fail("the body of "+d.obj.Name, err)
	}
	k := &compiler{prog: p, unit: d.unit, info: info, inMemory: make(map[*types.Object]bool), errs: errs}
	k.steady = steadyLocals(info, body)
	for k.grew = true; k.grew; {
		k.grew = false
		k.code = &code{name: c.name, unit: c.unit, def: c.def}
		k.function(body)
	}
	return k.code
}

func (c *compiler) function(body *syntax.Block) {
	c.begin()
	c.block(body)
}

// begin starts a new round.
func (c *compiler) begin() {
	c.locals()
	c.scope = nil
	c.written = make(map[*types.Object]bool)
	c.labels = []map[string]*label{make(map[string]*label)}
	c.seg = &segment{}
	c.code.body = c.seg
}

// locals lays out the frame.
func (c *compiler) locals() {
	k, info := c.code, c.info
	if info.Type != nil {
		k.result = info.Type.Result
		if n, ok := c.prog.numOf(k.result); ok {
			k.bits = n.bits
		}
		k.isRecord = isRecord(k.result)
		k.variadic = info.Type.Variadic
	}
	k.isVoid = k.result == nil || isVoid(k.result)
	c.local = make(map[*types.Object]*local)
	k.locals = make([]*local, 1, 1+len(info.Params)+len(info.Locals))
	k.locals[0] = &local{} // whose slot is never live
	add := func(o *types.Object) *local {
		l := &local{obj: o, index: len(k.locals)}
		k.locals = append(k.locals, l)
		c.local[o] = l
		if o.Type == nil {
			return l
		}
		l.size = uint64(o.Type.Size())
		l.align = uint64(max(o.Type.Align(), o.Align))
		l.isRecord = isRecord(o.Type)
		l.inMemory = isAggregate(o.Type) || c.inMemory[o]
		if l.inMemory {
			k.inMemory = append(k.inMemory, l.index)
		}
		l.unset = "uninitialised " + o.Name + " of " + k.name
		l.spec = mem.Spec{Name: o.Name, Kind: mem.Stack, Size: l.size, Undefined: l.unset}
		if n, ok := c.prog.numOf(o.Type); ok {
			l.bits = n.bits
		}
		return l
	}
	for _, o := range info.Params {
		k.params = append(k.params, add(o))
	}
	for _, o := range info.Locals {
		if o.Storage&syntax.Static == 0 {
			add(o)
		}
	}
}

// failing returns an expression that ends the run, for what cannot be
// compiled: it only matters if it is reached.
func (c *compiler) failing(at syntax.Node, format string, args ...any) expr {
	var loc cpp.Loc
	if at != nil {
		loc = at.Loc()
	}
	what := fmt.Sprintf(format, args...)
	c.gap(loc, what, nil)
	return general(func(fr *frame) (bits.Term, error) {
		return bits.Term{}, fr.m.unsupported(fr, loc, what, nil)
	})
}

// gap notes what the code will fail at.
func (c *compiler) gap(loc cpp.Loc, what string, cause error) {
	c.code.gaps = append(c.code.gaps, &Unsupported{Construct: what, Position: c.unit.Position(loc), Err: cause})
}

// untyped is failing for what the type checker could make no sense of.
func (c *compiler) untyped(e syntax.Expr) expr {
	loc, cause := e.Loc(), errors.Join(c.errs...)
	c.gap(loc, "an expression without a type", cause)
	return general(func(fr *frame) (bits.Term, error) {
		return bits.Term{}, fr.m.unsupported(fr, loc, "an expression without a type", cause)
	})
}

// emit appends a step and returns its index.
func (c *compiler) emit(s step) int {
	c.seg.steps = append(c.seg.steps, s)
	return len(c.seg.steps) - 1
}

func (c *compiler) here() int { return len(c.seg.steps) }

// bind puts a label here.
func (c *compiler) bind(l *label) {
	l.seg, l.pc, l.scope = c.seg, c.here(), c.scope
}

// newLoop numbers a loop.
func (c *compiler) newLoop() int {
	c.code.loops++
	return c.code.loops
}

func (c *compiler) block(b *syntax.Block) {
	defer c.declareLabels(b)()
	outer := c.scope
	for _, s := range b.Items {
		c.stmt(s)
	}
	c.endScope(outer)
}

// declareLabels opens a scope for the __label__ names of a block; the result
// closes it.
func (c *compiler) declareLabels(b *syntax.Block) func() {
	n := len(c.labels)
	if len(b.Labels) > 0 {
		scope := make(map[string]*label)
		for _, name := range b.Labels {
			scope[name] = &label{name: name}
		}
		c.labels = append(c.labels, scope)
	}
	return func() { c.labels = c.labels[:n] }
}

// endScope cleans up what was declared since the scope was outer.
func (c *compiler) endScope(outer *cleanup) {
	if from := c.scope; from != outer {
		c.emit(step{op: opEval, x: general(func(fr *frame) (bits.Term, error) {
			return bits.Term{}, fr.cleanUp(from, outer)
		})})
		c.scope = outer
	}
}

// label finds a label by name, making that of the function if needed.
func (c *compiler) label(name string) *label {
	for i := len(c.labels) - 1; i >= 0; i-- {
		if l := c.labels[i][name]; l != nil {
			return l
		}
	}
	l := &label{name: name}
	c.labels[0][name] = l
	return l
}

func (c *compiler) stmt(s syntax.Stmt) {
	switch s := s.(type) {
	case nil:
	case *syntax.Block:
		c.block(s)
	case *syntax.DeclStmt:
		c.decl(s.Decl)
	case *syntax.ExprStmt:
		if s.X != nil {
			c.emit(step{op: opEval, x: c.effect(s.X), loc: s.Loc()})
		}
	case *syntax.If:
		c.ifStmt(s)
	case *syntax.While:
		c.whileStmt(s)
	case *syntax.DoWhile:
		c.doStmt(s)
	case *syntax.For:
		c.forStmt(s)
	case *syntax.Switch:
		c.switchStmt(s)
	case *syntax.Case:
		c.caseStmt(s)
	case *syntax.Default:
		c.defaultStmt(s)
	case *syntax.Label:
		c.bind(c.label(s.Name))
		c.stmt(s.Body)
	case *syntax.Goto:
		c.gotoStmt(s)
	case *syntax.Break:
		c.breakStmt(s)
	case *syntax.Continue:
		c.continueStmt(s)
	case *syntax.Return:
		c.returnStmt(s)
	case *syntax.Asm:
		c.asmStmt(s)
	default:
		c.emit(step{op: opEval, x: c.failing(s, "statement %T", s), loc: s.Loc()})
	}
}

// branch emits a test of cond and returns the step whose target is where to
// go when it fails; -1 if it cannot fail. always is set if it cannot hold.
func (c *compiler) branch(cond syntax.Expr) (at int, always bool) {
	if k := types.ConstOf(cond); k != nil {
		if !k.IsZero() {
			return -1, false
		}
		return c.emit(step{op: opJump}), true
	}
	return c.emit(step{op: opBranch, x: c.cond(cond), loc: cond.Loc()}), false
}

// patch sets the target of a step, if there is one, to here.
func (c *compiler) patch(at int) {
	if at >= 0 {
		c.seg.steps[at].to = c.here()
	}
}

// Branches that the compiler folds away are still compiled: labels inside
// them can be jumped to.

func (c *compiler) ifStmt(s *syntax.If) {
	no, _ := c.branch(s.Cond)
	c.stmt(s.Then)
	if s.Else == nil {
		c.patch(no)
		return
	}
	end := c.emit(step{op: opJump})
	c.patch(no)
	c.stmt(s.Else)
	c.patch(end)
}

// loop compiles a body whose break leads behind what after emits.
func (c *compiler) loop(body syntax.Stmt, cont func(), after func()) {
	t := loopTarget{brk: &label{}, cont: &label{}}
	c.loops = append(c.loops, t)
	c.stmt(body)
	c.loops = c.loops[:len(c.loops)-1]
	c.bind(t.cont)
	cont()
	after()
	c.bind(t.brk)
}

func (c *compiler) whileStmt(s *syntax.While) {
	top := c.here()
	no, _ := c.branch(s.Cond)
	c.loop(s.Body, func() {
		c.emit(step{op: opJump, to: top, loop: c.newLoop()})
	}, func() { c.patch(no) })
}

func (c *compiler) doStmt(s *syntax.DoWhile) {
	top := c.here()
	c.loop(s.Body, func() {
		if k := types.ConstOf(s.Cond); k != nil && k.IsZero() {
			return // do { } while (0)
		}
		no, _ := c.branch(s.Cond)
		c.emit(step{op: opJump, to: top, loop: c.newLoop()})
		c.patch(no)
	}, func() {})
}

func (c *compiler) forStmt(s *syntax.For) {
	outer := c.scope
	c.stmt(s.Init)
	top := c.here()
	no := -1
	if s.Cond != nil {
		no, _ = c.branch(s.Cond)
	}
	c.loop(s.Body, func() {
		if s.Post != nil {
			c.emit(step{op: opEval, x: c.effect(s.Post), loc: s.Post.Loc()})
		}
		c.emit(step{op: opJump, to: top, loop: c.newLoop()})
	}, func() { c.patch(no) })
	c.endScope(outer)
}

func (c *compiler) switchStmt(s *syntax.Switch) {
	x, n := c.controlling(s)
	table := &switchTable{other: -1}
	c.emit(step{op: opSwitch, x: x, table: table, loc: s.X.Loc()})
	outerTable, outerNum := c.table, c.num
	c.table, c.num = table, n
	table.num = n
	brk := &label{}
	t := loopTarget{brk: brk}
	if len(c.loops) > 0 {
		t.cont = c.loops[len(c.loops)-1].cont
	}
	c.loops = append(c.loops, t)
	c.stmt(s.Body)
	c.loops = c.loops[:len(c.loops)-1]
	c.table, c.num = outerTable, outerNum
	c.bind(brk)
	if table.other < 0 {
		table.other = c.here()
	}
}

// controlling compiles what a switch is about. Text that is evaluated outside
// functions has no Switches, but the type is the promoted one there as well.
func (c *compiler) controlling(s *syntax.Switch) (expr, num) {
	if sw := c.info.Switches[s]; sw != nil && sw.Type != nil {
		n, _ := c.prog.numOf(sw.Type)
		return c.converted(s.X, sw.Type), n
	}
	return c.promoted(s.X)
}

func (c *compiler) caseStmt(s *syntax.Case) {
	lo := types.ConstOf(s.Lo)
	hi := lo
	if s.Hi != nil {
		hi = types.ConstOf(s.Hi)
	}
	if c.table == nil || lo == nil || hi == nil {
		c.emit(step{op: opEval, x: c.failing(s, "case label"), loc: s.Loc()})
	} else {
		w := c.num.bits // the values are converted to the controlling type
		c.table.words = append(c.table.words, switchWord{lo.Lo & mask(min(w, 64)), hi.Lo & mask(min(w, 64)), c.here()})
		c.table.cases = append(c.table.cases, switchCase{
			lo: bits.Const128(w, lo.Hi, lo.Lo), hi: bits.Const128(w, hi.Hi, hi.Lo),
			signed: c.num.signed, to: c.here(),
		})
	}
	c.stmt(s.Body)
}

func (c *compiler) defaultStmt(s *syntax.Default) {
	if c.table == nil {
		c.emit(step{op: opEval, x: c.failing(s, "default label"), loc: s.Loc()})
	} else {
		c.table.other = c.here()
	}
	c.stmt(s.Body)
}

func (c *compiler) gotoStmt(s *syntax.Goto) {
	if s.X != nil {
		c.emit(step{op: opGotoPtr, x: c.value(s.X), scope: c.scope, loc: s.Loc(), loop: c.newLoop()})
		return
	}
	c.emit(step{op: opGoto, label: c.label(s.Name), scope: c.scope, loc: s.Loc(), loop: c.newLoop()})
}

func (c *compiler) breakStmt(s *syntax.Break) {
	if len(c.loops) == 0 {
		c.emit(step{op: opEval, x: c.failing(s, "break outside a loop"), loc: s.Loc()})
		return
	}
	c.emit(step{op: opGoto, label: c.loops[len(c.loops)-1].brk, scope: c.scope, loc: s.Loc()})
}

func (c *compiler) continueStmt(s *syntax.Continue) {
	if len(c.loops) == 0 || c.loops[len(c.loops)-1].cont == nil {
		c.emit(step{op: opEval, x: c.failing(s, "continue outside a loop"), loc: s.Loc()})
		return
	}
	c.emit(step{op: opGoto, label: c.loops[len(c.loops)-1].cont, scope: c.scope, loc: s.Loc()})
}

func (c *compiler) returnStmt(s *syntax.Return) {
	st := step{op: opReturn, scope: c.scope, loc: s.Loc()}
	switch {
	case s.X == nil:
	case c.code.result == nil || isVoid(c.code.result):
		c.emit(step{op: opEval, x: c.effect(s.X), loc: s.Loc()})
	default:
		st.x = c.converted(s.X, c.code.result)
	}
	c.emit(st)
}

func (c *compiler) decl(d syntax.Decl) {
	decl, ok := d.(*syntax.Declaration)
	if !ok || decl.Storage&(syntax.Typedef|syntax.Extern|syntax.Static) != 0 {
		return // static locals are initialised when first used
	}
	for _, v := range decl.Vars {
		c.declarator(v)
	}
}

// declarator initialises a local, or makes its contents indeterminate.
func (c *compiler) declarator(v *syntax.Declarator) {
	l := c.local[c.info.Declared[v]]
	switch {
	case l == nil && c.code.def == nil && v.Init != nil && c.idle(v.Init):
		return
	case l == nil && c.code.def == nil && v.Init != nil: // never used, in an expression
		c.emit(step{op: opEval, x: c.effect(v.Init), loc: v.Loc()})
		return
	case l == nil:
		return // a function's prototype
	case l.obj.Type == nil:
		c.emit(step{op: opEval, x: c.failing(v, "type of %s", v.Name), loc: v.Loc()})
	case v.Init == nil:
		c.uninitialised(v, l)
	case l.inMemory:
		c.emit(step{op: opEval, x: c.initMemory(v, l), loc: v.Loc()})
	default:
		c.emit(step{op: opEval, x: c.initSlot(v, l), loc: v.Loc()})
	}
	if l != nil {
		c.pushCleanup(l)
	}
}

// idle reports whether a braced initialiser does nothing but compute.
func (c *compiler) idle(init syntax.Expr) bool {
	list, ok := init.(*syntax.InitList)
	idle := ok
	if ok {
		syntax.Inspect(list, func(n syntax.Node) bool {
			switch n.(type) {
			case *syntax.Call, *syntax.Assign, *syntax.Postfix, *syntax.Unary, *syntax.StmtExpr:
				idle = false
			}
			return idle
		})
	}
	return idle
}

func (c *compiler) uninitialised(v *syntax.Declarator, l *local) {
	if a, ok := types.Unqual(l.obj.Type).(*types.Array); ok && a.VLA {
		c.emit(step{op: opEval, x: c.failing(v, "variable length array %s", v.Name), loc: v.Loc()})
		return
	}
	if register := v.AsmName != ""; register {
		c.emit(step{op: opEval, x: c.registerVar(v, l)})
		return
	}
	c.emit(step{op: opEval, x: quick(0, func(fr *frame) (uint64, bool) {
		fr.slots[l.index].kill()
		if !l.inMemory {
			return 0, true
		}
		if o := fr.places[l.index]; o != nil {
			fr.m.Mem.Forget(o, l.unset)
		}
		return 0, true
	})})
}

// registerVar is a local bound to a register, whose value is whatever was
// there.
func (c *compiler) registerVar(v *syntax.Declarator, l *local) expr {
	return general(func(fr *frame) (bits.Term, error) {
		n, ok := fr.m.prog.numOf(l.obj.Type)
		if !ok || l.inMemory {
			return bits.Term{}, fr.m.unsupported(fr, v.Loc(), "register variable "+v.Name, nil)
		}
		fr.set(l.index, fr.m.named("register "+v.AsmName, "register "+v.AsmName, n.bits))
		return bits.Term{}, nil
	})
}

func (c *compiler) initSlot(v *syntax.Declarator, l *local) expr {
	init := v.Init
	if list, ok := init.(*syntax.InitList); ok {
		in := types.InitializerOf(list)
		if in == nil || len(in.Entries) != 1 || in.Entries[0].Value == nil {
			return c.failing(v, "initialiser of %s", v.Name)
		}
		init = in.Entries[0].Value
	}
	x := c.converted(init, l.obj.Type)
	return c.store(place{slot: l.index, num: num{bits: l.bits}}, x)
}

func (c *compiler) initMemory(v *syntax.Declarator, l *local) expr {
	fill := c.initialise(v.Init, l.obj.Type)
	return general(func(fr *frame) (bits.Term, error) {
		addr, err := fr.localAddr(l)
		if err != nil {
			return bits.Term{}, err
		}
		return bits.Term{}, fill(fr, addr)
	})
}

// stmtExpr compiles ({ … }) into a segment of its own.
func (c *compiler) stmtExpr(e *syntax.StmtExpr) expr {
	seg := &segment{}
	outer, table := c.seg, c.table
	c.seg, c.table = seg, nil
	if hasValue(e.Body.Items) && !isVoid(typeOrVoid(c, e)) {
		c.valueBlock(e.Body, types.TypeOf(e))
	} else {
		c.block(e.Body)
	}
	c.seg, c.table = outer, table
	n, _ := c.prog.numOf(typeOrVoid(c, e))
	return quick(n.bits, func(fr *frame) (uint64, bool) { return fr.run(seg) })
}

// typeOrVoid returns the type of e, void when it has none.
func typeOrVoid(c *compiler, e syntax.Expr) types.Type {
	if t := types.TypeOf(e); t != nil {
		return t
	}
	return c.unit.Basic(types.Void)
}

// hasValue reports whether the last statement, looking through labels, is an
// expression.
func hasValue(items []syntax.Stmt) bool {
	if len(items) == 0 {
		return false
	}
	for s := items[len(items)-1]; ; {
		switch x := s.(type) {
		case *syntax.Label:
			s = x.Body
		case *syntax.ExprStmt:
			return x.X != nil
		default:
			return false
		}
	}
}

// valueBlock compiles the statements of head and then last for its value,
// converted as an assignment to type t would.
func (c *compiler) valueBlock(b *syntax.Block, t types.Type) {
	outer := c.scope
	defer c.declareLabels(b)()
	last := b.Items[len(b.Items)-1]
	for _, s := range b.Items[:len(b.Items)-1] {
		c.stmt(s)
	}
	for {
		l, ok := last.(*syntax.Label)
		if !ok {
			break
		}
		c.bind(c.label(l.Name))
		last = l.Body
	}
	x := last.(*syntax.ExprStmt).X
	c.emit(step{op: opValue, x: c.converted(x, t), scope: c.scope, base: outer, loc: x.Loc()})
	c.scope = outer
}
