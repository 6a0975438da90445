package types_test

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

const initDecls = `
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned long long u64; typedef u8 name_t[4];
struct point { int x, y; };
struct bits { unsigned a : 3; int b : 7; unsigned : 5; u64 c : 40; u8 d; };
struct nest { u8 a[3]; struct point p[2]; union { u64 wide; u8 small[4]; struct point q; };
	struct { u16 in1; struct { u16 in2; }; }; struct bits b; name_t n; };
union either { struct point p; u8 raw[12]; u64 w; };
struct top { struct nest n[2]; union either e; u16 m[2][3]; struct empty { } none; char text[6]; };
struct flex { int n; u16 tail[]; };
`

// image lays an initialiser's constants out in memory.
func image(t *testing.T, in *types.Initializer, abi *arch.ABI) []byte {
	t.Helper()
	img := make([]byte, in.Size)
	for _, e := range in.Entries {
		store(t, img, e, e.Offset, e.Repeats, abi)
	}
	return img
}

func store(t *testing.T, img []byte, e types.InitEntry, off int64, repeats []types.Repeat, abi *arch.ABI) {
	t.Helper()
	if len(repeats) > 0 {
		for i := range repeats[0].Count {
			store(t, img, e, off+i*repeats[0].Stride, repeats[1:], abi)
		}
		return
	}
	size := e.Type.Size()
	switch lit, isString := e.Value.(*syntax.StringLit); {
	case e.Value == nil:
		clear(img[off : off+size])
		return
	case isString:
		copy(img[off:off+size], append(lit.Value, 0))
		return
	}
	k := types.ConstOf(e.Value)
	if k == nil {
		t.Fatalf("%s is not constant", syntax.ExprString(e.Value))
	}
	bits, shift, mask := k.Lo, 0, ^uint64(0)
	if e.Field != nil {
		size, shift = e.Field.Unit, e.Field.BitOffset
		mask = 1<<e.Field.BitWidth - 1
	}
	var word [8]byte
	unit := img[off : off+size]
	old := uint64(0)
	for i, b := range unit {
		if abi.BigEndian {
			old = old<<8 | uint64(b)
		} else {
			old |= uint64(b) << (8 * i)
		}
	}
	old = old&^(mask<<shift) | bits&mask<<shift
	if abi.BigEndian {
		binary.BigEndian.PutUint64(word[:], old)
		copy(unit, word[8-size:])
	} else {
		binary.LittleEndian.PutUint64(word[:], old)
		copy(unit, word[:])
	}
}

// initMaker writes random initialisers.
type initMaker struct {
	rand *rand.Rand
}

func (m *initMaker) value(t types.Type, depth int) string {
	switch x := types.Unqual(t).(type) {
	case *types.Array:
		if x.Elem.Size() == 1 && m.rand.Intn(3) == 0 {
			return []string{`"ab"`, `{"a"}`, `""`, `"abc"`}[m.rand.Intn(4)]
		}
		return "{" + m.items(t, depth) + "}"
	case *types.Record:
		return "{" + m.items(t, depth) + "}"
	}
	n := fmt.Sprint(m.rand.Intn(1 << 16))
	if m.rand.Intn(12) == 0 {
		return "{" + n + "}"
	}
	return n
}

// items writes what stands between braces: values in order, designated ones,
// and values that leave out inner braces.
func (m *initMaker) items(t types.Type, depth int) string {
	var parts []string
	for n := m.rand.Intn(5); n >= 0; n-- {
		if depth > 4 {
			break
		}
		if m.rand.Intn(3) == 0 {
			if path, inner := m.path(t, true); inner != nil {
				parts = append(parts, path+" = "+m.value(inner, depth+1))
				continue
			}
		}
		if len(parts) > 0 && m.rand.Intn(3) > 0 {
			parts = append(parts, fmt.Sprint(m.rand.Intn(200)))
			continue
		}
		if first := firstMember(t); len(parts) == 0 && first != nil {
			parts = append(parts, m.value(first, depth+1))
		}
	}
	return strings.Join(parts, ", ")
}

