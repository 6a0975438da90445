package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	netmail "net/mail"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"ptreview/cmd/ptreview/internal/report"
	"ptreview/rules/check"
)

// realFace is what a face made of a review of the real kernel. What it quotes is
// not ours, and is compared with nothing on disk.
type realFace struct {
	text    []byte
	r       *check.Report // of the same review
	finding *check.Finding
}

// realFaces checks for each face what it must contain, and lets its reader read
// it. A face that is not here must say what the finding is and what to do.
var realFaces = map[string]func(*testing.T, *realFace){
	"text": realText, "terse": realTerse, "json": realJSON, "jsonl": realJSONL, "github": realGitHub,
	"junit": realJUnit, "sarif": realSARIF, "rdjson": realRDJSON, "html": realHTML, "mail": realMail,
}

// TestFoundingFaces reviews the founding series once and writes all faces of it.
func TestFoundingFaces(t *testing.T) {
	linux := linux61(t)
	texts := inAllFaces(t, exitFindings, append(butCallers(onFew("--tree", linux, "--mail-from", "ptreview <bot@ptreview.example>")...), founding(t, linux)...)...)
	r := new(check.Report)
	if err := json.Unmarshal(texts["json"], r); err != nil {
		t.Fatal(err)
	}
	f := only(t, r, "trap/arch-helper")
	for _, name := range report.FaceNames() {
		t.Run(name, func(t *testing.T) {
			face := &realFace{texts[name], r, f}
			if !utf8.Valid(face.text) {
				t.Error("got no UTF-8")
			}
			if bytes.ContainsAny(face.text, "\x1b\r\x7f") {
				t.Error("got control characters")
			}
			face.has(t, "hash__pmd_same", "radix_enabled()", "CONFIG_PPC_4K_PAGES=y")
			if judge := realFaces[name]; judge != nil {
				judge(t, face)
			}
		})
	}
}

// TestFoundingRaceFaces reviews the repair that was offered first: the race that
// it leaves is shown as a timeline where a face has one.
func TestFoundingRaceFaces(t *testing.T) {
	linux := linux61(t)
	args := append([]string{"--tree", linux, "--arch", "powerpc"}, founding(t, linux)...)
	texts := inAllFaces(t, exitFindings, append(args, mail(t, "seed/reply-with-quick-fix.mbox"))...)
	sarifAccepted(t, texts["sarif"])
	if err := lintJUnit(t, texts["junit"]); err != nil {
		t.Error(err)
	}
	for name, parts := range map[string][]string{
		"sarif":  {`"id": "review"`, `"id": "environment"`, `"executionOrder": 1,`, "race/page-table"},
		"text":   {"code under review | environment", "warning race/page-table powerpc, patch 4, executed", "what to do: compare the pmd"},
		"mail":   {"  code under review ", "what to do: repair it in patch 3 or before it"},
		"html":   {`<svg class="timeline"`, "Timeline of the race, under the locks of era ", `<g class="move">`},
		"terse":  {"mm/pgtable-generic.c:", "(until patch 4)", hash4k + ":", ": WARNING: "},
		"github": {"::warning file=" + hash4k + ",line=", "::notice file=mm/pgtable-generic.c,line="},
	} {
		face := &realFace{text: texts[name]}
		t.Run(name, func(t *testing.T) { face.has(t, parts...) })
	}
}

// inAllFaces runs a review that writes every face, and returns what each wrote.
func inAllFaces(t *testing.T, want int, args ...string) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	review := []string{"review"}
	for _, name := range report.FaceNames() {
		review = append(review, "--output", name+"="+filepath.Join(dir, name))
	}
	status, _, errs := inProcess(t, append(review, args...)...)
	if status != want || len(errs) > 0 {
		t.Fatalf("got exit status %d, want %d: %s", status, want, errs)
	}
	texts := make(map[string][]byte)
	for _, name := range report.FaceNames() {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = text
	}
	return texts
}

// has checks that a face has all of the parts, wherever its lines are broken.
func (f *realFace) has(t *testing.T, parts ...string) {
	t.Helper()
	flat := strings.Join(strings.Fields(string(f.text)), " ")
	for _, p := range parts {
		if !strings.Contains(flat, strings.Join(strings.Fields(p), " ")) {
			t.Errorf("got no %q", p)
		}
	}
}

// place is where the changed line is after its patch, file:line.
func (f *realFace) place() string { return fmt.Sprintf("%s:%d", generic, f.finding.Location.Line) }

func realText(t *testing.T, f *realFace) {
	trap := fmt.Sprintf("%s:%d", hash4k, f.finding.Trap.Line)
	f.has(t, "error trap/arch-helper powerpc, patch 3, executed", f.place(), f.finding.Message, "what to do: "+f.finding.Advice,
		"hash__pmd_same "+trap+" BUG();", "proved for all values", "coverage a mark for each class", "1 error, 0 warnings, 0 notes;")
	if !regexp.MustCompile(`(?m)^  > \+.*pmd_same\(pmdval, pmdp_get_lockless\(pmd\)\)`).Match(f.text) {
		t.Error("the changed line is not quoted in its hunk")
	}
	for line := range strings.Lines(string(f.text)) {
		if n := utf8.RuneCountInString(line) - 1; n > 80 && len(strings.Fields(line)) > 1 {
			t.Errorf("got a line of %d columns: %s", n, line)
		}
	}
}

