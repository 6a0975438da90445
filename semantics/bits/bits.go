// Package bits holds the values of the executor: immutable bit vectors of 1
// to 128 bits.
//
// A constant is a plain value and costs no allocation; anything else is a node
// of a Builder, hash-consed, so that two equal terms of one Builder are equal
// under ==. Operations follow SMT-LIB's theory of fixed-width bit vectors, also
// where C leaves a result undefined (division by zero, shifting too far): the
// executor asks before it gets there.
//
// Terms are only folded and lightly simplified here. Deciding whether a term
// can be true is a solver's work; Term.Op and Term.Args are what it needs.
package bits

import (
	"fmt"
	"strconv"
)

// MaxWidth is the widest term.
const MaxWidth = 128

// Term is a bit vector. The zero Term has no width and stands for no value;
// terms of one Builder are equal exactly if they compare equal.
type Term struct {
	val   u128 // of a constant, high bits clear
	n     *node
	width uint8
}

// node is the shared part of a term that is not a constant.
type node struct {
	key
	id      uint32
	tainted bool   // an Unknown is below
	name    string // of a variable
	reason  string // of an Unknown
}

// key makes equal terms one node. aux is the low bit of an Extract and the
// serial number of a variable.
type key struct {
	op      Op
	width   uint8
	aux     uint32
	a, b, c Term
}

// Op is the operator of a term.
type Op uint8

// The operators. A Const has no operands, a Var is free; comparisons have
// width 1.
const (
	OpConst Op = iota
	OpVar
	OpNot
	OpAnd
	OpOr
	OpXor
	OpAdd
	OpSub
	OpMul
	OpUDiv
	OpSDiv
	OpURem
	OpSRem
	OpShl
	OpLShr
	OpAShr
	OpConcat
	OpExtract
	OpZExt
	OpSExt
	OpIte
	OpEq
	OpUlt
	OpUle
	OpSlt
	OpSle
)

// opNames spells the operators as SMT-LIB does.
var opNames = [...]string{
	OpConst: "const", OpVar: "var", OpNot: "bvnot", OpAnd: "bvand", OpOr: "bvor",
	OpXor: "bvxor", OpAdd: "bvadd", OpSub: "bvsub", OpMul: "bvmul", OpUDiv: "bvudiv",
	OpSDiv: "bvsdiv", OpURem: "bvurem", OpSRem: "bvsrem", OpShl: "bvshl", OpLShr: "bvlshr",
	OpAShr: "bvashr", OpConcat: "concat", OpExtract: "extract", OpZExt: "zero_extend",
	OpSExt: "sign_extend", OpIte: "ite", OpEq: "=", OpUlt: "bvult", OpUle: "bvule",
	OpSlt: "bvslt", OpSle: "bvsle",
}

// String returns the operator's SMT-LIB name.
func (op Op) String() string { return opNames[op] }

// Const returns the constant v truncated to width bits.
func Const(width int, v uint64) Term { return Const128(width, 0, v) }

// Word returns the constant v of width bits, at most 64, which v must fit; the
// width 0 gives the zero Term.
func Word(width int, v uint64) Term { return Term{val: u128{0, v}, width: uint8(width)} }

// ConstInt returns v, sign-extended or truncated to width bits.
func ConstInt(width int, v int64) Term { return Const128(width, uint64(v>>63), uint64(v)) }

// Const128 returns the constant hi·2⁶⁴+lo truncated to width bits.
func Const128(width int, hi, lo uint64) Term {
	checkWidth(width)
	return Term{val: u128{hi, lo}.trunc(width), width: uint8(width)}
}

// Bool returns a term of width 1.
func Bool(v bool) Term {
	if v {
		return Term{val: u128{0, 1}, width: 1}
	}
	return Term{width: 1}
}

func checkWidth(width int) {
	if width < 1 || width > MaxWidth {
		panic("bits: width " + strconv.Itoa(width) + " out of range")
	}
}

