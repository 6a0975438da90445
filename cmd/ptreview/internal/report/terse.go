package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"ptreview/rules/check"
)

// Terse writes a line for each finding, in the form of checkpatch:
//
//	mm/memory.c:54: ERROR: message
//
// What follows the place is ERROR, WARNING or CHECK, and with opt.Types its
// rule: ERROR:TRAP_ARCH_HELPER: message. The place is that of the tree after the
// finding's patch, or with opt.MailLines the line of the patch's mail, as
// checkpatch has it with --terse. A last line counts all of it, and the
// known findings, which have no line.
// Source: scripts/checkpatch.pl, report(), v6.12.
func Terse(w io.Writer, m *Material, opt Options) error {
	b := bufio.NewWriter(w)
	for _, f := range told(m.Report) {
		level := levels[f.Severity]
		if opt.Types {
			level += ":" + Clean(typeOf(f.Rule))
		}
		fmt.Fprintf(b, "%s%s: %s\n", tersePlace(m, f, opt), level, withAdvice(f, "; "))
	}
	clean, notRun := unitCounts(m.Report)
	count := severities(m.Report)
	fmt.Fprintf(b, "total: %d errors, %d warnings, %d checks, %d units clean, %d not run%s\n",
		count[check.Error], count[check.Warning], count[check.Note], clean, notRun, besides(m.Report))
	return b.Flush()
}

// levels are the words of checkpatch for severities.
var levels = map[check.Severity]string{check.Error: "ERROR", check.Warning: "WARNING", check.Note: "CHECK"}

// typeOf writes the name of a rule as checkpatch writes types.
func typeOf(rule string) string {
	return strings.ToUpper(strings.NewReplacer("/", "_", "-", "_").Replace(rule))
}

// tersePlace is the place of a finding with a colon and a blank, "" if it has
// none.
func tersePlace(m *Material, f *check.Finding, opt Options) string {
	l := f.Location
	if h := m.Hunk(l); opt.MailLines && h != nil && h.MailLine > 0 {
		return fmt.Sprintf("%s:%d: ", Clean(h.Mail), h.MailLine)
	}
	if l.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", Clean(l.File), lineAfter(m, l))
}

// oneLine is the message of a finding with where it is so, on one line.
func oneLine(f *check.Finding) string {
	text := f.Message
	if f.FixedByPatch != nil {
		text += fmt.Sprintf(" (until patch %d)", *f.FixedByPatch)
	}
	if f.Arch != "" {
		text += " [" + f.Arch + where(f.Where) + "]"
	}
	return strings.Join(strings.Fields(Clean(text)), " ")
}

// where names the first configuration and machine of a finding, and says how
// many more there are.
func where(list []check.Where) string {
	if len(list) == 0 {
		return ""
	}
	text := ": " + strings.Join(append(append([]string(nil), list[0].Fragment...), list[0].Machine), " ")
	if n := len(list) - 1; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return strings.TrimRight(text, " ")
}
