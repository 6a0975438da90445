package facts_test

import (
	"os"
	"testing"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/semantics/facts"
)

// What functions of the kernel do, by their own documentation or what everybody
// knows of them: always sleep, sleep if flags (by parameter) allow it, or not, or not
// for sure.
const (
	always = -1
	never  = -2
)

// TestSleepersOfKernel asks the real trees about functions whose manners are known.
func TestSleepersOfKernel(t *testing.T) {
	want := []struct {
		name  string
		flags int
	}{
		{"might_sleep", always}, {"mutex_lock", always}, {"down_read", always}, {"down_write", always},
		{"mmap_read_lock", always}, {"i_mmap_lock_read", always}, {"folio_lock", always}, {"lock_page", always},
		{"wait_for_completion", always}, {"mmput", always}, {"__anon_vma_prepare", always},
		{"__pte_alloc", always}, {"pte_alloc_one", always}, {"pmd_alloc_one", never}, // a folded one does nothing
		{"kmalloc", 1}, {"kzalloc", 1}, {"alloc_pages", 0}, {"__get_free_pages", 0}, {"kmem_cache_alloc", 1},
		{"spin_lock", never}, {"cond_resched_lock", never}, {"put_page", never}, {"kfree", never},
		{"tlb_flush_mmu", never}, {"flush_tlb_range", never}, {"folio_mark_dirty", never}, {"printk", never},
		{"schedule_work", never}, {"pte_alloc_none_of_that_name", never},
	}
	for _, variable := range []string{"PTREVIEW_LINUX_6_1", "PTREVIEW_LINUX_6_12"} {
		dir := os.Getenv(variable)
		if dir == "" {
			t.Skip(variable + " does not name a kernel tree: no real definitions are read")
		}
		s := facts.NewSleepers(facts.NewStore(os.DirFS(dir), cpp.NewCache(source.NewSet())), "x86")
		for _, w := range want {
			got := s.Sleeps(w.name, "")
			flags := never
			if got != nil {
				flags = got.Flags
			}
			if flags != w.flags {
				t.Errorf("%s: %s: got %d, want %d (%+v)", variable, w.name, flags, w.flags, got)
			}
		}
	}
}
