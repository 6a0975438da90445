package contract_test

import (
	"os"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/contract"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

// linux opens a real kernel; what is left out without one is said.
func linux(t testing.TB, version, what string) tree.Tree {
	t.Helper()
	name := "PTREVIEW_LINUX_" + strings.ReplaceAll(version, ".", "_")
	dir := os.Getenv(name)
	if dir == "" {
		t.Skip("skipped: " + what + "; set " + name)
	}
	d, err := tree.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return tree.Cached(d)
}

// asked is a class of a kernel with the unit that sees its helpers.
type asked struct {
	class *unit.Class
	prog  *facts.TreeProgram
	unit  *unit.Unit
}

// ask reads mm/memory.c in a configuration with further symbols set.
func ask(t testing.TB, tr tree.Tree, a *arch.Arch, defconfig string, set kconfig.Assignments) *asked {
	t.Helper()
	r := unit.NewReader(source.NewSet(), unit.Options{})
	class, _, err := r.DefconfigClass(tr, a, defconfig, set)
	if err != nil {
		t.Fatal(err)
	}
	prog := facts.NewProgram(r, tr, class, nil)
	u, err := prog.Read(t.Context(), "mm/memory.c")
	if err != nil {
		t.Fatal(err)
	}
	return &asked{class, prog, u}
}

// on returns a prover for one of the class's machines.
func (k *asked) on(m *arch.Machine) *contract.Prover {
	return contract.NewProver(pagetable.New(k.prog, m, pagetable.Options{}), k.unit)
}
