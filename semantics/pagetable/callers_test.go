package pagetable_test

import (
	"slices"
	"strings"
	"testing"

	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

// calledFunctions are static functions with their callers.
const calledFunctions = `#include <linux/mm.h>

static int needs_entry(pmd_t *pmd)
{
	BUG_ON(pmd_none(*pmd));
	return 1;
}
int first_caller(struct mm_struct *mm, pmd_t *entry)
{
	if (pmd_none(*entry))
		return 0;
	return needs_entry(entry);
}
int second_caller(struct mm_struct *mm, pmd_t *pmd, unsigned long addr)
{
	if (addr && !pmd_none(*pmd))
		return needs_entry(pmd);
	return 0;
}

static int careless(pmd_t *pmd)
{
	BUG_ON(pmd_none(*pmd));
	return 1;
}
int looks(pmd_t *pmd)
{
	return pmd_none(*pmd) ? 0 : careless(pmd);
}
int forgets(pmd_t *pmd)
{
	return careless(pmd);
}

static int moved_on(pmd_t *pmd)
{
	BUG_ON(pmd_none(*pmd));
	return 1;
}
int assigns_again(pmd_t *a, pmd_t *b)
{
	pmd_t *pmd;

	pmd = a;
	if (pmd_none(*pmd))
		return 0;
	pmd = b;
	return moved_on(pmd);
}

static int lets_go(spinlock_t *ptl)
{
	spin_unlock(ptl);
	return 5;
}
int takes(struct mm_struct *mm, pmd_t *pmd)
{
	spinlock_t *ptl = &mm->page_table_lock;

	spin_lock(ptl);
	return lets_go(ptl);
}

static int lets_go_twice(spinlock_t *ptl)
{
	spin_unlock(ptl);
	spin_unlock(ptl);
	return 5;
}
int takes_once(struct mm_struct *mm)
{
	spinlock_t *ptl = &mm->page_table_lock;

	spin_lock(ptl);
	return lets_go_twice(ptl);
}

static int not_held(spinlock_t *ptl)
{
	spin_unlock(ptl);
	return 5;
}
int lost_it(struct mm_struct *mm)
{
	spinlock_t *ptl = &mm->page_table_lock;

	spin_lock(ptl);
	spin_unlock(ptl);
	return not_held(ptl);
}
`

// TestPreconditions assumes what every caller establishes, and nothing else.
func TestPreconditions(t *testing.T) {
	tr := tree.NewOverlay(demoTree(t), map[string][]byte{"mm/called.c": []byte(calledFunctions)})
	r := unit.NewReader(source.NewSet(), unit.Options{})
	prog := facts.NewProgram(r, tr, classOf(t, r, tr, demoConfigs[0]), nil)
	u := readUnit(t, prog, "mm/called.c")
	for _, c := range []struct {
		fn, symbolic      string
		without           []pagetable.AssumptionKind
		trapped           bool
		assumed, notTaken string // parts of an assumption, and of a remark
	}{
		{fn: "needs_entry", symbolic: "pmd", assumed: "every caller has seen that !pmd_none(*pmd)"},
		{fn: "needs_entry", symbolic: "pmd", without: []pagetable.AssumptionKind{pagetable.AssumeGuard}, trapped: true},
		{fn: "careless", symbolic: "pmd", trapped: true, notTaken: "that !pmd_none(*pmd): not established by forgets() (mm/called.c:"},
		{fn: "moved_on", symbolic: "pmd", trapped: true},
		{fn: "lets_go", assumed: "every caller holds the page table lock"},
		{fn: "lets_go", without: []pagetable.AssumptionKind{pagetable.AssumeLock}, trapped: true},
		{fn: "lets_go_twice", trapped: true},
		{fn: "not_held", trapped: true},
	} {
		e := pagetable.New(prog, prog.Class.Machines()[0], pagetable.Options{})
		fn := u.Types.Lookup(c.fn).Def
		pre, err := e.Preconditions(t.Context(), u, fn)
		if err != nil {
			t.Fatal(err)
		}
		call := pagetable.Call{Callers: pre, Without: c.without}
		if c.symbolic != "" {
			call.Symbolic = []string{c.symbolic}
		}
		out, err := e.Call(t.Context(), u, fn, call)
		if err != nil {
			t.Fatalf("%s: %v", c.fn, err)
		}
		trapped := slices.ContainsFunc(out.Paths, func(p *pagetable.Ended) bool { return p.Trap != nil })
		if trapped != c.trapped {
			t.Errorf("%s without %v: got a trap: %v, want %v", c.fn, c.without, trapped, c.trapped)
		}
		if !hasText(c.assumed, out.Assumptions, func(a pagetable.Assumption) string {
			if a.File != "mm/called.c" || a.Line == 0 {
				return ""
			}
			return a.Text
		}) {
			t.Errorf("%s: got %+v, want %q", c.fn, out.Assumptions, c.assumed)
		}
		if !hasText(c.notTaken, pre.Dropped, pagetable.Dropped.String) {
			t.Errorf("%s: got %q, want %q", c.fn, pre.Dropped, c.notTaken)
		}
	}
}

func hasText[T any](want string, list []T, text func(T) string) bool {
	return want == "" || slices.ContainsFunc(list, func(x T) bool { return strings.Contains(text(x), want) })
}

// TestModelsAreReplayed spoils the values that are found for paths: one that a
// run with them does not bear out is an error.
func TestModelsAreReplayed(t *testing.T) {
	tr := tree.NewOverlay(demoTree(t), map[string][]byte{"mm/called.c": []byte(calledFunctions)})
	r := unit.NewReader(source.NewSet(), unit.Options{})
	prog := facts.NewProgram(r, tr, classOf(t, r, tr, demoConfigs[0]), nil)
	u := readUnit(t, prog, "mm/called.c")
	fn := u.Types.Lookup("needs_entry").Def
	for _, swapped := range []bool{false, true} {
		e := pagetable.New(prog, prog.Class.Machines()[0], pagetable.Options{})
		err := pagetable.FindExamples(t.Context(), e, u, fn, pagetable.Call{Symbolic: []string{"pmd"}}, swapped)
		if got := err != nil && strings.Contains(err.Error(), "that no run with its values takes"); got != swapped {
			t.Errorf("conditions exchanged: %v: got %v", swapped, err)
		}
	}
}
