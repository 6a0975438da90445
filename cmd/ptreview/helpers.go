package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"

	"ptreview/cmd/ptreview/internal/load"
	"ptreview/cmd/ptreview/internal/report"
	"ptreview/parse/cpp"
	"ptreview/parse/history"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules/check"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
)

type helpersCmd struct {
	Helper string   `arg:"" optional:"" help:"The helper: pmd_same."`
	Tree   string   `help:"Kernel source tree." placeholder:"DIR"`
	Git    string   `help:"Git repository of a kernel; HEAD is read." placeholder:"DIR"`
	Series []string `help:"Instead of a helper: the definitions that these patch mails touch." placeholder:"FILE"`
	Arch   []string `help:"Architectures to list (default: all folders below arch/)." placeholder:"NAME"`
	Format string   `help:"How to print: ${enum}." enum:"text,json" default:"text"`
}

// Help is shown by ptreview helpers --help.
func (*helpersCmd) Help() string {
	return `Examples:
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
	store := facts.NewStore(base, cpp.NewCache(source.NewSet()))
	var list []definedHelper
	for _, a := range archs {
		found, err := definitionsOf(store, a, c.Helper)
		if err != nil {
			return err
		}
		list = append(list, found...)
	}
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
	return report.Definitions(s.out, shown, profile(s.out))
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

func definitionsOf(store *facts.Store, a, helper string) ([]definedHelper, error) {
	h, err := facts.NewHeaders(store, a)
	if err != nil {
		return nil, err
	}
	var list []definedHelper
	for _, d := range append(h.Definitions(helper), h.SourceDefinitions(helper)...) {
		kind := "function"
		if d.Macro {
			kind = "macro"
			if !d.Function && d.IsMarker() {
				continue // #define pmd_same pmd_same
			}
		}
		list = append(list, definedHelper{
			Arch: a, Helper: d.Name, Kind: kind, Condition: d.When.Minimal().String(),
			File: d.Path, Line: d.First, Meaning: h.Meaning(d).Text,
		})
	}
	return list, h.Err()
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
