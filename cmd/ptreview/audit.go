package main

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"ptreview/cmd/ptreview/internal/progress"
	"ptreview/cmd/ptreview/internal/report"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules/check"
	"ptreview/semantics/unit"
)

type auditCmd struct {
	Tree string `help:"Kernel source tree." placeholder:"DIR"`
	Git  string `help:"Git repository of a kernel; HEAD is read." placeholder:"DIR"`
	archFlags
	Rule      []string `help:"Rules to run (default: all that can judge a tree). See ptreview explain." placeholder:"NAME"`
	Defconfig []string `help:"Configurations to look at: defconfigs, defconfig for the architecture's first one, allyesconfig (default: all defconfigs that are worth a look, and allyesconfig)." placeholder:"NAME"`
	FailOn    string   `help:"Least severity that gives exit status 1: ${enum}." enum:"error,warning,note" default:"error"`
	baselineFlags
	faceFlags
	Jobs  int  `help:"Configurations read at the same time (default: one for each CPU)." placeholder:"N"`
	Stats bool `help:"Print what the audit cost."`
}

// Help is shown by ptreview audit --help.
func (*auditCmd) Help() string {
	return `Runs rules on a kernel as it stands, without a patch: every function that can
have a mapped page table in its hands, in the files of mm/, fs/, kernel/, lib/
and arch/NAME/ that each configuration compiles. What a finding says was there
before anybody changed anything.

Examples:
  ptreview audit --tree linux/
  ptreview audit --tree linux/ --arch x86 --defconfig x86_64_defconfig
  ptreview audit --tree linux/ --rule map/unbalanced --output json=audit.json
  ptreview audit --tree linux/ --baseline known.yaml`
}

func (c *auditCmd) Run(ctx context.Context, s streams) error {
	started := time.Now()
	files, err := c.openOutputs()
	if err != nil {
		return err
	}
	defer files.discard()
	known, err := c.baselineFlags.load()
	if err != nil {
		return err
	}
	req, err := c.request()
	if err != nil {
		return err
	}
	m := &report.Material{Trees: []tree.Tree{req.Tree}}
	if err := c.ready(files, m); err != nil {
		return err
	}
	p := newProgress(s.err)
	defer p.Done()
	req.Progress = func(what string) { p.Show(progress.Unknown, what) }
	r, err := check.Audit(ctx, req)
	p.Done()
	if ctx.Err() != nil {
		return &statusError{exitIncomplete, errors.New("interrupted, nothing was judged completely")}
	}
	if err != nil {
		return err
	}
	if known != nil {
		all := len(c.Arch)+len(c.Rule)+len(c.Defconfig) == 0 && !report.HasNotRun(r)
		note(r, known.Unmatched(known.Apply(r), all))
	}
	r.Stats.Seconds = time.Since(started).Seconds()
	m.Report = r
	if err := c.writeReport(s, files, m, report.Options{Stats: c.Stats}); err != nil {
		return err
	}
	least := check.Severity(c.FailOn).Rank()
	if slices.ContainsFunc(r.Findings, func(f check.Finding) bool { return f.Suppressed == nil && f.Severity.Rank() >= least }) {
		return &statusError{status: exitFindings}
	}
	return nil
}

// request builds what to audit from the flags.
func (c *auditCmd) request() (*check.AuditRequest, error) {
	base, err := openBase(c.Tree, c.Git)
	if err != nil {
		return nil, err
	}
	known, err := c.archFlags.load()
	if err != nil {
		return nil, err
	}
	req := &check.AuditRequest{Version: version(), Tree: base, Configs: c.Defconfig, Jobs: c.Jobs}
	if req.Jobs <= 0 {
		req.Jobs = runtime.NumCPU()
	}
	if req.Archs, req.Unknown, err = archsOf(base, known, c.Arch); err != nil {
		return nil, err
	}
	req.Info.Source = c.Tree + c.Git
	if req.Info.KernelVersion, err = tree.Version(base); err != nil {
		return nil, err
	}
	if req.Rules, err = auditRules(c.Rule); err != nil {
		return nil, err
	}
	req.Reader = unit.NewReader(source.NewSet(), unit.Options{Archs: known})
	return req, nil
}

// auditRules returns the rules of some names that can judge a tree, or all such.
func auditRules(names []string) ([]*check.Rule, error) {
	chosen, err := chosenRules(names)
	if err != nil {
		return nil, err
	}
	var list []*check.Rule
	for _, r := range chosen {
		switch {
		case r.Audit != nil:
			list = append(list, r)
		case len(names) > 0:
			return nil, errors.New(r.Name + " judges what a patch changes, and cannot audit a tree")
		}
	}
	return list, nil
}
