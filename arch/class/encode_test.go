package class

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"ptreview/arch/kconfig"
	"ptreview/arch/sat"
)

// kconfigWriter writes random Kconfigs of a few symbols S0, S1… whose
// conditions mention only symbols written before, selects only those after.
type kconfigWriter struct {
	r     *rand.Rand
	b     strings.Builder
	types []string
	max   int
	old   bool
}

func randomKconfig(seed uint64, old bool) string {
	w := &kconfigWriter{r: rand.New(rand.NewPCG(seed, 17)), old: old}
	w.max = 4 + w.r.IntN(4)
	if w.r.IntN(4) > 0 {
		w.b.WriteString("config MODULES\n\tbool \"modules\"\n\tmodules\n\tdefault y\n")
	}
	for len(w.types) < w.max {
		switch w.r.IntN(8) {
		case 0:
			w.choice()
		case 1:
			w.b.WriteString("menu \"m\"\n" + w.line("visible if ", 2) + w.line("depends on ", 3))
			w.config()
			w.config()
			w.b.WriteString("endmenu\n")
		default:
			w.config()
		}
	}
	return w.b.String()
}

func (w *kconfigWriter) pick(list ...string) string { return list[w.r.IntN(len(list))] }

func (w *kconfigWriter) line(head string, oneIn int) string {
	if w.r.IntN(oneIn) > 0 {
		return ""
	}
	return "\t" + head + w.expr(2) + "\n"
}

func (w *kconfigWriter) cond() string {
	if w.r.IntN(2) == 0 {
		return ""
	}
	return " if " + w.expr(1)
}

func (w *kconfigWriter) config() {
	t := w.pick("bool", "bool", "tristate", "tristate", "int", "hex", "string")
	fmt.Fprintf(&w.b, "config S%d\n\t%s", len(w.types), t)
	if w.r.IntN(4) > 0 {
		fmt.Fprintf(&w.b, " \"p\"%s", w.cond())
	}
	w.b.WriteString("\n" + w.line("depends on ", 2))
	for range w.r.IntN(4) {
		w.property(t)
	}
	w.types = append(w.types, t)
}

func (w *kconfigWriter) property(t string) {
	logic := t == "bool" || t == "tristate"
	switch k := w.r.IntN(3); {
	case k == 0 && logic:
		w.b.WriteString("\tdefault " + w.expr(1) + w.cond() + "\n")
	case k == 0:
		w.b.WriteString("\tdefault " + w.value(t) + w.cond() + "\n")
	case k == 1 && logic:
		fmt.Fprintf(&w.b, "\t%s S%d%s\n", w.pick("select", "imply"), len(w.types)+1+w.r.IntN(4), w.cond())
	case t == "int" || t == "hex":
		low := w.r.IntN(20)
		fmt.Fprintf(&w.b, "\trange %d %s%s\n", low, w.pick(strconv.Itoa(low+w.r.IntN(9)), w.value(t)), w.cond())
	}
}

func (w *kconfigWriter) value(t string) string {
	if n := len(w.types); n > 0 {
		if i := w.r.IntN(n); w.types[i] == t {
			return fmt.Sprintf("S%d", i)
		}
	}
	switch t {
	case "int":
		return strconv.Itoa(w.r.IntN(20))
	case "hex":
		return fmt.Sprintf("%#x", w.r.IntN(20))
	}
	return w.pick(`"one"`, `"two"`, `""`)
}

func (w *kconfigWriter) choice() {
	kind := "bool"
	if w.old {
		kind = w.pick("bool", "bool", "tristate")
	}
	fmt.Fprintf(&w.b, "choice\n\t%s \"pick\"%s\n%s", kind, w.cond(), w.line("depends on ", 3))
	if w.old && w.r.IntN(4) == 0 {
		w.b.WriteString("\toptional\n")
	}
	size := 1 + w.r.IntN(3)
	first := len(w.types)
	for range w.r.IntN(3) {
		fmt.Fprintf(&w.b, "\tdefault S%d%s\n", first+w.r.IntN(size), w.cond())
	}
	for i := range size {
		member := kind
		if kind == "tristate" && w.r.IntN(4) == 0 {
			member = "bool"
		}
		fmt.Fprintf(&w.b, "config S%d\n\t%s \"p\"%s\n%s", first+i, member, w.cond(), w.line("depends on ", 2))
	}
	for range size {
		w.types = append(w.types, kind)
	}
	w.b.WriteString("endchoice\n")
}

func (w *kconfigWriter) expr(depth int) string {
	if depth > 0 {
		switch w.r.IntN(6) {
		case 0:
			return w.expr(depth-1) + " && " + w.expr(depth-1)
		case 1:
			return "(" + w.expr(depth-1) + " || " + w.expr(depth-1) + ")"
		case 2:
			return "!" + w.expr(0)
		}
	}
	if len(w.types) == 0 || w.r.IntN(8) == 0 {
		return w.pick("y", "m", "n", "UNDEFINED", "MODULES", "MODULES")
	}
	i := w.r.IntN(len(w.types))
	name := fmt.Sprintf("S%d", i)
	switch w.types[i] {
	case "bool":
		return name + w.pick("", "", "", "=y", "!=n", "=n")
	case "tristate":
		return name + w.pick("", "", "", "=y", "=m", "!=n", "=n", "!=y", "!=m")
	case "string":
		return name + w.pick(`="one"`, ` != ""`)
	}
	return name + w.pick(" = 12", " > 5", " <= 0x10", " != 0", " >= 7")
}

