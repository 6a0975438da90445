package check_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/parse/history"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules/check"
	"ptreview/rules/trap"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
	"ptreview/testdata/demo"
)

// memoryRequest reviews versions of one file of the demo tree on architectures.
func memoryRequest(t *testing.T, file string, archs []string, rules []*check.Rule, versions ...string) *check.Request {
	t.Helper()
	req := &check.Request{Rules: rules, Reader: unit.NewReader(source.NewSet(), unit.Options{})}
	var last tree.Tree = tree.Embedded(demo.Tree())
	old := ""
	for k, text := range versions {
		tr := tree.NewOverlay(last, map[string][]byte{file: []byte(text)})
		p := check.Prefix{Tree: tr}
		if k > 0 {
			d := history.DiffLines([]byte(old), []byte(text))
			p.Changed = []check.ChangedFile{{Path: file, Old: file, Added: d.Added, Removed: d.Removed}}
		}
		req.Prefixes = append(req.Prefixes, p)
		last, old = tr, text
	}
	for _, name := range archs {
		req.Archs = append(req.Archs, arch.Named(name))
	}
	return req
}

const (
	settled = "#include <linux/mm.h>\nint settled(pmd_t *pmd)\n{\n\treturn 1;\n}\n"
	trapped = "#include <linux/mm.h>\nint settled(pmd_t *pmd)\n{\n\treturn pmd_same(*pmd, *pmd);\n}\n"
	hash4k  = "arch/powerpc/include/asm/book3s/64/hash-4k.h"
)

// scripted answers every run with an outcome or an error.
func scripted(o *check.Outcome, err error) func(*facts.TreeProgram, *arch.Machine) check.Runner {
	return func(*facts.TreeProgram, *arch.Machine) check.Runner {
		return func(context.Context, *check.Entry) (*check.Outcome, error) { return o, err }
	}
}

// TestOutcomes checks what the rule makes of each way that runs can end.
func TestOutcomes(t *testing.T) {
	met := check.RunTrap{Function: "hash__pmd_same", File: hash4k, Line: 26}
	elsewhere := check.RunTrap{Function: "other", File: "mm/memory.c", Line: 1}
	tests := []struct {
		name    string
		outcome *check.Outcome
		err     error
		finding check.Confidence // "" for none
		notRun  string           // "" for none
	}{
		{"returns", &check.Outcome{Runs: []check.Run{{Exact: true}}}, nil, "", ""},
		{"no input", &check.Outcome{}, nil, "", ""},
		{"traps", &check.Outcome{Runs: []check.Run{{Exact: true, Inputs: []string{"a"}, Traps: []check.RunTrap{met}}}}, nil, check.Executed, ""},
		{"traps for the second input", &check.Outcome{Runs: []check.Run{{Exact: true}, {Exact: true, Traps: []check.RunTrap{met}}}}, nil, check.Executed, ""},
		{"traps in something unknown", &check.Outcome{Runs: []check.Run{{Why: []string{"asm"}, Traps: []check.RunTrap{met}}}}, nil, check.Reachable, ""},
		{"traps elsewhere", &check.Outcome{Runs: []check.Run{{Exact: true, Traps: []check.RunTrap{elsewhere}}}}, nil, "", ""},
		{"some inputs not run", &check.Outcome{Runs: []check.Run{{Exact: true}}, Incomplete: []string{"no model of x"}}, nil, "", "no model of x"},
		{"trap and inputs not run", &check.Outcome{Runs: []check.Run{{Exact: true, Traps: []check.RunTrap{met}}}, Incomplete: []string{"no model of x"}}, nil, check.Executed, ""},
		{"returns, in something unknown", &check.Outcome{Runs: []check.Run{{Why: []string{"inline assembly"}}}}, nil, "", "inline assembly"},
		{"cannot be run", nil, &check.NotRunError{Reason: "budget"}, "", "budget"},
	}
	for _, tt := range tests {
		req := memoryRequest(t, "mm/memory.c", []string{"powerpc"}, []*check.Rule{trap.ArchHelper}, settled, trapped)
		req.NewRunner = func(p *facts.TreeProgram, m *arch.Machine) check.Runner {
			if p.Tree == req.Prefixes[0].Tree { // as it was before the patch
				return scripted(&check.Outcome{Runs: []check.Run{{Exact: true}}}, nil)(p, m)
			}
			return scripted(tt.outcome, tt.err)(p, m)
		}
		r := reviewed(t, req)
		var got check.Confidence
		if len(r.Findings) > 0 {
			got = r.Findings[0].Confidence
		}
		reasons := notRun(r)
		if got != tt.finding || reasons != tt.notRun {
			t.Errorf("%s: got finding %q, not run %q; want %q, %q", tt.name, got, reasons, tt.finding, tt.notRun)
		}
	}
}

