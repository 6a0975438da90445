package syntax

import (
	"fmt"
	"strings"
	"testing"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// unitOf lexes text that needs no preprocessing.
func unitOf(path, text string) *cpp.Unit {
	set := source.NewSet()
	cache := cpp.NewCache(set)
	lexed := cache.Lex(set.Add(path, []byte(text)))
	return &cpp.Unit{Names: cache.Names, Set: set, Tokens: lexed.Code()}
}

// flat makes printed C comparable to one-line tables.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

// reprint parses src as a file with the types of the tables and returns what
// the printer makes of it.
func reprint(t *testing.T, src string) string {
	t.Helper()
	file, errs := Parse(unitOf("t.c", src), Options{})
	for _, err := range errs {
		t.Errorf("%s\n%v", src, err)
	}
	var b strings.Builder
	if err := file.Print(&b); err != nil {
		t.Errorf("%s\n%v", src, err)
	}
	return flat(b.String())
}

// same stands for a result that reads as its source.
const same = "="

// declTests are file-scope declarations and what the printer writes for them.
var declTests = []struct{ src, want string }{
	{"int a;", same},
	{"int a, *b, c[3];", same},
	{"long unsigned int a; long int long b; signed c; short d; signed char e; char f;",
		"unsigned long a; long long b; int c; short d; signed char e; char f;"},
	{"unsigned __int128 a; __int128 b; __int128_t c; __uint128_t d; __builtin_va_list e;",
		"unsigned __int128 a; __int128 b; __int128 c; unsigned __int128 d; __builtin_va_list e;"},
	{"_Bool a; float b; double c; double long d; _Float128 e; __float128 f;",
		"_Bool a; float b; double c; long double d; _Float128 e; _Float128 f;"},
	{"extern int f(void), g(), h(int, char *);", same},
	{"int printk(const char *fmt, ...);", same},
	{"int (*f)(int), (*g[2])(void), (*(*h)(int))[4];", same},
	{"int *(*f(int a))(long b);", same},
	{"int (((a)));", "int a;"},
	{"const int *volatile p; int const q; volatile const long r;",
		"const int * volatile p; const int q; const volatile long r;"},
	{"char *const *__restrict__ p;", "char * const * restrict p;"},
	{"typedef unsigned long u64; u64 a; const u64 *b;", same},
	{"typedef int t; struct s { t t; }; int f(t t, int u);", same},
	{"typedef int t; int f(int (t)); int g(int (x), t);",
		"typedef int t; int f(int (t)); int g(int x, t);"},
	{"typedef int t; void f(t), g(t *), h(t[3]), i(int (*)(t));",
		"typedef int t; void f(t), g(t *), h(t [3]), i(int (*)(t));"},
	{"int a = 1, b = { 2 }, c[] = { 1, 2, };", "int a = 1, b = { 2 }, c[] = { 1, 2 };"},
	{"struct s { int a, b; struct { long c; }; union { int d; char e; } u; };",
		"struct s { int a; int b; struct { long c; }; union { int d; char e; } u; };"},
	{"struct s { unsigned a : 3, : 0, b : 1 + 2; int : 4; };",
		"struct s { unsigned int a : 3; unsigned int : 0; unsigned int b : 1 + 2; int : 4; };"},
	{"struct e {}; struct z { int n; char tail[]; }; struct y { char tail[0]; };", same},
	{"struct s; struct s *p; union u { struct s *s; };", same},
	{"struct { int a; ; } x;", "struct { int a; } x;"},
	{"struct s { int a; _Static_assert(sizeof(int) == 4, \"int\"); };", same},
	{"enum e { A, B = 2, C = B << 1, }; enum { D }; enum e x;",
		"enum e { A, B = 2, C = B << 1, }; enum { D, }; enum e x;"},
	{"enum __attribute__((packed)) e { A __attribute__((deprecated)) = 1 };",
		"enum __attribute__((__packed__)) e { A __attribute__((__deprecated__)) = 1, };"},
	{"_Static_assert(1, \"a\" \"b\"); _Static_assert(sizeof(int) == 4);",
		"_Static_assert(1, \"ab\"); _Static_assert(sizeof(int) == 4);"},
	{"asm(\".globl x\\n\" \"x:\"); __asm__(\"nop\");", "asm(\".globl x\\nx:\"); asm(\"nop\");"},
	{"extern int f(void) __asm__(\"g\") __attribute__((weak));",
		"extern int f(void) asm(\"g\") __attribute__((__weak__));"},
	{"register unsigned long sp asm(\"r\" \"1\");", "register unsigned long sp asm(\"r1\");"},
	{"_Thread_local int a; static __thread int b; _Noreturn void f(void);",
		"_Thread_local int a; static _Thread_local int b; _Noreturn void f(void);"},
	{"_Alignas(16) int a; _Alignas(long) char b;",
		"__attribute__((__aligned__(16))) int a; __attribute__((__aligned__(long))) char b;"},
	{"_Atomic int a; _Atomic(long) b;", "_Atomic int a; _Atomic long b;"},
	{"int a[const 3], b[static 4];", "int a[const 3], b[4];"},
	{"void f(int a[*], int b[restrict], int n, int c[n]);", "void f(int a[], int b[restrict ], int n, int c[n]);"},
	{"typeof(int *) a; __typeof__(a + 1) b; typeof_unqual(a) c;",
		"typeof(int *) a; typeof(a + 1) b; typeof_unqual(a) c;"},
	{"__extension__ typedef long long ll; __extension__ struct { int a; } x;",
		"typedef long long ll; struct { int a; } x;"},
	{"int a; ; int b;", "int a; int b;"},
	{"const char __seg_gs *p; int __seg_fs q;", "const __seg_gs char *p; __seg_fs int q;"},
	{"int a = { 1 }; int b[3] = { [0] = 1, [1 ... 2] = 2 }; struct s c = { .a = 1, .b.c[2] = 3, d: 4 };",
		"int a = { 1 }; int b[3] = { [0] = 1, [1 ... 2] = 2 }; struct s c = { .a = 1, .b.c[2] = 3, .d = 4 };"},
	{"int a[2] = { [0] 1, [1] 2 };", "int a[2] = { [0] = 1, [1] = 2 };"},
	{"struct s a = {}; struct s b = (struct s){ 1, { 2 } };", same},
	{"int f(void) { return 1; }", same},
	{"static inline __attribute__((always_inline)) int f(int a) { return a; }",
		"static inline __attribute__((__always_inline__)) int f(int a) { return a; }"},
	{"int (f)(void) { return 1; }", "int f(void) { return 1; }"},
	{"int *(*f(int a))(void) { return 0; }", same},
	{"int f(a, b) int a; char *b; { return a; }", "int f(int a, char *b) { return a; }"},
	{"int f() { return 1; }", same},
}

// attrTests show the places of attributes.
var attrTests = []struct{ src, want string }{
	{"__attribute__((noinline)) int f(void);", "__attribute__((__noinline__)) int f(void);"},
	{"int __attribute__((noinline, cold)) f(void);",
		"__attribute__((__noinline__)) __attribute__((__cold__)) int f(void);"},
	{"int f(void) __attribute__((__pure__)) __attribute((cold));",
		"int f(void) __attribute__((__pure__)) __attribute__((__cold__));"},
	{"int a __attribute__((aligned(8))) = 1, b __attribute__((section(\".x\" \"y\")));",
		"int a __attribute__((__aligned__(8))) = 1, b __attribute__((__section__(\".xy\")));"},
	{"int a, __attribute__((unused)) b;", "int a, b __attribute__((__unused__));"},
	{"struct s { int a; } __attribute__((packed, aligned(sizeof(long))));",
		"struct __attribute__((__packed__)) __attribute__((__aligned__(sizeof(long)))) s { int a; };"},
	{"struct __attribute__((packed)) s { int a __attribute__((aligned(4))), b; };",
		"struct __attribute__((__packed__)) s { __attribute__((__aligned__(4))) int a; int b; };"},
	{"struct s { __attribute__((unused)) int a : 3 __attribute__((packed)); };",
		"struct s { __attribute__((__unused__)) __attribute__((__packed__)) int a : 3; };"},
	{"typedef int di __attribute__((mode(DI)));", "typedef int di __attribute__((__mode__(DI)));"},
	{"typedef int v4 __attribute__((vector_size(16)));", "typedef int v4 __attribute__((__vector_size__(16)));"},
	{"int p(const char *, ...) __attribute__((format(printf, 1, 2)));",
		"int p(const char *, ...) __attribute__((__format__(printf, 1, 2)));"},
	{"void f(int a __attribute__((unused)), __attribute__((nonnull)) int *);",
		"void f(__attribute__((__unused__)) int a, __attribute__((__nonnull__)) int *);"},
	{"int *__attribute__((aligned(4))) const p;", "int * const __attribute__((__aligned__(4))) p;"},
	{"void (__attribute__((noreturn)) *f)(void);", "void (__attribute__((__noreturn__)) *f)(void);"},
	{"int x __attribute__(());", "int x;"},
	{"int x __attribute__((, unused, ,const));", "int x __attribute__((__unused__)) __attribute__((__const__));"},
	{"void f(void) { out: __attribute__((unused)); }", "void f(void) { out: __attribute__((__unused__)) ; }"},
	{"void f(int a) { switch (a) { case 1: __attribute__((fallthrough)); default: ; } }",
		"void f(int a) { switch (a) { case 1: __attribute__((__fallthrough__)); default: ; } }"},
	{"void f(void) { __attribute__((unused)) int a; int b __attribute__((cleanup(g))) = 1; }",
		"void f(void) { __attribute__((__unused__)) int a; int b __attribute__((__cleanup__(g))) = 1; }"},
	{"void f(void) { (void)(int __attribute__((aligned(2))) *)0; }",
		"void f(void) { (void)(__attribute__((__aligned__(2))) int *)0; }"},
}

// exprTests are expressions.
var exprTests = []struct{ src, want string }{
	{"a + b * c - d", same},
	{"(a + b) * c", same},
	{"a - (b - c)", same},
	{"(a - b) - c", "a - b - c"},
	{"a << 1 + b", same},
	{"a & b == c", same},
	{"(a & b) == c", same},
	{"a | b ^ c & d", same},
	{"a && b || c && d", same},
	{"a && (b || c)", same},
	{"a < b == c > d", same},
	{"a % b / c * d", same},
	{"!a == ~b", same},
	{"- -a", same},
	{"- --a", same},
	{"+ ++a", same},
	{"-(-a)", "- -a"},
	{"& *a", "&*a"},
	{"&&out", same},
	{"a = b = c", same},
	{"a += b -= c *= d /= e %= f &= g |= h ^= i <<= j >>= k", same},
	{"a ? b : c ? d : e", same},
	{"(a ? b : c) ? d : e", same},
	{"a ? b, c : d", same},
	{"a ?: b", same},
	{"a, b, c", same},
	{"f(a, (b, c))", same},
	{"f()(a)[b].c->d++", same},
	{"*p++", same},
	{"(*p)++", same},
	{"++*p--", same},
	{"(int)a + 1", same},
	{"(int)(a + 1)", same},
	{"(u64)-a", same},
	{"(u64)(u32)*a", same},
	{"(u64 *)a[1]", same},
	{"((u64 *)a)[1]", same},
	{"(f)(a)", "f(a)"},
	{"sizeof a", same},
	{"sizeof(a)", "sizeof a"},
	{"sizeof(u64)", same},
	{"sizeof(u64) * 2", same},
	{"sizeof a[0] / sizeof *a", same},
	{"sizeof(a + b)", "sizeof (a + b)"},
	{"sizeof (u64){ 1 }", same},
	{"sizeof(int[3])", "sizeof(int [3])"},
	{"_Alignof(u64) + __alignof__(a)", "_Alignof(u64) + _Alignof a"},
	{"(u64){ 1 }", same},
	{"&(struct s){ .a = 1 }", same},
	{"(struct s){ 1 }.a", same},
	{"({ int a = 1; a; }) + 1", same},
	{"__extension__ ({ 1; })", "({ 1; })"},
	{"__real__ a + __imag__ b", same},
	{"_Generic(a, int: 1, const u64 *: 2, default: 3)", "_Generic(a, int: 1, const u64 *: 2, default: 3)"},
	{"_Generic((a), int (*)(void): f, struct s: g)(1)", "_Generic(a, int (*)(void): f, struct s: g)(1)"},
	{"__builtin_offsetof(struct s, a.b[3].c)", same},
	{"__builtin_types_compatible_p(typeof(a), int [])", same},
	{"__builtin_choose_expr(1, a, b + 1)", same},
	{"__builtin_va_arg(ap, u64 *)", same},
	{"__builtin_has_attribute(*(a), nonstring) + __builtin_has_attribute(u64, aligned(8))",
		"__builtin_has_attribute(*a, __nonstring__) + __builtin_has_attribute(u64, __aligned__(8))"},
	{"__builtin_shuffle(a, b)", same},
	{"__builtin_expect(!!(a), 0)", "__builtin_expect(!!a, 0)"},
	{"__builtin_constant_p(a) ? 1 : 2", same},
	{"__func__[0] + __FUNCTION__[1] + __PRETTY_FUNCTION__[2]", same},
	{"a[(b, c)]", "a[b, c]"},
	{"(a = b) == c", same},
	{"(void)0", same},
	{"((struct s *)0)->a", same},
	{"sizeof(char [1 - 2 * !!(a)])", "sizeof(char [1 - 2 * !!a])"},
	{"sizeof(struct { int : -!!(a); })", "sizeof(struct { int : -!!a; })"},
	{"8 ? (void *)((long)(a) * 0l) : (int *)8", "8 ? (void *)((long)a * 0l) : (int *)8"},
}

// literalTests are constants; the printer writes numbers as they stand.
var literalTests = []struct{ src, want string }{
	{"0 + 0x1fUL + 0b101 + 017 + 1ull + 2LLU + 3lu + 0xffffffffffffffff", same},
	{"1.5 + .5f + 1e10 + 0x1.8p-3 + 1.L + 3e-2 + 0x1p3", same},
	{`'a' + '\n' + '\'' + '"' + '\\' + '\0' + '\377' + '\x7f' + '\t'`,
		`'a' + '\n' + '\'' + '"' + '\\' + '\000' + '\377' + '\177' + '\t'`},
	{`'ab' + 'abcd' + '\0a'`, `'ab' + 'abcd' + '\000a'`},
	{`L'a' + u'\u00e9' + U'\U0001F600'`, `L'a' + u'\U000000e9' + U'\U0001f600'`},
	{`"a" "b"  "\x41" "1"`, `"abA1"`},
	{`"\a\b\f\v\r\e\1234"`, `"\007\010\014\013\015\033S4"`},
	{`"\u00e9"`, `"\303\251"`},
	{`u8"a" "b"`, `u8"ab"`},
	{`L"a\n" "b" L"\x12345678" "c"`, `L"a\nb\x12345678" L"c"`},
	{`"\\\"?'"`, `"\\\"?'"`},
}

// stmtTests are statements of a function with a parameter a.
var stmtTests = []struct{ src, want string }{
	{"if (a) b(); else if (c) d(); else e();", same},
	{"if (a) if (b) c(); else d();", same},
	{"if (a) { if (b) c(); } else d();", same},
	{"while (a) ;", same},
	{"do a--; while (a);", same},
	{"do { a--; } while (a);", same},
	{"for (;;) break;", "for (;;) break;"},
	{"for (int i = 0, *p = &i; i < a; i++) continue;", same},
	{"for (a = 0; ; a++, b--) ;", "for (a = 0;; a++, b--) ;"},
	{"switch (a) { case 1: case 2 ... 4: b(); break; default: c(); }", same},
	{"switch (a) case 1: return;", same},
	{"switch (a) { case 1: { b(); } default: ; }", same},
	{"out: a(); goto out;", same},
	{"goto *table[a];", same},
	{"{ __label__ x, y; x: y: ; }", same},
	{"{ x: }", "{ x: ; }"},
	{"x: int b = 1;", same},
	{"return;", same},
	{"return a, 1;", same},
	{";", same},
	{"u64 u64 = 1; u64 = u64 * 2;", same},
	{"u64 *p, (*q)(u64); { int u64; u64 * p; }", same},
	{"typedef int t; t x; { t t; t = 1; } t y;", same},
	{"u64: a = 1;", same},
	{"for (u64 u64 = 1; u64; ) ; u64 x;", "for (u64 u64 = 1; u64;) ; u64 x;"},
	{"enum { u64 = 3 }; a = u64 * 2;", "enum { u64 = 3, }; a = u64 * 2;"},
	{"extern int g(int u64); u64 x;", same},
	{"__auto_type x = a; const __auto_type y = x;", same},
	{"static const char *const s[] = { \"a\" };", "static const char * const s[] = { \"a\" };"},
	{"_Static_assert(1, \"x\");", same},
	{"__extension__ int x;", "int x;"},
	{"__extension__ (a = 1);", "a = 1;"},
	{"struct { int x; } s = { 1 }, *p = &s;", same},
	{"register long r asm(\"r3\") = a;", same},
	{"int v[a];", same},
	{"asm(\"nop\");", same},
	{"__asm__ __volatile__(\"\" : : : \"memory\");", "asm volatile(\"\" : : : \"memory\");"},
	{"asm(\"\" :);", "asm(\"\" : : :);"},
	{"asm inline volatile (\"mov %1,%0\" \"\\n\" : \"=r\" (a), [x] \"+m\" (*p) : [y] \"r\" (b + 1) : \"cc\", \"memory\");",
		"asm volatile inline(\"mov %1,%0\\n\" : \"=r\" (a), [x] \"+m\" (*p) : [y] \"r\" (b + 1) : \"cc\", \"memory\");"},
	{"asm goto(\"b %l0\" : : \"i\" (1) : : x, y); x: y: ;", "asm goto(\"b %l0\" : : \"i\" (1) : : x, y); x: y: ;"},
	{"asm goto(\"b %l[x]\" : \"=r\" (a) ::: x); x: ;", "asm goto(\"b %l[x]\" : \"=r\" (a) : : : x); x: ;"},
	{"a = ({ __label__ l; if (a) goto l; l: 0; });", same},
	{"b(({ u64 x; x; }), ({ ; }));", same},
}

// prelude declares what the tables use.
const prelude = "typedef unsigned int u32; typedef unsigned long u64; struct s { int a; };"

func TestParseDecls(t *testing.T) {
	for _, test := range append(declTests, attrTests...) {
		want := test.want
		if want == same {
			want = flat(test.src)
		}
		if got := reprint(t, test.src); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", test.src, got, want)
		}
	}
}

