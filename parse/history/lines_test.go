package history

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestDiffLines(t *testing.T) {
	for _, test := range []struct{ before, after, want string }{
		{"", "", ""},
		{"a\n", "a\n", ""},
		{"", "a\nb\n", "-0,0 +1,2"},
		{"a\nb\n", "", "-1,2 +0,0"},
		{"a\nb\nc\n", "a\nB\nc\n", "-2,1 +2,1"},
		{"a\nb\nc\n", "b\nc\n", "-1,1 +0,0"},
		{"a\nb\nc\n", "a\nb\nc\nd\n", "-3,0 +4,1"},
		{"a\nb", "a\nb\n", "-2,1 +2,1"},
		{"a\n\nb\n", "a\n\nx\n\nb\n", "-2,0 +3,2"},
		{"x\nx\nx\n", "x\nx\n", "-3,1 +2,0"},
		{"a\nb\nc\nd\ne\n", "a\nB\nc\nd\n", "-2,1 +2,1 -5,1 +4,0"},
		{"a\x00b\n", "c\n", "binary"},
	} {
		d := DiffLines([]byte(test.before), []byte(test.after))
		if got := describe(d); got != test.want {
			t.Errorf("%q → %q: got %s, want %s", test.before, test.after, got, test.want)
		}
	}
}

func describe(d *LineDiff) string {
	if d.Binary {
		return "binary"
	}
	var list []string
	for _, h := range d.Hunks {
		list = append(list, fmt.Sprintf("-%d,%d +%d,%d", h.OldStart, h.OldLines, h.NewStart, h.NewLines))
	}
	return strings.Join(list, " ")
}

// checkDiff makes sure that a diff turns one text into the other, and that its
// parts agree with each other. It returns how many lines change.
func checkDiff(t testing.TB, before, after []byte) int {
	t.Helper()
	d := DiffLines(before, after)
	if d.Binary {
		return 0
	}
	olds, news := splitLines(before), splitLines(after)
	var added, removed []int
	var rebuilt [][]byte
	at := 0
	for _, h := range d.Hunks {
		start := h.OldStart
		if h.OldLines > 0 {
			start--
		}
		rebuilt = append(rebuilt, olds[at:start]...)
		for i := range h.OldLines {
			removed = append(removed, start+i+1)
		}
		if newStart := len(rebuilt); h.NewLines > 0 && newStart != h.NewStart-1 || h.NewLines == 0 && newStart != h.NewStart {
			t.Fatalf("%+v stands at new line %d", h, newStart)
		}
		for range h.NewLines {
			rebuilt = append(rebuilt, news[len(rebuilt)])
			added = append(added, len(rebuilt))
		}
		at = start + h.OldLines
	}
	rebuilt = append(rebuilt, olds[at:]...)
	if !bytes.Equal(bytes.Join(rebuilt, nil), after) || !slices.Equal(added, d.Added) || !slices.Equal(removed, d.Removed) {
		t.Fatalf("%q → %q: got %s, added %v, removed %v", before, after, describe(d), d.Added, d.Removed)
	}
	for n := range news {
		old, ok := d.OldLine(n + 1)
		if ok == slices.Contains(added, n+1) || ok && !bytes.Equal(olds[old-1], news[n]) {
			t.Fatalf("line %d of the new text: got %d, %v", n+1, old, ok)
		}
		if !ok {
			continue
		}
		if back, ok := d.NewLine(old); !ok || back != n+1 {
			t.Fatalf("line %d of the old text: got %d, %v, want %d", old, back, ok, n+1)
		}
	}
	return len(added) + len(removed)
}

func TestDiffLinesRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	text := func(length, words int) []byte {
		var b strings.Builder
		for range random.IntN(length + 1) {
			fmt.Fprintf(&b, "%d\n", random.IntN(words))
		}
		return []byte(b.String())
	}
	for range 3000 {
		before, after := text(12, 4), text(12, 4)
		if got, want := checkDiff(t, before, after), shortest(splitLines(before), splitLines(after)); got != want {
			t.Fatalf("%q → %q: got %d changed lines, want %d", before, after, got, want)
		}
	}
	for _, words := range []int{2, 50, 5000} {
		checkDiff(t, text(5000, words), text(5000, words)) // gives up the shortest
	}
}

// shortest returns the number of changed lines of a shortest script.
func shortest(a, b [][]byte) int {
	row := make([]int, len(b)+1) // longest common subsequence with b[:j]
	for i := range a {
		diagonal := 0
		for j := range b {
			above := row[j+1]
			row[j+1] = max(row[j+1], row[j])
			if bytes.Equal(a[i], b[j]) {
				row[j+1] = diagonal + 1
			}
			diagonal = above
		}
	}
	return len(a) + len(b) - 2*row[len(b)]
}

func FuzzDiffLines(f *testing.F) {
	f.Add([]byte("a\nb\nc\n"), []byte("b\nc"))
	f.Add([]byte("a\n\nb\n\n"), []byte("a\n\nx\n\nb\n"))
	f.Fuzz(func(t *testing.T, before, after []byte) { checkDiff(t, before, after) })
}

var hunkHeader = regexp.MustCompile(`(?m)^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@`)

// TestDiffLinesLinux compares what changed in mm between two kernels with git.
func TestDiffLinesLinux(t *testing.T) {
	needGit(t)
	first, second := os.Getenv("PTREVIEW_LINUX_6_1"), os.Getenv("PTREVIEW_LINUX_6_12")
	if first == "" || second == "" {
		t.Skip("skipped: diffs between two kernels, because PTREVIEW_LINUX_6_1 or PTREVIEW_LINUX_6_12 is not set")
	}
	list, err := filepath.Glob(filepath.Join(first, "mm", "*.c"))
	if err != nil {
		t.Fatal(err)
	}
	compared, same, longer := 0, 0, 0
	for _, file := range list {
		other := filepath.Join(second, "mm", filepath.Base(file))
		after, err := os.ReadFile(other)
		if err != nil {
			continue
		}
		before, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		compared++
		ours, theirs := checkDiff(t, before, after), 0
		var hunks []string
		for _, m := range hunkHeader.FindAllStringSubmatch(noIndex(t, file, other), -1) {
			count := func(s string) int {
				n, err := strconv.Atoi(s)
				if err != nil {
					n = 1
				}
				return n
			}
			theirs += count(m[2]) + count(m[4])
			hunks = append(hunks, fmt.Sprintf("-%s,%d +%s,%d", m[1], count(m[2]), m[3], count(m[4])))
		}
		if describe(DiffLines(before, after)) == strings.Join(hunks, " ") {
			same++
		}
		if ours > theirs {
			longer++
		}
	}
	t.Logf("%d files: %d with git's hunks, %d longer than git's", compared, same, longer)
	if compared < 50 || same < compared/2 || longer > compared/10 {
		t.Errorf("got %d files, %d with git's hunks, %d longer than git's", compared, same, longer)
	}
}

func noIndex(t *testing.T, before, after string) string {
	t.Helper()
	cmd := exec.Command("git", "diff", "--no-index", "-U0", "--no-indent-heuristic", "--no-color", before, after)
	cmd.Env = environ()
	out, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() != 1) {
		t.Fatal(err)
	}
	return string(out)
}
