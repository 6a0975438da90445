package contract

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ptreview/rules/check"
	"ptreview/semantics/names"
	"ptreview/semantics/pagetable"
)

// SelfTest reports WARNs and BUGs that the kernel's own test of page-table
// helpers meets because of a patch.
var SelfTest = &check.Rule{
	Name:     "contract/self-test",
	Doc:      check.MustDoc(doc, "contract/self-test"),
	Severity: check.Error,
	Advice:   "let the helper do what the test asks of it, or have the test ask first whether it may be called, as has_transparent_hugepage() does",
	Scope:    check.PerMachine,
	Run:      runSelfTest,
	Ignores:  func(*names.Change) bool { return true },
}

func runSelfTest(p *check.Pass) error {
	if !p.OffersSelfTest() {
		return nil
	}
	causes, err := selfTestCauses(p)
	if err != nil || len(causes) == 0 {
		return err
	}
	s, err := p.RunSelfTest()
	if err != nil {
		var reason *check.NotRunError
		if errors.As(err, &reason) {
			p.NotRun(reason.Reason)
			return nil
		}
		return err
	}
	for _, c := range slices.Concat(s.After, s.Before) {
		if !c.Exact() {
			p.NotRun("the kernel's own test of page-table helpers: it depends on " + strings.Join(c.Why, ", "))
			return nil
		}
	}
	reportSelfTest(p, s, causes)
	return nil
}

// selfTestCauses returns the changes that the test can notice: those of its own
// file, and those of helpers that it calls.
func selfTestCauses(p *check.Pass) ([]*check.DefinitionChange, error) {
	var list []*check.DefinitionChange
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.Path == pagetable.SelfTestFile {
			list = append(list, c)
		}
	}
	for _, c := range changedHelpers(p) {
		if strings.HasPrefix(c.Path, "include/") && !isHelper(p, c) {
			continue
		}
		used, err := p.MentionsInSelfTest(c.Name())
		if err != nil {
			return nil, err
		}
		if used && p.SelfTestSees(c.Path) {
			list = append(list, c)
		}
	}
	return list, nil
}

// reportSelfTest reports the traps that were not there before.
func reportSelfTest(p *check.Pass, s check.SelfTests, causes []*check.DefinitionChange) {
	before := make(map[string]int)
	end := "" // where the test ended before
	for _, c := range s.Before {
		for _, t := range trapsOf(c) {
			before[selfTestKey(t)]++
		}
		if c.Trap != nil {
			end = c.Trap.Kind + " in " + c.Trap.Function + "()"
		}
	}
	for _, c := range s.After {
		seen := make(map[string]int)
		for _, t := range trapsOf(c) {
			k := selfTestKey(t)
			if seen[k]++; seen[k] > before[k] {
				p.Report(selfTestFinding(p, c, t, causes, end))
			}
		}
	}
}

// trapsOf are the traps of one run of the test, in order.
func trapsOf(c *pagetable.Initcall) []*pagetable.Trap {
	if c.Trap == nil {
		return c.Warnings
	}
	return append(slices.Clone(c.Warnings), c.Trap)
}

// selfTestKey tells traps apart, but for the lines that they stand on.
func selfTestKey(t *pagetable.Trap) string {
	return strings.Join(append([]string{t.Kind, t.Message, t.Use.Path}, t.Stack...), "\x00")
}

// selfTestFinding words one trap. end is where the test ended before the patch,
// if it did not come to its end: what lies behind was not reached.
func selfTestFinding(p *check.Pass, c *pagetable.Initcall, t *pagetable.Trap, causes []*check.DefinitionChange, end string) check.Finding {
	steps := stepsOf(t)
	in := testFunction(steps)
	f := check.Finding{
		Confidence: check.Executed,
		Helper:     calledBy(steps, in),
		Entry:      in.Function,
		Path:       steps,
		Trap:       &check.Trap{Kind: t.Kind, File: t.Use.Path, Line: t.Use.Line, Text: t.Message},
		Location:   selfTestLocation(p, steps, causes),
		Evidence:   &check.Evidence{Inputs: []string{"a boot that calls " + pagetable.SelfTestCall + "()"}, Trace: traceOf(c, t)},
		Where:      []check.Where{p.Along(steps, "CONFIG_DEBUG_VM_PGTABLE=y")},
	}
	on := ""
	if p.Machine.Name != "" {
		on = " with " + p.Machine.Name
	}
	f.Message = fmt.Sprintf("%s() of %s%s now meets %s at %s:%d", in.Function, pagetable.SelfTestFile, on, trapText(t), t.Use.Path, t.Use.Line)
	if end != "" {
		f.Severity = check.Note
		f.Message += "; before, the test ended earlier, at a " + end
	}
	return f
}

func trapText(t *pagetable.Trap) string {
	if t.Message == "" {
		return "a " + t.Kind
	}
	return strings.Join(strings.Fields(t.Message), " ")
}

// stepsOf is the chain of calls that a trap was met by, outermost first.
func stepsOf(t *pagetable.Trap) []check.Step {
	var steps []check.Step
	for i := len(t.Stack) - 1; i >= 0; i-- {
		at := t.Use
		if i > 0 {
			at = t.Calls[i-1]
		}
		steps = append(steps, check.Step{Function: t.Stack[i], File: at.Path, Line: at.Line})
	}
	if len(steps) == 0 {
		steps = []check.Step{{Function: pagetable.SelfTestCall, File: t.Use.Path, Line: t.Use.Line}}
	}
	return steps
}

// testFunction is the innermost function of the test on a path.
func testFunction(steps []check.Step) check.Step {
	in := steps[0]
	for _, s := range steps {
		if s.File == pagetable.SelfTestFile {
			in = s
		}
	}
	return in
}

// calledBy is the function that the test called, "" if the trap is its own.
func calledBy(steps []check.Step, in check.Step) string {
	for i, s := range steps {
		if s == in && i+1 < len(steps) {
			return steps[i+1].Function
		}
	}
	return ""
}

// selfTestLocation is the changed line: in a function on the path, from the
// inside, else in what the test uses.
func selfTestLocation(p *check.Pass, steps []check.Step, causes []*check.DefinitionChange) check.Location {
	for _, s := range slices.Backward(steps) {
		for _, c := range causes {
			if c.Name() == s.Function && (c.Path == s.File || c.Path != pagetable.SelfTestFile) {
				return c.Location(p.Patch)
			}
		}
	}
	return causes[0].Location(p.Patch)
}

// traceOf is the end of what was executed; of a WARN on the way there is none.
func traceOf(c *pagetable.Initcall, t *pagetable.Trap) []check.TraceLine {
	const shown = 40
	if t != c.Trap {
		return nil
	}
	lines := c.Trace
	lines = lines[max(0, len(lines)-shown):]
	var trace []check.TraceLine
	for _, l := range lines {
		trace = append(trace, check.TraceLine{Function: l.Function, File: l.File, Line: l.Line, Depth: l.Depth, Text: l.Text})
	}
	return trace
}
