package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/cmd/ptreview/internal/near"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/contract"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

type lawsCmd struct {
	Laws []string `arg:"" optional:"" name:"law" help:"Helpers, or laws: pmd_same, pte_mkdirty/dirty (default: all)."`
	Tree string   `help:"Kernel source tree." placeholder:"DIR"`
	Git  string   `help:"Git repository of a kernel; HEAD is read." placeholder:"DIR"`
	archFlags
	Class  []string `help:"Classes, as reports name them: powerpc/ppc64_defconfig+PPC_4K_PAGES." placeholder:"ID" sep:"none"`
	Own    bool     `name:"debug-vm-pgtable" help:"Run mm/debug_vm_pgtable.c, the tree's own test of page-table helpers, as a boot does."`
	Known  string   `help:"File of laws that are known to be broken, with reasons: they are shown with these and do not count for the exit status." placeholder:"FILE" type:"existingfile"`
	List   bool     `help:"List the laws instead of asking them."`
	Format string   `help:"How to print: ${enum}." enum:"text,json" default:"text"`
	Jobs   int      `help:"Configurations looked at at the same time (default: one for each CPU)." placeholder:"N"`
}

// Help is shown by ptreview laws --help.
func (*lawsCmd) Help() string {
	return `What page-table helpers must do, asked of the kernel's own source for all
values of an entry: on each architecture, on classes of configurations that
have every definition of the helpers, on every machine these can boot on. A law
is proved, broken (with entries that the architecture's own helpers make and
for which it does not hold, run again to be sure), or not run, with a reason. A
law of what a class does not have is absent.

With --debug-vm-pgtable the tree's own test of the helpers, unmodified, is run on
those classes and machines as a boot runs it, also where an architecture does
not offer it: each WARN and BUG that it meets is shown with the calls that lead
to it.

Exit status: 1 if a law is broken or a WARN or BUG was met, 3 if something was
not run.

A file for --known is YAML: under broken a list of entries with arch, laws (names of
laws or helpers), class and machine (patterns, optional), and why. An entry that
is not broken any more is named in the report.

Examples:
  ptreview laws --tree linux/
  ptreview laws pmd_same pte_mkdirty/dirty --tree linux/ --arch powerpc
  ptreview laws --debug-vm-pgtable --tree linux/ --arch s390,riscv
  ptreview laws --tree linux/ --known broken.yaml
  ptreview laws --list`
}

// lawsUnit sees the helpers of memory management.
const lawsUnit = "mm/memory.c"

// lawsReport is the JSON form.
type lawsReport struct {
	Schema  string       `json:"schema"`
	Kernel  string       `json:"kernel_version"`
	Laws    []shownLaw   `json:"laws"`
	Columns []*lawColumn `json:"columns"`
	NotRun  []lawsNotRun `json:"not_run"`
	// LeftOut are classes that no compiler takes: there are no such kernels.
	LeftOut []lawsNotRun `json:"left_out,omitempty"`
	Kept    []keptLaw    `json:"known_but_kept,omitempty"`
	Seconds float64      `json:"seconds"`
}

// shownLaw is a law.
type shownLaw struct {
	Name   string `json:"name"`
	Helper string `json:"helper"`
	Says   string `json:"says"`
	Holds  string `json:"holds"`
	Given  string `json:"given,omitempty"`
	Needs  string `json:"needs,omitempty"`
	Source string `json:"source"`
}

// lawColumn is a class on one of its machines.
type lawColumn struct {
	Arch    string    `json:"arch"`
	Class   string    `json:"class"`
	Machine string    `json:"machine"`
	Cells   []lawCell `json:"cells"` // by law
}

// lawCell is what was found out about a law.
type lawCell struct {
	Status         string  `json:"status"`
	Domain         string  `json:"domain,omitempty"`
	Reason         string  `json:"reason,omitempty"`
	Counterexample string  `json:"counterexample,omitempty"`
	Known          string  `json:"known,omitempty"` // what is known of it that is broken
	Seconds        float64 `json:"seconds"`
}

