package facts_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/arch/class"
	"ptreview/arch/kconfig"
	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
	"ptreview/semantics/unit/compilertest"
)

// draws is how many pairs of an architecture and a class are compared.
const draws = 40

// TestInForce draws classes – a defconfig with some symbols turned over that
// page-table headers ask for – and compares for every page-table helper which
// definition is in force with what the compiler's -E -dD kept of the headers.
func TestInForce(t *testing.T) {
	linux := os.Getenv("PTREVIEW_LINUX_6_1")
	if linux == "" {
		t.Skip("skipped: PTREVIEW_LINUX_6_1 is not set: no definitions in force are compared with a compiler")
	}
	folder, err := tree.Open(linux)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	d := &drawer{dir: linux, tree: tree.Cached(folder), rng: rand.New(rand.NewPCG(40, 6))}
	d.store = facts.NewStore(d.tree, cpp.NewCache(source.NewSet()))
	var archs []*arch.Arch
	for _, a := range arch.All() {
		command := a.Variants[0].Command()
		if command == nil || len(kconfig.Defconfigs(d.tree, a.Name)) == 0 {
			continue
		}
		if _, err := exec.LookPath(command[0]); err == nil {
			archs = append(archs, a)
		}
	}
	if len(archs) == 0 {
		t.Skip("skipped: no cross compiler: no definitions in force are compared with one")
	}
	pairs, total := 0, 0
	for i := 0; pairs < draws && i < 3*draws; i++ {
		if n := d.compare(t, archs[i%len(archs)]); n > 0 {
			pairs++
			total += n
		}
	}
	if pairs < draws || total < draws*20 {
		t.Errorf("only %d definitions of %d classes were compared", total, pairs)
	}
	t.Logf("%d definitions of %d classes compared, %d that cannot be told", total, pairs, d.unknown)
}

// drawer draws classes of one kernel.
type drawer struct {
	dir     string
	tree    tree.Tree
	store   *facts.Store
	rng     *rand.Rand
	unknown int
}

// compare draws one class of an architecture and returns the number of
// definitions compared in it, 0 where the class has no compiler.
func (d *drawer) compare(t *testing.T, a *arch.Arch) int {
	h, err := facts.NewHeaders(d.store, a.Name)
	if err != nil {
		t.Fatal(err)
	}
	helpers := d.helpers(t, a, h)
	r := unit.NewReader(source.NewSet(), unit.Options{Plain: true})
	c := d.draw(t, r, a, helpers)
	gcc, err := compilertest.New(t, r, d.tree, d.dir, c)
	if errors.Is(err, compilertest.ErrNoCompiler) {
		return 0
	}
	if err != nil {
		t.Errorf("%s: %v", c.ID, err)
		return 0
	}
	text, err := gcc.Preprocessed(t, "mm/memory.c", "-dD")
	if err != nil {
		t.Error(err)
		return 0
	}
	seen := linesOf(text)
	meta := &class.Class{ID: c.ID, Arch: a, Variant: c.Variant, Config: c.Config}
	n := 0
	for _, l := range helpers {
		if !seen.files[l.Path] || l.IsMarker() {
			continue // the unit does not include it
		}
		line := l.Last // the closing brace
		if l.Macro {
			line = l.First
		}
		kept := seen.lines[place{l.Path, line}]
		switch l.When.Eval(meta.Truth) {
		case class.Unknown:
			d.unknown++
			continue
		case class.Yes:
			if !kept {
				t.Errorf("%s: %s at %s:%d is not in force, though %s", c.ID, l.Name, l.Path, l.First, l.When)
			}
		case class.No:
			if kept {
				t.Errorf("%s: %s at %s:%d is in force, though not %s", c.ID, l.Name, l.Path, l.First, l.When)
			}
		}
		n++
	}
	return n
}

// helpers returns the definitions of page-table helpers in headers: of every
// name that a page-table header of the architecture or of generic code defines.
func (d *drawer) helpers(t *testing.T, a *arch.Arch, h *facts.Headers) []facts.Located {
	names := make(map[string]bool)
	for _, root := range []string{"arch/" + a.Name + "/include/asm", "include/asm-generic", "include/linux"} {
		list, err := d.store.List(root, ".h")
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			if base := path.Base(p); strings.HasPrefix(base, "pgtable") || strings.HasPrefix(base, "pgalloc") {
				for _, l := range h.Functions(p) {
					names[l.Name] = true
				}
			}
		}
	}
	sorted := make([]string, 0, len(names))
	for name := range names {
		sorted = append(sorted, name)
	}
	sort.Strings(sorted)
	var all []facts.Located
	for _, name := range sorted {
		for _, l := range h.Definitions(name) {
			if l.Function {
				all = append(all, l)
			}
		}
	}
	return all
}

// draw returns a random class of one of the architecture's variants.
func (d *drawer) draw(t *testing.T, r *unit.Reader, a *arch.Arch, helpers []facts.Located) *unit.Class {
	asked := make(map[string]bool)
	for _, l := range helpers {
		for _, atom := range l.When.Atoms() {
			if name, ok := strings.CutPrefix(atom, "CONFIG_"); ok && !strings.ContainsAny(name, " ()") {
				asked[name] = true
			}
		}
	}
	symbols := make([]string, 0, len(asked))
	for s := range asked {
		symbols = append(symbols, s)
	}
	sort.Strings(symbols)
	var defconfigs []string
	for _, name := range kconfig.Defconfigs(d.tree, a.Name) {
		if !strings.HasSuffix(name, ".config") {
			defconfigs = append(defconfigs, name)
		}
	}
	var fragment kconfig.Assignments
	for range d.rng.IntN(4) {
		if len(symbols) > 0 {
			fragment = fragment.Set(symbols[d.rng.IntN(len(symbols))], []string{"y", "n"}[d.rng.IntN(2)])
		}
	}
	c, _, err := r.DefconfigClass(d.tree, a, defconfigs[d.rng.IntN(len(defconfigs))], fragment)
	var none *unit.NoVariantError
	if errors.As(err, &none) {
		return d.draw(t, r, a, helpers)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// place is a line of a file.
type place struct {
	path string
	line int
}

// kept is what a preprocessor left of each file.
type kept struct {
	files map[string]bool
	lines map[place]bool
}

// marker is a line marker of gcc's and clang's -E.
var marker = regexp.MustCompile(`^# (\d+) "([^"]*)"`)

// linesOf maps preprocessed text back to the lines it comes from.
func linesOf(text []byte) kept {
	k := kept{make(map[string]bool), make(map[place]bool)}
	var at place
	for line := range bytes.Lines(text) {
		if m := marker.FindSubmatch(line); m != nil {
			n, _ := strconv.Atoi(string(m[1]))
			at = place{strings.TrimPrefix(string(m[2]), "./"), n}
			k.files[at.path] = true
			continue
		}
		if len(bytes.TrimSpace(line)) > 0 {
			k.lines[at] = true
		}
		at.line++
	}
	return k
}
