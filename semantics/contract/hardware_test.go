package contract_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/parse/tree"
	"ptreview/semantics/contract"
	"ptreview/semantics/unit"
)

// hardwareClass is a configuration of a real kernel, with further symbols set,
// and how many laws of the family hardware are proved on each of its machines in
// 6.1 and 6.12: 0 where a kernel does not have it.
type hardwareClass struct {
	arch, defconfig, set string
	proved61, proved612  int
}

// hardwareClasses have every description there is.
var hardwareClasses = []hardwareClass{
	{"alpha", "defconfig", "", 19, 19},
	{"arc", "haps_hs_smp_defconfig", "SWAP TRANSPARENT_HUGEPAGE", 29, 29},
	{"arc", "axs101_defconfig", "", 17, 17},
	{"arm", "multi_v7_defconfig", "", 17, 17},
	{"arm", "multi_v7_defconfig", "ARM_LPAE TRANSPARENT_HUGEPAGE", 32, 32},
	{"arm", "axm55xx_defconfig", "", 20, 20},
	{"arm64", "defconfig", "", 36, 36},
	{"csky", "defconfig", "", 16, 16},
	{"csky", "defconfig", "CPU_CK610", 15, 15},
	{"hexagon", "comet_defconfig", "", 12, 12},
	{"ia64", "generic_defconfig", "", 17, 0},
	{"loongarch", "loongson3_defconfig", "", 35, 35},
	{"m68k", "sun3_defconfig", "", 14, 15},
	{"m68k", "m5475evb_defconfig", "", 18, 18},
	{"m68k", "multi_defconfig", "", 19, 19},
	{"microblaze", "mmu_defconfig", "", 18, 18},
	{"mips", "malta_defconfig", "", 18, 18},
	{"mips", "malta_defconfig", "CPU_MIPS64_R1 TRANSPARENT_HUGEPAGE", 29, 29},
	{"mips", "maltaup_xpa_defconfig", "", 16, 16},
	{"mips", "db1xxx_defconfig", "", 18, 18},
	{"mips", "loongson3_defconfig", "", 19, 19},
	{"mips", "decstation_defconfig", "", 18, 18},
	{"mips", "cavium_octeon_defconfig", "", 32, 32},
	{"nios2", "10m50_defconfig", "", 16, 16},
	{"openrisc", "or1ksim_defconfig", "", 16, 16},
	{"parisc", "generic-64bit_defconfig", "", 19, 18},
	{"parisc", "generic-32bit_defconfig", "", 18, 18},
	{"powerpc", "mpc866_ads_defconfig", "", 17, 17},
	{"powerpc", "ppc44x_defconfig", "", 18, 18},
	{"powerpc", "ppc40x_defconfig", "", 18, 0},
	{"powerpc", "corenet32_smp_defconfig", "", 18, 18},
	{"powerpc", "corenet64_smp_defconfig", "", 19, 19},
	{"powerpc", "mpc85xx_defconfig", "", 18, 18},
	{"powerpc", "mpc86xx_defconfig", "PHYS_64BIT", 18, 18},
	{"powerpc", "ppc6xx_defconfig", "", 18, 18},
	{"powerpc", "ppc64_defconfig", "", 36, 46},
	{"riscv", "defconfig", "", 21, 21},
	{"s390", "defconfig", "", 35, 35},
	{"sh", "shx3_defconfig", "", 18, 18},
	{"sh", "magicpanelr2_defconfig", "", 18, 18},
	{"sh", "hp6xx_defconfig", "", 18, 18},
	{"sparc", "sparc64_defconfig", "", 15, 17},
	{"sparc", "sparc64_defconfig", "TRANSPARENT_HUGEPAGE", 24, 28},
	{"sparc", "sparc32_defconfig", "", 16, 16},
	{"um", "x86_64_defconfig", "", 19, 19},
	{"um", "i386_defconfig", "", 19, 19},
	{"x86", "x86_64_defconfig", "", 21, 21},
	{"x86", "i386_defconfig", "", 18, 18},
	{"xtensa", "iss_defconfig", "", 17, 17},
}

// known is a law that does not hold, and why.
type known struct {
	law, why string
	only     string // the version, "" for both
}

// Reasons why laws do not hold on several architectures.
const (
	neverOld   = "neither the handler nor the processor looks at the accessed bit: nobody notes a read"
	neverClean = "neither the handler nor the processor looks at the dirty bit: nobody notes a write through a clean, writable entry"
	noneIsBit  = "the bit that makes an entry young is the one that makes it valid, also for one without rights: a debugger's write to such a page (wp_page_reuse) makes it readable"
	swapValid  = "__swp_entry() lets a large offset reach the valid bit; generic_max_swapfile_size() allows such offsets, as they can be read back"
)

