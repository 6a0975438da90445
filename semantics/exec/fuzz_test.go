package exec_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ptreview/semantics/exec"
	"ptreview/semantics/types"
)

// FuzzRun runs every function of a source that takes no arguments, or numbers,
// on two targets. Whatever the source is, a run ends within its budget and
// does not panic.
func FuzzRun(f *testing.F) {
	files, err := filepath.Glob("testdata/*.c")
	if err != nil || len(files) == 0 {
		f.Fatal("no tables")
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		// One seed per test keeps mutations local; what it needs from above
		// comes along.
		head := ""
		for line := range strings.Lines(string(data)) {
			if strings.HasPrefix(line, "TEST(") {
				f.Add(testMacro + head + line)
			} else {
				head += line
			}
		}
	}
	for _, o := range outcomes {
		f.Add(prelude + o.src)
	}
	f.Add(functions(7, 3))
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 1<<14 {
			return
		}
		for _, target := range []string{"x86_64", "ppc32"} {
			runAll(target, src)
		}
	})
}

func runAll(target, src string) {
	u, err := readSource(target, src)
	if err != nil {
		return
	}
	p := exec.NewProgram(u.ABI(), []*types.Unit{u}, nil)
	opt := exec.Options{Budget: exec.Budget{Steps: 20_000, Depth: 60, Bytes: 1 << 20, Terms: 20_000, Forks: 50}}
	for _, name := range functionNames(u.File()) {
		m := exec.New(p, opt)
		o := u.Lookup(name)
		fn, ok := types.Unqual(o.Type).(*types.Func)
		if o.Type == nil || !ok || len(fn.Params) > 3 {
			continue
		}
		var args []exec.Value
		for i := range fn.Params {
			args = append(args, m.Bits.Var(string(rune('a'+i)), 32))
		}
		// Any error is fine.
		_, _ = m.Call(context.Background(), name, args...)
	}
}
