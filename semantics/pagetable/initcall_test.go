package pagetable_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

// debugVM is a configuration that the self-test of page-table helpers is run
// in, and what it then finds on every machine.
type debugVM struct {
	config
	// warns are the functions whose WARNs fire, in order; trap the function
	// that the run ends in; notRun why there was none.
	warns  map[string][]string // by version, "" for both
	trap   string
	notRun string
	only   string // version that has the configuration
}

var self = []string{"EXPERT", "DEBUG_KERNEL", "DEBUG_VM", "DEBUG_VM_PGTABLE"}

// debugVMs is the outcome on real kernels. No WARN is one of an architecture
// that selects ARCH_HAS_DEBUG_VM_PGTABLE in that configuration. Left out is
// 32-bit powerpc with entries of 64 bits, which assembly stores in two halves.
var debugVMs = []debugVM{
	{config: config{"x86_64", "x86", "x86_64_defconfig", nil}},
	{config: config{"x86_64-thp", "x86", "x86_64_defconfig", []string{"TRANSPARENT_HUGEPAGE"}}},
	{config: config{"x86_64-xen", "x86", "x86_64_defconfig", []string{"XEN"}}},
	{config: config{"x86_64-xen-thp", "x86", "x86_64_defconfig", []string{"XEN", "TRANSPARENT_HUGEPAGE"}}},
	{config: config{"i386", "x86", "i386_defconfig", nil}},
	// Swap entries have 32 bits of which not all reach an entry of 64; the
	// architecture does not offer the test with PAE.
	{config: config{"i386-pae", "x86", "i386_defconfig", []string{"X86_PAE", "HIGHMEM64G"}},
		warns: map[string][]string{"": {"pte_swap_tests"}}},
	// pte_swp_exclusive() returns bit 39 as an int, which has 32: a defect.
	{config: config{"alpha", "alpha", "defconfig", nil},
		warns: map[string][]string{"6.12": {"pte_swap_exclusive_tests"}}},
	{config: config{"arc", "arc", "haps_hs_smp_defconfig", nil}},
	{config: config{"arc-thp", "arc", "haps_hs_smp_defconfig", []string{"TRANSPARENT_HUGEPAGE"}}},
	{config: config{"arm", "arm", "multi_v7_defconfig", nil}},
	{config: config{"arm-xscale", "arm", "ixp4xx_defconfig", nil}},
	{config: config{"arm-lpae", "arm", "axm55xx_defconfig", nil}},
	// pmd_mkinvalid() clears the bit that pmd_present() looks at.
	{config: config{"arm-lpae-thp", "arm", "multi_v7_defconfig", []string{"ARM_LPAE", "TRANSPARENT_HUGEPAGE"}},
		warns: map[string][]string{"6.1": {"pmd_thp_tests"}, "6.12": {"pmd_thp_tests", "pmd_thp_tests"}}},
	{config: config{"arm64-4k", "arm64", "defconfig", nil}},
	{config: config{"arm64-4k-39", "arm64", "defconfig", []string{"ARM64_VA_BITS_39"}}},
	{config: config{"arm64-16k-47", "arm64", "defconfig", []string{"ARM64_16K_PAGES", "ARM64_VA_BITS_47"}}},
	{config: config{"arm64-64k-42", "arm64", "defconfig", []string{"ARM64_64K_PAGES", "ARM64_VA_BITS_42"}}},
	{config: config{"arm64-16k", "arm64", "defconfig", []string{"ARM64_16K_PAGES"}}},
	{config: config{"arm64-64k", "arm64", "defconfig", []string{"ARM64_64K_PAGES"}}},
	{config: config{"csky", "csky", "defconfig", nil}},
	{config: config{"hexagon", "hexagon", "comet_defconfig", nil}},
	// pte_mkwrite() of an entry that may only be executed gives other rights,
	// and set_pte() reads the struct page of an entry of random bits.
	{config: config{"ia64", "ia64", "generic_defconfig", nil}, only: "6.1",
		warns: map[string][]string{"": {"pte_basic_tests", "pte_basic_tests"}}, trap: "generic_test_bit"},
	{config: config{"loongarch", "loongarch", "loongson3_defconfig", nil}},
	{config: config{"loongarch-4k", "loongarch", "loongson3_defconfig", []string{"4KB_4LEVEL"}}},
	// pmd_val() takes the address of its argument, which is no lvalue in the
	// test: it does not compile there.
	{config: config{"m68k", "m68k", "multi_defconfig", nil}, notRun: "operand of & is not an lvalue"},
	{config: config{"m68k-sun3", "m68k", "sun3_defconfig", nil}},
	// pmd_free() is a BUG() of a level that is folded.
	{config: config{"m68k-coldfire", "m68k", "m5475evb_defconfig", nil}, trap: "destroy_args"},
	{config: config{"microblaze", "microblaze", "mmu_defconfig", nil}},
	{config: config{"mips", "mips", "malta_defconfig", nil}},
	{config: config{"mips64", "mips", "loongson3_defconfig", nil}},
	// A huge pmd is not bad, on purpose; pmd_mkinvalid() takes away what
	// pmd_present() looks at.
	{config: config{"mips64-thp", "mips", "cavium_octeon_defconfig", nil},
		warns: map[string][]string{"": {"pmd_basic_tests", "pmd_thp_tests"}}},
	{config: config{"nios2", "nios2", "3c120_defconfig", nil}},
	{config: config{"openrisc", "openrisc", "or1ksim_defconfig", nil}},
	{config: config{"parisc64", "parisc", "generic-64bit_defconfig", nil}},
	{config: config{"ppc64-64k", "powerpc", "ppc64_defconfig", nil}},
	{config: config{"ppc64-4k", "powerpc", "ppc64_defconfig", []string{"PPC_4K_PAGES", "TRANSPARENT_HUGEPAGE"}}},
	{config: config{"ppc32", "powerpc", "ppc_defconfig", nil}},
	{config: config{"ppc-8xx", "powerpc", "mpc866_ads_defconfig", nil}},
	{config: config{"ppc64-e500", "powerpc", "corenet64_smp_defconfig", nil}},
	{config: config{"riscv", "riscv", "defconfig", nil}},
	{config: config{"riscv32", "riscv", "rv32_defconfig", nil}},
	{config: config{"s390", "s390", "defconfig", nil}},
	// With X2TLB a swap entry is the upper half of an entry; the pfn of a
	// mapping is in the lower one.
	{config: config{"sh", "sh", "shx3_defconfig", nil}, warns: map[string][]string{"": {"pte_swap_tests"}}},
	// Tables are in memory that a boot maps once more, without a cache.
	{config: config{"sparc32", "sparc", "sparc32_defconfig", nil}, notRun: "srmmu_get_nocache"},
	// Where the variables of a CPU are is in a register of its own.
	{config: config{"sparc64", "sparc", "sparc64_defconfig", nil}, notRun: "register g6"},
	// pte_mkwrite() leaves a mapping without any rights as it is.
	{config: config{"um", "um", "x86_64_defconfig", nil}, warns: map[string][]string{"": {"pte_basic_tests"}}},
	{config: config{"um32", "um", "i386_defconfig", nil}, warns: map[string][]string{"": {"pte_basic_tests"}}},
	{config: config{"xtensa", "xtensa", "iss_defconfig", nil}},
}

