package types_test

import (
	"debug/elf"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/parse/syntax"
	"ptreview/semantics/types"
)

// targets are the variants compared with real compilers.
func targets() []string {
	return []string{"x86_64", "i386", "arm64", "arm64be", "riscv64", "riscv32", "s390x", "ppc64", "ppc64le", "ppc32",
		"arm", "armeb", "armv7m", "armoabi", "armeboabi", "mips", "mipsel", "mips64", "mips64el", "alpha", "arc", "arceb",
		"m68k", "coldfire", "openrisc", "sparc64", "sparc32", "parisc64", "parisc32", "sh", "sheb", "xtensa", "um_i386"}
}

// clangTargets are variants that only clang knows. Where attributes align
// bit-fields it has rules of its own, so that records have none here.
func clangTargets() []string { return []string{"loongarch64", "hexagon"} }

// compile makes an object of src with the compiler of v. Its data are read by
// symbol.
func compile(t *testing.T, v *arch.Variant, src string) *object {
	t.Helper()
	command := v.Command()
	switch {
	case command != nil:
	case v.Name == "xtensa":
		// A gcc for another operating system lays out types alike.
		command = []string{"xtensa-lx106-elf-gcc"}
	default:
		// A clang that knows the target lays out types as its ABI says.
		command = []string{"clang-22", "--target=" + v.Triple}
	}
	gcc, err := exec.LookPath(command[0])
	if err != nil {
		t.Skipf("skipped: no %s, layouts and constants of %s not compared", command[0], v.Name)
	}
	dir := t.TempDir()
	in, out := filepath.Join(dir, "x.c"), filepath.Join(dir, "x.o")
	if err := os.WriteFile(in, []byte(src), 0o666); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-std=gnu11", "-w", "-Wno-error", "-ffreestanding", "-fshort-wchar", "-fno-common", "-fno-pie"}, v.Flags...)
	cmd := exec.Command(gcc, append(slices.Concat(command[1:], args), "-c", in, "-o", out)...)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%.2000s", v.Name, err, text)
	}
	return readObject(t, out)
}

type object struct {
	file    *elf.File
	symbols map[string]elf.Symbol
	data    map[int][]byte
}

func readObject(t *testing.T, path string) *object {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	list, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	o := &object{file: f, symbols: make(map[string]elf.Symbol), data: make(map[int][]byte)}
	for _, s := range list {
		o.symbols[s.Name] = s
	}
	return o
}

// bytes returns the initial value of a variable.
func (o *object) bytes(t *testing.T, name string) []byte {
	t.Helper()
	s, ok := o.symbols[name]
	if !ok {
		t.Fatalf("no symbol %s", name)
	}
	i := int(s.Section)
	if o.file.Sections[i].Type == elf.SHT_NOBITS {
		return make([]byte, s.Size)
	}
	if o.data[i] == nil {
		data, err := o.file.Sections[i].Data()
		if err != nil {
			t.Fatal(err)
		}
		o.data[i] = data
	}
	return o.data[i][s.Value : s.Value+s.Size]
}

// words reads an array of 8-byte numbers.
func (o *object) words(t *testing.T, name string) []uint64 {
	t.Helper()
	data := o.bytes(t, name)
	var out []uint64
	for ; len(data) >= 8; data = data[8:] {
		out = append(out, o.file.ByteOrder.Uint64(data))
	}
	return out
}

// recordMaker writes random structs and unions.
type recordMaker struct {
	rand *rand.Rand
	abi  *arch.ABI
	out  strings.Builder
	made int  // records so far, named r0, r1, …
	bare bool // without attributes and #pragma pack
}

const layoutPrelude = `
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32;
typedef unsigned long long u64;
typedef u64 u64a4 __attribute__((aligned(4)));
typedef u16 u16a8 __attribute__((aligned(8)));
typedef int di __attribute__((mode(DI)));
typedef u8 v16 __attribute__((vector_size(16)));
enum e { E0, E1 = 7 };
enum ep { EP0, EP1 = 100 } __attribute__((packed));
enum ep2 { EQ0 = -5, EQ1 = 1000 } __attribute__((packed));
enum ew { EW0, EW1 = 1ull << 40 };
struct empty { };
`

func (m *recordMaker) pick(list ...string) string { return list[m.rand.Intn(len(list))] }

