package main

import (
	"context"
	"fmt"
	"io"
)

// interrupted says that a command did not come to its end, and returns the
// status of that.
func interrupted(s streams) int {
	fmt.Fprintln(s.err, "ptreview: interrupted")
	return exitIncomplete
}

// untilInterrupted reads what r has until ctx ends. A read of a terminal, or of a
// pipe that nobody writes to, cannot be called off otherwise.
type untilInterrupted struct {
	ctx context.Context
	r   io.Reader
}

func (u *untilInterrupted) Read(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	buf := make([]byte, len(p)) // p is the caller's again once ctx has ended
	go func() {
		n, err := u.r.Read(buf)
		done <- result{n, err}
	}()
	select {
	case <-u.ctx.Done():
		return 0, u.ctx.Err()
	case got := <-done:
		return copy(p, buf[:got.n]), got.err
	}
}
