package pagetable_test

import (
	"os"
	"path/filepath"
	"testing"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/parse/mbox"
	"ptreview/parse/series"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

// missingHelper gives 6.1 the helper that the founding series expects.
const missingHelper = `From: ptreview <test@ptreview.example>
Subject: [PATCH] mm/pgtable: add pmdp_get_lockless()
Message-ID: <missing-helper@ptreview.example>

---
diff --git a/include/linux/pgtable.h b/include/linux/pgtable.h
--- a/include/linux/pgtable.h
+++ b/include/linux/pgtable.h
@@ -24,3 +24,11 @@
 #endif
 
+#ifndef pmdp_get_lockless
+static inline pmd_t pmdp_get_lockless(pmd_t *pmdp)
+{
+	return READ_ONCE(*pmdp);
+}
+#define pmdp_get_lockless pmdp_get_lockless
+#endif
+
 /*
`

// founding returns the 6.1 tree after the founding series, and after further
// mails of the corpus, by pattern.
func founding(t testing.TB, further ...string) tree.Tree {
	t.Helper()
	dir, corpus := os.Getenv("PTREVIEW_LINUX_6_1"), os.Getenv("PTREVIEW_CORPUS")
	if dir == "" || corpus == "" {
		t.Skip("skipped: the founding series on a real kernel; set PTREVIEW_LINUX_6_1 and PTREVIEW_CORPUS")
	}
	d, err := tree.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	inputs := []series.Input{{Name: "missing-helper", Mails: parseMail(t, "missing-helper", []byte(missingHelper))}}
	for _, pattern := range append([]string{"pte-map-may-fail/v2-03-*", "pte-map-may-fail/v2-04-*"}, further...) {
		files, _ := filepath.Glob(filepath.Join(corpus, pattern))
		if len(files) != 1 {
			t.Fatalf("%s: %d mails", pattern, len(files))
		}
		mails, err := mbox.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, series.Input{Name: filepath.Base(files[0]), Mails: mails})
	}
	return apply(t, d, inputs)
}

func parseMail(t testing.TB, name string, data []byte) []*mbox.Mail {
	t.Helper()
	mails, err := mbox.ParseBytes(data, name)
	if err != nil {
		t.Fatal(err)
	}
	return mails
}

// apply returns the tree after a series.
func apply(t testing.TB, base tree.Tree, inputs []series.Input) tree.Tree {
	t.Helper()
	s, err := series.FromInputs(inputs, series.Options{})
	if err != nil {
		t.Fatal(err)
	}
	prefixes, err := s.Prefixes(tree.Cached(base))
	if err != nil {
		t.Fatal(err)
	}
	return prefixes[len(prefixes)-1].Tree
}

// config is a configuration of a kernel.
type config struct {
	name, arch, defconfig string
	set                   []string
}

var configs = []config{
	{"x86_64", "x86", "x86_64_defconfig", nil},
	{"x86_64-thp", "x86", "x86_64_defconfig", []string{"TRANSPARENT_HUGEPAGE"}},
	{"arm64", "arm64", "defconfig", nil},
	{"riscv", "riscv", "defconfig", nil},
	{"s390", "s390", "defconfig", nil},
	{"ppc64-64k", "powerpc", "ppc64_defconfig", nil},
	{"ppc64-4k", "powerpc", "ppc64_defconfig", []string{"PPC_4K_PAGES", "TRANSPARENT_HUGEPAGE"}},
}

func classOf(t testing.TB, r *unit.Reader, tr tree.Tree, c config) *unit.Class {
	t.Helper()
	var fragment kconfig.Assignments
	for _, s := range c.set {
		fragment = fragment.Set(s, "y")
	}
	class, _, err := r.DefconfigClass(tr, arch.Named(c.arch), c.defconfig, fragment)
	if err != nil {
		t.Fatal(err)
	}
	return class
}

// hugeOn says on which machines a pmd can map a huge page, for the rest none
// has: by configuration and machine.
var hugeOn = map[string]bool{
	"x86_64-thp/pgtable_l5_enabled()=false": true,
	"x86_64-thp/pgtable_l5_enabled()=true":  true,
	"arm64/":                                true,
	"arm64/vabits_actual=48":                true,
	"arm64/vabits_actual=52":                true,
	"s390/":                                 true,
	"ppc64-64k/radix_enabled()=false":       true,
	"ppc64-64k/radix_enabled()=true":        true,
	"ppc64-4k/radix_enabled()=true":         true,
}

