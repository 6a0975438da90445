package main

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/muesli/termenv"
	"golang.org/x/term"

	"ptreview/cmd/ptreview/internal/progress"
)

// isTerminal reports whether a stream is one.
func isTerminal(stream any) bool {
	if u, ok := stream.(*untilInterrupted); ok {
		stream = u.r
	}
	f, ok := stream.(*os.File)
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

// newProgress begins work that may take long enough for somebody to wonder: it
// shows how far it has come on a terminal that can take a line back, else
// nothing. Done must be called before anything else is written.
func newProgress(w io.Writer) *progress.Line {
	f, ok := w.(*os.File)
	if kind := os.Getenv("TERM"); !ok || !isTerminal(w) || kind == "" || kind == "dumb" {
		return nil
	}
	return progress.Start(f, func() int {
		width, _, err := term.GetSize(int(f.Fd()))
		if err != nil {
			return 0
		}
		return width
	})
}

// shareOf is the share of work that is done when i of n equal parts are, and of
// the next one a share.
func shareOf(i, n int, next float64) float64 { return (float64(i) + next) / float64(max(n, 1)) }
