package exec_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ptreview/parse/cpp/oracle"
	ptexec "ptreview/semantics/exec"
	"ptreview/semantics/types"
)

// oracleNames are the names of configs in package oracle.
var oracleNames = map[string]string{
	"x86_64": "x86_64", "arm64": "arm64", "riscv": "riscv", "s390": "s390",
	"ppc64-64K": "ppc64-64k", "ppc64-4K": "ppc64-4k",
}

// wrapper says how a value of a type is made of a number, and turned back.
type wrapper struct{ wrap, unwrap string }

func wrappers() map[string]wrapper {
	all := map[string]wrapper{
		"swp_entry_t": {"((swp_entry_t){%s})", "(%s).val"},
		"pgprot_t":    {"__pgprot(%s)", "pgprot_val(%s)"},
	}
	for _, level := range []string{"pte", "pmd", "pud", "p4d", "pgd"} {
		all[level+"_t"] = wrapper{"__" + level + "(%s)", level + "_val(%s)"}
	}
	return all
}

// pool are the numbers helpers are called with.
var pool = []string{
	"0", "1", "0x25", "0x8000000000000067", "0xc000000001234567", "0x1234567890abcd",
	"0x7fffffffffffff", "~0UL", "0x2000000040000481",
}

var helperName = regexp.MustCompile(`^_*(pte|pmd|pud|p4d|pgd|swp|pfn|is|make|radix|hash|pgprot|maybe|vm|mk|huge|arch|native|gfp|ilog|order|get_order|hweight|fls|ffs|hash_|roundup|rol|ror|sign)[_a-z0-9]*`)

// calls returns C expressions that call the inline helpers of a unit whose
// parameters and result can be written as numbers.
func calls(u *types.Unit) []string {
	var list []string
	for _, name := range functionNames(u.File()) {
		if !helperName.MatchString(name) || strings.Contains(name, "xchg") { // which wants memory
			continue
		}
		o := u.Lookup(name)
		f, ok := types.Unqual(o.Type).(*types.Func)
		if !ok || len(f.Params) == 0 || len(f.Params) > 3 {
			continue
		}
		list = append(list, callsOf(name, f)...)
	}
	return list
}

func callsOf(name string, f *types.Func) []string {
	result, ok := unwrapAs(f.Result)
	if !ok {
		return nil
	}
	var list []string
	for i := range pool {
		var args []string
		for n, p := range f.Params {
			arg, ok := wrapAs(p.Type, pool[(i+n*(i%3))%len(pool)])
			if !ok {
				return nil
			}
			args = append(args, arg)
		}
		list = append(list, fmt.Sprintf(result, name+"("+strings.Join(args, ", ")+")"))
	}
	return list
}

// typedefName returns the name a record type goes by here.
func typedefName(t types.Type) string {
	r, ok := types.Unqual(t).(*types.Record)
	if !ok || len(r.Fields) != 1 {
		return ""
	}
	switch field := r.Fields[0].Name; field {
	case "pte", "pmd", "pud", "p4d", "pgd", "pgprot":
		return field + "_t"
	case "val":
		return "swp_entry_t"
	}
	return ""
}

func wrapAs(t types.Type, number string) (string, bool) {
	if w, ok := wrappers()[typedefName(t)]; ok {
		return fmt.Sprintf(w.wrap, number), true
	}
	b, ok := types.Unqual(t).(*types.Basic)
	return fmt.Sprintf("(%v)(%s)", b, number), ok && b.Kind >= types.Bool && b.Kind <= types.ULongLong
}

func unwrapAs(t types.Type) (string, bool) {
	if w, ok := wrappers()[typedefName(t)]; ok {
		return w.unwrap, true
	}
	b, ok := types.Unqual(t).(*types.Basic)
	return "%s", ok && b.Kind >= types.Bool && b.Kind <= types.ULongLong
}

