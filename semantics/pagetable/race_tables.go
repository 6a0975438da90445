package pagetable

import (
	"errors"
	"fmt"

	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
	"ptreview/semantics/mem"
)

// form is one of the values that the environment gives the pmd: the bytes that
// the kernel's own functions left there.
type form struct {
	name  string
	bytes []byte // of the window
	table *raceTable
}

// raceTable is a page table that is, was or will be below the pmd.
type raceTable struct {
	name       string
	base, size uint64
	lock       uint64
	form       *form
	// young is what the entry in use becomes when hardware notes a write
	// through it, nil if it does not or there is nothing mapped.
	young []byte
	entry uint64

	taken  bool // the environment took it out of the tree
	queued bool // for RCU
	freed  bool
	used   bool // it has been in the tree
	again  int  // how often its frame was given away anew
	alien  bool // its frame is somebody else's page table now
}

// stage is what a function and its environment play on.
type stage struct {
	*world
	pmd          uint64 // address of the entry
	window, size uint64 // that writing a pmd may change
	entryBytes   int    // of a pmd_t
	none, huge   *form  // huge is nil where there are no huge pages
	tables       [2]*raceTable
	pmdLock      uint64
	syncs        bool // a pmd read in two is guarded by disabled interrupts
}

// stage makes what the environment needs, and leaves the entry as it was.
func (w *world) stage(a *arguments) (*stage, error) {
	s := &stage{world: w, pmd: w.levels["pmd"]}
	t := w.unit.Types.Typedef("pmd_t")
	if s.pmd == 0 || t == nil {
		return nil, errors.New("there is no pmd to race for")
	}
	s.entryBytes = int(t.Size())
	s.window = s.pmd &^ 31
	s.size = 64
	value := w.e.tree.Class.Value
	s.syncs = value("GUP_GET_PXX_LOW_HIGH") == "y" || value("GUP_GET_PTE_LOW_HIGH") == "y"
	start, err := s.read(s.window, s.size)
	if err != nil {
		return nil, err
	}
	mapped := w.mapped
	if err := s.makeForms(a); err != nil {
		return nil, err
	}
	w.mapped = mapped
	return s, w.m.Mem.Bytes(s.window, start)
}

// read returns bytes that are known.
func (s *stage) read(at, size uint64) ([]byte, error) {
	list := make([]byte, size)
	for i := range list {
		v, err := s.m.Mem.Load(at+uint64(i), 1)
		if err != nil {
			return nil, err
		}
		n, ok := v.Uint64()
		if !ok {
			return nil, fmt.Errorf("what is near the pmd is not known")
		}
		list[i] = byte(n)
	}
	return list, nil
}

func (s *stage) capture(name string) (*form, error) {
	list, err := s.read(s.window, s.size)
	return &form{name: name, bytes: list}, err
}

func (s *stage) makeForms(a *arguments) error {
	first := s.levels["pte"]
	if err := s.clearEntry("pmd", s.pmd); err != nil {
		return err
	}
	var err error
	if s.none, err = s.capture("none"); err != nil {
		return err
	}
	for i := range s.tables {
		if err := s.makeTable(i, first, a); err != nil {
			return err
		}
	}
	if s.pmdLock, err = s.lockAt("pmd_lockptr"); err != nil {
		return err
	}
	if err := s.clearEntry("pmd", s.pmd); err != nil {
		return err
	}
	switch err := s.world.huge(); {
	case err == nil:
		s.high()
		s.huge, err = s.capture("huge")
		return err
	case errors.Is(err, errNoState):
		return nil
	default:
		return err
	}
}

// wide reports whether a pmd is more than a word.
func (s *stage) wide() bool { return s.entryBytes*8 > s.m.Mem.PointerBits() }

// high moves the huge page above 4 GiB where a pmd is read in two, so that both
// words of it tell it from a table. What lies there is not emulated; a kernel that
// refuses keeps the page it has.
func (s *stage) high() {
	if s.wide() && !s.e.doubleWord() {
		_ = s.entry("pmd", "pmd_trans_huge", s.leaf("pmd", s.geo.linear+1<<32, "pmd_mkhuge(pfn_pmd(%d, %s))"))
	}
}

// makeTable lets the pmd point to table i: the one that the state of the entry
// was made with, or another.
func (s *stage) makeTable(i int, first uint64, a *arguments) error {
	if err := s.clearEntry("pmd", s.pmd); err != nil {
		return err
	}
	table := first &^ (s.geo.pageSize - 1)
	var err error
	if i > 0 {
		if table, err = s.newTable("pte"); err != nil {
			return err
		}
	} else if o, err := s.m.Mem.Find(first); err == nil && o != nil {
		table = o.Addr
	}
	t := &raceTable{name: fmt.Sprintf("page table %d", i+1), base: table}
	o, err := s.m.Mem.Find(table)
	if err != nil || o == nil || o.Addr != table {
		return errors.Join(err, errors.New("the page table is a part of something else"))
	}
	t.size = o.Size
	if t.entry, err = s.populateWith("pmd", s.pmd, table, a.addr); err != nil {
		return err
	}
	if t.form, err = s.capture(t.name); err != nil {
		return err
	}
	t.form.table = t
	if t.lock, err = s.lockAt("pte_lockptr"); err != nil {
		return err
	}
	s.tables[i] = t
	return s.noteWrite(t)
}

