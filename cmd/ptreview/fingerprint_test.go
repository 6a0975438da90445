package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ptreview/rules/check"
	"ptreview/testdata/demo"
)

// prints are the fingerprints of a report, each with the rule and the place of its
// finding.
func prints(t *testing.T, r *check.Report) map[string]check.Location {
	t.Helper()
	out := make(map[string]check.Location)
	for _, f := range r.Findings {
		if _, twice := out[f.Fingerprint]; twice || f.Fingerprint == "" {
			t.Errorf("got two findings %q, %s", f.Fingerprint, summary(r))
		}
		out[f.Fingerprint] = f.Location
	}
	return out
}

// samePrints checks that two reports have the same findings.
func samePrints(t *testing.T, what string, got, want map[string]check.Location) {
	t.Helper()
	if g, w := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(g, w) {
		t.Errorf("%s: got findings %v, want %v", what, g, w)
	}
}

// demoRepo is a git repository with the kernel in miniature, whose branch topic
// has the series and the repair offered first.
func demoRepo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, demo.Tree()); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "init", "-q", "-b", "main")
	commitAll(t, dir, "base")
	git(t, dir, "checkout", "-q", "-b", "topic")
	for _, m := range append(demo.Series(), demo.WrongFix()) {
		am(t, dir, m.Data)
	}
	return dir
}

func commitAll(t *testing.T, dir, subject string, args ...string) {
	t.Helper()
	git(t, dir, "add", ".")
	git(t, dir, append([]string{"commit", "-q", "-m", subject}, args...)...)
}

// am applies a mail as a commit, where it fits.
func am(t *testing.T, dir string, mail []byte) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "mail")
	if err := os.WriteFile(name, mail, 0o644); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "am", "-q", "--3way", name)
}

