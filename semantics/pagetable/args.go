package pagetable

import (
	"fmt"

	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// arguments are what a function is called with.
type arguments struct {
	values []exec.Value
	inputs []string // what they are, for the report
	addr   uint64   // the user address in use
	vma    uint64   // its area, 0 until made
}

// arguments sets up a scenario and makes the arguments for it.
func (w *world) arguments(f *function, s scenario) (*arguments, error) {
	a := &arguments{addr: w.userAddress(s)}
	if err := w.scene(f, s, a); err != nil {
		return nil, err
	}
	return a, w.fill(f, s, a)
}

// scene brings the tables into the state of a scenario.
func (w *world) scene(f *function, s scenario, a *arguments) error {
	if f.level == "" && w.unit.Types.Record("mm_struct") == nil {
		return nil
	}
	return w.prepareState(s, a)
}

// fill makes the arguments of a scenario.
func (w *world) fill(f *function, s scenario, a *arguments) error {
	for i, p := range f.params {
		v, text, err := w.argument(f, s, a, i)
		if err != nil {
			return fmt.Errorf("parameter %s: %w", p.name, err)
		}
		a.values = append(a.values, v)
		a.inputs = append(a.inputs, p.name+": "+text)
	}
	if f.level != "" && !f.has(func(p param) bool { return p.level == f.level && !p.second && p.stars < 2 }) {
		a.inputs = append(a.inputs, s.state.level+": "+s.state.text)
	}
	return nil
}

// prepareState makes the mm and brings the entry into its state.
func (w *world) prepareState(s scenario, a *arguments) error {
	if err := w.makeMM(); err != nil {
		return &bootError{"an mm", err}
	}
	if err := w.walk(a.addr); err != nil {
		return &bootError{"page tables", err}
	}
	if err := s.state.make(w); err != nil {
		if err == errNoState {
			return err
		}
		return &bootError{"a " + s.state.level + " that " + s.state.text, err}
	}
	return nil
}

// userAddress returns an address of a page in the middle of a page table, or of
// its last page; of a huge page, which some are handed whole, its first one
// instead of one in the middle.
func (w *world) userAddress(s scenario) uint64 {
	base := max(256<<20/w.geo.pmdSize*w.geo.pmdSize, w.geo.pmdSize)
	switch {
	case s.last:
		return base + w.geo.pmdSize - w.geo.pageSize
	case s.state.huge:
		return base
	}
	return base + 5*w.geo.pageSize
}

// argument makes one argument and says what it is.
func (w *world) argument(f *function, s scenario, a *arguments, i int) (exec.Value, string, error) {
	p := f.params[i]
	switch {
	case s.null == i:
		return w.m.Pointer(0), "NULL", nil
	case p.level != "" && p.stars < 2:
		return w.entryArgument(p, s, a)
	case p.stars == 0 && p.isInteger():
		return w.integer(p, a, s.flag == i)
	case p.base == "pgtable_t" && p.stars == 0:
		return w.m.Pointer(w.pgtable(w.levels["pte"] &^ (w.geo.pageSize - 1))), "the page table", nil
	case p.stars == 0:
		return w.value(p)
	case p.stars == 1:
		return w.pointer(p, a)
	}
	addr, err := w.scratch(p.name, 64)
	return w.m.Pointer(addr), "where a result is stored", err
}

// nothingKnown is the reason why an argument's contents are not known.
func nothingKnown(p param) string { return "what " + p.name + " points to" }

// entryArgument is an entry of a table, or a pointer to it.
func (w *world) entryArgument(p param, s scenario, a *arguments) (exec.Value, string, error) {
	switch {
	case p.isSeen():
		addr, err := w.object(w.unit.Types.Typedef(p.level+"_t"), p.name, nothingKnown(p))
		return w.m.Pointer(addr), "where the entry seen is stored", err
	case p.second:
		addr, err := w.otherTable(p)
		return w.m.Pointer(addr), "an entry of another table", err
	}
	text := "the entry of the tables for the address"
	if p.level == s.state.level {
		text = s.state.text
	}
	at := w.levels[p.level]
	if p.stars == 1 || isRecord(p.typ) {
		return w.m.Pointer(at), text, nil
	}
	v, err := w.m.Mem.Load(at, int(p.typ.Size()))
	return v, text, err
}

// otherTable makes a table that nothing is known of.
func (w *world) otherTable(p param) (uint64, error) {
	addr, err := w.reserve(w.geo.pageSize, 0)
	if err != nil {
		return 0, err
	}
	_, err = w.m.Mem.Place(mem.Spec{Name: p.level, Kind: mem.PageTable, Addr: addr, Size: w.geo.pageSize, Undefined: nothingKnown(p)})
	return addr, err
}

func isRecord(t types.Type) bool {
	_, ok := types.Unqual(t).(*types.Record)
	return ok
}

// integer is an integer argument.
func (w *world) integer(p param, a *arguments, flag bool) (exec.Value, string, error) {
	number := func(v uint64) (exec.Value, string, error) {
		return bits.Const(64, v), fmt.Sprintf("%#x", v), nil
	}
	switch p.name {
	case "end", "old_end":
		return number(a.addr + w.geo.pageSize)
	case "haddr":
		return number(a.addr / w.geo.pmdSize * w.geo.pmdSize)
	}
	if p.isAddress() {
		return number(a.addr)
	}
	switch what, _ := p.number(); what {
	case "pfn":
		return number(w.pfn(w.mappedFrame()))
	case "page size":
		return number(w.geo.pageSize)
	case "one":
		return number(1)
	case "zero":
		return number(0)
	case "gfp":
		v, err := w.number("GFP_KERNEL")
		return bits.Const(64, v), "GFP_KERNEL", err
	}
	if !p.isFlag() {
		width := int(8 * p.typ.Size())
		return w.m.Bits.Unknown("what callers pass as "+p.name, width), "any", nil
	}
	if flag {
		return number(1)
	}
	return number(0)
}

// value is an argument that is a struct: the address of its bytes.
func (w *world) value(p param) (exec.Value, string, error) {
	if !isRecord(p.typ) {
		return exec.Value{}, "", fmt.Errorf("no argument of type %s", p.typ)
	}
	addr, err := w.object(p.typ, p.name, "what callers pass as "+p.name)
	if err != nil || p.base != "pgprot_t" {
		return w.m.Pointer(addr), "any", err
	}
	text, err := w.protect(fmt.Sprintf("*(pgprot_t *)%s", w.ulong(addr)))
	return w.m.Pointer(addr), text, err
}

// protect assigns the protection of user pages and says which.
func (w *world) protect(lvalue string) (string, error) {
	for _, prot := range protections {
		text := fmt.Sprintf("({ %s = %s; })", lvalue, prot)
		if !w.has(text) {
			continue
		}
		_, err := w.eval(text)
		return prot, err
	}
	return "", fmt.Errorf("no protection of user pages is known")
}

// pointer is an argument that points to an object.
func (w *world) pointer(p param, a *arguments) (exec.Value, string, error) {
	var addr uint64
	var err error
	text := ""
	switch p.base {
	case "struct page", "struct folio":
		frame := w.mappedFrame()
		if p.second {
			frame, err = w.reserve(w.geo.pageSize, 0)
		}
		return w.m.Pointer(w.page(frame)), "a page", err
	}
	if p.second {
		return w.unknownPointer(p, a)
	}
	switch p.base {
	case "struct mm_struct":
		addr, text = w.mm, fmt.Sprintf("an mm with tables for %#x", a.addr)
	case "struct vm_area_struct":
		addr, err = w.area(a)
		text = fmt.Sprintf("an area around %#x", a.addr)
	case "struct vm_fault":
		addr, err = w.fault(a)
		text = fmt.Sprintf("a fault at %#x", a.addr)
	case "struct mmu_gather":
		addr, err = w.gather(p)
		text = "a gather with nothing in it"
	case "struct ptdesc":
		addr, text = w.page(w.levels["pte"]), "that of the page table"
	default:
		return w.unknownPointer(p, a)
	}
	return w.m.Pointer(addr), text, err
}

// unknownPointer points to an object nothing is known of.
func (w *world) unknownPointer(p param, a *arguments) (exec.Value, string, error) {
	t, ok := p.typ.(*types.Pointer)
	if !ok { // a typedef of something else
		return w.value(p)
	}
	elem := types.Unqual(t.Elem)
	if _, ok := elem.(*types.Func); ok {
		return exec.Value{}, "", fmt.Errorf("no argument of type %s", p.typ)
	}
	text := "a " + p.base
	if b, ok := elem.(*types.Basic); ok {
		addr, err := w.scratch(p.name, max(64, uint64(b.Size())))
		return w.m.Pointer(addr), text, err
	}
	if !w.unit.Types.Complete(elem) {
		return exec.Value{}, "", fmt.Errorf("no argument of type %s", p.base)
	}
	addr, err := w.object(elem, p.name, nothingKnown(p))
	if err != nil {
		return exec.Value{}, "", err
	}
	return w.m.Pointer(addr), text, w.link(addr, elem, a)
}

// link lets the members of an object that point to an mm or an area do so.
func (w *world) link(addr uint64, t types.Type, a *arguments) error {
	r, ok := t.(*types.Record)
	if !ok || r.Union || w.mm == 0 {
		return nil
	}
	for _, f := range r.Fields {
		p, ok := types.Unqual(f.Type).(*types.Pointer)
		if !ok || f.IsBitField() {
			continue
		}
		to, ok := types.Unqual(p.Elem).(*types.Record)
		if !ok {
			continue
		}
		var target uint64
		var err error
		switch to.Tag {
		case "mm_struct":
			target = w.mm
		case "vm_area_struct":
			target, err = w.area(a)
		default:
			continue
		}
		if err != nil {
			return err
		}
		if err := w.m.Mem.Store(addr+uint64(f.Offset), w.m.Pointer(target)); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) scratch(name string, size uint64) (uint64, error) {
	o, err := w.m.Mem.Alloc(mem.Spec{Name: name, Kind: mem.Heap, Size: size, Undefined: "what " + name + " points to"}, 64)
	if err != nil {
		return 0, err
	}
	return o.Addr, nil
}

// area makes the vma of the address, once.
func (w *world) area(a *arguments) (uint64, error) {
	if a.vma != 0 {
		return a.vma, nil
	}
	t := w.unit.Types.Record("vm_area_struct")
	if t == nil {
		return 0, fmt.Errorf("struct vm_area_struct is not defined")
	}
	addr, err := w.object(t, "vma", "a member of the vma")
	if err != nil {
		return 0, err
	}
	a.vma = addr
	start := a.addr / w.geo.pmdSize * w.geo.pmdSize
	w.trySet(addr, t, start, "vm_start")
	w.trySet(addr, t, start+2*w.geo.pmdSize, "vm_end")
	if err := w.set(addr, t, w.mm, "vm_mm"); err != nil {
		return 0, err
	}
	if member(w.unit.Types, t, "vm_page_prot") == nil {
		return addr, nil
	}
	_, err = w.protect(fmt.Sprintf("((struct vm_area_struct *)%s)->vm_page_prot", w.ulong(addr)))
	return addr, err
}

// fault makes the vm_fault of the address.
func (w *world) fault(a *arguments) (uint64, error) {
	t := w.unit.Types.Record("vm_fault")
	if t == nil {
		return 0, fmt.Errorf("struct vm_fault is not defined")
	}
	vma, err := w.area(a)
	if err != nil {
		return 0, err
	}
	addr, err := w.object(t, "vmf", "a member of the vm_fault")
	if err != nil {
		return 0, err
	}
	if err := w.set(addr, t, vma, "vma"); err != nil {
		return 0, err
	}
	w.trySet(addr, t, a.addr, "address")
	w.trySet(addr, t, a.addr, "real_address")
	w.trySet(addr, t, a.addr>>w.geo.pageShift, "pgoff")
	w.trySet(addr, t, w.levels["pud"], "pud")
	w.trySet(addr, t, w.levels["pmd"], "pmd")
	for _, level := range []string{"pmd", "pte"} {
		if f := member(w.unit.Types, t, "orig_"+level); f != nil {
			if err := w.m.Mem.Copy(addr+uint64(f.Offset), w.levels[level], uint64(f.Type.Size())); err != nil {
				return 0, err
			}
		}
	}
	return addr, nil
}

// gather makes a struct mmu_gather as tlb_gather_mmu() leaves it.
// Source: mm/mmu_gather.c, __tlb_gather_mmu, v6.1 and v6.12.
func (w *world) gather(p param) (uint64, error) {
	t := w.unit.Types.Record("mmu_gather")
	if t == nil || !w.unit.Types.Complete(t) {
		return 0, fmt.Errorf("struct mmu_gather is not defined")
	}
	addr, err := w.object(t, p.name, "")
	if err != nil {
		return 0, err
	}
	if err := w.set(addr, t, w.mm, "mm"); err != nil {
		return 0, err
	}
	w.trySet(addr, t, w.geo.taskSize, "start")
	local, pages := member(w.unit.Types, t, "local"), member(w.unit.Types, t, "__pages")
	if local == nil || pages == nil {
		return addr, nil // it gathers no pages
	}
	w.trySet(addr, t, addr+uint64(local.Offset), "active")
	w.trySet(addr, t, uint64(pages.Type.Size())/uint64(w.m.Mem.PointerBits()/8), "local", "max")
	return addr, nil
}

// mappedFrame returns the page last mapped, or any.
func (w *world) mappedFrame() uint64 {
	if w.mapped == 0 {
		w.mapped = w.geo.linear + firstPhys/2
	}
	return w.mapped
}
