package series_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"ptreview/parse/mbox"
	"ptreview/parse/patch"
	"ptreview/parse/series"
	"ptreview/parse/tree"
)

// letter is a mail in short: subject, id, the mail it answers, and the line it
// adds at the end of f.c; "" has no diff.
type letter struct {
	subject, id, answers, adds string
	minute                     int // of its date
}

func (l letter) text() string {
	s := fmt.Sprintf("From: Ann <ann@tables.example>\nSubject: %s\nDate: Tue, 4 Jul 2023 10:%02d:00 +0000\n", l.subject, l.minute)
	if l.id != "" {
		s += "Message-ID: <" + l.id + "@x>\n"
	}
	if l.answers != "" {
		s += "In-Reply-To: <" + l.answers + "@x>\n"
	}
	s += "\nwhy\n"
	if l.adds != "" {
		s += fmt.Sprintf("---\n--- /dev/null\n+++ b/%s\n@@ -0,0 +1 @@\n+%s\n-- \n2.40\n", l.adds, l.adds)
	}
	return s
}

func input(t *testing.T, name string, letters ...letter) series.Input {
	t.Helper()
	var box strings.Builder
	for _, l := range letters {
		box.WriteString("From a@b Mon Sep 17 00:00:00 2001\n" + l.text() + "\n")
	}
	mails, err := mbox.ParseBytes([]byte(box.String()), name)
	if err != nil || len(mails) != len(letters) {
		t.Fatalf("%d mails, %v", len(mails), err)
	}
	return series.Input{Name: name, Mails: mails}
}

func describe(s *series.Series) string {
	var parts []string
	for _, p := range s.Patches {
		parts = append(parts, p.Diff.Files[0].Path())
	}
	return fmt.Sprintf("%s v%d %d: %s", s.Subject, s.Version, s.Total, strings.Join(parts, " "))
}

func notes(s *series.Series) string {
	var all []string
	for _, n := range s.Notes {
		all = append(all, n.String())
	}
	return strings.Join(all, "\n")
}

var cover = letter{"[PATCH 0/3] tables", "c", "", "", 0}

func v1(n int, minute int) letter {
	return letter{fmt.Sprintf("[PATCH %d/3] step %d", n, n), fmt.Sprint("p", n), "c", fmt.Sprint("a", n), minute}
}

func v2(n int) letter {
	return letter{fmt.Sprintf("[PATCH v2 %d/2] step %d", n, n), fmt.Sprint("q", n), "d", fmt.Sprint("b", n), 30 + n}
}