// TestDebugVMPgtable runs mm/debug_vm_pgtable.c of real kernels as a boot does.
func TestDebugVMPgtable(t *testing.T) {
	for _, version := range []string{"6.1", "6.12"} {
		tr := kernelTree(t, version)
		for _, c := range debugVMs {
			if c.only != "" && c.only != version {
				continue
			}
			t.Run(version+"/"+c.name, func(t *testing.T) { runDebugVM(t, tr, version, c) })
		}
	}
}

// kernelTree opens a real kernel.
func kernelTree(t *testing.T, version string) tree.Tree {
	t.Helper()
	name := "PTREVIEW_LINUX_" + strings.ReplaceAll(version, ".", "_")
	dir := os.Getenv(name)
	if dir == "" {
		t.Skip("skipped: mm/debug_vm_pgtable.c of a real kernel; set " + name)
	}
	d, err := tree.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return tree.Cached(d)
}

func runDebugVM(t *testing.T, tr tree.Tree, version string, c debugVM) {
	r := unit.NewReader(source.NewSet(), unit.Options{})
	with := c.config
	with.set = append(slices.Clone(self), c.set...)
	prog := facts.NewProgram(r, tr, classOf(t, r, tr, with), nil)
	for _, m := range prog.Class.Machines() {
		want := "notRun " + c.notRun
		if c.notRun == "" {
			want = fmt.Sprint(slices.Concat(c.warns[""], c.warns[version]), " trap ", c.trap, " exact true")
		}
		got := debugVMOutcome(t, prog, m)
		if c.notRun != "" && strings.HasPrefix(got, "notRun ") && strings.Contains(got, c.notRun) {
			got = want
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", m.Name, got, want)
		}
	}
}

// debugVMOutcome runs the self-test on one machine.
func debugVMOutcome(t *testing.T, prog *facts.TreeProgram, m *arch.Machine) string {
	calls, err := pagetable.RunInitcall(context.Background(), prog, m, "mm/debug_vm_pgtable.c", "debug_vm_pgtable")
	if err != nil {
		return "notRun " + err.Error()
	}
	if len(calls) != 1 {
		return fmt.Sprintf("%d ways: %q", len(calls), calls[0].Why)
	}
	c := calls[0]
	var warns []string
	for _, w := range c.Warnings {
		warns = append(warns, w.Function)
	}
	trap := ""
	if c.Trap != nil {
		trap = c.Trap.Function
	}
	t.Logf("%s: %d steps, %d units, %q", m.Name, c.Steps, c.Units, c.Why)
	return fmt.Sprint(warns, " trap ", trap, " exact ", c.Exact())
}
