package pagetable_test

import (
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

// alsoWalked are configurations beside the default one of each architecture
// whose processor, or handler of TLB misses, reads tables in another way.
var alsoWalked = []config{
	{"i386", "x86", "i386_defconfig", nil},
	{"i386-pae", "x86", "i386_defconfig", []string{"X86_PAE", "HIGHMEM64G"}},
	{"arm-lpae", "arm", "axm55xx_defconfig", nil},
	{"arm64-64k", "arm64", "defconfig", []string{"ARM64_64K_PAGES"}},
	{"arc-thp", "arc", "haps_hs_smp_defconfig", []string{"TRANSPARENT_HUGEPAGE"}},
	{"csky-610", "csky", "defconfig", []string{"CPU_CK610"}},
	{"m68k-sun3", "m68k", "sun3_defconfig", nil},
	{"coldfire", "m68k", "m5475evb_defconfig", nil},
	{"mips64", "mips", "loongson3_defconfig", nil},
	{"mips-xpa", "mips", "maltaup_xpa_defconfig", nil},
	{"mips-36bit", "mips", "db1xxx_defconfig", nil},
	{"mips-r3000", "mips", "decstation_defconfig", nil},
	{"parisc32", "parisc", "generic-32bit_defconfig", nil},
	{"book3e64", "powerpc", "corenet64_smp_defconfig", nil},
	{"e500", "powerpc", "mpc85xx_defconfig", nil},
	{"ppc44x", "powerpc", "ppc44x_defconfig", nil},
	{"mpc8xx", "powerpc", "mpc866_ads_defconfig", nil},
	{"book3s32", "powerpc", "ppc6xx_defconfig", nil},
	{"riscv32", "riscv", "rv32_defconfig", nil},
	{"sh4", "sh", "sh7785lcr_defconfig", nil},
	{"um-i386", "um", "i386_defconfig", nil},
}

// notWalked says why no tables are walked on a machine.
var notWalked = map[string]string{
	"radix_enabled()=false": "the hash MMU reads a table of its own",
}

// notKnown says why what the processor makes of a new page table is not known.
var notKnown = map[string]string{
	"powerpc": "a page of 64 KiB holds several tables, and the rest of it is not known",
	"s390":    "a page holds two tables, and the rest of it is not known",
	"arm64":   "the rest of a new page is not known",
	"sparc":   "tables come from a cache whose constructor clears them, which is not run",
	"m68k":    "the 68040's table is made uncached through kernel_pg_dir, which assembly defines",
}

// notValid are architectures whose entries become valid when they are first
// used: until then the processor faults.
var notValid = []string{"csky", "loongarch"}

// allocates are the functions that give the entry of a level a table.
var allocates = map[string]string{"pgd": "__p4d_alloc", "p4d": "__pud_alloc", "pud": "__pmd_alloc", "pmd": "__pte_alloc"}

// TestWalk lets the processor of every architecture, on every machine, walk
// tables that the kernel's own functions made: it comes to the entries and the
// page that the kernel says are there, and faults where the kernel says that
// there is nothing. Each level's table is given to an empty entry in turn.
func TestWalk(t *testing.T) {
	for _, version := range []string{"6.1", "6.12"} {
		tr := kernelTree(t, version)
		r := unit.NewReader(source.NewSet(), unit.Options{})
		for _, c := range walked(t, tr) {
			prog := facts.NewProgram(r, tr, classOf(t, r, tr, c), nil)
			u := readUnit(t, prog, "mm/memory.c")
			for _, m := range prog.Class.Machines() {
				if notWalked[m.Name] != "" {
					continue
				}
				t.Run(version+"/"+c.name+"/"+m.Name, func(t *testing.T) {
					walkTables(t, c, pagetable.New(prog, m, pagetable.Options{}), u)
				})
			}
		}
	}
}

// walked returns the configurations of a tree: the default one of each
// architecture that it has, and the others.
func walked(t *testing.T, tr tree.Tree) []config {
	t.Helper()
	var list []config
	for _, a := range arch.All() {
		if _, err := tr.ReadFile("arch/" + a.Name + "/Kconfig"); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, config{a.Name, a.Name, a.Defconfigs[0], nil})
	}
	return append(list, alsoWalked...)
}

// walkTables walks a full path, and one that ends at each level, before and
// after the kernel adds the table below.
func walkTables(t *testing.T, c config, e *pagetable.Emulator, u *unit.Unit) {
	t.Helper()
	full := called(t, e, u, "__pte_alloc", "points to a page table, whose entry maps a page")
	walkFinds(t, full, slices.Contains(notValid, c.arch))
	levels := full.HardwareBefore.Levels
	for i, level := range levels[:len(levels)-1] {
		none := called(t, e, u, allocates[level], "is empty")
		walkFaults(t, none.HardwareBefore, levels[:i+1])
		if none.HardwareAfter == nil && notKnown[c.arch] != "" || none.NotRun != "" && notKnown[c.arch] != "" {
			continue
		}
		if none.NotRun != "" {
			t.Errorf("%s: %s", allocates[level], none.NotRun)
		}
		walkFaults(t, none.HardwareAfter, levels[:i+2])
	}
}

// called runs a function that gives an empty entry a table.
func called(t *testing.T, e *pagetable.Emulator, u *unit.Unit, name, state string) *pagetable.Ended {
	t.Helper()
	def := u.Types.Lookup(name).Def
	c, err := e.Call(t.Context(), u, def, pagetable.Call{State: state})
	if err != nil || len(c.Paths) == 0 {
		t.Fatalf("%s, an entry that %s: %v", name, state, err)
	}
	return c.Paths[0]
}

// walkFinds checks a walk that ends at a page, or only at its entry.
func walkFinds(t *testing.T, p *pagetable.Ended, invalid bool) {
	t.Helper()
	at := p.HardwareBefore
	if at == nil || (at.Fault == "the pte maps nothing") != invalid || at.Fault != "" && !invalid {
		t.Fatalf("got %v, want a page", at)
	}
	var rows []uint64
	for _, row := range p.Before {
		rows = append(rows, row.At)
	}
	if !slices.Equal(at.Entries, rows) {
		t.Errorf("the processor read entries at %#x, the kernel at %#x", at.Entries, rows)
	}
	if invalid {
		return
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
	if at.Frame/at.Size != want {
		t.Errorf("got %s, want pfn %#x", at, want)
	}
	if writable := slices.Contains(last.Means, "write"); at.Write && !writable {
		t.Errorf("got %s, and the kernel says %q", at, last.Means)
	}
}

// walkFaults checks a walk that reads an entry of each level and finds nothing
// behind the last: it is empty, or points to a table of the kernel's for that.
func walkFaults(t *testing.T, at *pagetable.Translation, levels []string) {
	t.Helper()
	if at == nil || at.Fault == "" || !slices.Equal(at.Levels, levels) {
		t.Errorf("got %v, want a fault behind an entry of each of %q", at, levels)
	}
}
