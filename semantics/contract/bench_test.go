package contract_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/contract"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

// benchHelpers are those whose laws are timed on a real kernel: predicates,
// makers, swap entries and the comparison, of the lowest level and of a huge
// page.
var benchHelpers = []string{"pte_same", "pte_none", "pte_mkdirty", "pte_modify", "pte_pfn", "pte_swp_mkexclusive", "pmd_same", "pmd_mkwrite", "pmd_pfn"}

// benchClasses are configurations of a real kernel.
var benchClasses = []struct{ arch, defconfig string }{
	{"x86", "x86_64_defconfig"},
	{"x86", "i386_defconfig"},
	{"powerpc", "ppc64_defconfig"},
	{"powerpc", "pmac32_defconfig"},
}

// BenchmarkLaws prints how long a law takes, and the slowest one.
func BenchmarkLaws(b *testing.B) {
	b.Run("fixture", func(b *testing.B) {
		p := prover(b, helpers())
		benchLaws(b, p, contract.Laws())
	})
	dir := os.Getenv("PTREVIEW_LINUX_6_12")
	if dir == "" {
		b.Skip("skipped: laws of a real kernel not timed; set PTREVIEW_LINUX_6_12")
	}
	d, err := tree.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	tr := tree.Cached(d)
	for _, c := range benchClasses {
		b.Run(c.defconfig, func(b *testing.B) { benchClass(b, tr, c.arch, c.defconfig) })
	}
}

// benchClass times the laws of benchHelpers on all machines of a class.
func benchClass(b *testing.B, tr tree.Tree, name, defconfig string) {
	r := unit.NewReader(source.NewSet(), unit.Options{})
	class, _, err := r.DefconfigClass(tr, arch.Named(name), defconfig, kconfig.Assignments{})
	if err != nil {
		b.Fatal(err)
	}
	prog := facts.NewProgram(r, tr, class, nil)
	u, err := prog.Read(b.Context(), "mm/memory.c")
	if err != nil {
		b.Fatal(err)
	}
	var laws []contract.Law
	for _, l := range contract.Laws() {
		for _, h := range benchHelpers {
			if strings.HasPrefix(l.Name, h+"/") {
				laws = append(laws, l)
			}
		}
	}
	for _, m := range class.Machines() {
		b.Run(m.Name, func(b *testing.B) {
			benchLaws(b, contract.NewProver(pagetable.New(prog, m, pagetable.Options{}), u), laws)
		})
	}
}

// benchLaws asks laws, of which those that the class does not have are not
// counted.
func benchLaws(b *testing.B, p *contract.Prover, laws []contract.Law) {
	var slowest, sum time.Duration
	asked, notRun := 0, 0
	for b.Loop() {
		for _, l := range laws {
			begin := time.Now()
			o, err := p.Prove(b.Context(), l)
			if err != nil {
				b.Fatal(err)
			}
			if used := time.Since(begin); o.Status != contract.Absent {
				sum, slowest, asked = sum+used, max(slowest, used), asked+1
			}
			if o.Status == contract.NotRun {
				notRun++
			}
		}
	}
	if asked == 0 {
		b.Skip("the machine has none of the laws")
	}
	b.ReportMetric(sum.Seconds()/float64(asked), "s/law")
	b.ReportMetric(slowest.Seconds(), "slowest-s")
	b.ReportMetric(float64(asked)/float64(b.N), "laws")
	b.ReportMetric(float64(notRun)/float64(b.N), "not-run")
}
