package names

import (
	"strings"

	"ptreview/parse/cpp"
)

// occurrence is a name in a body that could be undeclared.
type occurrence struct {
	index   int // of the token
	name    word
	context string // the macros in whose arguments it stands, outermost first
	glued   bool   // one of them puts its arguments into names
}

// body is what is known of the names in one function.
type body struct {
	occurrences []occurrence
	locals      map[word]bool // all that are declared anywhere in it for certain
	maybe       map[word]bool // all that may be
}

// reader reads bodies.
type bodyReader struct {
	*vocabulary
	isMacro  func(word) bool // function-like ones
	declares func(word) bool // macros that may declare an argument
	isAny    func(word) bool // macros of both kinds
	glues    func(word) bool
}

// read finds the names of a function that its own declarations do not provide.
func (r *bodyReader) read(head, toks []cpp.Token) *body {
	b := &body{locals: make(map[word]bool), maybe: make(map[word]bool)}
	params := make(map[word]bool)
	for _, p := range r.params(head) {
		params[p], b.locals[p] = true, true
	}
	scopes := []map[word]bool{params}
	declares := make(map[int]bool) // tokens that are declared names
	type paren struct {
		macro word
		arg   int
	}
	var parens []paren
	inScope := func(w word) bool {
		for _, s := range scopes {
			if s[w] {
				return true
			}
		}
		return false
	}
	start := true // of a statement
	for i, t := range toks {
		if t.Kind == cpp.Punct {
			start = false
			switch t.Sym {
			case cpp.LBrace:
				scopes, start = append(scopes, make(map[word]bool)), true
			case cpp.RBrace:
				if len(scopes) > 1 {
					scopes = scopes[:len(scopes)-1]
				}
				start = true
			case cpp.Semi:
				start = true
			case cpp.LParen:
				p := paren{}
				if i > 0 && isName(toks[i-1]) && r.isMacro(toks[i-1].Sym) {
					p.macro = toks[i-1].Sym
				}
				parens = append(parens, p)
			case cpp.RParen:
				if len(parens) > 0 {
					parens = parens[:len(parens)-1]
				}
			case cpp.Comma:
				if len(parens) > 0 {
					parens[len(parens)-1].arg++
				}
			case cpp.Colon:
				start = i > 1 && isName(toks[i-1]) // a label, or no harm
			}
			continue
		}
		if t.Kind != cpp.Ident {
			start = false
			continue
		}
		if start && len(parens) == 0 {
			for _, k := range r.declaration(toks, i) {
				declares[k] = true
			}
		}
		wasStart := start
		start = false
		if cpp.Keyword(t.Sym) {
			continue
		}
		if declares[i] {
			scopes[len(scopes)-1][t.Sym], b.locals[t.Sym] = true, true
			continue
		}
		if r.isElsewhere(toks, i, wasStart) || inScope(t.Sym) && !r.isAny(t.Sym) {
			continue
		}
		if mayBeDeclared(toks, i) {
			b.maybe[t.Sym] = true
		}
		o := occurrence{index: i, name: t.Sym}
		for _, p := range parens {
			if p.macro != 0 {
				o.context += r.names.String(p.macro) + "#" + string(rune('0'+min(p.arg, 40))) + "/"
				o.glued = o.glued || r.glues(p.macro)
				b.maybe[t.Sym] = b.maybe[t.Sym] || r.declares(p.macro)
			}
		}
		b.occurrences = append(b.occurrences, o)
	}
	return b
}

// isElsewhere reports whether a name is looked up in another name space, or is
// the compiler's: a member, a tag, a label.
func (r *bodyReader) isElsewhere(toks []cpp.Token, i int, start bool) bool {
	name := r.names.String(toks[i].Sym)
	if strings.HasPrefix(name, "__builtin_") || name == "__func__" {
		return true
	}
	if r.isAny(toks[i].Sym) {
		return false // whatever it stands for
	}
	if i+1 < len(toks) && isPunct(toks[i+1], cpp.Colon) && start {
		return true
	}
	if i == 0 {
		return false
	}
	switch prev := toks[i-1]; prev.Kind {
	case cpp.Punct:
		return prev.Sym == cpp.Arrow || prev.Sym == cpp.Dot
	case cpp.Ident:
		return prev.Sym == cpp.KwStruct || prev.Sym == cpp.KwUnion || prev.Sym == cpp.KwEnum || prev.Sym == cpp.KwGoto
	}
	return false
}

