package check

import "testing"

// TestStages checks that the stages stand in an order that the table beside
// them allows, and that the table speaks of every stage.
func TestStages(t *testing.T) {
	if problems := stageProblems(stages, before); len(problems) > 0 {
		t.Error(problems)
	}
	wrong := append([]stage{stages[len(stages)-1]}, stages[:len(stages)-1]...)
	if len(stageProblems(wrong, before)) == 0 {
		t.Error("the last stage put first: got no problem, want one")
	}
	if len(stageProblems(stages[1:], before)) == 0 {
		t.Error("a stage left out: got no problem, want one")
	}
}

func stageProblems(list []stage, order []struct{ first, second, why string }) []string {
	var problems []string
	at := make(map[string]int)
	for i, s := range list {
		if _, twice := at[s.name]; twice {
			problems = append(problems, s.name+" is there twice")
		}
		at[s.name] = i
	}
	named := make(map[string]bool)
	for _, o := range order {
		first, ok1 := at[o.first]
		second, ok2 := at[o.second]
		named[o.first], named[o.second] = true, true
		switch {
		case !ok1 || !ok2:
			problems = append(problems, o.first+" or "+o.second+" is no stage")
		case first >= second:
			problems = append(problems, o.first+" does not come before "+o.second+": "+o.why)
		case o.why == "":
			problems = append(problems, "nothing says why "+o.first+" comes before "+o.second)
		}
	}
	for _, s := range list {
		if !named[s.name] {
			problems = append(problems, "nothing says where "+s.name+" belongs")
		}
	}
	return problems
}

