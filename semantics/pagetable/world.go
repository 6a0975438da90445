package pagetable

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ptreview/arch"
	"ptreview/parse/syntax"
	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// world is one booted machine: memory, struct pages and globals are there, no
// mm yet.
type world struct {
	*program
	e    *Emulator
	m    *exec.Machine
	ctx  context.Context
	task uint64 // address of the current task, 0 if the unit knows no tasks
	mm   uint64 // address of the mm, 0 until made
	// section is the address of the one section of memory, 0 if there is none.
	section uint64
	geo     *geometry

	low    bool              // something lies at fixed low addresses
	next   uint64            // physical address of the next free page
	levels map[string]uint64 // address of the entry for the address in use
	mapped uint64            // address of the page last mapped
	tables []*mem.Object     // that were made, in order
	wrote  map[string]int    // which text of populating let an entry of a level point to a table

	// callerHolds says of a name of locks whether callers hold one; nil for no.
	callerHolds func(name string) bool

	irqsOff int              // sections with interrupts disabled, one in another
	caches  map[uint64]cache // made by the boot, by their address
}

// geometry is what has one value on a machine, measured once.
type geometry struct {
	units     int // that were read when it was measured
	pageSize  uint64
	pageShift uint
	pmdSize   uint64
	linear    uint64     // virtual address of physical address 0
	pages     uint64     // address of the struct page of pfn 0
	pageBytes uint64     // of a struct page
	memMap    uint64     // what mem_map is to be, 0 for nothing
	taskSize  uint64     // 0 if not known
	start     uint64     // physical address that memory begins at
	lock      *lockState // nil until asked for
	reach     uint64     // bytes from start that the linear map shows, 0 until asked for
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
	if n := len(p.exec.Units()); p.geo == nil || p.geo.units != n {
		geo, err := e.measure(ctx, p)
		if err != nil {
			return nil, err
		}
		geo.units = n
		p.geo = geo
	}
	w, err := e.power(ctx, p, d)
	if err != nil {
		return nil, err
	}
	w.geo = p.geo
	w.next += w.geo.start
	w.back()
	if err := w.setHighest(); err != nil {
		return nil, err
	}
	return w, w.setMemMap()
}

// setHighest says in mm/memory.c which page is the last one: without it every
// page counts as a bad one there.
func (w *world) setHighest() error {
	const name = "highest_memmap_pfn"
	own := func(d syntax.Declared) bool { return d.Storage&syntax.Extern == 0 }
	if !slices.ContainsFunc(w.unit.File.Declared(name), own) {
		return nil
	}
	_, err := w.eval(fmt.Sprintf("%s = %d", name, (w.geo.start+w.memory())>>w.geo.pageShift-1))
	return err
}

// power makes a machine with its boot-time variables set.
func (e *Emulator) power(ctx context.Context, p *program, d *exec.Decisions) (*world, error) {
	w := &world{program: p, e: e, ctx: ctx, next: firstPhys, levels: make(map[string]uint64), wrote: make(map[string]int), caches: make(map[uint64]cache)}
	w.m = exec.New(p.exec, exec.Options{
		Budget: e.opt.Budget, Features: e.machine.Inputs, Models: w.models(), Decisions: d, Asm: w.assembly(), IsZero: e.isZero,
		DoubleWord:   e.doubleWord(),
		HeldByCaller: func(release string) bool { return w.callerHolds != nil && w.callerHolds(heldBy(release)) },
	})
	if err := w.makeTask(); err != nil {
		return nil, &bootError{"the current task", err}
	}
	return w, w.setup()
}

// makeTask makes the task that runs the code: one of user space, of the
// kernel's word size.
func (w *world) makeTask() error {
	t := w.unit.Types.Record("task_struct")
	if t == nil {
		return nil
	}
	addr, err := w.m.CurrentTask(w.unit.Types)
	if err != nil {
		return err
	}
	w.task = addr
	w.trySet(addr, t, 0, "thread_info", "flags")
	w.trySet(addr, t, 0, "thread_info", "preempt_count")
	w.trySet(addr, t, 0, "thread_info", "cpu")
	if w.e.initcall {
		return w.bootTask(t)
	}
	return nil
}

