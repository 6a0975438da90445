package report

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/muesli/termenv"

	"ptreview/parse/tree"
	"ptreview/rules/check"
)

// hostileText is what a patch may put anywhere: sequences for terminals in both
// forms, what is no UTF-8, a new line with a command, and ends of elements.
const hostileText = "\u202e\x1b]0;t\x07\x7f\u0085\u009b31m\xff\r\n::error::x ]]></failure>\"'&%"

// poisoned is the sample with the hostile text behind every string that is not
// one of a few words, whatever fields there are.
func poisoned() *check.Report {
	r := sample()
	before := 0
	r.Findings[0].Evidence.Schedule = []check.ScheduleStep{
		{Thread: check.ThreadReview, Function: "e", File: "mm/a.c", Line: 3, Text: "a();", Effect: "reads the pmd"},
		{Thread: check.ThreadEnvironment, Text: "the pmd is cleared", Before: &before},
	}
	r.Findings[0].Fix = &check.Fix{File: "mm/a.c", Line: 3, Text: "x"}
	other := r.Findings[1]
	other.Suppressed = &check.Suppression{Reason: "it is so"}
	r.Findings = append(r.Findings, other)
	poison(reflect.ValueOf(r))
	return r
}

func poison(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !slices.Contains([]string{"Side", "Thread", "Outcome"}, v.Type().Field(i).Name) {
				poison(v.Field(i))
			}
		}
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(v.String() + hostileText)
		}
	}
}

// TestFacesAreSafe checks that no control character of a mail or of any field of
// a report comes out of any face, that each is valid UTF-8, and that each is still
// what its readers read.
func TestFacesAreSafe(t *testing.T) {
	for _, f := range Faces() {
		for _, opt := range []Options{{Profile: termenv.Ascii}, {Profile: termenv.Ascii, Types: true, MailLines: true, Stats: true}} {
			for name, r := range map[string]*check.Report{"sample": sample(), "poisoned": poisoned()} {
				var b strings.Builder
				if err := f.Write(&b, &Material{Report: r, Series: hostileSeries(t), Trees: hostileTrees()}, opt); err != nil {
					t.Fatalf("%s: %v", f.Name, err)
				}
				if i := strings.IndexFunc(b.String(), isControl); i >= 0 {
					t.Errorf("%s, %s: got a control character in %q", f.Name, name, b.String()[max(0, i-40):i+4])
				}
				if slices.Contains([]string{"text", "terse", "github", "junit", "rdjson"}, f.Name) && strings.Contains(b.String(), "\u202e") {
					t.Errorf("%s, %s: got text whose order is turned around", f.Name, name)
				}
				if !utf8.ValidString(b.String()) {
					t.Errorf("%s, %s: got no UTF-8", f.Name, name)
				}
				if err := wellFormed(f.Name, b.String()); err != nil {
					t.Errorf("%s, %s: %v", f.Name, name, err)
				}
			}
		}
	}
}

// hostileTrees are a tree before and after a patch, with lines that no terminal
// should see.
func hostileTrees() []tree.Tree {
	file := func(text string) tree.Tree {
		return tree.Embedded(fstest.MapFS{"mm/a.c": {Data: []byte(text)}})
	}
	return []tree.Tree{file("one\n"), file("one\n" + hostileText + "\n" + hostileText + "\n\xff\n")}
}

// isControl reports whether a terminal may obey r.
func isControl(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r <= 0x9f
}

// wellFormed reads what a face has written, as far as it has a syntax.
func wellFormed(face, text string) error {
	switch face {
	case "json", "sarif", "rdjson":
		return json.Unmarshal([]byte(text), new(any))
	case "junit":
		return xml.Unmarshal([]byte(text), new(junitSuites))
	case "jsonl":
		for line := range strings.Lines(text) {
			if err := json.Unmarshal([]byte(line), new(any)); err != nil {
				return err
			}
		}
	case "github":
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "::") || strings.HasPrefix(line, "::error::x ") {
				return fmt.Errorf("got a line that is no command of ours: %q", line)
			}
		}
	}
	return nil
}

