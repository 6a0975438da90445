package kconfig

// This file finds the members of choices. Since linux 6.11 every symbol
// defined between choice and endchoice is one. Before, a choice was a symbol
// of its own, of type bool or tristate, and a symbol that depends on the
// member before it was taken for that member's submenu, not for a member.
//
// What "depends on" means there was decided by comparing formulas as they are
// written. Constants are dropped here before that, which linux 6.1 does not
// always do: a symbol that mentions a member inside an || and stands behind a
// member whose condition contains y, n or a compiler probe may be a member for
// conf and not here. No kernel has such a choice.

// inferChoiceTypes gives an untyped choice the type of its first typed child,
// and untyped children the type of the choice.
func (p *parser) inferChoiceTypes(e *entry) {
	for _, c := range e.children {
		if e.sym.typ == Unknown && c.sym != nil {
			e.sym.typ = c.sym.typ
		}
	}
	for _, c := range e.children {
		if c.sym != nil && c.sym.typ == Unknown {
			c.sym.typ = e.sym.typ
		}
	}
}

// linkChoices fills in members once all conditions are known.
func (p *parser) linkChoices() {
	for _, c := range p.choices {
		if p.dialect.choiceSymbols {
			p.linkChoiceSymbol(c)
		} else {
			p.linkChoiceMenu(c)
		}
	}
	if p.dialect.choiceSymbols {
		return
	}
	for _, s := range p.symbols {
		for _, e := range s.entries {
			if e.prompt != nil {
				s.memberOf = e.enclosingChoice()
				break
			}
		}
	}
}

func (p *parser) linkChoiceMenu(c *choice) {
	c.entry.below(func(e *entry) {
		if e.sym != nil && !e.sym.choiceValue {
			e.sym.choiceValue = true
			c.members = append(c.members, e.sym)
		}
	})
}

func (p *parser) linkChoiceSymbol(c *choice) {
	p.linkMembers(c)
	if c.optional || c.entry.prompt == nil {
		return
	}
	bound := p.nodes.and(c.entry.prompt.cond, p.nodes.symbol(p.mod))
	c.sym.rev = p.nodes.or(c.sym.rev, bound)
}

func (p *parser) linkMembers(c *choice) {
	for _, e := range p.topLevel(c.entry.children) {
		if e.sym == nil || e.sym.choiceValue {
			continue
		}
		e.sym.choiceValue = true
		e.sym.memberOf = c
		c.members = append(c.members, e.sym)
		if c.sym.typ == Tristate && e.sym.typ != Tristate {
			p.requireYes(c, e)
		}
	}
}

// requireYes hides a bool member of a tristate choice unless the choice is y.
func (p *parser) requireYes(c *choice, e *entry) {
	isYes := p.nodes.compare(OpEq, c.sym, p.yes)
	e.dep = p.nodes.and(isYes, e.dep)
	for _, q := range e.sym.props {
		if q.entry == e {
			q.cond = p.nodes.and(isYes, q.cond)
		}
	}
}

// topLevel returns the entries of list that no entry before them takes into
// its submenu, with ifs and submenus of symbols without prompt dissolved.
func (p *parser) topLevel(list []*entry) []*entry {
	var out []*entry
	for i := 0; i < len(list); {
		next, sub := p.submenu(list, i)
		out = append(out, list[i])
		if list[i].prompt == nil {
			out = append(out, sub...)
		}
		i = next
	}
	return out
}

// submenu returns the dissolved submenu of list[i] and the index after it.
func (p *parser) submenu(list []*entry, i int) (next int, sub []*entry) {
	e := list[i]
	if len(e.children) > 0 {
		return i + 1, p.topLevel(e.children)
	}
	next = i + 1
	for e.sym != nil && next < len(list) && p.belongsUnder(list[next], e) {
		at := list[next]
		var inner []*entry
		next, inner = p.submenu(list, next)
		sub = append(sub, at)
		if at.prompt == nil {
			sub = append(sub, inner...)
		}
	}
	return next, sub
}

func (e *entry) shownIf() *node {
	if e.prompt != nil {
		return e.prompt.cond
	}
	return e.dep
}

// belongsUnder reports whether e, which stands after parent, is put into
// parent's submenu: it depends on parent's symbol, or mentions it and is
// shown only where parent is.
func (p *parser) belongsUnder(e, parent *entry) bool {
	cond := e.shownIf()
	switch {
	case !cond.mentions(parent.sym):
		return false
	case p.requires(cond, parent.sym):
		return true
	case parent.prompt == nil || parent.prompt.cond == nil:
		return true
	}
	have := p.present(cond, true)
	if have.op == OpOr {
		return false
	}
	known := map[*node]bool{}
	for _, a := range conjuncts(have) {
		known[a] = true
	}
	for _, a := range conjuncts(p.present(parent.prompt.cond, true)) {
		if !known[a] && a != p.nodes.yes {
			return false
		}
	}
	return true
}

func conjuncts(n *node) []*node {
	if n.op == OpAnd {
		return n.args
	}
	return []*node{n}
}

// requires reports whether s stands in the conjunction n.
func (p *parser) requires(n *node, s *Symbol) bool {
	for _, a := range conjuncts(n) {
		switch {
		case a.x != s:
		case a.op == OpSym, a.op == OpEq && (a.y == p.yes || a.y == p.mod), a.op == OpNe && a.y == p.no:
			return true
		}
	}
	return false
}

// present returns a two-valued formula for "n is not n" (or, with want false,
// for "n is n") in the approximation conf uses for submenus.
func (p *parser) present(n *node, want bool) *node {
	switch n.op {
	case OpNot:
		return p.present(n.args[0], !want)
	case OpAnd, OpOr:
		op := n.op
		if !want {
			op = OpAnd + OpOr - op
		}
		args := make([]*node, len(n.args))
		for i, a := range n.args {
			args[i] = p.present(a, want)
		}
		return p.nodes.join(op, args)
	case OpSym:
		return p.presentSymbol(n.x, want)
	}
	if !want {
		n = p.nodes.compare(negated(n.op), n.x, n.y)
	}
	return p.simplifyComparison(n)
}

func negated(op Op) Op {
	switch op {
	case OpEq:
		return OpNe
	case OpNe:
		return OpEq
	case OpLt:
		return OpGe
	case OpLe:
		return OpGt
	case OpGt:
		return OpLe
	}
	return OpLt
}

func (p *parser) presentSymbol(s *Symbol, want bool) *node {
	switch {
	case s == p.yes || s == p.no:
		if (s == p.yes) == want {
			return p.nodes.yes
		}
		return p.nodes.no
	case want:
		return p.simplifyComparison(p.nodes.compare(OpNe, s, p.no))
	}
	return p.simplifyComparison(p.nodes.compare(OpEq, s, p.no))
}

// simplifyComparison turns a bool compared with y, m or n into the symbol. For
// A!=y of a bool A, linux 6.12's conf reads a symbol as if it were an expression
// and computes garbage; here it is !A, as before and as documented.
func (p *parser) simplifyComparison(n *node) *node {
	if n.op != OpEq && n.op != OpNe || n.x.typ != Bool {
		return n
	}
	value := p.nodes.symbol(n.x)
	switch n.y {
	case p.yes:
	case p.no:
		value = p.nodes.not(value)
	case p.mod:
		value = p.nodes.no
	default:
		return n
	}
	if n.op == OpNe {
		return p.nodes.not(value)
	}
	return value
}
