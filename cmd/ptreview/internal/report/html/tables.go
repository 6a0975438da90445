package html

import (
	"slices"
	"strings"

	"ptreview/rules/check"
)

// Tables are page tables before and after a run as a picture: from left to
// right the entries that lead to an address, each pointing to the next.
type Tables struct {
	N      int // of the finding
	Height int
	Width  int
	Walks  []Walk // one if nothing changed
	// Changed says whether the run changed any.
	Changed bool
}

// Walk is a row of the picture.
type Walk struct {
	Title   string
	Y       int // of its title
	Entries []Box
}

// Box is an entry.
type Box struct {
	Level, Address string
	Value          []Words
	Means          []Words
	Changed        bool
	X, Y           int
	Width, Height  int
	TextX          int
	LevelY         int // of the level's name
	AddressY       int
	// Arrow is where an arrow to the next box begins, 0 for none.
	Arrow, ArrowEnd, ArrowY int
}

// The measures of a picture of tables.
const (
	boxWidth   = 150
	boxGap     = 22
	boxPad     = 10
	boxTop     = 46 // from a box's top to its first value
	valueChars = 18
	meansChars = 20
	titleRoom  = 26
	walkGap    = 18
)

// NewTables draws the tables of finding n; nil if it has none.
func NewTables(n int, f *check.Finding) *Tables {
	if f.Evidence == nil || len(f.Evidence.Tables) == 0 {
		return nil
	}
	rows := f.Evidence.Tables
	t := &Tables{N: n, Width: len(rows)*(boxWidth+boxGap) - boxGap + 2}
	t.Changed = slices.ContainsFunc(rows, func(r check.TableRow) bool { return r.Before.Value != r.After.Value })
	before, after := "before, and unchanged at the end", "at the end"
	if t.Changed {
		before = "before"
	}
	y := t.walk(before, rows, 0, func(r *check.TableRow) (check.TableValue, bool) { return r.Before, false })
	if t.Changed {
		y = t.walk(after, rows, y+walkGap, func(r *check.TableRow) (check.TableValue, bool) {
			return r.After, r.Before.Value != r.After.Value
		})
	}
	t.Height = y + 2
	return t
}

// walk adds a row below y and returns where it ends.
func (t *Tables) walk(title string, rows []check.TableRow, y int, value func(*check.TableRow) (check.TableValue, bool)) int {
	w := Walk{Title: title, Y: y + 14}
	top, bottom := y+titleRoom, 0
	for i := range rows {
		r := &rows[i]
		v, changed := value(r)
		b := Box{Level: r.Level, Address: r.Address, Changed: changed, X: 1 + i*(boxWidth+boxGap), Y: top, Width: boxWidth, LevelY: top + 19, AddressY: top + 35}
		b.TextX = b.X + boxPad
		at := top + boxTop + 14
		for _, line := range wrapped(v.Value, valueChars) {
			b.Value = append(b.Value, Words{at, line})
			at += lineHeight
		}
		for _, line := range wrapped(strings.Join(v.Means, ", "), meansChars) {
			b.Means = append(b.Means, Words{at, line})
			at += lineHeight
		}
		bottom = max(bottom, at)
		w.Entries = append(w.Entries, b)
	}
	for i := range w.Entries {
		b := &w.Entries[i]
		b.Height = bottom - top
		if v, _ := value(&rows[i]); i+1 < len(rows) && leads(v) {
			b.Arrow, b.ArrowEnd, b.ArrowY = b.X+boxWidth, b.X+boxWidth+boxGap-2, top+boxTop/2
		}
	}
	t.Walks = append(t.Walks, w)
	return bottom
}

// leads reports whether an entry points to a table, as far as is known.
func leads(v check.TableValue) bool {
	return len(v.Means) == 0 || slices.Contains(v.Means, "table")
}
