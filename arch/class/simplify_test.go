package class_test

import (
	"testing"

	"ptreview/arch/class"
	"ptreview/testdata/demo"
)

// TestSimplify checks what is left of formulas under the miniature kernel's
// Kconfig.
func TestSimplify(t *testing.T) {
	or, not, atom := class.Or, class.Not, class.Atom
	opaque := atom("defined(SOME_MACRO)")
	tests := []struct {
		name string
		f    class.Formula
		want string
	}{
		{"implied", config("PPC64", "PPC_BOOK3S_64"), "CONFIG_PPC_BOOK3S_64"},
		{"dependency", config("PPC_BOOK3S_64", "TRANSPARENT_HUGEPAGE"), "CONFIG_TRANSPARENT_HUGEPAGE"},
		{"positive rather", config("!PPC_64K_PAGES", "PPC_4K_PAGES"), "CONFIG_PPC_4K_PAGES"},
		{"founding", founding, "!CONFIG_PPC_64K_PAGES && CONFIG_TRANSPARENT_HUGEPAGE"},
		{"contradiction", config("PPC_64K_PAGES", "!PPC64"), "never"},
		{"both sides", or(config("PPC_64K_PAGES"), config("PPC_4K_PAGES")), "always"},
		{"no symbol here", or(config("SPARC64"), config("DEBUG_VM")), "CONFIG_DEBUG_VM"},
		{"needless alternative", or(config("PPC_BOOK3S_64"), config("PPC_BOOK3S_64", "DEBUG_VM"), config("PPC_64K_PAGES")), "CONFIG_PPC_BOOK3S_64"},
		{"weaker alternatives", not(config("PPC64", "PPC_BOOK3S_64")), "!CONFIG_PPC_BOOK3S_64"},
		{"common part", or(config("SMP", "DEBUG_VM"), config("SMP", "PPC_4K_PAGES")), "CONFIG_SMP && (CONFIG_DEBUG_VM || CONFIG_PPC_4K_PAGES)"},
		{"number", not(atom("CONFIG_PPC_PAGE_SHIFT > 12")), "CONFIG_PPC_PAGE_SHIFT <= 12"},
		{"number that always holds", atom("CONFIG_PPC_PAGE_SHIFT >= 12"), "always"},
		{"opaque", class.And(opaque, config("PPC_BOOK3S_64", "PPC64")), "CONFIG_PPC_BOOK3S_64 && defined(SOME_MACRO)"},
		{"opaque twice", or(class.And(opaque, config("SMP")), class.And(not(opaque), config("SMP"))), "CONFIG_SMP"},
		{"constants", class.True(), "always"},
	}
	ch := chooser(t, demo.Tree(), "powerpc")
	for _, tt := range tests {
		got := ch.Simplify(tt.f)[0]
		if got.String() != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
		if ch.Equivalent(got, tt.f) != class.Yes {
			t.Errorf("%s: %s is not the same as %s", tt.name, got, tt.f)
		}
	}
	if ch.Equivalent(config("SMP"), config("DEBUG_VM")) != class.No {
		t.Error("CONFIG_SMP and CONFIG_DEBUG_VM are the same")
	}
	wide := class.False()
	for i := range 50 {
		wide = or(wide, class.And(atom("A"+string(rune('!'+i))), atom("B"+string(rune('!'+i)))))
	}
	if got := ch.Simplify(wide)[0]; got.String() != wide.String() {
		t.Errorf("beyond bounds: got %s, want %s", got, wide)
	}
}
