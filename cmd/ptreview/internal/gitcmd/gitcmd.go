// Package gitcmd asks the git command about a repository: where its hooks are,
// what is staged, which commits a push brings. It never writes, fetches or
// asks the user, and what a hook's environment says about repositories reaches
// git only as far as it is meant to.
//
// Commits, trees and files are read by package history; what is here needs
// git's own configuration or index.
package gitcmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Repo is a repository to ask about.
type Repo struct {
	program string
	dir     string   // where git runs: the top of the working tree, or the repository
	gitDir  string   // absolute
	bare    bool     // without a working tree
	env     []string // of the children
	index   string   // the index that a commit is being made of, absolute; "" for the repository's own
}

// localVariables point git at one repository, its objects, index and settings.
// Source: git rev-parse --local-env-vars, git 2.39, and the quarantine.
func localVariables() []string {
	return []string{
		"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT",
		"GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE",
		"GIT_INDEX_FILE", "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE", "GIT_PREFIX", "GIT_SHALLOW_FILE",
		"GIT_COMMON_DIR", "GIT_INTERNAL_SUPER_PREFIX", "GIT_QUARANTINE_PATH",
	}
}

// quarantine are those of them without which objects that are being pushed
// cannot be seen.
// Source: Documentation/git-receive-pack.txt, "quarantine environment".
func quarantine() []string {
	return []string{"GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH"}
}

// ErrMissing says that there is no git to ask.
var ErrMissing = errors.New("the git command is not installed")

// ErrNoRepository is wrapped by the error for a folder that is in none.
var ErrNoRepository = errors.New("is in no git repository")

// timeout bounds one question.
const timeout = time.Minute

// Open finds the repository that a folder is in; for "." the one that git runs
// a hook for, where it does. environ is os.Environ.
func Open(ctx context.Context, dir string, environ []string) (*Repo, error) {
	program, err := exec.LookPath("git")
	if err != nil {
		return nil, ErrMissing
	}
	r := &Repo{program: program, env: children(environ)}
	if r.dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	named := ""
	if dir == "." {
		named = value(environ, "GIT_DIR")
		r.index = absolute(r.dir, value(environ, "GIT_INDEX_FILE"))
	}
	if r.gitDir = absolute(r.dir, named); named == "" {
		if r.gitDir, err = r.line(ctx, "rev-parse", "--absolute-git-dir"); err != nil {
			return nil, err
		}
		// Only git itself knows the top; the repository and . tell it nothing.
		if top, err := (&Repo{program: program, dir: r.dir, env: r.env}).line(ctx, "rev-parse", "--show-toplevel"); err == nil {
			r.dir = top
		}
	}
	bare, err := r.line(ctx, "rev-parse", "--is-bare-repository")
	r.bare = bare == "true"
	return r, err
}

func absolute(dir, name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// children is the environment for git: without what names another repository.
func children(environ []string) []string {
	var env []string
	for _, v := range environ {
		name, _, _ := strings.Cut(v, "=")
		if !slices.Contains(localVariables(), name) || slices.Contains(quarantine(), name) {
			env = append(env, v)
		}
	}
	return append(env, "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1", "LC_ALL=C")
}

func value(environ []string, name string) string {
	for _, v := range environ {
		if text, ok := strings.CutPrefix(v, name+"="); ok {
			return text
		}
	}
	return ""
}

// Dir is the repository itself, absolute.
func (r *Repo) Dir() string { return r.gitDir }

// Top is the top of the working tree, or the repository if it has none.
func (r *Repo) Top() string { return r.dir }

// IsBare reports whether the repository has no working tree.
func (r *Repo) IsBare() bool { return r.bare }

// run returns what git prints.
func (r *Repo) run(ctx context.Context, args ...string) ([]byte, error) {
	return r.feed(ctx, nil, args...)
}

// feed is run with standard input.
func (r *Repo) feed(ctx context.Context, input []byte, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if r.gitDir != "" {
		args = append([]string{"--git-dir=" + r.gitDir}, args...)
	}
	cmd := exec.CommandContext(ctx, r.program, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = r.dir, r.env, bytes.NewReader(input)
	if r.index != "" {
		cmd.Env = append(slices.Clone(r.env), "GIT_INDEX_FILE="+r.index)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		return out, nil
	}
	said := strings.TrimSpace(stderr.String())
	if strings.Contains(said, "not a git repository") {
		return nil, fmt.Errorf("%s %w", r.dir, ErrNoRepository)
	}
	if said = said[strings.LastIndexByte(said, '\n')+1:]; said == "" {
		said = err.Error()
	}
	return nil, fmt.Errorf("%s: git says: %s", r.dir, said)
}

func (r *Repo) line(ctx context.Context, args ...string) (string, error) {
	out, err := r.run(ctx, args...)
	return strings.TrimSuffix(string(out), "\n"), err
}

// Path is git's own place for a name: "hooks" is the folder of the hooks, with
// core.hooksPath and in a linked worktree too.
func (r *Repo) Path(ctx context.Context, name string) (string, error) {
	p, err := r.line(ctx, "rev-parse", "--git-path", name)
	if err == nil && !filepath.IsAbs(p) {
		p = filepath.Join(r.dir, p)
	}
	return p, err
}

// IsMerging reports whether the next commit will be a merge.
func (r *Repo) IsMerging(ctx context.Context) bool {
	_, err := r.run(ctx, "rev-parse", "--verify", "--quiet", "MERGE_HEAD")
	return err == nil
}

// IsSet reports whether a setting is true; one that is not there is not.
func (r *Repo) IsSet(ctx context.Context, name string) bool {
	text, err := r.line(ctx, "config", "--type=bool", "--get", name)
	return err == nil && text == "true"
}

// Commits returns the hashes, without merges and parents first, of what tip
// has and others have not; at most one more than limit. others is a revision,
// or --all or --remotes as rev-list takes it behind --not.
func (r *Repo) Commits(ctx context.Context, limit int, tip, others string) ([]string, error) {
	args := []string{"rev-list", "--no-merges", "--topo-order", fmt.Sprintf("--max-count=%d", limit+1), tip, "--not", others, "--"}
	out, err := r.run(ctx, args...)
	if err != nil {
		return nil, err
	}
	hashes := strings.Fields(string(out))
	slices.Reverse(hashes)
	return hashes, nil
}

// Commit returns the hash of a revision's commit.
func (r *Repo) Commit(ctx context.Context, rev string) (string, error) {
	return r.line(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
}

// Has reports whether the repository has an object.
func (r *Repo) Has(ctx context.Context, hash string) bool {
	_, err := r.run(ctx, "cat-file", "-e", hash)
	return err == nil
}
