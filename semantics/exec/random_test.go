package exec_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	ptexec "ptreview/semantics/exec"
)

// generator writes C functions that compute a number from constants, without
// undefined behaviour: shift counts and divisors are kept in range, signed
// arithmetic wraps (-fwrapv).
type generator struct {
	rand *rand.Rand
	out  strings.Builder
	vars []string
}

var scalarTypes = []string{"char", "signed char", "unsigned char", "short", "unsigned short", "int",
	"unsigned int", "long", "unsigned long", "long long", "unsigned long long", "_Bool"}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// number writes a constant of one of several shapes.
func (g *generator) number() string {
	v := g.rand.Uint64() >> g.rand.IntN(64)
	switch g.rand.IntN(5) {
	case 0:
		return fmt.Sprint(v % 10)
	case 1:
		return fmt.Sprintf("%#xu", uint32(v))
	case 2:
		return fmt.Sprintf("(-%d)", uint32(v)>>1)
	case 3:
		return fmt.Sprintf("%#xull", v)
	}
	return fmt.Sprintf("(%s)%#xull", pick(g.rand, scalarTypes), v)
}

// expr writes an expression of bounded depth.
func (g *generator) expr(depth int) string {
	if depth == 0 {
		if g.rand.IntN(3) == 0 {
			return g.number()
		}
		return pick(g.rand, g.vars)
	}
	x := g.expr(depth - 1)
	switch g.rand.IntN(12) {
	case 0:
		return fmt.Sprintf("(%s)%s", pick(g.rand, scalarTypes), x)
	case 1:
		return pick(g.rand, []string{"-", "~", "!", "+"}) + "(" + x + ")"
	case 2:
		return fmt.Sprintf("(%s ? %s : %s)", x, g.expr(depth-1), g.expr(depth-1))
	case 3:
		return fmt.Sprintf("(%s %s (%s & 7))", x, pick(g.rand, []string{"<<", ">>"}), g.expr(depth-1))
	case 4:
		return fmt.Sprintf("(%s %s ((%s & 15) + 1))", x, pick(g.rand, []string{"/", "%"}), g.expr(depth-1))
	case 5:
		return fmt.Sprintf("(%s %s %s)", x, pick(g.rand, []string{"&&", "||"}), g.expr(depth-1))
	case 6:
		return fmt.Sprintf("(%s %s %s)", x, pick(g.rand, []string{"<", "<=", ">", ">=", "==", "!="}), g.expr(depth-1))
	}
	return fmt.Sprintf("(%s %s %s)", x, pick(g.rand, []string{"+", "-", "*", "&", "|", "^"}), g.expr(depth-1))
}

// lvalues are members of the struct and the union every function has.
var lvalues = []string{"s.a", "s.b", "s.c", "s.d", "s.e", "s.f", "s.g", "u.w", "u.h[1]", "u.b[3]", "u.b[6]", "u.f.lo", "u.f.mid", "u.f.hi"}

const randomTypes = `
struct mixed { signed a : 5; unsigned b : 11; unsigned long long c : 37; _Bool d : 1; short e; unsigned char f; signed long long g : 50; };
union punned { unsigned long long w; unsigned short h[4]; unsigned char b[8]; struct { unsigned lo : 9; unsigned mid : 14; unsigned long long hi : 30; } f; };
`

// function writes one function.
func (g *generator) function(name string) {
	g.vars = append([]string(nil), lvalues...)
	fmt.Fprintf(&g.out, "static inline unsigned long long %s(void) {\n struct mixed s = { 0 }; union punned u = { .w = %#x };\n", name, g.rand.Uint64())
	for i := range 4 {
		fmt.Fprintf(&g.out, " %s v%d = %s;\n", pick(g.rand, scalarTypes), i, g.number())
		g.vars = append(g.vars, fmt.Sprintf("v%d", i))
	}
	for range 6 {
		g.statement()
	}
	g.out.WriteString(" unsigned long long r = u.w;\n")
	for _, v := range g.vars {
		fmt.Fprintf(&g.out, " r = r * 31 + %s;\n", v)
	}
	g.out.WriteString(" return r;\n}\n")
}

