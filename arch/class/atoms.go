package class

import (
	"strconv"
	"strings"

	"ptreview/arch"
	"ptreview/arch/kconfig"
	"ptreview/arch/sat"
)

// answer says where a formula certainly holds and where it may. The two differ
// only by atoms that are no matter of Kconfig.
type answer struct{ must, may sat.Lit }

func (e *encoding) known(l sat.Lit) answer { return answer{l, l} }

// formula returns where f holds.
func (e *encoding) formula(f Formula) answer {
	a, ok := e.answers[f.n]
	if !ok {
		a = e.newFormula(f)
		e.answers[f.n] = a
	}
	return a
}

func (e *encoding) newFormula(f Formula) answer {
	switch f.n.op {
	case opConst:
		return e.known(e.constant(f.n.val))
	case opAtom:
		return e.atom(f.n.atom)
	case opNot:
		a := e.formula(f.n.args[0])
		return answer{a.may.Not(), a.must.Not()}
	}
	var must, may []sat.Lit
	for _, x := range f.n.args {
		a := e.formula(x)
		must, may = append(must, a.must), append(may, a.may)
	}
	if f.n.op == opAnd {
		return answer{e.and(must...), e.and(may...)}
	}
	return answer{e.or(must...), e.or(may...)}
}

// atom agrees with Class.Truth on every configuration.
func (e *encoding) atom(atom string) answer {
	if words := strings.Fields(atom); len(words) == 3 {
		return e.comparison(words[0], words[1], words[2])
	}
	if macro, ok := definedMacro(atom); ok && e.arch != nil {
		return e.predefined(macro)
	}
	name, ok := strings.CutPrefix(atom, "CONFIG_")
	if !ok || strings.Contains(name, " ") {
		return answer{e.never(), e.always}
	}
	s := e.symbol(name)
	if s == nil {
		if base, isModule := strings.CutSuffix(name, "_MODULE"); isModule {
			if s = e.symbol(base); s != nil && !isText(s) {
				v := e.value(s).tri
				return e.known(e.and(v.set, v.yes.Not()))
			}
		}
		return e.known(e.never())
	}
	if isText(s) {
		return e.known(e.value(s).written)
	}
	return e.known(e.value(s).tri.yes)
}

// predefined returns where the compiler of the variant defines a macro.
func (e *encoding) predefined(macro string) answer {
	var must, may []sat.Lit
	for _, v := range e.arch.Variants {
		l := e.cond(v.Selects)
		switch predefined(v, macro) {
		case Yes:
			must, may = append(must, l), append(may, l)
		case Unknown:
			may = append(may, l)
		}
	}
	return answer{e.or(must...), e.or(may...)}
}

// definedMacro returns X of defined(X).
func definedMacro(atom string) (string, bool) {
	rest, ok := strings.CutPrefix(atom, "defined(")
	macro, closed := strings.CutSuffix(rest, ")")
	return macro, ok && closed
}

// predefined says whether the compiler of a variant defines a macro. Of a
// macro that no compiler known is said to define, headers decide.
func predefined(v *arch.Variant, macro string) Truth {
	defined, sure := v.Predefines(macro)
	switch {
	case !sure:
		return Unknown
	case defined:
		return Yes
	}
	for _, a := range arch.All() {
		for _, other := range a.Variants {
			if defined, sure := other.Predefines(macro); defined || !sure {
				return No
			}
		}
	}
	return Unknown
}

func (e *encoding) symbol(name string) *kconfig.Symbol {
	return e.cone.lookup(kconfig.Operand{Name: name})
}

func (e *encoding) comparison(x, op, y string) answer {
	var must, may []sat.Lit
	for _, a := range e.word(x) {
		for _, b := range e.word(y) {
			both := e.and(a.lit, b.lit)
			switch compareWords(a.text, op, b.text) {
			case Yes:
				must, may = append(must, both), append(may, both)
			case Unknown:
				may = append(may, both)
			}
		}
	}
	return answer{e.or(must...), e.or(may...)}
}

// word returns what a word of an #if can be.
func (e *encoding) word(word string) []alternative {
	name, ok := strings.CutPrefix(word, "CONFIG_")
	if !ok {
		return []alternative{{word, e.always}}
	}
	s := e.symbol(name)
	switch {
	case s == nil:
		return []alternative{{"0", e.always}}
	case !isText(s):
		v := e.value(s).tri
		return []alternative{{"1", v.yes}, {"0", v.yes.Not()}}
	}
	v := e.value(s)
	list := []alternative{{"0", v.written.Not()}}
	for _, a := range v.texts {
		list = append(list, alternative{asMacro(s.Type(), a.text), e.and(v.written, a.lit)})
	}
	return list
}

