package report

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/muesli/termenv"

	"ptreview/parse/patch"
	"ptreview/parse/series"
	"ptreview/parse/tree"
	"ptreview/rules/check"
)

// moved is a series of three patches: the first has the finding in line 3 of
// mm/a.c, the second puts two lines before it, the third renames the file.
func moved() *Material {
	file := func(name, text string) tree.Tree {
		return tree.Embedded(fstest.MapFS{name: {Data: []byte(text)}})
	}
	f := check.Finding{
		Rule: "trap/arch-helper", Severity: check.Error, Arch: "x86", FirstBadPatch: 1, Message: "it traps", Advice: "mend it",
		Location: check.Location{Patch: 1, File: "mm/a.c", Line: 3, Side: "after"},
		Path:     []check.Step{{Function: "e", File: "mm/a.c", Line: 3}},
		Where:    []check.Where{{Class: "x86/a"}},
	}
	return &Material{
		Report: &check.Report{
			Findings: []check.Finding{f},
			Coverage: []check.Coverage{{Arch: "x86", Classes: []check.ClassInfo{{ID: "x86/a", Findings: 1}}}},
		},
		Trees: []tree.Tree{
			file("mm/a.c", "a\nb\nd\n"), file("mm/a.c", "a\nb\nc\nd\n"),
			file("mm/a.c", "x\ny\na\nb\nc\nd\n"), file("mm/b.c", "x\ny\na\nb\nc\nd\n"),
		},
		Applied: []*series.Prefix{{}, {}, {}, {}},
	}
}

// TestPlaces checks which of the two places of a line each face names: the one
// after its patch to who reads patches, the one in the end to who shows files.
func TestPlaces(t *testing.T) {
	m := moved()
	m.Applied[3].Result = &patch.Result{Changes: []*patch.Change{{Path: "mm/b.c", From: "mm/a.c", Op: patch.Rename}}}
	for name, want := range map[string]string{
		"text":   "  mm/a.c:3\n",
		"terse":  "mm/a.c:3: ERROR: it traps",
		"json":   `"line": 3,`,
		"github": "::error file=mm/b.c,line=5,title=",
		"junit":  ">mm/b.c:5: it traps",
		"sarif":  `"startLine": 5`,
		"rdjson": `"line": 5`,
	} {
		f, _ := FaceNamed(name)
		var b strings.Builder
		if err := f.Write(&b, m, Options{Profile: termenv.Ascii}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s: got no %q in\n%s", name, want, &b)
		}
		if (name == "sarif" || name == "rdjson") && !strings.Contains(b.String(), `: "mm/b.c"`) {
			t.Errorf("%s: got no mm/b.c in\n%s", name, &b)
		}
	}
}

// TestRemovedLine checks that what a patch takes away stands for what follows.
func TestRemovedLine(t *testing.T) {
	m := moved()
	m.Applied = nil
	l := &m.Report.Findings[0].Location
	l.Patch, l.Side, l.Line = 2, "before", 2
	m.Trees[2] = tree.Embedded(fstest.MapFS{"mm/a.c": {Data: []byte("x\na\nc\nd\n")}})
	m.Trees[3] = tree.Embedded(fstest.MapFS{"mm/a.c": {Data: []byte("w\nx\na\nc\nd\n")}})
	for name, want := range map[string]string{
		"terse": "mm/a.c:3: ERROR", "github": "file=mm/a.c,line=4,", "junit": ">mm/a.c:4: ",
	} {
		f, _ := FaceNamed(name)
		var b strings.Builder
		if err := f.Write(&b, m, Options{Profile: termenv.Ascii}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s: got no %q in\n%s", name, want, &b)
		}
	}
}

// TestAdviceInEveryFace checks that each face says what to do.
func TestAdviceInEveryFace(t *testing.T) {
	for _, f := range Faces() {
		var b strings.Builder
		if err := f.Write(&b, &Material{Report: sample(), Series: hostileSeries(t)}, Options{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "mend it") {
			t.Errorf("%s: got no advice in\n%s", f.Name, &b)
		}
	}
	var v struct{ Findings []struct{ Advice string } }
	if err := json.Unmarshal([]byte(written(t, "json", Options{})), &v); err != nil || v.Findings[0].Advice != "mend it" {
		t.Errorf("got %+v, %v, want the advice", v, err)
	}
}