func notRun(r *check.Report) string {
	var list []string
	for _, c := range r.Coverage {
		for _, n := range c.NotRun {
			list = append(list, n.Reason)
		}
	}
	return strings.Join(list, "; ")
}

// TestRunnerFails checks that an error which is no reason ends the review.
func TestRunnerFails(t *testing.T) {
	broken := errors.New("broken")
	req := memoryRequest(t, "mm/memory.c", []string{"powerpc"}, []*check.Rule{trap.ArchHelper}, settled, trapped)
	req.NewRunner = scripted(nil, broken)
	if _, err := check.Review(context.Background(), req); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

// TestCanceled checks that a review that is stopped says so.
func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	req := memoryRequest(t, "mm/memory.c", []string{"powerpc"}, []*check.Rule{trap.ArchHelper}, settled, trapped)
	if _, err := check.Review(ctx, req); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	ctx, cancel = context.WithCancel(context.Background())
	defer cancel()
	req.NewRunner = func(*facts.TreeProgram, *arch.Machine) check.Runner {
		return func(ctx context.Context, _ *check.Entry) (*check.Outcome, error) {
			cancel()
			return nil, ctx.Err()
		}
	}
	if _, err := check.Review(ctx, req); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped while running: got %v, want %v", err, context.Canceled)
	}
}

// recorder is a rule that notes the passes it was run on.
func recorder(scope check.Scope, seen *[]string) *check.Rule {
	return &check.Rule{Name: "test/recorder", Severity: check.Warning, Scope: scope, Run: func(p *check.Pass) error {
		line := fmt.Sprint(p.Patch)
		if p.Class != nil {
			line += " " + p.Class.ID
		}
		if p.Machine != nil {
			line += " " + p.Machine.Name
		}
		if p.Definition != nil {
			line += " " + p.Definition.Name()
		}
		for _, e := range p.Entries {
			line += " " + e.Name
		}
		*seen = append(*seen, line)
		return nil
	}}
}

// TestPasses checks what rules of each scope are run on.
func TestPasses(t *testing.T) {
	const other = "#include <linux/mm.h>\nint settled(pmd_t *pmd)\n{\n\treturn pmd_same(*pmd, *pmd);\n}\nint more(void)\n{\n\treturn 2;\n}\n"
	tests := []struct {
		scope check.Scope
		want  []string
	}{
		{check.PerDefinition, []string{"1 settled", "2 more"}},
		{check.PerClass, []string{
			"1 powerpc/ppc64_defconfig settled", "2 powerpc/ppc64_defconfig more",
			"1 powerpc/ppc64_defconfig+PPC_4K_PAGES settled", "2 powerpc/ppc64_defconfig+PPC_4K_PAGES more",
		}},
		{check.PerMachine, []string{
			"1 powerpc/ppc64_defconfig radix_enabled()=false settled", "1 powerpc/ppc64_defconfig radix_enabled()=true settled",
			"2 powerpc/ppc64_defconfig radix_enabled()=false more", "2 powerpc/ppc64_defconfig radix_enabled()=true more",
			"1 powerpc/ppc64_defconfig+PPC_4K_PAGES radix_enabled()=false settled", "1 powerpc/ppc64_defconfig+PPC_4K_PAGES radix_enabled()=true settled",
			"2 powerpc/ppc64_defconfig+PPC_4K_PAGES radix_enabled()=false more", "2 powerpc/ppc64_defconfig+PPC_4K_PAGES radix_enabled()=true more",
		}},
	}
	for _, tt := range tests {
		var seen []string
		reviewed(t, memoryRequest(t, "mm/memory.c", []string{"powerpc"}, []*check.Rule{recorder(tt.scope, &seen)}, settled, trapped, other))
		compare(t, fmt.Sprintf("passes of scope %d", tt.scope), seen, tt.want)
	}
}