func (m *recordMaker) plainType() string {
	list := []string{"char", "u8", "short", "u16", "int", "u32", "long", "unsigned long", "u64",
		"long long", "void *", "double", "float", "_Bool", "u64a4", "u16a8", "enum e", "enum ep", "enum ep2", "enum ew",
		"di", "struct empty", "long double"}
	if m.abi.Int128 {
		list = append(list, "__int128")
	}
	return m.pick(list...)
}

func (m *recordMaker) bitType() (string, int) {
	types := []string{"char", "signed char", "u8", "short", "u16", "int", "u32", "unsigned", "long", "u64", "enum e", "enum ep", "_Bool", "u16a8"}
	bits := []int{8, 8, 8, 16, 16, 32, 32, 32, m.abi.LongSize * 8, 64, 32, 8, 1, 16}
	if m.abi.MaxAlign < 8 {
		types = types[:len(types)-1] // u16a8
	}
	i := m.rand.Intn(len(types))
	if m.bare && types[i] == "u16a8" {
		i = 0
	}
	return types[i], bits[i]
}

func (m *recordMaker) fieldAttr() string {
	if m.bare {
		return ""
	}
	switch m.rand.Intn(12) {
	case 0:
		return " __attribute__((packed))"
	case 1:
		return fmt.Sprintf(" __attribute__((aligned(%d)))", 1<<m.rand.Intn(6))
	case 2:
		return " __attribute__((packed, aligned(2)))"
	case 3:
		return " __attribute__((aligned))"
	}
	return ""
}

func (m *recordMaker) recordAttr() string {
	if m.bare {
		return ""
	}
	switch m.rand.Intn(8) {
	case 0, 1:
		return "__attribute__((packed))"
	case 2:
		return fmt.Sprintf("__attribute__((aligned(%d)))", 1<<m.rand.Intn(6))
	case 3:
		return fmt.Sprintf("__attribute__((packed, aligned(%d)))", 1<<m.rand.Intn(5))
	}
	return ""
}

// members writes the members of a record; names are collected in fields.
func (m *recordMaker) members(depth int, fields *[]string) {
	for n := 1 + m.rand.Intn(6); n > 0; n-- {
		name := fmt.Sprintf("f%d", len(*fields))
		switch k := m.rand.Intn(14); {
		case k < 6:
			t, max := m.bitType()
			switch m.rand.Intn(8) {
			case 0:
				fmt.Fprintf(&m.out, "%s : 0;", t)
				continue
			case 1:
				fmt.Fprintf(&m.out, "%s : %d;", t, 1+m.rand.Intn(max))
				continue
			}
			fmt.Fprintf(&m.out, "%s %s : %d%s;", t, name, 1+m.rand.Intn(max), m.fieldAttr())
		case k == 6 && depth < 2:
			fmt.Fprintf(&m.out, "%s {", m.pick("struct", "union"))
			m.members(depth+1, fields)
			fmt.Fprintf(&m.out, "} %s;", m.recordAttr())
			continue
		case k == 7 && m.made > 0:
			fmt.Fprintf(&m.out, "struct r%d %s%s;", m.rand.Intn(m.made), name, m.fieldAttr())
		case k == 8:
			fmt.Fprintf(&m.out, "%s %s[%d]%s;", m.pick("char", "short", "u64", "void *", "u64a4", "enum ep"), name, m.rand.Intn(5), m.fieldAttr())
		default:
			fmt.Fprintf(&m.out, "%s %s%s;", m.plainType(), name, m.fieldAttr())
		}
		*fields = append(*fields, name)
	}
}

func (m *recordMaker) record() (name string, fields []string) {
	name = fmt.Sprintf("r%d", m.made)
	pragma := m.rand.Intn(12)
	if m.bare {
		pragma = -1
	}
	switch pragma {
	case 0:
		fmt.Fprintf(&m.out, "#pragma pack(push, %d)\n", 1<<m.rand.Intn(4))
		defer m.out.WriteString("#pragma pack(pop)\n")
	case 1:
		fmt.Fprintf(&m.out, "#pragma pack(%d)\n", 1<<m.rand.Intn(4))
		defer m.out.WriteString("#pragma pack()\n")
	}
	word := "struct"
	if m.rand.Intn(6) == 0 {
		// Later records refer to it as a struct, so a union is wrapped.
		fmt.Fprintf(&m.out, "struct %s { union {", name)
		m.members(1, &fields)
		fmt.Fprintf(&m.out, "} %s; } %s;\n", m.recordAttr(), m.recordAttr())
		m.made++
		return name, fields
	}
	fmt.Fprintf(&m.out, "%s %s {", word, name)
	m.members(0, &fields)
	fmt.Fprintf(&m.out, "} %s;\n", m.recordAttr())
	m.made++
	return name, fields
}

