package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"ptreview/arch"
	"ptreview/cmd/ptreview/internal/cache"
	"ptreview/cmd/ptreview/internal/eval"
	"ptreview/cmd/ptreview/internal/near"
	"ptreview/cmd/ptreview/internal/progress"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules"
	"ptreview/rules/check"
	"ptreview/semantics/unit"
)

type evalCmd struct {
	Cases  []string          `arg:"" name:"cases" help:"Folders of cases, or files of them."`
	Tree   map[string]string `help:"Kernel source tree for a name that cases use, 6.1=DIR; once for each (default: the folders that PTREVIEW_LINUX_6_1 and the like name)." mapsep:"none" placeholder:"NAME=DIR"`
	Quick  bool              `help:"Look at the architectures only that cases name under quick, and leave out those that name none there."`
	Mails  string            `help:"Folder of the mails that cases name (default: that of PTREVIEW_CORPUS)." placeholder:"DIR"`
	Format string            `help:"How to print: ${enum}." enum:"text,json" default:"text"`
	Jobs   int               `help:"Configurations read at the same time (default: one for each CPU)." placeholder:"N"`

	NoCache bool `help:"Make the reviews anew, and do not keep them."`
	cacheFlags
}

// Help is shown by ptreview eval --help.
func (*evalCmd) Help() string {
	return `Reviews the patches of cases and compares what is found with what the cases
say: how much of what is wrong is found (recall), and how much of what is found
is wrong (precision), for each rule.

A case is a document of a YAML file:

  tree: "6.1"                # or ./FOLDER beside the file
  base:                      # optional: patches to put on it first
    - mail: pte-map-may-fail/v2-03-*.mbox
  patches:
    - mail: pte-map-may-fail/v2-04-*.mbox    # below --mails; one file
    - mail: hash4k-fix/v1-*.mbox
      reverse: true          # taken out instead of put in
    - patch: own.patch       # beside the file
    - edits:                 # made of the tree as it is read
        - file: mm/memory.c
          match: a regular expression with one match (or every: true)
          with: what to put there, $1 for its first group
    - restore: [mm/memory.c] # what the tree has, where base has changed it
  arch: [powerpc, x86]       # optional, as config: a .config beside the file
  quick: [powerpc]           # optional: with --quick these; [] leaves it out
  expect:                    # at least one finding for each of them
    - rule: trap/arch-helper # or a list, of which any will do
      arch: powerpc          # as are arch, helper, entry, file
      line: a regular expression for the changed line
      missed: why it is known not to be found
  allow: [{rule: contract/law, why: it is right}]
  clean: true                # instead of expect: nothing but notes
  not_run: [{reason: a regular expression, why: what is known of it}]

Of an expectation also severity, message, patch and fixed_by can be given; of
a file with several cases each has a name.

An expectation without a finding is missed. Errors and warnings that are neither
expected nor allowed are false alarms. What is known to be missed counts for the
recall too, but not for the exit status, unless it is found. Units that were not
run are counted, and a case that has some is never clean.

Exit status: 1 if something is missed or a false alarm, 3 if something was not
run of which no case knows.

Examples:
  ptreview eval testdata/eval/
  ptreview eval --tree 6.1=linux-6.1/ --mails corpus/ cases/founding.yaml
  ptreview eval --format json testdata/eval/ > eval.json`
}

func (c *evalCmd) Run(ctx context.Context, s streams) error {
	cases, err := readCases(c.Cases)
	if err != nil {
		return err
	}
	if c.Quick {
		cases = quick(cases)
	}
	if c.NoCache {
		c.Cache = noCache
	}
	e := &evaluation{evalCmd: c, reviews: c.reviewer(s), known: arch.Builtin(), outcomes: make([]*eval.Outcome, len(cases))}
	requests, err := e.requests(cases)
	if err != nil {
		return err
	}
	p := newProgress(s.err)
	defer p.Done()
	if err := e.run(ctx, cases, requests, p); err != nil {
		return err
	}
	p.Done()
	if err := e.reviews.Err(); err != nil {
		warnCache(s, err)
	}
	r := eval.NewReport(version(), ruleNames(), e.outcomes)
	if err := printAs(s, c.Format, r, func(b *strings.Builder) { evalText(b, r) }); err != nil {
		return err
	}
	switch {
	case r.Differs():
		return &statusError{status: exitFindings}
	case r.Open():
		return &statusError{status: exitIncomplete}
	}
	return nil
}

// quick returns the cases of a quick run, on the architectures of that.
func quick(cases []*eval.Case) []*eval.Case {
	var list []*eval.Case
	for _, c := range cases {
		switch {
		case c.Quick == nil:
			list = append(list, c)
		case len(c.Quick) > 0:
			few := *c
			few.Archs = c.Quick
			list = append(list, &few)
		}
	}
	return list
}

func ruleNames() []string {
	var names []string
	for _, r := range rules.All() {
		names = append(names, r.Name)
	}
	return names
}

// readCases reads the cases of files, and of all files in folders, by name.
func readCases(inputs []string) ([]*eval.Case, error) {
	var all []*eval.Case
	for _, input := range inputs {
		files, root, err := caseFiles(input)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("the cases cannot be read: %w", err)
			}
			rel, err := filepath.Rel(root, file)
			if err != nil {
				return nil, err
			}
			list, err := eval.Read(strings.TrimSuffix(filepath.ToSlash(rel), ".yaml"), file, data)
			if err != nil {
				return nil, err
			}
			all = append(all, list...)
		}
	}
	for i, x := range all {
		if slices.ContainsFunc(all[:i], func(y *eval.Case) bool { return y.Name == x.Name }) {
			return nil, fmt.Errorf("%s: there is another case %s", x.File, x.Name)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there are no cases in %s", strings.Join(inputs, ", "))
	}
	return all, nil
}

