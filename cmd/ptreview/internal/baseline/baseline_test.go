package baseline

import (
	"fmt"
	"strings"
	"testing"

	"ptreview/rules/check"
)

const (
	one = "7c8d73e6731fbbbc"
	two = "0000000000000012" // which is a number for YAML
)

func TestRead(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", ""}, {"# nothing\n", ""}, {"findings:\n", ""}, {"findings: []\n", ""},
		{"findings:\n- {fingerprint: " + one + ", reason: old}\n", one + "     old@2 "},
		{"# ours\nfindings:\n  - fingerprint: " + one + "\n    rule: r/x\n    helper: h\n    entry: e\n    arch: um\n    reason: |\n      it is\n      so\n  - reason: true\n    fingerprint: " + two + "\n",
			one + " r/x h e um it is so@3 " + two + "     true@11 "},
		{"- x\n", "f:1: a baseline begins with findings: and lists them below"},
		{"findings: 1\n", "f:1: findings wants a list of entries"},
		{"found: []\n", `f:1: there is no field "found" here; a baseline has findings only`},
		{"findings:\n- x\n", "f:2: an entry has a fingerprint and a reason"},
		{"findings:\n- fingerprint: " + one + "\n", "f:2: " + one + " has no reason; say why it is left as it is"},
		{"findings:\n- fingerprint: " + one + "\n  reason: ''\n", "f:2: " + one + " has no reason; say why it is left as it is"},
		{"findings:\n- fingerprint: 7c8d\n  reason: x\n", `f:2: "7c8d" is no fingerprint; it has 16 digits, as in a report of --format json`},
		{"findings:\n- fingerprint: " + one + "\n  resaon: x\n", `f:3: an entry has no field "resaon", did you mean "reason"?`},
		{"findings:\n- fingerprint: " + one + "\n  reason: [x]\n", "f:3: reason wants some text"},
		{"findings:\n- &a {fingerprint: " + one + ", reason: x}\n- *a\n", "f:2: an entry has a fingerprint and a reason"},
		{"findings:\n- {fingerprint: " + one + ", reason: x}\n- {fingerprint: " + one + ", reason: y}\n", "f:3: fingerprint " + one + " is that of line 2 too"},
		{"findings: []\n---\nfindings: []\n", "f:3: a baseline is one document"},
	}
	for _, tt := range tests {
		b, err := Read("f", []byte(tt.text))
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			for _, k := range b.entries {
				got += fmt.Sprintf("%s %s %s %s %s %s@%d ", k.Fingerprint, k.Rule, k.Helper, k.Entry, k.Arch, k.Reason, k.line)
			}
		}
		if got != tt.want {
			t.Errorf("%q: got\n%s, want\n%s", tt.text, got, tt.want)
		}
	}
}

// FuzzRead checks that no file ends the program, and that errors name it.
func FuzzRead(f *testing.F) {
	f.Add("findings:\n- {fingerprint: " + one + ", reason: old}\n")
	f.Add("findings: &a [*a]\n? x\n: |\n  y\n")
	f.Add("a: b: c\n")
	f.Add(strings.Repeat("[", 1000))
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := Read("f", []byte(text)); err != nil && !strings.HasPrefix(err.Error(), "f:") {
			t.Errorf("%q: got %q, want the file in front", text, err)
		}
	})
}

func report() *check.Report {
	return &check.Report{Findings: []check.Finding{
		{Fingerprint: one, Rule: "trap/arch-helper", Helper: "pmd_same", Entry: "e", Arch: "powerpc"},
		{Fingerprint: two, Rule: "r/x", Arch: "um"},
	}}
}

