package main

import (
	"fmt"
	"io"
	"strings"

	"ptreview/cmd/ptreview/internal/report"
	"ptreview/rules"
)

type explainCmd struct {
	Rule string `arg:"" optional:"" help:"The rule, as findings name it; none lists all rules."`
}

// Help is shown by ptreview explain --help.
func (*explainCmd) Help() string {
	return `What a rule claims and why it matters, with a bad and a good example and what
the rule does not see.

Examples:
  ptreview explain
  ptreview explain trap/arch-helper`
}

func (c *explainCmd) Run(s streams) error {
	if c.Rule == "" {
		return listRules(s.out)
	}
	r := rules.Named(c.Rule)
	if r == nil {
		return unknownRule(c.Rule)
	}
	if _, err := fmt.Fprintf(s.out, "%s (%s)\n\n%s\n\n", r.Name, r.Severity, strings.ReplaceAll(r.Doc.Text, "\n\t", "\n    ")); err != nil {
		return err
	}
	return report.Advice(s.out, r)
}

func listRules(w io.Writer) error {
	for _, r := range rules.All() {
		if _, err := fmt.Fprintf(w, "%-18s  %-7s  %s\n", r.Name, r.Severity, r.Doc.Summary); err != nil {
			return err
		}
	}
	return nil
}
