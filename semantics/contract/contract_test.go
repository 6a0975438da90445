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
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/contract"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
	"ptreview/testdata/demo"
)

//go:embed testdata/helpers.h
var helpers string

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
	tr := helperTree(t, helpers)
	r := unit.NewReader(source.NewSet(), unit.Options{})
	class, _, err := r.DefconfigClass(tr, arch.Named("x86"), "x86_64_defconfig", kconfig.Assignments{})
	if err != nil {
		t.Fatal(err)
	}
	prog := facts.NewProgram(r, tr, class, nil)
	u, err := prog.Read(t.Context(), "mm/memory.c")
	if err != nil {
		t.Fatal(err)
	}
	return contract.NewProver(pagetable.New(prog, class.Machines()[0], pagetable.Options{}), u)
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

// TestProved has helpers that keep all laws.
func TestProved(t *testing.T) {
	all := prove(t, prover(t, helpers))
	if len(all) < 130 {
		t.Errorf("got %d laws, want 130 or more", len(all))
	}
	for _, l := range contract.Laws() {
		if o := all[l.Name]; o != nil && o.Status != contract.Proved {
			t.Errorf("%s: got %s, want it proved", l.Name, o)
		}
	}
}

// TestBroken plants one mistake for each kind of law.
func TestBroken(t *testing.T) {
	for _, m := range []struct{ law, old, new string }{
		{"pte_same/itself", "return pte_val(a) == pte_val(b);", "return pte_val(a) && pte_val(a) == pte_val(b);"},
		{"pte_present/hardware", "(_PAGE_PRESENT | PROTNONE)); }", "PROTNONE); }"},
		{"pte_none/hardware", "return !pte_val(pte);", "return !pte_val(pte) || pte_val(pte) == 0x25;"},
		{"pte_none/swap hardware", "swp_offset(entry) << 9", "swp_offset(entry) << 9 | 1"},
		{"pte_pfn/hardware", "(pte_val(pte) & PTE_PFN_MASK) >> PAGE_SHIFT", "(pte_val(pte) & PTE_PFN_MASK & ~(1UL << 45)) >> PAGE_SHIFT"},
		{"pte_write/hardware", "return !!(pte_val(pte) & _PAGE_RW);", "return !!(pte_val(pte) & _PAGE_RW) && pte_dirty(pte);"},
		{"pte_wrprotect/hardware", "return __pte(pte_val(pte) & ~_PAGE_RW);", "return pte_young(pte) ? __pte(pte_val(pte) & ~_PAGE_RW) : pte;"},
		{"pte_mkwrite/hardware", "return __pte(pte_val(pte) | _PAGE_RW);", "return __pte(pte_val(pte) | DEVMAP);"},
		{"pte_mkyoung/hardware", "| _PAGE_USER | _PAGE_ACCESSED |", "| _PAGE_ACCESSED |"},
		{"pte_protnone/hardware", "(_PAGE_PRESENT | PROTNONE)) == PROTNONE; }", "(_PAGE_PRESENT | _PAGE_DIRTY)) == _PAGE_PRESENT; }"},
		{"pte_same/symmetric", "return pte_val(a) == pte_val(b);", "return pte_val(a) <= pte_val(b);"},
		{"pte_same/transitive", "return pte_val(a) == pte_val(b);", "return !((pte_val(a) ^ pte_val(b)) & PTE_PFN_MASK) || !((pte_val(a) ^ pte_val(b)) & _PAGE_DIRTY);"},
		{"pte_same/bits", "return pte_val(a) == pte_val(b);", "return !((pte_val(a) ^ pte_val(b)) & ~_PAGE_ACCESSED);"},
		{"pte_same/none", "return pte_val(a) == pte_val(b);", "return 1;"},
		{"pte_same/present", "return pte_val(a) == pte_val(b);", "return 1;"},
		{"pte_same/pfn", "return pte_val(a) == pte_val(b);", "return !((pte_val(a) ^ pte_val(b)) & ~PTE_PFN_MASK);"},
		{"pte_same/young", "return pte_val(a) == pte_val(b);", "return !((pte_val(a) ^ pte_val(b)) & ~_PAGE_ACCESSED);"},
		{"pte_same/write", "return pte_val(a) == pte_val(b);", "BUG(); return 0;"},
		{"pte_pfn/made", "(pte_val(pte) & PTE_PFN_MASK) >> PAGE_SHIFT", "(pte_val(pte) & PTE_PFN_MASK & ~(1UL << 45)) >> PAGE_SHIFT"},
		{"pte_present/page", "(_PAGE_PRESENT | PROTNONE)); }", "_PAGE_PRESENT); }"},
		{"pte_none/page", "return !pte_val(pte);", "return !(pte_val(pte) & (_PAGE_PRESENT | PTE_PFN_MASK));"},
		{"pte_none/empty", "*ptep = __pte(0);", "*ptep = __pte(pte_val(*ptep) & ~_PAGE_PRESENT);"},
		{"pte_none/not present", "return !pte_val(pte);", "return !(pte_val(pte) & ~_PAGE_PRESENT & ~PTE_PFN_MASK & ~_PAGE_USER & ~_PAGE_ACCESSED);"},
		{"pte_none/swap", "swp_offset(entry) << 9", "swp_offset(entry) << 8"},
		{"pte_mkdirty/dirty", "| _PAGE_DIRTY | SOFT_DIRTY", "| SOFT_DIRTY"},
		{"pte_mkdirty/keeps pfn", "| _PAGE_DIRTY | SOFT_DIRTY", "| _PAGE_DIRTY | (SOFT_DIRTY << 4)"},
		{"pte_mkclean/dirty", "return __pte(pte_val(pte) & ~_PAGE_DIRTY);", "return pte;"},
		{"pte_mkclean/keeps young", "pte_val(pte) & ~_PAGE_DIRTY", "pte_val(pte) & ~(_PAGE_DIRTY | _PAGE_ACCESSED)"},
		{"pte_mkold/young", "return __pte(pte_val(pte) & ~_PAGE_ACCESSED);", "return pte;"},
		{"pte_mkold/keeps dirty", "pte_val(pte) & ~_PAGE_ACCESSED", "pte_val(pte) & ~(_PAGE_ACCESSED | _PAGE_DIRTY)"},
		{"pte_mkwrite/write", "return __pte(pte_val(pte) | _PAGE_RW);", "return pte_dirty(pte) ? __pte(pte_val(pte) | _PAGE_RW) : pte;"},
		{"pte_wrprotect/write", "return __pte(pte_val(pte) & ~_PAGE_RW);", "return pte_young(pte) ? __pte(pte_val(pte) & ~_PAGE_RW) : pte;"},
		{"pte_wrprotect/dirty", "return __pte(pte_val(pte) & ~_PAGE_RW);", "return __pte(pte_val(pte) & ~(_PAGE_RW | _PAGE_DIRTY));"},
		{"pte_wrprotect/clean", "return __pte(pte_val(pte) & ~_PAGE_RW);", "return __pte((pte_val(pte) & ~_PAGE_RW) | _PAGE_DIRTY);"},
		{"pte_wrprotect/keeps present", "return __pte(pte_val(pte) & ~_PAGE_RW);", "return __pte(pte_val(pte) & ~(_PAGE_RW | _PAGE_PRESENT));"},
		{"pte_mkspecial/special", "return __pte(pte_val(pte) | SPECIAL);", "return pte;"},
		{"pte_mksoft_dirty/soft_dirty", "return __pte(pte_val(pte) | SOFT_DIRTY);", "return pte;"},
		{"pte_clear_soft_dirty/soft_dirty", "return __pte(pte_val(pte) & ~SOFT_DIRTY);", "return pte;"},
		{"pte_mkuffd_wp/uffd_wp", "return __pte(pte_val(pte) | UFFD_WP);", "return pte;"},
		{"pte_clear_uffd_wp/uffd_wp", "return __pte(pte_val(pte) & ~UFFD_WP);", "return pte;"},
		{"pte_clear_uffd_wp/keeps write", "return __pte(pte_val(pte) & ~UFFD_WP);", "return __pte((pte_val(pte) & ~UFFD_WP) | _PAGE_RW);"},
		{"pte_mkdevmap/devmap", "return __pte(pte_val(pte) | DEVMAP);", "return pte;"},
		{"pte_mkhuge/huge", "return __pte(pte_val(pte) | _PAGE_PSE);", "return pte;"},
		{"pte_protnone/none", "== PROTNONE; }", "== _PAGE_PRESENT; }"},
		{"pte_protnone/access", "== PROTNONE; }", "!= 0; }"},
		{"pte_modify/write", "| (pgprot_val(prot) & ~keep)", "| _PAGE_RW | (pgprot_val(prot) & ~keep)"},
		{"pte_modify/keeps special", "| SPECIAL | SOFT_DIRTY | UFFD_WP", "| SOFT_DIRTY | UFFD_WP"},
		{"swp_entry_to_pte/type", "swp_type(entry) << 59", "swp_type(entry) << 60"},
		{"swp_entry_to_pte/offset", "return swp_entry(pte_val(pte) >> 59, pte_val(pte) << 5 >> 14)", "return swp_entry(pte_val(pte) >> 59, (pte_val(pte) << 5 >> 14) & ~16UL)"},
		{"swp_entry_to_pte/swap", "swp_offset(entry) << 9", "swp_offset(entry) << 8"},
		{"swp_entry_to_pte/exclusive", "swp_offset(entry) << 9)", "swp_offset(entry) << 9 | EXCLUSIVE)"},
		{"swp_entry_to_pte/soft dirty", "swp_offset(entry) << 9)", "swp_offset(entry) << 9 | SWP_SOFT_DIRTY)"},
		{"swp_entry_to_pte/uffd-wp", "swp_offset(entry) << 9)", "swp_offset(entry) << 9 | SWP_UFFD_WP)"},
		{"pte_swp_mkexclusive/exclusive", "return __pte(pte_val(pte) | EXCLUSIVE);", "return pte;"},
		{"pte_swp_clear_exclusive/exclusive", "return __pte(pte_val(pte) & ~EXCLUSIVE);", "return pte;"},
		{"pte_swp_mkexclusive/keeps offset", "return __pte(pte_val(pte) | EXCLUSIVE);", "return __pte(pte_val(pte) | EXCLUSIVE | (1UL << 30));"},
		{"pte_swp_mkexclusive/keeps type", "return __pte(pte_val(pte) | EXCLUSIVE);", "return __pte(pte_val(pte) | EXCLUSIVE | (1UL << 63));"},
		{"pte_swp_mksoft_dirty/soft_dirty", "return __pte(pte_val(pte) | SWP_SOFT_DIRTY);", "return pte;"},
		{"pte_swp_clear_soft_dirty/soft_dirty", "return __pte(pte_val(pte) & ~SWP_SOFT_DIRTY);", "return pte;"},
		{"pte_swp_mkuffd_wp/uffd_wp", "return __pte(pte_val(pte) | SWP_UFFD_WP);", "return pte;"},
		{"pte_swp_clear_uffd_wp/keeps swp_exclusive", "return __pte(pte_val(pte) & ~SWP_UFFD_WP);", "return __pte(pte_val(pte) & ~(SWP_UFFD_WP | EXCLUSIVE));"},
	} {
		t.Run(m.law, func(t *testing.T) {
			if strings.Count(helpers, m.old) != 1 {
				t.Fatalf("%q is there %d times, want once", m.old, strings.Count(helpers, m.old))
			}
			i := slices.IndexFunc(contract.Laws(), func(l contract.Law) bool { return l.Name == m.law })
			if i < 0 {
				t.Fatal("there is no such law")
			}
			o, err := prover(t, strings.Replace(helpers, m.old, m.new, 1)).Prove(t.Context(), contract.Laws()[i])
			if err != nil {
				t.Fatal(err)
			}
			if o.Status != contract.Broken {
				t.Errorf("got %s, want it broken", o)
			}
		})
	}
}

// TestGates takes away what a class has: its laws are absent then.
func TestGates(t *testing.T) {
	all := prove(t, prover(t, strings.ReplaceAll(helpers, "pte_swp_mkexclusive", "pte_swp_make")))
	for law := range all {
		if strings.Contains(law, "exclusive") {
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
