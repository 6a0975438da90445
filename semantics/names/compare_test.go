package names

import (
	"strings"
	"testing"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// driver is a C file of generic code; tests replace lines of it.
const driver = `#include <linux/kernel.h>
#include "local.h"

static int value;
static int late;

static int lower(struct thing *t, int n)
{
	thing_check(t);
	return harmless(n) + other(value);
}

static void all(struct thing *t, int n)
{
	int i;

	for_each_thing(i, n)
		harmless(i);
	if (n > 3) {
		pr_err("large %d\n", n);
		t->count = n;
		t->ready = NULL;
	}
	lower(t, n);
	WARN_ON(n > 7);
	t->flags = n;
}

#ifdef CONFIG_OPTION
static int option(int n)
{
	return rare(n);
}
#endif

static struct ops ops = {
	.all = all,
};
MODULE_LICENSE("GPL");
`

// TestCompare changes a driver and looks at which rules could say something:
// t that a trap of a helper is reached, m that a name is missing, c that a
// function clashes with another.
func TestCompare(t *testing.T) {
	x := buildIndex(t)
	for _, test := range []struct{ what, old, young, want string }{
		{"a text", `"large %d\n"`, `"too large: %d\n"`, ""},
		{"a comment", "	int i;", "	int i; /* thing_check() */", ""},
		{"a constant", "t->count = n;", "t->count = n + 1;", ""},
		{"a call that is there already", "	t->flags = n;", "	t->flags = harmless(n);", ""},
		{"data", "	.all = all,", "	.all = all, .more = NULL,", ""},
		{"a local variable", "	int i;\n", "	int i, k = 3;\n", ""},
		{"a trap through a helper", "	t->flags = n;", "	t->flags = arch_thing_check(t);", "tm"},
		{"a trap through an inline function", "	t->flags = n;", "	t->flags = thing_check(t);", "t"},
		{"a trap through a macro", "	t->flags = n;", "	t->flags = check_thing(t);", "tm"},
		{"a trap through a name put together", "	t->flags = n;", "	t->flags = thing_check_soon(t);", "tm"},
		{"a name put together here", "	t->flags = n;", "	t->flags = thing_call(check, t);", "tm"},
		{"a trap through a generated function", "	t->flags = n;", "	t->flags = get_length(t);", "tm"},
		{"a trap through a C file of an architecture", "	t->flags = n;", "	t->flags = extern_thing(n);", "tm"},
		{"a trap through a function of the file", "	t->flags = n;", "	t->flags = lower(t, 1);", "t"},
		{"another guard of a call to it", "if (n > 3) {", "if (n > 4) {", "t"},
		{"a way out before it", "	lower(t, n);", "	if (!n)\n		return;\n	lower(t, n);", "t"},
		{"a macro that is a way out", "	lower(t, n);", "	bail_if(!n);\n	lower(t, n);", "tm"},
		{"a call that does not return", "		t->count = n;", "		t->count = n;\n		stop_here(1);", "tm"},
		{"a loop around", "	lower(t, n);", "	for_each_thing(i, n)\n		lower(t, n);", "t"},
		{"a statement that takes a condition away", "	for_each_thing(i, n)\n", "	for_each_thing(i, n)\n		harmless(n);\n", "t"},
		{"a trap of the driver itself", "	t->flags = n;", "	WARN_ON(n);\n	t->flags = n;", ""},
		{"a name that only one architecture has", "	t->flags = n;", "	t->flags = arch_only(t);", "m"},
		{"a name that nothing has", "	t->flags = n;", "	t->flags = nobody(n);", "m"},
		{"a variable that is gone", "	int i;\n", "", "m"},
		{"a variable of another function", "	t->flags = n;", "	t->flags = i2;", "m"},
		{"a member's name on its own", "	t->flags = n;", "	t->flags = count;", "m"},
		{"a name from a conditional", "	t->flags = n;", "	t->flags = rare(n);", "m"},
		{"a function behind", "	thing_check(t);", "	thing_check(t);\n	all(t, 0);", "tm"},
		{"a function of a conditional", "	t->flags = n;", "	t->flags = option(n);", "m"},
		{"a new function", "static void all(", "static int fresh(int n)\n{\n	return harmless(n);\n}\n\nstatic void all(", ""},
		{"a new function that headers may have", "static void all(", "static int other(int n)\n{\n	return harmless(n);\n}\n\nstatic void all(", "c"},
		{"a new function that a local header has", "static void all(", "static int in_local(int n)\n{\n	return harmless(n);\n}\n\nstatic void all(", "c"},
		{"a new function that a macro may make", "static void all(", "static int get_x(int n)\n{\n	return harmless(n);\n}\n\nstatic void all(", "c"},
		{"no longer static", "static void all(", "void all(", "t"},
		{"an include", "#include \"local.h\"", "#include \"local.h\"\n#include <linux/things.h>", "tmc"},
		{"a macro of the file", "static int value;", "#define other(x) 1\nstatic int value;", "tmc"},
		{"a prototype", "static int late;", "static int late;\nint harmless(int x);", "tmc"},
		{"a declaration that is gone", "static int value;\n", "", ""},
		{"a macro of the local header", "	t->flags = n;", "	t->flags = local_check(t);", "tm"},
	} {
		if !strings.Contains(driver, test.old) {
			t.Fatalf("%s: the driver has no %q", test.what, test.old)
		}
		c := compareText(x, driver, strings.Replace(driver, test.old, test.young, 1))
		got := ""
		for _, r := range []struct{ letter, reason string }{{"t", c.Traps}, {"m", c.Misses}, {"c", c.Clashes}} {
			if r.reason != "" {
				got += r.letter
			}
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q: %+v", test.what, got, test.want, *c)
		}
	}
}

func compareText(x *Index, before, after string) *Change {
	cache := cpp.NewCache(source.NewSet())
	local := cache.Lex(cache.Set.Add("drivers/thing/local.h", []byte("int in_local(int n);\n#define local_check(t) thing_check(t)\n")))
	version := func(text string) File {
		return File{cache.Lex(cache.Set.Add("drivers/thing/thing.c", []byte(text))), []*cpp.Lexed{local}}
	}
	return x.Compare(cache.Names, version(before), version(after))
}
