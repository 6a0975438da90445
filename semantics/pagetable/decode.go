package pagetable

import (
	"fmt"
	"strings"

	"ptreview/semantics/bits"
	"ptreview/semantics/exec"
	"ptreview/semantics/types"
)

// decoder says what entries mean, by the kernel's own predicates on a machine
// of its own, and what a call did to the tables.
type decoder struct {
	*caller
	own  *world // nil until needed
	at   uint64 // of an entry on it
	same map[string]Value
}

// tests are the predicates that are asked, of each level that has them.
var tests = [...]string{
	"present", "bad", "leaf", "trans_huge", "huge", "write", "dirty", "young", "exec", "special",
	"protnone", "devmap", "soft_dirty", "uffd_wp", "swp_soft_dirty", "swp_uffd_wp", "swp_exclusive",
}

// meaning decodes an entry of a level.
func (d *decoder) meaning(level string, v bits.Term) Value {
	out := Value{Text: bits.CText(v, shownText)}
	if !v.IsConst() {
		return out
	}
	hi, lo, _ := v.Uint128()
	out.Text = fmt.Sprintf("0x%0*x", v.Width()/4, lo)
	if v.Width() > 64 {
		out.Text = fmt.Sprintf("0x%016x%016x", hi, lo)
	}
	key := level + out.Text
	if have, ok := d.same[key]; ok {
		return have
	}
	if d.ready() != nil || d.own.m.Mem.Store(d.at, v) != nil {
		return out
	}
	out.Means = d.words(level)
	if d.same == nil {
		d.same = make(map[string]Value)
	}
	d.same[key] = out
	return out
}

// ready boots the decoder's machine.
func (d *decoder) ready() error {
	if d.own != nil {
		return nil
	}
	w, err := d.e.boots(d.ctx, d.program, &exec.Decisions{})
	if err != nil {
		return err
	}
	if d.at, err = w.scratch("entry", 64); err != nil {
		return err
	}
	d.own = w
	return nil
}

// holds asks a predicate of the entry; one that cannot be asked does not hold.
func (d *decoder) holds(text string) bool {
	text = strings.ReplaceAll(text, "ENTRY", d.own.ulong(d.at))
	if !d.own.has(text) {
		return false
	}
	is, err := d.own.truth(text)
	return err == nil && is
}

// number asks for a number of the entry.
func (d *decoder) numbered(name, text string) []string {
	text = strings.ReplaceAll(text, "ENTRY", d.own.ulong(d.at))
	if !d.own.has(text) {
		return nil
	}
	n, err := d.own.number("(unsigned long)(" + text + ")")
	if err != nil {
		return nil
	}
	return []string{fmt.Sprintf("%s %#x", name, n)}
}

// words says what the entry on the decoder's machine is.
func (d *decoder) words(level string) []string {
	entry := fmt.Sprintf("(*(%s_t *)ENTRY)", level)
	if d.holds(level + "_none" + entry) {
		return []string{"empty"}
	}
	var list []string
	is := make(map[string]bool)
	for _, t := range tests {
		if strings.HasPrefix(t, "swp_") && is["present"] {
			continue
		}
		if d.holds(level + "_" + t + entry) {
			is[t] = true
			list = append(list, t)
		}
	}
	switch {
	case is["present"] && (level == "pte" || is["leaf"] || is["trans_huge"]):
		return append(list, d.numbered("pfn", level+"_pfn"+entry)...)
	case is["present"]:
		return []string{"table"}
	case level == "pte" && d.holds("is_swap_pte"+entry), d.holds("is_swap_" + level + entry):
		swp := fmt.Sprintf("%s_to_swp_entry%s", level, entry)
		list = append(list, "swap")
		list = append(list, d.numbered("type", "swp_type("+swp+")")...)
		return append(list, d.numbered("offset", "swp_offset("+swp+")")...)
	}
	return list
}

// maxOthers is how many changed entries of a run are kept.
const maxOthers = 64

