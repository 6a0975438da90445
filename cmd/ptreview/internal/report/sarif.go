package report

import (
	"go/doc/comment"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"ptreview/rules"
	"ptreview/rules/check"
)

// SARIF writes a run of SARIF 2.1.0: the rules, a result for each finding on
// the changed line with the path to its trap, and notifications that count what
// was judged and say what was not run, and why.
// Source: OASIS, Static Analysis Results Interchange Format 2.1.0; GitHub
// documentation, SARIF support for code scanning.
func SARIF(w io.Writer, m *Material, _ Options) error {
	r := m.Report
	run := sarif.NewRun().WithTool(sarif.NewTool().WithDriver(sarif.NewToolComponent().WithName("ptreview")))
	if r.Tool.Version != "" {
		run.Tool.Driver.WithVersion(r.Tool.Version)
	}
	for _, name := range ruleNames(r) {
		run.Tool.Driver.AddRule(sarifRule(name))
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		sarifResult(run.CreateResultForRule(f.Rule), m, f)
	}
	run.AddInvocation(sarifInvocation(r))
	return writeSARIF(w, sarif.NewReport().AddRun(run))
}

// ruleNames are the rules that were run, and those of findings: a report that
// was read from a file may know others.
func ruleNames(r *check.Report) []string {
	names := append([]string(nil), r.Tool.Rules...)
	for i := range r.Findings {
		if name := r.Findings[i].Rule; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// sarifRule describes a rule by its section of the documentation.
func sarifRule(name string) *sarif.ReportingDescriptor {
	d := sarif.NewRule(name)
	r := rules.Named(name)
	if r == nil {
		const text = "This version of ptreview does not have the rule."
		return d.WithDescription(text).WithFullDescription(multiformat(text)).WithHelp(multiformat(text).WithMarkdown(text))
	}
	paragraphs := strings.SplitN(r.Doc.Text, "\n\n", 3)
	full := strings.Join(strings.Fields(strings.Join(paragraphs[:min(2, len(paragraphs))], " ")), " ")
	text := r.Doc.Text + "\n\nWhat to do: " + r.Advice + "."
	markdown := (&comment.Printer{}).Markdown(new(comment.Parser).Parse(text))
	return d.WithName(friendly(name)).
		WithDescription(r.Doc.Summary).
		WithFullDescription(multiformat(full)).
		WithHelp(multiformat(text).WithMarkdown(string(markdown))).
		WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(sarifLevels[r.Severity]))
}

// friendly writes the name of a rule as one word, TrapArchHelper.
func friendly(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '-' }) {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

func multiformat(text string) *sarif.MultiformatMessageString {
	return sarif.NewMultiformatMessageString().WithText(text)
}

var sarifLevels = map[check.Severity]string{check.Error: "error", check.Warning: "warning", check.Note: "note"}

// sarifResult fills in a finding.
func sarifResult(to *sarif.Result, m *Material, f *check.Finding) {
	to.WithLevel(sarifLevels[f.Severity]).
		WithMessage(sarif.NewTextMessage(withAdvice(f, ". "))).
		WithPartialFingerprints(map[string]string{"primaryLocationLineHash": f.Fingerprint}).
		AddLocation(sarifPrimary(m, f)).
		WithProperties(sarifProperties(f))
	if e := f.Evidence; e != nil && len(e.Schedule) > 0 {
		to.AddCodeFlow(sarifSchedule(m, f))
	} else if steps := followed(m, f); len(steps) > 0 {
		to.AddCodeFlow(sarifFlow(steps))
	}
	if r := repairOf(m, f); r != nil {
		to.WithFixes([]*sarif.Fix{sarifFix(r, f.Advice)})
	}
	if s := f.Suppressed; s != nil {
		to.AddSuppression(sarif.NewSuppression().WithKind("external").WithStatus("accepted").WithJustification(Clean(s.Reason)))
	}
	for i, p := range related(m, f) {
		to.AddRelatedLocation(sarifPlace(p).WithID(i + 1))
	}
}

// sarifPrimary is the changed line, or the patch where no file is meant or one
// outside the tree.
func sarifPrimary(m *Material, f *check.Finding) *sarif.Location {
	l := f.Location
	file, line, gone := placeNow(m, l)
	if file == "" {
		name := "the series"
		if i := l.Patch - 1; i >= 0 && i < len(m.Report.Series.Patches) {
			name = Clean(m.Report.Series.Patches[i].Subject)
		}
		return sarif.NewLocation().WithLogicalLocations([]*sarif.LogicalLocation{sarif.NewLogicalLocation().WithName(name).WithKind("resource")})
	}
	region := sarif.NewRegion().WithStartLine(max(1, line))
	if l.Text != "" && !gone {
		region.WithSnippet(sarif.NewArtifactContent().WithText(Clean(l.Text)))
	}
	at := physical(file).WithRegion(region)
	if around := sarifContext(m, file, line); around != nil {
		at.WithContextRegion(around)
	}
	return sarif.NewLocationWithPhysicalLocation(at)
}

// sarifContext are a few lines around a line of the tree that the series leaves,
// nil where that is not at hand.
func sarifContext(m *Material, file string, line int) *sarif.Region {
	first := max(1, line-hunkLines)
	lines := m.Source(len(m.Trees)-1, file, first, line+hunkLines)
	if len(lines) == 0 {
		return nil
	}
	for i := range lines {
		lines[i] = Clean(expandTabs(" " + lines[i]))[1:]
	}
	return sarif.NewRegion().WithStartLine(first).WithEndLine(first + len(lines) - 1).
		WithSnippet(sarif.NewArtifactContent().WithText(strings.Join(lines, "\n")))
}

// physical names a file of the tree.
func physical(file string) *sarif.PhysicalLocation {
	return sarif.NewPhysicalLocation().WithArtifactLocation(sarif.NewArtifactLocation().WithURI(relativeURI(file)))
}

// relativeURI writes a path of the tree as a URI. A colon would make a scheme of
// what is before it.
func relativeURI(file string) string {
	parts := strings.Split(file, "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(url.PathEscape(p), ":", "%3A")
	}
	return strings.Join(parts, "/")
}

// sarifPlace is a place of a path with what happens there.
func sarifPlace(p relatedPlace) *sarif.Location {
	l := sarif.NewLocation().WithMessage(sarif.NewTextMessage(p.message))
	if p.file != "" && p.line > 0 {
		l.WithPhysicalLocation(physical(p.file).WithRegion(sarif.NewRegion().WithStartLine(p.line)))
	}
	return l
}

// sarifFlow is a path from function to function, to the trap.
func sarifFlow(steps []relatedPlace) *sarif.CodeFlow {
	thread := sarif.NewThreadFlow()
	for i, p := range steps {
		thread.AddLocation(sarif.NewThreadFlowLocation().WithLocation(sarifPlace(p)).WithNestingLevel(i))
	}
	return sarif.NewCodeFlow().WithThreadFlows([]*sarif.ThreadFlow{thread})
}

// sarifSchedule is a race as one flow for each of the two CPUs, whose steps are
// numbered from 1 in the order in which they happen.
func sarifSchedule(m *Material, f *check.Finding) *sarif.CodeFlow {
	threads := map[string]*sarif.ThreadFlow{
		check.ThreadReview:      sarif.NewThreadFlow().WithID(check.ThreadReview).WithMessage(sarif.NewTextMessage("code under review")),
		check.ThreadEnvironment: sarif.NewThreadFlow().WithID(check.ThreadEnvironment).WithMessage(sarif.NewTextMessage("another CPU")),
	}
	for i, s := range f.Evidence.Schedule {
		text := s.Text
		if s.Effect != "" {
			text += ": " + s.Effect
		}
		at := sarifPlace(placed(m, f.Location.Patch, s.File, s.Line, text))
		if t := threads[s.Thread]; t != nil {
			t.AddLocation(sarif.NewThreadFlowLocation().WithLocation(at).WithExecutionOrder(i + 1))
		}
	}
	flow := sarif.NewCodeFlow()
	for _, name := range []string{check.ThreadReview, check.ThreadEnvironment} {
		if t := threads[name]; len(t.Locations) > 0 { // a flow has at least one location
			flow.AddThreadFlow(t)
		}
	}
	return flow
}

// sarifProperties are what SARIF has no place for.
func sarifProperties(f *check.Finding) *sarif.PropertyBag {
	p := sarif.NewPropertyBag().
		Add("confidence", f.Confidence).
		Add("arch", f.Arch).
		Add("where", f.Where).
		Add("patch", f.Location.Patch).
		Add("side", f.Location.Side).
		Add("firstBadPatch", f.FirstBadPatch).
		Add("new", f.New).
		Add("see", f.See)
	if f.FixedByPatch != nil {
		p.Add("fixedByPatch", *f.FixedByPatch)
	}
	if f.Replay != "" {
		p.Add("replay", f.Replay)
	}
	return p
}

// sarifInvocation counts what was judged, and says what was not and why.
func sarifInvocation(r *check.Report) *sarif.Invocation {
	list := []*sarif.Notification{sarifNotification("note", countsText(r))}
	for _, text := range notRunTexts(r) {
		list = append(list, sarifNotification("warning", text))
	}
	for _, g := range r.Gaps {
		list = append(list, sarifNotification("warning", Clean(g.Arch+": "+g.What+": "+g.Reason)))
	}
	for _, n := range r.Notes {
		list = append(list, sarifNotification("note", Clean(n)))
	}
	return sarif.NewInvocation().WithExecutionSuccessful(true).WithToolExecutionNotifications(list)
}

func sarifNotification(level, text string) *sarif.Notification {
	return sarif.NewNotification().WithLevel(level).WithMessage(sarif.NewTextMessage(text))
}
