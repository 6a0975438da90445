package pagetable_test

import (
	"context"
	"fmt"
	"os"
	"sort"
	"strings"
	"testing"
	"time"

	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

func TestSweep(t *testing.T) {
	if os.Getenv("SWEEP") == "" {
		t.Skip("sweep")
	}
	tr := founding(t)
	r := unit.NewReader(source.NewSet(), unit.Options{})
	ctx := context.Background()
	reasons := map[string]int{}
	for _, c := range configs {
		if !strings.Contains(os.Getenv("SWEEP"), c.name+",") {
			continue
		}
		prog := facts.NewProgram(r, tr, classOf(t, r, tr, c))
		for _, path := range []string{"mm/pgtable-generic.c", "mm/memory.c", "mm/huge_memory.c", "mm/mprotect.c", "mm/mremap.c"} {
			if path == "mm/huge_memory.c" && prog.Class.Value("TRANSPARENT_HUGEPAGE") == "" {
				continue
			}
			u := readUnit(t, prog, path)
			for _, m := range prog.Class.Machines() {
				e := pagetable.New(prog, m, pagetable.Options{})
				n, exact, traps, ret := 0, 0, 0, 0
				for _, d := range u.File.Decls {
					fn, ok := d.(*syntax.FuncDef)
					if !ok || u.Cpp.Position(fn.Loc()).Path != path {
						continue
					}
					start := time.Now()
					out, err := e.Run(ctx, u, fn)
					if err != nil {
						t.Fatal(err)
					}
					if d := time.Since(start); d > 500*time.Millisecond {
						t.Logf("slow %s %s: %v runs %d", c.name, fn.Name, d, len(out.Runs))
					}
					for _, s := range out.Incomplete {
						reasons[s]++
					}
					for _, run := range out.Runs {
						n++
						if run.Exact {
							exact++
						}
						if run.Trap != nil {
							traps++
							t.Logf("TRAP exact=%v %s %s %s: %s %s %v spelled %s  why %v; in %v", run.Exact, c.name, m.Name, fn.Name, run.Trap.Kind, run.Trap.Message, run.Trap.Stack, run.Trap.Spelled, run.Why, run.Inputs)
						} else {
							ret++
						}
					}
				}
				fmt.Printf("%s %s %s: %d runs, %d exact, %d trap, %d return\n", c.name, m.Name, path, n, exact, traps, ret)
			}
		}
	}
	var list []string
	for s, n := range reasons {
		list = append(list, fmt.Sprintf("%5d %s", n, s))
	}
	sort.Sort(sort.Reverse(sort.StringSlice(list)))
	fmt.Println(strings.Join(list, "\n"))
}