// params returns the names of a function's parameters.
func (r *bodyReader) params(head []cpp.Token) []word {
	open := -1
	for i := range head {
		if isPunct(head[i], cpp.LParen) && i > 0 && isName(head[i-1]) && !r.annotations[head[i-1].Sym] {
			open = i
			break
		}
	}
	if open < 0 {
		return nil
	}
	var list []word
	for _, arg := range arguments(head[open:]) {
		if len(arg) < 2 {
			continue
		}
		for i := len(arg) - 1; i > 0; i-- {
			if isName(arg[i]) {
				list = append(list, arg[i].Sym)
				break
			}
			if isPunct(arg[i], cpp.RParen) {
				// A pointer to a function: void (*name)(int).
				for k := 1; k+1 < len(arg); k++ {
					if isPunct(arg[k-1], cpp.Star) && isName(arg[k]) && isPunct(arg[k+1], cpp.RParen) {
						list = append(list, arg[k].Sym)
						break
					}
				}
				break
			}
		}
	}
	return list
}

// knownTypes are names that a multiplication does not begin with.
func isTypeName(name string) bool {
	switch name {
	case "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "bool", "__u8", "__u16", "__u32", "__u64",
		"__le16", "__le32", "__le64", "__be16", "__be32", "__be64":
		return true
	}
	return strings.HasSuffix(name, "_t")
}

// declaration returns the indexes of the names that the statement at start
// declares; none if it is no declaration that is certain to be one.
func (r *bodyReader) declaration(toks []cpp.Token, start int) []int {
	i, typed := start, false
	for i+1 < len(toks) && toks[i].Kind == cpp.Ident {
		t := toks[i]
		switch {
		case t.Sym == cpp.KwStruct || t.Sym == cpp.KwUnion || t.Sym == cpp.KwEnum:
			if i+2 >= len(toks) || !isName(toks[i+1]) {
				return nil
			}
			i, typed = i+2, true
			continue
		case isTypeKeyword(t.Sym):
			typed = typed || !isQualifier(t.Sym)
			i++
			continue
		case cpp.Keyword(t.Sym):
			return nil
		case typed:
		case toks[i+1].Kind == cpp.Ident && !cpp.Keyword(toks[i+1].Sym),
			isPunct(toks[i+1], cpp.Star) && isTypeName(r.names.String(t.Sym)):
			if r.isMacro(t.Sym) {
				return nil
			}
			typed = toks[i+1].Kind != cpp.Ident || i+2 < len(toks) && toks[i+2].Kind != cpp.Ident
			i++
			continue
		default:
			return nil
		}
		break
	}
	if !typed {
		return nil
	}
	return r.declarators(toks, i)
}

// declarators returns the indexes of the names in a list of declarators.
func (r *bodyReader) declarators(toks []cpp.Token, i int) []int {
	var list []int
	for i+1 < len(toks) {
		for i+1 < len(toks) && (isPunct(toks[i], cpp.Star) || toks[i].Kind == cpp.Ident && isQualifier(toks[i].Sym)) {
			i++
		}
		if !isName(toks[i]) || i+1 >= len(toks) || toks[i+1].Kind != cpp.Punct {
			return list
		}
		switch toks[i+1].Sym {
		case cpp.Assign, cpp.Semi, cpp.Comma, cpp.LBrack:
		default:
			return list
		}
		list = append(list, i)
		depth := 0
	initializer:
		for i++; i < len(toks); i++ {
			if toks[i].Kind != cpp.Punct {
				continue
			}
			switch toks[i].Sym {
			case cpp.LParen, cpp.LBrack, cpp.LBrace:
				depth++
			case cpp.RParen, cpp.RBrack, cpp.RBrace:
				depth--
			case cpp.Comma:
				if depth == 0 {
					break initializer
				}
			case cpp.Semi:
				if depth <= 0 {
					return list
				}
			}
		}
		i++
	}
	return list
}

func isQualifier(s cpp.Sym) bool {
	switch s {
	case cpp.KwConst, cpp.KwConst2, cpp.KwConst3, cpp.KwVolatile, cpp.KwVolatile2, cpp.KwVolatile3,
		cpp.KwRestrict, cpp.KwRestrict2, cpp.KwRestrict3, cpp.KwStatic, cpp.KwRegister:
		return true
	}
	return false
}

func isTypeKeyword(s cpp.Sym) bool {
	switch s {
	case cpp.KwChar, cpp.KwShort, cpp.KwInt, cpp.KwLong, cpp.KwSigned, cpp.KwUnsigned, cpp.KwVoid,
		cpp.KwFloat, cpp.KwDouble, cpp.KwBool:
		return true
	}
	return isQualifier(s)
}
