package checktest

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"ptreview/rules/check"
)

// place is what a finding points to.
type place struct {
	patch int
	file  string
	line  int
	side  string
}

func (p place) String() string {
	return fmt.Sprintf("patch %d, %s:%d (%s)", p.patch, p.file, p.line, p.side)
}

// want is one expected finding.
type want struct {
	at  place
	re  *regexp.Regexp
	met bool
}

// mark is a comment that expects findings on its line.
var mark = regexp.MustCompile(`[ \t]*/\* want( removed)? ([^\n]*?) \*/`)

// cutMarks takes the marks off the version of a file that patch k made and
// returns what they expect.
func cutMarks(data []byte, path string, k int) ([]byte, []*want, error) {
	var wants []*want
	var out []byte
	for n, line := range bytes.SplitAfter(data, []byte("\n")) {
		m := mark.FindSubmatchIndex(line)
		if m == nil {
			out = append(out, line...)
			continue
		}
		at := place{k, path, n + 1, "after"}
		if m[2] >= 0 {
			at.patch, at.side = k+1, "before"
		}
		list, err := expressions(string(line[m[4]:m[5]]), at)
		if err != nil {
			return nil, nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		wants = append(wants, list...)
		out = append(append(out, line[:m[0]]...), line[m[1]:]...)
	}
	return out, wants, nil
}

// expressions reads the quoted strings of a mark.
func expressions(text string, at place) ([]*want, error) {
	var list []*want
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return nil, fmt.Errorf("the mark has no string at %q", text)
		}
		text = text[len(quoted):]
		unquoted, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, err
		}
		re, err := regexp.Compile(unquoted)
		if err != nil {
			return nil, err
		}
		list = append(list, &want{at: at, re: re})
	}
	return list, nil
}

// Describe returns the line that marks are matched against, behind "before: " of
// what was there before the series:
//
//	error executed trap/arch-helper powerpc entry → helper … where class {fragment} machine; …: message; site …
func Describe(f *check.Finding) string {
	var b strings.Builder
	if !f.New {
		b.WriteString("before: ")
	}
	fmt.Fprintf(&b, "%s %s %s %s", f.Severity, f.Confidence, f.Rule, f.Arch)
	steps := make([]string, len(f.Path))
	for i, s := range f.Path {
		steps[i] = s.Function
	}
	if len(steps) > 0 {
		b.WriteString(" path " + strings.Join(steps, " → "))
	}
	if len(f.Guards) > 0 {
		b.WriteString(" guards " + strings.Join(f.Guards, ", "))
	}
	if f.Trap != nil {
		fmt.Fprintf(&b, " trap %s %s", f.Trap.Kind, f.Trap.File)
	}
	for _, w := range f.Where {
		fmt.Fprintf(&b, " in %s {%s} %s;", w.Class, strings.Join(w.Fragment, " "), w.Machine)
	}
	if f.FixedByPatch != nil {
		fmt.Fprintf(&b, " fixed by patch %d", *f.FixedByPatch)
	}
	b.WriteString(": " + f.Message)
	for _, x := range f.Sites {
		fmt.Fprintf(&b, "; site %s %s %s", x.Arch, x.File, x.Function)
		if x.RepairedByPatch != nil {
			fmt.Fprintf(&b, " repaired by patch %d", *x.RepairedByPatch)
		}
	}
	return b.String()
}

// compareFindings matches findings with marks.
func (c *testCase) compareFindings(r *check.Report) []string {
	var problems []string
	for _, f := range slices.Concat(r.Findings, r.Before) {
		at := place{f.Location.Patch, f.Location.File, f.Location.Line, f.Location.Side}
		text := Describe(&f)
		if !c.meet(at, text) {
			problems = append(problems, fmt.Sprintf("%s: got an unexpected finding\n\t%s", at, text))
		}
	}
	for _, w := range c.wants {
		if !w.met {
			problems = append(problems, fmt.Sprintf("%s: got no finding, want %q", w.at, w.re))
		}
	}
	return problems
}

func (c *testCase) meet(at place, text string) bool {
	for _, w := range c.wants {
		if !w.met && w.at == at && w.re.MatchString(text) {
			w.met = true
			return true
		}
	}
	return false
}

// notRunWant is one expected "not run" or gap.
type notRunWant struct {
	arch string
	re   *regexp.Regexp
	met  bool
}

func (c *testCase) notRunSection(text string) error {
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		name, expr, ok := strings.Cut(line, ":")
		if !ok {
			return fmt.Errorf("notrun: %q is not \"architecture: expression\"", line)
		}
		re, err := regexp.Compile(strings.TrimSpace(expr))
		if err != nil {
			return err
		}
		c.notRun = append(c.notRun, &notRunWant{arch: name, re: re})
	}
	return nil
}

// compareNotRun matches what was not judged with the section of that name.
func (c *testCase) compareNotRun(r *check.Report) []string {
	var problems []string
	tell := func(arch, text string) {
		ok := false
		for _, w := range c.notRun {
			if w.arch == arch && w.re.MatchString(text) {
				ok, w.met = true, true
			}
		}
		if !ok {
			problems = append(problems, fmt.Sprintf("%s: unexpectedly %s", arch, text))
		}
	}
	for _, cov := range r.Coverage {
		for _, n := range cov.NotRun {
			tell(cov.Arch, "not run: "+n.Reason)
		}
	}
	for _, g := range r.Gaps {
		tell(g.Arch, "not looked at: "+g.What+": "+g.Reason)
	}
	for _, w := range c.notRun {
		if !w.met {
			problems = append(problems, fmt.Sprintf("%s: everything was run, want not run %q", w.arch, w.re))
		}
	}
	return problems
}

// compareClasses returns the classes that had to be looked at and were not.
func (c *testCase) compareClasses(r *check.Report) []string {
	seen := make(map[string]bool)
	for _, cov := range r.Coverage {
		for _, cl := range cov.Classes {
			seen[cl.ID] = true
		}
	}
	var problems []string
	for _, id := range c.classes {
		if !seen[id] {
			problems = append(problems, fmt.Sprintf("class %s was not looked at", id))
		}
	}
	return problems
}

func sortedPaths(files map[string][]byte) []string {
	paths := make([]string, 0, len(files))
	for p := range files {
		paths = append(paths, p)
	}
	sort.Strings(paths)
	return paths
}
