package exec

import "ptreview/semantics/bits"

// Nearly all values of a run are constants of at most 64 bits. Such a value is
// a word here: a plain number, whose width its expression knows. Every
// expression can be evaluated as a word; where its value is none, because it
// depends on an input, has 128 bits or has ended the run, it is put aside in
// the machine as a term or an error, and whoever asked takes it from there and
// goes on with terms. One that has to be a term can be asked for as one. So
// there is one set of rules for both, and a concrete run makes no terms.

// evalFn computes an expression. The value of an array, struct, union or
// function is its address; void has no value.
type evalFn func(fr *frame) (bits.Term, error)

// wordFn computes an expression as a word, with zeros above its width. Where
// ok is false, the machine has put aside what became of it.
type wordFn func(fr *frame) (v uint64, ok bool)

// expr is a compiled expression, which word and term evaluate.
type expr struct {
	word    wordFn
	general evalFn // of one that computes with terms
	width   int    // of one that computes with words

	is    bool // the value is always the same
	slot  int  // whose value it is, 0 for none
	fixed uint64
}

// term evaluates an expression as a term.
func (x *expr) term(fr *frame) (bits.Term, error) {
	if x.general != nil {
		return x.general(fr)
	}
	v, ok := x.word(fr)
	if !ok {
		return fr.m.take()
	}
	return bits.Word(x.width, v), nil
}

// leaf is word of an expression that is a slot with a word; ok is false for
// others, and nothing was evaluated then.
func (fr *frame) leaf(slot int) (uint64, bool) {
	s := &fr.slots[slot]
	return s.word, s.state == liveWord
}

// isNone reports whether there is no expression.
func (x expr) isNone() bool { return x.word == nil }

// general makes an expression of a function on terms.
func general(f evalFn) expr {
	return expr{general: f, word: func(fr *frame) (uint64, bool) { return fr.m.give(f(fr)) }}
}

// quick makes an expression of width bits, 0 for void, of a function on words.
func quick(width int, f wordFn) expr { return expr{word: f, width: width} }

// aside is what became of an expression that is no word.
type aside struct {
	term bits.Term
	err  error
}

// give makes a word of a value if it is one, and else puts it aside.
func (m *Machine) give(t bits.Term, err error) (uint64, bool) {
	if err == nil && t.Width() <= 64 {
		if v, ok := t.Uint64(); ok {
			return v, true
		}
	}
	m.aside = aside{t, err}
	return 0, false
}

// fail puts an error aside.
func (m *Machine) fail(err error) (uint64, bool) {
	m.aside = aside{err: err}
	return 0, false
}

// take returns what was put aside.
func (m *Machine) take() (bits.Term, error) { return m.aside.term, m.aside.err }

// then goes on with a value put aside: f computes with it as a term.
func (m *Machine) then(f func(bits.Term) (bits.Term, error)) (uint64, bool) {
	if m.aside.err != nil {
		return 0, false
	}
	return m.give(f(m.aside.term))
}

// mask has the low bits of a word of a width from 1 to 64 set.
func mask(width int) uint64 { return ^uint64(0) >> (64 - width) }

// signed reads a word of a width as two's complement.
func signed(v uint64, width int) int64 {
	k := 64 - width
	return int64(v<<k) >> k
}

// truth makes a word of width 1.
func truth(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}
