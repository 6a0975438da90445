package gitcmd

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestLocalVariables compares the list with that of the git that is installed.
func TestLocalVariables(t *testing.T) {
	out, err := exec.Command("git", "rev-parse", "--local-env-vars").Output()
	if err != nil {
		t.Skipf("git is not there to be asked: %v", err)
	}
	for _, name := range strings.Fields(string(out)) {
		if !slices.Contains(localVariables(), name) {
			t.Errorf("got no %s, want all that git names", name)
		}
	}
}

func TestChildren(t *testing.T) {
	env := children([]string{"GIT_DIR=a", "GIT_INDEX_FILE=b", "GIT_QUARANTINE_PATH=c", "GIT_CONFIG_PARAMETERS='d'", "GIT_CONFIG_GLOBAL=e", "HOME=f"})
	got := slices.DeleteFunc(env, func(v string) bool {
		return strings.HasSuffix(v, "=1") || strings.HasSuffix(v, "=0") || v == "LC_ALL=C"
	})
	if want := []string{"GIT_QUARANTINE_PATH=c", "GIT_CONFIG_GLOBAL=e", "HOME=f"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseStaged(t *testing.T) {
	zero, one := strings.Repeat("0", 40), strings.Repeat("1", 40)
	tests := []struct {
		line string
		want Staged
		bad  bool
	}{
		{line: ":100644 100755 " + one + " " + one + " M", want: Staged{Path: "f", OldMode: 0o100644, NewMode: 0o100755, OldHash: one, NewHash: one}},
		{line: ":000000 120000 " + zero + " " + one + " A", want: Staged{Path: "f", NewMode: 0o120000, NewHash: one}},
		{line: ":100644 000000 " + one + " " + zero + " D", want: Staged{Path: "f", OldMode: 0o100644, OldHash: one}},
		{line: ":100644 000000 " + one + " " + zero + " U", bad: true},
		{line: ":100648 000000 " + one + " " + zero + " D", bad: true},
		{line: "f", bad: true},
	}
	for _, tt := range tests {
		got, err := parseStaged(tt.line, "f")
		if (err != nil) != tt.bad || !tt.bad && got != tt.want {
			t.Errorf("%s: got %+v, %v, want %+v", tt.line, got, err, tt.want)
		}
	}
}
