package contract_test

import (
	"strings"
	"testing"
	"time"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/parse/tree"
	"ptreview/semantics/contract"
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
	tr := linux(b, "6.12", "laws of a real kernel not timed")
	for _, c := range benchClasses {
		b.Run(c.defconfig, func(b *testing.B) { benchClass(b, tr, c.arch, c.defconfig) })
	}
}

// benchClass times the laws of benchHelpers on all machines of a class.
func benchClass(b *testing.B, tr tree.Tree, name, defconfig string) {
	k := ask(b, tr, arch.Named(name), defconfig, kconfig.Assignments{})
	var laws []contract.Law
	for _, l := range contract.Laws() {
		for _, h := range benchHelpers {
			if strings.HasPrefix(l.Name, h+"/") {
				laws = append(laws, l)
			}
		}
	}
	for _, m := range k.class.Machines() {
		b.Run(m.Name, func(b *testing.B) { benchLaws(b, k.on(m), laws) })
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