// foldOf is a function that makes the assembler see the value of e, if the
// compiler can fold it.
func foldOf(i int, e string) string {
	return fmt.Sprintf("void fold%d(void);\nvoid fold%d(void) { long v = (long)(%s); "+
		"asm volatile(\"\\n->%d %%0 %%1\" :: \"i\"(__builtin_constant_p(v)), \"i\"(__builtin_constant_p(v) ? v : 0)); }\n", i, i, e, i)
}

// folded asks the kernel's compiler for the values of expressions. Those it
// cannot fold at -O2 are left out.
func folded(t *testing.T, k *oracle.Kernel, path string, exprs []string) map[int]int64 {
	t.Helper()
	var src strings.Builder
	fmt.Fprintf(&src, "#include \"%s\"\n", filepath.Join(k.Tree.Dir, path))
	for i, e := range exprs {
		src.WriteString(foldOf(i, e))
	}
	args := slices.Clone(k.Command(t, path))
	args = args[:len(args)-3] // -o, the output and the source
	args = slices.DeleteFunc(args, func(a string) bool { return strings.HasPrefix(a, "-Wp,") || strings.HasPrefix(a, "-W") })
	args[slices.Index(args, "-E")] = "-S"
	return assemble(t, k.Dir, args, src.String())
}

// assemble compiles src to assembly and reads what was folded.
func assemble(t *testing.T, dir string, args []string, src string) map[int]int64 {
	t.Helper()
	temp := t.TempDir()
	in, out := filepath.Join(temp, "fold.c"), filepath.Join(temp, "fold.s")
	if err := os.WriteFile(in, []byte(src), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(args[0], append(slices.Clone(args[1:]), "-w", "-o", out, in)...)
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%.3000s", err, text)
	}
	return readFolded(t, out)
}

func readFolded(t *testing.T, file string) map[int]int64 {
	t.Helper()
	values := make(map[int]int64)
	for line := range strings.Lines(readFile(t, file)) {
		rest, ok := strings.CutPrefix(line, "->")
		f := strings.Fields(strings.NewReplacer("$", "", "#", "").Replace(rest))
		if !ok || len(f) != 3 || f[1] != "1" {
			continue
		}
		i, err1 := strconv.Atoi(f[0])
		v, err2 := strconv.ParseInt(f[2], 0, 64)
		if err1 != nil || err2 != nil {
			t.Fatalf("line %q", line)
		}
		values[i] = v
	}
	return values
}

// TestHelpersFold runs the page-table helpers of real kernels on numbers and
// compares with what the real compilers fold the same calls to.
func TestHelpersFold(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short, helpers not compared with compilers")
	}
	const path = "mm/pgtable-generic.c"
	eachKernel(t, path, "", func(t *testing.T, k *kernelUnit) {
		for _, tree := range oracle.Trees(t) {
			if tree.Version == k.version {
				compareFolded(t, k, oracle.Build(t, tree, oracle.Named(t, oracleNames[k.name])), path)
			}
		}
	})
}

func compareFolded(t *testing.T, k *kernelUnit, o *oracle.Kernel, path string) {
	exprs := calls(k.unit)
	want := folded(t, o, path, exprs)
	equal, open := 0, 0
	for i, e := range exprs {
		v, ok := want[i]
		if !ok {
			continue
		}
		r, err := k.eval(t, "(long)("+e+")", ptexec.Options{})
		if err != nil {
			t.Errorf("%s: %v", e, err)
			continue
		}
		got, known := r.Return.Int64()
		switch {
		case r.Trap != nil && r.Trap.Kind == ptexec.TrapDivide: // undefined: gcc may fold it to anything
			open++
		case r.Trap != nil:
			t.Errorf("%s: %v, want %#x", e, r.Trap, v)
		case !known:
			open++
			t.Logf("%s: got %v, want %#x; %q", e, r.Return, v, r.Unknowns)
		case got != v:
			t.Errorf("%s: got %#x, want %#x; %q", e, got, v, r.Unknowns)
		default:
			equal++
		}
	}
	t.Logf("%d calls, %d folded by the compiler: %d equal, %d not known here", len(exprs), len(want), equal, open)
	if equal < 100 || open*8 > equal {
		t.Errorf("%d values equal, %d not known", equal, open)
	}
}
