package exec_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// variantNamed finds a compiler target by its name in package arch.
func variantNamed(name string) *arch.Variant {
	for _, a := range arch.All() {
		for _, v := range a.Variants {
			if v.Name == name {
				return v
			}
		}
	}
	panic("no variant " + name)
}

// readUnit reads src as the file x.c for a target.
func readUnit(t testing.TB, target, src string) *types.Unit {
	t.Helper()
	u, err := readSource(target, src)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func readSource(target, src string) (*types.Unit, error) {
	v := variantNamed(target)
	cache := cpp.NewCache(source.NewSet())
	opt := &cpp.Options{
		FS:         fstest.MapFS{"x.c": {Data: []byte(src)}},
		Predefined: []byte(v.Predefined(nil)),
		Opaque:     arch.TrapMacros(),
	}
	u, err := cache.Preprocess(context.Background(), "x.c", opt)
	if err != nil {
		return nil, err
	}
	for _, e := range u.Errors {
		return nil, e
	}
	file, errs := syntax.Parse(u, syntax.Options{})
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return types.NewUnit(file, &v.ABI, types.Options{
		Position: u.Position,
		Opaque:   types.TrapMacros(),
		ParseExpr: func(text string) (syntax.Expr, error) {
			tail, err := u.Tail(context.Background(), cache, cache.Set.Add("<expression>", []byte(text)), opt)
			if err != nil {
				return nil, err
			}
			return file.ParseExpr(tail)
		},
	}), nil
}

// program reads sources, each a unit of its own.
func program(t testing.TB, target string, sources ...string) *exec.Program {
	t.Helper()
	var units []*types.Unit
	for _, src := range sources {
		units = append(units, readUnit(t, target, src))
	}
	return exec.NewProgram(&variantNamed(target).ABI, units, nil)
}

// call runs fn on a new machine.
func call(t testing.TB, p *exec.Program, fn string, args ...exec.Value) *exec.Result {
	t.Helper()
	r, err := exec.New(p, exec.Options{}).Call(context.Background(), fn, args...)
	if err != nil {
		t.Fatalf("%s: %v", fn, err)
	}
	return r
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// functionNames returns the names of the functions a file defines, sorted.
func functionNames(f *syntax.File) []string {
	var names []string
	for fn := range f.Functions() {
		names = append(names, f.Unit.Names.String(fn.Name))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func constant(width int, v uint64) exec.Value { return bits.Const(width, v) }

func memSpec(name string, size uint64) mem.Spec {
	return mem.Spec{Name: name, Kind: mem.Heap, Size: size}
}
