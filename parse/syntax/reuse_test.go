package syntax_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/parse/syntax/syntaxtest"
)

// TestReuse parses units that share headers one after the other: what each
// stretch of tokens was before must not change what it is now.
func TestReuse(t *testing.T) {
	const header = "#include \"h.h\"\n"
	tests := []struct{ h, first, second string }{
		{"int f(T);\n", "typedef int T;\n" + header, header},
		{"int f(T);\n", header, "typedef int T;\n" + header},
		{"int a; int f(T); int b;\n", header, header},
		{"int f(int U, T U);\n", "typedef int T;\n" + header, "typedef int T; typedef int U;\n" + header},
		{"typedef int T; T a; int f(int T, int a[sizeof(T)]); T b;\n", header, "typedef int T;\n" + header},
		{"typedef int T, *P, V[sizeof(T)]; typedef T T;\n", header, header},
		{"int a; }; int c;\n", "struct s {\n" + header, header},
		{"int a; }; int c; struct t {\n", "struct s {\n" + header + "int d; };\n", "int z;\nstruct s {\n" + header + "int e; };\n"},
		{"return 1; } int g(void) { return 2; }\n", "int f(void) {\n" + header, "int f(void) { if (1) {\n" + header + "}\n"},
		{"int f(void) { return 1; }\n", header, "int f(void) { return 2; }\n" + header + "int x[];;\n"},
		{"enum e { A, B }; struct t { enum { C } c; struct u { int d; } u, *v; }; ;\n", header, "struct e; struct u;\n" + header},
		{"struct s { int a; }; union s; struct s *p(struct q *, union r { int a; } *);\n", header, header + header},
		{"int old(a, b) int a; T b; { return a; }\n", "typedef long T;\n" + header, "typedef char T;\nint a;\n" + header},
		{"_Static_assert(sizeof(T) > 1, \"m\"); asm(\"nop\"); int v = sizeof(T);\n", "typedef long T;\n" + header, "int T;\n" + header},
		{"typeof(T) x; typeof(struct n { int i; }) y, z;\n", "typedef long T;\n" + header, "int T;\n" + header},
		{"typedef int W[sizeof(T)], T, V[sizeof(T)];\n", header, header},
		{";;\n;\n", header, header},
	}
	for i, test := range tests {
		cache := cpp.NewCache(source.NewSet())
		fsys := fstest.MapFS{"h.h": {Data: []byte(test.h)}}
		for n, main := range []string{test.first, test.second, test.first, test.second} {
			name := fmt.Sprintf("%d.c", n)
			fsys[name] = &fstest.MapFile{Data: []byte(main)}
			reused := parseSame(t, cache, fsys, name)
			if t.Failed() {
				t.Fatalf("test %d, unit %d", i, n)
			}
			if n > 1 && reused == 0 {
				t.Errorf("test %d: no token was taken over", i)
			}
		}
	}
}

// parseSame parses a file and compares it with what it is afresh; it returns
// how many tokens other units had.
func parseSame(t testing.TB, cache *cpp.Cache, fsys fstest.MapFS, name string) int {
	t.Helper()
	u, err := cache.Preprocess(context.Background(), name, &cpp.Options{FS: fsys})
	if err != nil {
		t.Fatal(err)
	}
	file, errs := syntax.Parse(u, syntax.Options{})
	syntaxtest.SameAfresh(t, file, errs)
	syntaxtest.SameBodies(t, file)
	return u.Reused
}

// pieces are what random headers are made of.
var pieces = []string{
	"typedef int T;\n", "typedef struct s T;\n", "typedef T *U, V[2];\n", "T a;\n", "int f(T);\n", "int f(T x, U *y);\n",
	"struct s { T a; struct u { int b; } c; };\n", "struct s;\n", "enum e { A, B = sizeof(T) };\n", "union u *p;\n",
	"static inline int g(T T) { return T; }\n", "static int h(U a) {\n", "}\n", "};\n", "struct w {\n", "T m;\n", "int k = (T)1;\n",
	"#ifdef M\n", "#endif\n", "#define M\n", "#undef M\n", "#define T int\n", "#undef T\n", "int (*q)(T, int), r;\n", "int x[sizeof(T)];\n",
	"_Static_assert(sizeof(T), \"\");\n", ";\n", "int f(a, b) int a; T b; {\n", "int (T);\n", "int T, b;\n", "int n(int T, T b);\n",
	"typeof(T) y;\n", "typedef int W[sizeof(T)], T;\n",
}

func randomReuse(t testing.TB, seed uint64) (reused int) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	fsys := make(fstest.MapFS)
	write := func(name string, headers int) {
		var b strings.Builder
		for range rnd.IntN(12) {
			if k := rnd.IntN(len(pieces) + headers); k < len(pieces) && rnd.IntN(4) > 0 || headers == 0 {
				b.WriteString(pieces[k])
			} else {
				fmt.Fprintf(&b, "#include \"%d.h\"\n", k%headers)
			}
		}
		fsys[name] = &fstest.MapFile{Data: []byte(b.String())}
	}
	for i := range 3 {
		write(fmt.Sprintf("%d.h", i), i)
	}
	cache := cpp.NewCache(source.NewSet())
	for i := range 6 {
		name := fmt.Sprintf("%d.c", i)
		write(name, 3)
		reused += parseSame(t, cache, fsys, name)
		if t.Failed() {
			t.Fatalf("seed %d, %s", seed, name)
		}
	}
	return reused
}

func TestReuseRandom(t *testing.T) {
	reused := 0
	for seed := range uint64(500) {
		reused += randomReuse(t, seed)
	}
	if reused < 10_000 {
		t.Errorf("only %d tokens were taken over", reused)
	}
}

func FuzzReuse(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { randomReuse(t, seed) })
}

// TestConcurrentDecls asks for declarations of a unit that others parse at the
// same time.
func TestConcurrentDecls(t *testing.T) {
	cache := cpp.NewCache(source.NewSet())
	var h strings.Builder
	for i := range 200 {
		fmt.Fprintf(&h, "typedef int t%d; struct s%d { t%d a; }; static inline t%d f%d(struct s%d *p) { return p->a; }\n", i, i, i, i, i, i)
	}
	fsys := fstest.MapFS{"h.h": {Data: []byte(h.String())}, "a.c": {Data: []byte("#include \"h.h\"\n")}}
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			u, err := cache.Preprocess(context.Background(), "a.c", &cpp.Options{FS: fsys})
			if err != nil {
				t.Error(err)
				return
			}
			file, errs := syntax.Parse(u, syntax.Options{})
			if len(errs) > 0 || file.Len() != 600 {
				t.Error(file.Len(), errs)
			}
			var inner sync.WaitGroup
			for range 3 {
				inner.Add(1)
				go func() {
					defer inner.Done()
					for i := range 200 {
						fn := file.Func(fmt.Sprintf("f%d", i))
						if _, err := file.Body(fn); err != nil || file.Decl(3*i+2) != syntax.Decl(fn) {
							t.Error(i, err)
						}
					}
				}()
			}
			inner.Wait()
		}()
	}
	wg.Wait()
}
