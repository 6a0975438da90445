package pagetable

import (
	"context"
	"fmt"
	"strings"

	"ptreview/arch"
	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
	"ptreview/semantics/facts"
	"ptreview/semantics/mem"
	"ptreview/semantics/types"
)

// Initcall is what a function without arguments did that a kernel calls when
// it has booted.
type Initcall struct {
	Warnings []*Trap // WARNs on the way, each place once
	Trap     *Trap   // where it ended, nil if it returned
	Why      []string
	Steps    int
	Trace    []Line
	Units    int // that were read for it
}

// Exact reports whether a machine would certainly have done the same.
func (c *Initcall) Exact() bool { return len(c.Why) == 0 }

// initcallBudget is what an initcall may cost: it sets up all it works on
// itself.
var initcallBudget = exec.Budget{Steps: 20_000_000, Terms: 1_000_000, Bytes: 128 << 20, Trace: 4000}

// RunInitcall boots a machine and calls the function fn of the file path on
// it. Allocators do not fail. Of branches that depend on what is not known all
// ways are gone, as far as there are at most 8; each is an Initcall.
// Errors: the end of ctx, files that cannot be read, what the executor does
// not support or cannot afford.
func RunInitcall(ctx context.Context, prog *facts.TreeProgram, m *arch.Machine, path, fn string) ([]*Initcall, error) {
	u, err := prog.Read(ctx, path)
	if err != nil {
		return nil, err
	}
	e := New(prog, m, Options{Budget: initcallBudget})
	e.initcall = true
	e.boot["start_kernel"] = true // is placed, not read
	for _, name := range memoryLimits {
		e.boot[name] = true
	}
	e.ctx = ctx
	p := e.program(u)
	for round := 1; ; round++ {
		known := len(p.exec.Units())
		p.pulled = 0
		var calls []*Initcall
		complete, err := exec.Explore(e.opt.Paths, func(d *exec.Decisions) error {
			w, err := e.boots(ctx, p, d)
			if err != nil {
				return err
			}
			c, err := w.call(fn)
			if err == nil {
				calls = append(calls, c)
			}
			return err
		})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if len(p.exec.Units()) > known && round < 4 {
			continue
		}
		if err == nil && !complete {
			err = fmt.Errorf("more than %d ways through branches that depend on what is not known", e.opt.Paths)
		}
		return calls, err
	}
}

// call runs an initcall.
func (w *world) call(fn string) (*Initcall, error) {
	if err := w.placeImage(); err != nil {
		return nil, &bootError{"the kernel's image", err}
	}
	if err := w.bootMM(); err != nil {
		return nil, &bootError{"boot of memory management", err}
	}
	r, err := w.m.CallIn(w.ctx, w.unit.Types, fn)
	if err != nil {
		return nil, err
	}
	c := &Initcall{Steps: r.Steps, Units: len(w.exec.Units())}
	for _, t := range r.Warnings {
		c.Warnings = append(c.Warnings, w.trap(t))
	}
	if r.Trap != nil {
		c.Trap = w.trap(r.Trap)
	}
	for _, s := range r.Unknowns {
		c.Why = appendNew(c.Why, plain(s))
	}
	for _, s := range r.Skipped {
		c.Why = appendNew(c.Why, "not run: "+plain(s))
	}
	c.Trace = w.trace(r)
	return c, nil
}

// placeImage puts start_kernel where the kernel is loaded to.
func (w *world) placeImage() error {
	if w.unit.Types.Lookup("start_kernel") == nil {
		return nil
	}
	// The offset between an address in the image and its physical address is
	// the same everywhere in it.
	phys := w.geo.start + firstPhys/2
	x := w.geo.linear + phys
	at, err := w.number("(unsigned long)__pa_symbol(" + w.ulong(x) + ")")
	if err != nil {
		return err
	}
	x -= at - phys
	if w.m.Mem.PointerBits() == 32 {
		x &= 0xffffffff
	}
	back, err := w.number("(unsigned long)__pa_symbol(" + w.ulong(x) + ")")
	if err != nil {
		return err
	}
	if back != phys {
		return fmt.Errorf("__pa_symbol(%#x) is %#x", x, back)
	}
	return w.m.PlaceFunction("start_kernel", x)
}

