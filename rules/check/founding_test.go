package check_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/parse/mbox"
	"ptreview/parse/patch"
	"ptreview/parse/series"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules"
	"ptreview/rules/check"
	"ptreview/rules/check/checktest"
	"ptreview/semantics/unit"
)

// foundingRequest is the review of the founding series on linux 6.1, which
// lacks only the name pmdp_get_lockless. It skips the test where the kernel or
// the mails are not there.
func foundingRequest(t *testing.T) *check.Request {
	t.Helper()
	dir, corpus := os.Getenv("PTREVIEW_LINUX_6_1"), os.Getenv("PTREVIEW_CORPUS")
	if dir == "" || corpus == "" {
		t.Skip("PTREVIEW_LINUX_6_1 or PTREVIEW_CORPUS is not set: the founding series was not reviewed on linux 6.1")
	}
	folder, err := tree.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	req := &check.Request{
		Version: "test", Rules: rules.All(), Jobs: 2, Archs: arch.All(),
		Reader: unit.NewReader(source.NewSet(), unit.Options{}),
		Tree:   check.TreeInfo{Source: "linux 6.1"},
	}
	var inputs []series.Input
	for _, pattern := range []string{"v2-03-*.mbox", "v2-04-*.mbox"} {
		names, err := filepath.Glob(filepath.Join(corpus, "pte-map-may-fail", pattern))
		if err != nil || len(names) != 1 {
			t.Fatalf("%s: %v, %v", pattern, names, err)
		}
		mails, _, err := mbox.Read(names[0])
		if err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, series.Input{Name: names[0], Mails: mails})
	}
	s, err := series.FromInputs(inputs, series.Options{})
	if err != nil {
		t.Fatal(err)
	}
	prefixes, err := s.Prefixes(withLocklessRead(t, tree.Cached(folder)))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range prefixes {
		req.Prefixes = append(req.Prefixes, checkPrefix(p))
	}
	return req
}

// withLocklessRead gives 6.1 the helper that the series relies on.
func withLocklessRead(t *testing.T, base tree.Tree) tree.Tree {
	t.Helper()
	const header, before = "include/linux/pgtable.h", "#ifndef pte_offset_kernel\n"
	data, err := base.ReadFile(header)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Count(data, []byte(before)) != 1 {
		t.Fatalf("%s: got %d times %q, want 1", header, bytes.Count(data, []byte(before)), before)
	}
	fallback := "#ifndef pmdp_get_lockless\nstatic inline pmd_t pmdp_get_lockless(pmd_t *pmdp)\n{\n\treturn READ_ONCE(*pmdp);\n}\n#endif\n\n"
	data = []byte(strings.Replace(string(data), before, fallback+before, 1))
	return tree.NewOverlay(base, map[string][]byte{header: data})
}

func checkPrefix(p *series.Prefix) check.Prefix {
	out := check.Prefix{Tree: p.Tree}
	if p.Result == nil {
		return out
	}
	for _, c := range p.Result.Changes {
		f := check.ChangedFile{Path: c.Path, Old: c.From, Added: lineNumbers(c.Added), Removed: lineNumbers(c.Removed)}
		if c.After == nil {
			f.Path = ""
		}
		out.Changed = append(out.Changed, f)
	}
	return out
}

func lineNumbers(refs []patch.LineRef) []int {
	lines := make([]int, len(refs))
	for i, r := range refs {
		lines[i] = r.Line
	}
	return lines
}

// TestFounding checks what is found on a real kernel, and that everything else
// is clean rather than not run.
func TestFounding(t *testing.T) {
	r := reviewed(t, foundingRequest(t))
	var names []string
	for _, f := range r.Findings {
		names = append(names, f.Rule)
	}
	compare(t, "rules", names, []string{"map/unchecked-null", "trap/arch-helper"})
	if t.Failed() {
		t.FailNow()
	}
	if f := r.Findings[0]; f.Location.File != "include/linux/mm.h" || len(f.Sites) == 0 {
		t.Errorf("got %s at %s with %d callers, want it at the definition of pte_offset_map() with the callers", f.Message, f.Location.File, len(f.Sites))
	}
	f := r.Findings[1]
	if f.Rule != "trap/arch-helper" || f.Severity != check.Error || f.Confidence != check.Executed || f.Helper != "hash__pmd_same" || f.Arch != "powerpc" || f.FirstBadPatch != 2 {
		t.Errorf("got %s", checktest.Describe(&f))
	}
	var path []string
	for _, s := range f.Path {
		path = append(path, s.Function)
	}
	compare(t, "path", path, []string{"__pte_offset_map_lock", "pmd_same", "hash__pmd_same"})
	if len(f.Where) != 1 || f.Where[0].Machine != "radix_enabled()=false" {
		t.Fatalf("got %+v, want one class on the hash MMU", f.Where)
	}
	compare(t, "fragment", f.Where[0].Fragment, []string{"CONFIG_PPC_4K_PAGES=y", "CONFIG_PPC_BOOK3S_64=y", "CONFIG_TRANSPARENT_HUGEPAGE=y"})
	compare(t, "place", [2]string{f.Location.File, f.Location.Text}, [2]string{"mm/pgtable-generic.c", "if (likely(pmd_same(pmdval, pmdp_get_lockless(pmd)))) {"})
	if f.Trap.Kind != "BUG" || f.Trap.File != "arch/powerpc/include/asm/book3s/64/hash-4k.h" {
		t.Errorf("got trap %+v", f.Trap)
	}
	compare(t, "gaps", len(r.Gaps), 0)
	for _, c := range r.Coverage {
		if len(c.NotRun) > 0 {
			t.Errorf("%s: got not run %v, want everything run", c.Arch, c.NotRun)
		}
		if c.Arch != "generic" && len(c.Classes) == 0 {
			t.Errorf("%s: got no class", c.Arch)
		}
	}
}
