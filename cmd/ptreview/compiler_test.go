package main

import (
	"testing"

	"ptreview/rules/check"
)

func compilerAgrees(t *testing.T, linux string, r *check.Report, f *check.Finding) {
}
