package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"slices"
	"time"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/cmd/ptreview/internal/baseline"
	"ptreview/cmd/ptreview/internal/cache"
	"ptreview/cmd/ptreview/internal/config"
	"ptreview/cmd/ptreview/internal/gitcmd"
	"ptreview/cmd/ptreview/internal/load"
	"ptreview/cmd/ptreview/internal/near"
	"ptreview/cmd/ptreview/internal/progress"
	"ptreview/cmd/ptreview/internal/report"
	"ptreview/cmd/ptreview/internal/single"
	"ptreview/parse/history"
	"ptreview/parse/series"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules"
	"ptreview/rules/check"
	"ptreview/semantics/unit"
)

type reviewCmd struct {
	Inputs []string `arg:"" optional:"" name:"input" help:"Patch mails: files, folders of patches, maildirs, - for standard input; with --git also a range of commits (v6.4..topic) or a single commit."`
	Tree   string   `help:"Kernel source tree the series applies to." placeholder:"DIR"`
	Git    string   `help:"Git repository of a kernel; bare ones and linked worktrees too." placeholder:"DIR"`
	archFlags
	Config string   `help:"Look at this .config only, instead of choosing configurations." placeholder:"FILE"`
	Build  string   `help:"Folder of a real build (make O=DIR): its .config and generated headers are used." placeholder:"DIR"`
	Rule   []string `help:"Rules to run (default: all). See ptreview explain." placeholder:"NAME"`
	FailOn string   `help:"Least severity that gives exit status 1: ${enum}." enum:"error,warning,note" default:"error"`
	baselineFlags
	faceFlags
	All      bool `help:"Show defects too that functions which the series touches had before it, as notes. They never count."`
	NoAssume bool `help:"Take nothing for granted that all callers of a function establish, nor what tables hold: a trap that no caller in the tree lets happen is a finding then."`
	Jobs     int  `help:"Configurations read at the same time (default: one for each CPU)." placeholder:"N"`
	Stats    bool `help:"Print what the review cost."`

	archs   *arch.Set
	known   *baseline.Baseline // nil for none
	NoCache bool               `help:"Make the review anew, and do not keep it."`
	cacheFlags
	reviews  *cache.Reviewer
	material report.Material // what request read

	// staged says that a commit is being made: what is staged is reviewed, and
	// nothing if nothing is. message is what the commit will say.
	staged  bool
	message string
	brief   bool // as report.Options has it
	// placed says where mails belong that came without their series.
	placed *single.Place
	of     int // the patch that findings are told of; 0 for all

	levels       *levels        // nil: nothing but the flags is heard
	settings     []config.Value // what files and the environment said, by precedence
	noTreeConfig bool           // the tree does not say how it is reviewed
}

// AfterApply keeps what else than flags says how to review.
func (c *reviewCmd) AfterApply(l *levels) error {
	c.levels = l
	return nil
}

// errInterrupted ends a review that was not made.
var errInterrupted = &statusError{exitIncomplete, errors.New("interrupted, nothing was judged completely")}

// errNothing says that no change was named, and none found.
var errNothing = errors.New("nothing to review: name patch mails, or --git DIR and a range of commits, or stage something in a kernel repository")

// errNothingStaged says that a commit changes no file.
var errNothingStaged = errors.New("nothing is staged")

// Help is shown by ptreview review --help.
func (*reviewCmd) Help() string {
	return `Examples:
  ptreview review --tree linux/ 0001.patch 0002.patch
  ptreview review --git linux/ v6.4..topic
  b4 am -o - <msgid> | ptreview review --tree linux/ -
  ptreview review --tree linux/ --baseline known.yaml 0001.patch
  ptreview review mail.mbox          (no tree: what the patch alone shows)
  ptreview review                    (in a kernel repository: what is staged,
                                      or else the last commit)`
}

