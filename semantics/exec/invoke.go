package exec

import (
	"fmt"
	"slices"

	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// callee is what a machine does where a function is called by its name.
type callee struct {
	kind  calleeKind
	code  *code
	model *Model
}

// calleeKind says how a function is called.
type calleeKind uint8

const (
	calleeOpen    calleeKind = iota // to be found out again
	calleeFeature                   // perhaps a test of a feature that the machine is told about
	calleeModel
	calleeCode // with a body, which may be run with words
)

// callee finds out how a function that unit u calls is called.
func (m *Machine) callee(u *types.Unit, o *types.Object) callee {
	if m.testsFeature(o.Name) {
		return callee{kind: calleeFeature}
	}
	if model := m.model(o.Name); model != nil {
		return callee{kind: calleeModel, model: model}
	}
	if m.opt.Decisions.paths != nil || u == nil {
		return callee{}
	}
	c, err := m.codeOf(u, o)
	if c == nil || err != nil || c.err != nil || c.variadic {
		return callee{}
	}
	return callee{kind: calleeCode, code: c}
}

// codeOf finds the body of a function, nil if there is none.
func (m *Machine) codeOf(u *types.Unit, o *types.Object) (*code, error) {
	d, found, err := m.prog.resolve(u, o)
	if err != nil {
		return nil, err
	}
	if found && d.obj.Def == nil {
		d, found = m.prog.aliased(d)
	}
	if !found {
		return nil, nil
	}
	return m.prog.compile(d)
}

// testsFeature reports whether a feature is tested by calls of a function.
func (m *Machine) testsFeature(name string) bool {
	_, ok := m.features[name]
	return ok || slices.ContainsFunc(m.gates, func(g gate) bool { return g.name == name })
}

// maxWords is how many arguments a call passes as words.
const maxWords = 6

// call runs a call by name.
func (s *callSite) call(fr *frame) (uint64, bool) {
	m := fr.m
	f := m.symbol(s.number).callee
	if f.kind == calleeOpen {
		f = m.callee(s.unit, s.object)
		m.symbol(s.number).callee = f
	}
	switch {
	case f.kind == calleeCode && s.fits(f.code):
		return s.callWords(fr, f.code)
	case f.kind == calleeFeature:
		if v, ok := m.feature(fr, s, s.object.Name); ok {
			return m.give(v, nil)
		}
	}
	listed := m.listed
	args, err := s.evaluate(fr, nil)
	var v bits.Term
	switch {
	case err != nil:
	case f.kind == calleeModel:
		v, err = m.callModel(fr, s, f.model, s.object.Name, args)
	default:
		v, err = m.callObject(fr, s, s.unit, s.object, args)
	}
	m.listed = listed
	if err == nil && s.bits == 0 {
		return 0, true
	}
	return m.give(v, err)
}

// fits reports whether the arguments and the result of a call are those of a
// function as it is defined, and can be words.
func (s *callSite) fits(c *code) bool {
	if s.fitted.Load() == c {
		return true
	}
	if len(s.args) != len(c.params) || len(s.args) > maxWords || s.bits != c.bits {
		return false
	}
	for i, w := range s.widths {
		if p := c.params[i]; w != p.bits || w == 0 {
			return false
		}
	}
	s.fitted.Store(c)
	return true
}

// callWords calls a function with arguments that are words, as long as they
// are.
func (s *callSite) callWords(fr *frame, c *code) (uint64, bool) {
	var words [maxWords]uint64
	m := fr.m
	for i := range s.args {
		v, ok := s.args[i].word(fr)
		if !ok {
			return s.callTerms(fr, words[:i])
		}
		words[i] = v
	}
	place, err := m.resultPlace(fr, s, c)
	if err != nil {
		return m.fail(err)
	}
	in := m.push(c, fr, s)
	v, ok := in.call1(words[:len(s.args)], place)
	m.pop(in)
	return v, ok
}

// callTerms goes on with a call whose arguments were words but for the last one
// evaluated, which was put aside.
func (s *callSite) callTerms(fr *frame, words []uint64) (uint64, bool) {
	m := fr.m
	v, err := m.take()
	if err != nil {
		return 0, false
	}
	listed := m.listed
	args := m.list(len(s.args))
	for i, w := range words {
		args = append(args, bits.Word(s.widths[i], w))
	}
	args, err = s.evaluate(fr, append(args, v))
	if err == nil {
		v, err = m.callObject(fr, s, s.unit, s.object, args)
	}
	m.listed = listed
	return m.give(v, err)
}

// list returns an empty list with room for n arguments. It is taken back by
// setting m.listed to what it was.
func (m *Machine) list(n int) []bits.Term {
	k := m.listed
	m.listed += n
	if len(m.room) < m.listed {
		m.room = make([]bits.Term, 2*m.listed+32) // the old one is left to who uses it
	}
	return m.room[k:k:m.listed]
}

// evaluate evaluates the arguments behind those that are there already.
func (s *callSite) evaluate(fr *frame, args []bits.Term) ([]bits.Term, error) {
	if args == nil {
		args = fr.m.list(len(s.args))
	}
	for i := len(args); i < len(s.args); i++ {
		v, err := s.args[i].term(fr)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	return args, nil
}

// call1 runs the function of a new frame. A struct result goes to place.
func (fr *frame) call1(words []uint64, place uint64) (uint64, bool) {
	m, c := fr.m, fr.code
	if fr.depth > m.opt.Budget.Depth {
		return m.fail(m.overBudget(fr, fmt.Sprintf("%d nested calls", fr.depth)))
	}
	for i, p := range c.params {
		if !p.inMemory {
			fr.slots[p.index].word, fr.slots[p.index].state = words[i], liveWord
		} else if err := fr.takeWord(p, words[i]); err != nil {
			return m.fail(err)
		}
	}
	if err := fr.runBody(); err != nil {
		return m.fail(err)
	}
	switch {
	case c.isVoid:
		return 0, true
	case fr.ret.state == liveWord && place == 0:
		return fr.ret.word, true
	case fr.ret.state == liveWord && m.copyWord(place, fr.ret.word, uint64(c.result.Size())):
		return place, true
	}
	return m.give(fr.takeResult(place))
}

// takeWord gives a parameter in memory its value, for a struct its address.
func (fr *frame) takeWord(p *local, v uint64) error {
	m := fr.m
	if p.isRecord && m.watcher == nil && m.attempt == nil {
		if w, ok := m.Mem.Word(v, int(p.size)); ok {
			fr.slots[p.index].word, fr.slots[p.index].state = w, liveWord // see spill
			return nil
		}
	}
	o, err := fr.localPlace(p)
	if err != nil {
		return err
	}
	switch {
	case m.watcher != nil || m.attempt != nil || p.isRecord:
	case p.bits == 1 || p.bits == 8*int(p.size):
		if m.Mem.SetWordOf(o, 0, int(p.size), v) {
			return nil
		}
	}
	return fr.takeArg(p, bits.Word(p.bits, v))
}
