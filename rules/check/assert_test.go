package check_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"ptreview/parse/tree"
	"ptreview/rules/check"
	"ptreview/rules/check/checktest"
	"ptreview/rules/trap"
)

const (
	clearsFull = "arch/powerpc/mm/book3s64/pgtable.c"
	holds      = "\tVM_BUG_ON(was_present && !pmd_trans_huge(*pmdp) && !pmd_devmap(*pmdp));\n"
	claims     = "\tVM_BUG_ON(!pmd_present(*pmdp) || (!pmd_trans_huge(*pmdp) && !pmd_devmap(*pmdp)));\n"
)

// TestAssertsPresent lets powerpc assert what zap_huge_pmd() does not keep to:
// that the pmd is present which is taken away. Asserting less again repairs it.
func TestAssertsPresent(t *testing.T) {
	for _, name := range []string{"PTREVIEW_LINUX_6_1", "PTREVIEW_LINUX_6_12"} {
		t.Run(name, func(t *testing.T) { assertsPresent(t, name) })
	}
}

func assertsPresent(t *testing.T, name string) {
	dir := os.Getenv(name)
	if dir == "" {
		t.Skipf("SKIPPED: %s is not set: no assertion was put into a real kernel", name)
	}
	d, err := tree.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	base := tree.Cached(d)
	bad := edited(t, base, clearsFull, holds, claims)
	req := lawRequest([]check.Prefix{{Tree: base}, bad, edited(t, bad.Tree, clearsFull, claims, holds)})
	req.Rules = []*check.Rule{trap.ArchHelper, trap.NewAssert}
	r := reviewed(t, req)
	if len(r.Findings) != 1 {
		t.Fatalf("got %d findings, want 1: %+v", len(r.Findings), r.Findings)
	}
	f := r.Findings[0]
	if f.Rule != "trap/new-assert" || f.Severity != check.Note || f.FixedByPatch == nil || *f.FixedByPatch != 2 ||
		f.Entry != "zap_huge_pmd" || f.Helper != "pmdp_huge_get_and_clear_full" || !strings.HasSuffix(f.Message, "where pmd is a migration entry") {
		t.Errorf("got %s", checktest.Describe(&f))
	}
	for _, w := range f.Where {
		if !slices.Contains(w.Fragment, "CONFIG_DEBUG_VM=y") || w.Object != strings.TrimSuffix(clearsFull, ".c")+".o" {
			t.Errorf("got %+v", w)
		}
	}
}
