package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminal collects what a program sends to one.
type terminal struct {
	*os.File
	mu  sync.Mutex
	out bytes.Buffer
	eof chan struct{}
}

// startIn runs a program in a terminal of 80 columns; TestMain has put ptreview
// into PATH.
func startIn(t *testing.T, env []string, args ...string) (*exec.Cmd, *terminal) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), env...)
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Skipf("there are no terminals here: %v", err)
	}
	term := &terminal{File: f, eof: make(chan struct{})}
	go func() {
		defer close(term.eof)
		buf := make([]byte, 4096)
		for {
			n, err := f.Read(buf)
			term.mu.Lock()
			term.out.Write(buf[:n])
			term.mu.Unlock()
			if err != nil {
				return // the program has ended
			}
		}
	}()
	t.Cleanup(func() { f.Close() })
	return cmd, term
}

func (t *terminal) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.out.String()
}

// waitFor waits until the terminal has got some text. What does not come within
// minutes does not come.
func (t *terminal) waitFor(test *testing.T, text string) {
	test.Helper()
	tooLong := time.After(3 * time.Minute)
	for {
		select {
		case <-tooLong:
			test.Fatalf("got %q, want %q in it", t.text(), text)
		case <-t.eof:
			test.Fatalf("got %q, want %q in it", t.text(), text)
		case <-time.After(20 * time.Millisecond):
			if strings.Contains(t.text(), text) {
				return
			}
		}
	}
}

// TestProgress runs work that takes long on a terminal: it shows a line, which
// goes when the work is done or interrupted, and none where it would be in the
// way.
func TestProgress(t *testing.T) {
	tree := os.Getenv("PTREVIEW_LINUX_6_1")
	if tree == "" {
		t.Skip("PTREVIEW_LINUX_6_1 is not set: nothing takes long enough to be shown")
	}
	work := []string{"ptreview", "coverage", "--tree", tree, "--arch", "um"}

	cmd, term := startIn(t, []string{"TERM=xterm", "NO_COLOR=1"}, work...)
	term.waitFor(t, "%  ")
	pty.Setsize(term.File, &pty.Winsize{Rows: 24, Cols: 40})
	term.waitFor(t, "left")
	if err := cmd.Wait(); err != nil {
		t.Errorf("got %v: %q", err, term.text())
	}
	<-term.eof
	line, rest, ok := strings.Cut(term.text(), "architecture")
	if !ok || !strings.HasSuffix(line, "\r\x1b[J") || strings.Contains(rest, "\x1b") {
		t.Errorf("got %q, want the line gone before the table", term.text())
	}
	if strings.Contains(line, "\x1b[3") || strings.Contains(line, "\n") {
		t.Errorf("got %q, want one line without colour", line)
	}

	cmd, term = startIn(t, []string{"TERM=xterm"}, work...)
	term.waitFor(t, "%  ")
	io.WriteString(term, "\x03") // Ctrl-C
	cmd.Wait()
	<-term.eof
	if got := cmd.ProcessState.ExitCode(); got != exitIncomplete {
		t.Errorf("interrupted: got exit status %d, want %d", got, exitIncomplete)
	}
	if !strings.HasSuffix(term.text(), "\r\x1b[Jptreview: interrupted\r\n") {
		t.Errorf("interrupted: got %q, want the line gone", term.text())
	}

	cmd, term = startIn(t, []string{"TERM=dumb"}, "ptreview", "coverage", "--tree", tree, "--arch", "um")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	<-term.eof
	if got := term.text(); !strings.HasPrefix(got, "architecture") || strings.Contains(got, "\x1b") {
		t.Errorf("TERM=dumb: got %q, want the table alone", got)
	}
}