func TestParseExprs(t *testing.T) {
	for _, test := range append(exprTests, literalTests...) {
		checkInBody(t, test.src+";", test.want+";", test.src, same+";")
	}
}

func TestParseStmts(t *testing.T) {
	for _, test := range stmtTests {
		checkInBody(t, test.src, test.want, test.src, same)
	}
}

// checkInBody reprints src inside a function.
func checkInBody(t *testing.T, src, want, plain, mark string) {
	t.Helper()
	if want == mark {
		want = src
	}
	const head, tail = "void f(int a) { ", " }"
	got := reprint(t, prelude+head+src+tail)
	got = strings.TrimSuffix(got[strings.Index(got, head)+len(head):], tail)
	if got != flat(want) {
		t.Errorf("%s\ngot  %s\nwant %s", plain, got, flat(want))
	}
}

// TestRoundTrip checks that what is printed parses to what prints the same.
func TestRoundTrip(t *testing.T) {
	var srcs []string
	for _, test := range append(declTests, attrTests...) {
		srcs = append(srcs, test.src)
	}
	for _, test := range append(exprTests, literalTests...) {
		srcs = append(srcs, prelude+"void f(int a) {"+test.src+";}")
	}
	for _, test := range stmtTests {
		srcs = append(srcs, prelude+"void f(int a) {"+test.src+"}")
	}
	for _, src := range srcs {
		once := reprint(t, src)
		if twice := reprint(t, once); twice != once {
			t.Errorf("%s\nprinted once  %s\nprinted twice %s", src, once, twice)
		}
	}
}

