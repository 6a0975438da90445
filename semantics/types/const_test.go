package types_test

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// exprMaker writes random integer expressions over constants and, for their
// types only, variables.
type exprMaker struct {
	rand *rand.Rand
	abi  *arch.ABI
	vars bool
}

const exprPrelude = `
enum e { E0, E1 = 7 }; enum ew { EW1 = 1ull << 40 }; enum n { NEG = -3 };
enum ep { EP = 200 } __attribute__((packed));
struct bits { unsigned a : 3; int b : 7; unsigned long long c : 40; long long d : 33; _Bool e : 1; unsigned f : 32; };
struct bits bf; char c; signed char sc; unsigned char uc; short s; unsigned short us; int i; unsigned u;
long l; unsigned long ul; long long ll; unsigned long long ull; _Bool b; enum e e; enum ew ew; enum n n; enum ep ep;
`

func (m *exprMaker) pick(list ...string) string { return list[m.rand.Intn(len(list))] }

func (m *exprMaker) typ() string {
	list := []string{"char", "signed char", "unsigned char", "short", "unsigned short", "int", "unsigned",
		"long", "unsigned long", "long long", "unsigned long long", "_Bool", "enum e", "enum ew", "enum n", "enum ep"}
	if m.abi.Int128 {
		list = append(list, "__int128", "unsigned __int128")
	}
	return m.pick(list...)
}

func (m *exprMaker) leaf() string {
	if m.vars && m.rand.Intn(2) == 0 {
		return m.pick("c", "sc", "uc", "s", "us", "i", "u", "l", "ul", "ll", "ull", "b", "e", "ew", "n", "ep",
			"bf.a", "bf.b", "bf.c", "bf.d", "bf.e", "bf.f")
	}
	switch m.rand.Intn(5) {
	case 0:
		return m.pick("E0", "E1", "EW1", "NEG", "EP", "'a'", `'\xfe'`, `L'\xfffe'`, "sizeof(long)", "sizeof(struct bits)")
	case 1:
		return m.pick("0", "1", "2", "0x7fffffff", "0x80000000", "0xffffffff", "2147483648", "0x7fffffffffffffff",
			"0x8000000000000000", "0xffffffffffffffff", "037777777777")
	}
	return fmt.Sprintf("%d%s", m.rand.Int63()>>m.rand.Intn(63), m.pick("", "u", "l", "ul", "ll", "ull"))
}

func (m *exprMaker) expr(depth int) string {
	if depth == 0 {
		return m.leaf()
	}
	sub := func() string { return m.expr(depth - 1 - m.rand.Intn(depth)) }
	switch m.rand.Intn(10) {
	case 0:
		return m.pick("-", "~", "!", "+") + "(" + sub() + ")"
	case 1:
		return "(" + m.typ() + ")(" + sub() + ")"
	case 2:
		return "(" + sub() + " ? " + sub() + " : " + sub() + ")"
	case 3:
		return "(" + sub() + ")" + m.pick("<<", ">>") + fmt.Sprint(m.rand.Intn(40))
	case 4:
		return "(" + sub() + m.pick("<", "<=", ">", ">=", "==", "!=", "&&", "||") + sub() + ")"
	case 5:
		return m.pick("__builtin_expect", "(unsigned)__builtin_expect") + "(" + sub() + ",0)"
	}
	return "(" + sub() + " " + m.pick("+", "-", "*", "/", "%", "&", "|", "^") + " " + sub() + ")"
}

// TestConstants compares the type and value of random constant expressions,
// and the type of random expressions, with compilers.
func TestConstants(t *testing.T) {
	for _, target := range targets() {
		t.Run(target, func(t *testing.T) {
			v := variant(t, target)
			for seed := int64(0); seed < 2; seed++ {
				constantRound(t, v, seed)
			}
		})
	}
}

func constantRound(t *testing.T, v *arch.Variant, seed int64) {
	m := &exprMaker{rand: rand.New(rand.NewSource(seed)), abi: &v.ABI}
	var src strings.Builder
	src.WriteString(exprPrelude)
	const n = 400
	for i := range n {
		m.vars = i%2 == 1
		fmt.Fprintf(&src, "void f%d(void) { %s; }\n", i, m.expr(1+m.rand.Intn(5)))
	}
	u := types.NewUnit(parse(t, src.String()), &v.ABI, types.Options{})
	var probe strings.Builder
	probe.WriteString(exprPrelude)
	values := make(map[int]*types.Const)
	for i := range n {
		fn := u.File().Func(fmt.Sprintf("f%d", i))
		if _, errs := u.Check(fn); len(errs) > 0 {
			t.Errorf("seed %d: %v", seed, errs[0])
			continue
		}
		body, _ := u.File().Body(fn)
		e := body.Items[0].(*syntax.ExprStmt).X
		text := syntax.ExprString(e)
		// The odd widths of bit-fields cannot be written down.
		if ty := types.TypeOf(e).String(); !strings.Contains(ty, ":") {
			fmt.Fprintf(&probe, "_Static_assert(__builtin_types_compatible_p(typeof(({ %s; })), %s), \"%d %s\");\n", text, ty, i, ty)
		}
		if k := types.ConstOf(e); k != nil && k.ICE {
			values[i] = k
			fmt.Fprintf(&probe, "unsigned long long v%d[] = { (unsigned long long)(%s), (unsigned long long)((%s) >> 31 >> 31 >> 2) };\n", i, text, text)
		}
	}
	// typeof of a statement expression needs a function around it.
	wrapped := strings.ReplaceAll(probe.String(), "_Static_assert(", "void CAT { _Static_assert(")
	wrapped = strings.ReplaceAll(wrapped, "\");\n", "\"); }\n")
	for i := 0; strings.Contains(wrapped, "CAT"); i++ {
		wrapped = strings.Replace(wrapped, "CAT", fmt.Sprintf("t%d(void)", i), 1)
	}
	o := compile(t, v, wrapped)
	for i, k := range values {
		want := o.words(t, fmt.Sprintf("v%d", i))
		if got := shifted(k); got != [2]uint64{want[0], want[1]} {
			t.Errorf("seed %d: f%d: got %s (%x), want %x", seed, i, k, got, want)
		}
	}
	if len(values) < 50 {
		t.Errorf("only %d constants", len(values))
	}
}

// shifted is the low word of k, and that of k >> 64 as C computes it.
func shifted(k *types.Const) [2]uint64 {
	return [2]uint64{k.Lo, k.Hi}
}
