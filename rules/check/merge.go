package check

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sort"
	"strings"
)

// fingerprint identifies a finding across rebases and versions of a series:
// rule, helper, entry, architecture and trap, no lines. A function may meet
// several traps of a kind, which are told apart by their text.
func fingerprint(f *Finding) string {
	text := ""
	if f.Trap != nil {
		text = strings.Join(strings.Fields(f.Trap.Text), " ")
	}
	sum := sha256.Sum256([]byte(kin(f) + "\x00" + text))
	return hex.EncodeToString(sum[:8])
}

// kin is what two findings share that are of the same matter. A patch that words
// a trap anew, or takes away the first of two, repairs nothing.
func kin(f *Finding) string {
	trap := ""
	if f.Trap != nil {
		trap = f.Trap.Kind
	}
	return strings.Join([]string{f.Rule, f.Helper, f.Entry, f.Arch, trap}, "\x00")
}

// again judges a finding of one class and machine on a later prefix.
type again func(ctx context.Context, f *Finding, prefix int) (still bool, err error)

// judged is a finding with every way it was come by.
type judged struct {
	finding *Finding
	again   []again
}

// still reports whether any class and machine has the finding on a later
// prefix.
func (j *judged) still(ctx context.Context, prefix int) (bool, error) {
	for _, again := range j.again {
		if still, err := again(ctx, j.finding, prefix); still || err != nil {
			return still, err
		}
	}
	return false, nil
}

// merge adds the findings of a pass. Those that differ only by class or
// machine become one.
func (r *review) merge(findings []Finding, again again) {
	for i := range findings {
		f := findings[i]
		f.Fingerprint = fingerprint(&f)
		have := r.merged[f.Fingerprint]
		if have == nil {
			have = &judged{finding: &f}
			r.merged[f.Fingerprint] = have
			r.judged = append(r.judged, have)
		} else {
			have.finding.join(&f)
		}
		have.again = append(have.again, again)
	}
}

// join adds what f says of another class, machine or patch.
func (have *Finding) join(f *Finding) {
	if f.FirstBadPatch < have.FirstBadPatch {
		have.FirstBadPatch, have.Location = f.FirstBadPatch, f.Location
	}
	if rank(f.Confidence) > rank(have.Confidence) {
		have.Confidence, have.Evidence, have.Path = f.Confidence, f.Evidence, f.Path
	}
	if f.Severity.Rank() > have.Severity.Rank() {
		have.Severity = f.Severity
	}
	for _, w := range f.Where {
		if !have.has(w) {
			have.Where = append(have.Where, w)
		}
	}
}

func (have *Finding) has(w Where) bool {
	for _, x := range have.Where {
		if x.Class == w.Class && x.Machine == w.Machine {
			return true
		}
	}
	return false
}

func rank(c Confidence) int {
	switch c {
	case Executed:
		return 3
	case Reachable:
		return 2
	case Possible:
		return 1
	}
	return 0
}

// sortedFindings orders findings by severity, patch, place and name, so that
// the order in which classes were read does not show.
func (r *review) sortedFindings() []Finding {
	list := make([]Finding, 0, len(r.merged))
	for _, j := range r.judged {
		f := j.finding
		sort.Slice(f.Where, func(i, j int) bool {
			a, b := f.Where[i], f.Where[j]
			if a.Class != b.Class {
				return a.Class < b.Class
			}
			return a.Machine < b.Machine
		})
		list = append(list, *f)
	}
	sort.Slice(list, func(i, j int) bool { return less(&list[i], &list[j]) })
	return list
}

func less(a, b *Finding) bool {
	switch {
	case a.Severity.Rank() != b.Severity.Rank():
		return a.Severity.Rank() > b.Severity.Rank()
	case a.FirstBadPatch != b.FirstBadPatch:
		return a.FirstBadPatch < b.FirstBadPatch
	case a.Location.File != b.Location.File:
		return a.Location.File < b.Location.File
	case a.Location.Line != b.Location.Line:
		return a.Location.Line < b.Location.Line
	case a.Rule != b.Rule:
		return a.Rule < b.Rule
	case a.Arch != b.Arch:
		return a.Arch < b.Arch
	}
	return a.Fingerprint < b.Fingerprint
}
