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
	if err := sarif.NewReport().AddRun(run).PrettyWrite(w); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
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
	markdown := (&comment.Printer{}).Markdown(new(comment.Parser).Parse(r.Doc.Text))
	return d.WithDescription(r.Doc.Summary).
		WithFullDescription(multiformat(full)).
		WithHelp(multiformat(r.Doc.Text).WithMarkdown(string(markdown))).
		WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(sarifLevels[r.Severity]))
}

func multiformat(text string) *sarif.MultiformatMessageString {
	return sarif.NewMultiformatMessageString().WithText(text)
}

var sarifLevels = map[check.Severity]string{check.Error: "error", check.Warning: "warning", check.Note: "note"}

// sarifResult fills in a finding.
func sarifResult(to *sarif.Result, m *Material, f *check.Finding) {
	to.WithLevel(sarifLevels[f.Severity]).
		WithMessage(sarif.NewTextMessage(oneLine(f))).
		WithPartialFingerprints(map[string]string{"primaryLocationLineHash": f.Fingerprint}).
		AddLocation(sarifPrimary(m, f)).
		WithProperties(sarifProperties(f))
	if steps := followed(m, f); len(steps) > 0 {
		to.AddCodeFlow(sarifFlow(steps))
	}
	for i, p := range related(m, f) {
		to.AddRelatedLocation(sarifPlace(p).WithID(i + 1))
	}
}

// sarifPrimary is the changed line, or the patch where no file is meant or one
// outside the tree.
func sarifPrimary(m *Material, f *check.Finding) *sarif.Location {
	l := f.Location
	file := treePath(l.File)
	if file == "" {
		name := "the series"
		if i := l.Patch - 1; i >= 0 && i < len(m.Report.Series.Patches) {
			name = Clean(m.Report.Series.Patches[i].Subject)
		}
		return sarif.NewLocation().WithLogicalLocations([]*sarif.LogicalLocation{sarif.NewLogicalLocation().WithName(name).WithKind("resource")})
	}
	line, gone := lineNow(m, l)
	region := sarif.NewRegion().WithStartLine(max(1, line))
	if l.Text != "" && !gone {
		region.WithSnippet(sarif.NewArtifactContent().WithText(Clean(l.Text)))
	}
	return sarif.NewLocationWithPhysicalLocation(physical(file).WithRegion(region))
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
