package class

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"

	"ptreview/arch"
	"ptreview/arch/kconfig"
)

// Class is one class of configurations of an architecture, by its witness.
type Class struct {
	ID      string // "powerpc/ppc64_defconfig+PPC_4K_PAGES": architecture, base, what is put on top
	Arch    *arch.Arch
	Variant *arch.Variant
	Config  *kconfig.Config // the witness
	Base    string          // the defconfig or file the witness starts from
	Extra   []string        // .config lines put on top of Base to make it
	// Needs are those of EXPERT, COMPILE_TEST and BROKEN without which no
	// configuration of the class exists. There are none in an ordinary class.
	Needs []string
}

// Value returns what the witness has for a symbol, in the form arch asks for.
func (c *Class) Value(symbol string) string {
	v := c.Config.Value(symbol)
	if !v.Written {
		return ""
	}
	switch v.Type {
	case kconfig.Bool, kconfig.Tristate:
		if t := c.Config.Tri(symbol); t != kconfig.No {
			return t.String()
		}
		return ""
	}
	return v.Text
}

// Machines returns the machines the class can boot on.
func (c *Class) Machines() []*arch.Machine { return c.Arch.MachinesOf(c.Value) }

// Truth gives an atom of a Formula its value in the class. Comparisons of
// numeric symbols are computed, and defined(X) of what compilers predefine;
// what is no matter of either is Unknown.
func (c *Class) Truth(atom string) Truth {
	if words := strings.Fields(atom); len(words) == 3 {
		return compareWords(c.word(words[0]), words[1], c.word(words[2]))
	}
	if macro, ok := definedMacro(atom); ok && c.Variant != nil {
		return predefined(c.Variant, macro)
	}
	name, ok := strings.CutPrefix(atom, "CONFIG_")
	if !ok || strings.Contains(name, " ") {
		return Unknown
	}
	if sym := c.Config.Kconfig().Symbol(name); sym == nil || !sym.IsDefined() {
		if base, isModule := strings.CutSuffix(name, "_MODULE"); isModule {
			return TruthOf(c.Config.Tri(base) == kconfig.Mod)
		}
		return No
	}
	v := c.Config.Value(name)
	switch v.Type {
	case kconfig.Bool, kconfig.Tristate:
		return TruthOf(c.Config.Tri(name) == kconfig.Yes)
	}
	return TruthOf(v.Written)
}

// word returns what a word of an #if is in the class: CONFIG_X is 1 for a bool
// that is y, 0 where the macro is not defined.
func (c *Class) word(word string) string {
	name, ok := strings.CutPrefix(word, "CONFIG_")
	if !ok {
		return word
	}
	v := c.Config.Value(name)
	switch v.Type {
	case kconfig.Bool, kconfig.Tristate:
		if v.Tri == kconfig.Yes {
			return "1"
		}
		return "0"
	}
	if !v.Written {
		return "0"
	}
	return asMacro(v.Type, v.Text)
}

// Holds reports whether f certainly holds in the class.
func (c *Class) Holds(f Formula) bool { return f.Eval(c.Truth) == Yes }

// Chooser finds classes of one architecture of one tree. It is not safe for
// concurrent use.
type Chooser struct {
	arch  *arch.Arch
	kc    *kconfig.Kconfig
	bases []*base
	known *catalog
	// unmet are symbols that a base itself selects beyond what they depend on.
	unmet map[string]bool
}

type base struct {
	name  string
	lines kconfig.Assignments
	made  *kconfig.Config
}

// NewChooser reads the architecture's Kconfig and the defconfigs that its
// data names: files, or what its Makefile makes of several. Defconfigs the tree
// does not have are passed over; an architecture with none of them is an error.
func NewChooser(fsys fs.FS, a *arch.Arch, kc *kconfig.Kconfig) (*Chooser, error) {
	ch := newChooser(a, kc)
	var made []string // read when a file is missing
	for _, name := range a.Defconfigs {
		file := path.Join("arch", a.Name, "configs", name)
		if _, err := fs.Stat(fsys, file); errors.Is(err, fs.ErrNotExist) {
			if made == nil {
				made = kconfig.Defconfigs(fsys, a.Name)
			}
			if !slices.Contains(made, name) {
				continue
			}
		}
		lines, err := kc.Base(fsys, name)
		if err != nil {
			return nil, err
		}
		if err := ch.addBase(name, lines); err != nil {
			return nil, err
		}
	}
	if len(ch.bases) == 0 {
		return nil, fmt.Errorf("arch/%s/configs: none of %s is there", a.Name, strings.Join(a.Defconfigs, ", "))
	}
	return ch, nil
}