// TestNothingToDo checks that patches without C are judged clean, by name.
func TestNothingToDo(t *testing.T) {
	var seen []string
	rules := []*check.Rule{recorder(check.PerClass, &seen)}
	for _, file := range []string{"Documentation/mm/index.rst", "mm/Kconfig.debug", "Makefile"} {
		r := reviewed(t, memoryRequest(t, file, []string{"x86"}, rules, "one\n", "two\n"))
		if len(seen) > 0 || len(r.Findings) > 0 || notRun(r) != "" {
			t.Errorf("%s: got passes %q, findings %v, not run %q; want none", file, seen, r.Findings, notRun(r))
		}
	}
}

// TestOtherArchitecture checks that a change of one architecture's headers is
// no matter of another one, of which nothing is read.
func TestOtherArchitecture(t *testing.T) {
	const file = "arch/riscv/include/asm/bug.h"
	var seen []string
	reviewed(t, memoryRequest(t, file, []string{"riscv", "x86"}, []*check.Rule{recorder(check.PerClass, &seen)},
		"#include <asm-generic/bug.h>\nstatic inline int age(void) { return 1; }\n",
		"#include <asm-generic/bug.h>\nstatic inline int age(void) { return 2; }\n"))
	compare(t, "passes", seen, []string{"1 riscv/defconfig age"})
}

// TestRepair checks when a finding of the first patch counts as repaired by the
// second: if it is gone, not if it cannot be judged any more.
func TestRepair(t *testing.T) {
	const third = "#include <linux/mm.h>\nint settled(pmd_t *pmd)\n{\n\tif (pmd)\n\t\treturn pmd_same(*pmd, *pmd);\n\treturn 1;\n}\n"
	met := &check.Outcome{Runs: []check.Run{{Exact: true, Traps: []check.RunTrap{{Function: "hash__pmd_same", File: hash4k, Line: 26}}}}}
	returns := &check.Outcome{Runs: []check.Run{{Exact: true}}}
	tests := []struct {
		name  string
		last  *check.Outcome
		err   error
		fixed bool
	}{
		{"gone", returns, nil, true},
		{"there", met, nil, false},
		{"not judged", returns, &check.NotRunError{Reason: "budget"}, false},
		{"partly judged", &check.Outcome{Runs: returns.Runs, Incomplete: []string{"no model"}}, nil, false},
	}
	for _, tt := range tests {
		req := memoryRequest(t, "mm/memory.c", []string{"powerpc"}, []*check.Rule{trap.ArchHelper}, settled, trapped, third)
		req.NewRunner = func(p *facts.TreeProgram, m *arch.Machine) check.Runner {
			switch p.Tree {
			case req.Prefixes[0].Tree:
				return scripted(returns, nil)(p, m)
			case req.Prefixes[1].Tree:
				return scripted(met, nil)(p, m)
			}
			return scripted(tt.last, tt.err)(p, m)
		}
		r := reviewed(t, req)
		if len(r.Findings) != 1 {
			t.Errorf("%s: got %d findings, want 1", tt.name, len(r.Findings))
			continue
		}
		f := r.Findings[0]
		if fixed := f.FixedByPatch != nil && *f.FixedByPatch == 2 && f.Severity == check.Note; fixed != tt.fixed || !fixed && f.Severity != check.Error {
			t.Errorf("%s: got %s, fixed by %v; want fixed %v", tt.name, f.Severity, f.FixedByPatch, tt.fixed)
		}
	}
}
