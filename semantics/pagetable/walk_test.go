package pagetable_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"ptreview/parse/source"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

// walked are configurations whose processor reads the tables itself.
var walked = []config{
	{"x86_64", "x86", "x86_64_defconfig", nil},
	{"i386", "x86", "i386_defconfig", nil},
	{"i386-pae", "x86", "i386_defconfig", []string{"X86_PAE", "HIGHMEM64G"}},
	{"arm-lpae", "arm", "axm55xx_defconfig", nil},
	{"arm64-4k", "arm64", "defconfig", nil},
	{"arm64-64k", "arm64", "defconfig", []string{"ARM64_64K_PAGES"}},
	{"ppc64-64k", "powerpc", "ppc64_defconfig", nil},
	{"riscv", "riscv", "defconfig", nil},
	{"riscv32", "riscv", "rv32_defconfig", nil},
	{"s390", "s390", "defconfig", nil},
}

// filled are those of walked on which all of a new page table is known: not the
// rest of a page that holds several.
var filled = []string{"x86_64", "i386", "i386-pae", "riscv", "riscv32"}

// TestWalk lets the processor walk tables that the kernel's own functions
// filled: it comes to the entries and the page that the kernel says are there,
// and faults where the kernel says that there is nothing.
func TestWalk(t *testing.T) {
	for _, version := range []string{"6.1", "6.12"} {
		tr := kernelTree(t, version)
		r := unit.NewReader(source.NewSet(), unit.Options{})
		for _, c := range walked {
			prog := facts.NewProgram(r, tr, classOf(t, r, tr, c), nil)
			u := readUnit(t, prog, "mm/memory.c")
			for _, m := range prog.Class.Machines() {
				if m.Name == "radix_enabled()=false" {
					continue // no tables of Linux are walked
				}
				t.Run(version+"/"+c.name+"/"+m.Name, func(t *testing.T) {
					e := pagetable.New(prog, m, pagetable.Options{})
					walkFinds(t, called(t, e, u, "points to a page table, whose entry maps a page"))
					none := called(t, e, u, "is empty")
					walkFaults(t, none.HardwareBefore, "pmd")
					if after := none.HardwareAfter; after != nil || slices.Contains(filled, c.name) {
						walkFaults(t, after, "pte")
					}
				})
			}
		}
	}
}

// called runs __pte_alloc(), which gives an empty pmd a page table.
func called(t *testing.T, e *pagetable.Emulator, u *unit.Unit, state string) *pagetable.Ended {
	t.Helper()
	def := u.Types.Lookup("__pte_alloc").Def
	c, err := e.Call(t.Context(), u, def, pagetable.Call{State: state})
	if err != nil || len(c.Paths) == 0 {
		t.Fatalf("pmd %s: %v, %d paths", state, err, len(c.Paths))
	}
	return c.Paths[0]
}

// walkFinds checks a walk that ends at a page.
func walkFinds(t *testing.T, p *pagetable.Ended) {
	t.Helper()
	at := p.HardwareBefore
	if at == nil || at.Fault != "" {
		t.Fatalf("got %v, want a page", at)
	}
	var rows []uint64
	for _, row := range p.Before {
		rows = append(rows, row.At)
	}
	if !slices.Equal(at.Entries, rows) {
		t.Errorf("the processor read entries at %#x, the kernel at %#x", at.Entries, rows)
	}
	last := p.Before[len(p.Before)-1]
	pfn := ""
	for _, word := range last.Means {
		pfn = strings.TrimPrefix(word, "pfn ")
	}
	want, err := strconv.ParseUint(pfn, 0, 64)
	if err != nil {
		t.Fatalf("the kernel says of the page table entry %q", last.Means)
	}
	if at.Frame/at.Size != want || !at.Read {
		t.Errorf("got %s, want pfn %#x", at, want)
	}
	if writable := slices.Contains(last.Means, "write"); at.Write && !writable {
		t.Errorf("got %s, and the kernel says %q", at, last.Means)
	}
}

// walkFaults checks a walk that ends at an entry of a level.
func walkFaults(t *testing.T, at *pagetable.Translation, level string) {
	t.Helper()
	if at == nil || at.Fault != "the "+level+" maps nothing" {
		t.Errorf("got %v, want a fault at the %s", at, level)
	}
}
