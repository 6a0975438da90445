package check_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/parse/mbox"
	"ptreview/parse/series"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules/check"
	"ptreview/rules/contract"
	"ptreview/rules/race"
	"ptreview/semantics/unit"
)

// corpusFolders hold the mails that appliedMails has to list, if they apply.
var corpusFolders = []string{"arch-pte-map-may-fail", "hash4k-fix", "negatives", "pte-map-may-fail"}

// aboutMeaning are the rules that the mails are held to.
var aboutMeaning = []*check.Rule{contract.Meaning, contract.Law, contract.Constant, contract.Empty, race.PageTable, contract.SelfTest}

// TestAppliedMails checks what is said of every mail of the corpus that applies
// to linux 6.1 or 6.12: no rule about meaning finds anything, what was proved
// equal or why it was not compared, and what was not run. With PTREVIEW_FULL=1
// all rules are run on all of them, else on the generic ones and one version of
// the others; contract/meaning is on all.
func TestAppliedMails(t *testing.T) {
	corpus := os.Getenv("PTREVIEW_CORPUS")
	if corpus == "" {
		t.Skip("SKIPPED: PTREVIEW_CORPUS is not set: no real patch was compared")
	}
	for _, kernel := range []string{"6.1", "6.12"} {
		base := kernelTree(t, kernel)
		if base == nil {
			continue
		}
		reader := unit.NewReader(source.NewSet(), unit.Options{})
		listed := make(map[string]bool)
		for _, name := range corpusMails(t, corpus) {
			s, prefixes := applied(t, filepath.Join(corpus, name), base)
			if prefixes == nil {
				continue
			}
			m := listedMail(kernel, name)
			if m == nil {
				t.Errorf("%s: %s applies and is not in the list", kernel, name)
				continue
			}
			listed[m.mail] = true
			t.Run(kernel+"/"+strings.TrimSuffix(name, ".mbox"), func(t *testing.T) {
				req := &check.Request{Version: "test", Jobs: 2, Archs: archsIn(base), Prefixes: prefixes, Rules: rulesFor(name), Reader: reader}
				for i, p := range s.Patches {
					req.Series.Patches = append(req.Series.Patches, check.PatchInfo{N: i + 1, Subject: p.Subject, Message: p.Diff.Message})
				}
				m.judge(t, reviewed(t, req))
			})
		}
		for _, m := range appliedMails {
			if m.kernel == kernel && !listed[m.mail] {
				t.Errorf("%s: no mail %s applies", kernel, m.mail)
			}
		}
	}
}

// rulesFor returns the rules that a mail is held to: the first version of a
// mail about one architecture says what the second does.
func rulesFor(name string) []*check.Rule {
	if os.Getenv("PTREVIEW_FULL") == "" && strings.HasPrefix(name, "arch-pte-map-may-fail/v1-") {
		return []*check.Rule{contract.Meaning}
	}
	return aboutMeaning
}

// judge compares a report with what is listed.
func (m *appliedMail) judge(t *testing.T, r *check.Report) {
	for _, f := range r.Findings {
		t.Errorf("got %s %s %s: %s, want no finding", f.Severity, f.Rule, f.Arch, f.Message)
	}
	compared := make(map[string]bool)
	for _, h := range r.Helpers {
		for _, o := range h.Compared {
			compared[h.Arch+" "+h.Helper+": "+outcome(o.Result)] = true
		}
	}
	if got := slices.Sorted(maps.Keys(compared)); !slices.Equal(got, m.compared) {
		t.Errorf("compared: got %s, want %s", listing(got), listing(m.compared))
	}
	notRun := make(map[string]bool)
	for _, row := range r.Coverage {
		for _, n := range row.NotRun {
			notRun[row.Arch+": "+n.Reason] = true
		}
	}
	if got := slices.Sorted(maps.Keys(notRun)); !slices.Equal(got, m.notRun) {
		t.Errorf("not run: got %s, want %s", listing(got), listing(m.notRun))
	}
}

