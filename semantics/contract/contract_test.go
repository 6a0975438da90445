package contract_test

import (
	"context"
	_ "embed"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/parse/tree"
	"ptreview/semantics/contract"
	"ptreview/testdata/demo"
)

// The helpers: what levels share, those of one level, of tables, and of a
// machine with folded levels.
var (
	//go:embed testdata/helpers.h
	shared string
	//go:embed testdata/level.h
	level string
	//go:embed testdata/table.h
	tables string
	//go:embed testdata/folded.h
	folded string
)

// helpers are all of a machine that has everything.
func helpers() string {
	text := shared
	for _, name := range []string{"pte", "pmd", "pud"} {
		text += strings.ReplaceAll(level, "LEVEL", name)
	}
	return text + tables
}

// features are the symbols that the helpers stand for.
const features = `
config ARCH_HAS_PTE_SPECIAL
	def_bool y
config ARCH_HAS_PTE_DEVMAP
	def_bool y
config MEM_SOFT_DIRTY
	def_bool y
config HAVE_ARCH_USERFAULTFD_WP
	def_bool y
config NUMA_BALANCING
	def_bool y
config HUGETLB_PAGE
	def_bool y
config SWAP
	def_bool y
config ARCH_SUPPORTS_PMD_PFNMAP
	def_bool y
config ARCH_SUPPORTS_PUD_PFNMAP
	def_bool y
config ARCH_ENABLE_THP_MIGRATION
	def_bool y
config HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD
	def_bool y
`

// helperTree is the miniature kernel with the helpers on top.
func helperTree(t testing.TB, helpers string) tree.Tree {
	t.Helper()
	files := make(fstest.MapFS)
	base := demo.Tree()
	err := fs.WalkDir(base, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(base, name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	files["mm/Kconfig"].Data = append(slices.Clone(files["mm/Kconfig"].Data), features...)
	files["arch/x86/include/asm/helpers.h"] = &fstest.MapFile{Data: []byte(helpers)}
	files["mm/memory.c"] = &fstest.MapFile{Data: []byte("#include <linux/mm.h>\n#include <asm/helpers.h>\n")}
	return tree.Cached(tree.Embedded(files))
}

// prover returns one for the helpers.
func prover(t testing.TB, helpers string) *contract.Prover {
	t.Helper()
	return proverOn(t, arch.Named("x86"), helpers)
}

// proverOn returns one for the helpers on an architecture like x86.
func proverOn(t testing.TB, a *arch.Arch, helpers string) *contract.Prover {
	t.Helper()
	k := ask(t, helperTree(t, helpers), a, "x86_64_defconfig", kconfig.Assignments{})
	return k.on(k.class.Machines()[0])
}

// prove returns the outcomes that are not absent, by law.
func prove(t *testing.T, p *contract.Prover) map[string]*contract.Outcome {
	t.Helper()
	all := make(map[string]*contract.Outcome)
	for _, l := range contract.Laws() {
		o, err := p.Prove(context.Background(), l)
		if err != nil {
			t.Fatal(err)
		}
		if o.Status != contract.Absent {
			all[l.Name] = o
		}
	}
	return all
}

// TestGates takes away what a class has: its laws are absent then.
func TestGates(t *testing.T) {
	all := prove(t, prover(t, strings.ReplaceAll(helpers(), "pte_swp_mkexclusive", "pte_swp_make")))
	for law := range all {
		if strings.HasPrefix(law, "pte_") && strings.Contains(law, "exclusive") {
			t.Errorf("%s is a law of a class without exclusive entries", law)
		}
	}
}

// TestLaws looks for laws that are named twice, or of no helper.
func TestLaws(t *testing.T) {
	seen := make(map[string]bool)
	for _, l := range contract.Laws() {
		if seen[l.Name] {
			t.Errorf("there are two laws %s", l.Name)
		}
		seen[l.Name] = true
		if l.Says == "" || l.Source == "" || strings.Contains(l.Holds, "$") || strings.Contains(l.Given, "$") {
			t.Errorf("incomplete: %+v", l)
		}
	}
}
