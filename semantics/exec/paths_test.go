package exec_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
)

// symbolic runs f(p, q) on all paths that inputs can take, at most limit, with
// p a number of 64 bits and q one of 8. end is called after each.
func symbolic(paths *exec.Paths, p *exec.Program, f string, limit int, end func(*exec.Machine, *exec.Result) error) (complete bool, err error) {
	x, y := paths.Bits.Var("p", 64), paths.Bits.Var("q", 8)
	return paths.Explore(limit, func(d *exec.Decisions) error {
		m := exec.New(p, exec.Options{Decisions: d})
		r, err := m.Call(context.Background(), f, x, y)
		if err != nil {
			return err
		}
		return end(m, r)
	})
}

// symbolicFunctions writes functions of two inputs, with tables looked up and
// written by some of their bits.
func symbolicFunctions(seed uint64, n int) string {
	g := &generator{rand: rand.New(rand.NewPCG(seed, 1))}
	g.out.WriteString(randomTypes)
	for i := range n {
		fmt.Fprintf(&g.out, "static unsigned long long table_%d[16] = { 1, 2, [7] = %#x, [12] = 5 };\n", i, g.rand.Uint64())
		fmt.Fprintf(&g.out, "unsigned long long test_%d(unsigned long long p, unsigned char q) {\n", i)
		fmt.Fprintf(&g.out, " struct mixed s = { 0 }; union punned u = { .w = p }; int v0 = q; unsigned short v1 = %s;\n", g.number())
		g.vars = append(append([]string(nil), lvalues...), "p", "q", "v0", "v1", "p", "q")
		for range 3 {
			g.statement()
		}
		fmt.Fprintf(&g.out, " table_%d[p & 15] ^= %s;\n", i, g.expr(1))
		g.statement()
		fmt.Fprintf(&g.out, " return table_%d[q >> 4] + u.w * 3 + v0 + s.a + s.g + v1 * 5 + s.c;\n}\n", i)
	}
	return g.out.String()
}

// TestPathsAreRuns runs random functions with free inputs, and with values for
// them. Exactly one path must be taken by each, with the same result.
func TestPathsAreRuns(t *testing.T) {
	const functions = 60
	src := symbolicFunctions(7, functions)
	for _, target := range []string{"x86_64", "s390x", "ppc32"} {
		t.Run(target, func(t *testing.T) {
			p := program(t, target, src)
			compared := 0
			for n := range functions {
				compared += checkPaths(t, p, fmt.Sprintf("test_%d", n), uint64(n))
			}
			t.Logf("%d inputs compared", compared)
			if compared < functions*4 {
				t.Errorf("only %d inputs compared", compared)
			}
		})
	}
}

// path is one that was explored: when it is taken, and what it returns.
type path struct{ when, returns bits.Term }

func checkPaths(t *testing.T, p *exec.Program, f string, seed uint64) (compared int) {
	t.Helper()
	paths := exec.NewPaths()
	paths.Solver.Conflicts = 2000
	b := paths.Bits
	var list []path
	complete, err := symbolic(paths, p, f, 64, func(m *exec.Machine, r *exec.Result) error {
		when := bits.Bool(true)
		for _, c := range m.Holds() {
			when = b.And(when, c)
		}
		list = append(list, path{when, r.Return})
		return nil
	})
	if err != nil {
		t.Errorf("%s: %v", f, err)
		return 0
	}
	if !complete {
		return 0
	}
	r := rand.New(rand.NewPCG(seed, 2))
	for range 8 {
		x, y := bits.Const(64, r.Uint64()>>r.IntN(64)), bits.Const(8, r.Uint64())
		want, err := exec.New(p, exec.Options{}).Call(context.Background(), f, x, y)
		if err != nil {
			t.Fatal(err)
		}
		at := bits.Assignment{b.Var("p", 64): x, b.Var("q", 8): y}
		taken := 0
		for _, path := range list {
			if !b.Eval(path.when, at).IsTrue() {
				continue
			}
			taken++
			if got := b.Eval(path.returns, at); got != want.Return {
				t.Errorf("%s(%v, %v) is %v, but %v on its path", f, x, y, want.Return, got)
			}
		}
		if taken != 1 {
			t.Errorf("%s(%v, %v): %d paths of %d are taken", f, x, y, taken, len(list))
		}
		compared++
	}
	return compared
}

