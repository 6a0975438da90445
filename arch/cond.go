package arch

import (
	"fmt"
	"strings"
)

// Cond is a condition on a configuration as Kconfig writes it, without the
// CONFIG_ prefix: "PPC64 && !CPU_LITTLE_ENDIAN", "PGTABLE_LEVELS = 5". A bare
// symbol holds when it is y or m. The empty Cond always holds.
type Cond string

// Holds evaluates c. value returns what .config has for a symbol, "" when it
// is unset. A Cond is written by us, so a malformed one is a panic; Check
// finds it first.
func (c Cond) Holds(value func(symbol string) string) bool {
	p := condParser{rest: string(c), value: value}
	holds, err := p.whole()
	if err != nil {
		panic("arch: condition " + string(c) + ": " + err.Error())
	}
	return holds
}

// Check returns an error if c is not a condition.
func (c Cond) Check() error {
	p := condParser{rest: string(c), value: func(string) string { return "" }}
	_, err := p.whole()
	return err
}

// Symbols returns the symbols c asks for, in order of first appearance.
func (c Cond) Symbols() []string {
	var names []string
	seen := make(map[string]bool)
	p := condParser{rest: string(c), value: func(s string) string {
		if !seen[s] {
			seen[s] = true
			names = append(names, s)
		}
		return ""
	}}
	if _, err := p.whole(); err != nil {
		return nil
	}
	return names
}

type condParser struct {
	rest  string
	value func(string) string
}

func (p *condParser) whole() (bool, error) {
	if strings.TrimSpace(p.rest) == "" {
		return true, nil
	}
	holds, err := p.or()
	if err == nil && p.peek() != "" {
		err = fmt.Errorf("unexpected %q", p.rest)
	}
	return holds, err
}

// peek skips blanks and returns what is left.
func (p *condParser) peek() string {
	p.rest = strings.TrimLeft(p.rest, " ")
	return p.rest
}

func (p *condParser) accept(op string) bool {
	if !strings.HasPrefix(p.peek(), op) {
		return false
	}
	p.rest = p.rest[len(op):]
	return true
}

// or and and evaluate both sides always, so that Symbols sees all of them.
func (p *condParser) or() (bool, error) {
	x, err := p.and()
	for err == nil && p.accept("||") {
		var y bool
		y, err = p.and()
		x = x || y
	}
	return x, err
}

func (p *condParser) and() (bool, error) {
	x, err := p.unary()
	for err == nil && p.accept("&&") {
		var y bool
		y, err = p.unary()
		x = x && y
	}
	return x, err
}

func (p *condParser) unary() (bool, error) {
	switch {
	case p.accept("!"):
		x, err := p.unary()
		return !x, err
	case p.accept("("):
		x, err := p.or()
		if err == nil && !p.accept(")") {
			err = fmt.Errorf("missing ) before %q", p.rest)
		}
		return x, err
	}
	return p.comparison()
}

func (p *condParser) comparison() (bool, error) {
	name := p.word()
	if name == "" {
		return false, fmt.Errorf("no symbol at %q", p.rest)
	}
	have := p.value(name)
	equal := true
	switch {
	case p.accept("!="):
		equal = false
	case p.accept("="):
	default:
		return have == "y" || have == "m", nil
	}
	want := p.word()
	if want == "" {
		return false, fmt.Errorf("no value at %q", p.rest)
	}
	return (have == want) == equal, nil
}

func (p *condParser) word() string {
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
