package types_test

import (
	"math/rand"
	"regexp"
	"strings"
	"testing"
)

// mutationBase uses most of the language; its tokens are shuffled.
const mutationBase = `
typedef unsigned char u8; typedef struct { unsigned long pte; } pte_t; typedef int (*fn_t)(int, ...);
enum small { A, B = 5, C }; enum packed { P0, P1 = 200 } __attribute__((packed));
struct s { char c; int i; u8 a[7]; struct { short in; union { long l; char ch; }; };
	unsigned b3 : 3; int sb5 : 5; _Bool flag : 1; struct s *next; fn_t fn; int tail[]; };
union u { struct s *p; int i; u8 raw[8]; } __attribute__((transparent_union));
struct s *ps; const struct s *cps; volatile int vi; int arr[10]; fn_t fp; __int128 x128; float fl;
struct s table[] = { [1] = { .i = 3, .a = { 1, [3 ... 5] = 2 } }, { 'c', B, "ab" }, [0 ... 2].l = 4 };
int f(int n, union u v, struct s w, ...)
{
	__label__ out;
	static const char text[] = "x" "yz";
	int vla[n], *p = arr + 1, i = sizeof(vla) + _Alignof(struct s);
	__auto_type q = &ps->in;
	__builtin_va_list ap;
	for (int k = 0; k < n && ps; k++, p++)
		if (k == __builtin_offsetof(struct s, a[2]) || !fp) goto out; else continue;
	switch (w.b3) { case A ... C: i = vi << 3; break; case 7: default: i += x128 / 3; }
	i = ({ typeof(i) _a = i; typeof(n) _b = n; _a > _b ? _a : _b; });
	i = _Generic(*q, int: 1, short: (pte_t){ 3 }.pte, default: fl) ?: __builtin_choose_expr(__builtin_constant_p(n), 1, w.a[0]);
	asm volatile("nop %0" : "+r"(i), "=m"(*p) : "i"(B), "r"(&w) : "memory");
	__builtin_va_start(ap, w); i -= __builtin_va_arg(ap, int);
	w = table[1]; *ps = w; ps->next->fn(1, text, cps->l); __atomic_fetch_add(p, 1, 0);
	do { i ^= ~(-i) * (i % 3) - __builtin_clz(i); } while (__builtin_expect(!!(i > 0u), 1));
	_Static_assert(sizeof(int) == sizeof(*(8 ? ((void *)((long)(5) * 0l)) : (int *)8)), "x");
	return f(i, v, w), WARN_ON(ps), __builtin_types_compatible_p(typeof(p), int *);
out:
	return vla[0] ? (int)(long)&&out : (u8)300;
}
`

// TestMutations shuffles tokens and looks for panics.
func TestMutations(t *testing.T) {
	if errs := allErrors(load(t, mutationBase)); len(errs) > 0 {
		t.Fatal(strings.Join(errs, "\n"))
	}
	tokens := regexp.MustCompile(`[A-Za-z_]\w*|\d\w*|"[^"]*"|'[^']*'|\.\.\.|->|<<|>>|&&|\|\||[-+]{2}|[-+*/%^|&=!<>]=|\S`).FindAllString(mutationBase, -1)
	r := rand.New(rand.NewSource(1))
	parsed := 0
	for range 1500 {
		mutant := append([]string(nil), tokens...)
		for n := 1 + r.Intn(4); n > 0; n-- {
			i, j := r.Intn(len(mutant)), r.Intn(len(mutant))
			switch r.Intn(4) {
			case 0:
				mutant[i], mutant[j] = mutant[j], mutant[i]
			case 1:
				mutant[i] = mutant[j]
			case 2:
				mutant[i] += " " + mutant[j]
			case 3:
				mutant[i] = ""
			}
		}
		if u, err := tryLoad(t, strings.Join(mutant, " ")); err == nil {
			parsed++
			allErrors(u)
		}
	}
	if parsed < 100 {
		t.Errorf("only %d mutants parsed", parsed)
	}
}