// lockAt asks the kernel for a lock of the pmd as it is. A kernel without the
// helper has one lock for all tables of an mm.
func (s *stage) lockAt(helper string) (uint64, error) {
	mm := "(struct mm_struct *)" + s.ulong(s.mm)
	text, err := s.first(
		fmt.Sprintf("(unsigned long)%s(%s, (pmd_t *)%s)", helper, mm, s.ulong(s.pmd)),
		fmt.Sprintf("(unsigned long)&(%s)->page_table_lock", mm),
	)
	if err != nil {
		return 0, errors.New("the unit does not declare " + helper)
	}
	return s.number(text)
}

// noteWrite asks the kernel what hardware makes of the entry when it is
// written through.
func (s *stage) noteWrite(t *raceTable) error {
	entry := fmt.Sprintf("*(pte_t *)%s", s.ulong(t.entry))
	const hardware = "arch_has_hw_pte_young()"
	if !s.has(hardware) || !s.has("pte_mkyoung(pte_mkdirty("+entry+"))") {
		return nil
	}
	if is, err := s.truth(hardware + " && pte_present(" + entry + ")"); err != nil || !is {
		return nil // a machine that does not say leaves it to software
	}
	size := uint64(s.unit.Types.Typedef("pte_t").Size())
	before, err := s.read(t.entry, size)
	if err != nil {
		return err
	}
	if _, err := s.eval(fmt.Sprintf("({ %s = pte_mkyoung(pte_mkdirty(%s)); })", entry, entry)); err != nil {
		return err
	}
	if t.young, err = s.read(t.entry, size); err != nil {
		return err
	}
	return s.m.Mem.Bytes(t.entry, before)
}

// now returns what the pmd is, nil if the environment did not write it.
func (s *stage) now() *form {
	list, err := s.read(s.window, s.size)
	if err != nil {
		return nil
	}
	for _, f := range s.forms() {
		if string(f.bytes) == string(list) {
			return f
		}
	}
	return nil
}

// nowIs names what the pmd is.
func (s *stage) nowIs() string {
	if now := s.now(); now != nil {
		return now.name
	}
	return "something else"
}

func (s *stage) forms() []*form {
	list := []*form{s.none, s.tables[0].form, s.tables[1].form}
	if s.huge != nil {
		list = append(list, s.huge)
	}
	return list
}

// tableAt returns the table that an address lies in.
func (s *stage) tableAt(addr uint64) *raceTable {
	for _, t := range s.tables {
		if addr-t.base < t.size {
			return t
		}
	}
	return nil
}

// value is the number in an entry, as a constant or a term.
func (s *stage) value() (bits.Term, error) { return s.m.Mem.Load(s.pmd, s.entryBytes) }

// held reports whether the code under review holds a lock.
func (s *stage) held(lock uint64) bool {
	held, _ := s.m.Lock(lock)
	return held
}

// quiet reports whether the code under review is in no RCU read-side section.
func (s *stage) quiet() bool { return s.m.HeldLocks() == 0 && s.irqsOff == 0 }

// release frees the tables that wait for readers, once there are none.
func (s *stage) release() (freed []*raceTable, err error) {
	for _, t := range s.tables {
		if !t.queued || t.freed || !s.quiet() {
			continue
		}
		if err := s.m.Mem.Free(t.base, "the environment, after a grace period"); err != nil {
			return freed, err
		}
		t.freed = true
		freed = append(freed, t)
	}
	return freed, nil
}

// giveAway allocates the frame of a freed table anew, with zeros in it.
func (s *stage) giveAway(t *raceTable) error {
	_, err := s.m.Mem.Place(mem.Spec{Name: "pte", Kind: mem.PageTable, Addr: t.base, Size: t.size})
	t.again++
	return err
}

// gone reports whether a table is no page table of the pmd any more: it is freed,
// or has become another's.
func (t *raceTable) gone() bool { return t.freed || t.alien }

// deposited returns the table that a huge pmd is split with.
func (s *stage) deposited() *raceTable {
	for _, t := range s.tables {
		if !t.queued && !t.alien && (!t.used || t.taken) {
			return t
		}
	}
	return nil
}

// pointer reads a pointer at an address.
func (s *stage) pointer(at uint64) (uint64, error) {
	v, err := s.m.Mem.Load(at, s.m.Mem.PointerBits()/8)
	if err != nil {
		return 0, err
	}
	n, ok := v.Uint64()
	if !ok {
		return 0, &exec.Unsupported{Construct: "a pointer that is not known"}
	}
	return n, nil
}
