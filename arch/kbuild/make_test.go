package kbuild

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

// evaluate runs a Makefile and returns the value of its variable out.
func evaluate(t testing.TB, text string) (string, error) {
	t.Helper()
	config := map[string]string{"Y": "y", "M": "m", "N5": "5", "GCC_VERSION": "120200"}
	m := newMaker(fstest.MapFS{
		"sub/a.mk":   {Data: []byte("included := yes\n")},
		"dir/x.h":    {},
		"dir/y.h":    {},
		"dir/other":  {},
		"other/z.mk": {Data: []byte("bad(\n")},
	}, func(s string) string { return config[s] })
	m.set("srctree", ".")
	if err := m.read("Makefile", text); err != nil {
		return "", err
	}
	return m.lookup("out")
}

func TestMake(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"simple and recursive", "a = $(b)\nb := 1\nout := $(a)\nb := 2\n", "1"},
		{"recursive sees later values", "a = $(b)\nb := 1\nout = $(a)\nb := 2\n", "2"},
		{"append keeps flavour", "a := x\nb := 1\na += $(b)\nb := 2\nout := $(a)\n", "x 1"},
		{"append to nothing", "a += x\nout := $(a)", "x"},
		{"conditional assignment", "a ?= 1\na ?= 2\nout := $(a)", "1"},
		{"configuration", "out := $(CONFIG_Y)$(CONFIG_M)$(CONFIG_NO)$(CONFIG_N5)", "ym5"},
		{"lists by configuration", "obj-$(CONFIG_Y) += a.o\nobj-$(CONFIG_M) += b.o\nobj-$(CONFIG_NO) += c.o\nout := $(obj-y)/$(obj-m)", "a.o/b.o"},
		{"continuation", "out := a \\\n\t b\\\n  c\n", "a b c"},
		{"comment", "out := a # b\n# out := c\n", "a "},
		{"escaped hash", "out := \\#include\n", "#include"},
		{"dollar", "out := $$x", "$x"},
		{"single letter", "x := 1\nout := $x$(x)${x}", "111"},
		{"computed name", "a_b := 7\nn := b\nout := $(a_$(n))", "7"},
		{"substitution reference", "l := a.o b.o c.x\nout := $(l:.o=.c)", "a.c b.c c.x"},
		{"ifeq else", "ifeq ($(CONFIG_NO),y)\nout := 1\nelse ifeq ($(CONFIG_Y),y)\nout := 2\nelse\nout := 3\nendif", "2"},
		{"ifeq quoted", "ifeq \"$(CONFIG_Y)\" 'y'\nout := 1\nendif", "1"},
		{"ifneq empty", "ifneq ($(CONFIG_M),)\nout := 1\nendif", "1"},
		{"nested", "ifdef CONFIG_Y\nifndef CONFIG_NO\nout := 1\nelse\nout := 2\nendif\nelse\nout := 3\nendif", "1"},
		{"dead branch is not read", "ifdef CONFIG_NO\ninclude $(nowhere\nifeq (x\nendif\nendif\nout := 1", "1"},
		{"tabs outside recipes", "ifdef CONFIG_Y\n\tout := 1\nendif", "1"},
		{"recipe is no statement", "all: x\n\tout := 1\nout ?= 2", "2"},
		{"define", "define a\nfirst $(1)\nendef\nout := $(call a,x)", "first x"},
		{"include", "include $(srctree)/sub/a.mk\nout := $(included)", "yes"},
		{"missing include", "-include nothing.mk\nout := 1", "1"},
		{"export", "export out := 1\nexport out", "1"},
		{"call of a variable", "rev = $(2) $(1)\nout := $(call rev,a,b)", "b a"},
		{"cc-option", "out := $(call cc-option,-mfoo)", "-mfoo"},
		{"cc-option in a condition", "ifneq ($(call cc-option, -mx=4),)\nout := 1\nendif", "1"},
		{"cc-disable-warning", "out := $(call cc-disable-warning, psabi)", "-Wno-psabi"},
		{"gcc-min-version", "out := $(call gcc-min-version, 90100)$(call gcc-min-version, 130000)", "y"},
		{"operand that must fail", "out := $(call try-run,echo 'asm(\"\" :: \"K\" (4294967295));' | $(CC) -,,-DYES)", "-DYES"},
		{"if", "out := $(if $(CONFIG_Y),a,b)$(if $(CONFIG_NO),a,b)", "ab"},
		{"or and", "out := $(or $(CONFIG_NO),$(CONFIG_M))$(and $(CONFIG_Y),$(CONFIG_NO))", "m"},
		{"foreach", "out := $(foreach v,a b,$(v).o)", "a.o b.o"},
		{"subst", "out := $(subst ab,x,cabab)", "cxx"},
		{"patsubst", "out := $(patsubst %.o,d/%.c,a.o b.h)", "d/a.c b.h"},
		{"filter", "out := $(filter %.o y,a.o y n)", "a.o y"},
		{"filter-out", "out := $(filter-out %.o y,a.o y n)", "n"},
		{"strip sort", "out := $(strip  b   a )$(sort b a b)", "b aa b"},
		{"findstring", "out := $(findstring b,abc)$(findstring x,abc)", "b"},
		{"words", "l := a b c\nout := $(word 2,$(l)) $(words $(l)) $(wordlist 2,9,$(l)) $(firstword $(l)) $(lastword $(l))", "b 3 b c a c"},
		{"names", "n := d/a.c\nout := $(dir $(n)) $(notdir $(n)) $(basename $(n)) $(suffix $(n))", "d/ a.c d/a .c"},
		{"add", "out := $(addprefix x/,$(addsuffix .o,a b))", "x/a.o x/b.o"},
		{"join", "out := $(join a b,1 2 3)", "a1 b2 3"},
		{"wildcard", "out := $(wildcard dir/*.h nothing)", "dir/x.h dir/y.h"},
		{"sed of a march string", "m := rv64imafdcv\nout := $(shell echo $(m) | sed -E 's/(rv64ima)fd([^v_]*)v?/\\1\\2/')", "rv64imac"},
		{"words compared", "a := 0xffffffff80100000\nout := $(shell expr $(a) \\< 0xffffffff80000000)$(shell expr 0x98 \\< 0xff)$(shell expr 9 \\< 10)", "011"},
		{"other commands are empty", "out := [$(shell uname -m)]", "[]"},
		{"commas in brackets", "out := $(if a,$(subst x,(a,b),x))", "(a,b)"},
	} {
		got, err := evaluate(t, c.src)
		if err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestMakeErrors(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"ifeq (a,a)\n", "Makefile:1: missing endif"},
		{"endif\n", "Makefile:1: endif without ifeq"},
		{"\nelse\n", "Makefile:2: else without ifeq"},
		{"ifeq (a)\nendif\n", "Makefile:1: ifeq without two things to compare"},
		{"define a\nb\n", "Makefile:1: missing endef"},
		{"out := $(a\n", "Makefile:1: unterminated variable reference"},
		{"out := $(foreach a,b)\n", "Makefile:1: foreach needs three arguments"},
		{"include other/z.mk\n", ""},
	} {
		_, err := evaluate(t, c.src)
		if c.want == "" {
			if err != nil {
				t.Errorf("%q: got %v", c.src, err)
			}
			continue
		}
		var bad *MakeError
		if !errors.As(err, &bad) || err.Error() != c.want {
			t.Errorf("%q: got %v, want %s", c.src, err, c.want)
		}
	}
}