func (c *reviewCmd) Run(ctx context.Context, s streams) error {
	started := time.Now()
	if c.NoCache {
		c.Cache = noCache
	}
	c.reviews = c.reviewer(s)
	files, err := c.openOutputs()
	if err != nil {
		return err
	}
	defer files.discard()
	p := newProgress(s.err)
	defer p.Done()
	p.Show(progress.Unknown, "reading the series and its base")
	req, err := c.request(ctx, s)
	if err != nil {
		return err
	}
	if err := c.ready(files, &c.material); err != nil {
		return err
	}
	r, err := c.judge(ctx, s, req, p)
	if err != nil {
		return err
	}
	r.Stats.Seconds = time.Since(started).Seconds()
	if err := c.writeReport(s, files, &c.material, report.Options{Stats: c.Stats, Brief: c.brief}); err != nil {
		return err
	}
	return c.status(r)
}

// judge makes the report of a request, and keeps what it is made from.
func (c *reviewCmd) judge(ctx context.Context, s streams, req *check.Request, p *progress.Line) (*check.Report, error) {
	p.Show(progress.Unknown, "looking at what the series changes")
	req.Progress = func(at check.Progress) { p.Show(at.Share, at.What) }
	defer p.Done()
	r, err := c.review(ctx, req)
	p.Done()
	if err != nil {
		return nil, err
	}
	if err := c.reviews.Err(); err != nil {
		warnCache(s, err)
	}
	if c.of > 0 {
		if r, err = c.ofPatch(ctx, req, r); err != nil {
			return nil, err
		}
	}
	if c.All {
		r = report.WithBefore(r)
	}
	c.suppress(r)
	c.material.Report = r
	for _, p := range req.Prefixes {
		c.material.Trees = append(c.material.Trees, p.Tree)
	}
	return r, nil
}

func (c *reviewCmd) review(ctx context.Context, req *check.Request) (*check.Report, error) {
	r, err := c.reviews.Review(ctx, req)
	if err != nil && ctx.Err() != nil {
		return nil, errInterrupted
	}
	return r, err
}

// ofPatch leaves of the report of a series what concerns patch c.of. Where units
// were not run, it takes a review of the patch alone, on the tree before it, to
// know which are its own: what another patch of the series lacks is not to be
// laid to it.
func (c *reviewCmd) ofPatch(ctx context.Context, req *check.Request, all *check.Report) (*check.Report, error) {
	r := report.OfPatch(all, c.of)
	if len(req.Prefixes) < 3 || !report.HasNotRun(r) {
		return r, nil
	}
	one := *req
	one.Prefixes = req.Prefixes[c.of-1 : c.of+1]
	one.Series.Patches = []check.PatchInfo{req.Series.Patches[c.of-1]}
	one.Series.Patches[0].N = 1
	alone, err := c.review(ctx, &one)
	if err != nil {
		return nil, err
	}
	r.Coverage, r.Gaps = alone.Coverage, alone.Gaps
	r.Notes = append(slices.Clone(r.Notes), "the units are those of this patch")
	return r, nil
}

// status turns a report into an exit status.
func (c *reviewCmd) status(r *check.Report) error {
	least := check.Severity(c.FailOn).Rank()
	for _, f := range r.Findings {
		if f.Suppressed == nil && f.New && f.Severity.Rank() >= least {
			return &statusError{status: exitFindings}
		}
	}
	if !c.narrowed() {
		return nil
	}
	for _, cov := range r.Coverage {
		if len(cov.NotRun) > 0 && cov.NotRun[0].Reason != check.NoTree {
			return &statusError{status: exitIncomplete}
		}
	}
	return nil
}

// narrowed reports whether less than everything was asked for.
func (c *reviewCmd) narrowed() bool {
	return len(c.Arch) > 0 || len(c.Rule) > 0 || c.Config != "" || c.Build != ""
}

// request builds what to review from the flags.
func (c *reviewCmd) request(ctx context.Context, s streams) (*check.Request, error) {
	if c.Tree != "" && c.Git != "" {
		return nil, errors.New("--tree and --git both name the base; give one of them")
	}
	req := &check.Request{Version: version(), Jobs: c.Jobs}
	if req.Jobs <= 0 {
		req.Jobs = runtime.NumCPU()
	}
	var err error
	if c.archs, err = c.archFlags.load(); err != nil {
		return nil, err
	}
	for _, a := range c.archs.Added() {
		c.reviews.Depends(a.Name + " " + a.Digest)
	}
	req.Reader = unit.NewReader(source.NewSet(), unit.Options{Archs: c.archs})
	if c.known, err = c.baselineFlags.load(); err != nil {
		return nil, err
	}
	if err := c.base(ctx, req, s); err != nil {
		return nil, err
	}
	if err := c.configure(req); err != nil {
		return nil, err
	}
	if req.Rules, err = chosenRules(c.Rule); err != nil {
		return nil, err
	}
	req.NoAssume = c.NoAssume
	if len(req.Prefixes) == 0 {
		return req, nil
	}
	return req, c.scope(req)
}

