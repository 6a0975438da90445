package exec_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
	"ptreview/semantics/types"
)

// TestUnits resolves names across units, as a linker does.
func TestUnits(t *testing.T) {
	a := `
	extern int shared; int helper(int); static int hidden = 1; int weak_one(void); extern int table[];
	static int same(void) { return 10; }
	int f(void) { return helper(shared) + hidden + same() + weak_one() + table[1]; }
	int __attribute__((weak)) weak_one(void) { return 1000; }
	int alias_of(int) __attribute__((alias("aliased")));
	int aliased(int x) { return x + 7; }
	int (*pointer(void))(int) { return helper; }`
	b := `
	int shared = 5; static int hidden = 100; int table[3] = { 1, 20000, 3 };
	static int same(void) { return 20; }
	int weak_one(void) { return 500; }
	int alias_of(int);
	int helper(int x) { return x * 2 + hidden + same() + alias_of(0); }
	int (*pointer(void))(int); int equal(void) { return pointer() == helper; }`
	p := program(t, "x86_64", a, b)
	if r := call(t, p, "f"); r.Return != bits.Const(32, 10+100+20+7+1+10+500+20000) || !r.Exact() {
		t.Errorf("got %s", outcome(r, nil))
	}
	if r := call(t, p, "equal"); r.Return != bits.Const(32, 1) {
		t.Errorf("function pointers of two units: got %s", outcome(r, nil))
	}
}

// TestMoreUnits reads a unit when a name needs it, after a variable of it has
// been written.
func TestMoreUnits(t *testing.T) {
	asked := 0
	first := readUnit(t, "x86_64", `extern int size, other; int helper(void); int f(void) { return helper() * 100 + size * 10 + other; }`)
	more := func(name string) (*types.Unit, error) {
		if name != "helper" {
			return nil, nil
		}
		asked++
		return readUnit(t, "x86_64", `int size = 3, other = 2; int helper(void) { return size; }`), nil
	}
	p := exec.NewProgram(&variantNamed("x86_64").ABI, []*types.Unit{first}, more)
	m := exec.New(p, exec.Options{})
	if _, err := m.Eval(context.Background(), first, "size = 4"); err != nil {
		t.Fatal(err)
	}
	r, err := m.Call(context.Background(), "f")
	if err != nil || r.Return != bits.Const(32, 442) || asked != 1 {
		t.Errorf("got %s, %d units read", outcome(r, err), asked)
	}
}

func TestFeatures(t *testing.T) {
	src := `
	enum { FTR_RADIX = 0x40, FTR_OTHER = 1 };
	_Bool radix_enabled(void) { return 1; }
	static inline int mmu_has_feature(unsigned long f) { return f & 1; }
	int f(void) { return radix_enabled() * 100 + mmu_has_feature(FTR_RADIX) * 10 + mmu_has_feature(FTR_OTHER); }`
	p := program(t, "x86_64", src)
	tests := []struct {
		features map[string]bool
		want     uint64
	}{
		{nil, 101},
		{map[string]bool{"radix_enabled": false}, 1},
		{map[string]bool{"radix_enabled()": true, "mmu_has_feature(FTR_RADIX)": true}, 111},
		{map[string]bool{"mmu_has_feature": false}, 100},
	}
	for _, tt := range tests {
		r, err := exec.New(p, exec.Options{Features: tt.features}).Call(context.Background(), "f")
		if err != nil || r.Return != bits.Const(32, tt.want) {
			t.Errorf("%v: got %s, want %d", tt.features, outcome(r, err), tt.want)
		}
	}
}

