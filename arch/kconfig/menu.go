package kconfig

// entry is a place in the menu tree: a menu, a comment, an if, or one
// definition of a symbol or choice.
type entry struct {
	sym        *Symbol // of config, menuconfig and choice
	pos        Pos
	parent     *entry
	children   []*entry
	dep        *node // after finalize, with what encloses it
	visibility *node // visible if
	prompt     *property
	isMenu     bool // a menu or comment, not an if
	choice     *choice
	help       string // raw
}

type propKind uint8

const (
	propPrompt propKind = iota
	propMenu            // the title of a menu, or the prompt of a menuconfig
	propComment
	propDefault
	propSelect
	propImply
	propRange
)

// property is one line of an entry.
type property struct {
	kind      propKind
	entry     *entry
	pos       Pos
	text      string  // of a prompt, menu or comment
	value     *node   // of a default
	target    *Symbol // of a select or imply
	low, high *Symbol // of a range
	cond      *node   // after finalize, with what the entry depends on
}

func (p *property) isPrompt() bool { return p.kind == propPrompt || p.kind == propMenu }

// choice is one choice block.
type choice struct {
	index    int
	sym      *Symbol
	entry    *entry
	optional bool
	members  []*Symbol
}

// finalize spreads the conditions of the entries below parent to their
// properties, and turns selects and implies round.
func (p *parser) finalize(parent *entry) {
	if p.dialect.choiceSymbols && parent.choice != nil {
		p.inferChoiceTypes(parent)
	}
	outer := parent.dep
	if p.dialect.choiceSymbols && parent.choice != nil {
		// The value of the choice bounds the visibility of its members.
		outer = p.nodes.symbol(parent.sym)
	}
	for _, e := range parent.children {
		e.dep = p.nodes.and(outer, p.rewrite(e.dep))
		if e.sym == nil {
			if e.prompt != nil {
				e.prompt.cond = p.nodes.and(e.dep, p.rewrite(e.prompt.cond))
			}
			continue
		}
		for _, q := range e.sym.props {
			if q.entry == e {
				p.finalizeProperty(q)
			}
		}
	}
	for _, e := range parent.children {
		p.finalize(e)
		if e.sym != nil && len(e.children) == 0 && e.dep != nil {
			e.sym.dirTerms = append(e.sym.dirTerms, e.dep)
		}
	}
}

func (p *parser) finalizeProperty(q *property) {
	q.cond = p.nodes.and(q.entry.dep, p.rewrite(q.cond))
	if q.kind != propSelect && q.kind != propImply {
		return
	}
	term := p.nodes.and(p.nodes.symbol(q.entry.sym), q.cond)
	if q.kind == propSelect {
		q.target.revTerms = append(q.target.revTerms, term)
	} else {
		q.target.impliedTerms = append(q.target.impliedTerms, term)
	}
}

// rewrite makes the constant m of a condition m && MODULES, and a bool symbol
// compared with y, m or n the symbol itself, its negation, or a constant.
func (p *parser) rewrite(n *node) *node {
	if n == nil {
		return nil
	}
	if int(n.id) < len(p.rewritten) && p.rewritten[n.id] != nil {
		return p.rewritten[n.id]
	}
	out := n
	switch n.op {
	case OpSym:
		if n.x == p.mod {
			out = p.nodes.and(n, p.nodes.symbol(p.modules))
		}
	case OpNot:
		out = p.nodes.not(p.rewrite(n.args[0]))
	case OpAnd, OpOr:
		args := make([]*node, len(n.args))
		for i, a := range n.args {
			args[i] = p.rewrite(a)
		}
		out = p.nodes.join(n.op, args)
	default:
		out = p.simplifyComparison(n)
	}
	p.rewritten = put(p.rewritten, n.id, out)
	return out
}

// put sets element i of a list that grows as needed.
func put[T any](list []*T, i int32, v *T) []*T {
	if n := int(i) + 1 - len(list); n > 0 {
		list = append(list, make([]*T, max(n, len(list), 1024))...)
	}
	list[i] = v
	return list
}

// joinReverse builds what selects, implies and definitions add up to.
func (p *parser) joinReverse() {
	for _, s := range p.symbols {
		s.dir = p.nodes.or(s.dirTerms...)
		s.rev = p.nodes.or(s.revTerms...)
		s.implied = p.nodes.or(s.impliedTerms...)
		s.dirTerms, s.revTerms, s.impliedTerms = nil, nil, nil
	}
}

// enclosingChoice returns the choice e stands in, through ifs.
func (e *entry) enclosingChoice() *choice {
	for e = e.parent; e != nil; e = e.parent {
		if e.choice != nil {
			return e.choice
		}
	}
	return nil
}

// below calls f for e's descendants in the order they were read.
func (e *entry) below(f func(*entry)) {
	for _, c := range e.children {
		f(c)
		c.below(f)
	}
}
