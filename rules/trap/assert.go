package trap

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/rules/check"
	"ptreview/semantics/facts"
	"ptreview/semantics/names"
)

// NewAssert reports helper definitions that begin to trap for what generic code
// calls them with already.
var NewAssert = &check.Rule{
	Name:     "trap/new-assert",
	Doc:      check.MustDoc(doc, "trap/new-assert"),
	Severity: check.Error,
	Advice:   "leave the trap out of the helper, or keep it away from those who call it in a patch before this one",
	Scope:    check.PerMachine,
	Run:      runNewAssert,
	// It judges definitions of architectures, in headers of theirs or their own C
	// files, neither of which is ever asked about here.
	Ignores: func(*names.Change) bool { return true },
}

func runNewAssert(p *check.Pass) error {
	for _, e := range p.Entries {
		if !isHelperFile(e.Path) || saysTheSame(e) {
			continue
		}
		if reason := unreadable(e); reason != "" {
			p.NotRun(reason)
			continue
		}
		if err := judgeHelper(p, e); err != nil {
			return err
		}
	}
	return nil
}

// saysTheSame reports whether a function consists of the same tokens before and
// after, as the class sees them. What it calls may differ, which is judged there.
func saysTheSame(e *check.Entry) bool {
	if e.Before == nil {
		return false
	}
	was, is := bodyOf(e.Before), bodyOf(e.After)
	return slices.EqualFunc(was, is, func(a, b cpp.Token) bool { return a.Kind == b.Kind && a.Sym == b.Sym })
}

func bodyOf(f *facts.Function) []cpp.Token { return f.Unit.Cpp.Tokens[f.Def.First:f.Def.Close] }

// maxCallers bounds the generic functions that are run for one helper that
// begins to trap.
const maxCallers = 24

// judgeHelper judges a changed helper: generic functions that reach it already
// are run until one meets a trap that it did not meet before.
func judgeHelper(p *check.Pass, e *check.Entry) error {
	own, err := search(p, e, suspects(e), map[*facts.Function]*check.Entry{e.After: e})
	if err != nil || len(own) == 0 {
		return err
	}
	callers, complete, err := p.Callers(e)
	if err != nil {
		return err
	}
	reason := ""
	if !complete {
		reason = fmt.Sprintf("more C files call %s() than were read", e.Name)
	}
	for i, c := range callers {
		if i == maxCallers {
			reason = fmt.Sprintf("more than %d functions reach %s()", maxCallers, e.Name)
			break
		}
		done, why, err := runCaller(p, e, c, own)
		if err != nil || done {
			return err
		}
		if reason == "" {
			reason = why
		}
	}
	if reason != "" {
		p.NotRun(reason)
	}
	return nil
}

// suspects are the places of a changed helper that may trap as they did not: all
// its own traps, since what they ask may have changed before them, and calls that
// it had not.
func suspects(e *check.Entry) []facts.Site {
	var list []facts.Site
	for _, s := range e.Graph.Sites(e.After) {
		if s.Trap != nil && isTrap(s.Trap) {
			list = append(list, s)
		}
	}
	for _, s := range e.NewSites {
		if s.Trap == nil {
			list = append(list, s)
		}
	}
	return list
}

// runCaller runs one generic caller of a helper that begins to trap.
func runCaller(p *check.Pass, e, caller *check.Entry, own []*facts.Reach) (done bool, why string, err error) {
	if reason := unreadable(caller); reason != "" {
		return false, reason, nil
	}
	outcome, err := p.Run(p.Ctx, caller)
	if err != nil {
		var reason *check.NotRunError
		if errors.As(err, &reason) && p.Ctx.Err() == nil {
			return false, reason.Reason, nil
		}
		return false, "", err
	}
	for _, r := range own {
		run := firing(p, outcome, r)
		if run == nil {
			continue
		}
		old, err := trappedBefore(p, caller, r, outcome)
		if err != nil {
			return false, "", err
		}
		if old {
			continue
		}
		allowed, err := allow(p, caller, r, run)
		if err != nil {
			return false, "", err
		}
		if allowed.run != nil {
			reportHelper(p, e, caller, r, allowed)
			return true, "", nil
		}
	}
	return false, unknown(outcome), nil
}

