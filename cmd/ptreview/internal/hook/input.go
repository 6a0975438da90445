package hook

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"ptreview/cmd/ptreview/internal/gitcmd"
	"ptreview/parse/history"
)

// Update is a reference that a push moves.
type Update struct {
	Ref      string // the one of the receiving side
	Old, New string // hashes; "" where the reference is not there
}

// Updates reads what git gives a hook of pushes, as arguments and on standard
// input.
// Source: githooks(5), pre-push, pre-receive and update, git 2.39.
func Updates(k Kind, args []string, input io.Reader) ([]Update, error) {
	if !k.Input {
		if len(args) != 3 {
			return nil, fmt.Errorf("the hook %s gets a reference and two hashes, not %d arguments; git calls it", k.Name, len(args))
		}
		u, err := update(args[0], args[1], args[2])
		return []Update{u}, err
	}
	var list []Update
	lines := bufio.NewScanner(input)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 {
			continue
		}
		u, err := fromLine(k, words)
		if err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, lines.Err()
}

// fromLine reads "old new ref" or, before a push is sent, "ref new ref old".
func fromLine(k Kind, words []string) (Update, error) {
	switch {
	case k.Name == "pre-push" && len(words) == 4:
		return update(words[2], words[3], words[1])
	case k.Name != "pre-push" && len(words) == 3:
		return update(words[2], words[0], words[1])
	}
	return Update{}, fmt.Errorf("the hook %s got a line of %d words; git calls it", k.Name, len(words))
}

func update(ref, before, after string) (Update, error) {
	u := Update{Ref: ref}
	for _, side := range []struct {
		text string
		to   *string
	}{{before, &u.Old}, {after, &u.New}} {
		h, err := history.ParseHash(side.text)
		if err != nil {
			return u, err
		}
		if !gitcmd.IsZero(string(h)) {
			*side.to = string(h)
		}
	}
	return u, nil
}

// PreCommit returns what pre-commit gives a hook of pushes: it runs hooks itself,
// without their arguments and input. ok says that it runs this one.
// Source: pre_commit/commands/run.py and hook_impl.py, pre-commit 3.0.4.
func PreCommit(getenv func(string) string) (list []Update, ok bool, err error) {
	if getenv("PRE_COMMIT") != "1" {
		return nil, false, nil
	}
	from, to := getenv("PRE_COMMIT_FROM_REF"), getenv("PRE_COMMIT_TO_REF")
	if from == "" || to == "" {
		return nil, true, errors.New("pre-commit names no commits; it does for a push, or with --from-ref and --to-ref")
	}
	ref := getenv("PRE_COMMIT_REMOTE_BRANCH")
	if ref == "" {
		ref = to
	}
	return []Update{{Ref: ref, Old: from, New: to}}, true, nil
}

// maxOptions bounds how many push options are read.
const maxOptions = 1000

// Skip returns the reason that the push option ptreview.skip gives for not
// reviewing. getenv is os.Getenv.
// Source: githooks(5), GIT_PUSH_OPTION_COUNT, git 2.39.
func Skip(getenv func(string) string) (reason string, asked bool) {
	count, err := strconv.Atoi(getenv("GIT_PUSH_OPTION_COUNT"))
	if err != nil {
		return "", false
	}
	for i := range min(count, maxOptions) {
		name, value, _ := strings.Cut(getenv("GIT_PUSH_OPTION_"+strconv.Itoa(i)), "=")
		if name == "ptreview.skip" {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

// Message takes from a commit's message what git takes away too: lines with #,
// and all below the scissors.
func Message(text string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "# ------------------------ >8 ") {
			break
		}
		if !strings.HasPrefix(line, "#") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}