// knownToBreak are the laws that do not hold, by architecture or class. All are
// properties of the kernels.
var knownToBreak = map[string][]known{
	"arc": {
		{law: "pte_mkclean/hardware", why: "EV_TLBMissD marks an entry dirty where a write misses; a read that misses loads the right to write too, and a write after it marks nothing"},
	},
	"arc/haps_hs_smp_defconfig": {
		{law: "pmd_mkclean/hardware", why: "as pte_mkclean"},
	},
	"csky": {
		{law: "pte_modify/hardware", why: "_PAGE_CHG_MASK keeps _PAGE_DIRTY, which lets the processor write: mprotect() does not take it away"},
		{law: "pte_modify/none hardware", why: "_PAGE_CHG_MASK keeps _PAGE_VALID: a page stays readable after mprotect(PROT_NONE)"},
	},
	"csky/defconfig CPU_CK610": {
		{law: "pte_mkyoung/none hardware", why: "_PAGE_PROT_NONE is _PAGE_READ, so that an entry without rights that is made young becomes valid"},
	},
	"hexagon": {
		{law: "pte_present/hardware", why: "the fourth bit of an offset in swap is the right to read, the fifth of a type the user bit"},
		{law: "pte_none/swap hardware", why: "the fourth bit of an offset in swap is the right to read; 6.12 moved it to the third"},
		{law: "pte_mkclean/hardware", why: neverClean},
		{law: "pte_mkold/hardware", why: neverOld},
	},
	"ia64": {
		{law: "pte_wrprotect/hardware", why: "taking bit 1 from the access rights 7, execute only, leaves 5, which writes; callers ask pte_write() first"},
		{law: "pte_mkdirty/hardware", why: "as pte_wrprotect, which made the entry"},
	},
	"m68k/sun3_defconfig": {
		{law: "pte_none/swap hardware", why: swapValid, only: "6.1"},
		{law: "pte_mkclean/hardware", why: "mmu_emu_handle_fault marks what the first access is; later ones are marked in the map of the segment, which is not read"},
		{law: "pte_mkyoung/none hardware", why: "PAGE_NONE is valid and not the system's: PROT_NONE is readable"},
		{law: "pte_modify/none hardware", why: "as pte_mkyoung/none"},
	},
	"mips/malta_defconfig CPU_MIPS64_R1 TRANSPARENT_HUGEPAGE": {
		{law: "pte_none/swap hardware", why: "_PAGE_HUGE moves the valid bit of 32-bit kernels to bit 8, the first of the type in __swp_entry()"},
		{law: "pte_present/hardware", why: "as pte_none/swap"},
	},
	"mips/maltaup_xpa_defconfig": {
		{law: "pte_mkyoung/hardware", why: "pte_mkyoung() takes bit 37 of an address, which is bit 1 of the low word, for _PAGE_NO_READ; the handler of an invalid entry makes up for it"},
		{law: "pte_mkwrite/hardware", why: "as pte_mkyoung"},
	},
	"nios2": {
		{law: "pte_mkclean/hardware", why: neverClean},
		{law: "pte_mkold/hardware", why: neverOld},
	},
	"openrisc": {
		{law: "pte_mkclean/hardware", why: neverClean},
		{law: "pte_mkold/hardware", why: neverOld},
	},
	"powerpc/mpc866_ads_defconfig": {
		{law: "pte_mkyoung/none hardware", why: "pte_wrprotect() of no access, 0x200, sets 0x600, which reads: page_mkclean() does so to a dirty page after mprotect(PROT_NONE)"},
	},
	"sh/shx3_defconfig": {
		{law: "pte_modify/hardware", why: "pte_modify() adds the new rights of the high word to the old: mprotect() takes none away"},
	},
	"sparc/sparc64_defconfig": {
		{law: "pte_none/swap hardware", why: swapValid},
		{law: "pte_present/hardware", why: swapValid},
		{law: "pte_mkyoung/none hardware", why: noneIsBit},
		{law: "pte_write/hardware", why: "pte_mkdirty() sets the processor's bit to write also if the entry is not writable", only: "6.1"},
		{law: "pte_mkdirty/hardware", why: "as pte_write", only: "6.1"},
	},
	"sparc/sparc64_defconfig TRANSPARENT_HUGEPAGE": {
		{law: "pmd_mkyoung/none hardware", why: noneIsBit},
		{law: "pmd_write/hardware", why: "as pte_write", only: "6.1"},
		{law: "pmd_mkdirty/hardware", why: "as pte_write", only: "6.1"},
	},
	"xtensa": {
		{law: "pte_mkold/hardware", why: neverOld},
	},
}

