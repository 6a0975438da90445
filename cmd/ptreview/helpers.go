package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/cmd/ptreview/internal/load"
	"ptreview/cmd/ptreview/internal/report"
	"ptreview/parse/history"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules/check"
	"ptreview/semantics/unit"
)

type helpersCmd struct {
	Helper string   `arg:"" optional:"" help:"The helper: pmd_same."`
	Tree   string   `help:"Kernel source tree." placeholder:"DIR"`
	Git    string   `help:"Git repository of a kernel; HEAD is read." placeholder:"DIR"`
	Series []string `help:"Instead of a helper: the definitions that these patch mails touch." placeholder:"FILE"`
	Arch   []string `help:"Architectures to list (default: all folders below arch/)." placeholder:"NAME"`
	// ArchData is as in archFlags.
	ArchData []string `help:"Data file of a further architecture, or of a known one that it replaces." placeholder:"FILE" sep:"none"`
	Format   string   `help:"How to print: ${enum}." enum:"text,json" default:"text"`
}

// Help is shown by ptreview helpers --help.
func (*helpersCmd) Help() string {
	return `Lists every definition of a helper with the condition under which it is in
force: what the #ifs around it ask for and those around the #include lines
that lead to it, without what Kconfig implies on that architecture. Such a
condition cannot lose a symbol without changing the configurations it holds
in; "never" means that no configuration has the definition.

Examples:
  ptreview helpers pmd_same --tree linux/
  ptreview helpers --series mail.mbox`
}

func (c *helpersCmd) Run(ctx context.Context, s streams) error {
	switch {
	case len(c.Series) > 0 && c.Helper != "":
		return errors.New("name either a helper or --series, not both")
	case len(c.Series) > 0 && (c.Tree != "" || c.Git != "" || len(c.Arch) > 0):
		return errors.New("--series reads the mails alone; leave out --tree, --git and --arch")
	case len(c.Series) > 0:
		return c.touched(ctx, s)
	case c.Helper == "":
		return errors.New("name a helper, such as pmd_same, or give --series FILE")
	}
	return c.defined(s)
}

