package main

import (
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// commands returns the commands of the program that do something.
func commands(t *testing.T) []*kong.Node {
	t.Helper()
	parser, err := newParser(t.Context(), streams{}, &levels{}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	list := parser.Model.Leaves(true)
	if len(list) < 15 {
		t.Fatalf("got %d commands, want all of them", len(list))
	}
	return list
}

// TestHelp asks every command for help: it has examples, in 80 columns, and
// each names the command.
func TestHelp(t *testing.T) {
	for _, node := range commands(t) {
		name := strings.TrimPrefix(node.FullPath(), "ptreview ")
		status, out, errs := inProcess(t, append(strings.Fields(name), "--help")...)
		if status != exitClean || len(errs) > 0 {
			t.Errorf("%s --help: got status %d and %q, want 0 and no error", name, status, errs)
		}
		_, examples, ok := strings.Cut(string(out), "Examples:\n")
		first, _, _ := strings.Cut(name, " ")
		if !ok || !strings.Contains(examples, "ptreview "+first) {
			t.Errorf("%s --help: got no examples in %q", name, out)
		}
		for line := range strings.Lines(string(out)) {
			if utf8.RuneCountInString(line) > 81 && !strings.HasPrefix(line, "Usage:") {
				t.Errorf("%s --help: got a line of %d columns, want 80: %q", name, len(line)-1, line)
			}
		}
	}
}

// TestExitStatuses checks that README.md and --help say what exitMeanings says.
func TestExitStatuses(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("| status | meaning |\n| --- | --- |\n")
	for _, m := range exitMeanings() {
		table.WriteString("| " + string(rune('0'+m.status)) + " | " + m.means + " |\n")
	}
	if !strings.Contains(string(readme), table.String()) {
		t.Errorf("README.md has not the table\n%s", &table)
	}
	_, out, _ := inProcess(t, "--help")
	if !strings.Contains(strings.Join(strings.Fields(string(out)), " "), strings.Join(strings.Fields(exitText()), " ")) {
		t.Errorf("--help: got %q, want the exit statuses", out)
	}
}
