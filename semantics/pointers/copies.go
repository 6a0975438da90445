package pointers

import (
	"slices"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/facts"
	"ptreview/semantics/types"
	"ptreview/semantics/unit"
)

// MisuseKind says what is done with a pointer that may lead into a copy.
type MisuseKind uint8

// The kinds of misuse.
const (
	Returned MisuseKind = iota
	Kept                // in memory
	Written             // through
	Moved               // on to the next entry
)

// Misuse is a use of a pointer that is the address of a local copy of an entry
// where a level is folded, as if it were one into a table.
type Misuse struct {
	Kind   MisuseKind
	Helper string // that made the pointer of the copy's address
	Copy   string // the variable
	Text   string
	Made   cpp.Loc
	Loc    cpp.Loc
}

// MisusedCopies returns the misuses of a function in the order of its text.
func MisusedCopies(fn *facts.Function) []Misuse {
	body, sources := bodyOf(fn)
	if body == nil {
		return nil
	}
	c := &copies{unit: fn.Unit, types: entryTypes(fn.Unit), sources: sources, made: make(map[*types.Object]*making)}
	if len(c.types) == 0 || !c.find(body) {
		return nil
	}
	syntax.Inspect(body, c.visit)
	return c.list
}

// making is how a pointer was made of the address of a copy.
type making struct {
	helper, copy string
	loc          cpp.Loc
	sliding      bool // the architecture folds levels while it runs
}

// copies collects the misuses of one body.
type copies struct {
	unit    *unit.Unit
	types   map[types.Type]string
	sources Sources
	made    map[*types.Object]*making // nil while it is asked for
	list    []Misuse
}

// find reports whether any variable may lead into a copy.
func (c *copies) find(body *syntax.Block) bool {
	found := false
	syntax.Inspect(body, func(n syntax.Node) bool {
		if x, ok := n.(*syntax.Call); ok {
			found = found || c.ofCall(x) != nil
		}
		return !found
	})
	return found
}

// of returns how a pointer was made of a copy's address, nil if it was not, or not
// on every way. A cast makes it another pointer.
func (c *copies) of(x syntax.Expr) *making {
	switch n := x.(type) {
	case *syntax.Call:
		return c.ofCall(n)
	case *syntax.Ident:
		return c.ofVariable(types.ObjectOf(n))
	case *syntax.Postfix:
		return c.of(n.X)
	case *syntax.Unary:
		if n.Op == syntax.Inc || n.Op == syntax.Dec {
			return c.of(n.X)
		}
	case *syntax.Assign:
		return c.of(n.R)
	}
	return nil
}

func (c *copies) ofVariable(v *types.Object) *making {
	if v == nil || !v.Local || len(c.sources[v]) == 0 {
		return nil
	}
	if m, ok := c.made[v]; ok {
		return m
	}
	c.made[v] = nil
	var first *making
	for _, x := range c.sources[v] {
		if k := types.ConstOf(x); k != nil && k.IsZero() {
			continue
		}
		m := c.of(x)
		if m == nil {
			return nil
		}
		if first == nil {
			first = m
		}
	}
	c.made[v] = first
	return first
}

// ofCall looks at a call of a helper that takes a pointer to an entry and returns
// one to an entry of the level below.
func (c *copies) ofCall(x *syntax.Call) *making {
	f, ok := x.Fun.(*syntax.Ident)
	if !ok || len(x.Args) == 0 || c.ofMacro(x.Loc(), f.Name) || !c.isOffset(x, f.Name) {
		return nil
	}
	returns, sometimes := c.givesBack(f.Name, 0)
	if !returns {
		return nil
	}
	if a, ok := x.Args[0].(*syntax.Unary); ok && a.Op == syntax.AddrOf {
		v := types.ObjectOf(a.X)
		if v == nil || !v.Local || v.Storage&syntax.Static != 0 || c.types[types.Unqual(v.Type)] == "" {
			return nil
		}
		return &making{f.Name, v.Name, x.Loc(), c.slides(f.Name, sometimes)}
	}
	m := c.of(x.Args[0])
	if m == nil {
		return nil
	}
	return &making{m.helper, m.copy, m.loc, m.sliding && c.slides(f.Name, sometimes)}
}

// ofMacro reports whether a name comes from a macro other than the one that says
// that it is taken.
func (c *copies) ofMacro(at cpp.Loc, name string) bool {
	return slices.ContainsFunc(c.unit.Cpp.Chain(at), func(use cpp.Use) bool { return use.Macro.Name != name })
}

// isOffset reports whether a call goes from a level to another.
func (c *copies) isOffset(x *syntax.Call, name string) bool {
	o := c.unit.Types.Lookup(name)
	if o == nil {
		return false
	}
	f, ok := types.Unqual(o.Type).(*types.Func)
	if !ok || len(f.Params) == 0 {
		return false
	}
	from, to := c.pointsTo(f.Params[0].Type), c.pointsTo(f.Result)
	return from != "" && to != "" && from != to
}