// caseFiles returns the files that an argument names, and the folder that cases
// are called from.
func caseFiles(input string) (files []string, root string, err error) {
	info, err := os.Stat(input)
	if err != nil {
		return nil, "", fmt.Errorf("the cases cannot be read: %w", err)
	}
	if !info.IsDir() {
		return []string{input}, filepath.Dir(input), nil
	}
	err = filepath.WalkDir(input, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(name) == ".yaml" {
			files = append(files, name)
		}
		return err
	})
	return files, input, err
}

// evaluation is one run of the command.
type evaluation struct {
	*evalCmd
	reviews  *cache.Reviewer
	known    *arch.Set
	outcomes []*eval.Outcome // by case
	kernels  []*kernel       // in the order in which cases name them
}

// kernel is a tree of cases.
type kernel struct {
	dir     string
	tree    tree.Tree
	version string
	cases   []int // that it is the tree of
}

// requests makes what is to be reviewed of all cases, so that what is wrong with
// one is known before the work.
func (e *evaluation) requests(cases []*eval.Case) ([]*check.Request, error) {
	list := make([]*check.Request, len(cases))
	for i, c := range cases {
		k, err := e.kernelOf(c)
		if err != nil {
			return nil, err
		}
		k.cases = append(k.cases, i)
		if list[i], err = e.request(c, k); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (e *evaluation) request(c *eval.Case, k *kernel) (*check.Request, error) {
	req := &check.Request{Version: version(), Jobs: e.Jobs, Rules: rules.All()}
	if req.Jobs <= 0 {
		req.Jobs = runtime.NumCPU()
	}
	req.Tree = check.TreeInfo{Source: c.Tree.Value, KernelVersion: k.version}
	mails := e.Mails
	if mails == "" {
		mails = os.Getenv("PTREVIEW_CORPUS")
	}
	if err := c.Apply(req, k.tree, mails); err != nil {
		return nil, err
	}
	var names []string
	for _, a := range c.Archs {
		if e.known.Named(a.Value) == nil {
			return nil, fmt.Errorf("%s:%d: architecture %q is not known%s", c.File, a.Line, a.Value, near.Instead(a.Value, e.known.Names(), "known are"))
		}
		names = append(names, a.Value)
	}
	if c.Config.Value != "" {
		cfg, err := explicitConfig(e.known, filepath.Join(filepath.Dir(c.File), filepath.FromSlash(c.Config.Value)), names)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", c.File, c.Config.Line, err)
		}
		req.Config, req.Archs = cfg, []*arch.Arch{cfg.Arch}
		return req, nil
	}
	if err := chooseArchs(req, e.known, names); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", c.File, c.Tree.Line, err)
	}
	return req, nil
}

// kernelOf opens the tree of a case, once.
func (e *evaluation) kernelOf(c *eval.Case) (*kernel, error) {
	dir, err := e.folder(c)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %w", c.File, c.Tree.Line, err)
	}
	if i := slices.IndexFunc(e.kernels, func(k *kernel) bool { return k.dir == dir }); i >= 0 {
		return e.kernels[i], nil
	}
	t, err := tree.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: %w", c.File, c.Tree.Line, err)
	}
	t.UseIndex(e.reviews.Index(dir))
	k := &kernel{dir: dir, tree: tree.Cached(t)}
	if k.version, err = tree.Version(k.tree); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", c.File, c.Tree.Line, err)
	}
	e.kernels = append(e.kernels, k)
	return k, nil
}

// folder is where the kernel of a case lies.
func (e *evaluation) folder(c *eval.Case) (string, error) {
	name := c.Tree.Value
	if strings.Contains(name, "/") {
		return filepath.Join(filepath.Dir(c.File), filepath.FromSlash(name)), nil
	}
	if dir := e.Tree[name]; dir != "" {
		return dir, nil
	}
	if dir := os.Getenv(treeVariable(name)); dir != "" {
		return dir, nil
	}
	return "", fmt.Errorf("there is no tree %s; give it with --tree %s=DIR", name, name)
}

// treeVariable is the variable that names the folder of a tree:
// PTREVIEW_LINUX_6_1 that of 6.1.
func treeVariable(name string) string {
	return "PTREVIEW_LINUX_" + strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		if 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

// maxShared bounds, in translation units, what the reviews of a kernel read before
// what they share is let go: it only grows.
const maxShared = 200

// run makes the reviews, those of a kernel after each other: they share what was
// read of it.
func (e *evaluation) run(ctx context.Context, cases []*eval.Case, requests []*check.Request, p *progress.Line) error {
	done := 0
	for _, k := range e.kernels {
		reader := unit.NewReader(source.NewSet(), unit.Options{Archs: e.known})
		for _, i := range k.cases {
			req := requests[i]
			if reader.Units() > maxShared {
				reader = unit.NewReader(source.NewSet(), unit.Options{Archs: e.known})
			}
			req.Reader = reader
			req.Progress = func(at check.Progress) { p.Show(shareOf(done, len(cases), at.Share), cases[i].Name+": "+at.What) }
			p.Show(shareOf(done, len(cases), 0), cases[i].Name)
			r, err := e.reviews.Review(ctx, req)
			if ctx.Err() != nil {
				return &statusError{exitIncomplete, errors.New("interrupted, not all cases were judged")}
			}
			if err != nil {
				return fmt.Errorf("%s: %s: %w", cases[i].File, cases[i].Name, err)
			}
			e.outcomes[i] = cases[i].Judge(r)
			for _, t := range eval.Trees(req, k.tree) {
				reader.Forget(t)
			}
			done++
		}
	}
	return nil
}
