package exec_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	ptexec "ptreview/semantics/exec"
	"ptreview/semantics/types"
)

// Programs that csmith writes are run here and, compiled by gcc, on a
// processor of their target. A program has no undefined behaviour and ends
// with a checksum of its global variables.

// csmithTarget is a target whose binaries can be run.
type csmithTarget struct {
	variant  string
	compiler string
	emulator string // "" for the host itself
}

var csmithTargets = []csmithTarget{
	{"x86_64", "gcc", ""},
	{"s390x", "s390x-linux-gnu-gcc", "qemu-s390x"},
	{"arm", "arm-linux-gnueabi-gcc", "qemu-arm"},
}

const (
	// csmithPrograms is how many programs each target gets;
	// PTREVIEW_CSMITH=n adds n more, every fourth of full size.
	csmithPrograms = 60
	csmithSteps    = 2_000_000
	csmithTime     = 3 * time.Second // of a compiled program
)

// csmithInclude is where the Debian package has csmith.h.
const csmithInclude = "/usr/include/csmith"

// csmithPlain are the options for every program; csmithSmall make it small.
var (
	csmithPlain = []string{"--no-float", "--concise", "--bitfields", "--packed-struct", "--unions", "--longlong"}
	csmithSmall = []string{"--max-funcs", "4", "--max-block-depth", "3", "--max-expr-complexity", "6"}
)

// raced reports whether the test was built with the race detector, which has
// nothing to find in one thread and makes it slow.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// csmithRun compares programs of one target.
type csmithRun struct {
	csmithTarget
	dir   string
	cache *cpp.Cache
	angle []string

	same, slow, unsupported, faults int
}

// newCsmithRun makes the run of a target. Programs are written into dir, where
// runs of other targets find them.
func newCsmithRun(t *testing.T, dir string, target csmithTarget) *csmithRun {
	t.Helper()
	for _, tool := range []string{"csmith", target.compiler, target.emulator} {
		if _, err := exec.LookPath(tool); tool != "" && err != nil {
			t.Skipf("skipped: no %s, programs of csmith not run on %s", tool, target.variant)
		}
	}
	if _, err := os.Stat(csmithInclude); err != nil {
		t.Skip("skipped: no csmith.h")
	}
	return &csmithRun{
		csmithTarget: target, dir: dir,
		cache: cpp.NewCache(source.NewSet()),
		angle: append([]string{csmithInclude[1:]}, systemIncludes(t, target.compiler)...),
	}
}

// systemIncludes returns where a compiler looks for <>, relative to the root.
func systemIncludes(t *testing.T, compiler string) []string {
	t.Helper()
	out, err := exec.Command(compiler, "-E", "-v", "-x", "c", "/dev/null").CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(out), "#include <...> search starts here:\n")
	list, _, ok := strings.Cut(list, "End of search list.")
	if !ok {
		t.Fatalf("%s names no folders:\n%s", compiler, out)
	}
	var dirs []string
	for _, dir := range strings.Fields(list) {
		dirs = append(dirs, filepath.Clean(dir)[1:])
	}
	return dirs
}

