package check_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/parse/mbox"
	"ptreview/parse/series"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules"
	"ptreview/rules/check"
	"ptreview/semantics/unit"
	"ptreview/testdata/demo"
)

// demoRequest is the review of mails on the miniature kernel.
func demoRequest(t testing.TB, mails ...demo.Mail) *check.Request {
	t.Helper()
	return requestOn(t, tree.Embedded(demo.Tree()), mails...)
}

// requestOn is the review of mails on a kernel like the miniature one.
func requestOn(t testing.TB, base tree.Tree, mails ...demo.Mail) *check.Request {
	t.Helper()
	var inputs []series.Input
	for _, m := range mails {
		list, err := mbox.ParseBytes(m.Data, m.Name)
		if err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, series.Input{Name: m.Name, Mails: list})
	}
	s, err := series.FromInputs(inputs, series.Options{})
	if err != nil {
		t.Fatal(err)
	}
	prefixes, err := s.Prefixes(base)
	if err != nil {
		t.Fatal(err)
	}
	req := &check.Request{
		Version: "test", Rules: rules.All(), Jobs: 1,
		Reader: unit.NewReader(source.NewSet(), unit.Options{}),
		Tree:   check.TreeInfo{Source: "demo"},
	}
	for _, p := range prefixes {
		req.Prefixes = append(req.Prefixes, checkPrefix(p))
	}
	for _, a := range arch.All() {
		if _, err := base.Stat("arch/" + a.Name + "/Kconfig"); err == nil {
			req.Archs = append(req.Archs, a)
		}
	}
	return req
}

