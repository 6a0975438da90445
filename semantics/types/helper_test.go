package types_test

import (
	"context"
	"testing"
	"testing/fstest"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// variant finds a compiler target by its name in package arch.
func variant(t testing.TB, name string) *arch.Variant {
	t.Helper()
	for _, a := range arch.All() {
		for _, v := range a.Variants {
			if v.Name == name {
				return v
			}
		}
	}
	t.Fatalf("no variant %s", name)
	return nil
}

// parse reads src as the file x.c, which must be free of syntax errors.
func parse(t testing.TB, src string) *syntax.File {
	t.Helper()
	file, err := tryParse(t, src)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// tryParse reads src as the file x.c and returns the first syntax error.
func tryParse(t testing.TB, src string) (*syntax.File, error) {
	t.Helper()
	cache := cpp.NewCache(source.NewSet())
	unit, err := cache.Preprocess(context.Background(), "x.c", &cpp.Options{
		FS: fstest.MapFS{"x.c": {Data: []byte(src)}},
	})
	if err != nil {
		return nil, err
	}
	for _, e := range unit.Errors {
		return nil, e
	}
	file, errs := syntax.Parse(unit, syntax.Options{})
	for _, e := range errs {
		return file, e
	}
	return file, nil
}

// load makes a unit of src for x86_64 or the variant given.
func load(t testing.TB, src string, target ...string) *types.Unit {
	t.Helper()
	name := "x86_64"
	if len(target) > 0 {
		name = target[0]
	}
	return types.NewUnit(parse(t, src), &variant(t, name).ABI, types.Options{Opaque: trapTypes()})
}

// tryLoad is load for code that may have syntax errors.
func tryLoad(t testing.TB, src string) (*types.Unit, error) {
	t.Helper()
	file, err := tryParse(t, src)
	if err != nil {
		return nil, err
	}
	return types.NewUnit(file, &variant(t, "x86_64").ABI, types.Options{Opaque: trapTypes()}), nil
}

// trapTypes are the opaque macros of the tests.
func trapTypes() map[string]types.BasicKind {
	return map[string]types.BasicKind{
		"BUG": types.Void, "BUG_ON": types.Void, "BUILD_BUG_ON": types.Void,
		"WARN_ON": types.Int, "WARN_ON_ONCE": types.Int,
	}
}
