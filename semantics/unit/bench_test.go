package unit

import (
	"context"
	"testing"

	"ptreview/arch"
	"ptreview/parse/cpp/oracle"
	"ptreview/parse/source"
	"ptreview/parse/tree"
)

// BenchmarkRead reads mm/pgtable-generic.c of ppc64 with 4K pages: with
// nothing known, with the tokens and headers known, and the class's state
// alone.
func BenchmarkRead(b *testing.B) {
	kernel := oracle.Trees(b)[0]
	tr, err := tree.Open(kernel.Dir)
	if err != nil {
		b.Fatal(err)
	}
	defer tr.Close()
	target := oracle.Named(b, "ppc64-4k")
	const file = "mm/pgtable-generic.c"
	ctx := context.Background()
	newReader := func() (*Reader, *Class) {
		r := NewReader(source.NewSet(), Options{})
		c, _, err := r.DefconfigClass(tr, arch.Named(target.Arch), target.Defconfig, changes(target.Changes))
		if err != nil {
			b.Fatal(err)
		}
		return r, c
	}
	b.Run("class", func(b *testing.B) {
		for b.Loop() {
			newReader()
		}
	})
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			r, c := newReader()
			b.StartTimer()
			if _, err := r.Read(ctx, tr, c, file); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("warm", func(b *testing.B) {
		r, c := newReader()
		for b.Loop() {
			r.units = make(map[unitKey]*unitState)
			if _, err := r.Read(ctx, tr, c, file); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("flags", func(b *testing.B) {
		r, c := newReader()
		build, err := r.Build(tr, c)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := build.Flags(file); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("headers", func(b *testing.B) {
		_, c := newReader()
		for b.Loop() {
			r := NewReader(source.NewSet(), Options{})
			if _, err := r.Build(tr, c); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("expression", func(b *testing.B) {
		r, c := newReader()
		u, err := r.Read(ctx, tr, c, file)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := u.Types.EvalString("__pmd_index_size = H_PMD_INDEX_SIZE"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
