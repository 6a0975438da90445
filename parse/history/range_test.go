package history

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestRangeSingle(t *testing.T) {
	g := newGit(t)
	g.series()
	r := open(t, g.dir)
	got, err := r.Range("topic~1")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{g.git("rev-parse", "topic~1")}; !slices.Equal(hashes(got.Commits), want) || string(got.Base) != g.git("rev-parse", "topic~2") {
		t.Errorf("got %v on %s, want %v", hashes(got.Commits), got.Base, want)
	}
	root, err := r.Range("v1")
	if err != nil || root.Base != "" || len(root.Commits) != 1 {
		t.Fatalf("got %v, %v, want the root commit", root, err)
	}
	changes, _, err := r.CommitChanges(root.Commits[0])
	if err != nil || len(changes) != 7 || !changes[0].IsAdded() {
		t.Errorf("got %v, %v, want 7 added files", changes, err)
	}
}

func TestRangeEmpty(t *testing.T) {
	g := newGit(t)
	g.series()
	g.git("checkout", "-q", "main")
	g.git("merge", "-q", "--no-ff", "-m", "merge", "topic")
	r := open(t, g.dir)
	for spec, want := range map[string]string{
		"topic..v1":          "range topic..v1 has no commit to review: the first side has all of the second",
		"topic..topic":       "range topic..topic has no commit to review: the first side has all of the second",
		"topic..main":        "range topic..main has no commit to review: 1 merge commit only",
		"main":               "range main has no commit to review: it is a merge; write main^1..main for what it brought in",
		"..":                 "range .. has no commit to review: the first side has all of the second",
		"main..":             "range main.. has no commit to review: the first side has all of the second",
		"main..refs/tags/v1": "range main..refs/tags/v1 has no commit to review: the first side has all of the second",
	} {
		_, err := r.Range(spec)
		var empty *EmptyRangeError
		if !errors.As(err, &empty) || err.Error() != g.dir+": "+want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	got, err := r.Range("main^1..main")
	if err != nil || len(got.Commits) != 5 || !got.Linear || string(got.Head) != g.git("rev-parse", "main") {
		t.Fatalf("got %v, %v", got, err)
	}
	if want := []string{"1 merge commit left out; what was merged is reviewed commit by commit, how it was merged is not"}; !slices.Equal(got.Notes, want) {
		t.Errorf("got notes %q", got.Notes)
	}
}

func TestRangeDiverged(t *testing.T) {
	g := newGit(t)
	g.series()
	g.git("checkout", "-q", "main")
	g.commit("main goes on", files{"mm/main.c": "main\n"})
	got, err := open(t, g.dir).Range("main..topic")
	base := g.git("rev-parse", "v1^{commit}")
	if err != nil || len(got.Commits) != 5 || string(got.Base) != base {
		t.Fatalf("got %v, %v", got, err)
	}
	if want := []string{"the first side of main..topic is no ancestor of the second; the commits start at " + base}; !slices.Equal(got.Notes, want) {
		t.Errorf("got notes %q, want %q", got.Notes, want)
	}
}

// TestRangeRandom compares random histories, with merges and wrong dates, with
// git rev-list.
func TestRangeRandom(t *testing.T) {
	g := newGit(t)
	random := rand.New(rand.NewPCG(1, 2))
	tree := g.git("hash-object", "-t", "tree", "-w", "/dev/null")
	var commits []string
	for i := range 60 {
		args := []string{"commit-tree", tree, "-m", fmt.Sprintf("commit %d", i)}
		parents := map[int]bool{}
		for range 1 + random.IntN(2) {
			if n := len(commits); n > 0 {
				parents[n-1-random.IntN(min(n, 6))] = true
			}
		}
		for n := range commits {
			if parents[n] {
				args = append(args, "-p", commits[n])
			}
		}
		date := fmt.Sprintf("%d +0000", 1700000000+i*100-random.IntN(1000))
		commits = append(commits, g.dated(date, args...))
	}
	r := open(t, g.dir)
	for range 60 {
		a, b := commits[random.IntN(60)], commits[random.IntN(60)]
		want := strings.Fields(g.git("rev-list", "--no-merges", a+".."+b))
		got, err := r.Range(a + ".." + b)
		var empty *EmptyRangeError
		if len(want) == 0 && errors.As(err, &empty) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		list := hashes(got.Commits)
		for i, c := range got.Commits {
			for _, parent := range c.Parents {
				if slices.Contains(list[i:], string(parent)) {
					t.Errorf("%s stands before its parent", c.Hash)
				}
			}
		}
		slices.Sort(list)
		slices.Sort(want)
		if !slices.Equal(list, want) {
			t.Errorf("%s..%s: got %v, want %v", a, b, list, want)
		}
	}
}