// TestMakeIsBounded evaluates what would not end, or not fit.
func TestMakeIsBounded(t *testing.T) {
	for name, src := range map[string]string{
		"recursion":   "a = $(a)\nout := $(a)\n",
		"mutual":      "a = $(b)\nb = $(a)\nout := $(b)\n",
		"include":     "include Makefile2\n" + "out := 1\n",
		"call":        "f = $(call f,$(1))\nout := $(call f,x)\n",
		"exponential": "a := " + strings.Repeat("x", 100) + "\n" + strings.Repeat("a := $(a)$(a)\n", 40) + "out := $(a)\n",
	} {
		if name == "include" {
			m := newMaker(fstest.MapFS{"loop": {Data: []byte("include loop\n")}}, nil)
			if m.readFile("loop") == nil {
				t.Error("a file that includes itself: got no error")
			}
			continue
		}
		if _, err := evaluate(t, src); !errors.Is(err, errBudget) {
			t.Errorf("%s: got %v, want %v", name, err, errBudget)
		}
	}
}

func FuzzMake(f *testing.F) {
	f.Add("a = $(b)\nb := 1\nifeq ($(a),1)\nout := $(patsubst %,x%,$(a))\nelse\nendif\n")
	f.Add("define x\n$(1)\nendef\nout += $(call x,$(foreach v,a b,$(v:.o=.c)))\nt: a b\n\t$(call if_changed,x)\n")
	f.Add("obj-$(CONFIG_Y) += a.o \\\n b.o # c\nt.h: abis := x,y\n")
	f.Fuzz(func(t *testing.T, src string) {
		evaluate(t, src)
		folder := &folder{vars: make(map[string][]conditional)}
		folder.read("Makefile", src)
		folder.object("a.o")
	})
}