func TestFromInputsOne(t *testing.T) {
	for _, tt := range []struct {
		name  string
		box   []letter
		want  string
		notes string
	}{
		{"ordered by number", []letter{v1(3, 1), cover, v1(1, 3), v1(2, 2)}, "tables v1 3: a1 a2 a3", ""},
		{"one missing", []letter{cover, v1(1, 1), v1(3, 3)}, "tables v1 3: a1 a3", "of 3 patches 2 is missing"},
		{"single", []letter{{"[PATCH] one", "p", "", "a", 0}}, "one v1 1: a", ""},
		{"no subject of a patch", []letter{{"quick fix", "p", "", "a", 0}}, "quick fix v1 1: a", ""},
		{"newest version in the same thread", []letter{cover, v1(1, 1), v1(2, 2), v1(3, 3), {"[PATCH v2 0/2] tables", "d", "c", "", 30}, v2(1), v2(2)},
			"tables v2 2: b1 b2", "in:1: version 1 is left out: version 2 of the series is here"},
		{"newest version as a new thread", []letter{cover, v1(1, 1), v1(2, 2), v1(3, 3), v2(2), v2(1)},
			"step 1 v2 2: b1 b2", "in:1: version 1 is left out: version 2 of the series is here"},
		{"the same mail by two lists", []letter{v1(1, 1), v1(2, 2), v1(3, 3), v1(2, 2)}, "step 1 v1 3: a1 a2 a3", ""},
		{"sent again", []letter{v1(1, 1), v1(2, 2), v1(3, 3), {"[PATCH 2/3] step 2", "p2b", "c", "new2", 9}}, "step 1 v1 3: a1 new2 a3",
			`in:17: "[PATCH 2/3] step 2" is left out: "[PATCH 2/3] step 2" was sent later`},
		{"replacement", []letter{v1(1, 1), v1(2, 2), v1(3, 3), {"[PATCH 2/3 fix] step 2", "p2a", "p2", "fix2", 8}, {"[PATCH 2/3 replacement] other", "p2b", "p2", "new2", 9}},
			"step 1 v1 3: a1 new2 a3", ""},
		{"fix on top", []letter{v1(1, 1), {"[PATCH 2/3 fix] step 2", "p2a", "p2", "fix2", 8}, v1(2, 2), v1(3, 3)}, "step 1 v1 3: a1 a2 fix2 a3", ""},
		{"talk and a fix in the thread", []letter{cover, v1(1, 1), {"Re: [PATCH 1/3] step 1", "r", "p1", "", 5}, {"Re: [PATCH 2/3] step 2", "r2", "p2", "other", 6}, v1(2, 2), v1(3, 3), {"[PATCH] a fix", "f", "p1", "fix", 7}},
			"tables v1 3: a1 a2 a3", "in:82: \"[PATCH] a fix\" is left out: it was sent into the thread of another series\nin:34: the diff in this reply is not part of the series"},
		{"only a reply with a diff", []letter{{"Re: [PATCH 1/3] step 1", "r", "p1", "other", 5}}, "step 1 v1 1: other", ""},
		{"without numbers, in their order", []letter{{"[PATCH] two", "p", "", "two", 5}, {"[PATCH] one", "q", "", "one", 1}}, "two v1 2: two one", ""},
		{"without numbers, new version", []letter{{"[PATCH] one", "p", "", "old", 5}, {"[PATCH v2] one", "q", "", "new", 6}}, "one v2 1: new", "in:1: version 1 is left out: version 2 of the series is here"},
		{"unthreaded", []letter{{"[PATCH 2/2] b", "", "", "b", 2}, {"[PATCH 1/2] a", "", "", "a", 1}}, "a v1 2: a b", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := series.FromInputs([]series.Input{input(t, "in", tt.box...)}, series.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(s); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got := notes(s); tt.notes != "" && got != tt.notes {
				t.Errorf("got notes %q, want %q", got, tt.notes)
			}
			for i, p := range s.Patches {
				if p.Position != i+1 {
					t.Errorf("got position %d, want %d", p.Position, i+1)
				}
			}
		})
	}
}

func TestFromInputsMany(t *testing.T) {
	one := func(l letter) series.Input { return input(t, "f"+l.id, l) }
	bare := func() series.Input {
		mails, err := mbox.ParseBytes([]byte("--- /dev/null\n+++ b/bare\n@@ -0,0 +1 @@\n+x\n"), "0001.patch")
		if err != nil {
			t.Fatal(err)
		}
		return series.Input{Name: "0001.patch", Mails: mails}
	}
	for _, tt := range []struct {
		name   string
		inputs []series.Input
		want   string
		notes  string
	}{
		{"order of the arguments", []series.Input{one(v1(2, 2)), one(v1(1, 1))}, "step 2 v1 3: a2 a1",
			"fp1:1: patch 1/3 is given after 2/3: the order of the arguments is kept\nof 3 patches 3 is missing"},
		{"own patch first", []series.Input{bare(), one(v2(1)), one(v2(2)), one(letter{"[PATCH] fix", "z", "", "z", 0})}, "0001.patch v2 4: bare b1 b2 z", ""},
		{"mixed versions", []series.Input{one(v1(1, 1)), one(v2(2))}, "step 1 v2 2: a1 b2",
			"the arguments mix versions of a series: all of them are applied, in the order given"},
		{"with cover and reply", []series.Input{one(cover), one(v1(1, 1)), one(letter{"Re: [PATCH 1/3] x", "r", "p1", "", 9})}, "tables v1 3: a1",
			"fc: holds a cover letter but no patch\nfr: holds no patch: it is a reply, and the code it quotes is none\nof 3 patches 2, 3 are missing"},
		{"a reply with a diff as an argument", []series.Input{one(v1(1, 1)), one(letter{"Re: [PATCH 1/3] x", "r", "p1", "fix", 9})}, "step 1 v1 2: a1 fix", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := series.FromInputs(tt.inputs, series.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(s); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got := notes(s); tt.notes != "" && got != tt.notes {
				t.Errorf("got notes %q, want %q", got, tt.notes)
			}
		})
	}
}