// NewExplicit returns a Chooser whose only class is that of a given .config.
// name is its file, for errors and reports.
func NewExplicit(a *arch.Arch, kc *kconfig.Kconfig, name string, data []byte) (*Chooser, error) {
	ch := newChooser(a, kc)
	lines, err := kconfig.ParseConfig(bytes.NewReader(data), name)
	if err != nil {
		return nil, err
	}
	if err := ch.addBase(name, lines); err != nil {
		return nil, err
	}
	return ch, nil
}

// Dropped returns the symbols of the first base that Kconfig gives another
// value than its lines ask for, or does not know, in their order. There are
// none in a .config of the same tree.
func (ch *Chooser) Dropped() []string {
	b := ch.bases[0]
	var names []string
	for _, a := range b.lines {
		v := b.made.Value(a.Name)
		switch {
		case !a.Unset && v.Written && v.Text == strings.Trim(a.Value, `"`):
		case (a.Unset || a.Value == "n") && (!v.Written || v.Text == "n"):
		default:
			names = append(names, a.Name)
		}
	}
	return names
}

func (ch *Chooser) addBase(name string, lines kconfig.Assignments) error {
	made, _, err := ch.kc.Olddefconfig(lines)
	if err != nil {
		return err
	}
	ch.bases = append(ch.bases, &base{name, lines, made})
	for _, n := range made.Unmet() {
		ch.unmet[n] = true
	}
	return nil
}

func newChooser(a *arch.Arch, kc *kconfig.Kconfig) *Chooser {
	return &Chooser{arch: a, kc: kc, known: newCatalog(kc), unmet: make(map[string]bool)}
}

// Base returns the class of the first defconfig.
func (ch *Chooser) Base() *Class { return ch.class(ch.bases[0], nil, ch.bases[0].made) }

func (ch *Chooser) class(b *base, extra []string, cfg *kconfig.Config) *Class {
	c := &Class{Arch: ch.arch, Config: cfg, Base: b.name, Extra: extra}
	c.Variant = ch.arch.Variant(c.Value)
	c.ID = ch.arch.Name + "/" + b.name
	for _, line := range extra {
		c.ID += "+" + shortLine(line)
	}
	return c
}

// shortLine abbreviates a .config line for an ID: X, X=5, !X.
func shortLine(line string) string {
	if name, ok := strings.CutPrefix(line, "# CONFIG_"); ok {
		return "!" + strings.TrimSuffix(name, " is not set")
	}
	return strings.TrimSuffix(strings.TrimPrefix(line, "CONFIG_"), "=y")
}

type classSet struct {
	classes []*Class
	truth   []map[string]Truth // of each class, by atom
	seen    map[string]bool    // projections on atoms
	atoms   []string
}

func atomsOf(fs []Formula) []string {
	seen := make(map[string]bool)
	for _, f := range fs {
		f.collect(seen)
	}
	atoms := make([]string, 0, len(seen))
	for a := range seen {
		atoms = append(atoms, a)
	}
	sort.Strings(atoms)
	return atoms
}

func (s *classSet) add(c *Class) {
	key := []byte(c.Variant.Name + ":")
	truth := make(map[string]Truth, len(s.atoms))
	for _, a := range s.atoms {
		truth[a] = c.Truth(a)
		key = append(key, '0'+byte(truth[a]))
	}
	if !s.seen[string(key)] {
		s.seen[string(key)] = true
		s.classes = append(s.classes, c)
		s.truth = append(s.truth, truth)
	}
}

// anyHolds reports whether a formula of the set's atoms holds in a class.
func (s *classSet) anyHolds(f Formula) bool {
	for _, truth := range s.truth {
		if f.Eval(func(atom string) Truth { return truth[atom] }) == Yes {
			return true
		}
	}
	return false
}

func (c *Class) meets(t Term) bool {
	for _, l := range t {
		if c.Truth(l.Atom) != TruthOf(!l.Neg) {
			return false
		}
	}
	return true
}
