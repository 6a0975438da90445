package entry

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"ptreview/parse/syntax"
	"ptreview/rules/check"
	"ptreview/semantics/facts"
	"ptreview/semantics/names"
	"ptreview/semantics/pointers"
	"ptreview/semantics/unit"
)

//go:embed doc.go
var doc embed.FS

// RawAccess reports entries that are read or written directly where the tree
// goes by accessors.
var RawAccess = &check.Rule{
	Name:     "entry/raw-access",
	Doc:      check.MustDoc(doc, "entry/raw-access"),
	Severity: check.Warning,
	Advice:   "use the accessor, so that an architecture which keeps more than the entry there is asked",
	Scope:    check.PerClass,
	Run:      runRawAccess,
	Audit:    auditRawAccess,
	Ignores:  ignores,
}

func ignores(c *names.Change) bool { return c.Tables == "" }

// level is how entries of one type are to be read or written. An architecture
// that does more than that in decisive is why.
type level struct {
	check.Access
	decisive string
}

// levelOf returns what there is for an access.
// Source: include/linux/pgtable.h, v6.1 and v6.12.
func levelOf(a pointers.Access) level {
	base := strings.TrimSuffix(a.Type, "_t")
	l := level{Access: check.Access{Type: a.Type, Write: a.Write}}
	switch {
	case a.Write:
		l.decisive = "set_" + base
		l.Accessors = []string{"set_" + base, "set_" + base + "_at", base + "_clear", "set_ptes", "set_huge_pte_at", "__set_pte_at", "__set_pte"}
	default:
		l.decisive = base + "p_get"
		l.Accessors = []string{l.decisive, l.decisive + "_lockless", "huge_ptep_get", "__ptep_get"}
	}
	return l
}

func runRawAccess(p *check.Pass) error {
	entries := changed(p)
	more, err := balance(p, entries)
	if err != nil {
		return err
	}
	for _, e := range entries {
		judgeTorn(p, e)
		for _, a := range pointers.Accesses(e.After) {
			k := kind{a.Type, a.Write}
			if more[k] <= 0 || !p.Adds(p.Position(a.Loc.Pos)) {
				continue
			}
			more[k]--
			if err := judgeRaw(p, e, a); err != nil {
				return err
			}
		}
	}
	return nil
}

func auditRawAccess(p *check.Pass, e *check.Entry, _ *check.Followed) {
	for _, a := range pointers.Accesses(e.After) {
		if err := judgeRaw(p, e, a); err != nil {
			p.NotRun(err.Error())
		}
	}
}

// changed returns the functions whose own text a patch changed.
func changed(p *check.Pass) []*check.Entry {
	return slices.DeleteFunc(slices.Clone(p.Entries), func(e *check.Entry) bool {
		return e.Change == nil || e.Change.Name() != e.Name || e.After == nil
	})
}

// kind is what accesses are counted by.
type kind struct {
	entry string
	write bool
}

// balance returns how many accesses of each kind a patch adds: code that moves
// from a function to another adds none.
func balance(p *check.Pass, entries []*check.Entry) (map[kind]int, error) {
	n := make(map[kind]int)
	count := func(fn *facts.Function, by int) {
		for _, a := range pointers.Accesses(fn) {
			n[kind{a.Type, a.Write}] += by
		}
	}
	for _, e := range entries {
		count(e.After, 1)
		if e.Before != nil {
			count(e.Before, -1)
		}
	}
	gone, err := removed(p)
	for _, fn := range gone {
		count(fn, -1)
	}
	return n, err
}

// removed returns the functions that a patch takes away from the files that it
// was judged in.
func removed(p *check.Pass) ([]*facts.Function, error) {
	var list []*facts.Function
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.After != nil || c.Before.Macro || !c.Before.Function {
			continue
		}
		for _, pair := range p.Units {
			if pair.After.Path != c.Path {
				continue
			}
			u, err := pair.Before()
			if err != nil || u == nil {
				return nil, err
			}
			if o := u.Types.Lookup(c.Name()); o != nil && o.Def != nil {
				list = append(list, &facts.Function{Name: c.Name(), Unit: u, Def: o.Def})
			}
		}
	}
	return list, nil
}

