package build_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"sort"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/history"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules/build"
	"ptreview/rules/check"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
	"ptreview/semantics/unit/compilertest"
)

// TestPlantedFaults breaks one page-table helper of one architecture at a time
// – takes it away, forgets the macro that says it is there, puts it under a
// condition – and compares the classes in which the build rules find that with
// those in which a real compiler refuses a file of mm/.
func TestPlantedFaults(t *testing.T) {
	linux := os.Getenv("PTREVIEW_LINUX_6_1")
	if linux == "" {
		t.Skip("PTREVIEW_LINUX_6_1 is not set: no faults were planted in a real kernel")
	}
	folder, err := tree.Open(linux)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	p := &planter{dir: linux, tree: tree.Cached(folder)}
	for i, a := range arch.All() {
		if a.Variants[0].Command() == nil {
			continue // nobody to compare with
		}
		t.Run(a.Name, func(t *testing.T) {
			faults := p.faults(t, a.Name)
			rng := rand.New(rand.NewPCG(61, uint64(i)))
			for _, i := range rng.Perm(len(faults))[:min(len(faults), perArch())] {
				t.Run(faults[i].name, func(t *testing.T) { p.compare(t, a, faults[i]) })
			}
		})
	}
}

// perArch is how many faults are planted in each architecture.
func perArch() int {
	if os.Getenv("PTREVIEW_FULL") != "" {
		return 40
	}
	return 1
}

// planter plants faults into one kernel.
type planter struct {
	dir  string
	tree tree.Tree
}

// fault is a changed header.
type fault struct {
	name   string // of the subtest
	helper string
	file   string
	text   []byte
}

// faults returns the faults that can be planted in the page-table headers of an
// architecture, in order.
func (p *planter) faults(t *testing.T, a string) []fault {
	cache := cpp.NewCache(source.NewSet())
	var list []fault
	for _, file := range p.headers(t, "arch/"+a+"/include/asm") {
		data, err := p.tree.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		defs := facts.Definitions(cache, cache.Lex(cache.Set.Add(file, data)))
		for _, d := range defs {
			switch {
			case !isHelper(d.Name):
			case d.IsMarker():
				list = append(list, fault{"guard-" + d.Name, d.Name, file, without(data, d)})
			case d.Function:
				list = append(list, fault{"removed-" + d.Name, d.Name, file, without(data, d)})
				for _, symbol := range []string{"SMP", "TRANSPARENT_HUGEPAGE", "HUGETLB_PAGE"} {
					list = append(list, fault{"under-" + symbol + "-" + d.Name, d.Name, file, under(data, d, symbol)})
				}
			}
		}
	}
	return list
}

