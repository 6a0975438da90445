package kconfig

// node is an Expr inside a Kconfig: its operands are symbols instead of
// names, and equal nodes are one node, so that an evaluation computes each
// only once, indexed by id. A nil node is "no condition".
type node struct {
	op   Op
	id   int32
	args []*node // OpAnd, OpOr: two or more, flat; OpNot: one
	x, y *Symbol // OpSym: x; comparisons: x and y
	same *node   // the next OpAnd or OpOr with such a hash
	neg  *node   // the OpNot of it, if there is one
}

type comparison struct {
	op   Op
	x, y *Symbol
}

// nodeTable makes nodes and remembers them.
type nodeTable struct {
	count       int32
	comparisons map[comparison]*node
	joins       []*node // by hash: the last one made, chained by same; a power of two
	joined      int
	yes, no     *node
	free        []node  // for add
	lists       []*node // for cut
	flat        []*node // of the flatten in progress
	// keepZero keeps n && a and y || a as they are. Before linux 6.11 conf
	// still saw a in them when it looked for submenus and cycles.
	keepZero bool
}

func newNodeTable(yes, no *Symbol, keepZero bool) *nodeTable {
	t := &nodeTable{
		keepZero:    keepZero,
		comparisons: map[comparison]*node{},
		joins:       make([]*node, 1<<14),
	}
	t.yes, t.no = t.symbol(yes), t.symbol(no)
	return t
}

func (t *nodeTable) add(n node) *node {
	n.id = t.count
	t.count++
	if len(t.free) == 0 {
		t.free = make([]node, 512)
	}
	at := &t.free[0]
	t.free = t.free[1:]
	*at = n
	return at
}

func (t *nodeTable) symbol(s *Symbol) *node {
	if s.node == nil {
		s.node = t.add(node{x: s})
	}
	return s.node
}

func (t *nodeTable) not(a *node) *node {
	if a.op == OpNot {
		return a.args[0]
	}
	if a.neg == nil {
		a.neg = t.add(node{op: OpNot, args: []*node{a}})
	}
	return a.neg
}

func (t *nodeTable) compare(op Op, x, y *Symbol) *node {
	key := comparison{op, x, y}
	n := t.comparisons[key]
	if n == nil {
		n = t.add(node{op: op, x: x, y: y})
		t.comparisons[key] = n
	}
	return n
}

// and returns the conjunction of conditions; nil ones do not count.
func (t *nodeTable) and(args ...*node) *node { return t.join(OpAnd, args) }

// or returns the disjunction of conditions. Nil ones do not count either:
// conf, too, drops a missing operand instead of taking it for y.
func (t *nodeTable) or(args ...*node) *node { return t.join(OpOr, args) }

func (t *nodeTable) join(op Op, args []*node) *node {
	if only, ok := single(args); ok {
		return only
	}
	neutral, zero := t.yes, t.no
	if op == OpOr {
		neutral, zero = zero, neutral
	}
	flat, any := flatten(t.flat[:0], op, args, neutral)
	t.flat = flat
	for _, a := range flat {
		if a == zero && !t.keepZero {
			return zero
		}
	}
	switch {
	case !any:
		return nil
	case len(flat) == 0:
		return neutral
	case len(flat) == 1:
		return flat[0]
	}
	return t.lookupJoin(op, flat)
}

// single returns the only condition of args, or nil if there is none; ok is
// false if there are more. A condition is flat already.
func single(args []*node) (only *node, ok bool) {
	for _, a := range args {
		if a == nil {
			continue
		}
		if only != nil {
			return nil, false
		}
		only = a
	}
	return only, true
}

// flatten appends the operands of args under op, without repetitions and
// neutral ones, to empty; any tells whether there was an operand at all.
func flatten(empty []*node, op Op, args []*node, neutral *node) (flat []*node, any bool) {
	flat = empty
	seen := map[*node]bool(nil)
	add := func(a *node) {
		if a == neutral {
			return
		}
		if len(flat) < 8 {
			for _, b := range flat {
				if a == b {
					return
				}
			}
		} else {
			if seen == nil {
				seen = map[*node]bool{}
				for _, b := range flat {
					seen[b] = true
				}
			}
			if seen[a] {
				return
			}
			seen[a] = true
		}
		flat = append(flat, a)
	}
	for _, a := range args {
		switch {
		case a == nil:
			continue
		case a.op == op:
			for _, b := range a.args {
				add(b)
			}
		default:
			add(a)
		}
		any = true
	}
	return flat, any
}

func (t *nodeTable) lookupJoin(op Op, args []*node) *node {
	if t.joined > len(t.joins) {
		t.growJoins()
	}
	at := t.bucket(op, args)
	for n := *at; n != nil; n = n.same {
		if n.op == op && sameNodes(n.args, args) {
			return n
		}
	}
	*at = t.add(node{op: op, args: append(cut(&t.lists, len(args)), args...), same: *at})
	t.joined++
	return *at
}

// bucket returns where the chain of joins with the hash of op and args begins.
func (t *nodeTable) bucket(op Op, args []*node) **node {
	h := uint64(op) + 14695981039346656037
	for _, a := range args {
		h = (h ^ uint64(a.id)) * 1099511628211
	}
	return &t.joins[(h^h>>32)&uint64(len(t.joins)-1)]
}

func (t *nodeTable) growJoins() {
	old := t.joins
	t.joins = make([]*node, 4*len(old))
	for _, n := range old {
		for n != nil {
			next := n.same
			at := t.bucket(n.op, n.args)
			n.same, *at = *at, n
			n = next
		}
	}
}

func sameNodes(a, b []*node) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// expr returns n as an Expr.
func (n *node) expr() *Expr {
	if n == nil {
		return nil
	}
	e := &Expr{Op: n.op}
	for _, a := range n.args {
		e.Args = append(e.Args, a.expr())
	}
	if n.x != nil {
		e.X = n.x.operand()
	}
	if n.y != nil {
		e.Y = n.y.operand()
	}
	return e
}

// mentions reports whether s is an operand anywhere in n.
func (n *node) mentions(s *Symbol) bool {
	if n == nil {
		return false
	}
	for _, a := range n.args {
		if a.mentions(s) {
			return true
		}
	}
	return n.x == s || n.y == s
}
