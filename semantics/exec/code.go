package exec

import (
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// evalFn computes an expression. The value of an array, struct, union or
// function is its address; void has no value.
type evalFn func(fr *frame) (bits.Term, error)

// code is a compiled function, or a compiled initialiser.
type code struct {
	name   string
	unit   *types.Unit
	def    *syntax.FuncDef // nil for an initialiser
	result types.Type
	params []*local
	locals []*local // by Object.Index
	// variadic functions keep their further arguments in an array.
	variadic bool
	body     *segment
	funcName *syntax.StringLit // __func__, nil unless used
	temps    int               // objects made for intermediate values, per frame
	loops    int
	err      error // why the function cannot be run at all
	gaps     []error
}

// local is a parameter or a local variable.
type local struct {
	obj      *types.Object
	index    int
	inMemory bool // otherwise its value lives in the frame
	size     uint64
	align    uint64
}

// segment is a list of steps: a function's body, or that of a statement
// expression inside it.
type segment struct {
	steps []step
}

// opcode says what a step does.
type opcode uint8

const (
	opEval    opcode = iota // evaluate x
	opBranch                // go to `to` unless x holds
	opJump                  // go to `to`
	opGoto                  // go to label, perhaps in an enclosing segment
	opGotoPtr               // go to the label whose address is x
	opSwitch                // go where table says for x
	opReturn                // return x, which may be nil
	opValue                 // end a statement expression with value x
)

// step is one statement or condition.
type step struct {
	op    opcode
	x     evalFn
	to    int
	loop  int // of a jump backwards: number of the loop, counted from 1
	label *label
	table *switchTable
	scope *cleanup // of what leaves its scope
	base  *cleanup // of opValue: the scope around its statement expression
	loc   cpp.Loc
}

// label is a place in a segment. seg is nil until it is met.
type label struct {
	name  string
	seg   *segment
	pc    int
	scope *cleanup
}

// frame is one call in progress.
type frame struct {
	m      *Machine
	code   *code
	mem    *mem.Frame
	slots  []slot
	addrs  []uint64 // of locals in memory, 0 until made
	temps  []uint64
	caller *frame
	call   *callSite // in caller
	depth  int

	varargs uint64 // address of the array of further arguments
	loops   []loopState

	ret    bits.Term
	target *label // where a jump leads, nil for a return
}

// slot holds a scalar local. A declaration without initialiser makes it not
// live but keeps the value: whether a loop goes round without changing
// anything is seen by comparing with it.
type slot struct {
	v    bits.Term
	live bool
}

type loopState struct {
	rounds int
	clock  uint64
}

// jump leaves a statement expression for a label outside it, or returns from
// the function. It travels as an error through the expressions in between and
// never leaves the call.
type jump struct{}

func (jump) Error() string { return "jump out of a statement expression" }

// errJump is the one value of jump.
var errJump error = jump{}

// set writes a slot.
func (fr *frame) set(i int, v bits.Term) {
	s := &fr.slots[i]
	if s.v != v {
		fr.m.Mem.Clock++
		fr.mem.Touched = fr.m.Mem.Clock
		s.v = v
	}
	s.live = true
}

// get reads a slot; one that holds nothing gets an unknown value.
func (fr *frame) get(i int) bits.Term {
	s := &fr.slots[i]
	if !s.live {
		l := fr.code.locals[i]
		n, _ := fr.m.prog.numOf(l.obj.Type)
		s.v = fr.m.unknown("uninitialised "+l.obj.Name+" of "+fr.code.name, n.bits)
		s.live = true
	}
	return s.v
}

// localAddr returns the address of a local in memory.
func (fr *frame) localAddr(l *local) (uint64, error) {
	if a := fr.addrs[l.index]; a != 0 {
		return a, nil
	}
	o, err := fr.m.Mem.Alloc(mem.Spec{
		Name: l.obj.Name, Kind: mem.Stack, Size: l.size,
		Undefined: "uninitialised " + l.obj.Name + " of " + fr.code.name,
	}, l.align)
	if err != nil {
		return 0, fr.m.memError(fr, l.obj.At, err)
	}
	fr.addrs[l.index] = o.Addr
	return o.Addr, nil
}

// tempAddr returns the address of the n-th intermediate object.
func (fr *frame) tempAddr(n int, t types.Type, loc cpp.Loc) (uint64, error) {
	if fr.temps == nil {
		fr.temps = make([]uint64, fr.code.temps)
	}
	if a := fr.temps[n]; a != 0 {
		return a, nil
	}
	o, err := fr.m.Mem.Alloc(mem.Spec{Name: "temporary", Kind: mem.Stack, Size: uint64(t.Size())}, uint64(t.Align()))
	if err != nil {
		return 0, fr.m.memError(fr, loc, err)
	}
	fr.temps[n] = o.Addr
	return o.Addr, nil
}

// run executes a segment from its first step. The value is that of a
// statement expression.
func (fr *frame) run(s *segment) (bits.Term, error) {
	pc := 0
	for pc < len(s.steps) {
		st := &s.steps[pc]
		if err := fr.m.step(fr, st.loc); err != nil {
			return bits.Term{}, err
		}
		next, v, err := fr.do(s, st, pc)
		if err == errJump {
			if next, err = fr.land(s); err != nil {
				return bits.Term{}, err
			}
		} else if err != nil || st.op == opValue {
			return v, err
		}
		if next <= pc && st.loop > 0 {
			if err := fr.goesRound(s, st); err != nil {
				return bits.Term{}, err
			}
		}
		pc = next
	}
	return bits.Term{}, nil
}

// land returns where a jump that passes through s continues in it.
func (fr *frame) land(s *segment) (int, error) {
	switch {
	case fr.target != nil && fr.target.seg == s:
		return fr.target.pc, nil
	case fr.target == nil && s == fr.code.body:
		return len(s.steps), nil
	}
	return 0, errJump
}

// do executes one step of s and returns the next.
func (fr *frame) do(s *segment, st *step, pc int) (int, bits.Term, error) {
	switch st.op {
	case opEval:
		_, err := st.x(fr)
		return pc + 1, bits.Term{}, err
	case opBranch:
		v, err := st.x(fr)
		if err != nil {
			return 0, bits.Term{}, err
		}
		holds, err := fr.m.decide(fr, v, st.loc)
		if holds {
			return pc + 1, bits.Term{}, err
		}
		return st.to, bits.Term{}, err
	case opJump:
		return st.to, bits.Term{}, nil
	case opGoto:
		return 0, bits.Term{}, fr.leave(st, st.label)
	case opGotoPtr:
		return fr.gotoPtr(st)
	case opSwitch:
		to, err := fr.doSwitch(st)
		return to, bits.Term{}, err
	case opReturn:
		return fr.doReturn(st)
	}
	v, err := st.x(fr)
	if err == nil {
		err = fr.cleanUp(st.scope, st.base)
	}
	return pc + 1, v, err
}

// leave cleans up what a jump leaves behind and starts the jump: to l, or a
// return if l is nil.
func (fr *frame) leave(st *step, l *label) error {
	var scope *cleanup
	if l != nil {
		scope = l.scope
	}
	if err := fr.cleanUp(st.scope, scope); err != nil {
		return err
	}
	fr.target = l
	return errJump
}

func (fr *frame) doReturn(st *step) (int, bits.Term, error) {
	fr.ret = bits.Term{}
	if st.x != nil {
		v, err := st.x(fr)
		if err != nil {
			return 0, bits.Term{}, err
		}
		fr.ret = v
	}
	return 0, bits.Term{}, fr.leave(st, nil)
}

// switchTable is where a switch leads.
type switchTable struct {
	cases []switchCase
	other int // default, or behind the switch
}

// switchCase covers lo…hi, both included, of the controlling expression's
// promoted type.
type switchCase struct {
	lo, hi bits.Term
	signed bool
	to     int
}

func (fr *frame) doSwitch(st *step) (int, error) {
	v, err := st.x(fr)
	if err != nil {
		return 0, err
	}
	b := fr.m.Bits
	for _, c := range st.table.cases {
		var hit bits.Term
		switch {
		case c.lo == c.hi:
			hit = b.Eq(v, c.lo)
		case c.signed:
			hit = b.And(b.Sle(c.lo, v), b.Sle(v, c.hi))
		default:
			hit = b.And(b.Ule(c.lo, v), b.Ule(v, c.hi))
		}
		taken, err := fr.m.decide(fr, hit, st.loc)
		if err != nil {
			return 0, err
		}
		if taken {
			return c.to, nil
		}
	}
	return st.table.other, nil
}

func (fr *frame) gotoPtr(st *step) (int, bits.Term, error) {
	v, err := st.x(fr)
	if err != nil {
		return 0, v, err
	}
	addr, ok := v.Uint64()
	l := fr.m.labels[addr]
	if !ok || l == nil {
		return 0, v, fr.m.unsupported(fr, st.loc, "goto to what is no label's address", nil)
	}
	return 0, v, fr.leave(st, l)
}

// checkRounds is how often a loop goes round before it is watched: looking
// costs more than a round.
const checkRounds = 512

// goesRound watches a loop. If a round changed nothing that outlives it, the
// next one cannot either.
func (fr *frame) goesRound(s *segment, st *step) error {
	if fr.loops == nil {
		fr.loops = make([]loopState, fr.code.loops+1)
	}
	l := &fr.loops[st.loop]
	l.rounds++
	m, loc := fr.m, st.loc
	if !loc.Pos.IsKnown() {
		loc = s.steps[st.to].loc // a jump of the compiler's own: where the loop begins
	}
	if l.rounds%checkRounds == 0 && !m.Mem.ChangedSince(l.clock, fr.depth) {
		if len(m.result.Choices) > 0 {
			return m.unsupported(fr, loc, "a loop that does not end where a branch was not known", nil)
		}
		return m.trap(fr, loc, &Trap{Kind: TrapNoProgress, Message: "a round of this loop changes nothing, so it cannot end"})
	}
	if l.rounds%checkRounds == checkRounds-1 {
		l.clock = m.Mem.Clock
	}
	return nil
}
