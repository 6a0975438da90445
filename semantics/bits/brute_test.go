package bits

import (
	"math/big"
	"testing"
)

// brute evaluates terms with plain numbers and nothing of a Builder, by what
// SMT-LIB says of each operator.
type brute struct {
	at map[Term]uint64 // of variables, and of what was evaluated
}

// value returns the value of a term of at most 63 bits.
func (e *brute) value(t Term) uint64 {
	if v, ok := t.Uint64(); ok {
		return v
	}
	if v, ok := e.at[t]; ok {
		return v
	}
	var args []uint64
	for _, a := range t.Args() {
		args = append(args, e.value(a))
	}
	v := e.apply(t, args) & (1<<t.Width() - 1)
	e.at[t] = v
	return v
}

// apply computes an operator; bits above the width of t do not matter.
func (e *brute) apply(t Term, args []uint64) uint64 {
	of := t.Args()[0].Width()
	switch t.Op() {
	case OpNot:
		return ^args[0]
	case OpConcat:
		return args[0]<<t.Args()[1].Width() | args[1]
	case OpExtract:
		return args[0] >> t.Low()
	case OpZExt:
		return args[0]
	case OpSExt:
		return args[0] | -(args[0]>>(of-1))<<of
	case OpIte:
		if args[0] == 1 {
			return args[1]
		}
		return args[2]
	}
	x, y := new(big.Int).SetUint64(args[0]), new(big.Int).SetUint64(args[1])
	return reference(t.Op(), of, x, y).Uint64()
}

// checkBrute builds a term of two variables of few bits and compares it with
// what the same steps give for numbers, for all numbers there are.
func checkBrute(t *testing.T, code []byte, w int) {
	t.Helper()
	b := NewBuilder()
	x, y := b.Var("x", w), b.Var("y", w)
	term := program(b, code, []Term{x, y})
	for v := range uint64(1) << (2 * w) {
		cx, cy := Const(w, v>>w), Const(w, v)
		at := map[Term]uint64{x: v >> w, y: v & (1<<w - 1)}
		got := (&brute{at: at}).value(term)
		if want := program(NewBuilder(), code, []Term{cx, cy}); Const(w, got) != want {
			t.Fatalf("width %d, x=%v, y=%v: %v is %#x, want %v", w, cx, cy, term, got, want)
		}
	}
}

// FuzzBrute evaluates terms of at most 4 bits for all values of their
// variables.
func FuzzBrute(f *testing.F) {
	f.Add([]byte{3, 1, 20, 9, 21, 3, 24, 0, 5, 5}, uint8(3))
	f.Add([]byte{19, 1, 19, 7, 21, 90, 13, 2, 22, 4, 10, 0}, uint8(1))
	f.Add([]byte{24, 0, 20, 200, 9, 2, 23, 5, 11, 7}, uint8(2))
	f.Fuzz(func(t *testing.T, code []byte, w uint8) {
		if len(code) <= 64 {
			checkBrute(t, code, 1+int(w)%4)
		}
	})
}
