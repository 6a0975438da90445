package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"ptreview/arch/class"
	"ptreview/cmd/ptreview/internal/report"
	"ptreview/parse/syntax"
	"ptreview/parse/tree"
	"ptreview/rules"
	"ptreview/rules/check"
	"ptreview/rules/contract"
	"ptreview/semantics/exec"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

type replayCmd struct {
	Report   string   `arg:"" help:"Report of ptreview review --format json, or one finding of it; - for standard input."`
	Inputs   []string `arg:"" optional:"" name:"mail" help:"The patch mails that were reviewed, as for review. A report names those it needs; one of git commits needs none."`
	Tree     string   `help:"Kernel source tree (default: the one that the report names)." placeholder:"DIR"`
	Git      string   `help:"Git repository of a kernel." placeholder:"DIR"`
	ArchData []string `help:"Data file of a further architecture, or of a known one that it replaces." placeholder:"FILE" sep:"none"`
	Config   string   `help:"The .config that the report was made with, if it was made with one." placeholder:"FILE"`
	Finding  string   `help:"The finding to run, by the beginning of its fingerprint (default: all)." placeholder:"FINGERPRINT"`
	Format   string   `help:"How to print: ${enum}." enum:"text,json" default:"text"`
}

// Help is shown by ptreview replay --help.
func (*replayCmd) Help() string {
	return `Runs the evidence of findings again: the function of each, on the tree after the
patch that it names, in every class and on every machine that it names, with the
inputs it names; and says whether it ends as the report says. A finding that
rests on something else than such a run has its rule run again. A report
holds no patches: those that came by mail are needed again.

Exit status: 0 all was reproduced, 1 something was not, 2 bad usage or input,
3 something could not be run.

Examples:
  ptreview review --tree linux/ --format json series/ > report.json
  ptreview replay report.json series/ --tree linux/
  ptreview replay --finding 3f2a report.json series/`
}

// replayReport is the JSON form.
type replayReport struct {
	Schema   string           `json:"schema"`
	Notes    []string         `json:"notes"`
	Findings []report.Replays `json:"findings"`
}

func (c *replayCmd) Run(ctx context.Context, s streams) error {
	r, err := readReport(c.Report, s)
	if err != nil {
		return err
	}
	findings, err := c.chosen(r)
	if err != nil {
		return err
	}
	out := replayReport{Schema: "ptreview.replay/v1", Notes: []string{}, Findings: []report.Replays{}}
	req, err := c.request(ctx, r, s)
	if err != nil {
		return err
	}
	if was, is := r.Tree.KernelVersion, req.Tree.KernelVersion; was != "" && was != is {
		out.Notes = append(out.Notes, fmt.Sprintf("the report was made on linux %s, this is %s", was, is))
	}
	re := &replayer{c, req}
	p := newProgress(s.err)
	defer p.Done()
	for i := range findings {
		p.Show(shareOf(i, len(findings), 0), findings[i].Rule+" "+findings[i].Arch)
		done, err := re.finding(ctx, findings[i])
		if err != nil {
			if ctx.Err() != nil {
				return &statusError{exitIncomplete, errors.New("interrupted")}
			}
			return err
		}
		out.Findings = append(out.Findings, *done)
	}
	p.Done()
	if c.Format == "json" {
		err = encode(s.out, out)
	} else {
		err = report.ReplayText(s.out, out.Notes, out.Findings, report.Options{Profile: profile(s.out)})
	}
	if err != nil {
		return err
	}
	return replayStatus(out.Findings)
}

func replayStatus(list []report.Replays) error {
	status := exitClean
	for _, f := range list {
		for _, r := range f.Runs {
			switch {
			case r.Outcome == report.Differs:
				return &statusError{status: exitFindings}
			case r.Outcome == report.NotReplayed:
				status = exitIncomplete
			}
		}
	}
	if status == exitClean {
		return nil
	}
	return &statusError{status: status}
}