// TestFounding runs what the founding series adds, everywhere. On hash with 4K
// pages taking the lock of any page table ends in BUG().
func TestFounding(t *testing.T) {
	tr := founding(t)
	r := unit.NewReader(source.NewSet(), unit.Options{})
	machines := 0
	for _, c := range configs {
		prog := facts.NewProgram(r, tr, classOf(t, r, tr, c), nil)
		for _, m := range prog.Class.Machines() {
			machines++
			name := c.name + "/" + m.Name
			t.Run(name, func(t *testing.T) {
				mapping(t, pagetable.New(prog, m, pagetable.Options{}), readUnit(t, prog, "mm/pgtable-generic.c"), expected{
					trap: name == "ppc64-4k/radix_enabled()=false",
					file: "arch/powerpc/include/asm/book3s/64/hash-4k.h", line: 169,
					huge: hugeOn[name],
				})
			})
		}
	}
	if machines != 13 {
		t.Errorf("%d machines, want 13", machines)
	}
}

// Test612 runs the same functions as 6.12 has them, where nothing traps.
func Test612(t *testing.T) {
	dir := os.Getenv("PTREVIEW_LINUX_6_12")
	if dir == "" {
		t.Skip("skipped: functions of a real 6.12; set PTREVIEW_LINUX_6_12")
	}
	d, err := tree.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	tr := tree.Cached(d)
	r := unit.NewReader(source.NewSet(), unit.Options{})
	for _, c := range configs {
		prog := facts.NewProgram(r, tr, classOf(t, r, tr, c), nil)
		for _, m := range prog.Class.Machines() {
			name := c.name + "/" + m.Name
			t.Run(name, func(t *testing.T) {
				mapping(t, pagetable.New(prog, m, pagetable.Options{}), readUnit(t, prog, "mm/pgtable-generic.c"), expected{huge: hugeOn[name], rcu: true})
			})
		}
	}
}

// otherConfigs are word sizes, byte orders, page sizes and debug options that
// configs has not.
var otherConfigs = []config{
	{"i386", "x86", "i386_defconfig", nil},
	{"x86-debug", "x86", "x86_64_defconfig", []string{"TRANSPARENT_HUGEPAGE", "DEBUG_VM", "PROVE_LOCKING", "DEBUG_SPINLOCK"}},
	{"arm64-64k", "arm64", "defconfig", []string{"ARM64_64K_PAGES"}},
	{"rv32", "riscv", "rv32_defconfig", nil},
	{"s390-debug", "s390", "debug_defconfig", nil},
	{"ppc64le", "powerpc", "ppc64le_defconfig", nil},
	{"ppc6xx", "powerpc", "ppc6xx_defconfig", nil},
	{"corenet64", "powerpc", "corenet64_smp_defconfig", nil},
	{"corenet32", "powerpc", "corenet32_smp_defconfig", nil},
	{"mpc866", "powerpc", "mpc866_ads_defconfig", nil},
	{"ppc44x", "powerpc", "ppc44x_defconfig", nil},
}

// TestOtherConfigs runs what the founding series adds where nothing traps.
func TestOtherConfigs(t *testing.T) {
	tr := founding(t)
	r := unit.NewReader(source.NewSet(), unit.Options{})
	for _, c := range otherConfigs {
		prog := facts.NewProgram(r, tr, classOf(t, r, tr, c), nil)
		huge := prog.Class.Value("TRANSPARENT_HUGEPAGE") != ""
		for _, m := range prog.Class.Machines() {
			t.Run(c.name+"/"+m.Name, func(t *testing.T) {
				mapping(t, pagetable.New(prog, m, pagetable.Options{}), readUnit(t, prog, "mm/pgtable-generic.c"), expected{huge: huge})
			})
		}
	}
}

// BenchmarkScenario measures one run of __pte_offset_map_lock() of a real
// kernel, machine and tables included.
func BenchmarkScenario(b *testing.B) {
	tr := founding(b)
	r := unit.NewReader(source.NewSet(), unit.Options{})
	for _, c := range configs {
		prog := facts.NewProgram(r, tr, classOf(b, r, tr, c), nil)
		u := readUnit(b, prog, "mm/pgtable-generic.c")
		m := prog.Class.Machines()[0]
		b.Run(c.name, func(b *testing.B) {
			e := pagetable.New(prog, m, pagetable.Options{})
			n := len(runs(b, e, u, "__pte_offset_map_lock").Runs)
			for b.Loop() {
				runs(b, e, u, "__pte_offset_map_lock")
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/run")
		})
	}
}