// outcomesOf lists how f ends on each path, with a model of each.
func outcomesOf(t *testing.T, src string, assume func(m *exec.Machine, p, q bits.Term) bits.Term) string {
	t.Helper()
	p := program(t, "x86_64", prelude+src)
	paths := exec.NewPaths()
	x, y := paths.Bits.Var("p", 64), paths.Bits.Var("q", 8)
	var list []string
	complete, err := paths.Explore(50, func(d *exec.Decisions) error {
		m := exec.New(p, exec.Options{Decisions: d})
		if assume != nil {
			if err := m.Assume(assume(m, x, y)); err != nil {
				return err
			}
		}
		r, err := m.Call(context.Background(), "f", x, y)
		if r == nil || err != nil && !errors.As(err, new(*exec.Unsupported)) {
			return err
		}
		if r.Trap != nil {
			list = append(list, fmt.Sprintf("trap %v", r.Trap.Kind))
			return nil
		}
		list = append(list, outcome(r, err))
		return nil
	})
	if err != nil || !complete {
		t.Errorf("%s: complete: %v, %v", src, complete, err)
	}
	return strings.Join(list, " | ")
}

func TestPossiblePaths(t *testing.T) {
	small := func(m *exec.Machine, p, q bits.Term) bits.Term { return m.Bits.Ult(q, bits.Const(8, 4)) }
	tests := []struct {
		src    string
		assume func(*exec.Machine, bits.Term, bits.Term) bits.Term
		want   string
	}{
		{`int f(unsigned long p, unsigned char q) { if (p < 10) { if (p > 20) return 1; return 2; } return 3; }`, nil,
			"ret 0x3 | ret 0x2"},
		{`int f(unsigned long p, unsigned char q) { BUG_ON((p & 6) == 6 && !(p & 2)); return 0; }`, nil, "ret 0x0"},
		{`int f(unsigned long p, unsigned char q) { BUG_ON((p & 6) == 6 && p < 8); return 0; }`, nil, "ret 0x0 | trap BUG"},
		{`int f(unsigned long p, unsigned char q) { if (q < 4) return 1; return 2; }`, small, "ret 0x1"},
		{`static int t[4] = { 5, 5, 5, 5 }; int f(unsigned long p, unsigned char q) { return t[q] == 5; }`, small, "ret 0x1"},
		{`static int t[3] = { 5, 5, 5 }; int f(unsigned long p, unsigned char q) { return t[q] == 5; }`, small, "ret 0x1 | trap out of bounds"},
		{`static int t[4]; int f(unsigned long p, unsigned char q) { t[q] = 7; if (t[q] == 7) return 1; return 0; }`, small, "ret 0x1"},
		{`int f(unsigned long p, unsigned char q) { if (10 / q > 1) return 1; return 0; }`, small, "ret 0x1 | trap division by zero"},
		// A table that is first used by a helper which only computes.
		{`static int t[2] = { 5, 6 }; static int at(int i, unsigned char q) { return t[i] + q; }
int f(unsigned long p, unsigned char q) { return at(1, q) - q == 6 && t[0] == 5; }`, nil, "ret 0x1"},
		{`int f(unsigned long p, unsigned char q) { int n = 0; while (q--) n += 2; return n; }`, small,
			"ret 0x0 | ret 0x2 | ret 0x4 | ret 0x6"},
		{`int f(unsigned long p, unsigned char q) { if (p << q << 60 == 0) return 1; return 2; }`, nil,
			"ret 0x2, unknown a shift by the width or more | ret 0x1, unknown a shift by the width or more | ret 0x2 | ret 0x1"},
	}
	for _, tt := range tests {
		got := outcomesOf(t, tt.src, tt.assume)
		if got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.src, got, tt.want)
		}
	}
}
