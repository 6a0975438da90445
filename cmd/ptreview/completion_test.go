package main

import (
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"ptreview/cmd/ptreview/internal/complete"
)

// completions are beginnings of command lines, and how a shell goes on where
// that is certain.
func completions() []struct{ typed, whole string } {
	return []struct{ typed, whole string }{
		{"ptreview rev", "ptreview review "},
		{"ptreview hook inst", "ptreview hook install "},
		{"ptreview explain build/und", "ptreview explain build/undeclared "},
		{"ptreview review --fail", "ptreview review --fail-on "},
		{"ptreview review --arch x86,pow", "ptreview review --arch x86,powerpc "},
		{"ptreview review --format sar", "ptreview review --format sarif "},
		{"ptreview review --format=sar", "ptreview review --format=sarif "},
		{"ptreview review --output jun", "ptreview review --output junit="},
		{"ptreview config --cl", "ptreview config --class "},
		{"ptreview review only-fi", "ptreview review only-file "},
	}
}

// TestCompleteWords asks what the scripts of shells ask.
func TestCompleteWords(t *testing.T) {
	tests := []struct {
		words []string
		want  []string // words that are among the candidates
		no    []string // and that are not
	}{
		{nil, []string{"review", "explain"}, []string{"complete", "--help"}},
		{[]string{"--"}, []string{"--help"}, []string{"review"}},
		{[]string{"review", ""}, nil, []string{"review"}},
		{[]string{"review", "--fail-on", ""}, []string{"error", "warning", "note"}, []string{"text"}},
		{[]string{"review", "--fail-on", "note", "--"}, []string{"--arch", "--tree"}, []string{"--fail-on", "--class"}},
		{[]string{"review", "--arch", "x86", "--a"}, []string{"--arch", "--arch-data"}, nil},
		{[]string{"review", "--arch", "x86,"}, []string{"x86,arm64"}, []string{"x86,x86", "arm64"}},
		{[]string{"review", "--stats", "--format="}, []string{"--format=text"}, []string{"text"}},
		{[]string{"review", "--", "--"}, nil, []string{"--arch"}},
		{[]string{"review", "-o", ""}, []string{"mail="}, nil},
		{[]string{"config", "write", "-o", ""}, nil, []string{"mail="}},
		{[]string{"explain", "trap/arch-helper", ""}, nil, []string{"trap/arch-helper"}},
		{[]string{"hook", "run", "pre-p"}, []string{"pre-push"}, []string{"pre-commit"}},
		{[]string{"emulate", "f", "--era", ""}, []string{"mmap_lock", "all"}, nil},
		{[]string{"laws", "--format", ""}, []string{"text", "json"}, []string{"sarif"}},
		{[]string{"nowhere", "--no", ""}, nil, []string{"review"}},
	}
	for _, tt := range tests {
		_, out, _ := inProcess(t, append([]string{"complete", "fish", "--"}, tt.words...)...)
		var got []string
		for line := range strings.Lines(string(out)) {
			word, _, _ := strings.Cut(line, "\t")
			got = append(got, word)
		}
		for _, w := range tt.want {
			if !slices.Contains(got, w) {
				t.Errorf("%q: got %q, want %q among them", tt.words, got, w)
			}
		}
		for _, w := range tt.no {
			if slices.Contains(got, w) {
				t.Errorf("%q: got %q, want no %q", tt.words, got, w)
			}
		}
	}
}

// TestCompletion types into real shells, and presses the tabulator.
func TestCompletion(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("only-file", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	shells := []struct {
		name string
		args []string
		set  string // up what the script needs
	}{
		{"bash", []string{"--norc", "--noprofile", "-i"}, "bind 'set bell-style none'; source <(ptreview completion bash)"},
		{"zsh", []string{"-f", "-i"}, "unsetopt prompt_sp beep; autoload -U compinit; compinit -u -D; source <(ptreview completion zsh)"},
		{"fish", []string{"--no-config", "-i"}, "ptreview completion fish | source"},
	}
	for _, sh := range shells {
		t.Run(sh.name, func(t *testing.T) {
			if _, err := exec.LookPath(sh.name); err != nil {
				t.Skipf("%s is not installed: what it makes of the script was not seen", sh.name)
			}
			home := t.TempDir() // holds no settings of the user's
			env := []string{"TERM=xterm", "HOME=" + home, "ZDOTDIR=" + home, "XDG_CONFIG_HOME=" + home, "XDG_DATA_HOME=" + home, "PS1=> "}
			_, term := startIn(t, env, append([]string{sh.name}, sh.args...)...)
			// What is typed is shown too, but only what is run has the word whole.
			io.WriteString(term, sh.set+"; echo re''ady\r")
			term.waitFor(t, "ready")
			for _, c := range completions() {
				// Ctrl-A goes to the front, where what has become of the line is
				// made to be printed instead of run.
				io.WriteString(term, c.typed+"\t\x01printf '<%s>' \r")
				term.waitFor(t, "<"+strings.Join(strings.Fields(c.whole), "><")+">")
			}
		})
	}
}

// TestCut glues what bash cuts.
func TestCut(t *testing.T) {
	got := complete.Cut("bash", []string{"review", "--format", "=", "te", "a", ":", ":", "b", "--output", "="})
	want := []string{"review", "--format=te", "a::b", "--output="}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