// TestStaticBranch runs the four combinations of static_branch_likely and its
// counterpart over a key that is on and one that is off.
func TestStaticBranch(t *testing.T) {
	src := `
	typedef struct { int counter; } atomic_t;
	struct static_key { atomic_t enabled; };
	static _Bool arch_static_branch(struct static_key *key, const _Bool branch) { asm goto("1: nop" : : : : yes); return 0; yes: return 1; }
	static _Bool arch_static_branch_jump(struct static_key *key, const _Bool branch) { asm goto("1: jmp" : : : : yes); return 0; yes: return 1; }
	static struct static_key on = { { 1 } }, off;
	#define likely_true(k) (!arch_static_branch(k, 1))
	#define likely_false(k) (!arch_static_branch_jump(k, 1))
	#define unlikely_true(k) arch_static_branch_jump(k, 0)
	#define unlikely_false(k) arch_static_branch(k, 0)
	int f(void) { return likely_true(&on) * 8 + likely_false(&off) * 4 + unlikely_true(&on) * 2 + unlikely_false(&off); }
	int g(void) { off.enabled.counter++; return unlikely_false(&off); }`
	p := program(t, "x86_64", src)
	if r := call(t, p, "f"); r.Return != bits.Const(32, 10) {
		t.Errorf("got %s, want 0xa", outcome(r, nil))
	}
	if r := call(t, p, "g"); r.Return != bits.Const(32, 1) {
		t.Errorf("after switching on: got %s, want 0x1", outcome(r, nil))
	}
}

// TestConstantP follows constants through inline functions as inlining does.
func TestConstantP(t *testing.T) {
	src := `
	#define kp __builtin_constant_p
	static inline int through(unsigned long n) { return kp(n); }
	static inline int twice(unsigned long n) { return through(n + 1); }
	static inline int changed(unsigned long n) { int before = kp(n); n++; return before + 2 * kp(n); }
	static int plain(int n) { return kp(n); }
	int variable = 3;
	int f(void) {
		int local = 5, written = 5;
		written++;
		return through(4) | twice(4) << 1 | through(variable) << 2 | plain(4) << 3 | kp(variable) << 4
		     | kp(local) << 5 | kp(written) << 6 | kp("x") << 7 | kp(sizeof(local)) << 8 | through(local * 2) << 9
		     | kp(({ int t = 3; t + 1; })) << 10 | kp(&variable) << 11 | changed(1) << 12;
	}`
	p := program(t, "x86_64", src)
	want := uint64(1 | 1<<1 | 1<<5 | 1<<7 | 1<<8 | 1<<9 | 1<<12) // gcc counts ({ … }) as having effects
	if r := call(t, p, "f"); r.Return != bits.Const(32, want) {
		t.Errorf("got %v, want %#x", r.Return, want)
	}
}

// TestAsmModels gives assembly a meaning: an atomic add and a branch.
func TestAsmModels(t *testing.T) {
	src := `
	static int v = 5;
	int f(void) {
		int old = 3;
		asm volatile("lock;\n\txadd %0, %1" : "+r"(old), "+m"(v) : : "memory");
		asm goto("testb  %0,\t%1" : : "i"(4), "m"(v) : : yes);
		return old;
	yes:	return old * 100 + v;
	}`
	p := program(t, "x86_64", src)
	models := map[string]exec.AsmModel{
		"lock; xadd %0, %1": func(a *exec.Asm) (int, error) {
			old, err := a.Load(a.Outputs[1].Addr, 4)
			if err != nil {
				return -1, err
			}
			if err := a.Store(a.Outputs[1].Addr, a.M.Bits.Add(old, a.Outputs[0].Value)); err != nil {
				return -1, err
			}
			return -1, a.Set(0, old)
		},
		"testb %0, %1": func(a *exec.Asm) (int, error) { return 0, nil },
	}
	r, err := exec.New(p, exec.Options{Asm: models}).Call(context.Background(), "f")
	if err != nil || r.Return != bits.Const(32, 508) || !r.Exact() {
		t.Errorf("got %s, want 0x1fc", outcome(r, err))
	}
}

// TestModels replaces a function by a model that looks into memory.
func TestModels(t *testing.T) {
	src := `
	struct page { unsigned long flags; struct { int a; struct { int count; }; } u; };
	int page_count(struct page *p) { return -1; }
	static struct page pg = { 1, { 2, { 33 } } };
	int f(void) { return page_count(&pg); }`
	model := &exec.Model{Contract: "returns the count", Run: func(k *exec.Primitive) (exec.Value, error) {
		return k.LoadField(0, "u", "count")
	}}
	r, err := exec.New(program(t, "ppc64", src), exec.Options{Models: map[string]*exec.Model{"page_count": model}}).Call(context.Background(), "f")
	if err != nil || r.Return != bits.Const(32, 33) {
		t.Errorf("got %s, want 0x21", outcome(r, err))
	}
}

