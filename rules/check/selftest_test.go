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
	"ptreview/parse/patch"
	"ptreview/parse/tree"
	"ptreview/rules/check"
	"ptreview/rules/check/checktest"
	"ptreview/rules/contract"
	"ptreview/semantics/pagetable"
)

// guard is what keeps the test of helpers from huge entries on machines that
// have none.
const guard = "\tif (!has_transparent_hugepage())\n\t\treturn;\n"

// rewritten is a prefix in which a file has another text.
func rewritten(t *testing.T, base tree.Tree, file, text string) check.Prefix {
	t.Helper()
	was, err := base.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d := history.DiffLines(was, []byte(text))
	return check.Prefix{
		Tree:    tree.NewOverlay(base, map[string][]byte{file: []byte(text)}),
		Changed: []check.ChangedFile{{Path: file, Old: file, Added: d.Added, Removed: d.Removed}},
	}
}

func selfTestRequest(prefixes ...check.Prefix) *check.Request {
	req := lawRequest(prefixes)
	req.Rules = []*check.Rule{contract.SelfTest}
	return req
}

// hashOnly checks that a finding is the BUG of 4K pages on the hash MMU.
func hashOnly(t *testing.T, f *check.Finding, location string) {
	t.Helper()
	if f.Rule != "contract/self-test" || f.Severity != check.Error || f.Confidence != check.Executed || f.Entry != "pmd_basic_tests" ||
		f.Trap.Kind != "BUG" || f.Trap.File != hash4kHeader || !strings.Contains(f.Location.Text, location) {
		t.Errorf("got %s at %q", checktest.Describe(f), f.Location.Text)
	}
	if len(f.Path) < 4 || f.Path[0].Function != "debug_vm_pgtable" || f.Path[1].Function != "pmd_basic_tests" || f.Path[2].Function != "pfn_pmd" {
		t.Errorf("got path %+v", f.Path)
	}
	if len(f.Where) == 0 {
		t.Error("got no class")
	}
	for _, w := range f.Where {
		want := []string{"CONFIG_PPC_4K_PAGES=y", "CONFIG_PPC_BOOK3S_64=y", "CONFIG_TRANSPARENT_HUGEPAGE=y", "CONFIG_DEBUG_VM_PGTABLE=y"}
		if w.Machine != "radix_enabled()=false" || !slices.Equal(w.Fragment, want) {
			t.Errorf("got %+v, want 4K pages on the hash MMU", w)
		}
	}
	if len(f.Evidence.Trace) == 0 || !strings.Contains(f.Evidence.Trace[len(f.Evidence.Trace)-1].Text, "BUG()") {
		t.Errorf("got a trace of %d lines, want one that ends in the BUG", len(f.Evidence.Trace))
	}
}

// TestSelfTestWithoutGuards checks that taking away what asks for huge pages in
// the kernel's own test of helpers is a finding, that putting it back repairs
// it, and that other changes of the file are none.
func TestSelfTestWithoutGuards(t *testing.T) {
	base := kernel61(t)
	data, err := base.ReadFile(pagetable.SelfTestFile)
	if err != nil {
		t.Fatal(err)
	}
	guarded := string(data)
	if n := strings.Count(guarded, guard); n < 10 {
		t.Fatalf("got %d guards in %s", n, pagetable.SelfTestFile)
	}
	bare := rewritten(t, base, pagetable.SelfTestFile, strings.ReplaceAll(guarded, guard, ""))
	r := reviewed(t, selfTestRequest(check.Prefix{Tree: base}, bare, rewritten(t, bare.Tree, pagetable.SelfTestFile, guarded)))
	if len(r.Findings) != 1 {
		t.Fatalf("got %d findings, want 1: %+v", len(r.Findings), r.Findings)
	}
	f := r.Findings[0]
	if f.FirstBadPatch != 1 || f.FixedByPatch == nil || *f.FixedByPatch != 2 || f.Severity != check.Note {
		t.Errorf("got patch %d, fixed by %v, %s", f.FirstBadPatch, f.FixedByPatch, f.Severity)
	}
	f.Severity = check.Error
	hashOnly(t, &f, "if (!has_transparent_hugepage())")
}

// TestSelfTestIntroduced checks the mail that brought the kernel's own test of
// helpers: what it adds to mm/, in the place of what linux 6.1 has, which only
// lacks a macro that it uses.
func TestSelfTestIntroduced(t *testing.T) {
	now := introduced(t)
	kernel := kernel61(t)
	old := edited(t, kernel, "include/linux/kernel.h", "#define REPEAT_BYTE(x)", "#define uninitialized_var(x) x = x\n#define REPEAT_BYTE(x)").Tree
	base := tree.NewOverlay(old, map[string][]byte{pagetable.SelfTestFile: nil})
	with := check.Prefix{
		Tree:    tree.NewOverlay(base, map[string][]byte{pagetable.SelfTestFile: []byte(now)}),
		Changed: []check.ChangedFile{{Path: pagetable.SelfTestFile, Added: allLines(now)}},
	}
	req := selfTestRequest(check.Prefix{Tree: base}, with)
	req.Archs = append(req.Archs, arch.Named("x86"))
	r := reviewed(t, req)
	var got []string
	for _, f := range r.Findings {
		got = append(got, f.Arch+" "+f.Entry+" "+f.Trap.Kind)
		if f.Entry == "pmd_basic_tests" {
			hashOnly(t, &f, "static void __init pmd_basic_tests(")
		}
	}
	slices.Sort(got)
	// The kernel took out the WARNs in August 2020: values that the test
	// writes have bits that the hash MMU keeps for itself.
	compare(t, "findings", got, []string{
		"powerpc pmd_basic_tests BUG", "powerpc pmd_clear_tests WARN_ON", "powerpc pud_clear_tests WARN_ON",
	})
}

func allLines(text string) []int {
	lines := make([]int, strings.Count(text, "\n"))
	for i := range lines {
		lines[i] = i + 1
	}
	return lines
}

// introduced is the file of the mail.
func introduced(t *testing.T) string {
	t.Helper()
	corpus := os.Getenv("PTREVIEW_CORPUS")
	if corpus == "" {
		t.Skip("SKIPPED: PTREVIEW_CORPUS is not set: the mail that brought mm/debug_vm_pgtable.c was not judged")
	}
	names, err := filepath.Glob(filepath.Join(corpus, "cases/p01-*/2-introduce-*.mbox"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%v, %v", names, err)
	}
	mails, err := mbox.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	p, err := patch.Parse(names[0], mails[0].Body, nil)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range p.Files {
		if f.NewPath != pagetable.SelfTestFile || f.Op != patch.Create {
			continue
		}
		for _, l := range f.Hunks[0].Lines {
			text.WriteString(l.Text + "\n")
		}
	}
	return text.String()
}
