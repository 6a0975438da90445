package types_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestHostile reads code made to cost much: any of it would run into the limit
// of go test if something exploded.
func TestHostile(t *testing.T) {
	repeat := func(n int, line func(i int) string) string {
		var b strings.Builder
		for i := 1; i <= n; i++ {
			b.WriteString(line(i))
		}
		return b.String()
	}
	tests := []struct{ name, src string }{
		{"chain of typedefs", "typedef int t0;" + repeat(50000, func(i int) string { return fmt.Sprintf("typedef t%d *t%d;", i-1, i) }) +
			"t50000 x; int f(t50000 y) { return x == y; }"},
		{"doubling function types", "typedef int f0(int); typedef int g0(int);" +
			repeat(60, func(i int) string {
				return fmt.Sprintf("typedef int (*f%d)(f%d, f%d); typedef int (*g%d)(g%d, g%d);", i, i-1, i-1, i, i-1, i-1)
			}) + "f60 x; g60 y; int f(void) { x = y; return x == y; }"},
		{"doubling records", "struct s0 { int a; };" +
			repeat(100, func(i int) string { return fmt.Sprintf("struct s%d { struct s%d a, b; };", i, i-1) }) + "struct s100 x; int n = sizeof(x);"},
		{"anonymous typedefs", "typedef struct { int a; } s0;" +
			repeat(60, func(i int) string { return fmt.Sprintf("typedef struct { s%d; s%d; } s%d;", i-1, i-1, i) }) + "s60 x; int f(void) { return x.zz; }"},
		{"huge arrays", "char a[1ul << 40][1ul << 40]; struct s { char a[1ul << 60]; char b[1ul << 62]; }; int x = sizeof(struct s);"},
		{"wide ranges", "int a[] = { [0 ... 1 << 30] = 1, [5 ... 1 << 29] = { 2 } }; int b[1000][1000] = { [0 ... 999] = { [0 ... 999] = 3 } };"},
		{"range of unions", "union u { int a; char b[4]; } v[100000] = { [0 ... 99999].a = 1, [3 ... 99998].b[1] = 2 };"},
		{"error used often", "struct s { nope x; int : -1; int y[-1]; };" + "struct s v; void f(void) {" + strings.Repeat("v.q + sizeof(v);", 20000) + "}"},
		{"undeclared", "void f(void) {" + strings.Repeat("g(h);", 20000) + "}"},
		{"many enumerators", "enum e {" + repeat(50000, func(i int) string { return fmt.Sprintf("E%d = E%d + 1,", i, max(i-1, 1)) }) + "}; int x = E50000;"},
		{"many members", "struct s {" + repeat(20000, func(i int) string { return fmt.Sprintf("int m%d;", i) }) + "} v; int f(void) { return 0" +
			repeat(2000, func(i int) string { return fmt.Sprintf("+ v.m%d", 20001-i) }) + "; }"},
		{"many cases", "void f(int x) { switch (x) {" + repeat(20000, func(i int) string { return fmt.Sprintf("case %d:", i) }) + ";} }"},
		{"commas", "int f(int x) { return " + strings.Repeat("x * 0,", 2500) + "__builtin_constant_p(x); }"},
		{"records that need each other", "struct a { char x[sizeof(struct b)]; }; struct b { char x[sizeof(struct a)]; }; struct a v;"},
		{"typeof of itself", "typeof(x) x; typedef typeof(y) y; int f(void) { return sizeof(x) + sizeof(y); }"},
	}
	for _, test := range tests {
		u, err := tryLoad(t, test.src)
		if err == nil {
			for _, e := range allErrors(u) {
				if len(e) > 10000 {
					t.Errorf("%s: an error of %d bytes", test.name, len(e))
				}
			}
		}
	}
}
