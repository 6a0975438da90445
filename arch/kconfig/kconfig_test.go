package kconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

const sample = `
mainmenu "A small kernel"

config MODULES
	bool "Loadable modules"
	modules

config PPC_BOOK3S_64
	def_bool y

if PPC_BOOK3S_64
choice
	prompt "Page size"
	default PPC_64K_PAGES

config PPC_4K_PAGES
	bool "4k page size"

config PPC_64K_PAGES
	bool "64k page size"
endchoice
endif

config TRANSPARENT_HUGEPAGE
	bool "Transparent Hugepage Support" if PPC_BOOK3S_64 && !SLOB
	select COMPACTION
	help
	  Huge pages without asking.

	    Indented.

config COMPACTION
	bool
	depends on MMU

config PAGE_SHIFT
	int
	range 12 16
	default 12 if PPC_4K_PAGES
	default 16
`

func loadSample(t testing.TB) *Kconfig {
	t.Helper()
	k, err := Load(fstest.MapFS{
		"Kconfig":  {Data: []byte(sample)},
		"Makefile": {Data: []byte("# top\nVERSION = 6\nPATCHLEVEL = 4\nSUBLEVEL = 0\nEXTRAVERSION = -rc1\nNAME = x\n")},
	}, "powerpc", Env{})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSymbol(t *testing.T) {
	k := loadSample(t)
	s := k.Symbol("TRANSPARENT_HUGEPAGE")
	d := s.Definitions()[0]
	got := fmt.Sprintf("%s %s %q if %s, selects %s if %s, help %q", d.Pos, s.Type(), d.Prompt.Text, d.Prompt.If,
		d.Selects[0].Target.Name(), d.Selects[0].If, d.Help)
	want := `Kconfig:24 bool "Transparent Hugepage Support" if PPC_BOOK3S_64 && !SLOB, selects COMPACTION if y, help "Huge pages without asking.\n\n  Indented."`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := k.Symbol("COMPACTION").SelectedBy().String(); got != "TRANSPARENT_HUGEPAGE" {
		t.Errorf("SelectedBy: got %s", got)
	}
	if got := k.Symbol("COMPACTION").Depends().String(); got != "MMU" {
		t.Errorf("Depends: got %s", got)
	}
	if s := k.Symbol("SLOB"); s == nil || s.IsDefined() {
		t.Errorf("SLOB: got %v, want an undefined symbol", s)
	}
	if s := k.Symbol("NEVER_MENTIONED"); s != nil {
		t.Errorf("got %v, want none", s)
	}
	r := k.Symbol("PAGE_SHIFT").Definitions()[0]
	if got := fmt.Sprint(r.Ranges[0].Low.Name, r.Ranges[0].High.Name, " ", r.Defaults[0].Value, " if ", r.Defaults[0].If); got != "1216 12 if PPC_4K_PAGES" {
		t.Errorf("PAGE_SHIFT: got %s", got)
	}
}

func TestChoiceOfSymbol(t *testing.T) {
	k := loadSample(t)
	c, ok := k.Symbol("PPC_4K_PAGES").Choice()
	if !ok || len(c.Members) != 2 || c.Members[1].Name() != "PPC_64K_PAGES" || !c.Symbol.IsChoice() {
		t.Fatalf("got %v, %v", c, ok)
	}
	if got := c.Symbol.Definitions()[0].Prompt.If.String(); got != "PPC_BOOK3S_64" {
		t.Errorf("prompt: got %s", got)
	}
	if _, ok := k.Symbol("MODULES").Choice(); ok {
		t.Error("MODULES is in a choice")
	}
}

func TestSymbolsOrder(t *testing.T) {
	var names []string
	for s := range loadSample(t).Symbols {
		names = append(names, s.Name())
	}
	want := "MODULES PPC_BOOK3S_64 PPC_64K_PAGES PPC_4K_PAGES TRANSPARENT_HUGEPAGE COMPACTION PAGE_SHIFT"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestConfig(t *testing.T) {
	k := loadSample(t)
	if k.Title != "A small kernel" || k.Files[0] != "Kconfig" {
		t.Errorf("got %q, %q", k.Title, k.Files)
	}
	c, warnings, err := k.Olddefconfig(Assignments{}.Set("PPC_4K_PAGES", "y").Set("TRANSPARENT_HUGEPAGE", "y"))
	if err != nil {
		t.Fatal(err)
	}
	want := `/*
 * Automatically generated file; DO NOT EDIT.
 * A small kernel
 */
#define CONFIG_PPC_BOOK3S_64 1
#define CONFIG_PPC_4K_PAGES 1
#define CONFIG_TRANSPARENT_HUGEPAGE 1
#define CONFIG_COMPACTION 1
#define CONFIG_PAGE_SHIFT 12
`
	if got := string(c.Autoconf()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(warnings) != 1 || warnings[0].String() != "Kconfig:32: warning: unmet direct dependencies of COMPACTION, which is selected: MMU" {
		t.Errorf("warnings: got %v", warnings)
	}
	if v := c.Value("PAGE_SHIFT"); v != (Value{Type: Int, Text: "12", Written: true}) {
		t.Errorf("PAGE_SHIFT: got %+v", v)
	}
	if v := c.Value("SLOB"); v != (Value{Text: "n"}) {
		t.Errorf("SLOB: got %+v", v)
	}
}

func TestDefines(t *testing.T) {
	k, err := Load(fstest.MapFS{"Kconfig": {Data: []byte(modules + `
config S
	string "s"
config H
	hex "h"
config M
	tristate "m"
config N
	bool "n"
`)}}, "x86", Env{})
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := k.Olddefconfig(parseText(t, "CONFIG_MODULES=y\nCONFIG_S=\"a \\\" \\\\\"\nCONFIG_H=ff\nCONFIG_M=m\n", "x"))
	if err != nil {
		t.Fatal(err)
	}
	want := `[{CONFIG_MODULES 1} {CONFIG_S "a \" \\"} {CONFIG_H 0xff} {CONFIG_M_MODULE 1}]`
	if got := fmt.Sprint(c.Defines()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEval(t *testing.T) {
	k := loadSample(t)
	c, _, err := k.Olddefconfig(Assignments{}.Set("PPC_4K_PAGES", "y"))
	if err != nil {
		t.Fatal(err)
	}
	fourK, shift := Sym("PPC_4K_PAGES"), Operand{Name: "PAGE_SHIFT"}
	for _, e := range []struct {
		expr *Expr
		want Tri
		text string
	}{
		{nil, Yes, "y"},
		{And(), Yes, "y"},
		{Or(), No, "n"},
		{Const(Mod), Mod, "m"},
		{Not(Const(Mod)), Mod, "!m"},
		{And(fourK, Sym("PPC_BOOK3S_64")), Yes, "PPC_4K_PAGES && PPC_BOOK3S_64"},
		{And(fourK, Or(Sym("NOWHERE"), Sym("SLOB"))), No, "PPC_4K_PAGES && (NOWHERE || SLOB)"},
		{Not(Or(fourK, fourK)), No, "!(PPC_4K_PAGES || PPC_4K_PAGES)"},
		{Compare(OpEq, shift, Operand{Name: "12"}), Yes, "PAGE_SHIFT=12"},
		{Not(Compare(OpGt, shift, Operand{Name: "16", Quoted: true})), Yes, `!(PAGE_SHIFT>"16")`},
		{Compare(OpNe, Operand{Name: "PPC_4K_PAGES"}, Operand{Name: "n"}), Yes, "PPC_4K_PAGES!=n"},
		{Compare(OpLe, Operand{Name: "NOWHERE"}, Operand{Name: "x"}), Yes, "NOWHERE<=x"},
	} {
		if got := c.Eval(e.expr); got != e.want {
			t.Errorf("%s: got %v, want %v", e.expr, got, e.want)
		}
		if got := e.expr.String(); got != e.text {
			t.Errorf("got %s, want %s", got, e.text)
		}
	}
}

func TestExprSymbols(t *testing.T) {
	e := And(Sym("A"), Not(Or(Sym("B"), Const(Yes))), Compare(OpEq, Operand{Name: "C"}, Operand{Name: "d", Quoted: true}))
	got := slices.Collect(e.Symbols)
	if strings.Join(got, " ") != "A B C" {
		t.Errorf("got %v", got)
	}
}

func TestParseConfig(t *testing.T) {
	text := "# a comment\nCONFIG_A=y\n\n# CONFIG_B is not set\nCONFIG_C=\"x\"\r\nrubbish\n#CONFIG_D is not set\nCONFIG_E\n# CONFIG_F is not setting\n"
	list, err := ParseConfig(strings.NewReader(text), "my.config")
	want := "my.config:6: unexpected data: rubbish\nmy.config:8: unexpected data: CONFIG_E"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	var lines []string
	for _, a := range list {
		lines = append(lines, a.Pos.String()+" "+a.String())
	}
	wantLines := "my.config:2 CONFIG_A=y|my.config:4 # CONFIG_B is not set|my.config:5 CONFIG_C=\"x\"|my.config:9 # CONFIG_F is not setting"
	if got := strings.Join(lines, "|"); got != wantLines {
		t.Errorf("got %s, want %s", got, wantLines)
	}
	var typed *Error
	if _, err := ParseConfig(strings.NewReader(strings.Repeat("x", 2<<20)), "long"); !errors.As(err, &typed) {
		t.Errorf("long line: got %v", err)
	}
}

func TestMerge(t *testing.T) {
	base := parseText(t, "CONFIG_A=y\nCONFIG_B=y\nCONFIG_A=m\n", "base")
	one := parseText(t, "# CONFIG_A is not set\nCONFIG_C=1\n", "one")
	two := parseText(t, "CONFIG_C=2\n", "two")
	if got := assignmentsText(Merge(base, one, two)); got != "CONFIG_B=y\n# CONFIG_A is not set\nCONFIG_C=2\n" {
		t.Errorf("got %s", got)
	}
	if got := assignmentsText(base); got != "CONFIG_A=y\nCONFIG_B=y\nCONFIG_A=m\n" {
		t.Errorf("base was changed: %s", got)
	}
}

func TestAssignmentsRoundTrip(t *testing.T) {
	k := loadSample(t)
	c, _, err := k.Olddefconfig(Assignments{}.Set("MODULES", "y"))
	if err != nil {
		t.Fatal(err)
	}
	again, warnings, err := k.Olddefconfig(c.Assignments())
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	if got, want := written(t, again), written(t, c); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWarnings(t *testing.T) {
	k := loadSample(t)
	_, warnings, err := k.Olddefconfig(parseText(t, "CONFIG_MODULES=x\nCONFIG_PAGE_SHIFT=012\nCONFIG_MODULES=y\nCONFIG_MODULES=n\nCONFIG_MODULES=m\n", "w"))
	if err != nil {
		t.Fatal(err)
	}
	want := "[w:1: warning: symbol value 'x' invalid for MODULES w:2: warning: symbol value '012' invalid for PAGE_SHIFT" +
		" w:4: warning: override: reassigning to symbol MODULES w:5: warning: override: reassigning to symbol MODULES" +
		" w:5: warning: symbol value 'm' invalid for MODULES]"
	if got := fmt.Sprint(warnings); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestConcurrent(t *testing.T) {
	k := loadSample(t)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			value := []string{"y", "n"}[i%2]
			c, _, err := k.Olddefconfig(Assignments{}.Set("PPC_4K_PAGES", value))
			if err != nil {
				t.Error(err)
				return
			}
			want := map[string]Tri{"y": Yes, "n": No}[value]
			if got := c.Tri("PPC_4K_PAGES"); got != want || !strings.Contains(written(t, c), "CONFIG_PAGE_SHIFT=") {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
	group.Wait()
}

func TestKernelVersion(t *testing.T) {
	for text, want := range map[string]string{
		"VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 5\nEXTRAVERSION =\n":     "6.12.5",
		"VERSION = 6\nPATCHLEVEL = 4\nSUBLEVEL = 0\nEXTRAVERSION = -rc1\n": "6.4.0-rc1",
		"all:\n\techo VERSION\n": "",
	} {
		if got := KernelVersion(fstest.MapFS{"Makefile": {Data: []byte(text)}}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDialect(t *testing.T) {
	old := fstest.MapFS{
		"scripts/kconfig/expr.h":     {Data: []byte("struct symbol { int flags; };")},
		"scripts/kconfig/symbol.c":   {Data: []byte("newval = symbol_empty.curr;")},
		"scripts/kconfig/confdata.c": {Data: []byte(`if (sym_string_within_range(sym, s)) if (strncmp(p, "is not set", 10))`)},
	}
	if got := readDialect(old); got != oldDialect {
		t.Errorf("got %+v, want %+v", got, oldDialect)
	}
	if got := readDialect(fstest.MapFS{}); got != newDialect {
		t.Errorf("got %+v, want %+v", got, newDialect)
	}
}

func TestDefconfigs(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	fsys := fstest.MapFS{
		"arch/toy/configs/big_defconfig":      file("CONFIG_A=y\nCONFIG_B=y\n"),
		"arch/toy/configs/44x/tiny_defconfig": file("CONFIG_T=y\n"),
		"arch/toy/configs/base.config":        file("CONFIG_A=m\n"),
		"arch/toy/configs/le.config":          file("# CONFIG_A is not set\n"),
		"arch/toy/configs/guest.config":       file("CONFIG_G=y\n"),
		"arch/toy/Makefile": file(`
KBUILD_DEFCONFIG := big_defconfig
define merge_into_defconfig
	$(Q)merge $(1) $(2)
endef
PHONY += small_defconfig
small_defconfig:
	$(call merge_into_defconfig,big_defconfig,le \
		guest)
PHONY += plain_defconfig
plain_defconfig:
	$(call merge_into_defconfig,base.config,)
same_defconfig: small_defconfig
help:
	echo other_defconfig
`),
	}
	want := "44x/tiny_defconfig big_defconfig plain_defconfig same_defconfig small_defconfig"
	if got := strings.Join(Defconfigs(fsys, "toy"), " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for name, want := range map[string]string{
		"big_defconfig":  "CONFIG_A=y\nCONFIG_B=y\n",
		"same_defconfig": "CONFIG_B=y\n# CONFIG_A is not set\nCONFIG_G=y\n",
		"base.config":    "CONFIG_A=m\n",
	} {
		list, err := Defconfig(fsys, "toy", name)
		if got := assignmentsText(list); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
	_, err := Defconfig(fsys, "toy", "no_defconfig")
	if err == nil || !strings.HasPrefix(err.Error(), "arch/toy/configs/no_defconfig:1: no such defconfig") {
		t.Errorf("got %v", err)
	}
}

// TestNoUnknownProbes checks that the table answers all that the real trees
// ask on the architectures that have a compiler.
func TestNoUnknownProbes(t *testing.T) {
	eachRealArch(t, func(t *testing.T, tree, srcarch string) {
		for _, p := range loadReal(t, tree, srcarch).UnknownProbes {
			t.Errorf("%s: %s", p.Pos, p.Command)
		}
		k, err := Load(os.DirFS(tree), srcarch, Env{})
		if err != nil {
			t.Fatal(err)
		}
		if len(k.UnknownProbes) > 0 {
			t.Errorf("without variables: %v", k.UnknownProbes)
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	tree := realTree(b, "PTREVIEW_LINUX_6_12")
	for b.Loop() {
		if _, err := Load(os.DirFS(tree), "powerpc", Env{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOlddefconfig(b *testing.B) {
	tree := realTree(b, "PTREVIEW_LINUX_6_12")
	k := loadReal(b, tree, "powerpc")
	list, err := Defconfig(os.DirFS(tree), "powerpc", "ppc64_defconfig")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := k.Olddefconfig(list); err != nil {
			b.Fatal(err)
		}
	}
}

// loadAs is Load in a given dialect.
func loadAs(fsys fs.FS, srcarch string, env Env, d dialect) (*Kconfig, error) {
	env.Files = NewFiles(fsys, nil)
	env.Files.dialect = d
	return load(srcarch, env)
}

// BenchmarkLoadFurther loads an architecture of a tree that others were
// loaded of.
func BenchmarkLoadFurther(b *testing.B) {
	tree := realTree(b, "PTREVIEW_LINUX_6_12")
	files := NewFiles(os.DirFS(tree), nil)
	if _, err := Load(os.DirFS(tree), "arm64", Env{Files: files}); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		if _, err := Load(os.DirFS(tree), "powerpc", Env{Files: files}); err != nil {
			b.Fatal(err)
		}
	}
}
