package solve

import (
	"fmt"
	"math/rand"
	"testing"

	"ptreview/semantics/bits"
)

// binary are the operators of two operands.
var binary = []func(*bits.Builder, bits.Term, bits.Term) bits.Term{
	(*bits.Builder).And, (*bits.Builder).Or, (*bits.Builder).Xor, (*bits.Builder).Add,
	(*bits.Builder).Sub, (*bits.Builder).Mul, (*bits.Builder).UDiv, (*bits.Builder).SDiv,
	(*bits.Builder).URem, (*bits.Builder).SRem, (*bits.Builder).Shl, (*bits.Builder).LShr,
	(*bits.Builder).AShr, (*bits.Builder).Eq, (*bits.Builder).Ult, (*bits.Builder).Ule,
	(*bits.Builder).Slt, (*bits.Builder).Sle,
}

// random builds a term over leaves, which have one width, from code.
func random(b *bits.Builder, code []byte, leaves []bits.Term) bits.Term {
	w := leaves[0].Width()
	stack := append([]bits.Term(nil), leaves...)
	at := func(n byte) bits.Term { return stack[int(n)%len(stack)] }
	for i := 0; i+3 < len(code); i += 4 {
		x, y, arg := at(code[i+1]), at(code[i+2]), int(code[i+3])
		var t bits.Term
		switch n := int(code[i]) % (len(binary) + 5); {
		case n < len(binary):
			t = b.Resize(binary[n](b, x, y), w, arg%2 == 0)
		case n == len(binary):
			t = b.Not(x)
		case n == len(binary)+1:
			t = b.Ite(b.Extract(x, arg%w, arg%w), y, at(code[i+3]))
		case n == len(binary)+2:
			t = b.Resize(b.Extract(x, w-1, arg%w), w, arg%3 == 0)
		case n == len(binary)+3:
			k := arg % min(w, bits.MaxWidth-w)
			t = b.Concat(b.Extract(x, k, 0), y)
			t = b.Extract(t, w+k, k+1)
		default:
			t = bits.Const(w, uint64(arg))
		}
		stack = append(stack, t)
	}
	return stack[len(stack)-1]
}

func randomCode(r *rand.Rand, n int) []byte {
	code := make([]byte, 4*n)
	r.Read(code)
	return code
}

// TestBruteForce compares answers and models with trying all values.
func TestBruteForce(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for n := range 4000 {
		w := 1 + n%4
		b := bits.NewBuilder()
		x, y := b.Var("x", w), b.Var("y", w)
		term := random(b, randomCode(r, 1+n%12), []bits.Term{x, y})
		want := bits.Const(w, uint64(r.Intn(1<<w)))
		checkBruteForce(t, b, term, want, x, y)
	}
}

func checkBruteForce(t *testing.T, b *bits.Builder, term, want, x, y bits.Term) {
	t.Helper()
	w := x.Width()
	possible := false
	for i := range uint64(1) << (2 * w) {
		a := bits.Assignment{x: bits.Const(w, i), y: bits.Const(w, i>>w)}
		possible = possible || b.Eval(term, a) == want
	}
	s := New()
	s.Assert(b.Eq(term, want))
	got := s.Check()
	if (got == Possible) != possible || got == GaveUp {
		t.Fatalf("width %d: %v = %v is %v, but trying all says %v", w, term, want, got, possible)
	}
	if got == Possible {
		if v := b.Eval(b.Eval(term, s.Model()), bits.Assignment{x: bits.Const(w, 0), y: bits.Const(w, 0)}); v != want {
			t.Fatalf("width %d: the model %v gives %v, not %v: %v", w, s.Model(), v, want, term)
		}
	}
}

// TestPoints gives variables one value each and compares the circuit's outcome
// with that of bits, at every width.
func TestPoints(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for n := range 300 {
		checkPoint(t, randomCode(r, 1+n%6), 1+r.Intn(bits.MaxWidth-1), r.Uint64(), r.Uint64()>>uint(r.Intn(64)))
	}
}

func checkPoint(t *testing.T, code []byte, w int, p, q uint64) {
	t.Helper()
	b := bits.NewBuilder()
	x, y := b.Var("x", w), b.Var("y", w)
	w = x.Width()
	term := random(b, code, []bits.Term{x, y})
	cx, cy := bits.Const128(w, p^q, p), bits.Const128(w, 0, q)
	want := b.Eval(term, bits.Assignment{x: cx, y: cy})
	s := New()
	at := []bits.Term{b.Eq(x, cx), b.Eq(y, cy)}
	if a := s.Check(append(at, b.Ne(term, want))...); a != Impossible {
		t.Errorf("width %d, x=%v, y=%v: %v may differ from %v: %v", w, cx, cy, term, want, a)
	}
	if a := s.Check(append(at, b.Eq(term, want))...); a != Possible {
		t.Errorf("width %d, x=%v, y=%v: %v is not %v: %v", w, cx, cy, term, want, a)
	}
}