// describe reads a type aloud, from the name towards the base.
func describe(t TypeExpr) string {
	switch t := t.(type) {
	case *Pointer:
		return "pointer to " + describe(t.Elem)
	case *Array:
		if t.Len == nil {
			return "array of " + describe(t.Elem)
		}
		return fmt.Sprintf("array %s of %s", ExprString(t.Len), describe(t.Elem))
	case *Func:
		var params []string
		for _, p := range t.Params {
			params = append(params, describe(p.Type))
		}
		if t.Variadic {
			params = append(params, "...")
		}
		return fmt.Sprintf("function (%s) returning %s", strings.Join(params, ", "), describe(t.Result))
	case *Qualified:
		return strings.TrimSpace(trimLeft(qualsText(t))) + " " + describe(t.Elem)
	}
	return TypeString(t)
}

func TestDeclarators(t *testing.T) {
	for _, test := range []struct{ src, want string }{
		{"int a", "int"},
		{"int *a[3]", "array 3 of pointer to int"},
		{"int (*a)[3]", "pointer to array 3 of int"},
		{"int a[2][3]", "array 2 of array 3 of int"},
		{"const char *a", "pointer to const char"},
		{"char *const a", "const pointer to char"},
		{"char *const *a", "pointer to const pointer to char"},
		{"int (*a)(int, char *)", "pointer to function (int, pointer to char) returning int"},
		{"int *(*(*a)(void))[2]", "pointer to function () returning pointer to array 2 of pointer to int"},
		{"void (*a(int, void (*)(int)))(int)",
			"function (int, pointer to function (int) returning void) returning pointer to function (int) returning void"},
		{"int a(const char *, ...)", "function (pointer to const char, ...) returning int"},
		{"int (*(*a[2])(void))[3]", "array 2 of pointer to function () returning pointer to array 3 of int"},
		{"int *volatile *restrict a[]", "array of restrict pointer to volatile pointer to int"},
	} {
		file, errs := Parse(unitOf("t.c", test.src+";"), Options{})
		if len(errs) > 0 {
			t.Errorf("%s: %v", test.src, errs)
			continue
		}
		v := file.Decl(0).(*Declaration).Vars[0]
		if got := describe(v.Type); v.Name != "a" || got != test.want {
			t.Errorf("%s\ngot  %s %s\nwant %s", test.src, v.Name, got, test.want)
		}
	}
}

