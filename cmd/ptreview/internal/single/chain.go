package single

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"ptreview/cmd/ptreview/internal/load"
	"ptreview/parse/history"
	"ptreview/parse/mbox"
	"ptreview/parse/series"
	"ptreview/parse/tree"
)

const (
	// depth is how many commits below a tip are compared by subject.
	depth = 1000
	// reworded is how many of them are compared by patch-id where none has the
	// subject.
	reworded = 64
)

// chain is a line of commits, each the first parent of the one before.
type chain struct {
	tip     string
	commits []*history.Commit
}

// chains reads what is below the tips. What a shallow clone has not is not there.
func (f *Finder) chains() ([]*chain, error) {
	var list []*chain
	for _, tip := range f.Tips {
		h, err := f.Repo.Resolve(tip)
		if err != nil {
			return nil, err
		}
		c := &chain{tip: string(h)}
		for h != "" && len(c.commits) < depth {
			commit, err := f.Repo.Commit(h)
			if errors.Is(err, history.ErrIncomplete) && len(c.commits) > 0 {
				break
			}
			if err != nil {
				return nil, err
			}
			c.commits = append(c.commits, commit)
			h = commit.Parent
		}
		list = append(list, c)
	}
	return list, nil
}

// has reports whether the commit i below the tip is there and no merge.
func (c *chain) has(i int) bool {
	return i < len(c.commits) && !c.commits[i].IsMerge()
}

// around returns the commits that are the series of the patch at i, as far as
// its n/m and the line of commits go.
func (c *chain) around(i int, p *series.Patch) *Place {
	first, last := i, i
	for n := p.N; n > 1 && c.has(first+1) && c.commits[first+1].Parent != ""; n-- {
		first++
	}
	for n := p.N; n > 0 && n < p.Total && last > 0 && c.has(last-1); n++ {
		last--
	}
	return &Place{
		Range:    string(c.commits[first].Parent) + ".." + string(c.commits[last].Hash),
		Position: first - i + 1,
	}
}

// commit returns which commit of a chain makes the change of a patch, -1 if none
// does. Those of its subject are asked first, and by what they change, since
// the patch-id of the same change depends on how the two were compared.
func (f *Finder) commit(ctx context.Context, c *chain, p *series.Patch) (int, error) {
	for i, commit := range c.commits {
		if !titled(commit, p) || commit.IsMerge() || commit.Parent == "" {
			continue
		}
		_, same, err := f.try(p, commit)
		if same || err != nil {
			return i, err
		}
	}
	return f.reworded(ctx, c, p)
}

// reworded finds a commit by patch-id. Where git cannot compute those, as in a
// partial clone, there is none.
func (f *Finder) reworded(ctx context.Context, c *chain, p *series.Patch) (int, error) {
	want, err := f.Git.PatchID(ctx, p.Mail.Body)
	if want == "" || err != nil {
		return -1, ctx.Err()
	}
	ids, err := f.Git.PatchIDs(ctx, c.tip, reworded)
	if err != nil {
		return -1, ctx.Err()
	}
	return slices.IndexFunc(c.commits, func(c *history.Commit) bool {
		return ids[string(c.Hash)] == want && !c.IsMerge() && c.Parent != ""
	}), nil
}

// titled reports whether a commit has the subject of a patch.
func titled(c *history.Commit, p *series.Patch) bool {
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return p.Title != "" && words(mbox.ParseSubject(c.Subject).Title) == words(p.Title)
}

func (f *Finder) tree(rev string) (tree.Tree, error) {
	h, err := f.Repo.Resolve(rev)
	if err != nil {
		return nil, err
	}
	return f.Repo.Tree(h)
}

// try applies a patch to what was before a commit, and reports whether that
// goes, and whether it makes what the commit made.
func (f *Finder) try(p *series.Patch, c *history.Commit) (applied, same bool, err error) {
	before, err := f.Repo.Tree(c.Parent)
	if errors.Is(err, history.ErrIncomplete) {
		return false, false, nil // where a shallow clone ends
	}
	if err != nil {
		return false, false, err
	}
	after, err := f.Repo.Tree(c.Hash)
	if err != nil {
		return false, false, err
	}
	s, err := load.Mailed([]*mbox.Mail{p.Mail})
	if err != nil {
		return false, false, err
	}
	prefixes, err := s.Prefixes(before)
	if err != nil {
		return false, false, nil // it does not apply there
	}
	changes, _, err := f.Repo.CommitChanges(c)
	if err != nil {
		return false, false, err
	}
	made := prefixes[1]
	for _, ch := range changes {
		if same, err := equal(made.Tree, after, ch.Path); !same || err != nil {
			return true, false, err
		}
	}
	for _, ch := range made.Result.Changes {
		if same, err := equal(made.Tree, after, ch.Path); !same || err != nil {
			return true, false, err
		}
	}
	return true, true, nil
}

// equal reports whether two trees have the same at a path.
func equal(a, b tree.Tree, path string) (bool, error) {
	one, errA := content(a, path)
	other, errB := content(b, path)
	return bytes.Equal(one, other) && (one == nil) == (other == nil), errors.Join(errA, errB)
}

// content returns a file, nil if there is none.
func content(t tree.Tree, path string) ([]byte, error) {
	data, err := t.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if data == nil && err == nil {
		data = []byte{}
	}
	return data, err
}
