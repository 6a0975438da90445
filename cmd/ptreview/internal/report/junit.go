package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"ptreview/rules/check"
)

// The elements of JUnit's form, as Jenkins and GitLab read it.
// Source: the schema junit-10.xsd of the xunit plugin of Jenkins.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class    string         `xml:"classname,attr"`
	Name     string         `xml:"name,attr"`
	Failures []junitMessage `xml:"failure"`
	Skipped  *junitMessage  `xml:"skipped"`
	Out      string         `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes a suite for each architecture and a test for each class of
// configurations. Errors and warnings fail a test, notes are its output, and one
// of which something was not run is skipped. A known finding is a skipped test of its
// own, with its reason.
func JUnit(w io.Writer, m *Material, _ Options) error {
	all := junitSuites{Name: Clean(m.Report.Series.Subject)}
	for _, c := range suiteArchs(m.Report) {
		s := junitArch(m, &c)
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Suites = append(all.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// suiteArchs are the architectures that were looked at, and those that only
// findings name.
func suiteArchs(r *check.Report) []check.Coverage {
	list := slices.Clone(r.Coverage)
	for i := range r.Findings {
		arch := r.Findings[i].Arch
		if !slices.ContainsFunc(list, func(c check.Coverage) bool { return c.Arch == arch }) {
			list = append(list, check.Coverage{Arch: arch})
		}
	}
	return list
}

func junitArch(m *Material, c *check.Coverage) junitSuite {
	s := junitSuite{Name: Clean(c.Arch)}
	names := []string{""} // what no class has
	for _, class := range c.Classes {
		names = append(names, class.ID)
	}
	for i, name := range names {
		test := junitCase{Class: "ptreview." + Clean(c.Arch), Name: firstNonEmpty(Clean(name), "definitions")}
		for _, f := range told(m.Report) {
			if f.Arch == c.Arch && ofClass(c, f, name) {
				test.add(m, f)
			}
		}
		if i == 0 && len(test.Failures) == 0 && test.Out == "" && len(c.Classes) > 0 {
			continue
		}
		if open := notRunOf(c, i); len(test.Failures) == 0 && open != "" {
			test.Skipped = &junitMessage{Message: open}
			s.Skipped++
		}
		s.Tests++
		s.Failures += min(1, len(test.Failures))
		s.Cases = append(s.Cases, test)
	}
	for _, f := range known(m.Report) {
		if f.Arch == c.Arch {
			s.Tests++
			s.Skipped++
			s.Cases = append(s.Cases, junitKnown(f))
		}
	}
	return s
}

// junitKnown is the test of a known finding.
func junitKnown(f *check.Finding) junitCase {
	return junitCase{
		Class: "ptreview." + Clean(f.Arch), Name: "known: " + Clean(knownName(f)),
		Skipped: &junitMessage{Message: "known: " + Clean(f.Suppressed.Reason)},
	}
}

// ofClass reports whether a finding is of a class; it is of "" if it is of none
// that was looked at.
func ofClass(c *check.Coverage, f *check.Finding, class string) bool {
	if class == "" {
		return !slices.ContainsFunc(c.Classes, func(x check.ClassInfo) bool { return ofClass(c, f, x.ID) })
	}
	return slices.ContainsFunc(f.Where, func(w check.Where) bool { return w.Class == class })
}

// notRunOf says that something of the class i-1 was not run, or of the
// architecture as a whole for 0, and why.
func notRunOf(c *check.Coverage, i int) string {
	open := notRunUnits(c)
	var reasons []string
	for _, n := range c.NotRun {
		reasons = append(reasons, Clean(n.Reason))
	}
	if i > 0 {
		open = c.Classes[i-1].NotRun
	}
	if open == 0 {
		return ""
	}
	return fmt.Sprintf("%s not run: %s", plural(open, "unit", "units"), strings.Join(reasons, "; "))
}

// add adds a finding, whose place is that in the tree that the series leaves.
func (t *junitCase) add(m *Material, f *check.Finding) {
	text := nowAt(m, f) + withAdvice(f, "\n")
	if f.Severity == check.Note {
		t.Out += Clean(f.Rule) + ": " + text + "\n"
		return
	}
	t.Failures = append(t.Failures, junitMessage{Message: oneLine(f), Type: Clean(f.Rule), Text: text + "\n" + Clean(f.See)})
}
