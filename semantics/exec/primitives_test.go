package exec_test

import (
	"strings"
	"testing"

	"ptreview/semantics/exec"
)

// primitives are uses of atomics and bit operations that every architecture
// implements in assembly, and what they leave behind.
var primitives = []struct {
	text string
	want uint64
}{
	{"({ atomic_t v = { 5 }; atomic_inc(&v); v.counter; })", 6},
	{"({ atomic_t v = { 5 }; atomic_add(3, &v); atomic_sub(1, &v); v.counter; })", 7},
	{"({ atomic_t v = { 5 }; atomic_set(&v, 9); atomic_read(&v); })", 9},
	{"({ atomic_t v = { 5 }; atomic_add_return(3, &v) * 100 + v.counter; })", 808},
	{"({ atomic_t v = { 5 }; atomic_fetch_add(3, &v) * 100 + v.counter; })", 508},
	{"({ atomic_t v = { 1 }; int z = atomic_dec_and_test(&v); z * 100 + v.counter; })", 100},
	{"({ atomic_t v = { 2 }; int z = atomic_dec_and_test(&v); z * 100 + v.counter; })", 1},
	{"({ atomic_t v = { -1 }; int z = atomic_inc_and_test(&v); z * 100 + v.counter; })", 100},
	{"({ atomic_t v = { 0 }; int z = atomic_add_negative(-3, &v); z * 100 + v.counter + 3; })", 100},
	{"({ atomic_t v = { 0 }; int z = atomic_inc_not_zero(&v); z * 100 + v.counter; })", 0},
	{"({ atomic_t v = { 4 }; int z = atomic_inc_not_zero(&v); z * 100 + v.counter; })", 105},
	{"({ atomic_t v = { 4 }; int z = atomic_add_unless(&v, 2, 4); z * 100 + v.counter; })", 4},
	{"({ atomic_t v = { 4 }; int z = atomic_xchg(&v, 7); z * 100 + v.counter; })", 407},
	{"({ atomic_t v = { 4 }; int z = atomic_cmpxchg(&v, 4, 7); z * 100 + v.counter; })", 407},
	{"({ atomic_t v = { 5 }; int z = atomic_cmpxchg(&v, 4, 7); z * 100 + v.counter; })", 505},
	{"({ atomic_t v = { 5 }; int o = 4; int z = atomic_try_cmpxchg(&v, &o, 7); z * 100 + o * 10 + v.counter; })", 55},
	{"({ atomic_t v = { 6 }; atomic_or(9, &v); atomic_and(13, &v); atomic_xor(1, &v); v.counter; })", 12},
	{"({ atomic_t v = { 6 }; atomic_fetch_andnot(2, &v) * 100 + v.counter; })", 604},
	{"({ atomic_long_t v = { 1l << 40 }; atomic_long_inc(&v); v.counter >> 8; })", 1 << 32},
	{"({ atomic_long_t v = { 1 }; atomic_long_add_return(1l << 33, &v); })", 1<<33 + 1},
	{"({ atomic64_t v = { 3 }; atomic64_dec_return(&v); })", 2},
	{"({ unsigned long w[2] = { 0 }; set_bit(3, w); set_bit(BITS_PER_LONG + 1, w); w[0] + w[1]; })", 10},
	{"({ unsigned long w = 15; clear_bit(1, &w); change_bit(4, &w); w; })", 29},
	{"({ unsigned long w = 0; int a = test_and_set_bit(5, &w), b = test_and_set_bit(5, &w); a * 100 + b * 10 + (w == 32); })", 11},
	{"({ unsigned long w = 32; int a = test_and_clear_bit(5, &w), b = test_and_clear_bit(5, &w); a * 100 + b * 10 + (w == 0); })", 101},
	{"({ unsigned long w = 32; __set_bit(0, &w); __clear_bit(5, &w); test_bit(0, &w) * 10 + test_bit(5, &w); })", 10},
	{"({ unsigned long v = 4; unsigned long o = xchg(&v, 9ul); o * 100 + v; })", 409},
	{"({ unsigned int v = 4; unsigned int o = xchg(&v, 9u); o * 100 + v; })", 409},
	{"({ unsigned long v = 4; unsigned long o = cmpxchg(&v, 4ul, 9ul); o * 100 + v; })", 409},
	{"({ unsigned long v = 4; unsigned long o = cmpxchg(&v, 5ul, 9ul); o * 100 + v; })", 404},
	{"({ unsigned long v = 4, o = 5; int z = try_cmpxchg(&v, &o, 9ul); z * 100 + o * 10 + v; })", 44},
	{"({ struct mm_struct *mm = kzalloc(sizeof(*mm), 0); pte_t p = __pte(0x25); pte_t o = ptep_get_and_clear(mm, 0, &p); pte_val(o) * 10 + pte_val(p); })", 0x25 * 10},
	{"__ffs(0x50ul) * 1000 + __fls(0x50ul) * 10 + ffz(7ul)", 4063},
	{"ffs(0x50) * 1000 + fls(0x50) * 10 + fls64(1ull << 40)", 5111},
	{"hweight_long(0xf0f0ul)", 8},
	{"get_order(5 * PAGE_SIZE)", 3},
	{"({ int v = 1; smp_store_release(&v, 5); smp_load_acquire(&v); })", 5},
	{"({ int v = 1; WRITE_ONCE(v, 5); smp_mb(); smp_rmb(); smp_wmb(); barrier(); cpu_relax(); READ_ONCE(v); })", 5},
	{"({ unsigned long f; local_irq_save(f); local_irq_restore(f); preempt_disable(); preempt_enable(); 1; })", 1},
}

// TestPrimitives runs them on every real kernel.
func TestPrimitives(t *testing.T) {
	eachKernel(t, "mm/memory.c", "", func(t *testing.T, k *kernelUnit) {
		opt := exec.Options{
			Features: map[string]bool{"radix_enabled": false},
			Models:   map[string]*exec.Model{"assert_pte_locked": exec.DefaultModels()["might_sleep"]},
		}
		exact := 0
		for _, tt := range primitives {
			if k.arch == "s390" && strings.Contains(tt.text, "ptep_get_and_clear") {
				continue // ends in ipte, an instruction of the machine's own
			}
			r, err := k.eval(t, tt.text, opt)
			if err != nil {
				t.Errorf("%s: %v", tt.text, err)
				continue
			}
			got, ok := r.Return.Uint64()
			switch {
			case r.Trap != nil || !ok || !r.Exact():
				t.Errorf("%s: %s", tt.text, outcome(r, nil))
			case got != tt.want:
				t.Errorf("%s: got %d, want %d", tt.text, got, tt.want)
			default:
				exact++
			}
		}
		t.Logf("%d of %d", exact, len(primitives))
	})
}
