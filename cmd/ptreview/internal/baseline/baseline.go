// Package baseline keeps findings that are known, each with the reason why it is
// left as it is, in a file beside the code. A finding is known by its
// fingerprint, which outlives rebases and versions of a series.
package baseline

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"ptreview/rules/check"
)

// Known is one entry. Rule to Arch are for people; where one is given, the
// finding must be of it.
type Known struct {
	Fingerprint string // 16 hexadecimal digits
	Rule        string
	Helper      string
	Entry       string
	Arch        string
	Reason      string
	line        int // of the file, from 1
}

// Baseline is a file of entries.
type Baseline struct {
	name    string
	data    []byte
	entries []Known
	// indent is the column of the entries' dashes, from 0; -1 where none stands
	// on a line of its own.
	indent int
}

// Apply marks the findings of a report that are known, and notes those that an
// entry describes otherwise: they count. What it returns are the entries that
// match no finding.
func (b *Baseline) Apply(r *check.Report) (unmatched []Known) {
	for _, k := range b.entries {
		i := slices.IndexFunc(r.Findings, func(f check.Finding) bool { return f.Fingerprint == k.Fingerprint })
		if i < 0 {
			unmatched = append(unmatched, k)
			continue
		}
		if field, want, is := k.differs(&r.Findings[i]); field != "" {
			r.Notes = append(r.Notes, fmt.Sprintf("%s: the finding %s counts, its %s is %q and not %q", b.place(k.line), k.Fingerprint, field, is, want))
			continue
		}
		r.Findings[i].Suppressed = &check.Suppression{Reason: k.Reason}
	}
	return unmatched
}

// maxNamed is how many entries a note names.
const maxNamed = 8

// Unmatched is a note about entries that match no finding, "" for none. all
// says that everything was looked at.
func (b *Baseline) Unmatched(list []Known, all bool) string {
	if len(list) == 0 {
		return ""
	}
	what := "match no finding in what was looked at"
	if all {
		what = "match no finding: it is gone, or of another series"
	}
	var names []string
	for _, k := range list[:min(len(list), maxNamed)] {
		names = append(names, fmt.Sprintf("%s (line %d)", k.Fingerprint, k.line))
	}
	more := ""
	if n := len(list) - maxNamed; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("%s: %d of %d entries %s; %s%s", filepath.Base(b.name), len(list), len(b.entries), what, strings.Join(names, ", "), more)
}

// place names a line without the folders of this machine: notes are published.
func (b *Baseline) place(line int) string { return fmt.Sprintf("%s:%d", filepath.Base(b.name), line) }

// differs returns the first field of which the finding is not, "" for none.
func (k *Known) differs(f *check.Finding) (field, want, is string) {
	for _, x := range []struct{ name, want, is string }{
		{"rule", k.Rule, f.Rule}, {"helper", k.Helper, f.Helper}, {"entry", k.Entry, f.Entry}, {"arch", k.Arch, f.Arch},
	} {
		if x.want != "" && x.want != x.is {
			return x.name, x.want, x.is
		}
	}
	return "", "", ""
}
