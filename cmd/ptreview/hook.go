package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"ptreview/cmd/ptreview/internal/gitcmd"
	"ptreview/cmd/ptreview/internal/hook"
	"ptreview/cmd/ptreview/internal/report"
	"ptreview/parse/history"
	"ptreview/parse/tree"
)

type hookCmd struct {
	Install   hookInstallCmd   `cmd:"" help:"Make a hook of git that reviews what is committed or pushed."`
	Run       hookRunCmd       `cmd:"" help:"Review as a hook: git calls it."`
	Uninstall hookUninstallCmd `cmd:"" help:"Take the hooks away again."`
}

// hookPlace says which hooks are meant.
type hookPlace struct {
	Git  string   `help:"The repository (default: that of the working folder)." placeholder:"DIR" default:"."`
	Kind []string `help:"pre-commit, commit-msg, pre-applypatch, post-applypatch, pre-push, pre-receive, update, sendemail-validate." placeholder:"NAME"`
}

// kinds returns the hooks that are named, or those that stand for none.
func (p *hookPlace) kinds(none []hook.Kind) ([]hook.Kind, error) {
	if len(p.Kind) == 0 {
		return none, nil
	}
	var list []hook.Kind
	for _, name := range p.Kind {
		k, err := hook.Named(name)
		if err != nil {
			return nil, err
		}
		list = append(list, k)
	}
	return list, nil
}

type hookInstallCmd struct {
	hookPlace
	Chain  bool    `help:"Keep a hook of somebody else, and run it first." xor:"foreign"`
	Force  bool    `help:"Replace a hook of somebody else." xor:"foreign"`
	FailOn *string `help:"Least severity that stops git: ${enum} (default: what the configuration says, else error)." enum:"error,warning,note"`
}

// Help is shown by ptreview hook install --help.
func (*hookInstallCmd) Help() string {
	return `Examples:
  ptreview hook install               (pre-commit; pre-receive in a bare
                                       repository)
  ptreview hook install --kind pre-push --fail-on warning
  ptreview hook install --kind pre-commit --chain

The folder of the hooks is the one git uses: core.hooksPath is respected, and
linked worktrees share the one of their repository.`
}

func (c *hookInstallCmd) Run(ctx context.Context, s streams) error {
	g, err := gitcmd.Open(ctx, c.Git, os.Environ())
	if err != nil {
		return err
	}
	name := "pre-commit"
	if g.IsBare() {
		name = "pre-receive"
	}
	usual, err := hook.Named(name)
	if err != nil {
		return err
	}
	kinds, err := c.kinds([]hook.Kind{usual})
	if err != nil {
		return err
	}
	folder, err := g.Path(ctx, "hooks")
	if err != nil {
		return err
	}
	program, err := ownPath()
	if err != nil {
		return err
	}
	for _, k := range kinds {
		file, err := hook.Install(folder, k, hook.Script(k, program, c.options()), c.foreign())
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "installed %s\n", file)
	}
	return nil
}

// options are what the script gives hook run. What is not asked for is left to
// the configuration that is there when the hook runs.
func (c *hookInstallCmd) options() []string {
	if c.FailOn == nil {
		return nil
	}
	return []string{"--fail-on=" + *c.FailOn}
}

func (c *hookInstallCmd) foreign() hook.Foreign {
	switch {
	case c.Chain:
		return hook.Chain
	case c.Force:
		return hook.Replace
	}
	return hook.Refuse
}

// ownPath is the program as it was called: a link to it outlives the version
// that it leads to.
func ownPath() (string, error) {
	name, err := exec.LookPath(os.Args[0])
	if err != nil {
		return os.Executable()
	}
	return filepath.Abs(name)
}

type hookUninstallCmd struct{ hookPlace }

// Help is shown by ptreview hook uninstall --help.
func (*hookUninstallCmd) Help() string {
	return `Takes away hooks that ptreview wrote, all or those of --kind, and puts back the
ones that --chain kept. A hook of somebody else is left alone.

Examples:
  ptreview hook uninstall
  ptreview hook uninstall --kind pre-push --git linux/`
}

func (c *hookUninstallCmd) Run(ctx context.Context, s streams) error {
	kinds, err := c.kinds(hook.Kinds())
	if err != nil {
		return err
	}
	g, err := gitcmd.Open(ctx, c.Git, os.Environ())
	if err != nil {
		return err
	}
	folder, err := g.Path(ctx, "hooks")
	if err != nil {
		return err
	}
	found := false
	for _, k := range kinds {
		file, removed, err := hook.Uninstall(folder, k)
		if err != nil {
			return err
		}
		if removed {
			fmt.Fprintf(s.out, "removed %s\n", file)
		}
		found = found || removed
	}
	if !found {
		fmt.Fprintf(s.out, "%s has no hook of ptreview\n", folder)
	}
	return nil
}

type hookRunCmd struct {
	Kind   string   `arg:"" help:"Which hook this is."`
	Args   []string `arg:"" optional:"" help:"What git gives the hook."`
	FailOn string   `help:"Least severity that stops git: ${enum}." enum:"error,warning,note" default:"error"`
	unattendedFlags
}

// Help is shown by ptreview hook run --help.
func (*hookRunCmd) Help() string {
	return `What an installed hook calls. A hook of your own may do so too; behind -- stands
what git gave it.

Examples:
  exec ptreview hook run pre-commit --fail-on warning -- "$@"`
}

