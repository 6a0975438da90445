package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"ptreview/cmd/ptreview/internal/gitcmd"
	"ptreview/cmd/ptreview/internal/load"
	"ptreview/cmd/ptreview/internal/report"
	"ptreview/cmd/ptreview/internal/single"
	"ptreview/parse/history"
	"ptreview/parse/mbox"
	"ptreview/parse/patch"
	"ptreview/parse/series"
	"ptreview/parse/tree"
	"ptreview/rules/check"
)

type b4Cmd struct {
	Git    string `help:"The kernel repository (default: that of the working folder)." placeholder:"DIR" default:"."`
	JSON   bool   `name:"json" help:"Answer as b4 review wants it, in JSON."`
	Series bool   `help:"Review the whole series of the mail, which may be its cover letter."`
	unattendedFlags
}

// Help is shown by ptreview b4 --help.
func (*b4Cmd) Help() string {
	return `b4 gives a check command one mail on standard input. The patch is reviewed with
its series: the commits around it, if it is in the log of HEAD, else the mails of
its thread that this command was given before, on their base-commit or HEAD.
Nothing is printed for a patch that is clean. One that could not be reviewed, or
not all of it, gets a WARNING.

Examples:
  git config b4.prep-perpatch-check-cmd 'ptreview b4'     (b4 prep --check)
  git config b4.am-perpatch-check-cmd 'ptreview b4'       (b4 am --check)
  git config b4.review-perpatch-check-cmd 'ptreview b4 --json'
  git config b4.review-series-check-cmd 'ptreview b4 --json --series'`
}

// Run reviews the mail on standard input. What is wrong with it, or with how the
// command is used, is an error, which b4 shows as a failure. What keeps a good
// mail from being reviewed is an answer.
func (c *b4Cmd) Run(ctx context.Context, s streams) error {
	text, err := stdinMail(s.in)
	if err != nil {
		return err
	}
	m, p, err := oneMail(text, "standard input")
	if err != nil {
		return err
	}
	if p == nil && !c.Series {
		return fmt.Errorf("%s is a cover letter, not a patch; --series reviews its series", m.File)
	}
	g, err := gitcmd.Open(ctx, c.Git, os.Environ())
	if err != nil {
		return err
	}
	repo, err := history.Open(g.Dir())
	if err != nil {
		return err
	}
	defer repo.Close()
	place, err := c.place(ctx, g, repo, b4Mail{m, p, text})
	if err != nil {
		return c.unplaced(ctx, s, err)
	}
	return c.judge(ctx, s, g.Dir(), place)
}

// stdinMail reads a mail, which somebody has to send.
func stdinMail(r io.Reader) ([]byte, error) {
	if isTerminal(r) {
		return nil, errors.New("b4 runs this with a patch mail on standard input; see ptreview b4 --help")
	}
	text, err := io.ReadAll(io.LimitReader(r, mbox.MaxInput+1))
	if err != nil {
		return nil, fmt.Errorf("standard input cannot be read: %w; b4 gives a patch mail there", err)
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, errors.New("standard input is empty; b4 gives a patch mail there")
	}
	return text, nil
}

// oneMail reads a text that is one patch, or a cover letter, for which p is nil.
// name is that of the input.
func oneMail(text []byte, name string) (m *mbox.Mail, p *series.Patch, err error) {
	list, err := mbox.ParseBytes(text, name)
	if err != nil {
		return nil, nil, err
	}
	if len(list) != 1 {
		return nil, nil, fmt.Errorf("%s holds %d mails; give one, or all of a series to ptreview review", name, len(list))
	}
	m = list[0]
	if letter, err := patch.FromMail(m); err == nil && letter.Kind == patch.Cover {
		return m, nil, nil
	}
	s, err := load.Mailed(list)
	if err != nil {
		return nil, nil, err
	}
	return m, s.Patches[0], nil
}

// b4Mail is the mail that b4 gives; patch is nil for a cover letter.
type b4Mail struct {
	mail  *mbox.Mail
	patch *series.Patch
	text  []byte
}

// place finds the commits or mails to review.
func (c *b4Cmd) place(ctx context.Context, g *gitcmd.Repo, repo *history.Repo, m b4Mail) (*single.Place, error) {
	if err := kernelAt(repo, "HEAD"); err != nil {
		return nil, err
	}
	tracked, err := readTracking(os.Getenv("B4_TRACKING_FILE"), repo)
	if err != nil {
		return nil, err
	}
	if c.Series && tracked != nil {
		return &single.Place{Range: tracked.commits}, nil
	}
	f := &single.Finder{Repo: repo, Git: g, Tips: []string{"HEAD"}}
	if tracked != nil {
		f.Tips = []string{tracked.tip, "HEAD"}
	}
	mails, err := c.mails(m)
	if err != nil {
		return nil, err
	}
	return f.Find(ctx, mails, len(mails))
}

// mails returns those of the series up to the one to review, as far as they are
// at hand, or all of it.
func (c *b4Cmd) mails(m b4Mail) ([]*mbox.Mail, error) {
	store, err := c.open()
	if err != nil {
		store = nil // without a cache the log of HEAD has to do
	}
	t := thread{store, m}
	t.keep()
	if c.Series {
		return t.all()
	}
	return append(t.before(), m.mail), nil
}

// kernelAt checks that a commit is one of a kernel.
func kernelAt(repo *history.Repo, rev string) error {
	h, err := repo.Resolve(rev)
	if err != nil {
		return err
	}
	t, err := repo.Tree(h)
	if err != nil {
		return err
	}
	return tree.Check(t, repo.Name()+" at "+rev)
}

// unplaced answers for a mail without a place.
func (c *b4Cmd) unplaced(ctx context.Context, s streams, err error) error {
	var unplaced *single.UnplacedError
	var foreign *tree.NotKernelError
	switch {
	case ctx.Err() != nil:
		return err
	case errors.As(err, &foreign):
		err = fmt.Errorf("%s is no commit of a kernel: %s", foreign.Name, foreign.Reason)
	case !errors.As(err, &unplaced):
		return err
	}
	if c.JSON {
		err = report.NotChecked(s.out, c.tool(), err.Error())
	} else {
		err = report.NotReviewed(s.out, err.Error())
	}
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return &statusError{status: exitIncomplete}
}

// tool is the head of the column in b4's table. A series and its first patch may
// share a row.
func (c *b4Cmd) tool() string {
	if c.Series {
		return "ptreview-series"
	}
	return "ptreview"
}

// judge reviews and answers.
func (c *b4Cmd) judge(ctx context.Context, s streams, dir string, place *single.Place) error {
	r := c.review("fail-on", "format") // what b4 takes for a failure is not to be set
	r.Git, r.placed, r.FailOn = dir, place, string(check.Error)
	if !c.Series {
		r.of = place.Position
	}
	// Whatever is said on stderr is a failure of the patch in b4; that a review
	// cannot be kept is none.
	quiet := s
	quiet.err = io.Discard
	m, err := r.report(ctx, quiet)
	if err != nil {
		return err
	}
	if c.JSON {
		err = report.CheckResult(s.out, m, c.tool())
	} else {
		err = report.PatchCheck(s.out, m)
	}
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return r.status(m.Report)
}

// report reviews and returns what a report is written from.
func (c *reviewCmd) report(ctx context.Context, s streams) (*report.Material, error) {
	c.reviews = c.reviewer(s)
	req, err := c.request(ctx, s)
	if err != nil {
		return nil, err
	}
	if _, err := c.judge(ctx, s, req, newProgress(s.err)); err != nil {
		return nil, err
	}
	return &c.material, nil
}