// isHelper reports whether a name is that of a page-table helper.
func isHelper(name string) bool {
	for _, prefix := range []string{"pte_", "pmd_", "pud_", "p4d_", "pgd_", "ptep_", "pmdp_", "pudp_", "set_pte", "set_pmd"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func (p *planter) headers(t *testing.T, root string) []string {
	entries, err := p.tree.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		name := path.Join(root, e.Name())
		switch {
		case e.IsDir():
			files = append(files, p.headers(t, name)...)
		case strings.HasPrefix(e.Name(), "pgtable") || strings.HasPrefix(e.Name(), "hash-"):
			files = append(files, name)
		}
	}
	return files
}

// without blanks the lines of a definition.
func without(data []byte, d facts.Definition) []byte {
	lines := bytes.SplitAfter(data, []byte("\n"))
	return bytes.Join(slices.Concat(lines[:d.First-1], lines[d.Last:]), nil)
}

// under puts a definition under a Kconfig symbol.
func under(data []byte, d facts.Definition, symbol string) []byte {
	lines := bytes.SplitAfter(data, []byte("\n"))
	return bytes.Join(slices.Concat(
		lines[:d.First-1], [][]byte{[]byte("#ifdef CONFIG_" + symbol + "\n")},
		lines[d.First-1:d.Last], [][]byte{[]byte("#endif\n")}, lines[d.Last:],
	), nil)
}

// TestPlantedSymbol lets processors without huge pages have them: the names
// that their headers lack are found where the compiler misses them, in a
// configuration that was none before.
func TestPlantedSymbol(t *testing.T) {
	linux := os.Getenv("PTREVIEW_LINUX_6_1")
	if linux == "" {
		t.Skip("PTREVIEW_LINUX_6_1 is not set: no symbol was made selectable in a real kernel")
	}
	folder, err := tree.Open(linux)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	p := &planter{dir: linux, tree: tree.Cached(folder)}
	const file = "arch/powerpc/platforms/Kconfig.cputype"
	old, err := p.tree.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head := []byte("config PPC_8xx\n\tbool \"Freescale 8xx\"\n")
	text := bytes.Replace(old, head, append(head, "\tselect HAVE_ARCH_TRANSPARENT_HUGEPAGE\n"...), 1)
	p.compare(t, arch.Named("powerpc"), fault{"8xx", "pmd_trans_huge", file, text})
}

// compare reviews a fault and asks the compiler in every class.
func (p *planter) compare(t *testing.T, a *arch.Arch, f fault) {
	old, err := p.tree.ReadFile(f.file)
	if err != nil {
		t.Fatal(err)
	}
	d := history.DiffLines(old, f.text)
	req := &check.Request{
		Version: "test", Rules: []*check.Rule{build.Undeclared, build.Redefined}, Jobs: 2, Archs: []*arch.Arch{a},
		Reader: unit.NewReader(source.NewSet(), unit.Options{}), Tree: check.TreeInfo{Source: "linux"},
		Series: check.SeriesInfo{Patches: []check.PatchInfo{{N: 1}}},
		Prefixes: []check.Prefix{
			{Tree: p.tree},
			{
				Tree:    tree.NewOverlay(p.tree, map[string][]byte{f.file: f.text}),
				Changed: []check.ChangedFile{{Path: f.file, Old: f.file, Added: d.Added, Removed: d.Removed}},
			},
		},
	}
	report, err := check.Review(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string) // class → message
	for _, finding := range report.Findings {
		for _, w := range finding.Where {
			found[w.Class] = finding.Message
		}
	}
	notRun := ""
	for _, n := range report.Coverage[0].NotRun {
		notRun += fmt.Sprintf("; not run (%d): %s", n.Units, n.Reason)
	}
	for _, c := range report.Coverage[0].Classes {
		refused, known := p.refused(t, req.Prefixes[1].Tree, a, c, f)
		switch {
		case !known:
			t.Logf("%s: nobody to compare with", c.ID)
		case refused != "" && found[c.ID] == "":
			t.Errorf("%s: missed what the compiler says: %s%s", c.ID, refused, notRun)
		case refused == "" && found[c.ID] != "":
			t.Errorf("%s: the compiler accepts what is said to be wrong: %s", c.ID, found[c.ID])
		}
	}
	t.Logf("%d classes, wrong in %d%s", len(report.Coverage[0].Classes), len(found), notRun)
}

// refused returns what the compiler says of the first C file of mm/ that it
// accepts without the fault and refuses with it, "" if there is none. It is not
// known for processors that no compiler here is for, and for classes that do not
// compile anyway.
func (p *planter) refused(t *testing.T, tr tree.Tree, a *arch.Arch, info check.ClassInfo, f fault) (said string, known bool) {
	r := unit.NewReader(source.NewSet(), unit.Options{Plain: true})
	c := compilertest.Class(t, r, tr, a, info.ID)
	gcc, err := compilertest.New(t, r, tr, p.dir, c)
	if errors.Is(err, compilertest.ErrNoCompiler) {
		return "", false
	}
	if err != nil {
		t.Fatal(err)
	}
	gcc.Shadow = t.TempDir()
	if err := compilertest.Write(gcc.Shadow, f.file, f.text); err != nil {
		t.Fatal(err)
	}
	known = true
	prog := facts.NewProgram(r, tr, c, nil)
	for _, file := range p.users(t, f.helper) {
		if !prog.Compiles(file) {
			continue
		}
		if said := gcc.Check(t, file); said != "" {
			if path.Ext(f.file) != ".h" {
				return firstError(said), true // no such class without the fault
			}
			plain := *gcc
			plain.Shadow = ""
			if before := plain.Check(t, file); before == "" {
				return firstError(said), true
			}
			known = false // the tree has faults of its own
		}
	}
	return "", known
}

// firstError returns the first line of a compiler's output that is an error.
func firstError(said string) string {
	for line := range strings.Lines(said) {
		if strings.Contains(line, "error:") {
			return strings.TrimSpace(line)
		}
	}
	return said
}

// users returns the C files of mm/ to compile: those that name the helper, and
// one that includes all headers.
func (p *planter) users(t *testing.T, helper string) []string {
	files := []string{"mm/memory.c"}
	entries, err := p.tree.ReadDir("mm")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := "mm/" + e.Name()
		if path.Ext(name) != ".c" || name == files[0] {
			continue
		}
		data, err := p.tree.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if facts.ContainsWord(string(data), helper) {
			files = append(files, name)
		}
	}
	sort.Strings(files[1:])
	return files
}
