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

func TestQuick(t *testing.T) {
	u := read(t, map[string]string{"main.c": "#define f(x, ...) g(x, ##__VA_ARGS__) #x\n#define s(x) f(x)\n f(1) f(1,2)\n s( a b ) __LINE__\n#if defined(f) && !defined g && (1 << 3) == 8\nyes\n#else\nno\n#endif\n"}, cpp.Options{})
	t.Log(u.Text(), u.Errors)
}
