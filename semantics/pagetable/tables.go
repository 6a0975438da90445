package pagetable

import (
	"errors"
	"fmt"
	"strings"

	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// The levels of a hierarchy, top first. Which of them a machine folds is for
// the kernel to say.
var levelNames = [...]string{"pgd", "p4d", "pud", "pmd", "pte"}

// below returns the level under a level, "" under pte.
func below(level string) string {
	for i, name := range levelNames[:len(levelNames)-1] {
		if name == level {
			return levelNames[i+1]
		}
	}
	return ""
}

// makeMM makes an mm with a top table, and the members its architecture needs.
func (w *world) makeMM() error {
	t := w.unit.Types.Record("mm_struct")
	if t == nil {
		return errors.New("struct mm_struct is not defined")
	}
	var err error
	if w.mm, err = w.object(t, "mm", "a member of the mm"); err != nil {
		return err
	}
	if w.e.initcall { // mm_alloc() clears it
		if err := w.m.Mem.Set(w.mm, bits.Const(8, 0), uint64(t.Size())+flexibleRoom); err != nil {
			return err
		}
	}
	if f := member(w.unit.Types, t, "context"); f != nil && f.Type.Size() > 0 {
		if err := w.m.Mem.Set(w.mm+uint64(f.Offset), bits.Const(8, 0), uint64(f.Type.Size())); err != nil {
			return err
		}
	}
	for _, a := range w.e.tree.Class.Arch.MM {
		text := replaceWord(a.C, "MM", "((struct mm_struct *)"+w.ulong(w.mm)+")")
		if !a.When.Holds(w.e.tree.Class.Value) || !w.has(text) {
			continue
		}
		if _, err := w.eval(text); err != nil {
			return fmt.Errorf("%s: %w", a.C, err)
		}
	}
	pgd, err := w.newTable("pgd")
	if err != nil {
		return err
	}
	if err := w.set(w.mm, t, pgd, "pgd"); err != nil {
		return err
	}
	w.trySet(w.mm, t, 1, "mm_users", "counter")
	w.trySet(w.mm, t, 1, "mm_count", "counter")
	w.trySet(w.mm, t, 0, "tlb_flush_pending", "counter")
	w.trySet(w.mm, t, 0, "notifier_subscriptions")
	w.trySet(w.mm, t, w.geo.taskSize, "task_size")
	if w.e.initcall { // a boot works on the mm of nobody
		return nil
	}
	return w.joinTask()
}

// joinTask makes the mm that of the current task.
func (w *world) joinTask() error {
	if w.task == 0 {
		return nil
	}
	t := w.unit.Types.Record("task_struct")
	w.trySet(w.task, t, w.mm, "active_mm")
	return w.set(w.task, t, w.mm, "mm")
}

// set writes a member of a record, by its path.
func (w *world) set(addr uint64, t types.Type, v uint64, path ...string) error {
	for _, name := range path {
		f := member(w.unit.Types, t, name)
		if f == nil {
			return fmt.Errorf("%s has no member %s", t, name)
		}
		addr, t = addr+uint64(f.Offset), f.Type
	}
	size := types.Unqual(t).Size()
	if size <= 0 || size > 8 {
		return fmt.Errorf("member %s has %d bytes", strings.Join(path, "."), size)
	}
	return w.m.Mem.Store(addr, bits.Const(int(8*size), v))
}

// trySet writes a member if there is one.
func (w *world) trySet(addr uint64, t types.Type, v uint64, path ...string) {
	_ = w.set(addr, t, v, path...) // a version without it does without it
}

// member finds a member, also in anonymous ones, with its offset in t.
func member(u *types.Unit, t types.Type, name string) *types.Field {
	r, ok := types.Unqual(t).(*types.Record)
	if !ok || !u.Complete(r) {
		return nil
	}
	for i := range r.Fields {
		f := r.Fields[i]
		if f.Name == name && !f.IsBitField() {
			return &f
		}
		if f.Name != "" {
			continue
		}
		if inner := member(u, f.Type, name); inner != nil {
			sum := *inner
			sum.Offset += f.Offset
			return &sum
		}
	}
	return nil
}

// newTable makes an empty table and returns its address in the linear map.
func (w *world) newTable(level string) (uint64, error) {
	size, err := w.number(fmt.Sprintf("PTRS_PER_%s * sizeof(%s_t)", strings.ToUpper(level), level))
	if err != nil {
		return 0, err
	}
	align := w.geo.pageSize
	for align < size {
		align *= 2
	}
	room := align
	if level == "pgd" {
		// Some keep a second table for user space behind it.
		room, align = 2*room, 2*align
	}
	addr, err := w.table(level, room, align)
	if err != nil {
		return 0, err
	}
	// The first page of a table is that of no larger folio.
	page := w.unit.Types.Record("page")
	w.trySet(w.page(addr), page, 0, "compound_head")
	w.trySet(w.page(addr), page, 1, "_refcount", "counter")
	if err := w.splitLock(addr); err != nil {
		return 0, err
	}
	return addr, w.clearTable(level, addr, size)
}

// clearTable fills a table with what its empty entries have.
func (w *world) clearTable(level string, addr, size uint64) error {
	empty, err := w.empty(level)
	if err != nil || empty == 0 {
		return err
	}
	each := w.entryBytes(level)
	for off := uint64(0); off < size; off += each {
		if err := w.m.Mem.Store(addr+off, bits.Const(int(8*each), empty)); err != nil {
			return err
		}
	}
	return nil
}

// entryBytes is the size of the number in an entry: that of the entry, of
// which 8 bytes are counted.
func (w *world) entryBytes(level string) uint64 {
	if t := w.unit.Types.Typedef(level + "_t"); t != nil && t.Size() == 4 {
		return 4
	}
	return 8
}

// empty returns the number in an empty entry, of entryBytes bytes.
func (w *world) empty(level string) (uint64, error) {
	class := w.e.tree.Class
	for _, e := range class.Arch.EntriesOf(level, class.Value) {
		if e.Empty != "" && w.has(e.Empty) {
			return w.number(e.Empty)
		}
	}
	return 0, nil
}

// splitLock gives the struct page of a table the lock that does not fit into
// it, where locks are that large.
func (w *world) splitLock(table uint64) error {
	if !w.has("ALLOC_SPLIT_PTLOCKS") {
		return nil
	}
	if n, err := w.number("ALLOC_SPLIT_PTLOCKS"); err != nil || n == 0 {
		return err
	}
	lock := w.unit.Types.Typedef("spinlock_t")
	if lock == nil {
		return errors.New("no spinlock_t")
	}
	addr, err := w.object(lock, "page table lock", "the contents of a lock")
	if err != nil {
		return err
	}
	page := w.ulong(w.page(table))
	text, err := w.first(
		fmt.Sprintf("((struct page *)%s)->ptl = (spinlock_t *)%s", page, w.ulong(addr)),
		fmt.Sprintf("((struct ptdesc *)%s)->ptl = (spinlock_t *)%s", page, w.ulong(addr)),
	)
	if err != nil {
		return err
	}
	_, err = w.eval(text)
	return err
}

// clearEntry makes an entry empty.
func (w *world) clearEntry(level string, entry uint64) error {
	t := w.unit.Types.Typedef(level + "_t")
	if t == nil {
		return fmt.Errorf("no %s_t", level)
	}
	empty, err := w.empty(level)
	if err != nil {
		return err
	}
	if empty != 0 {
		return w.m.Mem.Store(entry, bits.Const(int(8*w.entryBytes(level)), empty))
	}
	return w.m.Mem.Set(entry, bits.Const(8, 0), uint64(t.Size()))
}

// isEmpty asks the kernel whether an entry is empty; a kernel that does not
// say has the number of an empty entry there.
func (w *world) isEmpty(level string, entry uint64) (bool, error) {
	text := fmt.Sprintf("%s_none(*(%s_t *)%s)", level, level, w.ulong(entry))
	if w.has(text) {
		return w.truth(text)
	}
	t := w.unit.Types.Typedef(level + "_t")
	if t == nil || t.Size() > 8 {
		return false, fmt.Errorf("%s_none is not declared", level)
	}
	v, err := w.m.Mem.Load(entry, int(t.Size()))
	if err != nil {
		return false, err
	}
	empty, err := w.empty(level)
	n, ok := v.Uint64()
	return ok && n == empty, err
}

// walk makes tables down to the page table for a user address where there are
// none, and notes the address of the entry of each level.
func (w *world) walk(addr uint64) error {
	entry, err := w.number(fmt.Sprintf("(unsigned long)pgd_offset((struct mm_struct *)%s, %s)", w.ulong(w.mm), w.ulong(addr)))
	if err != nil {
		return err
	}
	for _, level := range levelNames[:len(levelNames)-1] {
		w.levels[level] = entry
		if entry, err = w.descend(level, entry, addr); err != nil {
			return fmt.Errorf("%s: %w", level, err)
		}
	}
	w.levels["pte"] = entry
	return nil
}

// descend returns the entry below an entry, making its table if need be.
func (w *world) descend(level string, entry, addr uint64) (uint64, error) {
	empty, err := w.isEmpty(level, entry)
	if err != nil {
		return 0, err
	}
	if empty {
		return w.populate(level, entry, addr)
	}
	return w.offset(level, entry, addr)
}

// offset has the kernel look up the entry below an entry.
func (w *world) offset(level string, entry, addr uint64) (uint64, error) {
	next := below(level)
	if next == "pte" {
		next = "pte_offset_kernel"
	} else {
		next += "_offset"
	}
	return w.number(fmt.Sprintf("(unsigned long)%s((%s_t *)%s, %s)", next, level, w.ulong(entry), w.ulong(addr)))
}

// populate lets an entry point to a new table. Of the ways to write it the
// first is taken that the kernel's walk follows to the table.
func (w *world) populate(level string, entry, addr uint64) (uint64, error) {
	table, err := w.newTable(below(level))
	if err != nil {
		return 0, err
	}
	return w.populateWith(level, entry, table, addr)
}

// populateWith lets an entry point to a table that is there.
func (w *world) populateWith(level string, entry, table, addr uint64) (uint64, error) {
	first := errors.New("there is no way to write an entry that points to a table")
	said := false
	for i, text := range w.populating(level, entry, w.ulong(table), w.ulong(w.pgtable(table))) {
		if !w.has(text) {
			continue
		}
		next, err := w.tryPopulate(level, text, entry, table, addr)
		if err == nil {
			w.wrote[level] = i
			return next, nil
		}
		if !said {
			first, said = err, true
		}
	}
	return 0, first
}

// populating lists the texts that may let an entry point to a table, whose
// address is to; pgtable is what stands for it in the kernel.
func (w *world) populating(level string, entry uint64, to, pgtable string) []string {
	at, next := fmt.Sprintf("(%s_t *)%s", level, w.ulong(entry)), below(level)
	arg := fmt.Sprintf("(%s_t *)%s", next, to)
	if level == "pmd" {
		arg = "(pgtable_t)" + pgtable
	}
	mm := "(struct mm_struct *)" + w.ulong(w.mm)
	texts := []string{
		fmt.Sprintf("({ %s_populate(%s, %s, %s); })", level, mm, at, arg),
		fmt.Sprintf("({ %s_populate(%s, (%s_t *)%s); })", level, at, next, to),
	}
	class := w.e.tree.Class
	for _, e := range class.Arch.EntriesOf(level, class.Value) {
		if e.Table != "" {
			texts = append(texts, fmt.Sprintf("({ *%s = %s; })", at, replaceWord(e.Table, "TABLE", to)))
		}
	}
	return texts
}

// pgtable is what stands for a page table in the kernel: its struct page, or
// the table itself.
func (w *world) pgtable(table uint64) uint64 {
	if w.pgtableIsPage() {
		return w.page(table)
	}
	return table
}

// tryPopulate writes an entry and checks that it leads where it should.
func (w *world) tryPopulate(level, text string, entry, table, addr uint64) (uint64, error) {
	if _, err := w.eval(text); err != nil {
		return 0, err
	}
	next, err := w.offset(level, entry, addr)
	if err != nil {
		return 0, err
	}
	if next-table >= w.geo.pageSize && next-table >= w.frameSize(table) {
		return 0, fmt.Errorf("the entry leads to %#x, the table is at %#x", next, table)
	}
	if bad := fmt.Sprintf("%s_bad(*(%s_t *)%s)", level, level, w.ulong(entry)); w.has(bad) {
		if is, err := w.truth(bad); err != nil || is {
			return 0, errors.Join(err, fmt.Errorf("%s_bad() says that the entry is bad", level))
		}
	}
	return next, nil
}

func (w *world) frameSize(table uint64) uint64 {
	o, err := w.m.Mem.Find(table)
	if err != nil || o == nil {
		return 0
	}
	return o.Size
}
