package checktest

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"ptreview/parse/tree"
	"ptreview/rules/check"
)

// Repair reviews each archive that pattern names and that expects findings with
// one more patch, which repairs it: the files below fix/ if the archive has such,
// and all files as they were. Every finding has to be gone then, as one that the
// last patch fixed. What fix/ leaves must also be without findings as the only
// patch. Files as they were repair nothing where the comment says "wrong before:
// why"; then there has to be fix/. A pattern that names no archive fails the test.
func Repair(t *testing.T, pattern string, opt Options) {
	t.Helper()
	each(t, pattern, opt, repairArchive)
}

// repairArchive returns what is left of an archive's findings when it is repaired,
// one line each.
func repairArchive(a *txtar.Archive, opt Options) []string {
	c, err := parseCase(a, opt.Base)
	if err != nil {
		return []string{err.Error()}
	}
	if len(c.wants) == 0 {
		return nil
	}
	var problems []string
	switch {
	case !c.wrongBefore:
		problems = c.with(c.undone()).left("taken back", len(c.files)-1, opt)
	case c.fix == nil:
		problems = []string{"what was wrong before is repaired by nothing: want files below fix/"}
	}
	if c.fix == nil {
		return problems
	}
	problems = append(problems, c.with(c.fix).left("repaired", len(c.files), opt)...)
	return append(problems, c.once().left("right at once", 1, opt)...)
}

// undone are all changed files as they were before.
func (c *testCase) undone() map[string][]byte {
	files := make(map[string][]byte)
	for _, changed := range c.files[1:] {
		for path := range changed {
			files[path] = nil
			if data, err := fs.ReadFile(c.versions[0], path); err == nil {
				files[path] = data
			}
		}
	}
	return files
}

// with is the case with one more patch.
func (c *testCase) with(files map[string][]byte) *testCase {
	out := *c
	n := len(c.versions)
	out.files = append(c.files[:n:n], files)
	out.versions = append(c.versions[:n:n], tree.NewOverlay(c.versions[n-1], files))
	return &out
}

// once is the case with one patch, which has what fix/ leaves.
func (c *testCase) once() *testCase {
	out := *c
	files := make(map[string][]byte)
	for _, changed := range append(c.files[1:len(c.files):len(c.files)], c.fix) {
		maps.Copy(files, changed)
	}
	out.files = []map[string][]byte{c.files[0], files}
	out.versions = []tree.Tree{c.versions[0], tree.NewOverlay(c.versions[0], files)}
	return &out
}

// left returns the findings of patches 1 to last of a review that no later patch
// repairs. What takes a series back takes back its repairs too, and is left out.
func (c *testCase) left(how string, last int, opt Options) []string {
	req, err := c.request(opt)
	if err != nil {
		return []string{err.Error()}
	}
	report, err := check.Review(context.Background(), req)
	if err != nil {
		return []string{"review: " + err.Error()}
	}
	var problems []string
	for i := range report.Findings {
		f := &report.Findings[i]
		if f.FixedByPatch == nil && f.FirstBadPatch <= last {
			problems = append(problems, fmt.Sprintf("%s: patch %d, %s:%d: got a finding that stays\n\t%s", how, f.Location.Patch, f.Location.File, f.Location.Line, Describe(f)))
		}
	}
	return problems
}

// Kinds says of an archive what it shows: bad is a line with a mark; good is an
// archive without any, or a function without one in a file that a patch changes.
func Kinds(file string) (bad, good bool, err error) {
	a, err := txtar.ParseFile(file)
	if err != nil {
		return false, false, err
	}
	for _, f := range a.Files {
		bad = bad || mark.Match(f.Data)
	}
	if !bad {
		return false, true, nil
	}
	for _, f := range a.Files {
		if !strings.HasPrefix(f.Name, "after") {
			continue
		}
		for _, function := range strings.Split(string(f.Data), "\n}\n") {
			good = good || strings.Contains(function, "\n{\n") && !mark.MatchString(function)
		}
	}
	return bad, good, nil
}