// pointsTo returns which entries a type points to, "" if it does not.
func (c *copies) pointsTo(t types.Type) string {
	if p, ok := types.Unqual(t).(*types.Pointer); ok {
		return c.types[types.Unqual(p.Elem)]
	}
	return ""
}

// slides reports whether the architecture has a helper of its own for copies, as
// it must where levels are folded while it runs; in a tree without such helpers
// those architectures are told by a definition that only sometimes gives back
// its argument.
func (c *copies) slides(name string, sometimes bool) bool {
	own := c.unit.Types.Lookup(name + "_lockless")
	if own != nil && own.Def != nil {
		return strings.HasPrefix(c.unit.Cpp.Position(own.Def.NameAt).Path, "arch/")
	}
	m := c.unit.Cpp.Macro(name + "_lockless")
	return m == nil && sometimes
}

// maxGiveBack bounds how many calls are between a helper and what gives back its
// argument.
const maxGiveBack = 4

// givesBack reports whether a function can return its first argument, as a pointer
// to something else, and whether it does so only sometimes.
func (c *copies) givesBack(name string, depth int) (returns, sometimes bool) {
	o := c.unit.Types.Lookup(name)
	if o == nil || o.Def == nil || len(o.Def.Type.Params) == 0 || depth > maxGiveBack {
		return false, false
	}
	body, err := c.unit.File.Body(o.Def)
	if err != nil {
		return false, false
	}
	first, others := o.Def.Type.Params[0].Name, false
	syntax.Inspect(body, func(n syntax.Node) bool {
		r, ok := n.(*syntax.Return)
		if !ok {
			return true
		}
		switch x := uncast(r.X).(type) {
		case *syntax.Ident:
			returns = returns || x.Name == first
			others = others || x.Name != first
			return true
		case *syntax.Call:
			f, ok := x.Fun.(*syntax.Ident)
			if ok && len(x.Args) > 0 {
				if a, ok := uncast(x.Args[0]).(*syntax.Ident); ok && a.Name == first {
					deep, some := c.givesBack(f.Name, depth+1)
					returns, others = returns || deep, others || some || !deep
					return true
				}
			}
		}
		others = true
		return true
	})
	return returns, returns && others
}

func uncast(x syntax.Expr) syntax.Expr {
	for {
		c, ok := x.(*syntax.Cast)
		if !ok {
			return x
		}
		x = c.X
	}
}

func (c *copies) visit(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.Return:
		if n.X != nil {
			c.add(Returned, c.of(n.X), n.X, n.Loc())
		}
	case *syntax.Assign:
		c.assign(n)
	case *syntax.Postfix:
		c.move(n.X, n)
	case *syntax.Unary:
		if n.Op == syntax.Inc || n.Op == syntax.Dec {
			c.move(n.X, n)
		}
	case *syntax.Call:
		if f, ok := n.Fun.(*syntax.Ident); ok && writes(f.Name) {
			for _, x := range n.Args {
				c.add(Written, c.of(uncast(x)), n, n.Loc())
			}
		}
	}
	return true
}

func (c *copies) assign(n *syntax.Assign) {
	if n.Op != syntax.NoOp {
		c.move(n.L, n)
		return
	}
	switch l := n.L.(type) {
	case *syntax.Unary:
		if l.Op == syntax.Deref {
			c.add(Kept, c.of(n.R), n, n.Loc())
			c.add(Written, c.of(uncast(l.X)), n, n.Loc())
		}
	case *syntax.Member:
		if l.Arrow {
			c.add(Kept, c.of(n.R), n, n.Loc())
		}
	}
}

func (c *copies) move(x, whole syntax.Expr) {
	if v := types.ObjectOf(x); v != nil {
		if m := c.ofVariable(v); m != nil && m.sliding {
			c.add(Moved, m, whole, x.Loc())
		}
	}
}

func (c *copies) add(kind MisuseKind, m *making, x syntax.Expr, loc cpp.Loc) {
	if m == nil || slices.ContainsFunc(c.list, func(o Misuse) bool { return o.Loc == loc && o.Kind == kind }) {
		return
	}
	c.list = append(c.list, Misuse{kind, m.helper, m.copy, syntax.ExprString(x), m.loc, loc})
}

// writes reports whether a function writes the entry that it is given a pointer
// to.
// Source: include/linux/pgtable.h and mm.h, v6.1 and v6.12.
func writes(name string) bool {
	for _, level := range []string{"pmd", "pud", "p4d", "pgd"} {
		switch name {
		case "set_" + level, "set_" + level + "_at", level + "_clear", level + "_populate", level + "_populate_kernel":
			return true
		}
	}
	return false
}
