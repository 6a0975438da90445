package eval

import (
	"fmt"
	"strings"
	"testing"

	"ptreview/rules/check"
)

const oneCase = `tree: 6.1
patches: [{mail: x}]
expect:
  - rule: [a/one, a/two]
    arch: x86
    line: pmd_same
  - rule: a/two
    missed: not seen yet
allow:
  - rule: a/three
not_run:
  - {reason: ^known, why: because}
`

// TestJudge compares reports with a case.
func TestJudge(t *testing.T) {
	cases, err := Read("c", "c.yaml", []byte(oneCase))
	if err != nil || len(cases) != 1 || cases[0].Tree.Value != "6.1" {
		t.Fatalf("got %v, %v, want one case of 6.1", cases, err)
	}
	found := func(rule, arch, text string, s check.Severity) check.Finding {
		return check.Finding{Rule: rule, Arch: arch, Severity: s, Location: check.Location{Text: text}, Fingerprint: rule + arch + text}
	}
	right := found("a/one", "x86", "if (pmd_same(a, b))", check.Error)
	tests := []struct {
		name     string
		findings []check.Finding
		notRun   []check.NotRunCount
		want     string
	}{
		{"as it should be", []check.Finding{right}, nil, "as expected: 1 met, 1 missed, 0 false, 0 allowed, 0 notes, 0 open"},
		{"nothing", nil, nil, "differs: 0 met, 2 missed, 0 false, 0 allowed, 0 notes, 0 open"},
		{"elsewhere", []check.Finding{found("a/one", "arm", "pmd_same", check.Warning)}, nil, "differs: 0 met, 2 missed, 1 false, 0 allowed, 0 notes, 0 open"},
		{"others", []check.Finding{right, found("a/three", "", "", check.Error), found("a/four", "", "", check.Note)}, nil,
			"as expected: 1 met, 1 missed, 0 false, 1 allowed, 1 notes, 0 open"},
		{"found after all", []check.Finding{right, found("a/two", "s390", "", check.Note)}, nil, "differs: 2 met, 0 missed, 0 false, 0 allowed, 0 notes, 0 open"},
		{"not run", []check.Finding{right}, []check.NotRunCount{{Reason: "known reason", Units: 2}, {Reason: "another", Units: 3}},
			"not all run: 1 met, 1 missed, 0 false, 0 allowed, 0 notes, 3 open"},
	}
	for _, tt := range tests {
		o := cases[0].Judge(&check.Report{Findings: tt.findings, Coverage: []check.Coverage{{NotRun: tt.notRun}}})
		got := fmt.Sprintf("%s: %d met, %d missed, %d false, %d allowed, %d notes, %d open", o.Word(), len(o.Met), len(o.Missed), len(o.False), len(o.Allowed), o.Notes, o.Open)
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestReadErrors reads what is no case.
func TestReadErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"patches: [{mail: x}]\n", "c.yaml: a case names its kernel"},
		{"tree: x\nclean: true\n", "c.yaml:1: a case has patches"},
		{"tree: x\npatches: [{mail: x}]\nexpect: [{rule: a/b, line: '('}]\n", "c.yaml:3: error parsing regexp"},
		{"tree: x\npatches: [{mail: x}]\nexpect: [{rule: a/b, severity: bad}]\n", `c.yaml:3: there is no severity "bad"`},
		{"tree: x\npatches: [{mail: x}]\nclean: true\nallow: [{rule: a/b, missed: x}]\n", "c.yaml:4: what is only allowed cannot be missed"},
		{"tree: x\npatches: [{restore: x, reverse: true}]\nclean: true\n", "c.yaml:2: only mails and patches are reversed"},
		{"tree: [\n", "c.yaml:1: "},
	} {
		if _, err := Read("c", "c.yaml", []byte(tt.text)); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want %s", tt.text, err, tt.want)
		}
	}
}
