package kconfig

import "strings"

// Tri is a value of Kconfig's three-valued logic, ordered No < Mod < Yes.
type Tri uint8

// The three values.
const (
	No Tri = iota
	Mod
	Yes
)

// String returns n, m or y.
func (t Tri) String() string { return [...]string{"n", "m", "y"}[t] }

// Op is the operator of an Expr.
type Op uint8

// The operators. OpSym is a single operand, the comparisons have two.
const (
	OpSym Op = iota
	OpNot
	OpAnd
	OpOr
	OpEq
	OpNe
	OpLt
	OpLe
	OpGt
	OpGe
)

// Operand is a symbol by name, or a constant: a quoted string, or one of y, m
// and n, which are constants with and without quotes.
type Operand struct {
	Name   string
	Quoted bool
}

// IsConst reports whether o is not a symbol.
func (o Operand) IsConst() bool { return o.Quoted || isTriName(o.Name) }

func isTriName(s string) bool { return s == "y" || s == "m" || s == "n" }

// Expr is a formula over Kconfig symbols. It refers to symbols by name, so it
// can be built without a Kconfig and evaluated in any Config. It is immutable
// by convention. A nil Expr is "no condition" and has the value y.
type Expr struct {
	Op   Op
	Args []*Expr // OpAnd, OpOr: any number; OpNot: one
	X, Y Operand // OpSym: X; comparisons: X and Y
}

// Sym returns the formula that is the value of the symbol name.
func Sym(name string) *Expr { return &Expr{X: Operand{Name: name}} }

// Const returns the formula whose value is t.
func Const(t Tri) *Expr { return Sym(t.String()) }

// Not returns !e.
func Not(e *Expr) *Expr { return &Expr{Op: OpNot, Args: []*Expr{e}} }

// And returns the conjunction of args; And() is y.
func And(args ...*Expr) *Expr { return join(OpAnd, args) }

// Or returns the disjunction of args; Or() is n.
func Or(args ...*Expr) *Expr { return join(OpOr, args) }

// Compare returns the comparison x op y, with the value y or n.
func Compare(op Op, x, y Operand) *Expr { return &Expr{Op: op, X: x, Y: y} }

func join(op Op, args []*Expr) *Expr {
	if len(args) == 1 {
		return args[0]
	}
	return &Expr{Op: op, Args: args}
}

// Symbols calls yield for every symbol e mentions, left to right, with
// repetitions, until yield returns false. Constants are left out.
func (e *Expr) Symbols(yield func(name string) bool) { e.symbols(yield) }

func (e *Expr) symbols(yield func(string) bool) bool {
	if e == nil {
		return true
	}
	for _, a := range e.Args {
		if !a.symbols(yield) {
			return false
		}
	}
	if len(e.Args) > 0 || e.Op == OpAnd || e.Op == OpOr {
		return true
	}
	if !e.X.IsConst() && !yield(e.X.Name) {
		return false
	}
	return e.Op == OpSym || e.Y.IsConst() || yield(e.Y.Name)
}

// String returns e in Kconfig's own notation.
func (e *Expr) String() string {
	var b strings.Builder
	e.write(&b, 0)
	return b.String()
}

// Binding strengths: an operand that binds weaker than its operator asks for
// is put in parentheses.
const (
	bindOr = iota
	bindAnd
	bindNot
)

func (e *Expr) write(b *strings.Builder, bind int) {
	switch {
	case e == nil:
		b.WriteByte('y')
	case e.Op == OpNot:
		b.WriteByte('!')
		e.Args[0].write(b, bindNot)
	case e.Op == OpAnd:
		e.writeJoined(b, " && ", Yes, bindAnd, bind)
	case e.Op == OpOr:
		e.writeJoined(b, " || ", No, bindOr, bind)
	case e.Op == OpSym:
		e.X.write(b)
	default:
		e.writeComparison(b, bind)
	}
}

func (e *Expr) writeJoined(b *strings.Builder, sep string, empty Tri, own, bind int) {
	if len(e.Args) == 0 {
		b.WriteString(empty.String())
		return
	}
	if own < bind {
		b.WriteByte('(')
	}
	for i, a := range e.Args {
		if i > 0 {
			b.WriteString(sep)
		}
		a.write(b, own)
	}
	if own < bind {
		b.WriteByte(')')
	}
}

func (e *Expr) writeComparison(b *strings.Builder, bind int) {
	if bind == bindNot {
		b.WriteByte('(')
	}
	e.X.write(b)
	b.WriteString(comparisonText(e.Op))
	e.Y.write(b)
	if bind == bindNot {
		b.WriteByte(')')
	}
}

func comparisonText(op Op) string {
	switch op {
	case OpEq:
		return "="
	case OpNe:
		return "!="
	case OpLt:
		return "<"
	case OpLe:
		return "<="
	case OpGt:
		return ">"
	}
	return ">="
}

func (o Operand) write(b *strings.Builder) {
	if !o.Quoted || isTriName(o.Name) {
		b.WriteString(o.Name)
		return
	}
	b.WriteByte('"')
	b.WriteString(escapeString(o.Name))
	b.WriteByte('"')
}

// escapeString puts a backslash before quotes and backslashes.
func escapeString(s string) string {
	if !strings.ContainsAny(s, `"\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
