package pagetable_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
	"ptreview/testdata/demo"
)

// races explores a function in all eras.
func races(t testing.TB, e *pagetable.Emulator, u *unit.Unit, name string) []*pagetable.RaceOutcome {
	t.Helper()
	o := u.Types.Lookup(name)
	if o == nil || o.Def == nil {
		t.Fatalf("%s: no function %s", u.Path, name)
	}
	var list []*pagetable.RaceOutcome
	for _, era := range pagetable.Eras() {
		out, err := e.Races(context.Background(), u, o.Def, era, pagetable.Bounds{})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s, %s: %d races, %d runs, %d states, complete %v, incomplete %q", name, era.Name, len(out.Races), out.Runs, out.States, out.Complete, out.Incomplete)
		for _, r := range out.Races {
			t.Logf("exact %v %q\n%s", r.Exact, r.Why, r.Text(name))
		}
		list = append(list, out)
	}
	return list
}

// replaced returns a tree with a text of one of its files replaced.
func replaced(t testing.TB, base tree.Tree, file, old, text string) tree.Tree {
	t.Helper()
	data, err := base.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Count(data, []byte(old)) != 1 {
		t.Fatalf("%s: %q is not there once", file, old)
	}
	return tree.NewOverlay(base, map[string][]byte{file: bytes.Replace(data, []byte(old), []byte(text), 1)})
}

// kindsIn lists the races of each era, "none" without any.
func kindsIn(list []*pagetable.RaceOutcome) string {
	var words []string
	for _, out := range list {
		found := "none"
		if !out.Complete {
			found = fmt.Sprintf("incomplete %q", out.Incomplete)
		}
		for i, r := range out.Races {
			if i == 0 {
				found = r.Message
				continue
			}
			found += ", " + r.Message
		}
		words = append(words, out.Era.Name+": "+found)
	}
	return strings.Join(words, "; ")
}

const (
	noRaces   = "mmap_lock: none; pmd-lock: none; pt-lock: none"
	usesFreed = "mmap_lock: none; pmd-lock: use of a freed table by the caller of __pte_offset_map_lock; pt-lock: use of a freed table by the caller of __pte_offset_map_lock"
)

// TestRacesDemo plays the races of the miniature kernel. A comparison that
// always says "same" lets a table be used that is gone.
func TestRacesDemo(t *testing.T) {
	const hash4k = "ppc64-4k/radix_enabled()=false"
	for _, fix := range []struct {
		name string
		mail demo.Mail
		want string
	}{
		{"wrong", demo.WrongFix(), usesFreed},
		{"right", demo.RightFix(), noRaces},
	} {
		t.Run(fix.name, func(t *testing.T) {
			eachDemo(t, demoTree(t, fix.mail), func(t *testing.T, name string, prog *facts.TreeProgram, e *pagetable.Emulator) {
				want := noRaces
				if name == hash4k {
					want = fix.want
				}
				if got := kindsIn(races(t, e, readUnit(t, prog, "mm/pgtable-generic.c"), "__pte_offset_map_lock")); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			})
		})
	}
}

func configNamed(name string) config {
	return configs[slices.IndexFunc(configs, func(c config) bool { return c.name == name })]
}

// TestEras reads the era of real kernels.
func TestEras(t *testing.T) {
	for _, k := range []struct{ env, want string }{{"PTREVIEW_LINUX_6_1", "mmap_lock"}, {"PTREVIEW_LINUX_6_12", "pmd-lock"}} {
		dir := os.Getenv(k.env)
		if dir == "" {
			t.Skip("skipped: the eras of real kernels; set " + k.env)
		}
		d, err := tree.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if got := pagetable.EraOf(facts.NewStore(d, cpp.NewCache(source.NewSet()))); got.Name != k.want {
			t.Errorf("%s: got era %s, want %s", k.env, got.Name, k.want)
		}
	}
}

