package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// settings are some of each kind.
func settings() []Setting {
	return []Setting{
		{Key: "arch", Kind: List},
		{Key: "fail-on", Check: func(w string) error {
			if w != "warning" {
				return errors.New("no severity")
			}
			return nil
		}},
		{Key: "no-assume", Kind: Switch},
		{Key: "output", Kind: List, Refused: "it names files to write"},
	}
}

// show writes values and errors in one line.
func show(values []Value, errs []error) string {
	var out []string
	for _, v := range values {
		out = append(out, fmt.Sprintf("%s=%s@%s", v.Key, v.Text(), v.Place))
	}
	for _, err := range errs {
		out = append(out, err.Error())
	}
	return strings.Join(out, " | ")
}

func TestRead(t *testing.T) {
	tests := []struct {
		text  string
		level Level
		want  string
	}{
		{"", Tree, ""}, {"# nothing\n", Tree, ""}, {"---\n", User, ""},
		{"arch: x86\n", Tree, "arch=x86@f:1"},
		{"# first\narch: [x86, 'arm64']\nfail-on: warning\n", Tree, "arch=x86,arm64@f:2 | fail-on=warning@f:3"},
		{"arch:\n  - x86\n  - um\nno-assume: true\n", User, "arch=x86,um@f:1 | no-assume=true@f:4"},
		{"arch: []\n", User, "arch=@f:1"},
		{"fial-on: warning\n", User, `f:1: there is no setting "fial-on", did you mean "fail-on"?`},
		{"\n\nmail:\n  to: x\n", User, `f:3: there is no setting "mail"; the settings are arch, fail-on, no-assume, output`},
		{"\"\\e[2J\": 1\n", User, `f:1: there is no setting "\x1b[2J"; the settings are arch, fail-on, no-assume, output`},
		{"output: html=x\n", Tree, "f:1: output cannot be set by the tree that is reviewed: it names files to write"},
		{"output: html=x\n", User, "output=html=x@f:1"},
		{"fail-on: fatal\n", User, "f:1: fail-on: no severity"},
		{"fail-on: [warning]\n", User, "f:1: fail-on wants one word"},
		{"fail-on:\n", User, "f:1: fail-on wants one word"},
		{"arch: {x86: 1}\n", User, "f:1: arch wants a list, as in [a, b]"},
		{"no-assume: yes\n", User, `f:1: no-assume: "yes" is neither true nor false`},
		{"no-assume: [true]\n", User, "f:1: no-assume wants true or false"},
		{"arch: &a x86\n", User, "f:1: arch wants a list, as in [a, b]"},
		{"arch: !!str x86\n", User, "f:1: arch wants a list, as in [a, b]"},
		{"- arch\n", User, "f:1: a configuration is a list of settings, as in fail-on: warning"},
		{"a: 1\nfail-on: fatal\n---\nb: 1\narch: um\n", User, `arch=um@f:5 | f:1: there is no setting "a"; the settings are arch, fail-on, no-assume, output | f:2: fail-on: no severity | f:4: there is no setting "b"; the settings are arch, fail-on, no-assume, output`},
		{"arch: um\n---\narch: x86\n", User, "arch=um@f:1 | f:3: arch is set twice"},
	}
	for _, tt := range tests {
		if got := show(Read("f", []byte(tt.text), tt.level, settings())); got != tt.want {
			t.Errorf("%q: got\n%s, want\n%s", tt.text, got, tt.want)
		}
	}
}

// TestReadBroken reads what is no YAML: one error, with file and line where
// there is one.
func TestReadBroken(t *testing.T) {
	for _, text := range []string{"arch: [x86\n", "arch: x86\narch: um\n", "\tarch: x86\n", "a: b: c\n", "*a\n", strings.Repeat("[", 1000), strings.Repeat("a", MaxSize+1)} {
		values, errs := Read("f", []byte(text), Tree, settings())
		if len(values) > 0 || len(errs) != 1 || !strings.HasPrefix(errs[0].Error(), "f:") {
			t.Errorf("%.20q: got %s, want one error that begins with the file", text, show(values, errs))
		}
	}
}

func TestEnviron(t *testing.T) {
	environ := []string{"PTREVIEW_ARCH=x86", "PTREVIEW_ARCH=um,arm64", "PTREVIEW_FAIL_ON=fatal", "PTREVIEW_NO_ASSUME=", "PTREVIEW_OUTPT=x", "PTREVIEW_CORPUS=x", "OUTPUT=x"}
	got := show(Environ(environ, settings()))
	if want := "arch=um,arm64@PTREVIEW_ARCH | PTREVIEW_FAIL_ON: no severity"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	got = show(nil, Misspelt(environ, settings()))
	if want := `PTREVIEW_OUTPT is no setting, did you mean "PTREVIEW_OUTPUT"?`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// FuzzRead checks that no file ends the program, and that errors name it.
func FuzzRead(f *testing.F) {
	f.Add("arch: [x86]\nfail-on: warning\n")
	f.Add("a: &a [*a]\n? x\n: |\n  y\n")
	f.Fuzz(func(t *testing.T, text string) {
		_, errs := Read("f", []byte(text), Tree, settings())
		for _, err := range errs {
			if !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("%q: got %q, want the file in front", text, err)
			}
		}
	})
}
