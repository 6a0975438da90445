package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"ptreview/cmd/ptreview/internal/gitcmd"
	"ptreview/cmd/ptreview/internal/hook"
	"ptreview/cmd/ptreview/internal/single"
	"ptreview/parse/history"
)

// mail reviews a mail that git send-email is about to send, with its series: the
// commits around it, or the files beside it.
func (c *hookRunCmd) mail(ctx context.Context, s streams, k hook.Kind) error {
	if len(c.Args) == 0 {
		return errors.New("the hook sendemail-validate gets the file of a mail; git calls it")
	}
	file := c.Args[0] // a second one has the header that git will send
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	m, p, err := oneMail(text, file)
	if err != nil {
		return pass(s, err)
	}
	if p == nil {
		return nil // the cover letter
	}
	g, err := gitcmd.Open(ctx, ".", os.Environ())
	if err != nil {
		return pass(s, err)
	}
	repo, err := history.Open(g.Dir())
	if err != nil {
		return pass(s, err)
	}
	defer repo.Close()
	if err := kernelAt(repo, "HEAD"); err != nil {
		return pass(s, err)
	}
	mails, at, err := hook.Beside(file, m)
	if err != nil {
		return pass(s, err)
	}
	f := &single.Finder{Repo: repo, Git: g, Tips: []string{"HEAD"}}
	r := c.review(k)
	r.Git = g.Dir()
	if r.placed, err = f.Find(ctx, mails, at); err != nil {
		if ctx.Err() != nil {
			return errInterrupted
		}
		return pass(s, fmt.Errorf("%s: %w", p.Subject, err))
	}
	r.of = r.placed.Position
	_, err = judge(ctx, s, r)
	return err
}