// TestRacesFounding plays them on a real kernel after the founding series, on
// hash with 4K pages: as it is, with return 1, and with the real fix.
func TestRacesFounding(t *testing.T) {
	const file = "arch/powerpc/include/asm/book3s/64/hash-4k.h"
	const body = "static inline int hash__pmd_same(pmd_t pmd_a, pmd_t pmd_b)\n{\n\t"
	plain := founding(t)
	for _, tt := range []struct {
		name   string
		config config
		tree   tree.Tree
		want   string // on hash
	}{
		{"return 1", configNamed("ppc64-4k"), replaced(t, plain, file, body+"BUG();\n\treturn 0;", body+"return 1;"), usesFreed},
		{"fixed", configNamed("ppc64-4k"), founding(t, "hash4k-fix/v1-powerpc-*"), noRaces},
		{"fixed, 64K", configNamed("ppc64-64k"), founding(t, "hash4k-fix/v1-powerpc-*"), noRaces},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := unit.NewReader(source.NewSet(), unit.Options{})
			prog := facts.NewProgram(r, tt.tree, classOf(t, r, tt.tree, tt.config), nil)
			for _, m := range prog.Class.Machines() {
				want := tt.want
				if m.Name != "radix_enabled()=false" {
					want = noRaces
				}
				e := pagetable.New(prog, m, pagetable.Options{})
				if got := kindsIn(races(t, e, readUnit(t, prog, "mm/pgtable-generic.c"), "__pte_offset_map_lock")); got != want {
					t.Errorf("%s:\ngot  %s\nwant %s", m.Name, got, want)
				}
			}
		})
	}
}

// largePages lets the processors of x86 have large pages, which those of 32
// bits need not have.
func largePages(t testing.TB, base tree.Tree) tree.Tree {
	t.Helper()
	return replaced(t, base, "arch/x86/include/asm/pgtable.h", "return boot_cpu_has(X86_FEATURE_PSE);", "return 1;")
}

// TestRaces612 plays them on 6.12 as it is.
func TestRaces612(t *testing.T) {
	dir := os.Getenv("PTREVIEW_LINUX_6_12")
	if dir == "" {
		t.Skip("skipped: races of a real 6.12; set PTREVIEW_LINUX_6_12")
	}
	d, err := tree.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	tr := largePages(t, tree.Cached(d))
	r := unit.NewReader(source.NewSet(), unit.Options{})
	for _, c := range []config{
		configNamed("x86_64-thp"), configNamed("arm64"), configNamed("ppc64-4k"),
		{"pae", "x86", "i386_defconfig", []string{"HIGHMEM64G", "TRANSPARENT_HUGEPAGE"}},
		{"lpae", "arm", "multi_v7_lpae_defconfig", []string{"TRANSPARENT_HUGEPAGE"}},
	} {
		prog := facts.NewProgram(r, tr, classOf(t, r, tr, c), nil)
		for _, m := range prog.Class.Machines()[:1] {
			t.Run(c.name+"/"+m.Name, func(t *testing.T) {
				e := pagetable.New(prog, m, pagetable.Options{})
				u := readUnit(t, prog, "mm/pgtable-generic.c")
				for _, name := range []string{"__pte_offset_map", "pte_offset_map_nolock", "__pte_offset_map_lock"} {
					if got := kindsIn(races(t, e, u, name)); got != noRaces {
						t.Errorf("%s:\ngot  %s\nwant %s", name, got, noRaces)
					}
				}
			})
		}
	}
}

