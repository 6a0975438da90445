package unit

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/arch/kbuild"
	"ptreview/arch/kconfig"
	"ptreview/parse/cpp/oracle"
	"ptreview/parse/source"
	"ptreview/parse/tree"
)

// TestHeadersAreMade makes every header that a build of any architecture
// generates in its default configuration.
func TestHeadersAreMade(t *testing.T) {
	for _, kernel := range oracle.Trees(t) {
		tr, err := tree.Open(kernel.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		for _, a := range arch.All() {
			if _, err := tr.Stat("arch/" + a.Name + "/Kconfig"); err != nil {
				continue
			}
			t.Run(kernel.Version+"/"+a.Name, func(t *testing.T) { makeHeaders(t, tr, a) })
		}
	}
}

func makeHeaders(t *testing.T, tr tree.Tree, a *arch.Arch) {
	r := NewReader(source.NewSet(), Options{})
	c, _, err := r.DefconfigClass(tr, a, a.Defconfigs[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.Build(tr, c)
	if err != nil {
		t.Fatal(err)
	}
	names, err := b.Headers()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := b.Header(name)
		switch {
		case err != nil && !knownGap(a, name):
			t.Errorf("%v", err)
		case err == nil && len(data) == 0:
			t.Errorf("%s is empty", name)
		}
	}
	if len(names) < 20 {
		t.Errorf("only %d headers", len(names))
	}
	t.Logf("%d headers", len(names))
}

// knownGap reports the headers that cannot be made without compiling and
// linking a kernel: a unit that includes one says so.
func knownGap(a *arch.Arch, name string) bool {
	switch name {
	case "arch/loongarch/include/generated/asm/orc_hash.h": // made with UNWINDER_ORC only
		return true
	case "arch/x86/include/generated/asm/orc_hash.h": // um takes the list of x86, but not its Makefile
		return a.Name == "um"
	}
	return strings.HasSuffix(name, "-offsets.h") && strings.Contains(name, "vdso")
}

// TestMacrosOfMakefiles compares the conditions under which Makefiles define
// macros with the command lines of all listed configurations.
func TestMacrosOfMakefiles(t *testing.T) {
	compared := make(map[string]bool)
	for _, kernel := range oracle.Trees(t) {
		tr, err := tree.Open(kernel.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		for _, a := range arch.All() {
			if _, err := tr.Stat("arch/" + a.Name + "/Kconfig"); err != nil {
				continue
			}
			t.Run(kernel.Version+"/"+a.Name, func(t *testing.T) { macrosOfMakefile(t, tr, a, compared) })
		}
	}
	if !compared["__uClinux__ true"] || !compared["__uClinux__ false"] || len(compared) < 15 {
		t.Errorf("only %v compared", compared)
	}
}

func macrosOfMakefile(t *testing.T, tr tree.Tree, a *arch.Arch, compared map[string]bool) {
	m, err := kbuild.NewMacros(tr, a.Name)
	if err != nil {
		t.Fatal(err)
	}
	r := NewReader(source.NewSet(), Options{})
	for _, defconfig := range a.Defconfigs {
		if !slices.Contains(kconfig.Defconfigs(tr, a.Name), defconfig) {
			continue
		}
		c, _, err := r.DefconfigClass(tr, a, defconfig, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.Build(tr, c)
		if err != nil {
			t.Fatal(err)
		}
		flags, err := b.Flags("mm/memory.c")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range m.Names() {
			when, sure, _ := m.Of(name)
			if !sure {
				continue
			}
			is := strings.Contains(flags.Macros, "#define "+name+" ")
			want := when == nil || c.Config.Eval(when) != kconfig.No
			if is != want {
				t.Errorf("%s: %s defined: %t, its condition %v is %t", defconfig, name, is, when, want)
			}
			compared[fmt.Sprint(name, " ", is)] = true
		}
	}
}
