// Package fragment executes functions that stand whole in a patch, without the
// tree they belong to. Types that nobody defines are taken for records of one
// word, as page-table entries are; a function that needs more of its
// surroundings than that cannot be run, and the error says why.
package fragment

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"testing/fstest"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/syntax"
	"ptreview/semantics/exec"
	"ptreview/semantics/types"
)

// Call is one execution.
type Call struct {
	Text   string // "hash__pmd_same({1}, {2})"
	Trap   string // "BUG at line 141", "" if it returned
	Value  int64  // what it returned
	Equal  bool   // all arguments were the same
	IsVoid bool   // it returns nothing, or no integer
}

// String reads "f({1}, {2}) = 1" or "f({1}, {2}): BUG at line 141".
func (c Call) String() string {
	switch {
	case c.Trap != "":
		return c.Text + ": " + c.Trap
	case c.IsVoid:
		return c.Text + " returns"
	}
	return fmt.Sprintf("%s = %d", c.Text, c.Value)
}

// ErrSurroundings is wrapped by errors for functions that need declarations
// the fragment does not have.
var ErrSurroundings = errors.New("needs more than the patch shows")

// Run executes the function called name, which text defines on the given lines
// of the file at path, once with equal and once with differing arguments.
// Errors: ErrSurroundings, *exec.Unsupported, exec.ErrBudget, the end of ctx.
func Run(ctx context.Context, path, name string, text []byte, firstLine int) ([]Call, error) {
	f := &runner{path: path, name: name, cache: cpp.NewCache(source.NewSet())}
	if err := f.guess(text); err != nil {
		return nil, err
	}
	if err := f.read(ctx, text, firstLine); err != nil {
		return nil, err
	}
	var calls []Call
	for _, equal := range []bool{true, false} {
		c, err := f.call(ctx, equal)
		if err != nil {
			return nil, err
		}
		if c != nil {
			calls = append(calls, *c)
		}
	}
	return calls, nil
}

// wordType is the type that unknown types are taken for: 64 bits in a record,
// on a 64-bit machine that stands for all of them.
const wordType = "typedef struct { unsigned long long word; } %s;\n"

// integerTypes are the kernel's names for integers of a width.
var integerTypes = map[string]string{
	"u8": "unsigned char", "u16": "unsigned short", "u32": "unsigned int", "u64": "unsigned long long",
	"s8": "signed char", "s16": "short", "s32": "int", "s64": "long long",
	"bool": "_Bool", "size_t": "unsigned long", "ssize_t": "long", "phys_addr_t": "unsigned long long",
	"__be64": "unsigned long long", "__le64": "unsigned long long", "gfp_t": "unsigned int",
}

// runner runs one function.
type runner struct {
	path, name string
	cache      *cpp.Cache
	params     []param
	prelude    string
	unit       *types.Unit
	program    *exec.Program
}

type param struct {
	typeName string // of a record by value, "" for other types
	pointer  bool
}

// guess finds the parameters and the types that have to be made up.
func (f *runner) guess(text []byte) error {
	file, _ := syntax.ParseFragment(f.cache, f.cache.Set.Add(f.path, text))
	def := file.Func(f.name)
	if def == nil {
		return fmt.Errorf("%s(): %w", f.name, ErrSurroundings)
	}
	body, err := file.Body(def)
	if err != nil {
		return fmt.Errorf("%s(): %w", f.name, ErrSurroundings)
	}
	names := make(map[string]bool)
	collect := func(n syntax.Node) bool {
		if t, ok := n.(*syntax.Named); ok {
			names[t.Name] = true
		}
		return true
	}
	syntax.Inspect(def.Type, collect)
	syntax.Inspect(body, collect)
	for _, p := range def.Type.Params {
		f.params = append(f.params, paramOf(p.Type))
	}
	f.prelude = prelude(names)
	return nil
}

func paramOf(t syntax.TypeExpr) param {
	for {
		switch x := t.(type) {
		case *syntax.Qualified:
			t = x.Elem
		case *syntax.Named:
			if integerTypes[x.Name] != "" {
				return param{}
			}
			return param{typeName: x.Name}
		case *syntax.Pointer, *syntax.Array:
			return param{pointer: true}
		default:
			return param{}
		}
	}
}