// loadText reads a Kconfig with the rules for choices of linux 6.1 (old) or
// 6.12.
func loadText(text string, old bool) (*kconfig.Kconfig, error) {
	fsys := fstest.MapFS{"Kconfig": {Data: []byte(text)}}
	if old {
		fsys["scripts/kconfig/expr.h"] = &fstest.MapFile{Data: []byte("struct symbol;\n")}
	}
	return kconfig.Load(fsys, "test", kconfig.Env{})
}

func everySymbol(k *kconfig.Kconfig) (names []string) {
	for s := range k.Symbols {
		names = append(names, s.Name())
	}
	return names
}

func allOf(k *kconfig.Kconfig) *mentioned {
	m := newMentioned()
	for _, n := range everySymbol(k) {
		m.name(n)
	}
	return m
}

// key spells the values of all symbols.
func key(k *kconfig.Kconfig, value func(name string) string) string {
	var b strings.Builder
	for _, n := range everySymbol(k) {
		fmt.Fprintf(&b, "%s=%s ", n, value(n))
	}
	return b.String()
}

// models returns the keys of all models of an encoding of the whole Kconfig.
func models(t *testing.T, e *encoding) map[string]bool {
	t.Helper()
	found := make(map[string]bool)
	var lits []sat.Lit
	for _, v := range e.order {
		if v.texts == nil && !v.sym.IsChoice() {
			lits = append(lits, v.tri.set, v.tri.yes)
		}
		for _, a := range v.texts {
			lits = append(lits, a.lit)
		}
	}
	for {
		switch e.sat.Solve() {
		case sat.Unknown:
			t.Fatal("out of budget")
		case sat.Unsat:
			return found
		}
		found[key(e.cone.kc, e.spell)] = true
		var block []sat.Lit
		for _, l := range lits {
			if e.sat.True(l) {
				l = l.Not()
			}
			block = append(block, l)
		}
		e.sat.Add(block...)
	}
}

// spell returns the value of a symbol in the last model.
func (e *encoding) spell(name string) string {
	v := e.values[e.cone.kc.Symbol(name)]
	for _, a := range v.texts {
		if e.sat.True(a.lit) {
			return a.text
		}
	}
	switch {
	case v.texts != nil:
		return "none of its texts"
	case e.sat.True(v.tri.yes):
		return "y"
	case e.sat.True(v.tri.set):
		return "m"
	}
	return "n"
}

// configurations returns the keys of all configurations that evaluation keeps
// as they are, by trying every assignment.
func configurations(t *testing.T, e *encoding, limit int) (map[string]bool, bool) {
	t.Helper()
	k := e.cone.kc
	var names []string
	var ways [][]string
	total := 1
	for s := range k.Symbols {
		if !s.HasPrompt() {
			continue
		}
		w := []string{"n", "y"}
		switch {
		case s.Type() == kconfig.Tristate:
			w = []string{"n", "m", "y"}
		case s.Type() == kconfig.String:
			w = nil
			for _, text := range e.cone.domain(s) {
				w = append(w, `"`+text+`"`)
			}
		case isText(s):
			w = e.cone.domain(s)
		}
		names, ways = append(names, s.Name()), append(ways, w)
		if total *= len(w); total > limit {
			return nil, false
		}
	}
	found := make(map[string]bool)
	for row := range total {
		var list kconfig.Assignments
		for i, w := range ways {
			list = list.Set(names[i], w[row%len(w)])
			row /= len(w)
		}
		c := evaluate(t, k, list)
		again := evaluate(t, k, c.Assignments())
		text := key(k, func(n string) string { return c.Value(n).Text })
		if len(c.Unmet()) == 0 && text == key(k, func(n string) string { return again.Value(n).Text }) {
			found[text] = true
		}
	}
	return found, true
}

func evaluate(t *testing.T, k *kconfig.Kconfig, list kconfig.Assignments) *kconfig.Config {
	t.Helper()
	c, _, err := k.Olddefconfig(list)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestEncodingRandom compares the models of random Kconfigs with the
// configurations that evaluating every assignment gives.
func TestEncodingRandom(t *testing.T) {
	seeds := 600
	if n, err := strconv.Atoi(os.Getenv("PTREVIEW_RANDOM_KCONFIGS")); err == nil {
		seeds = n
	}
	for _, old := range []bool{true, false} {
		compared, kept := 0, 0
		for seed := range uint64(seeds) {
			text := randomKconfig(seed, old)
			k, err := loadText(text, old)
			if err != nil {
				continue // a cycle
			}
			e := newCatalog(k).encode(allOf(k), nil)
			want, ok := configurations(t, e, 3000)
			if !ok {
				continue
			}
			compared++
			kept += len(want)
			got := models(t, e)
			if !maps.Equal(got, want) {
				t.Fatalf("old choices %v, seed %d:\n%s\nonly models: %s\nonly configurations: %s", old, seed, text, lacking(got, want), lacking(want, got))
			}
		}
		t.Logf("old choices %v: %d Kconfigs with %d configurations", old, compared, kept)
		if compared < seeds/4 {
			t.Errorf("old choices %v: only %d of %d were compared", old, compared, seeds)
		}
	}
}

// lacking returns what a has and b lacks.
func lacking(a, b map[string]bool) string {
	var list []string
	for k := range a {
		if !b[k] {
			list = append(list, "\n  "+k)
		}
	}
	slices.Sort(list)
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list[:min(len(list), 5)], "")
}
