package exec

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// DefaultModels are the kernel primitives that code under review is run with,
// by function name. The table is shared: do not change it. Page tables and
// pages are not here; a page-table machine brings models of its own.
var DefaultModels = sync.OnceValue(func() map[string]*Model {
	all := make(map[string]*Model)
	for _, group := range []map[string]*Model{
		nothings(), locks(), strings_(), allocators(), cpus(), atomics(),
	} {
		maps.Copy(all, group)
	}
	return all
})

// Contracts lists models as "name: contract", sorted.
func Contracts(models map[string]*Model) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(models)) {
		list = append(list, name+": "+models[name].Contract)
	}
	return list
}

// each gives several names one model.
func each(contract string, run func(*Primitive) (Value, error), names string) map[string]*Model {
	group := make(map[string]*Model)
	for _, name := range strings.Fields(names) {
		group[name] = &Model{Contract: contract, Run: run}
	}
	return group
}

func join(groups ...map[string]*Model) map[string]*Model {
	all := make(map[string]*Model)
	for _, g := range groups {
		maps.Copy(all, g)
	}
	return all
}

// nothing does nothing and returns 0.
func nothing(*Primitive) (Value, error) { return Value{}, nil }

// noted records an event and returns 0.
func noted(k *Primitive) (Value, error) {
	k.Event()
	return Value{}, nil
}

// nothings are functions that mean nothing to one thread, or only tell
// somebody something.
func nothings() map[string]*Model {
	return join(
		each("does nothing: there is one thread, which is never interrupted", nothing, `
			__might_sleep might_sleep __might_fault might_fault __cond_resched cond_resched
			__cond_resched_lock dynamic_cond_resched preempt_schedule preempt_schedule_notrace
			preempt_count_add preempt_count_sub preempt_disable preempt_enable __preempt_count_add
			__preempt_count_sub __preempt_count_dec_and_test should_resched migrate_disable migrate_enable
			local_irq_disable local_irq_enable arch_local_irq_enable arch_local_irq_disable
			raw_local_irq_disable arch_local_irq_restore arch_local_irq_save arch_local_save_flags
			arch_irqs_disabled __arch_local_irq_enable __arch_local_irq_save __arch_local_save_flags
			__arch_local_irq_enable_external __arch_local_irq_ssm
			pagefault_disable pagefault_enable synchronize_rcu schedule cpu_relax
			__rcu_read_lock_bh __rcu_read_unlock_bh local_bh_disable local_bh_enable`),
		each("does nothing: checks of lock dependencies are not run", nothing, `
			lock_acquire lock_release lock_acquired lock_contended lock_is_held_type
			lockdep_init_map_type lockdep_rcu_suspicious lockdep_hardirqs_on
			lockdep_hardirqs_off trace_hardirqs_on trace_hardirqs_off __lock_acquire
			might_alloc fs_reclaim_acquire fs_reclaim_release
			debug_check_no_locks_freed debug_lockdep_rcu_enabled`),
		each("does nothing: kernel sanitizers are not run", nothing, `
			__kcsan_check_access kcsan_atomic_next __kasan_check_read __kasan_check_write
			kasan_check_range __sanitizer_cov_trace_pc kmsan_unpoison_memory`),
		each("does nothing: what x86 calls where no hypervisor asks for more, in assembly", nothing, `
			_paravirt_nop nop_func`),
		each("is noted as an event and returns 0", noted, `
			printk _printk printk_deferred _printk_deferred __warn_printk dump_stack dump_page
			dump_vma dump_mm show_regs add_taint print_bad_pte __dump_page`),
		each("is noted as an event; no translation is cached", noted, `
			flush_tlb_mm flush_tlb_range flush_tlb_page flush_tlb_kernel_range flush_tlb_all
			flush_tlb_mm_range __flush_tlb_range __flush_tlb_page tlb_flush_mmu
			flush_pmd_tlb_range flush_pud_tlb_range radix__flush_tlb_range hash__flush_tlb_range
			radix__flush_tlb_page radix__flush_pmd_tlb_range flush_cache_range flush_cache_page
			flush_hash_pages __flush_tlb_pending flush_dcache_page
			mmu_notifier_arch_invalidate_secondary_tlbs`),
	)
}