// notCompiled is why a class is left out.
type notCompiled struct{ gap unit.Gap }

func (e *notCompiled) Error() string { return "it does not compile: " + e.gap.String() }

// uncompiled returns the error for a unit with an #error, or none.
func uncompiled(u *unit.Unit) error {
	i := slices.IndexFunc(u.Gaps, func(g unit.Gap) bool { return g.Kind == unit.Preprocessing })
	if i < 0 {
		return nil
	}
	return &notCompiled{u.Gaps[i]}
}

// lawsNotRun is what no law was asked of.
type lawsNotRun struct {
	Arch   string `json:"arch"`
	Class  string `json:"class,omitempty"`
	Reason string `json:"reason"`
}

func (c *lawsCmd) Run(ctx context.Context, s streams) error {
	if c.Own && (c.List || len(c.Laws) > 0 || c.Known != "") {
		return errors.New("--debug-vm-pgtable runs the tree's own test as it is: neither laws nor --list nor --known go with it")
	}
	laws, err := c.chosen()
	if err != nil {
		return err
	}
	r := &lawsReport{Schema: "ptreview.laws/v1", Laws: showLaws(laws), Columns: []*lawColumn{}, NotRun: []lawsNotRun{}}
	if c.List {
		return c.print(s, r)
	}
	expected := &knownLaws{}
	if c.Known != "" {
		if expected, err = readKnown(c.Known); err != nil {
			return err
		}
	}
	base, err := openBase(c.Tree, c.Git)
	if err != nil {
		return err
	}
	known, err := c.load()
	if err != nil {
		return err
	}
	for _, id := range c.Class {
		if a := class.ArchOf(id); !slices.Contains(c.Arch, a) {
			c.Arch = append(c.Arch, a)
		}
	}
	archs, unknown, err := archsOf(base, known, c.Arch)
	if err != nil {
		return err
	}
	if r.Kernel, err = tree.Version(base); err != nil {
		return err
	}
	for _, name := range unknown {
		r.NotRun = append(r.NotRun, lawsNotRun{Arch: name, Reason: "nothing is known of this architecture"})
	}
	start := time.Now()
	p := newProgress(s.err)
	defer p.Done()
	run := &lawsRun{cmd: c, laws: laws, base: base, known: known, definers: newDefiners(base), report: r}
	if c.Own {
		own, err := run.selfTest(ctx, archs, p)
		if err != nil {
			return err
		}
		p.Done()
		if err := printAs(s, c.Format, own, own.text); err != nil {
			return err
		}
		return own.status()
	}
	for i, a := range archs {
		run.tell = func(share float64, what string) { p.Show(shareOf(i, len(archs), share), what) }
		if err := run.arch(ctx, a); err != nil {
			return err
		}
	}
	p.Done()
	expected.apply(r, laws)
	r.Seconds = time.Since(start).Seconds()
	if err := c.print(s, r); err != nil {
		return err
	}
	return r.status()
}

// chosen returns the laws that were asked for.
func (c *lawsCmd) chosen() ([]contract.Law, error) {
	all := contract.Laws()
	if len(c.Laws) == 0 {
		return all, nil
	}
	var list []contract.Law
	for _, l := range all {
		if slices.ContainsFunc(c.Laws, func(name string) bool { return isLaw(l, name) }) {
			list = append(list, l)
		}
	}
	for _, name := range c.Laws {
		if !slices.ContainsFunc(list, func(l contract.Law) bool { return isLaw(l, name) }) {
			hint := near.Hint(name, lawNames(all))
			if hint == "" {
				hint = "; ptreview laws --list lists them"
			}
			return nil, fmt.Errorf("there is no law %s%s", name, hint)
		}
	}
	return list, nil
}

