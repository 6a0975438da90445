package exec_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	ptexec "ptreview/semantics/exec"
)

// The files in testdata/asm have the inline assembly that page-table code of an
// architecture uses, and functions that models stand for by their names: each
// CASE(name) changes four words of memory and returns a number. They are run
// here, with the models, and compiled, on a processor.
//
// What needs a privilege has no case: ipte and idte of s390, which are written
// after the manual, and what drops translations. Nor have architectures whose
// programs qemu-user does not run: it lets none of sh4 come to its end.

// asmTarget is a target whose assembly is compared.
type asmTarget struct {
	variant  string
	file     string
	compiler []string
	emulator []string // none for the host; with libraries, where static programs do not run
	define   string
}

var asmTargets = []asmTarget{
	{"x86_64", "x86_64.c", []string{"x86_64-linux-gnu-gcc"}, nil, ""},
	{"arm64", "arm64.c", []string{"aarch64-linux-gnu-gcc"}, []string{"qemu-aarch64"}, ""},
	{"riscv64", "riscv64.c", []string{"riscv64-linux-gnu-gcc"}, []string{"qemu-riscv64"}, ""},
	{"ppc64", "ppc64.c", []string{"powerpc64-linux-gnu-gcc"}, []string{"qemu-ppc64"}, ""},
	{"ppc32", "ppc32.c", []string{"powerpc-linux-gnu-gcc"}, []string{"qemu-ppc"}, ""},
	{"s390x", "s390x.c", []string{"s390x-linux-gnu-gcc", "-march=z196"}, []string{"qemu-s390x"}, ""},
	{"sparc64", "sparc64.c", []string{"sparc64-linux-gnu-gcc"}, []string{"qemu-sparc64"}, ""},
	{"sparc64", "sparc64.c", []string{"sparc64-linux-gnu-gcc"}, []string{"qemu-sparc64"}, "SUN4V"},
	{"mips", "mips.c", []string{"mips-linux-gnu-gcc"}, []string{"qemu-mips"}, ""},
	{"alpha", "alpha.c", []string{"alpha-linux-gnu-gcc", "-mcpu=ev6"}, []string{"qemu-alpha", "-L", "/usr/alpha-linux-gnu"}, ""},
	{"parisc32", "hppa.c", []string{"hppa-linux-gnu-gcc"}, []string{"qemu-hppa"}, ""},
	{"arm", "arm.c", []string{"arm-linux-gnueabi-gcc", "-march=armv7-a", "-marm"}, []string{"qemu-arm"}, ""},
	{"m68k", "m68k.c", []string{"m68k-linux-gnu-gcc"}, []string{"qemu-m68k"}, ""},
}

// asmRounds is how often each case is run.
const asmRounds = 48

// asmTime is what a compiled program may take.
const asmTime = 20 * time.Second

// asmHead is in front of the cases: numbers of all kinds, and a sum of what
// comes out.
const asmHead = `
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef struct { int counter; } atomic_t;
typedef struct { long counter; } atomic64_t;
int printf(const char *, ...);
static u64 state = 88172645463325252ull, sum;
static u64 next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	switch (state >> 60) {
	case 0: return 0;
	case 1: return ~0ull;
	case 2: return 1ull << (state >> 8 & 63);
	case 3: return 0x80000000u;
	}
	return state;
}
static void mix(u64 v) { sum = (sum ^ v) * 1099511628211ull; sum ^= sum >> 29; }
#define CASE(name) static __attribute__((noinline)) u64 name(u64 *m, u64 x, u64 y)
`

var asmCase = regexp.MustCompile(`(?m)^(?:CASE|XCHG|XADD|TRY|CMPXCHG|AMO)\((\w+)`)

