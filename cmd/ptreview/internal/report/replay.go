package report

import (
	"bufio"
	"io"
	"strings"
)

// Replays is what running the evidence of a finding again showed.
type Replays struct {
	Fingerprint string   `json:"fingerprint"`
	Rule        string   `json:"rule"`
	Message     string   `json:"message"`
	Runs        []Replay `json:"runs"`
}

// Replay is one run. Class and Machine are empty where the rule was run.
type Replay struct {
	Class   string `json:"class,omitempty"`
	Machine string `json:"machine,omitempty"`
	Outcome string `json:"outcome"` // Reproduced, Differs or NotReplayed
	Reason  string `json:"reason"`
}

// The outcomes of a Replay.
const (
	Reproduced  = "reproduced"
	Differs     = "not reproduced"
	NotReplayed = "not run"
)

// ReplayText writes what replaying showed for a reader at a terminal.
func ReplayText(w io.Writer, notes []string, list []Replays, opt Options) error {
	t := &text{w: bufio.NewWriter(w), opt: opt}
	for _, n := range notes {
		t.item(n)
	}
	if len(list) == 0 {
		t.printf("the report has no findings\n")
	}
	colors := map[string]string{Reproduced: "2", Differs: "1", NotReplayed: "3"}
	for _, f := range list {
		t.printf("%s  %s\n", t.bold(f.Rule), t.faint(f.Fingerprint))
		t.wrap("  ", f.Message+".")
		for _, r := range f.Runs {
			color := func(s string) string {
				return strings.Replace(s, r.Outcome, t.style(r.Outcome, true, colors[r.Outcome]), 1)
			}
			t.paragraph("  ", "    ", r.Outcome+": "+r.Reason, color)
			if r.Class != "" {
				t.wrapAs("    ", r.Class, t.faint)
			}
			if r.Machine != "" {
				t.wrapAs("    ", r.Machine, t.faint)
			}
		}
	}
	return t.w.Flush()
}
