package exec

import (
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// code is a compiled function, or a compiled initialiser.
type code struct {
	name   string
	number int // of a function, from 1; 0 for text and initialisers
	unit   *types.Unit
	def    *syntax.FuncDef // nil for an initialiser
	result types.Type
	params []*local
	locals []*local // by Object.Index
	// inMemory are the indexes of those that live there.
	inMemory []int
	// variadic functions keep their further arguments in an array.
	variadic bool
	body     *segment
	funcName *syntax.StringLit // __func__, nil unless used
	bits     int               // the width of a scalar result, or of the address of a struct
	isRecord bool              // the result is a struct or union
	isVoid   bool              // there is none
	temps    int               // objects made for intermediate values, per frame
	loops    int
	err      error // why the function cannot be run at all
	gaps     []error
}

// local is a parameter or a local variable.
type local struct {
	obj      *types.Object
	index    int
	isRecord bool     // a struct or union
	inMemory bool     // otherwise its value lives in the frame, but see spill
	bits     int      // the width of a scalar
	unset    string   // why its first value is not known
	spec     mem.Spec // of one in memory
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
	x     expr
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
	places []*mem.Object // of locals in memory, nil until made
	temps  []uint64
	caller *frame
	call   *callSite // in caller
	outer  *frame    // that the machine was in
	depth  int
	traced int32 // where the code is in the trace, counted from 1

	varargs uint64 // address of the array of further arguments
	address uint64 // of the variable that is initialised
	loops   []loopState

	ret    slot   // the value returned
	target *label // where a jump leads, nil for a return
}

// slot holds a scalar local. A declaration without initialiser makes it not
// live but keeps the value: whether a loop goes round without changing
// anything is seen by comparing with it.
type slot struct {
	word  uint64
	term  bits.Term
	state slotState
}

// slotState says what a slot holds.
type slotState uint8

const (
	slotEmpty slotState = iota
	deadWord
	deadTerm
	liveWord
	liveTerm
)

// slotOf returns a live slot with a value; none is an empty one.
func slotOf(v bits.Term) slot {
	w, ok := v.Uint64()
	switch {
	case ok && v.Width() <= 64:
		return slot{word: w, state: liveWord}
	case v.IsValid():
		return slot{term: v, state: liveTerm}
	}
	return slot{}
}

// value returns what a slot of a width holds.
func (s *slot) value(width int) bits.Term {
	switch s.state {
	case liveWord:
		return bits.Word(width, s.word)
	case liveTerm:
		return s.term
	}
	return bits.Term{}
}

// kill makes a slot not live.
func (s *slot) kill() {
	switch s.state {
	case liveWord:
		s.state = deadWord
	case liveTerm:
		s.state = deadTerm
	}
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
	if w, ok := v.Uint64(); ok && v.Width() <= 64 {
		fr.setWord(i, w)
		return
	}
	s := &fr.slots[i]
	if s.state != deadTerm && s.state != liveTerm || s.term != v {
		fr.changed()
		s.term = v
	}
	s.state = liveTerm
}

// setWord writes a word to a slot.
func (fr *frame) setWord(i int, w uint64) {
	s := &fr.slots[i]
	if s.state != liveWord && s.state != deadWord || s.word != w {
		fr.changed()
		s.word = w
	}
	s.state = liveWord
}

// changed notes that one of the call's locals did.
func (fr *frame) changed() {
	m := fr.m.Mem
	m.Clock++
	fr.mem.Touched = m.Clock
}

// get reads a slot; one that holds nothing gets an unknown value.
func (fr *frame) get(i int) bits.Term {
	s, l := &fr.slots[i], fr.code.locals[i]
	if s.state != liveWord && s.state != liveTerm {
		s.term, s.state = fr.m.unknown(l.unset, l.bits), liveTerm
	}
	return s.value(l.bits)
}

// localPlace returns the object of a local in memory.
func (fr *frame) localPlace(l *local) (*mem.Object, error) {
	if o := fr.places[l.index]; o != nil {
		return o, nil
	}
	o, err := fr.m.Mem.Local(&l.spec, l.align)
	if err == nil {
		err = fr.spill(l, o)
	}
	if err != nil {
		return nil, fr.m.memError(fr, l.obj.At, err)
	}
	fr.places[l.index] = o
	return o, nil
}

// spill writes what a struct parameter holds to its new object. Until somebody
// asks for its address, one of the size of a word is a word in its slot, which
// most helpers only look at.
func (fr *frame) spill(l *local, o *mem.Object) error {
	s := &fr.slots[l.index]
	if s.state != liveWord {
		return nil
	}
	s.state = slotEmpty
	if m := fr.m.Mem; !m.SetWordOf(o, 0, int(l.size), s.word) {
		return m.Store(o.Addr, bits.Word(8*int(l.size), s.word))
	}
	return nil
}

// localAddr returns the address of a local in memory.
func (fr *frame) localAddr(l *local) (uint64, error) {
	o, err := fr.localPlace(l)
	if err != nil {
		return 0, err
	}
	return o.Addr, nil
}

// tempAddr returns the address of the n-th intermediate object.
func (fr *frame) tempAddr(n int, t types.Type, loc cpp.Loc) (uint64, error) {
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
// statement expression; a function's stays in the frame.
func (fr *frame) run(s *segment) (uint64, bool) {
	m := fr.m
	for pc := 0; pc < len(s.steps); {
		st := &s.steps[pc]
		if m.steps++; m.steps >= m.check {
			if err := m.withinBudget(fr); err != nil {
				return m.fail(err)
			}
		}
		if st.loc.Pos.IsKnown() {
			m.record(fr, st.loc)
		}
		next, ok := pc+1, true
		switch st.op {
		case opEval:
			if _, ok = st.x.word(fr); !ok {
				ok = m.aside.err == nil
			}
		case opBranch:
			var v uint64
			if v, ok = st.x.word(fr); !ok {
				v, ok = fr.decided(st)
			}
			if v == 0 {
				next = st.to
			}
		case opJump:
			next = st.to
		case opGoto:
			if l := st.label; l.seg == s && l.scope == st.scope {
				next = l.pc
			} else {
				ok = fr.leave(st, l)
			}
		case opGotoPtr:
			ok = fr.gotoPtr(st)
		case opSwitch:
			next, ok = fr.doSwitch(st)
		case opReturn:
			if ok = fr.doReturn(st); ok {
				if s == fr.code.body && st.scope == nil {
					return 0, true
				}
				ok = fr.leave(st, nil)
			}
		case opValue:
			v, done := fr.doValue(st)
			if done || m.aside.err != errJump {
				return v, done
			}
			ok = false
		}
		if !ok {
			if next, ok = fr.land(s); !ok {
				return 0, false
			}
		}
		if next <= pc && st.loop > 0 {
			if err := fr.goesRound(s, st); err != nil {
				return m.fail(err)
			}
		}
		pc = next
	}
	return m.give(bits.Term{}, nil)
}

// land returns where a jump that passes through s continues in it; ok is
// false if it does not, or if what was put aside is another error.
func (fr *frame) land(s *segment) (pc int, ok bool) {
	switch {
	case fr.m.aside.err != errJump:
		return 0, false
	case fr.target != nil && fr.target.seg == s:
		return fr.target.pc, true
	case fr.target == nil && s == fr.code.body:
		return len(s.steps), true
	}
	return 0, false
}

// decided is the outcome of a branch whose condition was put aside.
func (fr *frame) decided(st *step) (uint64, bool) {
	v, err := fr.m.take()
	if err != nil {
		return 0, false
	}
	holds, err := fr.m.decide(fr, v, st.loc)
	if err != nil {
		return fr.m.fail(err)
	}
	return truth(holds), true
}

// doValue computes the value of a statement expression and cleans up.
func (fr *frame) doValue(st *step) (uint64, bool) {
	v, ok := st.x.word(fr)
	if st.scope == st.base || !ok && fr.m.aside.err != nil {
		return v, ok
	}
	t := fr.m.aside.term
	if err := fr.cleanUp(st.scope, st.base); err != nil {
		return fr.m.fail(err)
	}
	if !ok {
		return fr.m.give(t, nil)
	}
	return v, true
}

// leave cleans up what a jump leaves behind and starts the jump: to l, or a
// return if l is nil. It is never ok: the jump travels as an error.
func (fr *frame) leave(st *step, l *label) bool {
	_, ok := fr.m.fail(fr.jump(st, l))
	return ok
}

// jump is leave with its error.
func (fr *frame) jump(st *step, l *label) error {
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

// doReturn computes what a call returns.
func (fr *frame) doReturn(st *step) bool {
	if st.x.isNone() {
		fr.ret = slot{}
		return true
	}
	v, ok := st.x.word(fr)
	if ok {
		fr.ret.word, fr.ret.state = v, liveWord
		return true
	}
	t, err := fr.m.take()
	if err == nil {
		fr.ret = slotOf(t)
	}
	return err == nil
}

// switchTable is where a switch leads.
type switchTable struct {
	cases []switchCase
	words []switchWord // the same, for a value that is a word
	num   num          // of the value
	other int          // default, or behind the switch
}

// switchCase covers lo…hi, both included, of the controlling expression's
// promoted type.
type switchCase struct {
	lo, hi bits.Term
	signed bool
	to     int
}

func (fr *frame) doSwitch(st *step) (to int, ok bool) {
	v, ok := st.x.word(fr)
	if !ok {
		return fr.switchOpen(st)
	}
	n := st.table.num
	for i := range st.table.words {
		if c := &st.table.words[i]; c.holds(v, n) {
			return c.to, true
		}
	}
	return st.table.other, true
}

// switchWord is a case whose bounds are words.
type switchWord struct {
	lo, hi uint64
	to     int
}

func (c *switchWord) holds(v uint64, n num) bool {
	if n.signed {
		x := signed(v, n.bits)
		return signed(c.lo, n.bits) <= x && x <= signed(c.hi, n.bits)
	}
	return c.lo <= v && v <= c.hi
}

// switchOpen is doSwitch with a value put aside.
func (fr *frame) switchOpen(st *step) (to int, ok bool) {
	v, err := fr.m.take()
	if err != nil {
		return 0, false
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
			_, ok := fr.m.fail(err)
			return 0, ok
		}
		if taken {
			return c.to, true
		}
	}
	return st.table.other, true
}

func (fr *frame) gotoPtr(st *step) bool {
	v, err := st.x.term(fr)
	if err != nil {
		_, ok := fr.m.fail(err)
		return ok
	}
	addr, ok := v.Uint64()
	l := fr.m.labels[addr]
	if !ok || l == nil {
		_, ok := fr.m.fail(fr.m.unsupported(fr, st.loc, "goto to what is no label's address", nil))
		return ok
	}
	return fr.leave(st, l)
}

// checkRounds is how often a loop goes round before it is watched: looking
// costs more than a round.
const checkRounds = 512

// goesRound watches a loop. If a round changed nothing that outlives it, the
// next one cannot either.
func (fr *frame) goesRound(s *segment, st *step) error {
	if len(fr.loops) == 0 {
		fr.loops = cleared(fr.loops, fr.code.loops+1)
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