// asmSource is a whole program, and the names of its cases.
func asmSource(t *testing.T, c asmTarget) (src string, names []string) {
	var b strings.Builder
	if c.define != "" {
		fmt.Fprintf(&b, "#define %s\n", c.define)
	}
	b.WriteString(asmHead)
	cases := readFile(t, filepath.Join("testdata", "asm", c.file))
	b.WriteString(cases)
	b.WriteString("int main(void)\n{\n\tu64 m[4], x, y, r;\n\tint i, j;\n\n")
	for _, found := range asmCase.FindAllStringSubmatch(cases, -1) {
		if found[1] == "name" {
			continue // of the macro itself
		}
		fmt.Fprintf(&b, "\tfor (sum = 1, i = 0; i < %d; i++) {\n\t\tfor (j = 0; j < 4; j++)\n\t\t\tm[j] = next();\n", asmRounds)
		fmt.Fprintf(&b, "\t\tx = next();\n\t\ty = next();\n\t\tif (next() & 1)\n\t\t\tx = m[0];\n\t\tr = %s(m, x, y);\n", found[1])
		fmt.Fprintf(&b, "\t\tmix(r);\n\t\tfor (j = 0; j < 4; j++)\n\t\t\tmix(m[j]);\n\t}\n\tprintf(\"%%d %%llx\\n\", %d, sum);\n", len(names))
		names = append(names, found[1])
	}
	b.WriteString("\treturn 0;\n}\n")
	return b.String(), names
}

// TestAsmConfirm compares models of assembly with the instructions.
func TestAsmConfirm(t *testing.T) {
	for _, c := range asmTargets {
		t.Run(c.variant+c.define, func(t *testing.T) {
			src, names := asmSource(t, c)
			if len(names) == 0 {
				t.Fatal("no cases")
			}
			want := asmCompiled(t, c, src)
			got := asmInterpreted(t, c, src)
			for i, name := range names {
				if got[i] == "" || got[i] != want[i] {
					t.Errorf("%s: got %s, want %s", name, got[i], want[i])
				}
			}
			t.Logf("%d cases, each run %d times", len(names), asmRounds)
		})
	}
}

// asmCompiled returns the sum of each case on a processor.
func asmCompiled(t *testing.T, c asmTarget, src string) map[int]string {
	t.Helper()
	for _, tool := range [][]string{c.compiler, c.emulator} {
		if len(tool) == 0 {
			continue
		}
		if _, err := exec.LookPath(tool[0]); err != nil {
			t.Skipf("skipped: no %s, assembly of %s not compared", tool[0], c.variant)
		}
	}
	dir := t.TempDir()
	file, binary := filepath.Join(dir, "x.c"), filepath.Join(dir, "x")
	if err := os.WriteFile(file, []byte(src), 0o666); err != nil {
		t.Fatal(err)
	}
	args := append(c.compiler[1:len(c.compiler):len(c.compiler)], "-w", "-std=gnu11", "-O1", "-fwrapv", "-fno-strict-aliasing", "-o", binary, file)
	if len(c.emulator) < 2 {
		args = append(args, "-static")
	}
	if out, err := exec.Command(c.compiler[0], args...).CombinedOutput(); err != nil {
		if bytes.Contains(out, []byte("cannot find -lc")) {
			t.Skipf("skipped: no C library for %s", c.variant)
		}
		t.Fatalf("%v\n%s", err, out)
	}
	run := append(c.emulator[:len(c.emulator):len(c.emulator)], binary)
	ctx, cancel := context.WithTimeout(t.Context(), asmTime)
	defer cancel()
	out, err := exec.CommandContext(ctx, run[0], run[1:]...).Output()
	if err != nil {
		t.Fatalf("%v: %v", run, err)
	}
	sums := make(map[int]string)
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		var n int
		var sum string
		if _, err := fmt.Sscan(line, &n, &sum); err != nil {
			t.Fatalf("printed %q", line)
		}
		sums[n] = sum
	}
	return sums
}

// asmInterpreted returns the sum of each case here. Every statement must have
// a meaning.
func asmInterpreted(t *testing.T, c asmTarget, src string) map[int]string {
	t.Helper()
	p := program(t, c.variant, "#define INTERPRETED\n"+src)
	sums := make(map[int]string)
	m := ptexec.New(p, ptexec.Options{
		Features: map[string]bool{"pgtable_l5_enabled": false},
		Models: map[string]*ptexec.Model{
			"printf": {Contract: "prints", Run: func(k *ptexec.Primitive) (ptexec.Value, error) {
				n, _ := k.Args[1].Uint64()
				if sum, known := k.Args[2].Uint64(); known {
					sums[int(n)] = fmt.Sprintf("%x", sum)
				}
				return ptexec.Value{}, nil
			}},
		},
	})
	r, err := m.Call(context.Background(), "main")
	switch {
	case err != nil:
		t.Fatal(err)
	case r.Trap != nil:
		t.Fatal(r.Trap)
	case !r.Exact():
		t.Errorf("not exact: unknown %q, skipped %q", r.Unknowns, r.Skipped)
	}
	return sums
}
