package unit

import (
	"context"
	"slices"
	"testing"

	"ptreview/parse/cpp/oracle"
	"ptreview/parse/syntax"
	"ptreview/parse/tree"
)

// TestBodies parses and types every function of real units, those of headers
// included, with trap macros left in place.
func TestBodies(t *testing.T) {
	eachKernel(t, Options{}, func(t *testing.T, k *oracle.Kernel, r *Reader, tr tree.Tree, c *Class) {
		for _, file := range k.Files(t) {
			u, err := r.Read(context.Background(), tr, c, file)
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range u.Gaps {
				t.Errorf("%s: %s", file, g)
			}
			bad := 0
			// No order of asking may change an answer: two are tried.
			names := functionNames(u.File)
			if c.Arch.Name != "x86" {
				slices.Reverse(names)
			}
			for _, name := range names {
				fn := u.File.Func(name)
				if _, errs := u.Types.Check(fn); len(errs) > 0 {
					if bad++; bad < 10 {
						t.Errorf("%s: %s: %v", file, fn.Name, errs[0])
					}
				}
			}
			if bad > 0 {
				t.Errorf("%s: %d of %d functions do not type", file, bad, len(names))
			}
			r.Forget(tr)
		}
	})
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
