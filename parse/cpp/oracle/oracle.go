// Package oracle prepares real kernels for real cross compilers, so that tests
// can compare what this program reads with what gcc makes of the same source.
//
// It knows the targets the front end has to be exact on, configures and
// prepares each of them once in the user's cache folder, and hands out the
// command line the kernel's own build uses for a file. Kernel trees come from
// the environment (PTREVIEW_LINUX_6_1, PTREVIEW_LINUX_6_12) and are never
// written to. What is missing is skipped, saying so. It is for tests only.
package oracle

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Tree is an unpacked kernel.
type Tree struct {
	Version string // 6.1
	Dir     string
}

// Trees returns the kernels named in the environment, and skips the test if
// there are none.
func Trees(t testing.TB) []Tree {
	t.Helper()
	var trees []Tree
	for _, v := range []string{"6.1", "6.12"} {
		name := "PTREVIEW_LINUX_" + strings.ReplaceAll(v, ".", "_")
		if dir := os.Getenv(name); dir != "" {
			trees = append(trees, Tree{v, dir})
		}
	}
	if len(trees) == 0 {
		t.Skip("skipped: no kernel tree; set PTREVIEW_LINUX_6_1 or PTREVIEW_LINUX_6_12")
	}
	return trees
}

// Target is a configuration of an architecture.
type Target struct {
	Name      string
	Arch      string // ARCH=, also the folder under arch
	Triple    string // of the cross compiler; "" is the machine's own
	Defconfig string
	Changes   []string // options of scripts/config
}

// Targets returns the targets that must be read exactly.
func Targets() []Target {
	thp4k := []string{"-d", "PPC_64K_PAGES", "-e", "PPC_4K_PAGES", "-e", "TRANSPARENT_HUGEPAGE"}
	return []Target{
		{"x86_64", "x86", "", "x86_64_defconfig", nil},
		{"arm64", "arm64", "aarch64-linux-gnu", "defconfig", nil},
		{"riscv", "riscv", "riscv64-linux-gnu", "defconfig", nil},
		{"s390", "s390", "s390x-linux-gnu", "defconfig", nil},
		{"ppc64-64k", "powerpc", "powerpc64-linux-gnu", "ppc64_defconfig", nil},
		{"ppc64-4k", "powerpc", "powerpc64-linux-gnu", "ppc64_defconfig", thp4k},
	}
}

// HugePageTargets returns the targets whose defconfig leaves out transparent
// huge pages, and so mm/huge_memory.c, with them.
func HugePageTargets() []Target {
	thp := []string{"-e", "TRANSPARENT_HUGEPAGE"}
	return []Target{
		{"x86_64-thp", "x86", "", "x86_64_defconfig", thp},
		{"riscv-thp", "riscv", "riscv64-linux-gnu", "defconfig", thp},
	}
}

// HeaderTargets returns the targets of which only the generated headers are
// compared: every further architecture that has a compiler.
func HeaderTargets() []Target {
	return []Target{
		{"arm", "arm", "arm-linux-gnueabi", "multi_v7_defconfig", nil},
		{"mips", "mips", "mips-linux-gnu", "malta_defconfig", nil},
		{"sparc", "sparc", "sparc64-linux-gnu", "sparc64_defconfig", nil},
		{"m68k", "m68k", "m68k-linux-gnu", "multi_defconfig", nil},
		{"sh", "sh", "sh4-linux-gnu", "shx3_defconfig", nil},
		{"parisc32", "parisc", "hppa-linux-gnu", "generic-32bit_defconfig", nil},
		{"alpha", "alpha", "alpha-linux-gnu", "defconfig", nil},
		{"arc", "arc", "arc-linux-gnu", "haps_hs_smp_defconfig", nil},
		{"openrisc", "openrisc", "or1k-elf", "or1ksim_defconfig", nil},
	}
}

// Named returns the target called name.
func Named(t testing.TB, name string) Target {
	t.Helper()
	for _, target := range append(Targets(), HugePageTargets()...) {
		if target.Name == name {
			return target
		}
	}
	t.Fatalf("no target %s", name)
	return Target{}
}

// Compiler returns the target's gcc.
func (g Target) Compiler() string { return g.cross() + "gcc" }