func TestIntLit(t *testing.T) {
	for _, test := range []struct {
		text string
		want IntLit
	}{
		{"0", IntLit{}},
		{"42", IntLit{Value: 42, Decimal: true}},
		{"0x1FuL", IntLit{Value: 31, Unsigned: true, Long: 1}},
		{"017", IntLit{Value: 15}},
		{"0b101", IntLit{Value: 5}},
		{"1LLU", IntLit{Value: 1, Unsigned: true, Long: 2, Decimal: true}},
		{"18446744073709551615u", IntLit{Value: 1<<64 - 1, Unsigned: true, Decimal: true}},
	} {
		x := IntLit{Text: test.text}
		if msg := x.read(); msg != "" {
			t.Errorf("%s: %s", test.text, msg)
		}
		test.want.Text = test.text
		if x != test.want {
			t.Errorf("%s: got %+v, want %+v", test.text, x, test.want)
		}
	}
}

func TestParseExpr(t *testing.T) {
	cache := cpp.NewCache(source.NewSet())
	read := func(path, text string) *cpp.Unit {
		lexed := cache.Lex(cache.Set.Add(path, []byte(text)))
		return &cpp.Unit{Names: cache.Names, Set: cache.Set, Tokens: lexed.Code()}
	}
	file, errs := Parse(read("t.c", "typedef int t; int a;"), Options{})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	for _, test := range []struct{ src, want string }{
		{"a = (t)-1", "a = (t)-1"},
		{"({ t t = a; t; })", "({ t t = a; t; })"},
		{"a b", "<expr>:1:3: expected the end of the expression, found 'b'"},
		{"", "-: expected an expression, found end of input"},
	} {
		x, err := file.ParseExpr(read("<expr>", test.src))
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = flat(ExprString(x))
		}
		if got != test.want {
			t.Errorf("%s\ngot  %s\nwant %s", test.src, got, test.want)
		}
	}
}
