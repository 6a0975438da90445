package kconfig

// This file exports what a reader of the formulas needs to compute the same
// values as an evaluation does.

// Compare returns the value of x op y for operands of the given types and
// texts, as a condition sees it. A constant has the type Unknown, one of y, m
// and n Tristate.
func (op Op) Compare(xt Type, x string, yt Type, y string) Tri {
	return compareValues(op, xt, x, yt, y)
}

// Number returns what a range makes of the text of a symbol of type t: the
// number it begins with, 0 if there is none.
func (t Type) Number(text string) int64 { return parseLong(text, t.base()) }

// Accepts reports whether text is a valid value of the type in a .config,
// without the quotes of a string.
func (t Type) Accepts(text string) bool { return t.accepts(text) }

// HasChoiceSymbols reports whether a choice is a symbol of its own, which may
// be m and whose members may be several then (before linux 6.11).
func (k *Kconfig) HasChoiceSymbols() bool { return k.dialect.choiceSymbols }

// EmptyText returns the text of a symbol of type t that nothing gives a value.
func (k *Kconfig) EmptyText(t Type) string {
	return (&evaluation{k: k}).emptyText(t)
}

// Modules returns the symbol without which no tristate symbol can be m. In a
// Kconfig that names none it is the constant n.
func (k *Kconfig) Modules() *Symbol { return k.modules }

// Unmet returns the symbols that are selected beyond what they depend on, for
// which conf warns of unmet direct dependencies, in the order of their first
// mention.
func (c *Config) Unmet() []string {
	var names []string
	for _, s := range c.ev.k.symbols {
		st := c.ev.of(s)
		if s.isLogic() && !s.choiceValue && st.valid && st.dir < st.rev {
			names = append(names, s.name)
		}
	}
	return names
}

// ChoiceSymbols calls yield for the symbols that stand for choices, in the
// order of their places, until yield returns false.
func (k *Kconfig) ChoiceSymbols(yield func(*Symbol) bool) {
	for _, c := range k.choices {
		if !yield(c.sym) {
			return
		}
	}
}