// shift puts lines before a file's first include or comment.
func shift(t *testing.T, dir, file string, lines int) {
	t.Helper()
	name := filepath.Join(dir, file)
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("/* a line more */\n", lines)
	if err := os.WriteFile(name, append([]byte(text), data...), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestFingerprints reviews a series as it is, rebased, reordered and as its
// second version, from commits and from the mails that git makes of them.
func TestFingerprints(t *testing.T) {
	long(t)
	dir := demoRepo(t)
	ranged := func(spec string) map[string]check.Location {
		return prints(t, review(t, exitClean, "--git", dir, "--arch", "powerpc", spec))
	}
	first := ranged("main..topic")
	if len(first) != 3 {
		t.Fatalf("got %d findings, want that of the series and two of the repair", len(first))
	}

	git(t, dir, "checkout", "-q", "main")
	for _, file := range []string{generic, hash4k, "mm/memory.c", "include/linux/mm.h"} {
		shift(t, dir, file, 7)
	}
	commitAll(t, dir, "mm: say more")
	git(t, dir, "checkout", "-q", "topic")
	git(t, dir, "rebase", "-q", "main")
	rebased := ranged("main..topic")
	samePrints(t, "rebased", rebased, first)
	for print, l := range rebased {
		if l.Line == first[print].Line {
			t.Errorf("%s: got line %d again, want another one", print, l.Line)
		}
	}

	mails := filepath.Join(t.TempDir(), "v2")
	shift(t, dir, "mm/memory.c", 3)
	commitAll(t, dir, "mm: say it again")
	git(t, dir, "format-patch", "-q", "-v2", "--thread", "-o", mails, "main..topic")
	git(t, dir, "checkout", "-q", "main")
	list, err := filepath.Glob(filepath.Join(mails, "*.patch"))
	if err != nil || len(list) != 4 {
		t.Fatalf("got mails %q, %v, want 4", list, err)
	}
	samePrints(t, "v2, mails", prints(t, review(t, exitClean, "--tree", dir, "--arch", "powerpc", mails)), first)

	git(t, dir, "checkout", "-q", "-b", "reordered")
	for _, i := range []int{3, 0, 1, 2} { // the added patch first
		data, err := os.ReadFile(list[i])
		if err != nil {
			t.Fatal(err)
		}
		am(t, dir, data)
	}
	samePrints(t, "reordered", ranged("main..reordered"), first)

	// With the repair in front there is no trap to report in between.
	git(t, dir, "checkout", "-q", "-b", "early", "main")
	for _, i := range []int{2, 0, 1} {
		data, err := os.ReadFile(list[i])
		if err != nil {
			t.Fatal(err)
		}
		am(t, dir, data)
	}
	early := ranged("main..early")
	for print := range early {
		if _, ok := first[print]; !ok {
			t.Errorf("the repair in front: got another finding %s at %v", print, early[print])
		}
	}
	if len(early) == 0 || len(early) == 3 {
		t.Errorf("the repair in front: got %d findings, want those of the repair", len(early))
	}
}

// TestFingerprintsDiffer checks that two helpers that one function reaches are two
// findings, which stay the same when the lines between them move.
func TestFingerprintsDiffer(t *testing.T) {
	const radix = "arch/powerpc/include/asm/book3s/64/radix.h"
	dir := t.TempDir()
	if err := os.CopyFS(dir, demo.Tree()); err != nil {
		t.Fatal(err)
	}
	replaceIn(t, filepath.Join(dir, radix), "\treturn pmd_raw(pmd_a) == pmd_raw(pmd_b);\n", "\tBUG();\n\treturn 0;\n")
	args := append([]string{"--tree", dir, "--arch", "powerpc", "--rule", "trap/arch-helper"}, demoMails(t, demo.Series()...)...)
	first := prints(t, review(t, exitFindings, args...))
	if len(first) != 2 {
		t.Errorf("got %d findings, want one for each MMU", len(first))
	}
	shift(t, dir, radix, 2)
	samePrints(t, "moved", prints(t, review(t, exitFindings, args...)), first)
}

// TestTrapThatStays checks that a patch which words a trap anew is no repair.
func TestTrapThatStays(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, demo.Tree()); err != nil {
		t.Fatal(err)
	}
	reworded := demo.WrongFix()
	reworded.Data = bytes.Replace(reworded.Data, []byte("+\treturn 1;\n"), []byte("+\tBUG_ON(1);\n"), 1)
	args := append([]string{"--tree", dir, "--arch", "powerpc", "--rule", "trap/arch-helper"}, demoMails(t, append(demo.Series(), reworded)...)...)
	r := review(t, exitFindings, args...)
	if f := only(t, r, "trap/arch-helper"); f.FixedByPatch != nil || f.Severity != check.Error {
		t.Errorf("got a trap fixed by patch %d, want one that stays", *f.FixedByPatch)
	}
}

// replaceIn replaces a text of a file that is there once.
func replaceIn(t *testing.T, name, old, young string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), old); n != 1 {
		t.Fatalf("%s has %q %d times, want once", name, old, n)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(data), old, young, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// demoMails writes mails to files, in their order.
func demoMails(t *testing.T, list ...demo.Mail) []string {
	t.Helper()
	dir := t.TempDir()
	var names []string
	for _, m := range list {
		names = append(names, filepath.Join(dir, filepath.Base(m.Name)))
		if err := os.WriteFile(names[len(names)-1], m.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// TestFoundingFingerprint reviews the founding series on the real kernel, alone and
// behind a patch that moves the lines of the function and of the trap.
func TestFoundingFingerprint(t *testing.T) {
	linux := linux61(t)
	args := []string{"--tree", linux, "--arch", "powerpc"}
	series := founding(t, linux)
	first := only(t, review(t, exitFindings, append(args, series...)...), "trap/arch-helper")
	ahead := shiftMail(t, linux, generic, hash4k)
	r := review(t, exitFindings, append(args, append([]string{ahead}, series...)...)...)
	again := only(t, r, "trap/arch-helper")
	if again.Fingerprint != first.Fingerprint {
		t.Errorf("got fingerprint %s, want %s", again.Fingerprint, first.Fingerprint)
	}
	if again.FirstBadPatch != 4 || again.Location.Line != first.Location.Line+shifted || again.Trap.Line != first.Trap.Line+shifted {
		t.Errorf("got patch %d, line %d, trap in line %d; want all of them moved", again.FirstBadPatch, again.Location.Line, again.Trap.Line)
	}
	// The patch in between instead: the first two patches apply where they were.
	r = review(t, exitFindings, append(args, series[0], series[1], ahead, series[2])...)
	if between := only(t, r, "trap/arch-helper"); between.Fingerprint != first.Fingerprint || between.Location.Line != again.Location.Line {
		t.Errorf("got fingerprint %s in line %d, want %s in line %d", between.Fingerprint, between.Location.Line, first.Fingerprint, again.Location.Line)
	}
}

// shifted is how many lines shiftMail adds.
const shifted = 5

// shiftMail is a patch that puts lines before the first ones of files.
func shiftMail(t *testing.T, linux string, files ...string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("From: test <test@example.org>\nSubject: [PATCH] say more\nMessage-ID: <more@example.org>\n\n---\n")
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(linux, file))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfterN(string(data), "\n", 4)[:3]
		fmt.Fprintf(&b, "diff --git a/%s b/%s\n--- a/%s\n+++ b/%s\n@@ -1,3 +1,%d @@\n", file, file, file, file, 3+shifted)
		b.WriteString(strings.Repeat("+/* a line more */\n", shifted))
		for _, line := range lines {
			b.WriteString(" " + line)
		}
	}
	name := filepath.Join(t.TempDir(), "ahead.patch")
	if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}
