package gitcmd

import (
	"context"
	"fmt"
	"strings"
)

// PatchID returns what identifies the change of a diff, whatever its line numbers
// and blanks; "" if there is no diff in the text.
// Source: git-patch-id(1), --stable, git 2.39.
func (r *Repo) PatchID(ctx context.Context, text []byte) (string, error) {
	out, err := r.feed(ctx, text, "patch-id", "--stable")
	if words := strings.Fields(string(out)); len(words) > 0 {
		return words[0], err
	}
	return "", err
}

// PatchIDs returns those of the newest commits of the first-parent line below a
// tip, without merges and the root, by hash.
func (r *Repo) PatchIDs(ctx context.Context, tip string, limit int) (map[string]string, error) {
	// The first commit of a history, or of a shallow clone, is all of a kernel.
	diffs, err := r.run(ctx, "-c", "log.showRoot=false", "log", "--first-parent", "--no-merges", fmt.Sprintf("--max-count=%d", limit),
		"--format=commit %H", "--no-show-signature", "--no-notes", "--no-color", "--patch", "--unified=3",
		"--diff-algorithm=myers", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/", tip, "--")
	if err != nil {
		return nil, err
	}
	out, err := r.feed(ctx, diffs, "patch-id", "--stable")
	if err != nil {
		return nil, err
	}
	ids := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		if words := strings.Fields(line); len(words) == 2 {
			ids[words[1]] = words[0]
		}
	}
	return ids, nil
}
