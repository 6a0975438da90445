package class

import (
	"slices"
	"strconv"
	"strings"

	"ptreview/arch/kconfig"
)

// catalog keeps what encodings of one Kconfig ask for again and again.
type catalog struct {
	kc      *kconfig.Kconfig
	choices map[string]*kconfig.Symbol // by made-up name
	infos   map[*kconfig.Symbol]*info
}

// info is one symbol with its properties in the order Kconfig tries them.
type info struct {
	sym      *kconfig.Symbol
	prompts  []*kconfig.Expr
	defaults []kconfig.Property
	ranges   []kconfig.Property
	dir      *kconfig.Expr
	rev      *kconfig.Expr
	implied  *kconfig.Expr
	selects  []*kconfig.Symbol // what it may select
	choice   kconfig.Choice
	inChoice bool // stands for a choice or is a member of one
}

func newCatalog(kc *kconfig.Kconfig) *catalog {
	c := &catalog{kc: kc, choices: make(map[string]*kconfig.Symbol), infos: make(map[*kconfig.Symbol]*info)}
	for s := range kc.ChoiceSymbols {
		c.choices[s.Name()] = s
	}
	return c
}

func (c *catalog) info(s *kconfig.Symbol) *info {
	if i := c.infos[s]; i != nil {
		return i
	}
	i := &info{sym: s, dir: s.Depends(), rev: s.SelectedBy(), implied: s.ImpliedBy()}
	for _, d := range s.Definitions() {
		if d.Prompt != nil {
			i.prompts = append(i.prompts, orYes(d.Prompt.If))
		}
		i.defaults = append(i.defaults, d.Defaults...)
		i.ranges = append(i.ranges, d.Ranges...)
		for _, p := range d.Selects {
			i.selects = append(i.selects, p.Target)
		}
	}
	i.choice, i.inChoice = s.Choice()
	c.infos[s] = i
	return i
}

// orYes makes a missing condition one that holds.
func orYes(e *kconfig.Expr) *kconfig.Expr {
	if e == nil {
		return kconfig.Const(kconfig.Yes)
	}
	return e
}

// lookup returns the defined symbol that o names, nil for constants and for
// names that nothing defines.
func (c *catalog) lookup(o kconfig.Operand) *kconfig.Symbol {
	if o.IsConst() {
		return nil
	}
	if s := c.choices[o.Name]; s != nil {
		return s
	}
	if s := c.kc.Symbol(o.Name); s != nil && s.IsDefined() && s.Type() != kconfig.Unknown {
		return s
	}
	return nil
}

func isText(s *kconfig.Symbol) bool {
	return s.Type() == kconfig.Int || s.Type() == kconfig.Hex || s.Type() == kconfig.String
}

// cone is every symbol that the values of some depend on, and the constants
// that their numbers and strings meet.
type cone struct {
	*catalog
	symbols []*kconfig.Symbol // dependencies before what depends on them, but for choices
	seen    map[*kconfig.Symbol]bool
	group   map[*kconfig.Symbol]*textGroup
}

// textGroup are the constants of text symbols that are compared with each
// other, bound each other, or lend each other defaults.
type textGroup struct {
	into   *textGroup // merged into that one
	consts map[string]bool
}

func (g *textGroup) find() *textGroup {
	for g.into != nil {
		g = g.into
	}
	return g
}

func (c *catalog) newCone() *cone {
	return &cone{catalog: c, seen: make(map[*kconfig.Symbol]bool), group: make(map[*kconfig.Symbol]*textGroup)}
}