// lawNames are the names that laws can be asked for by: those of helpers and
// their own.
func lawNames(laws []contract.Law) []string {
	var names []string
	for _, l := range laws {
		if !slices.Contains(names, l.Helper) {
			names = append(names, l.Helper)
		}
		names = append(names, l.Name)
	}
	return names
}

func showLaws(laws []contract.Law) []shownLaw {
	list := make([]shownLaw, len(laws))
	for i, l := range laws {
		list[i] = shownLaw{l.Name, l.Helper, l.Says, l.Holds, l.Given, l.Needs, l.Source}
	}
	return list
}

// status is the error for what the table shows.
func (r *lawsReport) status() error {
	broken, open := false, len(r.NotRun) > 0
	for _, col := range r.Columns {
		for _, cell := range col.Cells {
			broken = broken || cell.Status == contract.Broken.String() && cell.Known == ""
			open = open || cell.Status == contract.NotRun.String()
		}
	}
	switch {
	case broken:
		return &statusError{status: exitFindings}
	case open:
		return &statusError{status: exitIncomplete}
	}
	return nil
}

// lawsRun is one run of the command.
type lawsRun struct {
	cmd      *lawsCmd
	laws     []contract.Law
	base     tree.Tree
	known    *arch.Set
	definers *definers
	report   *lawsReport
	// tell says how far the architecture is that is being looked at.
	tell func(share float64, what string)
}

// lawsJob is a class to be looked at.
type lawsJob struct {
	class   *class.Class
	columns []*lawColumn
	err     error
}

// arch adds the columns of one architecture.
func (r *lawsRun) arch(ctx context.Context, a *arch.Arch) error {
	r.tell(0, "choosing configurations of "+a.Name)
	classes, err := r.classes(a)
	if err != nil {
		r.report.NotRun = append(r.report.NotRun, lawsNotRun{Arch: a.Name, Reason: err.Error()})
		return nil
	}
	jobs := make([]lawsJob, len(classes))
	reader := unit.NewReader(source.NewSet(), unit.Options{Archs: r.known})
	next := make(chan *lawsJob)
	var workers sync.WaitGroup
	n := r.cmd.Jobs
	if n <= 0 {
		n = runtime.NumCPU()
	}
	for range n {
		workers.Go(func() {
			for j := range next {
				j.columns, j.err = r.ask(ctx, reader, j.class)
			}
		})
	}
	for i, cl := range classes {
		jobs[i].class = cl
		r.tell(shareOf(i, len(classes), 0), cl.ID)
		next <- &jobs[i]
	}
	close(next)
	workers.Wait()
	if ctx.Err() != nil {
		return &statusError{exitIncomplete, errors.New("interrupted")}
	}
	for i := range jobs {
		j := &jobs[i]
		var none *notCompiled
		switch {
		case errors.As(j.err, &none):
			r.report.LeftOut = append(r.report.LeftOut, lawsNotRun{a.Name, j.class.ID, none.Error()})
		case j.err != nil:
			r.report.NotRun = append(r.report.NotRun, lawsNotRun{a.Name, j.class.ID, j.err.Error()})
		}
		r.report.Columns = append(r.report.Columns, j.columns...)
	}
	return nil
}

// classes returns those that were asked for, else enough that every definition
// of the helpers is in force in one.
func (r *lawsRun) classes(a *arch.Arch) ([]*class.Class, error) {
	d, err := r.definers.of(a.Name)
	if err != nil {
		return nil, err
	}
	if err := r.definers.ask(d, a); err != nil {
		return nil, err
	}
	if len(r.cmd.Class) > 0 {
		var list []*class.Class
		for _, id := range r.cmd.Class {
			if class.ArchOf(id) != a.Name {
				continue
			}
			cl, err := d.chooser.ByID(id)
			if err != nil {
				return nil, err
			}
			list = append(list, cl)
		}
		return list, nil
	}
	ask := conditions
	if r.cmd.Own { // which calls nearly all helpers there are
		ask = ownConditions
	}
	asked, err := ask(d, a, r.laws)
	if err != nil {
		return nil, err
	}
	list, unmet, err := d.chooser.Classes(asked)
	r.report.NotRun = append(r.report.NotRun, unmetConditions(a.Name, list, unmet)...)
	return list, err
}

