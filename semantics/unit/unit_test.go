package unit

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/parse/tree"
	"ptreview/semantics/types"
	"ptreview/testdata/demo"
)

// kernel is a tree with a file of constants, generated headers and a unit that
// uses them.
func kernel() tree.Tree {
	const define = "#define DEFINE(sym, val) \\\n\tasm volatile(\"\\n.ascii \\\"->\" #sym \" %0 \" #val \"\\\"\" : : \"i\" (val))\n" +
		"#define COMMENT(x) asm volatile(\"\\n.ascii \\\"->#\" x \"\\\"\")\n"
	files := map[string]string{
		"Makefile": "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 0\nEXTRAVERSION =\n",
		"Kconfig": `
config ARM64
	def_bool y

config CPU_BIG_ENDIAN
	bool "Big"

config HZ
	int
	default 100

config LEVELS
	int "Levels"
	default 3
`,
		"arch/arm64/configs/defconfig":    "# CONFIG_CPU_BIG_ENDIAN is not set\n",
		"arch/arm64/include/asm/Kbuild":   "generic-y += export.h\ngenerated-y += odd.h\n",
		"include/asm-generic/export.h":    "#define EXPORT 1\n",
		"include/linux/kconfig.h":         "#include <generated/autoconf.h>\n",
		"include/linux/types.h":           "typedef unsigned long pte_t;\nstruct s { char c; pte_t pte; unsigned int big; };\n",
		"include/linux/kbuild.h":          define,
		"kernel/bounds.c":                 "#define __GENERATING_BOUNDS_H\n#include <linux/kbuild.h>\nint main(void)\n{\n\tDEFINE(NR_LEVELS, CONFIG_LEVELS + 1);\n\tDEFINE(LOW, -7);\n\tDEFINE(WRAPS, 0xfffffff0U);\n\tDEFINE(CHAR_IS_UNSIGNED, (char)-1 > 0);\n\treturn 0;\n}\n",
		"arch/arm64/kernel/asm-offsets.c": "#include <linux/types.h>\n#include <linux/kbuild.h>\n#include <generated/bounds.h>\nint main(void)\n{\n\tCOMMENT(\"struct s\");\n\tDEFINE(S_PTE, __builtin_offsetof(struct s, pte) * NR_LEVELS);\n\treturn 0;\n}\n",
		"mm/good.c": `
#include <linux/types.h>
#include <asm/export.h>
#include <generated/asm-offsets.h>
#include <generated/bounds.h>
#define BUG() do { panic_somehow(); } while (0)
#define BUG_ON(x) do { if (x) BUG(); } while (0)
#define SIZE(type) sizeof(type)
int levels = NR_LEVELS, pte = S_PTE, export = EXPORT;
static pte_t table[NR_LEVELS];
void f(int x)
{
	BUG_ON(x == SIZE(pte_t));
}
`,
		"mm/vdso.c": "#include <generated/vdso-offsets.h>\nlong at = vdso_offset_sigtramp;\n",
		"mm/bad.c":  "#include <asm/odd.h>\n#include <linux/absent.h>\n#error stop\nint f(;\nint g;\n",
	}
	fsys := make(fstest.MapFS)
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return tree.Cached(fsys)
}