// base reads the series and puts it on its tree.
func (c *reviewCmd) base(ctx context.Context, req *check.Request, s streams) error {
	if c.staged || c.Git == "" && c.Tree == "" && len(c.Inputs) == 0 {
		return c.fromHere(ctx, req)
	}
	if c.placed != nil {
		return c.fromPlace(req)
	}
	if c.Git != "" {
		return c.fromGit(req, s)
	}
	if len(c.Inputs) == 0 {
		return errNothing
	}
	ser, err := load.Mails(c.Inputs, s.in)
	if err != nil {
		return err
	}
	c.material.Series = ser
	if c.Tree == "" {
		if c.Config != "" || c.Build != "" {
			return errors.New("--config and --build need a kernel: give --tree DIR or --git DIR")
		}
		load.Fragments(req, ser)
		return nil
	}
	base, err := load.Dir(req, c.Tree, ser.BaseCommit, c.reviews.Index(c.Tree))
	if err != nil {
		return err
	}
	c.material.Applied, err = load.Apply(req, ser, base)
	return err
}

// fromHere reviews what is staged in the repository that the working folder is
// in, or HEAD if nothing is and no commit is being made.
func (c *reviewCmd) fromHere(ctx context.Context, req *check.Request) error {
	index, err := gitcmd.Open(ctx, ".", os.Environ())
	switch {
	case errors.Is(err, gitcmd.ErrNoRepository) && !c.staged:
		return errNothing
	case errors.Is(err, gitcmd.ErrMissing):
		return fmt.Errorf("nothing to review: no patch mails are named, and %w", err)
	case err != nil:
		return err
	}
	repo, err := history.Open(index.Dir())
	if err != nil {
		return err
	}
	found := false
	if c.staged || !index.IsBare() {
		found, err = load.Staged(ctx, req, repo, index, c.message)
	}
	switch {
	case found || err != nil:
		return err
	case c.staged:
		return errNothingStaged
	}
	return load.Range(req, repo, "HEAD")
}

// fromGit reviews a range of the repository, or mails on top of it.
func (c *reviewCmd) fromGit(req *check.Request, s streams) error {
	// In a pre-receive hook the commits to review are in no repository yet.
	repo, err := history.OpenWith(c.Git, history.Quarantine(os.Getenv))
	if err != nil {
		return err
	}
	if len(c.Inputs) == 0 {
		return load.Range(req, repo, "HEAD")
	}
	if len(c.Inputs) == 1 && !isFile(c.Inputs[0]) {
		return load.Range(req, repo, c.Inputs[0])
	}
	ser, err := load.Mails(c.Inputs, s.in)
	if err != nil {
		return err
	}
	base, err := gitBase(req, repo, ser)
	if err != nil {
		return err
	}
	c.material.Series = ser
	c.material.Applied, err = load.Apply(req, ser, base)
	return err
}

// fromPlace reviews commits that mails are, or mails on top of commits.
func (c *reviewCmd) fromPlace(req *check.Request) error {
	repo, err := history.Open(c.Git)
	if err != nil {
		return err
	}
	if c.placed.Range != "" {
		return load.Range(req, repo, c.placed.Range)
	}
	ser, err := load.Mailed(c.placed.Mails)
	if err != nil {
		return err
	}
	base, err := treeAt(req, repo, c.placed.Base)
	if err != nil {
		return err
	}
	c.material.Series = ser
	c.material.Applied, err = load.Apply(req, ser, base)
	return err
}

// gitBase returns the tree of the series' base-commit, or of HEAD.
func gitBase(req *check.Request, repo *history.Repo, ser *series.Series) (tree.Tree, error) {
	rev := "HEAD"
	if h, err := history.ParseHash(ser.BaseCommit); err == nil && repo.HasCommit(h) {
		rev = ser.BaseCommit
	} else if ser.BaseCommit != "" {
		req.Notes = append(req.Notes, fmt.Sprintf("%s does not have the base-commit %s of the series: HEAD is taken", repo.Name(), ser.BaseCommit))
	}
	return treeAt(req, repo, rev)
}

