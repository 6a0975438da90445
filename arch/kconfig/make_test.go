package kconfig

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestMake(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	fsys := fstest.MapFS{
		"Kconfig": file(`
config A
	bool "a"
	default y

config B
	bool "b"

config R2
	bool "second revision"

config BOARD
	bool "board"
`),
		"kernel/configs/tiny-base.config":         file("CONFIG_B=y\n"),
		"kernel/configs/tiny.config":              file("CONFIG_R2=y\n"),
		"arch/toy/configs/x_defconfig":            file("CONFIG_B=y\n"),
		"arch/toy/configs/no-a.config":            file("# CONFIG_A is not set\n"),
		"arch/toy/configs/generic_defconfig":      file("# CONFIG_A is not set\n"),
		"arch/toy/configs/generic/32r2.config":    file("CONFIG_R2=y\n"),
		"arch/toy/configs/generic/32r1.config":    file(""),
		"arch/toy/configs/generic/el.config":      file("CONFIG_B=y\n"),
		"arch/toy/configs/generic/eb.config":      file(""),
		"arch/toy/configs/generic/board-q.config": file("# require CONFIG_R2=y\n# require CONFIG_A=n\nCONFIG_BOARD=y\n"),
		"arch/toy/Makefile": file(`
KBUILD_DEFCONFIG := x_defconfig
small_defconfig:
	$(Q)$(MAKE) -f $(srctree)/Makefile x_defconfig no-a.config
b_allnoconfig:
	$(Q)$(MAKE) KCONFIG_ALLCONFIG=$(srctree)/arch/toy/configs/x_defconfig \
		-f $(srctree)/Makefile allnoconfig
loop_defconfig:
	$(Q)$(MAKE) loop_defconfig
$(eval $(call gen_generic_defconfigs,32,r1 r2,eb el))
old_defconfig-y := 32r2el_defconfig BOARDS=q
`),
	}
	k, err := Load(fsys, "toy", Env{})
	if err != nil {
		t.Fatal(err)
	}
	for targets, want := range map[string]string{
		"x_defconfig":           "A=y B=y",
		"defconfig":             "A=y B=y",
		"defconfig no-a.config": "B=y",
		"small_defconfig":       "B=y",
		"b_allnoconfig":         "B=y",
		"allnoconfig":           "",
		"allyesconfig":          "A=y B=y R2=y BOARD=y",
		"tinyconfig":            "B=y R2=y",
		"32r1_defconfig":        "",
		"32r2el_defconfig":      "B=y R2=y BOARD=y",
		"old_defconfig":         "B=y R2=y BOARD=y",
	} {
		c, _, err := k.Make(fsys, strings.Fields(targets)...)
		if err != nil {
			t.Errorf("%s: %v", targets, err)
			continue
		}
		var set []string
		for name, v := range c.Values {
			if v.Tri == Yes {
				set = append(set, name+"=y")
			}
		}
		if got := strings.Join(set, " "); got != want {
			t.Errorf("%s: got %s, want %s", targets, got, want)
		}
	}
	for targets, want := range map[string]string{
		"":               "arch/toy/Makefile:1: nothing to make",
		"loop_defconfig": "arch/toy/Makefile:1: loop_defconfig calls itself",
		"no.config":      "arch/toy/Makefile:1: no fragment no.config",
	} {
		if _, _, err := k.Make(fsys, strings.Fields(targets)...); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", targets, err, want)
		}
	}
}

// TestMakeEqualsMake compares with the real make and compilers, for targets
// that take several runs of conf: for one of them in each kernel, with
// PTREVIEW_FULL for all.
func TestMakeEqualsMake(t *testing.T) {
	for i, variable := range realTrees {
		tree := realTree(t, variable)
		for j, x := range []struct{ srcarch, target string }{
			{"riscv", "rv32_defconfig"},
			{"mips", "32r2el_defconfig"},
			{"powerpc", "ppc64le_guest_defconfig"},
			{"arm64", "tinyconfig"},
		} {
			if i != j && !full() {
				continue
			}
			t.Run(filepath.Base(tree)+"/"+x.target, func(t *testing.T) {
				needToolchain(t, x.srcarch)
				dir := t.TempDir()
				vars := oracleVars(tree, x.srcarch)
				args := []string{"-C", tree, "O=" + dir, x.target}
				for _, name := range []string{"ARCH", "CROSS_COMPILE", "PYTHON3", "PAHOLE", "RUSTC", "BINDGEN"} {
					args = append(args, name+"="+vars[name])
				}
				if out, err := exec.Command("make", args...).CombinedOutput(); err != nil {
					t.Fatalf("%v\n%.2000s", err, out)
				}
				want, err := os.ReadFile(filepath.Join(dir, ".config"))
				if err != nil {
					t.Fatal(err)
				}
				got, _, err := loadReal(t, tree, x.srcarch).Make(os.DirFS(tree), x.target)
				if err != nil {
					t.Fatal(err)
				}
				if got := written(t, got); got != string(want) {
					t.Errorf("differs from make: %s", firstDifference(got, string(want)))
				}
			})
		}
	}
}
