package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/cmd/ptreview/internal/load"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules/check"
	"ptreview/semantics/unit"
	"ptreview/testdata/demo"
)

// auditOf runs the rules on a tree, for some architectures.
func auditOf(t *testing.T, tr tree.Tree, configs []string, archs ...string) *check.Report {
	t.Helper()
	rules, err := auditRules(nil)
	if err != nil {
		t.Fatal(err)
	}
	req := &check.AuditRequest{
		Tree: tr, Rules: rules, Configs: configs, Jobs: runtime.NumCPU(),
		Reader: unit.NewReader(source.NewSet(), unit.Options{}),
	}
	for _, name := range archs {
		req.Archs = append(req.Archs, arch.Named(name))
	}
	r, err := check.Audit(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sites returns the functions that an audit found something in, as "rule file
// function".
func sites(r *check.Report) map[string]bool {
	found := make(map[string]bool)
	for _, f := range r.Findings {
		found[f.Rule+" "+f.Location.File+" "+f.Entry] = true
	}
	return found
}

// expectation reads a list of sites, one a line, with a word on each behind a
// colon.
func expectation(t *testing.T, name string) map[string]bool {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../testdata/audit", name))
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]bool)
	for _, line := range strings.Split(string(data), "\n") {
		if site, word, ok := strings.Cut(line, ": "); ok && !strings.HasPrefix(line, "#") {
			if strings.TrimSpace(word) == "" {
				t.Errorf("%s: %q says nothing of the site", name, line)
			}
			want[site] = true
		}
	}
	return want
}

// compareSites fails for what is missing and what is new.
func compareSites(t *testing.T, got, want map[string]bool) {
	t.Helper()
	for _, s := range slices.Sorted(maps.Keys(want)) {
		if !got[s] {
			t.Errorf("got nothing, want %s", s)
		}
	}
	for _, s := range slices.Sorted(maps.Keys(got)) {
		if !want[s] {
			t.Errorf("got %s, which is not expected", s)
		}
	}
}

// TestAuditUnknown counts an architecture that nothing is known of as not run, and
// does not hide what keeps a configuration from being read.
func TestAuditUnknown(t *testing.T) {
	rules, err := auditRules(nil)
	if err != nil {
		t.Fatal(err)
	}
	req := &check.AuditRequest{
		Tree: tree.Embedded(demo.Tree()), Rules: rules, Configs: []string{"x86_64_defconfig"},
		Archs: []*arch.Arch{arch.Named("x86")}, Unknown: []string{"vax"},
		Reader: unit.NewReader(source.NewSet(), unit.Options{}),
	}
	r, err := check.Audit(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	notRun := make(map[string]int)
	for _, c := range r.Coverage {
		for _, n := range c.NotRun {
			notRun[c.Arch] += n.Units
		}
	}
	if want := map[string]int{"vax": len(rules)}; !maps.Equal(notRun, want) {
		t.Errorf("got units not run %v, want %v", notRun, want)
	}
	ended, end := context.WithCancel(context.Background())
	end()
	if _, err := check.Audit(ended, req); err == nil {
		t.Error("got a report of an audit that was interrupted, want an error")
	}
}

// TestAuditHeaders judges functions of headers in C files that include them, also
// where nothing else in those has to do with entries.
func TestAuditHeaders(t *testing.T) {
	files := map[string][]byte{
		"include/linux/maps.h": []byte(`#ifndef _LINUX_MAPS_H
#define _LINUX_MAPS_H
#include <linux/mm.h>
#undef pte_offset_map
static inline pte_t *pte_offset_map(pmd_t *pmd, unsigned long addr)
{
	return pmd_none(*pmd) ? NULL : pte_offset_kernel(pmd, addr);
}
#endif
`),
		"arch/x86/include/asm/walk.h": []byte(`#include <linux/maps.h>
static inline int header_user(pmd_t *pmd, unsigned long addr)
{
	return pte_present(*pte_offset_map(pmd, addr));
}
`),
		"arch/x86/mm/other.c": []byte("#include <asm/walk.h>\n"),
		"arch/x86/mm/third.c": []byte("#include <asm/walk.h>\n"),
	}
	r := auditOf(t, tree.NewOverlay(tree.Embedded(demo.Tree()), files), []string{"x86_64_defconfig"}, "x86")
	compareSites(t, sites(r), map[string]bool{
		"map/unchecked-null arch/x86/include/asm/walk.h header_user": true,
		"map/unbalanced arch/x86/include/asm/walk.h header_user":     true,
	})
}

// TestAuditFounding audits the tree that the founding series makes of 6.1, in
// which pte_offset_map_lock() may fail and few of its callers know.
func TestAuditFounding(t *testing.T) {
	linux := linux61(t)
	ser, err := load.Mails(founding(t, linux), nil)
	if err != nil {
		t.Fatal(err)
	}
	req := &check.Request{}
	base, err := load.Dir(req, linux, ser.BaseCommit, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := load.Apply(req, ser, base); err != nil {
		t.Fatal(err)
	}
	r := auditOf(t, req.Prefixes[len(req.Prefixes)-1].Tree, []string{"defconfig"}, "x86", "powerpc", "s390")
	compareSites(t, sites(r), expectation(t, "founding-6.1.txt"))
	for _, c := range r.Coverage {
		for _, n := range c.NotRun {
			t.Errorf("%s: %d units not run: %s", c.Arch, n.Units, n.Reason)
		}
	}
}

// TestAuditKernels audits kernels as they are.
func TestAuditKernels(t *testing.T) {
	for _, k := range []struct{ env, list string }{
		{"PTREVIEW_LINUX_6_1", "linux-6.1.txt"},
		{"PTREVIEW_LINUX_6_12", "linux-6.12.txt"},
	} {
		t.Run(k.list, func(t *testing.T) {
			dir := os.Getenv(k.env)
			if dir == "" {
				t.Skipf("SKIPPED: %s is not set: no kernel is audited", k.env)
			}
			d, err := tree.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			r := auditOf(t, tree.Cached(d), []string{"defconfig"}, "arm", "arm64", "m68k", "mips", "powerpc", "s390", "x86")
			compareSites(t, sites(r), expectation(t, k.list))
			if t.Failed() {
				for _, f := range r.Findings {
					fmt.Println(f.Rule, f.Location.File, f.Location.Line, f.Message, f.Guards)
				}
			}
		})
	}
}
