package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

// TestReadme checks that what README.md shows of the demo is what the demo
// prints.
func TestReadme(t *testing.T) {
	long(t)
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(readme), "The generic change gets this:\n\n```\n")
	if !ok {
		t.Fatal("README.md has lost the output of the demo")
	}
	shown, _, _ := strings.Cut(rest, "```")
	var out, errs bytes.Buffer
	if got := run(context.Background(), []string{"demo"}, streams{strings.NewReader(""), &out, &errs}); got != exitClean {
		t.Fatalf("demo: got exit status %d, want 0: %s", got, &errs)
	}
	if !strings.Contains(out.String(), strings.TrimRight(shown, "\n")) {
		t.Errorf("README.md shows what the demo does not print:\n%s\ngot:\n%s", shown, &out)
	}
}
