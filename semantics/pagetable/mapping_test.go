package pagetable_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

func readUnit(t testing.TB, prog *facts.TreeProgram, path string) *unit.Unit {
	t.Helper()
	u, err := prog.Read(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// runs runs a function of a unit.
func runs(t testing.TB, e *pagetable.Emulator, u *unit.Unit, name string) *pagetable.Outcome {
	t.Helper()
	o := u.Types.Lookup(name)
	if o == nil || o.Def == nil {
		t.Fatalf("%s: no function %s", u.Path, name)
	}
	out, err := e.Run(context.Background(), u, o.Def)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// expected is what the functions that map a page table are to show.
type expected struct {
	trap bool // taking the lock of a page table ends in BUG() of hash__pmd_same
	file string
	line int
	huge bool // there are huge pages
	rcu  bool // a mapped page table is one inside an RCU read-side section
}

// mapping runs the functions that map a page table.
func mapping(t *testing.T, e *pagetable.Emulator, u *unit.Unit, want expected) {
	for _, name := range []string{"__pte_offset_map", "pte_offset_map", "pte_offset_map_nolock", "__pte_offset_map_lock", "pte_offset_map_lock"} {
		if o := u.Types.Lookup(name); o == nil || o.Def == nil {
			continue // not in every version
		}
		out := runs(t, e, u, name)
		noIncomplete(t, name, out)
		seen := make(map[string]bool)
		for _, r := range out.Runs {
			state := stateOf(&r)
			seen[state] = true
			mapped(t, name, state, &r, want)
		}
		checkStates(t, name, seen, want.huge)
	}
	for _, name := range []string{"__pte_map", "pte_unmap"} {
		if o := u.Types.Lookup(name); o == nil || o.Def == nil {
			continue
		}
		out := runs(t, e, u, name)
		if want.rcu && name == "pte_unmap" {
			// Its caller is in the section that it leaves.
			const reason = "callers hold a lock that the emulated caller does not: rcu_read_unlock of a lock that was not taken in this run"
			if len(out.Runs) > 0 || !slices.Equal(out.Incomplete, []string{reason}) {
				t.Errorf("%s: %d runs, incomplete %q", name, len(out.Runs), out.Incomplete)
			}
			continue
		}
		noIncomplete(t, name, out)
		for _, r := range out.Runs {
			if r.Trap != nil || !r.Exact {
				t.Errorf("%s(%s): %+v, exact %v %v", name, r.Inputs, r.Trap, r.Exact, r.Why)
			}
		}
	}
}

func noIncomplete(t testing.TB, name string, out *pagetable.Outcome) {
	t.Helper()
	for _, s := range out.Incomplete {
		t.Errorf("%s: incomplete: %s", name, s)
	}
	if len(out.Runs) == 0 {
		t.Errorf("%s: no run", name)
	}
}

// stateOf returns what a run says of the pmd.
func stateOf(r *pagetable.Run) string {
	for _, s := range r.Inputs {
		if text, ok := strings.CutPrefix(s, "pmd: "); ok {
			return text
		}
	}
	return ""
}

// mapped checks one run of a function that maps a page table.
func mapped(t *testing.T, name, state string, r *pagetable.Run, want expected) {
	t.Helper()
	locks, table := strings.HasSuffix(name, "_map_lock"), strings.HasPrefix(state, "points to a page table")
	if !r.Exact {
		t.Errorf("%s, pmd %s: not exact: %v", name, state, r.Why)
	}
	if want.trap && locks && table {
		trapped(t, name, r, want)
		return
	}
	if r.Trap != nil {
		t.Errorf("%s, pmd %s: %+v", name, state, r.Trap)
		return
	}
	held := 0
	if locks && table {
		held++
	}
	if want.rcu && table {
		held++
	}
	pte, known := r.Result.Return.Uint64()
	if !known || (pte != 0) != table || r.Held != held {
		t.Errorf("%s, pmd %s: returned %v with %d locks held", name, state, r.Result.Return, r.Held)
	}
}

// trapped checks a run that is to end in the founding bug.
func trapped(t *testing.T, name string, r *pagetable.Run, want expected) {
	t.Helper()
	if r.Trap == nil {
		t.Errorf("%s: no trap", name)
		return
	}
	stack := []string{"hash__pmd_same", "pmd_same", "__pte_offset_map_lock"}
	if name != "__pte_offset_map_lock" {
		stack = append(stack, name)
	}
	if r.Trap.Kind != "BUG" || r.Trap.Function != "hash__pmd_same" || !slices.Equal(r.Trap.Stack, stack) {
		t.Errorf("%s: %+v", name, r.Trap)
	}
	if r.Trap.Spelled.Path != want.file || r.Trap.Spelled.Line != want.line || r.Trap.Use != r.Trap.Spelled {
		t.Errorf("%s: trap at %s, used at %s; want %s:%d", name, r.Trap.Spelled, r.Trap.Use, want.file, want.line)
	}
	last := r.Trace[len(r.Trace)-1]
	if last.Function != "hash__pmd_same" || last.File != want.file || last.Text != "BUG();" || r.Trace[0].Depth != 0 {
		t.Errorf("%s: trace ends in %+v and begins at depth %d", name, last, r.Trace[0].Depth)
	}
}

// checkStates checks that every state of the pmd was run that the machine has.
func checkStates(t *testing.T, name string, seen map[string]bool, huge bool) {
	t.Helper()
	want := []string{"points to a page table, whose entry maps a page", "points to a page table, whose entry is empty", "is empty"}
	for _, s := range want {
		if !seen[s] {
			t.Errorf("%s: no run where the pmd %s", name, s)
		}
	}
	if seen["maps a huge page"] != huge {
		t.Errorf("%s: huge pages %v, want %v", name, seen["maps a huge page"], huge)
	}
}
