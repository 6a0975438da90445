package types_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"ptreview/parse/cpp"
	"ptreview/parse/cpp/oracle"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// BenchmarkKernel measures a real unit, parsed beforehand: collecting its
// declarations, and typing all its bodies (parsed on the way).
func BenchmarkKernel(b *testing.B) {
	tree := oracle.Trees(b)[0]
	k := oracle.Build(b, tree, oracle.Named(b, "ppc64-4k"))
	cache := cpp.NewCache(source.NewSet())
	const file = "mm/pgtable-generic.c"
	unit, err := cache.Preprocess(context.Background(), file, k.Options(b, cache, file))
	if err != nil {
		b.Fatal(err)
	}
	fresh := func() *syntax.File {
		parsed, _ := syntax.Parse(unit, syntax.Options{})
		return parsed
	}
	abi := targetABI(b, k)
	b.Run("NewUnit", func(b *testing.B) {
		parsed := fresh()
		for b.Loop() {
			types.NewUnit(parsed, abi, types.Options{})
		}
	})
	b.Run("AllBodies", func(b *testing.B) {
		functions := 0
		for b.Loop() {
			b.StopTimer()
			parsed := fresh()
			b.StartTimer()
			u := types.NewUnit(parsed, abi, types.Options{})
			functions = 0
			for fn := range parsed.Functions() {
				u.Check(parsed.Decl(fn.Decl).(*syntax.FuncDef))
				functions++
			}
		}
		b.ReportMetric(float64(functions), "functions")
	})
	b.Run("OneBody", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			parsed := fresh()
			b.StartTimer()
			u := types.NewUnit(parsed, abi, types.Options{})
			u.Check(parsed.Func("pgd_clear_bad"))
		}
	})
}

// TestConcurrent checks one unit from many goroutines.
func TestConcurrent(t *testing.T) {
	src := "struct s { int a; struct t *p; }; struct t { struct s v[3]; };\n"
	const n = 50
	for i := range n {
		src += fmt.Sprintf("static int f%d(struct t *p) { return p->v[1].p->v[2].a + sizeof(struct t); }\n", i)
	}
	u := load(t, src)
	var wg sync.WaitGroup
	for i := range n {
		for range 2 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				info, errs := u.Check(u.File().Func(fmt.Sprintf("f%d", i)))
				if len(errs) > 0 || info.Object.Name != fmt.Sprintf("f%d", i) {
					t.Error(errs, info.Object.Name)
				}
				u.Lookup("f1")
				u.Complete(u.Record("t"))
				types.Identical(u.PointerTo(u.Record("s")), info.Type.Result)
			}()
		}
	}
	wg.Wait()
}
