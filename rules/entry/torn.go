package entry

import (
	"fmt"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/rules/check"
	"ptreview/semantics/facts"
	"ptreview/semantics/pointers"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// judgeTorn reports an entry that was read in a way that needs no lock, and is
// read plainly now: where it is wider than a word, another processor can write
// it between the halves.
func judgeTorn(p *check.Pass, e *check.Entry) {
	if e.Before == nil || takesLock(e) {
		return
	}
	after, before := reads(e.After), reads(e.Before)
	now, was := count(after), count(before)
	for _, r := range before {
		if !r.lockless || now[r.name+r.pointer] >= was[r.name+r.pointer] || !readsInParts(e.Before.Unit, r) {
			continue
		}
		for _, plain := range after {
			key := plain.name + plain.pointer
			if plain.lockless || plain.pointer != r.pointer || plain.entry != r.entry || now[key] <= was[key] {
				continue
			}
			reportTorn(p, e, r, plain)
			return
		}
	}
}

// read is a read of an entry: a call, or a plain access whose name is "".
type read struct {
	entry, name, pointer string
	lockless             bool
	loc                  cpp.Loc
}

func count(list []read) map[string]int {
	n := make(map[string]int)
	for _, r := range list {
		n[r.name+r.pointer]++
	}
	return n
}

// reads returns the reads of entries in a function.
func reads(fn *facts.Function) []read {
	var list []read
	for _, a := range pointers.Accesses(fn) {
		if !a.Write {
			list = append(list, read{entry: a.Type, pointer: syntax.ExprString(a.Pointer), loc: a.Loc})
		}
	}
	body := pointers.Body(fn)
	if body == nil {
		return list
	}
	syntax.Inspect(body, func(n syntax.Node) bool {
		c, ok := n.(*syntax.Call)
		if !ok || len(c.Args) != 1 {
			return true
		}
		f, ok := c.Fun.(*syntax.Ident)
		if !ok {
			return true
		}
		for _, t := range pointers.Types() {
			base := strings.TrimSuffix(t, "_t")
			lockless := f.Name == base+"p_get_lockless" || f.Name == base+"_read_atomic"
			if lockless || f.Name == base+"p_get" {
				list = append(list, read{t, f.Name, syntax.ExprString(c.Args[0]), lockless, c.Loc()})
			}
		}
		return true
	})
	return list
}

// takesLock reports whether a function calls something of locks that it did not
// call before: then the entry may be read under it now.
func takesLock(e *check.Entry) bool {
	for _, s := range e.NewSites {
		name := strings.ReplaceAll(strings.ReplaceAll(s.Callee, "lockless", ""), "unlock", "")
		if strings.Contains(name, "lock") || strings.Contains(name, "walk") {
			return true
		}
	}
	return false
}

// readsInParts reports whether entries of a type are wider than a word in a unit,
// and a function reads them in parts for that.
func readsInParts(u *unit.Unit, r read) bool {
	t, o := u.Types.Typedef(r.entry), u.Types.Lookup(r.name)
	if t == nil || t.Size() <= u.Types.PtrdiffT().Size() || o == nil || o.Def == nil {
		return false
	}
	body, err := u.File.Body(o.Def)
	if err != nil {
		return false
	}
	u.Types.Check(o.Def)
	parts := 0
	syntax.Inspect(body, func(n syntax.Node) bool {
		if m, ok := n.(*syntax.Member); ok && m.Arrow && types.TypeOf(m) != nil {
			parts++
		}
		return true
	})
	return parts > 1
}

func reportTorn(p *check.Pass, e *check.Entry, was, now read) {
	at, by := p.Position(now.loc.Pos), now.name+"("+now.pointer+")"
	if now.name == "" {
		by = "*" + now.pointer
	}
	p.Report(check.Finding{
		Severity:   check.Error,
		Confidence: check.Reachable,
		Helper:     was.name,
		Entry:      e.Name,
		Arch:       check.ArchOf(e.Path),
		Message: fmt.Sprintf("%s() read an entry by %s(%s) and now reads it by %s: a %s is wider than a word here, and without the page table lock another processor can write it between the two halves",
			e.Name, was.name, was.pointer, by, was.entry),
		Advice:   "read it by " + was.name + "(), or take the page table lock first",
		Where:    p.Everywhere(),
		Location: p.SpelledAt(e, at),
		Path:     []check.Step{{Function: e.Name, File: at.Path, Line: at.Line}},
	})
}