// bootTask makes the task one of the kernel, which has no mm of its own.
func (w *world) bootTask(t *types.Record) error {
	w.trySet(w.task, t, 0, "mm")
	w.trySet(w.task, t, 0, "thread", "regs") // of powerpc: those of user space
	if w.declaring("init_mm") != nil {
		at, err := w.m.Global("init_mm")
		if err != nil {
			return err
		}
		w.trySet(w.task, t, at, "active_mm")
	}
	if w.has("(unsigned long)DEFAULT_TASK_SIZE") {
		size, err := w.number("(unsigned long)DEFAULT_TASK_SIZE")
		if err != nil {
			return err
		}
		w.trySet(w.task, t, size, "thread", "task_size")
	}
	return nil
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
			if err := w.fixed(a); err != nil {
				return &bootError{"boot of the machine: " + a.C, err}
			}
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

// lowMemory is where an architecture may keep data at fixed addresses.
const lowMemory = 16 << 10

// fixed runs an assignment to data at a fixed low address, which no variable
// stands for. Only what is assigned to is there: the rest of low memory stays
// what dereferencing NULL is about.
func (w *world) fixed(a arch.Assign) error {
	text := replaceWord(a.C, "CURRENT", w.ulong(w.task))
	place := "(unsigned long)&(" + a.Lval() + ")"
	if !w.has(place) || !w.has(text) {
		return nil
	}
	at, err := w.number(place)
	if err != nil || at >= lowMemory {
		return err
	}
	size, err := w.number("sizeof(" + a.Lval() + ")")
	if err != nil {
		return err
	}
	if _, err := w.m.Mem.Place(mem.Spec{Name: a.Lval(), Kind: mem.Global, Addr: at, Size: size}); err != nil {
		return err
	}
	w.low = true
	_, err = w.eval(text)
	return err
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
	case len(r.Choices) > 0:
		return bits.Term{}, errors.New("a branch of it is not constant")
	case len(r.Skipped) > 0:
		return bits.Term{}, fmt.Errorf("needs %s", plain(r.Skipped[0]))
	}
	return r.Return, nil
}

// number evaluates text to an unsigned number.
func (w *world) number(text string) (uint64, error) {
	v, err := w.eval(text)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", brief(text), err)
	}
	n, ok := v.Uint64()
	if !ok {
		return 0, fmt.Errorf("%s is not known", brief(text))
	}
	return n, nil
}

// brief cuts C text to what a reason has room for.
func brief(text string) string {
	const most = 100
	if len(text) <= most {
		return text
	}
	return text[:most/2] + " …"
}

// truth evaluates a condition.
func (w *world) truth(text string) (bool, error) {
	n, err := w.number("!!(" + text + ")")
	return n != 0, err
}

// measure finds out, on a machine of its own, where the kernel expects memory
// and struct pages.
func (e *Emulator) measure(ctx context.Context, p *program) (*geometry, error) {
	w, err := e.power(ctx, p, nil)
	if err != nil {
		return nil, err
	}
	w.geo = new(geometry)
	if err := w.sizes(); err != nil {
		return nil, &bootError{"sizes of the class", err}
	}
	if err := w.memoryStart(); err != nil {
		return nil, &bootError{"where memory begins", err}
	}
	if err := w.linearMap(); err != nil {
		return nil, &bootError{"the linear map", err}
	}
	if err := w.structPages(); err != nil {
		return nil, &bootError{"struct pages", err}
	}
	w.geo.taskSize, _ = w.number("(unsigned long)TASK_SIZE")
	return w.geo, nil
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
		return errors.New("struct page is not defined")
	}
	w.geo.pageBytes = uint64(page.Size())
	return nil
}

// memoryStart asks the kernel where physical memory begins, if what runs looks
// at which pages there are.
func (w *world) memoryStart() error {
	if !w.e.initcall || !w.has("(unsigned long)ARCH_PFN_OFFSET") {
		return nil
	}
	pfn, err := w.number("(unsigned long)ARCH_PFN_OFFSET")
	w.geo.start = pfn << w.geo.pageShift
	return err
}

// memory is the number of bytes of physical memory.
func (w *world) memory() uint64 {
	if w.m.Mem.PointerBits() == 32 {
		return memory32
	}
	return memory64
}

// linearMap asks the kernel where physical memory is seen.
func (w *world) linearMap() error {
	phys := w.geo.start + firstPhys
	at, err := w.number(fmt.Sprintf("(unsigned long)__va(%#xUL)", phys))
	if err != nil {
		return err
	}
	back, err := w.number(fmt.Sprintf("(unsigned long)__pa(%s)", w.ulong(at)))
	if err != nil {
		return err
	}
	if back != phys {
		return errors.New("__pa(__va(x)) is not x")
	}
	w.geo.linear = at - phys
	return nil
}

// structPages asks the kernel where struct pages are.
func (w *world) structPages() error {
	flat := w.e.tree.Class.Value("FLATMEM") == "y" && w.declaring("mem_map") != nil
	if flat || w.sections() {
		w.geo.memMap = w.geo.linear + w.geo.start + w.memory() // behind the memory it describes
	}
	if err := w.setMemMap(); err != nil {
		return err
	}
	pfn := (w.geo.start + firstPhys) >> w.geo.pageShift
	text, err := w.first(fmt.Sprintf("(unsigned long)pfn_to_page(%d)", pfn), fmt.Sprintf("(unsigned long)(vmemmap + %d)", pfn))
	if err != nil {
		return err
	}
	at, err := w.number(text)
	w.geo.pages = at - pfn*w.geo.pageBytes
	return err
}

func (w *world) setMemMap() error {
	switch {
	case w.geo.memMap == 0:
		return nil
	case w.sections():
		return w.setSection()
	}
	if _, err := w.eval("mem_map = (struct page *)" + w.ulong(w.geo.memMap)); err != nil {
		return &bootError{"mem_map", err}
	}
	return nil
}

