package build

import (
	"strings"

	"ptreview/parse/cpp"
	"ptreview/parse/source"
	"ptreview/rules/check"
	"ptreview/semantics/facts"
	"ptreview/semantics/unit"
)

// override returns the line that keeps a generic definition away from one of an
// architecture's that is read before it; nil where it is not known that one line
// does. The generic one has to stand in an #ifndef of the helper's own name, or of
// __HAVE_ARCH_ and its name, and nothing else in groups of that kind.
func override(p *check.Pass, u *unit.Unit, c clash) *check.Fix {
	first, second := u.Cpp.Position(c.first), u.Cpp.Position(c.second)
	if !strings.HasPrefix(first.Path, "arch/") || strings.HasPrefix(second.Path, "arch/") {
		return nil
	}
	own := definitionAt(p, c.first, first, c.name)
	generic := definitionAt(p, c.second, second, c.name)
	if own == nil || generic == nil {
		return nil
	}
	lx := p.Cache.Lex(p.Set.File(c.second.Pos))
	macro := asksFor(p.Cache, lx.Conditionals(), generic.Group)
	if macro != c.name && macro != "__HAVE_ARCH_"+strings.ToUpper(c.name) {
		return nil
	}
	for _, d := range facts.Definitions(p.Cache, lx) {
		if d.Name != c.name && d.Name != macro && asksFor(p.Cache, lx.Conditionals(), d.Group) == macro {
			return nil // it would go too
		}
	}
	text := "#define " + macro
	if macro == c.name {
		text += " " + c.name
	}
	return &check.Fix{File: first.Path, Line: own.Last, Text: text}
}

// definitionAt returns the function of the name at a place of a file as it is
// written, nil if a macro made it.
func definitionAt(p *check.Pass, loc cpp.Loc, at source.Position, name string) *facts.Definition {
	f := p.Set.File(loc.Pos)
	if f == nil {
		return nil
	}
	for _, d := range facts.Definitions(p.Cache, p.Cache.Lex(f)) {
		if d.Name == name && !d.Macro && d.First <= at.Line && at.Line <= d.Last {
			return &d
		}
	}
	return nil
}

// asksFor returns the macro that the innermost group asks for with #ifndef, "" if
// it is of another kind.
func asksFor(cache *cpp.Cache, groups []cpp.Group, innermost int) string {
	if innermost < 0 || groups[innermost].Kind != cpp.Ifndef || len(groups[innermost].Cond) != 1 {
		return ""
	}
	return cache.Names.String(groups[innermost].Cond[0].Sym)
}
