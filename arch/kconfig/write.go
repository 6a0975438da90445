package kconfig

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// stepKind is what a step of writing a .config does.
type stepKind uint8

const (
	stepSymbol  stepKind = iota
	stepHeading          // of a menu or comment
	stepEnd              // of a menu
)

// writeStep is one step of writing a .config; the steps of a Kconfig are the
// menu tree in the order it was read.
type writeStep struct {
	kind  stepKind
	entry *entry
}

// writeScript returns the steps for the entries below root, of which there are
// about size; symbols is the number of symbols.
func writeScript(root *entry, size, symbols int) []writeStep {
	steps := make([]writeStep, 0, size)
	var visit func(*entry)
	written := make([]bool, symbols)
	visit = func(parent *entry) {
		for _, e := range parent.children {
			switch {
			case e.sym == nil && e.prompt != nil:
				steps = append(steps, writeStep{stepHeading, e})
			case e.sym != nil && e.sym.group == nil && !written[e.sym.index]:
				written[e.sym.index] = true
				steps = append(steps, writeStep{stepSymbol, e})
			}
			visit(e)
			if e.sym == nil && e.prompt != nil && e.prompt.kind == propMenu {
				steps = append(steps, writeStep{stepEnd, e})
			}
		}
	}
	visit(root)
	return steps
}

// Config is one configuration. It is immutable and safe for concurrent use.
type Config struct{ ev *evaluation }

// Value is what a configuration gives a symbol.
type Value struct {
	Type Type
	Tri  Tri    // of a bool or tristate
	Text string // of an int, hex or string, not quoted; y, m or n of the others
	// Written is false for a symbol that is not part of the configuration:
	// neither a .config nor autoconf.h mentions it.
	Written bool
}

// Value returns the value of the symbol name (without CONFIG_). A symbol that
// is not defined is n, of type Unknown and not Written.
func (c *Config) Value(name string) Value {
	s := c.ev.k.Symbol(name)
	if s == nil || !s.IsDefined() {
		return Value{Text: "n"}
	}
	return c.value(s)
}

func (c *Config) value(s *Symbol) Value {
	st := c.ev.of(s)
	v := Value{Type: s.typ, Tri: st.tri, Text: st.text, Written: st.write}
	if s.isLogic() {
		v.Text = st.tri.String()
	}
	return v
}

// Tri returns the value of a bool or tristate symbol, n for all others.
func (c *Config) Tri(name string) Tri { return c.Value(name).Tri }

// Kconfig returns what the configuration is one of.
func (c *Config) Kconfig() *Kconfig { return c.ev.k }

// Values calls yield for every symbol that is written, in the order of a
// .config, until yield returns false.
func (c *Config) Values(yield func(name string, v Value) bool) {
	for _, step := range c.ev.k.script {
		if step.kind != stepSymbol {
			continue
		}
		s := step.entry.sym
		if c.ev.of(s).write && s.typ != Unknown && !yield(s.name, c.value(s)) {
			return
		}
	}
}

// Eval returns the value of e in c.
func (c *Config) Eval(e *Expr) Tri {
	if e == nil {
		return Yes
	}
	switch e.Op {
	case OpSym:
		return c.operandTri(e.X)
	case OpNot:
		return Yes - c.Eval(e.Args[0])
	case OpAnd:
		v := Yes
		for _, a := range e.Args {
			v = min(v, c.Eval(a))
		}
		return v
	case OpOr:
		v := No
		for _, a := range e.Args {
			v = max(v, c.Eval(a))
		}
		return v
	}
	xt, x := c.operandText(e.X)
	yt, y := c.operandText(e.Y)
	return compareValues(e.Op, xt, x, yt, y)
}

func (c *Config) operandTri(o Operand) Tri {
	if isTriName(o.Name) {
		return Tri(strings.Index("nmy", o.Name))
	}
	if s := c.lookup(o); s != nil {
		return c.ev.of(s).tri
	}
	return No
}

func (c *Config) lookup(o Operand) *Symbol {
	if o.IsConst() {
		return nil
	}
	return c.ev.k.Symbol(o.Name)
}

