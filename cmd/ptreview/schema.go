package main

import "ptreview/cmd/ptreview/internal/report"

type schemaCmd struct{}

func (*schemaCmd) Run(s streams) error {
	_, err := s.out.Write(report.Schema())
	return err
}
