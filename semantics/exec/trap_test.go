package exec_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
)

// outcome describes how a run of f() went: "ret 0x1", "trap …", "error …",
// then what is not exact about it.
func outcome(r *exec.Result, err error) string {
	var s strings.Builder
	switch {
	case err != nil:
		return "error " + err.Error()
	case r.Trap != nil:
		fmt.Fprintf(&s, "trap %v", r.Trap)
		for _, f := range r.Trap.Stack[1:] {
			fmt.Fprintf(&s, " < %s", f.Func)
		}
	case r.Return.IsValid():
		fmt.Fprintf(&s, "ret %v", r.Return)
	default:
		s.WriteString("ret")
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(&s, ", warning %s", w.Message)
	}
	for _, u := range r.Unknowns {
		fmt.Fprintf(&s, ", unknown %s", u)
	}
	for _, u := range r.Skipped {
		fmt.Fprintf(&s, ", skipped %s", u)
	}
	for _, e := range r.Events() {
		if !isLockEvent(e.Name) {
			fmt.Fprintf(&s, ", event %s", e.Name)
		}
	}
	return s.String()
}

// isLockEvent tells the locks of prelude, which TestLockEvents looks at.
func isLockEvent(name string) bool {
	return strings.Contains(name, "lock") || strings.HasPrefix(name, "down_") || strings.HasPrefix(name, "up_")
}

func TestLockEvents(t *testing.T) {
	p := program(t, "x86_64", prelude+`spinlock_t l; struct rw_semaphore s;
		void f(void) { rcu_read_lock(); down_read(&s); if (spin_trylock(&l)) spin_unlock(&l); spin_lock(&l); if (!spin_trylock(&l)) spin_unlock(&l); up_read(&s); rcu_read_unlock(); }`)
	r := call(t, p, "f")
	var names []string
	for _, e := range r.Events() {
		names = append(names, e.Name)
	}
	want := "rcu_read_lock down_read spin_trylock spin_unlock spin_lock spin_unlock up_read rcu_read_unlock"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got events %s, want %s", got, want)
	}
}

// prelude declares what the sources below use.
const prelude = `
#define BUG() do { asm volatile("ud2"); } while (0)
#define BUG_ON(c) do { if (c) BUG(); } while (0)
#define WARN_ON(c) ({ int __c = !!(c); __c; })
#define WARN_ON_ONCE(c) ({ int __c = !!(c); __c; })
#define BUILD_BUG_ON(c) _Static_assert(!(c), "")
#define unreachable() __builtin_unreachable()
#define VM_BUG_ON(c) BUG_ON(c)
typedef struct { int locked; } spinlock_t;
struct rw_semaphore { int n; };
typedef unsigned long ulong;
void spin_lock(spinlock_t *); void spin_unlock(spinlock_t *); int spin_trylock(spinlock_t *);
void down_read(struct rw_semaphore *); void up_read(struct rw_semaphore *); void down_write(struct rw_semaphore *);
void rcu_read_lock(void); void rcu_read_unlock(void);
void *kmalloc(ulong, unsigned); void *kzalloc(ulong, unsigned); void kfree(const void *);
void *memcpy(void *, const void *, ulong); void *memset(void *, int, ulong);
int printk(const char *, ...); void panic(const char *, ...);
void flush_tlb_page(void *, ulong);
static spinlock_t lock, other; static struct rw_semaphore sem;
struct node { struct node *next; int v; };
`