// TestLayout compares random records with the compilers': size, alignment and
// the bytes every member takes.
func TestLayout(t *testing.T) {
	for _, target := range append(targets(), clangTargets()...) {
		t.Run(target, func(t *testing.T) {
			v := variant(t, target)
			for seed := int64(0); seed < 6; seed++ {
				layoutRound(t, v, seed)
			}
		})
	}
}

func layoutRound(t *testing.T, v *arch.Variant, seed int64) {
	m := &recordMaker{
		rand: rand.New(rand.NewSource(seed)), abi: &v.ABI,
		bare: slices.Contains(clangTargets(), v.Name),
	}
	m.out.WriteString(layoutPrelude)
	names := make([][]string, 60)
	for i := range names {
		_, names[i] = m.record()
	}
	decls := m.out.String()
	u := types.NewUnit(parse(t, decls), &v.ABI, types.Options{})
	var probe strings.Builder
	probe.WriteString(decls)
	for i, fields := range names {
		r := u.Record(fmt.Sprintf("r%d", i))
		if r == nil {
			_, err := u.TypeOf(&syntax.Record{Tag: fmt.Sprintf("r%d", i)})
			t.Fatalf("seed %d: struct r%d is not complete: %v", seed, i, err)
		}
		fmt.Fprintf(&probe, "unsigned long long s%d[] = { sizeof(struct r%d), _Alignof(struct r%d) };\n", i, i, i)
		for _, f := range fields {
			if s := r.Find(f); s != nil && probeable(s.Field()) {
				fmt.Fprintf(&probe, "struct r%d p%d_%s = { .%s = %s };\n", i, i, f, f, ones(s.Field()))
			}
		}
	}
	o := compile(t, v, probe.String())
	for i, fields := range names {
		r := u.Record(fmt.Sprintf("r%d", i))
		got := []uint64{uint64(r.Size()), uint64(r.Align())}
		if want := o.words(t, fmt.Sprintf("s%d", i)); got[0] != want[0] || got[1] != want[1] {
			t.Errorf("seed %d: struct r%d: got size and alignment %v, want %v\n%s", seed, i, got, want, lineOf(decls, i))
			continue
		}
		for _, f := range fields {
			s := r.Find(f)
			if s == nil || !probeable(s.Field()) {
				continue
			}
			got, want := fieldImage(r, s, v.ABI.BigEndian), o.bytes(t, fmt.Sprintf("p%d_%s", i, f))
			if string(got) != string(want) {
				t.Errorf("seed %d: struct r%d member %s:\ngot  %x\nwant %x\n%s", seed, i, f, got, want, lineOf(decls, i))
			}
		}
	}
}

func lineOf(decls string, i int) string {
	for _, line := range strings.Split(decls, "\n") {
		if strings.HasPrefix(line, fmt.Sprintf("struct r%d {", i)) {
			return line
		}
	}
	return ""
}

func probeable(f *types.Field) bool {
	switch types.Unqual(f.Type).(type) {
	case *types.Record, *types.Array:
		return false
	}
	return f.Type.Size() > 0 && types.IsInteger(f.Type)
}

// ones is an initialiser that sets every bit of a member.
func ones(f *types.Field) string {
	if f.Type.String() == "_Bool" {
		return "1"
	}
	return "-1"
}

// fieldImage is the record with all bits of one member set.
func fieldImage(r *types.Record, s *types.Selection, big bool) []byte {
	img := make([]byte, r.Size())
	f := s.Field()
	if !f.IsBitField() {
		for i := int64(0); i < f.Type.Size(); i++ {
			img[s.Offset+i] = 0xff
		}
		if f.Type.String() == "_Bool" {
			img[s.Offset] = 1
		}
		return img
	}
	for b := f.BitOffset; b < f.BitOffset+f.BitWidth; b++ {
		byteIndex := int64(b / 8)
		if big {
			byteIndex = f.Unit - 1 - byteIndex
		}
		img[s.Offset+byteIndex] |= 1 << (b % 8)
	}
	return img
}
