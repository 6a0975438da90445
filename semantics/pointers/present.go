package pointers

import (
	"maps"
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/facts"
	"ptreview/semantics/forward"
)

// SetPresent is a call that sets an entry which is present there on every path:
// it was read by the same pointer, found present, and not cleared since.
type SetPresent struct {
	Setter  string
	Pointer string
	Loc     cpp.Loc
	Seen    cpp.Loc // where it was found present
}

// SetsPresent returns such calls of the setters in the order of the text.
func SetsPresent(fn *facts.Function, setters map[string]bool) []SetPresent {
	if !spells(fn, func(name string) bool { return setters[name] }) {
		return nil
	}
	body := Body(fn)
	if body == nil {
		return nil
	}
	p := &presence{setters: setters}
	forward.Run(&forward.Client[known]{
		Clone: known.clone, Join: known.join,
		Expr: p.expr, Declare: p.declare, Learn: p.learn,
		Ends: endsPath, Leave: func(known, cpp.Loc) {}, Final: func() { p.final = true },
	}, body, known{})
	return p.list
}

// known is what is known of entries, by the text of the pointer to them.
type known map[string]entryState

// entryState is what is known of one entry.
type entryState struct {
	holder  string // the variable that it was last read into, "" for none
	present bool
	seen    cpp.Loc
}

func (k known) clone() known { return maps.Clone(k) }

func (k known) join(o known) known {
	for p, e := range k {
		other, ok := o[p]
		switch {
		case !ok || other.present != e.present:
			delete(k, p)
		case other.holder != e.holder:
			e.holder = ""
			k[p] = e
		}
	}
	return k
}

// presence follows what is known of entries through a function.
type presence struct {
	setters map[string]bool
	final   bool
	list    []SetPresent
}

// pointerText spells a pointer that is followed; "" for one that is not: it must
// be a variable or a member of one.
func pointerText(x syntax.Expr) string {
	switch n := x.(type) {
	case *syntax.Ident:
		return n.Name
	case *syntax.Member:
		if base := pointerText(n.X); base != "" {
			return syntax.ExprString(n)
		}
	case *syntax.Cast:
		return pointerText(n.X)
	}
	return ""
}

// readOf returns the pointer that an expression reads an entry by, "" if it is no
// such read.
func readOf(x syntax.Expr) string {
	switch n := x.(type) {
	case *syntax.Call:
		switch Called(n) {
		case "ptep_get", "ptep_get_lockless", "__ptep_get":
			if len(n.Args) == 1 {
				return pointerText(n.Args[0])
			}
		}
	case *syntax.Unary:
		if n.Op == syntax.Deref {
			if c, ok := n.X.(*syntax.Cast); ok { // of READ_ONCE()
				if a, ok := c.X.(*syntax.Unary); ok && a.Op == syntax.AddrOf {
					return readOf(a.X)
				}
			}
			return pointerText(n.X)
		}
	case *syntax.StmtExpr:
		if items := n.Body.Items; len(items) > 0 {
			if last, ok := items[len(items)-1].(*syntax.ExprStmt); ok && last.X != nil {
				return readOf(last.X)
			}
		}
	}
	return ""
}

// written drops what is known by way of a variable or member that is written.
func (k known) written(place string) {
	root := rootName(place)
	for p, e := range k {
		if rootName(p) == root {
			delete(k, p)
		} else if rootName(e.holder) == root {
			e.holder = ""
			k[p] = e
		}
	}
}

func rootName(place string) string {
	place, _, _ = strings.Cut(place, "->")
	place, _, _ = strings.Cut(place, ".")
	return strings.TrimLeft(place, "(*")
}

func (p *presence) declare(k known, d *syntax.Declarator) {
	if d.Init == nil {
		return
	}
	p.expr(k, d.Init)
	p.assign(k, d.Name, d.Init)
}

func (p *presence) assign(k known, to string, from syntax.Expr) {
	k.written(to)
	if by := readOf(from); by != "" && to != "" {
		e := k[by]
		e.holder = to
		k[by] = e
	}
}

func (p *presence) expr(k known, x syntax.Expr) {
	syntax.Inspect(x, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Sizeof, syntax.TypeExpr:
			return false
		case *syntax.Assign:
			p.expr(k, n.R)
			if to := pointerText(n.L); to != "" {
				p.assign(k, to, n.R)
			} else {
				p.throughPointer(k, n.L)
			}
			return false
		case *syntax.Postfix:
			k.written(pointerText(n.X))
		case *syntax.Unary:
			if n.Op == syntax.Inc || n.Op == syntax.Dec {
				k.written(pointerText(n.X))
			}
		case *syntax.Call:
			for _, a := range n.Args {
				p.expr(k, a)
			}
			p.call(k, n)
			return false
		}
		return true
	})
}

// throughPointer is a write to what a pointer points to.
func (p *presence) throughPointer(k known, x syntax.Expr) {
	if d, ok := x.(*syntax.Unary); ok && d.Op == syntax.Deref {
		delete(k, pointerText(d.X))
	}
}

// call reports setters, and drops what is known of entries that a callee is given
// a pointer to, or to what the pointer is in.
func (p *presence) call(k known, c *syntax.Call) {
	if readOf(c) != "" {
		return
	}
	name := Called(c)
	for i, a := range c.Args {
		to := pointerText(a)
		if e := k[to]; to != "" && p.setters[name] && i == 2 && e.present && p.final {
			p.list = append(p.list, SetPresent{Setter: name, Pointer: to, Loc: c.Loc(), Seen: e.seen})
		}
		if u, ok := a.(*syntax.Unary); ok && u.Op == syntax.AddrOf {
			k.written(pointerText(u.X))
		}
		for text := range k {
			if to != "" && rootName(text) == rootName(to) {
				delete(k, text)
			}
		}
	}
}

// learn is told that a condition holds, or does not.
func (p *presence) learn(k known, x syntax.Expr, holds bool) {
	switch n := x.(type) {
	case *syntax.Unary:
		if n.Op == syntax.Not {
			p.learn(k, n.X, !holds)
		}
	case *syntax.Binary:
		if n.Op == syntax.LogAnd && holds || n.Op == syntax.LogOr && !holds {
			p.learn(k, n.X, holds)
			p.learn(k, n.Y, holds)
		}
	case *syntax.Call:
		switch Called(n) {
		case "__builtin_expect":
			p.learn(k, n.Args[0], holds)
		case "pte_present":
			if holds && len(n.Args) == 1 {
				k.present(n.Args[0], true, n.Loc())
			}
		case "pte_protnone", "pte_none":
			if holds && len(n.Args) == 1 {
				k.present(n.Args[0], false, n.Loc())
			}
		}
	}
}

// present notes whether the entry that a value was read from is present.
func (k known) present(value syntax.Expr, is bool, at cpp.Loc) {
	if by := readOf(value); by != "" {
		k[by] = entryState{k[by].holder, is, at}
		return
	}
	holder := pointerText(value)
	for p, e := range k {
		if holder != "" && e.holder == holder {
			k[p] = entryState{holder, is, at}
		}
	}
}
