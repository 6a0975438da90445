package contract_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/contract"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

// hardwareClass is a configuration of a real kernel, and how many laws of the
// family hardware are proved on each of its machines, by version.
type hardwareClass struct {
	arch, defconfig string
	proved          map[string]int
}

// hardwareClasses have no broken laws but those of knownToBreak.
var hardwareClasses = []hardwareClass{
	{"alpha", "defconfig", map[string]int{"6.1": 10, "6.12": 10}},
	{"arm", "multi_v7_defconfig", map[string]int{"6.1": 10, "6.12": 10}},
	{"arm", "axm55xx_defconfig", map[string]int{"6.1": 16, "6.12": 16}},
	{"arm64", "defconfig", map[string]int{"6.1": 28, "6.12": 28}},
	{"loongarch", "loongson3_defconfig", map[string]int{"6.1": 11, "6.12": 11}},
	{"m68k", "multi_defconfig", map[string]int{"6.1": 10, "6.12": 10}},
	{"mips", "malta_defconfig", map[string]int{"6.1": 10, "6.12": 10}},
	{"powerpc", "ppc64_defconfig", map[string]int{"6.1": 28, "6.12": 36}},
	{"riscv", "defconfig", map[string]int{"6.1": 17, "6.12": 17}},
	{"s390", "defconfig", map[string]int{"6.1": 27, "6.12": 27}},
	{"sparc", "sparc64_defconfig", map[string]int{"6.1": 8, "6.12": 8}},
	{"x86", "i386_defconfig", map[string]int{"6.1": 14, "6.12": 14}},
	{"x86", "x86_64_defconfig", map[string]int{"6.1": 17, "6.12": 17}},
}

// knownToBreak are the laws that do not hold, by architecture.
//
// sparc: __swp_entry() puts the offset from bit 21 on, so that one of 2^42
// pages, on a device of 32 PiB, reaches bit 63, which says valid to the miss
// handler. generic_max_swapfile_size() allows such offsets, as they can be read
// back.
var knownToBreak = map[string][]string{
	"sparc": {"pte_none/swap hardware", "pte_present/hardware"},
}

// TestHardware compares the helpers of real kernels with what the processor
// does.
func TestHardware(t *testing.T) {
	for _, version := range []string{"6.1", "6.12"} {
		name := "PTREVIEW_LINUX_" + strings.ReplaceAll(version, ".", "_")
		dir := os.Getenv(name)
		if dir == "" {
			t.Skip("skipped: helpers of a real kernel compared with the processor; set " + name)
		}
		d, err := tree.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		tr := tree.Cached(d)
		for _, c := range hardwareClasses {
			t.Run(version+"/"+c.arch+"/"+c.defconfig, func(t *testing.T) { hardwareOf(t, tr, version, c) })
		}
	}
}

func hardwareOf(t *testing.T, tr tree.Tree, version string, c hardwareClass) {
	r := unit.NewReader(source.NewSet(), unit.Options{})
	class, _, err := r.DefconfigClass(tr, arch.Named(c.arch), c.defconfig, kconfig.Assignments{})
	if err != nil {
		t.Fatal(err)
	}
	prog := facts.NewProgram(r, tr, class, nil)
	u, err := prog.Read(t.Context(), "mm/memory.c")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range class.Machines() {
		p := contract.NewProver(pagetable.New(prog, m, pagetable.Options{}), u)
		proved, broken := 0, []string(nil)
		for _, l := range contract.Laws() {
			if !strings.HasSuffix(l.Name, "hardware") {
				continue
			}
			o, err := p.Prove(t.Context(), l)
			if err != nil {
				t.Fatal(err)
			}
			switch o.Status {
			case contract.Proved:
				proved++
			case contract.Broken:
				broken = append(broken, l.Name)
			case contract.NotRun:
				t.Errorf("%s: %s: %s", m.Name, l.Name, o)
			}
		}
		slices.Sort(broken)
		want := c.proved[version]
		if m.Name == "radix_enabled()=false" {
			want = 0 // the hash table has no entries of Linux
		}
		if got := fmt.Sprint(proved, broken); got != fmt.Sprint(want, knownToBreak[c.arch]) {
			t.Errorf("%s: got %s, want %d %v", m.Name, got, want, knownToBreak[c.arch])
		}
	}
}
