package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"ptreview/testdata/demo"
)

// The programs that read what the faces write.

// multitool is the SARIF multitool, npm package @microsoft/sarif-multitool.
func multitool(t *testing.T) string {
	t.Helper()
	name := os.Getenv("PTREVIEW_SARIF_MULTITOOL")
	if name == "" {
		name = "sarif-multitool"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("SKIPPED: no SARIF multitool: %v; PTREVIEW_SARIF_MULTITOOL names that of npm's @microsoft/sarif-multitool", err)
	}
	return path
}

// sarifAllowed are the warnings of the multitool that stay. There is no page on
// the net that a tool.driver.informationUri could name.
var sarifAllowed = []string{"SARIF2005"}

// sarifAccepted lets the multitool validate a log: no error, and no warning but
// those that are allowed.
func sarifAccepted(t *testing.T, log []byte) {
	t.Helper()
	for _, told := range validateSARIF(t, log) {
		if told.Level == "error" || told.Level == "warning" && !slices.Contains(sarifAllowed, told.RuleID) {
			t.Errorf("the SARIF multitool: %s %s: %s", told.Level, told.RuleID, told.Message.Text)
		}
	}
}

// sarifTold is what the multitool has to say about a log.
type sarifTold struct {
	Level, RuleID string
	Message       struct{ Text string }
}

func validateSARIF(t *testing.T, log []byte) []sarifTold {
	t.Helper()
	tool := multitool(t)
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.sarif"), filepath.Join(dir, "out.sarif")
	if err := os.WriteFile(in, log, 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tool, "validate", in, "--output", out, "--level", "Error;Warning")
	cmd.Env = append(os.Environ(), "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1", "DOTNET_BUNDLE_EXTRACT_BASE_DIR="+dir)
	said, runErr := cmd.CombinedOutput() // its status does not tell findings from a failure
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatalf("%v, %v: %s", runErr, err, said)
	}
	var v struct {
		Runs []struct {
			Results     []sarifTold
			Invocations []struct{ ExecutionSuccessful bool }
		}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if err := json.Unmarshal(text, &v); err != nil || len(v.Runs) != 1 || len(v.Runs[0].Invocations) != 1 {
		t.Fatalf("%v: %s", err, text)
	}
	if !v.Runs[0].Invocations[0].ExecutionSuccessful {
		t.Fatalf("the SARIF multitool failed: %s", said)
	}
	return v.Runs[0].Results
}

// TestSARIFMultitool lets the multitool read the demo's reports, and one that is
// wrong.
func TestSARIFMultitool(t *testing.T) {
	multitool(t)
	logs := demoDocuments(t, "sarif")
	if len(logs) != 3 {
		t.Fatalf("got %d logs, want one for each act", len(logs))
	}
	for _, log := range logs {
		sarifAccepted(t, log)
	}
	sarifAccepted(t, reviewKnown(t, "sarif"))
	wrong := bytes.Replace(logs[0], []byte(`"startLine": 54`), []byte(`"startLine": 0`), 1)
	told := validateSARIF(t, wrong)
	if !slices.ContainsFunc(told, func(x sarifTold) bool { return x.Level == "error" }) {
		t.Errorf("got %+v for a line 0, want an error", told)
	}
}

// reviewKnown returns a report of the demo and its wrong repair in which one
// finding of several is known.
func reviewKnown(t *testing.T, format string) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "linux"), demo.Tree()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "known.yaml")
	args := []string{"review", "--tree", filepath.Join(dir, "linux"), "--format", format, "--baseline", file}
	for _, m := range append(demo.Series(), demo.WrongFix()) {
		name := filepath.Join(dir, filepath.Base(m.Name))
		if err := os.WriteFile(name, m.Data, 0o666); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	text := "findings:\n- {fingerprint: 7c8d73e6731fbbbc, reason: no huge pages}\n"
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	status, out, errs := inProcess(t, args...)
	if status != exitClean || !bytes.Contains(out, []byte("no huge pages")) {
		t.Fatalf("got exit status %d and %s, want 0 and a known finding: %s", status, out, errs)
	}
	return out
}

// keepsSchema holds a JSON text to a schema.
func keepsSchema(t *testing.T, schema, text []byte) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := compileSchema(t, schema).Validate(v); err != nil {
		t.Error(err)
	}
}

// lintJUnit lets xmllint hold test results to testdata/faces/junit.xsd.
func lintJUnit(t *testing.T, text []byte) error {
	t.Helper()
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skipf("SKIPPED: %v (Debian: libxml2-utils): the results are not held to their schema", err)
	}
	cmd := exec.Command(lint, "--noout", "--nonet", "--schema", filepath.Join("..", "..", "testdata", "faces", "junit.xsd"), "-")
	cmd.Stdin = bytes.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("xmllint: %w: %s", err, out)
	}
	return nil
}

// TestJUnitSchema holds the demo's test results to the schema, and one that is
// wrong.
func TestJUnitSchema(t *testing.T) {
	long(t)
	_, out, _ := inProcess(t, "demo", "--format", "junit")
	const head = "<?xml "
	documents := strings.Split(string(out), head)[1:]
	if len(documents) != 3 {
		t.Fatalf("got %d documents, want one for each act", len(documents))
	}
	for _, d := range documents {
		if err := lintJUnit(t, []byte(head+d)); err != nil {
			t.Error(err)
		}
	}
	if err := lintJUnit(t, reviewKnown(t, "junit")); err != nil {
		t.Error(err)
	}
	if lintJUnit(t, []byte(head+strings.Replace(documents[0], `tests="`, `tests="-`, 1))) == nil {
		t.Error("got no error for less than no tests")
	}
}

// noPatch lets git read a mail: a message, and nothing to apply.
func noPatch(t *testing.T, mail []byte) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skipf("SKIPPED: %v: no mail is read by git", err)
	}
	dir := t.TempDir()
	cmd := exec.Command("git", "mailinfo", "message", "patch")
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(mail)
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("Subject: ")) {
		t.Errorf("git mailinfo: %v: %s", err, out)
	}
	if diff, err := os.ReadFile(filepath.Join(dir, "patch")); err != nil || bytes.Contains(diff, []byte("diff ")) || bytes.Contains(diff, []byte("@@")) {
		t.Errorf("git takes this for a patch: %v: %s", err, diff)
	}
}
