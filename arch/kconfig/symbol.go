package kconfig

import "strings"

// Type is the type of a symbol. Unknown is the type of a symbol that is used
// but nowhere defined.
type Type uint8

// The types.
const (
	Unknown Type = iota
	Bool
	Tristate
	Int
	Hex
	String
)

// String returns the keyword of the type.
func (t Type) String() string {
	return [...]string{"unknown", "bool", "tristate", "int", "hex", "string"}[t]
}

// Symbol is a configuration symbol of one Kconfig. It is immutable.
type Symbol struct {
	name   string
	typ    Type
	index  int
	quoted bool  // a string constant
	node   *node // the formula that is its value

	entries []*entry
	props   []*property
	dir     *node // what its definitions depend on
	rev     *node // who selects it
	implied *node // who implies it

	group       *choice // set on the nameless symbol of a choice
	memberOf    *choice // the choice whose value decides its own
	choiceValue bool    // listed as a member of a choice

	dirTerms, revTerms, impliedTerms []*node
}

// Name returns the name without CONFIG_. The symbol that stands for a choice
// has a made-up name with a space in it.
func (s *Symbol) Name() string { return s.name }

// Type returns the declared type. A tristate symbol behaves like a bool one
// where MODULES is n.
func (s *Symbol) Type() Type { return s.typ }

// IsDefined reports whether there is a definition of s, not only uses.
func (s *Symbol) IsDefined() bool { return len(s.entries) > 0 }

// IsChoice reports whether s stands for a choice.
func (s *Symbol) IsChoice() bool { return s.group != nil }

// HasPrompt reports whether a definition of s has a prompt, that is, whether
// a configuration can ever set it.
func (s *Symbol) HasPrompt() bool {
	for _, p := range s.props {
		if p.isPrompt() {
			return true
		}
	}
	return false
}

// Depends returns the condition under which one of the definitions of s is
// reachable, enclosing menus and ifs included; nil is "always".
func (s *Symbol) Depends() *Expr { return s.dir.expr() }

// SelectedBy returns the lower bound that selects put on s; nil is none.
func (s *Symbol) SelectedBy() *Expr { return s.rev.expr() }

// ImpliedBy returns the weaker lower bound that imply puts on s; nil is none.
func (s *Symbol) ImpliedBy() *Expr { return s.implied.expr() }

// Choice is a group of symbols of which one is y.
type Choice struct {
	Symbol   *Symbol // stands for the group; its Depends and prompts are the group's
	Members  []*Symbol
	Optional bool // may be left without a y (up to linux 6.9)
}

// Choice returns the choice that s is a member of, or stands for.
func (s *Symbol) Choice() (Choice, bool) {
	c := s.memberOf
	if s.group != nil {
		c = s.group
	}
	if c == nil {
		return Choice{}, false
	}
	return Choice{Symbol: c.sym, Members: append([]*Symbol(nil), c.members...), Optional: c.optional}, true
}

// Definition is one place that defines a symbol.
type Definition struct {
	Pos      Pos
	Depends  *Expr // with enclosing menus, ifs and choices; nil is "always"
	Prompt   *Property
	Defaults []Property
	Selects  []Property
	Implies  []Property
	Ranges   []Property
	Help     string
}

// Property is a line of a Definition. If includes what the definition
// depends on.
type Property struct {
	Pos    Pos
	Text   string  // of a prompt
	Value  *Expr   // of a default
	Target *Symbol // of a select or imply
	Low    Operand // of a range
	High   Operand
	If     *Expr
}

// Definitions returns the definitions of s in the order they are read.
func (s *Symbol) Definitions() []Definition {
	defs := make([]Definition, 0, len(s.entries))
	for _, e := range s.entries {
		d := Definition{Pos: e.pos, Depends: e.dep.expr(), Help: dedentHelp(e.help)}
		for _, p := range s.props {
			if p.entry == e {
				d.addProperty(p)
			}
		}
		defs = append(defs, d)
	}
	return defs
}

func (d *Definition) addProperty(p *property) {
	q := Property{Pos: p.pos, Text: p.text, Target: p.target, Value: p.value.expr(), If: p.cond.expr()}
	switch p.kind {
	case propPrompt, propMenu:
		d.Prompt = &q
	case propDefault:
		d.Defaults = append(d.Defaults, q)
	case propSelect:
		d.Selects = append(d.Selects, q)
	case propImply:
		d.Implies = append(d.Implies, q)
	case propRange:
		q.Low, q.High = p.low.operand(), p.high.operand()
		d.Ranges = append(d.Ranges, q)
	}
}

func (s *Symbol) operand() Operand { return Operand{Name: s.name, Quoted: s.quoted} }

// pos returns where s is first defined.
func (s *Symbol) pos() Pos {
	if len(s.entries) == 0 {
		return Pos{}
	}
	return s.entries[0].pos
}

// accepts reports whether text is a valid value of the type, as in a .config.
func (t Type) accepts(text string) bool {
	switch t {
	case String:
		return true
	case Int:
		text = strings.TrimPrefix(text, "-")
		return text != "" && (text == "0" || text[0] != '0') && onlyBytes(text, isDigit)
	case Hex:
		if len(text) > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') {
			text = text[2:]
		}
		return text != "" && onlyBytes(text, isHexDigit)
	case Bool, Tristate:
		return text != "" && strings.IndexByte("yYmMnN", text[0]) >= 0
	}
	return false
}

func onlyBytes(s string, ok func(byte) bool) bool {
	for i := 0; i < len(s); i++ {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHexDigit(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
