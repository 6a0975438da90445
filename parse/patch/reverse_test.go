package patch_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"ptreview/parse/patch"
)

// TestReverse takes every patch out again that applies: the files are as they
// were.
func TestReverse(t *testing.T) {
	for _, tt := range applyTests {
		if tt.misfit != "" {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			p, err := patch.Parse("in", []byte(tt.patch), nil)
			if err != nil {
				t.Fatal(err)
			}
			there := after(t, tt.files, p)
			back := p.Reverse()
			if got := after(t, there, back); !maps.Equal(got, tt.files) {
				t.Errorf("got %q, want %q", got, tt.files)
			}
			if got := after(t, tt.files, back.Reverse()); !maps.Equal(got, there) && !strings.HasPrefix(tt.name, "copy") {
				t.Errorf("reversed twice: got %q, want %q", got, there)
			}
		})
	}
}

// after applies a patch to files and returns all that are there then.
func after(t *testing.T, files map[string]string, p *patch.Patch) map[string]string {
	t.Helper()
	r, err := patch.ApplyFS(tree(files), p)
	if err != nil {
		t.Fatal(err)
	}
	checkLines(t, r)
	out := maps.Clone(files)
	for path, content := range r.Contents() {
		if content == nil {
			delete(out, path)
		} else {
			out[path] = string(content)
		}
	}
	return out
}

// TestReverseOfDiffs takes random differences back.
func TestReverseOfDiffs(t *testing.T) {
	if _, err := exec.LookPath("diff"); err != nil {
		t.Skip("skipped: diff is not installed, there are no random patches to take back")
	}
	taken := 0
	for seed := range uint64(40) {
		c := randomCase(t, rand.New(rand.NewPCG(2, seed)))
		p, err := patch.Parse("in", c.diff, nil)
		if err != nil {
			t.Fatal(err)
		}
		old := map[string]string{"f.c": c.target}
		r, err := patch.ApplyFS(tree(old), p)
		if err != nil || len(r.Notes) > 0 {
			continue // fuzz and offsets may lead elsewhere
		}
		if got := after(t, after(t, old, p), p.Reverse()); !maps.Equal(got, old) {
			t.Errorf("seed %d: got %q, want %q", seed, got["f.c"], c.target)
		}
		taken++
	}
	if taken < 5 {
		t.Errorf("got %d patches that were taken back, want more", taken)
	}
}

func ExamplePatch_Reverse() {
	p, err := patch.Parse("fix.patch", []byte("--- a/f.c\n+++ b/f.c\n@@ -1 +1 @@\n-BUG();\n+return 1;\n"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range p.Reverse().Files[0].Hunks[0].Lines {
		fmt.Printf("%c%s\n", l.Op, l.Text)
	}
	// Output:
	// +BUG();
	// -return 1;
}
