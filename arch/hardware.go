package arch

import (
	"fmt"
	"strings"
)

// Hardware is how a processor reads the entries of one level of page table,
// after its manual; where software fills the translation buffer, what its
// handler makes of them. The conditions and numbers are C of X, the entry as
// 64 unsigned bits. They hold for an access of user space, and what a fault
// would repair counts as not allowed.
type Hardware struct {
	When  Cond
	If    string // a condition in C that holds on the machine, "" for always
	Level string
	// Entry is what the processor is given for the kernel's entry X, "" for X.
	Entry string
	// Leaf holds where an entry maps a page, whoever may access it, and Table
	// where it points to the next table, "" for nowhere.
	Leaf, Table string
	// Frame is the physical address of the page of a leaf, Next that of the
	// table pointed to.
	Frame, Next string
	// Read, Write and Exec hold where user space may do so; "" is not told.
	Read, Write, Exec string
	// SetsYoung and SetsDirty hold where the processor, or the handler that
	// loads its translation buffer, notes an access, or a write, in the entry
	// itself, instead of the fault that Read and Write count; "" for nowhere.
	SetsYoung, SetsDirty string
	// Source cites the manual, and the handler.
	Source string
}

// HardwareOf returns what is known of the entries of one level in a
// configuration, in the order of the file; which of them holds on a machine is
// for If to say.
func (a *Arch) HardwareOf(level string, value func(symbol string) string) []Hardware {
	var list []Hardware
	for _, h := range a.Hardware {
		if h.Level == level && h.When.Holds(value) {
			list = append(list, h)
		}
	}
	return list
}

// Asks lists what can be asked of an entry, by the words that laws use.
func (h *Hardware) Asks(what string) string {
	return map[string]string{
		"LEAF": h.Leaf, "TABLE": h.Table, "FRAME": h.Frame, "NEXT": h.Next,
		"READ": h.Read, "WRITE": h.Write, "EXEC": h.Exec,
		"SETS_YOUNG": orNever(h.SetsYoung), "SETS_DIRTY": orNever(h.SetsDirty),
	}[what]
}

func orNever(cond string) string {
	if cond == "" {
		return "0"
	}
	return cond
}

// C is the text of an expression of X for the entry that C text stands for.
func (h *Hardware) C(what, entry string) string {
	text := fmt.Sprintf("({ unsigned long long X = %s_val(%s); ", h.Level, entry)
	if h.Entry != "" {
		text += "X = " + h.Entry + "; "
	}
	return text + what + "; })"
}

type hardwareData struct {
	When   text
	If     text `yaml:"if"`
	Level  text
	Levels []text
	Entry  text
	Leaf   text
	Table  text
	Frame  text
	Next   text
	Read   text
	Write  text
	Exec   text
	// A handler may note some accesses only.
	SetsYoung text `yaml:"sets_young"`
	SetsDirty text `yaml:"sets_dirty"`
	Source    text
}

// hardware makes one Hardware for each level. In the conditions LEAF stands
// for that of leaf, READ for that of read.
func (l *loader) hardware(d *hardwareData) []Hardware {
	names := d.Levels
	if d.Level.line != 0 {
		names = append(names[:len(names):len(names)], d.Level)
	}
	if len(names) == 0 {
		l.fail(d.Source.line, "what hardware does needs level or levels")
	}
	if d.Source.s == "" {
		l.fail(d.Leaf.line, "what hardware does needs a source")
	}
	read := strings.ReplaceAll(d.Read.s, "LEAF", "("+d.Leaf.s+")")
	spell := func(t text) string {
		return strings.ReplaceAll(strings.ReplaceAll(t.s, "LEAF", "("+d.Leaf.s+")"), "READ", "("+read+")")
	}
	list := make([]Hardware, len(names))
	for i, level := range names {
		l.checkLevel(level)
		list[i] = Hardware{
			When: l.cond(d.When), If: d.If.s, Level: level.s, Entry: d.Entry.s, Leaf: d.Leaf.s, Table: spell(d.Table),
			Frame: d.Frame.s, Next: d.Next.s, Read: read, Write: spell(d.Write), Exec: spell(d.Exec),
			SetsYoung: d.SetsYoung.s, SetsDirty: d.SetsDirty.s, Source: d.Source.s,
		}
	}
	return list
}