// unmetConditions says which conditions hold in none of the classes. Those that
// ask for more than Kconfig decides are told by what they ask for, since some of
// them fill pages.
func unmetConditions(name string, classes []*class.Class, unmet []class.Unmet) []lawsNotRun {
	var list []lawsNotRun
	open := make(map[string]bool)
	for _, u := range unmet {
		switch {
		case u.Impossible:
		case u.Reason != class.ReasonOpaque:
			list = append(list, lawsNotRun{name, "", "configurations with " + u.When.String() + ": " + u.Reason})
		default:
			for _, atom := range u.When.Atoms() {
				if !slices.ContainsFunc(classes, func(c *class.Class) bool { return c.Truth(atom) != class.Unknown }) {
					open[atom] = true
				}
			}
		}
	}
	for _, atom := range slices.Sorted(maps.Keys(open)) {
		list = append(list, lawsNotRun{name, "", "classes that differ in " + atom + ", which Kconfig alone does not decide"})
	}
	return list
}

// ask asks the laws of a class on each of its machines.
func (r *lawsRun) ask(ctx context.Context, reader *unit.Reader, cl *class.Class) ([]*lawColumn, error) {
	of, err := unit.NewClass(cl.ID, cl.Arch, cl.Config)
	if err != nil {
		return nil, err
	}
	prog := facts.NewProgram(reader, r.base, of, nil)
	u, err := prog.Read(ctx, lawsUnit)
	if err == nil {
		err = uncompiled(u)
	}
	if err != nil {
		return nil, err
	}
	var list []*lawColumn
	for _, m := range cl.Machines() {
		col := &lawColumn{Arch: cl.Arch.Name, Class: cl.ID, Machine: m.Name}
		p := contract.NewProver(pagetable.New(prog, m, pagetable.Options{}), u)
		for _, l := range r.laws {
			start := time.Now()
			o, err := proveInTime(ctx, p, l)
			if err != nil {
				return list, err
			}
			col.Cells = append(col.Cells, cellOf(o, time.Since(start)))
		}
		list = append(list, col)
	}
	return list, nil
}

// lawTime is what a law may take: ten times what the slowest one does on a
// machine that is busy otherwise.
const lawTime = 10 * time.Second

// proveInTime is p.Prove with an end.
func proveInTime(ctx context.Context, p *contract.Prover, l contract.Law) (*contract.Outcome, error) {
	within, stop := context.WithTimeout(ctx, lawTime)
	defer stop()
	o, err := p.Prove(within, l)
	if err != nil && ctx.Err() == nil {
		return &contract.Outcome{Reason: fmt.Sprintf("it takes more than %.0f seconds", lawTime.Seconds())}, nil
	}
	return o, err
}

func cellOf(o *contract.Outcome, took time.Duration) lawCell {
	c := lawCell{Status: o.Status.String(), Reason: o.Reason, Seconds: took.Seconds()}
	switch o.Status {
	case contract.Proved:
		c.Domain = o.Domain.String()
	case contract.Broken:
		c.Domain, c.Counterexample = o.Domain.String(), o.Counterexample.String()
	}
	return c
}

func (c *lawsCmd) print(s streams, r *lawsReport) error {
	if c.List {
		return printAs(s, c.Format, r, r.listText)
	}
	return printAs(s, c.Format, r, r.text)
}

// printAs prints a report as JSON, or as text makes it.
func printAs(s streams, format string, report any, text func(*strings.Builder)) error {
	if format == "json" {
		return encode(s.out, report)
	}
	var b strings.Builder
	text(&b)
	_, err := s.out.Write([]byte(b.String()))
	return err
}
