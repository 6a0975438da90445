package bits

import (
	"fmt"
	"math/big"
	"testing"
)

// reference computes op over width w with math/big, following SMT-LIB.
func reference(op Op, w int, x, y *big.Int) *big.Int {
	mod := new(big.Int).Lsh(big.NewInt(1), uint(w))
	signed := func(v *big.Int) *big.Int {
		if v.Bit(w-1) == 1 {
			return new(big.Int).Sub(v, mod)
		}
		return v
	}
	truth := func(v bool) *big.Int {
		if v {
			return big.NewInt(1)
		}
		return new(big.Int)
	}
	r := new(big.Int)
	switch op {
	case OpAnd:
		r.And(x, y)
	case OpOr:
		r.Or(x, y)
	case OpXor:
		r.Xor(x, y)
	case OpAdd:
		r.Add(x, y)
	case OpSub:
		r.Sub(x, y)
	case OpMul:
		r.Mul(x, y)
	case OpUDiv, OpURem, OpSDiv, OpSRem:
		return referenceDivision(op, mod, x, y, signed)
	case OpShl, OpLShr, OpAShr:
		n := uint(w)
		if y.Cmp(big.NewInt(int64(w))) < 0 {
			n = uint(y.Int64())
		}
		switch op {
		case OpShl:
			r.Lsh(x, n)
		case OpLShr:
			r.Rsh(x, n)
		default:
			r.Rsh(signed(x), n)
		}
	case OpEq:
		return truth(x.Cmp(y) == 0)
	case OpUlt:
		return truth(x.Cmp(y) < 0)
	case OpUle:
		return truth(x.Cmp(y) <= 0)
	case OpSlt:
		return truth(signed(x).Cmp(signed(y)) < 0)
	case OpSle:
		return truth(signed(x).Cmp(signed(y)) <= 0)
	}
	return r.Mod(r, mod)
}

func referenceDivision(op Op, mod, x, y *big.Int, signed func(*big.Int) *big.Int) *big.Int {
	if op == OpSDiv || op == OpSRem {
		x, y = signed(x), signed(y)
	}
	r := new(big.Int)
	switch {
	case y.Sign() == 0 && (op == OpURem || op == OpSRem):
		r.Set(x)
	case y.Sign() == 0 && op == OpSDiv && x.Sign() < 0:
		r.SetInt64(1)
	case y.Sign() == 0:
		r.SetInt64(-1)
	case op == OpUDiv || op == OpSDiv:
		r.Quo(x, y)
	default:
		r.Rem(x, y)
	}
	return r.Mod(r, mod)
}

func toBig(t Term) *big.Int {
	hi, lo, ok := t.Uint128()
	if !ok {
		panic("not constant: " + t.String())
	}
	v := new(big.Int).SetUint64(hi)
	return v.Lsh(v, 64).Or(v, new(big.Int).SetUint64(lo))
}

var binaryOps = []Op{OpAnd, OpOr, OpXor, OpAdd, OpSub, OpMul, OpUDiv, OpSDiv, OpURem,
	OpSRem, OpShl, OpLShr, OpAShr, OpEq, OpUlt, OpUle, OpSlt, OpSle}

func checkBinary(t *testing.T, op Op, x, y Term) {
	t.Helper()
	got := toBig(NewBuilder().op2(op, x, y))
	want := reference(op, x.Width(), toBig(x), toBig(y))
	if got.Cmp(want) != 0 {
		t.Errorf("(%v %v %v) of width %d: got %x, want %x", op, x, y, x.Width(), got, want)
	}
}

func TestFoldSmallWidths(t *testing.T) {
	for w := 1; w <= 5; w++ {
		for x := uint64(0); x < 1<<w; x++ {
			for y := uint64(0); y < 1<<w; y++ {
				for _, op := range binaryOps {
					checkBinary(t, op, Const(w, x), Const(w, y))
				}
			}
		}
	}
}

