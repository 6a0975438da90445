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

// twiddleSource works on the bits of words: no memory, few calls.
const twiddleSource = `
static unsigned long mix(unsigned long x) { x ^= x >> 33; x *= 0xff51afd7ed558ccdul; x ^= x << 7; return x; }
static int highest(unsigned int x)
{
	int n = 0;

	if (x & 0xffff0000u) { n += 16; x >>= 16; }
	if (x & 0xff00) { n += 8; x >>= 8; }
	if (x & 0xf0) { n += 4; x >>= 4; }
	while (x > 1) {
		x >>= 1;
		n++;
	}
	return n;
}
unsigned long twiddle(unsigned long n)
{
	unsigned long i, sum = 0;
	unsigned short odd = 0;
	signed char c = 0;

	for (i = 0; i < n; i++) {
		unsigned long x = mix(i + sum);

		sum += highest((unsigned int)x) << (x & 7);
		odd += x >> 13;
		c -= (signed char)odd;
		sum = sum % 1000003 + (c < 0 ? -c : c);
	}
	return sum + odd;
}
`

// lockSource takes locks around what it does to a list, as primitives that the
// executor has models of. Compiled, a lock is a word that changes.
const lockSource = `
struct lock { unsigned int word; };
void _raw_spin_lock(struct lock *lock);
void _raw_spin_unlock(struct lock *lock);
struct item { struct lock lock; unsigned long val; struct item *next; };
static struct item items[64];
unsigned long lockstep(unsigned long n)
{
	unsigned long i, sum = 0;

	for (i = 0; i < 63; i++)
		items[i].next = &items[i + 1];
	items[63].next = 0;
	for (i = 0; i < n; i++) {
		struct item *item;

		for (item = items; item; item = item->next) {
			_raw_spin_lock(&item->lock);
			item->val += i;
			sum ^= item->val;
			_raw_spin_unlock(&item->lock);
		}
	}
	return sum;
}
`

// lockBodies are the primitives for gcc.
const lockBodies = `
void _raw_spin_lock(struct lock *lock) { while (lock->word) ; lock->word = 1; }
void _raw_spin_unlock(struct lock *lock) { lock->word = 0; }
`

// speedCases are functions of one argument, which says how often they go
// round: rounds here, and more by a factor when compiled.
var speedCases = []struct {
	name, source, bodies string
	rounds, factor       uint64
}{
	{"walk", speedSource, "", 50_000, 1000},
	{"twiddle", twiddleSource, "", 20_000, 1000},
	{"lockstep", lockSource, lockBodies, 500, 2000},
}

// BenchmarkConcrete runs functions with known arguments, here and compiled by
// gcc -O0, and reports how many times the processor time they take here.
func BenchmarkConcrete(b *testing.B) {
	for _, x := range speedCases {
		b.Run(x.name, func(b *testing.B) {
			p := program(b, "x86_64", x.source)
			compiled := compiledTime(b, x.name, x.source+x.bodies, x.rounds*x.factor) / time.Duration(x.factor)
			steps, calls, before := 0, 0, userTime(b)
			b.ReportAllocs()
			for b.Loop() {
				r, err := ptexec.New(p, ptexec.Options{}).Call(context.Background(), x.name, constant(64, x.rounds))
				if err != nil || r.Trap != nil {
					b.Fatal(err, r.Trap)
				}
				steps, calls = steps+r.Steps, calls+1
			}
			used := userTime(b) - before
			b.ReportMetric(float64(steps)/used.Seconds(), "steps/s")
			if compiled > 0 {
				b.ReportMetric(used.Seconds()/float64(calls)/compiled.Seconds(), "times-gcc-O0")
			}
		})
	}
}

// compiledTime returns the processor time that a function compiled by gcc -O0
// takes with an argument, the best of some; 0 without a compiler.
func compiledTime(b *testing.B, name, source string, arg uint64) time.Duration {
	b.Helper()
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		b.Log("no gcc to compare with")
		return 0
	}
	dir := b.TempDir()
	file, binary := filepath.Join(dir, "x.c"), filepath.Join(dir, "x")
	source += fmt.Sprintf("int main(void) { return %s(%dul) == 1; }\n", name, arg)
	if err := os.WriteFile(file, []byte(source), 0o666); err != nil {
		b.Fatal(err)
	}
	if out, err := exec.Command(gcc, "-O0", "-o", binary, file).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	var best time.Duration
	for range 5 {
		cmd := exec.Command(binary)
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		if used := cmd.ProcessState.UserTime(); best == 0 || used < best {
			best = used
		}
	}
	return best
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
	paths, before := 0, userTime(b)
	for b.Loop() {
		complete, err := symbolic(ptexec.NewPaths(), p, "f", 100, func(*ptexec.Machine, *ptexec.Result) error {
			paths++
			return nil
		})
		if err != nil || !complete {
			b.Fatal(complete, err)
		}
	}
	forks := paths - b.N // a function that forks n times has n + 1 paths
	b.ReportMetric(float64(forks)/(userTime(b)-before).Seconds(), "forks/s")
}