// readReport reads a report, - for standard input; of one finding it makes a
// report that names nothing else.
func readReport(name string, s streams) (*check.Report, error) {
	in := s.in
	if name == "-" {
		name = "standard input"
	} else {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	var kind struct{ Schema, Rule, Fingerprint string }
	if err := json.Unmarshal(data, &kind); err != nil {
		return nil, fmt.Errorf("%s: %w; give a report of ptreview review --format json", name, err)
	}
	r := new(check.Report)
	switch {
	case kind.Schema == check.SchemaName:
		err = json.Unmarshal(data, r)
	case kind.Schema == "" && kind.Rule != "" && kind.Fingerprint != "":
		r.Findings = make([]check.Finding, 1)
		err = json.Unmarshal(data, &r.Findings[0])
	default:
		return nil, fmt.Errorf("%s: schema %q is not %s; give a report of ptreview review --format json", name, kind.Schema, check.SchemaName)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// chosen returns the findings to run.
func (c *replayCmd) chosen(r *check.Report) ([]*check.Finding, error) {
	var list []*check.Finding
	for i := range r.Findings {
		if strings.HasPrefix(r.Findings[i].Fingerprint, c.Finding) {
			list = append(list, &r.Findings[i])
		}
	}
	if len(list) == 0 && c.Finding != "" {
		return nil, fmt.Errorf("the report has no finding whose fingerprint begins with %q", c.Finding)
	}
	return list, nil
}

// request puts the series of the report on its tree again.
func (c *replayCmd) request(ctx context.Context, r *check.Report, s streams) (*check.Request, error) {
	if c.Tree == "" && c.Git == "" {
		if r.Tree.Source == "none" {
			return nil, errors.New("the report was made without a kernel: there is nothing to run; give one with --tree DIR or --git DIR")
		}
		if _, err := os.Stat(r.Tree.Source); r.Tree.Source == "" || err != nil {
			return nil, fmt.Errorf("the tree of the report, %q, is not there; name one with --tree DIR or --git DIR", r.Tree.Source)
		}
		if isGitSeries(r) {
			c.Git = r.Tree.Source
		} else {
			c.Tree = r.Tree.Source
		}
	}
	review := &reviewCmd{Inputs: c.Inputs, Tree: c.Tree, Git: c.Git, Config: c.Config, NoAssume: r.NoAssume}
	review.ArchData = c.ArchData
	if len(c.Inputs) == 0 {
		n := len(r.Series.Patches)
		if !isGitSeries(r) {
			return nil, fmt.Errorf("the patches are not in the report; give the mails too: %s", strings.Join(mailNames(r.Series.Patches), ", "))
		}
		if c.Git == "" {
			c.Git, review.Git, review.Tree = c.Tree, c.Tree, ""
		}
		review.Inputs = []string{r.Tree.BaseCommit + ".." + r.Series.Patches[n-1].Commit}
	}
	review.Cache = noCache
	review.reviews = review.reviewer(s)
	req, err := review.request(ctx, s)
	if err != nil {
		return nil, err
	}
	return req, samePatches(r.Series.Patches, req.Series.Patches)
}

func isGitSeries(r *check.Report) bool {
	n := len(r.Series.Patches)
	return n > 0 && r.Series.Patches[n-1].Commit != ""
}

func mailNames(list []check.PatchInfo) []string {
	var names []string
	for _, p := range list {
		if p.MessageID != "" {
			names = append(names, fmt.Sprintf("%s (%s)", p.Subject, p.MessageID))
		} else {
			names = append(names, p.Subject)
		}
	}
	if len(names) == 0 {
		return []string{"those of its series"}
	}
	return names
}

// samePatches refuses other patches than those of the report, which a single
// finding does not name.
func samePatches(want, got []check.PatchInfo) error {
	if len(want) == 0 {
		return nil
	}
	var missing []check.PatchInfo
	for _, w := range want {
		if !slices.ContainsFunc(got, func(g check.PatchInfo) bool {
			return g.N == w.N && g.MessageID == w.MessageID && g.Commit == w.Commit && g.Subject == w.Subject
		}) {
			missing = append(missing, w)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("the report needs other patches than those given: %s", strings.Join(mailNames(missing), ", "))
	}
	return nil
}

// replayer runs findings on the series of a report.
type replayer struct {
	cmd *replayCmd
	req *check.Request
}

// finding runs one finding everywhere it says that it is.
func (re *replayer) finding(ctx context.Context, f *check.Finding) (*report.Replays, error) {
	out := &report.Replays{Fingerprint: f.Fingerprint, Rule: f.Rule, Message: f.Message, Runs: []report.Replay{}}
	if !isRun(f) {
		r, err := re.rule(ctx, f)
		out.Runs = append(out.Runs, r)
		return out, err
	}
	for i, w := range f.Where {
		r, err := re.where(ctx, f, w, i == 0)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			r.Outcome, r.Reason = report.NotReplayed, err.Error()
		}
		r.Class, r.Machine = w.Class, w.Machine
		out.Runs = append(out.Runs, r)
	}
	return out, nil
}

// isRun reports whether the evidence of a finding is a run of its entry.
func isRun(f *check.Finding) bool {
	return f.Rule != contract.SelfTest.Name && f.Entry != "" && f.Trap != nil && f.Evidence != nil &&
		len(f.Evidence.Trace)+len(f.Evidence.Schedule) > 0
}

// where runs the entry of a finding in one class on one machine. The evidence is
// that of the first.
func (re *replayer) where(ctx context.Context, f *check.Finding, w check.Where, first bool) (report.Replay, error) {
	var r report.Replay
	if f.FirstBadPatch < 0 || f.FirstBadPatch >= len(re.req.Prefixes) {
		return r, fmt.Errorf("there is no patch %d", f.FirstBadPatch)
	}
	flags := machineFlags{ArchData: re.cmd.ArchData, Machine: w.Machine, Arch: f.Arch, Config: re.cmd.Config}
	if flags.Config == "" {
		if class.ArchOf(w.Class) != f.Arch {
			return r, fmt.Errorf("%q names no class; if it was a .config, give it with --config", w.Class)
		}
		flags.Class = w.Class
	}
	s, err := flags.on(re.req.Prefixes[f.FirstBadPatch].Tree)
	if err != nil {
		return r, err
	}
	u, fn, err := entryOf(ctx, s, f, w)
	if err != nil {
		return r, err
	}
	emu := pagetable.New(s.program, s.machine, pagetable.Options{})
	if len(f.Evidence.Schedule) > 0 {
		return replayRace(ctx, emu, u, fn, f)
	}
	out, err := runAgain(ctx, emu, u, fn, f)
	if err != nil {
		return r, err
	}
	return compareRuns(f, out, first), nil
}

// runAgain runs an entry with what its callers establish, if the evidence rests
// on that.
func runAgain(ctx context.Context, emu *pagetable.Emulator, u *unit.Unit, fn *syntax.FuncDef, f *check.Finding) (*pagetable.Outcome, error) {
	if !slices.ContainsFunc(f.Evidence.Assumptions, byCallers) {
		return emu.Run(ctx, u, fn)
	}
	callers, err := emu.Preconditions(ctx, u, fn)
	if err != nil {
		return nil, err
	}
	return emu.RunWith(ctx, u, fn, callers)
}

func byCallers(a check.Assumption) bool {
	k := pagetable.AssumptionKind(a.Kind)
	return k == pagetable.AssumeGuard || k == pagetable.AssumeLock
}

// entryOf returns the function a finding is about, in the file that a compiler
// would show it in, if the finding says so.
func entryOf(ctx context.Context, s *site, f *check.Finding, w check.Where) (*unit.Unit, *syntax.FuncDef, error) {
	file := ""
	if name, ok := strings.CutSuffix(w.Object, ".o"); ok {
		file = name + ".c"
	} else if len(f.Path) > 0 && strings.HasSuffix(f.Path[0].File, ".c") {
		file = f.Path[0].File
	}
	if _, err := s.program.Tree.Stat(file); file != "" && err != nil {
		file = ""
	}
	return s.find(ctx, f.Entry, file)
}

// compareRuns looks for the run of a finding among those made now. Elsewhere than
// in the first place the inputs, and the line of the helper, may be others.
func compareRuns(f *check.Finding, out *pagetable.Outcome, first bool) report.Replay {
	last := f.Evidence.Trace[len(f.Evidence.Trace)-1]
	var same, sameInputs, other *pagetable.Run
	for i := range out.Runs {
		run := &out.Runs[i]
		if other == nil && (endsAt(run, f, last) || !first && warnsIn(run, f.Helper)) {
			other = run
		}
		if len(run.Inputs) > len(f.Evidence.Inputs) || !slices.Equal(run.Inputs, f.Evidence.Inputs[:len(run.Inputs)]) {
			continue
		}
		if sameInputs == nil {
			sameInputs = run
		}
		if same == nil && endsAt(run, f, last) {
			same = run
		}
	}
	switch {
	case same != nil && sameTrace(same, f.Evidence.Trace):
		return report.Replay{Outcome: report.Reproduced, Reason: "line for line"}
	case same != nil:
		return report.Replay{Outcome: report.Reproduced, Reason: "the same end, on other lines"}
	case other != nil && (sameInputs == nil || !first): // addresses differ by class
		return report.Replay{Outcome: report.Reproduced, Reason: "the same end, with " + strings.Join(other.Inputs, ", ")}
	case sameInputs != nil && sameInputs.Trap != nil:
		t := sameInputs.Trap
		return report.Replay{Outcome: report.Differs, Reason: fmt.Sprintf("it ends in %s of %s() at %s:%d", t.Kind, t.Function, t.Use.Path, t.Use.Line)}
	case sameInputs != nil:
		return report.Replay{Outcome: report.Differs, Reason: "with these inputs it returns"}
	case len(out.Incomplete) > 0:
		return report.Replay{Outcome: report.NotReplayed, Reason: out.Incomplete[0]}
	}
	return report.Replay{Outcome: report.Differs, Reason: "it is never called with these inputs"}
}

// endsAt reports whether a run meets the trap of a finding: it ends on the last
// line of the evidence, or warned where the finding says.
func endsAt(run *pagetable.Run, f *check.Finding, last check.TraceLine) bool {
	if run.Trap != nil && len(run.Trace) > 0 {
		end := run.Trace[len(run.Trace)-1]
		if end.File == last.File && end.Line == last.Line {
			return true
		}
	}
	for _, w := range run.Result.Warnings {
		if w.Position.Path == f.Trap.File && w.Position.Line == f.Trap.Line {
			return true
		}
	}
	return false
}

// warnsIn reports whether a run warned in a helper.
func warnsIn(run *pagetable.Run, helper string) bool {
	return slices.ContainsFunc(run.Result.Warnings, func(w *exec.Trap) bool { return len(w.Stack) > 0 && w.Stack[0].Func == helper })
}

func sameTrace(run *pagetable.Run, want []check.TraceLine) bool {
	return slices.EqualFunc(run.Trace, want, func(l pagetable.Line, w check.TraceLine) bool {
		return l.File == w.File && l.Line == w.Line && l.Depth == w.Depth
	})
}

// rule runs the rule of a finding again on its architecture.
func (re *replayer) rule(ctx context.Context, f *check.Finding) (report.Replay, error) {
	rule := rules.Named(f.Rule)
	if rule == nil {
		return report.Replay{Outcome: report.NotReplayed, Reason: "there is no rule " + f.Rule}, nil
	}
	req := *re.req
	req.Rules = []*check.Rule{rule}
	if rule.Scope == check.PerSeries { // it judges what others find
		req.Rules = rules.All()
	}
	if f.Arch != "" && f.Arch != "generic" {
		if err := chooseOne(&req, re.cmd.ArchData, f.Arch); err != nil {
			return report.Replay{}, err
		}
	}
	now, err := check.Review(ctx, &req)
	if err != nil {
		return report.Replay{}, err
	}
	for i := range now.Findings {
		if now.Findings[i].Fingerprint != f.Fingerprint {
			continue
		}
		if !sameEvidence(now.Findings[i].Evidence, f.Evidence) {
			return report.Replay{Outcome: report.Reproduced, Reason: "the rule finds it again, with other evidence"}, nil
		}
		return report.Replay{Outcome: report.Reproduced, Reason: "the rule finds it again"}, nil
	}
	for _, cov := range now.Coverage {
		if len(cov.NotRun) > 0 {
			return report.Replay{Outcome: report.NotReplayed, Reason: cov.NotRun[0].Reason}, nil
		}
	}
	return report.Replay{Outcome: report.Differs, Reason: "the rule does not find it"}, nil
}

// chooseOne leaves one architecture of a request.
func chooseOne(req *check.Request, data []string, name string) error {
	flags := archFlags{ArchData: data}
	known, err := flags.load()
	if err != nil {
		return err
	}
	req.Archs, req.Unknown, err = archsOf(tree.Tree(req.Prefixes[0].Tree), known, []string{name})
	return err
}

func sameEvidence(a, b *check.Evidence) bool {
	if a == nil || b == nil {
		return a == b
	}
	return slices.Equal(a.Inputs, b.Inputs) && slices.Equal(a.Trace, b.Trace) &&
		reflect.DeepEqual(a.Schedule, b.Schedule) && slices.Equal(a.Counterexample, b.Counterexample)
}
