package progress

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// screen is a terminal that wraps lines anew when its width changes.
type screen struct {
	lines []string // unwrapped; the cursor is behind the last
	width int
}

// sequence is what a Line sends beside text.
var sequence = regexp.MustCompile(`^\x1b\[(\d*)([AJ])`)

func (s *screen) write(t *testing.T, text string) {
	t.Helper()
	row := len(s.rows()) - 1
	for text != "" {
		rows := s.rows()
		switch m := sequence.FindStringSubmatch(text); {
		case m != nil && m[2] == "A":
			n, _ := strconv.Atoi(m[1])
			row -= n
			text = text[len(m[0]):]
		case m != nil: // only behind a return
			s.lines = append(append([]string{}, rows[:row]...), "")
			text = text[len(m[0]):]
		case text[0] == '\r':
			text = text[1:]
		case text[0] == '\x1b':
			t.Fatalf("got a sequence that is not known: %q", text)
		default:
			s.lines[len(s.lines)-1] += text[:1]
			text, row = text[1:], len(s.rows())-1
		}
		if row < 0 {
			t.Fatal("the cursor left the screen")
		}
	}
}

func (s *screen) rows() []string {
	var rows []string
	for _, l := range s.lines {
		for len(l) > s.width {
			rows, l = append(rows, l[:s.width]), l[s.width:]
		}
		rows = append(rows, l)
	}
	return rows
}

// TestResize draws while a terminal changes its width: never is a piece of an
// earlier line left, and what stood before stays.
func TestResize(t *testing.T) {
	var out bytes.Buffer
	s := &screen{lines: []string{"before", ""}, width: 80}
	l := &Line{w: &out, width: func() int { return s.width }, share: Unknown, stop: make(chan struct{})}
	now := l.started
	for i, width := range []int{80, 80, 41, 30, 25, 120, 60, 10, 61, 200, 80} {
		s.width = width
		l.Show(float64(i)/10, "class "+strings.Repeat("x", 10*i))
		l.at = now
		now = now.Add(3 * time.Second)
		l.redraw(now)
		s.write(t, out.String())
		out.Reset()
		rows := s.rows()
		if len(rows) != 2 || rows[0] != "before" {
			t.Fatalf("%d columns: got %q, want one line below the first", width, rows)
		}
	}
	if got := s.rows()[1]; !strings.HasPrefix(got, "[========================]  100%  class xxx") {
		t.Errorf("got %q, want a full bar", got)
	}
	s.write(t, "^C")
	l.Done()
	l.Done()
	s.write(t, out.String())
	if rows := s.rows(); len(rows) != 2 || rows[1] != "" {
		t.Errorf("got %q, want the line gone", rows)
	}
}

func TestText(t *testing.T) {
	start := time.Date(2023, 7, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		share     float64
		at, after time.Duration
		width     int
		want      string
	}{
		{Unknown, 0, 7 * time.Second, 80, "7 s so far  x86/?[2J"},
		{0, 0, 100 * time.Second, 80, "[                        ]    0%  2 min so far  x86/?[2J"},
		{0.25, 10 * time.Second, 10 * time.Second, 80, "[======                  ]   25%  about 30 s left  x86/?[2J"},
		{0.25, 10 * time.Second, 25 * time.Second, 80, "[======                  ]   25%  about 15 s left  x86/?[2J"},
		{0.25, 10 * time.Second, 60 * time.Second, 80, "[======                  ]   25%  x86/?[2J"},
		{0.999, 10 * time.Second, 10 * time.Second, 80, "[======================= ]   99%  x86/?[2J"},
		{0.25, 10 * time.Second, 10 * time.Second, 40, " 25%  about 30 s left  x86/?[2J"},
		{0.25, 10 * time.Second, 10 * time.Second, 27, " 25%  about 30 s left"},
		{0.25, 10 * time.Second, 10 * time.Second, 24, ""},
		{0.25, 10 * time.Second, 10 * time.Second, 0, ""},
	}
	for _, tt := range tests {
		l := &Line{started: start, at: start.Add(tt.at), share: tt.share, what: "x86/\x1b[2J"}
		if got := l.text(start.Add(tt.after), tt.width); got != tt.want {
			t.Errorf("%v of %v in %d columns: got %q, want %q", tt.share, tt.after, tt.width, got, tt.want)
		}
	}
}

// TestQuick checks that work without patience draws nothing, and that no Line is
// one.
func TestQuick(t *testing.T) {
	var out bytes.Buffer
	l := Start(&out, func() int { return 80 })
	l.Show(0.5, "half")
	l.Done()
	if out.Len() > 0 {
		t.Errorf("got %q, want nothing", &out)
	}
	var none *Line
	none.Show(1, "all")
	none.Done()
}