func TestFoldWide(t *testing.T) {
	values := []uint64{0, 1, 2, 63, 64, 65, 127, 128, 1 << 31, 1<<32 - 1, 1 << 63, ^uint64(0)}
	for _, w := range []int{33, 63, 64, 65, 96, 127, 128} {
		for _, a := range values {
			for _, b := range values {
				for _, op := range binaryOps {
					checkBinary(t, op, Const128(w, a, b), Const128(w, b, a))
					checkBinary(t, op, Const128(w, a, b), Const128(w, 0, b))
				}
			}
		}
	}
}

func FuzzFold(f *testing.F) {
	f.Add(uint8(5), uint8(64), uint64(1), uint64(2), uint64(3), uint64(4))
	f.Add(uint8(7), uint8(128), ^uint64(0), uint64(2), uint64(1), uint64(0))
	f.Fuzz(func(t *testing.T, op, w uint8, a, b, c, d uint64) {
		width := int(w)%MaxWidth + 1
		checkBinary(t, binaryOps[int(op)%len(binaryOps)],
			Const128(width, a, b), Const128(width, c, d))
	})
}

// program builds a term from bytes over the given leaves, so that the same
// bytes over variables and over their values must agree.
func program(b *Builder, code []byte, leaves []Term) Term {
	stack := append([]Term(nil), leaves...)
	w := leaves[0].Width()
	pop := func() Term {
		if len(stack) == 0 {
			return leaves[0]
		}
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		return t
	}
	for i := 0; i+1 < len(code); i += 2 {
		arg := int(code[i+1])
		x := pop()
		switch n := int(code[i]) % (len(binaryOps) + 8); {
		case n < len(binaryOps):
			x = b.Resize(b.op2(binaryOps[n], x, pop()), w, arg%2 == 0)
		case n == len(binaryOps):
			x = b.Not(x)
		case n == len(binaryOps)+1:
			x = b.Ite(b.Extract(x, arg%w, arg%w), pop(), pop())
		case n == len(binaryOps)+2:
			low := arg % w
			high := low + (w-low)*arg/256
			x = b.Resize(b.Extract(x, high, low), w, arg%2 == 0)
		case n == len(binaryOps)+3:
			k := 1 + arg%w
			x = b.Extract(b.Concat(b.Extract(x, k-1, 0), pop()), w+k-1, k)
		case n == len(binaryOps)+4:
			x = Const(w, uint64(arg))
		case n == len(binaryOps)+5:
			x = leaves[arg%len(leaves)]
		case n == len(binaryOps)+6:
			k := arg % w
			x = b.Concat(b.Extract(x, w-1, k), b.Extract(x, k, 0))
			x = b.Extract(x, w-1, 0)
		default:
			stack = append(stack, x)
		}
		stack = append(stack, x)
	}
	return pop()
}

// checkProgram compares folding before and after substitution, and the
// simplified term with a bare one that only knows constants.
func checkProgram(t *testing.T, code []byte, w int, x, y uint64) {
	t.Helper()
	b := NewBuilder()
	vx, vy := b.Var("x", w), b.Var("y", w)
	cx, cy := Const(w, x), Const(w, y)
	symbolic := program(b, code, []Term{vx, vy})
	want := program(b, code, []Term{cx, cy})
	if got := b.Eval(symbolic, Assignment{vx: cx, vy: cy}); got != want {
		t.Errorf("width %d, x=%v, y=%v: %v evaluates to %v, want %v", w, cx, cy, symbolic, got, want)
	}
}

func FuzzSimplify(f *testing.F) {
	f.Add([]byte{3, 1, 20, 9, 21, 3, 24, 0, 5, 5}, uint8(8), uint64(3), uint64(200))
	f.Add([]byte{19, 1, 19, 7, 21, 90, 13, 2, 22, 4, 10, 0}, uint8(4), uint64(3), uint64(9))
	f.Fuzz(func(t *testing.T, code []byte, w uint8, x, y uint64) {
		if len(code) > 64 {
			return
		}
		checkProgram(t, code, int(w)%64+1, x, y)
	})
}

