package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"ptreview/parse/patch"
	"ptreview/parse/series"
	"ptreview/parse/tree"
	"ptreview/rules/check"
)

// hostile are findings at places that a patch may name to lead elsewhere.
func hostile() *check.Report {
	r := whole()
	for _, file := range []string{"../../etc/passwd", "/etc/passwd", "mm/../../x", "", "a:b/c d%\xff\x1b.c", "mm/./a.c"} {
		f := r.Findings[0]
		f.Rule, f.Location.File = "trap/arch-helper", file
		f.Path = []check.Step{{Function: "e", File: file, Line: 7}}
		f.Trap = &check.Trap{Kind: "BUG", File: file, Line: 8, Text: "BUG();"}
		r.Findings = append(r.Findings, f)
	}
	removed := r.Findings[0]
	removed.Location.Side, removed.Location.Line = "before", 12
	r.Findings = append(r.Findings, removed)
	return r
}

// sarifOf returns what the face writes, held to the published schema.
func sarifOf(t *testing.T, m *Material) (*sarif.Run, string) {
	t.Helper()
	var b strings.Builder
	if err := SARIF(&b, m, Options{}); err != nil {
		t.Fatal(err)
	}
	read, err := sarif.FromString(b.String()) // with the empty lists that are left out
	if err != nil {
		t.Fatal(err)
	}
	if err := read.Validate(); err != nil {
		t.Errorf("%v in\n%s", err, b.String())
	}
	return read.Runs[0], b.String()
}

func TestSARIF(t *testing.T) {
	run, text := sarifOf(t, &Material{Report: whole()})
	if strings.Contains(text, "null") {
		t.Errorf("got null in\n%s", text)
	}
	if n := len(run.Results); n != 2 {
		t.Fatalf("got %d results, want 2", n)
	}
	r := run.Results[0]
	if len(r.Locations) != 1 {
		t.Fatalf("got %d locations, want the changed line", len(r.Locations))
	}
	if at := r.Locations[0].PhysicalLocation; *at.ArtifactLocation.URI != "mm/a.c" || *at.Region.StartLine != 3 {
		t.Errorf("got %s:%d, want mm/a.c:3", *at.ArtifactLocation.URI, *at.Region.StartLine)
	}
	// The first step is the changed line itself.
	if n := len(r.RelatedLocations); n != 1 || *r.RelatedLocations[0].PhysicalLocation.ArtifactLocation.URI != "mm/a.h" {
		t.Errorf("got %d related locations, want the trap", n)
	}
	if n := len(r.CodeFlows[0].ThreadFlows[0].Locations); n != 2 {
		t.Errorf("got a path of %d steps, want 2", n)
	}
	for i, want := range []string{"error", "note"} {
		if got := run.Results[i].Level; got != want {
			t.Errorf("result %d: got level %s, want %s", i, got, want)
		}
	}
	if got := run.Tool.Driver.Rules[run.Results[0].RuleIndex].ID; *got != "trap/x" {
		t.Errorf("got rule %s, want trap/x, which only the finding names", *got)
	}
	first := run.Tool.Driver.Rules[0]
	if first.Help == nil || !strings.Contains(*first.Help.Markdown, "static inline int hash__pmd_same") || !strings.HasPrefix(*first.FullDescription.Text, *first.ShortDescription.Text+" ") {
		t.Errorf("got rule %s without its documentation", *first.ID)
	}
	var said []string
	for _, n := range run.Invocations[0].ToolExecutionNotifications {
		said = append(said, n.Level+" "+*n.Message.Text)
	}
	all := strings.Join(said, "\n")
	for _, want := range []string{"note 2 findings, 1 unit clean, 1 not run\n", "warning powerpc: 1 unit not run: word "} {
		if !strings.Contains(all, want) {
			t.Errorf("got no %q in\n%s", want, all)
		}
	}
}

