package pointers

import (
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/facts"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// SetTable is a call that is made to set a leaf and sets a pointer to a table.
type SetTable struct {
	Setter string
	Table  string // the pointer to the table, as C text
	Loc    cpp.Loc
}

// tableSetters are what sets leaves of a level, with the entries that a table
// below it has.
var tableSetters = map[string]string{"set_pmd_at": "pte_t", "set_pud_at": "pmd_t"}

// SetsTables returns the calls of a function that set a leaf to a value which is
// made of the address of a table, in the order of its text.
func SetsTables(fn *facts.Function) []SetTable {
	if !spells(fn, func(name string) bool { return tableSetters[name] != "" }) {
		return nil
	}
	body, sources := bodyOf(fn)
	if body == nil {
		return nil
	}
	var list []SetTable
	syntax.Inspect(body, func(n syntax.Node) bool {
		c, ok := n.(*syntax.Call)
		if !ok || len(c.Args) != 4 || tableSetters[Called(c)] == "" {
			return true
		}
		value := c.Args[3]
		if v := types.ObjectOf(value); v != nil && v.Local && len(sources[v]) == 1 {
			value = sources[v][0]
		}
		if table := tableIn(fn.Unit, value, tableSetters[Called(c)]); table != "" {
			list = append(list, SetTable{Called(c), table, c.Loc()})
		}
		return true
	})
	return list
}

// tableIn returns the pointer to entries of a type that a value is made of the
// address of, "" if there is none: what reads by such a pointer is none.
func tableIn(u *unit.Unit, value syntax.Expr, entry string) string {
	table := ""
	t := u.Types.Typedef(entry)
	syntax.Inspect(value, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Sizeof, *syntax.Member, *syntax.Index, *syntax.StmtExpr:
			return false
		case *syntax.Unary:
			return n.Op != syntax.Deref
		case *syntax.Call:
			return !takesPointer(u, n)
		case *syntax.Ident:
			p, ok := types.Unqual(types.TypeOf(n)).(*types.Pointer)
			if ok && t != nil && types.Unqual(p.Elem) == types.Unqual(t) && types.ObjectOf(n) != nil {
				table = n.Name
			}
		}
		return table == ""
	})
	return table
}

// takesPointer reports whether a function takes a pointer to entries, which it may
// read.
func takesPointer(u *unit.Unit, c *syntax.Call) bool {
	o := u.Types.Lookup(Called(c))
	if o == nil {
		return true
	}
	f, ok := types.Unqual(o.Type).(*types.Func)
	if !ok {
		return true
	}
	entries := entryTypes(u)
	for _, p := range f.Params {
		if q, ok := types.Unqual(p.Type).(*types.Pointer); ok && entries[types.Unqual(q.Elem)] != "" {
			return true
		}
	}
	return false
}
