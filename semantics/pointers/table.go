package pointers

import (
	"strings"

	"ptreview/parse/syntax"
	"ptreview/semantics/facts"
	"ptreview/semantics/types"
)

// Origin is where the pointers of a function come from.
type Origin struct {
	fn      *facts.Function
	sources Sources
}

// OriginOf looks at the pointers of a function.
func OriginOf(fn *facts.Function) *Origin {
	_, sources := bodyOf(fn)
	return &Origin{fn, sources}
}

// IsLive reports whether a pointer may be one into a page table that others use:
// nothing that it is made from is a variable, or memory that was just allocated
// or mapped for the kernel itself.
func (o *Origin) IsLive(pointer syntax.Expr) bool {
	return !ofVariable(pointer) && !o.isOwn(pointer, make(map[*types.Object]bool))
}

func (o *Origin) isOwn(pointer syntax.Expr, seen map[*types.Object]bool) bool {
	if ofVariable(pointer) || givesOwn(pointer) {
		return true
	}
	v := Root(pointer)
	if v == nil || seen[v] {
		return false
	}
	seen[v] = true
	if !v.Local {
		return true // of the kernel's own
	}
	for _, from := range o.sources[v] {
		if o.isOwn(from, seen) {
			return true
		}
	}
	i := o.param(v)
	return i >= 0 && o.isGivenOwn(i)
}

// givesOwn reports whether a call gives memory that nobody else has yet, or that
// is no table in use.
func givesOwn(x syntax.Expr) bool {
	for {
		switch n := x.(type) {
		case *syntax.Cast:
			x = n.X
			continue
		case *syntax.Call:
			f, ok := n.Fun.(*syntax.Ident)
			if !ok {
				return false
			}
			name := f.Name
			maps := strings.Contains(name, "map") || strings.Contains(name, "offset") || strings.HasPrefix(name, "pte_alloc") && !strings.Contains(name, "_one") ||
				strings.HasPrefix(name, "pmd_alloc") && !strings.Contains(name, "_one") || strings.HasPrefix(name, "huge_pte_alloc")
			return !maps && (strings.Contains(name, "alloc") || strings.Contains(name, "get_free_page") || strings.HasPrefix(name, "page_address")) ||
				strings.HasPrefix(name, "kmap")
		}
		return false
	}
}

// param returns the number of a parameter, -1 for other variables.
func (o *Origin) param(v *types.Object) int {
	if v.Index < len(o.fn.Def.Type.Params) && o.fn.Def.Type.Params[v.Index].Name == v.Name {
		return v.Index
	}
	return -1
}

// isGivenOwn reports whether a call in the function's unit hands it the address of
// a variable as parameter i.
func (o *Origin) isGivenOwn(i int) bool {
	u := o.fn.Unit
	for def := range u.File.Functions() {
		if !u.Cpp.HasWord(def.Open, def.Close, o.fn.Name) {
			continue
		}
		other := u.Types.Lookup(u.Cpp.Names.String(def.Name))
		if other == nil || other.Def == nil || other.Def == o.fn.Def {
			continue
		}
		body := Body(&facts.Function{Unit: u, Def: other.Def})
		if body == nil {
			continue
		}
		own := false
		syntax.Inspect(body, func(n syntax.Node) bool {
			if c, ok := n.(*syntax.Call); ok && i < len(c.Args) {
				if f, ok := c.Fun.(*syntax.Ident); ok && f.Name == o.fn.Name {
					own = own || ofVariable(c.Args[i])
				}
			}
			return !own
		})
		if own {
			return true
		}
	}
	return false
}
