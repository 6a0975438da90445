package kconfig

import (
	"encoding/binary"
	"sync"
)

// vocabulary makes the names and terms of statements. Equal ones are one value
// in all files that share it, so that a parser looks for a symbol or a node only
// once. It is safe for concurrent use.
type vocabulary struct {
	mu        sync.RWMutex
	symbols   map[string]*name
	constants map[string]*name
	terms     map[string]*term // by op and operands
	count     int32            // of names
}

// name is what an operand is spelled, with quotes or without.
type name struct {
	id     int32
	text   string
	quoted bool
	term   *term // its value
}

// term is an expression as it is written. It has the form of a node, whose
// operands are symbols of one Kconfig.
type term struct {
	id   int32
	op   Op
	args []*term
	x, y *name
}

func newVocabulary() *vocabulary {
	return &vocabulary{symbols: map[string]*name{}, constants: map[string]*name{}, terms: map[string]*term{}}
}

// find returns the symbol's name spelled text, nil if no file has it.
func (v *vocabulary) find(text string) *name {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.symbols[text]
}

func (v *vocabulary) symbol(text string) *name { return v.intern(v.symbols, text, false) }

func (v *vocabulary) constant(text string) *name { return v.intern(v.constants, text, true) }

func (v *vocabulary) intern(known map[string]*name, text string, quoted bool) *name {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := known[text]
	if n == nil {
		n = &name{id: v.count, text: text, quoted: quoted}
		v.count++
		n.term = v.add(&term{op: OpSym, x: n})
		known[text] = n
	}
	return n
}

func (v *vocabulary) compare(op Op, x, y *name) *term {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.add(&term{op: op, x: x, y: y})
}

// join returns what op makes of args; && and || of one term are that term.
func (v *vocabulary) join(op Op, args []*term) *term {
	if len(args) == 1 && op != OpNot {
		return args[0]
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.add(&term{op: op, args: args})
}

// add returns the term equal to t, which is t if it is new.
func (v *vocabulary) add(t *term) *term {
	key := binary.AppendUvarint(nil, uint64(t.op))
	for _, n := range []*name{t.x, t.y} {
		if n != nil {
			key = binary.AppendUvarint(key, uint64(n.id))
		}
	}
	for _, a := range t.args {
		key = binary.AppendUvarint(key, uint64(a.id))
	}
	if known := v.terms[string(key)]; known != nil {
		return known
	}
	t.id = int32(len(v.terms))
	v.terms[string(key)] = t
	return t
}

// symbolOf returns the symbol that a name stands for.
func (p *parser) symbolOf(n *name) *Symbol {
	if int(n.id) < len(p.named) && p.named[n.id] != nil {
		return p.named[n.id]
	}
	var s *Symbol
	if n.quoted || isTriName(n.text) {
		s = p.constant(n.text)
	} else {
		s = p.newSymbol(n.text)
	}
	p.named = put(p.named, n.id, s)
	return s
}

// node returns the node of a term, nil for nil.
func (p *parser) node(t *term) *node {
	if t == nil {
		return nil
	}
	if int(t.id) < len(p.formed) && p.formed[t.id] != nil {
		return p.formed[t.id]
	}
	n := p.form(t)
	p.formed = put(p.formed, t.id, n)
	return n
}

func (p *parser) form(t *term) *node {
	switch t.op {
	case OpSym:
		return p.nodes.symbol(p.symbolOf(t.x))
	case OpNot:
		return p.nodes.not(p.node(t.args[0]))
	case OpAnd, OpOr:
		args := make([]*node, len(t.args))
		for i, a := range t.args {
			args[i] = p.node(a)
		}
		return p.nodes.join(t.op, args)
	}
	x := p.symbolOf(t.x)
	return p.nodes.compare(t.op, x, p.symbolOf(t.y))
}
