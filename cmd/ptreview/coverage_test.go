package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/parse/cpp/oracle"
)

const (
	coverageStart = "<!-- coverage -->\n```\n"
	coverageEnd   = "```\n<!-- end of coverage -->\n"
)

var update = flag.Bool("update", false, "rewrite the table of README.md")

// TestReadmeCoverage measures architectures of real kernels anew and compares
// with the table of README.md. One takes about 20 seconds: two of the smallest
// are measured, and all with PTREVIEW_FULL=1. "PTREVIEW_FULL=1 go test
// ./cmd/ptreview -run TestReadmeCoverage -update" writes the table.
func TestReadmeCoverage(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(readme), coverageStart)
	shown, after, ok2 := strings.Cut(rest, coverageEnd)
	if !ok1 || !ok2 {
		t.Fatal("README.md has lost the table of coverage")
	}
	full := os.Getenv("PTREVIEW_FULL") != ""
	var rows [][]string
	for _, kernel := range oracle.Trees(t) {
		for _, name := range arch.Builtin().Names() {
			if _, err := os.Stat(kernel.Dir + "/arch/" + name); err != nil {
				continue
			}
			if full || kernel.Version == "6.1" && name == "m68k" || kernel.Version == "6.12" && name == "microblaze" {
				rows = append(rows, coverageRows(t, kernel, name)...)
			}
		}
	}
	if *update && full {
		text := before + coverageStart + coverageTable(rows) + coverageEnd + after
		if err := os.WriteFile("../../README.md", []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	var lines []string
	for line := range strings.Lines(shown) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	for _, row := range rows {
		if !slices.Contains(lines, strings.Join(row, " ")) {
			t.Errorf("README.md does not show %s", strings.Join(row, " "))
		}
	}
}

// coverageRows measures one architecture of a kernel.
func coverageRows(t *testing.T, kernel oracle.Tree, name string) [][]string {
	t.Helper()
	var out, errs bytes.Buffer
	args := []string{"coverage", "--tree", kernel.Dir, "--arch", name, "--format", "json"}
	run(context.Background(), args, streams{strings.NewReader(""), &out, &errs})
	var r coverageReport
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%s %s: %v: %s", kernel.Version, name, err, &errs)
	}
	var rows [][]string
	for _, row := range r.Rows {
		rows = append(rows, []string{
			kernel.Version, row.Arch, row.Config, fmt.Sprint(row.UnitsRead), fmt.Sprint(row.Bodies),
			fmt.Sprint(row.Typed), fmt.Sprint(row.Skipped), fmt.Sprint(len(row.Failures)),
		})
	}
	for _, n := range r.NotRead {
		rows = append(rows, []string{kernel.Version, n.Arch, n.Config, "-", "-", "-", "-", "not read"})
	}
	return rows
}

// coverageTable aligns the rows below a heading.
func coverageTable(rows [][]string) string {
	var b bytes.Buffer
	heading := []string{"kernel", "architecture", "configuration", "units", "bodies", "typed", "skipped", "failures"}
	if err := append(table{heading}, rows...).write(&b); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.String()
}
