package hook

import (
	"context"
	"fmt"

	"ptreview/cmd/ptreview/internal/gitcmd"
	"ptreview/parse/history"
)

// Limit is how many commits of one reference are reviewed at most: a push of a
// whole release is no series.
const Limit = 200

// Ranges returns the ranges "base..tip" that together are the new commits of an
// update, each a single line of commits, and what is not among them, in
// sentences. A reference that is taken away has none. others are the revisions,
// as rev-list takes them, whose commits are not new where the reference is, or
// where its old value was never fetched: see Others.
func Ranges(ctx context.Context, g *gitcmd.Repo, repo *history.Repo, u Update, others string) (ranges, notes []string, err error) {
	if u.New == "" {
		return nil, nil, nil
	}
	hashes, err := g.Commits(ctx, Limit, u.New, known(ctx, g, u, others))
	if err != nil {
		return nil, nil, err
	}
	switch {
	case len(hashes) == 0:
		return nil, []string{u.Ref + " brings no new commit to review"}, nil
	case len(hashes) > Limit:
		return nil, []string{fmt.Sprintf("%s brings more than %d commits, which are not reviewed", u.Ref, Limit)}, nil
	}
	return lines(repo, hashes)
}

func known(ctx context.Context, g *gitcmd.Repo, u Update, others string) string {
	if u.Old != "" && g.Has(ctx, u.Old) {
		return u.Old
	}
	return others
}

// Others returns what the other references of the receiving side are called:
// its own, or before a push is sent those that were fetched from the remote
// that args name first, from any if it has no name but its address.
func Others(k Kind, args []string) string {
	switch {
	case k.Name != "pre-push":
		return "--all"
	case len(args) == 2 && args[0] != args[1]:
		return "--remotes=" + args[0]
	}
	return "--remotes"
}

// lines cuts commits where one is not the child of the one before.
func lines(repo *history.Repo, hashes []string) (ranges, notes []string, err error) {
	base, tip := "", ""
	end := func() {
		if base != tip {
			ranges = append(ranges, base+".."+tip)
		}
	}
	for _, text := range hashes {
		c, err := repo.Commit(history.Hash(text))
		if err != nil {
			return nil, nil, err
		}
		parent := string(c.Parent)
		if parent == "" {
			notes = append(notes, fmt.Sprintf("commit %.12s is the first of a history and has nothing to be compared with", text))
			parent = text
		}
		if parent != tip {
			end()
			base = parent
		}
		tip = text
	}
	end()
	return ranges, notes, nil
}
