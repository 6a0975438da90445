package facts

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"ptreview/parse/syntax"
)

// prelude is what the bodies below call.
const prelude = `#include <linux/mm.h>
int a(void); int b(void); int c(int x); void d(void);
__attribute__((noreturn)) void stop(void);
static inline int zero(void) { return 0; }
static inline int one(void) { return 1; }
static inline int either(int x) { if (x) return 1; return 1; }
static inline int depends(int x) { return x; }
static inline int through(int x) { return zero() && depends(x); }
static inline int loops(int x) { return x ? loops(x - 1) : 0; }
static inline int feature(void) { return a(); }
extern int global;
#define call_it(x) do { if (x) d(); } while (0)
`

func TestSites(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"call", "a();", "a"},
		{"in order", "a(); b();", "a, b"},
		{"arguments first", "c(a());", "a, c"},
		{"guard", "if (x) a();", "a[x]"},
		{"else", "if (x) a(); else b();", "a[x], b[!x]"},
		{"comparison", "if (x == 1) a(); else b();", "a[x == 1], b[!(x == 1)]"},
		{"nested", "if (x) { if (y) a(); }", "a[x; y]"},
		{"call as guard", "if (a()) b();", "a, b[a()]"},
		{"early return", "if (x) return 1; a();", "a[!x]"},
		{"early return of else", "if (x) a(); else return 1; b();", "a[x], b[x]"},
		{"early goto", "if (x) goto out; a(); out: b();", "a[!x], b"},
		{"early stop", "if (x) stop(); a();", "stop[x], a[!x]"},
		{"negated guard", "if (!x) return 1; a();", "a[x]"},
		{"double negation", "if (!!x) a();", "a[x]"},
		{"unlikely", "if (unlikely(x)) a();", "a[x]"},
		{"unlikely return", "if (unlikely(!a())) return 0; b();", "a, b[a()]"},
		{"and", "if (x && a()) b();", "a[x], b[x && a()]"},
		{"or", "if (x || a()) b();", "a[!x], b[x || a()]"},
		{"or in return", "return x || a();", "a[!x]"},
		{"conditional", "return x ? a() : b();", "a[x], b[!x]"},
		{"short conditional", "return x ?: b();", "b[!x]"},
		{"while", "while (x) a();", "a[x]"},
		{"for", "for (x = a(); x < b(); x++) c(1);", "a, b, c[x < b()]"},
		{"do", "do { a(); } while (b());", "a, b"},
		{"switch", "switch (x) { case 1: a(); break; default: b(); }", "a[x], b[x]"},
		{"after switch", "switch (x) { case 1: a(); break; } b();", "a[x], b"},
		{"statement expression", "return ({ int z = a(); z + b(); });", "a, b"},
		{"comma", "x = (a(), b());", "a, b"},
		{"initialiser", "int z = a(); struct page p = { .flags = b() };", "a, b"},
		{"index and member", "int t[4]; t[a()] = c(b());", "a, b, c"},
		{"sizeof", "x = sizeof(a());", ""},
		{"typeof", "typeof(a()) z = 1;", ""},
		{"constant_p", "x = __builtin_constant_p(a());", ""},
		{"choose", "x = __builtin_choose_expr(1, a(), b());", "a"},
		{"generic", "x = _Generic(x, int: a(), default: b());", "a"},
		{"pointer", "int (*f)(void) = a; f();", ""},
		{"asm", "asm volatile(\"\" : \"=r\" (x) : \"r\" (a()));", "a"},

		{"if 0", "if (0) a(); b();", "b"},
		{"if 1", "if (1) a(); else b();", "a"},
		{"IS_ENABLED", "if (IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE)) a(); else b();", "a"},
		{"not IS_ENABLED", "if (!IS_ENABLED(CONFIG_NONE)) a(); else b();", "a"},
		{"sizeof in condition", "if (sizeof(long) == 8) a(); else b();", "a"},
		{"constant and", "if (zero() && x) a();", "zero"},
		{"and constant", "if (x && zero()) a();", "zero[x]"},
		{"constant or", "if (one() || a()) b();", "one, b"},
		{"predicate", "if (zero()) a();", "zero"},
		{"predicate with paths", "if (either(x)) a(); else b();", "either, a"},
		{"predicate that depends", "if (depends(x)) a();", "depends, a[depends(x)]"},
		{"predicate through others", "if (through(x)) a();", "through"},
		{"recursion", "if (loops(x)) a();", "loops, a[loops(x)]"},
		{"unlikely predicate", "if (unlikely(zero())) a();", "zero"},
		{"predicate return", "if (!zero()) return 1; a();", "zero"},
		{"behind return", "return 1; a();", ""},
		{"behind goto", "goto out; a(); out: b();", "b"},
		{"behind stop", "stop(); a();", "stop"},
		{"behind endless loop", "for (;;) a(); b();", "a"},
		{"behind loop with break", "for (;;) { if (x) break; a(); } b();", "a[!x], b"},
		{"behind endless while", "while (1) { if (x) return 1; } a();", ""},
		{"inner break", "for (;;) { while (x) break; a(); } b();", "a"},
		{"dead loop", "while (0) a();", ""},
		{"do once", "do { a(); } while (0); b();", "a, b"},
		{"label in dead code", "if (0) { out: a(); } if (x) goto out;", "a"},
		{"case in dead code", "switch (x) { a(); case 1: b(); }", "a[x], b[x]"},
		{"ternary constant", "return zero() ? a() : b();", "zero, b"},
		{"mask", "if (x & 0) a();", ""},
		{"machine says no", "if (feature()) a(); else b();", "feature, b"},
		{"assigned is not constant", "int z = 0; if (z) a();", "a[z]"},

		{"trap", "BUG();", "BUG!"},
		{"behind trap", "BUG(); a();", "BUG!"},
		{"condition of trap", "BUG_ON(x); a();", "BUG_ON!, a"},
		{"trap that cannot fire", "BUG_ON(0); BUG_ON(zero()); a();", "zero, a"},
		{"trap that must fire", "BUG_ON(1); a();", "BUG_ON!"},
		{"warning", "WARN_ON(x); a();", "WARN_ON!, a"},
		{"warning that must fire", "WARN_ON(1); a();", "WARN_ON!, a"},
		{"warning as guard", "if (WARN_ON(x)) return 1; a();", "WARN_ON!, a[!WARN_ON(x)]"},
		{"guarded trap", "if (x) BUG();", "BUG![x]"},
		{"assertion that is off", "VM_BUG_ON(x);", ""},
		{"through macro", "call_it(x);", "d[x]"},
	}
	for _, tt := range tests {
		src := prelude + "int f(int x, int y)\n{\n\t" + tt.body + "\n\treturn 0;\n}\n"
		g, f := functionIn(t, src, "f", map[string]bool{"feature": false})
		var got []string
		for _, s := range g.Sites(f) {
			text := s.Callee
			if s.Trap != nil {
				text += "!"
			}
			if len(s.Guards) > 0 {
				text += "[" + strings.Join(s.Guards, "; ") + "]"
			}
			got = append(got, text)
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("%s: %s\n\tgot  %q\n\twant %q", tt.name, tt.body, s, tt.want)
		}
	}
}

