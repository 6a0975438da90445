package trap_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/parse/history"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules/check"
	"ptreview/rules/trap"
	"ptreview/semantics/unit"
	"ptreview/semantics/unit/compilertest"
)

// stubCalls are lines for the loop of move_page_tables(), which no architecture
// leaves out, and for the beginning of the file behind its headers.
var stubCalls = []struct{ name, above, line string }{
	{"in a loop", "", "flush_pmd_tlb_range(vma, old_addr, old_addr + 4096);"},
	{"configured", "", "if (IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE)) flush_pmd_tlb_range(vma, old_addr, old_addr + 4096);"},
	{"constant helper", "", "if (pmd_trans_huge(*(pmd_t *)vma)) flush_pmd_tlb_range(vma, old_addr, old_addr + 4096);"},
	{"read at run time", "", "if (vma->vm_flags & VM_HUGEPAGE) flush_pmd_tlb_range(vma, old_addr, old_addr + 4096);"},
	{"masked away", "", "if ((old_addr & 1) == 2) flush_pmd_tlb_range(vma, old_addr, old_addr + 4096);"},
	{"local constant", "", "int huge = 0; if (huge) flush_pmd_tlb_range(vma, old_addr, old_addr + 4096);"},
	{"inline", "static inline void whole(struct vm_area_struct *vma) { flush_pmd_tlb_range(vma, vma->vm_start, vma->vm_end); }", "whole(vma);"},
	{"inline asks", "static inline void whole(struct vm_area_struct *vma, int huge) { if (huge) flush_pmd_tlb_range(vma, vma->vm_start, vma->vm_end); }", "whole(vma, 0);"},
	{"size", "", "BUILD_BUG_ON(sizeof(pte_t) > sizeof(long));"},
}

// TestStubsCompiled compares the classes in which calls of stubs are found with
// those in which a real compiler refuses them.
func TestStubsCompiled(t *testing.T) {
	linux := os.Getenv("PTREVIEW_LINUX_6_1")
	if linux == "" {
		t.Skip("SKIPPED: PTREVIEW_LINUX_6_1 is not set: no stub was called in a real kernel")
	}
	folder, err := tree.Open(linux)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	base := tree.Cached(folder)
	const file = "mm/mremap.c"
	old, err := base.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	calls := stubCalls
	if os.Getenv("PTREVIEW_FULL") == "" {
		calls = calls[:4]
	}
	for _, c := range calls {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(string(old), "\t\tcond_resched();\n", "\t\t{ "+c.line+" }\n\t\tcond_resched();\n", 1)
			text = strings.Replace(text, "#include \"internal.h\"\n", "#include \"internal.h\"\n\n"+c.above+"\n", 1)
			compareStubs(t, linux, base, file, old, []byte(text))
		})
	}
}

func compareStubs(t *testing.T, linux string, base tree.Tree, file string, old, text []byte) {
	d := history.DiffLines(old, text)
	with := tree.NewOverlay(base, map[string][]byte{file: text})
	for _, name := range []string{"arm", "powerpc", "x86"} {
		a := arch.Named(name)
		report, err := check.Review(t.Context(), &check.Request{
			Version: "test", Rules: []*check.Rule{trap.BuildBug}, Jobs: 2, Archs: []*arch.Arch{a},
			Reader: unit.NewReader(source.NewSet(), unit.Options{}), Tree: check.TreeInfo{Source: "linux"},
			Series:   check.SeriesInfo{Patches: []check.PatchInfo{{N: 1}}},
			Prefixes: []check.Prefix{{Tree: base}, {Tree: with, Changed: []check.ChangedFile{{Path: file, Old: file, Added: d.Added, Removed: d.Removed}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		found := make(map[string]bool)
		for _, f := range report.Findings {
			for _, w := range f.Where {
				found[w.Class] = true
			}
		}
		for _, c := range report.Coverage[0].Classes {
			said, known := stubRefused(t, linux, with, a, c.ID, file, text)
			if known && found[c.ID] != (said != "") && (found[c.ID] || c.NotRun == 0) {
				t.Errorf("%s: found %v; the compiler says %q", c.ID, found[c.ID], said)
			}
			t.Logf("%s: found %v, not run %v, compared %v, refused %v", c.ID, found[c.ID], c.NotRun > 0, known, said != "")
		}
	}
}

// stubRefused returns what a compiler says of a file, where there is one.
func stubRefused(t *testing.T, linux string, tr tree.Tree, a *arch.Arch, id, file string, text []byte) (said string, known bool) {
	t.Helper()
	r := unit.NewReader(source.NewSet(), unit.Options{Plain: true})
	c := compilertest.Class(t, r, tr, a, id)
	gcc, err := compilertest.New(t, r, tr, linux, c)
	if errors.Is(err, compilertest.ErrNoCompiler) {
		return "", false
	}
	if err != nil {
		t.Fatal(err)
	}
	if gcc.Compile(t, file) != "" {
		return "", false // it does not without the call either
	}
	gcc.Shadow = t.TempDir()
	if err := compilertest.Write(gcc.Shadow, file, text); err != nil {
		t.Fatal(err)
	}
	const beside = "mm/internal.h"
	header, err := tr.ReadFile(beside)
	if err != nil {
		t.Fatal(err)
	}
	if err := compilertest.Write(gcc.Shadow, beside, header); err != nil {
		t.Fatal(err)
	}
	return gcc.Compile(t, file), true
}
