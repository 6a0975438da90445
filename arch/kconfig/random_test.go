package kconfig

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// kconfigWriter writes random small Kconfigs. Conditions mention only symbols
// written before, selects only those after, so that cycles are rare.
type kconfigWriter struct {
	r   *rand.Rand
	b   strings.Builder
	n   int      // symbols written
	is  []string // their types
	max int
	old bool
}

func randomKconfig(seed uint64, old bool) string {
	w := &kconfigWriter{r: rand.New(rand.NewPCG(seed, 7)), max: 14, old: old}
	if w.r.IntN(4) > 0 {
		w.b.WriteString("config MODULES\n\tbool \"modules\"\n\tmodules\n\tdefault y\n")
	}
	for w.n < w.max {
		w.statement(0)
	}
	return w.b.String()
}

func (w *kconfigWriter) pick(list ...string) string { return list[w.r.IntN(len(list))] }

func (w *kconfigWriter) statement(depth int) {
	switch k := w.r.IntN(12); {
	case k == 0 && depth < 3:
		w.block("menu \"title "+strconv.Itoa(w.n)+"\"\n"+w.maybe("\tvisible if ", 4)+w.maybe("\tdepends on ", 4), "endmenu", depth)
	case k == 1 && depth < 3:
		w.block("if "+w.expr(2)+"\n", "endif", depth)
	case k == 2:
		w.choice()
	case k == 3:
		w.b.WriteString("comment \"remark\"\n" + w.maybe("\tdepends on ", 2))
	default:
		w.config("")
	}
}

func (w *kconfigWriter) block(head, end string, depth int) {
	w.b.WriteString(head)
	for range 1 + w.r.IntN(3) {
		w.statement(depth + 1)
	}
	w.b.WriteString(end + "\n")
}

func (w *kconfigWriter) maybe(prefix string, oneIn int) string {
	if w.r.IntN(oneIn) > 0 {
		return ""
	}
	return prefix + w.expr(2) + "\n"
}

func (w *kconfigWriter) cond(oneIn int) string {
	return strings.TrimSuffix(w.maybe(" if ", oneIn), "\n")
}

func symbolName(i int) string { return fmt.Sprintf("S%d", i) }

// typeOf makes the type of a symbol known before it is written.
func typeOf(i int) string {
	return []string{"bool", "tristate", "tristate", "bool", "int", "tristate", "string", "bool", "hex"}[i%9]
}

func (w *kconfigWriter) config(member string) {
	i := w.n
	defer func() { w.n++ }()
	t := typeOf(i)
	if member != "" {
		t = member
	}
	w.is = append(w.is, t)
	fmt.Fprintf(&w.b, "config %s\n\t%s", symbolName(i), t)
	if member != "" || w.r.IntN(4) > 0 {
		fmt.Fprintf(&w.b, " \"p%d\"%s", i, w.cond(3))
	}
	w.b.WriteString("\n" + w.maybe("\tdepends on ", 2))
	if member != "" {
		return
	}
	for range w.r.IntN(3) {
		w.property(t)
	}
}

func (w *kconfigWriter) property(t string) {
	logic := t == "bool" || t == "tristate"
	switch w.r.IntN(3) {
	case 0:
		if logic {
			w.b.WriteString("\tdefault " + w.expr(1) + w.cond(2) + "\n")
		} else {
			w.b.WriteString("\tdefault " + w.value(t) + w.cond(2) + "\n")
		}
	case 1:
		if logic {
			fmt.Fprintf(&w.b, "\t%s %s%s\n", w.pick("select", "imply"), symbolName(w.n+1+w.r.IntN(4)), w.cond(2))
		}
	case 2:
		if t == "int" || t == "hex" {
			w.b.WriteString("\trange " + w.value(t) + " " + w.value(t) + w.cond(2) + "\n")
		}
	}
}

func (w *kconfigWriter) value(t string) string {
	if i := w.r.IntN(w.n + 1); i < w.n && w.is[i] == t {
		return symbolName(i)
	}
	switch t {
	case "int":
		return strconv.Itoa(w.r.IntN(30))
	case "hex":
		return fmt.Sprintf("%#x", w.r.IntN(30))
	}
	return w.pick(`"one"`, `"two"`, `""`)
}

