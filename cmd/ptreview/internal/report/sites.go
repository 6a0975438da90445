package report

import (
	"fmt"
	"slices"
	"strings"

	"ptreview/rules/check"
)

// maxSites is how many sites of a finding are shown where not all can be.
const maxSites = 8

// sitesByArch counts sites, "40 in generic code, 3 in arm".
func sitesByArch(list []check.Site) string {
	var order []string
	count := make(map[string]int)
	for _, x := range list {
		if count[x.Arch] == 0 {
			order = append(order, x.Arch)
		}
		count[x.Arch]++
	}
	for i, name := range order {
		where := name
		if name == "generic" {
			where = "generic code"
		}
		order[i] = fmt.Sprintf("%d in %s", count[name], where)
	}
	return strings.Join(order, ", ")
}

// firstSites returns some of the sites, those that no patch repairs first.
func firstSites(list []check.Site) []check.Site {
	shown := slices.Clone(list)
	slices.SortStableFunc(shown, func(a, b check.Site) int { return repaired(a) - repaired(b) })
	return shown[:min(maxSites, len(shown))]
}

func repaired(x check.Site) int {
	if x.RepairedByPatch != nil {
		return 1
	}
	return 0
}

// siteText says what is wrong at a site, and which patch repairs it.
func siteText(x check.Site) string {
	text := x.Message
	if x.RepairedByPatch != nil {
		text += fmt.Sprintf(" (until patch %d)", *x.RepairedByPatch)
	}
	return text
}

// sites writes the callers that a finding is about.
func (t *text) sites(f *check.Finding) {
	if len(f.Sites) == 0 {
		return
	}
	t.wrap("  ", "callers: "+sitesByArch(f.Sites))
	shown := firstSites(f.Sites)
	for _, x := range shown {
		until := ""
		if x.RepairedByPatch != nil {
			until = fmt.Sprintf("  until patch %d", *x.RepairedByPatch)
		}
		t.printf("    %s  %s%s\n", t.bold(x.Function+"()"), t.place(x.File, x.Line, t.faint), until)
	}
	if n := len(f.Sites) - len(shown); n > 0 {
		t.wrap("    ", fmt.Sprintf("and %s, which --format json lists", plural(n, "other", "others")))
	}
}
