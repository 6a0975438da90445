package unit

import (
	"context"
	"testing"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/parse/cpp/oracle"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/parse/syntax/syntaxtest"
	"ptreview/parse/tree"
)

// TestReusedDeclarations reads units of several architectures and classes with
// one reader. Most of their declarations are known from units before, and must
// be what they are when read alone.
func TestReusedDeclarations(t *testing.T) {
	for _, kernel := range oracle.Trees(t) {
		tr, err := tree.Open(kernel.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		r := NewReader(source.NewSet(), Options{})
		var tokens, reused int
		for _, name := range []string{"powerpc", "x86", "arm64", "s390", "mips", "csky"} {
			a := arch.Named(name)
			for n, change := range []kconfig.Assignments{nil, {{Name: "TRANSPARENT_HUGEPAGE", Value: "y"}, {Name: "NUMA", Value: "n"}}} {
				c, _, err := r.DefconfigClass(tr, a, a.Defconfigs[0], change)
				if err != nil {
					t.Fatal(err)
				}
				for k, file := range []string{"mm/pgtable-generic.c", "mm/mremap.c"} {
					u, err := r.Read(context.Background(), tr, c, file)
					if err != nil {
						t.Fatal(err)
					}
					_, errs := syntax.Parse(u.Cpp, syntax.Options{})
					syntaxtest.SameAfresh(t, u.File, errs)
					if k == n {
						syntaxtest.SameBodies(t, u.File)
					}
					tokens += len(u.Cpp.Tokens)
					reused += u.Cpp.Reused
				}
				r.ForgetClass(c)
			}
		}
		if reused < tokens/2 {
			t.Errorf("%s: only %d of %d tokens were taken over", kernel.Version, reused, tokens)
		}
	}
}
