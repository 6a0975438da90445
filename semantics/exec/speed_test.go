package exec_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	ptexec "ptreview/semantics/exec"
)

// speedSource walks tables as page-table code does: shifts, masks, branches,
// calls, loads and stores.
const speedSource = `
struct entry { unsigned long val; };
static struct entry table[512];
static int present(struct entry e) { return (e.val & 1) != 0; }
static unsigned long frame(struct entry e) { return (e.val & 0x000ffffffffff000ul) >> 12; }
static struct entry make(unsigned long pfn, unsigned long prot) { struct entry e; e.val = pfn << 12 | prot; return e; }
unsigned long walk(unsigned long n)
{
	unsigned long addr, sum = 0;

	for (addr = 0; addr < n << 12; addr += 4096) {
		struct entry *p = &table[(addr >> 12) & 511];

		if (!present(*p))
			*p = make(addr >> 12, 0x25);
		else
			p->val |= 0x40;
		sum += frame(*p) ^ (p->val & 0xfff);
	}
	return sum;
}
`

// userTime returns the processor time that the test has used.
func userTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano())
}

// BenchmarkConcrete runs a function with known arguments.
func BenchmarkConcrete(b *testing.B) {
	p := program(b, "x86_64", speedSource)
	steps, calls, before := 0, 0, userTime(b)
	for b.Loop() {
		r, err := ptexec.New(p, ptexec.Options{}).Call(context.Background(), "walk", constant(64, 1024))
		if err != nil || r.Trap != nil {
			b.Fatal(err, r.Trap)
		}
		steps, calls = steps+r.Steps, calls+1
	}
	used := userTime(b) - before
	b.ReportMetric(float64(steps)/used.Seconds(), "steps/s")
	b.ReportMetric(float64(used.Nanoseconds())/float64(calls), "cpu-ns/call")
}

// BenchmarkConcreteGcc runs the same function, compiled with -O0.
func BenchmarkConcreteGcc(b *testing.B) {
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		b.Skip("skipped: no gcc")
	}
	const runs = 20_000
	dir := b.TempDir()
	file, binary := filepath.Join(dir, "x.c"), filepath.Join(dir, "x")
	src := speedSource + fmt.Sprintf("int main(void) { unsigned long s = 0; for (int i = 0; i < %d; i++) s += walk(1024); return s == 1; }\n", runs)
	if err := os.WriteFile(file, []byte(src), 0o666); err != nil {
		b.Fatal(err)
	}
	if out, err := exec.Command(gcc, "-O0", "-o", binary, file).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	var used time.Duration
	n := 0
	for b.Loop() {
		cmd := exec.Command(binary)
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		used += cmd.ProcessState.UserTime()
		n += runs
	}
	b.ReportMetric(float64(used.Nanoseconds())/float64(n), "cpu-ns/call")
}

// BenchmarkForks explores the paths of a function whose branches all depend on
// its input.
func BenchmarkForks(b *testing.B) {
	p := program(b, "x86_64", `
unsigned long global;
unsigned long f(unsigned long p, unsigned char q)
{
	int i;

	for (i = 0; i < 6; i++)
		if (p >> (i * 9) & 1)
			global += p >> i;
		else
			global ^= q;
	return global;
}`)
	forks := 0
	for b.Loop() {
		paths := ptexec.NewPaths()
		complete, err := symbolic(paths, p, "f", 100, func(*ptexec.Machine, *ptexec.Result) error {
			forks++
			return nil
		})
		if err != nil || !complete {
			b.Fatal(complete, err)
		}
	}
	b.ReportMetric(float64(forks)/b.Elapsed().Seconds(), "paths/s")
}
