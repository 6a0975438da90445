package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/cmd/ptreview/internal/progress"
	"ptreview/cmd/ptreview/internal/report"
	"ptreview/parse/source"
	"ptreview/rules/check"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

// selfTestReport is the JSON form of ptreview laws --debug-vm-pgtable.
type selfTestReport struct {
	Schema  string         `json:"schema"`
	Kernel  string         `json:"kernel_version"`
	Runs    []*selfTestRun `json:"runs"`
	NotRun  []lawsNotRun   `json:"not_run"`
	Seconds float64        `json:"seconds"`
}

// What a run of the kernel's own test of page-table helpers can come to.
const (
	selfTestClean  = "clean"
	selfTestTraps  = "traps"
	selfTestNotRun = "not run"
)

// selfTestRun is the test on a class on one of its machines.
type selfTestRun struct {
	Arch    string         `json:"arch"`
	Class   string         `json:"class"`
	Machine string         `json:"machine"`
	Offered bool           `json:"offered"` // by ARCH_HAS_DEBUG_VM_PGTABLE
	Outcome string         `json:"outcome"`
	Reason  string         `json:"reason,omitempty"` // why it was not run, or not with certainty
	Traps   []selfTestTrap `json:"traps"`
	Steps   int            `json:"steps"`
	Seconds float64        `json:"seconds"`
}

// selfTestTrap is a WARN or BUG that it met. Path leads to it, outermost first.
type selfTestTrap struct {
	Kind     string       `json:"kind"`
	Text     string       `json:"text"`
	Function string       `json:"function"`
	Path     []check.Step `json:"path"`
}

// selfTest runs mm/debug_vm_pgtable.c of the tree.
func (r *lawsRun) selfTest(ctx context.Context, archs []*arch.Arch, p *progress.Line) (*selfTestReport, error) {
	out := &selfTestReport{Schema: "ptreview.selftest/v1", Kernel: r.report.Kernel, Runs: []*selfTestRun{}, NotRun: r.report.NotRun}
	if _, err := r.base.Stat(pagetable.SelfTestFile); err != nil {
		return nil, err
	}
	start := time.Now()
	for i, a := range archs {
		r.tell = func(share float64, what string) { p.Show(shareOf(i, len(archs), share), what) }
		r.tell(0, "choosing configurations of "+a.Name)
		classes, err := r.classes(a)
		if err != nil {
			out.NotRun = append(out.NotRun, lawsNotRun{Arch: a.Name, Reason: err.Error()})
			continue
		}
		for _, list := range r.selfTestClasses(ctx, classes) {
			out.Runs = append(out.Runs, list...)
		}
		if ctx.Err() != nil {
			return nil, &statusError{exitIncomplete, errors.New("interrupted")}
		}
	}
	out.Seconds = time.Since(start).Seconds()
	return out, nil
}

// selfTestClasses runs the test on classes, several at a time: what it did on
// their machines, by class.
func (r *lawsRun) selfTestClasses(ctx context.Context, classes []*class.Class) [][]*selfTestRun {
	reader := unit.NewReader(source.NewSet(), unit.Options{Archs: r.known})
	done := make([][]*selfTestRun, len(classes))
	next := make(chan int)
	var workers sync.WaitGroup
	n := r.cmd.Jobs
	if n <= 0 {
		n = runtime.NumCPU()
	}
	for range n {
		workers.Go(func() {
			for i := range next {
				done[i] = r.selfTestMachines(ctx, reader, classes[i])
			}
		})
	}
	for i, cl := range classes {
		r.tell(shareOf(i, len(classes), 0), cl.ID)
		next <- i
	}
	close(next)
	workers.Wait()
	return done
}

// selfTestMachines runs the test on the machines of a class.
func (r *lawsRun) selfTestMachines(ctx context.Context, reader *unit.Reader, cl *class.Class) []*selfTestRun {
	var list []*selfTestRun
	if cl.Value("MMU") != "y" {
		return nil // there are no page tables
	}
	of, err := unit.NewClass(cl.ID, cl.Arch, cl.Config)
	var prog *facts.TreeProgram
	if err == nil {
		defer reader.ForgetClass(of)
		prog = facts.NewProgram(reader, r.base, of, nil)
	}
	for _, m := range cl.Machines() {
		run := &selfTestRun{
			Arch: cl.Arch.Name, Class: cl.ID, Machine: m.Name, Traps: []selfTestTrap{},
			Offered: cl.Value("ARCH_HAS_DEBUG_VM_PGTABLE") == "y",
		}
		list = append(list, run)
		if err != nil {
			run.Outcome, run.Reason = selfTestNotRun, err.Error()
			continue
		}
		start := time.Now()
		calls, err := pagetable.RunSelfTest(ctx, prog, m)
		run.Seconds = time.Since(start).Seconds()
		run.judge(calls, err)
	}
	return list
}

