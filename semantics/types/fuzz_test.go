package types_test

import (
	"context"
	"testing"
	"testing/fstest"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// FuzzCheck types whatever parses: no panic, and constants are values of their
// types.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		"struct s { int a : 3; union { long b; char c[4]; }; } v = { .b = 1 }; int f(struct s *p) { return p->a + (int)p->c[1]; }",
		"enum e { A, B = A + 5 } x; int f(void) { switch (x) { case A ... B: return ({ typeof(x) y = x; y; }); } return 0; }",
		"typedef int t __attribute__((aligned(2), mode(DI))); t a[] = { [3] = 1, 2 }; int f(t x) { return sizeof(a) / _Alignof(t); }",
		"int f(int i) { int a[i]; __auto_type p = &a[1]; goto *&&out; out: return __builtin_constant_p(i) ? *p : (i ?: 3); }",
		"struct a { struct b *p; }; struct b { struct a v[2]; } __attribute__((packed)); long f(struct b *q) { return (long)&((struct b *)0)->v[1].p; }",
		"int f(void) { return sizeof(int) == sizeof(*(8 ? ((void *)((long)(5) * 0l)) : (int *)8)); }",
		"unsigned __int128 x = ~(unsigned __int128)0 >> 3; int f(int a, ...) { __builtin_va_list v; return __builtin_va_arg(v, int); }",
		"#pragma pack(push, 2)\nstruct p { char c; long l; };\n#pragma pack(pop)\nint n[__builtin_offsetof(struct p, l)];",
		"void g(); int f(void) { g(1, \"x\"); return _Generic(1u, int: 1, default: ({ 3; })) << 40; }",
		"typedef struct { int x; } T; T f(void) { return (T){ .x = 1, }; } int g(void) { return f().x++; }",
		"typeof(a) a; struct r { typeof(struct r) x; } y; enum { Q = sizeof(enum { R }) } z; int f(int f) { return f(f); }",
		"int x = x ? __builtin_choose_expr(1 / 0, 1, 2) : -(-0x7fffffffffffffffLL - 1) / -1 % 0;",
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, src []byte, big bool) {
		cache := cpp.NewCache(source.NewSet())
		unit, err := cache.Preprocess(context.Background(), "x.c", &cpp.Options{
			FS:     fstest.MapFS{"x.c": {Data: src}},
			Limits: cpp.Limits{Tokens: 20000, Steps: 50000},
		})
		if err != nil {
			return
		}
		file, _ := syntax.Parse(unit, syntax.Options{})
		target := "x86_64"
		if big {
			target = "ppc32"
		}
		u := types.NewUnit(file, &variant(t, target).ABI, types.Options{Opaque: trapTypes()})
		everyBody(u)
		for _, d := range file.Decls() {
			fn, ok := d.(*syntax.FuncDef)
			if !ok {
				continue
			}
			if body, _ := file.Body(fn); body != nil {
				syntax.Inspect(body, func(n syntax.Node) bool {
					if e, ok := n.(syntax.Expr); ok {
						checkConst(t, e)
					}
					return true
				})
			}
		}
	})
}

func checkConst(t *testing.T, e syntax.Expr) {
	k := types.ConstOf(e)
	if k == nil {
		return
	}
	ty := types.TypeOf(e)
	if ty == nil {
		t.Fatalf("%s has a value but no type", syntax.ExprString(e))
	}
	bits := int(k.Type.Size()) * 8
	if b, ok := types.Unqual(k.Type).(*types.Basic); ok {
		bits = b.Bits
	}
	if bits >= 64 {
		return
	}
	want := k.Lo << (64 - bits)
	if types.IsSigned(k.Type) {
		want = uint64(int64(want) >> (64 - bits))
	} else {
		want >>= 64 - bits
	}
	if k.Lo != want {
		t.Fatalf("%s: %#x is no value of %s", syntax.ExprString(e), k.Lo, k.Type)
	}
}
