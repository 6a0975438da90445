package class

import (
	"fmt"
	"strings"

	"ptreview/arch/kconfig"
)

// ArchOf returns the architecture that the ID of a class names.
func ArchOf(id string) string {
	name, _, _ := strings.Cut(id, "/")
	return name
}

// ByID returns the class that an ID names: architecture, base, and what is put
// on top, as in powerpc/ppc64_defconfig+PPC_4K_PAGES.
func (ch *Chooser) ByID(id string) (*Class, error) {
	name, rest, ok := strings.Cut(id, "/")
	if !ok || name != ch.arch.Name {
		return nil, fmt.Errorf("%q names no class of %s, which are spelled %s/BASE+SYMBOL…", id, ch.arch.Name, ch.arch.Name)
	}
	parts := strings.Split(rest, "+")
	var names []string
	for _, b := range ch.bases {
		names = append(names, b.name)
		if b.name == parts[0] {
			return ch.onTop(b, id, parts[1:])
		}
	}
	return nil, fmt.Errorf("classes of %s start from %s, not from %q", name, strings.Join(names, ", "), parts[0])
}

func (ch *Chooser) onTop(b *base, id string, parts []string) (*Class, error) {
	var lines []string
	for _, p := range parts {
		line := longLine(p)
		if err := ch.checkLine(line); err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		lines = append(lines, line)
	}
	c, err := ch.put(b, lines)
	if err != nil {
		return nil, err
	}
	if c.Variant == nil {
		return nil, fmt.Errorf("%s: no variant of %s that is known", id, ch.arch.Name)
	}
	for _, a := range linesOf(lines) {
		v := c.Config.Value(a.Name)
		if v.Text != textOf(a.Value) && (a.Value != "n" || v.Written && v.Text != "n") {
			return nil, fmt.Errorf("%s: Kconfig makes %s %s of %s", id, a.Name, v.Text, a)
		}
	}
	return c, nil
}

func linesOf(lines []string) kconfig.Assignments {
	// Every line was checked before.
	list, _ := kconfig.ParseConfig(strings.NewReader(strings.Join(lines, "\n")+"\n"), "class")
	return list
}

func (ch *Chooser) checkLine(line string) error {
	list, err := kconfig.ParseConfig(strings.NewReader(line+"\n"), "class")
	if err != nil || len(list) != 1 {
		return fmt.Errorf("%q is no line of a .config", line)
	}
	if s := ch.kc.Symbol(list[0].Name); s == nil || !s.IsDefined() {
		return fmt.Errorf("no symbol %s in the Kconfig of %s", list[0].Name, ch.arch.Name)
	}
	return nil
}

// longLine undoes shortLine.
func longLine(short string) string {
	if name, ok := strings.CutPrefix(short, "!"); ok {
		return "# CONFIG_" + name + " is not set"
	}
	if strings.Contains(short, "=") {
		return "CONFIG_" + short
	}
	return "CONFIG_" + short + "=y"
}
