package history

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"ptreview/parse/tree"
)

// catFile reads a repository through "git cat-file --batch". One process
// serves all objects; it is started with the first.
type catFile struct {
	layout layout
	git    string // the program

	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	stderr  *bytes.Buffer
}

// errNoGit is wrapped by the error for a repository that needs git.
var errNoGit = errors.New("the git command is not installed")

// gitTimeout bounds one short git command.
const gitTimeout = time.Minute

func openGit(at layout) (*catFile, error) {
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, errNoGit
	}
	return &catFile{layout: at, git: git}, nil
}

// environment is the caller's without the variables that point git at another
// repository, and with what keeps it from fetching, asking or writing.
func environment() []string {
	var env []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "GIT_") {
			env = append(env, variable)
		}
	}
	return append(env, "GIT_ALLOW_PROTOCOL=none", "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1", "LC_ALL=C")
}

func (c *catFile) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.git, append([]string{"--git-dir=" + c.layout.gitDir}, args...)...)
	cmd.Env = append(environment(), c.layout.objectVariables()...)
	return cmd
}

// resolve implements backend.
func (c *catFile) resolve(rev string) (Hash, error) {
	if strings.ContainsAny(rev, "\n\x00") {
		return "", errMissing
	}
	ctx, cancel := context.WithTimeout(context.Background(), gitTimeout)
	defer cancel()
	cmd := c.command(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", rev)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		return ParseHash(strings.TrimSpace(string(out)))
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return "", fmt.Errorf("git rev-parse: %w", err)
	}
	if text := lastLine(stderr.String()); text != "" {
		return "", fmt.Errorf("git says: %s", text)
	}
	return "", errMissing
}

// lastLine returns the line with the error: warnings come before.
func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// object implements backend.
func (c *catFile) object(h Hash) (kind, []byte, error) {
	if !h.valid() {
		return "", nil, errMissing
	}
	if err := c.start(); err != nil {
		return "", nil, err
	}
	k, data, err := c.ask(h)
	if err != nil && !errors.Is(err, errMissing) && !errors.Is(err, errTooLarge) {
		return "", nil, c.died(err)
	}
	return k, data, err
}

func (c *catFile) start() error {
	if c.process != nil {
		return nil
	}
	cmd := c.command(context.Background(), "cat-file", "--batch")
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	c.stderr = new(bytes.Buffer)
	cmd.Stderr = c.stderr
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("git cat-file: %w", err)
	}
	c.process, c.in, c.out = cmd, in, bufio.NewReaderSize(out, 1<<16)
	return nil
}

// ask sends one name and reads "<hash> <kind> <size>", the content and a
// newline, or "<hash> missing".
func (c *catFile) ask(h Hash) (kind, []byte, error) {
	if _, err := io.WriteString(c.in, string(h)+"\n"); err != nil {
		return "", nil, err
	}
	line, err := c.out.ReadString('\n')
	if err != nil {
		return "", nil, err
	}
	fields := strings.Fields(line)
	if len(fields) == 2 && fields[1] == "missing" {
		return "", nil, errMissing
	}
	if len(fields) != 3 || fields[0] != string(h) {
		return "", nil, fmt.Errorf("unexpected answer %q", strings.TrimSpace(line))
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil || size < 0 {
		return "", nil, fmt.Errorf("unexpected answer %q", strings.TrimSpace(line))
	}
	if size > tree.MaxFileSize {
		if _, err := io.CopyN(io.Discard, c.out, size+1); err != nil {
			return "", nil, err
		}
		return "", nil, errTooLarge
	}
	data := make([]byte, size+1)
	if _, err := io.ReadFull(c.out, data); err != nil {
		return "", nil, err
	}
	return kind(fields[1]), data[:size], nil
}

// died ends the process after an error and says what git had to say. In a
// partial clone git tries to fetch a missing object, may not, and ends: that
// object is missing.
func (c *catFile) died(err error) error {
	c.close()
	if strings.Contains(c.stderr.String(), "from promisor remote") {
		return errMissing
	}
	text := lastLine(c.stderr.String())
	if text == "" {
		return fmt.Errorf("git cat-file: %w", err)
	}
	return fmt.Errorf("git cat-file says: %s", text)
}

// close ends the process. It is started again when asked.
func (c *catFile) close() error {
	if c.process == nil {
		return nil
	}
	c.in.Close()
	c.process.Process.Kill()
	c.process.Wait() // its status says only that it was ended
	c.process = nil
	return nil
}
