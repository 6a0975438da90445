package build

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"ptreview/rules/check"
)

// Bisect reports patches in the middle of a series that do not compile without a
// later one.
var Bisect = &check.Rule{
	Name:     "build/bisect",
	Doc:      check.MustDoc(doc, "build/bisect"),
	Severity: check.Warning,
	Advice:   "change the order of the patches, or move what the later one adds into the earlier one",
	Scope:    check.PerSeries,
	Repaired: bisected,
}

// interval is the prefixes that do not compile: from patch bad on, until patch
// good.
type interval struct{ bad, good int }

// bisected makes one finding of everything that keeps the same prefixes from
// being compiled.
func bisected(fixed []check.Finding) []check.Finding {
	broken := make(map[interval][]check.Finding)
	for _, f := range fixed {
		if strings.HasPrefix(f.Rule, "build/") || f.Rule == "trap/build-bug" {
			in := interval{f.FirstBadPatch, *f.FixedByPatch}
			broken[in] = append(broken[in], f)
		}
	}
	var list []check.Finding
	for in, findings := range broken {
		slices.SortStableFunc(findings, func(a, b check.Finding) int {
			return cmp.Or(cmp.Compare(a.Helper, b.Helper), cmp.Compare(a.Arch, b.Arch))
		})
		list = append(list, bisectFinding(in, findings))
	}
	slices.SortFunc(list, func(a, b check.Finding) int {
		return cmp.Or(cmp.Compare(a.FirstBadPatch, b.FirstBadPatch), cmp.Compare(*a.FixedByPatch, *b.FixedByPatch))
	})
	return list
}

// bisectFinding words one interval. Its place is that of the first finding.
func bisectFinding(in interval, findings []check.Finding) check.Finding {
	f := check.Finding{
		Confidence: check.Reachable, FirstBadPatch: in.bad, FixedByPatch: &in.good,
		Arch: findings[0].Arch, Location: findings[0].Location, Path: findings[0].Path,
	}
	var names, archs []string
	for _, x := range findings {
		if !slices.Contains(names, x.Helper) {
			names = append(names, x.Helper)
		}
		if !slices.Contains(archs, x.Arch) {
			archs = append(archs, x.Arch)
		}
		f.Where = append(f.Where, x.Where...)
	}
	if len(archs) > 1 {
		f.Arch = "generic"
	}
	f.Helper = strings.Join(names, ", ")
	slices.Sort(archs)
	f.Message = fmt.Sprintf("the kernel of %s does not compile after patch %d, for %s; patch %d repairs it: a bisection that ends between them finds nothing", list(archs), in.bad, list(names), in.good)
	f.Advice = fmt.Sprintf("put what patch %d adds in front of patch %d or into it, so that every commit compiles", in.good, in.bad)
	return f
}

// list names the first few of many.
func list(names []string) string {
	const shown = 3
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d others", strings.Join(names[:shown], ", "), len(names)-shown)
}