// unknown says why a trap that no run met could still fire, "" if it cannot. That
// callers may not pass what it was run with is no reason.
func unknown(o *check.Outcome) string {
	if len(o.Incomplete) > 0 {
		return o.Incomplete[0]
	}
	for _, r := range o.Runs {
		if !r.Exact && !r.Known && len(r.Why) > 0 {
			return r.Why[0]
		}
	}
	return ""
}

// trappedBefore reports whether every input that now leads a caller to the trap
// of r did before, there or in another helper that the patch changes: then it
// was moved at most. A run that could not be made to its end got that far.
func trappedBefore(p *check.Pass, caller *check.Entry, r *facts.Reach, now *check.Outcome) (bool, error) {
	if caller.Before == nil {
		return firesBefore(p, caller, r, now)
	}
	was, err := runBefore(p, caller)
	if err != nil || was == nil {
		return false, err
	}
	helper, _ := p.Used(r)
	in := []string{helper}
	for i := range p.Changes {
		if c := &p.Changes[i]; isHelperFile(c.Path) {
			in = append(in, c.Name())
		}
	}
	for i := range now.Runs {
		run := &now.Runs[i]
		same := slices.DeleteFunc(slices.Clone(was.Runs), func(o check.Run) bool { return !slices.Equal(o.Inputs, run.Inputs) })
		if meets(p, run, r) && !firesIn(same, in...) {
			return false, nil
		}
	}
	return true, nil
}

// reportHelper words a trap that a patch put into a helper.
func reportHelper(p *check.Pass, e, caller *check.Entry, r *facts.Reach, s shown) {
	full := pathFrom(p, caller, r)
	f := finding(p, caller, full, s)
	f.Location = p.Site(e, r.Site)
	with := ""
	if states := entryStates(s.run.Inputs); states != "" {
		with = " where " + states
	}
	f.Message = fmt.Sprintf("%s() now traps (%s), and %s() of %s reaches it already%s", r.Helper, r.Trap.Name, caller.Name, caller.Path, with)
	f.Advice = fmt.Sprintf("leave the trap out of %s(), or keep it away from %s() and its other callers in a patch before this one", r.Helper, caller.Name)
	if r.Trap.Kind == arch.TrapWarn {
		f.Message = strings.Replace(f.Message, "now traps", "now warns", 1)
		f.Advice = strings.Replace(f.Advice, "trap", "warning", 1)
	}
	p.Report(f)
}

// entryStates says what the entries are that a run had: "pmd is a migration
// entry".
func entryStates(inputs []string) string {
	var list []string
	for _, in := range inputs {
		name, text, ok := strings.Cut(in, ": ")
		if ok && slices.ContainsFunc(statesBegin[:], func(s string) bool { return strings.HasPrefix(text, s) }) {
			list = append(list, name+" "+text)
		}
	}
	return strings.Join(list, " and ")
}

// statesBegin is how the emulated machine begins to say what an entry is.
var statesBegin = [...]string{"is ", "maps ", "points to "}

// pathFrom returns the path from a caller to the trap of a helper's own reach.
func pathFrom(p *check.Pass, caller *check.Entry, own *facts.Reach) *facts.Reach {
	reaches, _, err := caller.Graph.Reaches(caller.After, facts.Query{
		Sites:  caller.Graph.Sites(caller.After),
		Follow: func(string) bool { return false },
	})
	if err == nil {
		for _, r := range reaches {
			if inHelper(p, r) && r.File == own.File && r.Line == own.Line {
				return r
			}
		}
	}
	r := *own
	r.Path = append([]facts.Step{{Name: caller.Name, Unit: caller.After.Unit, Pos: caller.After.Def.NameAt.Pos}}, own.Path...)
	return &r
}
