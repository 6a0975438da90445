package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"ptreview/cmd/ptreview/internal/report"
)

// changing are what differs between two runs of the demo: what they cost, and
// when mails were written.
var changing = regexp.MustCompile(`"(seconds|files|units)": ?[0-9.]+(,?)(\n *)?|(?m:^Date: .*\n)`)

// TestFaces compares every form of the report of the demo with the files in
// testdata/faces; -update writes them.
func TestFaces(t *testing.T) {
	long(t)
	for _, name := range report.FaceNames() {
		t.Run(name, func(t *testing.T) {
			status, out, errs := inProcess(t, "demo", "--format", name)
			if status != exitClean || len(errs) > 0 {
				t.Fatalf("got exit status %d, want 0: %s", status, errs)
			}
			got := changing.ReplaceAllString(string(out), "")
			golden := filepath.Join("..", "..", "testdata", "faces", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is not what the demo prints; go test ./cmd/ptreview -run TestFaces -update writes it. Got\n%s", golden, got)
			}
		})
	}
}
