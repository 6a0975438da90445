package names

import (
	"reflect"
	"testing"
	"testing/fstest"
)

// tree has a helper that traps, and ways to it.
func headers() fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range map[string]string{
		"include/linux/kernel.h": `
#define pr_err(fmt, ...) printk(fmt, ##__VA_ARGS__)
#define WARN_ON(c) ({ int __ret = !!(c); __ret; })
#define for_each_thing(i, n) for (i = 0; i < (n); i++)
#define bail_if(c) do { if (c) return; } while (0)
#define DEFINE_THING(name) struct thing name = { 0 }
int printk(const char *fmt, ...);
void stop_here(int code) __noreturn;
int harmless(int x);
int other(int x);
`,
		"include/linux/things.h": `
static inline int thing_size(struct thing *t) { return thing_ops(t)->size; }
static inline int thing_check(struct thing *t) { return arch_thing_check(t); }
#define check_thing(t) thing_check(t)
#define thing_call(op, t) thing_##op(t)
#define thing_check_soon(t) thing_call(check, t)
#define MAKE_GETTER(n) static inline int get_##n(struct thing *t) { return arch_thing_check(t); }
MAKE_GETTER(length)
`,
		"arch/good/include/asm/thing.h": "static inline int arch_thing_check(struct thing *t) { return 1; }\n",
		"arch/bad/include/asm/thing.h":  "static inline int arch_thing_check(struct thing *t) { BUG(); return 0; }\n#define arch_only(t) 1\n",
		"arch/bad/include/asm/soft.h":   "#define soft_bug(c) VM_BUG_ON(c)\nstatic inline void soft(void) { soft_bug(1); }\n",
		"include/linux/mmdebug.h":       "#define VM_BUG_ON(c) BUG_ON(c)\n",
		"arch/bad/mm/thing.c":           "int extern_thing(int x)\n{\n\tWARN_ON(x);\n\treturn x;\n}\n",
		"arch/bad/mm/odd.c":             "DEFINE_HANDLER(do_thing)\n{\n\tBUG();\n}\n",
	} {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func buildIndex(t *testing.T) *Index {
	t.Helper()
	fsys := headers()
	files, err := Files(fsys)
	if err != nil {
		t.Fatal(err)
	}
	x, err := Build(fsys, files)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestTrapping(t *testing.T) {
	x := buildIndex(t)
	for name, want := range map[string]bool{
		"arch_thing_check": true, "thing_check": true, "check_thing": true, "thing_check_soon": true,
		"get_length": true, "extern_thing": true, "soft": true,
		"thing_size": false, "pr_err": false, "harmless": false, "printk": false, "VM_BUG_ON": false,
	} {
		if got := x.has(name, trapping); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	if !x.has("thing_call", gluesTrap) {
		t.Error("thing_call may make thing_check and is not known to")
	}
	if !x.has("bail_if", jumps) || x.has("pr_err", jumps) || !x.has("stop_here", noReturn) {
		t.Error("what ends a statement early is not known")
	}
	if !x.has("DEFINE_THING", declares) || x.has("pr_err", declares) {
		t.Error("what declares its argument is not known")
	}
	if !x.mayMake("get_nothing") || !x.mayMake("harmless") || x.mayMake("unheard_of") {
		t.Error("what headers may declare is not known")
	}
}

func TestMarshal(t *testing.T) {
	x := buildIndex(t)
	data, err := x.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Unmarshal(data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(x, again) {
		t.Error("the index does not survive its binary form")
	}
	more, err := buildIndex(t).MarshalBinary()
	if err != nil || string(more) != string(data) {
		t.Errorf("two indexes of the same files differ (%v)", err)
	}
	for n := range len(data) {
		if x, err := Unmarshal(data[:n]); err == nil && x == nil {
			t.Fatal("neither an index nor an error")
		}
	}
}
