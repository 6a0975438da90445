package main

import "ptreview/cmd/ptreview/internal/report"

type schemaCmd struct{}

// Help is shown by ptreview schema --help.
func (*schemaCmd) Help() string {
	return `The schema that every report of ptreview review --format json fulfils.

Examples:
  ptreview schema > review.schema.json`
}

func (*schemaCmd) Run(s streams) error {
	_, err := s.out.Write(report.Schema())
	return err
}
