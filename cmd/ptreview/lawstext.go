package main

import (
	"fmt"
	"slices"
	"strings"

	"ptreview/cmd/ptreview/internal/report"
	"ptreview/semantics/contract"
)

// lawsColumns is how many columns stand side by side in 80.
const lawsColumns = 24

// listText prints the laws.
func (r *lawsReport) listText(b *strings.Builder) {
	for _, l := range r.Laws {
		fmt.Fprintf(b, "%s\n", l.Name)
		wrapped(b, "  ", l.Says)
		wrapped(b, "    ", l.Holds)
		if l.Given != "" {
			wrapped(b, "    ", "given "+l.Given)
		}
		if l.Needs != "" {
			wrapped(b, "    ", "needs "+l.Needs)
		}
		fmt.Fprintf(b, "    %s\n", l.Source)
	}
}

// text prints the table of each architecture: a row for each helper, a column
// for each class and machine.
func (r *lawsReport) text(b *strings.Builder) {
	fmt.Fprintf(b, "linux %s\n\n", r.Kernel)
	b.WriteString("+ proved, ! broken, ? not run, . absent, for all laws of a helper")
	if r.hasKnown() {
		b.WriteString("; * broken as\nis known")
	}
	b.WriteString("\n")
	for at := 0; at < len(r.Columns); {
		end := at
		for end < len(r.Columns) && r.Columns[end].Arch == r.Columns[at].Arch {
			end++
		}
		r.archText(b, r.Columns[at:end])
		at = end
	}
	for _, n := range r.NotRun {
		fmt.Fprintf(b, "\nnot run: %s\n", report.Clean(strings.TrimSpace(n.Arch+" "+n.Class)))
		wrapped(b, "  ", n.Reason)
	}
	for _, n := range r.LeftOut {
		fmt.Fprintf(b, "\nleft out: %s\n", report.Clean(n.Class))
		wrapped(b, "  ", n.Reason)
	}
	for _, k := range r.Kept {
		fmt.Fprintf(b, "\nknown to be broken, and is not: %s %s, line %d\n", report.Clean(k.Arch), k.Law, k.Line)
	}
	count := r.counts(r.Columns)
	fmt.Fprintf(b, "\n%d laws, %d machines: %d proved, %d broken, %d not run, %d absent\n", len(r.Laws), len(r.Columns),
		count[contract.Proved.String()], count[contract.Broken.String()], count[contract.NotRun.String()], count[contract.Absent.String()])
}

// hasKnown reports whether a law is broken of which something is known.
func (r *lawsReport) hasKnown() bool {
	return slices.ContainsFunc(r.Columns, func(col *lawColumn) bool {
		return slices.ContainsFunc(col.Cells, func(c lawCell) bool { return c.Known != "" })
	})
}

func (r *lawsReport) counts(columns []*lawColumn) map[string]int {
	n := make(map[string]int)
	for _, col := range columns {
		for _, cell := range col.Cells {
			n[cell.Status]++
		}
	}
	return n
}

// archText prints one architecture.
func (r *lawsReport) archText(b *strings.Builder, columns []*lawColumn) {
	count := r.counts(columns)
	fmt.Fprintf(b, "\n%s: %d proved, %d broken, %d not run\n", columns[0].Arch,
		count[contract.Proved.String()], count[contract.Broken.String()], count[contract.NotRun.String()])
	for i, col := range columns {
		wrapped(b, fmt.Sprintf("  %2d  ", i+1), strings.TrimSpace(strings.TrimPrefix(col.Class, col.Arch+"/")+" "+col.Machine))
	}
	for first := 0; first < len(columns); first += lawsColumns {
		r.block(b, columns[first:min(len(columns), first+lawsColumns)], first)
	}
	r.notes(b, columns)
}

