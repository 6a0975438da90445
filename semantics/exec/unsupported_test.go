package exec_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"ptreview/semantics/exec"
)

// unsupported are the constructs that the package documentation lists, and what
// a run that comes to one says.
var unsupported = []struct{ src, want string }{
	{`int f(void) { double d = 1; return d; }`, "conversion of int to double"},
	{`int f(void) { return 1.5 > 1; }`, "comparison of double with int"},
	{`int f(void) { _Complex double c; return __real__ c; }`, "complex types"},
	{`typedef int v4 __attribute__((vector_size(16))); v4 a, b; int f(void) { a = a + b; return 0; }`, "type"},
	{`int f(int n) { int a[n]; return a[0]; }`, "variable length array a"},
	{`int f(int n) { return sizeof(int[n]); }`, "sizeof of a variable length array"},
	{`int g; int f(int n) { int (*p)[n] = (void *)&g; p++; return 0; }`, "pointer to a variable length array"},
	{`int f(int n) { int g(int x) { return x + 1; } return g(n); }`, "the body of f"},
	{`int f(void) { void *b[5]; return __builtin_setjmp(b); }`, "builtin __builtin_setjmp"},
	{`union u { int a; long b; }; int f(int n) { return ((union u)n).a; }`, "cast to a union"},
	{`__int128 r; int f(int n) { return __builtin_add_overflow((__int128)n, 1, &r); }`, "overflow builtin on 128 bits"},
	{`int f(int n) { if (n) goto in; return ({ int x = 1; in: x; }); }`, "jump into a statement expression"},
	{`int f(void) { static void *p = &&here; here: return p == 0; }`, "address of a label in an initialiser"},
	{`int a = 1; extern int b __attribute__((alias("a"))); extern int c __attribute__((alias("b"))); int f(void) { return c; }`, "alias"},
	{`void *p; int f(void) { goto *p; }`, "goto to what is no label's address"},
	{`int f(void) { register struct { long x; } r asm("r1"); return r.x; }`, "register variable r"},
	{`int f(void) { return __builtin_no_such_thing(1); }`, "builtin"},
	{`extern unsigned long where; int f(void) { return *(char *)__builtin_alloca(where); }`, "alloca of a size"},
	{`extern unsigned long where; int f(void) { *(int *)where = 1; return 0; }`, "a store to an address that depends on where"},
	{`struct s { long a[9]; } s; extern struct s *where; int f(void) { *where = s; return 0; }`, "a copy to an address that depends on where"},
	{`extern unsigned long n; void *memset(void *, int, unsigned long); char c[9]; int f(void) { memset(c, 1, n); return 0; }`, "argument 3 of memset that depends on n"},
	{`int f(void) { return undeclared(); }`, "an expression without a type"},
}

// TestUnsupported has a run end at each.
func TestUnsupported(t *testing.T) {
	for _, tt := range unsupported {
		var args []exec.Value
		if strings.Contains(tt.src, " f(int n)") {
			args = append(args, constant(32, 1))
		}
		r, err := exec.New(program(t, "x86_64", tt.src), exec.Options{}).Call(context.Background(), "f", args...)
		var not *exec.Unsupported
		if !errors.As(err, &not) || !strings.Contains(not.Error(), tt.want) {
			t.Errorf("%s: got %s, want not supported: %s", tt.src, outcome(r, err), tt.want)
		}
	}
}