func (g *generator) statement() {
	v := pick(g.rand, g.vars)
	switch g.rand.IntN(8) {
	case 0:
		fmt.Fprintf(&g.out, " if (%s) %s = %s; else %s ^= %s;\n", g.expr(1), v, g.expr(2), pick(g.rand, g.vars), g.expr(1))
	case 1:
		fmt.Fprintf(&g.out, " %s%s;\n", v, pick(g.rand, []string{"++", "--"}))
	case 2:
		fmt.Fprintf(&g.out, " switch (%s & 3) { case 0: %s = %s; case 1: %s += 3; break; default: %s = 1; }\n",
			g.expr(1), v, g.expr(1), pick(g.rand, g.vars), pick(g.rand, g.vars))
	case 3:
		fmt.Fprintf(&g.out, " { struct mixed t = s; t.a = %s; s = t; }\n", g.expr(1))
	case 4:
		fmt.Fprintf(&g.out, " %s = (%s = %s) + %s;\n", pick(g.rand, lvalues[:7]), pick(g.rand, g.vars[len(lvalues):]), g.expr(1), g.number())
		fmt.Fprintf(&g.out, " %s = (%s = %s) - %s;\n", pick(g.rand, g.vars[len(lvalues):]), pick(g.rand, lvalues), g.expr(1), g.number())
	case 5:
		fmt.Fprintf(&g.out, " %s %s= %s;\n", v, pick(g.rand, []string{"+", "-", "*", "&", "|", "^"}), g.expr(2))
	default:
		fmt.Fprintf(&g.out, " %s = %s;\n", v, g.expr(3))
	}
}

// functions writes n of them.
func functions(seed uint64, n int) string {
	g := &generator{rand: rand.New(rand.NewPCG(seed, 0))}
	g.out.WriteString(randomTypes)
	for i := range n {
		g.function(fmt.Sprintf("test_%d", i))
	}
	return g.out.String()
}

// randomFunctions is how many functions each target gets.
const randomFunctions = 120

// TestRandomFolded compares random functions with what compilers for all
// architectures fold them to.
func TestRandomFolded(t *testing.T) {
	targets := []struct {
		name string
		args []string
	}{
		{"x86_64", []string{"gcc"}},
		{"arm64", []string{"aarch64-linux-gnu-gcc"}},
		{"riscv64", []string{"riscv64-linux-gnu-gcc"}},
		{"s390x", []string{"s390x-linux-gnu-gcc"}},
		{"ppc64", []string{"powerpc64-linux-gnu-gcc"}},
		{"ppc64le", []string{"powerpc64-linux-gnu-gcc", "-mlittle-endian"}},
		{"ppc32", []string{"powerpc64-linux-gnu-gcc", "-m32"}},
	}
	for i, tt := range targets {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := exec.LookPath(tt.args[0]); err != nil {
				t.Skipf("skipped: no %s, random functions not compared", tt.args[0])
			}
			src := functions(uint64(i), randomFunctions)
			folds := src
			for n := range randomFunctions {
				// A long may have 32 bits: both halves are asked for.
				folds += foldOf(2*n, fmt.Sprintf("test_%d() >> 32", n)) + foldOf(2*n+1, fmt.Sprintf("test_%d() & 0xffffffff", n))
			}
			args := append(append([]string(nil), tt.args...), "-S", "-O2", "-fwrapv", "-fno-strict-aliasing", "-std=gnu11")
			compareRandom(t, tt.name, src, assemble(t, ".", args, folds))
		})
	}
}

func compareRandom(t *testing.T, target, src string, folded map[int]int64) {
	t.Helper()
	p := program(t, target, src)
	compared := 0
	for n := range randomFunctions {
		high, ok1 := folded[2*n]
		low, ok2 := folded[2*n+1]
		if !ok1 || !ok2 {
			continue
		}
		compared++
		r := call(t, p, fmt.Sprintf("test_%d", n))
		want := uint64(uint32(high))<<32 | uint64(uint32(low))
		if got, ok := r.Return.Uint64(); !ok || got != want {
			t.Errorf("test_%d: got %v, want %#x", n, r.Return, want)
		}
	}
	t.Logf("%d of %d functions folded and compared", compared, randomFunctions)
	if compared < randomFunctions/4 {
		t.Errorf("only %d functions compared", compared)
	}
}

// TestRandomRun compares random functions with the host's compiler.
func TestRandomRun(t *testing.T) {
	gcc, err := exec.LookPath("gcc")
	if err != nil || runtime.GOARCH != "amd64" {
		t.Skip("skipped: no gcc for x86_64, random functions not run")
	}
	src := functions(100, randomFunctions)
	var list []string
	wants := ""
	for n := range randomFunctions {
		list = append(list, fmt.Sprint(n))
		wants += fmt.Sprintf("static unsigned long long want_%d(void) { return 0; }\n", n)
	}
	got := compileAndRun(t, gcc, src+wants+mainOf(list))
	p := program(t, "x86_64", src)
	for _, n := range list {
		r, err := ptexec.New(p, ptexec.Options{}).Call(context.Background(), "test_"+n)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := r.Return.Uint64()
		if s := fmt.Sprintf("%x", v); s != got[n][0] || !r.Return.IsConst() {
			t.Errorf("test_%s: got %v, want %s", n, r.Return, got[n][0])
		}
	}
}
