package kbuild

import (
	"testing"
	"testing/fstest"
)

// TestMacros asks for macros of command lines whose Makefiles define them
// always, under conditions, and in ways that are not understood.
func TestMacros(t *testing.T) {
	m, err := NewMacros(fstest.MapFS{
		"Makefile": {Data: []byte("KBUILD_CPPFLAGS := -D__KERNEL__\nKBUILD_CFLAGS := -O2\nCHECKFLAGS += -DCHECKED\n")},
		"arch/m68k/Makefile": {Data: []byte(`
ifdef CONFIG_MMU
KBUILD_CFLAGS += -DWITH_MMU
else
KBUILD_CPPFLAGS += -D__uClinux__ -DNAME=\"x\"
endif
cflags-$(CONFIG_FAST) += -DFAST
cflags-y += -DTWICE
KBUILD_CFLAGS += $(cflags-y)
ifeq ($(shell odd),1)
KBUILD_CFLAGS += -DODD
endif
ifeq ($(CONFIG_A)$(CONFIG_B),yy)
KBUILD_CFLAGS += -DBOTH
endif
KBUILD_CFLAGS += $(call cc-option,-mx,-DNO_MX)
KBUILD_CFLAGS += -DTWICE -some-DWORD # -DCOMMENT
CHECKFLAGS += -DTWICE_MORE
`)},
	}, "m68k")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		sure       bool
		found      bool
	}{
		{"__KERNEL__", "", true, true},
		{"WITH_MMU", "MMU", true, true},
		{"__uClinux__", "!MMU", true, true},
		{"NAME", "!MMU", true, true},
		{"FAST", "FAST", true, true},
		{"TWICE", "", true, true},
		{"BOTH", "A=y && B=y", true, true},
		{"ODD", "", false, true},
		{"NO_MX", "", false, true},
		{"CHECKED", "", false, true},
		{"WORD", "", true, false},
		{"OTHER", "", true, false},
	} {
		e, sure, found := m.Of(c.name)
		got := ""
		if e != nil {
			got = e.String()
		}
		if got != c.want || sure != c.sure || found != c.found {
			t.Errorf("%s: got %q, sure %t, found %t", c.name, got, sure, found)
		}
	}
}