var outcomes = []struct{ src, want string }{
	// Trap macros.
	{`void f(void) { BUG(); }`,
		`trap t.c:1:16: BUG: BUG()`},
	{`static void g(int x) { BUG_ON(x > 3); } void f(void) { g(3); g(4); }`,
		`trap t.c:1:24: BUG: BUG_ON(x > 3) < f`},
	{`void f(int *p) { VM_BUG_ON(!p); }`, `error f takes 1 arguments, 0 given`},
	{`static int p; void f(void) { VM_BUG_ON(!p); }`,
		`trap t.c:1:30: BUG: BUG_ON(!p)`},
	{`int f(void) { int n = 0; for (int i = 0; i < 3; i++) if (WARN_ON_ONCE(i > 0)) n++; return n; }`,
		`ret 0x2, warning WARN_ON_ONCE(i > 0)`},
	{`int f(void) { return WARN_ON(0); }`, `ret 0x0`},
	{`void f(void) { panic("out of %s", "memory"); }`,
		`trap t.c:1:16: panic: panic("out of %s", "memory")`},
	{`void f(void) { unreachable(); }`, `trap t.c:1:16: unreachable: unreachable()`},
	{`static inline void g(int n) { BUILD_BUG_ON(n > 4); } void f(void) { g(4); g(5); }`,
		`trap t.c:1:31: BUILD_BUG: BUILD_BUG_ON(n > 4) < f`},

	// Memory.
	{`int f(void) { struct node *p = 0; return p->v; }`,
		`trap t.c:1:45: NULL dereference: 4 byte load at 0x8`},
	{`void f(void) { *(int *)0x123450 = 1; }`,
		`trap t.c:1:16: wild access: 4 byte store at 0x123450`},
	{`int a[4]; int f(void) { int s = 0; for (int i = 0; i <= 4; i++) s += a[i]; return s; }`,
		`trap t.c:1:70: access out of bounds: 4 byte load at 0xfffffff810000010, global a+0x10 of 16 bytes`},
	{`int f(void) { struct node *p = kzalloc(sizeof(*p), 0); kfree(p); return p->v; }`,
		`trap t.c:1:76: use after free: 4 byte load at 0xfffffff900000008, heap object kzalloc at t.c:1:32+0x8 of 16 bytes, freed by kfree at t.c:1:56`},
	{`void f(void) { void *p = kzalloc(8, 0); kfree(p); kfree(p); }`,
		`trap t.c:1:51: double free: address 0xfffffff900000000, heap object kzalloc at t.c:1:26+0x0 of 8 bytes, freed by kfree at t.c:1:41`},
	{`static int *g(void) { int x = 1; int *p = &x; return p; } int f(void) { return *g(); }`,
		`trap t.c:1:80: use of a dead local: 4 byte load at 0xfffffffa00000000`},
	{`int f(void) { void (*p)(void) = 0; p(); return 1; }`,
		`trap t.c:1:36: NULL dereference: 1 byte load at 0x0`},
	{`int x; int f(void) { void (*p)(void) = (void *)&x; p(); return 1; }`,
		`trap t.c:1:52: wild access: call of 0xfffffff810000000, which is no function`},
	{`int f(void) { return *(int *)f; }`,
		`trap t.c:1:22: access to code: 4 byte load at 0xfffffff800000000, function f+0x0 of 16 bytes`},
	{`int f(void) { char a[4]; memset(a, 0, 5); return 0; }`,
		`trap t.c:1:26: access out of bounds: 5 byte store at 0xfffffffa00000000, local a+0x0 of 4 bytes`},
	{`int f(void) { int z = 0; return 1 / z; }`, `trap t.c:1:35: division by zero`},

	{`struct kmem_cache { unsigned object_size; } *c; void *kmem_cache_alloc(struct kmem_cache *, unsigned); void kmem_cache_free(struct kmem_cache *, void *);
static struct kmem_cache cache = { 8 }; void f(void) { long *p = kmem_cache_alloc(&cache, 0x100); p[0] = 1; kmem_cache_free(&cache, p); p[0] = 2; }`,
		`trap x.c:22:137: use after free: 8 byte store at 0xfffffff900000000, heap object kmem_cache_alloc at x.c:22:66+0x0 of 8 bytes, freed by kmem_cache_free at x.c:22:109`},

	// Locks.
	{`void f(void) { spin_lock(&lock); spin_lock(&other); spin_unlock(&lock); spin_unlock(&other); }`, `ret`},
	{`void f(void) { spin_lock(&lock); spin_lock(&lock); }`,
		`trap t.c:1:34: locking: spin_lock: the lock at 0xfffffff810000000 is held since t.c:1:16`},
	{`void f(void) { spin_unlock(&lock); }`,
		`trap t.c:1:16: locking: spin_unlock: the lock at 0xfffffff810000000 is not held`},
	{`int f(void) { int a = spin_trylock(&lock); return a * 2 + spin_trylock(&lock); }`, `ret 0x2`},
	{`void f(void) { down_read(&sem); down_read(&sem); up_read(&sem); up_read(&sem); }`, `ret`},
	{`void f(void) { down_read(&sem); down_write(&sem); }`,
		`trap t.c:1:33: locking: down_write: the lock at 0xfffffff810000000 is held since t.c:1:16`},
	{`void f(void) { rcu_read_lock(); rcu_read_unlock(); rcu_read_unlock(); }`,
		`trap t.c:1:52: locking: rcu_read_unlock outside an RCU read-side section`},
	{`void f(void) { spin_lock(0); }`, `trap t.c:1:16: NULL dereference: 1 byte store at 0x0`},

	// Loops that cannot end.
	{`static int flag; void f(void) { while (!*(volatile int *)&flag) ; }`,
		`trap t.c:1:40: no progress: a round of this loop changes nothing, so it cannot end`},
	{`void f(void) { for (;;) { int x = 1; (void)x; } }`,
		`trap t.c:1:31: no progress: a round of this loop changes nothing, so it cannot end`},
	{`void f(void) { again: goto again; }`,
		`trap t.c:1:23: no progress: a round of this loop changes nothing, so it cannot end`},
	{`static int g(int n) { int s = 0; for (int i = 0; i < n; i++) s += i; return s; } int f(void) { int n = 0; while (g(5) != 10 || n < 2000) n++; return n; }`,
		`ret 0x7d0`},

	// What is not known.
	{`extern int boot; int f(void) { return boot ? 1 : 2; }`,
		`ret 0x2, unknown boot, which no unit defines`},
	{`extern int boot; int f(void) { return boot == boot; }`, `ret 0x1`},
	{`int f(void) { int x; return x == 5; }`, `ret ((_ zero_extend 31) (= unknown0 0x5))`},
	{`int f(void) { int x; if (x) return 1; return 2; }`, `ret 0x2, unknown uninitialised x of f`},
	{`int elsewhere(int); int f(void) { return elsewhere(1) & 0; }`, `ret 0x0, skipped elsewhere`},
	{`int f(void) { int x; asm("mystery %0" : "=r"(x)); return x > 3 ? 1 : 0; }`,
		`ret 0x0, unknown inline assembly at t.c:1:22`},
	{`void f(void) { asm volatile("mystery" ::: "memory"); }`, `ret, skipped inline assembly at t.c:1:16`},
	{`void f(void) { asm volatile("mfence" ::: "memory"); }`, `ret`},
	{`int f(void) { asm goto("jmp %l0" : : : : yes); return 0; yes: return 1; }`,
		`ret 0x0, unknown inline assembly at t.c:1:15`},
	{`extern struct node *head; int f(void) { return head->v == 1; }`,
		`ret ((_ zero_extend 31) (= unknown1 0x1)), unknown a load at an address that depends on head, which no unit defines`},
	{`int f(void) { int *p = kmalloc(8, 0); return p[0] & 1 ? 1 : 0; }`,
		`ret 0x0, unknown memory of kmalloc at t.c:1:24, which nothing was written to`},
	{`int f(void) { int *p = kmalloc(8, 0x100); return p[0]; }`, `ret 0x0`},
	{`int f(void) { int n = 32; return 1 << n; }`, `ret unknown0`},

	// What is modelled.
	{`void f(void) { printk("%d", 1); flush_tlb_page(0, 5); }`, `ret, event printk, event flush_tlb_page`},

	// What is not supported ends the run where it is reached, not before.
	{`int f(void) { if (0) { double d = 1.5; d += 1; } return 3; }`, `ret 0x3`},
	{`extern int *where; void f(void) { *where = 1; }`,
		`error t.c:1:35: not supported: a store to an address that depends on where, which no unit defines`},
	{`int f(void) { double d = 1; return d; }`, `error t.c:1:26: not supported: conversion of int to double`},
	{`int f(int n) { return 1; } int g(int n) { int a[n]; return sizeof(a); }`, `error f takes 1 arguments, 0 given`},
	{`static int g(int n) { int a[n]; a[0] = n; return a[0]; } int f(void) { return g(3); }`,
		`error t.c:1:27: not supported: variable length array a`},
	{`int f(void) { return undeclared(1); }`,
		`error t.c:1:22: not supported: an expression without a type: t.c:1:22: call of undeclared function undeclared`},
}