func (c *cone) add(s *kconfig.Symbol) {
	if s == nil || c.seen[s] {
		return
	}
	c.seen[s] = true
	i := c.info(s)
	for _, e := range i.prompts {
		c.expr(e)
	}
	c.expr(i.dir)
	c.expr(i.rev)
	c.expr(i.implied)
	for _, p := range i.defaults {
		c.expr(p.If)
		if isText(s) && p.Value != nil && p.Value.Op == kconfig.OpSym {
			c.meet(s, p.Value.X)
		}
		if s.IsChoice() {
			continue // only whether the member is visible counts
		}
		c.expr(p.Value)
	}
	for _, p := range i.ranges {
		c.expr(p.If)
		c.meet(s, p.Low)
		c.meet(s, p.High)
	}
	if i.inChoice {
		c.add(i.choice.Symbol)
		for _, m := range i.choice.Members {
			c.add(m)
		}
	}
	c.symbols = append(c.symbols, s)
}

func (c *cone) expr(e *kconfig.Expr) {
	if e == nil {
		return
	}
	for _, a := range e.Args {
		c.expr(a)
	}
	switch e.Op {
	case kconfig.OpNot, kconfig.OpAnd, kconfig.OpOr:
		return
	case kconfig.OpSym:
		c.add(c.lookup(e.X))
		return
	}
	x, y := c.lookup(e.X), c.lookup(e.Y)
	c.add(x)
	c.add(y)
	if x != nil && isText(x) {
		c.meet(x, e.Y)
	}
	if y != nil && isText(y) {
		c.meet(y, e.X)
	}
}

// meet notes that the text of s is compared with, or may become, that of o.
func (c *cone) meet(s *kconfig.Symbol, o kconfig.Operand) {
	if !isText(s) {
		return
	}
	g := c.groupOf(s)
	other := c.lookup(o)
	switch {
	case other == nil:
		g.consts[o.Name] = true
	case isText(other):
		c.add(other)
		if h := c.groupOf(other); h != g {
			h.into = g
			for k := range h.consts {
				g.consts[k] = true
			}
		}
	}
}

func (c *cone) groupOf(s *kconfig.Symbol) *textGroup {
	g := c.group[s]
	if g == nil {
		g = &textGroup{consts: make(map[string]bool)}
		c.group[s] = g
	}
	return g.find()
}

// otherText is a string that no Kconfig mentions.
const otherText = "something else"

// domain returns the texts that stand for all that a user can assign to s:
// every constant it meets and, of numbers, the neighbours of each, which
// cover all orders a number can have to them. Sorted.
func (c *cone) domain(s *kconfig.Symbol) []string {
	texts := make(map[string]bool)
	for text := range c.groupOf(s).consts {
		switch s.Type() {
		case kconfig.String:
			texts[text] = true
		case kconfig.Int:
			addNumbers(texts, text, 10)
			addNumbers(texts, text, 0)
		default:
			addNumbers(texts, text, 16)
		}
	}
	switch s.Type() {
	case kconfig.String:
		texts[""], texts[otherText] = true, true
	default:
		addNumbers(texts, "1", baseOf(s.Type()))
	}
	list := make([]string, 0, len(texts))
	for text := range texts {
		if s.Type().Accepts(text) {
			list = append(list, text)
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return list
}

// addNumbers adds the number that text spells in a base and both neighbours.
func addNumbers(texts map[string]bool, text string, base int) {
	digits := text
	if base == 16 {
		digits = strings.TrimPrefix(strings.ToLower(text), "0x")
	}
	if n, err := strconv.ParseInt(digits, base, 64); err == nil && n > -1<<62 && n < 1<<62 {
		for d := int64(-1); d <= 1; d++ {
			texts[spell(n+d, base)] = true
		}
	} else if u, err := strconv.ParseUint(digits, base, 64); err == nil && base == 16 {
		for _, v := range []uint64{u - 1, u, u + 1} {
			texts["0x"+strconv.FormatUint(v, 16)] = true
		}
	}
	texts[text] = true
}

func spell(n int64, base int) string {
	if base == 16 && n >= 0 {
		return "0x" + strconv.FormatInt(n, 16)
	}
	return strconv.FormatInt(n, 10)
}

func baseOf(t kconfig.Type) int {
	if t == kconfig.Hex {
		return 16
	}
	return 10
}
