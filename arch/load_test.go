package arch

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// small is a whole data file.
const small = `# An architecture for tests.
name: tiny
symbol: TINY
defconfigs: [defconfig]
variants:
  - name: tiny32
    selects: "!BIG"
    compiler: none
    flags: [-msmall]
    uts_machine: tiny
    abi: {pointer: 4, long: 4, long_long_align: 4, max_align: 8, wchar: 4, long_double: 8, va_list: 4}
machines:
  - requires: "MMU"
    setup:
      - set: &both ["a = 1", "b->c = 2"]
      - {when: "X || Y", set: *both}
    source: "arch/tiny/mm/init.c, v6.1"
mm: [{set: ["MM->id = 1"]}]
entries:
  - {levels: [pgd, pmd], table: "__LEVEL(TABLE)", source: "arch/tiny/include/asm/pgalloc.h, v6.1"}
  - {level: pte, when: "MMU", leaf: "__pte(PHYS | 1)", source: "the same"}
traps: [{name: TINY_BUG_ON, kind: BUG, when: true, returns: void}]
-- predef/tiny32.h --
#define __tiny__ 1
== -Os
#undef __tiny__
#define __tiny__ 2
`

func TestLoad(t *testing.T) {
	a, err := Load("tiny.txtar", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Machines[0].Setup; len(got) != 4 || got[3].When != "X || Y" || got[3].C != "b->c = 2" {
		t.Errorf("setup: got %v", got)
	}
	if got := a.Entries; len(got) != 3 || got[1].Level != "pmd" || got[1].Table != "__pmd(TABLE)" || got[2].When != "MMU" {
		t.Errorf("entries: got %v", got)
	}
	if got := a.Traps; len(got) != 1 || got[0] != (Trap{Name: "TINY_BUG_ON", Kind: TrapBug, When: OnTrue, Returns: "void"}) {
		t.Errorf("traps: got %v", got)
	}
	v := a.Variants[0]
	if v.Command() != nil || v.Predefined(nil) != "#define __tiny__ 1\n" || !strings.HasSuffix(v.Predefined([]string{"-Os"}), "#define __tiny__ 2\n") {
		t.Errorf("variant: got %v, %q", v.Command(), v.Predefined([]string{"-Os"}))
	}
}

func TestLoadErrors(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"symbol: TINY", "symbol: TINY\nsimbol: X", `tiny.txtar:4: unknown field "simbol"`},
		{"pointer: 4, ", "pointer: 4, pointr: 4, ", `tiny.txtar:11: unknown field "pointr"`},
		{"name: tiny\n", "name: tiny\nname: tiny\n", `tiny.txtar:3: mapping key "name" already defined at [2:1]`},
		{"name: tiny\n", "name: [tiny]\n", "tiny.txtar:2: a text is wanted here"},
		{"name: tiny\n", "name: a/b\n", `tiny.txtar:2: name must be a folder below arch/, not "a/b"`},
		{"symbol: TINY\n", "", `tiny.txtar: symbol must be a Kconfig symbol, not ""`},
		{`"!BIG"`, `"!BIG &&"`, `tiny.txtar:7: condition "!BIG &&": no symbol at ""`},
		{`"X || Y"`, `"X | Y"`, `tiny.txtar:16: condition "X | Y": unexpected "| Y"`},
		{`"b->c = 2"`, `"b->c"`, `tiny.txtar:15: "b->c" is no assignment`},
		{"[pgd, pmd]", "[pgd, pnd]", `tiny.txtar:20: "pnd" is no level of page tables; there are pgd, p4d, pud, pmd, pte`},
		{`leaf: "__pte(PHYS | 1)", `, "", "tiny.txtar:21: an entry needs table, empty or leaf"},
		{"kind: BUG", "kind: BUGGY", `tiny.txtar:22: "BUGGY" is no kind of trap`},
		{"when: true", "when: maybe", `tiny.txtar:22: when of a trap must be always, true or false, not "maybe"`},
		{"compiler: none", "compiler: tcc", `tiny.txtar:8: compiler must be gcc, clang-VERSION or none, not "tcc"`},
		{"    compiler: none\n", "", "tiny.txtar:6: variant tiny32 has no triple"},
		{"long: 4", "long: 8", "tiny.txtar:6: abi of variant tiny32: long must be as large as a pointer, as everywhere in Linux"},
		{"-- predef/tiny32.h --", "-- predef/tiny64.h --", "tiny.txtar:23: predef/tiny64.h belongs to no variant"},
		{"#undef __tiny__", "#undef", `tiny.txtar:26: "#undef" is neither #define, #undef nor == OPTION`},
		{"pointer: 4", "pointer: four", "tiny.txtar:11: int is wanted here, not string"},
		{"[-msmall]", "[-msmall}", "tiny.txtar:10: "},
	} {
		text := strings.Replace(small, c.old, c.new, 1)
		_, err := Load("tiny.txtar", []byte(text))
		var de *DataError
		if !errors.As(err, &de) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.new, err, c.want)
		}
	}
	cut, _, _ := strings.Cut(small, "-- predef")
	if _, err := Load("tiny.txtar", []byte(cut)); err == nil || err.Error() != "tiny.txtar:6: there is no predef/tiny32.h for variant tiny32" {
		t.Errorf("without macros: got %v", err)
	}
	bomb := "x: &a [\"a = 1\"" + strings.Repeat(`, "a = 1"`, 5000) + "]\n"
	if _, err := Load("tiny.txtar", []byte(bomb+small)); err == nil {
		t.Error("unknown key with an anchor: got no error")
	}
}

// TestLoadFile reads a user's file, and adds and replaces with it.
func TestLoadFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "tiny.txtar")
	if err := os.WriteFile(name, []byte(small), 0o666); err != nil {
		t.Fatal(err)
	}
	a, err := LoadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s := Builtin().With(a)
	if s.Named("tiny") != a || Builtin().Named("tiny") != nil {
		t.Error("the architecture is not added, or it is added everywhere")
	}
	if names := s.Names(); !slices.IsSorted(names) || len(names) != len(Builtin().Names())+1 {
		t.Errorf("names: got %v", names)
	}
	if got := s.Of(func(symbol string) string { return map[string]string{"TINY": "y"}[symbol] }); got != a {
		t.Errorf("Of: got %v", got)
	}
	a.Name = "x86"
	if s := Builtin().With(a); s.Named("x86") != a || len(s.Names()) != len(Builtin().Names()) {
		t.Error("the architecture does not replace the built-in one")
	}
	if _, err := LoadFile(name + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: got %v", err)
	}
}

// BenchmarkLoad reads the largest data file.
func BenchmarkLoad(b *testing.B) {
	data, err := dataFiles.ReadFile("data/powerpc.txtar")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Load("powerpc", data); err != nil {
			b.Fatal(err)
		}
	}
}
