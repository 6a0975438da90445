package kconfig

import "strings"

// checkProperties warns about properties that cannot work, as conf does.
func (p *parser) checkProperties() {
	for _, s := range p.symbols {
		if len(s.entries) > 0 && s.typ == Unknown {
			p.warn(s.pos(), "config symbol defined without type")
		}
		for _, q := range s.props {
			p.checkProperty(s, q)
		}
	}
	if !p.dialect.choiceSymbols {
		for _, c := range p.choices {
			p.checkMembers(c)
		}
	}
}

func (p *parser) checkProperty(s *Symbol, q *property) {
	switch q.kind {
	case propDefault:
		p.checkDefault(s, q)
	case propSelect, propImply:
		word := map[propKind]string{propSelect: "select", propImply: "imply"}[q.kind]
		if !s.isLogic() {
			p.warn(q.pos, "config symbol '%s' uses %s, but is not bool or tristate", s.name, word)
		} else if t := q.target; t.typ != Unknown && !t.isLogic() {
			p.warn(q.pos, "'%s' has wrong type. '%s' only accept arguments of bool and tristate type", t.name, word)
		}
	case propRange:
		if !s.isNumber() {
			p.warn(q.pos, "range is only allowed for int or hex symbols")
		}
		if !s.canBeNumber(q.low) || !s.canBeNumber(q.high) {
			p.warn(q.pos, "range is invalid")
		}
	}
}

func (p *parser) checkDefault(s *Symbol, q *property) {
	single := q.value.op == OpSym
	switch {
	case !single && (s.isNumber() || s.typ == String):
		p.warn(q.pos, "default for config symbol '%s' must be a single symbol", s.name)
	case single && s.isNumber() && !s.canBeNumber(q.value.x):
		p.warn(q.pos, "'%s': number is invalid", s.name)
	case s.group != nil && q.value.x.memberOf != s.group:
		p.warn(q.pos, "choice default symbol '%s' is not contained in the choice", q.value.x.name)
	}
}

// checkMembers refuses what a choice of linux 6.11 or newer cannot have.
func (p *parser) checkMembers(c *choice) {
	for _, s := range c.members {
		for _, q := range s.props {
			switch {
			case q.kind == propDefault:
				p.errs.add(q.pos, "defaults for choice values not supported")
			case q.kind == propPrompt && q.entry.enclosingChoice() != c:
				p.errs.add(q.pos, "choice value has a prompt outside its choice group")
			}
		}
	}
}

func (s *Symbol) isLogic() bool  { return s.typ == Bool || s.typ == Tristate }
func (s *Symbol) isNumber() bool { return s.typ == Int || s.typ == Hex }

// canBeNumber reports whether bound can stand for a number of s's type.
func (s *Symbol) canBeNumber(bound *Symbol) bool {
	return bound.isNumber() || bound.typ == Unknown && s.typ.accepts(bound.name)
}

// maxDependencyDepth bounds chains of dependencies, which evaluation follows
// recursively. The longest in linux 6.12 has about 200 links.
const maxDependencyDepth = 20000

// checkCycles refuses symbols whose value depends on itself.
func (p *parser) checkCycles() {
	c := &cycleCheck{p: p, state: make([]checkState, len(p.symbols)), fine: make([]bool, p.nodes.count)}
	for _, s := range p.symbols {
		if len(s.entries) == 0 {
			continue
		}
		if c.symbol(s) != nil || p.errs.full() {
			return
		}
	}
}

type checkState uint8

const (
	unchecked checkState = iota
	checking
	checked
)

type cycleCheck struct {
	p     *parser
	state []checkState
	fine  []bool // by node.id: all its symbols are checked
	path  []*Symbol
}

// symbol returns the symbol that closes a cycle, which has been reported.
func (c *cycleCheck) symbol(s *Symbol) *Symbol {
	switch c.state[s.index] {
	case checking:
		c.report(s)
		return s
	case checked:
		return nil
	}
	if len(c.path) >= maxDependencyDepth {
		c.p.errs.add(s.pos(), "dependencies of %s are nested too deeply", s.name)
		return s
	}
	c.path = append(c.path, s)
	defer func() { c.path = c.path[:len(c.path)-1] }()
	switch {
	case s.memberOf != nil:
		return c.symbol(s.memberOf.sym)
	case s.group != nil:
		return c.choice(s.group)
	}
	c.state[s.index] = checking
	bad := c.conditions(s)
	c.state[s.index] = checked
	return bad
}

// choice checks a choice and its members as one: none may depend on another.
func (c *cycleCheck) choice(g *choice) *Symbol {
	group := append([]*Symbol{g.sym}, g.members...)
	for _, s := range group {
		c.state[s.index] = checking
	}
	var bad *Symbol
	for i, s := range group {
		if i > 0 {
			c.path = append(c.path, s)
		}
		if bad = c.conditions(s); bad != nil {
			break
		}
		if i > 0 {
			c.path = c.path[:len(c.path)-1]
		} else {
			// A member's conditions may name its choice.
			c.state[s.index] = checked
		}
	}
	for _, s := range group {
		c.state[s.index] = checked
	}
	return bad
}

func (c *cycleCheck) conditions(s *Symbol) *Symbol {
	for _, n := range []*node{s.dir, s.rev, s.implied} {
		if bad := c.node(n); bad != nil {
			return bad
		}
	}
	for _, q := range s.props {
		if q.kind == propSelect || q.kind == propImply {
			continue
		}
		if bad := c.node(q.cond); bad != nil {
			return bad
		}
		if q.kind == propDefault && s.group == nil {
			if bad := c.node(q.value); bad != nil {
				return bad
			}
		}
	}
	return nil
}

func (c *cycleCheck) node(n *node) *Symbol {
	if n == nil || c.fine[n.id] {
		return nil
	}
	for _, a := range n.args {
		if bad := c.node(a); bad != nil {
			return bad
		}
	}
	for _, s := range [...]*Symbol{n.x, n.y} {
		if s != nil {
			if bad := c.symbol(s); bad != nil {
				return bad
			}
		}
	}
	c.fine[n.id] = true
	return nil
}

func (c *cycleCheck) report(s *Symbol) {
	first := 0
	for i, t := range c.path {
		if t == s || t.memberOf != nil && t.memberOf == s.memberOf {
			first = i
			break
		}
	}
	var names []string
	for _, t := range c.path[first:] {
		names = append(names, t.name)
		if len(names) == 30 {
			names = append(names, "…")
			break
		}
	}
	names = append(names, s.name)
	c.p.errs.add(s.pos(), "recursive dependency: %s", strings.Join(names, " -> "))
}