func TestFromInputsErrors(t *testing.T) {
	two := []letter{{"[PATCH 1/1] one", "p", "", "a", 1}, {"[PATCH 1/1] two", "q", "", "b", 1}}
	for _, tt := range []struct {
		name string
		box  []letter
		opts series.Options
		want string
	}{
		{"talk", []letter{{"hello", "h", "", "", 0}}, series.Options{}, "in: holds no patch: no diff was found in it"},
		{"reply", []letter{{"Re: [PATCH] x", "h", "", "", 0}}, series.Options{}, "in: holds no patch: it is a reply, and the code it quotes is none"},
		{"cover", []letter{cover}, series.Options{}, "in: holds a cover letter but no patch"},
		{"patch without a diff", []letter{{"[PATCH 1/1] x", "h", "", "", 0}}, series.Options{}, `in: "[PATCH 1/1] x" has no diff`},
		{"two series", two, series.Options{}, `in: holds 2 series, choose one by its Message-ID: "[PATCH 1/1] one" <p@x>; "[PATCH 1/1] two" <q@x>`},
		{"two series, neither wanted", two, series.Options{MessageID: "z@x"}, "in: no series in it has the mail <z@x>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := series.FromInputs([]series.Input{input(t, "in", tt.box...)}, tt.opts)
			var typed *series.Error
			if !errors.As(err, &typed) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want *Error with %q", err, tt.want)
			}
		})
	}
	s, err := series.FromInputs([]series.Input{input(t, "in", two...)}, series.Options{MessageID: "q@x"})
	if err != nil || describe(s) != "two v1 1: b" {
		t.Errorf("got %v, %v", s, err)
	}
	if _, err := series.FromInputs(nil, series.Options{}); err == nil {
		t.Error("got no error for no inputs")
	}
	broken, err := mbox.ParseBytes([]byte("Subject: [PATCH] x\nContent-Transfer-Encoding: base64\n\nabcde\n"), "in")
	if err == nil {
		t.Fatal("got no error for broken base64")
	}
	var unread *mbox.Error
	if _, err := series.FromInputs([]series.Input{{Name: "in", Mails: broken}}, series.Options{}); !errors.As(err, &unread) {
		t.Errorf("got %v, want *mbox.Error", err)
	}
	_, err = series.FromInputs([]series.Input{input(t, "in", letter{"[PATCH] x", "p", "", "../../etc/passwd", 0})}, series.Options{})
	var path *patch.PathError
	if !errors.As(err, &path) {
		t.Errorf("got %v, want *patch.PathError", err)
	}
}

func TestAssemble(t *testing.T) {
	in := input(t, "in", v1(1, 1), letter{"[PATCH 1/1] other", "o", "", "x", 2}, v1(2, 1), letter{"[PATCH 0/2] empty", "e", "", "", 2})
	all, left, err := series.Assemble(in.Mails)
	if err != nil || len(all) != 2 || describe(all[0]) != "step 1 v1 3: a1 a2" || describe(all[1]) != "other v1 1: x" {
		t.Fatalf("got %v, %v", all, err)
	}
	if len(left) != 1 || left[0].Text != "cover letter without patches" {
		t.Errorf("got notes %v", left)
	}
}

func TestBaseCommit(t *testing.T) {
	text := strings.Replace(v1(1, 1).text(), "-- \n2.40", "\nbase-commit: 0123456789abcdef0123456789abcdef01234567\n-- \n2.40", 1)
	mails, err := mbox.ParseBytes([]byte(text), "in")
	if err != nil {
		t.Fatal(err)
	}
	s, err := series.FromInputs([]series.Input{{Name: "in", Mails: mails}}, series.Options{})
	if err != nil || s.BaseCommit != "0123456789abcdef0123456789abcdef01234567" {
		t.Errorf("got %+v, %v", s, err)
	}
}

