package pagetable

import (
	"strings"

	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
	"ptreview/semantics/types"
)

// models are the primitives whose meaning depends on the machine or on what
// callers may hold, on top of the executor's.
func (w *world) models() map[string]*exec.Model {
	all := make(map[string]*exec.Model)
	each := func(contract string, run func(*exec.Primitive) (exec.Value, error), names string) {
		m := &exec.Model{Contract: contract, Run: run}
		for _, name := range strings.Fields(names) {
			all[name] = m
		}
	}
	each("says whether the lock is held; of a lock that was not taken in the run only the caller knows", w.isHeld, `
		spin_is_locked arch_spin_is_locked queued_spin_is_locked ticket_spin_is_locked
		rwsem_is_locked mutex_is_locked rcu_read_lock_held rcu_read_lock_sched_held`)
	each("returns 0: the lowcore of s390 is not relocated; there is one node", zero, `
		get_lowcore numa_node_id numa_mem_id`)
	each("does nothing: statistics are not kept", zero, `
		count_vm_event count_vm_events __count_vm_event __count_vm_events
		__mod_node_page_state mod_node_page_state __mod_zone_page_state mod_zone_page_state
		__mod_lruvec_page_state mod_lruvec_page_state __mod_lruvec_state mod_lruvec_state
		__mod_lruvec_kmem_state mod_memcg_state count_memcg_events count_memcg_event_mm
		count_memcg_page_event count_memcg_folio_events psi_memstall_enter psi_memstall_leave`)
	each("does nothing: there is nobody to give the processor to", zero, `
		__SCT__might_resched __SCT__cond_resched __SCT__preempt_schedule __SCT__preempt_schedule_notrace`)
	each("returns the address of a page in the linear map: no memory is high", w.mapPage, `
		page_address __kmap_local_page_prot`)
	each("does nothing: pages are in the linear map", zero, `kunmap_local_indexed`)
	each("writes an entry for Linux; that of the hardware beside it is left out", armSetPTE, armCPU("set_pte_ext"))
	each("cannot be run: memory that a boot maps once more, without a cache", func(k *exec.Primitive) (exec.Value, error) {
		return exec.Value{}, k.Unsupported(k.Name + ": memory that a boot maps once more, without a cache")
	}, `srmmu_get_nocache`)
	if w.sections() {
		each("returns the one section of memory that there is", func(k *exec.Primitive) (exec.Value, error) {
			return w.m.Pointer(w.section), nil
		}, `__nr_to_section`)
		each("returns 0: there is one section of memory", zero, `page_to_section`)
	}
	each("says whether the boot CPU has a feature, by its bit in boot_cpu_data", staticCPUHas, `_static_cpu_has`)
	each("disables interrupts; which ones were enabled is not kept", func(*exec.Primitive) (exec.Value, error) {
		w.irqsOff++
		return exec.Value{}, nil
	}, `local_irq_disable arch_local_irq_disable raw_local_irq_disable arch_local_irq_save __arch_local_irq_save`)
	each("enables interrupts where the innermost section without them ends", func(*exec.Primitive) (exec.Value, error) {
		w.irqsOff = max(w.irqsOff-1, 0)
		return exec.Value{}, nil
	}, `local_irq_enable arch_local_irq_enable __arch_local_irq_enable arch_local_irq_restore __arch_local_irq_enable_external`)
	w.lockModels(all)
	w.allocators(each)
	if w.e.initcall {
		w.mmModels(each)
	}
	return all
}

func zero(*exec.Primitive) (exec.Value, error) { return exec.Value{}, nil }

// heldBy names the locks that a test or a release is about.
func heldBy(test string) string {
	switch {
	case strings.HasPrefix(test, "rwsem"), strings.HasPrefix(test, "up_"):
		return "mmap_lock"
	case strings.HasPrefix(test, "rcu"):
		return "RCU"
	case strings.Contains(test, "spin") || strings.Contains(test, "ticket"):
		return "page table lock"
	}
	return ""
}