func TestLineIndex(t *testing.T) {
	// The file has lines a b c. Patch 1 puts x after a, patch 2 renames it
	// and removes b, patch 3 changes another file, patch 4 deletes it.
	prefixes := []Prefix{
		{},
		{Changed: []ChangedFile{{Path: "f", Old: "f", Added: []int{2}}}},
		{Changed: []ChangedFile{{Path: "g", Old: "f", Removed: []int{3}}, {Path: "new", Added: []int{1, 2}}}},
		{Changed: []ChangedFile{{Path: "h", Old: "h", Added: []int{1}}}},
		{Changed: []ChangedFile{{Old: "g"}}},
	}
	counts := map[string]int{"1f": 4, "2g": 3, "2new": 2, "3h": 5}
	ix := newLineIndex(prefixes, func(k int, p string) int { return counts[string(rune('0'+k))+p] })
	tests := []struct {
		prefix int
		path   string
		line   int
		want   int
	}{
		{1, "f", 1, 0}, {1, "f", 2, 1}, {1, "f", 3, 0},
		{2, "g", 1, 0}, {2, "g", 2, 1}, {2, "g", 3, 0}, {2, "new", 2, 2},
		{3, "g", 2, 1}, {3, "h", 1, 3}, {3, "h", 2, 0},
		{4, "g", 2, 0}, {4, "new", 1, 2},
		{0, "f", 1, 0}, {1, "f", 0, 0}, {1, "f", 5, 0}, {1, "none", 1, 0},
	}
	for _, tt := range tests {
		if got := ix.addedBy(tt.prefix, tt.path, tt.line); got != tt.want {
			t.Errorf("addedBy(%d, %s, %d): got patch %d, want %d", tt.prefix, tt.path, tt.line, got, tt.want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	base := Finding{Rule: "r", Helper: "h", Entry: "e", Arch: "a", Trap: &Trap{Kind: "BUG", File: "f", Line: 3, Text: "BUG_ON(a);"}, Location: Location{Line: 7}}
	moved := base
	moved.Location.Line, moved.Trap = 9, &Trap{Kind: "BUG", File: "g", Line: 30, Text: "  BUG_ON(a);\t"}
	if fingerprint(&base) != fingerprint(&moved) {
		t.Error("another line: got another fingerprint, want the same")
	}
	for name, change := range map[string]func(*Finding){
		"rule": func(f *Finding) { f.Rule = "s" }, "helper": func(f *Finding) { f.Helper = "i" },
		"entry": func(f *Finding) { f.Entry = "x" }, "arch": func(f *Finding) { f.Arch = "b" },
		"trap":               func(f *Finding) { f.Trap = &Trap{Kind: "WARN", Text: "BUG_ON(a);"} },
		"trap of the helper": func(f *Finding) { f.Trap = &Trap{Kind: "BUG", Text: "BUG_ON(b);"} },
		"shift":              func(f *Finding) { f.Helper, f.Entry = "he", "" },
	} {
		other := base
		change(&other)
		if fingerprint(&base) == fingerprint(&other) {
			t.Errorf("another %s: got the same fingerprint", name)
		}
	}
}

func TestSortedFindings(t *testing.T) {
	list := []Finding{
		{Severity: Error, FirstBadPatch: 1, Location: Location{File: "a", Line: 1}, Rule: "a", Arch: "a"},
		{Severity: Error, FirstBadPatch: 1, Location: Location{File: "a", Line: 1}, Rule: "a", Arch: "b"},
		{Severity: Error, FirstBadPatch: 1, Location: Location{File: "a", Line: 1}, Rule: "b", Arch: "a"},
		{Severity: Error, FirstBadPatch: 1, Location: Location{File: "a", Line: 2}, Rule: "a", Arch: "a"},
		{Severity: Error, FirstBadPatch: 1, Location: Location{File: "b", Line: 1}, Rule: "a", Arch: "a"},
		{Severity: Error, FirstBadPatch: 2, Location: Location{File: "a", Line: 1}, Rule: "a", Arch: "a"},
		{Severity: Warning, FirstBadPatch: 1, Location: Location{File: "a", Line: 1}, Rule: "a", Arch: "a"},
		{Severity: Note, FirstBadPatch: 1, Location: Location{File: "a", Line: 1}, Rule: "a", Arch: "a"},
	}
	r := &review{merged: make(map[string]*judged)}
	for i := range list {
		f := list[len(list)-1-i]
		f.Helper = string(rune('a' + i)) // another finding each time
		f.Where = []Where{{Class: "b"}, {Class: "a", Machine: "y"}, {Class: "a", Machine: "x"}}
		r.merge([]Finding{f}, nil)
	}
	got := r.sortedFindings()
	for i := range list {
		g, w := got[i], list[i]
		if g.Severity != w.Severity || g.FirstBadPatch != w.FirstBadPatch || g.Location != w.Location || g.Rule != w.Rule || g.Arch != w.Arch {
			t.Errorf("place %d: got %+v, want %+v", i, g, w)
		}
		if g.Where[0].Machine != "x" || g.Where[1].Machine != "y" || g.Where[2].Class != "b" {
			t.Errorf("place %d: got classes in order %+v", i, g.Where)
		}
	}
}

// TestJoin checks what becomes of findings that differ by class or machine.
func TestJoin(t *testing.T) {
	one := Finding{Severity: Warning, Confidence: Reachable, FirstBadPatch: 2, Location: Location{Line: 7}, Where: []Where{{Class: "a", Machine: "x"}}}
	have := one
	have.join(&Finding{Severity: Error, Confidence: Executed, FirstBadPatch: 3, Location: Location{Line: 9},
		Evidence: &Evidence{Inputs: []string{"shown"}}, Where: []Where{{Class: "a", Machine: "y"}, {Class: "a", Machine: "x"}}})
	if have.Severity != Error || have.Confidence != Executed || have.Evidence == nil || have.FirstBadPatch != 2 || have.Location.Line != 7 || len(have.Where) != 2 {
		t.Errorf("got %+v, want the worse of both at the first place, in two classes", have)
	}
	have = one
	have.join(&Finding{Severity: Note, Confidence: Possible, FirstBadPatch: 1, Location: Location{Line: 3}})
	if have.Severity != Warning || have.Confidence != Reachable || have.FirstBadPatch != 1 || have.Location.Line != 3 || len(have.Where) != 1 {
		t.Errorf("got %+v, want the same, from patch 1", have)
	}
}
