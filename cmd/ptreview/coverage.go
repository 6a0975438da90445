package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/cmd/ptreview/internal/report"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/coverage"
	"ptreview/semantics/unit"
)

type coverageCmd struct {
	Tree string `help:"Kernel source tree." placeholder:"DIR"`
	Git  string `help:"Git repository of a kernel; HEAD is read." placeholder:"DIR"`
	archFlags
	Defconfig []string `help:"Defconfigs instead of the architecture's first one." placeholder:"NAME" xor:"defconfigs"`
	All       bool     `help:"All defconfigs that are worth a look, instead of the first one." xor:"defconfigs"`
	Format    string   `help:"How to print: ${enum}." enum:"text,json" default:"text"`
	Jobs      int      `help:"Files read at the same time (default: one for each CPU)." placeholder:"N"`
}

// Help is shown by ptreview coverage --help.
func (*coverageCmd) Help() string {
	return `How much of a kernel can be read: for each architecture in its default
configuration, all files of mm/ and arch/NAME/mm/ that it builds,
fs/proc/task_mmu.c, kernel/events/core.c, kernel/fork.c, and the files of fs/
and lib/ that mention a page-table helper are preprocessed, parsed and typed
with all function bodies. A helper is a function or function-like macro of the
architecture's or the generic pgtable*.h, pgalloc*.h and hugetlb*.h whose name
has pgd, p4d, pud, pmd or pte as a part. What could not be read is listed below
the table. A body counts by its place: one of a header once, and as typed only
if it is in every file that includes it.

Examples:
  ptreview coverage --tree linux/
  ptreview coverage --tree linux/ --arch arm --all --format json`
}

// coverageReport is the JSON form.
type coverageReport struct {
	Schema  string            `json:"schema"`
	Kernel  string            `json:"kernel_version"`
	Rows    []*coverage.Row   `json:"rows"`
	NotRead []coverageNotRead `json:"not_read"`
}

// coverageNotRead is an architecture or a configuration that was not measured.
type coverageNotRead struct {
	Arch   string `json:"arch"`
	Config string `json:"config,omitempty"`
	Reason string `json:"reason"`
}

func (c *coverageCmd) Run(ctx context.Context, s streams) error {
	base, err := openBase(c.Tree, c.Git)
	if err != nil {
		return err
	}
	known, err := c.load()
	if err != nil {
		return err
	}
	archs, unknown, err := archsOf(base, known, c.Arch)
	if err != nil {
		return err
	}
	if c.Jobs <= 0 {
		c.Jobs = runtime.NumCPU()
	}
	r := &coverageReport{Schema: "ptreview.coverage/v1", Rows: []*coverage.Row{}, NotRead: []coverageNotRead{}}
	if r.Kernel, err = tree.Version(base); err != nil {
		return err
	}
	for _, name := range unknown {
		r.NotRead = append(r.NotRead, coverageNotRead{Arch: name, Reason: "nothing is known of this architecture"})
	}
	p := newProgress(s.err)
	defer p.Done()
	reader := unit.NewReader(source.NewSet(), unit.Options{Archs: known})
	run := coverageRun{cmd: c, reader: reader, tree: base, meter: coverage.NewMeter(reader, base, c.Jobs), report: r}
	for i, a := range archs {
		tell := func(share float64, what string) { p.Show(shareOf(i, len(archs), share), what) }
		if err := run.arch(ctx, a, tell); err != nil {
			return err
		}
	}
	p.Done()
	if c.Format == "json" {
		err = encode(s.out, r)
	} else {
		err = coverageText(s.out, r)
	}
	if err == nil && len(r.NotRead) > 0 && len(c.Arch) > 0 {
		return &statusError{status: exitIncomplete}
	}
	return err
}

// coverageRun is one run of the command.
type coverageRun struct {
	cmd    *coverageCmd
	reader *unit.Reader
	tree   tree.Tree
	meter  *coverage.Meter
	report *coverageReport
}

