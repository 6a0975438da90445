package series_test

import "testing"

// TestReverse takes a series out again, patch by patch.
func TestReverse(t *testing.T) {
	s := stepSeries(t, steps...)
	there, err := s.Prefixes(base())
	if err != nil {
		t.Fatal(err)
	}
	back := s.Reverse()
	prefixes, err := back.Prefixes(there[3].Tree)
	if err != nil {
		t.Fatal(err)
	}
	for k, p := range prefixes {
		file := "mm/f.c"
		if k == 0 {
			file = "mm/g.c"
		}
		if got, want := content(t, p.Tree, file), content(t, there[3-k].Tree, file); got != want {
			t.Errorf("prefix %d: got %q, want %q", k, got, want)
		}
	}
	for i, p := range back.Patches {
		if p.Position != i+1 || p.Diff.Message != "" || p.Subject == s.Patches[2-i].Subject {
			t.Errorf("got patch %d as %+v, want one that says nothing of what it undoes", i+1, p)
		}
	}
}