// TestSARIFSchedule checks that a race is a flow for each CPU, in one order.
func TestSARIFSchedule(t *testing.T) {
	r := whole()
	r.Findings[0].Evidence.Schedule = []check.ScheduleStep{
		{Thread: check.ThreadReview, Function: "e", File: "mm/a.c", Line: 3, Text: "a();", Effect: "reads the pmd"},
		{Thread: check.ThreadEnvironment, Text: "the pmd is cleared"},
		{Thread: check.ThreadReview, Function: "e", File: "mm/a.c", Line: 4, Text: "b();"},
	}
	run, _ := sarifOf(t, &Material{Report: r})
	flows := run.Results[0].CodeFlows
	if len(flows) != 1 || len(flows[0].ThreadFlows) != 2 {
		t.Fatalf("got %d flows, want one of two threads", len(flows))
	}
	var got []string
	for _, thread := range flows[0].ThreadFlows {
		for _, l := range thread.Locations {
			line := 0
			if at := l.Location.PhysicalLocation; at != nil {
				line = *at.Region.StartLine
			}
			got = append(got, fmt.Sprintf("%s %d %d %s", *thread.ID, l.ExecutionOrder, line, *l.Location.Message.Text))
		}
	}
	want := []string{"review 1 3 a();: reads the pmd", "review 3 4 b();", "environment 2 0 the pmd is cleared"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestFingerprintIsWithoutLines checks that a result is the same one when the
// lines around it move.
func TestFingerprintIsWithoutLines(t *testing.T) {
	r := whole()
	r.Findings[0].Fingerprint = "e51a6f1ca6af11a5"
	before, _ := sarifOf(t, &Material{Report: r})
	r.Findings[0].Location.Line += 100
	r.Findings[0].Path[0].Line += 100
	after, _ := sarifOf(t, &Material{Report: r})
	got, want := after.Results[0].PartialFingerprints, before.Results[0].PartialFingerprints
	if got["primaryLocationLineHash"] != "e51a6f1ca6af11a5" || got["primaryLocationLineHash"] != want["primaryLocationLineHash"] {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSARIFStaysInTheTree(t *testing.T) {
	run, text := sarifOf(t, &Material{Report: hostile()})
	if strings.Contains(text, "..") || strings.Contains(text, `"/etc`) {
		t.Errorf("got a path out of the tree in\n%s", text)
	}
	if !strings.Contains(text, `"a%3Ab/c%20d%25%FF%1B.c"`) || strings.Contains(text, "mm/./a.c") {
		t.Errorf("got no relative URIs in\n%s", text)
	}
	for i, r := range run.Results {
		if len(r.Locations) != 1 {
			t.Errorf("result %d: got %d locations, want 1", i, len(r.Locations))
		}
	}
}

// TestLineAfter checks that a removed line stands for the one that follows it,
// also where the hunk applied elsewhere than it says.
func TestLineAfter(t *testing.T) {
	h := &patch.Hunk{OldStart: 10, OldLines: 4, NewStart: 15, NewLines: 4, Lines: []patch.Line{
		{Op: ' ', MailLine: 1}, {Op: '+', MailLine: 2}, {Op: '-', MailLine: 3}, {Op: '-', MailLine: 4}, {Op: '+', MailLine: 5}, {Op: ' ', MailLine: 6},
	}}
	m := &Material{Report: sample(), Series: &series.Series{Patches: []*series.Patch{{Diff: &patch.Patch{Files: []*patch.File{{OldPath: "mm/a.c", NewPath: "mm/a.c", Hunks: []*patch.Hunk{h}}}}}}}}
	for _, tt := range []struct {
		side       string
		line, want int
	}{{"before", 11, 17}, {"before", 12, 17}, {"after", 12, 12}, {"before", 90, 90}} {
		if got := lineAfter(m, check.Location{Patch: 1, File: "mm/a.c", Side: tt.side, Line: tt.line}); got != tt.want {
			t.Errorf("%s %d: got %d, want %d", tt.side, tt.line, got, tt.want)
		}
	}
}

// TestCarried checks that a line is followed through the later patches.
func TestCarried(t *testing.T) {
	file := func(text string) tree.Tree {
		return tree.Embedded(fstest.MapFS{"mm/a.c": {Data: []byte(text)}})
	}
	m := &Material{Trees: []tree.Tree{file(""), file("a\nb\nc\nd\ne\n"), file("x\ny\na\nb\nC\ne\nf\n")}}
	for _, tt := range []struct{ patch, line, want int }{
		{1, 1, 3}, {1, 2, 4}, {1, 3, 5}, {1, 5, 6}, {2, 5, 5}, {7, 5, 5},
	} {
		_, got, gone := carried(m, "mm/a.c", tt.line, tt.patch)
		if got != tt.want || gone != (tt.patch == 1 && tt.line == 3) {
			t.Errorf("line %d after patch %d: got %d, gone %v, want %d", tt.line, tt.patch, got, gone, tt.want)
		}
	}
	m.Trees[2] = file("a\nb\n")
	if _, got, gone := carried(m, "mm/a.c", 5, 1); got != 2 || !gone {
		t.Errorf("an end that was cut off: got %d, gone %v, want the last line", got, gone)
	}
	if _, got, gone := carried(m, "mm/b.c", 3, 1); got != 3 || gone {
		t.Errorf("a file that is not there: got %d, want 3", got)
	}
}

// TestGoldenFaces holds what the demo makes of both formats to their schemas.
func TestGoldenFaces(t *testing.T) {
	faces := filepath.Join("..", "..", "..", "..", "testdata", "faces")
	schema, err := os.ReadFile(filepath.Join(faces, "rdjson.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, check := range map[string]func(text string) error{
		"rdjson.golden": func(text string) error { return against(t, schema, text) },
		"sarif.golden": func(text string) error {
			read, err := sarif.FromString(text)
			if err != nil {
				return err
			}
			return read.Validate()
		},
	} {
		data, err := os.ReadFile(filepath.Join(faces, name))
		if err != nil {
			t.Fatal(err)
		}
		acts := 0
		for dec := json.NewDecoder(bytes.NewReader(data)); dec.More(); acts++ {
			var one json.RawMessage
			if err := dec.Decode(&one); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := check(string(one)); err != nil {
				t.Errorf("%s, act %d: %v", name, acts+1, err)
			}
		}
		if acts != 3 {
			t.Errorf("%s: got %d reports, want one for each act", name, acts)
		}
	}
}

func TestRDJSON(t *testing.T) {
	schema, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "testdata", "faces", "rdjson.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := RDJSON(&b, &Material{Report: hostile()}, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := against(t, schema, b.String()); err != nil {
		t.Errorf("%v in\n%s", err, b.String())
	}
	if strings.Contains(b.String(), "etc/passwd") {
		t.Errorf("got a path out of the tree in\n%s", b.String())
	}
	var got rdResult
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Severity != "ERROR" || got.Source.Name != "ptreview" {
		t.Errorf("got %s of %s, want ERROR of ptreview", got.Severity, got.Source.Name)
	}
	d := got.Diagnostics[0]
	if d.Location.Path != "mm/a.c" || d.Location.Range.Start.Line != 3 || d.Code.Value != "trap/x" || len(d.Related) != 1 {
		t.Errorf("got %+v, want trap/x at mm/a.c:3 with its trap", d)
	}
	n := len(got.Diagnostics)
	if text := got.Diagnostics[n-2].Message; !strings.HasPrefix(text, "powerpc: 1 unit not run: word ") {
		t.Errorf("got %q, want what was not run", text)
	}
	if text := got.Diagnostics[n-1].Message; text != "9 findings, 1 unit clean, 1 not run" {
		t.Errorf("got %q, want the counts", text)
	}
	wrong := strings.Replace(b.String(), `"severity": "ERROR"`, `"severity": "error"`, 1)
	if against(t, schema, wrong) == nil {
		t.Error("got no error for a severity that reviewdog does not know")
	}
}