// mmModels are the primitives that make what an initcall works on.
func (w *world) mmModels(each func(contract string, run func(*exec.Primitive) (exec.Value, error), names string)) {
	each("returns a new mm with an empty top table", w.mmAlloc, `mm_alloc`)
	each("returns an area of an mm, of zeros", w.areaAlloc, `vm_area_alloc`)
	each("frees an area", w.areaFree, `vm_area_free`)
	each("is noted as an event: nobody else uses the mm", noteCall, `mmput __mmdrop`)
	each("returns a number that is the same in every run", random, `get_random_long get_random_u64`)
	each("returns pages that nothing was written to; it does not fail", w.contigPages, `alloc_contig_pages alloc_contig_pages_noprof`)
	each("frees pages", w.freeContig, `free_contig_range`)
	each("returns 1: there is memory at every page frame number in use", w.pfnValid, `pfn_valid`)
	each("makes a cache, whose objects are what its constructor leaves behind", w.cacheCreate, `
		kmem_cache_create kmem_cache_create_usercopy`)
	each("makes a cache, whose objects are what its constructor leaves behind", w.cacheCreateArgs, `__kmem_cache_create_args`)
	each("returns an object of a cache, as its constructor left it; it does not fail", w.cacheAlloc, `
		kmem_cache_alloc kmem_cache_alloc_noprof kmem_cache_alloc_lru kmem_cache_alloc_node kmem_cache_alloc_node_noprof kmem_cache_zalloc`)
	each("returns a text that is not formatted", formatted, `kasprintf kvasprintf`)
	each("fills a page with zeros", w.clearPage, `clear_page clear_page_asm _clear_page clear_page_orig clear_page_rep clear_page_erms`)
	each("fills memory with numbers", fill, `memset16 memset32 memset64 __memset16 __memset32 __memset64 memset_l`)
	each("is noted as an event: caches hold nothing else than memory", noteCall, `
		caches_clean_inval_pou __vmcache flush_icache_all flush_icache_mm flush_icache_pte flush_icache_range
		__flush_icache_all flush_dcache_folio __flush_dcache_page __flush_dcache_folio sbi_remote_fence_i
		flush_cf_icache flush_cf_dcache flush_cf_bcache flush_pmd_entry clean_pmd_entry
		local_flush_tlb_page local_flush_tlb_all local_flush_tlb_range local_flush_tlb_mm`)
	each("is noted as an event: caches hold nothing else than memory", noteCall, armCPU("dcache_clean_area"))
	each("is noted as an event: how the linear map caches a page is left out", noteCall, `mmu_page_ctor mmu_page_dtor`)
	each("returns the control register of address translation, as far as it says how many bits a virtual address has", w.readTCR, `read_tcr`)
	each("does nothing: caches are not written back", noteCall, `microblaze_cache_range`)
	each("returns the size of user space", func(k *exec.Primitive) (exec.Value, error) {
		return w.eval("(1UL << __VIRTUAL_MASK_SHIFT) - PAGE_SIZE")
	}, `task_size_max`)
	each("initialises a lock", nothing, `__raw_spin_lock_init __spin_lock_init __rwlock_init`)
}

func nothing(*exec.Primitive) (exec.Value, error) { return exec.Value{}, nil }

func noteCall(k *exec.Primitive) (exec.Value, error) {
	k.Event()
	return exec.Value{}, nil
}

func random(k *exec.Primitive) (exec.Value, error) { return bits.Const(64, 0x5a6b3), nil }

