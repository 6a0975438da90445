package load

import (
	"fmt"

	"ptreview/parse/history"
	"ptreview/parse/tree"
	"ptreview/rules/check"
)

// Range puts the commits of a revision range into req: each is one patch, its
// tree the prefix.
func Range(req *check.Request, repo *history.Repo, spec string) error {
	rng, err := repo.Range(spec)
	if err != nil {
		return err
	}
	if !rng.Linear {
		return fmt.Errorf("%s: %s is no single line of commits, so that \"before\" and \"after\" mean nothing for the whole; review one side of the merge at a time", repo.Name(), spec)
	}
	req.Notes = append(req.Notes, rng.Notes...)
	req.Series = check.SeriesInfo{Subject: spec, Version: 1}
	if len(rng.Commits) == 1 {
		req.Series.Subject = rng.Commits[0].Subject
	}
	base, err := baseOf(repo, rng)
	if err != nil {
		return err
	}
	req.Prefixes = []check.Prefix{{Tree: base}}
	req.Tree.Source, req.Tree.BaseCommit = repo.Name(), string(rng.Base)
	for i, c := range rng.Commits {
		req.Series.Patches = append(req.Series.Patches, check.PatchInfo{N: i + 1, Subject: c.Subject, Commit: string(c.Hash), Message: c.Message})
		p, err := commitPrefix(req, repo, c)
		if err != nil {
			return err
		}
		req.Prefixes = append(req.Prefixes, p)
	}
	return version(req, base, repo.Name())
}

func baseOf(repo *history.Repo, rng *history.Range) (tree.Tree, error) {
	if rng.Base == "" {
		return nil, &history.RevisionError{Repo: repo.Name(), Rev: string(rng.Head), Reason: "the first commit of a history has nothing to be compared with"}
	}
	t, err := repo.Tree(rng.Base)
	if err != nil {
		return nil, err
	}
	return t, tree.Check(t, repo.Name()+" at "+string(rng.Base))
}

func commitPrefix(req *check.Request, repo *history.Repo, c *history.Commit) (check.Prefix, error) {
	t, err := repo.Tree(c.Hash)
	if err != nil {
		return check.Prefix{}, err
	}
	p := check.Prefix{Tree: t}
	changes, notes, err := repo.CommitChanges(c)
	if err != nil {
		return p, err
	}
	req.Notes = append(req.Notes, notes...)
	for _, ch := range changes {
		lines, err := repo.Lines(ch)
		if err != nil {
			return p, err
		}
		f := check.ChangedFile{Path: ch.Path, Old: ch.Path, Added: lines.Added, Removed: lines.Removed}
		if ch.IsAdded() {
			f.Old = ""
		}
		if ch.IsDeleted() {
			f.Path = ""
		}
		p.Changed = append(p.Changed, f)
	}
	return p, nil
}

// version fills in which kernel the base is.
func version(req *check.Request, base tree.Tree, name string) error {
	v, err := tree.Version(base)
	if err != nil {
		return err
	}
	req.Tree.KernelVersion = v
	if req.Tree.Source == "" {
		req.Tree.Source = name
	}
	return nil
}

// Dir opens a folder as the base. When it is a git repository that has the
// commit a series names as its base, the tree of that commit is taken instead.
// known, which may be nil, is what is known of the files in the folder.
func Dir(req *check.Request, dir, baseCommit string, known *tree.Index) (tree.Tree, error) {
	folder, err := tree.Open(dir)
	if err != nil {
		return nil, err
	}
	folder.UseIndex(known)
	base := tree.Cached(folder)
	req.Tree.Source = dir
	if baseCommit == "" {
		return base, version(req, base, dir)
	}
	at, err := commitTree(req, dir, baseCommit)
	if err != nil {
		return nil, err
	}
	if at == nil {
		req.Notes = append(req.Notes, fmt.Sprintf("the series names base-commit %s, which %s does not have: the files as they are in the folder are taken", baseCommit, dir))
		return base, version(req, base, dir)
	}
	return at, version(req, at, dir)
}

func commitTree(req *check.Request, dir, commit string) (tree.Tree, error) {
	hash, err := history.ParseHash(commit)
	if err != nil {
		return nil, nil // a trailer that is no hash names nothing
	}
	repo, err := history.Open(dir)
	if err != nil {
		return nil, nil // a folder without git
	}
	if !repo.HasCommit(hash) {
		return nil, nil
	}
	t, err := repo.Tree(hash)
	if err != nil {
		return nil, err
	}
	req.Tree.BaseCommit = commit
	return t, nil
}
