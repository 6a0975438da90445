package trap

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ptreview/arch"
	"ptreview/rules/check"
	"ptreview/semantics/facts"
	"ptreview/semantics/names"
)

//go:embed doc.go
var doc embed.FS

// ArchHelper reports helper definitions that trap and become reachable from
// generic code.
var ArchHelper = &check.Rule{
	Name:     "trap/arch-helper",
	Doc:      check.MustDoc(doc, "trap/arch-helper"),
	Severity: check.Error,
	Advice:   "let the helper do what generic code calls it for, or keep the call behind a guard that is false there; answering a constant is no repair",
	Scope:    check.PerMachine,
	Run:      runArchHelper,
	Ignores:  func(c *names.Change) bool { return c.Traps == "" },
}

func runArchHelper(p *check.Pass) error {
	changed := make(map[*facts.Function]*check.Entry)
	for _, e := range p.Entries {
		changed[e.After] = e
	}
	for _, e := range p.Entries {
		if isHelperFile(e.Path) {
			continue // what it begins to do is for trap/new-assert to judge
		}
		if err := judgeEntry(p, e, changed); err != nil {
			return err
		}
	}
	return nil
}

// judgeEntry looks for traps behind the new calls of one changed function.
func judgeEntry(p *check.Pass, e *check.Entry, changed map[*facts.Function]*check.Entry) error {
	if reason := unreadable(e); reason != "" {
		p.NotRun(reason)
		return nil
	}
	reaches, err := search(p, e, e.NewSites, changed)
	if err != nil || len(reaches) == 0 {
		return err
	}
	return confirm(p, e, reaches)
}

// unreadable says why an entry cannot be judged, "" if it can.
func unreadable(e *check.Entry) string {
	if len(e.After.Undeclared()) > 0 {
		names := make([]string, 0, 1)
		for _, u := range e.After.Undeclared() {
			names = append(names, u.Name)
		}
		return fmt.Sprintf("%s() uses what nothing declares: %s", e.Name, strings.Join(names, ", "))
	}
	if len(e.After.Errs) > 0 {
		return fmt.Sprintf("the body of %s() cannot be typed: %v", e.Name, e.After.Errs[0])
	}
	return ""
}

// isHelperFile reports whether definitions in a file are helpers: those of an
// architecture, and the fallbacks that architectures inherit.
func isHelperFile(path string) bool {
	return strings.HasPrefix(path, "arch/") || strings.HasPrefix(path, "include/asm-generic/")
}

// search follows sites to the traps in helpers. Through another changed
// function only old calls are followed: new ones are its own matter.
func search(p *check.Pass, e *check.Entry, sites []facts.Site, changed map[*facts.Function]*check.Entry) ([]*facts.Reach, error) {
	reaches, gaps, err := e.Graph.Reaches(e.After, facts.Query{
		Sites:   sites,
		SitesOf: func(f *facts.Function) []facts.Site { return oldSites(e.Graph, f, changed) },
		Follow:  func(path string) bool { return strings.HasPrefix(path, "arch/") },
	})
	if err != nil {
		return nil, err
	}
	for _, g := range gaps {
		p.NotRun(fmt.Sprintf("%s() cannot be followed: %v", g.Callee, g.Err))
	}
	var out []*facts.Reach
	for _, r := range reaches {
		if isTrap(r.Trap) && inHelper(p, r) {
			out = append(out, r)
		}
	}
	return out, nil
}

// inHelper reports whether a helper has the trap of a reach. Assertions are not
// where their macro stands: the helper is what uses them.
func inHelper(p *check.Pass, r *facts.Reach) bool {
	last := len(r.Path) - 1
	for last > 0 && r.Path[last].Macro {
		if !check.IsAssertion(r.Path[last].Name) && isHelperFile(p.Position(r.Path[last].Pos).Path) {
			break
		}
		last--
	}
	step := r.Path[last]
	at := p.Position(step.Pos)
	r.Helper, r.File, r.Line = step.Name, at.Path, at.Line
	if f := p.Set.File(step.Pos); f != nil {
		r.Text = strings.TrimSpace(string(f.LineText(at.Line)))
	}
	return isHelperFile(at.Path)
}

func isTrap(t *arch.Trap) bool {
	return t.Kind == arch.TrapBug || t.Kind == arch.TrapPanic || t.Kind == arch.TrapWarn
}

func oldSites(g *facts.Graph, f *facts.Function, changed map[*facts.Function]*check.Entry) []facts.Site {
	sites := g.Sites(f)
	e := changed[f]
	if e == nil {
		return sites
	}
	fresh := make(map[string]bool)
	for _, s := range e.NewSites {
		fresh[siteName(s)] = true
	}
	var old []facts.Site
	for _, s := range sites {
		if !fresh[siteName(s)] {
			old = append(old, s)
		}
	}
	return old
}

func siteName(s facts.Site) string { return s.Callee + "|" + strings.Join(s.Guards, "|") }