// sections reports whether struct pages are found by the section of memory
// they describe.
func (w *world) sections() bool {
	value := w.e.tree.Class.Value
	return value("SPARSEMEM") == "y" && value("SPARSEMEM_VMEMMAP") != "y"
}

// setSection makes the one section that stands for all: what a section knows
// is where struct pages would begin if they began with that of address 0.
func (w *world) setSection() error {
	t := w.unit.Types.Record("mem_section")
	if t == nil {
		return &bootError{"sections of memory", errors.New("struct mem_section is not defined")}
	}
	at, err := w.object(t, "section of memory", "a member of a section of memory")
	if err != nil {
		return &bootError{"sections of memory", err}
	}
	w.section = at
	flags, err := w.number("SECTION_MARKED_PRESENT | SECTION_HAS_MEM_MAP | SECTION_IS_ONLINE")
	if err != nil {
		return &bootError{"sections of memory", err}
	}
	return w.set(at, t, w.geo.memMap|flags, "section_mem_map")
}

// back lets physical memory and struct pages come into being where they are
// used.
func (w *world) back() {
	size := w.geo.pageSize
	base := w.geo.linear + w.geo.start
	w.m.Mem.AddRegion(mem.Region{Name: "linear map", Base: base + size, Size: w.memory() - size,
		Back: func(addr uint64) (mem.Spec, error) {
			pfn := (addr - w.geo.linear) / size
			return mem.Spec{Name: fmt.Sprintf("frame %#x", pfn), Kind: mem.PageFrame, Addr: w.geo.linear + pfn*size, Size: size,
				Undefined: "the contents of a page"}, nil
		}})
	each, pages := w.geo.pageBytes, w.geo.pages
	w.m.Mem.AddRegion(mem.Region{Name: "struct pages", Base: pages + w.geo.start>>w.geo.pageShift*each, Size: w.memory() >> w.geo.pageShift * each,
		Back: func(addr uint64) (mem.Spec, error) {
			pfn := (addr - pages) / each
			return mem.Spec{Name: fmt.Sprintf("struct page of pfn %#x", pfn), Kind: mem.Heap, Addr: pages + pfn*each, Size: each,
				Undefined: "a member of a struct page"}, nil
		}})
}

// ulong spells an address or number as C.
func (w *world) ulong(v uint64) string {
	if w.m.Mem.PointerBits() == 32 {
		v &= 0xffffffff
	}
	return fmt.Sprintf("%#xUL", v)
}

// page returns the address of the struct page of an address of the linear map.
func (w *world) page(linear uint64) uint64 { return w.geo.pages + w.pfn(linear)*w.geo.pageBytes }

// isPage reports whether an address is that of a struct page.
func (w *world) isPage(addr uint64) bool {
	if w.geo == nil {
		return false
	}
	first := w.geo.pages + w.geo.start>>w.geo.pageShift*w.geo.pageBytes
	return w.wrap(addr-first) < w.memory()>>w.geo.pageShift*w.geo.pageBytes
}

// wrap cuts an address to the width of a pointer.
func (w *world) wrap(addr uint64) uint64 {
	if w.m.Mem.PointerBits() == 32 {
		return addr & 0xffffffff
	}
	return addr
}

func (w *world) pfn(linear uint64) uint64 { return (linear - w.geo.linear) >> w.geo.pageShift }

// reserve takes pages of physical memory, aligned to align bytes, and returns
// their address in the linear map. They are backed on demand.
func (w *world) reserve(size, align uint64) (uint64, error) {
	size = max(size, w.geo.pageSize)
	align = max(align, w.geo.pageSize)
	phys := (w.next + align - 1) / align * align
	if phys+size > w.geo.start+w.memory() {
		return 0, fmt.Errorf("%w: physical memory", exec.ErrBudget)
	}
	w.next = phys + size
	return w.geo.linear + phys, nil
}

// table takes pages for a page table of zeros.
func (w *world) table(level string, size, align uint64) (uint64, error) {
	addr, err := w.reserve(size, align)
	if err != nil {
		return 0, err
	}
	o, err := w.m.Mem.Place(mem.Spec{Name: level, Kind: mem.PageTable, Addr: addr, Size: size})
	if err != nil {
		return 0, err
	}
	w.tables = append(w.tables, o)
	return addr, nil
}

// flexibleRoom is what a flexible array at the end of an object gets: the CPU
// mask of an mm.
const flexibleRoom = 1024

// object makes an object of a type, of whose members nothing is known until
// they are set. why says what reading one of them depends on.
func (w *world) object(t types.Type, name, why string) (uint64, error) {
	if !w.unit.Types.Complete(t) {
		return 0, fmt.Errorf("type %s is not complete", t)
	}
	o, err := w.m.Mem.Alloc(mem.Spec{Name: name, Kind: mem.Heap, Size: uint64(t.Size()) + flexibleRoom, Undefined: why}, uint64(max(t.Align(), 64)))
	if err != nil {
		return 0, err
	}
	return o.Addr, nil
}
