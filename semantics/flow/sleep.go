package flow

import (
	"strconv"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
)

// Sections in which nobody may sleep.
const (
	rcuSection  = "rcu_read_lock()"
	kmapSection = "kmap_atomic()"
)

// section says what the function enters for whom it hands a map to. kmap_local_page()
// lets sleep.
// Source: include/linux/highmem-internal.h, v6.1 and v6.12.
func (w *walk) section(rcu bool) string {
	if rcu {
		return rcuSection
	}
	if w.spells("kmap_atomic") {
		return kmapSection
	}
	return ""
}

// sectionOf returns what pte_offset_map() enters in the unit's tree: by its
// definition, or as a macro by what its text names.
func (w *walk) sectionOf(name string) (string, error) {
	if m := w.fn.Unit.Cpp.Macro(name); m != nil {
		return w.macroSection(m, 0)
	}
	f, err := w.callee(name)
	if err != nil || f == nil {
		return "", err
	}
	return f.Summary.section(), nil
}

// section returns what the maps that a function hands on are in, "" if they are not
// all in something.
func (s *Summary) section() string {
	if s == nil {
		return ""
	}
	in := ""
	for _, o := range s.Outcomes {
		if o.Result.Kind != mapped {
			continue
		}
		if in = o.mapFrom[o.Result.Ref].section; in == "" {
			return ""
		}
	}
	return in
}

func (w *walk) macroSection(m *cpp.Macro, depth int) (string, error) {
	if m == nil || depth > maxDepth {
		return "", nil
	}
	for _, t := range m.Body {
		if t.Kind != cpp.Ident {
			continue
		}
		word := w.fn.Unit.Cpp.Names.String(t.Sym)
		switch inner := w.fn.Unit.Cpp.Macro(word); {
		case word == "kmap_atomic":
			return kmapSection, nil
		case inner != nil && word != m.Name:
			if in, err := w.macroSection(inner, depth+1); in != "" || err != nil {
				return in, err
			}
		case w.givesEntry(word):
			f, err := w.callee(word)
			if err != nil || f == nil {
				return "", err
			}
			if in := f.Summary.section(); in != "" {
				return in, nil
			}
		}
	}
	return "", nil
}

// checkSleep looks for a call that sleeps where a map or lock forbids it.
func (w *walk) checkSleep(c *syntax.Call, name string, a arguments) {
	site, held := w.forbidden(a.state)
	if held == "" || name == "" || w.gives(name) {
		return
	}
	home := ""
	if o := w.fn.Unit.Types.Lookup(name); o != nil && o.Def != nil {
		home = w.fn.Unit.Cpp.Position(o.Def.NameAt).Path
	}
	way, flags, ok := w.sleeps(name, home)
	if !ok || flags >= 0 && !w.allows(flags, a) {
		return
	}
	text := syntax.ExprString(c)
	if len(text) > maxCallText {
		text = name + "()"
	}
	w.event(Event{
		Kind: Sleeps, Site: site, Loc: c.Loc(), Trail: a.state.trail, Way: way,
		Text: text + ", which may sleep, " + held,
	})
}

// maxCallText is how long a call may be that is spelled in an event, in bytes.
const maxCallText = 60

// forbidden says what keeps a state from sleeping, and which call began it; "" if
// nothing does.
func (w *walk) forbidden(s *state) (*Site, string) {
	for _, sym := range sorted(s.locks) {
		if l := s.locks[sym]; l.held {
			return l.site, "with a spinlock held"
		}
	}
	for _, sym := range sorted(s.maps) {
		if m := s.maps[sym]; m.live && m.section != "" {
			return m.site, "in the section that " + m.section + " began for the map"
		}
	}
	if s.rcu > 0 {
		return nil, "in the section that " + rcuSection + " began"
	}
	return nil, ""
}

// gives reports whether a function releases a lock or map that it is given: what it
// does then is its own.
func (w *walk) gives(name string) bool {
	f, err := w.callee(name)
	if err != nil || f == nil {
		return false
	}
	if f.Summary == nil {
		return true
	}
	for _, o := range f.Summary.Outcomes {
		if len(o.Freed)+len(o.Dropped) > 0 || len(o.Ended) > 0 || o.RCU < 0 {
			return true
		}
	}
	return false
}

// allows reports whether an argument is known to be flags that let an allocation
// sleep.
func (w *walk) allows(arg int, a arguments) bool {
	if arg >= len(a.values) || a.values[arg].kind != constant {
		return false
	}
	return a.values[arg].n&w.reclaimFlag() != 0
}

// reclaimFlag returns the flag by which an allocation may sleep, 0 if the unit has
// none.
// Source: include/linux/gfp_types.h: a number in v6.1, BIT() of an enumerator in
// v6.12.
func (w *walk) reclaimFlag() int64 {
	u := w.fn.Unit.Cpp
	m := u.Macro("___GFP_DIRECT_RECLAIM")
	if m == nil {
		return 0
	}
	for _, t := range m.Body {
		text := u.Spelling(t)
		if bit, ok := w.enumerator(text); ok && bit >= 0 && bit < 63 {
			return 1 << bit
		}
		if n, err := strconv.ParseInt(strings.TrimRight(text, "uUlL"), 0, 64); err == nil {
			return n
		}
	}
	return 0
}
