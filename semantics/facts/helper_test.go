package facts

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/fstest"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/parse/tree"
	"ptreview/semantics/unit"
	"ptreview/testdata/demo"
)

// definitionsOf returns the definitions in a text, with what reads them.
func definitionsOf(path, text string) (*cpp.Cache, *source.File, []Definition) {
	set := source.NewSet()
	cache := cpp.NewCache(set)
	f := set.Add(path, []byte(text))
	return cache, f, Definitions(cache, cache.Lex(f))
}

// demoTree returns the miniature kernel with files put over it.
func demoTree(files map[string]string) tree.Tree {
	over := make(map[string][]byte)
	for p, text := range files {
		over[p] = []byte(text)
	}
	return tree.NewOverlay(tree.Embedded(demo.Tree()), over)
}

// demoProgram returns the class of a defconfig of the miniature kernel.
func demoProgram(t *testing.T, tr tree.Tree, architecture, defconfig string) *TreeProgram {
	t.Helper()
	r := unit.NewReader(source.NewSet(), unit.Options{})
	class, _, err := r.DefconfigClass(tr, arch.Named(architecture), defconfig, nil)
	if err != nil {
		t.Fatal(err)
	}
	return NewProgram(r, tr, class, nil)
}

// oneUnit is a Program of a single unit.
type oneUnit struct{}

func (oneUnit) Define(context.Context, *unit.Unit, string) (*unit.Unit, *syntax.FuncDef, error) {
	return nil, nil, ErrNoDefinition
}

// functionIn reads C text as mm/memory.c of the miniature kernel on x86 and
// returns a function of it.
func functionIn(t *testing.T, text, name string, inputs map[string]bool) (*Graph, *Function) {
	t.Helper()
	tr := demoTree(map[string]string{"mm/memory.c": text})
	p := demoProgram(t, tr, "x86", "x86_64_defconfig")
	u, err := p.Read(context.Background(), "mm/memory.c")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range u.Gaps {
		t.Fatalf("%s", g)
	}
	g := NewGraph(context.Background(), oneUnit{}, p.Reader.Set(), inputs)
	f, err := g.Function(u, name)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Errs) > 0 {
		t.Fatal(errors.Join(f.Errs...))
	}
	return g, f
}

// kernel opens a real kernel, or skips the test.
func kernel(t *testing.T, variable string) tree.Tree {
	t.Helper()
	dir := os.Getenv(variable)
	if dir == "" {
		t.Skipf("%s is not set: conditions in real headers were not compared", variable)
	}
	folder, err := tree.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { folder.Close() })
	return tree.Cached(folder)
}

// demoFree returns a tree of its own.
func demoFree(files map[string]string) tree.Tree {
	fsys := make(fstest.MapFS)
	for p, text := range files {
		fsys[p] = &fstest.MapFile{Data: []byte(text)}
	}
	return tree.Embedded(fsys)
}
