package pagetable_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// founding returns the 6.1 tree after the founding series.
func founding(t testing.TB) tree.Tree {
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
	for _, pattern := range []string{"v2-03-*", "v2-04-*"} {
		files, _ := filepath.Glob(filepath.Join(corpus, "pte-map-may-fail", pattern))
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

func program(t testing.TB, r *unit.Reader, tr tree.Tree, c config) *facts.TreeProgram {
	t.Helper()
	return facts.NewProgram(r, tr, classOf(t, r, tr, c))
}

func TestSpike(t *testing.T) {
	tr := founding(t)
	r := unit.NewReader(source.NewSet(), unit.Options{})
	ctx := context.Background()
	for _, c := range configs {
		prog := program(t, r, tr, c)
		u, err := prog.Read(ctx, "mm/pgtable-generic.c")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range prog.Class.Machines() {
			e := pagetable.New(prog, m, pagetable.Options{})
			for _, name := range []string{"__pte_offset_map_lock", "__pte_offset_map", "pte_offset_map_nolock", "pte_offset_map", "pte_offset_map_lock", "__pte_map", "pte_unmap"} {
				o := u.Types.Lookup(name)
				if o == nil || o.Def == nil {
					t.Errorf("%s: no %s", c.name, name)
					continue
				}
				start := time.Now()
				out, err := e.Run(ctx, u, o.Def)
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("=== %s %s %s: %d runs, %v, units %d", c.name, m.Name, name, len(out.Runs), time.Since(start), 0)
				for _, s := range out.Incomplete {
					t.Logf("    incomplete: %s", s)
				}
				for _, run := range out.Runs {
					ret := ""
					if v, ok := run.Result.Return.Uint64(); ok {
						ret = fmt.Sprintf("%#x", v)
					}
					t.Logf("    %s -> %s held %d exact %v %v steps %d trap %+v", strings.Join(run.Inputs, "; "), ret, run.Held, run.Exact, run.Why, run.Result.Steps, run.Trap)
					for _, c := range run.Result.Choices {
						t.Logf("       choice %v %v %v", c.Cond, c.Position, c.Reasons)
					}
				}
			}
		}
	}
}
