//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
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

// commit is a change of one line, with the kind of commit it stands for.
type commit struct{ kind, file, old, young string }

// commits returns one commit of each kind.
func commits() []commit {
	return []commit{
		{"Documentation", "Documentation/mm/page_tables.rst", "\n", "\n\n"},
		{"driver", "drivers/clk/clk-fixed-factor.c", "must have a clock-div property", "needs a clock-div property"},
		{"fs", "fs/minix/inode.c", "remounting unchecked fs", "mounting an unchecked fs"},
		{"mm", "mm/pgtable-generic.c", "pmd_ERROR(*pmd);", "pmd_ERROR(pmd[0]);"},
	}
}

// BenchmarkCommit reviews small commits on a real kernel, each time in a
// process of its own: cold with an empty cache, warm when another commit of the
// kind was reviewed on the same base before.
func BenchmarkCommit(b *testing.B) {
	linux := linux61(b)
	for _, c := range commits() {
		text, err := os.ReadFile(filepath.Join(linux, c.file))
		if err != nil {
			b.Logf("SKIPPED: %s: %v", c.kind, err)
			continue
		}
		if !strings.Contains(string(text), c.old) {
			b.Logf("SKIPPED: %s has no %q", c.file, c.old)
			continue
		}
		dir := b.TempDir()
		patches := make([]string, 2)
		for i := range patches {
			young := strings.Replace(string(text), c.old, c.young+strings.Repeat(" ", i), 1)
			patches[i] = filepath.Join(dir, fmt.Sprintf("%d.patch", i))
			if err := os.WriteFile(patches[i], onePatch(c.file, string(text), young), 0o600); err != nil {
				b.Fatal(err)
			}
		}
		for _, warm := range []bool{false, true} {
			name := c.kind + "/cold"
			if warm {
				name = c.kind + "/warm"
			}
			b.Run(name, func(b *testing.B) { benchCommit(b, linux, patches, warm) })
		}
	}
}

func benchCommit(b *testing.B, linux string, patches []string, warm bool) {
	var cpu time.Duration
	for b.Loop() {
		b.StopTimer()
		cache := b.TempDir()
		if warm {
			timeProgram(b, "ptreview", "review", "--cache", cache, "--tree", linux, patches[0])
		}
		b.StartTimer()
		cpu += timeProgram(b, "ptreview", "review", "--cache", cache, "--tree", linux, patches[1])
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/review")
	b.ReportMetric(cpu.Seconds()/float64(b.N), "cpu-s/review")
	b.ReportMetric(0, "ns/op")
}

// timeProgram runs the program once and returns the CPU time it took.
func timeProgram(b *testing.B, args ...string) time.Duration {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = args
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == exitFindings) {
		b.Fatalf("%v\n%s", err, out)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// onePatch returns a mail that replaces a run of lines of a file.
func onePatch(file, old, young string) []byte {
	a, z := strings.SplitAfter(old, "\n"), strings.SplitAfter(young, "\n")
	first := 0
	for first < len(a) && first < len(z) && a[first] == z[first] {
		first++
	}
	last := 0
	for last < len(a)-first && last < len(z)-first && a[len(a)-1-last] == z[len(z)-1-last] {
		last++
	}
	from := max(0, first-3)
	until := min(3, last-1)
	gone, come := a[first:len(a)-last], z[first:len(z)-last]
	lead, trail := a[from:first], a[len(a)-last:len(a)-last+until]
	var out strings.Builder
	fmt.Fprintf(&out, "From: test <test@example.org>\nSubject: [PATCH] one line\nMessage-ID: <bench@example.org>\n\n---\ndiff --git a/%[1]s b/%[1]s\n--- a/%[1]s\n+++ b/%[1]s\n", file)
	fmt.Fprintf(&out, "@@ -%d,%d +%d,%d @@\n", from+1, len(lead)+len(gone)+len(trail), from+1, len(lead)+len(come)+len(trail))
	for _, side := range []struct {
		mark  string
		lines []string
	}{{" ", lead}, {"-", gone}, {"+", come}, {" ", trail}} {
		for _, l := range side.lines {
			out.WriteString(side.mark + l)
		}
	}
	return []byte(out.String())
}

// BenchmarkAgainstCompiler compares the founding review, on all architectures
// and in all classes, with what somebody does who looks by compiling:
// configure, prepare and compile mm/ once, of one configuration, with the cross
// compiler and make -j2, and that for every class.
func BenchmarkAgainstCompiler(b *testing.B) {
	linux := linux61(b)
	target := oracle.Named(b, "ppc64-4k")
	for _, tool := range []string{target.Compiler(), "make", "flex", "bison", "bc"} {
		if _, err := exec.LookPath(tool); err != nil {
			b.Skipf("SKIPPED: %s is missing: nothing was compiled to compare with", tool)
		}
	}
	built := compileTime(b, linux, target)
	args := append([]string{"ptreview", "review", "--format", "json", "--no-cache", "--tree", linux}, founding(b, linux)...)
	var r check.Report
	for b.Loop() {
		r, _ = benchReview(b, args)
	}
	classes := 0
	for _, c := range r.Coverage {
		classes += len(c.Classes)
	}
	perReview := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(perReview, "s/review")
	b.ReportMetric(built.Seconds(), "s/build")
	b.ReportMetric(float64(classes), "classes")
	b.ReportMetric(perReview/built.Seconds(), "review/build")
	b.ReportMetric(built.Seconds()*float64(classes)/perReview, "builds-of-all/review")
}

// compileTime returns how long one configuration takes from nothing to the
// object files of mm/.
func compileTime(b *testing.B, linux string, target oracle.Target) time.Duration {
	cache, err := os.UserCacheDir()
	if err != nil {
		b.Skipf("SKIPPED: no cache folder: %v", err)
	}
	root := filepath.Join(cache, "ptreview", "oracle")
	if err := os.MkdirAll(root, 0o755); err != nil {
		b.Fatal(err)
	}
	dir, err := os.MkdirTemp(root, "bench-")
	if err != nil {
		b.Fatal(err)
	}
	defer os.RemoveAll(dir)
	cross := strings.TrimSuffix(target.Compiler(), "gcc")
	started := time.Now()
	for _, goal := range []string{target.Defconfig, "prepare", "mm/"} {
		cmd := exec.Command("make", "-s", "-j2", "-C", linux, "O="+dir, "ARCH="+target.Arch, "CROSS_COMPILE="+cross, goal)
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("make %s: %v\n%s", goal, err, out)
		}
	}
	return time.Since(started)
}
