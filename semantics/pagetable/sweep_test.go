package pagetable_test

import (
	"context"
	"slices"
	"testing"

	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

// further are architectures on which only the smallest file is run.
var further = []config{
	{"arm", "arm", "multi_v7_defconfig", nil},
	{"arm-lpae", "arm", "axm55xx_defconfig", nil},
	{"mips64", "mips", "loongson3_defconfig", nil},
	{"alpha", "alpha", "defconfig", nil},
	{"arc", "arc", "haps_hs_smp_defconfig", nil},
	{"csky", "csky", "defconfig", nil},
}

// TestNoFalseTraps runs every function of real files, which have been in use
// for years. The founding bug is the only trap that a run may be sure of.
func TestNoFalseTraps(t *testing.T) {
	tr := founding(t)
	for _, c := range append(slices.Clone(configs), further...) {
		t.Run(c.name, func(t *testing.T) {
			r := unit.NewReader(source.NewSet(), unit.Options{})
			prog := facts.NewProgram(r, tr, classOf(t, r, tr, c), nil)
			var sure []string
			total := 0
			files := []string{"mm/pgtable-generic.c"}
			if c.name == "ppc64-4k" || c.name == "riscv" {
				files = append(files, "mm/memory.c") // takes a while
			}
			for _, path := range files {
				u := readUnit(t, prog, path)
				for _, m := range prog.Class.Machines() {
					n, traps := everyFunction(t, pagetable.New(prog, m, pagetable.Options{}), u)
					total += n
					for _, s := range traps {
						sure = append(sure, m.Name+": "+s)
					}
				}
			}
			t.Logf("%d runs", total)
			slices.Sort(sure)
			var want []string
			if c.name == "ppc64-4k" {
				for _, fn := range []string{"__get_locked_pte", "__pte_offset_map_lock", "follow_pte"} {
					want = append(want, "radix_enabled()=false: "+fn+": BUG in hash__pmd_same")
				}
			}
			if got := slices.Compact(sure); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// everyFunction runs the functions that a unit's own file defines and returns
// the traps that are sure.
func everyFunction(t *testing.T, e *pagetable.Emulator, u *unit.Unit) (total int, traps []string) {
	for f := range u.File.Functions() {
		if u.Cpp.Position(u.Cpp.Tokens[f.First].Loc()).Path != u.Path {
			continue
		}
		fn := u.File.Decl(f.Decl).(*syntax.FuncDef)
		out, err := e.Run(context.Background(), u, fn)
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Runs) == 0 && len(out.Incomplete) == 0 {
			t.Errorf("%s: neither runs nor reasons", fn.Name)
		}
		total += len(out.Runs)
		for _, run := range out.Runs {
			if run.Trap != nil && run.Exact {
				traps = append(traps, fn.Name+": "+run.Trap.Kind+" in "+run.Trap.Function)
			}
		}
	}
	return total, traps
}