// TestFold compares folded return values of functions of one argument.
func TestFold(t *testing.T) {
	tests := []struct{ expr, want string }{
		{"0", "0"}, {"1 + 2", "3"}, {"-1", "-1"}, {"~0", "-1"}, {"!5", "0"},
		{"zero() || one()", "1"}, {"zero() | 2", "2"}, {"x && 0", "0"}, {"x || 1", "1"},
		{"x & 0", "0"}, {"x * zero()", "0"}, {"x", "unknown"}, {"x - x", "unknown"},
		{"x ? 1 : 1", "1"}, {"x ? 1 : 2", "unknown"}, {"zero() ? x : 3", "3"}, {"one() ?: x", "1"},
		{"(x, 4)", "4"}, {"({ a(); 7; })", "7"}, {"({ int z = 3; z; })", "unknown"},
		{"(unsigned char)one()", "1"}, {"(_Bool)zero()", "0"}, {"(char)(one() + 299)", "unknown"},
		{"zero() < one()", "1"}, {"one() - 2 < zero()", "unknown"}, {"zero() == one()", "0"},
		{"either(x)", "1"}, {"depends(x)", "unknown"}, {"feature()", "0"}, {"a()", "unknown"},
		{"__builtin_expect(zero(), 1)", "0"}, {"one() / zero()", "unknown"}, {"one() << 70", "unknown"},
		{"sizeof(struct page) > 0", "1"}, {"global", "unknown"}, {"loops(x)", "unknown"},
		{"has_transparent_hugepage()", "1"}, {"pmd_trans_huge((pmd_t) { 0 })", "unknown"},
	}
	for _, tt := range tests {
		g, f := functionIn(t, prelude+"int f(int x)\n{\n\treturn "+tt.expr+";\n}\n", "f", map[string]bool{"feature": false})
		ret := f.Body.Items[0].(*syntax.Return)
		v := g.fold(&scope{f.Unit}, ret.X)
		got := "unknown"
		if v.ok {
			got = fmt.Sprint(v.n)
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.expr, got, tt.want)
		}
	}
}