// prelude declares the made-up types and the trap macros.
func prelude(names map[string]bool) string {
	list := make([]string, 0, len(names))
	for n := range names {
		list = append(list, n)
	}
	sort.Strings(list)
	var b strings.Builder
	for _, n := range list {
		if c := integerTypes[n]; c != "" {
			fmt.Fprintf(&b, "typedef %s %s;\n", c, n)
		} else {
			fmt.Fprintf(&b, wordType, n)
		}
	}
	for _, m := range arch.TrapMacros() {
		fmt.Fprintf(&b, "#define %s(...)\n", m)
	}
	b.WriteString("#define true 1\n#define false 0\n#define NULL ((void *)0)\n")
	b.WriteString("#define likely(x) (x)\n#define unlikely(x) (x)\n#define __always_inline inline\n")
	return b.String()
}

// target is the machine that fragments are run on: what they can show does
// not depend on it.
func target() *arch.Variant { return arch.Named("x86").Variants[0] }

// maxLine bounds the line numbers that text is moved to.
const maxLine = 1 << 20

// read parses and types the function behind the prelude, on its own lines.
func (f *runner) read(ctx context.Context, text []byte, firstLine int) error {
	padded := append([]byte(strings.Repeat("\n", min(max(firstLine-1, 0), maxLine))), text...)
	const preludeName = "prelude.h"
	opt := &cpp.Options{
		FS:     fstest.MapFS{preludeName: {Data: []byte(f.prelude)}, "fragment.c": {Data: padded}},
		Forced: []string{preludeName}, Angle: []string{"."},
		Predefined: []byte(target().Predefined(nil)), Opaque: arch.TrapMacros(),
	}
	u, err := f.cache.Preprocess(ctx, "fragment.c", opt)
	if err != nil {
		return err
	}
	file, errs := syntax.Parse(u, syntax.Options{})
	if len(u.Errors) > 0 || len(errs) > 0 || file.Func(f.name) == nil {
		return fmt.Errorf("%s(): %w", f.name, ErrSurroundings)
	}
	f.unit = types.NewUnit(file, &target().ABI, types.Options{
		Position: u.Position, Opaque: types.TrapMacros(),
		ParseExpr: func(text string) (syntax.Expr, error) {
			tail, err := u.Tail(ctx, f.cache, f.cache.Set.Add("expression", []byte(text)), opt)
			if err != nil {
				return nil, err
			}
			return file.ParseExpr(tail)
		},
	})
	info, errs := f.unit.Check(file.Func(f.name))
	if len(errs) > 0 || len(info.Undeclared) > 0 {
		return fmt.Errorf("%s(): %w", f.name, ErrSurroundings)
	}
	f.program = exec.NewProgram(&target().ABI, []*types.Unit{f.unit}, nil)
	return nil
}

// call runs the function once; nil if its arguments cannot be made, or cannot
// differ.
func (f *runner) call(ctx context.Context, equal bool) (*Call, error) {
	var args, shown []string
	for i, p := range f.params {
		n := 1
		if !equal {
			n = i + 1
		}
		switch {
		case p.pointer:
			return nil, fmt.Errorf("%s(): takes a pointer: %w", f.name, ErrSurroundings)
		case p.typeName != "":
			args = append(args, fmt.Sprintf("(%s){ %d }", p.typeName, n))
			shown = append(shown, fmt.Sprintf("{%d}", n))
		default:
			args = append(args, fmt.Sprint(n))
			shown = append(shown, fmt.Sprint(n))
		}
	}
	if !equal && len(args) < 2 {
		return nil, nil
	}
	m := exec.New(f.program, exec.Options{Budget: exec.Budget{Steps: 100_000}})
	r, err := m.Eval(ctx, f.unit, f.name+"("+strings.Join(args, ", ")+")")
	if err != nil {
		return nil, err
	}
	c := &Call{Text: f.name + "(" + strings.Join(shown, ", ") + ")", Equal: equal}
	return c, c.fill(r)
}

// fill takes over how a run ended.
func (c *Call) fill(r *exec.Result) error {
	if !r.Exact() {
		return ErrSurroundings
	}
	if r.Trap != nil {
		c.Trap = fmt.Sprintf("%s at line %d", r.Trap.Kind, r.Trap.Position.Line)
		return nil
	}
	v, ok := r.Return.Int64()
	if r.Return.Width() == 1 { // a bool has no sign
		v &= 1
	}
	c.Value, c.IsVoid = v, !ok
	return nil
}