func (g Target) cross() string {
	if g.Triple == "" {
		return ""
	}
	return g.Triple + "-"
}

// Kernel is a tree configured and prepared for a target.
type Kernel struct {
	Tree   Tree
	Target Target
	Dir    string // the O= folder
}

// Build returns tree prepared for target. The first call takes about half a
// minute; later ones, also of other processes, find the result. The test is
// skipped if the compiler or make is missing.
func Build(t testing.TB, tree Tree, target Target) *Kernel {
	t.Helper()
	for _, tool := range []string{target.Compiler(), "make", "flex", "bison", "bc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("skipped: %s on %s needs %s", target.Name, tree.Version, tool)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skipf("skipped: no cache folder: %v", err)
	}
	k := &Kernel{tree, target, filepath.Join(cache, "ptreview", "oracle", tree.Version+"-"+target.Name)}
	if err := os.MkdirAll(k.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	defer k.lock(t)()
	done := filepath.Join(k.Dir, ".done")
	if _, err := os.Stat(done); err == nil {
		return k
	}
	k.make(t, target.Defconfig)
	if len(target.Changes) > 0 {
		args := append([]string{"--file", filepath.Join(k.Dir, ".config")}, target.Changes...)
		run(t, exec.Command(filepath.Join(tree.Dir, "scripts", "config"), args...))
		k.make(t, "olddefconfig")
	}
	k.make(t, "prepare")
	if err := os.WriteFile(done, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return k
}

// lock keeps other processes away until the returned function is called.
func (k *Kernel) lock(t testing.TB) func() {
	f, err := os.OpenFile(filepath.Join(k.Dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	return func() { f.Close() }
}

func (k *Kernel) make(t testing.TB, targets ...string) {
	t.Helper()
	args := []string{"-s", "-C", k.Tree.Dir, "O=" + k.Dir, "ARCH=" + k.Target.Arch, "CROSS_COMPILE=" + k.Target.cross()}
	run(t, exec.Command("make", append(args, targets...)...))
}

func run(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

// Config returns the value of a symbol, such as y, in the kernel's .config; ""
// if it is not set.
func (k *Kernel) Config(t testing.TB, symbol string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(k.Dir, ".config"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "CONFIG_"+symbol+"="); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Files returns those of the three mm files that matter that this kernel
// builds.
func (k *Kernel) Files(t testing.TB) []string {
	t.Helper()
	files := []string{"mm/pgtable-generic.c", "mm/memory.c"}
	if k.Config(t, "TRANSPARENT_HUGEPAGE") == "y" {
		files = append(files, "mm/huge_memory.c")
	}
	return files
}

// Preprocessed returns what the kernel's build makes of file by gcc -E.
func (k *Kernel) Preprocessed(t testing.TB, file string) []byte {
	t.Helper()
	k.Command(t, file)
	text, err := os.ReadFile(filepath.Join(k.Dir, strings.TrimSuffix(file, ".c")+".i"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Command returns the command that preprocesses file, to be run in k.Dir. Its
// last arguments are -o, the output and the absolute path of the source.
func (k *Kernel) Command(t testing.TB, file string) []string {
	t.Helper()
	stem := strings.TrimSuffix(file, ".c")
	record := filepath.Join(k.Dir, filepath.Dir(file), "."+filepath.Base(stem)+".i.cmd")
	if _, err := os.Stat(record); err != nil {
		unlock := k.lock(t)
		k.make(t, stem+".i")
		unlock()
	}
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	_, line, ok := strings.Cut(line, ":= ")
	if !ok {
		t.Fatalf("%s: no command in it", record)
	}
	line, _, _ = strings.Cut(line, " ;")
	return words(line)
}

// words splits a recorded shell command.
func words(line string) []string {
	var out []string
	var word strings.Builder
	in, quote := false, byte(0)
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			} else {
				word.WriteByte(c)
			}
		case c == '\'' || c == '"':
			quote, in = c, true
		case c == '\\' && i+1 < len(line):
			i++
			word.WriteByte(line[i])
			in = true
		case c == ' ':
			if in {
				out = append(out, word.String())
				word.Reset()
			}
			in = false
		default:
			word.WriteByte(c)
			in = true
		}
	}
	if in {
		out = append(out, word.String())
	}
	return out
}
