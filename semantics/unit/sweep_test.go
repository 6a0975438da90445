package unit

import (
	"hash/fnv"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/parse/cpp/oracle"
	"ptreview/parse/source"
	"ptreview/parse/tree"
)

// TestMacrosOfDefconfigs asks the compilers for their macros under the options
// that defconfigs lead to: those that an architecture lists and a fourth of the
// others, with PTREVIEW_FULL=1 all. With PTREVIEW_ARCH only the named
// architecture.
func TestMacrosOfDefconfigs(t *testing.T) {
	for _, kernel := range oracle.Trees(t) {
		tr, err := tree.Open(kernel.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		for _, a := range arch.All() {
			if only := os.Getenv("PTREVIEW_ARCH"); only != "" && only != a.Name || !inTree(kernel, a) {
				continue
			}
			if v := a.Variants[0]; v.Command() == nil || v.Compiler != "" {
				t.Logf("%s has no gcc to compare with", a.Name)
				continue // what clang defines is compared in package arch
			}
			t.Run(kernel.Version+"/"+a.Name, func(t *testing.T) { macrosOfArch(t, tr, a, kernel.Version) })
		}
	}
}

func macrosOfArch(t *testing.T, tr tree.Tree, a *arch.Arch, version string) {
	r := NewReader(source.NewSet(), Options{})
	asked := make(map[string]bool)
	for _, name := range kconfig.Defconfigs(tr, a.Name) {
		if strings.HasSuffix(name, ".config") {
			continue // a fragment
		}
		if os.Getenv("PTREVIEW_FULL") == "" && !slices.Contains(a.Defconfigs, name) && hashOf(name)%4 != 0 {
			continue
		}
		c, _, err := r.DefconfigClass(tr, a, name, nil)
		if err != nil {
			t.Errorf("%s %s: %v", version, name, err)
			continue
		}
		compareMacros(t, r, tr, c, version, asked)
		r.ForgetClass(c)
	}
	compared := 0
	for key := range asked {
		if !strings.HasPrefix(key, "refused ") {
			compared++
		}
	}
	if compared == 0 {
		t.Skip("skipped: no compiler, or none that takes the options")
	}
	t.Logf("%d sets of options compared", compared)
}

func hashOf(name string) uint32 {
	h := fnv.New32()
	h.Write([]byte(name))
	return h.Sum32()
}

func compareMacros(t *testing.T, r *Reader, tr tree.Tree, c *Class, version string, asked map[string]bool) {
	gcc, err := exec.LookPath(c.Variant.Triple + "-gcc")
	if err != nil || c.Variant.Compiler != "" {
		return
	}
	b, err := r.Build(tr, c)
	if err != nil {
		t.Errorf("%s %s: %v", version, c.ID, err)
		return
	}
	flags, err := b.Flags("mm/memory.c")
	if err != nil {
		t.Errorf("%s %s: %v", version, c.ID, err)
		return
	}
	options := known(gcc, flags.Options, asked)
	if c.Variant.Predefined(options) != c.Variant.Predefined(flags.Options) {
		return // this compiler is one for other processors of the family
	}
	key := c.Variant.Name + strings.Join(options, " ")
	if asked[key] {
		return
	}
	asked[key] = true
	args := append(options, "-dM", "-E", "-x", "c", "/dev/null")
	out, err := exec.Command(gcc, args...).CombinedOutput()
	if err != nil {
		t.Logf("%s %s: %s refuses %v: %s", version, c.ID, gcc, options, out)
		return
	}
	if diff := diffLines(macroTable(c.Variant.Predefined(flags.Options)), macroTable(string(out))); diff != "" {
		t.Errorf("%s %s %s (got -, want +):\n%s", version, c.Arch.Name, c.ID, diff)
	}
}

// known drops the options the compiler has not, which cc-option tries.
func known(gcc string, options []string, asked map[string]bool) []string {
	var list []string
	for _, o := range options {
		if strings.HasPrefix(o, "-W") || o == "-pipe" {
			continue
		}
		key := "refused " + gcc + " " + o
		refused, seen := asked[key]
		if !seen {
			refused = !needsOthers(o) && exec.Command(gcc, o, "-E", "-x", "c", "/dev/null").Run() != nil
			asked[key] = refused
		}
		if !refused {
			list = append(list, o)
		}
	}
	return list
}

// needsOthers reports options that a compiler may refuse alone.
func needsOthers(option string) bool {
	for _, prefix := range []string{"-mabi", "-march", "-mcpu", "-mcmodel", "-mno-abicalls"} {
		if strings.HasPrefix(option, prefix) {
			return true
		}
	}
	return false
}
