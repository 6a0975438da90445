package cpp_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/fstest"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// TestRelease gives units up in all orders while others are read into their
// memory: none that is left may change, and each is as read afresh.
func TestRelease(t *testing.T) {
	fsys := make(fstest.MapFS)
	for i := range 6 {
		text := "#define TWICE(x) x x\n"
		for j := range 40 << i { // of different lengths, so that memory is too short and too long
			text += fmt.Sprintf("int a%d_%d = TWICE(-) %d;\n", i, j, j)
		}
		fsys[fmt.Sprintf("%d.c", i)] = &fstest.MapFile{Data: []byte(text)}
	}
	cache := cpp.NewCache(source.NewSet())
	opt := &cpp.Options{Files: cache.Files(fsys)}
	read := func(name string) *cpp.Unit {
		u, err := cache.Preprocess(context.Background(), name, opt)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	type kept struct {
		name string
		unit *cpp.Unit
		text string
	}
	var held []kept
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		if len(held) > 0 && random.IntN(2) == 0 {
			i := random.IntN(len(held))
			held[i].unit.Release()
			if held[i].unit.Tokens != nil {
				t.Fatalf("%s still has its tokens", held[i].name)
			}
			held[i].unit.Release() // does nothing
			held = slices.Delete(held, i, i+1)
			continue
		}
		name := fmt.Sprintf("%d.c", random.IntN(6))
		u := read(name)
		held = append(held, kept{name, u, u.Text()})
	}
	for _, k := range held {
		if k.unit.Text() != k.text {
			t.Errorf("%s changed while other units were read", k.name)
		}
		sameAfresh(t, cache, k.name, opt, k.unit)
	}
}
