// Package progress draws on a terminal what is being done, how far it has come,
// and how long it will take.
package progress

import (
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"
)

// Line is one line of a terminal that is drawn again and again, and gone in the
// end. A nil Line draws nothing.
type Line struct {
	w     io.Writer
	width func() int // columns of the terminal, 0 if it is not known

	mu      sync.Mutex
	started time.Time
	share   float64   // of the work that is done, Unknown or 0 to 1
	at      time.Time // when share was
	what    string
	drawn   string // what the line shows

	stop chan struct{}
	gone sync.WaitGroup
}

// Unknown is the share of work whose end cannot be seen.
const Unknown = -1

// Times of a line.
const (
	Patience = time.Second // work that takes less is not talked about
	interval = 200 * time.Millisecond
)

// Start begins work. Done must be called.
func Start(w io.Writer, width func() int) *Line {
	now := time.Now()
	l := &Line{w: w, width: width, started: now, at: now, share: Unknown, stop: make(chan struct{})}
	l.gone.Go(l.draw)
	return l
}

// draw draws until the line is done. The width is asked each time: a terminal
// that changed its size gets a line that fits.
func (l *Line) draw() {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case now := <-tick.C:
			if now.Sub(l.started) >= Patience {
				l.redraw(now)
			}
		}
	}
}

// Show says what share of the work is done, and what is done now. It may be
// called by several goroutines.
func (l *Line) Show(share float64, what string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if share != l.share {
		l.share, l.at = share, time.Now()
	}
	l.what = what
}

// Done takes the line away; it may be called more than once.
func (l *Line) Done() {
	if l == nil {
		return
	}
	l.mu.Lock()
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.mu.Unlock()
	l.gone.Wait()
	io.WriteString(l.w, erase(l.drawn, l.width()))
	l.drawn = ""
}

func (l *Line) redraw(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	width := l.width()
	text := l.text(now, width)
	if text == l.drawn {
		return
	}
	io.WriteString(l.w, erase(l.drawn, width)+text)
	l.drawn = text
}

// erase returns what takes a line away. A terminal that became narrower has
// wrapped it, and the cursor is in its last row.
// Source: ECMA-48, CUU and ED.
func erase(drawn string, width int) string {
	if drawn == "" {
		return ""
	}
	up := ""
	if rows := (len(drawn) - 1) / max(width, 1); width > 0 && rows > 0 {
		up = fmt.Sprintf("\x1b[%dA", rows)
	}
	return up + "\r\x1b[J"
}

// Columns of the parts of a line.
const (
	minColumns = 20 // below, nothing is drawn
	maxColumns = 100
	barColumns = 24
	forBar     = 60 // below, there is no bar
	// spare is left behind a line: where it would wrap, it could not be taken
	// away as a whole. Terminals write a ^C there for Ctrl-C.
	spare = 5
)

// text is the line in a terminal of some columns.
func (l *Line) text(now time.Time, width int) string {
	columns := min(width-spare, maxColumns)
	if columns < minColumns {
		return ""
	}
	var parts []string
	if l.share >= 0 {
		if columns >= forBar {
			parts = append(parts, bar(l.share))
		}
		parts = append(parts, fmt.Sprintf("%3.0f%%", math.Floor(100*min(l.share, 1))))
	}
	if left := l.left(now); left != "" {
		parts = append(parts, left)
	}
	text := strings.Join(append(parts, plain(l.what)), "  ")
	if len(text) > columns {
		text = text[:columns]
	}
	return strings.TrimRight(text, " ")
}

func bar(share float64) string {
	full := int(min(share, 1) * barColumns)
	return "[" + strings.Repeat("=", full) + strings.Repeat(" ", barColumns-full) + "]"
}

// leastShare is how much must be done before the rest is guessed.
const leastShare = 0.03

// left says how long the rest takes if it goes on as it went; if nobody can
// know, how long the work has taken. Between two steps it counts down.
func (l *Line) left(now time.Time) string {
	if l.share < leastShare {
		return span(now.Sub(l.started)) + " so far"
	}
	took := l.at.Sub(l.started)
	rest := time.Duration(float64(took)*(1-l.share)/l.share) - now.Sub(l.at)
	if rest < time.Second {
		return ""
	}
	return "about " + span(rest) + " left"
}

// span shows a time as people say it.
func span(d time.Duration) string {
	if s := int(math.Round(d.Seconds())); s < 90 {
		return fmt.Sprintf("%d s", s)
	}
	return fmt.Sprintf("%.0f min", d.Minutes())
}

// plain makes text one column for each byte: names come from patches.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}
