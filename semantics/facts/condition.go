package facts

import (
	"strings"

	"ptreview/arch/class"
	"ptreview/parse/cpp"
)

// ifExpr turns the tokens of an #if into a formula. What is no logic over
// defined() and IS_ENABLED() becomes one opaque atom, spelled as written, so
// that "CONFIG_PGTABLE_LEVELS > 3" can still be evaluated with a .config.
type ifExpr struct {
	names *cpp.Names
	toks  []cpp.Token
	// defined gives the formula for a macro's being defined.
	defined func(name string) class.Formula
}

func (p *ifExpr) parse() class.Formula {
	f := p.or()
	if len(p.toks) > 0 {
		return class.Atom(p.spell(p.toks)) // not reached by what gcc accepts
	}
	return f
}

func (p *ifExpr) is(s cpp.Sym) bool {
	return len(p.toks) > 0 && p.toks[0].Kind == cpp.Punct && p.toks[0].Sym == s
}

func (p *ifExpr) or() class.Formula {
	fs := []class.Formula{p.and()}
	for p.is(cpp.OrOr) {
		p.toks = p.toks[1:]
		fs = append(fs, p.and())
	}
	return class.Or(fs...)
}

func (p *ifExpr) and() class.Formula {
	fs := []class.Formula{p.operand()}
	for p.is(cpp.AndAnd) {
		p.toks = p.toks[1:]
		fs = append(fs, p.operand())
	}
	return class.And(fs...)
}

// operand reads up to the next && or || outside parentheses.
func (p *ifExpr) operand() class.Formula {
	end := operandEnd(p.toks)
	part := p.toks[:end]
	p.toks = p.toks[end:]
	return p.primary(part)
}

func operandEnd(toks []cpp.Token) int {
	depth := 0
	for i, t := range toks {
		if t.Kind != cpp.Punct {
			continue
		}
		switch t.Sym {
		case cpp.LParen:
			depth++
		case cpp.RParen:
			depth--
		case cpp.AndAnd, cpp.OrOr:
			if depth == 0 {
				return i
			}
		}
	}
	return len(toks)
}

func (p *ifExpr) primary(part []cpp.Token) class.Formula {
	if len(part) == 0 {
		return class.False()
	}
	first := part[0]
	switch {
	case first.Kind == cpp.Punct && first.Sym == cpp.Not && !hasComparison(part):
		return class.Not(p.primary(part[1:]))
	case first.Kind == cpp.Punct && first.Sym == cpp.LParen && closes(part):
		inner := *p
		inner.toks = part[1 : len(part)-1]
		return inner.parse()
	case first.Kind == cpp.Number && len(part) == 1:
		if strings.Trim(p.names.String(first.Sym), "0xXuUlL") == "" {
			return class.False()
		}
		return class.True()
	case first.Kind == cpp.Ident:
		if f, ok := p.named(part); ok {
			return f
		}
	}
	return class.Atom(p.spell(part))
}

// named reads defined X, defined(X), IS_ENABLED(CONFIG_X) and a lone macro.
func (p *ifExpr) named(part []cpp.Token) (class.Formula, bool) {
	word := p.names.String(part[0].Sym)
	arg := ""
	switch {
	case len(part) == 2 && part[1].Kind == cpp.Ident:
		arg = p.names.String(part[1].Sym)
	case len(part) == 4 && closes(part[1:]) && part[2].Kind == cpp.Ident:
		arg = p.names.String(part[2].Sym)
	case len(part) == 1 && strings.HasPrefix(word, "CONFIG_"):
		// #if CONFIG_X: true for a bool that is y; others are numbers.
		return class.Atom(word), true
	}
	switch {
	case arg == "":
	case word == "defined":
		return p.defined(arg), true
	case word == "IS_ENABLED":
		return class.Or(class.Atom(arg), class.Atom(arg+"_MODULE")), true
	case word == "IS_BUILTIN":
		return class.Atom(arg), true
	case word == "IS_MODULE":
		return class.Atom(arg + "_MODULE"), true
	case word == "IS_REACHABLE":
		return class.Or(class.Atom(arg), class.And(class.Atom(arg+"_MODULE"), class.Atom("MODULE"))), true
	}
	return class.Formula{}, false
}

// closes reports whether the parenthesis part begins with is closed by its
// last token.
func closes(part []cpp.Token) bool {
	if len(part) == 0 || part[0].Sym != cpp.LParen {
		return false
	}
	depth := 0
	for i, t := range part {
		if t.Kind != cpp.Punct {
			continue
		}
		switch t.Sym {
		case cpp.LParen:
			depth++
		case cpp.RParen:
			depth--
			if depth == 0 {
				return i == len(part)-1
			}
		}
	}
	return false
}

func hasComparison(part []cpp.Token) bool {
	depth := 0
	for _, t := range part {
		if t.Kind != cpp.Punct {
			continue
		}
		switch t.Sym {
		case cpp.LParen:
			depth++
		case cpp.RParen:
			depth--
		case cpp.EqEq, cpp.NotEq, cpp.Lt, cpp.Le, cpp.Gt, cpp.Ge:
			if depth == 0 {
				return true
			}
		}
	}
	return false
}

func (p *ifExpr) spell(toks []cpp.Token) string {
	words := make([]string, len(toks))
	for i, t := range toks {
		words[i] = p.names.String(t.Sym)
	}
	return strings.Join(words, " ")
}