// treeAt returns the tree of a revision, the base of what req is to review.
func treeAt(req *check.Request, repo *history.Repo, rev string) (tree.Tree, error) {
	hash, err := repo.Resolve(rev)
	if err != nil {
		return nil, err
	}
	t, err := repo.Tree(hash)
	if err != nil {
		return nil, err
	}
	if err := tree.Check(t, repo.Name()+" at "+rev); err != nil {
		return nil, err
	}
	req.Tree.Source, req.Tree.BaseCommit = repo.Name(), string(hash)
	req.Tree.KernelVersion, err = tree.Version(t)
	return t, err
}

func isFile(name string) bool {
	if name == load.Stdin {
		return true
	}
	_, err := os.Stat(name)
	return err == nil
}

// scope chooses architectures and configurations.
func (c *reviewCmd) scope(req *check.Request) error {
	if c.Build != "" {
		if c.Config != "" {
			return errors.New("--build brings its own .config; leave out --config")
		}
		return c.scopeBuild(req)
	}
	if c.Config != "" {
		cfg, err := explicitConfig(c.archs, c.Config, c.Arch)
		if err != nil {
			return err
		}
		req.Config, req.Archs = cfg, []*arch.Arch{cfg.Arch}
		return nil
	}
	return c.blame("arch", chooseArchs(req, c.archs, c.Arch))
}

func (c *reviewCmd) scopeBuild(req *check.Request) error {
	cfg, err := explicitConfig(c.archs, c.Build+"/.config", c.Arch)
	if err != nil {
		return err
	}
	built := tree.Embedded(os.DirFS(c.Build))
	if _, err := built.Stat("include/generated/autoconf.h"); err != nil {
		return fmt.Errorf("%s is no build folder: it has no include/generated/autoconf.h; run make O=%s prepare", c.Build, c.Build)
	}
	req.Config, req.Archs = cfg, []*arch.Arch{cfg.Arch}
	req.Generated = map[string]tree.Tree{cfg.Arch.Name: built}
	return nil
}

// configHeader is the comment that Kconfig puts over a .config.
var configHeader = regexp.MustCompile(`(?m)^# Linux/([a-z0-9_]+) `)

// explicitConfig reads a .config and finds out which architecture it is for.
func explicitConfig(known *arch.Set, name string, archs []string) (*check.ExplicitConfig, error) {
	data, err := readConfig(name)
	if err != nil {
		return nil, err
	}
	which := ""
	if m := configHeader.FindSubmatch(data); m != nil {
		which = string(m[1])
	}
	if len(archs) == 1 {
		which = archs[0]
	}
	if which == "" || len(archs) > 1 {
		return nil, fmt.Errorf("%s does not say which architecture it is for; give one with --arch", name)
	}
	a, err := namedArch(known, which)
	if err != nil {
		return nil, err
	}
	return &check.ExplicitConfig{Arch: a, Name: name, Data: data}, nil
}

// readConfig reads a .config and refuses what is none: what is found missing
// in it later would be laid to the kernel.
func readConfig(name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, fmt.Errorf("%s: the configuration cannot be read: %w; give a .config as make writes it", name, err)
	}
	lines, err := kconfig.ParseConfig(bytes.NewReader(data), name)
	var first *kconfig.Error
	if errors.As(err, &first) {
		return nil, fmt.Errorf("%w; give a .config as make writes it", first)
	}
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("%s: sets no symbol; give a .config as make writes it", name)
	}
	return data, nil
}

func chosenRules(names []string) ([]*check.Rule, error) {
	if len(names) == 0 {
		return rules.All(), nil
	}
	var list []*check.Rule
	for _, n := range names {
		r := rules.Named(n)
		if r == nil {
			return nil, unknownRule(n)
		}
		list = append(list, r)
	}
	return list, nil
}

func unknownRule(name string) error {
	var known []string
	for _, r := range rules.All() {
		known = append(known, r.Name)
	}
	return fmt.Errorf("there is no rule %q%s", name, near.Instead(name, known, "the rules are"))
}
