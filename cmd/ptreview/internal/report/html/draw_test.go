package html

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"ptreview/rules/check"
)

func TestWrapped(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"a b", []string{"a b"}},
		{"if (likely(x)) y", []string{"if", "(likely(x))", "y"}},
		{"0123456789abcdef", []string{"0123456789a", "bcdef"}},
		{"ab 0123456789abcdef c", []string{"ab", "0123456789a", "bcdef c"}},
		{"ääääääääääää", []string{"äääääääääää", "ä"}},
	} {
		if got := wrapped(tt.text, 11); !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestTimelineFits checks that nothing is drawn outside the picture, nor over
// something else.
func TestTimelineFits(t *testing.T) {
	long := strings.Repeat("word ", 30) + strings.Repeat("x", 200)
	f := &check.Finding{Trap: &check.Trap{Kind: "race", Text: long}, Evidence: &check.Evidence{Schedule: []check.ScheduleStep{
		{Thread: check.ThreadReview, Function: "f", File: "mm/a.c", Line: 1, Text: long, Effect: "a; " + long},
		{Thread: check.ThreadEnvironment, Text: long, Effect: long},
		{Thread: check.ThreadReview, Function: "f", File: "mm/a.c", Line: 2, Text: "y"},
		{Thread: check.ThreadReview, Function: "g", Text: "z"},
	}}}
	tl := NewTimeline(1, f)
	last := 0
	for _, m := range tl.Rows {
		if m.Place != "" && m.PlaceY <= last {
			t.Errorf("%q stands at %d, after %d", m.Place, m.PlaceY, last)
		}
		end := tl.Width
		if m.Kind == "step" {
			end = otherLane
		}
		for _, w := range append(slices.Clone(m.Lines), m.Effects...) {
			if w.Y <= last || w.Y > tl.Height {
				t.Errorf("%q stands at %d, after %d, in a picture of %d", w.Text, w.Y, last, tl.Height)
			}
			last = w.Y
			if right := float64(m.Text) + charWidth*float64(utf8.RuneCountInString(w.Text)); right > float64(end) {
				t.Errorf("%q ends at %.0f, want at most %d", w.Text, right, end)
			}
		}
	}
	var places []string
	for _, m := range tl.Rows {
		places = append(places, m.Place)
	}
	if want := []string{"f, a.c", "", "", "g", ""}; !slices.Equal(places, want) {
		t.Errorf("got places %q, want %q: each where it changes", places, want)
	}
	if n := len(tl.Rows[0].Effects); n < 3 || tl.Rows[0].Effects[0].Text != "a" {
		t.Errorf("got %d lines of effects, want each effect on its own", n)
	}
	if NewTimeline(1, &check.Finding{}) != nil {
		t.Error("got a timeline of nothing")
	}
}

func TestTables(t *testing.T) {
	rows := []check.TableRow{
		{Level: "pgd", Address: "0x1", Before: check.TableValue{Value: "0x10", Means: []string{"table"}}, After: check.TableValue{Value: "0x10", Means: []string{"table"}}},
		{Level: "pmd", Address: "0x2", Before: check.TableValue{Value: "0x20", Means: []string{"table"}}, After: check.TableValue{Value: "0x0", Means: []string{"empty"}}},
		{Level: "pte", Address: "0x3", Before: check.TableValue{Value: "0x" + strings.Repeat("3", 32), Means: []string{"present", "write", "dirty", "young", "exec", "special"}}},
	}
	rows[2].After = rows[2].Before
	got := NewTables(1, &check.Finding{Evidence: &check.Evidence{Tables: rows}})
	if !got.Changed || len(got.Walks) != 2 {
		t.Fatalf("got %d walks, want one before and one after", len(got.Walks))
	}
	arrows := func(w Walk) (is []bool) {
		for _, b := range w.Entries {
			is = append(is, b.Arrow > 0)
		}
		return is
	}
	if is := arrows(got.Walks[0]); !slices.Equal(is, []bool{true, true, false}) {
		t.Errorf("got arrows %v before, want both", is)
	}
	if is := arrows(got.Walks[1]); !slices.Equal(is, []bool{true, false, false}) {
		t.Errorf("got arrows %v after, want none from what is empty", is)
	}
	for k, w := range got.Walks {
		for i, b := range w.Entries {
			if want := k == 1 && i == 1; b.Changed != want {
				t.Errorf("walk %d, %s: got changed %v, want %v", k, b.Level, b.Changed, want)
			}
			if b.X+b.Width > got.Width || b.Y+b.Height > got.Height {
				t.Errorf("walk %d, %s ends at %d, %d in a picture of %d × %d", k, b.Level, b.X+b.Width, b.Y+b.Height, got.Width, got.Height)
			}
			for _, word := range append(slices.Clone(b.Value), b.Means...) {
				if word.Y > b.Y+b.Height {
					t.Errorf("%q stands below its box", word.Text)
				}
			}
		}
	}
	rows[1].After = rows[1].Before
	if got := NewTables(1, &check.Finding{Evidence: &check.Evidence{Tables: rows}}); got.Changed || len(got.Walks) != 1 {
		t.Errorf("got %d walks of tables that nobody changed, want one", len(got.Walks))
	}
}
