package pagetable_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ptreview/parse/source"
	"ptreview/parse/tree"
	"ptreview/semantics/facts"
	"ptreview/semantics/pagetable"
	"ptreview/semantics/unit"
)

// function is a function of the miniature kernel, and what its runs show:
// lines that begin with the arguments that matter.
type function struct {
	name, text string
	want       []string
}

var functions = []function{
	{"take_twice", `
void take_twice(struct mm_struct *mm)
{
	spin_lock(&mm->page_table_lock);
	spin_lock(&mm->page_table_lock);
}`, []string{"exact locking in take_twice"}},
	{"drop_twice", `
void drop_twice(struct mm_struct *mm)
{
	spin_lock(&mm->page_table_lock);
	spin_unlock(&mm->page_table_lock);
	spin_unlock(&mm->page_table_lock);
}`, []string{"exact locking in drop_twice"}},
	{"drop", `
void drop(spinlock_t *ptl)
{
	spin_unlock(ptl);
}`, []string{"incomplete: callers hold a lock that the emulated caller does not: spin_unlock of a lock that was not taken in this run"}},
	{"flag", `
int flag(pmd_t *pmd, int dirty)
{
	BUG_ON(dirty && pmd_none(*pmd));
	return 7;
}`, []string{"exact returns", "exact BUG_ON in flag if dirty: 0x1, pmd: is empty"}},
	{"number", `
void number(unsigned long order)
{
	BUG_ON(order > 3);
}`, []string{"exact? no: what callers pass as order: returns",
		"exact? no: what callers pass as order: BUG_ON in number"}},
	{"local_to_file", `
static int local_to_file(pmd_t *pmd)
{
	BUG_ON(pmd_none(*pmd));
	return 0;
}`, []string{"exact? no: whether callers of a static function pass this: returns",
		"exact? no: whether callers of a static function pass this: BUG_ON in local_to_file if pmd: is empty"}},
	{"by_value", `
int by_value(pmd_t pmd)
{
	BUG_ON(pmd_none(pmd));
	return 0;
}`, []string{"exact returns", "exact BUG_ON in by_value if pmd: is empty"}},
	{"store_seen", `
void store_seen(pmd_t *pmd, pmd_t *pmdvalp)
{
	*pmdvalp = *pmd;
}`, []string{"exact returns", "exact NULL dereference in store_seen if pmdvalp: NULL"}},
	{"call_back", `
void call_back(int (*fn)(int))
{
	fn(0);
}`, []string{"incomplete: parameter fn: no argument of type int (*)(int)"}},
	{"page_flags", `
void page_flags(struct page *page)
{
	BUG_ON(page->flags);
}`, []string{"exact? no: a member of a struct page: returns", "exact? no: a member of a struct page: BUG_ON in page_flags"}},
	{"two_spaces", `
void two_spaces(struct mm_struct *from, struct mm_struct *to)
{
	spin_lock(&from->page_table_lock);
	spin_lock(&to->page_table_lock);
}`, []string{"exact returns"}},
	{"area", `
void area(struct vm_area_struct *vma, unsigned long address)
{
	spin_lock(&vma->vm_mm->page_table_lock);
	BUG_ON(address < vma->vm_start || address >= vma->vm_end);
	spin_unlock(&vma->vm_mm->page_table_lock);
}`, []string{"exact returns"}},
	{"walk", `
pte_t *walk(struct mm_struct *mm, unsigned long address)
{
	pgd_t *pgd = pgd_offset(mm, address);
	pud_t *pud = pud_offset(p4d_offset(pgd, address), address);
	pmd_t *pmd = pmd_offset(pud, address);

	BUG_ON(!pmd_none(*pmd) && !pmd_trans_huge(*pmd) && pmd_bad(*pmd));
	return 0;
}`, []string{"exact returns"}},
	{"same_table", `
void same_table(pmd_t *pmd, pte_t *pte, unsigned long addr)
{
	BUG_ON(pte_offset_kernel(pmd, addr) != pte);
	BUG_ON(pte_present(*pte) && addr % 0x200000 == 0x5000);
}`, []string{"exact returns", "exact BUG_ON in same_table if pte: maps a page"}},
	{"for_ever", `
void for_ever(void)
{
	for (;;)
		;
}`, []string{"exact no progress in for_ever"}},
	{"in_macro", `
#define must(cond) BUG_ON(!(cond))
void in_macro(pte_t *pte)
{
	must(pte_present(*pte));
}`, []string{"exact returns", "exact BUG_ON in in_macro if pte: is empty"}},
	{"any_object", `
struct walk_control { int depth; struct mm_struct *mm; };
int any_object(struct walk_control *walk)
{
	spin_lock(&walk->mm->page_table_lock);
	return walk->depth;
}`, []string{"exact returns"}},
	{"unknown_type", `
struct elsewhere;
int unknown_type(struct elsewhere *x)
{
	return !x;
}`, []string{"incomplete: parameter x: no argument of type struct elsewhere"}},
	{"variable", `
int variable(int n, ...)
{
	return n;
}`, []string{"incomplete: variable takes a variable number of arguments"}},
	{"not_there", `
void nobody_has(void);
void not_there(void)
{
	nobody_has();
}`, []string{"exact? no: not run: nobody_has: returns"}},
}