func (c *Config) operandText(o Operand) (Type, string) {
	s := c.lookup(o)
	switch {
	case s != nil:
		return s.typ, c.ev.text(s)
	case isTriName(o.Name):
		return Tristate, o.Name
	}
	return Unknown, o.Name
}

// Write writes c as a .config, byte for byte as conf does.
// Errors: those of w.
func (c *Config) Write(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "#\n# Automatically generated file; DO NOT EDIT.\n# %s\n#\n", c.ev.k.Title)
	blank := false
	for i, step := range c.ev.k.script {
		e := step.entry
		switch {
		case step.kind == stepSymbol:
			if !c.ev.of(e.sym).write {
				continue
			}
			if blank {
				b.WriteByte('\n')
			}
			blank = false
			c.writeSymbol(b, e.sym)
		case !c.ev.shown[i]:
		case step.kind == stepHeading:
			fmt.Fprintf(b, "\n#\n# %s\n#\n", e.prompt.text)
			blank = false
		default:
			fmt.Fprintf(b, "# end of %s\n", e.prompt.text)
			blank = true
		}
	}
	return b.Flush()
}

// computeShown notes which menus and comments are visible, so that writing
// only reads.
func (ev *evaluation) computeShown() {
	ev.shown = make([]bool, len(ev.k.script))
	for i, step := range ev.k.script {
		if e := step.entry; step.kind != stepSymbol {
			ev.shown[i] = ev.value(e.visibility) != No && ev.value(e.prompt.cond) != No
		}
	}
}

func (c *Config) writeSymbol(b *bufio.Writer, s *Symbol) {
	v := c.value(s)
	switch {
	case s.typ == Unknown:
	case s.isLogic() && v.Tri == No:
		fmt.Fprintf(b, "# %s%s is not set\n", configPrefix, s.name)
	default:
		fmt.Fprintf(b, "%s%s=%s\n", configPrefix, s.name, v.quoted())
	}
}

// quoted returns the value as in a .config.
func (v Value) quoted() string {
	if v.Type == String {
		return `"` + escapeString(v.Text) + `"`
	}
	return v.Text
}

// Assignments returns c as the lines of its own .config.
func (c *Config) Assignments() Assignments {
	var list Assignments
	c.Values(func(name string, v Value) bool {
		a := Assignment{Name: name, Value: v.quoted(), Pos: Pos{".config", len(list) + 1}}
		a.Unset = (v.Type == Bool || v.Type == Tristate) && v.Tri == No
		list = append(list, a)
		return true
	})
	return list
}

// Define is one macro that a configuration defines for C.
type Define struct {
	Name string // CONFIG_X or CONFIG_X_MODULE
	Body string // 1, a number, 0x…, or a quoted string
}

// Defines returns the macros of include/generated/autoconf.h in the order of
// the .config (conf's own order is that of a hash table).
func (c *Config) Defines() []Define {
	var list []Define
	c.Values(func(name string, v Value) bool {
		if d, ok := v.define(name); ok {
			list = append(list, d)
		}
		return true
	})
	return list
}

func (v Value) define(name string) (Define, bool) {
	d := Define{Name: configPrefix + name, Body: v.quoted()}
	switch v.Type {
	case Bool, Tristate:
		d.Body = "1"
		if v.Tri == Mod {
			d.Name += "_MODULE"
		}
		return d, v.Tri != No
	case Hex:
		if !strings.HasPrefix(v.Text, "0x") && !strings.HasPrefix(v.Text, "0X") {
			d.Body = "0x" + v.Text
		}
	}
	return d, true
}

// Autoconf returns the text of include/generated/autoconf.h, with the lines
// in the order of the .config.
func (c *Config) Autoconf() []byte {
	b := fmt.Appendf(nil, "/*\n * Automatically generated file; DO NOT EDIT.\n * %s\n */\n", c.ev.k.Title)
	for _, d := range c.Defines() {
		b = fmt.Appendf(b, "#define %s %s\n", d.Name, d.Body)
	}
	return b
}
