//go:build unix

package unit

import (
	"context"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/parse/cpp/oracle"
	"ptreview/parse/source"
	"ptreview/parse/tree"
)

// BenchmarkFurtherClass reads mm/pgtable-generic.c of ppc64 with 4K pages with
// nothing known, then in further classes of powerpc, then after another file of
// the class; and preprocesses it with the real compiler. It reports processor
// time, which a busy machine lengthens less than the clock's. Bodies are left
// unread, as in any unit.
func BenchmarkFurtherClass(b *testing.B) {
	kernel := oracle.Trees(b)[0]
	tr, err := tree.Open(kernel.Dir)
	if err != nil {
		b.Fatal(err)
	}
	defer tr.Close()
	target := oracle.Named(b, "ppc64-4k")
	built := oracle.Build(b, kernel, target)
	base := changes(target.Changes)
	fragments := []kconfig.Assignments{
		{{Name: "TRANSPARENT_HUGEPAGE", Value: "n"}},
		{{Name: "PPC_RADIX_MMU", Value: "n"}},
		{{Name: "NUMA", Value: "n"}},
		{{Name: "PPC_4K_PAGES", Value: "n"}, {Name: "PPC_64K_PAGES", Value: "y"}},
	}
	const file = "mm/pgtable-generic.c"
	var first, further, other, gcc time.Duration
	for b.Loop() {
		runtime.GC() // what the last round left is not this one's work
		r := NewReader(source.NewSet(), Options{})
		read := func(extra kconfig.Assignments, file string) time.Duration {
			all := append(base[:len(base):len(base)], extra...)
			c, _, err := r.DefconfigClass(tr, arch.Named(target.Arch), target.Defconfig, all)
			if err != nil {
				b.Fatal(err)
			}
			started := processorTime(b)
			u, err := r.Read(context.Background(), tr, c, file)
			if err != nil {
				b.Fatal(err)
			}
			if len(u.Gaps) > 0 {
				b.Fatal(u.Gaps)
			}
			return processorTime(b) - started
		}
		first += read(nil, file)
		for _, f := range fragments {
			further += read(f, file) / time.Duration(len(fragments))
		}
		other += read(nil, "mm/mremap.c")
		gcc += preprocessTime(b, built, file)
	}
	b.ReportMetric(0, "ns/op")
	for _, m := range []struct {
		name string
		took time.Duration
	}{{"first", first}, {"further", further}, {"other-file", other}, {"gcc-E", gcc}} {
		b.ReportMetric(m.took.Seconds()*1000/float64(b.N), m.name+"-ms")
	}
	b.ReportMetric(float64(first)/float64(gcc), "first/gcc-E")
	b.ReportMetric(float64(further)/float64(first), "further/first")
}

// processorTime returns the time all threads of the process have run.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// preprocessTime runs the kernel's own command for the file with -E and returns
// its processor time.
func preprocessTime(b *testing.B, k *oracle.Kernel, file string) time.Duration {
	args := k.Command(b, file)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = k.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}