func class(t testing.TB, r *Reader, tr tree.Tree, name string, fragment kconfig.Assignments) *Class {
	t.Helper()
	a := arch.Named(name)
	defconfigs := kconfig.Defconfigs(tr, name)
	if len(defconfigs) == 0 {
		t.Fatalf("no defconfig of %s", name)
	}
	c, _, err := r.DefconfigClass(tr, a, defconfigs[0], fragment)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func read(t testing.TB, r *Reader, tr tree.Tree, c *Class, path string) *Unit {
	t.Helper()
	u, err := r.Read(context.Background(), tr, c, path)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// constant evaluates a C expression at the end of a unit.
func constant(t testing.TB, u *Unit, text string) int64 {
	t.Helper()
	x, err := u.Types.EvalString(text)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return 0
	}
	c := types.ConstOf(x)
	if c == nil {
		t.Errorf("%s: not a constant", text)
		return 0
	}
	return c.Int64()
}

func TestUnit(t *testing.T) {
	r := NewReader(source.NewSet(), Options{})
	tr := kernel()
	c := class(t, r, tr, "arm64", kconfig.Assignments{}.Set("LEVELS", "4"))
	if c.ID != "defconfig+LEVELS=4" || c.Variant.Name != "arm64" || c.Value("LEVELS") != "4" || c.Value("CPU_BIG_ENDIAN") != "" {
		t.Errorf("got class %s of %s", c.ID, c.Variant.Name)
	}
	u := read(t, r, tr, c, "mm/good.c")
	for _, g := range u.Gaps {
		t.Errorf("gap: %s", g)
	}
	for _, e := range []struct {
		text string
		want int64
	}{
		{"NR_LEVELS", 5}, {"S_PTE", 40}, {"LOW", -7}, {"WRAPS", -16}, {"CHAR_IS_UNSIGNED", 1},
		{"SIZE(table)", 40}, {"sizeof(struct s)", 24}, {"((pte_t)-1 >> 63) + EXPORT", 2},
	} {
		if got := constant(t, u, e.text); got != e.want {
			t.Errorf("%s: got %d, want %d", e.text, got, e.want)
		}
	}
	body, err := u.File.Body(u.File.Func("f"))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := syntax.Print(&out, body); err != nil || !strings.Contains(out.String(), "BUG_ON(x == sizeof(pte_t))") {
		t.Errorf("the trap macro is not left where it is used: %s, %v", out.String(), err)
	}
	if _, errs := u.Types.Check(u.File.Func("f")); len(errs) > 0 {
		t.Errorf("f: %v", errs)
	}
	if again := read(t, r, tr, c, "mm/good.c"); again != u {
		t.Error("the same unit was read twice")
	}
}

func TestPlainExpandsTraps(t *testing.T) {
	r := NewReader(source.NewSet(), Options{Plain: true})
	tr := kernel()
	u := read(t, r, tr, class(t, r, tr, "arm64", nil), "mm/good.c")
	if text := u.Cpp.Text(); !strings.Contains(text, "panic_somehow") || strings.Contains(text, "BUG") {
		t.Errorf("got %s", text)
	}
}

func TestGaps(t *testing.T) {
	r := NewReader(source.NewSet(), Options{})
	tr := kernel()
	u := read(t, r, tr, class(t, r, tr, "arm64", nil), "mm/bad.c")
	var got []string
	for _, g := range u.Gaps {
		got = append(got, g.String())
	}
	want := []string{
		"mm/bad.c:1:1: generated header arch/arm64/include/generated/asm/odd.h is empty: arch/arm64/include/generated/asm/odd.h: no rule for it is understood",
		"mm/bad.c:2:1: there is no header <linux/absent.h>",
		"mm/bad.c:3:1: #error stop",
		"mm/bad.c:4:7: ",
	}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("gap %d: got %s, want %s", i, got[i], want[i])
		}
	}
	if u.Types.Lookup("g") == nil {
		t.Error("what stands after an error is lost")
	}
}

// TestGapOfKnownNames reads a header that cannot be made but is known to define
// names of one kind only.
func TestGapOfKnownNames(t *testing.T) {
	r := NewReader(source.NewSet(), Options{})
	tr := kernel()
	c := class(t, r, tr, "arm64", nil)
	u := read(t, r, tr, c, "mm/vdso.c")
	if len(u.Gaps) != 1 || !u.Gaps[0].Harmless() || !u.Gaps[0].CouldDeclare("vdso_offset_sigtramp") || u.Gaps[0].CouldDeclare("pmd_same") {
		t.Errorf("got %v", u.Gaps)
	}
	for _, g := range read(t, r, tr, c, "mm/bad.c").Gaps {
		missing := g.Kind == NotGenerated || g.Kind == NoHeader
		if g.Harmless() || g.CouldDeclare("pmd_same") != missing {
			t.Errorf("%s: harmless %t, could declare anything %t", g, g.Harmless(), g.CouldDeclare("pmd_same"))
		}
	}
}