// snapshot is the tables at one time.
type snapshot struct {
	rows   []Entry
	words  map[uint64]Entry
	newest bool // memory still has it
}

// snapshot reads all tables.
func (d *decoder) snapshot() *snapshot {
	s := &snapshot{words: make(map[uint64]Entry)}
	for _, o := range d.tables {
		each := d.entryBytes(o.Name)
		if o.FreedBy != "" {
			continue
		}
		for at := o.Addr; at < o.End(); at += each {
			v, err := d.m.Mem.Load(at, int(each))
			if err == nil {
				s.words[at] = Entry{Level: o.Name, At: at, term: v}
			}
		}
	}
	s.rows = d.rows()
	return s
}

func (w *world) entrySize(level string) int {
	t := w.unit.Types.Typedef(level + "_t")
	if t == nil || t.Size() > bits.MaxWidth/8 {
		return 0
	}
	return int(t.Size())
}

// compare notes what became of the tables.
func (d *decoder) compare(before *snapshot) {
	after := d.snapshot()
	after.newest = true
	rows := make(map[uint64]bool)
	for _, s := range []*snapshot{before, after} {
		for i := range s.rows {
			r := &s.rows[i]
			r.Value = d.meaning(r.Level, r.term)
			for off := range uint64(d.entrySize(r.Level)) {
				rows[r.At+off] = true
			}
		}
	}
	d.out.Before, d.out.After = before.rows, after.rows
	if len(before.rows) > 0 {
		d.out.HardwareBefore, d.out.HardwareAfter = d.walk(before, d.a.addr), d.walk(after, d.a.addr)
	}
	for _, o := range d.tables {
		if o.FreedBy != "" {
			d.out.Freed = append(d.out.Freed, fmt.Sprintf("the %s table at %#x, by %s", o.Name, o.Addr, o.FreedBy))
		}
		each := d.entryBytes(o.Name)
		for at := o.Addr; at < o.End() && len(d.out.Others) < maxOthers; at += each {
			was, is := before.words[at], after.words[at]
			if rows[at] || !was.term.IsValid() || !is.term.IsValid() || was.term == is.term {
				continue
			}
			was.Value, is.Value = d.meaning(was.Level, was.term), d.meaning(is.Level, is.term)
			d.out.Others = append(d.out.Others, Change{was, is})
		}
	}
}

// result decodes what the function returned.
func (d *decoder) result(r *exec.Result) {
	p, ok := typedResult(d.f)
	if !ok || r.Trap != nil || !r.Return.IsValid() {
		return
	}
	v := r.Return
	if isRecord(p.typ) {
		at, known := v.Uint64()
		size := int(p.typ.Size())
		if !known || size == 0 || size > bits.MaxWidth/8 {
			d.out.Returned = &Value{Text: "a " + p.base}
			return
		}
		loaded, err := d.m.Mem.Load(at, size)
		if err != nil {
			return
		}
		v = loaded
	}
	d.out.result = v
	switch {
	case p.level != "" && p.stars == 0:
		out := d.meaning(p.level, v)
		d.out.Returned = &out
	case p.stars > 0:
		d.out.Returned = d.pointerValue(v)
	default:
		d.out.Returned = &Value{Text: integerText(p.typ, v)}
	}
}

func (d *decoder) pointerValue(v bits.Term) *Value {
	if v.IsZero() {
		return &Value{Text: "NULL"}
	}
	out := &Value{Text: bits.CText(v, shownText)}
	if what := d.describe(v); what != out.Text {
		out.Means = []string{what}
	}
	return out
}

// integerText spells an integer result: small ones as people count, with a
// sign if the type has one.
func integerText(t types.Type, v bits.Term) string {
	n, known := v.Int64()
	if known && types.IsSigned(types.Unqual(t)) && n < 0 && n > -4096 {
		return fmt.Sprint(n)
	}
	return bits.CText(v, shownText)
}
