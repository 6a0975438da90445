package kconfig

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
)

// sharedTree has two architectures with the same generic files, of which one
// mentions a macro, one warns, and all kinds of statements are there.
func sharedTree() fstest.MapFS {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"Kconfig": file("mainmenu \"Toy\"\nsource \"arch/$(SRCARCH)/Kconfig\"\nsource \"generic/Kconfig\"\n"),
		"arch/a/Kconfig": file("config A\n\tdef_bool y\n\tselect HAVE_X\nconfig NUMBER\n\tint\n\tdefault 7\n" +
			"config MODULES\n\tbool \"modules\"\n\tdefault y\n\tmodules\n"),
		"arch/b/Kconfig": file("config B\n\tdef_bool y\nconfig MODE\n\tstring\n\tdefault \"early\"\n"),
		"generic/Kconfig": file(`config HAVE_W
	bool
config HAVE_X
	bool
menu "Devices"
	visible if !B
	depends on A || B
config X
	tristate "x" if A
	depends on HAVE_X != n && (A || NUMBER = 7)
	default m
	imply Y
	help
	  Text.

	  More of it.
menuconfig Y
	bool "y"
	range 1 2
if Y
source "generic/Kconfig.deep"
endif
comment "end of devices"
	depends on Y
endmenu
config NUMBER
	int "number"
	range 1 9 if A
	default 3
`),
		"generic/Kconfig.deep": file(`choice
	prompt "speed"
	default FAST
config SLOW
	bool "slow"
config FAST
	bool "fast"
endchoice
config MODE
	string "mode"
	default "$(SRCARCH)-late"
source "generic/Kconfig.deeper"
`),
		"generic/Kconfig.deeper": file("config Z\n\tdef_tristate X if \"a\" = \"a\"\n\tselect HAVE_W if !A\n"),
	}
}

// told is all that a Kconfig says of an empty .config.
func told(t *testing.T, k *Kconfig) string {
	t.Helper()
	c, _, err := k.Olddefconfig(nil)
	if err != nil {
		t.Error(err)
		return ""
	}
	var names []string
	for s := range k.Symbols {
		names = append(names, fmt.Sprint(s.Name(), s.Type(), s.Depends(), s.SelectedBy(), s.ImpliedBy()))
		for _, d := range s.Definitions() {
			names = append(names, fmt.Sprint(d.Pos, d.Depends, d.Help))
		}
	}
	return fmt.Sprint(k.Title, k.Files, k.Warnings, names, written(t, c))
}

// TestSharedFiles loads architectures that share their files, one after the
// other and at once, and compares with what each has alone.
func TestSharedFiles(t *testing.T) {
	tree := sharedTree()
	want := map[string]string{}
	for _, a := range []string{"a", "b"} {
		k, err := Load(tree, a, Env{})
		if err != nil {
			t.Fatal(err)
		}
		want[a] = told(t, k)
	}
	first := NewFiles(tree, nil)
	for range 20 {
		// Every other time the statements come from another tree's files.
		files := NewFiles(tree, first)
		var group sync.WaitGroup
		for _, a := range slices.Repeat([]string{"a", "b"}, 2) {
			group.Go(func() {
				k, err := Load(tree, a, Env{Files: files})
				if err != nil {
					t.Error(err)
					return
				}
				if got := told(t, k); got != want[a] {
					t.Errorf("%s: got\n%s\nwant\n%s", a, got, want[a])
				}
			})
		}
		group.Wait()
		first = files
	}
	shared := 0
	for _, f := range first.read {
		if f.statements.Load() != nil {
			shared++
		}
	}
	if shared != 4 {
		t.Errorf("got %d files whose statements are shared, want 4", shared)
	}
}
