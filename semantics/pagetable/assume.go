package pagetable

import (
	"fmt"
	"slices"
	"strings"
)

// AssumptionKind says where an assumption comes from.
type AssumptionKind string

// The kinds of assumptions.
const (
	AssumeEntry  AssumptionKind = "entry"  // what an entry of a live table can be
	AssumeMemory AssumptionKind = "memory" // what it points to is there
	AssumeGuard  AssumptionKind = "guard"  // what callers have looked at
	AssumeLock   AssumptionKind = "lock"   // what callers hold
)

// AssumptionKinds lists all kinds.
func AssumptionKinds() []AssumptionKind {
	return []AssumptionKind{AssumeEntry, AssumeMemory, AssumeGuard, AssumeLock}
}

// Assumption is something that free values fulfil because of who gives them.
// File and Line are where that can be read.
type Assumption struct {
	Kind AssumptionKind
	Text string
	File string
	Line int
	// Loose guards looked at an entry of a table that was not locked.
	Loose bool
}

// inWords returns the assumption that callers establish something, said to a
// reader.
func (a Assumption) inWords() Assumption {
	switch {
	case a.Kind == AssumeLock:
		a.Text = "every caller holds the " + a.Text
	case a.Loose:
		a.Text = "every caller has seen that " + a.Text + ", without the page table's lock: it may have changed since"
	default:
		a.Text = "every caller has seen that " + a.Text
	}
	return a
}

func (c *Call) without(k AssumptionKind) bool { return slices.Contains(c.Without, k) }

// entryAssumptions says what is assumed of free entries in tables when they
// are of one kind each.
func (f *function) entryAssumptions(c *Call) []Assumption {
	var list []Assumption
	x := &caller{f: f}
	for _, name := range c.Symbolic {
		if !x.inTables(name) {
			continue
		}
		level := f.levelOf(name)
		var texts []string
		for _, k := range c.kinds(level) {
			texts = append(texts, k.text)
		}
		file, line := f.source(level)
		list = append(list, Assumption{
			AssumeEntry, fmt.Sprintf("%s was read from a live table: it %s, as the architecture's own helpers make it", name, orList(texts)), file, line, false,
		})
		if !c.without(AssumeMemory) && below(level) != "" {
			list = append(list, Assumption{
				AssumeMemory, fmt.Sprintf("a table that %s points to is one of its own, anywhere in memory: its contents and its struct page are there, and its lock is free", name), file, line, false,
			})
		}
	}
	return list
}

// levelOf returns the level of the entry that a name means.
func (f *function) levelOf(name string) string {
	for _, p := range f.params {
		if p.name == name {
			return p.level
		}
	}
	return name
}

// source is where the unit defines how entries of a level are made.
func (f *function) source(level string) (file string, line int) {
	for _, name := range []string{level + "_populate", "set_" + level, "set_" + level + "_at", level + "_none"} {
		if o := f.unit.Types.Lookup(name); o != nil && o.Def != nil {
			at := f.unit.Cpp.Position(o.Def.NameAt)
			return at.Path, at.Line
		}
		if m := f.unit.Cpp.Macro(name); m != nil {
			at := f.unit.Cpp.Set.Position(m.Pos)
			return at.Path, at.Line
		}
	}
	return "", 0
}

func orList(texts []string) string {
	if len(texts) < 2 {
		return strings.Join(texts, "")
	}
	last := len(texts) - 1
	return strings.Join(texts[:last], ", ") + " or " + texts[last]
}

// Ends says how all calls of a kind end: with the one trap that every value
// leads to, or that none does. Sure is false if not all is known.
func (k *Kind) Ends() (trap *Trap, all, sure bool) {
	sure, all = true, true
	for _, p := range k.Paths {
		sure = sure && p.Proved
		switch {
		case p.Trap == nil:
			all = false
		case trap == nil:
			trap = p.Trap
		case trap.Use != p.Trap.Use:
			all = false
		}
	}
	return trap, all && trap != nil, sure
}