func TestReaches(t *testing.T) {
	const src = `#include <linux/mm.h>
static void ends(void) { BUG(); }
static void warns(int x) { WARN_ON(x); }
#define inner(x) ends()
#define outer(x) do { if (x) inner(x); } while (0)
#define id(x) x
static void middle(int x) { outer(x); }
static void never(int x) { if (0) ends(); }
static void round(int x);
static void square(int x) { round(x); }
static void round(int x) { square(x); warns(x); }
void direct(int x) { ends(); }
void guarded(int x, int y) { if (y) middle(x); }
void twice(int x) { ends(); middle(x); }
void argument(int x) { id(ends()); }
void dead(int x) { never(x); }
void cycle(int x) { round(x); }
void own(int x) { BUG_ON(x); }
void trapmacro(int x) { id(BUG()); }
`
	tests := []struct{ entry, want string }{
		{"direct", "direct > ends: BUG"},
		{"guarded", "guarded[y] > middle[x] > outer/ > inner/ > ends: BUG"},
		{"twice", "twice > ends: BUG; twice > middle[x] > outer/ > inner/ > ends: BUG"},
		{"argument", "argument > ends: BUG"},
		{"dead", ""},
		{"cycle", "cycle > round > warns: WARN_ON"},
		{"own", "own: BUG_ON"},
		{"trapmacro", "trapmacro: BUG"},
	}
	for _, tt := range tests {
		g, f := functionIn(t, src, tt.entry, nil)
		reaches, gaps, err := g.Reaches(f, Query{Sites: g.Sites(f), Follow: func(string) bool { return true }})
		if err != nil || len(gaps) > 0 {
			t.Errorf("%s: got gaps %v, error %v", tt.entry, gaps, err)
		}
		var got []string
		for _, r := range reaches {
			got = append(got, pathText(r)+": "+r.Trap.Name)
		}
		if s := strings.Join(got, "; "); s != tt.want {
			t.Errorf("%s: got %q, want %q", tt.entry, s, tt.want)
		}
	}
}

func pathText(r *Reach) string {
	var steps []string
	for _, s := range r.Path {
		text := s.Name
		if s.Macro {
			text += "/"
		}
		if len(s.Guards) > 0 {
			text += "[" + strings.Join(s.Guards, "; ") + "]"
		}
		steps = append(steps, text)
	}
	return strings.Join(steps, " > ")
}

// TestReachPlaces checks files and lines of a path through macros.
func TestReachPlaces(t *testing.T) {
	const src = "#include <linux/mm.h>\n" +
		"#define stop_if(x) \\\n\tdo { \\\n\t\tif (x) \\\n\t\t\tBUG(); \\\n\t} while (0)\n" + // lines 2 to 6
		"static void f(int x)\n{\n\tstop_if(x);\n}\n" + // 7 to 10
		"void g(int x)\n{\n\tf(x);\n}\n"
	graph, g := functionIn(t, src, "g", nil)
	reaches, _, err := graph.Reaches(g, Query{Sites: graph.Sites(g), Follow: func(string) bool { return true }})
	if err != nil || len(reaches) != 1 {
		t.Fatalf("got %d paths, error %v; want 1", len(reaches), err)
	}
	r := reaches[0]
	var got []string
	for _, s := range r.Path {
		got = append(got, fmt.Sprintf("%s:%d", s.Name, graph.set.Position(s.Pos).Line))
	}
	if s := strings.Join(got, " "); s != "g:13 f:9 stop_if:5" {
		t.Errorf("got lines %q, want %q", s, "g:13 f:9 stop_if:5")
	}
	if r.Helper != "stop_if" || r.File != "mm/memory.c" || r.Line != 5 {
		t.Errorf("got %s at %s:%d, want stop_if at mm/memory.c:5", r.Helper, r.File, r.Line)
	}
	if want := "g[]>f[x]>stop_if[]>BUG"; r.Key() != want {
		t.Errorf("got key %q, want %q", r.Key(), want)
	}
}

// TestReachesOtherUnit checks calls of functions that another file defines.
func TestReachesOtherUnit(t *testing.T) {
	tr := demoTree(map[string]string{
		"mm/memory.c":         "#include <linux/mm.h>\nint far(int x);\nint twin(int x);\nint near(int x)\n{\n\treturn far(x);\n}\nint lost(int x)\n{\n\treturn twin(x);\n}\n",
		"mm/other.c":          "#include <linux/mm.h>\nstatic int twin(int x)\n{\n\tBUG();\n}\nint other(int x)\n{\n\treturn twin(x);\n}\n",
		"arch/x86/mm/fault.c": "#include <linux/mm.h>\nint far(int x)\n{\n\tBUG_ON(x);\n\treturn 0;\n}\n",
		"mm/Makefile":         "obj-y += memory.o other.o\n",
		"drivers/gpu/far.c":   "int far(int x)\n{\n\treturn 0;\n}\n",
	})
	p := demoProgram(t, tr, "x86", "x86_64_defconfig")
	u, err := p.Read(context.Background(), "mm/memory.c")
	if err != nil {
		t.Fatal(err)
	}
	for entry, want := range map[string]string{"near": "near > far in arch/x86/mm/fault.c", "lost": ""} {
		for _, follow := range []bool{true, false} {
			g := NewGraph(context.Background(), p, p.Reader.Set(), nil)
			f, err := g.Function(u, entry)
			if err != nil {
				t.Fatal(err)
			}
			reaches, gaps, err := g.Reaches(f, Query{Sites: g.Sites(f), Follow: func(string) bool { return follow }})
			if err != nil || len(gaps) > 0 {
				t.Errorf("%s: got gaps %v, error %v", entry, gaps, err)
			}
			got := ""
			for _, r := range reaches {
				got += pathText(r) + " in " + r.File
			}
			if follow && got != want || !follow && got != "" {
				t.Errorf("%s, followed %v: got %q, want %q", entry, follow, got, want)
			}
		}
	}
}