func (w *world) isHeld(k *exec.Primitive) (exec.Value, error) {
	byCaller := func() bool { return w.callerHolds != nil && w.callerHolds(heldBy(k.Name)) }
	if len(k.Args) == 0 {
		if byCaller() {
			return bits.Const(32, 1), nil
		}
		return k.Unknown("whether the caller is in an RCU read-side section", 32), nil
	}
	at, err := k.Addr(0)
	if err != nil {
		return exec.Value{}, err
	}
	held, taken := k.M.Lock(at)
	switch {
	case held:
		return bits.Const(32, 1), nil
	case taken:
		return bits.Const(32, 0), nil
	case byCaller():
		return bits.Const(32, 1), nil
	}
	return k.M.Bits.ZExt(k.Unknown("whether the caller holds a lock", 1), 32), nil
}

// staticCPUHas reads what alternatives were patched by.
// Source: arch/x86/include/asm/cpufeature.h, _static_cpu_has, v6.1.
func staticCPUHas(k *exec.Primitive) (exec.Value, error) {
	bit, err := k.Addr(0)
	if err != nil {
		return exec.Value{}, err
	}
	o := k.Unit().Lookup("boot_cpu_data")
	if o == nil || o.Kind != types.Var {
		return exec.Value{}, k.Unsupported("_static_cpu_has without boot_cpu_data")
	}
	f := member(k.Unit(), o.Type, "x86_capability")
	if f == nil {
		return exec.Value{}, k.Unsupported("boot_cpu_data without x86_capability")
	}
	at, err := k.M.Global("boot_cpu_data")
	if err != nil {
		return exec.Value{}, err
	}
	word, err := k.Load(k.M.Pointer(at+uint64(f.Offset)+bit/32*4), 4)
	if err != nil {
		return exec.Value{}, err
	}
	return k.M.Bits.Extract(word, int(bit%32), int(bit%32)), nil
}

// mapPage gives the address of a page, by its struct page.
func (w *world) mapPage(k *exec.Primitive) (exec.Value, error) {
	if v, ok := w.mapAny(k); ok {
		return v, nil
	}
	page, err := k.Addr(0)
	if err != nil {
		return exec.Value{}, err
	}
	if !w.isPage(page) {
		return exec.Value{}, k.Trap(exec.TrapWild, k.Name+" of what is no struct page")
	}
	return w.m.Pointer(w.geo.linear + (page-w.geo.pages)/w.geo.pageBytes<<w.geo.pageShift), nil
}

// armCPU names a function of each CPU of arm that has an MMU.
// Source: arch/arm/include/asm/glue-proc.h, CPU_NAME, v6.1 and v6.12.
func armCPU(function string) string {
	var names strings.Builder
	for _, cpu := range strings.Fields(`
		arm720 arm920 arm922 arm925 arm926 arm1020 arm1020e arm1022 arm1026
		fa526 sa110 sa1100 xscale xsc3 mohawk feroceon v6 v7 ca8 ca9mp ca15`) {
		names.WriteString(" cpu_" + cpu + "_" + function)
	}
	return names.String()
}

// mapAny is mapPage for a page that depends on free values.
func (w *world) mapAny(k *exec.Primitive) (exec.Value, bool) {
	if w.geo == nil || len(k.Args) == 0 || !k.IsBeyond(0, w.geo.pageBytes) {
		return exec.Value{}, false
	}
	b, width := w.m.Bits, w.m.Mem.PointerBits()
	pfn := b.UDiv(b.Sub(k.Args[0], bits.Const(width, w.geo.pages)), bits.Const(width, w.geo.pageBytes))
	return b.Add(bits.Const(width, w.geo.linear), b.Shl(pfn, bits.Const(width, uint64(w.geo.pageShift)))), true
}

// armSetPTE is set_pte_ext of a CPU.
// Source: arch/arm/mm/proc-v7-2level.S, cpu_v7_set_pte_ext, v6.1 and v6.12.
func armSetPTE(k *exec.Primitive) (exec.Value, error) {
	if len(k.Args) < 2 {
		return exec.Value{}, k.Unsupported("set_pte_ext without an entry")
	}
	k.Event()
	return exec.Value{}, k.Store(k.Args[0], k.Args[1])
}
