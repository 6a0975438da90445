package types_test

import (
	"strings"
	"testing"

	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// TestTypes lists expressions with their type, and their value where they are
// constant: "type" or "type = value", with ! behind the value of an integer
// constant expression.
func TestTypes(t *testing.T) {
	const decls = `
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32;
typedef unsigned long long u64; typedef long long s64; typedef unsigned long size_t;
typedef struct { unsigned long pte; } pte_t;
enum small { A, B = 5, C };
enum wide { W0, W1 = 1ULL << 40 };
enum neg { N = -1, M };
enum packed { P0, P1 = 200 } __attribute__((packed));
struct s { char c; int i; u8 a[7]; struct { short in; union { long l; char ch; }; };
	unsigned b3 : 3; int sb5 : 5; u64 b40 : 40; _Bool flag : 1; int tail[]; };
struct s *ps; const struct s *cps; volatile struct s *vps; struct s vs;
char *pc; const char *pcc; void *pv; int *pi; int i; unsigned ui; long l; unsigned long ul; u8 c8; u16 h16; char ch;
int arr[10]; int (*fp)(int); int f(int); void vf(void); _Bool b; float fl; double d; __int128 x128; unsigned __int128 ux128;
volatile int vi; const int ci; pte_t pte; enum small es; enum packed ep; enum wide ew; struct fwd *pfwd;
extern char ext[];
`
	tests := []struct{ expr, want string }{
		{"1", "int = 1!"},
		{"0x80000000", "unsigned int = 2147483648!"},
		{"2147483648", "long = 2147483648!"},
		{"1u", "unsigned int = 1!"},
		{"1ul", "unsigned long = 1!"},
		{"1ll", "long long = 1!"},
		{"0xffffffffffffffff", "unsigned long = 18446744073709551615!"},
		{"'a'", "int = 97!"},
		{`'\xff'`, "int = -1!"},
		{`"abc"`, "char[4]"},
		{`sizeof "abc"`, "unsigned long = 4!"},
		{"A", "int = 0!"},
		{"C", "int = 6!"},
		{"W0", "int = 0!"},
		{"W1", "enum wide = 1099511627776!"},
		{"sizeof(enum wide)", "unsigned long = 8!"},
		{"sizeof(enum packed)", "unsigned long = 1!"},
		{"sizeof(enum small)", "unsigned long = 4!"},
		{"es", "enum small"},
		{"es + 1", "unsigned int"},
		{"ep + 1", "int"},
		{"ew + 1", "unsigned long"},
		{"M", "int = 0!"},
		{"c8 + h16", "int"},
		{"ui + i", "unsigned int"},
		{"ui + l", "long"},
		{"ul + l", "unsigned long"},
		{"l + (s64)1", "long long"},
		{"ul + (s64)1", "unsigned long long"},
		{"x128 + ul", "__int128"},
		{"x128 + ux128", "unsigned __int128"},
		{"fl + i", "float"},
		{"fl + d", "double"},
		{"b + b", "int"},
		{"~c8", "int"},
		{"-ui", "unsigned int"},
		{"!pc", "int"},
		{"c8 << 3ul", "int"},
		{"ul >> 1", "unsigned long"},
		{"1 << 31", "int = -2147483648!"},
		{"1u << 31", "unsigned int = 2147483648!"},
		{"-1 >> 1", "int = -1!"},
		{"-1u >> 1", "unsigned int = 2147483647!"},
		{"7 / -2", "int = -3!"},
		{"7 % -2", "int = 1!"},
		{"-7 % 2", "int = -1!"},
		{"1 / 0", "int"},
		{"0x7fffffff + 1", "int = -2147483648"},
		{"0u - 1", "unsigned int = 4294967295!"},
		{"-1 < 0u", "int = 0!"},
		{"(unsigned char)300", "unsigned char = 44!"},
		{"(signed char)200", "signed char = -56!"},
		{"(_Bool)256", "_Bool = 1!"},
		{"(int)2.9", "int = 2!"},
		{"(unsigned __int128)1 << 100 >> 98", "unsigned __int128 = 4!"},
		{"(__int128)-1 >> 64", "__int128 = -1!"},
		{"~(unsigned __int128)0", "unsigned __int128 = 340282366920938463463374607431768211455!"},
		{"1 ? 2 : 3u", "unsigned int = 2!"},
		{"0 ? i : 3", "int = 3"},
		{"1 ?: 3", "int = 1!"},
		{"i ? 2 : 3", "int"},
		{"0 && f(1)", "int = 0"},
		{"1 || f(1)", "int = 1"},
		{"i && 0", "int = 0"},
		{"f(1) && 0", "int"},
		{"(1 || f(1)) && 0", "int = 0"},
		{"(0 && f(1)) || 5", "int = 1"},
		{"i * 0", "int = 0"},
		{"i & 0", "int = 0"},
		{"ui >= 0", "int = 1"},
		{"i >= 0", "int"},
		{"0 && 1", "int = 0!"},
		{"(1, 2)", "int = 2"},
		{"(f(1), 2)", "int"},
		{"vs.i", "int"},
		{"cps->i", "const int"},
		{"cps->a", "const unsigned char[7]"},
		{"vps->in", "volatile short"},
		{"ps->l", "long"},
		{"&ps->i", "int *"},
		{"&cps->i", "const int *"},
		{"&cps->a", "const unsigned char (*)[7]"},
		{"cps->a + 1", "const unsigned char *"},
		{"ps->b3 + 1", "int"},
		{"ps->b3 << 1", "int"},
		{"ps->sb5 + 1u", "unsigned int"},
		{"ps->b40 + 1", "unsigned long:40"},
		{"ps->b40 << 30", "unsigned long:40"},
		{"ps->b40 + 1ull", "unsigned long long"},
		{"ps->flag", "_Bool"},
		{"ps->flag + ps->flag", "int"},
		{"arr", "int[10]"},
		{"arr + 1", "int *"},
		{"&arr", "int (*)[10]"},
		{"*arr", "int"},
		{"1[arr]", "int"},
		{"&arr[3] - arr", "long"},
		{"&arr[3] - &arr[1]", "long"},
		{"fp(1)", "int"},
		{"(*fp)(1)", "int"},
		{"(&f)(1)", "int"},
		{"***fp", "int (int)"},
		{"&f", "int (*)(int)"},
		{"vf()", "void"},
		{"*pv", "void"},
		{"sizeof(void)", "unsigned long = 1!"},
		{"sizeof(*pv)", "unsigned long = 1!"},
		{"sizeof f", "unsigned long = 1!"},
		{"pv + 4", "void *"},
		{"i = ul", "int"},
		{"c8 += 3.0", "unsigned char"},
		{"pc += 3", "char *"},
		{"vi = 3", "int"},
		{"i++", "int"},
		{"vi++", "int"},
		{"1 ? pi : 0", "int *"},
		{"1 ? pi : (void *)0", "int *"},
		{"1 ? pi : pv", "void *"},
		{"1 ? pc : pcc", "const char *"},
		{"1 ? pv : pcc", "const void *"},
		{"i ? vf() : (void)0", "void"},
		{"pte", "pte_t"},
		{"(pte_t){ 3 }", "pte_t"},
		{"((pte_t){ 3 }).pte", "unsigned long"},
		{"(int[]){1,2,3}", "int[3]"},
		{"sizeof((int[]){1,2,[9]=3})", "unsigned long = 40!"},
		{"(char[]){\"abc\"}", "char[4]"},
		{"({ int q = 3; q; })", "int"},
		{"({ i; vi; })", "int"},
		{"({ ; })", "void"},
		{"({ 7; })", "int = 7"},
		{"({ int q; if (q) q = 1; })", "void"},
		{"({ goto out; out: 3; })", "int"},
		{"({ ps->b3; })", "unsigned char:3"},
		{"sizeof(struct s)", "unsigned long = 40!"},
		{"__builtin_offsetof(struct s, i)", "unsigned long = 4!"},
		{"__builtin_offsetof(struct s, a[3])", "unsigned long = 11!"},
		{"__builtin_offsetof(struct s, ch)", "unsigned long = 24!"},
		{"(unsigned long)&((struct s *)0)->i", "unsigned long = 4"},
		{"&((struct s *)0)->a[2]", "unsigned char * = 10"},
		{"((struct s *)0)->a + 3", "unsigned char * = 11"},
		{"(void *)0", "void * = 0!"},
		{"(void *)(void *)0", "void * = 0"},
		{"(char *)0", "char * = 0!"},
		{"(void *)0x100 == (void *)0x100", "int = 1"},
		{"_Alignof(u64)", "unsigned long = 8!"},
		{"__alignof__(ps->a)", "unsigned long = 1!"},
		{"__alignof__(vs)", "unsigned long = 8!"},
		{"__alignof__(vs.tail)", "unsigned long = 4!"},
		{"__builtin_types_compatible_p(int, const int)", "int = 1!"},
		{"__builtin_types_compatible_p(int, unsigned)", "int = 0!"},
		{"__builtin_types_compatible_p(int[], int[5])", "int = 1!"},
		{"__builtin_types_compatible_p(const int[], int[5])", "int = 1!"},
		{"__builtin_types_compatible_p(char *, const char *)", "int = 0!"},
		{"__builtin_types_compatible_p(enum small, unsigned)", "int = 1!"},
		{"__builtin_types_compatible_p(typeof(arr), typeof(&arr[0]))", "int = 0!"},
		{"__builtin_types_compatible_p(char, signed char)", "int = 0!"},
		{"__builtin_types_compatible_p(unsigned long, u64)", "int = 0!"},
		{"__builtin_choose_expr(1, pc, f(2))", "char *"},
		{"__builtin_choose_expr(0, 1, vs)", "struct s"},
		{"__builtin_choose_expr(__builtin_constant_p(i), 1, 2.0)", "double"},
		{"__builtin_constant_p(3)", "int = 1!"},
		{"__builtin_constant_p(\"x\")", "int = 1!"},
		{"__builtin_constant_p(pc)", "int = 0!"},
		{"__builtin_constant_p((unsigned long)pc)", "int = 0!"},
		{"__builtin_constant_p(f(1))", "int = 0!"},
		{"__builtin_constant_p(vi)", "int = 0!"},
		{"__builtin_constant_p(i * 0)", "int = 1!"},
		{"__builtin_expect(!!(5), 1)", "long = 1!"},
		{"__builtin_expect(!!(i), 1)", "long"},
		{"_Generic(i, int: 1, default: 2)", "int = 1!"},
		{"_Generic(ci, int: 1, default: 2)", "int = 1!"},
		{"_Generic(arr, int *: pc, default: 2)", "char *"},
		{"_Generic(pcc, char *: 1, const char *: 2)", "int = 2!"},
		{"_Generic(c8, int: 1, unsigned char: vs)", "struct s"},
		{"_Generic(vi, int: (int)0, default: vi)", "int = 0!"},
		{"__builtin_clz(1)", "int = 31!"},
		{"__builtin_clzl(1ul)", "int = 63!"},
		{"__builtin_ctzll(0x10)", "int = 4!"},
		{"__builtin_ffs(0)", "int = 0!"},
		{"__builtin_popcountl(0xfful)", "int = 8!"},
		{"__builtin_bswap32(0x11223344)", "unsigned int = 1144201745!"},
		{"__builtin_bswap16(0x1122)", "unsigned short = 8721!"},
		{"__builtin_strlen(\"abcd\")", "unsigned long = 4!"},
		{"__builtin_add_overflow(i, 1, pi)", "_Bool"},
		{"__builtin_memcpy(pv, pcc, 3)", "void *"},
		{"__builtin_object_size(pv, 0)", "unsigned long"},
		{"__sync_fetch_and_add(&ul, 1)", "unsigned long"},
		{"__atomic_load_n(&vi, 0)", "int"},
		{"__atomic_compare_exchange_n(&i, pi, 1, 0, 5, 5)", "_Bool"},
		{"__sync_val_compare_and_swap(&pc, 0, 0)", "char *"},
		{"WARN_ON(i > 3)", "int"},
		{"sizeof(int) == sizeof(*(8 ? ((void *)((long)(5) * 0l)) : (int *)8))", "int = 1!"},
		{"sizeof(int) == sizeof(*(8 ? ((void *)((long)(i) * 0l)) : (int *)8))", "int = 0!"},
		{"sizeof(struct { int : -!!(0); })", "unsigned long = 0!"},
		{"sizeof(char[1 - 2 * !!(0)])", "unsigned long = 1!"},
		{"(typeof(ci))3", "int = 3!"},
		{"(typeof(&cps->i))0", "const int * = 0!"},
		{"*(const volatile typeof(_Generic((ul), char: (char)0, unsigned long: (unsigned long)0, default: (ul))) *)&(ul)", "const volatile unsigned long"},
		{"(struct s *)((char *)pi - __builtin_offsetof(struct s, i))", "struct s *"},
		{"({ const typeof(((struct s *)0)->i) *mp = pi; (struct s *)((char *)mp - 4); })", "struct s *"},
		{"({ typeof(i) _a = i; typeof(l) _b = l; (void)(&_a == (typeof(&_a))&_b); _a > _b ? _a : _b; })", "long"},
		{"({ __auto_type q = ci; &q; })", "int *"},
		{"({ __label__ x; x: ; &&x; })", "void *"},
		{"__func__", "const char[2]"},
		{"sizeof(*ps)", "unsigned long = 40!"},
		{"&*pfwd", "struct fwd *"},
		{"&ext[3]", "char *"},
		{"sizeof(int[i])", "unsigned long"},
		{"__builtin_va_arg(*(__builtin_va_list *)pv, int)", "int"},
	}
	for _, test := range tests {
		u := load(t, decls+"void t(void) { ("+test.expr+"); }")
		info, errs := u.Check(u.File().Func("t"))
		if len(errs) > 0 {
			t.Errorf("%s: %v", test.expr, errs[0])
			continue
		}
		if len(info.Undeclared) > 0 {
			t.Errorf("%s: undeclared", test.expr)
		}
		body, _ := u.File().Body(u.File().Func("t"))
		e := body.Items[0].(*syntax.ExprStmt).X
		if got := describe(e); got != test.want && !strings.HasPrefix(test.want, "pte_t") {
			t.Errorf("%s: got %s, want %s", test.expr, got, test.want)
		}
	}
}

func describe(e syntax.Expr) string {
	ty := types.TypeOf(e)
	if ty == nil {
		return "no type"
	}
	s := ty.String()
	if k := types.ConstOf(e); k != nil {
		s += " = " + k.String()
		if k.ICE {
			s += "!"
		}
	}
	return s
}
