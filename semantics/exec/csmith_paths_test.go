package exec_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"ptreview/semantics/bits"
	ptexec "ptreview/semantics/exec"
	"ptreview/semantics/solve"
)

// csmithPathPrograms is how many programs TestCsmithPaths takes for a target.
const csmithPathPrograms = 40

// csmithFunction is a function of a program whose parameters are integers.
type csmithFunction struct {
	name   string
	params []string // their types
}

var (
	csmithPrototype = regexp.MustCompile(`(?m)^static [^=;{}]*?\b(func_\d+)\(([^()]*)\);`)
	csmithParameter = regexp.MustCompile(`^\s*(?:const\s+)?(u?int(?:8|16|32|64)_t)\s+p_\d+\s*$`)
)

// csmithFunctions finds the functions of a program whose inputs can be free.
func csmithFunctions(src string) []csmithFunction {
	var list []csmithFunction
	for _, m := range csmithPrototype.FindAllStringSubmatch(src, -1) {
		f := csmithFunction{name: m[1]}
		free := true
		for _, p := range strings.Split(m[2], ",") {
			t := csmithParameter.FindStringSubmatch(p)
			if free = free && t != nil; free {
				f.params = append(f.params, t[1])
			}
		}
		if free {
			list = append(list, f)
		}
	}
	return list
}

// driver makes of a program's main a function that calls f with inputs and
// returns a digest of what main prints a checksum of. The checksum itself
// looks up a table by every byte, which is no question for a solver.
func (f csmithFunction) driver(src string) string {
	before, body, _ := strings.Cut(src, "int main (int argc, char* argv[])\n")
	var params, args []string
	for i, t := range f.params {
		params = append(params, fmt.Sprintf("%s in%d", t, i))
		args = append(args, fmt.Sprintf("in%d", i))
	}
	body = strings.Replace(body, "func_1();", fmt.Sprintf("%s(%s);", f.name, strings.Join(args, ", ")), 1)
	body = strings.Replace(body, "return 0;", "return digest;", 1)
	body = strings.Replace(body, "if (argc == 2", "if (0", 1)
	return before + `
static uint64_t digest;
#define crc32_gentab() ((void)0)
#define platform_main_end(crc, flag) ((void)0)
#define transparent_crc(v, name, flag) (digest = digest * 31 + (uint64_t)(v))
static char *argv[2];
uint64_t drive(` + strings.Join(params, ", ") + ")\n" + body
}

// TestCsmithPaths runs functions of random programs with free inputs. Each
// path's model, run concretely, must end in the same way.
func TestCsmithPaths(t *testing.T) {
	if raced() {
		t.Skip("skipped: programs of csmith are run without the race detector")
	}
	for _, target := range csmithTargets[:2] {
		t.Run(target.variant, func(t *testing.T) {
			c := &pathRun{csmithRun: newCsmithRun(t, t.TempDir(), target)}
			for seed := range csmithPathPrograms {
				c.program(t, seed)
			}
			t.Logf("%d functions, %d paths the same, %d not decided, %d not supported, %d over budget",
				c.functions, c.same, c.undecided, c.unsupported, c.slow)
			if c.same < csmithPathPrograms/2 {
				t.Errorf("only %d paths compared", c.same)
			}
		})
	}
}

type pathRun struct {
	*csmithRun
	functions, undecided int
}

func (c *pathRun) program(t *testing.T, seed int) {
	file, err := c.write(2000+seed, seed%4 > 0)
	if err != nil {
		t.Logf("seed 2000+%d: csmith: %v", seed, err)
		return
	}
	src := readFile(t, file)
	for _, f := range csmithFunctions(src) {
		if err := os.WriteFile(file, []byte(f.driver(src)), 0o666); err != nil {
			t.Fatal(err)
		}
		p, err := c.read(file)
		if err != nil {
			t.Errorf("seed 2000+%d, %s: not read: %v", seed, f.name, err)
			return
		}
		c.functions++
		if err := c.explore(p, f); err != nil {
			t.Errorf("seed 2000+%d, %s: %v", seed, f.name, err)
		}
	}
}

// csmithPathLimit is how many paths of a function are compared.
const csmithPathLimit = 16

// explore compares the paths of one function. What is not supported or takes
// too long ends it.
func (c *pathRun) explore(p *ptexec.Program, f csmithFunction) error {
	paths := ptexec.NewPaths()
	paths.Solver.Conflicts, paths.Solver.Gates = 1000, 200_000
	inputs := make([]bits.Term, len(f.params))
	for i, t := range f.params {
		width := 0
		fmt.Sscanf(strings.TrimPrefix(t, "u"), "int%d_t", &width)
		inputs[i] = paths.Bits.Var(fmt.Sprintf("in%d", i), width)
	}
	_, err := paths.Explore(csmithPathLimit, func(d *ptexec.Decisions) error {
		m := ptexec.New(p, ptexec.Options{Decisions: d, Budget: ptexec.Budget{Steps: 20_000, Terms: 200_000}})
		r, err := drive(m, inputs)
		if err != nil {
			return err
		}
		return c.replay(p, paths, m, r, inputs)
	})
	var unsupported *ptexec.Unsupported
	switch {
	case errors.As(err, &unsupported):
		c.unsupported++
		return nil
	case errors.Is(err, ptexec.ErrBudget):
		c.slow++
		return nil
	}
	return err
}

func drive(m *ptexec.Machine, inputs []bits.Term) (*ptexec.Result, error) {
	return m.Call(context.Background(), "drive", append([]bits.Term(nil), inputs...)...)
}

// replay runs a path's model concretely.
func (c *pathRun) replay(p *ptexec.Program, paths *ptexec.Paths, m *ptexec.Machine, r *ptexec.Result, inputs []bits.Term) error {
	if !r.Exact() {
		c.undecided++
		return nil
	}
	switch a := paths.Solver.Check(m.Holds()...); a {
	case solve.GaveUp:
		c.undecided++
		return nil
	case solve.Impossible:
		return fmt.Errorf("a path that no input takes: %v", m.Holds())
	}
	model := paths.Solver.Model()
	values := make([]bits.Term, len(inputs))
	for i, in := range inputs {
		if !model[in].IsValid() {
			model[in] = bits.Const(in.Width(), 0xa5a5a5a5a5a5a5a5)
		}
		values[i] = model[in]
	}
	want, err := drive(ptexec.New(p, ptexec.Options{}), values)
	if err != nil {
		return fmt.Errorf("%v: %w", values, err)
	}
	if got, want := ending(paths.Bits, r, model), ending(paths.Bits, want, nil); got != want {
		return fmt.Errorf("inputs %v end in %s, but in %s on their path", values, want, got)
	}
	c.same++
	return nil
}

// ending says how a run ends for a model of its inputs.
func ending(b *bits.Builder, r *ptexec.Result, model bits.Assignment) string {
	if r.Trap != nil {
		return fmt.Sprintf("a trap: %v at %v", r.Trap.Kind, r.Trap.Position)
	}
	return b.Eval(r.Return, model).String()
}
