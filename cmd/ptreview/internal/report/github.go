package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"ptreview/rules/check"
)

// GitHub writes annotations for GitHub Actions, one for each finding, and one
// that counts what was run.
// Source: GitHub documentation, workflow commands for GitHub Actions.
func GitHub(w io.Writer, m *Material, _ Options) error {
	b := bufio.NewWriter(w)
	for i := range m.Report.Findings {
		f := &m.Report.Findings[i]
		properties := "title=" + githubProperty(f.Rule+" on "+f.Arch)
		if f.Location.File != "" && f.Location.Side != "before" { // lines of the file as it is now
			properties = fmt.Sprintf("file=%s,line=%d,%s", githubProperty(f.Location.File), f.Location.Line, properties)
		}
		fmt.Fprintf(b, "::%s %s::%s\n", githubCommands[f.Severity], properties, githubData(oneLine(f)+"\n"+f.See))
	}
	clean, notRun := unitCounts(m.Report)
	command, reasons := "notice", ""
	if notRun > 0 {
		command = "warning"
		for _, c := range m.Report.Coverage {
			for _, n := range c.NotRun {
				reasons += fmt.Sprintf("\n%s, %s: %s", c.Arch, plural(n.Units, "unit", "units"), Clean(n.Reason))
			}
		}
	}
	text := fmt.Sprintf("%s, %s clean, %d not run%s", plural(len(m.Report.Findings), "finding", "findings"), plural(clean, "unit", "units"), notRun, reasons)
	fmt.Fprintf(b, "::%s title=ptreview::%s\n", command, githubData(text))
	return b.Flush()
}

var githubCommands = map[check.Severity]string{check.Error: "error", check.Warning: "warning", check.Note: "notice"}

// githubData escapes the message of a command.
func githubData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// githubProperty escapes a value before the message.
func githubProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(githubData(Clean(s)))
}