// judgeRaw reports an access if the tree does not access such entries so.
func judgeRaw(p *check.Pass, e *check.Entry, a pointers.Access) error {
	l := levelOf(a)
	if implements(e.Name, l) || a.Write && isResult(e.After, a.Pointer) {
		return nil
	}
	folder, home := "mm", check.ArchOf(e.Path)
	if home != "generic" {
		folder = "arch/" + home + "/mm"
	}
	all, err := p.ArchDefinitions(l.decisive)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(d check.ArchDefinition) bool {
		return home != "generic" && d.Arch != home || isPlain(d.Text, l.decisive)
	})
	if slices.ContainsFunc(all, func(d check.ArchDefinition) bool { return slices.Contains(strings.Fields(d.Text), e.Name) }) {
		return nil // it is a part of one
	}
	if len(all) == 0 || home != "generic" && !hasOwn(e.After.Unit, l.decisive) {
		return nil
	}
	h, err := p.Habit(folder, l.Access)
	if err != nil || !h.Settled() || !pointers.OriginOf(e.After).IsLive(a.Pointer) {
		return err
	}
	reportRaw(p, e, a, l, h, all)
	return nil
}

// implements reports whether a function is one of those that access entries for
// others.
func implements(name string, l level) bool {
	return slices.ContainsFunc(append(l.Accessors, l.decisive), func(accessor string) bool { return strings.Contains(name, accessor) })
}

// isPlain reports whether a definition does nothing but read or write the entry:
// it has one statement and calls nothing.
func isPlain(text, name string) bool {
	words := strings.Fields(text)
	statements := 0
	for i, w := range words {
		if w == ";" {
			statements++
		}
		if i+1 < len(words) && words[i+1] == "(" && w != name && w != "READ_ONCE" && w != "WRITE_ONCE" && isWord(w) {
			return false
		}
	}
	return statements < 2
}

func isWord(w string) bool {
	return w != "return" && (w[0] == '_' || w[0] >= 'a' && w[0] <= 'z' || w[0] >= 'A' && w[0] <= 'Z')
}

// hasOwn reports whether an architecture's own definition of a name is in force
// in a unit, and is more than the access.
func hasOwn(u *unit.Unit, name string) bool {
	o := u.Types.Lookup(name)
	if o == nil || o.Def == nil || check.ArchOf(u.Cpp.Position(o.Def.NameAt).Path) == "generic" {
		return false
	}
	body, err := u.File.Body(o.Def)
	if err != nil {
		return false
	}
	calls := false
	syntax.Inspect(body, func(n syntax.Node) bool {
		_, isCall := n.(*syntax.Call)
		calls = calls || isCall
		return !calls
	})
	return calls || len(body.Items) > 1
}

// isResult reports whether a pointer that is written through is a parameter by
// which a function hands on a value, not one into a table: nothing else is done
// with it.
func isResult(fn *facts.Function, pointer syntax.Expr) bool {
	v := pointers.Root(pointer)
	if v == nil || !v.Local || v.Index >= len(fn.Def.Type.Params) {
		return false
	}
	used := false
	syntax.Inspect(pointers.Body(fn), func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Call:
			used = used || slices.ContainsFunc(n.Args, func(x syntax.Expr) bool { return pointers.Root(x) == v })
		case *syntax.Postfix:
			used = used || pointers.Root(n) == v
		}
		return !used
	})
	return !used
}

func reportRaw(p *check.Pass, e *check.Entry, a pointers.Access, l level, h check.Habit, all []check.ArchDefinition) {
	verb, by := "reads", l.decisive+"()"
	if a.Write {
		verb, by = "writes", l.decisive+"() and its relatives"
	}
	at := p.Position(a.Loc.Pos)
	d := all[0]
	p.Report(check.Finding{
		Confidence: check.Reachable,
		Helper:     l.decisive,
		Entry:      e.Name,
		Arch:       check.ArchOf(e.Path),
		Message: fmt.Sprintf("%s() %s an entry directly, %s, where this tree does so by %s (%d times, and %d directly): %s does more there than that (%s:%d)",
			e.Name, verb, a.Text, by, h.Accessor, h.Raw, d.Arch, d.Path, d.First),
		Where:    p.Everywhere(),
		Location: p.SpelledAt(e, at),
		Path:     []check.Step{{Function: e.Name, File: at.Path, Line: at.Line}, {Function: l.decisive, File: d.Path, Line: d.First}},
	})
}
