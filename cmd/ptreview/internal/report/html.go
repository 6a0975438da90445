package report

import (
	"fmt"
	"go/doc/comment"
	"io"
	"slices"
	"strings"

	"ptreview/cmd/ptreview/internal/report/html"
	"ptreview/rules"
	"ptreview/rules/check"
)

// HTML writes a page that needs no network and no other file: findings with the
// source around them, the path to each trap, pictures of page tables and races,
// the matrix of what was looked at, and a section for each rule that appears.
func HTML(w io.Writer, m *Material, opt Options) error {
	m = knownLast(m)
	r := m.Report
	page := &html.Page{
		Report: r, Counts: severityCounts(r), Units: unitsOf(r), NotRun: reasons(r.Coverage),
		Gaps: gapsAlike(r.Gaps), Rules: rulePages(r),
	}
	for i := range r.Findings {
		page.Findings = append(page.Findings, htmlFinding(m, i, page.Rules))
	}
	n := len(told(r))
	page.Findings, page.Known = page.Findings[:n:n], page.Findings[n:]
	for i := range r.Coverage {
		page.Matrix = append(page.Matrix, matrixRow(r, i))
	}
	for i := range r.Helpers {
		h := &r.Helpers[i]
		page.Helpers = append(page.Helpers, html.Helper{HelperChange: h, Compared: comparedAlike(h.Compared)})
	}
	for _, p := range playedAlike(r.Races) {
		page.Played = append(page.Played, html.Played{Patch: p.patch, Function: p.function, Outcome: p.outcome, On: p.on})
	}
	for _, x := range excludedAlike(r.Excluded) {
		page.Excluded = append(page.Excluded, html.Excluded{Text: x.text, Assumptions: x.assumptions})
	}
	if opt.Stats {
		page.Costs = costs(r.Stats)
	}
	return html.Write(w, page)
}

// knownLast puts the known findings behind the others: a page numbers them so.
func knownLast(m *Material) *Material {
	r := *m.Report
	r.Findings = nil
	for _, f := range slices.Concat(told(m.Report), known(m.Report)) {
		r.Findings = append(r.Findings, *f)
	}
	out := *m
	out.Report = &r
	return &out
}

func severityCounts(r *check.Report) []html.Count {
	counts := severities(r)
	var list []html.Count
	for _, s := range []check.Severity{check.Error, check.Warning, check.Note} {
		n := counts[s]
		of := string(s) + "s"
		if n == 1 {
			of = string(s)
		}
		list = append(list, html.Count{N: n, Of: of, Kind: string(s)})
	}
	if n := len(r.Before); n > 0 {
		list = append(list, html.Count{N: n, Of: "there before, shown by --all", Kind: "known"})
	}
	if n := len(known(r)); n > 0 {
		list = append(list, html.Count{N: n, Of: "known", Kind: "known"})
	}
	return list
}

func unitsOf(r *check.Report) []html.Count {
	clean, notRun := unitCounts(r)
	found := 0
	for i := range r.Coverage {
		found += r.Coverage[i].Findings
	}
	units := "units clean"
	if clean == 1 {
		units = "unit clean"
	}
	return []html.Count{{N: clean, Of: units, Kind: "clean"}, {N: found, Of: "with findings", Kind: "hasfinding"}, {N: notRun, Of: "not run", Kind: "notrun"}}
}

// reasons lists why units were not run, each reason once, the most units first.
func reasons(list []check.Coverage) []html.Reason {
	var all []html.Reason
	for i := range list {
		for _, n := range list[i].NotRun {
			at := slices.IndexFunc(all, func(r html.Reason) bool { return r.Text == n.Reason })
			if at < 0 {
				at = len(all)
				all = append(all, html.Reason{Text: n.Reason})
			}
			all[at].Units += n.Units
			all[at].Archs = append(all[at].Archs, fmt.Sprintf("%s %d", list[i].Arch, n.Units))
		}
	}
	slices.SortStableFunc(all, func(a, b html.Reason) int { return b.Units - a.Units })
	return all
}