func (w *world) mmAlloc(k *exec.Primitive) (exec.Value, error) {
	if err := w.makeMM(); err != nil {
		return exec.Value{}, k.Unsupported("mm_alloc: " + err.Error())
	}
	return w.m.Pointer(w.mm), nil
}

func (w *world) areaAlloc(k *exec.Primitive) (exec.Value, error) {
	t := w.unit.Types.Record("vm_area_struct")
	if t == nil {
		return exec.Value{}, k.Unsupported("struct vm_area_struct is not defined")
	}
	at, err := w.m.NewObject(t, mem.Heap, "area")
	if err != nil {
		return exec.Value{}, err
	}
	mm, err := k.Addr(0)
	if err != nil {
		return exec.Value{}, err
	}
	return w.m.Pointer(at), w.set(at, t, mm, "vm_mm")
}

func (w *world) areaFree(k *exec.Primitive) (exec.Value, error) {
	at, err := k.Addr(0)
	if err != nil {
		return exec.Value{}, err
	}
	return exec.Value{}, w.m.Mem.Free(at, k.Name+" at "+k.Place())
}

func (w *world) contigPages(k *exec.Primitive) (exec.Value, error) {
	n, err := k.Addr(0)
	if err != nil {
		return exec.Value{}, err
	}
	order := uint64(0)
	for uint64(1)<<order < n {
		order++
	}
	return w.takePages(k, order, 0, false)
}

func (w *world) freeContig(k *exec.Primitive) (exec.Value, error) {
	pfn, err := k.Addr(0)
	if err != nil {
		return exec.Value{}, err
	}
	return exec.Value{}, w.release(k, w.geo.linear+pfn<<w.geo.pageShift)
}

func (w *world) pfnValid(k *exec.Primitive) (exec.Value, error) {
	pfn, err := k.Addr(0)
	if err != nil {
		return exec.Value{}, err
	}
	if w.geo != nil && pfn-w.geo.start>>w.geo.pageShift < w.memory()>>w.geo.pageShift {
		return bits.Const(32, 1), nil
	}
	return bits.Const(32, 0), nil
}

// memoryLimits are the variables that say how much memory there is, in pages.
// The lower one is where memory begins.
var memoryLimits = [...]string{"max_mapnr", "max_pfn", "max_low_pfn", "min_low_pfn"}

// bootMM does what start_kernel() does for page tables.
// Source: init/main.c, mm_init, v6.1; mm/mm_init.c, mm_core_init, v6.12.
func (w *world) bootMM() error {
	first := w.geo.start >> w.geo.pageShift
	n := w.memory() >> w.geo.pageShift
	for _, name := range memoryLimits {
		v := first + n
		switch name {
		case "max_mapnr":
			v = n
		case "min_low_pfn":
			v = first
		}
		if w.has(name + " = 0") {
			if _, err := w.eval(fmt.Sprintf("%s = %d", name, v)); err != nil {
				return err
			}
		}
	}
	if w.has("high_memory = 0") {
		if _, err := w.eval("high_memory = (void *)" + w.ulong(w.geo.linear+w.geo.start+w.memory())); err != nil {
			return err
		}
	}
	if err := w.threadInfo(); err != nil {
		return err
	}
	if err := w.protectionMap(); err != nil {
		return err
	}
	for _, name := range []string{"ptlock_cache_init", "pgtable_cache_init"} {
		text := "({ " + name + "(); })"
		if !w.has(text) {
			continue
		}
		// The generic one is weak and does nothing.
		if u, err := w.e.tree.Types(w.ctx, w.unit, name); u == nil {
			if err != nil {
				return err
			}
			continue
		}
		if _, err := w.eval(text); err != nil {
			return err
		}
	}
	return nil
}

// newPage makes a struct page what the allocator hands out.
func (w *world) newPage(page uint64) {
	t := w.unit.Types.Record("page")
	_ = w.m.Mem.Set(page, bits.Const(8, 0), w.geo.pageBytes)
	w.trySet(page, t, 0xffffffff, "_mapcount", "counter")
	w.trySet(page, t, 1, "_refcount", "counter")
}

