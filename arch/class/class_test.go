package class_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/arch/kconfig"
	"ptreview/testdata/demo"
)

// chooser returns the chooser of an architecture of a tree.
func chooser(t *testing.T, fsys fs.FS, architecture string) *class.Chooser {
	t.Helper()
	kc, err := kconfig.Load(fsys, architecture, kconfig.Env{})
	if err != nil {
		t.Fatal(err)
	}
	ch, err := class.NewChooser(fsys, arch.Named(architecture), kc)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// config is the formula of a symbol; with a leading "!" of its negation.
func config(names ...string) class.Formula {
	var parts []class.Formula
	for _, n := range names {
		if rest, ok := strings.CutPrefix(n, "!"); ok {
			parts = append(parts, class.Not(class.Atom("CONFIG_"+rest)))
		} else {
			parts = append(parts, class.Atom("CONFIG_"+n))
		}
	}
	return class.And(parts...)
}

var founding = config("PPC_BOOK3S_64", "!PPC_64K_PAGES", "TRANSPARENT_HUGEPAGE")

func TestClassesDemo(t *testing.T) {
	tests := []struct {
		name, arch string
		conditions []class.Formula
		want       string // IDs without the architecture
		unmet      string
	}{
		{"nothing", "powerpc", nil, "ppc64_defconfig", ""},
		{"holds already", "powerpc", []class.Formula{config("PPC_64K_PAGES")}, "ppc64_defconfig", ""},
		{"founding", "powerpc", []class.Formula{founding}, "ppc64_defconfig ppc64_defconfig+PPC_4K_PAGES", ""},
		{"by name", "powerpc", []class.Formula{config("PPC_4K_PAGES")}, "ppc64_defconfig ppc64_defconfig+PPC_4K_PAGES", ""},
		{"off", "powerpc", []class.Formula{config("!TRANSPARENT_HUGEPAGE")}, "ppc64_defconfig ppc64_defconfig+!TRANSPARENT_HUGEPAGE", ""},
		{"two lines", "powerpc", []class.Formula{config("DEBUG_VM", "PPC_4K_PAGES")}, "ppc64_defconfig ppc64_defconfig+DEBUG_VM+PPC_4K_PAGES", ""},
		{"two alternatives", "powerpc", []class.Formula{class.Or(config("DEBUG_VM"), config("!SMP"))}, "ppc64_defconfig ppc64_defconfig+DEBUG_VM ppc64_defconfig+!SMP", ""},
		{"two conditions", "powerpc", []class.Formula{config("DEBUG_VM"), config("!SMP")}, "ppc64_defconfig ppc64_defconfig+DEBUG_VM ppc64_defconfig+!SMP", ""},
		{"same twice", "powerpc", []class.Formula{founding, config("PPC_4K_PAGES")}, "ppc64_defconfig ppc64_defconfig+PPC_4K_PAGES", ""},
		{"selected", "powerpc", []class.Formula{config("!HAVE_ARCH_TRANSPARENT_HUGEPAGE")}, "ppc64_defconfig ppc64_defconfig+!PPC_BOOK3S_64", ""},
		{"impossible", "powerpc", []class.Formula{config("PPC_64K_PAGES", "PPC_4K_PAGES")}, "ppc64_defconfig", "CONFIG_PPC_64K_PAGES && CONFIG_PPC_4K_PAGES: no configuration meets it"},
		{"unknown symbol", "powerpc", []class.Formula{config("SPARC64")}, "ppc64_defconfig", "CONFIG_SPARC64: no configuration meets it"},
		{"unknown symbol off", "powerpc", []class.Formula{config("!SPARC64")}, "ppc64_defconfig", ""},
		{"number that holds", "powerpc", []class.Formula{class.Atom("CONFIG_PPC_PAGE_SHIFT > 12")}, "ppc64_defconfig", ""},
		{"number that does not", "powerpc", []class.Formula{class.Atom("CONFIG_PPC_PAGE_SHIFT == 12")}, "ppc64_defconfig ppc64_defconfig+PPC_4K_PAGES", ""},
		{"number that cannot be", "powerpc", []class.Formula{class.Atom("CONFIG_PPC_PAGE_SHIFT == 13")}, "ppc64_defconfig", "CONFIG_PPC_PAGE_SHIFT == 13: no configuration meets it"},
		{"compiler's macro", "powerpc", []class.Formula{class.Atom("defined(__powerpc64__)")}, "ppc64_defconfig", ""},
		{"other compiler's macro", "powerpc", []class.Formula{class.Atom("defined(__arch64__)")}, "ppc64_defconfig", "defined(__arch64__): no configuration meets it"},
		{"opaque", "powerpc", []class.Formula{class.Atom("defined(SOME_MACRO)")}, "ppc64_defconfig", "defined(SOME_MACRO): it asks for more than Kconfig decides"},
		{"opaque alternative", "powerpc", []class.Formula{class.Or(class.Atom("defined(SOME_MACRO)"), config("PPC_4K_PAGES"))}, "ppc64_defconfig ppc64_defconfig+PPC_4K_PAGES", ""},
		{"never", "powerpc", []class.Formula{class.False()}, "ppc64_defconfig", ""},
		{"always", "powerpc", []class.Formula{class.True()}, "ppc64_defconfig", ""},
		{"dependency unmet", "riscv", []class.Formula{config("PPC_4K_PAGES")}, "defconfig", "CONFIG_PPC_4K_PAGES: no configuration meets it"},
	}
	for _, tt := range tests {
		classes, unmet, err := chooser(t, demo.Tree(), tt.arch).Classes(tt.conditions)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var ids, open []string
		for _, c := range classes {
			ids = append(ids, strings.TrimPrefix(c.ID, tt.arch+"/"))
			accepted(t, c)
		}
		for _, u := range unmet {
			open = append(open, u.When.String()+": "+u.Reason)
		}
		if got := strings.Join(ids, " "); got != tt.want {
			t.Errorf("%s: got classes %q, want %q", tt.name, got, tt.want)
		}
		if got := strings.Join(open, "; "); got != tt.unmet {
			t.Errorf("%s: got unmet %q, want %q", tt.name, got, tt.unmet)
		}
		for _, f := range tt.conditions {
			if tt.unmet == "" && !f.IsFalse() && !anyHolds(classes, f) {
				t.Errorf("%s: %s holds in no class", tt.name, f)
			}
		}
	}
}

func anyHolds(classes []*class.Class, f class.Formula) bool {
	for _, c := range classes {
		if c.Holds(f) {
			return true
		}
	}
	return false
}

// accepted checks that Kconfig takes the witness of a class as it stands.
func accepted(t *testing.T, c *class.Class) {
	t.Helper()
	text := configText(t, c.Config)
	list, err := kconfig.ParseConfig(strings.NewReader(text), "witness")
	if err != nil {
		t.Fatal(err)
	}
	again, warnings, err := c.Config.Kconfig().Olddefconfig(list)
	if err != nil || len(warnings) > 0 {
		t.Errorf("%s: the witness gives warnings %v, error %v", c.ID, warnings, err)
	}
	if configText(t, again) != text {
		t.Errorf("%s: the witness is not what Kconfig makes of it", c.ID)
	}
}

func configText(t *testing.T, c *kconfig.Config) string {
	t.Helper()
	var b strings.Builder
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFragmentDemo(t *testing.T) {
	tests := []struct {
		name string
		with []class.Formula // to choose the class by: the last one is taken
		when class.Formula
		want string
	}{
		{"founding", []class.Formula{founding}, founding, "CONFIG_PPC_4K_PAGES=y CONFIG_PPC_BOOK3S_64=y CONFIG_TRANSPARENT_HUGEPAGE=y"},
		{"64K", nil, config("PPC_BOOK3S_64", "PPC_64K_PAGES"), "CONFIG_PPC_64K_PAGES=y"},
		{"always", nil, class.True(), ""},
		{"selected", nil, config("HAVE_ARCH_TRANSPARENT_HUGEPAGE"), "CONFIG_PPC_BOOK3S_64=y"},
		{"no prompt", nil, config("MMU"), ""},
		{"off", []class.Formula{config("!TRANSPARENT_HUGEPAGE")}, config("!TRANSPARENT_HUGEPAGE"), "# CONFIG_TRANSPARENT_HUGEPAGE is not set"},
		{"number", []class.Formula{config("PPC_4K_PAGES")}, class.Atom("CONFIG_PPC_PAGE_SHIFT == 12"), "CONFIG_PPC_4K_PAGES=y"},
		{"first alternative", nil, class.Or(config("DEBUG_VM"), config("SMP")), "CONFIG_SMP=y"},
		{"unknown symbol", nil, config("!SPARC64", "SMP"), "CONFIG_SMP=y"},
	}
	for _, tt := range tests {
		classes, _, err := chooser(t, demo.Tree(), "powerpc").Classes(tt.with)
		if err != nil {
			t.Fatal(err)
		}
		c := classes[len(classes)-1]
		if !c.Holds(tt.when) {
			t.Errorf("%s: %s does not hold in %s", tt.name, tt.when, c.ID)
		}
		if got := strings.Join(c.Fragment(tt.when), " "); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestExplicit(t *testing.T) {
	kc, err := kconfig.Load(demo.Tree(), "powerpc", kconfig.Env{})
	if err != nil {
		t.Fatal(err)
	}
	ch, err := class.NewExplicit(arch.Named("powerpc"), kc, "my.config", []byte("CONFIG_PPC64=y\nCONFIG_PPC_4K_PAGES=y\n"))
	if err != nil {
		t.Fatal(err)
	}
	c := ch.Base()
	if c.ID != "powerpc/my.config" || c.Value("PPC_4K_PAGES") != "y" || c.Value("PPC_64K_PAGES") != "" || c.Value("PPC_PAGE_SHIFT") != "12" || c.Value("NR_CPUS") != "64" {
		t.Errorf("got %s, 4K %q, 64K %q, shift %q, cpus %q", c.ID, c.Value("PPC_4K_PAGES"), c.Value("PPC_64K_PAGES"), c.Value("PPC_PAGE_SHIFT"), c.Value("NR_CPUS"))
	}
	if _, err := class.NewExplicit(arch.Named("powerpc"), kc, "my.config", []byte("what is this\n")); err == nil || !strings.Contains(err.Error(), "my.config") {
		t.Errorf("malformed .config: got error %v, want one that names the file", err)
	}
}

func TestNoDefconfig(t *testing.T) {
	kc, err := kconfig.Load(demo.Tree(), "powerpc", kconfig.Env{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = class.NewChooser(demo.Tree(), &arch.Arch{Name: "powerpc", Defconfigs: []string{"none_defconfig"}}, kc)
	if err == nil || !strings.Contains(err.Error(), "none_defconfig") {
		t.Errorf("got error %v, want one that names the defconfig", err)
	}
}

// TestFoundingKernel chooses the class of the founding case on real kernels.
func TestFoundingKernel(t *testing.T) {
	for _, variable := range []string{"PTREVIEW_LINUX_6_1", "PTREVIEW_LINUX_6_12"} {
		t.Run(variable, func(t *testing.T) {
			dir := os.Getenv(variable)
			if dir == "" {
				t.Skipf("%s is not set: no class of a real kernel was chosen", variable)
			}
			classes, unmet, err := chooser(t, os.DirFS(dir), "powerpc").Classes([]class.Formula{founding})
			if err != nil || len(unmet) > 0 {
				t.Fatalf("got unmet %v, error %v", unmet, err)
			}
			c := classes[len(classes)-1]
			if c.ID != "powerpc/ppc64_defconfig+PPC_4K_PAGES" || c.Variant.Name != "ppc64" {
				t.Errorf("got class %s of %s", c.ID, c.Variant.Name)
			}
			if got, want := strings.Join(c.Fragment(founding), " "), "CONFIG_PPC_4K_PAGES=y CONFIG_PPC_BOOK3S_64=y CONFIG_TRANSPARENT_HUGEPAGE=y"; got != want {
				t.Errorf("got fragment %q, want %q", got, want)
			}
			var machines []string
			for _, m := range c.Machines() {
				machines = append(machines, m.Name)
			}
			if got := strings.Join(machines, ", "); got != "radix_enabled()=false, radix_enabled()=true" {
				t.Errorf("got machines %q", got)
			}
			for _, c := range classes {
				accepted(t, c)
			}
		})
	}
}

// TestMadeBase checks that a class can start from what a Makefile makes of a
// defconfig and a fragment.
func TestMadeBase(t *testing.T) {
	demoTree := demo.Tree()
	kc, err := kconfig.Load(demoTree, "powerpc", kconfig.Env{})
	if err != nil {
		t.Fatal(err)
	}
	powerpc := *arch.Named("powerpc")
	powerpc.Defconfigs = []string{"small_defconfig"}
	base, err := fs.ReadFile(demoTree, "arch/powerpc/configs/ppc64_defconfig")
	if err != nil {
		t.Fatal(err)
	}
	tree := fstest.MapFS{
		"arch/powerpc/Makefile":                {Data: []byte("small_defconfig:\n\t$(Q)$(MAKE) -f $(srctree)/Makefile ppc64_defconfig 4k.config\n")},
		"arch/powerpc/configs/ppc64_defconfig": {Data: base},
		"arch/powerpc/configs/4k.config":       {Data: []byte("CONFIG_PPC_4K_PAGES=y\n")},
	}
	ch, err := class.NewChooser(tree, &powerpc, kc)
	if err != nil {
		t.Fatal(err)
	}
	if c := ch.Base(); c.ID != "powerpc/small_defconfig" || c.Config.Tri("PPC_4K_PAGES") != kconfig.Yes {
		t.Errorf("got %s without PPC_4K_PAGES, want powerpc/small_defconfig with it", c.ID)
	}
}
