package class

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ptreview/arch"
	"ptreview/arch/kconfig"
)

// eachKernel runs f for the architectures named, all for none, of every real
// kernel.
func eachKernel(t *testing.T, names []string, f func(t *testing.T, dir string, a *arch.Arch, k *kconfig.Kconfig)) {
	for _, variable := range []string{"PTREVIEW_LINUX_6_1", "PTREVIEW_LINUX_6_12"} {
		t.Run(strings.TrimPrefix(variable, "PTREVIEW_"), func(t *testing.T) {
			dir := os.Getenv(variable)
			if dir == "" {
				t.Skipf("SKIPPED: %s is not set: no class of a real kernel was chosen", variable)
			}
			for _, a := range arch.All() {
				if _, err := os.Stat(dir + "/arch/" + a.Name); err != nil || names != nil && !slices.Contains(names, a.Name) {
					continue
				}
				t.Run(a.Name, func(t *testing.T) {
					k, err := kconfig.Load(os.DirFS(dir), a.Name, kconfig.Env{})
					if err != nil {
						t.Fatal(err)
					}
					f(t, dir, a, k)
				})
			}
		})
	}
}

// randomConditions returns conditions over symbols that mm code and page-table
// headers ask for, and some that they do not.
func randomConditions(k *kconfig.Kconfig, r *rand.Rand, count int) []Formula {
	names := strings.Fields("TRANSPARENT_HUGEPAGE HUGETLB_PAGE NUMA SMP MMU DEBUG_VM MEMORY_HOTPLUG SPARSEMEM_VMEMMAP " +
		"KASAN KVM MODULES HIGHMEM SWAP MIGRATION COMPACTION USERFAULTFD PREEMPT_RT 64BIT COMPAT PGTABLE_LEVELS PARAVIRT XEN KEXEC")
	var all []string
	for s := range k.Symbols {
		all = append(all, s.Name())
	}
	literal := func() Formula {
		name := names[r.IntN(len(names))]
		if r.IntN(3) == 0 {
			name = all[r.IntN(len(all))]
		}
		f := Atom("CONFIG_" + name)
		if name == "PGTABLE_LEVELS" {
			f = Atom(fmt.Sprintf("CONFIG_PGTABLE_LEVELS %s %d", []string{"==", ">", "<="}[r.IntN(3)], 2+r.IntN(4)))
		} else if s := k.Symbol(name); s != nil && s.Type() == kconfig.Tristate && r.IntN(3) == 0 {
			f = Atom("CONFIG_" + name + "_MODULE")
		}
		if r.IntN(2) == 0 {
			f = Not(f)
		}
		return f
	}
	var list []Formula
	for range count {
		list = append(list, And(literal(), literal(), Or(literal(), literal())))
	}
	return list
}

// TestKernelClasses meets random conditions on all architectures: what is
// found must hold, Kconfig must keep each witness as it is, and must not warn.
func TestKernelClasses(t *testing.T) {
	count := 3
	if os.Getenv("PTREVIEW_FULL") != "" {
		count = 20
	}
	eachKernel(t, nil, func(t *testing.T, dir string, a *arch.Arch, k *kconfig.Kconfig) {
		start := time.Now()
		ch, err := NewChooser(os.DirFS(dir), a, k)
		if err != nil {
			t.Fatal(err)
		}
		made := time.Since(start)
		conds := randomConditions(k, rand.New(rand.NewPCG(uint64(len(dir)), uint64(len(a.Name)))), count)
		start = time.Now()
		classes, unmet, err := ch.Classes(conds)
		if err != nil {
			t.Fatal(err)
		}
		q := ch.ask(conds)
		t.Logf("%d bases in %v, %d classes in %v, %d symbols, %d variables, %d clauses", len(ch.bases), made, len(classes), time.Since(start), len(q.e.order), q.e.sat.Vars(), q.e.sat.Clauses())
		for _, u := range unmet {
			if !u.Impossible {
				t.Errorf("%s: %s", u.When, u.Reason)
			}
		}
		for _, c := range classes {
			checkWitness(t, ch, c)
		}
		for _, f := range conds {
			held := slices.ContainsFunc(classes, func(c *Class) bool { return c.Holds(f) })
			said := slices.ContainsFunc(unmet, func(u Unmet) bool { return u.When.String() == f.String() })
			if held == said && !f.IsFalse() {
				t.Errorf("%s: holds %v, unmet %v", f, held, said)
			}
		}
	})
}

func checkWitness(t *testing.T, ch *Chooser, c *Class) {
	t.Helper()
	again, _, err := ch.kc.Olddefconfig(c.Config.Assignments())
	if err != nil {
		t.Fatal(err)
	}
	var a, b strings.Builder
	if c.Config.Write(&a) != nil || again.Write(&b) != nil || a.String() != b.String() {
		t.Errorf("%s: the witness is not what Kconfig makes of it", c.ID)
	}
	for _, n := range c.Config.Unmet() {
		if !ch.unmet[n] {
			t.Errorf("%s: %s is selected beyond what it depends on", c.ID, n)
		}
	}
}

// TestVariantMacros asks for configurations by what the compiler of one of
// two variants predefines.
func TestVariantMacros(t *testing.T) {
	eachKernel(t, []string{"sparc"}, func(t *testing.T, dir string, a *arch.Arch, k *kconfig.Kconfig) {
		ch, err := NewChooser(os.DirFS(dir), a, k)
		if err != nil {
			t.Fatal(err)
		}
		wide := And(Atom("defined(__sparc__)"), Atom("defined(__arch64__)"))
		classes, complete, err := ch.Enumerate([]Formula{wide}, 10)
		if err != nil || !complete || len(classes) < 2 {
			t.Fatalf("got %d classes, complete %v, error %v", len(classes), complete, err)
		}
		for _, c := range classes {
			if c.Holds(wide) != (c.Variant.ABI.LongSize == 8) {
				t.Errorf("%s (%s): got %v", c.ID, c.Variant.Name, c.Holds(wide))
			}
		}
	})
}

// TestKernelSimplify checks random formulas and what is left of them in every
// defconfig of some architectures, which the solver has not seen.
func TestKernelSimplify(t *testing.T) {
	eachKernel(t, []string{"arm", "powerpc"}, func(t *testing.T, dir string, a *arch.Arch, k *kconfig.Kconfig) {
		ch, err := NewChooser(os.DirFS(dir), a, k)
		if err != nil {
			t.Fatal(err)
		}
		fs := randomConditions(k, rand.New(rand.NewPCG(8, 12)), 40)
		short := ch.Simplify(fs...)
		defconfigs := kconfig.Defconfigs(os.DirFS(dir), a.Name)
		for i := 0; i < len(defconfigs); i += 1 + len(defconfigs)/8 {
			data, err := os.ReadFile(dir + "/arch/" + a.Name + "/configs/" + defconfigs[i])
			if err != nil {
				continue // in a folder of its own
			}
			one, err := NewExplicit(a, k, defconfigs[i], data)
			if err != nil {
				t.Fatal(err)
			}
			c := one.Base()
			if c.Variant == nil {
				continue
			}
			for n, f := range fs {
				if got, want := short[n].Eval(c.Truth), f.Eval(c.Truth); got != want {
					t.Errorf("%s: got %d for %s, want %d as for %s", defconfigs[i], got, short[n], want, f)
				}
			}
		}
	})
}