func TestApply(t *testing.T) {
	for _, tt := range []struct{ entry, reason, note string }{
		{"fingerprint: " + one, "old", ""},
		{"fingerprint: " + one + ", helper: pmd_same, arch: powerpc", "old", ""},
		{"fingerprint: " + one + ", helper: pte_same", "", `known.yaml:1: the finding ` + one + ` counts, its helper is "pmd_same" and not "pte_same"`},
		{"fingerprint: " + one + ", arch: um", "", `known.yaml:1: the finding ` + one + ` counts, its arch is "powerpc" and not "um"`},
		{"fingerprint: ffffffffffffffff", "", ""},
	} {
		b, err := Read("/some/where/known.yaml", []byte("findings: [{"+tt.entry+", reason: old}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		r := report()
		unmatched := b.Apply(r)
		reason := ""
		if s := r.Findings[0].Suppressed; s != nil {
			reason = s.Reason
		}
		if note := strings.Join(r.Notes, " "); reason != tt.reason || note != tt.note || r.Findings[1].Suppressed != nil {
			t.Errorf("%s: got reason %q and note %q, want %q and %q", tt.entry, reason, note, tt.reason, tt.note)
		}
		if missed := strings.Contains(tt.entry, "ffff"); missed != (len(unmatched) == 1) {
			t.Errorf("%s: got %d entries without a finding", tt.entry, len(unmatched))
		}
	}
}

func TestUnmatched(t *testing.T) {
	b := &Baseline{name: "/some/where/known.yaml", entries: make([]Known, 12)}
	list := make([]Known, 10)
	list[0] = Known{Fingerprint: one, line: 3}
	for _, all := range []bool{true, false} {
		got := b.Unmatched(list, all)
		if !strings.HasPrefix(got, "known.yaml: 10 of 12 entries match no finding") || !strings.HasSuffix(got, " and 2 more") || strings.Contains(got, "gone") != all {
			t.Errorf("got %q", got)
		}
	}
	if got := b.Unmatched(nil, true); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}

// TestFormat writes entries whose texts are hostile, and reads them again.
func TestFormat(t *testing.T) {
	r := report()
	r.Findings[1].Suppressed = &check.Suppression{Reason: "kept"}
	for _, reason := range []string{"plain", "a: b", "# c", "- d", "null", "~", "1e5", "true", "'x", `"\u`, "\x1b]0;t\x07", "\u0085\u009b31m\u202e", "a\n  b", "{{", "é", "? x", "---", "a\x00b", "2020-01-01"} {
		list, err := Entries(r, reason)
		if err != nil {
			t.Fatal(err)
		}
		data := Format(list)
		if i := strings.IndexFunc(string(data), func(c rune) bool { return c < ' ' && c != '\n' || c >= 0x7f && c < 0xa0 }); i >= 0 {
			t.Errorf("%q: got a control character in %q", reason, data)
		}
		b, err := Read("f", data)
		if err != nil {
			t.Errorf("%q: %v in\n%s", reason, err, data)
			continue
		}
		if len(b.entries) != 2 || !same(b.entries[0], list[0]) || b.entries[1].Reason != "kept" {
			t.Errorf("%q: got %v from\n%s", reason, b.entries, data)
		}
	}
	r.Findings[0].Fingerprint = "../x"
	if _, err := Entries(r, "x"); err == nil {
		t.Error("got entries of a finding without a fingerprint")
	}
}

func TestWith(t *testing.T) {
	list, err := Entries(report(), "new")
	if err != nil {
		t.Fatal(err)
	}
	second := "fingerprint: \"" + two + "\"\n  rule: r/x\n  arch: um\n  reason: new\n"
	deep := strings.ReplaceAll(second, "\n  ", "\n      ")
	for _, tt := range []struct{ have, want string }{
		{"", string(Format(list))},
		{"# why\n", "# why\n" + string(Format(list))},
		{"# why\nfindings:\n- fingerprint: " + one + " # c\n  reason: old\n# end", "# why\nfindings:\n- fingerprint: " + one + " # c\n  reason: old\n# end\n- " + second},
		{"findings:\n    - {reason: old, fingerprint: " + one + "}\n", "findings:\n    - {reason: old, fingerprint: " + one + "}\n    - " + deep},
		{"findings: [{reason: old, fingerprint: " + one + "}]\n", ""},
		{"findings:\n- {reason: old, fingerprint: " + one + "}\n---\n", ""},
	} {
		b, err := Read("f", []byte(tt.have))
		if err != nil {
			t.Fatalf("%q: %v", tt.have, err)
		}
		got, _, err := b.With(list)
		if string(got) != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%q: got %v and\n%s, want\n%s", tt.have, err, got, tt.want)
		}
	}
}