// Width returns the number of bits, 0 for the zero Term.
func (t Term) Width() int { return int(t.width) }

// IsValid reports whether t is a value at all.
func (t Term) IsValid() bool { return t.width != 0 }

// IsConst reports whether t is a constant.
func (t Term) IsConst() bool { return t.n == nil && t.width != 0 }

// Uint64 returns the low 64 bits of a constant, zero-extended; ok is false for
// any other term.
func (t Term) Uint64() (v uint64, ok bool) { return t.val.lo, t.IsConst() }

// Uint128 returns a constant's value; ok is false for any other term.
func (t Term) Uint128() (hi, lo uint64, ok bool) { return t.val.hi, t.val.lo, t.IsConst() }

// Int64 returns the low 64 bits of a constant read as two's complement of its
// width; ok is false for any other term.
func (t Term) Int64() (v int64, ok bool) {
	return int64(t.val.sext(int(t.width)).lo), t.IsConst()
}

// IsZero reports whether t is the constant 0.
func (t Term) IsZero() bool { return t.IsConst() && t.val == u128{} }

// IsTrue reports whether t is the constant 1 of width 1.
func (t Term) IsTrue() bool { return t.width == 1 && t.n == nil && t.val.lo == 1 }

// IsFalse reports whether t is the constant 0 of width 1.
func (t Term) IsFalse() bool { return t.width == 1 && t.n == nil && t.val.lo == 0 }

// isOnes reports whether t is the constant with every bit set.
func (t Term) isOnes() bool { return t.IsConst() && t.val == ones(int(t.width)) }

// Tainted reports whether t depends on an Unknown.
func (t Term) Tainted() bool { return t.n != nil && t.n.tainted }

// Op returns the operator of t.
func (t Term) Op() Op {
	if t.n == nil {
		return OpConst
	}
	return t.n.op
}

// Args returns the operands of t in order; none for constants and variables.
func (t Term) Args() []Term {
	if t.n == nil {
		return nil
	}
	all := [3]Term{t.n.a, t.n.b, t.n.c}
	return all[:arity(t.n.op)]
}

// Low returns the lowest bit an Extract takes.
func (t Term) Low() int {
	if t.Op() != OpExtract {
		panic("bits: Low of " + t.Op().String())
	}
	return int(t.n.aux)
}

// Name returns the name of a variable, "" for any other term.
func (t Term) Name() string {
	if t.n == nil {
		return ""
	}
	return t.n.name
}

// Reason says why a variable's value is not known; "" for other terms and for
// variables that are inputs.
func (t Term) Reason() string {
	if t.n == nil {
		return ""
	}
	return t.n.reason
}

func arity(op Op) int {
	switch op {
	case OpConst, OpVar:
		return 0
	case OpNot, OpExtract, OpZExt, OpSExt:
		return 1
	case OpIte:
		return 3
	}
	return 2
}

// String renders t in SMT-LIB's notation; constants are hexadecimal. Deep
// terms are cut off with "…".
func (t Term) String() string { return t.render(6) }

func (t Term) render(depth int) string {
	switch {
	case t.width == 0:
		return "no value"
	case t.IsConst():
		return t.val.hex()
	case t.Op() == OpVar:
		return t.n.name
	case depth == 0:
		return "…"
	}
	s := "(" + t.Op().String()
	switch t.Op() {
	case OpExtract:
		s = fmt.Sprintf("((_ extract %d %d)", t.Low()+t.Width()-1, t.Low())
	case OpZExt, OpSExt:
		s = fmt.Sprintf("((_ %s %d)", t.Op(), t.Width()-t.n.a.Width())
	}
	for _, a := range t.Args() {
		s += " " + a.render(depth-1)
	}
	return s + ")"
}

// Key is a text that no other term of the same Builder has.
func (t Term) Key() string {
	if t.n == nil {
		return fmt.Sprintf("%s:%d", t.String(), t.width)
	}
	return fmt.Sprintf("#%d", t.n.id)
}
