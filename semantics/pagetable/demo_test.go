package pagetable_test

import (
	"testing"

	"ptreview/parse/series"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
	"ptreview/testdata/demo"
)

// demoTree returns the miniature kernel after its series and further mails.
func demoTree(t testing.TB, mails ...demo.Mail) tree.Tree {
	t.Helper()
	var inputs []series.Input
	for _, m := range append(demo.Series(), mails...) {
		inputs = append(inputs, series.Input{Name: m.Name, Mails: parseMail(t, m.Name, m.Data)})
	}
	return apply(t, tree.Embedded(demo.Tree()), inputs)
}

var demoConfigs = []config{
	{"x86", "x86", "x86_64_defconfig", nil},
	{"arm64", "arm64", "defconfig", nil},
	{"riscv", "riscv", "defconfig", nil},
	{"ppc64-64k", "powerpc", "ppc64_defconfig", nil},
	{"ppc64-4k", "powerpc", "ppc64_defconfig", []string{"PPC_4K_PAGES"}},
}

// eachDemo runs a test on every machine of the miniature kernel.
func eachDemo(t *testing.T, tr tree.Tree, test func(t *testing.T, name string, prog *facts.TreeProgram, e *pagetable.Emulator)) {
	r := unit.NewReader(source.NewSet(), unit.Options{})
	for _, c := range demoConfigs {
		prog := facts.NewProgram(r, tr, classOf(t, r, tr, c), nil)
		for _, m := range prog.Class.Machines() {
			name := c.name + "/" + m.Name
			t.Run(name, func(t *testing.T) {
				test(t, name, prog, pagetable.New(prog, m, pagetable.Options{}))
			})
		}
	}
}

// TestDemo runs the miniature of the founding series, and both fixes of it.
func TestDemo(t *testing.T) {
	const hash4k = "ppc64-4k/radix_enabled()=false"
	for _, fix := range []struct {
		name  string
		mails []demo.Mail
		trap  bool
	}{
		{"none", nil, true},
		{"wrong", []demo.Mail{demo.WrongFix()}, false},
		{"right", []demo.Mail{demo.RightFix()}, false},
	} {
		t.Run(fix.name, func(t *testing.T) {
			eachDemo(t, demoTree(t, fix.mails...), func(t *testing.T, name string, prog *facts.TreeProgram, e *pagetable.Emulator) {
				mapping(t, e, readUnit(t, prog, "mm/pgtable-generic.c"), expected{
					trap: fix.trap && name == hash4k,
					file: "arch/powerpc/include/asm/book3s/64/hash-4k.h", line: 26,
					huge: name != hash4k,
				})
			})
		})
	}
}