// TestSimplifyBrute runs pseudo-random programs at width 3 over all inputs.
func TestSimplifyBrute(t *testing.T) {
	seed := uint64(1)
	for range 3000 {
		code := make([]byte, 24)
		for i := range code {
			seed = seed*6364136223846793005 + 1442695040888963407
			code[i] = byte(seed >> 56)
		}
		for x := uint64(0); x < 8; x++ {
			for y := uint64(0); y < 8; y++ {
				checkProgram(t, code, 3, x, y)
			}
		}
	}
}

func TestSimplify(t *testing.T) {
	b := NewBuilder()
	x, y := b.Var("x", 64), b.Var("y", 64)
	c := func(v uint64) Term { return Const(64, v) }
	low := b.Extract(x, 7, 0)
	tests := []struct{ got, want Term }{
		{b.Add(x, c(0)), x},
		{b.Sub(x, x), c(0)},
		{b.Sub(b.Add(x, y), x), y},
		{b.And(x, c(0)), c(0)},
		{b.Or(b.Or(x, c(1)), c(2)), b.Or(x, c(3))},
		{b.Add(y, x), b.Add(x, y)},
		{b.Not(b.Not(x)), x},
		{b.Concat(b.Extract(x, 15, 8), low), b.Extract(x, 15, 0)},
		{b.Concat(b.Extract(x, 63, 8), low), x},
		{b.Extract(b.ZExt(low, 64), 63, 8), Const(56, 0)},
		{b.Ne(b.ZExt(b.Eq(x, y), 32), Const(32, 0)), b.Eq(x, y)},
		{b.Eq(b.Ite(b.Eq(x, y), c(1), c(0)), c(0)), b.Ne(x, y)},
		{b.LShr(b.Shl(x, c(8)), c(8)), b.ZExt(b.Extract(x, 55, 0), 64)},
		{b.Extract(b.Or(x, c(1)), 0, 0), Bool(true)},
		{b.Ult(x, c(0)), Bool(false)},
		{b.And(b.Eq(x, y), b.Ne(x, y)), Bool(false)},
	}
	for i, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%d: got %v, want %v", i, tt.got, tt.want)
		}
	}
}

// TestBytes splits a term as a store does and joins it as a load does.
func TestBytes(t *testing.T) {
	b := NewBuilder()
	x := b.Var("x", 128)
	var joined Term
	for i := range 16 {
		piece := b.Extract(x, 8*i+7, 8*i)
		if i == 0 {
			joined = piece
		} else {
			joined = b.Concat(piece, joined)
		}
	}
	if joined != x {
		t.Errorf("got %v, want x", joined)
	}
}

func TestReasons(t *testing.T) {
	b := NewBuilder()
	u1, u2 := b.Unknown("asm at a.c:3", 32), b.Unknown("extern jiffies", 32)
	sum := b.Add(b.Mul(u2, u1), b.Add(u1, b.Var("addr", 32)))
	if got, want := fmt.Sprint(Reasons(sum)), "[asm at a.c:3 extern jiffies]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if Reasons(b.Var("addr", 32)) != nil || b.Var("addr", 32).Tainted() {
		t.Error("an input counts as unknown")
	}
	if u1 == b.Unknown("asm at a.c:3", 32) {
		t.Error("two unknowns are one")
	}
}

func ExampleBuilder() {
	b := NewBuilder()
	pte := b.Var("pte", 64)
	present := b.Ne(b.And(pte, Const(64, 1)), Const(64, 0))
	fmt.Println(present)
	fmt.Println(b.Eval(present, Assignment{pte: Const(64, 0x8000000000000025)}).IsTrue())
	fmt.Println(b.Add(Const(8, 250), Const(8, 10)))
	// Output:
	// (bvnot (= (bvand pte 0x1) 0x0))
	// true
	// 0x4
}

func BenchmarkAddConst(bm *testing.B) {
	b := NewBuilder()
	x := Const(64, 1)
	for bm.Loop() {
		x = b.Add(x, Const(64, 3))
	}
}
