package cpp_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"ptreview/parse/cpp"
	"ptreview/parse/cpp/oracle"
	"ptreview/parse/source"
)

const benchFile = "mm/pgtable-generic.c"

// BenchmarkPreprocess reads a unit of ppc64 cold, which opens and lexes every
// file anew, and warm, with the files in the cache, and runs the real compiler
// on it. The compilers' runs include starting a process.
func BenchmarkPreprocess(b *testing.B) {
	tree := oracle.Trees(b)[0]
	k := oracle.Build(b, tree, oracle.Named(b, "ppc64-4k"))
	shared := cpp.NewCache(source.NewSet())
	opt := *k.Options(b, shared, benchFile)
	b.Run("cold", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c := cpp.NewCache(source.NewSet())
			cold := opt
			cold.Files = c.Files(os.DirFS(tree.Dir)).Over(os.DirFS(k.Dir))
			preprocess(b, c, &cold)
		}
	})
	b.Run("warm", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			preprocess(b, shared, &opt)
		}
	})
	b.Run("gcc-E", func(b *testing.B) { runCompiler(b, k, "-E") })
	b.Run("gcc-fsyntax-only", func(b *testing.B) { runCompiler(b, k, "-fsyntax-only") })
	b.Run("ratio", func(b *testing.B) { ratios(b, k, tree, opt) })
}

// ratios runs everything in turn, so that a busy machine slows all alike.
func ratios(b *testing.B, k *oracle.Kernel, tree oracle.Tree, opt cpp.Options) {
	cache := cpp.NewCache(source.NewSet())
	opt.Files = cache.Files(os.DirFS(tree.Dir)).Over(os.DirFS(k.Dir))
	var cold, warm, gcc, syntax time.Duration
	for b.Loop() {
		gcc += elapsed(func() { compile(b, k, "-E") })
		syntax += elapsed(func() { compile(b, k, "-fsyntax-only") })
		warm += elapsed(func() { preprocess(b, cache, &opt) })
		cold += elapsed(func() {
			c := cpp.NewCache(source.NewSet())
			fresh := opt
			fresh.Files = c.Files(os.DirFS(tree.Dir)).Over(os.DirFS(k.Dir))
			preprocess(b, c, &fresh)
		})
	}
	b.ReportMetric(float64(cold)/float64(gcc), "cold/gcc-E")
	b.ReportMetric(float64(warm)/float64(gcc), "warm/gcc-E")
	b.ReportMetric(float64(cold)/float64(syntax), "cold/gcc-syntax")
}

func elapsed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func preprocess(b *testing.B, c *cpp.Cache, opt *cpp.Options) {
	u, err := c.Preprocess(context.Background(), benchFile, opt)
	if err != nil || len(u.Errors) > 0 {
		b.Fatal(err, u.Errors)
	}
}

func runCompiler(b *testing.B, k *oracle.Kernel, mode string) {
	for b.Loop() {
		compile(b, k, mode)
	}
}

// compile runs the kernel's own command for the file, without output.
func compile(b *testing.B, k *oracle.Kernel, mode string) {
	var args []string
	cmd := k.Command(b, benchFile)
	for i := 1; i < len(cmd); i++ {
		switch a := cmd[i]; {
		case a == "-o":
			i++
		case a == "-E" || len(a) > 4 && a[:4] == "-Wp,":
		default:
			args = append(args, a)
		}
	}
	gcc := exec.Command(cmd[0], append(args, mode, "-o", os.DevNull)...)
	gcc.Dir = k.Dir
	if out, err := gcc.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
}
