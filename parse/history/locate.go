package history

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/config"
)

// layout is where the parts of a repository lie. Paths are absolute.
type layout struct {
	gitDir    string // HEAD of this worktree
	commonDir string // objects, refs, config; equal to gitDir except in linked worktrees
	workTree  string // "" for a bare repository

	shallow map[Hash]bool // commits whose parents were not fetched
	partial bool          // a clone with a filter
	foreign string        // what go-git cannot read: "sha256 objects"

	elsewhere []string // further object folders, absolute
}

// clone says in words what kind of incomplete clone the repository is.
func (l layout) clone() string {
	switch {
	case l.partial:
		return "partial clone"
	case len(l.shallow) > 0:
		return "shallow clone"
	}
	return ""
}

// locate finds the repository of a folder: in the folder itself, or in the
// first one above it that has a .git. It does not use git or its environment.
func locate(dir string) (layout, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return layout{}, &NotRepositoryError{Dir: dir, Reason: "there is no such folder"}
	case err != nil:
		return layout{}, err
	case !info.IsDir():
		return layout{}, &NotRepositoryError{Dir: dir, Reason: "it is not a folder"}
	}
	top, err := filepath.Abs(dir)
	if err != nil {
		return layout{}, err
	}
	for {
		at, ok, err := repositoryAt(top)
		if err != nil {
			return layout{}, fmt.Errorf("%s: %w", dir, err)
		}
		if ok {
			return at, at.readState()
		}
		parent := filepath.Dir(top)
		if parent == top {
			return layout{}, &NotRepositoryError{Dir: dir, Reason: "neither it nor a folder above it has a .git"}
		}
		top = parent
	}
}

// repositoryAt looks for a repository at one folder: its .git folder, the
// .git file of a linked worktree, or the folder itself. The last comes second,
// as a .git wins over names that merely look like a bare repository.
func repositoryAt(dir string) (layout, bool, error) {
	dotGit := filepath.Join(dir, ".git")
	info, err := os.Stat(dotGit)
	switch {
	case err == nil && info.IsDir() && isGitDir(dotGit):
		return withCommon(layout{gitDir: dotGit, workTree: dir})
	case err == nil && info.Mode().IsRegular():
		target, err := gitFile(dotGit)
		if err != nil {
			return layout{}, false, err
		}
		return withCommon(layout{gitDir: target, workTree: dir})
	case isGitDir(dir):
		at := layout{gitDir: dir}
		if filepath.Base(dir) == ".git" {
			at.workTree = filepath.Dir(dir)
		}
		return withCommon(at)
	}
	return layout{}, false, nil
}

// isGitDir reports whether dir has what git asks of a repository, or is the
// part of a linked worktree.
func isGitDir(dir string) bool {
	if _, err := os.Lstat(filepath.Join(dir, "HEAD")); err != nil {
		return false
	}
	if _, err := os.Stat(filepath.Join(dir, "commondir")); err == nil {
		return true
	}
	for _, part := range []string{"objects", "refs"} {
		info, err := os.Stat(filepath.Join(dir, part))
		if err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// gitFile returns the folder a .git file points at.
func gitFile(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	target, ok := strings.CutPrefix(strings.TrimRight(string(data), "\r\n"), "gitdir: ")
	if !ok {
		return "", fmt.Errorf("%s does not say where the repository is", file)
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(file), target)
	}
	if !isGitDir(target) {
		return "", fmt.Errorf("%s points at %s, which is not a git repository", file, target)
	}
	return target, nil
}

// withCommon adds the shared part of a linked worktree.
func withCommon(at layout) (layout, bool, error) {
	at.commonDir = at.gitDir
	data, err := os.ReadFile(filepath.Join(at.gitDir, "commondir"))
	if errors.Is(err, fs.ErrNotExist) {
		return at, true, nil
	}
	if err != nil {
		return at, false, err
	}
	common := strings.TrimRight(string(data), "\r\n")
	if !filepath.IsAbs(common) {
		common = filepath.Join(at.gitDir, common)
	}
	if !isGitDir(common) {
		return at, false, fmt.Errorf("%s points at %s, which is not a git repository", filepath.Join(at.gitDir, "commondir"), common)
	}
	at.commonDir = common
	return at, true, nil
}

// readState reads what shapes the reading: shallow and the configuration.
func (l *layout) readState() error {
	if err := l.readShallow(); err != nil {
		return err
	}
	return l.readConfig()
}

func (l *layout) readShallow() error {
	data, err := os.ReadFile(filepath.Join(l.commonDir, "shallow"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	l.shallow = make(map[Hash]bool)
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		h, err := ParseHash(strings.TrimSpace(lines.Text()))
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(l.commonDir, "shallow"), err)
		}
		l.shallow[h] = true
	}
	return lines.Err()
}

// readConfig looks for the extensions that change how a repository is read.
// Source: Documentation/technical/repository-version.txt, git 2.39.
func (l *layout) readConfig() error {
	file := filepath.Join(l.commonDir, "config")
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // as git does
	}
	if err != nil {
		return err
	}
	settings := config.New()
	if err := config.NewDecoder(bytes.NewReader(data)).Decode(settings); err != nil {
		l.foreign = "a configuration of its own kind" // let git decide
		return nil
	}
	version, err := strconv.Atoi(settings.Section("core").Option("repositoryformatversion"))
	if err == nil && version > 1 {
		l.foreign = fmt.Sprintf("repository format %d", version)
	}
	for _, option := range settings.Section("extensions").Options {
		l.addExtension(strings.ToLower(option.Key), strings.ToLower(option.Value))
	}
	for _, remote := range settings.Section("remote").Subsections {
		if strings.EqualFold(remote.Option("promisor"), "true") || remote.Option("partialclonefilter") != "" {
			l.partial = true
		}
	}
	return nil
}

// addExtension sorts the extensions into those that do not change how objects
// and names are read, and those that go-git does not know.
func (l *layout) addExtension(name, value string) {
	switch name {
	case "noop", "preciousobjects", "worktreeconfig", "relativeworktrees":
	case "partialclone":
		l.partial = true
	case "objectformat":
		if value != "sha1" {
			l.foreign = value + " objects"
		}
	case "refstorage":
		if value != "files" {
			l.foreign = value + " references"
		}
	default:
		l.foreign = "the extension " + name
	}
}
