package pagetable

import (
	"errors"
	"fmt"
	"strings"
)

// errNoState says that a class or machine has no entries of that kind.
var errNoState = errors.New("no such entry on this machine")

// state is what the entry is that a function works on.
type state struct {
	level string
	text  string // for Run.Inputs
	make  func(w *world) error
	huge  bool // it stands for a huge page as a whole
}

// statesOf lists the states of an entry of a level that callers can pass.
func statesOf(level string) []state {
	switch level {
	case "pte":
		return []state{
			{level: level, text: "maps a page", make: (*world).present},
			{level: level, text: "is empty", make: func(w *world) error { return w.none("pte") }},
			{level: level, text: "is a migration entry", make: (*world).migrationPTE},
			{level: level, text: "is a swap entry", make: (*world).swapPTE},
		}
	case "pmd":
		return []state{
			{level: level, text: "points to a page table, whose entry maps a page", make: (*world).present},
			{level: level, text: "points to a page table, whose entry is empty", make: func(w *world) error { return nil }},
			{level: level, text: "is empty", make: func(w *world) error { return w.none("pmd") }},
			{level: level, text: "maps a huge page", make: (*world).huge, huge: true},
			{level: level, text: "is a migration entry", make: (*world).migrationPMD, huge: true},
		}
	case "":
		return []state{{make: func(w *world) error { return nil }}}
	}
	return []state{
		{level: level, text: "points to tables, whose entry maps a page", make: (*world).present},
		{level: level, text: "is empty", make: func(w *world) error { return w.none(level) }},
	}
}

// none makes the entry of a level empty. One that is folded away cannot be.
func (w *world) none(level string) error {
	entry := w.levels[level]
	if err := w.clearEntry(level, entry); err != nil {
		return err
	}
	empty, err := w.isEmpty(level, entry)
	if err == nil && !empty {
		return errNoState
	}
	return err
}

// present lets the page table's entry map a page.
func (w *world) present() error {
	frame, err := w.reserve(w.geo.pageSize, 0)
	if err != nil {
		return err
	}
	w.mapped = frame
	texts := w.leaf("pte", frame, "pfn_pte(%d, %s)")
	return w.entry("pte", "pte_present", texts)
}

// huge lets the pmd map a huge page, where the machine has them.
func (w *world) huge() error {
	if err := w.hasHuge(); err != nil {
		return err
	}
	frame, err := w.reserve(w.geo.pmdSize, w.geo.pmdSize)
	if err != nil {
		return err
	}
	w.mapped = frame
	texts := w.leaf("pmd", frame, "pmd_mkhuge(pfn_pmd(%d, %s))")
	return w.entry("pmd", "pmd_trans_huge", texts)
}

// hasHuge returns errNoState unless the kernel says that the machine has huge
// pages. has_transparent_hugepage() is what keeps it from making any.
func (w *world) hasHuge() error {
	const text = "has_transparent_hugepage()"
	if !w.has(text) || w.e.tree.Class.Value("TRANSPARENT_HUGEPAGE") == "" {
		return errNoState
	}
	is, err := w.truth(text)
	if err == nil && !is {
		return errNoState
	}
	return err
}

// protections are what user pages are mapped with; which name an architecture
// knows differs.
var protections = [...]string{"PAGE_SHARED", "PAGE_RW", "PAGE_WRITE", "PAGE_COPY", "PAGE_READONLY", "PAGE_KERNEL"}

// leaf lists the ways to write an entry that maps a frame.
func (w *world) leaf(level string, frame uint64, format string) []string {
	var texts []string
	for _, prot := range protections {
		texts = append(texts, fmt.Sprintf(format, w.pfn(frame), prot))
	}
	class := w.e.tree.Class
	for _, e := range class.Arch.EntriesOf(level, class.Value) {
		if e.Leaf != "" {
			texts = append(texts, replaceWord(e.Leaf, "PHYS", w.ulong(frame-w.geo.linear)))
		}
	}
	return texts
}

// migrationPMD makes the pmd a migration entry, where the class has them.
func (w *world) migrationPMD() error {
	if err := w.hasHuge(); err != nil {
		return err
	}
	if w.e.tree.Class.Value("ARCH_ENABLE_THP_MIGRATION") == "" {
		return errNoState
	}
	frame, err := w.reserve(w.geo.pmdSize, w.geo.pmdSize)
	if err != nil {
		return err
	}
	return w.swapEntry("pmd", "is_pmd_migration_entry(%s)", fmt.Sprintf("swp_entry_to_pmd(make_readable_migration_entry(%d))", w.pfn(frame)))
}

func (w *world) migrationPTE() error {
	if w.e.tree.Class.Value("MIGRATION") == "" {
		return errNoState
	}
	frame, err := w.reserve(w.geo.pageSize, 0)
	if err != nil {
		return err
	}
	return w.swapEntry("pte", "is_migration_entry(pte_to_swp_entry(%s))", fmt.Sprintf("swp_entry_to_pte(make_readable_migration_entry(%d))", w.pfn(frame)))
}

func (w *world) swapPTE() error {
	if w.e.tree.Class.Value("SWAP") == "" {
		return errNoState
	}
	return w.swapEntry("pte", "is_swap_pte(%s)", "swp_entry_to_pte(swp_entry(1, 5))")
}

// swapEntry writes an entry that is not present. A unit that does not see how
// has no code that asks for it either.
func (w *world) swapEntry(level, test, text string) error {
	test = fmt.Sprintf(test, fmt.Sprintf("(*(%s_t *)%s)", level, w.ulong(w.levels[level])))
	if !w.has(text) || !w.has(test) {
		return errNoState
	}
	if err := w.assign(level, text); err != nil {
		return err
	}
	is, err := w.truth(test)
	if err == nil && !is {
		return fmt.Errorf("%s does not recognise %s", test[:strings.Index(test, "(")], text[:strings.Index(text, "(")])
	}
	return err
}

// assign writes the entry of a level.
func (w *world) assign(level, value string) error {
	_, err := w.eval(fmt.Sprintf("({ *(%s_t *)%s = %s; })", level, w.ulong(w.levels[level]), value))
	return err
}

// entry writes the entry of a level in the first way that the kernel's test
// accepts.
func (w *world) entry(level, test string, texts []string) error {
	first := fmt.Errorf("there is no way to write a %s for which %s() holds", level, test)
	said := false
	for _, text := range texts {
		if !w.has(text) {
			continue
		}
		err := w.tryEntry(level, test, text)
		if err == nil {
			return nil
		}
		if !said {
			first, said = err, true
		}
	}
	return first
}

func (w *world) tryEntry(level, test, text string) error {
	if err := w.assign(level, text); err != nil {
		return err
	}
	is, err := w.truth(fmt.Sprintf("%s(*(%s_t *)%s)", test, level, w.ulong(w.levels[level])))
	if err == nil && !is {
		return fmt.Errorf("%s() does not hold for the %s that was made", test, level)
	}
	return err
}
