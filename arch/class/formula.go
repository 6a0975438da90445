package class

import (
	"math/bits"
	"sort"
	"strings"
)

// Formula is a condition over named atoms. An atom spelled CONFIG_X stands
// for the Kconfig symbol X being y, CONFIG_X_MODULE for m; any other atom is a
// macro whose being defined (or, spelled with operators, whose value) could
// not be reduced to Kconfig symbols. Formulas are immutable values; the zero
// Formula is not valid.
type Formula struct{ n *node }

type op uint8

const (
	opConst op = iota
	opAtom
	opNot
	opAnd
	opOr
)

type node struct {
	op   op
	atom string // of opAtom
	val  bool   // of opConst
	args []Formula
}

// True and False are the constant formulas.
func True() Formula { return Formula{&node{op: opConst, val: true}} }

// False is the formula that never holds.
func False() Formula { return Formula{&node{op: opConst}} }

// Atom returns the formula that holds when name does.
func Atom(name string) Formula { return Formula{&node{op: opAtom, atom: name}} }

// IsTrue reports whether f is the constant true.
func (f Formula) IsTrue() bool { return f.n.op == opConst && f.n.val }

// IsFalse reports whether f is the constant false.
func (f Formula) IsFalse() bool { return f.n.op == opConst && !f.n.val }

// Not returns the negation of f.
func Not(f Formula) Formula {
	switch f.n.op {
	case opConst:
		if f.n.val {
			return False()
		}
		return True()
	case opNot:
		return f.n.args[0]
	}
	return Formula{&node{op: opNot, args: []Formula{f}}}
}

// And returns the conjunction of fs, flattened and without repeats.
func And(fs ...Formula) Formula { return join(opAnd, fs) }

// Or returns the disjunction of fs, flattened and without repeats.
func Or(fs ...Formula) Formula { return join(opOr, fs) }

func join(o op, fs []Formula) Formula {
	neutral := o == opAnd
	var args []Formula
	seen := make(map[string]bool)
	for _, f := range flatten(o, fs, nil) {
		if f.n.op == opConst {
			if f.n.val != neutral {
				return f
			}
			continue
		}
		key := f.String()
		if seen[key] {
			continue
		}
		if seen[Not(f).String()] {
			if neutral {
				return False()
			}
			return True()
		}
		seen[key] = true
		args = append(args, f)
	}
	args = absorb(o, args)
	switch len(args) {
	case 0:
		if neutral {
			return True()
		}
		return False()
	case 1:
		return args[0]
	}
	return Formula{&node{op: o, args: args}}
}

func flatten(o op, fs, out []Formula) []Formula {
	for _, f := range fs {
		if f.n.op == o {
			out = append(out, f.n.args...)
		} else {
			out = append(out, f)
		}
	}
	return out
}

// absorb drops arguments that another one makes superfluous: a || (a && b) is
// a, and dually. Include graphs produce these by the dozen.
func absorb(o op, args []Formula) []Formula {
	dual := opOr
	if o == opOr {
		dual = opAnd
	}
	keys := make([]map[string]bool, len(args))
	for i, a := range args {
		keys[i] = make(map[string]bool)
		if a.n.op == dual {
			for _, x := range a.n.args {
				keys[i][x.String()] = true
			}
		} else {
			keys[i][a.String()] = true
		}
	}
	var out []Formula
	for i, a := range args {
		if !superfluous(keys, i) {
			out = append(out, a)
		}
	}
	return out
}

func superfluous(keys []map[string]bool, i int) bool {
	for j := range keys {
		if j == i || len(keys[j]) > len(keys[i]) || (len(keys[j]) == len(keys[i]) && j > i) {
			continue
		}
		subset := true
		for k := range keys[j] {
			if !keys[i][k] {
				subset = false
				break
			}
		}
		if subset {
			return true
		}
	}
	return false
}

