package cpp

import (
	"fmt"

	"ptreview/parse/source"
)

// Macro is one definition of a macro. It is immutable and shared by all units
// in which the same #define is in force.
type Macro struct {
	Name     string
	Sym      Sym
	Function bool  // function-like
	Params   []Sym // the last one is the variadic one, if Variadic
	Variadic bool  // Params ends in __VA_ARGS__ or in a GNU named variadic
	// Body is the replacement list as it is written, with # and ## and the
	// parameters by their names.
	Body []Token
	Pos  source.Pos // of the name in the #define

	repl   []Token // Body made ready: # and ## turned into flags
	pastes bool    // repl has a ##
	// plain: repl has no identifier and no ##, and is Body itself. White space
	// before its first token does not count.
	plain bool
	vaOpt bool // repl has a __VA_OPT__
}

// defError is why a #define cannot be read.
type defError struct {
	at      Token
	message string
}

// macro returns the macro that a #define item defines, made once.
func (lx *Lexed) macro(it *item) (*Macro, *defError) {
	slot := &lx.macros[it.macro]
	if m := slot.Load(); m != nil {
		return m, nil
	}
	m, err := parseMacro(lx.names, lx.Tokens[it.first:it.end])
	if err != nil {
		if err.at.Pos == 0 {
			err.at = lx.Tokens[it.hash]
		}
		return nil, err
	}
	if !slot.CompareAndSwap(nil, m) {
		m = slot.Load()
	}
	return m, nil
}

// parseMacro reads what follows #define.
func parseMacro(n *Names, op []Token) (*Macro, *defError) {
	if len(op) == 0 {
		return nil, &defError{message: "no macro name given in #define directive"}
	}
	if op[0].Kind != Ident {
		return nil, &defError{op[0], "macro names must be identifiers"}
	}
	if s := op[0].Sym; s == symDefined || s == symVaArgs || s == symVaOpt {
		return nil, &defError{op[0], fmt.Sprintf("%q cannot be used as a macro name", n.String(s))}
	}
	m := &Macro{Name: n.String(op[0].Sym), Sym: op[0].Sym, Pos: op[0].Pos}
	op = op[1:]
	if len(op) > 0 && op[0].Sym == LParen && op[0].Flags&SpaceBefore == 0 {
		rest, err := m.parseParams(n, op[1:])
		if err != nil {
			return nil, err
		}
		op = rest
	}
	m.Body = op
	return m, m.prepare(n)
}

// parseParams reads the parameter list, behind its parenthesis, and returns
// what follows it.
func (m *Macro) parseParams(n *Names, op []Token) ([]Token, *defError) {
	m.Function = true
	for i := 0; i < len(op); i++ {
		t := op[i]
		switch {
		case t.Kind == Ident:
			if err := m.addParam(n, t); err != nil {
				return nil, err
			}
			if i+1 < len(op) && op[i+1].Sym == Ellipsis {
				m.Variadic = true
				i++
			}
		case t.Sym == Ellipsis:
			m.Params = append(m.Params, symVaArgs)
			m.Variadic = true
		case t.Sym == RParen && len(m.Params) == 0:
			return op[i+1:], nil
		default:
			return nil, &defError{t, fmt.Sprintf("expected parameter name, found %q", spelling(n, t))}
		}
		i++
		if i >= len(op) {
			break
		}
		switch {
		case op[i].Sym == RParen:
			return op[i+1:], nil
		case op[i].Sym != Comma || m.Variadic:
			return nil, &defError{op[i], "expected ',' or ')' in the parameter list"}
		case i+1 < len(op) && op[i+1].Sym == RParen:
			return nil, &defError{op[i+1], "expected parameter name before end of the parameter list"}
		}
	}
	return nil, &defError{message: "expected ')' before end of line"}
}

const maxParams = 65534