func (w *kconfigWriter) choice() {
	kind := "bool"
	if w.old {
		kind = w.pick("bool", "bool", "tristate")
	}
	fmt.Fprintf(&w.b, "choice\n\t%s \"pick\"%s\n%s", kind, w.cond(3), w.maybe("\tdepends on ", 3))
	if w.old && w.r.IntN(4) == 0 {
		w.b.WriteString("\toptional\n")
	}
	first, size := w.n, 1+w.r.IntN(4)
	if w.r.IntN(2) == 0 {
		fmt.Fprintf(&w.b, "\tdefault %s%s\n", symbolName(first+w.r.IntN(size)), w.cond(3))
	}
	visible := w.n
	for i := range size {
		w.n = first + i
		kept := *w
		kept.n = visible // members may not depend on each other
		member := kind
		if w.old && kind == "tristate" && w.r.IntN(4) == 0 {
			member = "bool"
		}
		line := fmt.Sprintf("config %s\n\t%s \"p%d\"%s\n%s", symbolName(first+i), member, first+i, kept.cond(3), kept.maybe("\tdepends on ", 3))
		if w.old && w.r.IntN(5) == 0 {
			line += fmt.Sprintf("config O%d\n\tbool \"option\"\n\tdepends on %s%s\n", first+i, symbolName(first+i), w.pick("", " && y"))
		}
		w.b.WriteString(line)
		w.is = append(w.is, member)
	}
	w.n = first + size
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
	if w.n == 0 || w.r.IntN(8) == 0 {
		return w.pick("y", "m", "n", "UNDEFINED", "MODULES", "MODULES")
	}
	i := w.r.IntN(w.n)
	name := symbolName(i)
	switch w.is[i] {
	case "bool":
		// Not !=y: linux 6.12's conf takes the symbol for an expression there.
		return name + w.pick("", "", "", "=y", "=m", "!=n", "=n", "!=m")
	case "tristate":
		return name + w.pick("", "", "", "=y", "=m", "!=n", "=n", "!=y", "!=m")
	case "string":
		return name + w.pick(`="one"`, ` != ""`, ` < "two"`)
	}
	return name + w.pick(" = 12", " > 5", " <= 0x10", " != 0", " < "+name)
}

func randomLines(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 11))
	var b strings.Builder
	for range r.IntN(14) {
		i := r.IntN(14)
		var value string
		switch typeOf(i) {
		case "bool", "tristate":
			value = []string{"y", "y", "m", "m", "n"}[r.IntN(5)]
		case "string":
			value = []string{`"one"`, `""`}[r.IntN(2)]
		default:
			value = strconv.Itoa(r.IntN(40))
		}
		fmt.Fprintf(&b, "CONFIG_S%d=%s\n", i, value)
	}
	return b.String()
}

// TestRandomKconfigs compares random Kconfigs with conf, refusals included.
func TestRandomKconfigs(t *testing.T) {
	runs := 300
	if n, err := strconv.Atoi(os.Getenv("PTREVIEW_RANDOM_KCONFIGS")); err == nil {
		runs = n
	}
	for _, variable := range realTrees {
		t.Run(strings.TrimPrefix(variable, "PTREVIEW_"), func(t *testing.T) {
			tree := realTree(t, variable)
			o := &oracle{conf: buildConf(t, tree), dir: t.TempDir(), env: environ(nil)}
			d := readDialect(os.DirFS(tree))
			refused, text, lines := 0, "", ""
			defer func() {
				if t.Failed() {
					t.Logf("%s\n%s", text, lines)
				}
			}()
			for seed := range uint64(runs) {
				text, lines = randomKconfig(seed, d.choiceSymbols), randomLines(seed)
				if !compareRandom(t, o, d, text, lines) {
					refused++
				}
				if t.Failed() {
					return
				}
			}
			t.Logf("%d of %d refused by both", refused, runs)
			if refused > runs*3/4 {
				t.Errorf("%d of %d were refused: too few are compared", refused, runs)
			}
		})
	}
}

// compareRandom returns false if conf finds a cycle in the Kconfig. Then Load
// must find it too, except before linux 6.11, where conf's answer depends on
// which constants it happened to drop (see choice.go).
func compareRandom(t *testing.T, o *oracle, d dialect, text, lines string) bool {
	t.Helper()
	k, err := loadAs(fstest.MapFS{"Kconfig": {Data: []byte(text)}}, "test", Env{}, d)
	writeFile(t, o.dir+"/Kconfig", text)
	writeFile(t, o.dir+"/.config", lines)
	cmd := exec.Command(o.conf, "--olddefconfig", "Kconfig")
	cmd.Dir, cmd.Env = o.dir, o.env
	out, confErr := cmd.CombinedOutput()
	switch {
	case confErr != nil && strings.Contains(string(out), "recursive dependency"):
		if err == nil && !d.choiceSymbols {
			t.Errorf("only conf refuses: %s", out)
		}
		return false
	case err != nil:
		t.Errorf("only we refuse: %v", err)
		return false
	}
	compareWithConf(t, k, o, parseText(t, lines, "config"), lines)
	return true
}
