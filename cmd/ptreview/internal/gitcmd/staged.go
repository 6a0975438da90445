package gitcmd

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Staged is a file that differs between HEAD and the index.
type Staged struct {
	Path             string
	OldMode, NewMode uint32 // as git writes modes; 0 where the file is not there
	OldHash, NewHash string // "" where the file is not there
}

// Staged returns what is staged, sorted by path as git does. Nothing is
// written: git has put the content of staged files among its objects before.
// Files of which only the intent to add them is staged are left out.
func (r *Repo) Staged(ctx context.Context) ([]Staged, error) {
	out, err := r.run(ctx, "diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-ext-diff", "--no-abbrev", "--ita-invisible-in-index", "HEAD", "--")
	if err != nil {
		return nil, err
	}
	fields := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	var list []Staged
	for len(fields) > 1 {
		s, err := parseStaged(fields[0], fields[1])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.dir, err)
		}
		list, fields = append(list, s), fields[2:]
	}
	return list, nil
}

// parseStaged reads ":100644 100755 <hash> <hash> M" and a path.
// Source: Documentation/diff-format.txt, git 2.39.
func parseStaged(line, path string) (Staged, error) {
	words := strings.Fields(strings.TrimPrefix(line, ":"))
	if len(words) != 5 {
		return Staged{}, fmt.Errorf("git diff-index says %q", line)
	}
	if words[4] == "U" {
		return Staged{}, fmt.Errorf("%s is not merged; resolve it first", path)
	}
	s := Staged{Path: path, OldHash: object(words[2]), NewHash: object(words[3])}
	for i, mode := range []*uint32{&s.OldMode, &s.NewMode} {
		n, err := strconv.ParseUint(words[i], 8, 32)
		if err != nil {
			return Staged{}, fmt.Errorf("git diff-index says %q", line)
		}
		*mode = uint32(n)
	}
	return s, nil
}

// IsZero reports whether a hash is the one that stands for no object.
func IsZero(hash string) bool { return strings.Trim(hash, "0") == "" }

func object(hash string) string {
	if IsZero(hash) {
		return ""
	}
	return hash
}