func TestOutcome(t *testing.T) {
	for _, tt := range outcomes {
		p := program(t, "x86_64", prelude+tt.src)
		r, err := exec.New(p, exec.Options{}).Call(context.Background(), "f")
		// The prelude is not counted, so that it can grow.
		if got := strings.ReplaceAll(outcome(r, err), fmt.Sprintf("x.c:%d:", strings.Count(prelude, "\n")+1), "t.c:1:"); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.src, got, tt.want)
		}
	}
}

// explore runs f on all paths.
func explore(t *testing.T, p *exec.Program, limit int, args ...exec.Value) (outcomes []string, complete bool) {
	t.Helper()
	complete, err := exec.Explore(limit, func(d *exec.Decisions) error {
		m := exec.New(p, exec.Options{Decisions: d})
		var vars []exec.Value
		for i, a := range args {
			vars = append(vars, a)
			if !a.IsConst() {
				vars[i] = m.Bits.Var(fmt.Sprintf("arg%d", i), a.Width())
			}
		}
		r, err := m.Call(context.Background(), "f", vars...)
		if r != nil && r.Trap != nil {
			outcomes = append(outcomes, fmt.Sprintf("trap %v: %s", r.Trap.Kind, r.Trap.Message))
		} else {
			outcomes = append(outcomes, outcome(r, err))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return outcomes, complete
}

func TestExplore(t *testing.T) {
	free := bits.NewBuilder().Var("free", 32)
	tests := []struct {
		src  string
		args []exec.Value
		want string
	}{
		{`extern int a; int f(void) { if (a) return 1; return 2; }`, nil,
			`ret 0x2, unknown a, which no unit defines | ret 0x1, unknown a, which no unit defines`},
		{`int f(int a) { if (a == 1) return 10; if (a == 1) return 20; return 30; }`, []exec.Value{free},
			`ret 0x1e | ret 0xa`},
		{`int f(int a) { switch (a) { case 1: return a + 1; case 2: return a + 1; } return 0; }`, []exec.Value{free},
			`ret 0x0 | ret 0x3 | ret 0x2`},
		{`int f(int a) { return a > 3 && a < 9 ? 1 : 0; }`, []exec.Value{free},
			`ret 0x0 | ret 0x0 | ret 0x1`},
		{`int f(int a) { BUG_ON(a == 7); return a == 7; }`, []exec.Value{free},
			`ret 0x0 | trap BUG: BUG_ON(a == 7)`},
		{`int f(int a) { int s = 0; while (a) { s++; if (s == 3) break; } return s; }`, []exec.Value{free},
			`ret 0x0 | ret 0x3`},
	}
	for _, tt := range tests {
		got, complete := explore(t, program(t, "x86_64", prelude+tt.src), 100, tt.args...)
		if s := strings.Join(got, " | "); s != tt.want || !complete {
			t.Errorf("%s\n got %s (complete: %v)\nwant %s", tt.src, s, complete, tt.want)
		}
	}
}

func TestExploreLimit(t *testing.T) {
	p := program(t, "x86_64", `int f(unsigned a) { int n = 0; for (int i = 0; i < 20; i++) if (a >> i & 1) n++; return n; }`)
	got, complete := explore(t, p, 10, bits.NewBuilder().Var("free", 32))
	if len(got) != 10 || complete {
		t.Errorf("%d paths, complete: %v; want 10, false", len(got), complete)
	}
}

// TestBudget bounds programs that would run for ever or eat memory.
func TestBudget(t *testing.T) {
	tests := []struct{ name, src string }{
		{"counting", `int f(void) { unsigned long n = 0; while (1) n++; return 0; }`},
		{"recursion", `int f(void) { return f() + 1; }`},
		{"memory", `void *kzalloc(unsigned long, int); int f(void) { while (1) { char *p = kzalloc(1 << 20, 0); *p = 1; } }`},
		{"huge", `static char a[1l << 40]; int f(void) { return a[5] = 1; }`},
		{"terms", `int f(unsigned x) { for (;;) x = x * x + (x ^ 12345); }`},
		{"goto", `int f(void) { int n = 0; again: n++; ({ goto again; }); return n; }`},
		{"range", `static int a[1l << 34] = { [0 ... (1l << 34) - 1] = 1 }; int f(void) { return a[5]; }`},
		{"memset", `void *memset(void *, int, unsigned long); static char a[1l << 40]; void f(void) { memset(a, 1, sizeof(a)); }`},
	}
	for _, tt := range tests {
		m := exec.New(program(t, "x86_64", tt.src), exec.Options{Budget: exec.Budget{Steps: 200_000, Bytes: 16 << 20, Terms: 20_000}})
		var args []exec.Value
		if strings.Contains(tt.src, "f(unsigned x)") {
			args = append(args, m.Bits.Var("x", 32))
		}
		r, err := m.Call(context.Background(), "f", args...)
		if !errors.Is(err, exec.ErrBudget) {
			t.Errorf("%s: got %s, want a budget error", tt.name, outcome(r, err))
		}
	}
}

func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p := program(t, "x86_64", `int f(void) { unsigned long n = 0; while (1) n++; return 0; }`)
	if _, err := exec.New(p, exec.Options{}).Call(ctx, "f"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
