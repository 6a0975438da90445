package pagetable

import (
	"fmt"
	"slices"
	"strings"

	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// Made is a way in which an entry of a level comes about: C text that declares
// a variable called Name and makes it of free inputs.
type Made struct {
	Level   string
	Name    string
	Text    string // what it is then, behind the entry's name: "maps a huge page"
	Inputs  []Input
	Assume  []string // conditions in C on the inputs
	Prepare string
}

// kind is what an entry in a table may be. Without made it is empty or points
// to a table, which the emulator writes itself.
type kind struct {
	text string
	made *Made
}

const (
	textEmpty = "is empty"
	textTable = "points to a table below"
)

// kinds lists what entries of a level can be.
func (c *Call) kinds(level string) []kind {
	list := []kind{{text: textEmpty}}
	if below(level) != "" {
		list = append(list, kind{text: textTable})
	}
	for i := range c.Made {
		if m := &c.Made[i]; m.Level == level {
			list = append(list, kind{m.Text, m})
		}
	}
	return list
}

// choice says what each of the free entries in tables is; nil for any bits.
type choice []chosen

type chosen struct {
	name string // as in Call.Symbolic
	kind
}

func (c choice) of(name string) (kind, bool) {
	for _, x := range c {
		if x.name == name {
			return x.kind, true
		}
	}
	return kind{}, false
}

// Free names what may be free in a call of fn: the entries of tables that it is
// given the addresses of and, with those, the user addresses. A function that
// finds its entry itself has that.
func (e *Emulator) Free(u *unit.Unit, fn *syntax.FuncDef) (entries, addresses []string) {
	f, err := e.function(u, fn)
	if err != nil {
		return nil, nil
	}
	x := &caller{f: f}
	for _, p := range f.params {
		switch {
		case x.inTables(p.name):
			entries = append(entries, p.name)
		case p.isAddress():
			addresses = append(addresses, p.name)
		}
	}
	if len(entries) > 0 {
		return entries, addresses
	}
	if f.level != "" && !f.has(func(p param) bool { return p.level != "" }) {
		return []string{f.level}, nil
	}
	return nil, nil
}

// texts says what the entries are: "pmd points to a table below".
func (c choice) texts() []string {
	var list []string
	for _, x := range c {
		list = append(list, x.name+" "+x.text)
	}
	return list
}

// choices lists the ways to choose what the free entries in tables are; nil if
// there are none.
func (f *function) choices(c *Call) []choice {
	var list []choice
	x := &caller{f: f}
	for _, name := range c.Symbolic {
		if !x.inTables(name) {
			continue
		}
		level := f.levelOf(name)
		if list == nil {
			list = []choice{nil}
		}
		var longer []choice
		for _, have := range list {
			for _, k := range c.kinds(level) {
				longer = append(longer, append(have[:len(have):len(have)], chosen{name, k}))
			}
		}
		list = longer
	}
	return list
}

// freeKind lets an entry of a table be any of a kind.
func (x *caller) freeKind(name, level string, at uint64, k kind) error {
	switch {
	case k.made != nil:
		return x.freeMade(name, level, at, k.made)
	case k.text == textTable:
		return x.freeTable(name, level, at)
	}
	if err := x.clearEntry(level, at); err != nil {
		return err
	}
	empty, err := x.isEmpty(level, at)
	if err == nil && !empty {
		err = errNoState
	}
	return err
}

// freeEntry is freeKind, and with values given says what they make the entry.
func (x *caller) freeEntry(name, level string, at uint64, k kind) error {
	if err := x.freeKind(name, level, at, k); err != nil || x.given == nil {
		return err
	}
	v, err := x.m.Mem.Load(at, x.entrySize(level))
	if err == nil {
		x.out.Example = append(x.out.Example, Value{Name: name, Text: bits.CText(v, shownText)})
	}
	return err
}

// input is a free value, or the one given for it.
func (x *caller) input(name string, width int) bits.Term {
	if v, ok := x.given[name]; ok {
		return v
	}
	v := x.m.Bits.Var(name, width)
	x.vars = append(x.vars, v)
	return v
}

// freeMade writes an entry that is made of free inputs.
func (x *caller) freeMade(name, level string, at uint64, m *Made) error {
	var head strings.Builder
	head.WriteString("({ ")
	for _, in := range m.Inputs {
		size, err := x.number("sizeof(" + in.Type + ")")
		if err != nil {
			return err
		}
		o, err := x.m.Mem.Alloc(mem.Spec{Name: in.Name, Kind: mem.Heap, Size: size}, 16)
		if err != nil {
			return err
		}
		if err := x.m.Mem.Store(o.Addr, x.input(name+"."+strings.TrimPrefix(in.Name, m.Name+"_"), int(8*size))); err != nil {
			return err
		}
		fmt.Fprintf(&head, "%s %s = *(%s *)%s; ", in.Type, in.Name, in.Type, x.ulong(o.Addr))
	}
	for _, text := range m.Assume {
		v, err := x.open(head.String() + "!!(" + text + "); })")
		if err == nil {
			err = x.m.Assume(v)
		}
		if err != nil {
			return err
		}
	}
	_, err := x.open(fmt.Sprintf("%s%s*(%s_t *)%s = %s; })", head.String(), m.Prepare, level, x.ulong(at), m.Name))
	return err
}

// open evaluates C text that may depend on free values.
func (x *caller) open(text string) (bits.Term, error) {
	prepared, err := x.prepare(x.unit.Types, text)
	if err != nil {
		return bits.Term{}, err
	}
	r, err := x.m.Evaluate(x.ctx, prepared)
	switch {
	case err != nil:
		return bits.Term{}, err
	case r.Trap != nil:
		return bits.Term{}, &notAsked{fmt.Sprintf("%s in %s", r.Trap.Kind, innermost(r.Trap.Stack))}
	case len(r.Unknowns) > 0:
		return bits.Term{}, &notAsked{"depends on " + plain(r.Unknowns[0])}
	case len(r.Skipped) > 0:
		return bits.Term{}, &notAsked{"needs " + plain(r.Skipped[0])}
	}
	return r.Return, nil
}

// freeTable lets an entry point to a table anywhere in memory that tables are
// in: at a multiple of its size where the kernel packs several into a page.
func (x *caller) freeTable(name, level string, at uint64) error {
	own, err := x.tableBelow(level)
	if err != nil {
		return err
	}
	unit, err := x.tableUnit(level)
	if err != nil {
		return err
	}
	first := x.geo.linear + x.geo.start
	n := x.input(name+".table", 64)
	if !n.IsConst() {
		x.prefer = append(x.prefer, preferred{n, bits.Const(64, (own-first)/unit)})
	}
	within := x.m.Bits.And(x.m.Bits.Ule(bits.Const(64, lowMemory/unit), n), x.m.Bits.Ult(n, bits.Const(64, x.reach()/unit)))
	if err := x.m.Assume(within); err != nil {
		return err
	}
	table := x.m.Bits.Add(bits.Const(64, first), x.m.Bits.Mul(n, bits.Const(64, unit)))
	if known, ok := table.Uint64(); ok && known != own {
		if err := x.placeTable(below(level), known, unit); err != nil {
			return err
		}
	}
	cell, err := x.m.Mem.Alloc(mem.Spec{Name: name + ".table", Kind: mem.Heap, Size: uint64(x.m.Mem.PointerBits() / 8)}, 16)
	if err != nil {
		return err
	}
	if err := x.m.Mem.Store(cell.Addr, x.m.Bits.Resize(table, x.m.Mem.PointerBits(), false)); err != nil {
		return err
	}
	if err := x.clearEntry(level, at); err != nil {
		return err
	}
	to := fmt.Sprintf("(*(unsigned long *)%s)", x.ulong(cell.Addr))
	pgtable := to
	if x.pgtableIsPage() {
		pgtable = "virt_to_page((void *)" + to + ")"
		if !x.has(pgtable) {
			pgtable = "pfn_to_page(__pa(" + to + ") >> PAGE_SHIFT)"
		}
	}
	texts := x.populating(level, at, to, pgtable)
	_, err = x.open(texts[x.wrote[level]])
	return err
}

// tableBelow returns the table that the entry of a level for the address
// points to.
func (x *caller) tableBelow(level string) (uint64, error) {
	entry := x.levels[below(level)]
	if _, ok := x.wrote[level]; !ok || entry == x.levels[level] {
		return 0, errNoState // folded: the level points to no table
	}
	for _, o := range x.tables {
		if entry >= o.Addr && entry < o.End() {
			return o.Addr, nil
		}
	}
	return 0, errNoState
}

// tableUnit is what the addresses of tables below a level are multiples of.
func (x *caller) tableUnit(level string) (uint64, error) {
	if level != "pmd" || x.pgtableIsPage() {
		return x.geo.pageSize, nil
	}
	size, err := x.number("PTRS_PER_PTE * sizeof(pte_t)")
	if err != nil || size == 0 || size&(size-1) != 0 || size > x.geo.pageSize {
		return x.geo.pageSize, err
	}
	return size, nil
}

// pgtableIsPage reports whether a struct page stands for a page table.
func (w *world) pgtableIsPage() bool {
	t := w.unit.Types.Typedef("pgtable_t")
	if t == nil {
		return false
	}
	if p, ok := types.Unqual(t).(*types.Pointer); ok {
		if r, ok := types.Unqual(p.Elem).(*types.Record); ok && r.Tag == "page" {
			return true
		}
	}
	return false
}

// reach is how many bytes of physical memory, from where it begins, are seen in
// the linear map of an architecture's largest machine.
func (w *world) reach() uint64 {
	if w.geo.reach == 0 {
		w.geo.reach = w.findReach()
	}
	return w.geo.reach
}

// findReach asks the kernel how far the linear map goes.
func (w *world) findReach() uint64 {
	first := w.geo.linear + w.geo.start
	for size := w.mostReach(); size > firstPhys; size /= 2 {
		last := first + size - w.geo.pageSize
		phys, err := w.number("(unsigned long long)__pa(" + w.ulong(last) + ")")
		if err != nil || phys != w.wrap(last-w.geo.linear) {
			continue
		}
		back, err := w.number("(unsigned long)__va(__pa(" + w.ulong(last) + "))")
		if err == nil && back == w.wrap(last) {
			return size
		}
	}
	return firstPhys
}

// mostReach is what the widths of addresses allow.
func (w *world) mostReach() uint64 {
	first := w.geo.linear + w.geo.start
	if w.m.Mem.PointerBits() == 32 {
		return min(512<<20, 1<<32-w.wrap(first))
	}
	for _, symbol := range []string{"MAX_PHYSMEM_BITS", "MAX_POSSIBLE_PHYSMEM_BITS"} {
		if !w.has(symbol) {
			continue
		}
		if n, err := w.number(symbol); err == nil && n < 60 && n > 24 {
			return min(1<<n-w.geo.start, -first-1) &^ (1<<20 - 1)
		}
	}
	return w.memory()
}

// placeTable makes an empty table at an address of the linear map where nothing
// is yet.
func (w *world) placeTable(level string, at, size uint64) error {
	page := at &^ (w.geo.pageSize - 1)
	if slices.ContainsFunc(w.tables, func(o *mem.Object) bool { return at >= o.Addr && at < o.End() }) {
		return nil
	}
	o, err := w.m.Mem.Place(mem.Spec{Name: level, Kind: mem.PageTable, Addr: page, Size: w.geo.pageSize})
	if err != nil {
		return err
	}
	w.tables = append(w.tables, o)
	w.trySet(w.page(page), w.unit.Types.Record("page"), 0, "compound_head")
	w.trySet(w.page(page), w.unit.Types.Record("page"), 1, "_refcount", "counter")
	if err := w.splitLock(page); err != nil {
		return err
	}
	return w.clearTable(level, at, size)
}

// vouch lets addresses that depend on free values lie in memory and in its
// struct pages.
func (w *world) vouch() {
	w.m.Vouch(w.geo.linear+w.geo.start, w.reach())
	w.m.Vouch(w.geo.pages+w.geo.start>>w.geo.pageShift*w.geo.pageBytes, w.reach()>>w.geo.pageShift*w.geo.pageBytes)
}

// preferred is a value that an example has if it can.
type preferred struct{ v, value bits.Term }
