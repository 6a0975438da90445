package lazy_test

import (
	"context"
	"testing"

	"ptreview/arch"
	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/rules/check"
	"ptreview/rules/lazy"
	"ptreview/semantics/unit"
	"ptreview/testdata/demo"
)

const lazyHeader = `
#include <linux/mm.h>
struct batch { int active; };
extern struct batch batch;
static inline void arch_enter_lazy_mmu_mode(void) { batch.active = 1; }
static inline void arch_leave_lazy_mmu_mode(void) { batch.active = 0; }
static inline void set_entries(pte_t *ptep, pte_t pte)
{
	arch_enter_lazy_mmu_mode();
	*ptep = pte;
	arch_leave_lazy_mmu_mode();
}
`

const lazyCallers = `
#include <asm/lazy.h>
void first(pte_t *ptep, pte_t pte)
{
	arch_enter_lazy_mmu_mode();
	set_entries(ptep, pte);
	arch_leave_lazy_mmu_mode();
}
void second(pte_t *ptep, pte_t pte)
{
	set_entries(ptep, pte);
	arch_enter_lazy_mmu_mode();
	set_entries(ptep + 1, pte);
	arch_leave_lazy_mmu_mode();
}
`

// TestAuditNamesHelper has an architecture's function that two generic ones call in the
// mode: that is one finding, where it enters it.
func TestAuditNamesHelper(t *testing.T) {
	x86 := arch.Named("x86")
	r, err := check.Audit(context.Background(), &check.AuditRequest{
		Version: "test", Archs: []*arch.Arch{x86}, Rules: []*check.Rule{lazy.Nested}, Configs: []string{"defconfig"},
		Reader: unit.NewReader(source.NewSet(), unit.Options{}),
		Tree: tree.NewOverlay(tree.Embedded(demo.Tree()), map[string][]byte{
			"arch/x86/include/asm/lazy.h": []byte(lazyHeader), "mm/memory.c": []byte(lazyCallers),
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) != 1 {
		t.Fatalf("got %d findings, want 1: %+v", len(r.Findings), r.Findings)
	}
	f := r.Findings[0]
	if f.Arch != "x86" || f.Entry != "set_entries" || f.Location.File != "arch/x86/include/asm/lazy.h" || f.Location.Line != 9 {
		t.Errorf("got %s %s at %s:%d, want x86 set_entries at line 9 of its header", f.Arch, f.Entry, f.Location.File, f.Location.Line)
	}
}
