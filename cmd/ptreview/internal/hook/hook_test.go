package hook

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func kind(t *testing.T, name string) Kind {
	t.Helper()
	k, err := Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestUpdates(t *testing.T) {
	zero, one, two := strings.Repeat("0", 40), strings.Repeat("1", 40), strings.Repeat("2", 64)
	tests := []struct {
		kind, input string
		args        []string
		want        []Update
		bad         bool
	}{
		{kind: "pre-push", input: "HEAD " + one + " refs/heads/a " + zero + "\n(delete) " + zero + " refs/heads/b " + one + "\n", want: []Update{
			{Ref: "refs/heads/a", New: one}, {Ref: "refs/heads/b", Old: one},
		}},
		{kind: "pre-receive", input: two + " " + two + " refs/heads/a\n\n", want: []Update{{Ref: "refs/heads/a", Old: two, New: two}}},
		{kind: "pre-receive"},
		{kind: "update", args: []string{"refs/heads/a", zero, one}, want: []Update{{Ref: "refs/heads/a", New: one}}},
		{kind: "update", args: []string{"refs/heads/a", zero}, bad: true},
		{kind: "update", args: []string{"refs/heads/a", "--all", one}, bad: true},
		{kind: "pre-receive", input: one + " " + one + "\n", bad: true},
		{kind: "pre-push", input: one + " " + one + " refs/heads/a\n", bad: true},
		{kind: "pre-receive", input: one + " --output=x refs/heads/a\n", bad: true},
	}
	for _, tt := range tests {
		got, err := Updates(kind(t, tt.kind), tt.args, strings.NewReader(tt.input))
		if (err != nil) != tt.bad || !tt.bad && !slices.Equal(got, tt.want) {
			t.Errorf("%s %q %q: got %v, %v, want %v", tt.kind, tt.args, tt.input, got, err, tt.want)
		}
	}
}

func TestSkip(t *testing.T) {
	tests := []struct {
		options []string
		reason  string
		asked   bool
	}{
		{nil, "", false},
		{[]string{"ci.skip", "ptreview.skipped=no"}, "", false},
		{[]string{"ci.skip", "ptreview.skip= a = b "}, "a = b", true},
		{[]string{"ptreview.skip"}, "", true},
	}
	for _, tt := range tests {
		reason, asked := Skip(func(name string) string {
			digits, ok := strings.CutPrefix(name, "GIT_PUSH_OPTION_")
			switch i, err := strconv.Atoi(digits); {
			case digits == "COUNT":
				return strconv.Itoa(len(tt.options))
			case ok && err == nil:
				return tt.options[i]
			}
			return ""
		})
		if reason != tt.reason || asked != tt.asked {
			t.Errorf("%q: got %q, %v, want %q, %v", tt.options, reason, asked, tt.reason, tt.asked)
		}
	}
}

func TestMessage(t *testing.T) {
	text := "mm: subject\n\nbody # kept\n# gone\nend\n# ------------------------ >8 ------------------------\ndiff\n"
	if got, want := Message(text), "mm: subject\n\nbody # kept\nend\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestForeign keeps what is not ours whatever it is.
func TestForeign(t *testing.T) {
	k := kind(t, "update")
	script := Script(k, "/it's/ptreview", nil)
	if !strings.Contains(string(script), `ptreview='/it'\''s/ptreview'`) {
		t.Errorf("got %s, want the path as one word", script)
	}
	folder := filepath.Join(t.TempDir(), "hooks")
	file := filepath.Join(folder, k.Name)
	if _, err := Install(folder, k, script, Refuse); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		if _, removed, err := Uninstall(folder, k); err != nil || removed != want {
			t.Errorf("uninstall: got %v, %v, want %v", removed, err, want)
		}
	}
	if err := os.Symlink("elsewhere", file); err != nil {
		t.Fatal(err)
	}
	var foreign *ForeignError
	if _, err := Install(folder, k, script, Refuse); !errors.As(err, &foreign) {
		t.Errorf("a link: got %v, want a *ForeignError", err)
	}
	if err := os.WriteFile(file+kept, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Install(folder, k, script, Chain); err == nil {
		t.Error("a second kept hook: got no error, want one")
	}
	if target, err := os.Readlink(file); err != nil || target != "elsewhere" {
		t.Errorf("got %q, %v, want the link as it was", target, err)
	}
}