// Run reviews, and stops git only for what it found: what cannot be reviewed
// is said, and passes.
func (c *hookRunCmd) Run(ctx context.Context, s streams) error {
	k, err := hook.Named(c.Kind)
	if err != nil {
		return err
	}
	s.out = s.err // what git shows of a hook
	if err := c.levels.err(); err != nil {
		return pass(s, err)
	}
	switch k.Reviews {
	case hook.Pushed:
		return c.pushed(ctx, s, k)
	case hook.Head:
		r := c.review(k)
		r.Git, r.Inputs = hookedRepo(), []string{"HEAD"}
		_, err := judge(ctx, s, r)
		return err
	case hook.Mail:
		return c.mail(ctx, s, k)
	}
	return c.index(ctx, s, k)
}

// review returns a review as the flags of the hook want it. A tree says nothing
// of its form, and nothing at all where it is received: there the receiving
// side's own configuration counts.
func (c *hookRunCmd) review(k hook.Kind) *reviewCmd {
	r := c.unattendedFlags.review("format")
	r.FailOn, r.Format, r.brief, r.noTreeConfig = c.FailOn, "text", true, k.Receives
	return r
}

// index reviews what is about to be committed.
func (c *hookRunCmd) index(ctx context.Context, s streams, k hook.Kind) error {
	r := c.review(k)
	r.staged = true
	if k.Name == "commit-msg" {
		if len(c.Args) != 1 {
			return errors.New("the hook commit-msg gets the file of a message; git calls it")
		}
		text, err := os.ReadFile(c.Args[0])
		if err != nil {
			return err
		}
		r.message = hook.Message(string(text))
	}
	g, err := gitcmd.Open(ctx, ".", os.Environ())
	if err != nil {
		return pass(s, err)
	}
	if g.IsMerging(ctx) {
		return pass(s, errors.New("a merge is not reviewed, the commits that it brings are"))
	}
	_, err = judge(ctx, s, r)
	return err
}

// pushed reviews the commits of a push, one line of them after the other.
func (c *hookRunCmd) pushed(ctx context.Context, s streams, k hook.Kind) error {
	g, err := gitcmd.Open(ctx, ".", os.Environ())
	if err != nil {
		return pass(s, err)
	}
	updates, ok, err := preCommit(ctx, g, k)
	if err != nil {
		return pass(s, err)
	}
	if !ok {
		if updates, err = hook.Updates(k, c.Args, s.in); err != nil {
			return err
		}
	}
	if reason, asked := hook.Skip(os.Getenv); asked {
		skip, note := maySkip(ctx, g, reason)
		hookNote(s, note)
		if skip {
			return nil
		}
	}
	repo, err := history.OpenWith(g.Dir(), history.Quarantine(os.Getenv))
	if err != nil {
		return pass(s, err)
	}
	defer repo.Close()
	var worst error
	for _, u := range updates {
		ranges, notes, err := hook.Ranges(ctx, g, repo, u, hook.Others(k, c.Args))
		if err != nil {
			notes = append(notes, err.Error())
		}
		for _, n := range notes {
			hookNote(s, n)
		}
		for _, spec := range ranges {
			r := c.review(k)
			r.Git, r.Inputs = g.Dir(), []string{spec}
			kernel, err := judge(ctx, s, r)
			if !kernel || ctx.Err() != nil {
				return err
			}
			worst = errors.Join(worst, err)
		}
	}
	return worst
}

// preCommit returns the commits that pre-commit names, if it runs the hook; by
// any name that git knows, when a user calls it.
func preCommit(ctx context.Context, g *gitcmd.Repo, k hook.Kind) ([]hook.Update, bool, error) {
	if k.Name != "pre-push" {
		return nil, false, nil
	}
	list, ok, err := hook.PreCommit(os.Getenv)
	for i := range list {
		for _, rev := range []*string{&list[i].Old, &list[i].New} {
			if *rev, err = g.Commit(ctx, *rev); err != nil {
				return nil, ok, err
			}
		}
	}
	return list, ok, err
}

// maySkip says whether a push goes unreviewed because it asks for that, and
// what the user is told. Only the receiving side's own configuration may allow
// it.
func maySkip(ctx context.Context, g *gitcmd.Repo, reason string) (skip bool, note string) {
	switch {
	case !g.IsSet(ctx, "ptreview.allowSkip"):
		return false, "ptreview.skip is not allowed here (ptreview.allowSkip in the configuration of this repository)"
	case reason == "":
		return false, "ptreview.skip needs a reason: git push -o ptreview.skip=REASON"
	}
	return true, "nothing was reviewed, as asked: " + reason
}

// judge makes one review and returns an error only where git shall stop:
// findings, or an interruption. kernel is false if the repository holds none.
func judge(ctx context.Context, s streams, r *reviewCmd) (kernel bool, err error) {
	err = r.Run(ctx, s)
	var status *statusError
	var foreign *tree.NotKernelError
	switch {
	case err == nil || errors.Is(err, errNothingStaged):
		return true, nil
	case errors.As(err, &status) && (status.status == exitFindings || ctx.Err() != nil):
		return true, err
	case errors.As(err, &status) && status.err == nil:
		return true, nil // the report says what was not run
	}
	return !errors.As(err, &foreign), pass(s, err)
}

// pass lets git go on and says why nothing was reviewed.
func pass(s streams, why error) error {
	hookNote(s, "nothing reviewed: "+why.Error())
	return nil
}

// hookNote prints one line; names of references and reasons come from outside.
func hookNote(s streams, text string) {
	fmt.Fprintf(s.err, "ptreview: %s\n", report.Clean(strings.ReplaceAll(text, "\n", "; ")))
}

// hookedRepo is the repository that git runs a hook in.
func hookedRepo() string {
	if dir := os.Getenv("GIT_DIR"); dir != "" {
		return dir
	}
	return "."
}
