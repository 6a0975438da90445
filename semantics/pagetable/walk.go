package pagetable

import (
	"fmt"
	"strings"

	"ptreview/arch"
	"ptreview/semantics/bits"
	"ptreview/semantics/types"
)

// Translation is what the processor makes of a user address, by reading the
// tables as its manual says: not with the kernel's functions. Of those it uses
// the constants that boot code tells the processor too, or that it is built
// for: the levels there are, their shifts and sizes.
type Translation struct {
	Address uint64 // that user space accesses
	// Levels are the levels whose entries were read, top first, and Entries
	// their addresses in the linear map.
	Levels  []string
	Entries []uint64
	// Fault says why no page is found, "" if one is.
	Fault string
	Frame uint64 // physical address of the page
	Size  uint64 // of the page, in bytes
	// Read, Write and Exec say what user space may do without a fault. TellsExec
	// is not set where the processor knows no right to execute.
	Read, Write, Exec, TellsExec bool
}

// String is a line for reports.
func (t *Translation) String() string {
	if t.Fault != "" {
		return "faults: " + t.Fault
	}
	may := []string{}
	for _, r := range []struct {
		is   bool
		text string
	}{{t.Read, "read"}, {t.Write, "write"}, {t.Exec && t.TellsExec, "execute"}} {
		if r.is {
			may = append(may, r.text)
		}
	}
	page := fmt.Sprintf("page of %d KiB at %#x", t.Size>>10, t.Frame)
	if len(may) == 0 {
		return page + "; every access of user space faults"
	}
	return page + "; user space may " + strings.Join(may, ", ")
}

// walk translates an address through the tables of a snapshot; nil where it is
// not known how the processor reads them, or what they have.
func (d *decoder) walk(s *snapshot, addr uint64) *Translation {
	table, ok := d.root()
	if !ok || d.ready() != nil {
		return nil
	}
	t := &Translation{Address: addr}
	entries, size := uint64(1), 0 // of a table, for all levels that are folded into one
	for i, level := range levelNames {
		n, err := d.own.number("PTRS_PER_" + strings.ToUpper(level))
		if err != nil {
			return nil
		}
		entries *= n
		if size == 0 {
			size = d.entrySize(level)
		}
		if i+1 < len(levelNames) && d.levels[levelNames[i+1]] == d.levels[level] {
			continue // folded: the processor does not know the level
		}
		h := d.hardware(level)
		entry, ok := d.entryIn(table, level, addr, entries, size)
		entries, size = 1, 0
		if h == nil || !ok {
			return nil
		}
		word, read := d.entryAt(s, entry, level)
		switch {
		case read && !word.IsConst():
			return nil
		case !read:
			t.Fault = fmt.Sprintf("there is no %s table at %#x", level, table-d.geo.linear)
			return t
		}
		t.Levels, t.Entries = append(t.Levels, level), append(t.Entries, entry)
		says, ok := d.says(h, word)
		switch {
		case !ok:
			return nil
		case says["LEAF"] != 0:
			return t.found(d, says, h.Exec != "", level)
		case says["TABLE"] == 0:
			t.Fault = "the " + level + " maps nothing"
			return t
		}
		table = d.wrap(d.geo.linear + says["NEXT"])
	}
	return nil
}

// entryAt returns what a snapshot has at an address; if it is the newest, also
// in a page that the kernel's allocator gave for a table.
func (d *decoder) entryAt(s *snapshot, at uint64, level string) (bits.Term, bool) {
	if word, ok := s.words[at]; ok {
		return word.term, true
	}
	if !s.newest {
		return bits.Term{}, false
	}
	v, err := d.m.Mem.Load(at, d.entrySize(level))
	return v, err == nil
}

// found fills in what a leaf says.
func (t *Translation) found(d *decoder, says map[string]uint64, tellsExec bool, level string) *Translation {
	shift, ok := d.shift(level)
	if !ok {
		return nil
	}
	t.Frame, t.Size = says["FRAME"], 1<<shift
	t.Read, t.Write = says["READ"] != 0, says["WRITE"] != 0
	t.Exec, t.TellsExec = says["EXEC"] != 0, tellsExec
	return t
}

// root returns the address of the top table in the linear map.
func (d *decoder) root() (uint64, bool) {
	mm := d.unit.Types.Record("mm_struct")
	if d.mm == 0 || mm == nil {
		return 0, false
	}
	f := member(d.unit.Types, mm, "pgd")
	if f == nil {
		return 0, false
	}
	v, err := d.m.Mem.Load(d.mm+uint64(f.Offset), int(types.Unqual(f.Type).Size()))
	if err != nil {
		return 0, false
	}
	return v.Uint64()
}

// hardware returns how the processor reads entries of a level, nil if that is
// not known.
func (d *decoder) hardware(level string) *arch.Hardware {
	class := d.e.tree.Class
	for _, h := range class.Arch.HardwareOf(level, class.Value) {
		if h.If == "" || d.holds(h.If) {
			return &h
		}
	}
	return nil
}

// shift is the number of address bits below the index of a level.
func (d *decoder) shift(level string) (uint64, bool) {
	text := map[string]string{"pgd": "PGDIR_SHIFT", "p4d": "P4D_SHIFT", "pud": "PUD_SHIFT", "pmd": "PMD_SHIFT", "pte": "PAGE_SHIFT"}[level]
	if !d.own.has(text) {
		return 0, false
	}
	n, err := d.own.number(text)
	return n, err == nil && n < 64
}

// entryIn returns the address of the entry that a table of so many entries of
// size bytes has for an address. On arm an entry of the top level is two of the
// level that is folded into it.
func (d *decoder) entryIn(table uint64, level string, addr, entries uint64, size int) (uint64, bool) {
	shift, ok := d.shift(level)
	if !ok || entries == 0 || size == 0 {
		return 0, false
	}
	return table + addr>>shift&(entries-1)*uint64(size), true
}

// says evaluates all that is known of how the processor reads an entry, on the
// decoder's machine; ok is false if part of it cannot be evaluated there.
func (d *decoder) says(h *arch.Hardware, entry bits.Term) (says map[string]uint64, ok bool) {
	if d.own.m.Mem.Store(d.at, entry) != nil {
		return nil, false
	}
	says = make(map[string]uint64)
	for _, what := range []string{"LEAF", "TABLE", "FRAME", "NEXT", "READ", "WRITE", "EXEC"} {
		if h.Asks(what) == "" {
			continue
		}
		n, err := d.own.number(h.C(h.Asks(what), fmt.Sprintf("*(%s_t *)%s", h.Level, d.own.ulong(d.at))))
		if err != nil {
			return nil, false
		}
		says[what] = n
	}
	return says, true
}
