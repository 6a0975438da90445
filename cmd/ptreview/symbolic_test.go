package main

import (
	"encoding/json"
	"testing"

	"ptreview/arch"
	"ptreview/cmd/ptreview/internal/report"
)

// TestFoundingSymbolic runs the founding function for all entries and all
// addresses on every machine: with 4K pages and the hash MMU every entry that
// points to a table leads to the BUG, and nothing else does anywhere.
func TestFoundingSymbolic(t *testing.T) {
	linux := linux61(t)
	mails := founding(t, linux)
	for _, a := range arch.All() {
		t.Run(a.Name, func(t *testing.T) {
			for _, e := range symbolically(t, linux, mails, "--arch", a.Name) {
				wantNoTrap(t, e)
			}
		})
	}
	t.Run("4K hash", func(t *testing.T) {
		list := symbolically(t, linux, mails, "--class", "powerpc/ppc64_defconfig+PPC_4K_PAGES")
		if len(list) != 2 {
			t.Fatalf("got %d machines, want 2", len(list))
		}
		wantFoundingTrap(t, list[0])
		wantNoTrap(t, list[1])
	})
}

// symbolically runs the founding function with free entry and address.
func symbolically(t *testing.T, linux string, mails []string, on ...string) []*report.Emulation {
	t.Helper()
	args := append([]string{"emulate", "__pte_offset_map_lock"}, mails...)
	args = append(args, "--tree", linux, "--symbolic", "pmd", "--symbolic", "addr", "--all-machines", "--format", "json", "--trace", "0", "--time", "600s")
	status, out, errs := inProcess(t, append(args, on...)...)
	if status != exitClean {
		t.Fatalf("got exit status %d, want 0: %s", status, errs)
	}
	var r emulations
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	return r.Emulations
}

func wantNoTrap(t *testing.T, e *report.Emulation) {
	t.Helper()
	if !e.Complete || len(e.Paths) < 2 {
		t.Errorf("%s, %s: got %d paths, complete: %v; want all", e.Class, e.Machine, len(e.Paths), e.Complete)
	}
	for _, p := range e.Paths {
		if p.Trap != nil || len(p.Warnings) > 0 {
			t.Errorf("%s, %s: got %+v, want no trap for %s", e.Class, e.Machine, p.Trap, p.Kind)
		}
	}
	for _, k := range e.Kinds {
		if k.Ends != report.NoneTraps {
			t.Errorf("%s, %s: got %s if %s, want that none traps", e.Class, e.Machine, k.Ends, k.Kind)
		}
	}
	if len(e.Kinds) > 0 && len(e.Assumptions) == 0 {
		t.Errorf("%s: got no assumptions for entries of some kinds", e.Class)
	}
}

func wantFoundingTrap(t *testing.T, e *report.Emulation) {
	t.Helper()
	want := []report.EntryKind{
		{Kind: "pmd is empty", Ends: report.NoneTraps},
		{Kind: "pmd points to a table below", Ends: report.AllTrap},
	}
	if len(e.Kinds) != len(want) || !e.Complete {
		t.Fatalf("%s: got %+v, want %+v", e.Machine, e.Kinds, want)
	}
	for i, k := range e.Kinds {
		if k.Kind != want[i].Kind || k.Ends != want[i].Ends {
			t.Errorf("got %+v, want %+v", k, want[i])
		}
	}
	if trap := e.Kinds[1].Trap; trap == nil || trap.Kind != "BUG" || trap.Function != "hash__pmd_same" || trap.File != hash4k {
		t.Errorf("got the trap %+v, want the BUG of hash__pmd_same()", trap)
	}
	for _, kind := range []string{"entry", "memory"} {
		found := false
		for _, a := range e.Assumptions {
			found = found || a.Kind == kind && a.File != "" && a.Line > 0
		}
		if !found {
			t.Errorf("got %+v, want an assumption of kind %s with its source", e.Assumptions, kind)
		}
	}
}
