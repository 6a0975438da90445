package arch

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestABI compares the type sizes with what the predefined macros say.
func TestABI(t *testing.T) {
	for _, a := range All() {
		for _, v := range a.Variants {
			m := defineLines(v.Predefined(nil))
			number := func(name string) int {
				n, _ := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(m[name], "#define "+name)))
				return n
			}
			text := func(name string) string {
				return strings.TrimSpace(strings.TrimPrefix(m[name], "#define "+name))
			}
			_, unsignedChar := m["__CHAR_UNSIGNED__"]
			_, int128 := m["__SIZEOF_INT128__"]
			for _, c := range []struct {
				what      string
				got, want any
			}{
				{"PointerSize", v.ABI.PointerSize, number("__SIZEOF_POINTER__")},
				{"LongSize", v.ABI.LongSize, number("__SIZEOF_LONG__")},
				{"WCharSize", v.ABI.WCharSize, number("__SIZEOF_WCHAR_T__")},
				{"LongDouble", v.ABI.LongDouble, number("__SIZEOF_LONG_DOUBLE__")},
				{"MaxAlign", v.ABI.MaxAlign, number("__BIGGEST_ALIGNMENT__")},
				{"BigEndian", v.ABI.BigEndian, text("__BYTE_ORDER__") == "__ORDER_BIG_ENDIAN__"},
				{"CharUnsigned", v.ABI.CharUnsigned, unsignedChar},
				{"Int128", v.ABI.Int128, int128},
				{"WCharUnsigned", v.ABI.WCharUnsigned, strings.Contains(text("__WCHAR_TYPE__"), "unsigned")},
				{"SizeTIsInt", v.ABI.SizeTIsInt, text("__SIZE_TYPE__") == "unsigned int"},
			} {
				if c.got != c.want {
					t.Errorf("%s: %s: got %v, compiler says %v", v.Name, c.what, c.got, c.want)
				}
			}
		}
	}
}

func TestAllIsSortedAndWellFormed(t *testing.T) {
	list := All()
	if !slices.IsSortedFunc(list, func(x, y *Arch) int { return strings.Compare(x.Name, y.Name) }) {
		t.Error("architectures are not sorted by name")
	}
	check := func(where string, c Cond) {
		if err := c.Check(); err != nil {
			t.Errorf("%s: condition %q: %v", where, c, err)
		}
	}
	for _, a := range list {
		if Named(a.Name) != a {
			t.Errorf("Named(%q) is not the listed value", a.Name)
		}
		for _, v := range a.Variants {
			check(v.Name, v.Selects)
		}
		for _, m := range a.Machines {
			check(a.Name+" "+m.Name, m.Requires)
			for _, s := range m.Setup {
				check(a.Name+" "+s.C, s.When)
				if s.Lval() == s.C {
					t.Errorf("%s: %q is no assignment", a.Name, s.C)
				}
			}
		}
	}
	if Named("vax") != nil {
		t.Error("Named invents an architecture")
	}
}

func TestVariantAndMachines(t *testing.T) {
	for _, c := range []struct {
		arch, config, variant string
		machines              []string
	}{
		{"powerpc", "PPC64 PPC_BOOK3S_64 PPC_64S_HASH_MMU PPC_RADIX_MMU", "ppc64", []string{"radix_enabled()=false", "radix_enabled()=true"}},
		{"powerpc", "PPC64 PPC_BOOK3S_64 PPC_RADIX_MMU CPU_LITTLE_ENDIAN", "ppc64le", []string{"radix_enabled()=true"}},
		{"powerpc", "PPC32", "ppc32", []string{""}},
		{"x86", "X86_64", "x86_64", []string{"pgtable_l5_enabled()=false"}},
		{"x86", "X86_64 X86_5LEVEL", "x86_64", []string{"pgtable_l5_enabled()=false", "pgtable_l5_enabled()=true"}},
		{"riscv", "64BIT MMU", "riscv64", []string{"satp_mode=sv39", "satp_mode=sv48", "satp_mode=sv57"}},
		{"riscv", "32BIT MMU", "riscv32", []string{""}},
		{"arm64", "ARM64", "arm64", []string{""}},
		{"s390", "S390 64BIT", "s390x", []string{""}},
	} {
		on := strings.Fields(c.config)
		value := func(s string) string {
			if slices.Contains(on, s) {
				return "y"
			}
			return ""
		}
		a := Named(c.arch)
		if v := a.Variant(value); v == nil || v.Name != c.variant {
			t.Errorf("%s %s: got variant %v, want %s", c.arch, c.config, v, c.variant)
		}
		var names []string
		for _, m := range a.MachinesOf(value) {
			names = append(names, m.Name)
		}
		if !slices.Equal(names, c.machines) {
			t.Errorf("%s %s: got machines %q, want %q", c.arch, c.config, names, c.machines)
		}
	}
}

func TestCond(t *testing.T) {
	value := func(s string) string {
		return map[string]string{"A": "y", "M": "m", "N": "5"}[s]
	}
	for _, c := range []struct {
		cond Cond
		want bool
	}{
		{"", true}, {"A", true}, {"M", true}, {"B", false}, {"!B", true},
		{"A && B", false}, {"A || B", true}, {"!(A && B) && M", true},
		{"N = 5", true}, {"N != 5", false}, {"N = 4 || A", true}, {"M = m", true}, {"M = y", false},
	} {
		if got := c.cond.Holds(value); got != c.want {
			t.Errorf("%q: got %v, want %v", c.cond, got, c.want)
		}
	}
	for _, bad := range []Cond{"A &&", "(A", "A B", "= 3", "A =", "&& A"} {
		if bad.Check() == nil {
			t.Errorf("%q: got no error", bad)
		}
	}
	if got := Cond("A || !B && C = x").Symbols(); !slices.Equal(got, []string{"A", "B", "C"}) {
		t.Errorf("Symbols: got %v", got)
	}
}

func TestTraps(t *testing.T) {
	if !slices.IsSortedFunc(Traps(), func(a, b Trap) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("trap macros are not sorted")
	}
	if tr, ok := TrapNamed("compiletime_assert"); !ok || tr.When != OnFalse || tr.Kind.String() != "BUILD_BUG" {
		t.Errorf("compiletime_assert: got %+v", tr)
	}
	if slices.Contains(TrapMacros(), "panic") {
		t.Error("panic is a function, not a macro")
	}
}
