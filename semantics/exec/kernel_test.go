package exec_test

import (
	"context"
	"os"
	"testing"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/exec"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// kernelVersions are the real trees and the variables that say where they are.
var kernelVersions = []struct{ version, env string }{
	{"6.1", "PTREVIEW_LINUX_6_1"},
	{"6.12", "PTREVIEW_LINUX_6_12"},
}

// config is a configuration of a real kernel.
type config struct {
	name, arch, defconfig string
	set                   []string // symbols switched on
}

var configs = []config{
	{"x86_64", "x86", "x86_64_defconfig", nil},
	{"arm64", "arm64", "defconfig", nil},
	{"riscv", "riscv", "defconfig", nil},
	{"s390", "s390", "defconfig", nil},
	{"ppc64-64K", "powerpc", "ppc64_defconfig", nil},
	{"ppc64-4K", "powerpc", "ppc64_defconfig", []string{"PPC_4K_PAGES", "TRANSPARENT_HUGEPAGE"}},
}

// kernelUnit is a unit of a real kernel as a program.
type kernelUnit struct {
	config
	version string
	unit    *types.Unit
	program *exec.Program
}

// eval evaluates C text on a new machine.
func (k *kernelUnit) eval(t *testing.T, text string, opt exec.Options) (*exec.Result, error) {
	t.Helper()
	return exec.New(k.program, opt).Eval(context.Background(), k.unit, text)
}

// eachKernel reads mm/pgtable-generic.c of every real kernel that is there in
// every configuration.
func eachKernel(t *testing.T, test func(t *testing.T, k *kernelUnit)) {
	for _, v := range kernelVersions {
		dir := os.Getenv(v.env)
		if dir == "" {
			t.Logf("skipped: %s is not set, Linux %s not run", v.env, v.version)
			continue
		}
		tr, err := tree.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		r := unit.NewReader(source.NewSet(), unit.Options{})
		for _, c := range configs {
			t.Run(v.version+"/"+c.name, func(t *testing.T) {
				test(t, readKernel(t, r, tr, c, v.version))
			})
		}
	}
	if os.Getenv(kernelVersions[0].env) == "" && os.Getenv(kernelVersions[1].env) == "" {
		t.Skip("skipped: no kernel tree")
	}
}

func readKernel(t *testing.T, r *unit.Reader, tr tree.Tree, c config, version string) *kernelUnit {
	t.Helper()
	var fragment kconfig.Assignments
	for _, s := range c.set {
		fragment = fragment.Set(s, "y")
	}
	class, _, err := r.DefconfigClass(tr, arch.Named(c.arch), c.defconfig, fragment)
	if err != nil {
		t.Fatal(err)
	}
	u, err := r.Read(context.Background(), tr, class, "mm/pgtable-generic.c")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range u.Gaps {
		t.Logf("gap: %s", g)
	}
	p := exec.NewProgram(u.ABI, []*types.Unit{u.Types}, nil)
	return &kernelUnit{config: c, version: version, unit: u.Types, program: p}
}

func TestTry(t *testing.T) {
	eachKernel(t, func(t *testing.T, k *kernelUnit) {
		for _, text := range []string{
			"pte_val(pte_mkdirty(__pte(0)))",
			"pte_val(pte_mkyoung(pte_mkwrite(__pte(1))))",
			"pte_same(__pte(5), __pte(5))",
			"pmd_present(__pmd(0))",
			"pte_none(__pte(0))",
			"pmd_same(__pmd(8), __pmd(8))",
			"PAGE_SIZE",
			"PTRS_PER_PTE",
			"pte_val(pfn_pte(0x1234, PAGE_KERNEL))",
			"pte_pfn(pfn_pte(0x1234, PAGE_KERNEL))",
			"__pa(0xc000000000001000)",
			"pte_index(0x123456789000)",
			"pmd_index(0x123456789000)",
			"(long)__va(0x1000)",
			"(long)pfn_to_page(3)",
			"page_to_pfn(pfn_to_page(0x12345))",
		} {
			r, err := k.eval(t, text, exec.Options{Features: map[string]bool{"radix_enabled": false, "early_radix_enabled": false}})
			if err != nil {
				t.Logf("%s: ERR %v", text, err)
				continue
			}
			t.Logf("%s = %v trap=%v unk=%v skip=%v steps=%d", text, r.Return, r.Trap, r.Unknowns, r.Skipped, r.Steps)
		}
	})
}
