package check_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/parse/history"
	"ptreview/parse/mbox"
	"ptreview/parse/series"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules/check"
	"ptreview/rules/contract"
	"ptreview/semantics/unit"
)

const hash4kHeader = "arch/powerpc/include/asm/book3s/64/hash-4k.h"

// kernel61 returns linux 6.1.
func kernel61(t *testing.T) tree.Tree {
	t.Helper()
	dir := os.Getenv("PTREVIEW_LINUX_6_1")
	if dir == "" {
		t.Skip("SKIPPED: PTREVIEW_LINUX_6_1 is not set: no laws of a real kernel were asked")
	}
	d, err := tree.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return tree.Cached(d)
}

// edited is a prefix in which one text of a file is another.
func edited(t *testing.T, base tree.Tree, file, old, young string) check.Prefix {
	t.Helper()
	data, err := base.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), old); n != 1 {
		t.Fatalf("%s: got %d times %q, want 1", file, n, old)
	}
	now := []byte(strings.Replace(string(data), old, young, 1))
	d := history.DiffLines(data, now)
	return check.Prefix{
		Tree:    tree.NewOverlay(base, map[string][]byte{file: now}),
		Changed: []check.ChangedFile{{Path: file, Old: file, Added: d.Added, Removed: d.Removed}},
	}
}

// lawRequest is a review of prefixes on powerpc by the rules about meaning.
func lawRequest(prefixes []check.Prefix) *check.Request {
	return &check.Request{
		Version: "test", Jobs: 2, Archs: []*arch.Arch{arch.Named("powerpc")}, Prefixes: prefixes,
		Rules:  []*check.Rule{contract.Law, contract.Meaning},
		Reader: unit.NewReader(source.NewSet(), unit.Options{}),
		Tree:   check.TreeInfo{Source: "linux 6.1"},
	}
}

const (
	trapping = "static inline int hash__pmd_same(pmd_t pmd_a, pmd_t pmd_b)\n{\n\tBUG();\n\treturn 0;\n}"
	silenced = "static inline int hash__pmd_same(pmd_t pmd_a, pmd_t pmd_b)\n{\n\treturn 1;\n}"
)

// TestReturnOneBreaksLaws checks that the wrong repair of hash__pmd_same() is
// refused, on linux 6.1 and after the founding series.
func TestReturnOneBreaksLaws(t *testing.T) {
	base := kernel61(t)
	trees := map[string]tree.Tree{"plain": base}
	if os.Getenv("PTREVIEW_CORPUS") != "" {
		prefixes := foundingRequest(t).Prefixes
		trees["after the founding series"] = prefixes[len(prefixes)-1].Tree
	} else {
		t.Log("SKIPPED: PTREVIEW_CORPUS is not set: the repair was not judged after the founding series")
	}
	for name, on := range trees {
		r := reviewed(t, lawRequest([]check.Prefix{{Tree: on}, edited(t, on, hash4kHeader, trapping, silenced)}))
		if len(r.Findings) != 1 {
			t.Fatalf("%s: got %d findings, want 1: %+v", name, len(r.Findings), r.Findings)
		}
		f := r.Findings[0]
		if f.Rule != "contract/law" || f.Severity != check.Error || f.Confidence != check.Executed || f.Helper != "pmd_same" || f.Entry != "hash__pmd_same" {
			t.Errorf("%s: got %s %s %s %s %s", name, f.Rule, f.Severity, f.Confidence, f.Helper, f.Entry)
		}
		if len(f.Where) != 1 || f.Where[0].Machine != "radix_enabled()=false" || !slices.Contains(f.Where[0].Fragment, "CONFIG_PPC_4K_PAGES=y") {
			t.Errorf("%s: got %+v, want 4K pages on the hash MMU", name, f.Where)
		}
		if f.Evidence == nil || len(f.Evidence.Counterexample) == 0 || !strings.Contains(f.Message, "BUG in hash__pmd_same before") ||
			!strings.Contains(f.Evidence.Counterexample[0], "a = 0x0 (empty), b = ") {
			t.Errorf("%s: got %q, %+v, want two entries that differ", name, f.Message, f.Evidence)
		}
		wantAllRun(t, r)
	}
}

