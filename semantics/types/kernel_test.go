package types_test

import (
	"context"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/cpp/oracle"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// targetABI is the ABI of a target of the kernel builds.
func targetABI(t testing.TB, k *oracle.Kernel) *arch.ABI {
	name := map[string]string{"x86": "x86_64", "arm64": "arm64", "riscv": "riscv64", "s390": "s390x", "powerpc": "ppc64"}[k.Target.Arch]
	if name == "" {
		t.Fatalf("no ABI for %s", k.Target.Arch)
	}
	return &variant(t, name).ABI
}

// readKernel reads one file of a kernel build. With traps, trap macros stay
// in the stream as they do in a review.
func readKernel(t testing.TB, cache *cpp.Cache, k *oracle.Kernel, file string, traps bool) *types.Unit {
	t.Helper()
	opt := k.Options(t, cache, file)
	var tOpt types.Options
	if traps {
		opt.Opaque = arch.TrapMacros()
		tOpt.Opaque = make(map[string]types.BasicKind)
		for _, name := range opt.Opaque {
			kind := types.Void
			if trap, ok := arch.TrapNamed(name); ok && trap.Returns == "int" {
				kind = types.Int
			}
			tOpt.Opaque[name] = kind
		}
	}
	unit, err := cache.Preprocess(context.Background(), file, opt)
	if err != nil {
		t.Fatal(err)
	}
	parsed, errs := syntax.Parse(unit, syntax.Options{})
	for _, e := range errs {
		t.Errorf("%s: %v", file, e)
	}
	return types.NewUnit(parsed, targetABI(t, k), tOpt)
}

// everyBody checks all functions and the file's assertions and initialisers.
func everyBody(u *types.Unit) (functions int, errs []error, warnings []error) {
	for _, d := range u.File().Decls {
		if fn, ok := d.(*syntax.FuncDef); ok {
			functions++
			info, more := u.Check(fn)
			errs = append(errs, more...)
			warnings = append(warnings, info.Warnings...)
		}
	}
	for _, name := range u.Objects() {
		o := u.Lookup(name)
		errs = append(errs, u.Init(o)...)
	}
	return functions, append(errs, u.StaticAsserts()...), warnings
}

// TestKernel types every function body of real units, with and without trap
// macros expanded.
func TestKernel(t *testing.T) {
	for _, tree := range oracle.Trees(t) {
		cache := cpp.NewCache(source.NewSet())
		for _, target := range append(oracle.Targets(), oracle.HugePageTargets()...) {
			t.Run(tree.Version+"/"+target.Name, func(t *testing.T) {
				k := oracle.Build(t, tree, target)
				for _, file := range k.Files(t) {
					for _, traps := range []bool{false, true} {
						kernelFile(t, readKernel(t, cache, k, file, traps), file)
					}
				}
			})
		}
	}
}

func kernelFile(t *testing.T, u *types.Unit, file string) {
	n, errs, warnings := everyBody(u)
	if n < 1000 {
		t.Errorf("%s: only %d functions", file, n)
	}
	for i, err := range errs {
		if i == 20 {
			t.Errorf("%s: and %d more", file, len(errs)-i)
			break
		}
		t.Errorf("%s: %v", file, err)
	}
	for i, w := range warnings {
		if i == 20 {
			break
		}
		t.Logf("%s: warning: %v", file, w)
	}
	_ = strings.TrimSpace
}