// cache is a cache of objects that a boot made.
type cache struct {
	size, align uint64
	ctor        uint64 // address of a function, 0 for none
}

// cacheCreate makes a cache.
func (w *world) cacheCreate(k *exec.Primitive) (exec.Value, error) {
	var c cache
	for i, v := range []*uint64{&c.size, &c.align} {
		var err error
		if *v, err = k.Addr(1 + i); err != nil {
			return exec.Value{}, err
		}
	}
	var err error
	if c.ctor, err = k.Addr(len(k.Args) - 1); err != nil {
		return exec.Value{}, err
	}
	return w.addCache(k, c)
}

// cacheCreateArgs is cacheCreate with a struct kmem_cache_args.
func (w *world) cacheCreateArgs(k *exec.Primitive) (exec.Value, error) {
	var c cache
	var err error
	if c.size, err = k.Addr(1); err != nil {
		return exec.Value{}, err
	}
	for name, v := range map[string]*uint64{"align": &c.align, "ctor": &c.ctor} {
		x, err := k.LoadField(2, name)
		if err != nil {
			return exec.Value{}, err
		}
		n, ok := x.Uint64()
		if !ok {
			return exec.Value{}, k.Unsupported("a cache whose " + name + " is not known")
		}
		*v = n
	}
	return w.addCache(k, c)
}

func (w *world) addCache(k *exec.Primitive, c cache) (exec.Value, error) {
	at, err := k.Alloc(mem.Spec{Name: "cache", Kind: mem.Heap, Size: 4096, Undefined: "a member of a cache"}, 64)
	if err != nil {
		return at, err
	}
	n, _ := at.Uint64()
	w.caches[n] = c
	return at, nil
}

// cacheAlloc allocates an object of a cache, as its constructor leaves it.
func (w *world) cacheAlloc(k *exec.Primitive) (exec.Value, error) {
	at, err := k.Addr(0)
	if err != nil {
		return exec.Value{}, err
	}
	c, ok := w.caches[at]
	if !ok {
		return w.fromCache(k)
	}
	zero := k.Name == "kmem_cache_zalloc"
	if !zero {
		gfp, err := k.Addr(1)
		if err != nil {
			return exec.Value{}, err
		}
		zero = gfp&gfpZero != 0
	}
	// Tables of less than a page lie in pages, which the linear map shows.
	size := max(c.size, c.align, w.geo.pageSize)
	addr, err := w.reserve(size, size)
	if err != nil {
		return exec.Value{}, err
	}
	spec := mem.Spec{Name: "of " + k.Name, Kind: mem.PageFrame, Addr: addr, Size: c.size}
	if !zero {
		spec.Undefined = "a new object of a cache, which nothing was written to"
	}
	if _, err := w.m.Mem.Place(spec); err != nil {
		return exec.Value{}, err
	}
	w.newPage(w.page(addr))
	if c.ctor != 0 && !zero {
		if _, err := w.eval(fmt.Sprintf("((void (*)(void *))%s)((void *)%s)", w.ulong(c.ctor), w.ulong(addr))); err != nil {
			return exec.Value{}, err
		}
	}
	return w.m.Pointer(addr), nil
}

// formatted stands for a text nobody looks at.
func formatted(k *exec.Primitive) (exec.Value, error) {
	return k.Alloc(mem.Spec{Name: "text", Kind: mem.Heap, Size: 64}, 64)
}

func (w *world) clearPage(k *exec.Primitive) (exec.Value, error) {
	at, err := k.Addr(0)
	if err != nil {
		return exec.Value{}, err
	}
	return exec.Value{}, w.m.Mem.Set(at, bits.Const(8, 0), w.geo.pageSize)
}