// TestArguments runs functions of every kind of parameter on one machine of
// the miniature kernel.
func TestArguments(t *testing.T) {
	var text strings.Builder
	text.WriteString("#include <linux/mm.h>\n")
	for _, f := range functions {
		text.WriteString(f.text + "\n")
	}
	tr := tree.NewOverlay(demoTree(t), map[string][]byte{"mm/extra.c": []byte(text.String())})
	r := unit.NewReader(source.NewSet(), unit.Options{})
	prog := facts.NewProgram(r, tr, classOf(t, r, tr, demoConfigs[0]), nil)
	u := readUnit(t, prog, "mm/extra.c")
	for _, g := range u.Gaps {
		t.Errorf("gap: %s", g)
	}
	for _, m := range prog.Class.Machines() {
		e := pagetable.New(prog, m, pagetable.Options{})
		for _, f := range functions {
			t.Run(f.name, func(t *testing.T) {
				checkLines(t, runs(t, e, u, f.name), f.want)
			})
		}
	}
}

// checkLines compares what runs showed: each kind of outcome is wanted, and
// each wanted one is there.
func checkLines(t *testing.T, out *pagetable.Outcome, want []string) {
	t.Helper()
	used := make([]bool, len(want))
	for _, r := range out.Runs {
		line := lineOf(&r)
		i := slices.IndexFunc(want, func(w string) bool {
			head, conds, _ := strings.Cut(w, " if ")
			return head == line && hasInputs(&r, conds)
		})
		if i < 0 {
			t.Errorf("unexpected: %s, inputs %q", line, r.Inputs)
			continue
		}
		used[i] = true
	}
	for _, s := range out.Incomplete {
		i := slices.Index(want, "incomplete: "+s)
		if i < 0 {
			t.Errorf("unexpected: incomplete: %s", s)
			continue
		}
		used[i] = true
	}
	for i, w := range want {
		if !used[i] {
			t.Errorf("missing: %s", w)
		}
	}
}

func lineOf(r *pagetable.Run) string {
	head := "exact "
	if !r.Exact {
		head = fmt.Sprintf("exact? no: %s: ", strings.Join(r.Why, ", "))
	}
	if r.Trap == nil {
		return head + "returns"
	}
	return head + r.Trap.Kind + " in " + r.Trap.Function
}

func hasInputs(r *pagetable.Run, conds string) bool {
	if conds == "" {
		return true
	}
	for _, c := range strings.Split(conds, ", ") {
		if !slices.Contains(r.Inputs, c) {
			return false
		}
	}
	return true
}

// TestPlaces checks where a trap in a macro stands.
func TestPlaces(t *testing.T) {
	tr := tree.NewOverlay(demoTree(t), map[string][]byte{"mm/extra.c": []byte(`#include <linux/mm.h>
#define must(cond) BUG_ON(!(cond))
static inline void checked(pte_t *pte)
{
	must(pte_present(*pte));
}
void outer(pte_t *pte)
{
	checked(pte);
}
`)})
	r := unit.NewReader(source.NewSet(), unit.Options{})
	prog := facts.NewProgram(r, tr, classOf(t, r, tr, demoConfigs[0]), nil)
	e := pagetable.New(prog, prog.Class.Machines()[0], pagetable.Options{})
	for _, run := range runs(t, e, readUnit(t, prog, "mm/extra.c"), "outer").Runs {
		if run.Trap == nil {
			continue
		}
		if run.Trap.Use.Line != 5 || run.Trap.Spelled.Line != 2 {
			t.Errorf("used at %s, spelled at %s; want lines 5 and 2", run.Trap.Use, run.Trap.Spelled)
		}
		first, last := run.Trace[0], run.Trace[len(run.Trace)-1]
		want := pagetable.Line{Function: "outer", File: "mm/extra.c", Line: 9, Depth: 0, Text: "checked(pte);"}
		if first != want {
			t.Errorf("got first line %+v, want %+v", first, want)
		}
		want = pagetable.Line{Function: "checked", File: "mm/extra.c", Line: 5, Depth: 1, Text: "must(pte_present(*pte));"}
		if last != want {
			t.Errorf("got last line %+v, want %+v", last, want)
		}
		return
	}
	t.Error("no trap")
}
