package report

import (
	"fmt"
	"slices"

	"ptreview/rules/check"
)

// WithBefore is a report in which what was there before the series is told with the
// findings, as notes that are not new.
func WithBefore(r *check.Report) *check.Report {
	out := *r
	out.Findings, out.Before = slices.Concat(r.Findings, r.Before), nil
	return &out
}

// beforeText counts the defects that were there before and are not shown, "" if
// there are none.
func beforeText(r *check.Report) string {
	if len(r.Before) == 0 {
		return ""
	}
	return fmt.Sprintf("%s that %s there before, --all shows %s",
		plural(len(r.Before), "defect", "defects"), either(len(r.Before), "was", "were"), either(len(r.Before), "it", "them"))
}

func either(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// isOld reports whether a finding of a review was there before the series. Those
// of an audit are of no patch.
func isOld(f *check.Finding) bool { return !f.New && f.FirstBadPatch > 0 }