// Atoms returns the names in f, sorted.
func (f Formula) Atoms() []string {
	set := make(map[string]bool)
	f.collect(set)
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func (f Formula) collect(set map[string]bool) {
	if f.n.op == opAtom {
		set[f.n.atom] = true
	}
	for _, a := range f.n.args {
		a.collect(set)
	}
}

// Truth is the outcome of an evaluation with unknown atoms.
type Truth uint8

// The truth values.
const (
	No Truth = iota
	Unknown
	Yes
)

// TruthOf turns a known boolean into a Truth.
func TruthOf(b bool) Truth {
	if b {
		return Yes
	}
	return No
}

// Eval evaluates f with the values that value gives its atoms.
func (f Formula) Eval(value func(atom string) Truth) Truth {
	switch f.n.op {
	case opConst:
		return TruthOf(f.n.val)
	case opAtom:
		return value(f.n.atom)
	case opNot:
		return Yes - f.n.args[0].Eval(value)
	}
	// Conjunction is the minimum of No < Unknown < Yes, disjunction the
	// maximum.
	out := f.n.args[0].Eval(value)
	for _, a := range f.n.args[1:] {
		t := a.Eval(value)
		if (f.n.op == opAnd) == (t < out) {
			out = t
		}
	}
	return out
}

// Substitute replaces atoms for which with answers true.
func (f Formula) Substitute(with func(atom string) (Formula, bool)) Formula {
	switch f.n.op {
	case opConst:
		return f
	case opAtom:
		if g, ok := with(f.n.atom); ok {
			return g
		}
		return f
	case opNot:
		return Not(f.n.args[0].Substitute(with))
	}
	args := make([]Formula, len(f.n.args))
	for i, a := range f.n.args {
		args[i] = a.Substitute(with)
	}
	return join(f.n.op, args)
}

// String writes f with C operators: CONFIG_A && !(CONFIG_B || C).
func (f Formula) String() string {
	switch f.n.op {
	case opConst:
		if f.n.val {
			return "always"
		}
		return "never"
	case opAtom:
		return f.n.atom
	case opNot:
		return "!" + f.n.args[0].paren(opAtom)
	}
	sep := " && "
	if f.n.op == opOr {
		sep = " || "
	}
	parts := make([]string, len(f.n.args))
	for i, a := range f.n.args {
		parts[i] = a.paren(f.n.op)
	}
	return strings.Join(parts, sep)
}

func (f Formula) paren(outer op) string {
	s := f.String()
	mixed := f.n.op == opAnd || f.n.op == opOr
	if mixed && f.n.op != outer || f.n.op == opAtom && outer == opAtom && strings.ContainsAny(s, " ") {
		return "(" + s + ")"
	}
	return s
}

// Literal is an atom or its negation.
type Literal struct {
	Atom string
	Neg  bool
}

// Term is a conjunction of literals, sorted by atom.
type Term []Literal

// maxTableAtoms bounds the truth tables of Terms: 2^12 rows of one bit.
const maxTableAtoms = 12

// Terms returns f as a disjunction of prime terms that covers it, shortest
// and then alphabetically first, and true. With more than 12 atoms it gives
// up and returns false; callers then show f as it stands.
func (f Formula) Terms() ([]Term, bool) {
	atoms := f.Atoms()
	if len(atoms) > maxTableAtoms {
		return nil, false
	}
	rows := make([]bool, 1<<len(atoms))
	index := make(map[string]int, len(atoms))
	for i, a := range atoms {
		index[a] = i
	}
	for r := range rows {
		rows[r] = f.Eval(func(a string) Truth { return TruthOf(r>>index[a]&1 == 1) }) == Yes
	}
	return cover(rows, primes(rows, len(atoms)), atoms), true
}

// cube is a term over numbered atoms: the atoms in mask have the values in
// bits, the others are free.
type cube struct{ mask, bits uint32 }

func (c cube) holds(row int) bool { return uint32(row)&c.mask == c.bits }

// primes returns the prime implicants by Quine's merging, in a stable order.
func primes(rows []bool, n int) []cube {
	full := uint32(1)<<n - 1
	level := make(map[cube]bool)
	for r, ok := range rows {
		if ok {
			level[cube{full, uint32(r)}] = true
		}
	}
	var out []cube
	for len(level) > 0 {
		next := make(map[cube]bool)
		for c := range level {
			merged := false
			for i := 0; i < n; i++ {
				bit := uint32(1) << i
				if c.mask&bit != 0 && level[cube{c.mask, c.bits ^ bit}] {
					merged = true
					next[cube{c.mask &^ bit, c.bits &^ bit}] = true
				}
			}
			if !merged {
				out = append(out, c)
			}
		}
		level = next
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if x, y := bits.OnesCount32(a.mask), bits.OnesCount32(b.mask); x != y {
			return x < y
		}
		// Prefer positive literals: "4K" reads better than "not 64K".
		if x, y := bits.OnesCount32(a.bits), bits.OnesCount32(b.bits); x != y {
			return x > y
		}
		if a.mask != b.mask {
			return a.mask < b.mask
		}
		return a.bits < b.bits
	})
	return out
}

// cover chooses primes greedily until every true row is covered.
func cover(rows []bool, ps []cube, atoms []string) []Term {
	left := 0
	open := append([]bool(nil), rows...)
	for _, ok := range open {
		if ok {
			left++
		}
	}
	var terms []Term
	for left > 0 {
		best, bestCount := -1, 0
		for i, p := range ps {
			count := 0
			for r := range open {
				if open[r] && p.holds(r) {
					count++
				}
			}
			if count > bestCount {
				best, bestCount = i, count
			}
		}
		for r := range open {
			if open[r] && ps[best].holds(r) {
				open[r] = false
			}
		}
		left -= bestCount
		terms = append(terms, ps[best].term(atoms))
	}
	sort.SliceStable(terms, func(i, j int) bool { return len(terms[i]) < len(terms[j]) })
	return terms
}

func (c cube) term(atoms []string) Term {
	var t Term
	for i, a := range atoms {
		if c.mask>>i&1 == 1 {
			t = append(t, Literal{a, c.bits>>i&1 == 0})
		}
	}
	return t
}

// Minimal returns f rewritten as the disjunction of its Terms where that is
// possible, else f.
func (f Formula) Minimal() Formula {
	terms, ok := f.Terms()
	if !ok {
		return f
	}
	var alts []Formula
	for _, t := range terms {
		var lits []Formula
		for _, l := range t {
			a := Atom(l.Atom)
			if l.Neg {
				a = Not(a)
			}
			lits = append(lits, a)
		}
		alts = append(alts, And(lits...))
	}
	return Or(alts...)
}