// judge sets what a run came to.
func (r *selfTestRun) judge(calls []*pagetable.Initcall, err error) {
	if err != nil {
		r.Outcome, r.Reason = selfTestNotRun, err.Error()
		return
	}
	var why []string
	for _, c := range calls {
		r.Steps += c.Steps
		for _, s := range c.Why {
			why = appendWhy(why, s)
		}
		for _, t := range c.Warnings {
			r.add(t)
		}
		if c.Trap != nil {
			r.add(c.Trap)
		}
	}
	switch {
	case len(r.Traps) > 0:
		r.Outcome = selfTestTraps
	case len(why) > 0:
		r.Outcome = selfTestNotRun // a run that is not sure shows nothing
	default:
		r.Outcome = selfTestClean
	}
	if len(why) > 0 {
		r.Reason = "depends on " + strings.Join(why, ", ")
	}
}

func appendWhy(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// add adds a trap, once.
func (r *selfTestRun) add(t *pagetable.Trap) {
	trap := selfTestTrap{Kind: t.Kind, Text: strings.Join(strings.Fields(t.Message), " "), Function: t.Function, Path: []check.Step{}}
	for i := len(t.Stack) - 1; i >= 0; i-- {
		at := t.Use
		if i > 0 {
			at = t.Calls[i-1]
		}
		trap.Path = append(trap.Path, check.Step{Function: t.Stack[i], File: at.Path, Line: at.Line})
	}
	for _, have := range r.Traps {
		if have.at() == trap.at() && have.Text == trap.Text {
			return
		}
	}
	r.Traps = append(r.Traps, trap)
}

// at is where a trap stands.
func (t *selfTestTrap) at() string {
	if len(t.Path) == 0 {
		return ""
	}
	last := t.Path[len(t.Path)-1]
	return fmt.Sprintf("%s:%d", last.File, last.Line)
}

// status is the error for what was found.
func (r *selfTestReport) status() error {
	traps, open := false, len(r.NotRun) > 0
	for _, run := range r.Runs {
		traps = traps || run.Outcome == selfTestTraps
		open = open || run.Outcome == selfTestNotRun
	}
	switch {
	case traps:
		return &statusError{status: exitFindings}
	case open:
		return &statusError{status: exitIncomplete}
	}
	return nil
}

// text prints a line for each run, and what it met.
func (r *selfTestReport) text(b *strings.Builder) {
	fmt.Fprintf(b, "linux %s\n%s, as a boot runs it\n", r.Kernel, pagetable.SelfTestFile)
	count := make(map[string]int)
	was := ""
	for _, run := range r.Runs {
		if run.Arch != was {
			was = run.Arch
			note := ""
			if !run.Offered {
				note = " (does not offer the test: no ARCH_HAS_DEBUG_VM_PGTABLE)"
			}
			fmt.Fprintf(b, "\n%s%s\n", run.Arch, note)
		}
		count[run.Outcome]++
		run.text(b)
	}
	for _, n := range r.NotRun {
		fmt.Fprintf(b, "\nnot run: %s\n", report.Clean(strings.TrimSpace(n.Arch+" "+n.Class)))
		wrapped(b, "  ", n.Reason)
	}
	fmt.Fprintf(b, "\n%d runs: %d clean, %d with traps, %d not run\n", len(r.Runs), count[selfTestClean], count[selfTestTraps], count[selfTestNotRun])
}

func (r *selfTestRun) text(b *strings.Builder) {
	name := strings.TrimSpace(strings.TrimPrefix(r.Class, r.Arch+"/") + " " + r.Machine)
	wrapped(b, fmt.Sprintf("  %-8s", r.Outcome), fmt.Sprintf("%s, %d steps", name, r.Steps))
	if r.Reason != "" {
		wrapped(b, "            ", r.Reason)
	}
	for _, t := range r.Traps {
		wrapped(b, "          ", fmt.Sprintf("%s at %s", t.what(), t.at()))
		for i, s := range t.Path {
			fmt.Fprintf(b, "%s%s  %s:%d\n", strings.Repeat(" ", 12+2*i), report.Clean(s.Function), report.Clean(s.File), s.Line)
		}
	}
}

func (t *selfTestTrap) what() string {
	if t.Text != "" {
		return t.Text
	}
	return t.Kind
}
