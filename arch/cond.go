package arch

import (
	"fmt"
	"strings"
)

// Cond is a condition on a configuration as Kconfig writes it, without the
// CONFIG_ prefix: "PPC64 && !CPU_LITTLE_ENDIAN", "PGTABLE_LEVELS = 5". A bare
// symbol holds when it is y or m. The empty Cond always holds.
type Cond string

// CondOps says what the parts of a Cond come to in a logic of the caller's.
type CondOps[T any] struct {
	// Set is a bare symbol, Equal the comparison of a symbol's text with
	// another; a symbol that is n or not written has the text "".
	Set   func(symbol string) T
	Equal func(symbol, text string) T
	Not   func(T) T
	And   func(x, y T) T
	Or    func(x, y T) T
	True  T // of the empty Cond
}

// EvalCond returns what c comes to under ops. A Cond is written by us, so a
// malformed one is a panic; Check finds it first.
func EvalCond[T any](c Cond, ops CondOps[T]) T {
	p := condParser[T]{rest: string(c), ops: ops}
	out, err := p.whole()
	if err != nil {
		panic("arch: condition " + string(c) + ": " + err.Error())
	}
	return out
}

// condTruth evaluates conditions for symbols of known values.
func condTruth(value func(symbol string) string) CondOps[bool] {
	return CondOps[bool]{
		Set:   func(s string) bool { v := value(s); return v == "y" || v == "m" },
		Equal: func(s, text string) bool { return value(s) == text },
		Not:   func(x bool) bool { return !x },
		And:   func(x, y bool) bool { return x && y },
		Or:    func(x, y bool) bool { return x || y },
		True:  true,
	}
}

// Holds evaluates c. value returns what .config has for a symbol, "" when it
// is unset. A malformed Cond is a panic, as for EvalCond.
func (c Cond) Holds(value func(symbol string) string) bool { return EvalCond(c, condTruth(value)) }

// Check returns an error if c is not a condition.
func (c Cond) Check() error {
	p := condParser[bool]{rest: string(c), ops: condTruth(func(string) string { return "" })}
	_, err := p.whole()
	return err
}

// Symbols returns the symbols c asks for, in order of first appearance.
func (c Cond) Symbols() []string {
	var names []string
	seen := make(map[string]bool)
	p := condParser[bool]{rest: string(c), ops: condTruth(func(s string) string {
		if !seen[s] {
			seen[s] = true
			names = append(names, s)
		}
		return ""
	})}
	if _, err := p.whole(); err != nil {
		return nil
	}
	return names
}

type condParser[T any] struct {
	rest string
	ops  CondOps[T]
}

func (p *condParser[T]) whole() (T, error) {
	if strings.TrimSpace(p.rest) == "" {
		return p.ops.True, nil
	}
	out, err := p.or()
	if err == nil && p.peek() != "" {
		err = fmt.Errorf("unexpected %q", p.rest)
	}
	return out, err
}

// peek skips blanks and returns what is left.
func (p *condParser[T]) peek() string {
	p.rest = strings.TrimLeft(p.rest, " ")
	return p.rest
}

func (p *condParser[T]) accept(op string) bool {
	if !strings.HasPrefix(p.peek(), op) {
		return false
	}
	p.rest = p.rest[len(op):]
	return true
}

// or and and evaluate both sides always, so that Symbols sees all of them.
func (p *condParser[T]) or() (T, error) {
	x, err := p.and()
	for err == nil && p.accept("||") {
		var y T
		y, err = p.and()
		x = p.ops.Or(x, y)
	}
	return x, err
}

func (p *condParser[T]) and() (T, error) {
	x, err := p.unary()
	for err == nil && p.accept("&&") {
		var y T
		y, err = p.unary()
		x = p.ops.And(x, y)
	}
	return x, err
}

func (p *condParser[T]) unary() (T, error) {
	switch {
	case p.accept("!"):
		x, err := p.unary()
		return p.ops.Not(x), err
	case p.accept("("):
		x, err := p.or()
		if err == nil && !p.accept(")") {
			err = fmt.Errorf("missing ) before %q", p.rest)
		}
		return x, err
	}
	return p.comparison()
}

func (p *condParser[T]) comparison() (T, error) {
	name := p.word()
	if name == "" {
		return p.ops.True, fmt.Errorf("no symbol at %q", p.rest)
	}
	equal := true
	switch {
	case p.accept("!="):
		equal = false
	case p.accept("="):
	default:
		return p.ops.Set(name), nil
	}
	want := p.word()
	if want == "" {
		return p.ops.True, fmt.Errorf("no value at %q", p.rest)
	}
	out := p.ops.Equal(name, want)
	if !equal {
		out = p.ops.Not(out)
	}
	return out, nil
}

func (p *condParser[T]) word() string {
	s := p.peek()
	n := 0
	for n < len(s) && isWordByte(s[n]) {
		n++
	}
	p.rest = s[n:]
	return s[:n]
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
