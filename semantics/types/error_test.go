package types_test

import (
	"errors"
	"strings"
	"testing"

	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// allErrors checks every function, initialiser and assertion of a unit.
func allErrors(u *types.Unit) []string {
	_, errs, _ := everyBody(u)
	var out []string
	seen := make(map[string]bool)
	for _, err := range errs {
		if s := err.Error(); !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// TestErrors lists code with the exact error it gives; "" for code without.
func TestErrors(t *testing.T) {
	tests := []struct{ src, want string }{
		{"void f(void) { g(1); }", "x.c:1:16: call of undeclared function g"},
		{"int f(void) { return y; }", "x.c:1:22: undeclared identifier y"},
		{"void f(void) { g(); }\nvoid g(void) {}", "x.c:1:16: call of undeclared function g, which is declared only further down"},
		{"void g(void); void f(void) { g(); }\nvoid g(void) {}", ""},
		{"#define M(x) zap(x)\nvoid f(void) {\n  M(1);\n}", "x.c:3:3: call of undeclared function zap"},
		{"struct s { int a; }; int f(struct s *p) { return p->b; }", "x.c:1:50: struct s has no member b"},
		{"struct s; int f(struct s *p) { return p->b; }", "x.c:1:39: member b of incomplete type struct s"},
		{"int f(int *p) { return p->b; }", "x.c:1:24: member b of type int, which is no struct or union"},
		{"int f(struct s { int a; } *p, int i) { return i->a; }", "x.c:1:47: left side of -> has type int"},
		{"_Static_assert(sizeof(int) == 8, \"int is 8\");", `x.c:1:1: static assertion failed: "int is 8"`},
		{"void f(void) { _Static_assert(sizeof(long) == 8, \"long\"); }", ""},
		{"int x; _Static_assert(x, \"no\");", "x.c:1:23: expression of a static assertion is not constant"},
		{"int x = sizeof(struct { int : -!!(1); });", "x.c:1:31: negative width in bit-field "},
		{"int x = sizeof(struct { int : -!!(0); });", ""},
		{"int a[-1];", "x.c:1:6: array length -1 is negative"},
		{"int x = sizeof(struct nope);", "x.c:1:9: sizeof of incomplete type struct nope"},
		{"nope_t x;", "x.c:1:1: unknown type name"},
		{"struct s { struct s inner; };  struct s v;", "x.c:1:21: member inner has incomplete type struct s"},
		{"void f(int a) { int a = 1; { int a = 2; } }", ""},
		{"void f(void) { int a; long a; }", "x.c:1:28: redeclaration of a"},
		{"int f(void); long f(void) { return 1; }", "x.c:1:19: conflicting types for f: int (void) and long (void)"},
		{"int f(int); int f(const int x) { return x; }", ""},
		{"extern int a[]; int a[4]; int n = sizeof(a);", ""},
		{"int f(void) { return 1 + (struct { int a; }){ 1 }; }", "x.c:1:24: operands of binary operator have types int and struct {…}"},
		{"void g(int, char *); void f(void) { g(1); }", "x.c:1:37: too few arguments in the call of g"},
		{"void g(int); void f(void) { g(1, 2); }", "x.c:1:29: too many arguments in the call of g"},
		{"void g(char *); void f(int *p) { g(p); }", "x.c:1:36: incompatible pointer int * used in an argument of the call of g of type char *"},
		{"void g(unsigned *); void f(int *p) { g(p); }", ""},
		{"void g(void *); void f(int *p) { g(p); g(0); }", ""},
		{"struct a { int x; }; struct b { int x; } v; struct a w; void f(void) { w = v; }", "x.c:1:76: struct b used in assignment of type struct a"},
		{"const int c; void f(void) { c = 1; }", "x.c:1:31: assignment to an object of type const int"},
		{"void f(void) { 1 = 2; }", "x.c:1:18: left side of an assignment is not an lvalue"},
		{"void f(void) { int a[3], b[3]; a = b; }", "x.c:1:34: assignment to an array"},
		{"struct s { int b : 3; } v; int *f(void) { return &v.b; }", "x.c:1:50: address of a bit-field"},
		{"void f(void) { goto out; }", "x.c:1:16: label out is not defined"},
		{"void f(void) { out: ; out: ; }", "x.c:1:23: label out is defined twice"},
		{"void f(void) { break; }", "x.c:1:16: break outside a loop or switch"},
		{"void f(void) { switch (1) { case 1: case 2: continue; } }", "x.c:1:45: continue outside a loop"},
		{"void f(int i) { switch (i) { case 1: case 1: ; } }", "x.c:1:38: duplicate case value 1"},
		{"void f(int i) { switch (i) { case 1 ... 5: case 3: ; } }", "x.c:1:44: duplicate case value 3"},
		{"void f(int i) { switch (i) { case i: ; } }", "x.c:1:35: case label is not an integer constant"},
		{"void f(unsigned char c) { switch (c) { case -1: case 255: ; } }", ""},
		{"void f(void) { case 1: ; }", "x.c:1:16: case outside a switch"},
		{"void f(void) { struct q v; }", "x.c:1:25: variable v has incomplete type struct q"},
		{"void f(void) { __builtin_nonsense(1); }", "x.c:1:16: not supported: builtin __builtin_nonsense"},
		{"_Atomic int x;", "not supported: _Atomic"},
		{"int x = { 1, 2 };", "x.c:1:9: more than one value for an object of type int"},
		{"struct s { int a; } v = { .b = 1 };", "x.c:1:32: struct s has no member b"},
		{"int a[2] = { [5] = 1 };", "array index in an initialiser is not a constant within the array"},
		{"int i; int x = _Generic(i, long: 1);", "x.c:1:16: no association of _Generic matches int"},
		{"int i; int x = __builtin_choose_expr(i, 1, 2);", "x.c:1:16: first operand of __builtin_choose_expr is not constant"},
		{"typedef int t; void f(void) { int x = t; }", "x.c:1:39: type name t used as an expression"},
		{"enum e { A, A };", "x.c:1:13: redeclaration of enumerator A"},
		{"void f(int *p) { asm(\"\" : \"=r\"((long *)p)); }", ""},
		{"void f(int i) { asm(\"\" : \"=r\"((char)i)); }", "x.c:1:31: output operand of asm is not an lvalue"},
		{"typedef union { int *i; long *l; } u __attribute__((__transparent_union__)); void g(u); void f(long *p) { g(p); }", ""},
		{"typedef union { int *i; long *l; } __attribute__((__transparent_union__)) u; void g(u); void f(long *p) { g(p); }", ""},
		{"void v(void); int f(void) { return v(); }", "x.c:1:36: void value used in return"},
		{"int f(void) { return ({ BUG(); WARN_ON(1); }); }", ""},
		{"int f(void) { return BUG(); }", "x.c:1:22: void value used in return"},
		{"int f(void) { return VM_WEIRD(); }", "x.c:1:22: call of undeclared function VM_WEIRD"},
		{"void f(void) { extern void late(void) __attribute__((error(\"x\"))); late(); }", ""},
		{"void f(void) { typeof(nope) x; }", "x.c:1:23: undeclared identifier nope"},
		{"void f(void) { struct s { int b : 3; } v; typeof(v.b) x; }", "x.c:1:43: typeof applied to a bit-field"},
		{"struct s { int b : 40; }; struct s v;", "x.c:1:20: width of bit-field b exceeds its type"},
		{"int f(int n) { int a[n]; return sizeof(a); }", ""},
		{"int n; int a[n];", "x.c:1:14: array length is not constant"},
		{"struct s { int n; int a[]; int b; }; struct s v;", "x.c:1:32: a flexible array member is not the last of struct s"},
		{"int f(void) { int x = 1; return x(); }", "x.c:1:33: called object has type int"},
		{"void f(void) { ({ __label__ a; a: ; }); ({ __label__ a; goto a; a: ; }); }", ""},
		{"void f(void) { { __label__ a; a: ; } goto a; }", "x.c:1:38: label a is not defined"},
		{"int __attribute__((vector_size(3))) v;", "x.c:1:20: vector_size does not fit int"},
		{"int x = 1 ? (struct z *)0 : (struct y *)0 == 0;", ""},
	}
	for _, test := range tests {
		var got []string
		func() {
			u, parseErr := tryLoad(t, test.src)
			if parseErr != nil {
				got = []string{parseErr.Error()}
				return
			}
			got = allErrors(u)
		}()
		text := strings.Join(got, "\n")
		switch {
		case test.want == "" && text != "":
			t.Errorf("%s: got %s, want no error", test.src, text)
		case test.want != "" && !strings.Contains(text, test.want):
			t.Errorf("%s:\ngot  %s\nwant %s", test.src, text, test.want)
		case len(got) > 1:
			t.Errorf("%s: more than one error: %s", test.src, text)
		}
	}
}

// TestUndeclared shows what a rule about missing names gets to see.
func TestUndeclared(t *testing.T) {
	u := load(t, "int g;\nint f(int x)\n{\n\tint y = missing(x, &g);\n\treturn y + absent;\n}\n")
	info, errs := u.Check(u.File().Func("f"))
	if len(info.Undeclared) != 2 || len(errs) != 2 {
		t.Fatalf("got %v, want two undeclared names", errs)
	}
	first, second := info.Undeclared[0], info.Undeclared[1]
	if first.Name != "missing" || !first.Call || first.Position.Line != 4 || first.Later {
		t.Errorf("got %+v", first)
	}
	if second.Name != "absent" || second.Call || second.Position.Line != 5 {
		t.Errorf("got %+v", second)
	}
	var e *types.UndeclaredError
	if !errors.As(errs[0], &e) {
		t.Errorf("got %T, want an UndeclaredError", errs[0])
	}
	// Arguments of the call are typed all the same.
	body, _ := u.File().Body(u.File().Func("f"))
	call := body.Items[0].(*syntax.DeclStmt).Decl.(*syntax.Declaration).Vars[0].Init.(*syntax.Call)
	if got := types.TypeOf(call.Args[1]); got == nil || got.String() != "int *" {
		t.Errorf("argument has type %v, want int *", got)
	}
	if types.TypeOf(call) != nil {
		t.Error("the call of an undeclared function has a type")
	}
}

// TestFuncInfo shows objects, slots, labels and switches.
func TestFuncInfo(t *testing.T) {
	u := load(t, `
int g;
void f(int a, char *b)
{
	static int s = 3;
	extern int g;
	int x, y[4] = { 1, 2 };
	for (int i = 0; i < a; i++) {
		if (i == 3)
			goto out;
		switch (i) { case 1 ... 3: break; case 7: continue; default: x = i; }
	}
	asm goto("nop" : : "r"(x) : : out);
	({ int z = a; z; });
out:
	return;
}`)
	info, errs := u.Check(u.File().Func("f"))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var names []string
	for i, o := range append(append([]*types.Object(nil), info.Params...), info.Locals...) {
		names = append(names, o.Name)
		if o.Index != i || !o.Local {
			t.Errorf("%s: index %d, want %d", o.Name, o.Index, i)
		}
	}
	if got := strings.Join(names, " "); got != "a b s x y i z" {
		t.Errorf("got objects %s", got)
	}
	if len(info.Labels) != 1 || len(info.Gotos) != 1 || len(info.AsmLabels) != 1 {
		t.Errorf("labels %d, gotos %d, asm goto %d", len(info.Labels), len(info.Gotos), len(info.AsmLabels))
	}
	for _, sw := range info.Switches {
		if len(sw.Cases) != 2 || sw.Default == nil || sw.Cases[0].Hi.Int64() != 3 {
			t.Errorf("got %+v", sw)
		}
	}
	for _, o := range info.Declared {
		if o.Name == "g" && o != u.Lookup("g") {
			t.Error("extern int g in a block is another object")
		}
	}
}
