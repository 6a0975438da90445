package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"ptreview/rules/check"
)

// GitHub writes annotations for GitHub Actions, one for each finding, at its
// place in the tree that the series leaves, and one that counts what was run, and the
// known findings, which have none.
// Source: GitHub documentation, workflow commands for GitHub Actions.
func GitHub(w io.Writer, m *Material, _ Options) error {
	b := bufio.NewWriter(w)
	for _, f := range told(m.Report) {
		properties := "title=" + githubProperty(f.Rule+" on "+f.Arch)
		if file, line, _ := placeNow(m, f.Location); file != "" {
			properties = fmt.Sprintf("file=%s,line=%d,%s", githubProperty(file), line, properties)
		}
		fmt.Fprintf(b, "::%s %s::%s\n", githubCommands[f.Severity], properties, githubData(withAdvice(f, "\n")+"\n"+Clean(f.See)))
	}
	command := "notice"
	reasons := notRunTexts(m.Report)
	if len(reasons) > 0 {
		command = "warning"
	}
	text := strings.Join(append([]string{countsText(m.Report)}, reasons...), "\n")
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
