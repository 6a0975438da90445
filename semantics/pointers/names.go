package pointers

import (
	"slices"

	"ptreview/arch"
	"ptreview/parse/cpp"
	"ptreview/parse/syntax"
	"ptreview/semantics/facts"
)

// spells reports whether a name of a kind is among the tokens of a function.
func spells(fn *facts.Function, is func(name string) bool) bool {
	u := fn.Unit.Cpp
	return slices.ContainsFunc(u.Tokens[fn.Def.Open:fn.Def.Close], func(t cpp.Token) bool {
		return t.Kind == cpp.Ident && is(u.Names.String(t.Sym))
	})
}

// Called returns the name of the function that a call names, "" if it calls by a
// pointer or is no call.
func Called(x syntax.Expr) string {
	if c, ok := x.(*syntax.Call); ok {
		if f, ok := c.Fun.(*syntax.Ident); ok {
			return f.Name
		}
	}
	return ""
}

// endsPath reports whether an expression is a trap that never returns.
func endsPath(x syntax.Expr) bool {
	name := Called(x)
	if name == "" {
		return false
	}
	for _, t := range arch.Traps() {
		if t.Name == name {
			return t.When == arch.Always && t.Kind != arch.TrapWarn
		}
	}
	return false
}
