package kconfig

import (
	"encoding/binary"
	"slices"
	"strings"
)

// Change is a symbol that two Kconfigs define differently. Texts of prompts
// and help, and where a definition stands, make no difference, nor does the
// order of operands.
type Change struct {
	Name   string
	Before *Symbol // nil for a new symbol
	After  *Symbol // nil for a removed one

	Type     bool
	Prompt   bool // whether and when a user is asked
	Depends  bool
	Default  bool
	Selected bool // what selects it, and when
	Implied  bool
	Range    bool
	Choice   bool // the choice it is a member of
}

// Diff returns the symbols that before and after define differently, by name.
// They are those of the same architecture in two trees.
func Diff(before, after *Kconfig) []Change {
	ids := map[string]int32{}
	b, a := newCanon(before, ids), newCanon(after, ids)
	var list []Change
	before.Symbols(func(s *Symbol) bool {
		if t := after.Symbol(s.name); t == nil || !t.IsDefined() {
			list = append(list, Change{Name: s.name, Before: s})
		}
		return true
	})
	after.Symbols(func(s *Symbol) bool {
		old := before.Symbol(s.name)
		if old == nil || !old.IsDefined() {
			list = append(list, Change{Name: s.name, After: s})
		} else if c := compareSymbols(b, a, old, s); c.any() {
			list = append(list, c)
		}
		return true
	})
	slices.SortFunc(list, func(x, y Change) int { return strings.Compare(x.Name, y.Name) })
	return list
}

func compareSymbols(b, a *canon, old, s *Symbol) Change {
	differ := func(of func(c *canon, s *Symbol) int32) bool { return of(b, old) != of(a, s) }
	return Change{
		Name:     s.name,
		Before:   old,
		After:    s,
		Type:     old.typ != s.typ,
		Prompt:   differ((*canon).prompts),
		Depends:  differ(func(c *canon, s *Symbol) int32 { return c.node(s.dir) }),
		Default:  differ((*canon).defaults),
		Selected: differ(func(c *canon, s *Symbol) int32 { return c.node(s.rev) }),
		Implied:  differ(func(c *canon, s *Symbol) int32 { return c.node(s.implied) }),
		Range:    differ((*canon).ranges),
		Choice:   differ((*canon).choice),
	}
}

func (c Change) any() bool {
	return c.Type || c.Prompt || c.Depends || c.Default || c.Selected || c.Implied || c.Range || c.Choice
}

// canon gives formulas numbers that are equal where the formulas are, across
// the Kconfigs that share ids.
type canon struct {
	ids  map[string]int32 // from spellings, to numbers from 1
	memo []int32          // by node.id
}

func newCanon(k *Kconfig, ids map[string]int32) *canon {
	return &canon{ids: ids, memo: make([]int32, k.nodes.count)}
}

func (c *canon) id(spelling string) int32 {
	n, ok := c.ids[spelling]
	if !ok {
		n = int32(len(c.ids) + 1)
		c.ids[spelling] = n
	}
	return n
}

// list returns the number of a list of numbers of one kind.
func (c *canon) list(kind byte, numbers []int32) int32 {
	b := []byte{kind}
	for _, n := range numbers {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return c.id(string(b))
}

// symbol returns the number of a symbol's name. That of a choice, which says
// where it stands, is replaced by the names of its members.
func (c *canon) symbol(s *Symbol) int32 {
	if s.group == nil {
		kind := "s"
		if s.quoted {
			kind = "q"
		}
		return c.id(kind + s.name)
	}
	var names []string
	for _, m := range s.group.members {
		names = append(names, m.name)
	}
	return c.id("c" + strings.Join(names, " "))
}

func (c *canon) node(n *node) int32 {
	if n == nil {
		return 0
	}
	if id := c.memo[n.id]; id != 0 {
		return id
	}
	var parts []int32
	for _, a := range n.args {
		parts = append(parts, c.node(a))
	}
	if n.op == OpAnd || n.op == OpOr {
		slices.Sort(parts)
	}
	for _, s := range [...]*Symbol{n.x, n.y} {
		if s != nil {
			parts = append(parts, c.symbol(s))
		}
	}
	id := c.list(byte(n.op), parts)
	c.memo[n.id] = id
	return id
}

func (c *canon) prompts(s *Symbol) int32 {
	var parts []int32
	for _, q := range s.props {
		if q.isPrompt() {
			parts = append(parts, c.node(q.cond))
		}
	}
	slices.Sort(parts)
	return c.list('p', parts)
}

func (c *canon) defaults(s *Symbol) int32 {
	var parts []int32
	for _, q := range s.props {
		if q.kind == propDefault {
			parts = append(parts, c.node(q.value), c.node(q.cond))
		}
	}
	return c.list('d', parts)
}

func (c *canon) ranges(s *Symbol) int32 {
	var parts []int32
	for _, q := range s.props {
		if q.kind == propRange {
			parts = append(parts, c.symbol(q.low), c.symbol(q.high), c.node(q.cond))
		}
	}
	return c.list('r', parts)
}

func (c *canon) choice(s *Symbol) int32 {
	if s.memberOf == nil {
		return 0
	}
	g := s.memberOf
	optional := int32(0)
	if g.optional {
		optional = 1
	}
	parts := []int32{optional, int32(g.sym.typ), c.symbol(g.sym), c.prompts(g.sym), c.defaults(g.sym), c.node(g.sym.dir)}
	return c.list('g', parts)
}
