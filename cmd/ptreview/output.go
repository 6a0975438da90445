package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/muesli/termenv"

	"ptreview/cmd/ptreview/internal/report"
	"ptreview/rules/check"
)

// isTerminal reports whether w is one.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// profile is what colours w can show: none unless it is a terminal, and none
// with NO_COLOR.
func profile(w io.Writer) termenv.Profile {
	if !isTerminal(w) || termenv.EnvNoColor() {
		return termenv.Ascii
	}
	return termenv.NewOutput(w).Profile
}

// hasLinks reports whether w is a terminal that is not known to print links as
// they are.
func hasLinks(w io.Writer) bool {
	return profile(w) != termenv.Ascii && os.Getenv("TERM") != "linux"
}

// progress shows one line on a terminal that says what is being done.
type progress struct {
	w       io.Writer
	visible bool
	mu      sync.Mutex
	started time.Time
	shown   bool
}

// patience is how long a review may take before it says what it does.
const patience = time.Second

// progressWidth bounds, in bytes, what is shown behind the count.
const progressWidth = 48

func newProgress(w io.Writer) *progress {
	return &progress{w: w, visible: isTerminal(w), started: time.Now()}
}

func (p *progress) show(s check.Progress) {
	if !p.visible || time.Since(p.started) < patience {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = true
	what := report.Clean(s.What)
	if len(what) > progressWidth { // a line that wraps could not be taken back
		what = what[:progressWidth]
	}
	if s.Total == 0 {
		fmt.Fprintf(p.w, "\r\x1b[K%s", what)
		return
	}
	// How many there are to be is not known before the last one is chosen.
	fmt.Fprintf(p.w, "\r\x1b[K%d configurations done, %s", s.Done, what)
}

// done takes the line away.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
