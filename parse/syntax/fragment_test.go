package syntax

import (
	"strings"
	"testing"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// fragmentTests are pieces of files, and what is found: functions with their
// bodies (or why there is none), declarations, and "?" for the rest.
var fragmentTests = []struct{ name, src, want string }{
	{"whole function", `
static inline int foo_same(pmd_t a, pmd_t b)
{
	BUG();
	return 0;
}
`, "static inline int foo_same(pmd_t a, pmd_t b) { BUG(); return 0; }"},
	{"between the middles of two functions", `
	spin_unlock(ptl);
out:
	return ret;
}

static pte_t *lookup(struct mm_struct *mm, pmd_t *pmd, unsigned long addr)
{
	pte_t pte = READ_ONCE(*pmd_page(*pmd));

	if (unlikely(pte_none(pte)))
		return NULL;
	return pte_offset(pmd, addr);
}

int other(void)
{
	int a = 1;
`, `? static pte_t *lookup(struct mm_struct *mm, pmd_t *pmd, unsigned long addr) {
	pte_t pte = READ_ONCE(*pmd_page(*pmd)); if (unlikely(pte_none(pte))) return (void *)0;
	return pte_offset(pmd, addr); } ?`},
	{"unknown names", `
static int __init walk(foo *f, bar b, const baz *const *p)
{
	foo *next = f->next;
	bar c = b, *d = &c;
	u64 v = (u64)b + (unsigned long)(foo *)p;
	qux q;

	next * b;
	return (bar){ 1 }.x + sizeof(u64) + sizeof(v) + (v) - (*f);
}
`, `static int walk(foo *f, bar b, const baz * const *p) { foo *next = f->next; bar c = b, *d = &c;
	u64 v = (u64)b + (unsigned long)(foo *)p; qux q; next * b;
	return (bar){ 1 }.x + sizeof(u64) + sizeof v + v - *f; }`},
	{"macros and exports", `
#define foo_same(a, b) foo_val(a) == \
	foo_val(b)
EXPORT_SYMBOL(foo);
static DEFINE_SPINLOCK(foo_lock);
int foo(void) { return 1; }
`, "? int foo(void) { return 1; }"},
	{"conditional inside", `
int foo(int a)
{
#ifdef CONFIG_X
	a++;
#else
	a--;
#endif
	return a;
}
#ifdef CONFIG_Y
int bar(int a) { return a; }
#endif
`, "int foo(int a) !t.c:4:1: conditional directive inside 'foo' int bar(int a) { return a; }"},
	{"annotations", `
static __always_inline void __sched *foo(void __user *p) __acquires(lock)
{
	return p;
}
asmlinkage __visible int bar(struct page __rcu **page) __must_hold(&x) { return 0; }
static struct foo table[] __initdata = { { 1 }, { 2 } };
`, "static void *foo(void *p) { return p; } int bar(struct page **page) { return 0; } static struct foo table[] = { { 1 }, { 2 } };"},
	{"records and prototypes", `
struct foo {
	spinlock_t lock;
	struct list_head list;
	u64 a:3, b;
} __packed;
typedef struct { unsigned long foo; } foo_t;
extern foo_t foo_get(struct mm_struct *mm, foo_t *);
`, "struct foo { spinlock_t lock; struct list_head list; u64 a : 3; u64 b; }; typedef struct { unsigned long foo; } foo_t; extern foo_t foo_get(struct mm_struct *mm, foo_t *);"},
	{"unparsable body", `
int foo(void)
{
	list_for_each_entry(a, b, c) {
		x();
	}
	return 1;
}
`, "int foo(void) !t.c:4:31: expected ';', found '{'"},
	{"text", "This is no C at all.\nNeither is this; int x { \n", "?"},
	{"empty", "", ""},
}

func TestParseFragment(t *testing.T) {
	for _, test := range fragmentTests {
		set := source.NewSet()
		src := strings.ReplaceAll(test.src, "NULL", "(void *)0")
		file, errs := ParseFragment(cpp.NewCache(set), set.Add("t.c", []byte(src)))
		var found []string
		bad := 0
		for _, d := range file.Decls() {
			if _, ok := d.(*BadDecl); ok {
				bad++
			}
			found = append(found, fragmentText(t, file, d))
		}
		if bad != len(errs) {
			t.Errorf("%s: %d errors for %d bad declarations", test.name, len(errs), bad)
		}
		if got := flat(strings.Join(found, " ")); got != flat(test.want) {
			t.Errorf("%s\ngot  %s\nwant %s\nerrors %v", test.name, got, flat(test.want), errs)
		}
	}
}

func fragmentText(t *testing.T, file *File, d Decl) string {
	t.Helper()
	var p printer
	switch d := d.(type) {
	case *BadDecl:
		return "?"
	case *FuncDef:
		p.funcHeader(d)
		p.put(" ")
		body, err := file.Body(d)
		if err != nil {
			p.put("!", err.Error())
		} else {
			p.block(body)
		}
	default:
		p.decl(d)
	}
	return p.String()
}

// TestFragmentWork checks that hostile fragments end soon.
func TestFragmentWork(t *testing.T) {
	for _, line := range []string{"const\n", "a(b){\n", "int a = b +\n", "foo *\n", "x(\n", "{\n", "struct s {\n"} {
		set := source.NewSet()
		file, _ := ParseFragment(cpp.NewCache(set), set.Add("t.c", []byte(strings.Repeat(line, 20_000))))
		for fn := range file.Functions() {
			t.Errorf("%q: found a function at token %d", line, fn.First)
			break
		}
	}
}