// touched lists the definitions that a series changes, from the mails alone.
func (c *helpersCmd) touched(ctx context.Context, s streams) error {
	ser, err := load.Mails(c.Series, s.in)
	if err != nil {
		return err
	}
	req := &check.Request{Version: version(), Reader: unit.NewReader(source.NewSet(), unit.Options{})}
	load.Fragments(req, ser)
	r, err := check.Review(ctx, req)
	if err != nil {
		return err
	}
	if c.Format == "json" {
		return encode(s.out, r.Helpers)
	}
	if len(r.Helpers) == 0 {
		_, err := fmt.Fprintln(s.out, "no helper definition stands whole in the patches")
		return err
	}
	t := table{{"patch", "architecture", "helper", "before", "after", "place"}}
	for _, h := range r.Helpers {
		t = append(t, []string{fmt.Sprint(h.Patch), h.Arch, h.Helper, dash(h.Before), dash(h.After), fmt.Sprintf("%s:%d", h.File, h.Line)})
	}
	return t.write(s.out)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// definedHelper is one definition in the JSON form.
type definedHelper struct {
	Arch      string `json:"arch"`
	Helper    string `json:"helper"`
	Kind      string `json:"kind"` // function or macro
	Condition string `json:"condition"`
	File      string `json:"file"`
	Line      int    `json:"line"`
	Meaning   string `json:"meaning"`
	// HeadersOnly says why Condition is what headers ask for, without regard
	// to Kconfig. It is empty where Kconfig could be asked.
	HeadersOnly string `json:"headers_only,omitempty"`
}

// defined lists every definition of a helper in a tree.
func (c *helpersCmd) defined(s streams) error {
	base, err := openBase(c.Tree, c.Git)
	if err != nil {
		return err
	}
	archs, err := c.archs(base)
	if err != nil {
		return err
	}
	known, err := (&archFlags{ArchData: c.ArchData}).load()
	if err != nil {
		return err
	}
	definers := newDefiners(base)
	var list []definedHelper
	p := newProgress(s.err)
	defer p.Done()
	for i, a := range archs {
		p.Show(shareOf(i, len(archs), 0), a)
		found, err := archHelpers(definers, known, a, c.Helper)
		if err != nil {
			return err
		}
		list = append(list, found...)
	}
	p.Done()
	if len(list) == 0 {
		return fmt.Errorf("nothing of %s defines %s", strings.Join(archs, ", "), c.Helper)
	}
	if c.Format == "json" {
		return encode(s.out, list)
	}
	var shown []report.Definition
	for _, d := range list {
		shown = append(shown, report.Definition{Arch: d.Arch, File: d.File, Line: d.Line, Meaning: d.Meaning, Condition: d.Condition})
	}
	if err := report.Definitions(s.out, shown, profile(s.out)); err != nil {
		return err
	}
	return headersOnly(s.out, list)
}

// headersOnly names the architectures whose conditions say nothing of Kconfig.
func headersOnly(w io.Writer, list []definedHelper) error {
	for i, d := range list {
		if d.HeadersOnly == "" || i > 0 && list[i-1].Arch == d.Arch {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s: conditions are those of the headers, without Kconfig: %s\n", d.Arch, d.HeadersOnly); err != nil {
			return err
		}
	}
	return nil
}

// openBase opens the kernel that --tree or --git names.
func openBase(dir, git string) (tree.Tree, error) {
	switch {
	case dir != "" && git != "":
		return nil, errors.New("--tree and --git both name the kernel; give one of them")
	case dir != "":
		return tree.Open(dir)
	case git != "":
		repo, err := history.Open(git)
		if err != nil {
			return nil, err
		}
		head, err := repo.Resolve("HEAD")
		if err != nil {
			return nil, err
		}
		t, err := repo.Tree(head)
		if err != nil {
			return nil, err
		}
		return t, tree.Check(t, repo.Name())
	}
	return nil, errors.New("give the kernel with --tree DIR or --git DIR")
}

func (c *helpersCmd) archs(base tree.Tree) ([]string, error) {
	folders, err := base.ReadDir("arch")
	if err != nil {
		return nil, err
	}
	var all []string
	for _, f := range folders {
		if _, err := base.Stat("arch/" + f.Name() + "/include/asm"); f.IsDir() && err == nil {
			all = append(all, f.Name())
		}
	}
	sort.Strings(all)
	if len(c.Arch) == 0 {
		return all, nil
	}
	for _, a := range c.Arch {
		if i := sort.SearchStrings(all, a); i == len(all) || all[i] != a {
			return nil, fmt.Errorf("the tree has no architecture %q; it has %s", a, strings.Join(all, ", "))
		}
	}
	return c.Arch, nil
}

// archHelpers returns the definitions of a helper on one architecture.
func archHelpers(definers *definers, known *arch.Set, name, helper string) ([]definedHelper, error) {
	d, err := definers.of(name)
	if err != nil || !d.has(helper) {
		return nil, err
	}
	why := "the architecture is not known"
	if a := known.Named(name); a != nil {
		why = ""
		if err := definers.ask(d, a); err != nil {
			why = err.Error()
		}
	}
	found, err := d.definitions(helper)
	if err != nil {
		return nil, err
	}
	conditions := make([]class.Formula, len(found))
	for i, l := range found {
		conditions[i] = l.When.Minimal()
	}
	if why == "" {
		conditions = d.chooser.Simplify(conditions...)
	}
	list := make([]definedHelper, len(found))
	for i, l := range found {
		list[i] = definedHelper{
			Arch: name, Helper: l.Name, Kind: "function", Condition: conditions[i].String(),
			File: l.Path, Line: l.First, Meaning: d.Meaning(l).Text, HeadersOnly: why,
		}
		if l.Macro {
			list[i].Kind = "macro"
		}
	}
	return list, nil
}

func encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// table is rows of cells; the first row is the heading.
type table [][]string

// write prints the columns aligned, the last one as long as it is.
func (t table) write(w io.Writer) error {
	widths := make([]int, len(t[0]))
	for _, row := range t {
		for i, cell := range row {
			row[i] = report.Clean(cell)
			widths[i] = max(widths[i], len([]rune(row[i])))
		}
	}
	for _, row := range t {
		var b strings.Builder
		for i, cell := range row {
			if i == len(row)-1 {
				b.WriteString(cell)
				continue
			}
			fmt.Fprintf(&b, "%-*s  ", widths[i], cell)
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}
