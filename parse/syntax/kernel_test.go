package syntax_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ptreview/parse/cpp"
	"ptreview/parse/cpp/oracle"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
)

// traps are macros that stay in the stream as calls when the executor reads
// it.
var traps = []string{
	"BUG", "BUG_ON", "WARN", "WARN_ON", "WARN_ON_ONCE", "WARN_ONCE", "VM_BUG_ON", "VM_BUG_ON_PAGE", "VM_BUG_ON_FOLIO",
	"VM_BUG_ON_VMA", "VM_BUG_ON_MM", "VM_WARN_ON", "VM_WARN_ON_ONCE", "VM_WARN_ON_ONCE_PAGE", "VM_WARN_ON_FOLIO",
	"VM_WARN_ON_ONCE_FOLIO", "BUILD_BUG", "BUILD_BUG_ON", "BUILD_BUG_ON_MSG", "compiletime_assert", "unreachable",
}

// TestKernel parses real units with all their bodies, as gcc sees them and
// with trap macros kept, and checks that the printed tree parses to itself.
func TestKernel(t *testing.T) {
	for _, tree := range oracle.Trees(t) {
		cache := cpp.NewCache(source.NewSet())
		for _, target := range append(oracle.Targets(), oracle.HugePageTargets()...) {
			t.Run(tree.Version+"/"+target.Name, func(t *testing.T) {
				k := oracle.Build(t, tree, target)
				for _, file := range k.Files(t) {
					opt := k.Options(t, cache, file)
					checkRoundTrip(t, file, parseKernel(t, cache, file, opt))
					opt.Opaque = traps
					parseKernel(t, cache, file, opt)
				}
			})
		}
	}
}

// parseKernel preprocesses and parses file with all its bodies; any error
// fails the test.
func parseKernel(t *testing.T, cache *cpp.Cache, path string, opt *cpp.Options) *syntax.File {
	t.Helper()
	unit, err := cache.Preprocess(context.Background(), path, opt)
	if err != nil {
		t.Fatal(err)
	}
	file, errs := syntax.Parse(unit, syntax.Options{})
	for _, err := range errs {
		t.Errorf("%s: %v", path, err)
	}
	bodies := 0
	for _, d := range file.Decls() {
		fn, ok := d.(*syntax.FuncDef)
		if !ok {
			continue
		}
		bodies++
		if _, err := file.Body(fn); err != nil {
			t.Errorf("%s: body of %s: %v", path, fn.Name, err)
		}
	}
	if bodies < 2000 {
		t.Errorf("%s: only %d function bodies", path, bodies)
	}
	return file
}

func checkRoundTrip(t *testing.T, path string, file *syntax.File) {
	t.Helper()
	once := printFile(t, file)
	cache := cpp.NewCache(source.NewSet())
	again, errs := syntax.Parse(lexed(cache, "printed.c", once), syntax.Options{})
	for _, err := range errs {
		t.Errorf("%s: %v", path, err)
	}
	if line, a, b := firstDiff(once, printFile(t, again)); line > 0 {
		t.Errorf("%s: printed line %d\n  %s\ncomes back as\n  %s", path, line, a, b)
	}
}

func lexed(cache *cpp.Cache, path string, text []byte) *cpp.Unit {
	tokens := cache.Lex(cache.Set.Add(path, text)).Code()
	return &cpp.Unit{Names: cache.Names, Set: cache.Set, Tokens: tokens}
}

func printFile(t *testing.T, file *syntax.File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := file.Print(&b); err != nil {
		t.Error(err)
	}
	return b.Bytes()
}

// firstDiff returns the first line that differs, from 1, or 0.
func firstDiff(a, b []byte) (int, string, string) {
	as, bs := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for i := range max(len(as), len(bs)) {
		var x, y string
		if i < len(as) {
			x = as[i]
		}
		if i < len(bs) {
			y = bs[i]
		}
		if x != y {
			return i + 1, x, y
		}
	}
	return 0, "", ""
}

// TestCompiled has the real compiler make assembly of a unit and of the
// printed tree of that unit. They must be the same: nothing was dropped or
// attached to the wrong place.
func TestCompiled(t *testing.T) {
	const path = "mm/pgtable-generic.c"
	for _, tree := range oracle.Trees(t) {
		cache := cpp.NewCache(source.NewSet())
		for _, target := range oracle.Targets() {
			t.Run(tree.Version+"/"+target.Name, func(t *testing.T) {
				k := oracle.Build(t, tree, target)
				file := parseKernel(t, cache, path, k.Options(t, cache, path))
				want := assembly(t, k, path, k.Preprocessed(t, path))
				got := assembly(t, k, path, printFile(t, file))
				if len(want) < 1000 {
					t.Errorf("only %d bytes of assembly", len(want))
				}
				if line, a, b := firstDiff(want, got); line > 0 {
					t.Errorf("assembly line %d\nof the source: %s\nof the tree:   %s", line, a, b)
				}
			})
		}
	}
}

// marks are the directives of preprocessed C, and what tells of files and
// lines in assembly.
var (
	directives = regexp.MustCompile(`(?m)^#.*$`)
	marks      = regexp.MustCompile(`(?m)^\s*(\.file|#|//|[#@/]* ?\d+ ").*$`)
)

// assembly compiles text, already preprocessed, as the kernel compiles path,
// and returns what the compiler writes, without lines that name files.
func assembly(t *testing.T, k *oracle.Kernel, path string, text []byte) []byte {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.i"), filepath.Join(dir, "out.s")
	if err := os.WriteFile(in, directives.ReplaceAll(text, nil), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(k.Target.Compiler(), append(compileFlags(k.Command(t, path)), "-w", "-S", "-x", "cpp-output", "-o", out, in)...)
	cmd.Dir = k.Dir
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, msg)
	}
	asm, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return marks.ReplaceAll(asm, nil)
}

// compileFlags returns the flags of a preprocessing command that matter to
// the compiler itself.
func compileFlags(cmd []string) []string {
	var flags []string
	for i := 1; i < len(cmd); i++ {
		a := cmd[i]
		switch {
		case a == "-include", a == "-iquote", a == "-I", a == "-isystem", a == "-o":
			i++
		case strings.HasPrefix(a, "-g"): // debug information tells lines
		case a == "-E", strings.HasPrefix(a, "-I"), strings.HasPrefix(a, "-D"), strings.HasPrefix(a, "-Wp,"), !strings.HasPrefix(a, "-"):
		default:
			flags = append(flags, a)
		}
	}
	return flags
}

// BenchmarkParse measures a real unit: declarations alone, and with all
// bodies.
func BenchmarkParse(b *testing.B) {
	tree := oracle.Trees(b)[0]
	const path = "mm/pgtable-generic.c"
	k := oracle.Build(b, tree, oracle.Named(b, "ppc64-4k"))
	cache := cpp.NewCache(source.NewSet())
	unit, err := cache.Preprocess(context.Background(), path, k.Options(b, cache, path))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("declarations", func(b *testing.B) {
		b.ReportMetric(float64(len(unit.Tokens)), "tokens")
		b.ReportAllocs()
		for b.Loop() {
			syntax.Parse(unit, syntax.Options{})
		}
	})
	b.Run("bodies", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			file, _ := syntax.Parse(unit, syntax.Options{})
			for _, d := range file.Decls() {
				if fn, ok := d.(*syntax.FuncDef); ok {
					file.Body(fn)
				}
			}
		}
	})
}