// arch measures the configurations of one architecture, and tells how far it is.
func (r *coverageRun) arch(ctx context.Context, a *arch.Arch, tell func(share float64, what string)) error {
	names := a.Defconfigs[:1]
	switch {
	case r.cmd.All:
		names = a.Defconfigs
	case len(r.cmd.Defconfig) > 0:
		names = r.cmd.Defconfig
	}
	for i, name := range names {
		tell(shareOf(i, len(names), 0), a.Name+" "+name)
		class, _, err := r.reader.DefconfigClass(r.tree, a, name, kconfig.Assignments{})
		var row *coverage.Row
		if err == nil {
			row, err = r.meter.Measure(ctx, class, func(done, total int, file string) {
				tell(shareOf(i, len(names), shareOf(done, total, 0)), a.Name+" "+name+" "+file)
			})
		}
		switch {
		case ctx.Err() != nil:
			return &statusError{exitIncomplete, errors.New("interrupted")}
		case err != nil:
			r.report.NotRead = append(r.report.NotRead, coverageNotRead{a.Name, name, err.Error()})
		default:
			r.report.Rows = append(r.report.Rows, row)
		}
	}
	return nil
}

// coverageText prints the table and what is missing below it.
func coverageText(w io.Writer, r *coverageReport) error {
	t := table{{"architecture", "configuration", "units", "bodies", "parsed", "typed", "skipped", "failures"}}
	for _, row := range r.Rows {
		t = append(t, []string{
			row.Arch, row.Config, of(row.UnitsRead, row.Units), fmt.Sprint(row.Bodies), of(row.Parsed, row.Bodies),
			of(row.Typed, row.Bodies), fmt.Sprint(row.Skipped), fmt.Sprint(len(row.Failures)),
		})
	}
	if err := t.write(w); err != nil {
		return err
	}
	for _, n := range r.NotRead {
		if _, err := fmt.Fprintf(w, "\nnot read: %s\n  %s\n", report.Clean(strings.TrimSpace(n.Arch+" "+n.Config)), report.Clean(n.Reason)); err != nil {
			return err
		}
	}
	for _, row := range r.Rows {
		if err := coverageFailures(w, row); err != nil {
			return err
		}
	}
	return nil
}

// of says how many of all, in words where it is all of them.
func of(n, all int) string {
	if n == all {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d of %d", n, all)
}

// maxPlaces bounds the places printed for one reason.
const maxPlaces = 4

// coverageFailures lists what a row lacks, by reason.
func coverageFailures(w io.Writer, row *coverage.Row) error {
	var b strings.Builder
	for i := 0; i < len(row.Failures); {
		f := row.Failures[i]
		n := i
		for n < len(row.Failures) && row.Failures[n].Kind == f.Kind && row.Failures[n].Reason == f.Reason {
			n++
		}
		if i == 0 {
			fmt.Fprintf(&b, "\n%s %s\n", row.Arch, row.Config)
		}
		fmt.Fprintf(&b, "  %s: %s\n", f.Kind, f.Reason)
		for k := i; k < min(n, i+maxPlaces); k++ {
			b.WriteString("    " + failurePlace(&row.Failures[k]) + "\n")
		}
		if n-i > maxPlaces {
			fmt.Fprintf(&b, "    and %d more places\n", n-i-maxPlaces)
		}
		i = n
	}
	for line := range strings.Lines(b.String()) {
		if _, err := fmt.Fprintln(w, report.Clean(strings.TrimSuffix(line, "\n"))); err != nil {
			return err
		}
	}
	return nil
}

func failurePlace(f *coverage.Failure) string {
	text := f.File
	if f.Line > 0 {
		text += fmt.Sprintf(":%d", f.Line)
	}
	if f.Function != "" {
		text += " " + f.Function + "()"
	}
	switch {
	case f.Units > 1:
		text += fmt.Sprintf(", in %d units, the first %s", f.Units, f.Unit)
	case f.Unit != f.File:
		text += ", in " + f.Unit
	}
	return text
}