// block prints the columns that fit side by side.
func (r *lawsReport) block(b *strings.Builder, columns []*lawColumn, first int) {
	fmt.Fprintf(b, "\n  %-26s", "")
	for i := range columns {
		fmt.Fprintf(b, "%2d", (first+i+1)%100)
	}
	b.WriteString("\n")
	for at := 0; at < len(r.Laws); {
		var of []int // laws of the helper, which stand anywhere
		name := r.Laws[at].Helper
		for i, l := range r.Laws {
			if l.Helper == name {
				of = append(of, i)
			}
		}
		if of[0] == at {
			row, any := "", false
			for _, col := range columns {
				mark := marks(col, of)
				any = any || mark != '.'
				row += " " + string(mark)
			}
			if any {
				fmt.Fprintf(b, "  %-26s%s\n", name, row)
			}
		}
		at++
	}
}

// marks is what a column has for some laws: the worst that happened.
func marks(col *lawColumn, of []int) rune {
	mark := '.'
	for _, i := range of {
		switch c := &col.Cells[i]; c.Status {
		case contract.Broken.String():
			if c.Known == "" {
				return '!'
			}
			mark = '*'
		case contract.NotRun.String():
			if mark != '*' {
				mark = '?'
			}
		case contract.Proved.String():
			if mark == '.' {
				mark = '+'
			}
		}
	}
	return mark
}

// notes lists the laws that are broken, with the first counterexample of those of
// which the same is known, and why laws were not run.
func (r *lawsReport) notes(b *strings.Builder, columns []*lawColumn) {
	for i, l := range r.Laws {
		for _, same := range alike(columns, contract.Broken, i, func(c *lawCell) string { return c.Known }) {
			cell := columns[same[0]].Cells[i]
			fmt.Fprintf(b, "\n  %s %s in %s\n", contract.Broken, l.Name, ranges(same))
			wrapped(b, "    ", l.Says)
			wrapped(b, "    ", cell.Counterexample)
			if cell.Known != "" {
				wrapped(b, "    ", "known: "+cell.Known)
			}
		}
	}
	var reasons []string
	laws := make(map[string][]string)
	for i, l := range r.Laws {
		for _, same := range alike(columns, contract.NotRun, i, func(c *lawCell) string { return c.Reason }) {
			why := fmt.Sprintf("%s in %s: %s", contract.NotRun, ranges(same), columns[same[0]].Cells[i].Reason)
			if laws[why] == nil {
				reasons = append(reasons, why)
			}
			laws[why] = append(laws[why], l.Name)
		}
	}
	for _, why := range reasons {
		b.WriteString("\n")
		wrapped(b, "  ", why)
		wrapped(b, "    ", strings.Join(laws[why], ", "))
	}
}

// alike returns the columns in which a law has a status, those together of which
// by gives the same text, as numbers from 0.
func alike(columns []*lawColumn, status contract.Status, law int, by func(*lawCell) string) [][]int {
	var order []string
	at := make(map[string][]int)
	for k, col := range columns {
		c := &col.Cells[law]
		if c.Status != status.String() {
			continue
		}
		if at[by(c)] == nil {
			order = append(order, by(c))
		}
		at[by(c)] = append(at[by(c)], k)
	}
	var list [][]int
	for _, text := range order {
		list = append(list, at[text])
	}
	return list
}

// ranges writes ascending columns, from 0, as numbers from 1: "1-3 7".
func ranges(list []int) string {
	var parts []string
	for i := 0; i < len(list); {
		end := i
		for end+1 < len(list) && list[end+1] == list[end]+1 {
			end++
		}
		if end > i {
			parts = append(parts, fmt.Sprintf("%d-%d", list[i]+1, list[end]+1))
		} else {
			parts = append(parts, fmt.Sprint(list[i]+1))
		}
		i = end + 1
	}
	return strings.Join(parts, " ")
}

// wrapped prints words in lines of 80 columns, indented as the first one.
func wrapped(b *strings.Builder, indent, text string) {
	line := indent
	for w := range strings.FieldsSeq(report.Clean(text)) {
		if len(line)+1+len(w) > 80 && strings.TrimSpace(line) != "" && !slices.Contains([]string{indent}, line) {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = strings.Repeat(" ", len(indent))
		}
		if line != indent && strings.TrimSpace(line) != "" {
			line += " "
		}
		line += w
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}
