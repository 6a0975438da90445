package pagetable

import (
	"context"
	"errors"
	"fmt"

	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// world is one booted machine: memory, struct pages and globals are there, no
// mm yet.
type world struct {
	*program
	e   *Emulator
	m   *exec.Machine
	ctx context.Context
	mm  uint64 // address of the mm, 0 until made
	geo geometry

	next   uint64            // physical address of the next free page
	pages  uint64            // address of the struct page of pfn 0
	levels map[string]uint64 // address of the entry for the address in use
	mapped uint64            // address of the page last mapped
}

// geometry is what has one value on a machine.
type geometry struct {
	pageSize  uint64
	pageShift uint
	pmdSize   uint64
	linear    uint64 // virtual address of physical address 0
	pageBytes uint64 // of a struct page
}

// The physical memory of the emulated machine, in bytes: from address 0 on
// and, where the first pages are not given away, from firstPhys.
const (
	memory64  = 8 << 30
	memory32  = 64 << 20
	firstPhys = 16 << 20
)

// bootError is why a machine could not be set up. Its text names no place.
type bootError struct {
	what string
	err  error
}

func (e *bootError) Error() string { return e.what + ": " + reasonOf(e.err) }
func (e *bootError) Unwrap() error { return e.err }

// boots makes a machine and runs what its boot code leaves behind.
func (e *Emulator) boots(ctx context.Context, p *program, d *exec.Decisions) (*world, error) {
	w := &world{program: p, e: e, ctx: ctx, next: firstPhys, levels: make(map[string]uint64)}
	w.m = exec.New(p.exec, exec.Options{
		Budget: e.opt.Budget, Features: e.machine.Inputs, Models: p.models, Decisions: d,
	})
	if err := w.setup(); err != nil {
		return nil, err
	}
	return w, w.layOut()
}

// setup runs the machine's boot-time assignments, each in the first unit that
// declares the variable. A variable that no unit declares is of no
// consequence; one that is there and cannot be set is an error.
func (w *world) setup() error {
	cleared := make(map[string]bool)
	for _, a := range w.e.machine.Setup {
		if !a.When.Holds(w.e.tree.Class.Value) {
			continue
		}
		name := baseName(a.Lval())
		u := w.declaring(name)
		if u == nil {
			continue
		}
		if !cleared[name] {
			if err := w.clearBoot(name); err != nil {
				return &bootError{"boot of the machine", err}
			}
			cleared[name] = true
		}
		if _, err := w.evalIn(u, a.C); err != nil {
			return &bootError{"boot of the machine: " + a.C, err}
		}
	}
	return nil
}

// declaring returns the first unit that has a variable called name.
func (w *world) declaring(name string) *types.Unit {
	for _, u := range w.exec.Units() {
		if o := u.Lookup(name); o != nil && o.Kind == types.Var {
			return u
		}
	}
	return nil
}

// clearBoot fills a boot-time variable that no unit read so far defines with
// zeros, before its first member is set.
func (w *world) clearBoot(name string) error {
	addr, err := w.m.Global(name)
	if err != nil {
		return err
	}
	o, err := w.m.Mem.Find(addr)
	if err != nil || o == nil || o.Kind != mem.Extern {
		return err
	}
	return w.m.Mem.Set(addr, bits.Const(8, 0), o.Size)
}

// eval evaluates C text in the unit under review. A text that traps, or whose
// value depends on what is not known, is an error.
func (w *world) eval(text string) (bits.Term, error) { return w.evalIn(w.unit.Types, text) }

func (w *world) evalIn(u *types.Unit, text string) (bits.Term, error) {
	x, err := w.prepare(u, text)
	if err != nil {
		return bits.Term{}, err
	}
	r, err := w.m.Evaluate(w.ctx, x)
	switch {
	case err != nil:
		return bits.Term{}, err
	case r.Trap != nil:
		return bits.Term{}, fmt.Errorf("%s in %s", r.Trap.Kind, innermost(r.Trap.Stack))
	case len(r.Unknowns) > 0:
		return bits.Term{}, fmt.Errorf("depends on %s", plain(r.Unknowns[0]))
	case len(r.Skipped) > 0:
		return bits.Term{}, fmt.Errorf("needs %s", plain(r.Skipped[0]))
	}
	return r.Return, nil
}

// number evaluates text to an unsigned number.
func (w *world) number(text string) (uint64, error) {
	v, err := w.eval(text)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", text, err)
	}
	n, ok := v.Uint64()
	if !ok {
		return 0, fmt.Errorf("%s is not known", text)
	}
	return n, nil
}

// truth evaluates a condition.
func (w *world) truth(text string) (bool, error) {
	n, err := w.number("!!(" + text + ")")
	return n != 0, err
}

// layOut finds out where the kernel expects memory and struct pages, and puts
// them there.
func (w *world) layOut() error {
	if err := w.sizes(); err != nil {
		return &bootError{"sizes of the class", err}
	}
	if err := w.linearMap(); err != nil {
		return &bootError{"the linear map", err}
	}
	if err := w.structPages(); err != nil {
		return &bootError{"struct pages", err}
	}
	return nil
}

