package kconfig

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// words names what a change is about.
func (c Change) words() string {
	var list []string
	for _, w := range []struct {
		set  bool
		name string
	}{
		{c.Before == nil, "new"}, {c.After == nil, "removed"}, {c.Type, "type"}, {c.Prompt, "prompt"},
		{c.Depends, "depends"}, {c.Default, "default"}, {c.Selected, "selected"}, {c.Implied, "implied"},
		{c.Range, "range"}, {c.Choice, "choice"},
	} {
		if w.set {
			list = append(list, w.name)
		}
	}
	return c.Name + ": " + strings.Join(list, ", ")
}

func changes(t *testing.T, before, after string, d dialect) []string {
	t.Helper()
	var ks []*Kconfig
	for _, text := range []string{before, after} {
		k, err := loadAs(fstest.MapFS{"Kconfig": {Data: []byte(text)}}, "test", Env{}, d)
		if err != nil {
			t.Fatal(err)
		}
		ks = append(ks, k)
	}
	var list []string
	for _, c := range Diff(ks[0], ks[1]) {
		list = append(list, c.words())
	}
	return list
}

func TestDiff(t *testing.T) {
	const base = `
config A
	bool "a"

config B
	bool "b"
	depends on A && X

choice
	prompt "which"
	default C1

config C1
	bool "one"

config C2
	bool "two"
endchoice

config N
	int "number"
	range 1 5
	default 2
`
	for _, x := range []struct{ old, new, want string }{
		{"", "", "[]"},
		{`bool "a"`, `bool "another text"`, "[]"},
		{"config A", "# moved down\n\nconfig A", "[]"},
		{"A && X", "X && A", "[]"},
		{"A && X", "A", "[B: prompt, depends]"},
		{`bool "a"`, "bool", "[A: prompt]"},
		{`bool "a"`, `tristate "a"`, "[A: type]"},
		{`bool "a"`, "bool \"a\"\n\tselect C1", "[C1: selected]"},
		{`bool "a"`, "bool \"a\"\n\timply B if X", "[B: implied]"},
		{`bool "a"`, "bool \"a\"\n\tdefault y", "[A: default]"},
		{"range 1 5", "range 1 6", "[N: range]"},
		{"default 2", "default 3", "[N: default]"},
		{"default C1", "default C2", "[C1: choice C2: choice]"},
		{"config N", "config M", "[M: new N: removed]"},
	} {
		for _, d := range []dialect{newDialect, oldDialect} {
			if got := fmt.Sprint(changes(t, base, strings.Replace(base, x.old, x.new, 1), d)); got != x.want {
				t.Errorf("%q for %q: got %s, want %s", x.new, x.old, got, x.want)
			}
		}
	}
}

// changedFS is a tree with one file changed.
type changedFS struct {
	fs.FS
	name, text string
}

func (c changedFS) ReadFile(name string) ([]byte, error) {
	if name == c.name {
		return []byte(c.text), nil
	}
	return fs.ReadFile(c.FS, name)
}

// TestDiffReal changes one line of real trees. The Kconfigs share the files
// that are the same.
func TestDiffReal(t *testing.T) {
	for _, variable := range realTrees {
		t.Run(strings.TrimPrefix(variable, "PTREVIEW_"), func(t *testing.T) {
			tree := os.DirFS(realTree(t, variable))
			data, err := fs.ReadFile(tree, "mm/Kconfig")
			if err != nil {
				t.Fatal(err)
			}
			text := "# moved down\n" + strings.Replace(string(data), "config COMPACTION\n", "config COMPACTION\n\tdepends on PPC\n", 1)
			changed := changedFS{tree, "mm/Kconfig", text}
			files := NewFiles(tree, nil)
			before, err := Load(tree, "powerpc", Env{Files: files})
			if err != nil {
				t.Fatal(err)
			}
			after, err := Load(changed, "powerpc", Env{Files: NewFiles(changed, files)})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range Diff(before, after) {
				got = append(got, c.words())
			}
			// COMPACTION selects MIGRATION, now under one condition more.
			want := "[COMPACTION: prompt, depends, default MIGRATION: selected]"
			if fmt.Sprint(got) != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}
