package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"ptreview/rules"
	"ptreview/rules/check"
	"ptreview/testdata/demo"
)

func TestMain(m *testing.M) {
	// What a test finds must not come from an earlier run.
	os.Setenv("PTREVIEW_CACHE", noCache)
	testscript.Main(m, map[string]func(){"ptreview": main})
}

// TestScript runs the archives of testdata/script. Beyond the usual commands
// they have
//
//	demo              write the kernel in miniature to linux/, its mails to
//	                  series/, wrong-fix.patch and right-fix.patch
//	status N cmd…     run cmd, which must end with exit status N
//	refuse args…      run ptreview on bad input: exit status 2, one sentence
//	                  on stderr, nothing on stdout, no file written
//	found N regexp    the JSON report on stdout has N findings whose line
//	                  "severity rule arch helper confidence" the regexp matches
//	edit from to re s copy a file with the first match of re replaced by s
//	cut from to N     copy the first N bytes of a file
//	keep NAME         put the last output into an environment variable
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setupScript,
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"demo": writeDemo, "status": runStatus, "refuse": runRefuse, "found": countFindings,
			"edit": editFile, "cut": cutFile, "keep": keepOutput, "explained": explainAll,
		},
	})
}

// long skips a test that takes its time and says nothing new about races, for
// which -short is.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: -short: it takes long")
	}
}

// setupScript gives git an identity and no configuration of the user's.
func setupScript(env *testscript.Env) error {
	for _, v := range []string{
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_AUTHOR_NAME=script", "GIT_AUTHOR_EMAIL=script@example.org", "GIT_AUTHOR_DATE=2023-06-08T12:00:00Z",
		"GIT_COMMITTER_NAME=script", "GIT_COMMITTER_EMAIL=script@example.org", "GIT_COMMITTER_DATE=2023-06-08T12:00:00Z",
	} {
		name, value, _ := strings.Cut(v, "=")
		env.Setenv(name, value)
	}
	return nil
}

// condition knows [user]: files can be made unreadable.
func condition(name string) (bool, error) {
	if name == "user" {
		return os.Geteuid() > 0, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

func wantArgs(ts *testscript.TestScript, neg bool, args []string, usage string) {
	n := len(strings.Fields(usage)) - 1
	if neg || len(args) != n && !strings.HasSuffix(usage, "…") || len(args) < n-1 {
		ts.Fatalf("usage: %s", usage)
	}
}

func writeDemo(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, "demo")
	ts.Check(os.CopyFS(ts.MkAbs("linux"), demo.Tree()))
	ts.Check(os.Mkdir(ts.MkAbs("series"), 0o755))
	for _, m := range append(demo.Series(), demo.WrongFix(), demo.RightFix()) {
		ts.Check(os.WriteFile(ts.MkAbs(m.Name), m.Data, 0o644))
	}
}

func runStatus(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, "status N command …")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := exitStatus(ts, args[1], args[2:]...); got != want {
		ts.Fatalf("got exit status %d, want %d", got, want)
	}
}

func exitStatus(ts *testscript.TestScript, command string, args ...string) int {
	err := ts.Exec(command, args...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	ts.Check(err)
	return 0
}

func runRefuse(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, "refuse …")
	before := snapshot(ts)
	if got := exitStatus(ts, "ptreview", args...); got != exitUsage {
		ts.Fatalf("got exit status %d, want %d", got, exitUsage)
	}
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("got output %q, want none", out)
	}
	text := ts.ReadFile("stderr")
	if !strings.HasPrefix(text, "ptreview: ") || strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
		ts.Fatalf("got %q, want one sentence behind the program's name", text)
	}
	if after := snapshot(ts); after != before {
		ts.Fatalf("files were written")
	}
}

// snapshot is a hash over names, times and sizes of all files of the script.
func snapshot(ts *testscript.TestScript) string {
	h := sha256.New()
	root := ts.Getenv("WORK")
	ts.Check(filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == filepath.Join(root, ".tmp") {
			return err
		}
		info, err := d.Info()
		if err == nil {
			fmt.Fprintln(h, name, info.Mode(), info.Size(), info.ModTime().UnixNano())
		}
		return err
	}))
	return string(h.Sum(nil))
}

func countFindings(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, "found N regexp")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	re, err := regexp.Compile(args[1])
	ts.Check(err)
	var r check.Report
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	dec.DisallowUnknownFields()
	ts.Check(dec.Decode(&r))
	got := 0
	var all []string
	for _, f := range r.Findings {
		line := fmt.Sprintf("%s %s %s %s %s", f.Severity, f.Rule, f.Arch, f.Helper, f.Confidence)
		if all = append(all, line); re.MatchString(line) {
			got++
		}
	}
	if got != want {
		ts.Fatalf("got %d findings that match %s, want %d, among %q", got, args[1], want, all)
	}
}

// escapes are what a replacement cannot be written with in a script.
var escapes = strings.NewReplacer(`\n`, "\n", `\t`, "\t")

func editFile(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, "edit from to regexp replacement")
	re, err := regexp.Compile("(?m)" + args[2])
	ts.Check(err)
	text := ts.ReadFile(args[0])
	at := re.FindStringSubmatchIndex(text)
	if at == nil {
		ts.Fatalf("%s has nothing that matches %s", args[0], args[2])
	}
	var out []byte
	out = append(out, text[:at[0]]...)
	out = re.ExpandString(out, escapes.Replace(args[3]), text, at)
	out = append(out, text[at[1]:]...)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), out, 0o644))
}

func cutFile(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, "cut from to N")
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(ts.ReadFile(args[0])[:n]), 0o644))
}

func keepOutput(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, "keep NAME")
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// explainAll runs explain on every rule.
func explainAll(ts *testscript.TestScript, neg bool, args []string) {
	wantArgs(ts, neg, args, "explained")
	for _, r := range rules.All() {
		if got := exitStatus(ts, "ptreview", "explain", r.Name); got != exitClean {
			ts.Fatalf("explain %s: got exit status %d, want 0", r.Name, got)
		}
		text := ts.ReadFile("stdout")
		for _, want := range []string{r.Name, "Bad", "Good", "Blind spots", "What to do: "} {
			if !strings.Contains(text, want) {
				ts.Fatalf("explain %s: got no %q in %q", r.Name, want, text)
			}
		}
		for _, line := range strings.Split(text, "\n") {
			if len(line) > 80 {
				ts.Fatalf("explain %s: got a line of %d columns, want 80: %q", r.Name, len(line), line)
			}
		}
		if path.Dir(r.Name) == "." {
			ts.Fatalf("rule %s: want family/what-is-wrong", r.Name)
		}
	}
}

// inProcess runs the program in this process.
func inProcess(t testing.TB, args ...string) (status int, stdout, stderr []byte) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, streams{strings.NewReader(""), &out, &errs})
	return status, out.Bytes(), errs.Bytes()
}
