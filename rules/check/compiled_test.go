package check_test

import (
	"slices"
	"testing"

	"ptreview/parse/tree"
	"ptreview/rules/check"
	"ptreview/rules/trap"
)

// TestUncompiled reviews a change of a C file that no class compiles: where
// Makefiles and Kconfig say that none can there is nothing to run.
func TestUncompiled(t *testing.T) {
	tests := []struct {
		name, makefile string
		notes          []string
	}{
		{"always", "obj-y += memory.o\n", nil},
		{"undefined symbol", "obj-$(CONFIG_NOWHERE) += memory.o\n",
			[]string{"mm/memory.c: no configuration of x86, arm64 compiles it"}},
		{"symbols that exclude each other", "ifndef CONFIG_MMU\nobj-$(CONFIG_TRANSPARENT_HUGEPAGE) += memory.o\nendif\n",
			[]string{"mm/memory.c: no configuration of x86, arm64 compiles it"}},
	}
	for _, tt := range tests {
		req := memoryRequest(t, "mm/memory.c", []string{"x86", "arm64"}, []*check.Rule{trap.ArchHelper}, settled, trapped)
		for i := range req.Prefixes {
			p := &req.Prefixes[i]
			p.Tree = tree.NewOverlay(p.Tree, map[string][]byte{"mm/Makefile": []byte(tt.makefile)})
		}
		r := reviewed(t, req)
		if got := notRun(r); got != "" || !slices.Equal(r.Notes, tt.notes) {
			t.Errorf("%s: got not run %q and notes %q, want none and %q", tt.name, got, r.Notes, tt.notes)
		}
	}
}
