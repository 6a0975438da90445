package exec_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/exec"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// kernelVersions are the real trees and the variables that say where they are.
var kernelVersions = []struct{ version, env string }{
	{"6.1", "PTREVIEW_LINUX_6_1"},
	{"6.12", "PTREVIEW_LINUX_6_12"},
}

// config is a configuration of a real kernel.
type config struct {
	name, arch, defconfig string
	set                   []string // symbols switched on
}

var configs = []config{
	{"x86_64", "x86", "x86_64_defconfig", nil},
	{"arm64", "arm64", "defconfig", nil},
	{"riscv", "riscv", "defconfig", nil},
	{"s390", "s390", "defconfig", nil},
	{"ppc64-64K", "powerpc", "ppc64_defconfig", nil},
	{"ppc64-4K", "powerpc", "ppc64_defconfig", []string{"PPC_4K_PAGES", "TRANSPARENT_HUGEPAGE"}},
}

// kernelUnit is a unit of a real kernel as a program.
type kernelUnit struct {
	config
	version string
	class   *unit.Class
	unit    *types.Unit
	program *exec.Program
}

// number evaluates C text that must not trap; void is 0.
func (k *kernelUnit) number(t *testing.T, m *exec.Machine, text string) uint64 {
	t.Helper()
	r, err := m.Eval(context.Background(), k.unit, text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if r.Trap != nil {
		t.Fatalf("%s: %v", text, r.Trap)
	}
	v, ok := r.Return.Uint64()
	if !ok && r.Return.IsValid() {
		t.Fatalf("%s: got %v", text, r.Return)
	}
	return v
}

// eval evaluates C text on a new machine.
func (k *kernelUnit) eval(t *testing.T, text string, opt exec.Options) (*exec.Result, error) {
	t.Helper()
	return exec.New(k.program, opt).Eval(context.Background(), k.unit, text)
}

// definedIn says where functions are that the tests need beside the unit.
var definedIn = map[string]string{
	"pmd_page":              "arch/powerpc/mm/pgtable_64.c",
	"__pte_offset_map_lock": "mm/pgtable-generic.c",
}

// eachKernel reads a file of every real kernel that is there in every
// configuration of an architecture, or of all.
func eachKernel(t *testing.T, path, arch string, test func(t *testing.T, k *kernelUnit)) {
	for _, v := range kernelVersions {
		dir := os.Getenv(v.env)
		if dir == "" {
			t.Logf("skipped: %s is not set, Linux %s not run", v.env, v.version)
			continue
		}
		tr, err := tree.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		r := unit.NewReader(source.NewSet(), unit.Options{})
		for _, c := range configs {
			if arch != "" && c.arch != arch {
				continue
			}
			t.Run(v.version+"/"+c.name, func(t *testing.T) {
				test(t, readKernel(t, r, tr, c, v.version, path))
			})
		}
	}
	if os.Getenv(kernelVersions[0].env) == "" && os.Getenv(kernelVersions[1].env) == "" {
		t.Skip("skipped: no kernel tree")
	}
}

func readKernel(t *testing.T, r *unit.Reader, tr tree.Tree, c config, version, path string) *kernelUnit {
	t.Helper()
	var fragment kconfig.Assignments
	for _, s := range c.set {
		fragment = fragment.Set(s, "y")
	}
	class, _, err := r.DefconfigClass(tr, arch.Named(c.arch), c.defconfig, fragment)
	if err != nil {
		t.Fatal(err)
	}
	read := func(path string) *unit.Unit {
		u, err := r.Read(context.Background(), tr, class, path)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	u := read(path)
	p := exec.NewProgram(u.ABI, []*types.Unit{u.Types}, func(name string) (*types.Unit, error) {
		if path := definedIn[name]; path != "" {
			return read(path).Types, nil
		}
		return nil, nil
	})
	return &kernelUnit{config: c, version: version, class: class, unit: u.Types, program: p}
}

// ppcMemory backs the linear map and the array of struct pages of book3s64.
func ppcMemory(m *exec.Machine, pageSize, structPage uint64) {
	const linear, vmemmap = 0xc000000000000000, 0xc00c000000000000
	m.Mem.AddRegion(mem.Region{Name: "linear map", Base: linear, Size: 1 << 30, Back: func(a uint64) (mem.Spec, error) {
		return mem.Spec{Name: "frame", Kind: mem.PageFrame, Addr: a &^ (pageSize - 1), Size: pageSize}, nil
	}})
	m.Mem.AddRegion(mem.Region{Name: "vmemmap", Base: vmemmap, Size: 1 << 30, Back: func(a uint64) (mem.Spec, error) {
		return mem.Spec{Name: "struct page", Kind: mem.Heap, Addr: vmemmap + (a-vmemmap)/structPage*structPage, Size: structPage}, nil
	}})
}

// TestMapLock puts a page table into emulated memory with the kernel's own
// functions and lets pte_offset_map_lock() find it again.
func TestMapLock(t *testing.T) {
	eachKernel(t, "mm/memory.c", "powerpc", func(t *testing.T, k *kernelUnit) {
		machine := k.class.Machines()[0]
		m := exec.New(k.program, exec.Options{Features: machine.Inputs})
		page := k.number(t, m, "PAGE_SIZE")
		ppcMemory(m, page, k.number(t, m, "sizeof(struct page)"))
		for _, s := range machine.Setup {
			if s.When.Holds(k.class.Value) {
				k.number(t, m, s.C)
			}
		}
		k.number(t, m, "vmemmap = (struct page *)0xc00c000000000000")
		mm, err := m.NewObject(k.unit.Record("mm_struct"), mem.Heap, "mm")
		if err != nil {
			t.Fatal(err)
		}
		pmd, pte := 0xc000000000100000+page, 0xc000000000100000+2*page
		ptlp, _ := m.NewObject(k.unit.PointerTo(k.unit.Typedef("spinlock_t")), mem.Heap, "ptlp")
		text := func(format string, args ...any) string { return fmt.Sprintf(format, args...) }
		k.number(t, m, text("pmd_populate((struct mm_struct *)%#x, (pmd_t *)%#x, (pgtable_t)%#x)", mm, pmd, pte))
		addr := uint64(0x12345000)
		call := "pte_offset_map_lock((struct mm_struct *)%#x, (pmd_t *)%#x, %#x, (spinlock_t **)%#x)"
		r, err := m.Eval(context.Background(), k.unit, text(call, mm, pmd, addr, ptlp))
		if err != nil {
			t.Fatal(err)
		}
		if r.Trap != nil {
			for _, s := range r.Trace() {
				t.Logf("%s %s", s.Position(), s.Func)
			}
			t.Fatal(r.Trap)
		}
		index := k.number(t, m, text("pte_index(%#x)", addr))
		if got, _ := r.Return.Uint64(); got != pte+8*index || m.HeldLocks() < 1 {
			t.Errorf("got %v and %d locks, want %#x", r.Return, m.HeldLocks(), pte+8*index)
		}
		t.Logf("%s: %d steps, unknown %q, skipped %q", machine.Name, r.Steps, r.Unknowns, r.Skipped)
	})
}

// TestKernelGaps compiles every function of real units and expects
// no construct that could not be run if it were reached.
func TestKernelGaps(t *testing.T) {
	for _, path := range []string{"mm/memory.c", "mm/huge_memory.c"} {
		eachKernel(t, path, "", func(t *testing.T, k *kernelUnit) {
			if path == "mm/huge_memory.c" && k.class.Value("TRANSPARENT_HUGEPAGE") == "" {
				return // not built
			}
			functions := 0
			for _, name := range functionNames(k.unit.File()) {
				gaps, err := k.program.Gaps(k.unit, name)
				if err != nil {
					t.Fatal(err)
				}
				functions++
				for _, g := range gaps {
					t.Errorf("%s: %v", name, g)
				}
			}
			t.Logf("%s: %d functions", path, functions)
		})
	}
}