// notAsked are laws whose entries cannot be made on the emulated machine.
var notAsked = map[string][]string{
	"hexagon":                 {"pmd_bad/hardware", "pmd_populate/hardware"},                     // pmd_populate_kernel() writes the tables of the task that runs
	"sparc/sparc32_defconfig": {"pmd_bad/hardware", "pud_bad/hardware", "pmd_populate/hardware"}, // pmd_clear() is assembly
}

// TestHardware compares the helpers of real kernels with what the processor
// does.
func TestHardware(t *testing.T) {
	for _, version := range []string{"6.1", "6.12"} {
		tr := linux(t, version, "helpers of a real kernel compared with the processor")
		for _, c := range hardwareClasses {
			want := c.proved61
			if version == "6.12" {
				want = c.proved612
			}
			if want == 0 {
				continue
			}
			t.Run(version+"/"+c.name(), func(t *testing.T) { hardwareOf(t, tr, version, c, want) })
		}
	}
}

func (c *hardwareClass) name() string {
	return strings.TrimSpace(c.arch + "/" + c.defconfig + " " + c.set)
}

// keys are under what a class is found in tables.
func (c *hardwareClass) keys() []string {
	list := []string{c.arch, c.arch + "/" + c.defconfig}
	if c.set != "" {
		list = append(list, c.name())
	}
	return list
}

// breaks returns the laws that do not hold in a version, sorted.
func (c *hardwareClass) breaks(version string) []string {
	var list []string
	for _, key := range c.keys() {
		for _, k := range knownToBreak[key] {
			if k.only == "" || k.only == version {
				list = append(list, k.law+": "+k.why)
			}
		}
	}
	slices.Sort(list)
	return list
}

// asked reports whether a law's entries can be made.
func (c *hardwareClass) asked(law string) bool {
	return !slices.ContainsFunc(c.keys(), func(key string) bool { return slices.Contains(notAsked[key], law) })
}

func hardwareOf(t *testing.T, tr tree.Tree, version string, c hardwareClass, want int) {
	var set kconfig.Assignments
	for symbol := range strings.FieldsSeq(c.set) {
		set = set.Set(symbol, "y")
	}
	k := ask(t, tr, arch.Named(c.arch), c.defconfig, set)
	for _, m := range withHash(k.class) {
		p := k.on(m)
		proved, broken := askHardware(t, p, m.Name, &c)
		switch {
		case m.Name == "radix_enabled()=false" && proved+len(broken) > 0:
			t.Errorf("%s: the hash table has no entries of Linux", m.Name)
		case m.Name != "radix_enabled()=false":
			checkHardware(t, m.Name, proved, want, broken, c.breaks(version))
		}
	}
}

// withHash returns the machines of a class, and for a book3s32 one with a hash
// table: what else such a machine does to entries is assembly, so that it is no
// machine of its own.
func withHash(class *unit.Class) []*arch.Machine {
	list := class.Machines()
	if class.Value("PPC_BOOK3S_32") == "" {
		return list
	}
	m := *list[0]
	m.Name = "MMU_FTR_HPTE_TABLE"
	m.Inputs = map[string]bool{"mmu_has_feature(MMU_FTR_HPTE_TABLE)": true}
	return append(slices.Clone(list), &m)
}

// askHardware asks the laws on a machine: how many are proved, and what is said
// of those that are broken.
func askHardware(t *testing.T, p *contract.Prover, machine string, c *hardwareClass) (proved int, broken map[string]string) {
	t.Helper()
	broken = make(map[string]string)
	for _, l := range contract.Laws() {
		if !strings.HasSuffix(l.Name, "hardware") || !c.asked(l.Name) {
			continue
		}
		o, err := p.Prove(t.Context(), l)
		if err != nil {
			t.Fatal(err)
		}
		switch o.Status {
		case contract.Proved:
			proved++
		case contract.Broken:
			broken[l.Name] = o.String()
		case contract.NotRun:
			t.Errorf("%s: %s: %s", machine, l.Name, o)
		}
	}
	return proved, broken
}

func checkHardware(t *testing.T, machine string, proved, want int, broken map[string]string, known []string) {
	t.Helper()
	if proved != want {
		t.Errorf("%s: %d laws are proved, want %d", machine, proved, want)
	}
	for _, s := range known {
		law, _, _ := strings.Cut(s, ": ")
		if broken[law] == "" {
			t.Errorf("%s: holds, or is not asked: %s", machine, s)
		}
		delete(broken, law)
	}
	for _, law := range slices.Sorted(maps.Keys(broken)) {
		t.Errorf("%s: %s: %s", machine, law, broken[law])
	}
}
