package main

import (
	"fmt"
	"strings"

	"ptreview/rules"
)

type explainCmd struct {
	Rule string `arg:"" optional:"" help:"The rule, as findings name it; none lists all rules."`
}

func (c *explainCmd) Run(s streams) error {
	if c.Rule == "" {
		for _, r := range rules.All() {
			fmt.Fprintf(s.out, "%-18s  %-7s  %s\n", r.Name, r.Severity, r.Doc.Summary)
		}
		return nil
	}
	r := rules.Named(c.Rule)
	if r == nil {
		return unknownRule(c.Rule)
	}
	fmt.Fprintf(s.out, "%s (%s)\n\n%s\n", r.Name, r.Severity, strings.ReplaceAll(r.Doc.Text, "\n\t", "\n    "))
	return nil
}