// confirm runs the entry and reports the traps that fire.
func confirm(p *check.Pass, e *check.Entry, reaches []*facts.Reach) error {
	outcome, err := p.Run(p.Ctx, e)
	if err != nil {
		return notRun(p, err)
	}
	held, err := withLocks(p, e, reaches, outcome)
	if err != nil {
		return err
	}
	if held != nil {
		outcome = held
	}
	told := make(map[string]bool)
	open := false
	for _, r := range reaches {
		run := firing(p, outcome, r)
		switch {
		case told[r.Helper]:
		case run == nil:
			open = true
			if held != nil && len(held.Assumptions) > 0 {
				exclude(p, e, r, held.Assumptions)
				told[r.Helper] = true
			}
		default:
			old, err := firesBefore(p, e, r, outcome)
			if err != nil {
				return err
			}
			told[r.Helper] = true
			if old {
				continue
			}
			allowed, err := allow(p, e, r, run)
			if err != nil {
				return err
			}
			if allowed.run != nil {
				f := finding(p, e, r, allowed)
				prove(p, e, r, f.Evidence)
				p.Report(f)
			}
		}
	}
	if reason := doubt(outcome); open && reason != "" {
		p.NotRun(reason)
	}
	return nil
}

// withLocks returns the runs that callers allow, with the locks that they hold,
// where without it is not known whether a trap fires, and with it is. It returns
// nil where that does not help.
func withLocks(p *check.Pass, e *check.Entry, reaches []*facts.Reach, o *check.Outcome) (*check.Outcome, error) {
	met := func(r *facts.Reach) bool { return firing(p, o, r) != nil }
	if p.RunAllowed == nil || len(o.Incomplete) == 0 || slices.ContainsFunc(reaches, met) {
		return nil, nil
	}
	held, err := p.RunAllowed(p.Ctx, e)
	if err != nil || held == nil || len(held.Incomplete) > 0 {
		return nil, p.Ctx.Err()
	}
	return held, nil
}

// shown is a run that meets a trap, with what it rests on.
type shown struct {
	run         *check.Run // nil if no caller lets it happen
	assumptions []check.Assumption
}

// allow looks for a run that meets the trap of a reach among those that callers
// allow. Where there is none, that is put on record instead.
func allow(p *check.Pass, e *check.Entry, r *facts.Reach, run *check.Run) (shown, error) {
	if p.RunAllowed == nil {
		return shown{run: run}, nil
	}
	outcome, err := p.RunAllowed(p.Ctx, e)
	if err != nil || outcome == nil {
		return shown{run: run}, p.Ctx.Err() // what cannot be found out excludes nothing
	}
	s := shown{firing(p, outcome, r), outcome.Assumptions}
	switch {
	case s.run != nil:
	case len(s.assumptions) == 0: // it was excluded by nothing that could be named
		s.run = run
	default:
		exclude(p, e, r, s.assumptions)
	}
	return s, nil
}

// exclude puts on record that callers keep a trap from firing.
func exclude(p *check.Pass, e *check.Entry, r *facts.Reach, assumed []check.Assumption) {
	p.Exclude(check.Excluded{Entry: e.Name, Helper: r.Helper, Trap: trapOf(r), Assumptions: assumed})
}

func trapOf(r *facts.Reach) check.Trap {
	return check.Trap{Kind: r.Trap.Kind.String(), File: r.File, Line: r.Line, Text: r.Text}
}

// doubt says why a trap that no run met could still fire, "" if it cannot for
// all that is known.
func doubt(o *check.Outcome) string {
	if len(o.Incomplete) > 0 {
		return o.Incomplete[0]
	}
	for _, r := range o.Runs {
		if !r.Exact && len(r.Why) > 0 {
			return r.Why[0]
		}
	}
	return ""
}

// notRun makes a reason of an error of the executor, unless the review is
// being stopped.
func notRun(p *check.Pass, err error) error {
	if p.Ctx.Err() != nil {
		return err
	}
	var reason *check.NotRunError
	if errors.As(err, &reason) {
		p.NotRun(reason.Reason)
		return nil
	}
	return err
}

// firing returns the first run that meets the trap of a reach.
func firing(p *check.Pass, o *check.Outcome, r *facts.Reach) *check.Run {
	for i := range o.Runs {
		if meets(p, &o.Runs[i], r) {
			return &o.Runs[i]
		}
	}
	return nil
}

func meets(p *check.Pass, run *check.Run, r *facts.Reach) bool {
	name, at := p.Used(r)
	return slices.Contains(run.Traps, check.RunTrap{Function: name, File: at.Path, Line: at.Line})
}

