package load

import (
	"context"
	"fmt"
	"io/fs"

	"ptreview/cmd/ptreview/internal/gitcmd"
	"ptreview/parse/history"
	"ptreview/parse/tree"
	"ptreview/rules/check"
)

// Staged puts what is staged into req, as one patch on HEAD, and reports
// whether anything is. message is what the commit will say, "" if that is not
// known. index is the same repository as repo.
func Staged(ctx context.Context, req *check.Request, repo *history.Repo, index *gitcmd.Repo, message string) (bool, error) {
	head, err := repo.Resolve("HEAD")
	if err != nil {
		return false, err
	}
	base, err := repo.Tree(head)
	if err != nil {
		return false, err
	}
	if err := tree.Check(base, repo.Name()+" at HEAD"); err != nil {
		return false, err
	}
	staged, err := index.Staged(ctx)
	if len(staged) == 0 || err != nil {
		return false, err
	}
	p, err := stagedPrefix(req, repo, base, staged)
	if err != nil {
		return false, err
	}
	req.Series = check.SeriesInfo{
		Subject: "staged changes", Version: 1,
		Patches: []check.PatchInfo{{N: 1, Subject: "staged changes", Message: message}},
	}
	req.Prefixes = []check.Prefix{{Tree: base}, p}
	req.Tree.Source, req.Tree.BaseCommit = repo.Name(), string(head)
	return true, version(req, base, repo.Name())
}

// stagedPrefix puts the staged files over the tree of HEAD.
func stagedPrefix(req *check.Request, repo *history.Repo, base tree.Tree, staged []gitcmd.Staged) (check.Prefix, error) {
	var p check.Prefix
	files := make(map[string]tree.File)
	for _, s := range staged {
		if isSubmodule(s.OldMode) || isSubmodule(s.NewMode) {
			req.Notes = append(req.Notes, s.Path+" is a submodule and was skipped")
			continue
		}
		f, err := stagedFile(repo, s)
		if err != nil {
			return p, err
		}
		files[s.Path] = f
		lines, err := repo.Lines(history.Change{
			Path: s.Path, OldHash: history.Hash(s.OldHash), NewHash: history.Hash(s.NewHash),
			OldMode: history.Mode(s.OldMode), NewMode: history.Mode(s.NewMode),
		})
		if err != nil {
			return p, err
		}
		p.Changed = append(p.Changed, changedFile(s, lines))
	}
	over := tree.NewOverlayFiles(base, files)
	p.Tree = over
	return p, over.Check()
}

func isSubmodule(mode uint32) bool { return history.Mode(mode) == history.ModeSubmodule }

func stagedFile(repo *history.Repo, s gitcmd.Staged) (tree.File, error) {
	if s.NewHash == "" {
		return tree.File{Deleted: true}, nil
	}
	content, err := repo.ReadBlob(history.Hash(s.NewHash))
	if err != nil {
		return tree.File{}, fmt.Errorf("%s: %w", s.Path, err)
	}
	f := tree.File{Content: content, Mode: fs.FileMode(s.NewMode & 0o777)}
	if history.Mode(s.NewMode) == history.ModeSymlink {
		f.Mode = fs.ModeSymlink | 0o777
	}
	return f, nil
}

func changedFile(s gitcmd.Staged, lines *history.LineDiff) check.ChangedFile {
	f := check.ChangedFile{Path: s.Path, Old: s.Path, Added: lines.Added, Removed: lines.Removed}
	if s.OldHash == "" {
		f.Old = ""
	}
	if s.NewHash == "" {
		f.Path = ""
	}
	return f
}