// fill is memset16() and its siblings: destination, number, how many.
// Source: include/linux/string.h, v6.1.
func fill(k *exec.Primitive) (exec.Value, error) {
	if len(k.Args) != 3 {
		return exec.Value{}, k.Unsupported("arguments of " + k.Name)
	}
	at, err := k.Addr(0)
	if err != nil {
		return exec.Value{}, err
	}
	n, err := k.Addr(2)
	if err != nil {
		return exec.Value{}, err
	}
	size := uint64(k.Args[1].Width() / 8)
	if strings.HasPrefix(k.Name, "__") {
		n /= size // takes a number of bytes
	}
	for i := uint64(0); i < n; i++ {
		if err := k.Store(k.M.Pointer(at+i*size), k.Args[1]); err != nil {
			return exec.Value{}, err
		}
	}
	return k.Args[0], nil
}

// isZero says which variables that no unit defines hold zeros on a machine that
// an initcall runs on: nobody traces anything yet.
func (e *Emulator) isZero(name string) bool {
	return e.initcall && strings.HasPrefix(name, "__tracepoint_")
}

// threadInfo makes what a register points to that holds the address of the
// current thread_info: nobody interrupts, nothing is pending.
func (w *world) threadInfo() error {
	if w.has("__local_per_cpu_offset = 0") { // a register of sparc; there is one CPU
		if _, err := w.eval("__local_per_cpu_offset = 0"); err != nil {
			return err
		}
	}
	if w.has("__current_thread_info = 0") {
		if err := w.threadRegister(); err != nil {
			return err
		}
	}
	// Elsewhere it is a macro.
	if o := w.unit.Types.Lookup("current"); o == nil || o.Kind != types.Var {
		return nil
	}
	_, err := w.eval("current = (void *)" + w.ulong(w.task))
	return err
}

func (w *world) threadRegister() error {
	o, err := w.m.Mem.Alloc(mem.Spec{Name: "thread_info", Kind: mem.Heap, Size: 16 << 10}, 16<<10)
	if err != nil {
		return err
	}
	_, err = w.eval("__current_thread_info = (void *)" + w.ulong(o.Addr))
	return err
}

// readTCR is TCR_EL1 of arm64, whose field T1SZ is 64 without the number of
// bits of a virtual address of the kernel.
// Source: Arm ARM, D19.2 (TCR_EL1); arch/arm64/include/asm/memory.h,
// vabits_actual, v6.12.
func (w *world) readTCR(k *exec.Primitive) (exec.Value, error) {
	for _, a := range w.e.machine.Setup {
		_, text, ok := strings.Cut(a.C, "=")
		if a.Lval() != "vabits_actual" || !ok {
			continue
		}
		n, err := w.number("(unsigned long)(" + text + ")")
		return bits.Const(64, (64-n)<<16), err
	}
	return k.Unknown("TCR_EL1", 64), nil
}

// protectionMap completes the table of protections where boot code does.
// Source: arch/arm64/mm/mmap.c, adjust_protection_map, v6.12;
// arch/mips/mm/cache.c, setup_protection_map, and arch/sparc/mm/init_64.c,
// paging_init, v6.1 and v6.12.
func (w *world) protectionMap() error {
	u, err := w.e.tree.Types(w.ctx, w.unit, "vm_get_page_prot")
	if u == nil || err != nil {
		return err
	}
	for _, boot := range []struct{ name, text string }{
		{"adjust_protection_map", "adjust_protection_map();"},
		{"setup_protection_map", "setup_protection_map();"},
		{"sun4u_pgprot_init", "if (tlb_type == hypervisor) sun4v_pgprot_init(); else sun4u_pgprot_init();"},
	} {
		if o := u.Lookup(boot.name); o == nil || o.Def == nil {
			continue
		}
		if _, err := w.evalIn(u, "({ "+boot.text+" 0; })"); err != nil {
			return err
		}
	}
	return nil
}