// asMacro returns the body of the macro CONFIG_X for a symbol's text.
func asMacro(t kconfig.Type, text string) string {
	if t == kconfig.Hex && !strings.HasPrefix(text, "0x") && !strings.HasPrefix(text, "0X") {
		return "0x" + text
	}
	if t == kconfig.String {
		return strconv.Quote(text)
	}
	return text
}

// compareWords compares two numbers as #if does; what is no number gives
// Unknown.
func compareWords(x, op, y string) Truth {
	a, err1 := strconv.ParseInt(x, 0, 64)
	b, err2 := strconv.ParseInt(y, 0, 64)
	if err1 != nil || err2 != nil {
		return Unknown
	}
	switch op {
	case "==":
		return TruthOf(a == b)
	case "!=":
		return TruthOf(a != b)
	case "<":
		return TruthOf(a < b)
	case "<=":
		return TruthOf(a <= b)
	case ">":
		return TruthOf(a > b)
	case ">=":
		return TruthOf(a >= b)
	}
	return Unknown
}

// cond returns where a condition of the architecture's data holds.
func (e *encoding) cond(c arch.Cond) sat.Lit {
	return arch.EvalCond(c, arch.CondOps[sat.Lit]{
		Set:   e.setLit,
		Equal: e.equal,
		Not:   sat.Lit.Not,
		And:   func(x, y sat.Lit) sat.Lit { return e.and(x, y) },
		Or:    func(x, y sat.Lit) sat.Lit { return e.or(x, y) },
		True:  e.always,
	})
}

func (e *encoding) setLit(name string) sat.Lit {
	s := e.symbol(name)
	if s == nil || isText(s) {
		return e.never()
	}
	return e.value(s).tri.set
}

// equal agrees with comparing Class.Value.
func (e *encoding) equal(name, text string) sat.Lit {
	s := e.symbol(name)
	switch {
	case s == nil:
		return e.never()
	case !isText(s):
		v := e.value(s).tri
		switch text {
		case "y":
			return v.yes
		case "m":
			return e.and(v.set, v.yes.Not())
		}
		return e.never()
	}
	v := e.value(s)
	for _, a := range v.texts {
		if a.text == text {
			return e.and(v.written, a.lit)
		}
	}
	return e.never()
}

// mentioned are the symbols that formulas and conditions ask for, and what
// their text symbols are compared with.
type mentioned struct {
	names  []string
	seen   map[string]bool
	consts map[string][]string
	pairs  [][2]string
}

func newMentioned() *mentioned {
	return &mentioned{seen: make(map[string]bool), consts: make(map[string][]string)}
}

func (m *mentioned) name(n string) {
	if !m.seen[n] {
		m.seen[n] = true
		m.names = append(m.names, n)
	}
}

func (m *mentioned) formula(f Formula) {
	for _, a := range f.Atoms() {
		m.atom(a)
	}
}

func (m *mentioned) atom(atom string) {
	words := strings.Fields(atom)
	for _, w := range words {
		if n, ok := strings.CutPrefix(w, "CONFIG_"); ok {
			m.name(n)
			if base, ok := strings.CutSuffix(n, "_MODULE"); ok {
				m.name(base)
			}
		}
	}
	if len(words) != 3 {
		return
	}
	x, isX := strings.CutPrefix(words[0], "CONFIG_")
	y, isY := strings.CutPrefix(words[2], "CONFIG_")
	switch {
	case isX && isY:
		m.pairs = append(m.pairs, [2]string{x, y})
	case isX:
		m.consts[x] = append(m.consts[x], numeral(words[2]))
	case isY:
		m.consts[y] = append(m.consts[y], numeral(words[0]))
	}
}

// numeral writes a C number as Kconfig does.
func numeral(word string) string {
	if n, err := strconv.ParseInt(word, 0, 64); err == nil && !strings.HasPrefix(strings.ToLower(word), "0x") {
		return strconv.FormatInt(n, 10)
	}
	return word
}

func (m *mentioned) cond(c arch.Cond) {
	arch.EvalCond(c, arch.CondOps[bool]{
		Set: func(s string) bool { m.name(s); return true },
		Equal: func(s, text string) bool {
			m.name(s)
			m.consts[s] = append(m.consts[s], text)
			return true
		},
		Not: func(x bool) bool { return !x },
		And: func(x, y bool) bool { return x && y },
		Or:  func(x, y bool) bool { return x || y },
	})
}