// TestTrace shows the lines executed, in order, with the depth of calls.
func TestTrace(t *testing.T) {
	src := `static int g(int x)
{
	if (x > 1)
		return 5;
	return 6;
}
int f(void)
{
	int a = 1;
	a += g(a);
	return a;
}`
	r := call(t, program(t, "x86_64", src), "f")
	var got []string
	for _, s := range r.Trace() {
		got = append(got, fmt.Sprintf("%s:%d@%d", s.Func, s.Position().Line, s.Depth))
	}
	want := "f:9@1 f:10@1 g:3@2 g:5@2 f:11@1"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got %s, want %s", s, want)
	}
}

// TestEval reads and writes globals of a unit in C.
func TestEval(t *testing.T) {
	src := `
	#define ORDER 9
	typedef struct { unsigned long pte; } pte_t;
	struct mm { pte_t *pgd; int users; } init_mm = { 0, 1 };
	unsigned long shift;
	static inline unsigned long pte_val(pte_t p) { return p.pte; }
	#define __pte(x) ((pte_t){ (x) })`
	p := program(t, "ppc64", src)
	m := exec.New(p, exec.Options{})
	for _, tt := range []struct {
		text string
		want uint64
	}{
		{"shift = ORDER + 3", 12},
		{"shift", 12},
		{"init_mm.users += 2", 3},
		{"pte_val(__pte(1ul << shift))", 4096},
		{"({ int a = 2; int *q = &a; *q += 3; a; })", 5},
		{"sizeof(init_mm)", 16},
	} {
		r, err := m.Eval(context.Background(), p.Units()[0], tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if got, _ := r.Return.Uint64(); got != tt.want {
			t.Errorf("%s: got %v, want %d", tt.text, r.Return, tt.want)
		}
	}
	if _, err := m.Eval(context.Background(), p.Units()[0], "shift = NO_SUCH"); err == nil {
		t.Error("an undeclared name is no error")
	}
}

func TestContracts(t *testing.T) {
	for _, line := range exec.Contracts(exec.DefaultModels()) {
		name, contract, ok := strings.Cut(line, ": ")
		if !ok || name == "" || len(contract) < 10 {
			t.Errorf("model without a contract: %q", line)
		}
	}
}

func ExampleMachine_Call() {
	u, err := readSource("ppc64", `
#define BUG() do { } while (1)
typedef struct { unsigned long pmd; } pmd_t;
static inline int hash__pmd_same(pmd_t a, pmd_t b) { BUG(); return 0; }
static inline int pmd_same(pmd_t a, pmd_t b) { return hash__pmd_same(a, b); }
int check(unsigned long v) { return pmd_same((pmd_t){ v }, (pmd_t){ v }); }
`)
	if err != nil {
		panic(err)
	}
	p := exec.NewProgram(u.ABI(), []*types.Unit{u}, nil)
	r, err := exec.New(p, exec.Options{}).Call(context.Background(), "check", bits.Const(64, 1))
	fmt.Println(r.Trap, err)
	for _, f := range r.Trap.Stack {
		fmt.Println(f.Func)
	}
	// Output:
	// x.c:4:54: BUG: BUG() <nil>
	// hash__pmd_same
	// pmd_same
	// check
}

func BenchmarkSteps(b *testing.B) {
	src := `int f(int n) { int s = 0; for (int i = 0; i < n; i++) s += i ^ 3; return s; }
	struct s { unsigned long v; }; static struct s inc(struct s x) { x.v++; return x; }
	unsigned long g(int n) { struct s x = { 0 }; while (n--) x = inc(x); return x.v; }`
	p := program(b, "x86_64", src)
	for _, fn := range []string{"f", "g"} {
		b.Run(fn, func(b *testing.B) {
			steps, before := 0, userTime(b)
			for b.Loop() {
				r, err := exec.New(p, exec.Options{}).Call(context.Background(), fn, bits.Const(32, 100_000))
				if err != nil {
					b.Fatal(err)
				}
				steps += r.Steps
			}
			b.ReportMetric(float64(steps)/(userTime(b)-before).Seconds(), "steps/s")
		})
	}
}
