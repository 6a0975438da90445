package cpp_test

import (
	"context"
	"testing"
	"testing/fstest"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
)

// read preprocesses main.c of a small tree.
func read(t *testing.T, files map[string]string, opt cpp.Options) *cpp.Unit {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	opt.FS = fsys
	u, err := cpp.NewCache(source.NewSet()).Preprocess(context.Background(), "main.c", &opt)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
