package checktest

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"ptreview/arch"
	"ptreview/parse/history"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules/check"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
)

// Options say how archives are reviewed.
type Options struct {
	Rules []*check.Rule
	// Base returns the tree that the comment's "base: name" asks for.
	Base map[string]fs.FS
	// NewRunner is the executor of the review; nil for none.
	NewRunner func(*facts.TreeProgram, *arch.Machine) check.Runner
}

// Run reviews each archive that pattern names, as a subtest of its name. A
// pattern that names none fails the test.
func Run(t *testing.T, pattern string, opt Options) {
	t.Helper()
	each(t, pattern, opt, runArchive)
}

// each hands the archives that a pattern names to a check, which returns what is
// wrong, one line each.
func each(t *testing.T, pattern string, opt Options, wrong func(*txtar.Archive, Options) []string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no archives (%v)", pattern, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, problem := range wrong(a, opt) {
				t.Error(problem)
			}
		})
	}
}

// runArchive returns what is wrong with an archive's review, one line each.
func runArchive(a *txtar.Archive, opt Options) []string {
	c, err := parseCase(a, opt.Base)
	if err != nil {
		return []string{err.Error()}
	}
	req, err := c.request(opt)
	if err != nil {
		return []string{err.Error()}
	}
	report, err := check.Review(context.Background(), req)
	if err != nil {
		return []string{"review: " + err.Error()}
	}
	problems := append(c.compareFindings(report), c.compareNotRun(report)...)
	return append(problems, c.compareClasses(report)...)
}

// testCase is an archive taken apart.
type testCase struct {
	archs    []string
	renamed  map[string]string   // new path → old path
	classes  []string            // that must have been looked at
	versions []tree.Tree         // by patch, the base first
	files    []map[string][]byte // what each version put there; nil is deleted
	fix      map[string][]byte   // what repairs the last version; nil for nothing
	wants    []*want
	notRun   []*notRunWant

	wrongBefore bool // the code before the series was not right either
}

func parseCase(a *txtar.Archive, bases map[string]fs.FS) (*testCase, error) {
	c := &testCase{renamed: make(map[string]string)}
	var base tree.Tree = tree.NewOverlay(nothing{}, nil)
	for _, line := range strings.Split(string(a.Comment), "\n") {
		key, value, ok := strings.Cut(line, ":")
		switch {
		case !ok:
		case key == "base":
			b, found := bases[strings.TrimSpace(value)]
			if !found {
				return nil, fmt.Errorf("no base %q", strings.TrimSpace(value))
			}
			base = tree.Embedded(b)
		case key == "arch":
			c.archs = strings.Fields(value)
		case key == "class":
			c.classes = append(c.classes, strings.TrimSpace(value))
		case key == "wrong before":
			c.wrongBefore = true
		case key == "renamed":
			words := strings.Fields(value)
			if len(words) != 2 {
				return nil, fmt.Errorf("renamed: %q is not an old and a new path", value)
			}
			c.renamed[words[1]] = words[0]
		}
	}
	for _, f := range a.Files {
		if err := c.file(f); err != nil {
			return nil, err
		}
	}
	if len(c.files) < 2 {
		return nil, fmt.Errorf("the archive has no files below after/ or after1/")
	}
	for k, files := range c.files {
		if k > 0 {
			base = c.versions[k-1]
		}
		c.versions = append(c.versions, tree.NewOverlay(base, files))
	}
	return c, nil
}

// file adds one file of the archive.
func (c *testCase) file(f txtar.File) error {
	if f.Name == "notrun" {
		return c.notRunSection(string(f.Data))
	}
	top, path, _ := strings.Cut(f.Name, "/")
	if top == "fix" {
		c.addFix(path, f.Data)
		return nil
	}
	k := 0
	switch {
	case top == "before":
	case top == "after":
		k = 1
	default:
		if n, err := fmt.Sscanf(top, "after%d", &k); n != 1 || err != nil || k < 1 || k > 20 {
			return fmt.Errorf("file %s is neither below before/ nor after/ nor after<n>/", f.Name)
		}
	}
	for len(c.files) <= k {
		c.files = append(c.files, make(map[string][]byte))
	}
	if len(f.Data) == 0 {
		c.files[k][path] = nil
		return nil
	}
	data, wants, err := cutMarks(f.Data, path, k)
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	c.files[k][path] = data
	c.wants = append(c.wants, wants...)
	return nil
}

// addFix adds a file of the repair.
func (c *testCase) addFix(path string, data []byte) {
	if c.fix == nil {
		c.fix = make(map[string][]byte)
	}
	if len(data) == 0 {
		data = nil
	}
	c.fix[path] = data
}

// request makes the review of the case.
func (c *testCase) request(opt Options) (*check.Request, error) {
	req := &check.Request{
		Version: "test", Rules: opt.Rules, Jobs: 1, NewRunner: opt.NewRunner,
		Reader: unit.NewReader(source.NewSet(), unit.Options{}),
		Tree:   check.TreeInfo{Source: "test"},
	}
	for k, tr := range c.versions {
		p := check.Prefix{Tree: tr}
		if k > 0 {
			var err error
			if p.Changed, err = c.changedFiles(k); err != nil {
				return nil, err
			}
			req.Series.Patches = append(req.Series.Patches, check.PatchInfo{N: k})
		}
		req.Prefixes = append(req.Prefixes, p)
	}
	for _, a := range arch.All() {
		if _, err := c.versions[0].Stat("arch/" + a.Name + "/Kconfig"); err == nil && c.wantsArch(a.Name) {
			req.Archs = append(req.Archs, a)
		}
	}
	if len(req.Archs) == 0 || len(c.archs) > 0 && len(req.Archs) != len(c.archs) {
		return nil, fmt.Errorf("the tree does not have the architectures asked for: %v", c.archs)
	}
	return req, nil
}

func (c *testCase) wantsArch(name string) bool {
	if len(c.archs) == 0 {
		return true
	}
	for _, a := range c.archs {
		if a == name {
			return true
		}
	}
	return false
}

// changedFiles compares the files of patch k with the version before it, by
// path.
func (c *testCase) changedFiles(k int) ([]check.ChangedFile, error) {
	before, after := c.versions[k-1], c.versions[k]
	gone := make(map[string]bool) // under another name now
	var list []check.ChangedFile
	for _, path := range sortedPaths(c.files[k]) {
		from := path
		now, errNow := after.ReadFile(path)
		if old, ok := c.renamed[path]; ok && errNow == nil && c.files[k][old] == nil {
			from = old
			gone[old] = true
		}
		old, errOld := before.ReadFile(from)
		if errOld != nil && errNow != nil {
			return nil, fmt.Errorf("%s is in neither version of a patch that names it", path)
		}
		d := history.DiffLines(old, now)
		f := check.ChangedFile{Path: path, Old: from, Added: d.Added, Removed: d.Removed}
		if errOld != nil {
			f.Old = ""
		}
		if errNow != nil {
			f.Path = ""
		}
		list = append(list, f)
	}
	return slices.DeleteFunc(list, func(f check.ChangedFile) bool { return f.Path == "" && gone[f.Old] }), nil
}

// nothing is a file system without files.
type nothing struct{}

// Open implements fs.FS.
func (nothing) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