func TestReadErrors(t *testing.T) {
	r := NewReader(source.NewSet(), Options{})
	tr := kernel()
	c := class(t, r, tr, "arm64", nil)
	if _, err := r.Read(context.Background(), tr, c, "mm/none.c"); err == nil || !strings.Contains(err.Error(), "mm/none.c") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Read(ctx, tr, c, "mm/good.c"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	// A read that was cancelled must not be remembered as the unit's fault.
	read(t, r, tr, c, "mm/good.c")
	var unknown *UnknownArchError
	if _, _, err := r.ConfigClass(tr, "x.config", kconfig.Assignments{}.Set("VAX", "y")); !errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
	if _, _, err := r.BuildClass(tr, "dir", fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "no .config") {
		t.Errorf("got %v", err)
	}
}

// TestHostileOffsets has a file of constants that needs the header made of it.
func TestHostileOffsets(t *testing.T) {
	r := NewReader(source.NewSet(), Options{})
	tr := tree.NewOverlay(kernel(), map[string][]byte{
		"kernel/bounds.c": []byte("#include <generated/bounds.h>\n#include <generated/asm-offsets.h>\nint main(void) { return 0; }\n"),
	})
	u := read(t, r, tr, class(t, r, tr, "arm64", nil), "mm/good.c")
	if u.Types.Lookup("levels") == nil {
		t.Error("nothing was read")
	}
}

// TestBuildFolderHidesTree reads generated headers from a build folder only.
func TestBuildFolderHidesTree(t *testing.T) {
	r := NewReader(source.NewSet(), Options{})
	tr := kernel()
	dir := fstest.MapFS{
		".config":                                   {Data: []byte("CONFIG_ARM64=y\nCONFIG_LEVELS=3\n")},
		"include/generated/autoconf.h":              {Data: []byte("#define CONFIG_LEVELS 3\n")},
		"include/generated/asm-offsets.h":           {Data: []byte("#define S_PTE 77\n#define NR_LEVELS 9\n")},
		"include/generated/bounds.h":                {},
		"include/linux/types.h":                     {Data: []byte("#error not a generated file\n")},
		"arch/arm64/include/generated/asm/export.h": {Data: []byte("#define EXPORT 12\n")},
	}
	c, _, err := r.BuildClass(tr, "build", dir)
	if err != nil {
		t.Fatal(err)
	}
	u := read(t, r, tr, c, "mm/good.c")
	for _, g := range u.Gaps {
		t.Errorf("gap: %s", g)
	}
	if got := constant(t, u, "S_PTE + EXPORT"); got != 89 {
		t.Errorf("got %d, want 89", got)
	}
}

// TestDemo reads the miniature kernel in every architecture it has.
func TestDemo(t *testing.T) {
	tr := tree.Embedded(demo.Tree())
	r := NewReader(source.NewSet(), Options{})
	var wait sync.WaitGroup
	for _, name := range []string{"arm64", "powerpc", "riscv", "x86"} {
		c := class(t, r, tr, name, kconfig.Assignments{}.Set("TRANSPARENT_HUGEPAGE", "y"))
		if len(c.Machines()) == 0 {
			t.Errorf("%s: no machine", name)
		}
		for _, file := range []string{"mm/pgtable-generic.c", "mm/memory.c", "mm/huge_memory.c"} {
			wait.Go(func() {
				u, err := r.Read(context.Background(), tr, c, file)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				for _, g := range u.Gaps {
					t.Errorf("%s: %s", name, g)
				}
				for f := range u.File.Functions() {
					fn := u.File.Decl(f.Decl).(*syntax.FuncDef)
					if _, errs := u.Types.Check(fn); len(errs) > 0 {
						t.Errorf("%s: %s: %v", name, fn.Name, errs)
					}
				}
			})
		}
	}
	wait.Wait()
}

func TestForget(t *testing.T) {
	r := NewReader(source.NewSet(), Options{})
	tr := kernel()
	c := class(t, r, tr, "arm64", nil)
	u := read(t, r, tr, c, "mm/good.c")
	r.Forget(tr)
	if len(r.units)+len(r.classes)+len(r.trees)+len(r.kconfigs)+len(r.sources) != 0 || r.shared != nil {
		t.Error("something is kept")
	}
	if read(t, r, tr, c, "mm/good.c") == u {
		t.Error("the unit is kept")
	}
}

func TestIsGenerated(t *testing.T) {
	for name, want := range map[string]bool{
		"include/generated/bounds.h":              true,
		"arch/x86/include/generated/asm/export.h": true,
		"arch/x86/include/asm/export.h":           false,
		"include/linux/mm.h":                      false,
		"generated/x.h":                           false,
	} {
		if isGenerated(name) != want {
			t.Errorf("%s: got %v", name, !want)
		}
	}
	if !slices.Contains(hiddenFrom("kernel/bounds.c"), "include/generated/bounds.h") {
		t.Error("bounds.c sees the header made of it")
	}
}