// write lets csmith write the program of a seed.
func (c *csmithRun) write(seed int, small bool) (file string, err error) {
	file = filepath.Join(c.dir, fmt.Sprintf("%d-%v.c", seed, small))
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	args := append([]string{"--seed", strconv.Itoa(seed), "-o", file}, csmithPlain...)
	if small {
		args = append(args, csmithSmall...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*csmithTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "csmith", args...)
	cmd.Dir = c.dir // it writes a platform.info where it runs
	return file, cmd.Run()
}

// compiled returns the checksum that a compiled program prints; ok is false,
// and it is counted, if it takes too long or uses a member of a packed struct
// in a way that only some processors can.
func (c *csmithRun) compiled(t *testing.T, file, level string) (sum uint64, ok bool) {
	t.Helper()
	binary := strings.TrimSuffix(file, ".c") + level
	defer os.Remove(binary)
	cmd := exec.Command(c.compiler, "-w", level, "-static", "-fwrapv", "-fno-strict-aliasing",
		"-I"+csmithInclude, "-o", binary, file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", file, err, out)
	}
	ctx, cancel := context.WithTimeout(context.Background(), csmithTime)
	defer cancel()
	run := exec.CommandContext(ctx, binary)
	if c.emulator != "" {
		run = exec.CommandContext(ctx, c.emulator, binary)
	}
	out, err := run.Output()
	if ctx.Err() != nil {
		c.slow++
		return 0, false
	}
	if misaligned(err) {
		c.faults++
		return 0, false
	}
	var n uint64
	if _, scanned := fmt.Sscanf(string(out), "checksum = %X", &n); err != nil || scanned != nil {
		t.Fatalf("%s %s: %v, printed %q", file, level, err, out)
	}
	return n, true
}

// misaligned reports whether a program ended in a bus error.
func misaligned(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGBUS
}

// read makes a program of a file.
func (c *csmithRun) read(file string) (*ptexec.Program, error) {
	v := variantNamed(c.variant)
	opt := &cpp.Options{FS: os.DirFS("/"), Angle: c.angle, Predefined: []byte(v.Predefined(nil))}
	u, err := c.cache.Preprocess(context.Background(), file[1:], opt)
	if err != nil {
		return nil, err
	}
	for _, e := range u.Errors {
		return nil, e
	}
	f, errs := syntax.Parse(u, syntax.Options{})
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	unit := types.NewUnit(f, &v.ABI, types.Options{Position: u.Position})
	return ptexec.NewProgram(&v.ABI, []*types.Unit{unit}, nil), nil
}

// interpreted returns the checksum that a program prints here. argc 2 makes it
// print one after each variable, which is noted as an event.
func interpreted(p *ptexec.Program, argc int) (sum uint64, r *ptexec.Result, err error) {
	printed := false
	m := ptexec.New(p, ptexec.Options{
		Budget: ptexec.Budget{Steps: csmithSteps},
		Models: map[string]*ptexec.Model{
			"printf": {Contract: "prints", Run: func(k *ptexec.Primitive) (ptexec.Value, error) {
				k.Event()
				sum, printed = k.Args[len(k.Args)-1].Uint64()
				return ptexec.Value{}, nil
			}},
			"strcmp": {Contract: "says that the strings are equal", Run: func(*ptexec.Primitive) (ptexec.Value, error) {
				return ptexec.Value{}, nil
			}},
		},
	})
	argv, err := m.Mem.Alloc(memSpec("argv", 16), 8)
	if err != nil {
		return 0, nil, err
	}
	r, err = m.Call(context.Background(), "main", constant(32, uint64(argc)), constant(64, argv.Addr))
	switch {
	case err != nil:
		return 0, r, err
	case r.Trap != nil:
		return 0, r, r.Trap
	case !r.Exact():
		return 0, r, fmt.Errorf("not exact: unknown %q, skipped %q", r.Unknowns, r.Skipped)
	case !printed:
		return 0, r, errors.New("no checksum, or one that is not known")
	}
	return sum, r, nil
}

// compare runs the program of a seed.
func (c *csmithRun) compare(t *testing.T, seed int, small bool, levels ...string) {
	file, err := c.write(seed, small)
	if err != nil {
		t.Logf("seed %d: csmith: %v", seed, err)
		return
	}
	p, err := c.read(file)
	if err != nil {
		t.Errorf("seed %d: not read: %v", seed, err)
		return
	}
	got, _, err := interpreted(p, 1)
	var unsupported *ptexec.Unsupported
	switch {
	case errors.Is(err, ptexec.ErrBudget):
		c.slow++
		return
	case errors.As(err, &unsupported):
		c.unsupported++
		t.Logf("seed %d: %v", seed, err)
		return
	case err != nil:
		if _, ok := c.compiled(t, file, levels[0]); !ok {
			return
		}
		c.keep(t, file)
		t.Errorf("seed %d: %v", seed, err)
		return
	}
	for _, level := range levels {
		want, ok := c.compiled(t, file, level)
		if !ok {
			return
		}
		if got != want {
			c.keep(t, file)
			t.Errorf("seed %d, %s: got %X, want %X", seed, level, got, want)
			return
		}
	}
	c.same++
}

func (c *csmithRun) log(t *testing.T) {
	t.Logf("%d the same, %d too slow, %d not supported, %d that fault when compiled",
		c.same, c.slow, c.unsupported, c.faults)
}

// keep copies a program that differs to the folder PTREVIEW_CSMITH_KEEP.
func (c *csmithRun) keep(t *testing.T, file string) {
	dir := os.Getenv("PTREVIEW_CSMITH_KEEP")
	if dir == "" {
		return
	}
	data, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, c.variant+"-"+filepath.Base(file)), data, 0o666)
	}
	if err != nil {
		t.Error(err)
	}
}

// TestCsmith compares the checksums of random programs with those that they
// print when gcc compiles them.
func TestCsmith(t *testing.T) {
	if raced() {
		t.Skip("skipped: programs of csmith are run without the race detector")
	}
	more, _ := strconv.Atoi(os.Getenv("PTREVIEW_CSMITH"))
	first, _ := strconv.Atoi(os.Getenv("PTREVIEW_CSMITH_FIRST"))
	levels, dir := []string{"-O0", "-O2"}, t.TempDir()
	for _, target := range csmithTargets {
		t.Run(target.variant, func(t *testing.T) {
			c := newCsmithRun(t, dir, target)
			for seed := range csmithPrograms {
				c.compare(t, seed, true, levels[seed%2])
			}
			for seed := range more {
				if seed%4 == 0 {
					c.compare(t, 1000+first+seed, false, levels...)
				} else {
					c.compare(t, 1000+first+seed, true, levels[seed/2%2])
				}
				if seed%50 == 49 {
					c.log(t)
				}
			}
			c.log(t)
			if c.same < csmithPrograms*3/4 {
				t.Errorf("only %d of %d programs compared", c.same, csmithPrograms+more)
			}
		})
	}
}

// TestCsmithFile runs the program PTREVIEW_CSMITH_FILE names, if any, and shows
// the checksum after each variable: a tool to look into a difference.
func TestCsmithFile(t *testing.T) {
	file := os.Getenv("PTREVIEW_CSMITH_FILE")
	if file == "" {
		return
	}
	target := csmithTargets[0]
	for _, c := range csmithTargets {
		if strings.HasPrefix(filepath.Base(file), c.variant+"-") {
			target = c
		}
	}
	p, err := newCsmithRun(t, t.TempDir(), target).read(file)
	if err != nil {
		t.Fatal(err)
	}
	sum, r, err := interpreted(p, 2)
	if r == nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, e := range r.Events() {
		if len(e.Args) == 3 {
			v, _ := e.Args[2].Uint64()
			fmt.Fprintf(&b, "%X\n", v)
		}
	}
	t.Logf("%d steps\n%s\n%X, %v", r.Steps, &b, sum, err)
}