func FuzzPoints(f *testing.F) {
	f.Add([]byte{6, 0, 1, 3, 13, 2, 0, 1}, uint8(64), uint64(7), uint64(0))
	f.Fuzz(func(t *testing.T, code []byte, w uint8, p, q uint64) {
		if len(code) <= 48 {
			checkPoint(t, code, 1+int(w)%(bits.MaxWidth-1), p, q)
		}
	})
}

// TestLaws proves what holds for all values of 64 bits.
func TestLaws(t *testing.T) {
	b := bits.NewBuilder()
	x, y := b.Var("x", 64), b.Var("y", 64)
	k := func(v uint64) bits.Term { return bits.Const(64, v) }
	for _, law := range []struct {
		name string
		t    bits.Term
		want bool
	}{
		{"set and clear", b.Eq(b.And(b.Or(x, k(0x80)), b.Not(k(0x80))), b.And(x, b.Not(k(0x80)))), true},
		{"shift there and back", b.Eq(b.LShr(b.Shl(x, k(12)), k(12)), b.And(x, k(1<<52-1))), true},
		{"x + y − y", b.Eq(b.Sub(b.Add(x, y), b.Add(y, k(0))), x), true},
		{"order of addition", b.Eq(b.Add(b.Add(x, y), k(5)), b.Add(y, b.Add(k(5), x))), true},
		{"less or not", b.Or(b.Ult(x, y), b.Ule(y, x)), true},
		{"a sum is not less", b.Ule(x, b.Add(x, y)), false},
		{"division by a power of two", b.Eq(b.UDiv(x, k(4096)), b.LShr(x, k(12))), true},
		{"all entries are the same", b.Eq(x, y), false},
	} {
		if holds, known := New().Proves(b, law.t); holds != law.want || !known {
			t.Errorf("%s: holds %v, known %v", law.name, holds, known)
		}
	}
}

func TestGivesUp(t *testing.T) {
	b := bits.NewBuilder()
	x, y := b.Var("x", 64), b.Var("y", 64)
	s := New()
	s.Conflicts = 50
	one := bits.Const(64, 1)
	hard := []bits.Term{
		b.Eq(b.Mul(x, y), bits.Const(64, 0xf0a1c3e5d7b98843)),
		b.Ult(one, x), b.Ult(one, y), b.Ult(x, bits.Const(64, 1<<32)), b.Ult(y, bits.Const(64, 1<<32)),
	}
	if a := s.Check(hard...); a != GaveUp {
		t.Errorf("factors of a large number with 50 conflicts: %v", a)
	}
	s = New()
	s.Gates = 1000
	if a := s.Check(hard...); a != GaveUp {
		t.Errorf("a multiplication with 1000 gates: %v", a)
	}
	if a := s.Check(b.Eq(x, y)); a != GaveUp {
		t.Errorf("after the circuit grew too large: %v", a)
	}
}

// TestAssumptions asks one solver several questions.
func TestAssumptions(t *testing.T) {
	b := bits.NewBuilder()
	x := b.Var("x", 8)
	s := New()
	s.Assert(b.Ult(x, bits.Const(8, 10)))
	for v := range uint64(20) {
		want := Impossible
		if v < 10 {
			want = Possible
		}
		if a := s.Check(b.Eq(x, bits.Const(8, v))); a != want {
			t.Errorf("x < 10 and x = %d: %v", v, a)
		}
	}
	y := b.Var("y", 8)
	s.Prefer(y, bits.Const(8, 7))
	if a := s.Check(); a != Possible || s.Model()[y] != bits.Const(8, 7) {
		t.Errorf("a model near 7: %v, %v", a, s.Model())
	}
}

func BenchmarkLaw(bm *testing.B) {
	for bm.Loop() {
		b := bits.NewBuilder()
		x := b.Var("x", 64)
		pfn := b.LShr(x, bits.Const(64, 12))
		law := b.Eq(b.LShr(b.Or(b.Shl(pfn, bits.Const(64, 12)), b.And(x, bits.Const(64, 0xfff))), bits.Const(64, 12)), pfn)
		if holds, _ := New().Proves(b, b.And(law, b.Ule(b.Add(x, bits.Const(64, 1)), b.Or(x, b.Add(x, bits.Const(64, 1)))))); !holds {
			bm.Fatal(fmt.Sprint(law))
		}
	}
}
