package report

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/muesli/termenv"
)

// TestFacesAreSafe checks that no control character of a mail comes out of any
// face, and that each is valid UTF-8.
func TestFacesAreSafe(t *testing.T) {
	for _, f := range Faces() {
		for _, opt := range []Options{{Profile: termenv.Ascii}, {Profile: termenv.Ascii, Types: true, MailLines: true, Stats: true}} {
			var b strings.Builder
			if err := f.Write(&b, &Material{Report: sample(), Series: hostileSeries(t)}, opt); err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			if i := strings.IndexFunc(b.String(), func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }); i >= 0 {
				t.Errorf("%s: got control character %q", f.Name, b.String()[i])
			}
			if !utf8.ValidString(b.String()) {
				t.Errorf("%s: got no UTF-8", f.Name)
			}
		}
	}
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
	if want := "total: 1 errors, 0 warnings, 1 checks, 1 units clean, 1 not run"; lines[2] != want {
		t.Errorf("got %q, want %q", lines[2], want)
	}
}

func TestGitHub(t *testing.T) {
	out := written(t, "github", Options{})
	for _, want := range []string{
		"::error file=mm/a.c,line=3,title=trap/x on powerpc::word ",
		"::notice file=mm/a.c,line=3,", "%0Aptreview explain trap/x\n",
		"::warning title=ptreview::2 findings, 1 unit clean, 1 not run%0Apowerpc, 1 unit: word ",
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
