package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// resolve implements backend for the part of gitrevisions(7) that needs
// neither reflog nor configuration nor a search through messages. The error is
// an *unsupportedError for the other part.
func (n *native) resolve(rev string) (Hash, error) {
	base, steps := rev, ""
	if i := strings.IndexAny(rev, "^~"); i >= 0 {
		base, steps = rev[:i], rev[i:]
	}
	if base == "" || strings.Contains(base, "@{") || strings.Contains(base, ":") {
		return "", &unsupportedError{fmt.Sprintf("the form of %q", rev)}
	}
	h, err := n.named(base)
	for err == nil && steps != "" {
		h, steps, err = n.step(h, steps)
	}
	return h, err
}

// refPrefixes are tried in this order, as git does.
// Source: gitrevisions(7), <refname>.
func refPrefixes() []string {
	return []string{"", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"}
}

// named returns what a name without ^ and ~ stands for.
func (n *native) named(name string) (Hash, error) {
	if name == "@" {
		name = "HEAD"
	}
	if h, err := ParseHash(name); err == nil {
		return h, nil
	}
	for _, prefix := range refPrefixes() {
		h, err := n.ref(prefix + name)
		if !errors.Is(err, errMissing) {
			return h, err
		}
	}
	h, err := n.ref("refs/remotes/" + name + "/HEAD")
	if !errors.Is(err, errMissing) {
		return h, err
	}
	digits := strings.ToLower(name)
	if i := strings.LastIndex(digits, "-g"); i > 0 { // what git describe prints
		digits = digits[i+2:]
	}
	if len(digits) < 4 || !isHex(digits) {
		return "", errMissing
	}
	return n.abbreviated(digits)
}

// abbreviated returns the object whose hash begins with the digits; of several
// the only commit.
func (n *native) abbreviated(digits string) (Hash, error) {
	found, err := n.withPrefix(digits)
	if err != nil {
		return "", err
	}
	switch len(found) {
	case 0:
		return "", errMissing
	case 1:
		return found[0], nil
	}
	var commits []Hash
	for _, h := range found {
		k, _, err := n.object(h)
		if err != nil {
			return "", err
		}
		if k == kindCommit || k == kindTag {
			commits = append(commits, h)
		}
	}
	if len(commits) != 1 {
		return "", fmt.Errorf("%d objects begin with it; write more digits", len(found))
	}
	return commits[0], nil
}

// maxSymbolic bounds references to references.
const maxSymbolic = 5

// ref returns the object of a reference by its full name.
func (n *native) ref(name string) (Hash, error) {
	for range maxSymbolic {
		content, err := n.refContent(name)
		if err != nil {
			return "", err
		}
		target, symbolic := strings.CutPrefix(content, "ref:")
		if !symbolic {
			digits, _, _ := strings.Cut(content, "\t") // FETCH_HEAD has more behind it
			h, err := ParseHash(digits)
			if err != nil {
				return "", fmt.Errorf("reference %s: %w", name, err)
			}
			return h, nil
		}
		name = strings.TrimSpace(target)
	}
	return "", fmt.Errorf("reference %s: references to references without end", name)
}

// refContent returns the first line of a loose reference, or the hash of a
// packed one.
func (n *native) refContent(name string) (string, error) {
	if !validRef(name) {
		return "", errMissing
	}
	file := filepath.Join(n.refDir(name), filepath.FromSlash(name))
	info, err := os.Stat(file)
	if err == nil && info.Mode().IsRegular() {
		data, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		line, _, _ := strings.Cut(string(data), "\n")
		return strings.TrimSpace(line), nil
	}
	return n.packedRef(name)
}

// validRef keeps names inside of the repository and away from files that are
// no references: those outside of refs are in capitals.
// Source: git-check-ref-format(1).
func validRef(name string) bool {
	if !fs.ValidPath(name) || strings.ContainsAny(name, " ~^:?*[\\\x7f") {
		return false
	}
	if strings.Contains(name, "..") || strings.Contains(name, "@{") || strings.HasSuffix(name, ".lock") {
		return false
	}
	for i := range len(name) {
		if name[i] < ' ' {
			return false
		}
	}
	return strings.HasPrefix(name, "refs/") || name == "HEAD" || strings.HasSuffix(name, "_HEAD") && name == strings.ToUpper(name)
}

// refDir returns where a reference lies: the shared part has all of refs but
// what is a worktree's own.
// Source: gitrepository-layout(5), refs.
func (n *native) refDir(name string) string {
	for _, own := range []string{"refs/bisect/", "refs/worktree/", "refs/rewritten/"} {
		if strings.HasPrefix(name, own) {
			return n.layout.gitDir
		}
	}
	if strings.HasPrefix(name, "refs/") {
		return n.layout.commonDir
	}
	return n.layout.gitDir
}

func (n *native) packedRef(name string) (string, error) {
	data, err := os.ReadFile(filepath.Join(n.layout.commonDir, "packed-refs"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", errMissing
	}
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(data)) {
		digits, ref, _ := strings.Cut(strings.TrimSpace(line), " ")
		if ref == name {
			return digits, nil
		}
	}
	return "", errMissing
}

// step takes the first of the steps ^, ^2, ~3, ^{commit} from an object and
// returns the steps left.
func (n *native) step(h Hash, steps string) (Hash, string, error) {
	if rest, ok := strings.CutPrefix(steps, "^{"); ok {
		what, rest, closed := strings.Cut(rest, "}")
		if !closed || what != "" && what != string(kindCommit) && what != string(kindTag) {
			return "", "", &unsupportedError{fmt.Sprintf("the form of %q", steps)}
		}
		if what == string(kindCommit) {
			h, _, err := n.commit(h)
			return h, rest, err
		}
		return h, rest, nil // callers follow tags themselves
	}
	op, rest := steps[0], steps[1:]
	digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
	rest = rest[len(digits):]
	count := 1
	if digits != "" {
		var err error
		if count, err = strconv.Atoi(digits); err != nil {
			return "", "", err
		}
	}
	if op == '^' {
		h, err := n.parent(h, count)
		return h, rest, err
	}
	var err error
	for i := 0; i < count && err == nil; i++ {
		h, err = n.parent(h, 1)
	}
	return h, rest, err
}

// parent returns the nth parent of what h leads to; the 0th is itself.
func (n *native) parent(h Hash, nth int) (Hash, error) {
	h, c, err := n.commit(h)
	switch {
	case err != nil:
		return "", err
	case nth == 0:
		return h, nil
	case nth > len(c.Parents):
		return "", fmt.Errorf("commit %s has %d parents", h, len(c.Parents))
	case n.layout.shallow[h]:
		return "", &absentError{c.Parents[nth-1]}
	}
	return c.Parents[nth-1], nil
}

// commit follows tags from h to a commit.
func (n *native) commit(h Hash) (Hash, *Commit, error) {
	for range maxPeel {
		k, data, err := n.object(h)
		switch {
		case errors.Is(err, errMissing):
			return "", nil, &absentError{h}
		case err != nil:
			return "", nil, err
		case k == kindCommit:
			c, err := parseCommit(h, data)
			return h, c, err
		case k != kindTag:
			return "", nil, fmt.Errorf("names a %s, not a commit", k)
		}
		if h, err = tagTarget(data); err != nil {
			return "", nil, err
		}
	}
	return "", nil, errors.New("a tag of a tag of a tag without end")
}