// steps is a series of three patches to one file of four lines.
var steps = []string{
	"--- a/mm/f.c\n+++ b/mm/f.c\n@@ -1,4 +1,5 @@\n one\n+by 1\n two\n three\n four\n",
	"--- a/mm/f.c\n+++ b/mm/f.c\n@@ -1,5 +1,6 @@\n+by 2\n one\n by 1\n two\n three\n four\n",
	"diff --git a/mm/f.c b/mm/g.c\nrename from mm/f.c\nrename to mm/g.c\n--- a/mm/f.c\n+++ b/mm/g.c\n@@ -3,4 +3,4 @@\n by 1\n two\n-three\n+by 3\n four\n",
}

func stepSeries(t *testing.T, diffs ...string) *series.Series {
	t.Helper()
	var inputs []series.Input
	for i, d := range diffs {
		mails, err := mbox.ParseBytes([]byte(d), fmt.Sprintf("%d.patch", i+1))
		if err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, series.Input{Name: mails[0].File, Mails: mails})
	}
	s, err := series.FromInputs(inputs, series.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func base() tree.Tree {
	return tree.Embedded(fstest.MapFS{"mm/f.c": {Data: []byte("one\ntwo\nthree\nfour\n")}, "mm/other.c": {Data: []byte("x\n")}})
}

func TestPrefixes(t *testing.T) {
	prefixes, err := stepSeries(t, steps...).Prefixes(base())
	if err != nil || len(prefixes) != 4 {
		t.Fatalf("got %d prefixes, %v", len(prefixes), err)
	}
	for k, want := range []string{"one two three four", "one by 1 two three four", "by 2 one by 1 two three four"} {
		if got := content(t, prefixes[k].Tree, "mm/f.c"); got != want {
			t.Errorf("prefix %d: got %q, want %q", k, got, want)
		}
	}
	last := prefixes[3]
	if _, err := fs.Stat(last.Tree, "mm/f.c"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("renamed file: got %v", err)
	}
	if got := content(t, last.Tree, "mm/g.c"); got != "by 2 one by 1 two by 3 four" {
		t.Errorf("got %q", got)
	}
	want := []series.Origin{{Position: 2, MailLine: 4}, {BaseLine: 1}, {Position: 1, MailLine: 5}, {BaseLine: 2}, {Position: 3, MailLine: 10}, {BaseLine: 4}}
	for i, w := range want {
		if got, ok := last.Origin("mm/g.c", i+1); !ok || got != w {
			t.Errorf("line %d: got %+v, %v, want %+v", i+1, got, ok, w)
		}
	}
	for _, path := range []string{"mm/f.c", "mm/other.c", "mm/none.c"} {
		if _, ok := last.Origin(path, 1); ok || last.Changed(path) {
			t.Errorf("%s: got an origin", path)
		}
	}
	if _, ok := last.Origin("mm/g.c", 7); ok {
		t.Error("got an origin past the end of the file")
	}
	if o, _ := prefixes[1].Origin("mm/f.c", 2); o.Position != 1 {
		t.Errorf("prefix 1, line 2: got %+v", o)
	}
	if prefixes[0].Changed("mm/f.c") || !prefixes[1].Changed("mm/f.c") {
		t.Error("prefix 0 is changed, or prefix 1 is not")
	}
}

func content(t *testing.T, fsys fs.FS, path string) string {
	t.Helper()
	data, err := fs.ReadFile(fsys, path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Split(strings.TrimSuffix(string(data), "\n"), "\n"), " ")
}

func TestPrefixesMisfit(t *testing.T) {
	var misfit *series.ApplyError
	var hunk *patch.ApplyError
	prefixes, err := stepSeries(t, steps[0], steps[0]).Prefixes(base())
	if !errors.As(err, &misfit) || !errors.As(err, &hunk) || !hunk.Already || len(prefixes) != 2 || misfit.Patch.Position != 2 {
		t.Fatalf("got %d prefixes, %v", len(prefixes), err)
	}
	want := `patch 2: 2.patch:3: mm/f.c: hunk 1 does not apply: already applied: line 1 has its new text`
	if err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

// TestCorpusSeries puts the real series together and applies what fits 6.1.
func TestCorpusSeries(t *testing.T) {
	root := os.Getenv("PTREVIEW_CORPUS")
	if root == "" {
		t.Skip("skipped: PTREVIEW_CORPUS is not set, no real series was put together")
	}
	mails, _, err := mbox.ReadDir(filepath.Join(root, "arch-pte-map-may-fail"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := series.FromInputs([]series.Input{{Name: "arch", Mails: mails}}, series.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Version != 2 || s.Total != 23 || len(s.Patches) != 23 || len(s.Missing) != 0 || s.Cover == nil {
		t.Errorf("got v%d of %d with %d patches, missing %v", s.Version, s.Total, len(s.Patches), s.Missing)
	}
	for i, p := range s.Patches {
		if p.N != i+1 || strings.Contains(p.Subject, "07/23") && !strings.Contains(p.Subject, "replacement") {
			t.Errorf("position %d has %q", i+1, p.Subject)
		}
	}
}

// founding is the series of the founding case on 6.1, with the fix on top.
func TestCorpusFounding(t *testing.T) {
	root, linux := os.Getenv("PTREVIEW_CORPUS"), os.Getenv("PTREVIEW_LINUX_6_1")
	if root == "" || linux == "" {
		t.Skip("skipped: PTREVIEW_CORPUS or PTREVIEW_LINUX_6_1 is not set, the founding series was not applied")
	}
	base, err := tree.Open(linux)
	if err != nil {
		t.Fatal(err)
	}
	defer base.Close()
	var inputs []series.Input
	for _, pattern := range []string{"pte-map-may-fail/v2-03-*", "pte-map-may-fail/v2-04-*", "hash4k-fix/v1-powerpc-*"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		mails, err := mbox.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, series.Input{Name: files[0], Mails: mails})
	}
	s, err := series.FromInputs(inputs, series.Options{})
	if err != nil {
		t.Fatal(err)
	}
	prefixes, err := s.Prefixes(base)
	if err != nil || len(prefixes) != 4 {
		t.Fatalf("got %d prefixes, %v", len(prefixes), err)
	}
	line := lineWith(t, prefixes[2].Tree, "mm/pgtable-generic.c", "pmd_same(pmdval, pmdp_get_lockless(pmd))")
	if o, ok := prefixes[2].Origin("mm/pgtable-generic.c", line); !ok || o.Position != 2 {
		t.Errorf("call of pmd_same: got %+v, %v, want patch 2", o, ok)
	}
	fixed := "arch/powerpc/include/asm/book3s/64/hash.h"
	if o, ok := prefixes[3].Origin(fixed, lineWith(t, prefixes[3].Tree, fixed, "hash__pmd_same")); !ok || o.Position != 3 {
		t.Errorf("hash__pmd_same: got %+v, %v, want patch 3", o, ok)
	}
	if prefixes[2].Changed(fixed) {
		t.Errorf("%s is changed before the fix", fixed)
	}
}

func lineWith(t *testing.T, fsys fs.FS, path, text string) int {
	t.Helper()
	data, err := fs.ReadFile(fsys, path)
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range strings.Split(string(data), "\n") {
		if strings.Contains(l, text) {
			return i + 1
		}
	}
	t.Fatalf("%s has no %q", path, text)
	return 0
}

func ExampleFromInputs() {
	mails, err := mbox.Parse(strings.NewReader(v1(1, 1).text()), "stdin")
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := series.FromInputs([]series.Input{{Name: "stdin", Mails: mails}}, series.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Patches[0].Label(), s.Notes)
	// Output: patch 1 ([PATCH 1/3] step 1) [of 3 patches 2, 3 are missing]
}
