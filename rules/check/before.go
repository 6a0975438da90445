package check

import (
	"context"
	"slices"
	"sort"
)

// mergeBefore adds defects that were there before. Those that differ only by class
// or machine become one, of the first patch that touches the function.
func (r *review) mergeBefore(list []Finding, judge again) {
	for i := range list {
		f := list[i]
		f.Fingerprint = fingerprint(&f)
		at := slices.IndexFunc(r.before, func(j *judged) bool { return j.finding.Fingerprint == f.Fingerprint })
		if at < 0 {
			r.before = append(r.before, &judged{finding: &f, again: []again{judge}})
			continue
		}
		r.before[at].finding.join(&f)
		r.before[at].again = append(r.before[at].again, judge)
	}
}

// findOldRepairs takes off the defects that the series repairs.
func (r *review) findOldRepairs(ctx context.Context) error {
	last := len(r.Prefixes) - 1
	var left []*judged
	for _, j := range r.before {
		if j.finding.FirstBadPatch < last {
			still, err := j.still(ctx, last)
			if err != nil {
				return err
			}
			if !still {
				continue
			}
		}
		left = append(left, j)
	}
	r.before = left
	return nil
}

// sortedBefore returns the defects that were there before, in the order of
// findings. What an earlier patch of the series brought is a finding of its own.
func (r *review) sortedBefore() []Finding {
	var list []Finding
	for _, j := range r.before {
		if r.merged[j.finding.Fingerprint] == nil && !r.isSite(j.finding) {
			f := *j.finding
			sort.Slice(f.Where, func(i, j int) bool { return f.Where[i].Class < f.Where[j].Class })
			list = append(list, f)
		}
	}
	sort.Slice(list, func(i, j int) bool { return less(&list[i], &list[j]) })
	return list
}

// isSite reports whether a finding has the function of another among its sites.
func (r *review) isSite(f *Finding) bool {
	return slices.ContainsFunc(r.judged, func(j *judged) bool {
		return slices.ContainsFunc(j.finding.Sites, func(x Site) bool { return x.Function == f.Entry && x.File == f.Location.File })
	})
}
