package checktest

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"ptreview/rules/check"
	"ptreview/rules/contract"
	"ptreview/testdata/demo"
)

// TestHarness checks that the harness fails for what it has to fail for.
func TestHarness(t *testing.T) {
	const compares = "base: demo\narch: x86\n-- before/mm/memory.c --\n#include <linux/mm.h>\n#include <asm/same.h>\n-- before/arch/x86/include/asm/same.h --\n#define pmd_same(a, b) ((a) == (b))\n"
	tests := []struct {
		name, archive string
		want          []string // parts of the problems, in order
	}{
		{"met", compares + "-- after/arch/x86/include/asm/same.h --\n#define pmd_same(a, b) 1 /* want \"constant 1\" */\n", nil},
		{"no mark", compares + "-- after/arch/x86/include/asm/same.h --\n#define pmd_same(a, b) 1\n",
			[]string{"same.h:1 (after): got an unexpected finding"}},
		{"no finding", compares + "-- after/arch/x86/include/asm/same.h --\n#define pmd_same(a, b) (!((a) ^ (b))) /* want \"constant\" */\n",
			[]string{"same.h:1 (after): got no finding, want \"constant\""}},
		{"another text", compares + "-- after/arch/x86/include/asm/same.h --\n#define pmd_same(a, b) 1 /* want \"constant 2\" */\n",
			[]string{"got an unexpected finding", "got no finding"}},
		{"another line", compares + "-- after/arch/x86/include/asm/same.h --\n#define pmd_same(a, b) 1\n/* */ /* want \"constant 1\" */\n",
			[]string{"same.h:1 (after): got an unexpected finding", "same.h:2 (after): got no finding"}},
		{"two wanted", compares + "-- after/arch/x86/include/asm/same.h --\n#define pmd_same(a, b) 1 /* want \"constant\" \"constant\" */\n",
			[]string{"got no finding"}},
		{"not run wanted", compares + "-- after/arch/x86/include/asm/same.h --\n#define pmd_same(a, b) 1 /* want \"constant\" */\n-- notrun --\nx86: budget\n",
			[]string{"everything was run"}},
		{"class", "class: x86/none\n" + compares + "-- after/arch/x86/include/asm/same.h --\n#define pmd_same(a, b) 1 /* want \"constant\" */\n",
			[]string{"class x86/none was not looked at"}},
		{"no base", "base: other\n", []string{"no base \"other\""}},
		{"no after", compares, []string{"no files below after/"}},
		{"bad mark", compares + "-- after/arch/x86/include/asm/same.h --\n#define pmd_same(a, b) 1 /* want constant */\n",
			[]string{"the mark has no string"}},
		{"unknown architecture", "base: demo\narch: sparc\n-- after/mm/memory.c --\nint x;\n", []string{"does not have the architectures"}},
		{"stray file", "base: demo\n-- mm/memory.c --\nint x;\n", []string{"neither below before/"}},
	}
	opt := Options{Rules: []*check.Rule{contract.Constant}, Base: map[string]fs.FS{"demo": demo.Tree()}}
	for _, tt := range tests {
		got := runArchive(txtar.Parse([]byte(tt.archive)), opt)
		if len(got) != len(tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
			continue
		}
		for i := range got {
			if !strings.Contains(got[i], tt.want[i]) {
				t.Errorf("%s: got %q, want %q in it", tt.name, got[i], tt.want[i])
			}
		}
	}
}

// TestNotRun checks that nothing counts as clean for want of an answer.
func TestNotRun(t *testing.T) {
	rule := &check.Rule{Name: "test/unable", Scope: check.PerClass, Run: func(p *check.Pass) error { p.NotRun("no idea"); return nil }}
	archive := "base: demo\narch: riscv\n-- after/mm/memory.c --\nint x(void) { return 1; }\n"
	opt := Options{Rules: []*check.Rule{rule}, Base: map[string]fs.FS{"demo": demo.Tree()}}
	got := runArchive(txtar.Parse([]byte(archive)), opt)
	if len(got) != 1 || got[0] != "riscv: unexpectedly not run: no idea" {
		t.Errorf("got %q, want one unexpected reason", got)
	}
	if got := runArchive(txtar.Parse([]byte(archive+"-- notrun --\nriscv: no idea\n")), opt); len(got) > 0 {
		t.Errorf("got %q, want nothing", got)
	}
}

// TestRepairArchive checks that findings that stay are told.
func TestRepairArchive(t *testing.T) {
	const (
		constant = "-- after/arch/x86/include/asm/same.h --\n#define pmd_same(a, b) 1 /* want \"constant 1\" */\n"
		compared = "#define pmd_same(a, b) (pmd_val(a) == pmd_val(b))\n"
		before   = "base: demo\narch: x86\n%s-- before/mm/memory.c --\n#include <linux/mm.h>\n#include <asm/same.h>\n-- before/arch/x86/include/asm/same.h --\n" + compared
	)
	tests := []struct {
		name, comment, fix string
		want               []string
	}{
		{"taken back", "", "", nil},
		{"repaired", "", "-- fix/arch/x86/include/asm/same.h --\n" + compared, nil},
		{"not repaired", "", "-- fix/arch/x86/include/asm/same.h --\n#define pmd_same(a, b) 0\n", []string{"repaired: patch 1", "right at once: patch 1"}},
		{"wrong before", "wrong before: why\n", "", []string{"repaired by nothing"}},
	}
	opt := Options{Rules: []*check.Rule{contract.Constant}, Base: map[string]fs.FS{"demo": demo.Tree()}}
	for _, tt := range tests {
		got := repairArchive(txtar.Parse([]byte(fmt.Sprintf(before, tt.comment)+constant+tt.fix)), opt)
		if len(got) != len(tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
			continue
		}
		for i := range got {
			if !strings.Contains(got[i], tt.want[i]) {
				t.Errorf("%s: got %q, want %q in it", tt.name, got[i], tt.want[i])
			}
		}
	}
}