// TestRepairKeepsLaws checks that the repair that the kernel took gives nothing,
// and is proved to leave 64K pages as they were.
func TestRepairKeepsLaws(t *testing.T) {
	base := kernel61(t)
	r := reviewed(t, lawRequest(mailed(t, base, "hash4k-fix/v1-powerpc-*.mbox")))
	if len(r.Findings) != 0 {
		t.Errorf("got %+v, want no finding", r.Findings)
	}
	wantAllRun(t, r)
	results := make(map[bool][]string) // by whether pages have 4K
	for _, h := range r.Helpers {
		for _, c := range h.Compared {
			small := strings.Contains(c.Class, "PPC_4K_PAGES")
			results[small] = append(results[small], c.Result)
		}
	}
	if len(results[false]) == 0 {
		t.Error("64K pages: not compared")
	}
	for _, s := range results[false] {
		if s != "proved equal for all values" {
			t.Errorf("64K pages: got %q, want proved equal", s)
		}
	}
	if !slices.ContainsFunc(results[true], func(s string) bool { return strings.Contains(s, "BUG in hash__pmd_same before, 0x1 now") }) {
		t.Errorf("4K pages: got %q, want that a BUG is gone", results[true])
	}
}

// mailed is the base and the tree after one mail of the corpus.
func mailed(t *testing.T, base tree.Tree, pattern string) []check.Prefix {
	t.Helper()
	corpus := os.Getenv("PTREVIEW_CORPUS")
	if corpus == "" {
		t.Skip("SKIPPED: PTREVIEW_CORPUS is not set: no real patch was judged by laws")
	}
	names, err := filepath.Glob(filepath.Join(corpus, pattern))
	if err != nil || len(names) != 1 {
		t.Fatalf("%s: %v, %v", pattern, names, err)
	}
	mails, _, err := mbox.Read(names[0])
	if err != nil {
		t.Fatal(err)
	}
	s, err := series.FromInputs([]series.Input{{Name: names[0], Mails: mails}}, series.Options{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.Prefixes(base)
	if err != nil {
		t.Fatal(err)
	}
	var prefixes []check.Prefix
	for _, p := range list {
		prefixes = append(prefixes, checkPrefix(p))
	}
	return prefixes
}

func wantAllRun(t *testing.T, r *check.Report) {
	t.Helper()
	for _, c := range r.Coverage {
		if len(c.NotRun) > 0 {
			t.Errorf("%s: got not run %v, want everything run", c.Arch, c.NotRun)
		}
	}
}

// TestMakerBreaksLaws checks that a change to how entries are made is judged by
// the laws of what such entries are: in linux 6.1 on riscv, one bit of a pfn
// less.
func TestMakerBreaksLaws(t *testing.T) {
	base := kernel61(t)
	req := lawRequest([]check.Prefix{{Tree: base}, edited(t, base, "arch/riscv/include/asm/pgtable.h",
		"return __pte((pfn << _PAGE_PFN_SHIFT) | prot_val);", "return __pte(((pfn & ~1UL) << _PAGE_PFN_SHIFT) | prot_val);")})
	req.Archs, req.Rules = []*arch.Arch{arch.Named("riscv")}, []*check.Rule{contract.Law}
	r := reviewed(t, req)
	if !slices.ContainsFunc(r.Findings, func(f check.Finding) bool {
		return f.Rule == "contract/law" && f.Helper == "pte_pfn" && f.Entry == "pfn_pte" && f.Severity == check.Error
	}) {
		t.Errorf("got %+v, want that pte_pfn() is not what pfn_pte() was given", r.Findings)
	}
	for _, c := range r.Coverage {
		t.Log(c.Arch, c.Units, c.NotRun)
	}
}
