package kconfig_test

import (
	"os"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/arch/kconfig"
)

// witnessed are conditions whose classes are shown to conf.
var witnessed = []class.Formula{
	class.And(class.Atom("CONFIG_TRANSPARENT_HUGEPAGE"), class.Not(class.Atom("CONFIG_PPC_64K_PAGES"))),
	class.Atom("CONFIG_PREEMPT"),
	class.And(class.Atom("CONFIG_DEBUG_VM"), class.Not(class.Atom("CONFIG_SMP"))),
	class.Not(class.Atom("CONFIG_MMU")),
	class.Atom("CONFIG_PGTABLE_LEVELS > 3"),
	class.Atom("CONFIG_KVM_MODULE"),
	class.And(class.Not(class.Atom("CONFIG_MODULES")), class.Atom("CONFIG_MEMORY_HOTPLUG")),
	class.Atom("CONFIG_NR_CPUS == 7"),
}

// TestConfKeepsWitnesses checks that conf takes the witnesses of classes as they
// stand: of three on each architecture, with PTREVIEW_FULL of all.
func TestConfKeepsWitnesses(t *testing.T) {
	for _, variable := range []string{"PTREVIEW_LINUX_6_1", "PTREVIEW_LINUX_6_12"} {
		t.Run(strings.TrimPrefix(variable, "PTREVIEW_"), func(t *testing.T) {
			tree := kconfig.RealTree(t, variable)
			count := 0
			for _, a := range arch.All() {
				if _, err := os.Stat(tree + "/arch/" + a.Name); err == nil {
					count += confKeeps(t, tree, a)
				}
			}
			t.Logf("%d witnesses", count)
			if count < 40 {
				t.Errorf("got %d witnesses, want at least 40", count)
			}
		})
	}
}

func confKeeps(t *testing.T, tree string, a *arch.Arch) int {
	t.Helper()
	k := kconfig.LoadReal(t, tree, a.Name)
	ch, err := class.NewChooser(os.DirFS(tree), a, k)
	if err != nil {
		t.Error(err)
		return 0
	}
	classes, _, err := ch.Classes(witnessed)
	if err != nil {
		t.Error(err)
	}
	if os.Getenv("PTREVIEW_FULL") == "" {
		classes = classes[max(0, len(classes)-3):] // the defconfigs come first
	}
	var texts []string
	for _, c := range classes {
		var b strings.Builder
		if err := c.Config.Write(&b); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, b.String())
	}
	for i, got := range kconfig.ConfKeeps(t, tree, k, texts...) {
		if got != texts[i] {
			t.Errorf("%s: conf does not keep the witness", classes[i].ID)
		}
		if again, err := ch.ByID(classes[i].ID); err != nil {
			t.Error(err)
		} else if again.ID != classes[i].ID {
			t.Errorf("%s: found %s by its name", classes[i].ID, again.ID)
		}
	}
	return len(classes)
}