func (m *Macro) addParam(n *Names, t Token) *defError {
	if t.Sym == symVaArgs {
		return &defError{t, "__VA_ARGS__ can only appear in the expansion of a variadic macro"}
	}
	for _, p := range m.Params {
		if p == t.Sym {
			return &defError{t, fmt.Sprintf("duplicate macro parameter %q", n.String(t.Sym))}
		}
	}
	if len(m.Params) >= maxParams {
		return &defError{t, "too many macro parameters"}
	}
	m.Params = append(m.Params, t.Sym)
	return nil
}

// param returns the number of parameter s, from 1, or 0.
func (m *Macro) param(s Sym) uint16 {
	for i, p := range m.Params {
		if p == s {
			return uint16(i + 1)
		}
	}
	return 0
}

// prepare makes repl from Body.
func (m *Macro) prepare(n *Names) *defError {
	m.plain = true
	if m.isPlain() {
		m.repl = m.Body
		return nil
	}
	m.plain = false
	m.repl = make([]Token, 0, len(m.Body))
	for i := 0; i < len(m.Body); i++ {
		t := m.Body[i]
		t.Flags &^= LineStart
		switch {
		case t.Sym == HashHash && t.Kind == Punct:
			if i == 0 || i == len(m.Body)-1 {
				return &defError{t, "'##' cannot appear at either end of a macro expansion"}
			}
			m.pastes = true
			m.repl[len(m.repl)-1].Flags |= pasteLeft
			continue
		case t.Sym == Hash && t.Kind == Punct && m.Function:
			var err *defError
			if t, err = m.stringified(&i); err != nil {
				return err
			}
		case t.Kind == Ident:
			t.param = m.param(t.Sym)
			if err := m.checkVa(t); err != nil {
				return err
			}
		}
		if len(m.repl) == 0 {
			t.Flags &^= SpaceBefore // the white space before it is that of the macro's name
		}
		m.repl = append(m.repl, t)
	}
	if m.vaOpt {
		return m.checkVaOpt()
	}
	return nil
}

// isPlain reports whether Body can be copied as it is.
func (m *Macro) isPlain() bool {
	for _, t := range m.Body {
		if t.Kind == Ident || t.Sym == HashHash || t.Sym == Hash {
			return false
		}
	}
	return true
}

// stringified returns the parameter behind the # at *i, and moves *i to it.
func (m *Macro) stringified(i *int) (Token, *defError) {
	hash := m.Body[*i]
	if *i+1 < len(m.Body) {
		t := m.Body[*i+1]
		t.param = m.param(t.Sym)
		if t.Kind == Ident && t.param != 0 {
			*i++
			t.Flags = hash.Flags&SpaceBefore | stringify
			return t, nil
		}
	}
	return hash, &defError{hash, "'#' is not followed by a macro parameter"}
}

// checkVa refuses __VA_ARGS__ and __VA_OPT__ where they mean nothing.
func (m *Macro) checkVa(t Token) *defError {
	switch {
	case t.Sym == symVaOpt && m.Variadic:
		m.vaOpt = true
	case t.Sym == symVaArgs && t.param == 0:
		return &defError{t, "__VA_ARGS__ can only appear in the expansion of a variadic macro"}
	}
	return nil
}

// checkVaOpt checks that every __VA_OPT__ has its parentheses.
func (m *Macro) checkVaOpt() *defError {
	for i := 0; i < len(m.repl); i++ {
		if m.repl[i].Sym != symVaOpt {
			continue
		}
		if i+1 >= len(m.repl) || m.repl[i+1].Sym != LParen {
			return &defError{m.repl[i], "__VA_OPT__ must be followed by an open parenthesis"}
		}
		end := closing(m.repl, i+1)
		if end < 0 {
			return &defError{m.repl[i], "unterminated __VA_OPT__"}
		}
		for _, t := range m.repl[i+1 : end] {
			if t.Sym == symVaOpt {
				return &defError{t, "__VA_OPT__ may not appear in a __VA_OPT__"}
			}
		}
		i = end
	}
	return nil
}

// closing returns the index of the parenthesis that closes the one at open,
// or -1.
func closing(toks []Token, open int) int {
	depth := 0
	for i := open; i < len(toks); i++ {
		switch toks[i].Sym {
		case LParen:
			depth++
		case RParen:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
