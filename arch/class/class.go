package class

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strconv"
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
// numeric symbols are computed; what is no matter of Kconfig is Unknown.
func (c *Class) Truth(atom string) Truth {
	if words := strings.Fields(atom); len(words) == 3 {
		return c.compare(words[0], words[1], words[2])
	}
	name, ok := strings.CutPrefix(atom, "CONFIG_")
	if !ok {
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

func (c *Class) compare(x, op, y string) Truth {
	a, ok1 := c.number(x)
	b, ok2 := c.number(y)
	if !ok1 || !ok2 {
		return Unknown
	}
	switch op {
	case "==":
		return TruthOf(a == b)
	case "!=":
		return TruthOf(a != b)
	case "<":
		return TruthOf(a < b)
	case "<=":
		return TruthOf(a <= b)
	case ">":
		return TruthOf(a > b)
	case ">=":
		return TruthOf(a >= b)
	}
	return Unknown
}

func (c *Class) number(word string) (int64, bool) {
	if name, ok := strings.CutPrefix(word, "CONFIG_"); ok {
		if word = c.Value(name); word == "" || word == "y" {
			// An undefined macro is 0 in #if, a bool that is y is 1.
			word = map[string]string{"": "0", "y": "1"}[word]
		}
	}
	n, err := strconv.ParseInt(word, 0, 64)
	return n, err == nil
}

// Holds reports whether f certainly holds in the class.
func (c *Class) Holds(f Formula) bool { return f.Eval(c.Truth) == Yes }

// Chooser finds classes of one architecture of one tree. It is not safe for
// concurrent use.
type Chooser struct {
	arch  *arch.Arch
	kc    *kconfig.Kconfig
	bases []base
}

type base struct {
	name  string
	lines kconfig.Assignments
	made  *kconfig.Config
}

// NewChooser reads the architecture's Kconfig and the defconfigs that its
// data names. Defconfigs the tree does not have are passed over; an
// architecture with none of them is an error.
func NewChooser(fsys fs.FS, a *arch.Arch, kc *kconfig.Kconfig) (*Chooser, error) {
	ch := &Chooser{arch: a, kc: kc}
	for _, name := range a.Defconfigs {
		file := path.Join("arch", a.Name, "configs", name)
		data, err := fs.ReadFile(fsys, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := ch.addBase(name, file, data); err != nil {
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
	ch := &Chooser{arch: a, kc: kc}
	if err := ch.addBase(name, name, data); err != nil {
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

func (ch *Chooser) addBase(name, file string, data []byte) error {
	lines, err := kconfig.ParseConfig(bytes.NewReader(data), file)
	if err != nil {
		return err
	}
	made, _, err := ch.kc.Olddefconfig(lines)
	if err != nil {
		return err
	}
	ch.bases = append(ch.bases, base{name, lines, made})
	return nil
}

// Base returns the class of the first defconfig.
func (ch *Chooser) Base() *Class { return ch.class(ch.bases[0], nil, ch.bases[0].made) }

func (ch *Chooser) class(b base, extra []string, cfg *kconfig.Config) *Class {
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

// Unmet is a condition that no class satisfies.
type Unmet struct {
	When   Formula
	Reason string
}

// Classes returns the classes that the conditions tell apart: those of the
// defconfigs, and for every condition and every alternative of it a class in
// which it holds, made from the first defconfig on which Kconfig accepts it.
// Of classes that agree on all atoms only the first is kept. A condition no
// configuration tried could meet is returned in unmet.
func (ch *Chooser) Classes(conditions []Formula) (classes []*Class, unmet []Unmet, err error) {
	set := &classSet{seen: make(map[string]bool), atoms: atomsOf(conditions)}
	for _, b := range ch.bases {
		c := ch.class(b, nil, b.made)
		if c.Variant != nil {
			set.add(c)
		}
	}
	for _, f := range conditions {
		terms, ok := f.Terms()
		if !ok {
			if !set.anyHolds(f) {
				unmet = append(unmet, Unmet{f, "the condition has too many symbols to take apart"})
			}
			continue
		}
		met := false
		for _, t := range terms {
			found, err := ch.meet(set, t)
			if err != nil {
				return nil, nil, err
			}
			met = met || found
		}
		if !met && len(terms) > 0 && !set.anyHolds(f) {
			unmet = append(unmet, Unmet{f, "no defconfig accepts it"})
		}
	}
	return set.classes, unmet, nil
}

type classSet struct {
	classes []*Class
	seen    map[string]bool // projections on atoms
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
	key := c.Variant.Name + ":"
	for _, a := range s.atoms {
		key += string(rune('0' + c.Truth(a)))
	}
	if !s.seen[key] {
		s.seen[key] = true
		s.classes = append(s.classes, c)
	}
}

func (s *classSet) anyHolds(f Formula) bool {
	for _, c := range s.classes {
		if c.Holds(f) {
			return true
		}
	}
	return false
}

func (s *classSet) meets(t Term) bool {
	for _, c := range s.classes {
		if c.meets(t) {
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

// meet adds a class in which t holds, unless there is one, and reports
// whether one exists now.
func (ch *Chooser) meet(set *classSet, t Term) (bool, error) {
	if set.meets(t) {
		return true, nil
	}
	for _, b := range ch.bases {
		for _, lines := range ch.assignments(b, t) {
			as, err := kconfig.ParseConfig(strings.NewReader(strings.Join(lines, "\n")+"\n"), "fragment")
			if err != nil {
				return false, err
			}
			cfg, _, err := ch.kc.Olddefconfig(kconfig.Merge(b.lines, as))
			if err != nil {
				return false, err
			}
			if c := ch.class(b, lines, cfg); c.Variant != nil && c.meets(t) {
				set.add(c)
				return true, nil
			}
		}
	}
	return false, nil
}

// assignments returns the ways of asking a base for t: one for every other
// member of a choice that a negated member leaves.
func (ch *Chooser) assignments(b base, t Term) [][]string {
	ways := [][]string{nil}
	c := ch.class(b, nil, b.made)
	for _, l := range t {
		if c.Truth(l.Atom) == TruthOf(!l.Neg) {
			continue
		}
		options := ch.lines(l)
		if len(options) == 0 {
			return nil
		}
		var next [][]string
		for _, w := range ways {
			for _, o := range options {
				next = append(next, append(w[:len(w):len(w)], o))
			}
		}
		ways = next
	}
	return ways
}

// lines returns the .config lines any of which may make a literal true.
func (ch *Chooser) lines(l Literal) []string {
	name, ok := strings.CutPrefix(l.Atom, "CONFIG_")
	if !ok || strings.Contains(name, " ") {
		return nil
	}
	value := "=y"
	sym := ch.kc.Symbol(name)
	if sym == nil || !sym.IsDefined() {
		base, isModule := strings.CutSuffix(name, "_MODULE")
		if sym = ch.kc.Symbol(base); !isModule || sym == nil || !sym.IsDefined() {
			return nil
		}
		name, value = base, "=m"
	}
	if !l.Neg {
		return []string{"CONFIG_" + name + value}
	}
	if choice, ok := sym.Choice(); ok && !sym.IsChoice() {
		var lines []string
		for _, m := range choice.Members {
			if m != sym {
				lines = append(lines, "CONFIG_"+m.Name()+"=y")
			}
		}
		return lines
	}
	return []string{"# CONFIG_" + name + " is not set"}
}
