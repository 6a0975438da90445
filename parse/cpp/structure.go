package cpp

import "ptreview/parse/source"

// Group is one branch of a conditional: what stands between an #if, #elif or
// #else and the next one of the same conditional. Its condition is Cond as
// Kind has it, and the negation of every group before it in its conditional
// (by Prev), and that of the group around it (by Parent).
type Group struct {
	Kind   GroupKind
	Cond   []Token // what follows the directive's name; empty for #else
	Pos    source.Pos
	Line   int // of the directive
	End    int // line of the directive that closes it, or the file's last
	Prev   int // the group before it in the same conditional, or -1
	Parent int // the group it stands in, or -1
}

// GroupKind is the directive that opens a group.
type GroupKind uint8

// The kinds of groups.
const (
	If GroupKind = iota
	Ifdef
	Ifndef
	Elif
	Elifdef
	Elifndef
	Else
)

// DefineAt is a #define or #undef.
type DefineAt struct {
	Name  Sym
	Undef bool
	Macro *Macro // nil for #undef
	Pos   source.Pos
	Group int // the group it stands in, or -1
}

// IncludeAt is an #include, #include_next or #import.
type IncludeAt struct {
	Next  bool    // #include_next
	Name  []Token // one Header or String, or what a computed include expands
	Pos   source.Pos
	Group int // the group it stands in, or -1
}

// Conditionals returns all groups of the file, in its order. The group of a
// whole-file include guard is among them.
func (lx *Lexed) Conditionals() []Group {
	lx.structure.Do(func() { lx.analyse() })
	return lx.groups
}

// Defines returns all #define and #undef lines of the file that can be read,
// in its order.
func (lx *Lexed) Defines() []DefineAt {
	lx.structure.Do(func() { lx.analyse() })
	return lx.defines
}

// Includes returns all #include lines of the file, in its order.
func (lx *Lexed) Includes() []IncludeAt {
	lx.structure.Do(func() { lx.analyse() })
	return lx.includes
}

// Guard returns the macro that guards the whole file against being read
// twice, or 0.
func (lx *Lexed) Guard() Sym { return lx.guard }

// analyse lists groups, definitions and includes.
func (lx *Lexed) analyse() {
	var open []int // the groups around the item
	inside := func() int {
		if len(open) == 0 {
			return -1
		}
		return open[len(open)-1]
	}
	for i := range lx.items {
		it := &lx.items[i]
		switch it.kind {
		case itemIf, itemIfdef, itemIfndef:
			g := lx.group(it, -1, inside())
			open = append(open, g)
		case itemElif, itemElifdef, itemElifndef, itemElse:
			prev := inside()
			g := lx.group(it, prev, lx.groups[prev].Parent)
			lx.groups[prev].End = lx.groups[g].Line
			open[len(open)-1] = g
		case itemEndif:
			lx.groups[inside()].End = lx.line(it)
			open = open[:len(open)-1]
		case itemDefine, itemUndef:
			lx.definition(it, inside())
		case itemInclude, itemIncludeNext, itemImport:
			lx.includes = append(lx.includes, IncludeAt{
				Next: it.kind == itemIncludeNext,
				Name: lx.Tokens[it.first:it.end], Pos: lx.Tokens[it.hash].Pos, Group: inside(),
			})
		}
	}
}

func (lx *Lexed) line(it *item) int {
	return lx.File.Line(lx.File.Offset(lx.Tokens[it.hash].Pos))
}

func (lx *Lexed) group(it *item, prev, parent int) int {
	lx.groups = append(lx.groups, Group{
		Kind: groupKind(it.kind), Cond: lx.Tokens[it.first:it.end],
		Pos: lx.Tokens[it.hash].Pos, Line: lx.line(it), End: lx.File.Lines(),
		Prev: prev, Parent: parent,
	})
	return len(lx.groups) - 1
}

func groupKind(k itemKind) GroupKind {
	switch k {
	case itemIfdef:
		return Ifdef
	case itemIfndef:
		return Ifndef
	case itemElif:
		return Elif
	case itemElifdef:
		return Elifdef
	case itemElifndef:
		return Elifndef
	case itemElse:
		return Else
	}
	return If
}

func (lx *Lexed) definition(it *item, group int) {
	op := lx.Tokens[it.first:it.end]
	if len(op) == 0 || op[0].Kind != Ident {
		return
	}
	d := DefineAt{Name: op[0].Sym, Undef: it.kind == itemUndef, Pos: lx.Tokens[it.hash].Pos, Group: group}
	if !d.Undef {
		m, err := lx.macro(it)
		if err != nil {
			return
		}
		d.Macro = m
	}
	lx.defines = append(lx.defines, d)
}