// listing spells strings one a line.
func listing(list []string) string {
	var text strings.Builder
	for _, s := range list {
		fmt.Fprintf(&text, "\n\t%q,", s)
	}
	return text.String()
}

// outcome leaves out the values of a difference, which may be any.
func outcome(result string) string {
	if i := strings.Index(result, "BUG in "); i >= 0 {
		return result[i:]
	}
	return result
}

// kernelTree returns a kernel, nil if there is none.
func kernelTree(t *testing.T, version string) tree.Tree {
	t.Helper()
	name := "PTREVIEW_LINUX_" + strings.ReplaceAll(version, ".", "_")
	dir := os.Getenv(name)
	if dir == "" {
		t.Logf("SKIPPED: %s is not set: no mail was compared there", name)
		return nil
	}
	d, err := tree.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return tree.Cached(d)
}

// archsIn returns the architectures that a kernel has.
func archsIn(base tree.Tree) []*arch.Arch {
	return slices.DeleteFunc(slices.Clone(arch.All()), func(a *arch.Arch) bool {
		_, err := fs.Stat(base, "arch/"+a.Name+"/Kconfig")
		return err != nil
	})
}

// corpusMails lists the files of the corpus, below its folder.
func corpusMails(t *testing.T, corpus string) []string {
	t.Helper()
	var names []string
	for _, folder := range corpusFolders {
		files, err := filepath.Glob(filepath.Join(corpus, folder, "*.mbox"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no mails (%v)", folder, err)
		}
		for _, f := range files {
			names = append(names, folder+"/"+filepath.Base(f))
		}
	}
	return names
}

// applied returns the trees of a mail; none if it has no patch, or one that
// does not apply.
func applied(t *testing.T, file string, base tree.Tree) (*series.Series, []check.Prefix) {
	t.Helper()
	mails, _, err := mbox.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := series.FromInputs([]series.Input{{Name: file, Mails: mails}}, series.Options{})
	if err != nil {
		return nil, nil
	}
	list, err := s.Prefixes(base)
	if err != nil || len(list) < 2 {
		return nil, nil
	}
	var prefixes []check.Prefix
	for _, p := range list {
		prefixes = append(prefixes, checkPrefix(p))
	}
	return s, prefixes
}

// listedMail returns what is listed of a mail, nil if it is not.
func listedMail(kernel, name string) *appliedMail {
	for i := range appliedMails {
		m := &appliedMails[i]
		if ok, _ := filepath.Match(m.mail, name); ok && m.kernel == kernel {
			return m
		}
	}
	return nil
}

// appliedMail is a mail, or the versions of one, with what is said of it.
type appliedMail struct {
	kernel, mail string
	compared     []string // "arch helper: outcome", over all classes and machines
	notRun       []string // "arch: reason"
}

// appliedMails are listed with nothing where they change no function that takes
// or gives an entry in a header, or in the mm code of an architecture.
var appliedMails = []appliedMail{
	{"6.1", "arch-pte-map-may-fail/v[12]-01-arm-*", nil, nil},
	// pte_alloc_huge() and pte_offset_huge() come with another series of its time.
	{"6.1", "arch-pte-map-may-fail/v[12]-03-arm64-*", []string{
		"arm64 huge_pte_alloc: not compared: where pmd points to a page table, whose entry maps a page: not supported: an expression without a type",
		"arm64 huge_pte_offset: not compared: where pmd points to a page table, whose entry maps a page: not supported: an expression without a type; the same where pmd is empty; pmd maps a huge page; pmd is a migration entry",
	}, nil},
	{"6.1", "arch-pte-map-may-fail/v[12]-04-ia64-*", []string{
		"ia64 huge_pte_alloc: not compared: where pmd points to a page table, whose entry maps a page: not supported: an expression without a type",
		"ia64 huge_pte_offset: the same where pmd points to a page table, whose entry maps a page; pmd points to a page table, whose entry is empty; pmd is empty",
	}, nil},
	{"6.1", "arch-pte-map-may-fail/v[12]-05-m68k-*", nil, nil},
	{"6.1", "arch-pte-map-may-fail/v[12]-06-microblaze-*", nil, nil},
	// Known to be bad: init dies. The TLB is written by instructions that have no model.
	{"6.1", "arch-pte-map-may-fail/v[12]-07-mips-*", []string{
		"mips update_mmu_cache: not compared: where pte maps a page: depends on inline assembly at arch/mips/mm/tlb-r4k.c",
		"mips update_mmu_cache: not compared: where pte maps a page: needs inline assembly at arch/mips/mm/tlb-r3k.c",
		"mips update_mmu_cache: not compared: where pte maps a page: the linear map: (unsigned long)__va(0x1000000UL) is not known",
		"mips update_mmu_cache_pmd: not compared: where pmd points to a page table, whose entry maps a page: depends on inline assembly at arch/mips/mm/tlb-r4k.c",
		"mips update_mmu_cache_pmd: not compared: where pmd points to a page table, whose entry maps a page: needs inline assembly at arch/mips/mm/tlb-r3k.c",
		"mips update_mmu_cache_pmd: not compared: where pmd points to a page table, whose entry maps a page: the linear map: (unsigned long)__va(0x1000000UL) is not known",
	}, []string{
		"mips: update_mmu_cache_pmd() before and after: where pmd points to a page table, whose entry maps a page: depends on inline assembly at arch/mips/mm/tlb-r4k.c",
		"mips: update_mmu_cache_pmd() before and after: where pmd points to a page table, whose entry maps a page: needs inline assembly at arch/mips/mm/tlb-r3k.c",
		"mips: update_mmu_cache_pmd() before and after: where pmd points to a page table, whose entry maps a page: the linear map: (unsigned long)__va(0x1000000UL) is not known",
	}},
	{"6.1", "arch-pte-map-may-fail/v[12]-08-parisc-*", nil, nil},
	{"6.1", "arch-pte-map-may-fail/v[12]-09-parisc-*", nil, nil},
	{"6.1", "arch-pte-map-may-fail/v[12]-10-parisc-*", []string{
		"parisc huge_pte_alloc: not compared: where pmd points to a page table, whose entry maps a page: not supported: an expression without a type",
		"parisc huge_pte_offset: not compared: where pmd points to a page table, whose entry maps a page: not supported: an expression without a type; the same where pmd is empty",
	}, nil},
	{"6.1", "arch-pte-map-may-fail/v[12]-11-powerpc-*", nil, nil},
	// The function is called for tables, never for a huge page.
	{"6.1", "arch-pte-map-may-fail/v[12]-12-powerpc-*", []string{
		"powerpc flush_hash_table_pmd_range: not compared: where pmd maps a huge page: budget exceeded: more than 200 questions about branches; the same where pmd points to a page table, whose entry maps a page; pmd points to a page table, whose entry is empty; pmd is empty",
	}, nil},
	{"6.1", "arch-pte-map-may-fail/v[12]-13-powerpc-*", []string{
		"powerpc huge_pte_alloc: not compared: where pmd points to a page table, whose entry maps a page: budget exceeded: more than 200 questions about branches",
		"powerpc huge_pte_alloc: not compared: where pmd points to a page table, whose entry maps a page: not supported: a store to an address that depends on a member of a struct page",
	}, nil},
	// Huge pages are split before; the walk never sees one.
	{"6.1", "arch-pte-map-may-fail/v[12]-15-s390-*", []string{
		"s390 __zap_zero_pages: not compared: where pmd maps a huge page: depends on uninitialised pte of pte_val; the same where pmd points to a page table, whose entry maps a page; pmd points to a page table, whose entry is empty; pmd is empty",
	}, nil},
	// A gmap is no more than what nobody described.
	{"6.1", "arch-pte-map-may-fail/v[12]-16-s390-*", []string{
		"s390 gmap_protect_pte: not compared: where pmd points to a page table, whose entry maps a page: not supported: a store to an address that depends on an input; the same where pmd is empty",
		"s390 gmap_shadow_page: not compared: where pte maps a page: budget exceeded: more than 200 questions about branches",
	}, nil},
	{"6.1", "arch-pte-map-may-fail/v[12]-17-sh-*", []string{
		"sh huge_pte_alloc: not compared: where pmd points to a page table, whose entry maps a page: not supported: an expression without a type",
		"sh huge_pte_offset: not compared: where pmd points to a page table, whose entry maps a page: not supported: an expression without a type",
	}, nil},
	{"6.1", "arch-pte-map-may-fail/v[12]-18-sparc-*", []string{
		"sparc huge_pte_alloc: not compared: where pmd points to a page table, whose entry maps a page: not supported: an expression without a type",
		"sparc huge_pte_offset: not compared: where pmd points to a page table, whose entry maps a page: not supported: an expression without a type; the same where pmd is empty",
	}, nil},
	// It looks at every entry of a table that is passed by value.
	{"6.1", "arch-pte-map-may-fail/v[12]-19-sparc-*", []string{
		"sparc tlb_batch_pmd_scan: not compared: where pmd points to a page table, whose entry maps a page: budget exceeded: more than 200 questions about branches",
	}, nil},
	{"6.1", "arch-pte-map-may-fail/v[12]-20-sparc-*", nil, nil},
	{"6.1", "arch-pte-map-may-fail/v[12]-21-x86-*", nil, nil},
	{"6.1", "arch-pte-map-may-fail/v[12]-22-x86-*", nil, nil},
	{"6.1", "arch-pte-map-may-fail/v[12]-23-xtensa-*", nil, nil},
	{"6.1", "arch-pte-map-may-fail/v2-07-replacement-*", []string{
		"mips __update_tlb: not compared: where pte maps a page: needs inline assembly at arch/mips/mm/tlb-r4k.c",
		"mips __update_tlb: not compared: where pte maps a page: the linear map: (unsigned long)__va(0x1000000UL) is not known",
	}, nil},
	// 64K pages are left as they are; with 4K a BUG is gone.
	{"6.1", "hash4k-fix/v1-powerpc-mm-book3s64-hash-4k-add-pmd-same-callback-fo*", []string{
		"powerpc hash__pmd_same: BUG in hash__pmd_same before, 0x1 now",
		"powerpc hash__pmd_same: proved equal for all values",
	}, nil},
	{"6.1", "negatives/v1-01-mm-debug-vm-pgtable-more-pte-swp-exclusive-sanity-*", nil, nil},
	{"6.1", "negatives/v3-08-mm-khugepaged-remove-redundant-pmd-devmap-check*", nil, nil},
	{"6.1", "pte-map-may-fail/v1-03-mm-pgtable-kmap-local-page-instead-of-kmap-*", nil, nil},
	{"6.1", "pte-map-may-fail/v1-27-mm-khugepaged-allow-pte-offset-map-lock-to-*", nil, nil},
	{"6.1", "pte-map-may-fail/v2-03-mm-pgtable-kmap-local-page-instead-of-kmap-*", nil, nil},
	{"6.1", "pte-map-may-fail/v2-09-mm-pagewalkers-action-again-if-pte-offset-m*", nil, nil},
	{"6.1", "pte-map-may-fail/v2-10-mm-pagewalk-walk-pte-range-allow-for-pte-of*", nil, nil},
	{"6.1", "pte-map-may-fail/v2-12-mm-vmalloc-vmalloc-to-page-use-pte-offset-k*", nil, nil},
	{"6.1", "pte-map-may-fail/v2-19-mm-mremap-retry-if-either-pte-offset-map-lo*", nil, nil},
	{"6.1", "pte-map-may-fail/v2-27-mm-khugepaged-allow-pte-offset-map-lock-to-*", nil, nil},
	{"6.12", "negatives/v3-08-mm-khugepaged-remove-redundant-pmd-devmap-check*", nil, nil},
	{"6.12", "negatives/v5-03-mm-filemap-filemap-fault-recheck-pte-none-use-pte-*", nil, nil},
}