// firesBefore reports whether the function met the same helper's trap before
// the patch wherever it does now: then the finding is not new. What a new
// function does is what its callers did before, if they all are changed ones.
func firesBefore(p *check.Pass, e *check.Entry, r *facts.Reach, now *check.Outcome) (bool, error) {
	if e.Before != nil {
		was, err := runBefore(p, e)
		if err != nil || was == nil {
			return false, err
		}
		return covers(p, was, now, r), nil
	}
	name, _ := p.Used(r)
	callers := callersOf(p, e)
	for _, c := range callers {
		was, err := runBefore(p, c)
		if err != nil || was == nil || !firesIn(was.Runs, name) {
			return false, err
		}
	}
	return len(callers) > 0, nil
}

// runBefore runs a function as it was before the patch, nil if it cannot be.
func runBefore(p *check.Pass, e *check.Entry) (*check.Outcome, error) {
	before := *e
	before.After = e.Before
	was, err := p.RunBefore(p.Ctx, &before)
	if err != nil {
		return nil, notRun(p, err)
	}
	return was, nil
}

// covers reports whether every input that now leads to the trap of r led to
// one in the same function before. Inputs of parameters that there were not
// cannot be compared one by one.
func covers(p *check.Pass, was, now *check.Outcome, r *facts.Reach) bool {
	name, _ := p.Used(r)
	for i := range now.Runs {
		run := &now.Runs[i]
		if !meets(p, run, r) {
			continue
		}
		same := slices.DeleteFunc(slices.Clone(was.Runs), func(o check.Run) bool { return !slices.Equal(o.Inputs, run.Inputs) })
		if len(same) == 0 {
			same = was.Runs
		}
		if !firesIn(same, name) {
			return false
		}
	}
	return true
}

// firesIn reports whether a run met a trap in a function of one of the names.
func firesIn(runs []check.Run, names ...string) bool {
	for i := range runs {
		if slices.ContainsFunc(runs[i].Traps, func(t check.RunTrap) bool { return slices.Contains(names, t.Function) }) {
			return true
		}
	}
	return false
}

// callersOf returns the functions that call a new one and were there before;
// nil if one of them is new itself.
func callersOf(p *check.Pass, e *check.Entry) []*check.Entry {
	var callers []*check.Entry
	for _, c := range p.Entries {
		if c == e || !slices.ContainsFunc(c.NewSites, func(s facts.Site) bool { return s.Callee == e.Name }) {
			continue
		}
		if c.Before == nil {
			return nil
		}
		callers = append(callers, c)
	}
	return callers
}

// finding words what a run showed.
func finding(p *check.Pass, e *check.Entry, r *facts.Reach, s shown) check.Finding {
	trap := trapOf(r)
	f := check.Finding{
		Confidence: check.Executed,
		Helper:     r.Helper,
		Entry:      e.Name,
		Where:      []check.Where{p.Where(e, r)},
		Location:   p.Site(e, r.Site),
		Path:       p.Steps(r),
		Guards:     r.Guards(),
		Trap:       &trap,
		Evidence:   &check.Evidence{Inputs: s.run.Inputs, Trace: s.run.Trace, Assumptions: s.assumptions, NotAssumed: s.run.Against},
	}
	if s.run.Tables != nil {
		f.Evidence.Tables = s.run.Tables(p.Ctx)
	}
	if !s.run.Exact {
		f.Confidence = check.Reachable
		f.Evidence.Inputs = append(f.Evidence.Inputs, s.run.Why...)
	}
	if r.Trap.Kind == arch.TrapWarn {
		f.Severity = check.Warning
	}
	f.Message = message(p, e, r)
	f.Advice = fmt.Sprintf("let %s() do what %s() calls it for, or keep the call behind a guard that is false there; answering a constant is no repair", r.Helper, e.Name)
	return f
}

// prove adds to the evidence what holds for all values.
func prove(p *check.Pass, e *check.Entry, r *facts.Reach, ev *check.Evidence) {
	if p.Prove == nil {
		return
	}
	proof, err := p.Prove(p.Ctx, e)
	if err != nil || proof == nil {
		return // the end of the review is seen elsewhere
	}
	name, at := p.Used(r)
	ev.Proved = proof.Evidence(check.RunTrap{Function: name, File: at.Path, Line: at.Line})
	for _, a := range proof.Assumptions {
		if len(ev.Proved) > 0 && !slices.Contains(ev.Assumptions, a) {
			ev.Assumptions = append(ev.Assumptions, a)
		}
	}
}

func message(p *check.Pass, e *check.Entry, r *facts.Reach) string {
	on := ""
	if p.Machine.Name != "" {
		on = " with " + p.Machine.Name
	}
	called := r.Site.Callee
	if called == r.Helper || len(r.Path) < 2 {
		return fmt.Sprintf("%s() now reaches %s(), which%s is %s at %s:%d", e.Name, r.Helper, on, r.Trap.Name, r.File, r.Line)
	}
	return fmt.Sprintf("%s() now calls %s(), which%s ends in %s() and its %s at %s:%d",
		e.Name, called, on, r.Helper, r.Trap.Name, r.File, r.Line)
}
