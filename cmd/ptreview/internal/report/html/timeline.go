package html

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"ptreview/rules/check"
)

// Timeline is a race as a picture: time goes down, each CPU has a lane. All
// numbers are in units of the picture.
type Timeline struct {
	N      int // of the finding
	Era    string
	Width  int
	Height int
	Lanes  [2]Lane
	Rows   []Moment
	Steps  []check.ScheduleStep // the same in words
	End    string               // what it comes to
}

// Lane is what one CPU does, down to Bottom.
type Lane struct {
	Name   string
	X      int
	Bottom int
}

// Moment is one step. Lines and Effects begin at Text.
type Moment struct {
	Kind    string // a class of the style: step, move, end
	X, Y    int    // of its mark
	Text    int
	Across  int    // where a line to the lane under review begins, 0 for none
	Place   string // above the lines, "" if it is that of the step before
	PlaceY  int
	Number  int // of the line, 0 for none
	NumberX int // where it ends
	Lines   []Words
	Effects []Words
}

// Words are one line of text.
type Words struct {
	Y    int
	Text string
}

// The measures of a timeline. A character of code is at most charWidth wide.
const (
	pictureWidth = 800
	reviewLane   = 58
	otherLane    = 500
	laneText     = 16 // from a lane to its text
	charWidth    = 7.3
	lineHeight   = 17
	rowGap       = 9
	headHeight   = 44
	placeHeight  = 19
)

// NewTimeline draws the schedule of finding n; nil if it has none.
func NewTimeline(n int, f *check.Finding) *Timeline {
	if f.Evidence == nil || len(f.Evidence.Schedule) == 0 {
		return nil
	}
	t := &Timeline{N: n, Era: f.Evidence.Era, Steps: f.Evidence.Schedule, Width: pictureWidth}
	y, last := headHeight, ""
	for i := range t.Steps {
		s := &t.Steps[i]
		m := Moment{Kind: "step", X: reviewLane, Number: s.Line, NumberX: reviewLane - laneText + 4}
		room := otherLane - reviewLane - 2*laneText
		if s.Thread == check.ThreadEnvironment {
			m.Kind, m.X, m.Across, m.Number = "move", otherLane, reviewLane, 0
			room = pictureWidth - otherLane - laneText
		} else if at := place(s); at != last {
			m.Place, last = at, at
		}
		y = m.lay(s, y, room)
		t.Rows = append(t.Rows, m)
	}
	t.Lanes = [2]Lane{{"CPU under review", reviewLane, y}, {"other CPUs, hardware", otherLane, y}}
	if f.Trap != nil {
		t.End = f.Trap.Kind
		end := Moment{Kind: "end", X: reviewLane}
		y = end.lay(&check.ScheduleStep{Text: f.Trap.Text}, y, pictureWidth-reviewLane-laneText)
		t.Rows = append(t.Rows, end)
	}
	t.Height = y
	return t
}

// place names the function of a step and its file.
func place(s *check.ScheduleStep) string {
	if s.File == "" {
		return s.Function
	}
	return fmt.Sprintf("%s, %s", s.Function, path.Base(s.File))
}

// lay puts a step below y and returns where the next one begins.
func (m *Moment) lay(s *check.ScheduleStep, y, room int) int {
	m.Text = m.X + laneText
	if m.Place != "" {
		y += placeHeight
		m.PlaceY = y - 5
	}
	m.Y = y + lineHeight/2
	columns := int(float64(room) / charWidth)
	for _, line := range wrapped(s.Text, columns) {
		m.Lines = append(m.Lines, Words{y + lineHeight*3/4, line})
		y += lineHeight
	}
	for _, effect := range strings.Split(s.Effect, "; ") {
		for _, line := range wrapped(effect, columns) {
			m.Effects = append(m.Effects, Words{y + lineHeight*3/4, line})
			y += lineHeight
		}
	}
	return y + rowGap
}

// wrapped cuts text into lines of at most so many characters, words longer than
// that too.
func wrapped(s string, columns int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		for {
			room := columns - utf8.RuneCountInString(line)
			if line != "" {
				room--
			}
			if utf8.RuneCountInString(word) <= room {
				break
			}
			if line == "" {
				r := []rune(word)
				lines, word = append(lines, string(r[:columns])), string(r[columns:])
				continue
			}
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