// TestRacesBroken612 breaks 6.12 in the ways that its protocol is there for.
func TestRacesBroken612(t *testing.T) {
	dir := os.Getenv("PTREVIEW_LINUX_6_12")
	if dir == "" {
		t.Skip("skipped: races of a real 6.12; set PTREVIEW_LINUX_6_12")
	}
	d, err := tree.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	pae := config{"pae", "x86", "i386_defconfig", []string{"HIGHMEM64G", "TRANSPARENT_HUGEPAGE"}}
	const file = "mm/pgtable-generic.c"
	lost := "an update of a table that is no longer in the tree by the caller of __pte_offset_map_lock"
	in := func(message string) string {
		return "mmap_lock: none; pmd-lock: " + message + "; pt-lock: " + message
	}
	for _, tt := range []struct {
		name      string
		config    config
		function  string
		old, text string
		want      string
	}{
		{"not compared", configs[1], "__pte_offset_map_lock",
			"if (likely(pmd_same(pmdval, pmdp_get_lockless(pmd))))", "if (pmd_same(pmdval, pmdval))", in(lost)},
		{"section left early", configs[1], "__pte_offset_map",
			"return __pte_map(&pmdval, addr);", "rcu_read_unlock(); return __pte_map(&pmdval, addr);",
			in("use of a freed table by the caller of __pte_offset_map")},
		{"lock looked up again", configs[1], "pte_offset_map_nolock",
			"*ptlp = pte_lockptr(mm, &pmdval);", "*ptlp = pte_lockptr(mm, pmd);",
			in("a lock taken on the wrong table by the caller of pte_offset_map_nolock")},
		{"lock looked up to be released", configs[1], "__pte_offset_map_lock",
			"pte_unmap_unlock(pte, ptl);\n\tgoto again;", "pte_unmap_unlock(pte, pte_lockptr(mm, pmd));\n\tgoto again;",
			in("unlock of another lock in __pte_offset_map_lock")},
		{"never looks again", configs[1], "__pte_offset_map_lock",
			"pte_unmap_unlock(pte, ptl);\n\tgoto again;",
			"spin_unlock(ptl);\n\tfor (;;) { spin_lock(ptl); if (pmd_same(pmdval, pmdp_get_lockless(pmd))) { *ptlp = ptl; return pte; } spin_unlock(ptl); }",
			in("a loop without progress in __pte_offset_map_lock")},
		{"interrupts enabled", pae, "__pte_offset_map", "local_irq_save(irqflags);", "irqflags = 0;",
			in("a torn read in *pmdvalp of __pte_offset_map")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := replaced(t, largePages(t, tree.Cached(d)), file, tt.old, tt.text)
			r := unit.NewReader(source.NewSet(), unit.Options{})
			prog := facts.NewProgram(r, tr, classOf(t, r, tr, tt.config), nil)
			e := pagetable.New(prog, prog.Class.Machines()[0], pagetable.Options{})
			if got := kindsIn(races(t, e, readUnit(t, prog, file), tt.function)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestRaceDetectors breaks the miniature kernel in the ways that each detector
// is there for. Schedules are as short as they can be.
func TestRaceDetectors(t *testing.T) {
	const file = "mm/pgtable-generic.c"
	const f = "__pte_offset_map_lock"
	const compared = "if (likely(pmd_same(pmdval, pmdp_get_lockless(pmd))))"
	const section = "for (;;) {\n\t\tpte ="
	const inSection = "extern void rcu_read_lock(void);\n\trcu_read_lock();\n\tfor (;;) {\n\t\tpte ="
	edit := func(pairs ...string) []string { return pairs }
	for _, tt := range []struct {
		name  string
		edits []string // old, new
		kind  pagetable.RaceKind
		moves int
		last  string // effect of the last step
	}{
		{"sound", edit(section, inSection), "", 0, ""},
		{"freed", edit(compared, "if (1)"), pagetable.RaceFreed, 1, "which is freed"},
		{"lost", edit(section, inSection, compared, "if (1)"), pagetable.RaceLost, 1, "which is out of the tree"},
		{"wrong lock", edit(section, inSection, "ptl = pte_lockptr(mm, &pmdval);", "ptl = pte_lockptr(mm, pmd);", compared, "if (1)"),
			pagetable.RaceWrongLock, 1, ""},
		{"unlock of another", edit("pte_unmap_unlock(pte, ptl);", "pte_unmap_unlock(pte, pte_lockptr(mm, pmd));"), pagetable.RaceUnlock, 1, ""},
		{"no progress", edit("pte_unmap_unlock(pte, ptl);",
			"spin_unlock(ptl);\n\t\tfor (;;) { spin_lock(ptl); if (pmd_same(pmdval, pmdp_get_lockless(pmd))) break; spin_unlock(ptl); }\n\t\tbreak;"),
			pagetable.RaceNoProgress, 1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var tr tree.Tree = demoTree(t, demo.RightFix())
			for i := 0; i < len(tt.edits); i += 2 {
				tr = replaced(t, tr, file, tt.edits[i], tt.edits[i+1])
			}
			eachDemo(t, tr, func(t *testing.T, name string, prog *facts.TreeProgram, e *pagetable.Emulator) {
				if name != "arm64/" {
					return // one architecture is enough
				}
				checkDetected(t, e, readUnit(t, prog, file), f, tt.kind, tt.moves, tt.last)
			})
		})
	}
}

// checkDetected looks for the first race of a function where tables are taken
// away, and plays it again.
func checkDetected(t *testing.T, e *pagetable.Emulator, u *unit.Unit, name string, kind pagetable.RaceKind, moves int, last string) {
	t.Helper()
	list := races(t, e, u, name)
	if len(list[0].Races) > 0 {
		t.Errorf("with mmap_lock: got %s, want none", list[0].Races[0].Message)
	}
	out := list[1]
	if !out.Complete || len(out.Races) == 0 != (kind == "") {
		t.Fatalf("got %d races, complete %v, want %q", len(out.Races), out.Complete, kind)
	}
	if kind == "" {
		return
	}
	r := out.Races[0]
	if r.Kind != kind || len(r.Schedule) != moves || !r.Exact {
		t.Errorf("got %s after %d moves, exact %v, want %s after %d", r.Kind, len(r.Schedule), r.Exact, kind, moves)
	}
	if end := r.Timeline[len(r.Timeline)-1]; !strings.Contains(strings.Join(end.Effects, ";"), last) {
		t.Errorf("got %q in the end, want %q", end.Effects, last)
	}
	again, err := e.ReplayRace(context.Background(), u, u.Types.Lookup(name).Def, out.Era, r.Start, r.Schedule)
	if err != nil || again == nil || again.Text(name) != r.Text(name) {
		t.Errorf("played again: got %v (%v), want the same race", again, err)
	}
	if kind == pagetable.RaceFreed {
		checkReuse(t, e, u, name, out.Era, r)
	}
	if again, err := e.ReplayRace(context.Background(), u, u.Types.Lookup(name).Def, out.Era, r.Start, nil); err != nil || again != nil {
		t.Errorf("without its moves: got %v (%v), want no race", again, err)
	}
}

// checkReuse lets the frame of the freed table of a race become something else:
// it is not the pmd's table then, or it is, as a new one.
func checkReuse(t *testing.T, e *pagetable.Emulator, u *unit.Unit, name string, era pagetable.Era, r pagetable.Race) {
	t.Helper()
	for _, tt := range []struct{ what, want string }{
		{"the frame of page table 1 becomes a page table of another mm", "it is one of page table 1, whose frame is another's now"},
		{"a fault lets the pmd point to the frame of page table 1 again, as a new table", ""},
	} {
		schedule := append(slices.Clone(r.Schedule), pagetable.Move{Before: r.Schedule[0].Before + 1, What: tt.what})
		again, err := e.ReplayRace(context.Background(), u, u.Types.Lookup(name).Def, era, r.Start, schedule)
		if err != nil {
			t.Errorf("%s: %v", tt.what, err)
			continue
		}
		got := ""
		if again != nil {
			got = strings.Join(again.Timeline[len(again.Timeline)-1].Effects, "; ")
		}
		if got != tt.want {
			t.Errorf("%s: got %q in the end, want %q", tt.what, got, tt.want)
		}
	}
}
