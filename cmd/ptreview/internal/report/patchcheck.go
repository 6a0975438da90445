package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/muesli/termenv"

	"ptreview/rules/check"
)

// OfPatch is a report with the findings of one patch only, and a note on how
// many others there are.
func OfPatch(r *check.Report, position int) *check.Report {
	out := *r
	out.Findings = slices.DeleteFunc(slices.Clone(r.Findings), func(f check.Finding) bool { return f.FirstBadPatch != position })
	out.Before = slices.DeleteFunc(slices.Clone(r.Before), func(f check.Finding) bool { return f.FirstBadPatch != position })
	if n := len(r.Findings) - len(out.Findings); n > 0 {
		out.Notes = append(slices.Clone(r.Notes), fmt.Sprintf("%s of other patches of the series not shown here", plural(n, "finding", "findings")))
	}
	return &out
}

// maxReasons is how many reasons for units that were not run are told.
const maxReasons = 3

// PatchCheck writes what a checker of patches tells b4: a line for each finding,
// as checkpatch has them, one if something was not run, and nothing if all is
// clean or known: b4 would take a line about it for a warning. In b4 a line with "ERROR:" is a failure and any other one a warning;
// only errors have the word.
//
// What was not run is a warning and no success: a patch that passes was looked
// at in all of it. It is no failure either, since the patch did nothing wrong.
// Source: LoreMessage.run_local_check, b4 0.14.2.
func PatchCheck(w io.Writer, m *Material) error {
	b := bufio.NewWriter(w)
	for _, f := range told(m.Report) {
		place, text := tersePlace(m, f, Options{}), oneLine(f)
		// Neither paths nor messages can make a failure of a warning.
		fmt.Fprintf(b, "%s%s: %s\n", calm(place), levels[f.Severity], calm(text))
	}
	if text := notRunText(m.Report); text != "" {
		fmt.Fprintf(b, "WARNING: %s\n", calm(text))
	}
	return b.Flush()
}

// calm takes from a text the word that b4 takes for a failure.
func calm(s string) string { return strings.ReplaceAll(s, "ERROR:", "ERROR") }

// NotReviewed is the line of PatchCheck for a patch that could not be reviewed.
func NotReviewed(w io.Writer, why string) error {
	_, err := fmt.Fprintf(w, "WARNING: not reviewed: %s\n", calm(line(why)))
	return err
}

// line makes one line of a text from outside.
func line(s string) string { return strings.Join(strings.Fields(Clean(s)), " ") }

// notRunText says how many units were not run and why, "" if all were.
func notRunText(r *check.Report) string {
	clean, notRun := unitCounts(r)
	if notRun == 0 {
		return ""
	}
	units := make(map[string]int)
	var reasons []string
	for i := range r.Coverage {
		for _, n := range r.Coverage[i].NotRun {
			if units[n.Reason] == 0 {
				reasons = append(reasons, n.Reason)
			}
			units[n.Reason] += n.Units
		}
	}
	slices.SortStableFunc(reasons, func(a, b string) int { return units[b] - units[a] })
	more := ""
	if n := len(reasons) - maxReasons; n > 0 {
		reasons, more = reasons[:maxReasons], fmt.Sprintf("; %s", plural(n, "more reason", "more reasons"))
	}
	for i, text := range reasons {
		reasons[i] = fmt.Sprintf("%s (%d)", line(text), units[text])
	}
	return fmt.Sprintf("%d of %s not run: %s%s", notRun, plural(clean+notRun, "unit", "units"), strings.Join(reasons, "; "), more)
}

// checkResult is one cell of the matrix that b4 shows.
// Source: "Writing an external check script", docs/maintainer/review.rst, b4 0.16.0.
type checkResult struct {
	Tool    string `json:"tool"`
	Status  string `json:"status"` // pass, warn or fail
	Summary string `json:"summary"`
	Details string `json:"details,omitempty"`
}

// CheckResult writes a report as a check of b4's reviews: a JSON array of one
// result. tool is the head of its column.
func CheckResult(w io.Writer, m *Material, tool string) error {
	r := m.Report
	res := checkResult{Tool: tool, Status: "pass"}
	count := severities(r)
	clean, _ := unitCounts(r)
	parts := []string{fmt.Sprintf("%s, %s, %s%s, %s clean", plural(count[check.Error], "error", "errors"),
		plural(count[check.Warning], "warning", "warnings"), plural(count[check.Note], "note", "notes"), besides(r), plural(clean, "unit", "units"))}
	if text := notRunText(r); text != "" {
		parts = append(parts, text)
	}
	res.Summary = strings.Join(parts, "; ")
	switch {
	case count[check.Error] > 0:
		res.Status = "fail"
	case len(told(r)) > 0 || len(parts) > 1:
		res.Status = "warn"
	}
	var details strings.Builder
	if err := Text(&details, m, Options{Profile: termenv.Ascii}); err != nil {
		return err
	}
	res.Details = details.String()
	return writeResult(w, res)
}

// NotChecked writes the result for what could not be reviewed.
func NotChecked(w io.Writer, tool, why string) error {
	return writeResult(w, checkResult{Tool: tool, Status: "warn", Summary: "not reviewed: " + line(why)})
}

func writeResult(w io.Writer, res checkResult) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode([]checkResult{res})
}
