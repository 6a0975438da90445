// Package single finds where a single mail of a series belongs: checkers of
// patches are often given one mail after the other, without the series, while a
// patch means something only on top of those before it.
//
// A patch that is a commit already, by its subject or its patch-id, is looked
// at among the commits around it. Otherwise the patches before it are those of
// the mails at hand, less what is committed of them. Where some are missing
// there is no place: on a tree without them a patch would be blamed for what
// they bring.
//
// The package leaves out the review.
package single

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ptreview/cmd/ptreview/internal/gitcmd"
	"ptreview/cmd/ptreview/internal/load"
	"ptreview/parse/history"
	"ptreview/parse/mbox"
	"ptreview/parse/series"
)

// Place is where a mail belongs.
type Place struct {
	// Range are the commits that the series is, as "base..tip"; "" where it is
	// mails to be put on Base.
	Range string
	Base  string // a revision
	Mails []*mbox.Mail
	// Position is that of the mail among the patches of Range or Mails, from 1.
	Position int
}

// UnplacedError says why the series of a mail could not be put together.
type UnplacedError struct{ Reason string }

func (e *UnplacedError) Error() string { return e.Reason }

// Finder looks for places in a repository.
type Finder struct {
	Repo *history.Repo
	Git  *gitcmd.Repo
	// Tips are revisions whose history may have the patches, those that are to
	// be asked first in front. The last is what mails are put on that name no
	// base.
	Tips []string
}

// Find places the patch at position k, from 1, of the mails of one series that
// are at hand: all of those before it, if it has no commit, and any behind it.
// Errors: *UnplacedError, and what keeps the repository from being read.
func (f *Finder) Find(ctx context.Context, mails []*mbox.Mail, k int) (*Place, error) {
	chains, err := f.chains()
	if err != nil {
		return nil, err
	}
	p, err := read(mails[k-1])
	if err != nil {
		return nil, err
	}
	c, i, err := f.locate(ctx, chains, p)
	if err != nil {
		return nil, err
	}
	if c != nil {
		return c.around(i, p), nil
	}
	if p.N > k {
		return f.older(chains, p, &UnplacedError{fmt.Sprintf("the patches before %d/%d are not at hand, and it is no commit of %s; give all mails of the series to ptreview review", p.N, p.Total, f.Tips[len(f.Tips)-1])})
	}
	place, err := f.onTop(ctx, chains, mails, k)
	var unplaced *UnplacedError
	if errors.As(err, &unplaced) {
		return f.older(chains, p, unplaced)
	}
	return place, err
}

// locate returns the first chain with a commit that is the patch, and which of its
// commits; nil if there is none.
func (f *Finder) locate(ctx context.Context, chains []*chain, p *series.Patch) (*chain, int, error) {
	for _, c := range chains {
		i, err := f.commit(ctx, c, p)
		if err != nil {
			return nil, 0, err
		}
		if i >= 0 {
			return c, i, nil
		}
	}
	return nil, 0, nil
}

// read returns the patch of one mail.
func read(m *mbox.Mail) (*series.Patch, error) {
	s, err := load.Mailed([]*mbox.Mail{m})
	if err != nil {
		return nil, err
	}
	return s.Patches[0], nil
}

// onTop puts mails on the last commit that one before k is, or else on the base
// that they name, or on the last tip.
func (f *Finder) onTop(ctx context.Context, chains []*chain, mails []*mbox.Mail, k int) (*Place, error) {
	base, first := f.Tips[len(f.Tips)-1], 0
	for i := k - 2; i >= 0 && first == 0; i-- {
		p, err := read(mails[i])
		if err != nil {
			return nil, err
		}
		c, at, err := f.locate(ctx, chains, p)
		if err != nil {
			return nil, err
		}
		if c != nil {
			base, first = string(c.commits[at].Hash), i+1
		}
	}
	s, err := load.Mailed(mails[first:])
	if err != nil {
		return nil, err
	}
	if h, err := history.ParseHash(s.BaseCommit); first == 0 && err == nil && f.Repo.HasCommit(h) {
		base = string(h)
	}
	t, err := f.tree(base)
	if err != nil {
		return nil, err
	}
	applied, err := s.Prefixes(t)
	if n := len(applied) - 1; n < k-first {
		return nil, &UnplacedError{fmt.Sprintf("%v; tried on %s: check out what the series is made for", err, short(base))}
	} else if n < len(s.Patches) { // those behind it do not matter
		mails = mails[:k]
	}
	return &Place{Base: base, Mails: mails[first:], Position: k - first}, nil
}

// older puts a patch where an earlier version of it is a commit, by subject and
// author, and returns why if there is no such place.
func (f *Finder) older(chains []*chain, p *series.Patch, why *UnplacedError) (*Place, error) {
	for _, c := range chains {
		for i, commit := range c.commits {
			if !titled(commit, p) || !strings.EqualFold(commit.Author.Email, p.From.Addr) || !c.has(i+1) {
				continue
			}
			if p.N > 1 && !c.has(i+p.N-1) {
				continue
			}
			if applied, _, err := f.try(p, commit); err != nil {
				return nil, err
			} else if applied {
				return &Place{Base: string(commit.Parent), Mails: []*mbox.Mail{p.Mail}, Position: 1}, nil
			}
		}
	}
	return nil, why
}

// short abbreviates hashes.
func short(rev string) string {
	if h, err := history.ParseHash(rev); err == nil {
		return "commit " + string(h)[:12]
	}
	return rev
}
