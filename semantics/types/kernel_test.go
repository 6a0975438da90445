package types_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
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

// everyBody checks all functions, initialisers and declarations of a file.
func everyBody(u *types.Unit) (functions int, errs []error, warnings []error) {
	for _, d := range u.File().Decls() {
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
	return functions, append(errs, u.Errors()...), warnings
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
}

// TestKernelLayout compares every tagged record of a real unit with gcc:
// size, alignment and the offset of each member, and every enumerator.
func TestKernelLayout(t *testing.T) {
	for _, tree := range oracle.Trees(t) {
		cache := cpp.NewCache(source.NewSet())
		for _, target := range oracle.Targets() {
			t.Run(tree.Version+"/"+target.Name, func(t *testing.T) {
				k := oracle.Build(t, tree, target)
				compareKernelLayout(t, cache, k, "mm/pgtable-generic.c")
			})
		}
	}
}

// fact is a C expression and what we say is its value.
type fact struct {
	expr string
	want uint64
}

func compareKernelLayout(t *testing.T, cache *cpp.Cache, k *oracle.Kernel, file string) {
	u := readKernel(t, cache, k, file, false)
	facts := layoutFacts(u)
	if len(facts) < 5000 {
		t.Errorf("only %d facts", len(facts))
	}
	var probe bytes.Buffer
	probe.Write(k.Preprocessed(t, file))
	probe.WriteString("\nunsigned long long layout_probe[] = {\n")
	for _, f := range facts {
		probe.WriteString(f.expr + ",\n")
	}
	probe.WriteString("};\n")
	got := compileKernel(t, k, file, probe.Bytes()).words(t, "layout_probe")
	for i, f := range facts {
		if got[i] != f.want {
			t.Errorf("%s: got %d, gcc says %d", f.expr, f.want, got[i])
		}
	}
	t.Logf("%d facts agree", len(facts))
}

// compileKernel compiles preprocessed text as the kernel's build would.
func compileKernel(t *testing.T, k *oracle.Kernel, file string, text []byte) *object {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "x.i"), filepath.Join(dir, "x.o")
	if err := os.WriteFile(in, text, 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := k.Command(t, file)
	args := compileFlags(cmd)
	gcc := exec.Command(cmd[0], append(args, "-w", "-O1", "-c", in, "-o", out)...)
	gcc.Dir = k.Dir
	if text, err := gcc.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%.3000s", err, text)
	}
	return readObject(t, out)
}

// compileFlags drops from a preprocessing command what does not concern the
// compiler proper.
func compileFlags(cmd []string) []string {
	var args []string
	for i := 1; i < len(cmd); i++ {
		switch a := cmd[i]; {
		case a == "-o", a == "-include":
			i++
		case a == "-E", strings.HasPrefix(a, "-Wp,"), strings.HasPrefix(a, "-D"), !strings.HasPrefix(a, "-"):
		default:
			args = append(args, a)
		}
	}
	return args
}

// layoutFacts lists what we say of all tagged records and enumerators.
func layoutFacts(u *types.Unit) []fact {
	var facts []fact
	seen := make(map[string]bool)
	for _, d := range u.File().Decls() {
		syntax.Inspect(d, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.FuncDef:
				return false
			case *syntax.Record:
				if n.Tag != "" && n.Body && !seen[n.Tag] {
					seen[n.Tag] = true
					facts = append(facts, recordFacts(u, n)...)
				}
			case *syntax.Enum:
				for _, item := range n.Items {
					o := u.Lookup(item.Name)
					facts = append(facts, fact{item.Name, o.Value.Uint64()})
				}
			}
			return true
		})
	}
	for _, name := range u.Objects() {
		o := u.Lookup(name)
		if o.Kind == types.TypeName && u.Complete(o.Type) {
			facts = append(facts, fact{"sizeof(" + name + ")", uint64(types.Sizeof(o.Type))})
			if o.Type.Size() > 0 {
				facts = append(facts, fact{"__alignof__(" + name + ")", uint64(o.Type.Align())})
			}
		}
	}
	return facts
}

func recordFacts(u *types.Unit, n *syntax.Record) []fact {
	r := u.Record(n.Tag)
	if r == nil {
		return []fact{{"\"" + n.Tag + " is incomplete\"", 0}}
	}
	name := "struct " + n.Tag
	if n.Union {
		name = "union " + n.Tag
	}
	facts := []fact{{"sizeof(" + name + ")", uint64(r.Size())}, {"__alignof__(" + name + ")", uint64(r.Align())}}
	return append(facts, memberFacts(name, r, 0)...)
}

func memberFacts(name string, r *types.Record, base int64) []fact {
	var facts []fact
	for i := range r.Fields {
		f := &r.Fields[i]
		inner, isRecord := types.Unqual(f.Type).(*types.Record)
		switch {
		case f.Name == "" && isRecord:
			facts = append(facts, memberFacts(name, inner, base+f.Offset)...)
		case !f.IsBitField():
			at := "((" + name + " *)0)->" + f.Name
			facts = append(facts, fact{"__builtin_offsetof(" + name + ", " + f.Name + ")", uint64(base + f.Offset)})
			if f.Type.Size() > 0 {
				facts = append(facts, fact{"sizeof(" + at + ")", uint64(f.Type.Size())})
			}
		}
	}
	return facts
}