// written returns what a face makes of the sample.
func written(t *testing.T, name string, opt Options) string {
	t.Helper()
	f, ok := FaceNamed(name)
	if !ok {
		t.Fatalf("there is no face %s", name)
	}
	var b strings.Builder
	if err := f.Write(&b, &Material{Report: sample(), Series: hostileSeries(t)}, opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// knownSample is the sample with its first finding known.
func knownSample() *check.Report {
	r := whole()
	r.Findings[0].Fingerprint = "7c8d73e6731fbbbc"
	r.Findings[0].Suppressed = &check.Suppression{Reason: "hash has no huge pages"}
	return r
}

// TestKnown checks that no face counts or tells a known finding as another one,
// and that none is silent about it.
func TestKnown(t *testing.T) {
	const reason = "hash has no huge pages"
	for name, want := range map[string][]string{
		"text":   {"0 errors, 0 warnings, 1 note, 1 known; ", "known, and not counted\n  trap/x powerpc e h 7c8d73e6731fbbbc: " + reason},
		"json":   {`"reason": "` + reason + `"`},
		"jsonl":  {`"suppressed":{"reason":"` + reason + `"}`},
		"terse":  {"total: 0 errors, 0 warnings, 1 checks, 1 units clean, 1 not run, 1 known\n"},
		"github": {"::1 finding, 1 known, 1 unit clean, 1 not run"},
		"junit":  {`failures="0"`, `name="known: trap/x powerpc e h 7c8d73e6731fbbbc"`, `<skipped message="known: ` + reason + `">`},
		"sarif":  {`"kind": "external"`, `"status": "accepted"`, `"justification": "` + reason + `"`, `"suppressions": []`, "1 finding, 1 known, "},
		"rdjson": {`"severity": "INFO"`, "1 finding, 1 known, "},
		"html":   {`<section id="known"`, "Known: " + reason, `<li class="known"><b>1</b> known</li>`, `<li class="error none"><b>0</b> errors</li>`},
		"mail":   {"1 known finding is of the series not told again.", "1 note in patch 1 of 1"},
	} {
		f, _ := FaceNamed(name)
		var b strings.Builder
		if err := f.Write(&b, &Material{Report: knownSample(), Series: hostileSeries(t)}, Options{Profile: termenv.Ascii}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, text := range want {
			if !strings.Contains(b.String(), text) {
				t.Errorf("%s: got no %q in\n%s", name, text, &b)
			}
		}
		for _, bad := range map[string][]string{"terse": {"ERROR"}, "github": {"::error"}, "rdjson": {`"ERROR"`}, "mail": {"1 error", reason}, "junit": {"<failure"}}[name] {
			if strings.Contains(b.String(), bad) {
				t.Errorf("%s: got %q in\n%s", name, bad, &b)
			}
		}
	}
}

// TestAllKnown checks what faces say that have nothing else to tell.
func TestAllKnown(t *testing.T) {
	r := knownSample()
	r.Findings, r.Coverage = r.Findings[:1], nil
	r.Findings[0].Suppressed.Reason += hostileText
	m := &Material{Report: r, Series: hostileSeries(t)}
	var text, page, mail, line, result strings.Builder
	for _, err := range []error{
		Text(&text, m, Options{Profile: termenv.Ascii, Brief: true}), HTML(&page, m, Options{}),
		Mail(&mail, m, Options{Mail: MailOptions{Clean: true}}), PatchCheck(&line, m), CheckResult(&result, m, "ptreview"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ got, want string }{
		{text.String(), "ptreview: known: trap/x powerpc e h 7c8d73e6731fbbbc: hash has no huge pages"},
		{page.String(), `Nothing that was not <a href="#known">known</a> was found`},
		{mail.String(), "Nothing that was not known was found in"},
		{result.String(), `"status": "pass"`}, {result.String(), "0 notes, 1 known, 0 units clean"},
	} {
		if !strings.Contains(tt.got, tt.want) {
			t.Errorf("got no %q in\n%s", tt.want, tt.got)
		}
		if strings.ContainsFunc(tt.got, isControl) {
			t.Errorf("got a control character in %q", tt.got)
		}
	}
	if n := strings.Count(text.String(), "\n"); n != 1+len(r.Notes)+1 {
		t.Errorf("got %d lines, want one for each note, the known finding and the counts: %q", n, &text)
	}
	if line.Len() > 0 {
		t.Errorf("got %q, want nothing that b4 takes for a warning", line.String())
	}
}

func TestTerse(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(written(t, "terse", Options{Types: true}), "\n"), "\n")
	if len(lines) != 3 {
		t.Fatalf("got %d lines, want one for each of 2 findings and the total: %q", len(lines), lines)
	}
	if want := "mm/a.c:3: ERROR:TRAP_X: word "; !strings.HasPrefix(lines[0], want) {
		t.Errorf("got %q, want %q…", lines[0], want)
	}
	if want := "mm/a.c:3: CHECK:TRAP_X: word "; !strings.HasPrefix(lines[1], want) {
		t.Errorf("got %q, want %q…", lines[1], want)
	}
	if want := "word [powerpc: "; !strings.Contains(lines[0], want) || !strings.HasSuffix(lines[0], "; what to do: mend it") {
		t.Errorf("got %q, want %q… and the advice", lines[0], want)
	}
	if want := "total: 1 errors, 0 warnings, 1 checks, 1 units clean, 1 not run"; lines[2] != want {
		t.Errorf("got %q, want %q", lines[2], want)
	}
}

func TestGitHub(t *testing.T) {
	out := written(t, "github", Options{})
	for _, want := range []string{
		"::error file=mm/a.c,line=3,title=trap/x on powerpc::word ",
		"::notice file=mm/a.c,line=3,", "%0Awhat to do: mend it%0Aptreview explain trap/x\n",
		"::warning title=ptreview::2 findings, 1 unit clean, 1 not run%0Apowerpc: 1 unit not run: word ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %q in\n%s", want, out)
		}
	}
	if n := strings.Count(out, "\n"); n != 3 {
		t.Errorf("got %d lines, want 3: a message must not make another command", n)
	}
}

func TestJUnit(t *testing.T) {
	out := written(t, "junit", Options{})
	var s junitSuites
	if err := xml.Unmarshal([]byte(out), &s); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if len(s.Suites) != 1 || s.Suites[0].Name != "powerpc" {
		t.Fatalf("got %+v, want one suite", s)
	}
}

// TestJUnitHasAllFindings checks that no finding is lost whose class or
// architecture was not counted.
func TestJUnitHasAllFindings(t *testing.T) {
	r := sample()
	other := r.Findings[0]
	other.Arch = "x86"
	r.Findings = append(r.Findings, other)
	var b strings.Builder
	if err := JUnit(&b, &Material{Report: r}, Options{}); err != nil {
		t.Fatal(err)
	}
	var s junitSuites
	if err := xml.Unmarshal([]byte(b.String()), &s); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, suite := range s.Suites {
		for _, c := range suite.Cases {
			n += len(c.Failures) + strings.Count(c.Out, "trap/x: ")
		}
	}
	if n != len(r.Findings) || s.Failures != 2 {
		t.Errorf("got %d of %d findings in\n%s", n, len(r.Findings), &b)
	}
}

func TestJSONL(t *testing.T) {
	var types []string
	for line := range strings.Lines(written(t, "jsonl", Options{})) {
		var v struct{ Type string }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		types = append(types, v.Type)
	}
	if got, want := strings.Join(types, " "), "series finding finding coverage end"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