func reviewed(t testing.TB, req *check.Request) *check.Report {
	t.Helper()
	r, err := check.Review(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func encoded(t testing.TB, r *check.Report) []byte {
	t.Helper()
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestDeterminism checks that neither the number of goroutines nor chance
// shows in a report.
func TestDeterminism(t *testing.T) {
	mails := append(demo.Series(), demo.WrongFix())
	want := encoded(t, reviewed(t, demoRequest(t, mails...)))
	for i := range 6 {
		req := demoRequest(t, mails...)
		req.Jobs = 1 + i%2*3
		if got := encoded(t, reviewed(t, req)); !bytes.Equal(got, want) {
			t.Fatalf("review %d with %d jobs: got\n%s\nwant\n%s", i, req.Jobs, got, want)
		}
	}
}

// TestDemo checks the three acts of the founding case.
func TestDemo(t *testing.T) {
	founding := demo.Series()
	tests := []struct {
		name  string
		mails []demo.Mail
		want  []string
	}{
		{"founding", founding, []string{"error trap/arch-helper hash__pmd_same"}},
		{"wrong repair", append(slices.Clone(founding), demo.WrongFix()),
			[]string{"warning contract/constant hash__pmd_same", "warning race/page-table hash__pmd_same", "note trap/arch-helper hash__pmd_same"}},
		{"right repair", append(slices.Clone(founding), demo.RightFix()), []string{"note trap/arch-helper hash__pmd_same"}},
		{"repair first", []demo.Mail{demo.RightFix()}, nil},
	}
	for _, tt := range tests {
		r := reviewed(t, demoRequest(t, tt.mails...))
		var got []string
		for _, f := range r.Findings {
			got = append(got, string(f.Severity)+" "+f.Rule+" "+f.Helper)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got findings %q, want %q", tt.name, got, tt.want)
		}
		for _, c := range r.Coverage {
			if len(c.NotRun) > 0 {
				t.Errorf("%s: %s: got not run %v, want everything run", tt.name, c.Arch, c.NotRun)
			}
			if sum := c.Clean + c.Findings; sum != c.Units {
				t.Errorf("%s: %s: %d clean and %d with findings are not %d units", tt.name, c.Arch, c.Clean, c.Findings, c.Units)
			}
		}
	}
}

// TestFoundingFinding checks every part of the one finding.
func TestFoundingFinding(t *testing.T) {
	r := reviewed(t, demoRequest(t, demo.Series()...))
	if len(r.Findings) != 1 {
		t.Fatalf("got %d findings, want 1", len(r.Findings))
	}
	f := r.Findings[0]
	const hash4k = "arch/powerpc/include/asm/book3s/64/hash-4k.h"
	wantWhere := []check.Where{{
		Class:    "powerpc/ppc64_defconfig+PPC_4K_PAGES",
		Fragment: []string{"CONFIG_PPC_4K_PAGES=y", "CONFIG_PPC_BOOK3S_64=y", "CONFIG_TRANSPARENT_HUGEPAGE=y"},
		Machine:  "radix_enabled()=false", Object: "mm/pgtable-generic.o",
		BugTable: hash4k + ":26 inside __pte_offset_map_lock",
	}}
	compare(t, "where", f.Where, wantWhere)
	compare(t, "location", f.Location, check.Location{Patch: 2, File: "mm/pgtable-generic.c", Line: 54, Side: "after",
		Text: "if (likely(pmd_same(pmdval, pmdp_get_lockless(pmd))))"})
	compare(t, "path", f.Path, []check.Step{
		{Function: "__pte_offset_map_lock", File: "mm/pgtable-generic.c", Line: 54},
		{Function: "pmd_same", File: "arch/powerpc/include/asm/book3s/64/pgtable.h", Line: 91},
		{Function: "hash__pmd_same", File: hash4k, Line: 26},
	})
	compare(t, "trap", f.Trap, &check.Trap{Kind: "BUG", File: hash4k, Line: 26, Text: "BUG();"})
	if f.Confidence != check.Executed || !f.New || f.FirstBadPatch != 2 || f.FixedByPatch != nil {
		t.Errorf("got %s, new %v, bad from %d, fixed by %v; want executed, new, 2, never", f.Confidence, f.New, f.FirstBadPatch, f.FixedByPatch)
	}
	if f.Evidence == nil || len(f.Evidence.Inputs) == 0 || len(f.Evidence.Trace) == 0 {
		t.Errorf("got evidence %+v, want inputs and a trace", f.Evidence)
	}
	compare(t, "tables", levels(f.Evidence.Tables), []string{"pgd table table", "pud  ", "pmd  ", "pte present present"})
}

// levels words each entry: its level and what it means before and after.
func levels(list []check.TableRow) []string {
	var words []string
	for _, r := range list {
		words = append(words, r.Level+" "+strings.Join(r.Before.Means, ",")+" "+strings.Join(r.After.Means, ","))
	}
	return words
}

// TestFindingNeeds checks that a finding says which unusual symbols its class
// cannot do without.
func TestFindingNeeds(t *testing.T) {
	const file = "arch/powerpc/Kconfig"
	text, err := fs.ReadFile(demo.Tree(), file)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("bool \"4k page size\"\n"), []byte("bool \"4k page size\" if EXPERT\n"), 1)
	text = append(text, "\nconfig EXPERT\n\tbool \"Configure what hardly anybody does\"\n"...)
	base := tree.NewOverlay(tree.Embedded(demo.Tree()), map[string][]byte{file: text})
	r := reviewed(t, requestOn(t, base, demo.Series()...))
	if len(r.Findings) != 1 || len(r.Findings[0].Where) != 1 || !slices.Equal(r.Findings[0].Where[0].Needs, []string{"EXPERT"}) {
		t.Fatalf("got findings %+v, want one, only with EXPERT", r.Findings)
	}
	for _, c := range r.Coverage {
		for _, cl := range c.Classes {
			if needs := cl.ID == r.Findings[0].Where[0].Class; needs != (len(cl.Needs) > 0) {
				t.Errorf("%s: got needs %v, want some: %v", cl.ID, cl.Needs, needs)
			}
		}
	}
}

func compare(t *testing.T, what string, got, want any) {
	t.Helper()
	g, err1 := json.Marshal(got)
	w, err2 := json.Marshal(want)
	if err1 != nil || err2 != nil || !bytes.Equal(g, w) {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}
