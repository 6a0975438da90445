package check_test

import (
	"strings"
	"testing"

	"ptreview/arch"
	"ptreview/rules/check"
	"ptreview/rules/contract"
)

// TestEmptyHooks checks on a real kernel that code of mm which is the first to
// rely on what architectures leave empty is told, and only where they do.
func TestEmptyHooks(t *testing.T) {
	base := kernel61(t)
	const old = "void *vmap(struct page **pages, unsigned int count,\n\t   unsigned long flags, pgprot_t prot)\n{\n"
	tests := []struct {
		call, want string // what is called, and with what the message ends; "" for no finding
		on         string
	}{
		{"flush_cache_all();", "relies on flush_cache_all(), which does nothing on x86 and something on ", "x86"},
		{"flush_cache_all();", "", "arm"},
		{"flush_cache_vmap(0, 0);", "", "x86"}, // mm/vmalloc.c does so elsewhere
		{"arch_enter_lazy_mmu_mode();", "", "riscv"},
	}
	for _, tt := range tests {
		young := strings.Replace(old, "{\n", "{\n\t"+tt.call+"\n", 1)
		req := lawRequest([]check.Prefix{{Tree: base}, edited(t, base, "mm/vmalloc.c", old, young)})
		req.Archs, req.Rules = []*arch.Arch{arch.Named(tt.on)}, []*check.Rule{contract.Empty}
		r := reviewed(t, req)
		for _, f := range r.Findings {
			if tt.want == "" || !strings.Contains(f.Message, tt.want) || f.Severity != check.Note {
				t.Errorf("%s on %s: got %s %q, want %q", tt.call, tt.on, f.Severity, f.Message, tt.want)
			}
			t.Log(f.Message)
		}
		if len(r.Findings) == 0 && tt.want != "" {
			t.Errorf("%s on %s: got no finding, want %q", tt.call, tt.on, tt.want)
		}
	}
}