func firstMember(t types.Type) types.Type {
	switch x := types.Unqual(t).(type) {
	case *types.Array:
		if x.Len != 0 {
			return x.Elem
		}
	case *types.Record:
		if len(x.Fields) > 0 {
			return x.Fields[0].Type
		}
	}
	return nil
}

// path writes a designator of one or more steps and returns what it leads to.
func (m *initMaker) path(t types.Type, first bool) (string, types.Type) {
	text, inner := "", types.Type(nil)
	switch x := types.Unqual(t).(type) {
	case *types.Array:
		n := x.Len
		if n < 0 {
			n = 4
		}
		if n == 0 {
			return "", nil
		}
		lo := m.rand.Int63n(n)
		text, inner = fmt.Sprintf("[%d]", lo), x.Elem
		if m.rand.Intn(4) == 0 {
			text = fmt.Sprintf("[%d ... %d]", lo, lo+m.rand.Int63n(n-lo))
		}
	case *types.Record:
		name, f := m.named(x)
		if f == nil {
			return "", nil
		}
		text, inner = "."+name, f
	default:
		return "", nil
	}
	if m.rand.Intn(2) == 0 {
		if more, deeper := m.path(inner, false); deeper != nil {
			return text + more, deeper
		}
	}
	return text, inner
}

// named picks a member, also one of an anonymous record.
func (m *initMaker) named(r *types.Record) (string, types.Type) {
	if len(r.Fields) == 0 {
		return "", nil
	}
	f := &r.Fields[m.rand.Intn(len(r.Fields))]
	if f.Name == "" {
		return m.named(types.Unqual(f.Type).(*types.Record))
	}
	return f.Name, f.Type
}

// TestInitializers compares random initialisers with what compilers emit.
func TestInitializers(t *testing.T) {
	for _, target := range []string{"x86_64", "s390x", "arm64", "ppc32"} {
		t.Run(target, func(t *testing.T) {
			v := variant(t, target)
			for seed := int64(0); seed < 3; seed++ {
				initRound(t, v, seed)
			}
		})
	}
}

func initRound(t *testing.T, v *arch.Variant, seed int64) {
	decls := types.NewUnit(parse(t, initDecls), &v.ABI, types.Options{})
	m := &initMaker{rand: rand.New(rand.NewSource(seed))}
	var src strings.Builder
	src.WriteString(initDecls)
	names := []string{"point", "bits", "nest", "top"}
	const n = 300
	for i := range n {
		r := decls.Record(names[m.rand.Intn(len(names))])
		text := m.value(r, 0)
		switch m.rand.Intn(6) {
		case 0:
			a := &types.Array{Elem: r, Len: -1}
			fmt.Fprintf(&src, "struct %s v%d[] = {%s};\n", r.Tag, i, "[1] = "+text+", "+m.items(a, 1))
		default:
			fmt.Fprintf(&src, "struct %s v%d = %s;\n", r.Tag, i, text)
		}
	}
	fmt.Fprintf(&src, "struct flex v%d = { 1, { 2, 3, [5] = 6 } };\n", n)
	u := types.NewUnit(parse(t, src.String()), &v.ABI, types.Options{})
	o := compile(t, v, src.String())
	lines := strings.Split(src.String(), "\n")
	for i := range n + 1 {
		name := fmt.Sprintf("v%d", i)
		obj := u.Lookup(name)
		if errs := u.Init(obj); len(errs) > 0 {
			t.Errorf("seed %d: %s: %v", seed, lines[i+10], errs[0])
			continue
		}
		got := image(t, types.InitializerOf(obj.Decl.Init.(*syntax.InitList)), &v.ABI)
		want := o.bytes(t, name)
		if string(got) != string(want) {
			t.Errorf("seed %d:\n%s\ngot  %x\nwant %x", seed, find(lines, " "+name+" ", " "+name+"["), got, want)
		}
	}
}

func find(lines []string, names ...string) string {
	for _, l := range lines {
		for _, n := range names {
			if strings.Contains(l, n) {
				return l
			}
		}
	}
	return ""
}
