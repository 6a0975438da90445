package pointers

import (
	"slices"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/facts"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// Types are the types of entries, the last level first.
func Types() []string { return []string{"pte_t", "pmd_t", "pud_t", "p4d_t", "pgd_t"} }

// Access is one place where a function follows a pointer to an entry itself: *p,
// p->x or p[i] as it is written there, or in READ_ONCE() or WRITE_ONCE().
type Access struct {
	Type    string
	Write   bool
	Pointer syntax.Expr // what is followed
	Text    string
	Loc     cpp.Loc
}

// Accesses returns the accesses of a function in the order of its text, as far as
// it can be typed. What macros of headers make of a pointer is theirs.
func Accesses(fn *facts.Function) []Access {
	body := Body(fn)
	if body == nil {
		return nil
	}
	a := &accesses{types: entryTypes(fn.Unit), cpp: fn.Unit.Cpp, addressed: make(map[syntax.Expr]string), written: make(map[syntax.Expr]bool)}
	if len(a.types) == 0 {
		return nil
	}
	syntax.Inspect(body, a.visit)
	return a.list
}

// Body returns the typed body of a function, nil if it cannot be parsed.
func Body(fn *facts.Function) *syntax.Block {
	if fn.Body != nil {
		return fn.Body
	}
	body, err := fn.Unit.File.Body(fn.Def)
	if err != nil {
		return nil
	}
	fn.Unit.Types.Check(fn.Def)
	return body
}

// entryTypes returns the types of entries that are structures, and not the same.
func entryTypes(u *unit.Unit) map[types.Type]string {
	byType := make(map[types.Type]string)
	for _, name := range Types() {
		t := u.Types.Typedef(name)
		if t == nil {
			continue
		}
		if r, ok := types.Unqual(t).(*types.Record); ok && byType[r] == "" {
			byType[r] = name
		}
	}
	return byType
}

// accesses collects the accesses of one body.
type accesses struct {
	types     map[types.Type]string
	cpp       *cpp.Unit
	list      []Access
	addressed map[syntax.Expr]string // operands of &, with the macro that has it
	written   map[syntax.Expr]bool   // left sides of assignments
}

func (a *accesses) visit(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.Sizeof, syntax.TypeExpr:
		return false // not evaluated
	case *syntax.Assign:
		a.written[n.L] = n.Op == syntax.NoOp
	case *syntax.Unary:
		if n.Op == syntax.AddrOf {
			a.addressed[n.X] = a.once(n.Loc())
			return true
		}
		if n.Op == syntax.Deref {
			a.add(n, n.X)
		}
	case *syntax.Index:
		a.add(n, n.X)
	case *syntax.Member:
		if n.Arrow {
			a.add(n, n.X)
		}
	}
	return true
}

// once returns which of READ_ONCE() and WRITE_ONCE() a token comes from, "" if it
// does not.
func (a *accesses) once(loc cpp.Loc) string {
	for _, use := range a.cpp.Chain(loc) {
		if slices.Contains([]string{"READ_ONCE", "WRITE_ONCE"}, use.Macro.Name) {
			return use.Macro.Name
		}
	}
	return ""
}

// add adds an access, if it is one.
func (a *accesses) add(x, pointer syntax.Expr) {
	p, ok := types.Unqual(types.TypeOf(pointer)).(*types.Pointer)
	if !ok || x.Loc().Exp != 0 {
		return
	}
	name := a.types[types.Unqual(p.Elem)]
	if name == "" {
		return
	}
	macro, addressed := a.addressed[x]
	if addressed && macro == "" {
		return // nothing is read for the address
	}
	at := x.Loc()
	if m, ok := x.(*syntax.Member); ok {
		at = m.NameAt
	}
	if slices.ContainsFunc(a.list, func(o Access) bool { return o.Loc == at }) {
		return // an argument that a macro uses more than once
	}
	a.list = append(a.list, Access{
		Type: name, Write: a.written[x] || macro == "WRITE_ONCE",
		Pointer: pointer, Text: syntax.ExprString(x), Loc: at,
	})
}