// gapsAlike lists gaps, each with all architectures that have it.
func gapsAlike(list []check.Gap) []html.Gap {
	var all []html.Gap
	for _, g := range list {
		at := slices.IndexFunc(all, func(x html.Gap) bool { return x.What == g.What && x.Reason == g.Reason })
		if at < 0 {
			at = len(all)
			all = append(all, html.Gap{What: g.What, Reason: g.Reason})
		}
		if !slices.Contains(all[at].Archs, g.Arch) {
			all[at].Archs = append(all[at].Archs, g.Arch)
		}
	}
	return all
}

// matrixRow is architecture i with a cell for each class.
func matrixRow(r *check.Report, i int) html.Row {
	c := &r.Coverage[i]
	row := html.Row{Coverage: c, N: i + 1, NotRun: notRunUnits(c)}
	marks := map[rune]string{cleanMark: "clean", findingMark: "found", notRunMark: "notrun"}
	for k := range c.Classes {
		class := &c.Classes[k]
		cell := html.Cell{ClassInfo: class, Mark: marks[markOf(class)]}
		if class.Findings > 0 {
			cell.N = 1 + slices.IndexFunc(r.Findings, func(f check.Finding) bool {
				return slices.ContainsFunc(f.Where, func(w check.Where) bool { return w.Class == class.ID })
			})
		}
		row.Cells = append(row.Cells, cell)
	}
	return row
}

// comparedAlike lists results with how many classes and machines have each.
func comparedAlike(list []check.Compared) []html.Count {
	var all []html.Count
	for _, c := range list {
		at := slices.IndexFunc(all, func(x html.Count) bool { return x.Of == c.Result })
		if at < 0 {
			at = len(all)
			all = append(all, html.Count{Of: c.Result})
		}
		all[at].N++
	}
	return all
}

// rulePages are the pages of the rules that have findings, in the order of the
// findings.
func rulePages(r *check.Report) []html.Rule {
	var list []html.Rule
	for i := range r.Findings {
		name := r.Findings[i].Rule
		at := slices.IndexFunc(list, func(x html.Rule) bool { return x.Name == name })
		if at < 0 {
			at = len(list)
			list = append(list, rulePage(name))
		}
		list[at].Findings = append(list[at].Findings, i+1)
	}
	return list
}

// rulePage is what ptreview explain says of a rule.
func rulePage(name string) html.Rule {
	r := rules.Named(name)
	if r == nil {
		return html.Rule{Name: name, Summary: "This version of ptreview does not have the rule."}
	}
	page := html.Rule{Name: name, Severity: r.Severity, Summary: r.Doc.Summary}
	_, rest, _ := strings.Cut(r.Doc.Text, "\n\n")
	kind := ""
	for _, b := range new(comment.Parser).Parse(rest).Content {
		block := ruleBlock(b)
		switch {
		case strings.HasPrefix(block.Text, "Bad:"):
			kind = "bad"
		case strings.HasPrefix(block.Text, "Good:"):
			kind = "good"
		case block.Text != "":
			kind = ""
		default:
			block.Kind = kind
		}
		page.Blocks = append(page.Blocks, block)
	}
	return page
}

// ruleBlock is a part of the documentation of a rule.
func ruleBlock(b comment.Block) html.Block {
	switch b := b.(type) {
	case *comment.Code:
		return html.Block{Code: b.Text}
	case *comment.List:
		var block html.Block
		for _, item := range b.Items {
			block.Items = append(block.Items, plainText(item.Content))
		}
		return block
	}
	return html.Block{Text: plainText([]comment.Block{b})}
}

// plainText is documentation as it reads, in one line.
func plainText(list []comment.Block) string {
	p := comment.Printer{TextWidth: -1}
	return strings.Join(strings.Fields(string(p.Text(&comment.Doc{Content: list}))), " ")
}
