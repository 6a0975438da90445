package main

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/alecthomas/kong"
)

// TestSettings checks that each setting is a flag of the commands it is of, with
// its variable in the help, and that a tree may set it just where there is a way
// to heed it. What a tree may set is written down here once more: adding to it
// takes two decisions.
func TestSettings(t *testing.T) {
	parser, err := newParser(t.Context(), streams{}, &levels{}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	var ofTree []string
	for _, s := range allSettings() {
		if (s.fromTree == nil) != (s.Refused != "") {
			t.Errorf("%s: got no reason to refuse it or no way to heed it, or both", s.Key)
		}
		if s.Refused == "" {
			ofTree = append(ofTree, s.Key)
		}
		heard := 0
		for _, node := range parser.Model.Leaves(true) {
			if slices.ContainsFunc(node.Flags, func(f *kong.Flag) bool { return f.Name == s.Key && settingOf(node, s.Key) != nil }) {
				heard++
			}
		}
		if want := max(1, len(s.commands)); heard < want {
			t.Errorf("%s: got %d commands that have the flag, want %d", s.Key, heard, want)
		}
	}
	if want := []string{"arch", "rule", "fail-on", "no-assume", "format", "show-types"}; !slices.Equal(ofTree, want) {
		t.Errorf("a tree may set %q, want %q", ofTree, want)
	}
}

// TestFailIsSafe prints an error that quotes what a stranger wrote.
func TestFailIsSafe(t *testing.T) {
	var out bytes.Buffer
	fail(streams{err: &out}, errors.New("first \x1b[2J\nsecond\r"))
	if got, want := out.String(), "ptreview: first \uFFFD[2J\nsecond\uFFFD\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
