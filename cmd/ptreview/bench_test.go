//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"ptreview/parse/cpp/oracle"
	"ptreview/rules/check"
)

// BenchmarkFoundingReview reviews the founding series on a real kernel, each
// time in a process of its own. Beside the seconds it reports what was read,
// the peak memory, and how many runs of gcc -E on mm/pgtable-generic.c fit
// into the same time.
func BenchmarkFoundingReview(b *testing.B) {
	linux := linux61(b)
	args := append([]string{"ptreview", "review", "--format", "json", "--tree", linux}, founding(b, linux)...)
	cpp := preprocessTime(b, linux)
	var r check.Report
	var peak int64
	for b.Loop() {
		r, peak = benchReview(b, args)
	}
	perReview := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(perReview, "s/review")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(r.Stats.Files), "files")
	b.ReportMetric(float64(r.Stats.Units), "units")
	b.ReportMetric(float64(peak)/1024, "peak-MiB")
	b.ReportMetric(perReview/cpp.Seconds(), "gcc-E/review")
	b.ReportMetric(perReview/cpp.Seconds()/float64(r.Stats.Units), "gcc-E/unit")
}

// benchReview runs the program once and returns its report and its peak
// memory in KiB. The test's own executable is the program under its name.
func benchReview(b *testing.B, args []string) (check.Report, int64) {
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = args
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFindings {
		b.Fatalf("got %v, want exit status %d", err, exitFindings)
	}
	var r check.Report
	if err := json.Unmarshal(out, &r); err != nil {
		b.Fatal(err)
	}
	return r, int64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
}

// preprocessTime returns how long the cross compiler preprocesses
// mm/pgtable-generic.c, the best of several runs.
func preprocessTime(b *testing.B, linux string) time.Duration {
	k := oracle.Build(b, oracle.Tree{Version: "6.1", Dir: linux}, oracle.Named(b, "ppc64-4k"))
	args := slices.Clone(k.Command(b, "mm/pgtable-generic.c"))
	args[len(args)-2] = os.DevNull // the output; the last one is the source
	best := time.Hour
	for range 5 {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = k.Dir
		started := time.Now()
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		best = min(best, time.Since(started))
	}
	return best
}

// BenchmarkFoundingReviewAgain reviews the founding series on a real kernel,
// which was reviewed before.
func BenchmarkFoundingReviewAgain(b *testing.B) {
	linux := linux61(b)
	args := append([]string{"ptreview", "review", "--format", "json", "--cache", filepath.Join(b.TempDir(), "cache"), "--tree", linux}, founding(b, linux)...)
	benchReview(b, args)
	var r check.Report
	var peak int64
	for b.Loop() {
		r, peak = benchReview(b, args)
	}
	if !r.Stats.Cached {
		b.Error("the review was made anew")
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/review")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(peak)/1024, "peak-MiB")
}