func realTerse(t *testing.T, f *realFace) {
	lines := strings.Split(strings.TrimSpace(string(f.text)), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %d lines, want one for the finding and the total", len(lines))
	}
	if want := f.place() + ": ERROR: __pte_offset_map_lock() now calls pmd_same()"; !strings.HasPrefix(lines[0], want) {
		t.Errorf("got %q, want %q…", lines[0], want)
	}
	if !strings.HasSuffix(lines[0], "; what to do: "+f.finding.Advice) || !strings.HasPrefix(lines[1], "total: 1 errors, 0 warnings, 0 checks, ") {
		t.Errorf("got %q, want advice and a total", lines)
	}
}

func realJSON(t *testing.T, f *realFace) {
	keepsSchema(t, report.Schema(), f.text)
	checkFounding(t, linux61(t), f.finding)
	if f.finding.Advice == "" {
		t.Error("got no advice")
	}
}

func realJSONL(t *testing.T, f *realFace) {
	var types []string
	for line := range strings.Lines(string(f.text)) {
		var v struct {
			Type     string
			Findings json.RawMessage
			check.Finding
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		types = append(types, v.Type)
		if v.Type == "finding" && !reflect.DeepEqual(&v.Finding, f.finding) {
			t.Errorf("got %+v, want the finding of the other reports", v.Finding)
		}
	}
	want := "series finding " + strings.Repeat("coverage ", len(f.r.Coverage)) + "end"
	if got := strings.Join(types, " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// atEnd is the line of the finding at the end of the series: no patch follows.
func (f *realFace) atEnd() int { return f.finding.Location.Line }

func realGitHub(t *testing.T, f *realFace) {
	f.has(t, fmt.Sprintf("::error file=%s,line=%d,title=trap/arch-helper on powerpc::", generic, f.atEnd()),
		"%0Awhat to do: "+f.finding.Advice+"%0Aptreview explain trap/arch-helper", "title=ptreview::1 finding, ")
	for line := range strings.Lines(string(f.text)) {
		if !strings.HasPrefix(line, "::") {
			t.Errorf("got %q, want commands only", line)
		}
	}
}

func realJUnit(t *testing.T, f *realFace) {
	var all struct {
		Failures int `xml:"failures,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Name     string   `xml:"name,attr"`
				Failures []string `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(f.text, &all); err != nil {
		t.Fatal(err)
	}
	if all.Failures != 1 || len(all.Suites) != len(f.r.Coverage) {
		t.Errorf("got %d failures in %d suites, want 1 in %d", all.Failures, len(all.Suites), len(f.r.Coverage))
	}
	for _, s := range all.Suites {
		for _, c := range s.Cases {
			if len(c.Failures) > 0 && (s.Name != "powerpc" || c.Name != f.finding.Where[0].Class || !strings.HasPrefix(c.Failures[0], f.place()+": ")) {
				t.Errorf("got %s of %s: %q, want the class of the finding", c.Name, s.Name, c.Failures)
			}
		}
	}
	if err := lintJUnit(t, f.text); err != nil {
		t.Error(err)
	}
}

func realSARIF(t *testing.T, f *realFace) {
	var v struct {
		Runs []struct {
			Tool struct {
				Driver struct {
					Rules []struct {
						ID                                string
						ShortDescription, FullDescription struct{ Text string }
						Help                              struct{ Text, Markdown string }
					}
				}
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct {
							StartLine int
							Snippet   struct{ Text string }
						}
					}
				}
				RelatedLocations    []any
				CodeFlows           []struct{ ThreadFlows []struct{ Locations []any } }
				PartialFingerprints map[string]string
			}
		}
	}
	if err := json.Unmarshal(f.text, &v); err != nil || len(v.Runs) != 1 || len(v.Runs[0].Results) != 1 {
		t.Fatalf("got %+v, %v, want one result", v, err)
	}
	x := v.Runs[0].Results[0]
	at := x.Locations[0].PhysicalLocation
	if at.ArtifactLocation.URI != generic || at.Region.StartLine != f.atEnd() || at.Region.Snippet.Text != f.finding.Location.Text {
		t.Errorf("got %+v, want %s, %q", at, f.place(), f.finding.Location.Text)
	}
	if len(x.Locations) != 1 || len(x.CodeFlows) != 1 || len(x.CodeFlows[0].ThreadFlows[0].Locations) != 3 || len(x.RelatedLocations) != 2 {
		t.Errorf("got %+v, want the changed line, the path of three steps to the trap, and the other two places", x)
	}
	if x.PartialFingerprints["primaryLocationLineHash"] != f.finding.Fingerprint || !strings.HasSuffix(x.Message.Text, ". what to do: "+f.finding.Advice) {
		t.Errorf("got %v, %q", x.PartialFingerprints, x.Message.Text)
	}
	rules := v.Runs[0].Tool.Driver.Rules
	if len(rules) != len(f.r.Tool.Rules) || rules[x.RuleIndex].ID != x.RuleID {
		t.Errorf("got %d rules, the result's is %s, want %d and %s", len(rules), rules[x.RuleIndex].ID, len(f.r.Tool.Rules), x.RuleID)
	}
	for _, r := range rules {
		if r.ShortDescription.Text == "" || r.FullDescription.Text == "" || !strings.Contains(r.Help.Text, "What to do: ") || !strings.Contains(r.Help.Markdown, "What to do: ") {
			t.Errorf("%s: got %+v, want its documentation", r.ID, r)
		}
	}
	sarifAccepted(t, f.text)
}

func realRDJSON(t *testing.T, f *realFace) {
	schema, err := os.ReadFile(filepath.Join("..", "..", "testdata", "faces", "rdjson.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	keepsSchema(t, schema, f.text)
	f.has(t, fmt.Sprintf(`"path": "%s", "range": { "start": { "line": %d`, generic, f.atEnd()), `"value": "trap/arch-helper"`,
		fmt.Sprintf(`"path": "%s", "range": { "start": { "line": %d`, hash4k, f.finding.Trap.Line), `\nwhat to do: `)
}

func realMail(t *testing.T, f *realFace) {
	_, mails, ok := bytes.Cut(f.text, []byte("\n"))
	if !ok || bytes.Count(f.text, []byte("From mboxrd@z ")) != 1 {
		t.Fatalf("got %d mails, want one", bytes.Count(f.text, []byte("From mboxrd@z ")))
	}
	m, err := netmail.ReadMessage(bytes.NewReader(mails))
	if err != nil {
		t.Fatal(err)
	}
	patch := f.r.Series.Patches[2]
	for name, want := range map[string]string{
		"In-Reply-To": "<" + patch.MessageID + ">", "Content-Type": "text/plain; charset=UTF-8", "Content-Transfer-Encoding": "8bit",
		"From": `"ptreview" <bot@ptreview.example>`, "X-Patchwork-Hint": "ignore",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if s := m.Header.Get("Subject"); !strings.HasPrefix(s, "Re: [PATCH v2 04/32] mm/pgtable: ") {
		t.Errorf("got subject %q", s)
	}
	if !strings.HasSuffix(m.Header.Get("References"), m.Header.Get("In-Reply-To")) {
		t.Errorf("got References %q", m.Header.Get("References"))
	}
	to, err := m.Header.AddressList("To")
	cc, err2 := m.Header.AddressList("Cc")
	if err != nil || err2 != nil || len(to) != 1 || len(cc) != 3 {
		t.Errorf("got To %v, Cc %v, want the author and all others", to, cc)
	}
	_, body, _ := bytes.Cut(mails, []byte("\n\n"))
	for line := range strings.Lines(string(body)) {
		if n := utf8.RuneCountInString(line) - 1; n > 72 && !strings.HasPrefix(line, "> ") && !strings.Contains(line, "https://") {
			t.Errorf("got a line of %d columns: %s", n, line)
		}
	}
	f.has(t, "> + if (likely(pmd_same(pmdval, pmdp_get_lockless(pmd))))", f.finding.Message+".", "what to do: "+f.finding.Advice,
		"ptreview replay --finding "+f.finding.Fingerprint, "write so to bot@ptreview.example")
	if regexp.MustCompile(`(?mi)^(reviewed|signed-off|acked|tested)[a-z-]*-by:`).Match(body) {
		t.Error("got a tag that is not ours to give")
	}
	noPatch(t, mails)
}

func realHTML(t *testing.T, f *realFace) {
	page := html.UnescapeString(string(f.text))
	want := []string{
		"if (likely(pmd_same(pmdval, pmdp_get_lockless(pmd)))) {</code></div>", "<code>\treturn hash__pmd_same(pmd_a, pmd_b);</code>",
		"<code>\tBUG();</code>", `<b class="boom">BUG();</b>`, "<code>radix_enabled()=false</code>",
		`<svg class="tables"`, ">pte</text>", "it is reached whenever pmd points to a table below, with any addr",
		`<h2 id="h-played">`, "A page-table helper that traps on some architecture", "<b>0</b> not run</li>", "<p>" + f.finding.Advice + "</p>",
	}
	for _, line := range hash4kFragment {
		want = append(want, `<code class="config">`+line+"</code>")
	}
	for i, c := range f.r.Coverage {
		want = append(want, fmt.Sprintf(`<th scope="row"><a href="#arch-%d">%s</a></th>`, i+1, c.Arch))
	}
	for _, w := range want {
		if !strings.Contains(page, w) {
			t.Errorf("the page has no %q", w)
		}
	}
}
