package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pages writes the manual pages of all commands.
func pages(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	if status, _, errs := inProcess(t, "man", "--dir", dir); status != exitClean {
		t.Fatalf("got exit status %d: %s", status, errs)
	}
	list, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || len(list) < 20 {
		t.Fatalf("got %d pages, want one for each command: %v", len(list), err)
	}
	return list
}

// TestManLint has mandoc look at the pages. They have no date on purpose.
func TestManLint(t *testing.T) {
	if _, err := exec.LookPath("mandoc"); err != nil {
		t.Skip("mandoc is not installed: the pages were not checked")
	}
	for _, name := range pages(t) {
		out, _ := exec.Command("mandoc", "-Tlint", "-Wwarning", name).CombinedOutput()
		for line := range strings.Lines(string(out)) {
			if !strings.Contains(line, "missing date") {
				t.Errorf("mandoc: %s", line)
			}
		}
	}
}

// TestMan reads pages with man itself: they have what --help has, as it stands.
func TestMan(t *testing.T) {
	if _, err := exec.LookPath("man"); err != nil {
		t.Skip("man is not installed: the pages were not read with it")
	}
	for _, name := range pages(t) {
		cmd := exec.Command("man", "--warnings=all", "-l", name)
		cmd.Env = append(os.Environ(), "MANWIDTH=80", "MANPAGER=cat", "LC_ALL=C.UTF-8")
		var errs strings.Builder
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil || errs.Len() > 0 {
			t.Errorf("%s: %v: %s", filepath.Base(name), err, &errs)
		}
		command := strings.Split(strings.TrimSuffix(filepath.Base(name), ".1"), "-")[1:]
		for _, want := range append(helpLines(t, command), "EXIT STATUS") {
			if !strings.Contains(string(out), want) {
				t.Errorf("%s: got no %q", filepath.Base(name), want)
			}
		}
	}
}

// helpLines are lines of --help that a page has too: those of examples, and the
// flags.
func helpLines(t *testing.T, command []string) []string {
	t.Helper()
	_, out, _ := inProcess(t, append(command, "--help")...)
	var list []string
	_, examples, _ := strings.Cut(string(out), "Examples:\n")
	for line := range strings.Lines(examples) {
		if !strings.HasPrefix(line, "    ") && strings.TrimSpace(line) != "" {
			break
		}
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	for _, word := range strings.Fields(string(out)) {
		if strings.HasPrefix(word, "--") && !strings.ContainsAny(word, `=[.,;()"`) {
			list = append(list, word)
		}
	}
	return list
}