func (w *world) sizes() error {
	var err error
	if w.geo.pageSize, err = w.number("PAGE_SIZE"); err != nil {
		return err
	}
	if w.geo.pmdSize, err = w.number("PMD_SIZE"); err != nil {
		return err
	}
	for w.geo.pageSize>>w.geo.pageShift > 1 {
		w.geo.pageShift++
	}
	page := w.unit.Types.Record("page")
	if page == nil {
		return errors.New("no struct page")
	}
	w.geo.pageBytes = uint64(page.Size())
	return nil
}

func (w *world) memory() uint64 {
	if w.m.Mem.PointerBits() == 32 {
		return memory32
	}
	return memory64
}

// linearMap asks the kernel where physical memory is seen, and backs it.
func (w *world) linearMap() error {
	at, err := w.number(fmt.Sprintf("(unsigned long)__va(%#xUL)", firstPhys))
	if err != nil {
		return err
	}
	back, err := w.number(fmt.Sprintf("(unsigned long)__pa(%s)", w.ulong(at)))
	if err != nil {
		return err
	}
	if back != firstPhys {
		return fmt.Errorf("__pa(__va(x)) is not x")
	}
	w.geo.linear = at - firstPhys
	size := w.geo.pageSize
	base := w.geo.linear
	w.m.Mem.AddRegion(mem.Region{Name: "linear map", Base: base + size, Size: w.memory() - size,
		Back: func(addr uint64) (mem.Spec, error) {
			pfn := (addr - base) / size
			return mem.Spec{Name: fmt.Sprintf("frame %#x", pfn), Kind: mem.PageFrame, Addr: base + pfn*size, Size: size}, nil
		}})
	return nil
}

// structPages asks the kernel where struct pages are, and backs them.
func (w *world) structPages() error {
	if w.e.tree.Class.Value("FLATMEM") == "y" && w.declaring("mem_map") != nil {
		// Behind the memory that is described.
		text := fmt.Sprintf("mem_map = (struct page *)%s", w.ulong(w.geo.linear+w.memory()))
		if _, err := w.eval(text); err != nil {
			return err
		}
	}
	pfn := uint64(firstPhys) >> w.geo.pageShift
	text, err := w.first(fmt.Sprintf("(unsigned long)pfn_to_page(%d)", pfn), fmt.Sprintf("(unsigned long)(vmemmap + %d)", pfn))
	if err != nil {
		return err
	}
	at, err := w.number(text)
	if err != nil {
		return err
	}
	size := w.geo.pageBytes
	base := at - pfn*size
	w.pages = base
	w.m.Mem.AddRegion(mem.Region{Name: "struct pages", Base: base, Size: w.memory() >> w.geo.pageShift * size,
		Back: func(addr uint64) (mem.Spec, error) {
			pfn := (addr - base) / size
			return mem.Spec{Name: fmt.Sprintf("struct page of pfn %#x", pfn), Kind: mem.Heap, Addr: base + pfn*size, Size: size}, nil
		}})
	return nil
}

// ulong spells an address or number as C.
func (w *world) ulong(v uint64) string {
	if w.m.Mem.PointerBits() == 32 {
		v &= 0xffffffff
	}
	return fmt.Sprintf("%#xUL", v)
}

// page returns the address of the struct page of an address of the linear map.
func (w *world) page(linear uint64) uint64 { return w.pages + w.pfn(linear)*w.geo.pageBytes }

func (w *world) pfn(linear uint64) uint64 { return (linear - w.geo.linear) >> w.geo.pageShift }

// frames takes pages of physical memory, aligned to align bytes, and returns
// their address in the linear map.
func (w *world) frames(name string, kind mem.Kind, size, align uint64) (uint64, error) {
	size = max(size, w.geo.pageSize)
	align = max(align, w.geo.pageSize)
	phys := (w.next + align - 1) / align * align
	if phys+size > w.memory() {
		return 0, fmt.Errorf("%w: physical memory", exec.ErrBudget)
	}
	w.next = phys + size
	addr := w.geo.linear + phys
	if kind != mem.PageTable {
		return addr, nil // backed on demand
	}
	_, err := w.m.Mem.Place(mem.Spec{Name: name, Kind: kind, Addr: addr, Size: (size + w.geo.pageSize - 1) / w.geo.pageSize * w.geo.pageSize})
	return addr, err
}

// object makes a zero-filled object of a type.
func (w *world) object(t types.Type, name string) (uint64, error) {
	w.unit.Types.Complete(t)
	// A flexible array at the end (the CPU mask of an mm) gets some room.
	const room = 1024
	o, err := w.m.Mem.Alloc(mem.Spec{Name: name, Kind: mem.Heap, Size: uint64(t.Size()) + room}, uint64(max(t.Align(), 64)))
	if err != nil {
		return 0, err
	}
	return o.Addr, nil
}
